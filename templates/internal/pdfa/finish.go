package pdfa

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"strconv"

	"covenant/internal/pdf"
)

// Finish writes the file. The Writer must not be used afterwards.
func (w *Writer) Finish(out io.Writer) error {
	if len(w.pages) == 0 {
		return errNoPage
	}
	w.End()
	w.flush()
	streams, err := w.canvas.contents()
	if err != nil {
		return err
	}
	f := &finisher{w: w}
	if err := f.write(streams); err != nil {
		return err
	}
	_, err = out.Write(f.b)
	return err
}

// finisher lays the objects of the file out: numbers are given first, bytes follow.
type finisher struct {
	w       *Writer
	b       []byte
	offsets []int // by object number; 0 is free
	pages   []int // object numbers
	annots  []annot
	links   int // number of annots that are links; fields follow
	fonts   [4]int
	images  []int
	files   []int // file specifications
	zbuf    bytes.Buffer
}

type annot struct {
	number int
	page   int
	elem   *Elem
}

// Fixed object numbers.
const (
	catalogObject = 1 + iota
	infoObject
	pagesObject
	metadataObject
	intentObject
	profileObject
	formObject
	outlineObject
	treeObject
	parentsObject
	emptyLookObject
	firstFree
)

func (f *finisher) write(streams [][]byte) error {
	size := 1 << 16
	for _, s := range streams {
		size += len(s) / 3
	}
	f.b = make([]byte, 0, size+200_000)
	f.offsets = make([]int, firstFree)
	f.number()
	f.b = append(f.b, "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"...)
	f.catalog()
	f.info()
	for i, s := range streams {
		f.page(i, s)
	}
	f.pageTree()
	f.resources()
	f.annotations()
	f.structure()
	f.outline()
	f.attachments()
	f.metadata()
	f.trailer()
	return nil
}

// alloc gives the next object number.
func (f *finisher) alloc() int {
	f.offsets = append(f.offsets, 0)
	return len(f.offsets) - 1
}

func (f *finisher) number() {
	w := f.w
	for range w.pages {
		f.pages = append(f.pages, f.alloc())
	}
	for _, l := range w.Links {
		f.annots = append(f.annots, annot{f.alloc(), l.Page, l.Elem})
	}
	f.links = len(f.annots)
	for _, fd := range w.Fields {
		f.annots = append(f.annots, annot{f.alloc(), fd.Page, fd.Elem})
	}
	for i, a := range f.annots {
		if a.elem != nil {
			a.elem.kids = append(a.elem.kids, kid{annot: i + 1, page: a.page})
		}
	}
	for s, used := range w.used {
		if used {
			f.fonts[s] = f.alloc()
		}
	}
	for range w.Images {
		f.images = append(f.images, f.alloc())
	}
	for range w.Attachments {
		f.files = append(f.files, f.alloc())
	}
	numberElems(f, w.Root)
}

func numberElems(f *finisher, e *Elem) {
	e.number = f.alloc()
	for _, k := range e.kids {
		if k.elem != nil {
			numberElems(f, k.elem)
		}
	}
}

func (f *finisher) begin(n int) {
	f.offsets[n] = len(f.b)
	f.b = strconv.AppendInt(f.b, int64(n), 10)
	f.b = append(f.b, " 0 obj\n"...)
}

func (f *finisher) end() { f.b = append(f.b, "\nendobj\n"...) }

func (f *finisher) add(s string) { f.b = append(f.b, s...) }

func (f *finisher) int(n int) { f.b = strconv.AppendInt(f.b, int64(n), 10) }

// ref appends a reference with its key.
func (f *finisher) ref(key string, n int) {
	f.add(key)
	f.int(n)
	f.add(" 0 R")
}

// stream writes object n with dict (without brackets) and data, compressing it.
func (f *finisher) stream(n int, dict string, data []byte) {
	f.zbuf.Reset()
	pdf.DeflateTo(&f.zbuf, data)
	f.deflated(n, dict, f.zbuf.Bytes())
}

func (f *finisher) deflated(n int, dict string, data []byte) {
	f.begin(n)
	f.add("<<" + dict + "/Filter/FlateDecode/Length ")
	f.int(len(data))
	f.add(">>\nstream\n")
	f.b = append(f.b, data...)
	f.add("\nendstream")
	f.end()
}

