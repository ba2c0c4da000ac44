package signing

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"covenant/internal/pdf"
	"covenant/signing/internal/revocation"
)

// ExtendOptions says how a signed file is raised.
type ExtendOptions struct {
	Level      Level             // BLT, or BLTA; the zero value means BLTA
	TSA        Timestamper       // required for BLTA
	Validation *ValidationSource // nil: the addresses that the certificates name, public ones only
	// Responses are put into the file besides what is gathered now: what the signers' certificates were checked by.
	Responses []Response
	// Fields are those whose signatures must be raised; default all of the file.
	Fields []string
	// Others gathers what can be had for the signatures beside Fields, too. What cannot is told in Extended.Missing.
	Others bool
	// VRI also writes which data are for which signature (ISO 32000-2 §12.8.4.4); nothing needs it.
	VRI bool
	// Hash of the document time-stamp; default SHA-256.
	Hash   crypto.Hash
	Limits Limits
}

// Extended tells what Extend has added.
type Extended struct {
	Level        Level
	Certificates int // added to the DSS
	OCSPs        int
	CRLs         int
	Missing      []Missing // of the signatures beside ExtendOptions.Fields
	// Proof is a document time-stamp that was added first, because a signature had no time-stamp at all; else nil.
	Proof     *Signed
	Timestamp *Signed // the document time-stamp over all; nil for BLT
	Size      int64
	Appended  int64
}

// Missing says why validation data for somebody else's earlier signature could not be added. It lacks them as before.
type Missing struct {
	Field string
	Err   error
}

// FieldError says in which field the signature is that something is wrong with.
type FieldError struct {
	Field string // full name
	Err   error
}

func (e *FieldError) Error() string { return fmt.Sprintf("signature field %q: %v", e.Field, e.Err) }
func (e *FieldError) Unwrap() error { return e.Err }

// Extend adds to a signed file what its signatures need to be judged offline (B-LT): the certificates of the signers
// and of their time-stamps' authorities up to the roots, and OCSP responses or revocation lists for them, in the
// document security store (EN 319 142-1 §5.4.2); and for B-LTA a document time-stamp over all that (§5.4.3). Done again
// on a B-LTA file it renews it: do so before the newest document time-stamp's certificate ends. Where a signature has
// no time-stamp, neither of its own nor of the document, a document time-stamp is added first, which brings it to B-T
// (§6.3, trusted time by either). Data that cannot be had, or that says "revoked before signing", is an error and
// nothing is written.
func Extend(ctx context.Context, in io.ReaderAt, size int64, out io.Writer, opt ExtendOptions) (*Extended, error) {
	doc, err := newDocument(in, size, out, opt.Limits)
	if err != nil {
		return nil, err
	}
	done, err := extend(ctx, doc, opt)
	if err != nil {
		return nil, doc.partial(err)
	}
	if err := doc.flush(); err != nil {
		return nil, err
	}
	done.Size, done.Appended = doc.Len(), int64(len(doc.tail))
	return done, nil
}

func extend(ctx context.Context, doc *document, opt ExtendOptions) (*Extended, error) {
	if opt.Level == BB {
		opt.Level = BLTA
	}
	if opt.Level < BLT || opt.Level > BLTA {
		return nil, fmt.Errorf("a signed file is raised to B-LT or B-LTA, not to %s", opt.Level)
	}
	if opt.Level == BLTA {
		if _, err := timestampRoom(ctx, TimestampOptions{TSA: opt.TSA, Hash: hashOr(opt.Hash)}); err != nil {
			return nil, err
		}
	}
	done := &Extended{Level: opt.Level}
	if err := proveTime(ctx, doc, opt, done); err != nil {
		return nil, err
	}
	if err := addValidationData(ctx, doc, opt, done); err != nil {
		return nil, err
	}
	var err error
	if opt.Level == BLTA {
		done.Timestamp, err = addTimestamp(ctx, doc, TimestampOptions{TSA: opt.TSA, Hash: opt.Hash})
	}
	return done, err
}

