package templates

import (
	"fmt"
	"math"
)

// twips are twentieths of a point.
func twips(mm_ float64) int { return int(math.Round(mm_ * 72 / 25.4 * 20)) }

func (x *docx) textWidth() float64 {
	if x.landscape {
		return x.p.Page.Height - x.p.Page.Top - x.p.Page.Bottom
	}
	return x.p.Page.Width - x.p.Page.Left - x.p.Page.Right
}

func (x *docx) sectionEnd() string {
	p := x.p.Page
	w, h, orient := p.Width, p.Height, ""
	top, bottom, left, right := p.Top, p.Bottom, p.Left, p.Right
	if x.landscape {
		w, h, orient = h, w, ` w:orient="landscape"`
		top, bottom, left, right = p.Left, p.Right, p.Top, p.Bottom
	}
	return fmt.Sprintf(`<w:sectPr><w:headerReference w:type="default" r:id="rId3"/>`+
		`<w:headerReference w:type="first" r:id="rId5"/><w:footerReference w:type="first" r:id="rId6"/>`+
		`<w:pgSz w:w="%d" w:h="%d"%s/>`+
		`<w:pgMar w:top="%d" w:right="%d" w:bottom="%d" w:left="%d" w:header="%d" w:footer="400" w:gutter="0"/>`+
		`<w:titlePg/></w:sectPr>`,
		twips(w), twips(h), orient, twips(top), twips(right), twips(bottom), twips(left), twips(x.p.PageNumber.Top-4))
}

// footer of the first page is the sender's address under a rule.
func (x *docx) footer() string {
	text := ""
	for _, b := range x.d.Blocks {
		if b.Head != nil {
			text = plainSpans(b.Head.Address)
		}
	}
	content := ""
	if text != "" {
		content = fmt.Sprintf(`<w:pPr><w:pBdr><w:top w:val="single" w:sz="6" w:space="1" w:color="000000"/>`+
			`</w:pBdr><w:jc w:val="center"/></w:pPr><w:r><w:rPr><w:sz w:val="%[1]d"/><w:szCs w:val="%[1]d"/>`+
			`</w:rPr><w:t xml:space="preserve">%[2]s</w:t></w:r>`,
			int(x.p.Address.Size*2), x.esc(text))
	}
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` +
		`<w:ftr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p>` + content + `</w:p>` +
		`</w:ftr>`
}

// header is a page header: centred content, and behind the page the watermark, if there is one.
func (x *docx) header(content string) string {
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` +
		`<w:hdr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"` +
		` xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">` +
		`<w:p><w:pPr><w:jc w:val="center"/></w:pPr>` + content + x.watermark() + `</w:p></w:hdr>`
}

// watermark is the drawing that Word's own “Watermark” command makes: text along a path, turned, behind the page.
func (x *docx) watermark() string {
	text := x.d.Options.Watermark
	if text == "" {
		return ""
	}
	w := x.p.Watermark
	gray := int(w.Gray * 255)
	width := w.Size * 0.62 * float64(len([]rune(text)))
	return fmt.Sprintf(`<w:r><w:pict>`+
		`<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800"`+
		` path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/>`+
		`<v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/>`+
		`<v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/>`+
		`<v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/></v:formulas>`+
		`<v:path textpathok="t" o:connecttype="custom"`+
		` o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800" o:connectangles="270,180,90,0"/>`+
		`<v:textpath on="t" fitshape="t"/></v:shapetype>`+
		`<v:shape id="CovenantWatermark" type="#_x0000_t136"`+
		` style="position:absolute;margin-left:0;margin-top:0;width:%.0fpt;height:%.0fpt;`+
		`rotation:%.0f;z-index:-251658752;mso-position-horizontal:center;`+
		`mso-position-horizontal-relative:margin;mso-position-vertical:center;`+
		`mso-position-vertical-relative:margin"`+
		` o:allowincell="f" fillcolor="#%02x%02x%02x" stroked="f">`+
		`<v:textpath style="font-family:&quot;Times New`+
		` Roman&quot;;font-size:1pt;font-weight:bold" string="%s"/></v:shape></w:pict></w:r>`,
		width, w.Size*1.2, 360-w.Angle, gray, gray, gray, x.esc(text))
}
