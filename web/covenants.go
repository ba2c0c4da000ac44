package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// rowsOnPage is how many covenants one page of the list shows.
const rowsOnPage = 50

// covenantsPage is the list of all covenants; what is filtered stands in the address.
type covenantsPage struct {
	basePage
	Rows         []covenantRow
	Total        int
	Query, Year  string
	Tone         string
	Years        []string
	Tones        []choice
	FilterActive bool
	Found        int // covenants that fit the filter
	Number, Last int // of the page shown, from 1
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

func (s *server) covenants(_ http.ResponseWriter, r *request) (*answer, error) {
	list, err := s.list(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	p := &covenantsPage{basePage: s.base(r, "covenants"), Total: len(list), Query: q.Get("tim"), Year: q.Get("nam"),
		Tone: q.Get("tinh-trang")}
	p.Title = r.text(words.Of("Giao ước", "Covenants"))
	p.FilterActive = p.Query != "" || p.Year != "" || p.Tone != ""
	for _, tone := range []workflow.Tone{workflow.ToneWaiting, workflow.ToneDone, workflow.ToneStopped} {
		p.Tones = append(p.Tones, choice{string(tone), toneWords[tone].In(r.lang)})
	}
	var found []engine.Summary
	for _, sum := range list {
		if year := strconv.Itoa(sum.Year); !slices.Contains(p.Years, year) {
			p.Years = append(p.Years, year)
		}
		if p.matches(sum) {
			found = append(found, sum)
		}
	}
	p.Found = len(found)
	p.Last = max(1, (len(found)+rowsOnPage-1)/rowsOnPage)
	p.Number, _ = strconv.Atoi(q.Get("trang")) // what is no number shows the first page
	p.Number = min(max(p.Number, 1), p.Last)
	for _, sum := range found[(p.Number-1)*rowsOnPage : min(p.Number*rowsOnPage, len(found))] {
		p.Rows = append(p.Rows, s.row(r, sum))
	}
	slices.Sort(p.Years)
	slices.Reverse(p.Years)
	return &answer{page: "covenants", data: p}, nil
}

// Page is the address of another page of the same filtered list; empty if there is none.
func (p *covenantsPage) Page(number int) string {
	if number < 1 || number > p.Last {
		return ""
	}
	u := p.address
	q := u.Query()
	q.Del("lang")
	q.Set("trang", strconv.Itoa(number))
	u.RawQuery = q.Encode()
	return u.RequestURI()
}

// Previous and Next are the addresses of the neighbouring pages.
func (p *covenantsPage) Previous() string { return p.Page(p.Number - 1) }

// Next is the address of the next page.
func (p *covenantsPage) Next() string { return p.Page(p.Number + 1) }

func (p *covenantsPage) matches(sum engine.Summary) bool {
	return (p.Year == "" || p.Year == strconv.Itoa(sum.Year)) &&
		(p.Tone == "" || p.Tone == string(sum.Phase.Tone())) &&
		strings.Contains(fold(sum.Title+" "+sum.Block+" "+sum.Slug), fold(p.Query))
}

// fold makes texts comparable as people search: without case, tone marks or diacritics, đ as d.
func fold(text string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(text)) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case r < 0x300 || r > 0x36f: // not a combining mark
			b.WriteRune(r)
		}
	}
	return b.String()
}