// proveTime adds a document time-stamp if a signature to be raised has no proof of when it was there.
func proveTime(ctx context.Context, doc *document, opt ExtendOptions, done *Extended) error {
	f, err := doc.open()
	if err != nil {
		return err
	}
	required, others, err := chosen(f, opt)
	if err != nil {
		return err
	}
	stamps := stampsOf(slices.Concat(required, others))
	for _, s := range required {
		if stamps.over(s) != nil || !bare(s) {
			continue
		}
		if opt.TSA == nil {
			return fmt.Errorf("signature field %q: it has no time-stamp (level B-B): name a time-stamp authority, "+
				"so that the document gets one first", s.Field.Name)
		}
		done.Proof, err = addTimestamp(ctx, doc, TimestampOptions{TSA: opt.TSA, Hash: opt.Hash})
		return err
	}
	return nil
}

// addValidationData appends the revision with what the document security store lacks, if it lacks anything.
func addValidationData(ctx context.Context, doc *document, opt ExtendOptions, done *Extended) error {
	f, err := doc.open()
	if err != nil {
		return err
	}
	required, others, err := chosen(f, opt)
	if err != nil {
		return err
	}
	store, err := readDSS(f)
	if err != nil {
		return err
	}
	for _, r := range opt.Responses {
		list := pdf.Name("CRLs")
		if r.Kind == string(revocation.OCSP) {
			list = "OCSPs"
		}
		store.add(list, r.DER)
	}
	m := newMaterial(opt.Validation, store)
	m.times(required)
	m.stamps = stampsOf(slices.Concat(required, others))
	add := func(ctx context.Context, s pdf.Signature) error {
		m.used = nil
		err := m.addSignature(ctx, s)
		if err == nil && opt.VRI {
			store.vri = append(store.vri, vri{contents: s.Contents, items: m.used})
		}
		return err
	}
	for _, s := range required {
		if err := add(ctx, s); err != nil {
			return &FieldError{s.Field.Name, err}
		}
	}
	if opt.Others {
		if done.Missing, err = addWhatCanBeHad(ctx, others, add); err != nil {
			return err
		}
	}
	u := pdf.NewUpdate(f)
	if err := store.write(u, done); err != nil || u.Empty() {
		return err
	}
	update, err := u.Bytes()
	if err != nil {
		return err
	}
	doc.append(update)
	return nil
}

// othersTime is how long somebody else's signatures may keep a signer waiting, for all their servers together.
const othersTime = 30 * time.Second

func addWhatCanBeHad(ctx context.Context, others []pdf.Signature,
	add func(context.Context, pdf.Signature) error) ([]Missing, error) {
	limited, cancel := context.WithTimeout(ctx, othersTime)
	defer cancel()
	var missing []Missing
	for _, s := range others {
		err := s.Err
		if err == nil {
			err = add(limited, s)
		}
		if err != nil {
			missing = append(missing, Missing{s.Field.Name, err})
		}
	}
	return missing, ctx.Err()
}

func hashOr(h crypto.Hash) crypto.Hash {
	if h == 0 {
		return crypto.SHA256
	}
	return h
}

// chosen tells the signatures that must be raised from the others.
func chosen(f *pdf.File, opt ExtendOptions) (required, others []pdf.Signature, err error) {
	all, err := f.AllSignatures()
	if err != nil {
		return nil, nil, err
	}
	if len(all) == 0 {
		return nil, nil, errors.New("the file has no signature to be raised")
	}
	for _, s := range all {
		if len(opt.Fields) > 0 && !slices.Contains(opt.Fields, s.Field.Name) {
			others = append(others, s)
			continue
		}
		if s.Err != nil {
			return nil, nil, fmt.Errorf("signature field %q: %w", s.Field.Name, s.Err)
		}
		required = append(required, s)
	}
	for _, name := range opt.Fields {
		if !slices.ContainsFunc(required, func(s pdf.Signature) bool { return s.Field.Name == name }) {
			return nil, nil, fmt.Errorf("field %q holds no signature", name)
		}
	}
	return required, others, nil
}
