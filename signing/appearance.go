package signing

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"slices"
	"sync"

	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifregular"
	"golang.org/x/text/unicode/norm"

	"covenant/internal/pdf"
	"covenant/internal/truetype"
)

// Appearance is what a visible signature shows within its field's rectangle, from top to bottom: lines, an image,
// lines, as in a signature block that has the title above and the name below (Decree 30/2020/NĐ-CP, Appendix I, cells
// 7a–7c). Lines alone stand in the middle. The zero value shows nothing.
//
// Text is set in Liberation Serif, all of it shrunk by one factor where the widest line or the height does not fit. All
// Vietnamese letters are there; a character that the font lacks is an error of type [*MissingGlyphError].
type Appearance struct {
	Above []Line // at the top edge
	// Image is a PNG file; its transparency is kept. It is scaled to the room that the text leaves, never distorted.
	Image []byte
	Lines []Line // at the bottom edge, or in the middle when there is nothing else
	// Align places text and image horizontally; the zero value centres.
	Align Align
}

// Line is a line of text in an appearance.
type Line struct {
	Text string
	Bold bool
	Size float64 // in points; 0 means 10
}

// Align is a horizontal place.
type Align int

// The horizontal places.
const (
	AlignCenter Align = iota
	AlignLeft
	AlignRight
)

// MissingGlyphError names a character that the appearance's font cannot show.
type MissingGlyphError struct {
	Rune rune
	Line int // index in Appearance.Above, continued in Appearance.Lines
}

func (e *MissingGlyphError) Error() string {
	return fmt.Sprintf("the signature's appearance, line %d: the font has no glyph for %q (U+%04X); write the line "+
		"without it", e.Line+1, e.Rune, e.Rune)
}

// maxPixels bounds an appearance's image.
const maxPixels = 25_000_000

func (a *Appearance) empty() bool {
	return a == nil || (len(a.Image) == 0 && len(a.Lines) == 0 && len(a.Above) == 0)
}

// fonts are parsed once: regular and bold.
var fonts = sync.OnceValues(func() (out [2]*truetype.Face, err error) {
	if out[0], err = truetype.Parse("LiberationSerif", liberationserifregular.TTF); err != nil {
		return out, err
	}
	out[1], err = truetype.Parse("LiberationSerif-Bold", liberationserifbold.TTF)
	return out, err
})

// canvas gathers what an appearance's content stream and resources need.
type canvas struct {
	u         *pdf.Update
	content   bytes.Buffer
	resources pdf.Dict
}

// draw adds an appearance for a rectangle of the given size to the update and returns the reference of its form XObject
// (ISO 32000-2 §12.5.5), turned counterclockwise by rotate degrees, a multiple of 90. Nothing to show gives an empty
// form.
func (a *Appearance) draw(u *pdf.Update, width, height float64, rotate int) (pdf.Ref, error) {
	if rotate%180 != 0 {
		width, height = height, width
	}
	c := &canvas{u: u}
	if !a.empty() && width > 0 && height > 0 {
		above, below, err := a.drawText(c, width, height)
		if err != nil {
			return pdf.Ref{}, err
		}
		if len(a.Image) > 0 {
			if err := a.drawImage(c, width, height, above, below); err != nil {
				return pdf.Ref{}, err
			}
		}
	}
	dict := pdf.Dict{
		{Key: "Type", Value: pdf.Name("XObject")},
		{Key: "Subtype", Value: pdf.Name("Form")},
		{Key: "BBox", Value: pdf.Rect{X1: width, Y1: height}.Array()},
		{Key: "Resources", Value: c.resources},
	}
	if rotate != 0 {
		// The viewer moves the turned box onto the rectangle (§12.5.5, algorithm 8.1).
		turn := map[int][4]int{90: {0, 1, -1, 0}, 180: {-1, 0, 0, -1}, 270: {0, -1, 1, 0}}[rotate]
		dict = dict.With("Matrix", pdf.Array{pdf.Integer(turn[0]), pdf.Integer(turn[1]), pdf.Integer(turn[2]),
			pdf.Integer(turn[3]), pdf.Integer(0), pdf.Integer(0)})
	}
	return u.Add(&pdf.Stream{Dict: dict, Data: c.content.Bytes()}), nil
}

// textLine is a line laid out.
type textLine struct {
	text  string
	font  int
	size  float64
	width float64 // at size
}

// leading is a line's height by its size.
const leading = 1.2

// margin is left free on each side, in points.
const margin = 1.5

// layOut measures the lines and shrinks them all by one factor where they do not fit. Heights are those of Above and
// Lines.
func (a *Appearance) layOut(fonts [2]*truetype.Face, width, height float64) (lines []textLine, above, below float64) {
	widest := 0.0
	for i, l := range slices.Concat(a.Above, a.Lines) {
		t := textLine{text: norm.NFC.String(l.Text), size: l.Size}
		if t.size <= 0 {
			t.size = 10
		}
		if l.Bold {
			t.font = 1
		}
		t.width = fonts[t.font].Width(t.text) * t.size / 1000
		widest = max(widest, t.width)
		if i < len(a.Above) {
			above += t.size * leading
		} else {
			below += t.size * leading
		}
		lines = append(lines, t)
	}
	room := height - 2*margin
	if len(a.Image) > 0 {
		room *= 0.6
	}
	factor := 1.0
	if widest > 0 {
		factor = min(factor, (width-2*margin)/widest)
	}
	if above+below > 0 {
		factor = min(factor, room/(above+below))
	}
	factor = max(factor, 0.05)
	for i := range lines {
		lines[i].size *= factor
		lines[i].width *= factor
	}
	return lines, above * factor, below * factor
}

