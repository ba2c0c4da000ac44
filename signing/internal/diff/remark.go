package diff

import (
	"slices"

	"covenant/internal/pdf"
)

// remarks are the annotations that say or mark something and do nothing (ISO 32000-2 table 171): no links, no files, no
// media, and no redactions, which call for removing what lies under them.
var remarks = []pdf.Name{"Text", "FreeText", "Line", "Square", "Circle", "Polygon", "PolyLine", "Highlight",
	"Underline", "Squiggly", "StrikeOut", "Caret", "Stamp", "Ink", "Popup"}

// remark reports whether an annotation that was added is one of those, an object of its own without any action, and
// explains what it consists of. What its author may do with it is said by DocMDP alone.
func (c *comparison) remark(ref pdf.Ref, d pdf.Dict) bool {
	kind, _ := d.Get("Subtype").(pdf.Name)
	if !isNull(c.old, ref) || !slices.Contains(remarks, kind) || d.Has("A") || d.Has("AA") || d.Has("OC") ||
		!c.onlyBy(ref.Num, "Annots", "Popup", "Parent", "IRT", "") {
		return false
	}
	whole := true
	for _, e := range d {
		switch e.Key {
		case "P", "Parent", "Popup", "IRT":
		default:
			whole = c.explain(e.Value, edge{ref.Num, e.Key}) && whole
		}
	}
	return whole
}
