package process

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"covenant/internal/words"

	"pgregory.net/rapid"
)

// clause is a condition as it is drawn: its text, with more brackets and spaces than are needed, and what it means.
type clause struct {
	text  string
	means func(Facts) bool
}

func anyClause(t *rapid.T, depth int) clause {
	kind := rapid.IntRange(0, 4).Draw(t, "kind")
	if depth == 0 {
		kind = 0
	}
	space := strings.Repeat(" ", rapid.IntRange(1, 2).Draw(t, "space"))
	switch kind {
	case 1, 2:
		a, b := anyClause(t, depth-1), anyClause(t, depth-1)
		if kind == 1 {
			return clause{"(" + a.text + ")" + space + "and" + space + "(" + b.text + ")",
				func(f Facts) bool { return a.means(f) && b.means(f) }}
		}
		return clause{"(" + a.text + ")" + space + "or" + space + "(" + b.text + ")",
			func(f Facts) bool { return a.means(f) || b.means(f) }}
	case 3:
		a := anyClause(t, depth-1)
		return clause{"not" + space + "(" + a.text + ")", func(f Facts) bool { return !a.means(f) }}
	}
	fact, value := rapid.SampledFrom(FactNames()).Draw(t, "fact"), rapid.IntRange(0, 5).Draw(t, "value")
	compare := map[string]func(a, b int) bool{
		"<": func(a, b int) bool { return a < b }, "<=": func(a, b int) bool { return a <= b },
		">": func(a, b int) bool { return a > b }, ">=": func(a, b int) bool { return a >= b },
		"==": func(a, b int) bool { return a == b }, "!=": func(a, b int) bool { return a != b },
	}
	op := rapid.SampledFrom([]string{"<", "<=", ">", ">=", "==", "!="}).Draw(t, "op")
	return clause{fact + space + op + space + fmt.Sprint(value),
		func(f Facts) bool { return compare[op](f(fact), value) }}
}

// A condition means what its brackets say, whatever it is made of.
func TestConditionsMeanWhatTheySay(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := anyClause(r, 4)
		parsed, err := ParseCondition(c.text)
		if err != nil {
			r.Fatalf("%q: %v", c.text, err)
		}
		known := map[string]int{}
		for _, name := range FactNames() {
			known[name] = rapid.IntRange(0, 5).Draw(r, name)
		}
		of := func(name string) int { return known[name] }
		if parsed.Holds(of) != c.means(of) {
			r.Fatalf("%q holds: %v", c.text, parsed.Holds(of))
		}
		for _, l := range words.Languages() {
			if text := parsed.Words(l); text == "" || strings.Contains(text, "_") || strings.Contains(text, "%!") {
				r.Fatalf("%q in %s: %q", c.text, l, text)
			}
		}
	})
}

// “and” binds more tightly than “or”, “not” more than both; the words keep the brackets that are needed.
func TestPrecedenceOfConditions(t *testing.T) {
	for text, want := range map[string]string{
		"year > 1 or members > 2 and parties > 3":      "year > 1 or members > 2 and parties > 3",
		"(year > 1 or members > 2) and parties > 3":    "(year > 1 or members > 2) and parties > 3",
		"parties > 3 and (year > 1 or members > 2)":    "parties > 3 and (year > 1 or members > 2)",
		"not year > 1 and members > 2":                 "not year > 1 and members > 2",
		"not (year > 1 and members > 2)":               "not (year > 1 and members > 2)",
		"not not year == 1":                            "not not year = 1",
		"((year >= 1))":                                "year ≥ 1",
		"year != 1 and (members <= 2 and parties < 3)": "year ≠ 1 and members ≤ 2 and parties < 3",
	} {
		parsed, err := ParseCondition(text)
		if err != nil || parsed.Words(words.English) != want {
			t.Errorf("%q: %q, %v; want %q", text, parsed.Words(words.English), err, want)
		}
	}
}

