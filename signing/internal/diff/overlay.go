package diff

import (
	"slices"

	"covenant/internal/pdf"
	"covenant/signing/internal/paint"
)

// touching is how much areas may overlap at their edges, in 1/72 inch: a field that ends where a line begins covers
// nothing of it.
const touching = 0.75

// Inner is a rectangle without its edges: what touches them lies beside it.
func Inner(r pdf.Rect) pdf.Rect {
	return pdf.Rect{X0: r.X0 + touching, Y0: r.Y0 + touching, X1: r.X1 - touching, Y1: r.Y1 - touching}
}

// turning are flags of an annotation that keep it upright or its size where the page is turned or enlarged (§12.5.3):
// it is then drawn beside its rectangle.
const turning = 8 | 16 // NoZoom, NoRotate

// newWidget says what a new field that can be seen lies over. A signature covers what it was made on, not what a field
// that comes later paints: so it may stand where nothing was painted, or over part of a signature as a seal does.
func (c *comparison) newWidget(f *pdf.Field, w pdf.Widget, m *Change) {
	m.Visible = true
	rect, err := c.new.ReadRect(w.Dict.Get("Rect"))
	flags, _ := w.Dict.Get("F").(pdf.Integer)
	if err != nil || flags&turning != 0 {
		m.Over = string(paint.Unknown)
		return
	}
	m.Area = rect
	m.Unsigned = m.Unsigned || !c.isDict(f.Value) && c.showsItself(w)
	signed, err := c.old.Signatures()
	if err != nil {
		m.Over = string(paint.Unknown)
		return
	}
	for _, page := range c.pagesOf(w) {
		signatures := c.signaturesUnder(signed, page, rect)
		for _, s := range signatures {
			c.report(Change{
				Kind: Overlay, Field: f.Name, Page: m.Page, Object: f.Ref.Num, Area: rect, Over: "signature",
				Seal: c.asSeal(s, rect), Detail: "over " + s.field,
			})
		}
		what, hit := paint.On(c.old, page, Inner(rect), func(annotation pdf.Ref) bool {
			return slices.ContainsFunc(signatures, func(s covered) bool { return s.widget.Ref == annotation })
		})
		if hit && m.Over == "" {
			m.Over = string(what)
		}
	}
}

// showsItself reports whether a widget is seen before anybody signs it. One that waits empty for its signature is not,
// and paints where it lies when it is signed.
func (c *comparison) showsItself(w pdf.Widget) bool {
	mk, err := c.new.Dict(w.Dict.Get("MK"))
	return err != nil || mk.Get("BG") != nil || mk.Get("BC") != nil || mk.Get("CA") != nil ||
		!isNull(c.new, w.Dict.Get("AP"))
}

// pagesOf are the pages that show a widget. P is the file's own word; the page's list of annotations is what is drawn.
// A widget that is in no list may be drawn where it says, or anywhere.
func (c *comparison) pagesOf(w pdf.Widget) []pdf.Ref {
	var pages []pdf.Ref
	at, _ := w.Dict.Get("P").(pdf.Ref)
	for _, page := range c.inOrder {
		if page == at || c.new.Shows(page, w.Ref) {
			pages = append(pages, page)
		}
	}
	if len(pages) == 0 {
		return c.inOrder
	}
	return pages
}

// covered is a signature that something lies over.
type covered struct {
	field  string
	widget pdf.Widget
	rect   pdf.Rect
}

// signaturesUnder are the signatures, made before, whose widgets lie under a rectangle of a page.
func (c *comparison) signaturesUnder(signed []pdf.Signature, page pdf.Ref, rect pdf.Rect) (out []covered) {
	for _, s := range signed {
		for _, w := range s.Field.Widgets {
			r, err := c.old.ReadRect(w.Dict.Get("Rect"))
			if err != nil || !r.Overlaps(rect) {
				continue
			}
			if at, _ := w.Dict.Get("P").(pdf.Ref); at == page || c.old.Shows(page, w.Ref) {
				out = append(out, covered{s.Field.Name, w, r})
			}
		}
	}
	return out
}

// asSeal reports whether a rectangle covers a signature as a seal does (Decree 30/2020/NĐ-CP, Appendix I, II.8: about a
// third of the signature, from its left): at most half of its box, and none of its text.
func (c *comparison) asSeal(s covered, rect pdf.Rect) bool {
	over := pdf.Rect{X0: max(rect.X0, s.rect.X0), Y0: max(rect.Y0, s.rect.Y0),
		X1: min(rect.X1, s.rect.X1), Y1: min(rect.Y1, s.rect.Y1)}
	if over.Width()*over.Height() > s.rect.Width()*s.rect.Height()/2 {
		return false
	}
	_, hit := paint.InAppearance(c.old, s.widget.Dict, over, paint.Text)
	return !hit
}
