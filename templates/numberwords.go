package templates

import (
	"math/big"
	"strings"

	"covenant/internal/words"
)

// numberWords spells a number out up to 999 999 999 999 999 999;
// a larger one is written in figures.
//
// Vietnamese: “một nghìn không trăm linh năm”, “hai mươi mốt”, “mười lăm”.
func numberWords(n *big.Rat, lang words.Language) string {
	figures, frac, _ := strings.Cut(new(big.Rat).Abs(n).FloatString(6), ".") // rounded first, as formatNumber does
	whole, ok := new(big.Int).SetString(figures, 10)
	if !ok || !whole.IsInt64() || whole.Int64() > 999_999_999_999_999_999 {
		return formatNumber(n, lang)
	}
	frac = strings.TrimRight(frac, "0")
	neg := n.Sign() < 0 && (whole.Sign() > 0 || frac != "")
	spell, minus, point, digits := wordsVI, "âm ", " phẩy", viDigits[:]
	if lang == words.English {
		spell, minus, point, digits = wordsEN, "minus ", " point", enSmall[:10]
	}
	s := spell(whole.Int64())
	if frac != "" {
		s += point
		for _, d := range frac {
			s += " " + digits[d-'0']
		}
	}
	if neg {
		s = minus + s
	}
	return s
}

var viDigits = [...]string{"không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"}

// viScales name groups of three figures; tỷ is 10⁹ and repeats above it.
var viScales = [...]string{"", " nghìn", " triệu", " tỷ", " nghìn tỷ", " triệu tỷ"}

func wordsVI(n int64) string {
	if n == 0 {
		return viDigits[0]
	}
	var groups []int
	for ; n > 0; n /= 1000 {
		groups = append(groups, int(n%1000))
	}
	var parts []string
	for i := len(groups) - 1; i >= 0; i-- {
		if groups[i] == 0 {
			continue
		}
		scale := viScales[i]
		if i > 3 && tyFollows(groups, i) {
			scale = strings.TrimSuffix(scale, " tỷ")
		}
		parts = append(parts, groupVI(groups[i], i < len(groups)-1)+scale)
	}
	return strings.Join(parts, " ")
}

// tyFollows says whether a lower group still says “tỷ”, so this one need not.
func tyFollows(groups []int, i int) bool {
	for j := i - 1; j >= 3; j-- {
		if groups[j] != 0 {
			return true
		}
	}
	return false
}

// groupVI spells three figures; full says “không trăm” where there are none.
func groupVI(n int, full bool) string {
	h, t, u := n/100, n/10%10, n%10
	var w []string
	if h > 0 || full {
		w = append(w, viDigits[h], "trăm")
	}
	switch {
	case t == 0 && u > 0 && len(w) > 0:
		w = append(w, "linh")
	case t == 1:
		w = append(w, "mười")
	case t > 1:
		w = append(w, viDigits[t], "mươi")
	}
	switch {
	case u == 0:
	case u == 1 && t > 1:
		w = append(w, "mốt")
	case u == 5 && t > 0:
		w = append(w, "lăm")
	case u == 4 && t > 1:
		w = append(w, "tư")
	default:
		w = append(w, viDigits[u])
	}
	return strings.Join(w, " ")
}

var enSmall = [...]string{
	"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
	"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
}

var enTens = [...]string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}

var enScales = [...]string{"", " thousand", " million", " billion", " trillion", " quadrillion"}

func wordsEN(n int64) string {
	if n == 0 {
		return enSmall[0]
	}
	var parts []string
	for i := 0; n > 0; i, n = i+1, n/1000 {
		if g := int(n % 1000); g > 0 {
			parts = append([]string{groupEN(g) + enScales[i]}, parts...)
		}
	}
	return strings.Join(parts, " ")
}

func groupEN(n int) string {
	var s string
	if n >= 100 {
		s = enSmall[n/100] + " hundred"
		if n %= 100; n == 0 {
			return s
		}
		s += " and "
	}
	if n < 20 {
		return s + enSmall[n]
	}
	s += enTens[n/10]
	if n%10 > 0 {
		s += "-" + enSmall[n%10]
	}
	return s
}
