package engine

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"covenant/internal/address"
	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/store"
)

// IssueNumber takes the next number of the register for a covenant and dates it. The number is kept and recorded in
// one transaction, so that none is lost and none is given out twice.
func (e papers) IssueNumber(
	ctx context.Context, id workflow.CovenantID, date workflow.Date, meta Meta,
) (Outcome, error) {
	asked := struct{ Date workflow.Date }{date}
	return e.issueNumber(ctx, id, asked, date, meta,
		func(ctx context.Context, tx *store.Tx, book string, key store.NumberKey) (store.Number, error) {
			return tx.NextNumber(ctx, book, date.Year, string(id), key, e.Now())
		})
}

// issueNumber gives a covenant the number that take takes from the register.
func (e papers) issueNumber(ctx context.Context, id workflow.CovenantID, asked any, date workflow.Date, meta Meta,
	take func(ctx context.Context, tx *store.Tx, book string, key store.NumberKey) (store.Number, error)) (Outcome,
	error) {
	symbol, err := e.documentSymbol(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	return e.do(ctx, id, asked, meta, func(ctx context.Context, tx *store.Tx, s workflow.State) (workflow.Command,
		error) {
		cmd := workflow.IssueNumber{Number: 1, Date: date, Symbol: symbol}
		if _, err := workflow.Decide(s, meta.Actor, cmd, e.Now()); err != nil { // before the register is touched
			return nil, err
		}
		if err := e.clear(ctx, tx, s); err != nil {
			return nil, err
		}
		stage, _ := s.Process.OfKind(workflow.StageNumber)
		key := numberKey(id, len(s.Covenant.Voided))
		n, err := take(ctx, tx, stage.Number.Book, key)
		if err != nil {
			return nil, err
		}
		if n.State == store.NumberIssued { // by the same request, which was faster since the state was read
			return nil, store.ErrConflict
		}
		cmd.Number = int(n.Number)
		return cmd, tx.IssueNumber(ctx, key, e.Now())
	})
}

// numberKey is the key of a covenant's number in the register; one whose number was voided gets another one.
func numberKey(id workflow.CovenantID, voided int) store.NumberKey {
	if voided == 0 {
		return store.NumberKey("covenant/" + string(id))
	}
	return store.NumberKey(fmt.Sprintf("covenant/%s/%d", id, voided+1))
}

// documentSymbol is the symbol that the newest revision prints after its number; empty before there is one.
func (e papers) documentSymbol(ctx context.Context, id workflow.CovenantID) (string, error) {
	var s workflow.State
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		s, err = e.state(ctx, tx, id)
		return err
	})
	if err != nil {
		return "", err
	}
	revision, ok := s.Covenant.Revision()
	if !ok {
		return "", nil
	}
	template, err := e.readBlob(ctx, revision.Template)
	if err != nil {
		return "", err
	}
	values, err := e.readBlob(ctx, revision.Values)
	if err != nil {
		return "", err
	}
	doc, err := e.draft(template, values, templates.DraftOptions{LawDate: day(e.Calendar.Today(revision.RenderedAt)),
		Again: templates.AsBefore})
	if err != nil {
		return "", err
	}
	return doc.Symbol(), nil
}

// freeze renders the final document, once, from what the agencies approved, proves that nothing but number, date and
// watermark differs, and records it.
func (e papers) freeze(ctx context.Context, args FreezeArgs) error {
	var s workflow.State
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		if s, err = e.state(ctx, tx, args.Covenant); err != nil || s.Covenant.Phase != workflow.AwaitingFreeze {
			return err
		}
		return e.clear(ctx, tx, s)
	})
	if err != nil || s.Covenant.Phase != workflow.AwaitingFreeze {
		return err
	}
	token := strings.ToLower(rand.Text())
	frozen, err := e.renderFrozen(ctx, s, token)
	if err != nil {
		return fmt.Errorf("freeze %s: %w", s.Covenant.Slug, err)
	}
	info, err := e.Store.PutBlob(ctx, bytes.NewReader(frozen.bytes), pdfType)
	if err != nil {
		return err
	}
	cmd := workflow.Freeze{PDF: workflow.DigestOf(frozen.bytes), Size: info.Size, Token: token}
	for _, f := range frozen.info.Fields {
		cmd.Fields = append(cmd.Fields, workflow.FrozenField{Name: f.Name, Slot: workflow.SlotID(f.Slot),
			Type: string(f.Kind), Page: f.Page})
	}
	// The key names the approved revision alone: a second run draws another token, yet asks for the same.
	revision, _ := s.Covenant.Revision()
	asked := struct{ Manifest workflow.Digest }{revision.Manifest}
	meta := Meta{Key: fmt.Sprintf("freeze/%s/%d", args.Covenant, revision.Number), Actor: workflow.Program()}
	_, err = e.do(ctx, args.Covenant, asked, meta, as(cmd))
	return err
}

// errRendererChanged: what the agencies approved cannot be made again by this program.
var errRendererChanged = errors.New("the approved revision cannot be rendered again as it was approved; submit a new " +
	"revision for review")

func (e papers) renderFrozen(ctx context.Context, s workflow.State, token string) (rendering, error) {
	var none rendering
	revision, _ := s.Covenant.Revision()
	template, err := e.readBlob(ctx, revision.Template)
	if err != nil {
		return none, err
	}
	values, err := e.readBlob(ctx, revision.Values)
	if err != nil {
		return none, err
	}
	approved, again, err := e.renderApproved(s, template, values, revision)
	if err != nil {
		return none, err
	}
	n := s.Covenant.Number
	doc, err := e.draft(template, values, templates.DraftOptions{
		Number: n.Number, Symbol: n.Symbol, Date: day(n.Date), URL: address.On(e.PublicURL, address.Public.Of(token)),
		Again: again,
	})
	if err != nil {
		return none, err
	}
	frozen, err := print(doc, templates.PDFOptions{Created: e.Now().UTC().Truncate(time.Second), Fields: true})
	if err != nil {
		return none, err
	}
	if differences := templates.Differences(approved.info, frozen.info); len(differences) > 0 {
		return none, fmt.Errorf("more than number, date and watermark would differ from what was approved: %s",
			strings.Join(differences, "; "))
	}
	return frozen, nil
}

// renderApproved makes the approved revision again, byte by byte, in the way in which it was made: that of this edition
// of the program, or that of the first. Which one is told by the digest that the agencies approved.
func (e papers) renderApproved(
	s workflow.State, template, values []byte, revision workflow.Revision,
) (rendering, templates.Again, error) {
	failed := errRendererChanged
	for _, again := range []templates.Again{templates.AsBefore, templates.AsFirstWas} {
		approved, reviewed, err := e.renderRevision(s, template, values, revision.Number, revision.RenderedAt,
			templates.DraftOptions{Again: again})
		if err != nil {
			failed = err
			continue
		}
		_, manifest, err := manifestOf(reviewed, s.Covenant.Process)
		if err != nil {
			return rendering{}, again, err
		}
		if manifest == revision.Manifest && workflow.DigestOf(approved.bytes) == revision.PDF {
			return approved, again, nil
		}
	}
	return rendering{}, 0, failed
}
