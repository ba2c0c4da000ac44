package signing

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"time"

	"covenant/signing/internal/cms"
	"covenant/signing/trust"
)

// Signed tells what a signing operation made.
type Signed struct {
	Field     string    // full name of the signed field; of the document time-stamp's for AddTimestamp
	Level     Level     // reached
	Time      time.Time // M, as claimed; the time-stamp's time for document time-stamps
	Timestamp time.Time // of the signature time-stamp; zero at B-B
	ByteRange [4]int64
	Size      int64      // of the output
	Appended  int64      // bytes after the input's
	Missing   []Missing  // from B-LT on: validation data of earlier signatures that could not be had
	State     *HashState // only with Options.KeepState
	Test      bool       // by a certificate, or with a time-stamp, that calls itself a test ([trust.Marked])
}

// Sign signs the file of size bytes behind in and writes the signed file to out: the input's bytes as they are, then
// what is appended. Everything that can fail does so before the key is asked, and it is asked once; where something
// fails after that (a time-stamp authority that goes away), the error is an [*UnfinishedError] from which the work can
// be taken up without asking again. On error nothing is written to out, unless the error is a [*PartialOutputError], as
// can happen with inputs of more than 16 MiB, which are read once only.
func Sign(ctx context.Context, in io.ReaderAt, size int64, out io.Writer, id Identity, opt Options) (*Signed, error) {
	doc, err := newDocument(in, size, out, opt.Limits)
	if err != nil {
		return nil, err
	}
	return signDocument(ctx, doc, id, opt)
}

func signDocument(ctx context.Context, doc *document, id Identity, opt Options) (*Signed, error) {
	if err := id.check(); err != nil {
		return nil, err
	}
	s, err := prepare(ctx, doc, id.Certificate, id.Chain, opt)
	if err != nil {
		return nil, doc.partial(err)
	}
	if err := opt.Validation.ready(ctx, opt.Level, id.Certificate, id.Chain); err != nil {
		return nil, doc.partial(err)
	}
	tbs, signerOpts, err := s.ToBeSigned()
	if err != nil {
		return nil, doc.partial(err)
	}
	signature, err := id.Signer.Sign(rand.Reader, tbs, signerOpts)
	if err != nil {
		return nil, doc.partial(opt.refused(s.cms.Algorithm, err))
	}
	signed, err := s.finish(ctx, signature, FinishOptions{TSA: opt.TSA, Validation: opt.Validation})
	if err != nil {
		return nil, doc.partial(&UnfinishedError{Session: s, Signature: signature, Err: err})
	}
	if opt.KeepState {
		if signed.State, err = doc.state(s.cms.Algorithm.Hash); err != nil {
			return nil, doc.partial(err)
		}
	}
	return signed, nil
}

// SignBytes is Sign for a file in memory.
func SignBytes(ctx context.Context, in []byte, id Identity, opt Options) ([]byte, *Signed, error) {
	doc, err := newDocument(bytesInput(in), int64(len(in)), nil, opt.Limits)
	if err != nil {
		return nil, nil, err
	}
	signed, err := signDocument(ctx, doc, id, opt)
	if err != nil {
		return nil, nil, err
	}
	return bytes.Join([][]byte{in, doc.tail}, nil), signed, nil
}

// UnfinishedError says that the key has signed but the work after that failed, such as getting a time-stamp. Give
// Session and Signature to [Finish] later; the key need not be asked again.
type UnfinishedError struct {
	Session   *Session
	Signature []byte
	Err       error
}

func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("the key has signed, but the signature could not be finished: %v", e.Err)
}

func (e *UnfinishedError) Unwrap() error { return e.Err }

// FinishOptions says where a prepared signature gets its time-stamp and validation data.
type FinishOptions struct {
	TSA        Timestamper       // required from B-T on
	Validation *ValidationSource // used from B-LT on
	Limits     Limits
}

// ErrOtherFile says that a session belongs to another file, or to another state of it.
var ErrOtherFile = errors.New(
	"the session was prepared for another file, or the file has changed since: prepare it again")

