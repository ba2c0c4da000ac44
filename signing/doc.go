// Package signing makes and judges electronic signatures in PDF files as PAdES describes them: ETSI EN 319 142-1 over
// ISO 32000-2 §12.8, CMS (RFC 5652) with CAdES attributes (EN 319 122-1), time-stamps (RFC 3161) and revocation data
// (RFC 6960, RFC 5280).
//
// # Signing
//
// [Sign] makes a signature in one call; [Prepare] and [Finish] make it in two, for a key that answers later or
// elsewhere. [AddTimestamp] adds a document time-stamp, [Extend] raises a signed file to B-LT or B-LTA and renews it.
// All of them only append to the file: every byte that an earlier signature covers stays where it is.
//
// # Verification
//
// [Verify] judges any producer's file. It gives one [Result] for each signature and document time-stamp, in the
// vocabulary of EN 319 102-1 and in words ([Result.Explain], [Report.WriteText]); everything that a later revision
// changed is listed as a [Modification], and what no rule permits fails the signature. [ExtractRevision] gives back
// what a signer saw.
//
// # Layers
//
//   - covenant/internal/pdf knows bytes: objects, cross-references, revisions, incremental updates;
//     covenant/internal/truetype knows the fonts of appearances.
//   - internal/diff knows what a revision changed, in a reader's terms.
//   - internal/paint knows whether something is painted in an area of a page.
//   - internal/cms, internal/tsp and internal/revocation know signatures, time-stamps, and OCSP and CRLs.
//   - this package knows PAdES: which dictionaries, which attributes, in which order, and what the earlier signatures
//     permit.
//
// # Invariants
//
// The level asked for is the level delivered: where a time-stamp or revocation data cannot be had, there is an error
// and no signature. All that can fail is done before the key is asked, and it is asked once. Signed attributes are
// exactly content-type, message-digest and signing-certificate-v2.
package signing
