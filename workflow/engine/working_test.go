package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

const deskSlug = "2026/soan"

// writing is an office in which a covenant's text is being written.
type writing struct{ *office }

// begun drafts a covenant of which nothing but the parties is written.
func (o writing) begun() (drafter workflow.PersonID) {
	o.t.Helper()
	o.apply(o.block)
	drafter = o.who("so-gddt", workflow.DutyDraft)
	values, err := o.BeginValues(context.Background(), "giao-uoc-thi-dua", o.block.Block.ID, 2026)
	check(o.t, err)
	o.id, err = o.Draft(context.Background(), engine.DraftRequest{Slug: deskSlug, Title: "Giao ước", Year: 2026,
		Block: o.block.Block.ID, Template: "giao-uoc-thi-dua", Values: values, Begun: true}, o.as(drafter, "draft"))
	check(o.t, err)
	return drafter
}

func (o writing) desk(by workflow.PersonID) *engine.Desk {
	o.t.Helper()
	d, err := o.Desk(context.Background(), signedIn(by), deskSlug)
	check(o.t, err)
	return d
}

func (o writing) saveDesk(by workflow.PersonID, version int64, topic string) (*engine.Desk, error) {
	d := o.desk(by)
	entries := d.Template.ReadValues(d.Values)
	entries["chủ_đề"] = templates.Entry{Text: topic}
	return o.SaveWorking(context.Background(), signedIn(by), engine.SaveRequest{Slug: deskSlug, Entries: entries,
		Version: version})
}

// secondDrafter is another officer of the leading agency.
func (o writing) secondDrafter() workflow.PersonID {
	o.t.Helper()
	for i, a := range o.block.Agencies {
		if a.ID == "so-gddt" {
			second := a.People[0]
			second.ID, second.Name, second.Email = "can-bo-hai", "Trần Thị Hai", "hai@so-gddt.example"
			second.Title, second.Duties = "Phó Chánh Văn phòng", []workflow.Duty{workflow.DutyDraft}
			o.block.Agencies[i].People = append(o.block.Agencies[i].People, second)
		}
	}
	return "can-bo-hai"
}

// A covenant begins with its parties alone, all that its cells need; what is written is kept by versions, of which
// nobody overwrites one that they have not seen; it goes when it is submitted.
func TestWorkingCopy(t *testing.T) {
	eachDatabase(t, func(t *testing.T, of *office) {
		o := writing{of}
		second := o.secondDrafter()
		drafter := o.begun()
		if got := o.state().Covenant; len(got.Parties) != len(o.block.Agencies) || len(got.Revisions) != 0 {
			t.Fatalf("begun with %d parties and %d revisions", len(got.Parties), len(got.Revisions))
		}
		if d := o.desk(drafter); d.Version != 0 || !strings.Contains(string(d.Data), "Sở Giáo dục và Đào tạo") ||
			!strings.Contains(string(d.Data), "năm: 2026") {
			t.Fatalf("version %d begins with\n%s", d.Version, d.Data)
		}
		first, err := o.saveDesk(drafter, 0, "một")
		check(t, err)
		o.ahead.Add(int64(1e9 * 60))
		again, err := o.saveDesk(drafter, 1, "hai")
		check(t, err)
		if first.Version != 1 || again.Version != 2 || again.EditedBy != drafter || !again.Since.Equal(first.Since) ||
			!again.EditedAt.After(first.EditedAt) {
			t.Errorf("kept as %+v, then %+v", first, again)
		}
		for _, stale := range []int64{0, 1, 3, -1} {
			_, err := o.saveDesk(second, stale, "ba")
			var conflict *engine.WorkingConflictError
			if !errors.As(err, &conflict) || conflict.Kept.Version != 2 || !strings.Contains(string(conflict.Kept.Data),
				"chủ_đề: hai") || !errors.Is(err, store.ErrConflict) {
				t.Errorf("saving over version %d: %v", stale, err)
			}
		}
		if d, err := o.saveDesk(second, 2, "ba"); err != nil || d.EditedBy != second || d.Since.Equal(first.Since) {
			t.Errorf("the second officer: %+v, %v", d, err)
		}
		before := o.recorded()
		d := o.desk(second)
		entries := d.Template.ReadValues(d.Values)
		vals, _ := templates.ParseValues("v", o.values)
		for name, e := range d.Template.ReadValues(vals) {
			entries[name] = e
		}
		d, err = o.SaveWorking(context.Background(), signedIn(second), engine.SaveRequest{Slug: deskSlug,
			Entries: entries, Version: 3})
		check(t, err)
		if after := o.recorded(); after != before {
			t.Errorf("saving was recorded: %s, then %s", before, after)
		}
		_, err = o.Submit(context.Background(), engine.SubmitRequest{Covenant: o.id, Values: d.Data}, o.as(second, "s"))
		check(t, err)
		if kept := o.kept(); kept.Version != 0 {
			t.Errorf("a working copy is left of what was submitted: %+v", kept)
		}
		if _, err := o.saveNothing(drafter, 4); workflow.ErrorCode(err) != workflow.CodeWrongState {
			t.Errorf("saving what is being reviewed: %v", err)
		}
	})
}

