// Package store keeps what Covenant must not lose: the event log, and beside it the rows, files and jobs
// that the log and the outside world need. The same code runs on SQLite (one process, one data directory)
// and on PostgreSQL (any number of processes).
//
// The story of a write. Update opens one transaction; inside it the engine reads a stream's events,
// decides, appends new events at the version that it read, updates the derived rows, and enqueues jobs.
// All of it commits or none. Another writer of the same stream makes Append return ErrConflict.
//
// Invariants:
//
//   - Events are never updated or deleted; triggers forbid it. Each stream is a chain: an event's hash is
//     SHA-256 over the hash of the one before and the event's canonical JSON (RFC 8785). Audit recomputes all.
//   - Personal data never enter the chain in clear. An object {"personal": "text"} in a payload is
//     replaced by a salted commitment; text and salt lie in a table of their own, where Erase removes them
//     without breaking the chain. An event's Address (network address) is kept in the same way.
//   - A command's key is recorded once, with the digest of the command; the same key with another command is
//     ErrKeyReused.
//   - A blob is named by its SHA-256, written and synced before a row may name it, and checked when read.
//   - Covenants, parties and projections are derived: Rebuild clears and fills them from the events.
//     Ballots (and the boxes of open motions), numbers, occurrences, mails, accounts and keys are primary data.
//   - Times come from the caller or from Options.Now, never from the database. They are kept as Unix
//     milliseconds; the zero time is 0.
//
// On SQLite there is exactly one connection that writes. Whatever asks for it inside an open Update (another
// Update, a job inserted without the transaction) waits for itself: always use the Tx at hand.
package store
