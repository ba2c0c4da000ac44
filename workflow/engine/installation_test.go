package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// The installation of BenchmarkInstallation: 10,000 covenants in flight, half of them in force with two hundred
// reminders each.
const (
	inReview    = 2000
	inVote      = 1000
	inSignature = 2000
	inForce     = 5000
)

// installationProcess gives a covenant in force two hundred reminders: five quarterly reports for two years, five
// rungs each.
func installationProcess() string {
	out := `  - {id: gop-y, kind: review, NAME, due: {working_days: 5}, review: {approve: all}}
  - {id: bq, kind: vote, NAME, vote: {quorum: majority, motions: [{id: m, vi: Nội dung, en: Motion}]}}
  - {id: so, kind: number, NAME, number: {book: giao-uoc}}
  - {id: ky, kind: sign, NAME, sign: {groups: [[leader], [deputy, member, witness]]}}
  - {id: ra, kind: issue, NAME}
  - id: bc
    kind: report
    NAME
    report:
      months: 24
      obligations:
`
	for i := range 5 {
		out += fmt.Sprintf("        - {id: quy-%d, vi: Báo cáo quý, en: Quarterly report, period: quarter, schedule: "+
			"\"0 17 %d 3,6,9,12 *\", reminders: [", i, 21+i)
		out += "{id: a, days: -20, to: agency}, {id: b, days: -10, to: agency}, {id: c, days: -5, to: agency}, {id: " +
			"d, days: 1, to: agency}, {id: e, days: 3, to: leader}]}\n"
	}
	return strings.Replace(out, "NAME\n", "name: {vi: Báo cáo, en: Reports}\n", 1)
}

// fill makes the installation, or a small one, from one covenant that lived its life through the engine. Reminders
// of different covenants fall due a minute after each other.
func (o *office) fill(divide int) {
	o.t.Helper()
	o.begin(installationProcess())
	o.keys()
	count := 1
	for _, some := range []struct {
		phase workflow.Phase
		n     int
	}{
		{workflow.AwaitingReviews, inReview}, {workflow.AwaitingVotes, inVote},
		{workflow.AwaitingSignatures, inSignature}, {workflow.AwaitingReports, inForce},
	} {
		for o.state().Covenant.Phase != some.phase {
			o.step(o.state())
		}
		l := o.life()
		l.apart = time.Minute
		o.copies(l, count, some.n/divide)
		count += some.n / divide
	}
}

// BenchmarkInstallation opens a tenth of the installation as a process of its own, and tells what that costs: the
// time until the list can be shown, the memory then, and once the page of every covenant was read; and a sweep with
// nothing, 10 and 1,000 reminders due. TestTortureInstallation does it with the whole.
func BenchmarkInstallation(b *testing.B) {
	for _, database := range []string{"sqlite", "postgres"} {
		b.Run(database, func(b *testing.B) {
			o := newOffice(b)
			if database == "postgres" {
				o = newPostgresOffice(b)
			}
			o.fill(10)
			o.audited(b)
			check(b, o.Stop(context.Background()))
			check(b, o.Store.Close())
			b.Run("start", func(b *testing.B) {
				for b.Loop() {
					for unit, value := range o.opened(b) {
						b.ReportMetric(value, unit)
					}
				}
			})
			for _, due := range []int{0, 10, 1000} {
				b.Run(fmt.Sprintf("sweep/due=%d", due), func(b *testing.B) {
					e := o.whereDue(b, due)
					began := time.Now()
					check(b, e.Sweep(b.Context()))
					first := milliseconds(began)
					for b.Loop() {
						check(b, e.Sweep(b.Context()))
					}
					b.ReportMetric(first, "ms-first")
				})
			}
		})
	}
}

// audited recomputes every chain.
func (o *office) audited(t testing.TB) {
	t.Helper()
	began := time.Now()
	report, err := o.Store.Audit(context.Background())
	check(t, err)
	if !report.OK() {
		t.Fatalf("audit: %+v", report)
	}
	problems, err := o.AuditImplied(context.Background())
	check(t, err)
	for _, p := range problems { // the copies have more duties than their process asks for
		if !strings.Contains(p, ": the step ") && !strings.Contains(p, ": the duty ") &&
			!strings.Contains(p, " steps that fall due are missing") {
			t.Fatal(p)
		}
	}
	t.Logf("audited %d events of %d streams in %s", report.Events, report.Streams,
		time.Since(began).Round(time.Millisecond))
}

// opened opens the installation in a process of its own, and gives what that took by its unit.
func (o *office) opened(t testing.TB) (seen map[string]float64) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "COVENANT_ENGINE_HELPER=installation", "COVENANT_DIR="+o.dir, "COVENANT_URL="+o.url)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	check(t, json.Unmarshal(out, &seen))
	return seen
}

