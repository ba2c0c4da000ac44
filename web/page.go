package web

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"time"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

//go:embed pages/*.html
var pageFiles embed.FS

// pageNames are the templates that are pages of their own; the other files of pages/ are parts that they share.
var pageNames = []string{"home", "covenants", "covenant", "scores", "conference", "calendar", "register", "redline",
	"check", "public", "error", "signin",
	"password", "account", "act", "chair", "ceremony", "draft_new", "draft", "draft_submit"}

// pageIn is a page's template in a language.
type pageIn struct {
	lang words.Language
	name string
}

// loadPages parses every page together with the layout and the shared parts, once for each language.
func loadPages(a *assets) (map[pageIn]*template.Template, error) {
	pages := map[pageIn]*template.Template{}
	for _, l := range words.Languages() {
		if err := loadPagesIn(l, a, pages); err != nil {
			return nil, fmt.Errorf("web: pages in %s: %w", l, err)
		}
	}
	return pages, nil
}

func loadPagesIn(l words.Language, a *assets, pages map[pageIn]*template.Template) error {
	own := map[string]bool{}
	for _, name := range pageNames {
		own[name+".html"] = true
	}
	files, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return err
	}
	var shared []string
	for _, f := range files {
		if !own[path.Base(f)] {
			shared = append(shared, f)
		}
	}
	funcs := template.FuncMap{"asset": a.address, "place": place, "icon": icon, "toneIcon": toneIcon,
		"verdictIcon": verdictIcon,
		"partID":      func(section string) string { return panelParts[section] },
		"part": func(string, string, any) (template.HTML, error) {
			return "", errors.New("a part belongs to a page")
		},
	}
	base, err := template.New("").Funcs(funcs).Funcs(templateWords(l)).ParseFS(pageFiles, shared...)
	if err != nil {
		return err
	}
	for _, name := range pageNames {
		t, err := base.Clone()
		if err == nil {
			t.Funcs(template.FuncMap{
				"part": func(name, id string, data any) (template.HTML, error) { return part(t, name, id, data) },
			})
			t, err = t.ParseFS(pageFiles, "pages/"+name+".html")
		}
		if err != nil {
			return fmt.Errorf("page %s: %w", name, err)
		}
		pages[pageIn{l, name}] = t
	}
	return nil
}

// places are the pages that are not about one covenant, by the names that templates call them.
var places = map[string]address.Route{
	"home": address.Home, "covenants": address.Covenants, "calendar": address.Calendar, "register": address.Register,
	"check": address.Check, "sign-in": address.SignIn, "sign-out": address.SignOut, "account": address.Account,
	"signing": address.Signing,
	"begin":   address.Begin,
}

// place is the address of a page; one that does not exist is an error of the template.
func place(name string) (string, error) {
	route, ok := places[name]
	if !ok {
		return "", fmt.Errorf("page %q does not exist", name)
	}
	return route.Of(), nil
}

// basePage is what the layout needs of every page.
type basePage struct {
	Title   string
	Section string // of the navigation: home, covenants, calendar, register or ""
	Lang    words.Language
	Wide    bool   // the page uses the whole width
	Me      string // the name of who is signed in
	// Everything says that the console may do everything in everybody's name.
	Everything bool
	address    url.URL
}

func (s *server) base(r *request, section string) basePage {
	return basePage{
		Section: section, Lang: r.lang, address: *r.URL, Everything: s.console == workflow.ConsoleEverything,
		Me: r.visitor.Name,
	}
}

// In is this page's address in another language.
func (p basePage) In(code string) string {
	u := p.address
	q := u.Query()
	q.Set("lang", code)
	u.RawQuery = q.Encode()
	return u.RequestURI()
}

// presenter puts the facts of one covenant into words of one language.
type presenter struct {
	language
	v    *engine.View
	zone *time.Location
}

func (s *server) presenter(r *request, v *engine.View) presenter {
	t := presenter{language: r.language, v: v, zone: s.zone}
	if v.Calendar != nil {
		t.zone = v.Calendar.Zone()
	}
	return t
}

// when is dd/mm/yyyy hh:mm in the covenant's zone, or nothing for the zero time.
func (t presenter) when(at time.Time) string { return displayTime(at, t.zone) }

func displayTime(at time.Time, zone *time.Location) string {
	if at.IsZero() {
		return ""
	}
	return at.In(zone).Format("02/01/2006 15:04")
}

func (t presenter) agency(id workflow.AgencyID) string { return t.v.Directory.AgencyName(id) }

func (t presenter) person(id workflow.PersonID) string { return t.v.Directory.PersonName(id) }

// acting is a person who acts by a right: under a delegation with the name of who gave it.
func (t presenter) acting(id workflow.PersonID, by workflow.Authority) string {
	return t.text(t.v.Directory.Acting(id, by))
}

func (t presenter) agencies(ids []workflow.AgencyID) string { return t.v.Directory.AgencyNames(ids) }

// capacity is how somebody acts: the form of authority, the title, and for whom under a delegation.
func (t presenter) capacity(a workflow.Authority) string {
	capacity := strings.TrimSpace(string(a.Form) + " " + a.Title)
	if a.HeadTitle != "" { // KT. Giám đốc, Phó Giám đốc
		capacity = string(a.Form) + " " + a.HeadTitle + ", " + a.Title
	}
	if a.For != "" {
		capacity += " (" + t.text(words.F("thay %s", "for %s", t.person(a.For))) + ")"
	}
	return capacity
}

// identifier makes text fit for an element's id.
func identifier(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, text)
}
