package signing

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"covenant/internal/pdf"
	"covenant/signing/internal/cms"
	"covenant/signing/internal/revocation"
	"covenant/signing/internal/tsp"
)

// subFilterPKCS1 is a signature without attributes (ISO 32000-2 §12.8.3.2, deprecated); which hash it is by is said by
// the signature itself.
const subFilterPKCS1 = "adbe.x509.rsa_sha1"

// signedObject is one signature or document time-stamp under examination.
type signedObject struct {
	res      *Result
	sig      pdf.Signature
	revision int // index of the revision that brought it
	last     int // index of the newest revision that still has it
	end      int64

	sd     *cms.SignedData
	token  *tsp.Token // of a document time-stamp
	digest []byte
	hash   crypto.Hash
	cert   *x509.Certificate
	stamps []*stamp

	evidence []*revocation.Evidence // that the verdict rests on

	failed bool // a verdict has been reached
	poe    proof
}

// proof is when an object is known to have existed, and by what.
type proof struct {
	at     time.Time
	source TimeSource
	test   bool // the time-stamp rests on a test root
}

// take takes a trusted time-stamp as a proof, if it proves more than what there is. One of a test root counts only
// where there is no other: no test moves, or takes value from, what is proven without it.
func (p *proof) take(st *stamp, source TimeSource, now time.Time) {
	t := st.token.Time
	better := t.Before(p.at) || source == TimeSignatureTimestamp && t.Equal(p.at)
	switch {
	case p.test && !st.test:
		better = t.Before(now)
	case st.test && !p.test && p.source != TimeValidation:
		better = false
	}
	if st.trusted && better {
		*p = proof{t, source, st.test}
	}
}

// stamp is one time-stamp token and what is known of it.
type stamp struct {
	token   *tsp.Token
	source  TimeSource
	owner   *signedObject
	valid   bool // signature and imprint
	trusted bool
	test    bool // it leads to a test root, or is good by a time that none but a test proves
	verdict trustVerdict
	reasons []Reason
}

func newSignedObject(sig pdf.Signature, revision int) *signedObject {
	res := &Result{Kind: KindSignature, Field: sig.Field.Name, Indication: TotalPassed}
	sub, _ := sig.Dict.Get("SubFilter").(pdf.Name)
	res.SubFilter = string(sub)
	if sub == pdf.SubFilterTimestamp {
		res.Kind = KindDocumentTimestamp
	}
	text := func(key pdf.Name) string {
		s, _ := sig.Dict.Get(key).(pdf.String)
		return pdf.DecodeText(s)
	}
	res.ClaimedName, res.Reason, res.Location = text("Name"), text("Reason"), text("Location")
	if m, ok := sig.Dict.Get("M").(pdf.String); ok {
		if t, ok := pdf.ParseDate(m); ok {
			res.Times = append(res.Times, TimeClaim{Source: TimeClaimed, Time: t})
		}
	}
	return &signedObject{res: res, sig: sig, revision: revision, last: revision}
}

// fail sets the verdict if none has been reached yet, and notes why.
func (s *signedObject) fail(ind Indication, sub SubIndication, r Reason) {
	if !s.failed {
		s.failed = true
		s.res.Indication, s.res.SubIndication = ind, sub
	}
	s.res.Reasons = append(s.res.Reasons, r)
}

func (s *signedObject) note(r Reason) { s.res.Reasons = append(s.res.Reasons, r) }

func (s *signedObject) format(detail string, args ...any) {
	s.fail(TotalFailed, FormatFailure, Reason{Code: ReasonByteRange, Detail: fmt.Sprintf(detail, args...)})
}

// checkByteRange: exactly two ranges, from 0; the gap is exactly the Contents string of this very dictionary; the end
// is that of the revision that brought the signature (ISO 32000-2 §12.8.1, EN 319 142-1 §5.3).
func (s *signedObject) checkByteRange(f *pdf.File) {
	revs := f.Revisions()
	s.res.Coverage = Coverage{Revision: s.revision + 1, Revisions: len(revs)}
	if errors.Is(s.sig.Err, pdf.ErrCutOff) {
		s.fail(TotalFailed, FormatFailure, Reason{Code: ReasonCutOff, Detail: s.sig.Err.Error()})
		return
	}
	if s.sig.Err != nil {
		s.format("the signature dictionary cannot be read: %v", s.sig.Err)
		return
	}
	if key := ambiguous(s.sig.Dict); key != "" {
		s.format("the signature dictionary has %s twice", key)
		return
	}
	br, c := s.sig.ByteRange, s.sig.Contents
	switch {
	case len(br) != 4:
		s.format("ByteRange has %d numbers instead of 4", len(br))
		return
	case c.Start == 0 && len(c.Bytes) > 0 && len(br) == 4: // packed, as programs do that save a file anew
		s.displaced(f, "Contents is not directly in the file")
		return
	case c.Start == 0 || len(c.Bytes) == 0:
		s.format("Contents is missing, empty, or not directly in the file")
		return
	}
	copy(s.res.Coverage.ByteRange[:], br)
	switch {
	case br[0] != 0:
		s.format("ByteRange begins at byte %d instead of 0", br[0])
	case br[1] != c.Start || br[2] != c.End:
		s.displaced(f, fmt.Sprintf("the gap of ByteRange, %d to %d, is not the Contents string, %d to %d", br[1], br[2],
			c.Start, c.End))
	case !c.Hex:
		s.format("Contents is not a hexadecimal string")
	case br[3] < 0 || br[2] > f.Size() || br[3] > f.Size()-br[2]:
		s.fail(TotalFailed, FormatFailure,
			Reason{Code: ReasonCutOff, Detail: "ByteRange reaches beyond the end of the file"})
	default:
		s.checkCoverage(f, br[2]+br[3])
	}
}

