// Package words puts texts for people into the program's languages. It is the one way to do so, for rules, pages,
// mails, the command line and the verdicts on signatures: a [Text] holds both languages side by side where it is
// written, so that none can be forgotten, and is put into one of them at the edge, where the reader is known.
package words

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Language is a language for people, as its ISO 639-1 code. The zero value says nothing: whoever asks for it gets
// Vietnamese.
type Language string

// The languages.
const (
	Vietnamese Language = "vi"
	English    Language = "en"
)

// Languages are all languages, the one that stands for the others first.
func Languages() []Language { return []Language{Vietnamese, English} }

// Known reports whether l is one of the languages.
func (l Language) Known() bool { return l == Vietnamese || l == English }

// Parse reads a language's code; region and encoding after it ("vi_VN.UTF-8") are passed over.
func Parse(code string) (Language, bool) {
	base, _, _ := strings.Cut(strings.ToLower(code), "_")
	base, _, _ = strings.Cut(base, "-")
	base, _, _ = strings.Cut(base, ".")
	l := Language(base)
	return l, l.Known()
}

// Text is one text in every language.
type Text struct {
	Vietnamese string `json:"vi"`
	English    string `json:"en"`
}

// Of is a text that stands as it is.
func Of(vietnamese, english string) Text { return Text{vietnamese, english} }

// Same is a text that reads the same in every language: a name, a number.
func Same(text string) Text { return Text{text, text} }

// In is the text in one language. Where data have it in Vietnamese only, that stands for the other.
func (t Text) In(l Language) string {
	if l == English && t.English != "" {
		return t.English
	}
	return t.Vietnamese
}

// IsZero reports whether there is no text.
func (t Text) IsZero() bool { return t == Text{} }

// String is the text in English, for logs and tests.
func (t Text) String() string { return t.In(English) }

// Speaker is something that can be said in every language, a [Text] among others.
type Speaker interface{ In(l Language) string }

// F fills the verbs of both texts with args in the manner of fmt.Sprintf; an argument that is a [Speaker] is put in in
// the language of the text around it. Each text must use every argument; %[n]s lets them stand in another order.
func F(vietnamese, english string, args ...any) Text {
	return Text{fill(Vietnamese, vietnamese, args), fill(English, english, args)}
}

func fill(l Language, format string, args []any) string {
	if len(args) == 0 {
		return format
	}
	in := make([]any, len(args))
	for i, a := range args {
		in[i] = a
		if s, ok := a.(Speaker); ok {
			in[i] = s.In(l)
		}
	}
	return fmt.Sprintf(format, in...)
}

// N is a count and what is counted: "3 góp ý", "1 comment", "3 comments".
func N(n int, vietnamese, one, other string) Text {
	return Text{fmt.Sprintf("%d %s", n, vietnamese), Plural(n, one, other)}
}

// Plural is a count and what is counted in English, which alone tells one from more.
func Plural(n int, one, other string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, other)
}

// Join puts those texts that say anything one after the other, with a separator.
func Join(separator string, texts ...Text) Text {
	var out Text
	for _, t := range texts {
		if t.IsZero() {
			continue
		}
		if !out.IsZero() {
			out.Vietnamese += separator
			out.English += separator
		}
		out.Vietnamese += t.In(Vietnamese)
		out.English += t.In(English)
	}
	return out
}

// Upper is the text with a capital first letter.
func (t Text) Upper() Text { return t.first(func(r, _ rune) rune { return unicode.ToUpper(r) }) }

// Lower is the text with a small first letter, to stand within a sentence; an abbreviation stays as it is.
func (t Text) Lower() Text {
	return t.first(func(r, next rune) rune {
		if unicode.IsUpper(next) {
			return r
		}
		return unicode.ToLower(r)
	})
}

func (t Text) first(change func(first, next rune) rune) Text {
	letter := func(text string) string {
		r, n := utf8.DecodeRuneInString(text)
		if n == 0 {
			return text
		}
		next, _ := utf8.DecodeRuneInString(text[n:])
		return string(change(r, next)) + text[n:]
	}
	return Text{letter(t.Vietnamese), letter(t.English)}
}

// Size is how large a file is, in the decimal notation of each language.
func Size(bytes int64) Text {
	if bytes < 1<<20 {
		return Same(fmt.Sprintf("%d KB", (bytes+1023)/1024))
	}
	text := fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
	return Text{strings.Replace(text, ".", ",", 1), text}
}

// Explain is an error for its reader: in the reader's language where it can be said in it, else its own text.
func Explain(err error, l Language) string {
	var s Speaker
	if errors.As(err, &s) {
		return s.In(l)
	}
	return err.Error()
}

// Each is what a function says in every language.
func Each(in func(Language) string) Text { return Text{in(Vietnamese), in(English)} }
