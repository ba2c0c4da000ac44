package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	xlanguage "golang.org/x/text/language"
)

//go:embed i18n/*.json
var messageFiles embed.FS

// language is one of the program's languages with its texts.
type language struct {
	code      string // "vi" or "en"
	localizer *i18n.Localizer
}

// languages are the languages of the pages; Vietnamese comes first.
type languages struct {
	all     map[string]*language
	matcher xlanguage.Matcher
}

var languageCodes = []string{"vi", "en"}

func loadLanguages() (*languages, error) {
	bundle := i18n.NewBundle(xlanguage.Vietnamese)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	ls := &languages{all: map[string]*language{}}
	var tags []xlanguage.Tag
	for _, code := range languageCodes {
		if _, err := bundle.LoadMessageFileFS(messageFiles, "i18n/"+code+".json"); err != nil {
			return nil, fmt.Errorf("web: texts in %s: %w", code, err)
		}
		tags = append(tags, xlanguage.MustParse(code))
	}
	for _, code := range languageCodes {
		ls.all[code] = &language{code: code, localizer: i18n.NewLocalizer(bundle, code)}
	}
	ls.matcher = xlanguage.NewMatcher(tags)
	return ls, nil
}

const languageCookie = "lang"

// settle finds the reader's language: asked for in the address (and then remembered), remembered, or preferred by the
// browser.
func (ls *languages) settle(w http.ResponseWriter, r *http.Request) *language {
	if l, ok := ls.all[r.URL.Query().Get("lang")]; ok {
		http.SetCookie(w, &http.Cookie{
			Name: languageCookie, Value: l.code, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
		return l
	}
	if c, err := r.Cookie(languageCookie); err == nil {
		if l, ok := ls.all[c.Value]; ok {
			return l
		}
	}
	tags, _, err := xlanguage.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return ls.all["vi"]
	}
	_, index, confidence := ls.matcher.Match(tags...)
	if confidence == xlanguage.No {
		return ls.all["vi"]
	}
	return ls.all[languageCodes[index]]
}

// text is the message with the given id. args are pairs of a name and a value for its placeholders; the value named "n"
// chooses between singular and plural. A missing message shows its id, so that it is seen and can be reported.
func (l *language) text(id string, args ...any) string {
	cfg := &i18n.LocalizeConfig{MessageID: id}
	if len(args) > 0 {
		data := make(map[string]any, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			name := fmt.Sprint(args[i])
			data[name] = args[i+1]
			if name == "n" {
				cfg.PluralCount = args[i+1]
			}
		}
		cfg.TemplateData = data
	}
	text, err := l.localizer.Localize(cfg)
	if err != nil {
		return "‹" + id + "›"
	}
	return text
}

// pick chooses between a Vietnamese and an English text that come from data.
func (l *language) pick(vi, en string) string {
	if l.code == "en" && en != "" {
		return en
	}
	return vi
}

// lowerFirst is text with a small first letter, for a name within a sentence; an abbreviation stays as it is.
func lowerFirst(text string) string {
	r := []rune(text)
	if len(r) < 2 || unicode.IsUpper(r[1]) {
		return text
	}
	r[0] = unicode.ToLower(r[0])
	return string(r)
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
