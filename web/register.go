package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// registerPage is the register of documents: the numbers issued, by book and year.
type registerPage struct {
	basePage
	Books []registerBook
}

// registerBook is one book of one year.
type registerBook struct {
	Name string
	Year int
	Rows []registerRow
}

// registerEntry is a row with the book and the year in which it stands.
type registerEntry struct {
	book string
	year int
	row  registerRow
}

// registerRow is one number issued.
type registerRow struct {
	Number, Date, Title, Path string
	Detail                    string // why it is void
	IssuedBy                  string
	Phase                     string
	Tone                      workflow.Tone
	Short, Digest             string
	number                    int
}

func (s *server) register(_ http.ResponseWriter, r *request) (*answer, error) {
	list, err := s.list(r)
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	p := &registerPage{basePage: s.base(r, "register")}
	p.Title = r.text(words.Of("Sổ văn bản", "Register"))
	for _, sum := range list {
		if sum.Number == "" {
			continue
		}
		entry, err := s.registerEntry(r, sum)
		if err != nil {
			return nil, fmt.Errorf("register: covenant %s: %w", sum.Slug, err)
		}
		p.add(entry)
	}
	if err := s.otherNumbers(r, p); err != nil {
		return nil, err
	}
	slices.SortFunc(p.Books, func(a,
		b registerBook) int {
		return cmp.Or(cmp.Compare(b.Year, a.Year), cmp.Compare(a.Name, b.Name))
	})
	for _, b := range p.Books {
		slices.SortFunc(b.Rows, func(a, b registerRow) int { return cmp.Compare(b.number, a.number) })
	}
	return &answer{page: "register", data: p}, nil
}

// otherNumbers adds what stands in the books beside the numbers of covenants: kept back, given on paper, void, and
// gaps.
func (s *server) otherNumbers(r *request, p *registerPage) error {
	books, err := s.books(r)
	if err != nil {
		return err
	}
	for _, b := range books {
		for _, l := range b.Lines {
			if l.State != engine.RegisterIssued {
				p.add(&registerEntry{b.Book, b.Year, otherRow(r, l)})
			}
		}
	}
	return nil
}

// registerWords say what became of a number that no covenant has.
var registerWords = map[engine.RegisterState]words.Text{
	engine.RegisterReserved: words.Of("Giữ số", "Kept back"),
	engine.RegisterPaper:    words.Of("Bản giấy", "On paper"),
	engine.RegisterVoid:     words.Of("Đã hủy", "Void"),
	engine.RegisterGap:      words.Of("Trống, chưa giải thích", "Gap, not explained"),
}

func otherRow(r *request, l engine.RegisterLine) registerRow {
	row := registerRow{Number: fmt.Sprintf("%02d", l.Number), Title: l.Title, number: l.Number, Tone: workflow.ToneWaiting}
	if l.Symbol != "" {
		row.Number += "/" + l.Symbol
	}
	if !l.Date.IsZero() {
		row.Date = displayDate(l.Date)
	}
	row.Phase = registerWords[l.State].In(r.lang)
	switch l.State {
	case engine.RegisterPaper:
		row.Tone = workflow.ToneDone
	case engine.RegisterVoid:
		row.Tone = workflow.ToneStopped
		row.Detail = l.Reason
	}
	return row
}

// registerEntry is the entry in the register of a covenant that has a number.
func (s *server) registerEntry(r *request, sum engine.Summary) (*registerEntry, error) {
	key, state := s.keepKey(r, sum), s.keepState(sum)
	if entry, ok := s.issued.get(key, state); ok {
		return entry, nil
	}
	v, err := s.view(r, sum.Slug)
	if err != nil {
		return nil, err
	}
	n := v.Covenant.Number
	entry := &registerEntry{n.Book, n.Year, registerRowOf(s.teller(r, v))}
	s.issued.put(key, state, entry)
	return entry, nil
}

func registerRowOf(t teller) registerRow {
	c := t.v.Covenant
	row := registerRow{
		Number: c.PrintedNumber(), Date: displayDate(c.Number.Date), Title: c.Title, Path: address.Covenant.For(c.Slug),
		number:   c.Number.Number,
		IssuedBy: t.acting(c.Number.Person, c.Number.Authority), Phase: sentence(c.Phase.Words(t.lang)), Tone: c.Phase.Tone(),
	}
	if !c.Head.IsZero() {
		row.Short, row.Digest = c.Head.Short(), c.Head.String()
	}
	return row
}

func (p *registerPage) add(e *registerEntry) {
	for i := range p.Books {
		if p.Books[i].Name == e.book && p.Books[i].Year == e.year {
			p.Books[i].Rows = append(p.Books[i].Rows, e.row)
			return
		}
	}
	p.Books = append(p.Books, registerBook{e.book, e.year, []registerRow{e.row}})
}
