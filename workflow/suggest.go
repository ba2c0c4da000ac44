package workflow

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// nearest is the candidate that is closest to a mistyped word by edits of single characters, if it is close enough to
// be what was meant; "" otherwise.
func nearest(word string, candidates []string) string {
	best, distance := "", max(1, len([]rune(word))/3)+1
	for _, c := range candidates {
		if d := edits([]rune(word), []rune(c)); d < distance {
			best, distance = c, d
		}
	}
	return best
}

// edits is the optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
func edits(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}

// didYouMean is the end of a message about an unknown word.
func didYouMean(lang, hint string) string {
	if hint == "" {
		return ""
	}
	return fmt.Sprintf(pick(lang, [2]string{"; có phải “%s” không?", "; did you mean “%s”?"}), hint)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