// Finish completes a prepared signature with the signature value that the key has made over [Session.ToBeSigned], and
// writes the signed file to out. The input must be the very bytes that were prepared ([ErrOtherFile]). Finish may be
// tried again with the same value after an error; it writes to out as [Sign] does.
func Finish(ctx context.Context, s *Session, in io.ReaderAt, size int64, out io.Writer, signature []byte,
	opt FinishOptions) (*Signed, error) {
	if s == nil || size != s.state.Size {
		return nil, ErrOtherFile
	}
	b, err := s.builder()
	if err != nil {
		return nil, err
	}
	doc, err := newDocument(in, size, out, opt.Limits)
	if err != nil {
		return nil, err
	}
	doc.tail = bytes.Clone(s.state.Update)
	resumed := &Session{state: s.state, doc: doc}
	if err := resumed.check(b); err != nil {
		return nil, doc.partial(err)
	}
	signed, err := resumed.finish(ctx, signature, opt)
	return signed, doc.partial(err)
}

// check proves that the session fits the file, and that its parts fit each other.
func (s *Session) check(b *cms.Builder) error {
	fresh := &Session{state: s.state, doc: s.doc}
	if err := fresh.hash(b); err != nil {
		return err
	}
	same := subtle.ConstantTimeCompare(fresh.state.Base, s.state.Base) == 1 &&
		subtle.ConstantTimeCompare(fresh.state.Digest, s.state.Digest) == 1 &&
		subtle.ConstantTimeCompare(fresh.state.SignedAttributes, s.state.SignedAttributes) == 1
	if !same {
		return ErrOtherFile
	}
	return nil
}

// finish puts the signature into its place, raises the file to the session's level, and writes it out.
func (s *Session) finish(ctx context.Context, signature []byte, opt FinishOptions) (*Signed, error) {
	b, err := s.builder()
	if err != nil {
		return nil, err
	}
	if s.state.Level >= BT && opt.TSA == nil {
		return nil, errors.New("this level needs a time-stamp: set a time-stamp authority (TSA)")
	}
	// Assemble checks the value too, but a wrong one must not cost a time-stamp.
	if s.state.Level < BT {
		return s.complete(ctx, b, signature, opt)
	}
	if err := b.Algorithm.Verify(cms.PublicKey(b.Certificate), s.state.SignedAttributes, signature); err != nil {
		return nil, fmt.Errorf("the signature value does not belong to this file and the certificate of %q: %w",
			b.Certificate.Subject.CommonName, err)
	}
	return s.complete(ctx, b, signature, opt)
}

// complete is finish after the checks.
func (s *Session) complete(ctx context.Context, b *cms.Builder, signature []byte, opt FinishOptions) (done *Signed,
	err error) {
	done = &Signed{Field: s.state.Field, Level: s.state.Level, ByteRange: s.state.Slot.byteRange(),
		Test: trust.Marked(b.Certificate)}
	if done.Time, err = time.Parse(time.RFC3339Nano, s.state.Time); err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	var unsigned []cms.Attribute
	if s.state.Level >= BT {
		h := b.Algorithm.Hash.New()
		h.Write(signature)
		token, err := timestamp(ctx, opt.TSA, h.Sum(nil), b.Algorithm.Hash)
		if err != nil {
			return nil, err
		}
		done.Timestamp, done.Test = token.Time, done.Test || markedToken(token)
		unsigned = append(unsigned, cms.SignatureTimeStamp(token.Raw))
	}
	der, err := b.Assemble(s.state.SignedAttributes, signature, unsigned...)
	if err != nil {
		return nil, err
	}
	if err := s.doc.fill(s.state.Slot, der); err != nil {
		return nil, err
	}
	if s.state.Level >= BLT {
		raised, err := extend(ctx, s.doc, ExtendOptions{
			Level: s.state.Level, TSA: opt.TSA, Validation: opt.Validation, Hash: b.Algorithm.Hash,
			Fields: []string{s.state.Field}, Others: true,
		})
		if err != nil {
			return nil, err
		}
		done.Missing = raised.Missing
	}
	if err := s.doc.flush(); err != nil {
		return nil, err
	}
	done.Size, done.Appended = s.doc.Len(), int64(len(s.doc.tail))
	return done, nil
}
