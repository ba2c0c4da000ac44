package main

import (
	"errors"
	"fmt"
	"os"

	"covenant/internal/content"
	"covenant/internal/words"
	"covenant/workflow"
)

// language chooses the language from a flag, or else from the usual environment variables. Vietnamese is the default.
func language(asked string) words.Language {
	for _, candidate := range []string{asked, os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG")} {
		if l, ok := words.Parse(candidate); ok {
			return l
		}
	}
	return words.Vietnamese
}

// explain is an error in the reader's language where it has one.
func explain(err error, lang words.Language) string {
	var refusal *workflow.Error
	if errors.As(err, &refusal) && refusal.Mean != "" {
		return content.MeanWords(refusal.Text, refusal.Mean).In(lang)
	}
	return words.Explain(err, lang)
}

// say prints a line in the reader's language.
func (e *env) say(vi, en string, args ...any) {
	fmt.Fprintln(e.out, words.F(vi, en, args...).In(e.lang))
}

// pick is the text of the reader's language.
func (e *env) pick(vi, en string) string { return words.Of(vi, en).In(e.lang) }
