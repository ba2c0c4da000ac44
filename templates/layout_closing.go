package templates

import (
	"strings"

	"rsc.io/qr"

	"covenant/internal/words"
	"covenant/templates/internal/typeset"
)

// closing sets recipients on the left and beside them a single signature or the
// QR code. A document with a process will be frozen with a QR code, so room is
// kept for it from the first draft on: what the agencies approve does not move.
func (c *composer) closing(recipients, signature *Block) {
	var left, right []typeset.Element
	if recipients != nil {
		left = c.recipients(recipients)
	}
	row := typeset.Row{}
	split := 0.6
	if signature != nil {
		split = 0.44
		if len(signature.Spans) > 0 {
			right = append(right, c.centred(signature.Spans, look{size: c.p.Signatures.HeadingSize, bold: true,
				upper: true}, 0))
		}
		right = append(right, c.slot(signature.Slots[0], c.width*0.56)...)
	} else if !c.coded && (c.d.Options.URL != "" || c.d.Template.header.process != "") {
		c.coded = true
		row.MinHeight = c.p.Code.Size*mm + 6 + 5*c.p.Code.TextSize*1.3
		if c.d.Options.URL != "" {
			right = c.code(c.d.Options.URL, typeset.Right)
		}
	}
	if len(left)+len(right) == 0 {
		return
	}
	row.Cells = []typeset.Cell{{Content: left}, {Content: right}}
	c.put(&typeset.Table{
		Widths: []float64{c.width * split, c.width * (1 - split)}, Rows: []typeset.Row{row}, Layout: true,
		KeepRows: true, Before: 14, Block: c.block,
	})
}

func (c *composer) recipients(b *Block) []typeset.Element {
	p := c.p.Recipients
	out := []typeset.Element{&typeset.Paragraph{
		Spans: c.spans([]Span{{Text: recipientsWord.In(c.d.languages()[0]), At: b.At}},
			look{size: p.HeadSize, bold: true, italic: true}), Block: c.block,
	}}
	for i, l := range b.Lines {
		spans := recipientLine(l, i == len(b.Lines)-1, b.At)
		out = append(out, &typeset.Paragraph{Spans: c.spans(spans, look{size: p.Size}), Block: c.block})
	}
	return out
}

var recipientsWord = words.Of("Nơi nhận:", "Recipients:")

// recipientLine is a line of the list: “- … ;”, the last with “.”, whatever mark the source has.
func recipientLine(l []Span, last bool, at Position) []Span {
	spans := append([]Span{{Text: "- ", At: at}}, l...)
	end := &spans[len(spans)-1]
	end.Text = strings.TrimRight(end.Text, ";., ")
	mark := ";"
	if last {
		mark = "."
	}
	return append(spans, Span{Text: mark, At: at})
}

// code is a QR code that leads to the covenant's page, with the address under it.
func (c *composer) code(url string, align typeset.Align) []typeset.Element {
	q, err := qr.Encode(url, qr.M)
	if err != nil {
		at := Position{File: c.d.Template.Name, Line: 1, Column: 1}
		c.f.add(at, url, words.F("Không tạo được mã QR của “%s”: %v.", "No QR code can be made of “%s”: %v.", url, err))
		return nil
	}
	size := c.p.Code.Size * mm
	step := size / float64(q.Size)
	caption := words.Of("Quét mã để kiểm tra văn bản", "Scan to check this document").In(c.d.languages()[0])
	at := Position{File: c.d.Template.Name, Line: 1, Column: 1}
	text := func(s string) *typeset.Paragraph {
		return &typeset.Paragraph{
			Spans: c.spans([]Span{{Text: s, Kind: RunCode, At: at}}, look{size: c.p.Code.TextSize}), Align: align,
			Before: 2, Block: c.block,
		}
	}
	return []typeset.Element{
		&typeset.Picture{Width: size, Height: size, Align: align, Alt: caption + ": " + url, Kind: uint8(RunCode),
			Before: 6, Block: c.block,
			Squares: func(fill func(x, y, w, h float64)) {
				for y := range q.Size {
					for x := 0; x < q.Size; x++ {
						from := x
						for x < q.Size && q.Black(x, y) {
							x++
						}
						if x > from {
							fill(float64(from)*step, float64(y)*step, float64(x-from)*step, step)
						}
					}
				}
			}},
		text(caption), text(url),
	}
}
