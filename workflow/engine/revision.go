package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"covenant/templates"
	"covenant/templates/library"
	"covenant/workflow"
	"covenant/workflow/store"
)

// DraftRequest starts a covenant.
type DraftRequest struct {
	Slug     string           `json:"slug,omitzero" from:"address"`
	Title    string           `json:"title,omitzero"`
	Year     int              `json:"year,omitzero"`
	Block    workflow.BlockID `json:"block,omitzero"`
	Template string           `json:"template,omitzero"` // of the library
	Values   []byte           `json:"values,omitzero"`   // YAML; here only the signature cells count
	// Begun: the values are only begun, with the parties; what else the text needs is written until it is submitted.
	Begun bool `json:"begun,omitzero"`
	// Process is a process of the block's own (YAML). Default: the template's.
	Process []byte `json:"process,omitzero"`
}

// Draft starts a covenant from a template of the library and returns its id.
func (e papers) Draft(ctx context.Context, r DraftRequest, meta Meta) (workflow.CovenantID, error) {
	return e.startDraft(ctx, r, meta, workflow.DraftCovenant{})
}

// freeSlug refuses an address that another covenant has.
func (e papers) freeSlug(ctx context.Context, tx *store.Tx, slug string) error {
	_, err := tx.CovenantBySlug(ctx, slug)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return workflow.Refusal(workflow.CodeConflict,
		"đã có giao ước ở địa chỉ “%s”; hãy chọn địa chỉ khác",
		"there is a covenant at %q already; choose another address", slug)
}

// draft fills a template in with values; every problem of either comes back at once.
func (e papers) draft(template, values []byte, opt templates.DraftOptions) (*templates.Document, error) {
	t, problems := templates.Parse("template", template)
	if err := templates.Problems(problems).Err(); err != nil {
		return nil, err
	}
	v, problems := templates.ParseValues("values", values)
	if err := templates.Problems(problems).Err(); err != nil {
		return nil, err
	}
	law, err := library.Law()
	if err != nil {
		return nil, err
	}
	opt.Law, opt.Fonts = law, e.Fonts
	return t.Draft(v, opt)
}

func slots(doc *templates.Document) []workflow.Slot {
	var out []workflow.Slot
	for _, s := range doc.Slots() {
		out = append(out, workflow.Slot{ID: workflow.SlotID(s.ID), Role: workflow.Role(s.Role), Unit: s.Unit,
			Title: s.Title})
	}
	return out
}

func day(d workflow.Date) templates.Day {
	return templates.Day{Year: d.Year, Month: int(d.Month), Date: d.Day}
}

// SubmitRequest puts new values of a covenant before the agencies.
type SubmitRequest struct {
	Covenant workflow.CovenantID `json:"covenant,omitzero" from:"address"`
	Values   []byte              `json:"values,omitzero"` // YAML
	Note     string              `json:"note,omitzero"`   // what changed, for the reviewers
}

// Submit renders a revision, keeps everything it was made of, and puts it before the agencies.
func (e papers) Submit(ctx context.Context, r SubmitRequest, meta Meta) (Outcome, error) {
	return e.submit(ctx, r, meta, func(cmd workflow.SubmitRevision) workflow.Command { return cmd })
}

// AmendText renders a text amended on the spot and puts it before the conference, with the motion that adopts it.
func (e papers) AmendText(ctx context.Context, r SubmitRequest, meta Meta) (Outcome, error) {
	return e.submit(ctx, r, meta, func(cmd workflow.SubmitRevision) workflow.Command {
		return workflow.AmendText{SubmitRevision: cmd}
	})
}

func (e papers) submit(
	ctx context.Context, r SubmitRequest, meta Meta, command func(workflow.SubmitRevision) workflow.Command,
) (Outcome, error) {
	asked := struct {
		Values workflow.Digest
		Note   string
	}{workflow.DigestOf(r.Values), r.Note}
	if out, done, err := e.repeated(ctx, r.Covenant, asked, meta); err != nil || done {
		return out, err
	}
	var s workflow.State
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		s, err = e.state(ctx, tx, r.Covenant)
		return err
	})
	if err != nil {
		return Outcome{}, err
	}
	rendered, err := e.render(ctx, s, r, meta)
	if err != nil {
		return Outcome{}, err
	}
	return e.do(ctx, r.Covenant, asked, meta, as(command(rendered)))
}

// revised is a revision before it is kept: the command that submits it, and the files that it is made of.
type revised struct {
	cmd      workflow.SubmitRevision
	template []byte
	pdf      []byte
	doc      *templates.Document
}

