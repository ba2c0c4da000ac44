package typeset

import (
	"strings"
	"testing"

	"covenant/templates/internal/font"

	"pgregory.net/rapid"
)

// letters is a text without its spaces: where lines break, spaces go.
func letters(text string) string { return strings.Join(strings.Fields(text), "") }

func anyParagraph(r *rapid.T, n int) *Paragraph {
	word := rapid.SampledFrom([]string{"Giao", "ước", "thi", "đua", "–", "2026,", "đoàn kết", "a", strings.Repeat("dài",
		9)})
	p := &Paragraph{Block: n, Align: rapid.SampledFrom([]Align{Left, Center, Right, Justify}).Draw(r, "align"),
		First: rapid.SampledFrom([]float64{0, 28}).Draw(r, "first"), Left: rapid.SampledFrom([]float64{0, 40}).Draw(r,
			"left"),
		Right: rapid.SampledFrom([]float64{0, 20}).Draw(r, "right"), Before: rapid.Float64Range(0, 20).Draw(r,
			"before"),
		KeepNext: rapid.IntRange(0, 9).Draw(r, "keep") == 0}
	for range rapid.IntRange(1, 4).Draw(r, "spans") {
		p.Spans = append(p.Spans, Span{Size: rapid.SampledFrom([]float64{9, 12, 14}).Draw(r, "size"),
			Style: font.Style(rapid.IntRange(0, 3).Draw(r, "style")),
			Text:  strings.Join(rapid.SliceOfN(word, 1, 60).Draw(r, "words"), " ") + " "})
	}
	return p
}

// Whatever paragraphs are set: every letter stands on the pages once, in its order; no text leaves the margins; pages
// go on from top to bottom.
func TestEveryLetterIsSetOnceWithinTheMargins(t *testing.T) {
	f := faces(t)
	const little = 0.05
	rapid.Check(t, func(r *rapid.T) {
		var elements []Element
		want := map[int]string{}
		for n := range rapid.IntRange(1, 12).Draw(r, "paragraphs") {
			p := anyParagraph(r, n)
			elements = append(elements, p)
			want[n] = letters(Plain(p.Spans))
		}
		result := Set(page, f, nil, elements)
		got := map[int]string{}
		for i, p := range result.Pages {
			for _, m := range p.Marks {
				if m.Kind != TextMark {
					continue
				}
				got[m.Block] += letters(m.Text)
				if m.X < page.Left-little || m.X+m.W > page.Width-page.Right+little {
					r.Fatalf("page %d: %q goes from %.2f to %.2f", i+1, m.Text, m.X, m.X+m.W)
				}
				if m.Y < page.Top || m.Y > page.Height-page.Bottom+little {
					r.Fatalf("page %d: %q stands at %.2f", i+1, m.Text, m.Y)
				}
			}
		}
		for n, text := range want {
			if got[n] != text {
				r.Fatalf("block %d is set as %q, want %q", n, got[n], text)
			}
		}
	})
}
