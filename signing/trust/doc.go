// Package trust keeps the roots that signatures, seals and time-stamps are judged by, as data: whose each is, what it
// is good for and when, and where somebody got it.
//
// A trust store is one JSON file, in the one form that there is ([Store.Encode]); what has been edited by hand is
// refused, since nobody can tell what was meant from what slipped in. A file of certificates in PEM form, or one in
// DER, is read as a store, too: its roots are the operator's own, good for everything, and of unknown source.
//
// Package signing judges by it: a root counts for its purposes, on its days, and as a test if it is one.
//
// No root is built in. Which ones are right for Vietnam (the national authority's, those of public authorities, the
// Government's) is for whoever runs the program to find out at the source, to compare by SHA-256, and to write down. A
// store is believed because of where it lies: who can write the file decides who is trusted. Digests in it find damage,
// never forgery.
package trust
