package templates

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"covenant/internal/words"

	"pgregory.net/rapid"
)

// readVI reads a number in Vietnamese words the other way round: word by word, with what has been read so far.
func readVI(t *rapid.T, text string) int64 {
	units := map[string]int64{"không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5,
		"sáu": 6, "bảy": 7, "tám": 8, "chín": 9}
	var total, below, group, digit int64 // whole tỷ; since the last tỷ; since the last nghìn or triệu; the last figure
	for _, word := range strings.Fields(text) {
		switch word {
		case "linh":
		case "mười":
			group += 10
		case "mươi":
			group, digit = group+10*digit, 0
		case "trăm":
			group, digit = group+100*digit, 0
		case "nghìn":
			below, group, digit = below+(group+digit)*1e3, 0, 0
		case "triệu":
			below, group, digit = below+(group+digit)*1e6, 0, 0
		case "tỷ":
			total, below, group, digit = (total+below+group+digit)*1e9, 0, 0, 0
		default:
			value, ok := units[word]
			if !ok {
				t.Fatalf("%q in %q", word, text)
			}
			digit = value
		}
	}
	return total + below + group + digit
}

func readEN(t *rapid.T, text string) int64 {
	scales := map[string]int64{"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "quadrillion": 1e15}
	var total, group int64
	for _, word := range strings.Fields(strings.NewReplacer("-", " ", " and ", " ").Replace(text)) {
		if word == "hundred" {
			group *= 100
			continue
		}
		if scale, ok := scales[word]; ok {
			total, group = total+group*scale, 0
			continue
		}
		small, ten := slices.Index(enSmall[:], word), slices.Index(enTens[:], word)
		if small < 0 && ten < 0 {
			t.Fatalf("%q in %q", word, text)
		}
		if small >= 0 {
			group += int64(small)
		} else {
			group += int64(ten) * 10
		}
	}
	return total + group
}

// Whatever number is written in words, its words say that number again, in both languages.
func TestNumbersInWordsAreReadBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.Int64Range(0, 999_999_999_999_999_999).Draw(r, "n")
		for range rapid.IntRange(0, 5).Draw(r, "zeros") { // many groups of noughts
			if scale := rapid.SampledFrom([]int64{1e3, 1e6, 1e9, 1e12, 1e15}).Draw(r, "scale"); n > scale {
				n -= n / scale % 1000 * scale
			}
		}
		vi, en := numberWords(big.NewRat(n, 1), words.Vietnamese), numberWords(big.NewRat(n, 1), words.English)
		if readVI(r, vi) != n || readEN(r, en) != n {
			r.Fatalf("%d is %q, which is %d; %q, which is %d", n, vi, readVI(r, vi), en, readEN(r, en))
		}
		if strings.Contains(vi+en, "  ") || vi != strings.TrimSpace(vi) {
			r.Fatalf("%d is %q, %q", n, vi, en)
		}
	})
	for n := range int64(10_000) {
		if vi := numberWords(big.NewRat(n, 1), words.Vietnamese); strings.Contains(vi, "mươi năm") ||
			strings.Contains(vi, "mười năm") || strings.Contains(vi, "mươi một") {
			t.Fatalf("%d is %q", n, vi)
		}
	}
}

// What is said in words is what stands in figures, also where more than six decimals are rounded.
func TestDecimalsInWords(t *testing.T) {
	for text, want := range map[string][2]string{
		"7.5": {"bảy phẩy năm", "seven point five"}, "-7.5": {"âm bảy phẩy năm", "minus seven point five"},
		"0.05": {"không phẩy không năm", "zero point zero five"}, "1.10": {"một phẩy một", "one point one"},
		"0.9999999": {"một", "one"}, "1.9999999": {"hai", "two"}, "999.99999999": {"một nghìn", "one thousand"},
		"-0.00000001": {"không", "zero"}, "2/3": {"không phẩy sáu sáu sáu sáu sáu bảy",
			"zero point six six six six six seven"},
	} {
		n, _ := new(big.Rat).SetString(text)
		vi, en := numberWords(n, words.Vietnamese), numberWords(n, words.English)
		if figures := formatNumber(n, words.English); strings.HasPrefix(figures, "-") != strings.HasPrefix(en,
			"minus") {
			t.Errorf("%s is %q in figures, %q in words", text, figures, en)
		}
		if vi != want[0] || en != want[1] {
			t.Errorf("%s (%s) is %q, %q; want %q", text, formatNumber(n, words.English), vi, en, want)
		}
	}
}

// Whatever two texts are compared, the pieces make up both, no piece is empty, and what is the same is told to be.
func TestComparedTextsAreMadeUpOfTheirPieces(t *testing.T) {
	word := rapid.SampledFrom([]string{"thi", "đua", "yêu", "nước", ",", ".", " ", "\n", "2026", "<b>", "&", "“", "-"})
	rapid.Check(t, func(r *rapid.T) {
		text := func(label string) string {
			return strings.Join(rapid.SliceOfN(word, 0, 30).Draw(r, label), rapid.SampledFrom([]string{"", " "}).Draw(r,
				"gap"))
		}
		before, after := text("before"), text("after")
		var a, b strings.Builder
		for _, p := range compareWords(before, after) {
			if p.Text == "" {
				r.Fatalf("an empty piece of %q and %q", before, after)
			}
			if p.Change != Added {
				a.WriteString(p.Text)
			}
			if p.Change != Removed {
				b.WriteString(p.Text)
			}
			if before == after && p.Change != Same {
				r.Fatalf("%q is told to have changed: %+v", before, p)
			}
		}
		if a.String() != before || b.String() != after {
			r.Fatalf("%q and %q come out as %q and %q", before, after, a.String(), b.String())
		}
		var page strings.Builder
		clause := &Clause{ID: "a", Text: before}
		change := ClauseChange{Before: clause, After: &Clause{ID: "a", Text: after}, Text: compareWords(before, after)}
		if err := RedlineHTML(&page, []ClauseChange{change}); err != nil || strings.Contains(page.String(), "<b>") {
			r.Fatalf("%v: %s", err, page.String())
		}
	})
}
