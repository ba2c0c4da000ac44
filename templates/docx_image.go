package templates

import (
	"fmt"
	"strings"
)

// rels names the parts and the images of the document.
func (x *docx) rels() string {
	var b strings.Builder
	for i := range x.images {
		fmt.Fprintf(&b, `<Relationship Id="img%d"`+
			` Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"`+
			` Target="media/image%d.png"/>`, i+1, i+1)
	}
	return strings.Replace(docxRels, "</Relationships>", b.String()+"</Relationships>", 1)
}

// image places a picture in the line, centred; an EMU is 1/36000 mm.
func (x *docx) image(img *Image) {
	x.images = append(x.images, img)
	n := len(x.images)
	w := int(img.Width * 36000)
	h := w * img.picture.Height / img.picture.Width
	fmt.Fprintf(&x.b, `<w:p><w:pPr><w:pStyle w:val="CovenantCentre"/></w:pPr><w:r><w:drawing><wp:inline`+
		` xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">`+
		`<wp:extent cx="%d" cy="%d"/><wp:docPr id="%d" name="%s" descr="%s"/>`+
		`<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">`+
		`<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">`+
		`<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:nvPicPr>`+
		`<pic:cNvPr id="%d" name="%s"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="img%d"/>`+
		`<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>`+
		`<a:ext cx="%d" cy="%d"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>`+
		`</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`,
		w, h, n, x.esc(img.Name), x.esc(img.Alt), n, x.esc(img.Name), n, w, h)
}
