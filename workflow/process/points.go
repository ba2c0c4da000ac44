package process

import (
	"fmt"
	"strconv"
	"strings"

	"covenant/internal/words"
)

// Points is a score in hundredths: exact, so that totals and ties are.
type Points int64

// maxPoints bounds a score, so that sums never overflow.
const maxPoints = 100_000_000

// ParsePoints reads “98”, “98.5” or “98.25”.
func ParsePoints(text string) (Points, error) {
	whole, fraction, point := strings.Cut(text, ".")
	n, err := strconv.ParseUint(whole, 10, 32)
	hundredths := uint64(0)
	if err == nil && point {
		hundredths, err = strconv.ParseUint((fraction + "0")[:min(2, len(fraction)+1)], 10, 8)
	}
	if err != nil || point && (fraction == "" || len(fraction) > 2) || n*100+hundredths > maxPoints {
		return 0, fmt.Errorf("points %q: want a number of zero or more with at most two decimals", text)
	}
	return Points(n*100 + hundredths), nil
}

// String is the shortest decimal form, “98.5”.
func (p Points) String() string {
	text := fmt.Sprintf("%d.%02d", p/100, p%100)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// Display is the number in the reader's notation.
func (p Points) Display(lang words.Language) string {
	if lang == "en" {
		return p.String()
	}
	return strings.Replace(p.String(), ".", ",", 1)
}

// MarshalText gives the decimal form.
func (p Points) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (p *Points) UnmarshalText(text []byte) error {
	parsed, err := ParsePoints(string(text))
	if err == nil {
		*p = parsed
	}
	return err
}
