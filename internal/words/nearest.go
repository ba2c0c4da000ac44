package words

import (
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// Nearest is the candidate that is closest to a mistyped word by edits of single characters, if it is close enough to
// be what was meant: at most a third of the word, or one swap in a short one; "" otherwise.
func Nearest(word string, candidates []string) string {
	best, distance := "", max(2, utf8.RuneCountInString(word)/3)+1
	for _, c := range candidates {
		d := levenshtein.ComputeDistance(word, c)
		if d < distance && d < utf8.RuneCountInString(word) {
			best, distance = c, d
		}
	}
	return best
}

// DidYouMean is the end of a message about an unknown word: nothing where no candidate is near it.
func DidYouMean(word string, candidates []string) Text {
	hint := Nearest(word, candidates)
	if hint == "" {
		return Text{}
	}
	return F("; có phải “%s” không?", "; did you mean “%s”?", hint)
}
