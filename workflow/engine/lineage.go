package engine

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"covenant/internal/words"
	"covenant/templates"
	"covenant/templates/library"
	"covenant/workflow"
	"covenant/workflow/process"
	"covenant/workflow/store"
)

// AmendRequest starts the covenant that amends another one.
type AmendRequest struct {
	Covenant workflow.CovenantID `json:"covenant,omitzero" from:"address"` // to be amended; it must be in force
	Slug     string              `json:"slug,omitzero"`
	Title    string              `json:"title,omitzero"`
	Year     int                 `json:"year,omitzero"`
	Template string              `json:"template,omitzero"` // of the library; default: that of the covenant to be amended
	// Values are YAML. Default: those of the covenant to be amended, where the template is the same one.
	Values []byte `json:"values,omitzero"`
}

// Amend starts a covenant that amends another one. It goes through the process of its template like any other; when
// it comes into force, the covenant that it amends says so.
func (e lineages) Amend(ctx context.Context, r AmendRequest, meta Meta) (workflow.CovenantID, error) {
	old, err := e.read(ctx, r.Covenant)
	if err != nil {
		return "", err
	}
	if err := old.MayAmend(); err != nil {
		return "", err
	}
	if r.Template == "" {
		r.Template = old.Covenant.Template
	}
	if revision, ok := old.Covenant.Revision(); ok && len(r.Values) == 0 && r.Template == old.Covenant.Template {
		if r.Values, err = e.readBlob(ctx, revision.Values); err != nil {
			return "", err
		}
	}
	process, err := e.ownProcess(ctx, old.Covenant)
	if err != nil {
		return "", err
	}
	return e.startDraft(ctx, DraftRequest{
		Slug: r.Slug, Title: r.Title, Year: r.Year, Block: old.Covenant.Block, Template: r.Template,
		Values: r.Values, Process: process,
	}, meta, workflow.DraftCovenant{Amends: old.Covenant.Link()})
}

// ownProcess is the process of the block's own that a covenant follows, for those that come after it; nothing where it
// follows its template's.
func (e lineages) ownProcess(ctx context.Context, c *workflow.Covenant) ([]byte, error) {
	if !c.OwnProcess {
		return nil, nil
	}
	return e.readBlob(ctx, c.Process)
}

// linkable refuses, inside the transaction that starts a covenant, where the covenant that it is linked with does
// not allow it (any more).
func (e lineages) linkable(ctx context.Context, tx *store.Tx, cmd workflow.DraftCovenant) error {
	if !cmd.Amends.IsZero() {
		old, err := e.state(ctx, tx, cmd.Amends.Covenant)
		if err != nil {
			return err
		}
		return old.MayAmend()
	}
	if !cmd.Renews.IsZero() {
		old, err := e.state(ctx, tx, cmd.Renews.Covenant)
		if err != nil {
			return err
		}
		return old.MayRenew()
	}
	return nil
}

// PlanRenewal makes next year's values from those of a covenant, and says what changed and what must be looked at,
// to an actor who may read its dossier. Year 0 is the year after. Nothing is recorded.
func (e lineages) PlanRenewal(
	ctx context.Context, by workflow.Actor, slug string, year int,
) (*workflow.Renewal, error) {
	s, err := e.readAt(ctx, by, slug, workflow.ReadDossier)
	if err != nil {
		return nil, err
	}
	if err := s.MayRenew(); err != nil {
		return nil, err
	}
	return e.planRenewal(ctx, s, year)
}

func (e lineages) planRenewal(ctx context.Context, s workflow.State, year int) (*workflow.Renewal, error) {
	if year == 0 {
		year = s.Covenant.Year + 1
	}
	revision, _ := s.Covenant.Revision()
	values, err := e.readBlob(ctx, revision.Values)
	if err != nil {
		return nil, err
	}
	r, err := s.Renew(values, year)
	if err != nil {
		return nil, err
	}
	return r, e.renewBases(ctx, s, revision, values, r)
}

// renewBases lists which legal bases next year's draft cites anew and which it does not cite any more, as the law
// data know.
func (e lineages) renewBases(
	ctx context.Context, s workflow.State, revision workflow.Revision, values []byte, r *workflow.Renewal,
) error {
	template, err := e.readBlob(ctx, revision.Template)
	if err != nil {
		return err
	}
	before, err := e.draft(template, values,
		templates.DraftOptions{LawDate: day(s.Calendar.Today(revision.RenderedAt)), Again: templates.AsBefore})
	if err != nil {
		return fmt.Errorf("bases of %s: %w", s.Covenant.Slug, err)
	}
	on := s.Calendar.Today(e.Now())
	if first := (workflow.Date{Year: r.Year, Month: 1, Day: 1}); on.Before(first) {
		on = first
	}
	entry, err := library.Open(s.Covenant.Template)
	if err != nil {
		return err
	}
	after, err := e.draft(entry.Source, r.Values, templates.DraftOptions{LawDate: day(on)})
	if err != nil {
		r.Look = append(r.Look, workflow.RenewalNote{
			Text: words.F("chưa soạn được từ các giá trị này: %v", "these values do not draft yet: %v", err)})
		return nil
	}
	was, is := basesOf(before), basesOf(after)
	for text := range was {
		if !is[text] {
			r.Changed = append(r.Changed, workflow.RenewalNote{Text: words.F("không còn căn cứ: %s",
				"no longer a basis: %s", text)})
		}
	}
	for text := range is {
		if !was[text] {
			r.Changed = append(r.Changed, workflow.RenewalNote{Text: words.F("căn cứ mới: %s", "a new basis: %s",
				text)})
		}
	}
	return nil
}

