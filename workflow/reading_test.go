package workflow

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// withheld are the parts of a covenant's state that nobody reads below the dossier. A new part has to be put here or be
// named in [Reading.Covenant].
var withheld = []string{
	"Discussion", "Voting", "Numbering.SetAside", "Numbering.Accepted", "Document.Refused",
	"Document.Waived", "OpenStage.Queue",
	"OpenStage.Released", "OpenStage.QuorumWaived", "OpenStage.Extension", "OpenStage.Extended",
	"OpenStage.LadderFrom", "OpenStage.Rungs", "OpenStage.Stop", "Duties.Reports", "Duties.Reminders",
	"Scoring", "Ending.Person", "Ending.Reason", "Lineage.Renews", "Lineage.Renewal",
}

// A state in which everything is something shows a clerk what is named, and nothing else.
func TestWhatIsWithheld(t *testing.T) {
	var full Covenant
	fillDeep(reflect.ValueOf(&full).Elem(), 3)
	full.Phase, full.Revisions[0].Withdrawn = AwaitingReports, false
	shown := Reading{Scope: ReadText}.Covenant(&full)
	shown.Revisions = nil // one line of it, looked at below
	var got []string
	compare("", reflect.ValueOf(full), reflect.ValueOf(*shown), &got)
	for _, part := range got {
		if !slices.Contains(withheld, part) {
			t.Errorf("%s is withheld, and stands in no list", part)
		}
	}
	for _, part := range withheld {
		if !slices.Contains(got, part) {
			t.Errorf("%s is shown", part)
		}
	}
	text := Reading{Scope: ReadText}.Covenant(&full)
	if len(text.Revisions) != 1 || len(text.Revisions[0].Clauses) > 0 || !text.Revisions[0].Values.IsZero() {
		t.Errorf("the clerk's revision is %+v", text.Revisions)
	}
	if public := Published.Covenant(&full); len(public.Revisions)+len(public.Voided) > 0 || public.Head.IsZero() {
		t.Errorf("the public sees %+v", public.Revisions)
	}
	standing := Reading{Scope: ReadStanding}.Covenant(&full)
	if !reflect.ValueOf(standing.Document).IsZero() || !reflect.ValueOf(standing.Numbering).IsZero() ||
		len(standing.Parties) == 0 {
		t.Errorf("an administrator sees %+v", standing)
	}
	if nothing := (Reading{}).Covenant(&full); !reflect.ValueOf(*nothing).IsZero() {
		t.Errorf("nobody sees %+v", nothing)
	}
}

// compare names what stands in full and not in shown: whole groups, or their fields where some are shown.
func compare(name string, full, shown reflect.Value, missing *[]string) {
	for i := range full.NumField() {
		field := full.Type().Field(i)
		at := name + field.Name
		switch f, s := full.Field(i), shown.Field(i); {
		case f.IsZero() || reflect.DeepEqual(f.Interface(), s.Interface()):
		case s.IsZero():
			*missing = append(*missing, at)
		case f.Kind() == reflect.Struct:
			compare(at+".", f, s, missing)
		}
	}
}

// fillDeep gives every field a value, what pointers lead to included, to a depth.
func fillDeep(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1, 0)))
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fillDeep(v.Field(i), depth)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillDeep(v.Elem(), depth)
	case reflect.Slice:
		if depth > 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fillDeep(v.Index(0), depth-1)
		}
	case reflect.Array:
		for i := range v.Len() {
			fillDeep(v.Index(i), depth)
		}
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8:
		v.SetUint(1)
	}
}

// Each phase has a tone, by which lists are chosen.
func TestPhasesByTone(t *testing.T) {
	all := slices.Concat(PhasesOf(ToneWaiting), PhasesOf(ToneDone), PhasesOf(ToneStopped))
	for p := range map[Phase]bool{AwaitingReviews: true, AwaitingReports: true,
		PhaseRejected: true, PhaseAdopted: true} {
		if !slices.Contains(all, p) {
			t.Errorf("%s is in no list", p)
		}
	}
	for _, p := range all {
		if p.Words("en") == "" {
			t.Errorf("phase %q has no words", p)
		}
	}
	if len(all) != 16 {
		t.Errorf("%d phases, want all 16", len(all))
	}
}

// What the console entered is counted by user; other events are not.
func TestConsoleEntries(t *testing.T) {
	var all []ConsoleEntries
	for _, by := range []Doer{
		{Person: "a"}, {Console: "root"}, {Person: "b", Console: "lan"}, {Program: true},
		{Person: "c", Console: "root"},
		DoerOf("console:root", "a", OriginConsole), DoerOf("b", "", "cli"),
	} {
		all = AddConsole(all, by)
	}
	if want := []ConsoleEntries{{"?", 1, 1}, {"lan", 1, 1}, {"root", 3, 2}}; !slices.Equal(all, want) {
		t.Errorf("%+v, want %+v", all, want)
	}
	const words = "entered at the console by root: events: 3, of them in other people’s names: 2"
	if got := all[2].Text().English; got != words {
		t.Errorf("in words: %s", got)
	}
}
