// Package workflow holds the rules of covenants and nothing else: who may do what, when, and what follows.
//
// It is pure. [Decide] takes the state of one covenant, a [Command] and the moment, and answers with events or
// with an [Error]; [Covenant.Apply] folds one event into the state. There is no clock, no I/O and no database in
// this package, so two databases, the web and the command line cannot disagree about a rule.
//
// Invariants:
//
//   - The event log is the record. A Covenant is whatever its events, applied in order, make of it.
//   - Apply never fails and never decides; Decide never changes the state it was given.
//   - A covenant keeps the process definition it started with (by SHA-256), whatever the file says later.
//   - From [Frozen] on, the head of the document only ever moves forward by [SignatureMade] and
//     [ValidationDataAdded], each naming the digest before and after.
//   - Names of people enter events only as [Personal], which the store keeps apart, so that they can be erased and
//     the chain of hashes still verifies.
package workflow
