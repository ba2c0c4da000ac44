package web

import (
	"net/http"
	"strings"

	xlanguage "golang.org/x/text/language"

	"covenant/internal/words"
)

// language puts texts into the reader's.
type language struct {
	lang words.Language
}

func speaking(l words.Language) language { return language{l} }

// matcher knows which of the languages fits best what a browser prefers.
var matcher = func() xlanguage.Matcher {
	var tags []xlanguage.Tag
	for _, l := range words.Languages() {
		tags = append(tags, xlanguage.MustParse(string(l)))
	}
	return xlanguage.NewMatcher(tags)
}()

const languageCookie = "lang"

// settleLanguage finds the reader's language: asked for in the address (and then remembered), remembered, or
// preferred by the browser.
func settleLanguage(w http.ResponseWriter, r *http.Request) words.Language {
	if l := words.Language(r.URL.Query().Get("lang")); l.Known() {
		http.SetCookie(w, &http.Cookie{
			Name: languageCookie, Value: string(l), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true,
			SameSite: http.SameSiteLaxMode,
		})
		return l
	}
	if c, err := r.Cookie(languageCookie); err == nil && words.Language(c.Value).Known() {
		return words.Language(c.Value)
	}
	first := words.Languages()[0]
	tags, _, err := xlanguage.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return first
	}
	_, index, confidence := matcher.Match(tags...)
	if confidence == xlanguage.No {
		return first
	}
	return words.Languages()[index]
}

// text is a text in the reader's language.
func (l language) text(t words.Text) string { return t.In(l.lang) }

// pick chooses between a Vietnamese and an English text that come from data.
func (l language) pick(vi, en string) string { return words.Of(vi, en).In(l.lang) }

// templateWords are the functions by which a page's template says something in the reader's language: t "Giao ước"
// "Covenant", with arguments as in [words.F]; and n .Count "góp ý" "comment" "comments", as in [words.N].
func templateWords(l words.Language) map[string]any {
	return map[string]any{
		"t": func(vi, en string, args ...any) string { return words.F(vi, en, args...).In(l) },
		"n": func(n int, vi, one, other string) string { return words.N(n, vi, one, other).In(l) },
	}
}

// fullSentence is text with a capital first letter and a full stop; nothing stays nothing.
func fullSentence(text string) string {
	if text = sentence(text); text != "" && !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// sentence is text with a capital first letter, for words that the rules give in lower case.
func sentence(text string) string {
	for i, r := range text {
		return strings.ToUpper(string(r)) + text[i+len(string(r)):]
	}
	return text
}