// What is wrong with a condition is told at the character where it begins.
func TestConditionErrorsPoint(t *testing.T) {
	for text, want := range map[string]struct {
		offset int
		got    string
	}{
		"": {0, ""}, "members": {7, ""}, "members >": {9, ""}, "members > x": {10, "x"}, "member > 3": {0, "member"},
		"members > 3 xor year > 1": {12, "xor"}, "(members > 3": {12, ""}, "members > 3)": {11, ")"},
		"năm > 3": {0, "n"}, "members > 3 and 5 < year": {16, "5"}, "members => 3": {8, "="},
		"members > -1": {10, "-"}, "members > 1.5": {11, "."}, "members ＞ 1": {8, "＞"}, "not": {3, ""},
		"members > 3 and not": {19, ""}, "members\t>\n3 or": {14, ""}, "()": {1, ")"},
		"members > 99999999999999999999": {10, "99999999999999999999"}, "MEMBERS > 3": {0, "MEMBERS"},
	} {
		_, err := ParseCondition(text)
		e, ok := err.(*conditionError) //nolint:errorlint // ParseCondition's own error, never wrapped
		if !ok || e.offset != want.offset || e.got != want.got || e.Vietnamese == "" || e.English == "" {
			t.Errorf("%q: %+v; want %+v", text, err, want)
		}
	}
}

func FuzzCondition(f *testing.F) {
	for _, seed := range []string{"members > 3", "not (year < 2026 or comments >= 1) and parties != 2", "((((",
		"not not",
		"năm > 3", "members > 3 or or"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := ParseCondition(text)
		if err != nil {
			e, ok := err.(*conditionError) //nolint:errorlint // ParseCondition's own error, never wrapped
			if !ok || e.offset < 0 || e.offset > len([]rune(text)) {
				t.Fatalf("%q: %+v", text, err)
			}
			return
		}
		parsed.Holds(func(string) int { return 1 })
		again, err := ParseCondition(parsed.String())
		if err != nil || again.Words("vi") != parsed.Words("vi") {
			t.Fatalf("%q is read again as %q, %v", text, again.Words("vi"), err)
		}
	})
}

// A need is the smallest whole number that is at least the share: by exact fractions, for every total.
func TestNeedsAreExact(t *testing.T) {
	share := func(text string) *big.Rat {
		switch text {
		case "all":
			return big.NewRat(1, 1)
		case "75%":
			return big.NewRat(3, 4)
		case "1%":
			return big.NewRat(1, 100)
		case "100%":
			return big.NewRat(1, 1)
		}
		r, _ := new(big.Rat).SetString(text)
		return r
	}
	for _, text := range []string{"all", "2/3", "1/3", "3/4", "75%", "1%", "100%", "999999/1000000", "1/1000000"} {
		n, err := ParseNeed(text)
		if err != nil {
			t.Fatal(err)
		}
		for total := range 400 {
			want := 0
			for big.NewRat(int64(want), 1).Cmp(new(big.Rat).Mul(share(text), big.NewRat(int64(total), 1))) < 0 {
				want++
			}
			if got := n.Of(total); got != want {
				t.Fatalf("%s of %d is %d, want %d", text, total, got, want)
			}
		}
	}
	majority, _ := ParseNeed("majority")
	five, _ := ParseNeed("5")
	for total := range 400 {
		if n := majority.Of(total); 2*n <= total || 2*(n-1) > total {
			t.Errorf("a majority of %d is %d", total, n)
		}
		if five.Of(total) != min(5, total) {
			t.Errorf("5 of %d is %d", total, five.Of(total))
		}
	}
	for _, text := range []string{"", "0", "-1", "1.5", "0%", "101%", "%", "/", "1/0", "0/1", "3/2", "-1/2", "1/2/3",
		"ALL",
		"half", "2/ 3", "1e3", "1000001", "1/1000001", "９", "99999999999999999999", "5 "} {
		if n, err := ParseNeed(text); err == nil {
			t.Errorf("%q was read as %d of 100", text, n.Of(100))
		}
	}
}

