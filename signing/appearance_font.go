package signing

import (
	"math"

	"covenant/internal/pdf"
	"covenant/internal/truetype"
)

// addFont embeds a subset as a Type 0 font with Identity-H (ISO 32000-2 §9.7.6) and a ToUnicode map (§9.10.3), in the
// form that PDF/A-2 asks for (ISO 19005-2 §6.2.11).
func addFont(u *pdf.Update, s *truetype.Subset) pdf.Ref {
	full := pdf.Name(s.Tag + "+" + s.Face.Name)
	file := pdf.Flate(pdf.Dict{{Key: "Length1", Value: pdf.Integer(len(s.Program))}}, s.Program)
	f := s.Face
	descriptor := u.Add(pdf.Dict{
		{Key: "Type", Value: pdf.Name("FontDescriptor")},
		{Key: "FontName", Value: full},
		{Key: "Flags", Value: pdf.Integer(6)}, // serif, symbolic
		{Key: "FontBBox", Value: pdf.Array{pdf.Integer(f.BBox[0]), pdf.Integer(f.BBox[1]), pdf.Integer(f.BBox[2]),
			pdf.Integer(f.BBox[3])}},
		{Key: "ItalicAngle", Value: pdf.Real(f.ItalicAngle)},
		{Key: "Ascent", Value: pdf.Integer(f.Ascent)},
		{Key: "Descent", Value: pdf.Integer(f.Descent)},
		{Key: "CapHeight", Value: pdf.Integer(f.CapHeight)},
		{Key: "StemV", Value: pdf.Integer(f.StemV)},
		{Key: "FontFile2", Value: u.Add(file)},
	})
	widths := make(pdf.Array, len(s.Widths()))
	for i, w := range s.Widths() {
		widths[i] = pdf.Integer(math.Round(w))
	}
	descendant := u.Add(pdf.Dict{
		{Key: "Type", Value: pdf.Name("Font")},
		{Key: "Subtype", Value: pdf.Name("CIDFontType2")},
		{Key: "BaseFont", Value: full},
		{Key: "CIDSystemInfo", Value: pdf.Dict{
			{Key: "Registry", Value: pdf.String{Bytes: "Adobe"}},
			{Key: "Ordering", Value: pdf.String{Bytes: "Identity"}},
			{Key: "Supplement", Value: pdf.Integer(0)},
		}},
		{Key: "FontDescriptor", Value: descriptor},
		{Key: "CIDToGIDMap", Value: pdf.Name("Identity")},
		{Key: "DW", Value: pdf.Integer(1000)},
		{Key: "W", Value: pdf.Array{pdf.Integer(0), widths}},
	})
	return u.Add(pdf.Dict{
		{Key: "Type", Value: pdf.Name("Font")},
		{Key: "Subtype", Value: pdf.Name("Type0")},
		{Key: "BaseFont", Value: full},
		{Key: "Encoding", Value: pdf.Name("Identity-H")},
		{Key: "DescendantFonts", Value: pdf.Array{descendant}},
		{Key: "ToUnicode", Value: u.Add(&pdf.Stream{Data: truetype.ToUnicode(s.Runes)})},
	})
}
