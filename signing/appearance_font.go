package signing

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"unicode/utf16"

	"covenant/signing/internal/pdf"
	"covenant/signing/internal/truetype"
)

// addFont embeds a subset as a Type 0 font with Identity-H (ISO 32000-2 §9.7.6) and a ToUnicode map (§9.10.3), in the form
// that PDF/A-2 asks for (ISO 19005-2 §6.2.11).
func addFont(u *pdf.Update, s *truetype.Subset, name string) pdf.Ref {
	full := pdf.Name(subsetTag(s) + "+" + name)
	file, err := flateStream(pdf.Dict{{Key: "Length1", Value: pdf.Integer(len(s.Data))}}, s.Data)
	if err != nil {
		file = &pdf.Stream{Dict: pdf.Dict{{Key: "Length1", Value: pdf.Integer(len(s.Data))}}, Data: s.Data}
	}
	f := s.Font
	descriptor := u.Add(pdf.Dict{
		{Key: "Type", Value: pdf.Name("FontDescriptor")},
		{Key: "FontName", Value: full},
		{Key: "Flags", Value: pdf.Integer(6)}, // serif, symbolic
		{Key: "FontBBox", Value: pdf.Array{pdf.Integer(f.BBox[0]), pdf.Integer(f.BBox[1]), pdf.Integer(f.BBox[2]), pdf.Integer(f.BBox[3])}},
		{Key: "ItalicAngle", Value: pdf.Integer(0)},
		{Key: "Ascent", Value: pdf.Integer(f.Ascent)},
		{Key: "Descent", Value: pdf.Integer(f.Descent)},
		{Key: "CapHeight", Value: pdf.Integer(f.CapHeight)},
		{Key: "StemV", Value: pdf.Integer(80)},
		{Key: "FontFile2", Value: u.Add(file)},
	})
	widths := make(pdf.Array, len(s.Widths))
	for i, w := range s.Widths {
		widths[i] = pdf.Integer(w)
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
		{Key: "ToUnicode", Value: u.Add(&pdf.Stream{Data: toUnicode(s)})},
	})
}

// subsetTag makes the six capitals of a subset's name from its characters (§9.9.2).
func subsetTag(s *truetype.Subset) string {
	sum := sha256.Sum256([]byte(string(s.Runes)))
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	return string(tag)
}

// toUnicode maps the subset's glyphs back to characters, at most 100 in a block.
func toUnicode(s *truetype.Subset) []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for from := 0; from < len(s.Runes); from += 100 {
		block := s.Runes[from:min(from+100, len(s.Runes))]
		fmt.Fprintf(&b, "%d beginbfchar\n", len(block))
		for i, r := range block {
			fmt.Fprintf(&b, "<%04X> <", from+i+1)
			for _, u := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, "%04X", u)
			}
			b.WriteString(">\n")
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}