// Points are read back as they are written, in both notations, and nothing else is read.
func TestPointsAreExact(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := Points(rapid.Int64Range(0, maxPoints).Draw(r, "points"))
		back, err := ParsePoints(p.String())
		text, _ := p.MarshalText()
		var read Points
		if err != nil || back != p || read.UnmarshalText(text) != nil || read != p {
			r.Fatalf("%d is written as %q and read as %d (%v)", p, p, back, err)
		}
		if want := strings.ReplaceAll(p.Display("en"), ".", ","); p.Display("vi") != want {
			r.Fatalf("%d is shown as %q and %q", p, p.Display("vi"), want)
		}
	})
	for text, want := range map[string]Points{"0": 0, "0.5": 50, "0.05": 5, "98.50": 9850, "007": 700,
		"1000000": maxPoints} {
		if got, err := ParsePoints(text); err != nil || got != want {
			t.Errorf("%q is read as %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ".", "1.", ".5", "1.234", "-1", "+1", "1,5", "1e2", "1000000.01", "1000001",
		"1_0",
		" 1", "1.-5", "1.+5", "0x1", "１", "1.5.5", "99999999999"} {
		if got, err := ParsePoints(text); err == nil {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}

// One more vote for a motion never makes it fail, one more against never makes it pass, whatever the rules.
func TestVotesAreMonotone(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		v := &VoteRules{
			Of:                rapid.SampledFrom([]Base{OfCast, OfPresent, OfAll}).Draw(r, "of"),
			IgnoreAbstentions: rapid.Bool().Draw(r, "ignore"),
			Tie:               rapid.SampledFrom([]Tie{TieFails, TiePasses, TieChair}).Draw(r, "tie"),
		}
		v.Pass, _ = ParseNeed(rapid.SampledFrom([]string{"majority", "2/3", "all", "75%", "3"}).Draw(r, "pass"))
		v.Quorum, _ = ParseNeed("all")
		c := Count{For: rapid.IntRange(0, 9).Draw(r, "for"), Against: rapid.IntRange(0, 9).Draw(r, "against"),
			Abstain: rapid.IntRange(1, 9).Draw(r, "abstain")}
		c.Present = c.Cast() + rapid.IntRange(0, 3).Draw(r, "silent")
		c.Entitled = c.Present + rapid.IntRange(0, 3).Draw(r, "away")
		if v.Of != OfCast {
			v.IgnoreAbstentions = false
		}
		casting := rapid.SampledFrom([]Choice{ChoiceFor, ChoiceAgainst, ""}).Draw(r, "casting")
		was := v.Decide(c, casting)
		more, less := c, c // somebody who abstained votes after all
		more.For, more.Abstain = c.For+1, c.Abstain-1
		less.Against, less.Abstain = c.Against+1, c.Abstain-1
		if was.Passed && !was.Tie && !v.Decide(more, casting).Passed {
			r.Fatalf("%+v passes with %+v, and not with one more for it", v, c)
		}
		if !was.Passed && v.Decide(less, casting).Passed && !v.Decide(less, casting).Tie {
			r.Fatalf("%+v fails with %+v, and passes with one more against it", v, c)
		}
		if was.Passed && c.For == 0 {
			r.Fatalf("%+v passes %+v, for which nobody is", v, c)
		}
	})
}

// Codes are what addresses, files and ballots are made of.
func TestCodes(t *testing.T) {
	for _, good := range []string{"a", "so-tai-chinh", "a1", "2026", "a-1-b", strings.Repeat("a", 64)} {
		if !ValidCode(good) {
			t.Errorf("%q is no code", good)
		}
	}
	bad := []string{"", "-a", "a-", "A", "a_b", "a b", "a,b", "a/b", "a.b", "sở", "a\n", "a\x00", strings.Repeat("a",
		65)}
	if i := slices.IndexFunc(bad, ValidCode); i >= 0 {
		t.Errorf("%q is a code", bad[i])
	}
}
