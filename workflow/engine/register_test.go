package engine_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// The register shows every number from 1: issued, kept back, given on paper, void with its reason, and gaps until
// somebody explains them. No number is given twice.
func TestRegisterByHand(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		ctx := context.Background()
		o.apply(o.block)
		clerk := o.who("so-gddt", workflow.DutyNumber)
		entry := func(n int) workflow.RegisterEntry {
			return workflow.RegisterEntry{Book: "giao-uoc", Year: 2026, Number: n}
		}
		reserve := func(key string, n int) (workflow.RegisterEntry, error) {
			out, err := o.Do(ctx, "", workflow.ReserveNumber{RegisterEntry: entry(n), Agency: "so-gddt",
				For: "bản giấy"}, o.as(clerk, key))
			if err != nil {
				return workflow.RegisterEntry{}, err
			}
			return *out.Number, nil
		}
		first, err := reserve("a", 0)
		check(t, err)
		if again, err := reserve("a", 0); err != nil || again != first || first.Number != 1 {
			t.Errorf("reserved %+v, again %+v, %v", first, again, err)
		}
		_, err = reserve("b", 5)
		check(t, err)
		if _, err := reserve("c", 5); workflow.ErrorCode(err) != workflow.CodeConflict {
			t.Errorf("a number kept twice: %v", err)
		}
		paper := workflow.EnterNumber{RegisterEntry: entry(1), Agency: "so-gddt", Symbol: "GƯ-VHXH",
			Date: workflow.Date{Year: 2026, Month: 1, Day: 5}, Title: "Giao ước bản giấy"}
		_, err = o.Do(ctx, "", paper, o.as(clerk, "d"))
		check(t, err)
		_, err = o.Do(ctx, "", paper, o.as(clerk, "d"))
		check(t, err)
		paper.Title = "Bản khác"
		if _, err := o.Do(ctx, "", paper, o.as(clerk, "e")); workflow.ErrorCode(err) != workflow.CodeConflict {
			t.Errorf("a number on two papers: %v", err)
		}
		explain := workflow.ExplainNumber{RegisterEntry: entry(3), Agency: "so-gddt", Reason: "ghi nhầm"}
		_, err = o.Do(ctx, "", explain, o.as(clerk, "f"))
		check(t, err)
		explain.Number = 2
		if _, err := o.Do(ctx, "", explain, o.as(o.who("so-yte", workflow.DutyReview),
			"g")); workflow.ErrorCode(err) != workflow.CodeForbidden {
			t.Errorf("a stranger explains: %v", err)
		}
		books, err := o.Register(ctx, console)
		check(t, err)
		var got []string
		for _, l := range books[0].Lines {
			got = append(got, fmt.Sprintf("%d %s %s%s", l.Number, l.State, l.Title, l.Reason))
		}
		want := []string{"1 paper Giao ước bản giấy", "2 gap ", "3 void ghi nhầm", "4 gap ", "5 reserved bản giấy"}
		if !slices.Equal(got, want) {
			t.Errorf("register %q, want %q", got, want)
		}
		if n, err := reserve("h", 0); err != nil || n.Number != 2 {
			t.Errorf("the next free number is %+v (%v), want 2", n, err)
		}
	})
}

// A covenant gets the number that was given to it on paper.
func TestNumberGivenOnPaper(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingNumber)
		clerk := o.who("so-gddt", workflow.DutyNumber)
		_, err := o.GiveNumber(context.Background(), o.id, 12,
			workflow.Date{Year: 2026, Month: 11, Day: 25}, o.as(clerk, "paper"))
		check(t, err)
		if got := o.state().Covenant.PrintedNumber(); got != "12/GƯ-VHXH" {
			t.Errorf("number %q", got)
		}
		books, err := o.Register(context.Background(), console)
		check(t, err)
		if lines := books[0].Lines; len(lines) != 12 || lines[11].State != engine.RegisterIssued ||
			lines[0].State != engine.RegisterGap {
			t.Errorf("register %+v", books)
		}
	})
}

// Clerks on two nodes take numbers in the same moment: each gets its own, and none is left out.
func TestClerksNeverGetTheSameNumber(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		ctx := context.Background()
		o.apply(o.block)
		other := o.anotherNode(t)
		clerk := o.who("so-gddt", workflow.DutyNumber)
		var mu sync.Mutex
		var all sync.WaitGroup
		given := map[int]int{}
		for i := range 40 {
			node := []*engine.Engine{o.Engine, other}[i%2]
			all.Go(func() {
				out, err := node.Do(ctx, "", workflow.ReserveNumber{
					RegisterEntry: workflow.RegisterEntry{Book: "giao-uoc", Year: 2026}, Agency: "so-gddt", For: "x",
				}, o.as(clerk, fmt.Sprint("n", i)))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				given[out.Number.Number]++
			})
		}
		all.Wait()
		for n := 1; n <= 40; n++ {
			if given[n] != 1 {
				t.Errorf("number %d was given %d times", n, given[n])
			}
		}
	})
}

// The same request for a number, given to two nodes in the same moment, is carried out once and answered to everybody.
func TestSameNumberAskedAtOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.upTo(workflow.AwaitingNumber)
		nodes := [2]*engine.Engine{o.Engine, o.anotherNode(t)}
		clerk := o.who("so-gddt", workflow.DutyNumber)
		out, errs := make([]engine.Outcome, 16), make([]error, 16)
		var together sync.WaitGroup
		for i := range out {
			together.Go(func() {
				out[i], errs[i] = nodes[i%2].IssueNumber(context.Background(), o.id,
					o.Calendar.Today(o.Now()), o.as(clerk, "number"))
			})
		}
		together.Wait()
		for i, err := range errs {
			if err != nil || out[i].Version != out[0].Version {
				t.Errorf("answer %d: %+v, %v; the first one: %+v", i, out[i], err, out[0])
			}
		}
		if n := o.state().Covenant.Number; n == nil || n.Number != 1 {
			t.Errorf("number %+v", n)
		}
	})
}
