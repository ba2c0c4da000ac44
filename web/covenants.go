package web

import (
	"net/http"
	"strconv"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// covenantsPage is the list of covenants; what is filtered stands in the address.
type covenantsPage struct {
	basePage
	Rows         []covenantRow
	Query, Year  string
	Tone         string
	Tones        []choice
	FilterActive bool
	Begin        string // address at which who may begins one
	First, Next  string // addresses of the first page and the next one, where this is not them
}

// choice is an entry of a list to choose from.
type choice struct{ Value, Label string }

// toneWords name the tones to filter by.
var toneWords = map[workflow.Tone]words.Text{
	workflow.ToneWaiting: words.Of("Đang chờ xử lý", "Waiting for action"),
	workflow.ToneDone:    words.Of("Đã có hiệu lực", "In force"),
	workflow.ToneStopped: words.Of("Đã dừng", "Stopped"),
}

// covenantRow is a covenant in a list.
type covenantRow struct {
	Path, Title, Block, Year string
	Status, Phase            string
	Tone                     workflow.Tone
	Updated                  string
}

func (s *server) row(r *request, sum engine.Summary) covenantRow {
	return covenantRow{
		Path: address.Covenant.For(sum.Slug), Title: sum.Title, Block: sum.Block, Year: strconv.Itoa(sum.Year),
		Status: r.pick(sum.Status, sum.StatusEN), Phase: sentence(sum.Phase.Words(r.lang)), Tone: sum.Phase.Tone(),
		Updated: displayTime(sum.UpdatedAt, s.zone),
	}
}

// rows are the covenants of a page of a list.
func (s *server) rows(r *request, page engine.Page) []covenantRow {
	var rows []covenantRow
	for _, sum := range page.Rows {
		rows = append(rows, s.row(r, sum))
	}
	return rows
}

// pageParameter stands in addresses for where a page of a list begins.
const pageParameter = "sau"

func (s *server) covenants(_ http.ResponseWriter, r *request) (*answer, error) {
	q := r.URL.Query()
	p := &covenantsPage{
		basePage: s.base(r, "covenants"), Query: q.Get("tim"), Year: q.Get("nam"), Tone: q.Get("tinh-trang"),
	}
	p.Title = r.text(words.Of("Giao ước", "Covenants"))
	p.FilterActive = p.Query != "" || p.Year != "" || p.Tone != ""
	filter := engine.ListFilter{Text: p.Query, After: engine.Cursor(q.Get(pageParameter))}
	if p.Year != "" {
		year, err := strconv.Atoi(p.Year)
		if err != nil {
			year = -1 // in what is no year there is nothing
		}
		filter.Year = year
	}
	for _, tone := range []workflow.Tone{workflow.ToneWaiting, workflow.ToneDone, workflow.ToneStopped} {
		p.Tones = append(p.Tones, choice{string(tone), toneWords[tone].In(r.lang)})
		if p.Tone == string(tone) {
			filter.Phases = workflow.PhasesOf(tone)
		}
	}
	page, err := s.list(r, filter)
	if err != nil {
		return nil, err
	}
	if p.Begin, err = (drafts{s}).beginPath(r); err != nil {
		return nil, err
	}
	p.Rows = s.rows(r, page)
	p.First, p.Next = p.pages(filter.After, page.Next)
	return &answer{page: "covenants", data: p}, nil
}

// pages are the addresses of the same filtered list's first page and of the next one; empty where this is the
// first, or the last.
func (p basePage) pages(after, next engine.Cursor) (first, following string) {
	at := func(c engine.Cursor) string {
		u := p.address
		q := u.Query()
		q.Del("lang")
		if q.Set(pageParameter, string(c)); c == "" {
			q.Del(pageParameter)
		}
		u.RawQuery = q.Encode()
		return u.RequestURI()
	}
	if after != "" {
		first = at("")
	}
	if next != "" {
		following = at(next)
	}
	return first, following
}
