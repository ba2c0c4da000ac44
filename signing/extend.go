package signing

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"slices"

	"covenant/signing/internal/pdf"
)

// ExtendOptions says how a signed file is raised.
type ExtendOptions struct {
	Level      Level             // BLT, or BLTA; the zero value means BLTA
	TSA        Timestamper       // required for BLTA
	Validation *ValidationSource // nil: the addresses that the certificates name, public ones only
	// Fields limits the work to the signatures in these fields; default all of the file.
	Fields []string
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
	Timestamp    *Signed // the document time-stamp; nil for BLT
	Size         int64
	Appended     int64
}

// Extend adds to a signed file what its signatures need to be judged offline (B-LT): the certificates of the signers and of
// their time-stamps' authorities up to the roots, and OCSP responses or revocation lists for them, in the document security
// store (EN 319 142-1 §5.4.2); and for B-LTA a document time-stamp over all that (§5.4.3). Done again on a B-LTA file it renews
// it: do so before the newest document time-stamp's certificate ends. Signatures without a time-stamp are refused for want of
// B-T. Data that cannot be had, or that says "revoked before signing", is an error and nothing is written.
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
	if err := addValidationData(ctx, doc, opt, done); err != nil {
		return nil, err
	}
	var err error
	if opt.Level == BLTA {
		done.Timestamp, err = addTimestamp(ctx, doc, TimestampOptions{TSA: opt.TSA, Hash: opt.Hash})
	}
	return done, err
}

// addValidationData appends the revision with what the document security store lacks, if it lacks anything.
func addValidationData(ctx context.Context, doc *document, opt ExtendOptions, done *Extended) error {
	f, err := doc.open()
	if err != nil {
		return err
	}
	signatures, err := chosen(f, opt.Fields)
	if err != nil {
		return err
	}
	store, err := readDSS(f)
	if err != nil {
		return err
	}
	m := newMaterial(opt.Validation, store)
	m.times(signatures)
	for _, s := range signatures {
		m.used = nil
		if err := m.addSignature(ctx, s); err != nil {
			return fmt.Errorf("signature field %q: %w", s.Field.Name, err)
		}
		if opt.VRI {
			store.vri = append(store.vri, vri{contents: s.Contents, items: m.used})
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

func hashOr(h crypto.Hash) crypto.Hash {
	if h == 0 {
		return crypto.SHA256
	}
	return h
}

// chosen lists the signatures to be raised.
func chosen(f *pdf.File, fields []string) ([]pdf.Signature, error) {
	all, err := f.Signatures()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("the file has no signature to be raised")
	}
	if len(fields) == 0 {
		return all, nil
	}
	var out []pdf.Signature
	for _, name := range fields {
		i := slices.IndexFunc(all, func(s pdf.Signature) bool { return s.Field.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("field %q holds no signature", name)
		}
		out = append(out, all[i])
	}
	return out, nil
}
