package typeset

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"covenant/templates/internal/font"
)

func faces(t testing.TB) [4]*font.Embedded {
	t.Helper()
	var out [4]*font.Embedded
	for s := range out {
		e, err := font.Liberation().Base(font.Style(s))
		if err != nil {
			t.Fatal(err)
		}
		out[s] = e
	}
	return out
}

var page = Geometry{Width: 595, Height: 842, Top: 57, Bottom: 57, Left: 85, Right: 57}

func para(n, words int) *Paragraph {
	return &Paragraph{
		Spans: []Span{{Text: strings.TrimSpace(strings.Repeat("chữ Việt ", words)), Size: 14},
			{Text: " đậm vừa", Size: 14, Style: font.Bold}},
		Align: Justify, First: 28, Before: 6, Block: n,
	}
}

// lines gives each block's baselines by page.
func lines(r *Result) map[int]map[int]map[float64]bool {
	out := map[int]map[int]map[float64]bool{}
	for i, p := range r.Pages {
		for _, m := range p.Marks {
			if m.Kind != TextMark {
				continue
			}
			if out[m.Block] == nil {
				out[m.Block] = map[int]map[float64]bool{}
			}
			if out[m.Block][i] == nil {
				out[m.Block][i] = map[float64]bool{}
			}
			out[m.Block][i][m.Y] = true
		}
	}
	return out
}

func TestNoWidowsNoOrphans(t *testing.T) {
	f := faces(t)
	for shift := range 40 {
		var elements []Element
		for n := range 30 {
			elements = append(elements, para(n, 5+(n*7+shift)%60))
		}
		for block, pages := range lines(Set(page, f, nil, elements)) {
			total := 0
			for _, ys := range pages {
				total += len(ys)
			}
			for p, ys := range pages {
				if len(ys) == 1 && total > 1 {
					t.Fatalf("shift %d: block %d of %d lines has one line alone on page %d", shift, block, total, p+1)
				}
			}
		}
	}
}

func TestHeadingsStayWithWhatFollows(t *testing.T) {
	f := faces(t)
	for shift := range 60 {
		var elements []Element
		for n := range 24 {
			if n%3 == 0 {
				elements = append(elements, &Paragraph{Spans: []Span{{Text: "Điều", Size: 14, Style: font.Bold}},
					KeepNext: true, Block: 1000 + n})
			}
			elements = append(elements, para(n, 12+(n*5+shift)%40))
		}
		got := lines(Set(page, f, nil, elements))
		for n := 0; n < 24; n += 3 {
			for p := range got[1000+n] {
				if len(got[n][p]) == 0 {
					t.Fatalf("shift %d: heading %d ends page %d", shift, n, p+1)
				}
			}
		}
	}
}

func TestJustifiedLinesEndAtTheMargin(t *testing.T) {
	r := Set(page, faces(t), nil, []Element{para(0, 120)})
	last := map[float64]Mark{}
	var ys []float64
	for _, m := range r.Pages[0].Marks {
		if _, seen := last[m.Y]; !seen {
			ys = append(ys, m.Y)
		}
		last[m.Y] = m
	}
	for _, y := range ys[:len(ys)-1] {
		if m := last[y]; math.Abs(m.X+m.W-(page.Width-page.Right)) > 0.05 {
			t.Errorf("a line ends at %.2f", m.X+m.W)
		}
		if last[y].WordExtra < -14*0.25*shrink*1.2 || last[y].WordExtra > 14 {
			t.Errorf("spaces stretched by %.2f", last[y].WordExtra)
		}
	}
}

func table(rows, height int) *Table {
	t := &Table{Widths: []float64{100, 353}, HeaderRows: 1, Border: true, Pad: 4}
	for i := range rows + 1 {
		text := fmt.Sprintf("dòng %d ", i)
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			{Header: i == 0, Content: []Element{&Paragraph{Spans: []Span{{Text: text, Size: 12}}, Block: i}}},
			{Header: i == 0, Content: []Element{&Paragraph{Spans: []Span{{Text: strings.Repeat("nội dung ", height),
				Size: 12}}, Block: i}}},
		}})
	}
	return t
}

func TestTableRowsStayWholeAndHeadersRepeat(t *testing.T) {
	r := Set(page, faces(t), nil, []Element{table(80, 30)})
	if len(r.Pages) < 3 {
		t.Fatalf("%d pages", len(r.Pages))
	}
	got := lines(r)
	for block, pages := range got {
		if block > 0 && len(pages) != 1 {
			t.Errorf("row %d is on %d pages", block, len(pages))
		}
	}
	if len(got[0]) != len(r.Pages) {
		t.Errorf("the header is on %d of %d pages", len(got[0]), len(r.Pages))
	}
	repeated := 0
	for _, m := range r.Pages[1].Marks {
		if m.Block == 0 && m.Kind == TextMark && m.Node == nil {
			repeated++
		}
	}
	if repeated == 0 {
		t.Error("a repeated header is an artifact, not content twice")
	}
}

// A row taller than a page breaks between lines and stays inside the margins.
func TestTallRowIsDivided(t *testing.T) {
	long := table(2, 900)
	Set(page, faces(t), nil, []Element{long}) // a header as tall is not repeated, and setting ends
	long.Rows[0] = table(0, 1).Rows[0]
	r := Set(page, faces(t), nil, []Element{long})
	if len(r.Pages) < 2 {
		t.Fatalf("%d pages", len(r.Pages))
	}
	for i, p := range r.Pages {
		for _, m := range p.Marks {
			if m.Y+m.H > page.Height-page.Bottom+1 && m.Kind == LineMark || m.Kind == TextMark &&
				m.Y > page.Height-page.Bottom {
				t.Fatalf("page %d: a mark at %.1f", i+1, m.Y)
			}
		}
	}
}

func TestNumbersStayWithTheirWord(t *testing.T) {
	for in, want := range map[string]string{
		"ngày 26 tháng 3 năm 2021": "ngày\u00A026 tháng\u00A03 năm\u00A02021", "theo Điều 5.": "theo Điều\u00A05.",
		"bản 3": "bản 3", "số": "số", "": "",
	} {
		if got := bind(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
	for n := range 40 {
		text := strings.Repeat("chữ ", 10+n) + "căn cứ Điều 12 và khoản 3"
		r := Set(page, faces(t), nil, []Element{&Paragraph{Spans: []Span{{Text: text, Size: 14}}, Align: Justify}})
		for _, m := range r.Pages[0].Marks {
			if s := strings.TrimSpace(m.Text); strings.HasSuffix(s, "Điều") || strings.HasSuffix(s, "khoản") {
				t.Errorf("a line ends with %q", s)
			}
		}
	}
}

func TestLongWordIsCutWithANote(t *testing.T) {
	r := Set(page, faces(t), nil, []Element{&Paragraph{Spans: []Span{{Text: strings.Repeat("ế", 500), Size: 14}}}})
	if len(r.Notes) != 1 {
		t.Errorf("notes: %v", r.Notes)
	}
	for _, m := range r.Pages[0].Marks {
		if m.X+m.W > page.Width-page.Right+0.1 {
			t.Errorf("text ends at %.1f", m.X+m.W)
		}
	}
}
