package signing

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"covenant/internal/pdf"
	"covenant/signing/trust"
)

// VerifyOptions says whom to trust, when, and where to look. The zero value trusts nobody, judges at the present time
// and asks no server.
type VerifyOptions struct {
	Roots         *trust.Store        // trust anchors, each for what the store says
	SystemRoots   bool                // trust the system's anchors as well: for everything
	Intermediates []*x509.Certificate // further certificates for chains; not trusted by themselves
	At            time.Time           // the time of validation; default now
	// ask servers named in certificates (issuers, OCSP, lists) for what the file lacks
	Online     bool
	HTTP       *http.Client   // for Online; default GuardedHTTPClient(nil)
	Revocation RevocationMode // default RevocationRequired
	// Seal says which fields, by their full name, hold agencies' seals, whose roots are others than those of people's
	// signatures. Default: none. It must not be more than the caller knows: who made the file chose the names.
	Seal func(field string) bool
	// Base, if set, is what the file must be but for signatures; [Report.Base] says whether it is.
	Base *Base
	// Policy adds a finding to signatures that were not made as it asks; their verdict stays. Default: any.
	Policy SignaturePolicy
	Limits VerifyLimits
}

// VerifyLimits bounds what one file may cost. The zero value of each field means its default.
type VerifyLimits struct {
	MaxSignatures int   // results; more are an error; default 1000
	MaxRevisions  int   // default 10,000
	MaxObjects    int   // default 1,000,000
	MaxDecoded    int64 // bytes of one decoded object or cross-reference stream; default 8 MiB
	// MaxWork is how much work may be done, in bytes parsed or decoded, everything else reckoned in them. It is the
	// same for a file on every machine; a clock is the context's business. Default 128 Mi and 8 for each byte of the
	// file; negative: none.
	MaxWork int64
}

// ErrTooCostly: the file would take more work to read or judge than the limits allow.
var ErrTooCostly = pdf.ErrTooCostly

// ErrPasswordNeeded: the file is encrypted and opens with a password only.
var ErrPasswordNeeded = errors.New("the pdf is encrypted and opens with a password only, so its signatures cannot " +
	"be judged: ask for a copy that opens without one")

// contextReader reads until its context ends, so that nothing that hangs outlives whoever waits for it.
type contextReader struct {
	io.ReaderAt
	ctx context.Context
}

func (r *contextReader) ReadAt(p []byte, off int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.ReaderAt.ReadAt(p, off)
}

// stopped is why the verification must end, if it must: nobody waits for it any more, or its budget is used up.
func (v *verification) stopped() error {
	if err := v.reader.ctx.Err(); err != nil {
		return err
	}
	return v.work.Err()
}

func (l VerifyLimits) pdf(work *pdf.Work) pdf.Limits {
	lim := pdf.Limits{Work: work, MaxRevisions: l.MaxRevisions, MaxObjects: l.MaxObjects, MaxDecoded: l.MaxDecoded,
		AllowEncrypted: true}
	if lim.MaxObjects == 0 {
		lim.MaxObjects = 1_000_000
	}
	if lim.MaxDecoded == 0 {
		lim.MaxDecoded = 8 << 20
	}
	return lim
}

// verification is one run of Verify.
type verification struct {
	opt       VerifyOptions
	reader    *contextReader
	work      *pdf.Work
	file      *pdf.File
	now       time.Time
	trust     *truster
	report    *Report
	signed    []*signedObject // in the order of the revisions that they are in
	hidden    []*signedObject // that no field leads to
	pages     map[pdf.Ref]int // page numbers, from 1
	pageOrder []pdf.Ref
	stores    map[int]map[[32]byte]bool // digests of the revocation data in the DSS of a revision
}

// Verify judges every signature and document time-stamp of the PDF of size bytes behind r. It returns an error only
// when the bytes cannot be read as a PDF (or read at all); whatever is wrong with a signature is in its [Result].
//
// Nothing is fetched unless Online is set. The claimed time of a signature is never relied on: a signature is judged at
// the earliest time that a valid time-stamp proves, else at the time of validation (EN 319 102-1 §5.5, §5.6).
func Verify(ctx context.Context, r io.ReaderAt, size int64, opt VerifyOptions) (*Report, error) {
	v := newVerification(ctx, r, size, opt)
	if err := v.run(ctx, size); err != nil {
		return nil, err
	}
	return v.report, ctx.Err()
}