// drawText draws the lines and returns the heights that they take at the top and at the bottom.
func (a *Appearance) drawText(c *canvas, width, height float64) (above, below float64, err error) {
	if len(a.Above)+len(a.Lines) == 0 {
		return 0, 0, nil
	}
	all, err := fonts()
	if err != nil {
		return 0, 0, err
	}
	lines, above, below := a.layOut(all, width, height)
	subsets, err := c.embed(all, lines)
	if err != nil {
		return 0, 0, err
	}
	y := height - margin
	c.content.WriteString("BT\n0 g\n")
	for i, l := range lines {
		if i == len(a.Above) {
			y = margin + below
			if len(a.Image) == 0 && len(a.Above) == 0 {
				y = (height + below) / 2
			}
		}
		// The baseline stands where ascent and descent share the leading.
		base := y - l.size*leading/2 - l.size*0.32
		y -= l.size * leading
		fmt.Fprintf(&c.content, "/F%d %s Tf\n1 0 0 1 %s %s Tm\n<%X> Tj\n", l.font, num(l.size),
			num(a.left(width, l.width)), num(base), subsets[l.font].Encode(l.text))
	}
	c.content.WriteString("ET\n")
	return above, below, nil
}

func (a *Appearance) left(width, w float64) float64 {
	switch a.Align {
	case AlignLeft:
		return margin
	case AlignRight:
		return width - margin - w
	}
	return (width - w) / 2
}

func num(v float64) string { return string(pdf.AppendNumber(nil, v)) }

// embed cuts the fonts that the lines use and adds them as resources.
func (c *canvas) embed(all [2]*truetype.Face, lines []textLine) (subsets [2]*truetype.Subset, err error) {
	var res pdf.Dict
	for i, f := range all {
		var texts []string
		for n, l := range lines {
			if l.font != i {
				continue
			}
			for _, r := range l.text {
				if !f.Has(r) {
					return subsets, &MissingGlyphError{Rune: r, Line: n}
				}
			}
			texts = append(texts, l.text)
		}
		if len(texts) == 0 {
			continue
		}
		if subsets[i], err = f.Cut(truetype.Runes(texts...), nil); err != nil {
			return subsets, err
		}
		res = append(res, pdf.Entry{Key: pdf.Name(fmt.Sprintf("F%d", i)), Value: addFont(c.u, subsets[i])})
	}
	c.resources = c.resources.With("Font", res)
	return subsets, nil
}

// drawImage places the image in the room between the texts.
func (a *Appearance) drawImage(c *canvas, width, height, above, below float64) error {
	ref, size, err := addImage(c.u, a.Image)
	if err != nil {
		return fmt.Errorf("the signature's image: %w", err)
	}
	roomW, roomH := width-2*margin, height-2*margin-above-below
	scale := min(roomW/float64(size.X), roomH/float64(size.Y))
	w, h := float64(size.X)*scale, float64(size.Y)*scale
	fmt.Fprintf(&c.content, "q\n%s 0 0 %s %s %s cm\n/Im0 Do\nQ\n", num(w), num(h),
		num(a.left(width, w)), num(margin+below+(roomH-h)/2))
	c.resources = c.resources.With("XObject", pdf.Dict{{Key: "Im0", Value: ref}})
	return nil
}

// addImage adds a PNG as an image XObject, with a soft mask where it is not opaque (§11.6.5.2).
func addImage(u *pdf.Update, data []byte) (pdf.Ref, image.Point, error) {
	cfg, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return pdf.Ref{}, image.Point{}, fmt.Errorf("not a png file: %w", err)
	}
	size := image.Pt(cfg.Width, cfg.Height)
	if size.X == 0 || size.Y == 0 || size.X*size.Y > maxPixels {
		return pdf.Ref{}, size, errors.New("it has more than 25 million pixels: make it smaller")
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return pdf.Ref{}, size, fmt.Errorf("damaged png file: %w", err)
	}
	rgb, alpha := pdf.Samples(img)
	dict := imageDict(size, "DeviceRGB")
	if alpha != nil {
		dict = dict.With("SMask", u.Add(pdf.Flate(imageDict(size, "DeviceGray"), alpha)))
	}
	return u.Add(pdf.Flate(dict, rgb)), size, nil
}

func imageDict(size image.Point, space pdf.Name) pdf.Dict {
	return pdf.Dict{
		{Key: "Type", Value: pdf.Name("XObject")},
		{Key: "Subtype", Value: pdf.Name("Image")},
		{Key: "Width", Value: pdf.Integer(size.X)},
		{Key: "Height", Value: pdf.Integer(size.Y)},
		{Key: "ColorSpace", Value: space},
		{Key: "BitsPerComponent", Value: pdf.Integer(8)},
	}
}