func (o writing) saveNothing(by workflow.PersonID, version int64) (*engine.Desk, error) {
	return o.SaveWorking(context.Background(), signedIn(by), engine.SaveRequest{Slug: deskSlug, Version: version})
}

func (o writing) kept() (kept store.Working) {
	o.t.Helper()
	check(o.t, o.Store.View(context.Background(), func(tx *store.Tx) (err error) {
		kept, err = tx.Working(context.Background(), string(o.id))
		return err
	}))
	return kept
}

// Of many who save over the same version one is kept.
func TestWorkingCopyAtOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, of *office) {
		o := writing{of}
		drafter := o.begun()
		for version := range int64(3) {
			var mu sync.Mutex
			var all sync.WaitGroup
			kept := 0
			for range 6 {
				all.Go(func() {
					_, err := o.saveDesk(drafter, version, "một")
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						kept++
					} else if !errors.Is(err, store.ErrConflict) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if kept != 1 || o.kept().Version != version+1 {
				t.Errorf("%d of six were kept, as version %d", kept, o.kept().Version)
			}
		}
	})
}

// Only who may submit reads, saves, previews and plans; whoever may not know of the covenant is told that there is
// none.
func TestWhoSitsAtADesk(t *testing.T) {
	o := writing{newOffice(t)}
	drafter := o.begun()
	_, err := o.saveDesk(drafter, 0, "một")
	check(t, err)
	head := o.who("so-gddt", workflow.DutySign)
	member := o.who("so-yte", workflow.DutyReview)
	ctx := context.Background()
	for name, c := range map[string]struct {
		by   workflow.Actor
		want workflow.Code
	}{
		"nobody":              {workflow.Actor{}, workflow.CodeNotFound},
		"a member":            {signedIn(member), workflow.CodeNotFound},
		"the head, who signs": {signedIn(head), workflow.CodeForbidden},
		"somebody unknown":    {signedIn("khong-co"), workflow.CodeNotFound},
	} {
		_, read := o.Desk(ctx, c.by, deskSlug)
		_, saved := o.SaveWorking(ctx, c.by, engine.SaveRequest{Slug: deskSlug, Version: 1})
		_, shown := o.Preview(ctx, c.by, deskSlug, nil)
		_, planned := o.PlanSubmission(ctx, c.by, deskSlug)
		_, values := o.SubmittedValues(ctx, c.by, deskSlug, workflow.DigestOf(o.kept().Data))
		for what, err := range map[string]error{"read": read, "save": saved, "preview": shown, "plan": planned,
			"submit": values} {
			if workflow.ErrorCode(err) != c.want {
				t.Errorf("%s may %s: %v, want %s", name, what, err, c.want)
			}
		}
	}
	if o.kept().Version != 1 {
		t.Error("somebody saved")
	}
}

// A sweep clears working copies of covenants that came to their end, and no others.
func TestSweepClearsDesks(t *testing.T) {
	eachDatabase(t, func(t *testing.T, of *office) {
		o := writing{of}
		drafter := o.begun()
		_, err := o.saveDesk(drafter, 0, "một")
		check(t, err)
		check(t, o.Sweep(context.Background()))
		if o.kept().Version != 1 {
			t.Fatal("the sweep cleared what is being written")
		}
		o.do(o.who("so-gddt", workflow.DutySign), "cancel", workflow.Cancel{Reason: "Thôi"})
		check(t, o.Sweep(context.Background()))
		if o.kept().Version != 0 {
			t.Error("a cancelled covenant's working copy is left")
		}
	})
}

