package templates

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"

	"covenant/templates/internal/pdfa"
	"covenant/templates/internal/typeset"
)

// Preview is a document for somebody who is writing it: what its pages look like, and those of them that the reader
// does not show yet.
type Preview struct {
	Pages   []string // digest of what each page shows, 16 hex digits
	Changed []int    // pages of PDF, from 0, in its order
	PDF     []byte   // nil where nothing changed
}

// Preview sets the document and draws the pages whose digests are not among known. The file is for looking at: it has
// no tags, links and fields.
func (d *Document) Preview(known []string) (*Preview, error) {
	lay, problems := d.layout()
	if err := Problems(problems).Err(); err != nil {
		return nil, err
	}
	out := &Preview{}
	for i := range lay.result.Pages {
		digest := d.pageDigest(lay, i)
		out.Pages = append(out.Pages, digest)
		if !slices.Contains(known, digest) {
			out.Changed = append(out.Changed, i)
		}
	}
	if len(out.Changed) == 0 {
		return out, nil
	}
	r := &renderer{d: d, lay: lay, out: &Rendered{}, untagged: true}
	r.w = pdfa.NewWriter(pdfa.Info{Title: d.Title(), Lang: tagOf(d.languages()[0]), Producer: Renderer}, lay.fonts)
	for _, i := range out.Changed {
		r.page(i)
	}
	var b bytes.Buffer
	if err := r.w.Finish(&b); err != nil {
		return nil, fmt.Errorf("preview of %s: %w", d.Template.Name, err)
	}
	out.PDF = b.Bytes()
	return out, nil
}

// pageDigest is of all that a page shows, so that pages with the same digest look the same.
func (d *Document) pageDigest(lay *laidOut, i int) string {
	page := &lay.result.Pages[i]
	h := sha256.New()
	fmt.Fprintf(h, "%d %g %g %q %v\n", i, page.Width, page.Height, d.Options.Watermark, page.Lines)
	if i == 0 {
		for _, s := range lay.address {
			fmt.Fprintf(h, "%q", s.Text)
		}
	}
	for j := range page.Marks {
		hashMark(h, &page.Marks[j])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func hashMark(h hash.Hash, m *typeset.Mark) {
	if m.Kind == typeset.FieldMark { // not drawn
		return
	}
	fmt.Fprintf(h, "%d %g %g %g %g %g %d %g %g %g %q\n", m.Kind, m.X, m.Y, m.W, m.H, m.Size, m.Style, m.Gray,
		m.WordExtra, m.Angle, m.Text)
	if m.Picture == nil {
		return
	}
	if m.Picture.Squares != nil {
		m.Picture.Squares(func(x, y, w, height float64) { fmt.Fprintf(h, "%g %g %g %g ", x, y, w, height) })
	}
	fmt.Fprintf(h, "%g %g %q %p\n", m.Picture.Width, m.Picture.Height, m.Picture.Alt, m.Picture.Image)
}