// ambiguous returns a key that a signature dictionary has twice so that readers may disagree, or "": one of those that
// the verdict depends on, or any with two values.
func ambiguous(d pdf.Dict) pdf.Name {
	if d.Duplicate() == "" {
		return ""
	}
	counts := d.Lookup()
	seen := map[pdf.Name]bool{}
	for _, e := range d {
		if !pdf.Equal(e.Value, counts(e.Key)) || seen[e.Key] && (e.Key == "Contents" || e.Key == "ByteRange") {
			return e.Key
		}
		seen[e.Key] = true
	}
	return ""
}

func (s *signedObject) checkCoverage(f *pdf.File, end int64) {
	revs := f.Revisions()
	rev := &revs[s.revision]
	c := s.sig.Contents
	if c.Start < rev.Start || c.End > rev.End {
		s.format("the signature lies outside the revision that its field refers to it from")
		return
	}
	if end != rev.End && end != rev.EOF && (end < rev.EOF || !blank(f.ReaderAt(), rev.EOF, end)) {
		s.format("ByteRange ends at byte %d, the revision at %d", end, rev.End)
		return
	}
	if at, ok := lastStartXRef(f.ReaderAt(), end); f.Rebuilt() == nil && (!ok || at != rev.XRef) {
		s.format("the signed bytes have another cross-reference section than the file")
		return
	}
	s.end = end
	s.res.Coverage.WholeFile = s.revision == len(revs)-1 && blank(f.ReaderAt(), end, f.Size())
}

// blank reports whether all bytes of [from, to) are white space; at most 4 KiB are looked at.
func blank(r io.ReaderAt, from, to int64) bool {
	if to-from > 4096 {
		return false
	}
	if to <= from {
		return true
	}
	buf := make([]byte, to-from)
	if _, err := r.ReadAt(buf, from); err != nil && err != io.EOF {
		return false
	}
	return len(bytes.Trim(buf, "\x00\t\n\f\r ")) == 0
}

// lastStartXRef reads the number after the last startxref before end.
func lastStartXRef(r io.ReaderAt, end int64) (int64, bool) {
	buf := make([]byte, min(end, 2048))
	if _, err := r.ReadAt(buf, end-int64(len(buf))); err != nil && err != io.EOF {
		return 0, false
	}
	i := bytes.LastIndex(buf, []byte("startxref"))
	if i < 0 {
		return 0, false
	}
	fields := bytes.Fields(buf[i+len("startxref"):])
	if len(fields) == 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(fields[0]), 10, 64)
	return n, err == nil
}

// parse reads the CMS object and learns which hash to compute.
func (s *signedObject) parse() {
	if s.failed {
		s.name()
		return
	}
	contents := []byte(s.sig.Contents.Bytes)
	var err error
	if s.res.Kind == KindDocumentTimestamp {
		if s.token, err = tsp.ParsePaddedToken(contents); err == nil {
			s.sd, s.hash = s.token.SignedData, s.token.Hash
		}
	} else {
		if s.res.SubFilter == subFilterPKCS1 {
			s.sd, err = cms.ParsePKCS1(contents, s.sig.Certificates)
		} else {
			s.sd, err = cms.ParsePadded(contents)
		}
		if err == nil {
			s.hash = s.sd.Signer.Digest
		}
	}
	if err != nil {
		s.failCMS(err)
		return
	}
	s.res.Algorithm = s.sd.Signer.Algorithm.String()
	switch s.res.SubFilter {
	case subFilterCAdES, string(pdf.SubFilterTimestamp), "adbe.pkcs7.detached":
		if s.res.Kind == KindSignature && !s.sd.ContentType.Equal(cms.OIDData) {
			s.fail(TotalFailed, FormatFailure,
				Reason{Code: ReasonCMS, Detail: "the signature is of content of another kind"})
		}
	case "adbe.pkcs7.sha1":
		s.hash = crypto.SHA1
	case subFilterPKCS1:
	default:
		s.fail(Indeterminate, SigConstraintsFailure, Reason{Code: ReasonSubFilter, Detail: s.res.SubFilter})
	}
}