// readInstallation is what the process of opened does: it opens the installation as `covenant serve` does, and
// reads all.
func readInstallation(dir, url string) (map[string]float64, error) {
	ctx, began := context.Background(), time.Now()
	s, err := store.Open(ctx, store.Options{Dir: dir, DatabaseURL: url})
	if err != nil {
		return nil, err
	}
	calendar, err := calendar.VietnamCalendar()
	if err != nil {
		return nil, err
	}
	e, err := engine.New(engine.Config{Store: s, Calendar: calendar})
	if err != nil {
		return nil, err
	}
	if err := e.Start(ctx); err != nil {
		return nil, err
	}
	seen := map[string]float64{"ms-started": milliseconds(began), "MB-started": resident()}
	began = time.Now()
	list, err := everyCovenant(ctx, e)
	if err != nil {
		return nil, err
	}
	seen["ms-list"], seen["MB-list"] = milliseconds(began), resident()
	began = time.Now()
	for _, row := range list {
		if _, err := e.View(ctx, console, row.Slug); err != nil {
			return nil, fmt.Errorf("%s: %w", row.Slug, err)
		}
	}
	seen["ms-page"], seen["MB-pages"] = milliseconds(began)/float64(len(list)), resident()
	seen["covenants"] = float64(len(list))
	return seen, errors.Join(e.Stop(ctx), s.Close())
}

// everyCovenant is the whole list, page by page.
func everyCovenant(ctx context.Context, e *engine.Engine) (all []engine.Summary, err error) {
	var f engine.ListFilter
	for {
		page, err := e.List(ctx, console, f)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Rows...)
		if f.After = page.Next; f.After == "" {
			return all, nil
		}
	}
}

func milliseconds(since time.Time) float64 { return float64(time.Since(since).Microseconds()) / 1000 }

// resident is how much memory this process occupies, in MB; 0 where the system does not tell.
func resident() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kB float64
	if _, err := fmt.Sscan(rest, &kB); err != nil {
		return 0
	}
	return kB / 1024
}

func runHelper(name string) error {
	if name != "installation" {
		return fmt.Errorf("no helper %s", name)
	}
	seen, err := readInstallation(os.Getenv("COVENANT_DIR"), os.Getenv("COVENANT_URL"))
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(seen)
}

// whereDue is an engine that works no jobs, at a time when so many reminders are due. The first sweep makes their
// jobs, those after it find them.
func (o *office) whereDue(t testing.TB, due int) *engine.Engine {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: o.dir, DatabaseURL: o.url})
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	now := o.whenDue(t, s, due)
	e, err := engine.New(engine.Config{Store: s, Calendar: o.Calendar, Now: func() time.Time { return now }})
	check(t, err)
	return e
}

// whenDue is a time at which just so many occurrences are due.
func (o *office) whenDue(t testing.TB, s *store.Store, n int) (now time.Time) {
	t.Helper()
	check(t, s.View(context.Background(), func(tx *store.Tx) error {
		rows, err := tx.DueOccurrences(context.Background(), time.Now().AddDate(100, 0, 0), n+1)
		if err != nil {
			return err
		}
		now = rows[n].Due.Add(-time.Second)
		if n > 0 && now.Before(rows[n-1].Due) {
			t.Fatalf("occurrences %d and %d fall due together", n, n+1)
		}
		return nil
	}))
	return now
}

// The benchmark's installation is one: every chain holds, every page can be read, and the engine carries out what
// is due.
func TestInstallationOfCopies(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.fill(1000)
		o.audited(t)
		list, err := everyCovenant(context.Background(), o.Engine)
		check(t, err)
		if len(list) != 11 {
			t.Fatalf("%d covenants, want the first and ten copies", len(list))
		}
		for _, row := range list {
			v, err := o.View(context.Background(), console, row.Slug)
			check(t, err)
			if v.Covenant.Slug != row.Slug || v.Covenant.Phase != row.Phase {
				t.Errorf("%s is %s, its row says %s", row.Slug, v.Covenant.Phase, row.Phase)
			}
			if v.Covenant.Phase == workflow.AwaitingReports && len(v.Upcoming) != 200 {
				t.Errorf("%s has %d reminders, want 200", row.Slug, len(v.Upcoming))
			}
		}
		before := o.derived(t)
		_, err = o.Rebuild(context.Background())
		check(t, err)
		if after := o.derived(t); fmt.Sprint(before["covenants"],
			before["parties"]) != fmt.Sprint(after["covenants"], after["parties"]) {
			t.Errorf("the rows are\n%s\nthe log gives\n%s", before, after)
		}
		o.ahead.Store(int64(time.Until(o.whenDue(t, o.Store, 6)))) // the first of each of those in force
		for due := 1; due > 0; time.Sleep(20 * time.Millisecond) { // a sweep may meet jobs that have not ended yet
			check(t, o.Sweep(context.Background()))
			check(t, o.Store.View(context.Background(), func(tx *store.Tx) error {
				pending, err := tx.DueOccurrences(context.Background(), o.now(), 1)
				due = len(pending)
				return err
			}))
		}
		for _, row := range list {
			v, err := o.View(context.Background(), console, row.Slug)
			check(t, err)
			if v.Covenant.Phase == workflow.AwaitingReports &&
				(v.Upcoming[0].State != "sent" || v.Upcoming[1].State != "pending") {
				t.Errorf("%s: the first reminder is %s, the second %s", row.Slug,
					v.Upcoming[0].State, v.Upcoming[1].State)
			}
		}
	})
}