// revise renders a revision and keeps nothing.
func (e papers) revise(s workflow.State, r SubmitRequest, meta Meta) (revised, error) {
	var out revised
	entry, err := library.Open(s.Covenant.Template)
	if err != nil {
		return out, err
	}
	at := e.Now().UTC().Truncate(time.Second)
	pdf, doc, err := e.renderRevision(s, entry.Source, r.Values, len(s.Covenant.Revisions)+1, at, e.judged(meta))
	if err != nil {
		return out, err
	}
	parts, manifest, err := manifestOf(doc, s.Covenant.Process)
	if err != nil {
		return out, err
	}
	cmd := workflow.SubmitRevision{
		Manifest: manifest, PDF: workflow.DigestOf(pdf.bytes), Values: workflow.DigestOf(r.Values),
		Template: workflow.DigestOf(entry.Source), Parts: parts, Note: r.Note, RenderedAt: at,
	}
	if stage, ok := s.Process.OfKind(workflow.StageScore); ok {
		if cmd.Basis, err = stage.Score.ReadBasis(r.Values); err != nil {
			return out, err
		}
	}
	for _, c := range doc.Outline() {
		cmd.Clauses = append(cmd.Clauses, workflow.ClauseDigest{ID: c.ID, Number: c.Number, Heading: c.Heading,
			Digest: c.Digest})
	}
	return revised{cmd, entry.Source, pdf.bytes, doc}, nil
}

// render makes a revision and keeps its files.
func (e papers) render(
	ctx context.Context, s workflow.State, r SubmitRequest, meta Meta,
) (workflow.SubmitRevision, error) {
	made, err := e.revise(s, r, meta)
	if err != nil {
		return made.cmd, err
	}
	for _, file := range []struct {
		bytes []byte
		kind  string
	}{{made.template, textType}, {r.Values, yamlType}, {made.pdf, pdfType}} {
		if _, err := e.Store.PutBlob(ctx, bytes.NewReader(file.bytes), file.kind); err != nil {
			return made.cmd, err
		}
	}
	return made.cmd, nil
}

// rendering is a file and what was set on its pages.
type rendering struct {
	bytes []byte
	info  *templates.Rendered
}

// judged are the options under which values that somebody hands in are looked at.
func (e papers) judged(meta Meta) templates.DraftOptions {
	return templates.DraftOptions{Today: day(e.Calendar.Today(e.Now())), Mean: meta.Mean}
}

// renderRevision is the file that reviewers read: without number and date, with the watermark of its count. The same
// arguments give the same bytes. opt says how the values are judged, if they are.
func (e papers) renderRevision(
	s workflow.State, template, values []byte, number int, at time.Time, opt templates.DraftOptions,
) (rendering, *templates.Document, error) {
	opt.Symbol, opt.LawDate = symbol(s.Process), day(e.Calendar.Today(at))
	opt.Watermark = draftMark(number)
	doc, err := e.draft(template, values, opt)
	if err != nil {
		return rendering{}, nil, err
	}
	out, err := print(doc, templates.PDFOptions{Created: at})
	return out, doc, err
}

func print(doc *templates.Document, opt templates.PDFOptions) (rendering, error) {
	var out bytes.Buffer
	info, err := doc.PDF(&out, opt)
	return rendering{out.Bytes(), info}, err
}

func symbol(p *workflow.Process) string {
	if p == nil {
		return ""
	}
	stage, ok := p.OfKind(workflow.StageNumber)
	if !ok {
		return ""
	}
	return stage.Number.Symbol
}

// manifestOf lists by digest everything that a revision was made of, and the digest of that list: what an agency
// approves.
func manifestOf(doc *templates.Document, process workflow.Digest) ([]workflow.ManifestPart, workflow.Digest, error) {
	made, err := doc.Manifest()
	if err != nil {
		return nil, workflow.Digest{}, err
	}
	parts := []workflow.ManifestPart{{Name: "process", Digest: process}}
	for _, p := range made.Parts {
		parts = append(parts, workflow.ManifestPart{Name: p.Kind + " " + p.Name, Digest: p.Digest})
	}
	data, err := json.Marshal(parts)
	if err != nil {
		return nil, workflow.Digest{}, fmt.Errorf("manifest: %w", err)
	}
	return parts, workflow.DigestOf(data), nil
}

func (e papers) referRevision(
	ctx context.Context, tx *store.Tx, id workflow.CovenantID, r workflow.RevisionSubmitted,
) error {
	for _, file := range []struct {
		name   string
		digest workflow.Digest
		kind   string
	}{
		{"template.txt", r.Template, textType}, {"values.yaml", r.Values, yamlType}, {"review.pdf", r.PDF, pdfType},
	} {
		name := fmt.Sprintf("revision-%02d/%s", r.Number, file.name)
		if err := e.referKept(ctx, tx, id, name, file.digest, file.kind); err != nil {
			return err
		}
	}
	return nil
}

// referKept refers to a file whose size is looked up.
func (e papers) referKept(
	ctx context.Context, tx *store.Tx, id workflow.CovenantID, name string, digest workflow.Digest, mediaType string,
) error {
	blob, err := e.Store.Blobs().Open(ctx, store.Digest(digest.String()))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	size := blob.Size()
	if err := blob.Close(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return refer(ctx, tx, id, name, digest, size, mediaType)
}
