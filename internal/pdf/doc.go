// Package pdf reads and extends the bytes of PDF files (ISO 32000-2 §7.2–7.5): objects, cross-reference tables and
// streams, object streams, revisions, and the incremental update that is appended to a file. It is the room that
// signing, which adds to files and judges them, and templates, which writes them, share.
//
// The package's story, from the bytes up:
//
//   - lexer.go reads one object at an offset through a small window, so that a file of any size costs little
//     memory;
//   - section.go reads one cross-reference section, classic, stream or hybrid; revision.go puts the sections of the
//     Prev chain in file order and finds where each revision of the file ends;
//   - file.go answers "object 12, please", as the file is now or as it was at any revision ([File.AsOf]);
//   - pages.go and form.go walk the page tree and the AcroForm;
//   - update.go appends: changed objects under their same numbers, a cross-reference section of the kind the file
//     already uses, nothing else. Bytes once written are never rewritten;
//   - write.go, flate.go and image.go say how numbers, strings, objects, table entries, streams and pictures are
//     written;
//   - work.go counts what all this costs.
//
// Invariants: nothing here trusts the file. Every loop over the file's structure draws on its budget of [Work], which
// counts bytes and steps and never seconds, and is bounded by [Limits]; cycles end in [ErrMalformed]; a file that
// cannot be read without guessing is refused rather than repaired, because a repaired file is not the one that somebody
// signed.
package pdf
