package workflow

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// asked is what is said of a command that the rules allow, on the 28th of November 2026.
func asked(t *testing.T, c Command, mean ...string) error {
	t.Helper()
	s := State{Covenant: &Covenant{}, Calendar: vietnam(t)}
	return Meant(s, c, time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC), mean)
}

// Years and days that can hardly be meant are asked about, and those that cannot be are refused whatever is answered.
func TestYearsOfCommands(t *testing.T) {
	day := func(y, m, d int) Date { return Date{Year: y, Month: time.Month(m), Day: d} }
	entry := func(year int) RegisterEntry { return RegisterEntry{Book: "giao-uoc", Year: year, Number: 1} }
	for _, c := range []struct {
		command   Command
		want, key string // of the English sentence, and of the question
	}{
		{DraftCovenant{Year: 26}, "the field “year”: the year 26 lacks digits", ""}, {DraftCovenant{Year: 226},
			"lacks digits", ""},
		{DraftCovenant{Year: 2031}, "the year 2031 is far from the present one (2026)", "year"},
		{DraftCovenant{Year: 2028}, "2028", "year"},
		{DraftCovenant{Year: 2012}, "2012", "year"}, {DraftCovenant{Year: 20226}, "20226", "year"},
		{DraftCovenant{Year: 2026}, "", ""}, {DraftCovenant{Year: 2027}, "", ""}, {DraftCovenant{Year: 2025}, "", ""},
		{IssueNumber{Date: day(2031, 1, 1)}, "one of the book of 2031, while today is 28/11/2026", "date"},
		{IssueNumber{Date: day(2025, 12, 31)}, "book of 2025", "date"}, {IssueNumber{Date: day(2027, 1, 2)},
			"book of 2027", "date"},
		{IssueNumber{Date: day(2026, 3, 1)}, "more than 60 days", "date"}, {IssueNumber{Date: day(26, 11, 28)},
			"lacks digits", ""},
		{IssueNumber{Date: day(2026, 11, 28)}, "", ""}, {IssueNumber{Date: day(2026, 12, 20)}, "", ""},
		{IssueNumber{Date: day(2026, 10, 1)}, "", ""},
		{ReserveNumber{RegisterEntry: entry(2031)}, "2031", "year"}, {ReserveNumber{RegisterEntry: entry(26)},
			"lacks digits", ""},
		{EnterNumber{RegisterEntry: entry(1996)}, "1996", "year"},
		{EnterNumber{RegisterEntry: entry(2025), Date: day(2025, 2, 1)}, "", ""},
		{AssignPosition{Position: Position{From: day(21, 1, 1)}}, "the field “from”: the year 21 lacks digits", ""},
		{AssignPosition{Position: Position{Until: day(2062, 1, 1)}}, "2062", "until"},
		{AssignPosition{Position: Position{Until: day(2031, 1, 1)}}, "", ""},
		{GrantDelegation{End: day(2126, 1, 1)}, "2126", "end"},
	} {
		err := asked(t, c.command)
		if c.want == "" {
			if err != nil {
				t.Errorf("%+v: %v", c.command, err)
			}
			continue
		}
		if ErrorCode(err) != CodeInvalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: want %q, got %v", c.command, c.want, err)
			continue
		}
		var refusal *Error
		if !errors.As(err, &refusal) {
			t.Fatal(err)
		}
		if got := refusal.Mean; got != c.key || got != "" && !strings.Contains(err.Error(), "--mean "+got) {
			t.Errorf("%+v: the question is called %q, want %q", c.command, got, c.key)
		}
		if err := asked(t, c.command, "year", "date", "until", "end"); (err == nil) != (c.key != "") {
			t.Errorf("%+v: answered with yes: %v", c.command, err)
		}
	}
}

// Each text of each command is looked at for content that cannot be meant: what is in an old encoding, what is blank
// though it is there.
func TestContentOfEachCommand(t *testing.T) {
	texts := 0
	for _, cmd := range textCommands {
		eachText(reflect.TypeOf(cmd), nil, func(path []int, name string, _ bool) {
			texts++
			for what, text := range map[string]string{
				"TCVN3": "Së Tµi chÝnh", "VNI": "Nguyeãn Vaên Huøng", "encoded twice": "Tá»‰nh",
				"white space": " \t\u00a0", "nothing seen": "\u2800",
			} {
				with := reflect.New(reflect.TypeOf(cmd)).Elem()
				fieldAt(with, path).SetString(text)
				err := asked(t, with.Interface().(Command), "year", "date")
				if ErrorCode(err) != CodeInvalid || !strings.Contains(err.Error(), "“"+name+"”") {
					t.Errorf("%T.%s with %s: %v", cmd, name, what, err)
				}
			}
			for _, text := range []string{"Sở Tài chính", "Y Ƀăm Niê", "…", ""} {
				with := reflect.New(reflect.TypeOf(cmd)).Elem()
				fieldAt(with, path).SetString(text)
				if err := asked(t, with.Interface().(Command), "year", "date"); err != nil {
					t.Errorf("%T.%s with %q: %v", cmd, name, text, err)
				}
			}
		})
	}
	if texts < 60 {
		t.Errorf("only %d texts were tried", texts)
	}
	if err := asked(t, GiveReview{Comments: []Comment{{Text: "Së Tµi chÝnh"}}}); ErrorCode(err) != CodeInvalid {
		t.Errorf("in a slice: %v", err)
	}
	file := &BlockFile{Agencies: []BlockFileAgency{{Name: "Sôû Taøi chính"}}}
	if err := asked(t, ApplyBlock{File: file}); ErrorCode(err) != CodeInvalid {
		t.Errorf("behind a pointer: %v", err)
	}
}

// What was recorded was meant: a log that has such a year is decided anew as it was.
func TestOldYearsAreDecidedAnew(t *testing.T) {
	f := newFixture(t, 3)
	f.state.Covenant = &Covenant{}
	cmd := DraftCovenant{ID: "x", Slug: "2031/khoi", Title: "Së Tµi chÝnh", Year: 2031, Block: "khoi"}
	for _, m := range f.state.Directory.Blocks["khoi"].Members {
		cmd.Slots = append(cmd.Slots, Slot{ID: SlotID(m.Agency), Role: m.Role})
	}
	if _, err := Decide(f.state, SignedIn("a0-officer"), cmd, f.now); err != nil {
		t.Errorf("Decide is what decides logs anew, and asks nothing: %v", err)
	}
	if Meant(f.state, cmd, f.now, nil) == nil {
		t.Error("whoever gives the command is asked")
	}
}
