package web

import (
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

// registerRow is one number issued.
type registerRow struct {
	Number, Date, Title, Path string
	Detail                    string // why it is void
	IssuedBy                  string
	Phase                     string
	Tone                      workflow.Tone
	Short, Digest             string
}

func (s *server) register(_ http.ResponseWriter, r *request) (*answer, error) {
	books, d, err := s.books(r)
	if err != nil {
		return nil, err
	}
	p := &registerPage{basePage: s.base(r, "register")}
	p.Title = r.text(words.Of("Sổ văn bản", "Register"))
	for _, b := range books {
		book := registerBook{Name: b.Book, Year: b.Year}
		for _, l := range slices.Backward(b.Lines) {
			book.Rows = append(book.Rows, registerRowOf(r, d, l))
		}
		p.Books = append(p.Books, book)
	}
	return &answer{page: "register", data: p}, nil
}

// registerWords say what became of a number that no covenant has.
var registerWords = map[engine.RegisterState]words.Text{
	engine.RegisterReserved: words.Of("Giữ số", "Kept back"),
	engine.RegisterPaper:    words.Of("Bản giấy", "On paper"),
	engine.RegisterVoid:     words.Of("Đã hủy", "Void"),
	engine.RegisterGap:      words.Of("Trống, chưa giải thích", "Gap, not explained"),
}

func registerRowOf(r *request, d *workflow.Directory, l engine.RegisterLine) registerRow {
	row := registerRow{Number: fmt.Sprintf("%02d", l.Number), Title: l.Title, Tone: workflow.ToneWaiting}
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
		row.Tone, row.Detail = workflow.ToneStopped, l.Reason
	case engine.RegisterIssued:
		row.Path, row.Phase, row.Tone = address.Covenant.For(l.Slug), sentence(l.Phase.Words(r.lang)), l.Phase.Tone()
		t := presenter{language: r.language, v: &engine.View{State: workflow.State{Directory: d}}}
		row.IssuedBy = t.acting(l.Person, workflow.Authority{For: l.For})
		if !l.Head.IsZero() {
			row.Short, row.Digest = l.Head.Short(), l.Head.String()
		}
	}
	return row
}
