package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/store"
)

// readBlob reads a whole file by its digest.
func (e papers) readBlob(ctx context.Context, digest workflow.Digest) ([]byte, error) {
	return e.Store.ReadBlob(ctx, store.Digest(digest.String()))
}

// Document opens a kept file by its digest, if it belongs to something that the actor may read: who may not is told
// what they would be told if there were none. The caller closes it.
func (e papers) Document(
	ctx context.Context, by workflow.Actor, digest workflow.Digest,
) (io.ReadSeekCloser, int64, error) {
	if err := e.mayOpen(ctx, by, digest); err != nil {
		return nil, 0, err
	}
	return e.openBlob(ctx, digest)
}

// PublishedDocument opens the newest bytes of the document that carries a QR code's token.
func (e papers) PublishedDocument(ctx context.Context, v *View) (io.ReadSeekCloser, int64, error) {
	if v.Reading.Scope < workflow.ReadPublished || v.Covenant.Head.IsZero() {
		return nil, 0, errNoFile
	}
	return e.openBlob(ctx, v.Covenant.Head)
}

var errNoFile = workflow.Refusal(workflow.CodeNotFound, "không có tệp này", "there is no such file")

// mayOpen looks among the covenants of the actor's agencies for one to which the file belongs and of which it is read.
func (e papers) mayOpen(ctx context.Context, by workflow.Actor, digest workflow.Digest) error {
	return e.Store.View(ctx, func(tx *store.Tx) error {
		d, err := e.directory(ctx, tx)
		if err != nil || d.ReadsEverything(by) {
			return err
		}
		var agencies []string
		for _, seat := range d.Seats(by.Person(), e.today()) {
			agencies = append(agencies, string(seat.Agency))
		}
		owners, err := tx.OwnersAmong(ctx, store.Digest(digest.String()), agencies)
		if err != nil {
			return err
		}
		for _, id := range owners {
			s, err := e.state(ctx, tx, workflow.CovenantID(id))
			if err != nil {
				return err
			}
			if s.MayRead(by, e.today()).File(s.Covenant, digest) {
				return nil
			}
		}
		return errNoFile
	})
}

// Publishes reports whether the bytes of a digest are those of a document that was numbered here: what anybody who
// holds them may be told.
func (e papers) Publishes(ctx context.Context, digest workflow.Digest) (known bool, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		names, err := tx.NamesOf(ctx, store.Digest(digest.String()))
		known = slices.ContainsFunc(names, isDocument)
		return err
	})
	return known, err
}

// isDocument reports whether a covenant's file is its numbered document, or a version of it: see followOne.
func isDocument(name string) bool {
	return name == "frozen.pdf" || name == "complete.pdf" || strings.HasPrefix(name, "signed-") ||
		strings.HasPrefix(name, "sealed-")
}

func (e papers) openBlob(ctx context.Context, digest workflow.Digest) (io.ReadSeekCloser, int64, error) {
	blob, err := e.Store.Blobs().Open(ctx, store.Digest(digest.String()))
	if err != nil {
		return nil, 0, err
	}
	return blobReader{io.NewSectionReader(blob, 0, blob.Size()), blob}, blob.Size(), nil
}

type blobReader struct {
	*io.SectionReader
	io.Closer
}

// complete adds to the signed document all that verification will need later: certificates, revocation data and, at
// B-LTA, a document time-stamp. It runs as a job; what it needs from outside may be away, then it runs again.
func (e papers) complete(ctx context.Context, args CompleteArgs) error {
	var s workflow.State
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		s, err = e.state(ctx, tx, args.Covenant)
		return err
	})
	if err != nil || s.Covenant.Phase != workflow.AwaitingValidation {
		return err
	}
	level, err := signing.ParseLevel(signStage(s).Sign.Final)
	if err != nil {
		return err
	}
	head, err := e.readBlob(ctx, s.Covenant.Head)
	if err != nil {
		return err
	}
	if err := e.unaltered(ctx, s.Covenant); workflow.ErrorCode(err) != "" {
		return e.stopCompletion(ctx, s.Covenant, workflow.CauseAltered, err)
	} else if err != nil {
		return err
	}
	responses, err := e.responses(ctx, s.Covenant)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	_, err = signing.Extend(ctx, bytes.NewReader(head), int64(len(head)), &out, signing.ExtendOptions{
		Level: level, TSA: e.TSA, Validation: e.Validation, Responses: responses,
	})
	if errors.Is(err, signing.ErrRevoked) {
		return e.stopCompletion(ctx, s.Covenant, workflow.CauseRevoked, err)
	}
	if err != nil {
		return fmt.Errorf("add validation data: %w", err)
	}
	if err := e.verifyComplete(ctx, s.Covenant, out.Bytes(), signatures(s.Covenant)); err != nil {
		return err
	}
	info, err := e.Store.PutBlob(ctx, bytes.NewReader(out.Bytes()), pdfType)
	if err != nil {
		return err
	}
	cmd := workflow.RecordValidationData{
		Before: s.Covenant.Head, After: workflow.DigestOf(out.Bytes()), Size: info.Size, Level: level.String(),
	}
	// The key names the head alone: a second run fetches other answers and makes other bytes, yet asks for the same.
	asked := struct{ Before workflow.Digest }{s.Covenant.Head}
	meta := Meta{Key: fmt.Sprintf("complete/%s/%s", args.Covenant, s.Covenant.Head), Actor: workflow.Program()}
	_, err = e.do(ctx, args.Covenant, asked, meta, as(cmd))
	return err
}

// stopCompletion hands a document that cannot be completed to people.
func (e papers) stopCompletion(
	ctx context.Context, c *workflow.Covenant, why workflow.CauseKind, found error,
) error {
	cmd := workflow.StopCompletion{Why: why}
	var in *signing.FieldError
	if errors.As(found, &in) {
		cmd.Field = in.Field
	}
	var revoked *signing.RevokedError
	var refusal *workflow.Error
	switch {
	case errors.As(found, &revoked): // as it reads in either language
		cmd.Reason = fmt.Sprintf("%s, %s", revoked.Certificate,
			revoked.At.In(e.Calendar.Zone()).Format("15:04:05 02/01/2006 -07:00"))
	case errors.As(found, &refusal):
		cmd.Reason = refusal.Vietnamese
	}
	asked := struct{ Before workflow.Digest }{c.Head}
	meta := Meta{Key: fmt.Sprintf("stop/%s/%s/%d", c.ID, c.Head, c.Version), Actor: workflow.Program()}
	_, err := e.do(ctx, c.ID, asked, meta, as(cmd))
	return err
}

func unmarshalOutcome(data json.RawMessage, out *Outcome) error {
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("recorded result: %w", err)
	}
	out.Repeated = true
	return nil
}
