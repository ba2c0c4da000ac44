package workflow

import (
	"testing"

	"covenant/workflow/calendar"
)

// The register by hand: each row says what is recorded and that nothing else is, or why it is refused.
func TestRegisterByHand(t *testing.T) {
	day := func(text string) Date {
		d, err := calendar.ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	entry := RegisterEntry{Book: "giao-uoc", Year: 2026, Number: 7}
	paper := EnterNumber{RegisterEntry: entry, Agency: "a0", Symbol: "BB", Date: day("2026-03-26"), Title: "Biên bản"}
	with := func(change func(*EnterNumber)) EnterNumber {
		c := paper
		change(&c)
		return c
	}
	const clerk = PersonID("a0-officer")
	for name, c := range map[string]struct {
		by   PersonID
		cmd  Command
		want Event // nothing: refused
		code Code
	}{
		"kept": {clerk, ReserveNumber{entry, "a0", "biên bản"},
			NumberReserved{entry, "biên bản", "a0", clerk}, ""},
		"kept for nothing":     {clerk, ReserveNumber{entry, "a0", " "}, nil, CodeInvalid},
		"kept by the director": {"a0-head", ReserveNumber{entry, "a0", "biên bản"}, nil, CodeForbidden},
		"kept by another":      {"a1-officer", ReserveNumber{entry, "a0", "biên bản"}, nil, CodeForbidden},
		"on paper today": {clerk, paper, NumberEntered{entry, "BB", day("2026-03-26"), "Biên bản", "a0", clerk},
			""},
		"on paper before": {clerk, with(func(c *EnterNumber) { c.Date = day("2026-01-01") }),
			NumberEntered{entry, "BB", day("2026-01-01"), "Biên bản", "a0", clerk}, ""},
		"of tomorrow":           {clerk, with(func(c *EnterNumber) { c.Date = day("2026-03-27") }), nil, CodeInvalid},
		"without a title":       {clerk, with(func(c *EnterNumber) { c.Title = "" }), nil, CodeInvalid},
		"without a date":        {clerk, with(func(c *EnterNumber) { c.Date = Date{} }), nil, CodeInvalid},
		"of another year":       {clerk, with(func(c *EnterNumber) { c.Date = day("2025-12-31") }), nil, CodeInvalid},
		"on paper by another":   {"a1-officer", paper, nil, CodeForbidden},
		"number nought":         {clerk, with(func(c *EnterNumber) { c.Number = 0 }), nil, CodeInvalid},
		"no book":               {clerk, with(func(c *EnterNumber) { c.Book = "" }), nil, CodeInvalid},
		"a year without a book": {clerk, with(func(c *EnterNumber) { c.Year = 1999 }), nil, CodeInvalid},
		"explained": {
			clerk, ExplainNumber{RegisterEntry: entry, Agency: "a0", Reason: "ghi nhầm"},
			NumberExplained{entry, "ghi nhầm", "a0", clerk}, "",
		},
		"explained by nothing": {clerk, ExplainNumber{RegisterEntry: entry, Agency: "a0"}, nil, CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, 2)
			events, err := decided(w.state, as(c.by, c.cmd), w.now)
			if c.want == nil {
				if ErrorCode(err) != c.code || len(events) != 0 {
					t.Errorf("%v, %v; want %s", events, err, c.code)
				}
				return
			}
			if err != nil || len(events) != 1 || events[0] != c.want {
				t.Errorf("%v, %v; want %v alone", events, err, c.want)
			}
		})
	}
}
