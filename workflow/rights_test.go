package workflow

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var updateRights = flag.Bool("update-rights", false, "write the table of rights anew; read it before it is committed")

// everyStage is a process with a stage of each kind, so that each phase is reached.
const everyStage = `
  - {id: gop-y, kind: review, NAME, review: {approve: all}}
  - {id: bieu-quyet, kind: vote, NAME, vote: {motions: [{id: m, vi: v, en: e}]}}
  - {id: hoi-nghi, kind: vote, NAME, vote: {motions: [{id: n, vi: v, en: e}], ` +
	`conference: {place: p, floor: true, amend: true, hands: true, proxies: 1}}}
  - {id: so, kind: number, NAME, number: {book: giao-uoc, symbol: GƯ}}
  - {id: ky, kind: sign, NAME, sign: {groups: [[leader], [deputy, member], [witness]], paper: true}}
  - {id: dau, kind: seal, NAME, who: [leader]}
  - {id: ban-hanh, kind: issue, NAME}
  - id: bao-cao
    kind: report
    NAME
    report: {months: 12, obligations: [{id: nam, vi: v, en: e, period: year, schedule: "0 17 15 12 *"}]}
  - id: cham-diem
    kind: score
    NAME
    score:
      total: 1000
      criteria: [{id: a, vi: v, en: e, max: 1000}]
      appeal: {within: {days: 3}}
`

// roles are who may want something: people by their posts, and those who have none.
func roles(t *testing.T) []struct {
	name string
	by   Actor
} {
	t.Helper()
	console := func(policy ConsolePolicy, person PersonID) Actor {
		a, err := AtConsole("root", policy).For(person)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	return []struct {
		name string
		by   Actor
	}{
		{"nobody", Actor{}}, {"the program", Program()},
		{"the console by itself", AtConsole("root", ConsoleEverything)},
		{"a person without a post", SignedIn("outsider")}, {"an administrator", SignedIn("admin")},
		{"an auditor", SignedIn("auditor")},
		{"officer of the leader", SignedIn("a0-officer")}, {"head of the leader", SignedIn("a0-head")},
		{"officer of a member", SignedIn("a2-officer")}, {"head of a member", SignedIn("a2-head")},
		{"head of the witness", SignedIn("w-head")},
		{"head of the leader, by token", ByToken("a0-head", "t")},
		{"head of the leader, entered by a clerical console", console(ConsoleClerical, "a0-head")},
		{"head of the leader, entered by a console that may everything", console(ConsoleEverything, "a0-head")},
	}
}

// The table of rights: roles × commands × phases, with the events that each command would record. It
// is a file that people read.
func TestRights(t *testing.T) {
	w := newFixture(t, 3)
	w.state.Process = stages(t, everyStage)
	w.apply(PersonRegistered{Person: "outsider"}, PersonRegistered{Person: "admin"},
		PersonRegistered{Person: "auditor"},
		RightGranted{Person: "admin", Right: RightAdminister}, RightGranted{Person: "auditor", Right: RightAudit})
	var out strings.Builder
	for _, step := range rightsSteps() {
		step.bring(t, w)
		fmt.Fprintf(&out, "# %s (%s)\n", step.name, w.state.Covenant.Phase)
		version := w.state.Covenant.Version
		for _, role := range roles(t) {
			fmt.Fprintf(&out, "%s: %s\n", role.name, strings.Join(w.openWithEvents(role.by), ", "))
		}
		if w.state.Covenant.Version != version {
			t.Fatal("asking changed the covenant")
		}
		out.WriteByte('\n')
	}
	const path = "testdata/rights.txt"
	if *updateRights {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		got, expected := strings.Split(out.String(), "\n"), strings.Split(string(want), "\n")
		for i := range min(len(got), len(expected)) {
			if got[i] != expected[i] {
				t.Fatalf("%s:%d: got\n%s\nwant\n%s\nrun with -update-rights, and read what changes", path, i+1,
					got[i], expected[i])
			}
		}
		t.Fatalf("%s has %d lines, want %d", path, len(expected), len(got))
	}
}

// openWithEvents are the kinds of command that are open, each with the events that it would record; those that lack
// what only their giver can write have none.
func (w *fixture) openWithEvents(by Actor) []string {
	var out []string
	for _, p := range w.state.May(by, w.now) {
		if p.Why != nil {
			continue
		}
		line := reflect.TypeOf(p.Command).Name()
		if events, err := Decide(w.state, by, p.Command, w.now); err == nil {
			var kinds []string
			for _, e := range events {
				kinds = append(kinds, e.Kind())
			}
			line += " → " + strings.Join(kinds, "+")
		}
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

type rightsStep struct {
	name  string
	bring func(*testing.T, *fixture)
}

// rightsSteps lead through the life of a covenant.
func rightsSteps() []rightsStep {
	to := func(phase Phase) func(*testing.T, *fixture) {
		return func(t *testing.T, w *fixture) {
			for range 30 { // more than any step of this life takes
				if w.state.Covenant.Phase == phase {
					return
				}
				w.forward(t)
			}
			t.Fatalf("still %s, want %s", w.state.Covenant.Phase, phase)
		}
	}
	return []rightsStep{
		{"not drafted", func(*testing.T, *fixture) {}},
		{"drafted", func(t *testing.T, w *fixture) { w.must(t, w.draft()) }},
		{"under review", to(AwaitingReviews)},
		{"one asks for another revision", func(t *testing.T, w *fixture) { w.must(t, w.review("a1", OpinionReturn)) }},
		{"returned", to(AwaitingRevision)},
		{"under review again", to(AwaitingReviews)},
		{"electronic vote", to(AwaitingVotes)},
		{"conference not open", func(t *testing.T, w *fixture) { w.voteOn(t, ChoiceFor) }},
		{"conference open", func(t *testing.T, w *fixture) {
			w.must(t, as("a0-head", OpenConference{Secretary: "a0-officer"}))
			w.here(t, "a0", "a1", "a2")
		}},
		{"motion put at the conference", func(t *testing.T, w *fixture) { w.must(t, as("a0-head", OpenMotions{})) }},
		{"number", func(t *testing.T, w *fixture) {
			w.voteOn(t, ChoiceFor)
			w.must(t, as("a0-head", CloseConference{}))
		}},
		{"to be frozen", func(t *testing.T, w *fixture) {
			w.must(t, as("a0-officer", IssueNumber{Number: 7, Symbol: "GƯ", Date: w.state.today(w.now)}))
		}},
		{"leader to sign", to(AwaitingSignatures)},
		{"members to sign", func(t *testing.T, w *fixture) { w.must(t, w.signature("a0")) }},
		{"seals", to(AwaitingSeals)},
		{"validation data", to(AwaitingValidation)},
		{"in force, reports", to(AwaitingReports)},
		{"scores", func(t *testing.T, w *fixture) {
			w.now = w.now.Add(400 * 24 * time.Hour)
			w.must(t, EndReporting{})
		}},
		{"closed", func(t *testing.T, w *fixture) { w.must(t, as("a0-head", Close{Reason: "x"})) }},
	}
}
