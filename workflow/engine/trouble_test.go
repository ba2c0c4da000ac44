package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/store"
)

// worked runs a job of a kind once, with what came of its work.
type worked func(ran error) error

func work[A river.JobArgs](e *Engine, args A) worked {
	return func(ran error) error {
		w := &worker[A]{engine: e, work: func(context.Context, A) error { return ran }}
		return w.Work(context.Background(), &river.Job[A]{JobRow: &rivertype.JobRow{}, Args: args})
	}
}

// Every kind of job through its life: refused by the rules, which is told at once; failing for hours, which is told
// once and not before it has lasted; put off for the clock, which is nothing; and mended, after which nothing is left.
func TestEveryKindOfJobTellsItsTrouble(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cal, err := calendar.VietnamCalendar()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 26, 9, 30, 0, 0, time.UTC)
	e, err := New(Config{Store: s, Calendar: cal, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	administered(t, e)
	jobs := map[string]worked{
		"freeze": work(e, FreezeArgs{Covenant: "c"}), "complete": work(e, CompleteArgs{Covenant: "c"}),
		"remind": work(e, RemindArgs{Covenant: "c"}), "escalate": work(e, EscalateArgs{Covenant: "c"}),
		"minutes": work(e, MinutesArgs{Covenant: "c"}), "close": work(e, CloseArgs{Covenant: "c"}),
		"root": work(e, RootArgs{Day: "2026-03-26"}), "foresight": work(e, ForesightArgs{Day: "2026-03-26"}),
		"recount": work(e, RecountArgs{}),
	}
	for kind := range troubleWords {
		if jobs[kind] == nil {
			t.Errorf("a job of kind %s is not tried", kind)
		}
	}
	refusal := workflow.Refusal(workflow.CodeWrongState, "chưa được", "not yet")
	for kind, run := range jobs {
		troubles := func() Trouble {
			t.Helper()
			all, err := e.Troubles(t.Context())
			if err != nil || len(all) > 1 {
				t.Fatalf("%s: %v, %v", kind, all, err)
			}
			if len(all) == 0 {
				return Trouble{}
			}
			return all[0]
		}
		mails := func() int { return troubleMails(t, s, kind) }
		if err := run(refusal); !errors.Is(err, river.JobCancel(refusal)) {
			t.Errorf("%s: a refusal ends in %v", kind, err)
		}
		got := troubles()
		if !got.Refused || !got.Told || got.Reason.Vietnamese != "chưa được" || got.Reason.English != "not yet" ||
			got.Tries != 1 || mails() != 1 {
			t.Errorf("%s, refused: %+v, %d mails", kind, got, mails())
		}
		if run(nil) != nil || troubles() != (Trouble{}) {
			t.Errorf("%s: mended, and still told", kind)
		}
		now = now.Add(time.Minute)
		away := errors.New("dial tcp 192.0.2.1:443: connection refused")
		began := now
		for range 40 {
			if err := run(away); !errors.Is(err, away) {
				t.Errorf("%s: ends in %v", kind, err)
			}
			if lasted := now.Sub(began); troubles().Told != (lasted >= toldAfter) {
				t.Errorf("%s: after %s told: %t", kind, lasted, troubles().Told)
			}
			now = now.Add(4 * time.Minute)
		}
		got = troubles()
		text := got.Telling(cal.Zone())
		if got.Tries != 40 || !got.Since.Equal(began) || mails() != 2 ||
			!strings.Contains(text.Vietnamese, "connection refused") || !strings.Contains(text.English, "tries: 40") {
			t.Errorf("%s, away for hours: %+v, %d mails", kind, got, mails())
		}
		if run(nil) != nil || troubles() != (Trouble{}) || mails() != 2 {
			t.Errorf("%s: back, and still told", kind)
		}
		_ = run(river.JobSnooze(time.Minute))
		_ = run(context.Canceled)
		if troubles() != (Trouble{}) {
			t.Errorf("%s: what waits for the clock, or was stopped, counts as a trouble", kind)
		}
		now = now.Add(time.Hour)
	}
}

// administered gives the engine somebody to write to.
func administered(t *testing.T, e *Engine) {
	t.Helper()
	file, err := workflow.ParseBlockFile("b", []byte(`block: {id: b, name: Khối, province: Tỉnh}
agencies:
  - {id: so, name: Sở, email: so@so.example, role: leader, people: [
      {id: an, name: Nguyễn Văn An, email: an@so.example, title: Giám đốc, duties: [sign]}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	console := workflow.AtConsole("test", workflow.ConsoleEverything)
	for _, cmd := range []workflow.Command{workflow.ApplyBlock{File: file},
		workflow.GrantRight{Person: "an", Right: workflow.RightAdminister, Document: "QĐ"}} {
		if _, err := e.Do(t.Context(), "", cmd, Meta{Actor: console}); err != nil {
			t.Fatal(err)
		}
	}
}

// troubleMails are how many letters about a kind of job were queued.
func troubleMails(t *testing.T, s *store.Store, kind string) (n int) {
	t.Helper()
	err := s.View(t.Context(), func(tx *store.Tx) error {
		all, err := tx.Mails(t.Context(), "", 0)
		for _, m := range all {
			if m.Kind == troubleKind && strings.Contains(string(m.Key), "/"+kind+"/") {
				n++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
