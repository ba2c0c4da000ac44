package pdfa

import (
	"bytes"
	"fmt"

	"github.com/go-pdf/fpdf"

	"covenant/internal/pdf"
)

// fpdfCanvas draws with fpdf. To switch to the library's later home change the
// import above; nothing else in the project names it.
//
// Fonts, links and bookmarks are not handed to it: measured, fpdf parses every
// font again for each document and compresses a 128 KB map for each, four times
// the cost of the page itself; so the finishing pass writes them from shared
// data.
type fpdfCanvas struct{ pdf *fpdf.Fpdf }

func newCanvas() canvas { return &fpdfCanvas{} }

func (c *fpdfCanvas) page(width, height float64) {
	size := fpdf.SizeType{Wd: width, Ht: height}
	if c.pdf == nil {
		c.pdf = fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: size})
		c.pdf.SetCompression(false)
		c.pdf.SetCatalogSort(true)
		c.pdf.SetAutoPageBreak(false, 0)
		c.pdf.SetMargins(0, 0, 0)
	}
	c.pdf.AddPageFormat("P", size)
}

func (c *fpdfCanvas) raw(operators []byte) { c.pdf.RawWriteBuf(bytes.NewReader(operators)) }

func (c *fpdfCanvas) line(x1, y1, x2, y2, width float64) {
	c.pdf.SetLineWidth(width)
	c.pdf.Line(x1, y1, x2, y2)
}

func (c *fpdfCanvas) rect(x, y, w, h, gray float64) {
	g := int(gray*255 + 0.5)
	c.pdf.SetFillColor(g, g, g)
	c.pdf.Rect(x, y, w, h, "F")
}

// contents reads the page streams back out of the file that fpdf wrote.
func (c *fpdfCanvas) contents() ([][]byte, error) {
	if c.pdf == nil {
		return nil, errNoPage
	}
	var out bytes.Buffer
	if err := c.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("drawing pages: %w", err)
	}
	return pageStreams(out.Bytes(), c.pdf.PageCount())
}

// pageStreams are the pages' contents, as parts of file.
func pageStreams(file []byte, pages int) ([][]byte, error) {
	f, err := pdf.Open(bytes.NewReader(file), int64(len(file)), pdf.Limits{Work: pdf.NewWork(-1, 0)})
	if err != nil {
		return nil, fmt.Errorf("what the library wrote: %w", err)
	}
	refs, err := f.Pages()
	if err != nil || len(refs) != pages {
		return nil, fmt.Errorf("the library wrote %d of %d pages: %w", len(refs), pages, err)
	}
	streams := make([][]byte, len(refs))
	for i, ref := range refs {
		page, err := f.Dict(ref)
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", i+1, err)
		}
		o, err := f.Resolve(page.Get("Contents"))
		content, ok := o.(*pdf.Stream)
		if err != nil || !ok || content.Dict.Has("Filter") {
			return nil, fmt.Errorf("page %d without plain content: %w", i+1, err)
		}
		streams[i] = file[content.Offset : content.Offset+content.Length]
	}
	return streams, nil
}