func (f *finisher) catalog() {
	w := f.w
	f.begin(catalogObject)
	f.add("<</Type/Catalog")
	f.ref("/Pages ", pagesObject)
	f.ref("/Metadata ", metadataObject)
	f.ref("/OutputIntents[", intentObject)
	f.add("]/MarkInfo<</Marked true>>/ViewerPreferences<</DisplayDocTitle true>>")
	f.ref("/StructTreeRoot ", treeObject)
	f.add("/Lang")
	f.b = pdf.AppendLiteral(f.b, w.info.Lang)
	if len(w.Bookmarks) > 0 {
		f.ref("/Outlines ", outlineObject)
	}
	if len(w.Fields) > 0 {
		f.ref("/AcroForm ", formObject)
	}
	if len(f.files) > 0 {
		f.add("/AF[")
		for _, n := range f.files {
			f.ref(" ", n)
		}
		f.add("]/Names<</EmbeddedFiles<</Names[")
		for i, n := range f.files {
			f.b = pdf.AppendLiteral(f.b, fmt.Sprintf("%03d", i))
			f.ref(" ", n)
		}
		f.add("]>>>>")
	}
	f.add(">>")
	f.end()
}

func (f *finisher) info() {
	in := f.w.info
	f.begin(infoObject)
	f.add("<<")
	for _, e := range []struct{ key, value string }{{"/Title", in.Title}, {"/Author", in.Author},
		{"/Subject", in.Subject}, {"/Producer", in.Producer}} {
		if e.value != "" {
			f.add(e.key)
			f.b = pdf.AppendText(f.b, e.value)
		}
	}
	date := in.Created.UTC().Format("D:20060102150405Z")
	f.add("/CreationDate(" + date + ")/ModDate(" + date + ")>>")
	f.end()
}

func (f *finisher) page(i int, content []byte) {
	p := &f.w.pages[i]
	body := f.alloc()
	f.begin(f.pages[i])
	f.add("<</Type/Page")
	f.ref("/Parent ", pagesObject)
	f.add("/MediaBox[0 0 ")
	f.b = append(pdf.AppendNumber(f.b, p.width), ' ')
	f.b = pdf.AppendNumber(f.b, p.height)
	f.add("]/Resources<</Font<<")
	for s, n := range f.fonts {
		if n != 0 {
			f.ref("/F"+strconv.Itoa(s+1)+" ", n)
		}
	}
	f.add(">>")
	if len(p.images) > 0 {
		f.add("/XObject<<")
		for k, n := range f.images {
			if p.images[k] {
				f.ref("/I"+strconv.Itoa(k)+" ", n)
			}
		}
		f.add(">>")
	}
	f.ref(">>/Contents ", body)
	if len(p.images) > 0 { // their soft masks blend in the output intent's colours
		f.add("/Group<</S/Transparency/CS/DeviceRGB>>")
	}
	f.add("/StructParents " + strconv.Itoa(i) + "/Tabs/S")
	open := false
	for _, a := range f.annots {
		if a.page != i {
			continue
		}
		if !open {
			f.add("/Annots[")
			open = true
		}
		f.ref(" ", a.number)
	}
	if open {
		f.add("]")
	}
	f.add(">>")
	f.end()
	f.stream(body, "", content)
}

func (f *finisher) pageTree() {
	f.begin(pagesObject)
	f.add("<</Type/Pages/Count ")
	f.int(len(f.pages))
	f.add("/Kids[")
	for _, n := range f.pages {
		f.ref(" ", n)
	}
	f.add("]>>")
	f.end()
}

// trailer writes the cross-reference table and a file identifier made of the
// content (ISO 32000-2, 14.4), so equal input gives equal bytes.
func (f *finisher) trailer() {
	id := sha256.Sum256(f.b)
	start := len(f.b)
	f.add("xref\n0 ")
	f.int(len(f.offsets))
	f.add("\n")
	// Unused numbers form the free list, as ISO 32000-2, 7.5.4 asks.
	next := 0
	free := make([]int, len(f.offsets))
	for n := len(f.offsets) - 1; n >= 0; n-- {
		if f.offsets[n] == 0 {
			free[n], next = next, n
		}
	}
	for n, off := range f.offsets {
		switch {
		case n == 0:
			f.b = pdf.AppendXRefEntry(f.b, int64(free[0]), 65535, pdf.Free)
		case off == 0:
			f.b = pdf.AppendXRefEntry(f.b, int64(free[n]), 1, pdf.Free)
		default:
			f.b = pdf.AppendXRefEntry(f.b, int64(off), 0, pdf.InUse)
		}
	}
	f.add("trailer\n<</Size ")
	f.int(len(f.offsets))
	f.ref("/Root ", catalogObject)
	f.ref("/Info ", infoObject)
	hex := fmt.Sprintf("<%X>", id[:16])
	f.add("/ID[" + hex + hex + "]>>\nstartxref\n")
	f.int(start)
	f.add("\n%%EOF\n")
}
