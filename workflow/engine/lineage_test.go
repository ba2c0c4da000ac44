package engine_test

import (
	"context"
	"strings"
	"testing"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// An amendment lives its own life; the covenant that it amends tells of it, and from when it holds.
func TestAmend(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.upTo(workflow.AwaitingReports)
		ctx, old := context.Background(), o.id
		drafter := o.who("so-gddt", workflow.DutyDraft)
		request := engine.AmendRequest{Covenant: old, Slug: "2026/khoi-sua-doi", Title: "Giao ước sửa đổi",
			Year: 2026, Values: o.values}
		amending, err := o.Amend(ctx, request, o.as(drafter, "amend"))
		check(t, err)
		if again, err := o.Amend(ctx, request, o.as(drafter, "amend")); err != nil || again != amending {
			t.Errorf("again: %s, %v", again, err)
		}
		dropped := request
		dropped.Slug = "2026/khoi-sua-doi-2"
		other, err := o.Amend(ctx, dropped, o.as(drafter, "amend/2"))
		check(t, err)
		_, err = o.Do(ctx, other, workflow.Withdraw{Reason: "thừa"}, o.as(drafter, "drop"))
		check(t, err)
		_, err = o.Submit(ctx, engine.SubmitRequest{Covenant: amending, Values: o.values},
			o.as(drafter, "amend/submit"))
		check(t, err)
		o.id, o.prefix = amending, "amend/"
		for o.state().Covenant.Phase != workflow.AwaitingReports {
			o.step(o.state())
		}
		if o.state().Covenant.Lineage.Amends.Covenant != old {
			t.Errorf("amends %+v", o.state().Covenant.Lineage.Amends)
		}
		o.id = old
		s := o.state()
		amendments := s.Covenant.Lineage.Amendments
		if len(amendments) != 2 || amendments[0].Covenant != amending || amendments[0].From.IsZero() ||
			amendments[1].Dropped != "thừa" {
			t.Errorf("amendments %+v", amendments)
		}
		if got := s.Sentence(words.Vietnamese); !strings.Contains(got, "; được sửa đổi, bổ sung bởi 02/GƯ-VHXH từ ") {
			t.Errorf("status %q", got)
		}
		list, err := o.List(ctx, console, engine.ListFilter{})
		check(t, err)
		for _, row := range list.Rows {
			if row.ID == old && !strings.Contains(row.StatusEN, "amended by 02/GƯ-VHXH") {
				t.Errorf("in the list: %q", row.StatusEN)
			}
		}
		if report, err := o.Store.Audit(ctx); err != nil || !report.OK() {
			t.Errorf("audit: %v %+v", err, report.Breaks)
		}
	})
}

// Next year's draft comes from this year's: what follows from the year is changed, what a person must decide is listed.
func TestRenew(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingReports)
		ctx := context.Background()
		file := *o.block
		file.Agencies = append([]workflow.BlockFileAgency(nil), o.block.Agencies...)
		for i := range file.Agencies { // the lead goes on to another member
			switch file.Agencies[i].Role {
			case workflow.RoleLeader:
				file.Agencies[i].Role = workflow.RoleDeputy
			case workflow.RoleDeputy:
				file.Agencies[i].Role = workflow.RoleLeader
			}
		}
		o.apply(&file)
		r, err := o.PlanRenewal(ctx, console, o.state().Covenant.Slug, 2027)
		check(t, err)
		text := string(r.Values)
		for _, want := range []string{"năm: 2027", "ngày_hội_nghị: 2027-03-01", "vai_trò: Khối trưởng"} {
			if !strings.Contains(text, want) {
				t.Errorf("the values lack %q:\n%s", want, text)
			}
		}
		if r.Slug != "2027/khoi" || len(r.Changed) < 4 || len(r.Look) < 3 {
			t.Errorf("%s: changed %+v, look %+v", r.Slug, r.Changed, r.Look)
		}
		for _, name := range []string{"chỉ_tiêu: giữ nguyên như năm 2026",
			"ngày_hội_nghị: ngày 01/03/2027 chỉ là đề xuất"} {
			found := false
			for _, n := range r.Look {
				found = found || strings.HasPrefix(n.In("vi"), name)
			}
			if !found {
				t.Errorf("nothing to look at: %s", name)
			}
		}
		var drafter workflow.PersonID
		for _, a := range file.Agencies {
			for _, p := range a.People {
				if a.Role == workflow.RoleLeader && p.Duties[0] == workflow.DutyReview {
					drafter = p.ID
				}
			}
		}
		o.direct("drafter", workflow.AssignPosition{Position: workflow.Position{Agency: "so-noi-vu", Person: drafter,
			Title: "Chuyên viên", Duties: []workflow.Duty{workflow.DutyDraft}}})
		next, err := o.Renew(ctx, o.id, r, o.as(drafter, "renew"))
		check(t, err)
		if _, err := o.PlanRenewal(ctx, console, o.state().Covenant.Slug,
			2027); workflow.ErrorCode(err) != workflow.CodeConflict {
			t.Errorf("renewed twice: %v", err)
		}
		if got := o.state().Covenant.Lineage.Renewal; got.Covenant != next || got.Slug != "2027/khoi" {
			t.Errorf("renewal %+v", got)
		}
	})
}
