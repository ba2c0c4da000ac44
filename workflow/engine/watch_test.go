package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// watchAll begins n watches of the office's covenant, which are ended with the test.
func (o *office) watchAll(n int) []*engine.Watch {
	o.t.Helper()
	all := make([]*engine.Watch, n)
	for i := range all {
		var err error
		all[i], err = o.Watch(context.Background(), console, o.state().Covenant.Slug)
		check(o.t, err)
		o.t.Cleanup(all[i].Close)
	}
	return all
}

func woken(w *engine.Watch) bool {
	select {
	case <-w.Changed():
		return true
	default:
		return false
	}
}

// Two hundred watch: a command wakes each of them once, however much it does; what they are told is a number, which
// is read once for all of them. Another covenant's commands wake nobody.
func TestWatch(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.shrink()
	o.upTo(workflow.AwaitingReviews)
	check(t, o.AwaitMails(context.Background()))
	watches := o.watchAll(200)
	before, err := watches[0].Mark(context.Background())
	check(t, err)
	// Who has gone asks nothing any more: only what is known already can be answered.
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for _, w := range watches {
		if mark, err := w.Mark(gone); err != nil || mark != before {
			t.Fatalf("mark %s, %v; want the one that was read for the first", mark, err)
		}
	}
	check(t, o.Stop(context.Background())) // nothing else is going on
	o.step(o.state())
	o.step(o.state())
	after, err := watches[0].Mark(context.Background())
	check(t, err)
	if after == before || after.Version < before.Version+2 {
		t.Errorf("the mark went from %s to %s", before, after)
	}
	for i, w := range watches {
		if !woken(w) || woken(w) {
			t.Fatalf("watch %d was not woken once", i)
		}
		if mark, err := w.Mark(gone); err != nil || mark != after {
			t.Fatalf("watch %d: mark %s, %v; want %s", i, mark, err, after)
		}
	}
	if v, err := o.View(context.Background(), console, "2026/khoi"); err != nil || v.Mark != after {
		t.Errorf("the view's mark is %s, %v; want %s", v.Mark, err, after)
	}
	watched := o.id
	drafter := o.who("so-gddt", workflow.DutyDraft)
	_, err = o.Draft(context.Background(), engine.DraftRequest{
		Slug: "2026/khoi-2", Title: "Giao ước", Year: 2026, Block: o.block.Block.ID, Template: "giao-uoc-thi-dua",
		Values: o.values,
	}, o.as(drafter, "draft/2"))
	check(t, err)
	if o.id = watched; slices.ContainsFunc(watches, woken) {
		t.Error("another covenant's command woke those who watch this one")
	}
	if strings.Trim(after.String(), "0123456789.") != "" {
		t.Errorf("the mark %q is more than numbers", after)
	}
}

// The mark changes with mails, which are no events of the covenant, and with what another node does.
func TestWatchSeesMailsAndOtherNodes(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.upTo(workflow.AwaitingReviews)
		ctx := context.Background()
		check(t, o.AwaitMails(ctx))
		w := o.watchAll(1)[0]
		mark, err := w.Mark(ctx)
		check(t, err)
		watched := o.Engine
		if o.url != "" { // on SQLite one process has the database
			o.Engine = o.anotherNode(t)
		}
		o.step(o.state())
		o.Engine = watched
		for mark.Version == o.markOf(w).Version {
			<-w.Changed()
		}
		check(t, o.AwaitMails(ctx))
		for sent := int64(len(o.sent())); o.markOf(w).Aside.Sent < sent; {
			<-w.Changed()
		}
	})
}

func (o *office) markOf(w *engine.Watch) engine.Mark {
	o.t.Helper()
	mark, err := w.Mark(context.Background())
	check(o.t, err)
	return mark
}

// sent are the covenant's mails that were sent.
func (o *office) sent() []engine.Mail {
	o.t.Helper()
	v, err := o.View(context.Background(), console, "2026/khoi")
	check(o.t, err)
	return slices.DeleteFunc(v.Mails, func(m engine.Mail) bool { return m.State != "sent" })
}