// failCMS turns an error of the CMS layer into a verdict.
func (s *signedObject) failCMS(err error) {
	ind, sub, code := TotalFailed, FormatFailure, ReasonCMS
	switch {
	case errors.Is(err, cms.ErrDigest), errors.Is(err, tsp.ErrImprint):
		sub, code = HashFailure, ReasonDigest
	case errors.Is(err, cms.ErrSignature):
		sub, code = SigCryptoFailure, ReasonSignatureValue
	case errors.Is(err, cms.ErrNoCertificate):
		ind, sub, code = Indeterminate, NoSigningCertificateFound, ReasonNoCertificate
	case errors.Is(err, cms.ErrConstraint):
		ind, sub, code = Indeterminate, SigConstraintsFailure, ReasonAttributes
	case errors.Is(err, tsp.ErrPurpose):
		ind, sub, code = Indeterminate, ChainConstraintsFailure, ReasonUsage
	case errors.Is(err, cms.ErrUnsupported):
		ind, sub, code = Indeterminate, CryptoConstraintsFailure, ReasonAlgorithm
	}
	s.fail(ind, sub, Reason{Code: code, Detail: err.Error()})
}

// verifyValue compares the digest and verifies the signature value and the tokens in it. Certificates that they do not
// hold themselves may be in the file's store.
func (s *signedObject) verifyValue(store []*x509.Certificate) {
	if s.sd != nil {
		s.sd.Elsewhere = store
	}
	if s.sd == nil || s.digest == nil {
		if s.sd != nil {
			s.cert = claimedCertificate(s.sd)
		}
		s.describeSigner()
		return
	}
	var err error
	switch {
	case s.token != nil:
		err = s.token.Verify(s.digest)
		s.cert = s.token.Certificate
	case s.res.SubFilter == "adbe.pkcs7.sha1":
		if s.cert, err = s.sd.Verify(nil); err == nil && !bytes.Equal(s.sd.Content, s.digest) {
			err = cms.ErrDigest
		}
	default:
		if s.cert, err = s.sd.Verify(s.digest); err != nil && bytes.Equal(s.sd.Content, s.digest) {
			s.cert, err = s.sd.Verify(nil) // the digest is what was signed, as in adbe.pkcs7.sha1
		}
	}
	if s.cert == nil {
		s.cert = claimedCertificate(s.sd)
	}
	s.describeSigner()
	if err != nil {
		s.failCMS(err)
		return
	}
	s.res.intact = !s.failed
	if s.token == nil {
		s.checkProfile()
		s.verifyStamps()
	}
	s.checkForm()
}

func claimedCertificate(sd *cms.SignedData) *x509.Certificate {
	if sd == nil {
		return nil
	}
	c, err := sd.Certificate()
	if err != nil {
		return nil
	}
	return c
}

func (s *signedObject) describeSigner() {
	if s.cert != nil {
		s.res.Certificate, s.res.Signer = s.cert, name(s.cert)
	}
}

// checkProfile applies the rules of EN 319 142-1 §6.3 to a signature that says it is PAdES.
func (s *signedObject) checkProfile() {
	bound := s.sd.Signer.HasSigningCertificate()
	s.res.PAdES = s.res.SubFilter == subFilterCAdES && bound
	if s.res.SubFilter == subFilterCAdES && !bound {
		s.fail(Indeterminate, SigConstraintsFailure, Reason{Code: ReasonAttributes,
			Detail: "no signing-certificate-v2 attribute"})
	}
	if t, ok := s.sd.Signer.SigningTime(); ok {
		s.res.Times = append(s.res.Times, TimeClaim{Source: TimeClaimed, Time: t})
	}
	if !signingUsage(s.cert) {
		s.fail(Indeterminate, ChainConstraintsFailure, Reason{Code: ReasonUsage, Name: name(s.cert)})
	}
}

// verifyStamps verifies the signature time-stamps: tokens over the signature value (EN 319 122-1 §5.3).
func (s *signedObject) verifyStamps() {
	for _, der := range s.sd.Signer.TimeStamps() {
		if len(s.stamps) == 10 {
			return
		}
		token, err := tsp.ParseToken(der)
		if err == nil {
			token.SignedData.Elsewhere = slices.Concat(s.sd.Certificates, s.sd.Elsewhere)
			h := token.Hash.New()
			h.Write(s.sd.Signer.Signature)
			err = token.Verify(h.Sum(nil))
		}
		if err != nil {
			s.note(Reason{Code: ReasonTimestampInvalid, Detail: err.Error()})
			continue
		}
		s.stamps = append(s.stamps, &stamp{token: token, source: TimeSignatureTimestamp, owner: s, valid: true})
	}
}

// certificates are all that came with the object and its time-stamps.
func (s *signedObject) certificates() []*x509.Certificate {
	if s.sd == nil {
		return nil
	}
	out := s.sd.Certificates
	for _, st := range s.stamps {
		out = append(out[:len(out):len(out)], st.token.SignedData.Certificates...)
	}
	return out
}
