// Package paint finds out whether something is painted in an area of a page: text, lines, fills, pictures, annotations.
//
// A signature field that is added to a signed document brings an appearance of its own, which may show anything.
// Whether it changes what a reader sees of what was signed does not depend on objects but on geometry: on blank paper
// it does not, over a sentence it does, however the file is built. So the content of the page is interpreted (ISO
// 32000-2 §8, §9): the current transformation, clips, forms within forms, text by the widths of its fonts, and the
// appearances of annotations.
//
// Every doubt is decided for paint: text takes the full height of its font, a path that is filled takes its bounding
// box, layers that are hidden count as shown, and what cannot be read, or costs more than its budget, is painted
// everywhere. White fills paint nothing: they hide, and what they hide was found before.
//
// All numbers are in default user space of the page, in 1/72 inch times the page's UserUnit, so that neither the page's
// rotation nor its crop box matter.
package paint

import (
	"math"

	"covenant/internal/pdf"
)

// What is painted.
type What string

// The kinds of paint.
const (
	Text       What = "text"
	Line       What = "line"
	Fill       What = "fill"
	Picture    What = "picture"
	Annotation What = "annotation"
	Unknown    What = "unknown" // the page cannot be read
)

// matrix is [a b c d e f] of §8.3.3.
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// times is m × n: m is applied first.
func (m matrix) times(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

func (m matrix) point(x, y float64) (float64, float64) {
	return m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]
}

// box is the bounding box of a rectangle after m.
func (m matrix) box(r pdf.Rect) pdf.Rect {
	out := nothing
	for _, p := range [][2]float64{{r.X0, r.Y0}, {r.X1, r.Y0}, {r.X0, r.Y1}, {r.X1, r.Y1}} {
		x, y := m.point(p[0], p[1])
		out = with(out, x, y)
	}
	return out
}

// scale is how much longer a line may become by m, at most.
func (m matrix) scale() float64 {
	return math.Max(math.Hypot(m[0], m[1]), math.Hypot(m[2], m[3]))
}

// finite: no number of m is infinite or none at all.
func (m matrix) finite() bool {
	for _, v := range m {
		if math.IsNaN(v) || math.Abs(v) > 1e9 {
			return false
		}
	}
	return true
}

var (
	nothing    = pdf.Rect{X0: math.Inf(1), Y0: math.Inf(1), X1: math.Inf(-1), Y1: math.Inf(-1)}
	everywhere = pdf.Rect{X0: math.Inf(-1), Y0: math.Inf(-1), X1: math.Inf(1), Y1: math.Inf(1)}
)

// with is r with a point.
func with(r pdf.Rect, x, y float64) pdf.Rect {
	return pdf.Rect{X0: min(r.X0, x), Y0: min(r.Y0, y), X1: max(r.X1, x), Y1: max(r.Y1, y)}
}

// both is where both are.
func both(a, b pdf.Rect) pdf.Rect {
	return pdf.Rect{X0: max(a.X0, b.X0), Y0: max(a.Y0, b.Y0), X1: min(a.X1, b.X1), Y1: min(a.Y1, b.Y1)}
}

// grown is r with a margin on all sides.
func grown(r pdf.Rect, by float64) pdf.Rect {
	return pdf.Rect{X0: r.X0 - by, Y0: r.Y0 - by, X1: r.X1 + by, Y1: r.Y1 + by}
}
