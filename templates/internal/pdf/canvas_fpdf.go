package pdf

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/go-pdf/fpdf"
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

// pageStreams finds each page's content by the cross-reference table. fpdf
// writes page objects in page order, each naming its content stream.
func pageStreams(file []byte, pages int) ([][]byte, error) {
	offsets, err := tableOffsets(file)
	if err != nil {
		return nil, err
	}
	var streams [][]byte
	for _, off := range offsets[1:] { // entry 0 is the head of the free list
		obj := file[off:]
		end := bytes.Index(obj[:min(len(obj), 400)], []byte("endobj"))
		if end < 0 || !bytes.Contains(obj[:end], []byte("/Type /Page\n")) {
			continue
		}
		n, ok := after(obj[:end], "/Contents ")
		if !ok || n >= len(offsets) {
			return nil, fmt.Errorf("page %d without content", len(streams)+1)
		}
		content := file[offsets[n]:]
		length, ok := after(content[:min(len(content), 60)], "/Length ")
		start := bytes.Index(content, []byte("stream\n"))
		if !ok || start < 0 || start+7+length > len(content) {
			return nil, fmt.Errorf("content of page %d is cut short", len(streams)+1)
		}
		streams = append(streams, content[start+7:start+7+length])
	}
	if len(streams) != pages {
		return nil, fmt.Errorf("found %d of %d pages", len(streams), pages)
	}
	return streams, nil
}

func tableOffsets(file []byte) ([]int, error) {
	at := bytes.LastIndex(file, []byte("startxref\n"))
	if at < 0 {
		return nil, fmt.Errorf("no startxref in what the library wrote")
	}
	table, ok := after(file[at:], "startxref\n")
	if !ok || table >= len(file) {
		return nil, fmt.Errorf("bad startxref in what the library wrote")
	}
	lines := bytes.Split(file[table:at], []byte("\n"))
	var offsets []int
	for _, l := range lines[2:] {
		if len(l) < 18 || (l[17] != 'n' && l[17] != 'f') {
			break
		}
		n, err := strconv.Atoi(string(l[:10]))
		if err != nil || n >= len(file) {
			return nil, fmt.Errorf("bad cross-reference entry %q", l)
		}
		offsets = append(offsets, n)
	}
	return offsets, nil
}

// after reads the decimal number that follows key.
func after(b []byte, key string) (int, bool) {
	i := bytes.Index(b, []byte(key))
	if i < 0 {
		return 0, false
	}
	b = b[i+len(key):]
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	v, err := strconv.Atoi(string(b[:n]))
	return v, err == nil
}
