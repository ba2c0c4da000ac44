// Package content says what may stand in what people hand in: values of a template, fields of a command, files. It is
// the one place that does, so that a text that the pages refuse is refused on the command line and in a document, too.
//
// Form is for the readers of each file to judge; here it is content that cannot be meant: letters that nobody sees
// ([Unseen]), texts in which nothing is to be read ([Blank]), letters of fonts from before Unicode and UTF-8 encoded
// twice ([OldEncoding]), years of two digits and days far from today ([Span]), a second document that no reader would
// have looked at ([SecondDocument]).
//
// All of it comes from whoever writes the text, and nothing here decides more than whether it is taken: what is taken
// for granted of a text elsewhere (who may give it, what follows from it) is never read off it here.
package content

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"covenant/internal/words"
)

// Compose is a text in the form in which texts are kept, Unicode NFC (UAX #15): the same letters are the same bytes.
func Compose(text string) string { return norm.NFC.String(text) }

// Unseen reports whether a character shows nothing of its own, or means something else to each font: controls, marks of
// direction, joiners, private letters, selectors of a variant.
func Unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == utf8.RuneError
}

// FirstUnseen is the first unseen character of a text and its place, counted in characters from 1; 0 where there is
// none. Line feeds and tabs are let stand in a text of several lines.
func FirstUnseen(text string, lines bool) (r rune, place int) {
	for _, r := range text {
		place++
		if lines && (r == '\n' || r == '\t') {
			continue
		}
		if Unseen(r) {
			return r, place
		}
	}
	return 0, 0
}

// brailleBlank is a sign in Unicode's eyes and a space in everybody else's.
const brailleBlank = '\u2800'

// Blank reports whether there is nothing to be read in a text: it is empty, or holds white space, unseen characters and
// marks without a letter alone. “…” is something: room to be filled in by hand, as Decree 30 leaves it.
func Blank(text string) bool {
	for _, r := range text {
		if !unicode.IsSpace(r) && !Unseen(r) && !unicode.Is(unicode.Mn, r) && r != brailleBlank {
			return false
		}
	}
	return true
}

// UnseenWords say that a character is not seen, by its code point, since it cannot be shown.
func UnseenWords(r rune, place int) words.Text {
	return words.F("có ký tự không nhìn thấy U+%04X ở vị trí %d; hãy xóa và gõ lại chỗ đó",
		"holds the invisible character U+%04X at place %d; delete it and type that part again", r, place)
}

// Sighted is a text as a message may quote it: unseen characters as U+200B.
func Sighted(text string) string {
	if _, place := FirstUnseen(text, true); place == 0 {
		return text
	}
	var out []byte
	for _, r := range text {
		if Unseen(r) && r != '\n' && r != '\t' {
			out = append(out, words.F("[U+%04X]", "[U+%04X]", r).Vietnamese...)
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}
