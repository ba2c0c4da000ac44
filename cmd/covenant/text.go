package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// language chooses "vi" or "en" from a flag, or else from the usual environment variables. Vietnamese is the default.
func language(asked string) string {
	for _, candidate := range []string{asked, os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG")} {
		switch {
		case strings.HasPrefix(candidate, "vi"):
			return "vi"
		case strings.HasPrefix(candidate, "en"):
			return "en"
		}
	}
	return "vi"
}

// explain is an error in the reader's language where it has one.
func explain(err error, lang string) string {
	var told interface{ Sentence(lang string) string }
	if errors.As(err, &told) {
		return told.Sentence(lang)
	}
	return err.Error()
}

// say picks the text of the reader's language.
func (e *env) say(vi, en string, args ...any) {
	fmt.Fprintf(e.out, e.pick(vi, en)+"\n", args...)
}

func (e *env) pick(vi, en string) string {
	if e.lang == "en" {
		return en
	}
	return vi
}
