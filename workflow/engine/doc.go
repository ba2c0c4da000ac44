// Package engine runs the rules of package workflow: it is where commands become transactions.
//
// Every command takes one path, [Engine.Do]: in one transaction the state is read, the rules decide, the events are
// appended, the derived rows follow and the jobs that the events ask for are inserted. A command carries a key from
// its caller; asked again under that key, it answers what it answered before. When somebody else was faster the
// transaction starts again on what is there now.
//
// What takes time or talks to the outside (rendering, signing, mail) happens before or after that transaction, never
// inside it: a revision is rendered and its blobs are stored before it is submitted, a signature is made and verified
// before it is recorded, a mail is marked as being sent before the server hears of it.
package engine
