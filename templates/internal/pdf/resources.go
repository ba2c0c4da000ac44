package pdf

import (
	"strconv"

	"covenant/templates/internal/font"
)

// resources writes fonts, images and the colour profile.
func (f *finisher) resources() {
	for s, n := range f.fonts {
		if n != 0 {
			f.font(n, f.w.fonts[s])
		}
	}
	for i, img := range f.w.Images {
		f.image(f.images[i], img)
	}
	f.stream(profileObject, "/N 3", sRGB())
	f.begin(intentObject)
	f.add("<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB IEC61966-2.1)/Info(sRGB IEC61966-2.1)")
	f.ref("/DestOutputProfile ", profileObject)
	f.add(">>")
	f.end()
}

// font writes a Type0 font over a CIDFontType2 whose CIDs are the cut's glyph
// numbers (ISO 32000-2, 9.7.4).
func (f *finisher) font(n int, e *font.Embedded) {
	descendant, descriptor, program, unicode := f.alloc(), f.alloc(), f.alloc(), f.alloc()
	name := e.Tag + "+" + e.Face.Name
	f.begin(n)
	f.add("<</Type/Font/Subtype/Type0/BaseFont/" + name + "/Encoding/Identity-H")
	f.ref("/DescendantFonts[", descendant)
	f.ref("]/ToUnicode ", unicode)
	f.add(">>")
	f.end()

	f.begin(descendant)
	f.add("<</Type/Font/Subtype/CIDFontType2/BaseFont/" + name +
		"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/CIDToGIDMap/Identity")
	f.ref("/FontDescriptor ", descriptor)
	f.add("/W[0[")
	for i, width := range e.Widths() {
		if i > 0 {
			f.add(" ")
		}
		f.b = number(f.b, width)
	}
	f.add("]]>>")
	f.end()

	face := e.Face
	f.begin(descriptor)
	flags := 2 | 4 // serif, symbolic: the glyph numbers are our own
	if face.Italic {
		flags |= 64
	}
	f.add("<</Type/FontDescriptor/FontName/" + name + "/Flags " + strconv.Itoa(flags) + "/FontBBox[")
	for i, v := range face.BBox {
		if i > 0 {
			f.add(" ")
		}
		f.int(v)
	}
	f.add("]/ItalicAngle ")
	f.b = number(f.b, face.ItalicAngle)
	f.add("/Ascent " + strconv.Itoa(face.Ascent) + "/Descent " + strconv.Itoa(face.Descent) +
		"/CapHeight " + strconv.Itoa(face.CapHeight) + "/StemV " + strconv.Itoa(face.StemV))
	f.ref("/FontFile2 ", program)
	f.add(">>")
	f.end()

	f.deflated(program, "/Length1 "+strconv.Itoa(len(e.Program)), e.Deflated)
	f.stream(unicode, "", toUnicode(e.Runes))
}

// toUnicode is the CMap from glyph to character, at most 100 a block
// (ISO 32000-2, 9.10.3; Adobe Technical Note 5014).
func toUnicode(runes []rune) []byte {
	b := []byte("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for i := 0; i < len(runes); i += 100 {
		block := runes[i:min(i+100, len(runes))]
		b = strconv.AppendInt(b, int64(len(block)), 10)
		b = append(b, " beginbfchar\n"...)
		for j, r := range block {
			b = append(b, '<')
			b = hex4(b, uint16(i+j+1))
			b = append(b, "> <"...)
			b = hex4(b, uint16(r))
			b = append(b, ">\n"...)
		}
		b = append(b, "endbfchar\n"...)
	}
	return append(b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"...)
}

func hex4(b []byte, v uint16) []byte {
	const digits = "0123456789ABCDEF"
	return append(b, digits[v>>12], digits[v>>8&15], digits[v>>4&15], digits[v&15])
}
