package main

import (
	"fmt"
	"os"

	"covenant/internal/words"
)

// language chooses the language from a flag, or else from the usual environment variables. Vietnamese is the default.
func language(asked string) string {
	for _, candidate := range []string{asked, os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG")} {
		if l, ok := words.Parse(candidate); ok {
			return string(l)
		}
	}
	return string(words.Vietnamese)
}

// explain is an error in the reader's language where it has one.
func explain(err error, lang string) string { return words.Explain(err, words.Language(lang)) }

// say picks the text of the reader's language.
func (e *env) say(vi, en string, args ...any) {
	fmt.Fprintf(e.out, e.pick(vi, en)+"\n", args...)
}

// language is the reader's language.
func (e *env) language() words.Language { return words.Language(e.lang) }

func (e *env) pick(vi, en string) string {
	if e.lang == "en" {
		return en
	}
	return vi
}
