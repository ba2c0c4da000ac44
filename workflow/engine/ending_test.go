package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

func (o *office) numbers(t testing.TB) (rows []store.Number) {
	t.Helper()
	check(t, o.Store.View(context.Background(), func(tx *store.Tx) (err error) {
		rows, err = tx.NumbersOfCovenant(context.Background(), string(o.id))
		return err
	}))
	return rows
}

// A covenant that fails after it was numbered uses its number up: it is void, with the reason, and the next one gets
// another. Its mails stop, its parties are told, its log says all.
func TestCancelVoidsTheNumber(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.upTo(workflow.AwaitingSignatures)
		ctx := context.Background()
		leader := o.state().Covenant.Leader()
		cmd := workflow.Cancel{Reason: "Khối được sắp xếp lại"}
		if _, err := o.Do(ctx, o.id, cmd, o.as(o.who("so-yte", workflow.DutySign),
			"cancel/stranger")); workflow.ErrorCode(err) != workflow.CodeForbidden {
			t.Errorf("another member cancels: %v", err)
		}
		if _, err := o.Do(ctx, o.id, workflow.Withdraw{Reason: "x"},
			o.as(o.who(leader, workflow.DutyDraft), "withdraw")); workflow.ErrorCode(err) != workflow.CodeWrongState {
			t.Errorf("withdrawn after the freeze: %v", err)
		}
		_, err := o.Do(ctx, o.id, cmd, o.as(o.who(leader, workflow.DutySign), "cancel"))
		check(t, err)
		s := o.state()
		if s.Covenant.Phase != workflow.PhaseCancelled || s.Covenant.Number != nil || len(s.Covenant.Voided) != 1 ||
			len(s.Covenant.Waiting) != 0 {
			t.Errorf("%+v", s.Covenant)
		}
		if got := s.Status(o.now(), "vi"); !strings.HasPrefix(got, "Đã hủy ngày ") ||
			!strings.HasSuffix(got, ": Khối được sắp xếp lại") {
			t.Errorf("status %q", got)
		}
		rows := o.numbers(t)
		if len(rows) != 1 || rows[0].State != store.NumberVoid ||
			!strings.Contains(rows[0].Reason, "Khối được sắp xếp lại") {
			t.Errorf("register %+v", rows)
		}
		check(t, o.AwaitMails(ctx))
		v, err := o.View(ctx, console, "2026/khoi")
		check(t, err)
		notices := 0
		for _, m := range v.Mails {
			if m.Kind == "notice" {
				notices++
			}
		}
		if notices != len(s.Covenant.Parties) {
			t.Errorf("%d notices to %d parties", notices, len(s.Covenant.Parties))
		}
		if _, err := o.sign(leader, pin); workflow.ErrorCode(err) != workflow.CodeWrongState {
			t.Errorf("signed after the cancellation: %v", err)
		}
		o.nextNumber(t, 2)
	})
}

// nextNumber drafts another covenant and brings it to its number.
func (o *office) nextNumber(t *testing.T, want int) {
	t.Helper()
	drafter := o.who("so-gddt", workflow.DutyDraft)
	var err error
	o.id, err = o.Draft(context.Background(), engine.DraftRequest{
		Slug: "2026/khoi-2", Title: "Giao ước", Year: 2026, Block: o.block.Block.ID,
		Template: "giao-uoc-thi-dua", Values: o.values,
	}, o.as(drafter, "draft/2"))
	check(t, err)
	_, err = o.Submit(context.Background(), engine.SubmitRequest{Covenant: o.id, Values: o.values},
		o.as(drafter, "submit/2"))
	check(t, err)
	o.prefix = "2/"
	for o.state().Covenant.Number == nil {
		o.step(o.state())
	}
	if got := o.state().Covenant.Number.Number; got != want {
		t.Errorf("number %d, want %d", got, want)
	}
}

// Withdrawing gives back nothing and keeps everything on record.
func TestWithdraw(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.upTo(workflow.AwaitingReviews)
		drafter := o.who("so-gddt", workflow.DutyDraft)
		first, err := o.Do(context.Background(), o.id, workflow.Withdraw{Reason: "soạn lại"}, o.as(drafter, "w"))
		check(t, err)
		again, err := o.Do(context.Background(), o.id, workflow.Withdraw{Reason: "soạn lại"}, o.as(drafter, "w"))
		if err != nil || !again.Repeated || again.Version != first.Version {
			t.Errorf("withdrawn again: %+v, %v", again, err)
		}
		if s := o.state(); s.Covenant.Phase != workflow.PhaseWithdrawn || s.Covenant.Ending.Person != drafter {
			t.Errorf("%+v", s.Covenant.Ending)
		}
	})
}

// When the time of the reports is over the covenant is closed, by itself and once; by hand it can be closed before,
// and what was still to be sent is not sent any more.
func TestClose(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.upTo(workflow.AwaitingReports)
		ctx := context.Background()
		until := o.state().Covenant.Reporting.Until
		o.ahead.Store(int64(time.Until(until.AddDays(40).At(9, 0, o.Calendar.Zone()))))
		check(t, o.Sweep(ctx))
		s, err := o.Await(ctx, o.id, func(s workflow.State) bool { return s.Covenant.Phase == workflow.PhaseClosed })
		check(t, err)
		if got := s.Status(o.now(), "vi"); !strings.HasPrefix(got, "Đã kết thúc ngày ") {
			t.Errorf("status %q", got)
		}
		check(t, o.AwaitReminders(ctx))
		if s.Covenant.Number == nil || len(s.Covenant.Voided) != 0 {
			t.Error("a covenant that lived its life lost its number")
		}
	})
}

func TestCloseByHand(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.upTo(workflow.AwaitingReports)
		ctx := context.Background()
		leader := o.who("so-gddt", workflow.DutySign)
		if _, err := o.Do(ctx, o.id, workflow.Cancel{Reason: "x"},
			o.as(leader, "cancel")); workflow.ErrorCode(err) != workflow.CodeWrongState {
			t.Errorf("cancelled in force: %v", err)
		}
		_, err := o.Do(ctx, o.id, workflow.Close{Reason: "Khối giải thể"}, o.as(leader, "close"))
		check(t, err)
		v, err := o.View(ctx, console, "2026/khoi")
		check(t, err)
		for _, u := range v.Upcoming {
			if u.State != "skipped" {
				t.Errorf("%s is %s after the covenant was closed", u.Label, u.State)
			}
		}
		if len(v.Upcoming) == 0 || v.Covenant.Ending.Reason != "Khối giải thể" {
			t.Errorf("%d occurrences, ending %+v", len(v.Upcoming), v.Covenant.Ending)
		}
	})
}
