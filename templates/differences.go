package templates

import (
	"fmt"
	"math"
	"strings"
)

// Differences compares what the agencies approved with the frozen file, run by
// run in the order of the text. What may differ: the number, the date, the
// watermark with its line references, page numbers, the QR code, and fields.
// Everything else is reported in a Vietnamese sentence; an empty list is the
// proof that nothing else changed.
//
// Where a date or number stands in running text its lines may break otherwise,
// so there only the words and their styles are compared; and if such a text
// takes another number of lines, what follows may move but not change.
func Differences(approved, frozen *Rendered) []string {
	a, b := blocksOf(approved), blocksOf(frozen)
	var out []string
	report := func(format string, args ...any) {
		if len(out) < maxDifferences {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	moved := false
	for i := 0; i < max(len(a), len(b)); i++ {
		switch {
		case i >= len(a):
			report("Trang %d: có thêm “%s”.", b[i].page(), clip(b[i].words()))
			continue
		case i >= len(b):
			report("Trang %d: bị bớt “%s”.", a[i].page(), clip(a[i].words()))
			continue
		}
		x, y := a[i], b[i]
		if x.styled() != y.styled() {
			report("Trang %d: “%s” đã đổi thành “%s”.", y.page(), clip(x.words()), clip(y.words()))
			continue
		}
		if x.soft || y.soft {
			moved = moved || x.lines() != y.lines()
			continue
		}
		if d := x.displaced(y, moved); d != "" {
			report("Trang %d: “%s” %s.", y.page(), clip(y.words()), d)
		}
	}
	if !moved && approved.Pages != frozen.Pages && !onlyCodeBeyond(approved, frozen) {
		report("Số trang đổi từ %d thành %d.", approved.Pages, frozen.Pages)
	}
	return out
}

// maxDifferences bounds the list; one is enough to refuse.
const maxDifferences = 50

// placedBlock is the runs of one block that count, in order.
type placedBlock struct {
	number int
	runs   []Run
	soft   bool // holds a number or a date
}

// blocksOf groups runs by block; exempt kinds are left out.
func blocksOf(r *Rendered) []placedBlock {
	var out []placedBlock
	at := map[int]int{}
	for _, run := range r.Runs {
		if run.Kind == RunWatermark || run.Kind == RunPageNumber || run.Kind == RunCode {
			continue
		}
		i, ok := at[run.Block]
		if !ok {
			i = len(out)
			at[run.Block] = i
			out = append(out, placedBlock{number: run.Block})
		}
		if run.Kind == RunNumber || run.Kind == RunDate {
			out[i].soft = true
			continue
		}
		out[i].runs = append(out[i].runs, run)
	}
	kept := out[:0]
	for _, b := range out {
		if len(b.runs) > 0 {
			kept = append(kept, b)
		}
	}
	return kept
}

func (b placedBlock) page() int { return b.runs[0].Page }

func (b placedBlock) words() string {
	var s strings.Builder
	for _, r := range b.runs {
		s.WriteString(r.Text)
		s.WriteByte(' ')
	}
	return strings.Join(strings.Fields(s.String()), " ")
}

// styled is the block's words with their style and size; breaks into lines and
// runs do not show.
func (b placedBlock) styled() string {
	var s strings.Builder
	style, size := uint8(255), 0.0
	for _, r := range b.runs {
		if r.Text == "" {
			continue
		}
		if r.Style != style || r.Size != size {
			style, size = r.Style, r.Size
			fmt.Fprintf(&s, "\x00%d/%.2f\x00", style, size)
		}
		for _, w := range strings.Fields(strings.ReplaceAll(r.Text, "\u00A0", " ")) {
			s.WriteString(w)
		}
	}
	return s.String()
}

func (b placedBlock) lines() int {
	seen := map[string]bool{}
	for _, r := range b.runs {
		if r.Text != "" {
			seen[fmt.Sprintf("%d/%.1f", r.Page, r.Y)] = true
		}
	}
	return len(seen)
}

// displaced compares places; with moved only what does not depend on the height.
func (b placedBlock) displaced(c placedBlock, moved bool) string {
	if len(b.runs) != len(c.runs) && !moved {
		return "được xếp dòng hoặc kẻ khung khác"
	}
	if moved {
		return ""
	}
	const near = 0.02
	for i, r := range b.runs {
		s := c.runs[i]
		if r.Page != s.Page || math.Abs(r.X-s.X) > near || math.Abs(r.Y-s.Y) > near || math.Abs(r.W-s.W) > near ||
			math.Abs(r.H-s.H) > near {
			return "bị chuyển chỗ"
		}
	}
	return ""
}

// onlyCodeBeyond says whether the pages that one file has more of hold nothing
// but the QR code.
func onlyCodeBeyond(a, b *Rendered) bool {
	if b.Pages < a.Pages {
		a, b = b, a
	}
	for _, r := range b.Runs {
		if r.Page > a.Pages && (r.Kind == RunText || r.Kind == RunNumber || r.Kind == RunDate) {
			return false
		}
	}
	return true
}