func newVerification(ctx context.Context, r io.ReaderAt, size int64, opt VerifyOptions) *verification {
	v := &verification{opt: opt, now: opt.At, pages: map[pdf.Ref]int{},
		reader: &contextReader{r, ctx}, work: pdf.NewWork(opt.Limits.MaxWork, size)}
	if v.now.IsZero() {
		v.now = time.Now()
	}
	return v
}

func (v *verification) run(ctx context.Context, size int64) (err error) {
	if v.file, err = pdf.OpenDamaged(v.reader, size, v.opt.Limits.pdf(v.work)); err != nil {
		return v.unreadable(err)
	}
	v.trust = newTruster(&v.opt, v.now)
	v.report = &Report{Size: size, Revisions: len(v.file.Revisions()), ValidatedAt: v.now, Online: v.opt.Online,
		Revocation: v.opt.Revocation, Encrypted: v.file.Encrypted()}
	if err := v.collectDamaged(); err != nil {
		return v.unreadable(err)
	}
	if v.file.Locked() {
		return ErrPasswordNeeded
	}
	if err := v.collectHidden(); err != nil {
		return v.unreadable(err)
	}
	if err := v.integrity(); err != nil {
		return err
	}
	if err := v.changes(); err != nil {
		return err
	}
	v.judge(ctx)
	v.judgeHidden(ctx)
	v.judgeSeals()
	if err := v.stopped(); err != nil {
		return err
	}
	for _, s := range slices.Concat(v.signed, v.hidden) {
		v.report.Results = append(v.report.Results, *s.res)
	}
	v.report.judgePolicy(v.opt.Policy)
	return nil
}

// unreadable is the error for a file that cannot be judged; the reader's own reason comes first.
func (v *verification) unreadable(err error) error {
	if stop := v.stopped(); stop != nil {
		err = stop
	}
	return fmt.Errorf("read the pdf: %w", err)
}

// collectDamaged is collect; where the cross-references lead nowhere, or to no signature, it tries once more with the
// objects that a search finds.
func (v *verification) collectDamaged() error {
	if v.file.Locked() {
		return nil
	}
	err := v.collect()
	cause := err
	if err == nil && len(v.signed) == 0 {
		cause = v.file.Damaged()
	}
	if !errors.Is(cause, pdf.ErrMalformed) || v.file.Rebuilt() != nil {
		return err
	}
	rebuilt, failed := pdf.Rebuild(v.reader, v.file.Size(), v.opt.Limits.pdf(v.work), cause)
	if failed != nil {
		return err
	}
	sound := v.file
	v.file, v.signed = rebuilt, nil
	if again := v.collect(); again != nil || len(v.signed) == 0 {
		v.file, v.signed = sound, nil
		return err
	}
	v.report.Revisions = 1
	return nil
}

// collect finds the signatures of every revision, also those that a later one removed, and gathers the certificates and
// revocation data of the file.
func (v *verification) collect() error {
	limit := v.opt.Limits.MaxSignatures
	if limit <= 0 {
		limit = 1000
	}
	seen := map[signatureKey]*signedObject{}
	for i := range v.file.Revisions() {
		view := v.file.AsOf(i)
		if err := v.stopped(); err != nil {
			return err
		}
		if !v.touchesForm(i) {
			continue
		}
		sigs, err := view.AllSignatures()
		if err != nil {
			if i == len(v.file.Revisions())-1 && len(v.signed) == 0 {
				return err
			}
			continue // unreadable: the comparison with the revision before will say so to the signatures there
		}
		for _, sig := range sigs {
			key := signatureKey{sig.Field.Name, sig.Ref, sig.Contents.Start}
			if seen[key] != nil {
				seen[key].last = i
				continue
			}
			if len(v.signed) >= limit {
				return fmt.Errorf("%w: more than %d signatures", pdf.ErrMalformed, limit)
			}
			s := newSignedObject(sig, i)
			seen[key] = s
			v.signed = append(v.signed, s)
		}
	}
	v.numberPages()
	v.readSecurityStore()
	return nil
}

type signatureKey struct {
	field string
	ref   pdf.Ref
	at    int64
}

