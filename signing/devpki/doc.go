// Package devpki is a small public-key infrastructure for development, demonstrations and tests: a root, an issuing
// authority, people's certificates, and the servers that real ones have (issuer certificates, OCSP, revocation lists,
// RFC 3161 time-stamps), over HTTP on loopback.
//
//	pki, err := devpki.Open(dir, devpki.Options{})
//	srv, err := pki.Serve(ctx)            // on the address that the certificates name
//	id, err := pki.Issue(devpki.Subject{CommonName: "Nguyễn Văn An"}, devpki.Profile{})
//
// Nothing it issues has any legal value, and every certificate's name says so. Everything is kept in one directory,
// keys as PKCS#8, certificates as PEM, and one PKCS#12 file for each person; opening the directory again gives the same
// authorities and the same people. An empty directory name keeps everything in memory.
//
// Certificates of every unhappy kind can be had (expired, revoked, for another purpose, from an unknown root), and
// every server can be told to fail in a chosen way; see Profile and Fault.
package devpki
