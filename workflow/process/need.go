package process

import (
	"fmt"
	"strconv"
	"strings"

	"covenant/internal/words"
)

// Need is a share: "all", "majority", "2/3", "75%" or a number such as "5".
type Need struct {
	num, den int // share num/den; den 0 = absolute number num
	majority bool
	text     string
}

// mustNeed is a share that the program itself names.
func mustNeed(text string) Need {
	n, err := ParseNeed(text)
	if err != nil {
		panic(err)
	}
	return n
}

// maxNeed bounds the numbers in a share, so that no multiplication overflows.
const maxNeed = 1_000_000

// ParseNeed reads "all", "majority", "a/b", "p%" or a whole number.
func ParseNeed(text string) (Need, error) {
	n := Need{text: text}
	bad := fmt.Errorf(`%q: want all, majority, a fraction such as 2/3, a percentage such as 75%%, or a number`, text)
	switch {
	case text == "all":
		n.num, n.den = 1, 1
	case text == "majority":
		n.majority = true
	case strings.HasSuffix(text, "%"):
		p, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
		if err != nil || p < 1 || p > 100 {
			return n, bad
		}
		n.num, n.den = p, 100
	case strings.Contains(text, "/"):
		a, b, _ := strings.Cut(text, "/")
		num, err1 := strconv.Atoi(a)
		den, err2 := strconv.Atoi(b)
		if err1 != nil || err2 != nil || num < 1 || den < num || den > maxNeed {
			return n, bad
		}
		n.num, n.den = num, den
	default:
		num, err := strconv.Atoi(text)
		if err != nil || num < 1 || num > maxNeed {
			return n, bad
		}
		n.num = num
	}
	return n, nil
}

// String is the text it was read from.
func (n Need) String() string { return n.text }

// Words is the share in the reader's language, as it stands in a sentence.
func (n Need) Words(lang words.Language) string {
	switch {
	case n.text == "all":
		return words.Of("tất cả", "all").In(lang)
	case n.majority:
		return words.Of("quá nửa", "more than half").In(lang)
	case n.den == 0:
		return words.F("ít nhất %d", "at least %d", n.num).In(lang)
	}
	return n.text
}

// IsZero reports whether nothing was given.
func (n Need) IsZero() bool { return n == Need{} }

// Of is the smallest count that satisfies the need among total. A number above the total asks for all.
func (n Need) Of(total int) int {
	switch {
	case n.majority:
		return total/2 + 1
	case n.den == 0:
		return min(n.num, total)
	}
	return (total*n.num + n.den - 1) / n.den
}