// What would happen is told before it does: who is asked, until when, what changed; and what keeps it from happening.
func TestPlanSubmission(t *testing.T) {
	o := writing{newOffice(t)}
	drafter := o.begun()
	ctx := context.Background()
	p, err := o.PlanSubmission(ctx, signedIn(drafter), deskSlug)
	check(t, err)
	missing := 0
	for _, problem := range p.Problems {
		if problem.Missing && problem.Path != "" {
			missing++
		}
	}
	if missing < 10 || missing != len(p.Problems) {
		t.Errorf("of an empty text %d things are missing, of %d problems", missing, len(p.Problems))
	}
	save := func(values []byte, version int64) *engine.Desk {
		t.Helper()
		vals, _ := templates.ParseValues("v", values)
		d := o.desk(drafter)
		d, err := o.SaveWorking(ctx, signedIn(drafter), engine.SaveRequest{Slug: deskSlug,
			Entries: d.Template.ReadValues(vals), Version: version})
		check(t, err)
		return d
	}
	d := save(o.values, 0)
	p, err = o.PlanSubmission(ctx, signedIn(drafter), deskSlug)
	check(t, err)
	if len(p.Problems) > 0 || len(p.Unfit) > 0 || p.Refused != nil ||
		p.After.Covenant.Phase != workflow.AwaitingReviews {
		t.Fatalf("planned: %v %v %v", p.Problems, p.Unfit, p.Refused)
	}
	_, err = o.Submit(ctx, engine.SubmitRequest{Covenant: o.id, Values: d.Data}, o.as(drafter, "first"))
	check(t, err)
	if got, want := o.state().Turns(), p.After.Turns(); !slices.Equal(got, want) || o.state().Covenant.Due !=
		p.After.Covenant.Due || p.From != 0 {
		t.Errorf("it is the turn of %v until %v, planned %v, %v", got, o.state().Covenant.Due, want,
			p.After.Covenant.Due)
	}
	if _, err := o.SubmittedValues(ctx, signedIn(drafter), deskSlug, workflow.DigestOf(d.Data)); err != nil {
		t.Errorf("a form that is sent twice: %v", err)
	}
	for c := o.state().Covenant; c.Phase == workflow.AwaitingReviews; c = o.state().Covenant {
		o.review(c.Waiting[0], workflow.OpinionReturn)
	}
	p, err = o.PlanSubmission(ctx, signedIn(drafter), deskSlug)
	check(t, err)
	if p.Refused == nil || len(p.Changes) != 0 {
		t.Errorf("the same again: %v, %d changes", p.Refused, len(p.Changes))
	}
	changed := strings.Replace(string(o.values), "địa_danh: ", "địa_danh: Tân ", 1)
	save([]byte(changed), 0)
	p, err = o.PlanSubmission(ctx, signedIn(drafter), deskSlug)
	check(t, err)
	if p.Refused != nil || len(p.Changes) == 0 || p.From != 1 {
		t.Errorf("after a change: %v, %d changes from %d", p.Refused, len(p.Changes), p.From)
	}
	fewer := o.desk(drafter)
	entries := fewer.Template.ReadValues(fewer.Values)
	units := entries["các_đơn_vị"]
	units.Items = units.Items[1:]
	entries["các_đơn_vị"] = units
	_, err = o.SaveWorking(ctx, signedIn(drafter), engine.SaveRequest{Slug: deskSlug, Entries: entries, Version: 1})
	check(t, err)
	p, err = o.PlanSubmission(ctx, signedIn(drafter), deskSlug)
	check(t, err)
	if len(p.Unfit) != 1 || !strings.Contains(p.Unfit[0].English, "lacks a signature cell") {
		t.Errorf("without a party: %v", p.Unfit)
	}
	_, err = o.SubmittedValues(ctx, signedIn(drafter), deskSlug, workflow.DigestOf([]byte(changed)))
	if !errors.Is(err, store.ErrConflict) {
		t.Errorf("submitting what somebody else changed: %v", err)
	}
}

// The values of an earlier covenant are taken for another year, with what must be looked at; those of the same year
// are taken as they are.
func TestCopyValues(t *testing.T) {
	o := newOffice(t)
	o.upTo(workflow.AwaitingReviews)
	drafter := signedIn(o.who("so-gddt", workflow.DutyDraft))
	r, template, err := o.CopyValues(context.Background(), drafter, "2026/khoi", o.block.Block.ID, 2027)
	check(t, err)
	if template != "giao-uoc-thi-dua" || !strings.Contains(string(r.Values), "năm: 2027") || len(r.Look) < 5 {
		t.Errorf("copied %s with %d notes", template, len(r.Look))
	}
	same, _, err := o.CopyValues(context.Background(), drafter, "2026/khoi", o.block.Block.ID, 2026)
	check(t, err)
	if len(same.Changed) != 0 || !strings.Contains(string(same.Values), "năm: 2026") {
		t.Errorf("for the same year: %v", same.Changed)
	}
	_, _, err = o.CopyValues(context.Background(), signedIn("ai-do"), "2026/khoi", o.block.Block.ID, 2027)
	if workflow.ErrorCode(err) != workflow.CodeNotFound {
		t.Errorf("a stranger copies: %v", err)
	}
}
