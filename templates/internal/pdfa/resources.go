package pdfa

import (
	"strconv"

	"covenant/internal/pdf"
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
	f.deflated(profileObject, "/N 3", deflatedProfile())
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
	f.b = append(f.b, e.WidthArray...)
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
	f.b = pdf.AppendNumber(f.b, face.ItalicAngle)
	f.add("/Ascent " + strconv.Itoa(face.Ascent) + "/Descent " + strconv.Itoa(face.Descent) +
		"/CapHeight " + strconv.Itoa(face.CapHeight) + "/StemV " + strconv.Itoa(face.StemV))
	f.ref("/FontFile2 ", program)
	f.add(">>")
	f.end()

	f.deflated(program, "/Length1 "+strconv.Itoa(len(e.Program)), e.Deflated)
	f.deflated(unicode, "", e.ToUnicode)
}