// touchesForm: the first revision, the last, and every one in between that changes anything.
func (v *verification) touchesForm(i int) bool {
	revs := v.file.Revisions()
	return i == 0 || i == len(revs)-1 || len(revs[i].Entries) > 0
}

func (v *verification) numberPages() {
	if len(v.signed) == 0 && v.opt.Base == nil {
		return
	}
	pages, err := v.file.Pages()
	if err != nil {
		return // the pages are of no account for a verdict; their numbers are left out
	}
	v.pageOrder = pages
	for i, ref := range pages {
		if _, ok := v.pages[ref]; !ok {
			v.pages[ref] = i + 1
		}
	}
	for _, s := range v.signed {
		for _, w := range s.sig.Field.Widgets {
			rect, err := v.file.ReadRect(w.Dict.Get("Rect"))
			s.res.Visible = s.res.Visible || (err == nil && !rect.Empty())
			if p, ok := w.Dict.Get("P").(pdf.Ref); ok && s.res.Page == 0 {
				s.res.Page = v.pages[p]
			}
		}
	}
}

// readSecurityStore reads the newest DSS dictionary (ISO 32000-2 §12.8.4.3) into the truster. Of a damaged one it takes
// what can be read: the verdicts will say what is missing.
func (v *verification) readSecurityStore() {
	if len(v.signed) == 0 {
		return
	}
	dss, _ := securityStoreOf(v.file)
	var certs []*x509.Certificate
	for _, der := range dss.certs {
		if c, err := x509.ParseCertificate(der); err == nil {
			certs = append(certs, c)
		}
	}
	v.trust.addCertificates(certs)
	v.trust.addRevocation(dss.ocsps, dss.crls)
}

// securityStore is the content of a DSS dictionary.
type securityStore struct{ certs, ocsps, crls [][]byte }

const maxStoreStream = 20 << 20

func securityStoreOf(f *pdf.File) (securityStore, error) {
	var s securityStore
	_, catalog, err := f.Catalog()
	if err != nil {
		return s, err
	}
	dict, err := f.Dict(catalog.Get("DSS"))
	if err != nil || dict == nil {
		return s, err
	}
	total := 0
	for _, part := range []struct {
		key  pdf.Name
		held *[][]byte
	}{{"Certs", &s.certs}, {"OCSPs", &s.ocsps}, {"CRLs", &s.crls}} {
		arr, err := f.Array(dict.Get(part.key))
		if err != nil {
			return s, err
		}
		for _, o := range arr[:min(len(arr), maxFileRevocations)] {
			o, err := f.Resolve(o)
			if err != nil {
				return s, err
			}
			stm, ok := o.(*pdf.Stream)
			if !ok {
				continue
			}
			der, err := f.Decode(stm, maxStoreStream)
			if errors.Is(err, pdf.ErrTooCostly) {
				return s, err
			}
			if total += len(der); err != nil || total > 2*maxStoreStream {
				continue
			}
			*part.held = append(*part.held, der)
		}
	}
	return s, nil
}

// integrity checks byte ranges, hashes the file once, and verifies the signature values.
func (v *verification) integrity() error {
	for _, s := range v.signed {
		s.checkByteRange(v.file)
		s.parse()
	}
	slices.SortStableFunc(v.signed, func(a, b *signedObject) int { return a.revision - b.revision })
	for _, s := range v.hidden {
		s.checkHiddenRange(v.file)
		s.parse()
	}
	all := slices.Concat(v.signed, v.hidden)
	if err := hashRanges(v.reader, v.work, all); err != nil {
		return fmt.Errorf("read the pdf: %w", err)
	}
	store := slices.Clone(v.trust.certs)
	for _, s := range all {
		s.res.Purpose = v.opt.purposeOf(s)
		s.verifyValue(store)
		if s.revision < 0 {
			s.fail(Indeterminate, SigConstraintsFailure, Reason{Code: ReasonHidden})
		}
		if err := v.file.Rebuilt(); err != nil {
			s.fail(Indeterminate, SigConstraintsFailure, Reason{Code: ReasonDamaged, Detail: err.Error()})
		}
		v.trust.addCertificates(s.certificates())
		if s.sd != nil {
			v.trust.addRevocation(s.sd.OCSPs, s.sd.CRLs)
			crls, ocsps := s.sd.Signer.AdobeRevocation()
			v.trust.addRevocation(ocsps, crls)
		}
	}
	return nil
}