func basesOf(doc *templates.Document) map[string]bool {
	out := map[string]bool{}
	for _, b := range doc.Blocks {
		if b.Kind != templates.BlockBasis {
			continue
		}
		text := ""
		for _, span := range b.Spans {
			text += span.Text
		}
		out[strings.TrimRight(strings.TrimSpace(text), ";.")] = true
	}
	return out
}

// RenewRequest is a renewal as somebody asks for it: what is empty is as it is planned.
type RenewRequest struct {
	Year   int    `json:"year,omitzero"` // 0: the year after
	Slug   string `json:"slug,omitzero"`
	Title  string `json:"title,omitzero"`
	Values []byte `json:"values,omitzero"` // YAML, which may have been changed since they were planned
}

// RenewAsPlanned plans the covenant that follows the one at an address, and starts it. Whether that one may be renewed
// (still) is looked at where it is started, so that a request that comes twice under its key is answered twice alike.
func (e lineages) RenewAsPlanned(
	ctx context.Context, slug string, r RenewRequest, meta Meta,
) (plan *workflow.Renewal, id workflow.CovenantID, err error) {
	s, err := e.readAt(ctx, meta.Actor, slug, workflow.ReadDossier)
	if err != nil {
		return nil, "", err
	}
	if s.Covenant.Lineage.Renewal.IsZero() {
		if err := s.MayRenew(); err != nil {
			return nil, "", err
		}
	}
	if plan, err = e.planRenewal(ctx, s, r.Year); err != nil {
		return nil, "", err
	}
	if r.Slug != "" {
		plan.Slug = r.Slug
	}
	if !blank(r.Title) {
		plan.Title = r.Title
	}
	if len(r.Values) > 0 {
		plan.Values = r.Values
	}
	if meta.Key == "" {
		meta.Key = "renew/" + plan.Slug
	}
	id, err = e.Renew(ctx, s.Covenant.ID, plan, meta)
	return plan, id, err
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// Renew starts next year's covenant from a renewal, whose values may have been changed since it was planned. The
// block is the same one as it is now.
func (e lineages) Renew(
	ctx context.Context, id workflow.CovenantID, r *workflow.Renewal, meta Meta,
) (workflow.CovenantID, error) {
	old, err := e.read(ctx, id)
	if err != nil {
		return "", err
	}
	process, err := e.ownProcess(ctx, old.Covenant)
	if err != nil {
		return "", err
	}
	return e.startDraft(ctx, DraftRequest{
		Slug: r.Slug, Title: r.Title, Year: r.Year, Block: old.Covenant.Block, Template: old.Covenant.Template,
		Values: r.Values, Process: process,
	}, meta, workflow.DraftCovenant{Renews: old.Covenant.Link()})
}

// startDraft starts a covenant from a template of the library; cmd says what it is linked with.
func (e lineages) startDraft(
	ctx context.Context, r DraftRequest, meta Meta, cmd workflow.DraftCovenant,
) (workflow.CovenantID, error) {
	named := r
	named.Values = nil
	var asked any = named
	if !cmd.Amends.IsZero() || !cmd.Renews.IsZero() {
		asked = struct {
			Draft          DraftRequest
			Amends, Renews workflow.Link
		}{named, cmd.Amends, cmd.Renews}
	}
	if out, done, err := e.repeated(ctx, "", asked, meta); err != nil || done {
		return out.Covenant, err
	}
	entry, err := library.Open(r.Template)
	if err != nil {
		return "", err
	}
	opt := e.judged(meta)
	opt.LawDate, opt.Begun = opt.Today, r.Begun
	doc, err := e.draft(entry.Source, r.Values, opt)
	if err != nil {
		return "", err
	}
	definition := entry.Process
	if len(r.Process) > 0 {
		if _, err := process.ParseNew("process", r.Process, e.Calendar.Zone()); err != nil {
			return "", err
		}
		definition, cmd.Process = r.Process, workflow.DigestOf(r.Process)
	}
	if _, err := e.Store.PutBlob(ctx, bytes.NewReader(definition), yamlType); err != nil {
		return "", err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("new covenant: %w", err)
	}
	cmd.ID, cmd.Slug, cmd.Title, cmd.Year, cmd.Block = workflow.CovenantID(id.String()), r.Slug, r.Title,
		r.Year, r.Block
	cmd.Template, cmd.Slots = r.Template, slots(doc)
	out, err := e.doAs(ctx, "", cmd.ID, asked, meta,
		func(ctx context.Context, tx *store.Tx, _ workflow.State) (workflow.Command, error) {
			if err := e.linkable(ctx, tx, cmd); err != nil {
				return nil, err
			}
			return cmd, e.freeSlug(ctx, tx, r.Slug)
		})
	return out.Covenant, err
}

// tellOther writes into the log of a linked covenant what happened to this one, in the same transaction.
func (e lineages) tellOther(ctx context.Context, tx *store.Tx, before, after *workflow.Covenant,
	events []workflow.Event, now time.Time, meta Meta) error {
	other, told := workflow.Told(before, after, events)
	if len(told) == 0 {
		return nil
	}
	s, err := e.state(ctx, tx, other.Covenant)
	if err != nil {
		return err
	}
	if err := e.record(ctx, tx, covenantStream(other.Covenant), s.Covenant.Version, now, meta, told); err != nil {
		return err
	}
	s.Covenant = s.Covenant.Clone()
	for _, event := range told {
		s.Covenant.Apply(event)
	}
	tx.OnCommit(func() {
		e.cache.putCovenant(s.Covenant)
		e.tell(s.Covenant.ID)
	})
	return saveRows(ctx, tx, s, now)
}
