package paint

import (
	"covenant/internal/pdf"
)

const (
	maxContent = 32 << 20 // bytes of content of one page, forms included
	maxDepth   = 12       // of forms within forms
	formCost   = 2 << 10  // of drawing a form once, as if it were so many bytes: forms that draw forms multiply
)

// On looks for the first thing that is painted in area on a page of f, in the order in which it is drawn. Annotations
// that skip names are not looked at. Reading costs the file's budget of work.
func On(f *pdf.File, page pdf.Ref, area pdf.Rect, skip func(annotation pdf.Ref) bool) (What, bool) {
	p := &painter{file: f, area: area, left: maxContent}
	p.state.ctm, p.state.clip, p.state.fill = identity, everywhere, gray
	dict, err := f.Dict(page)
	if err != nil || dict == nil {
		return Unknown, true
	}
	resources, err := f.PageAttribute(page, "Resources")
	if err != nil {
		return Unknown, true
	}
	res, err := f.Dict(resources)
	if err != nil {
		return Unknown, true
	}
	p.streams(dict.Get("Contents"), res)
	if p.found == "" {
		p.annotations(dict.Get("Annots"), skip)
	}
	if f.Work().Err() != nil {
		return Unknown, true
	}
	return p.found, p.found != ""
}

// InAppearance looks for what an annotation's own appearance paints in area, of the kinds asked for only.
func InAppearance(f *pdf.File, annotation pdf.Dict, area pdf.Rect, kinds ...What) (What, bool) {
	p := &painter{file: f, area: area, left: maxContent, only: kinds}
	p.state.ctm, p.state.clip, p.state.fill = identity, everywhere, gray
	p.appearance(annotation)
	if f.Work().Err() != nil {
		return Unknown, true
	}
	return p.found, p.found != ""
}

// streams interprets the content streams of a page, which are one (§7.8.2).
func (p *painter) streams(contents pdf.Object, res pdf.Dict) {
	parts, err := p.file.Array(contents)
	if err != nil {
		parts = pdf.Array{contents}
	}
	var all []byte
	for _, o := range parts {
		v, err := p.file.Resolve(o)
		if err != nil {
			p.unknown()
			return
		}
		switch v := v.(type) {
		case nil, pdf.Null:
		case *pdf.Stream:
			data, err := p.file.Decode(v, p.left)
			if err != nil {
				p.unknown()
				return
			}
			p.left -= int64(len(data))
			all = append(append(all, data...), '\n')
		default:
			p.unknown()
			return
		}
	}
	p.run(all, res, 0)
}

// annotations looks at the appearances that a page's annotations show (§12.5.5). One that shows itself without an
// appearance, as viewers may, takes its rectangle.
func (p *painter) annotations(list pdf.Object, skip func(pdf.Ref) bool) {
	list, err := p.file.Resolve(list)
	if err == nil && isNull(list) {
		return
	}
	annots, err := p.file.Array(list)
	if err != nil {
		p.unknown()
		return
	}
	for _, o := range annots {
		if p.found != "" {
			return
		}
		ref, _ := o.(pdf.Ref)
		if skip != nil && ref != (pdf.Ref{}) && skip(ref) {
			continue
		}
		d, err := p.file.Dict(o)
		if err != nil {
			p.unknown()
			return
		}
		if p.shown(d) {
			p.paint(Annotation, p.rectOf(d))
		}
	}
}

// shown: the annotation is not hidden, and there is something of it to see. Fields that wait for a signature, and links
// without a border, show nothing.
func (p *painter) shown(d pdf.Dict) bool {
	flags, _ := d.Get("F").(pdf.Integer)
	at, err := p.file.Resolve(d.Get("Rect"))
	if d == nil || flags&2 != 0 || err == nil && isNull(at) { // hidden, or nowhere
		return false
	}
	if ap, err := p.file.Dict(d.Get("AP")); err != nil || ap != nil {
		return true
	}
	switch d.Get("Subtype") {
	case pdf.Name("Widget"), pdf.Name("Popup"):
		mk, err := p.file.Dict(d.Get("MK"))
		return err != nil || mk != nil
	case pdf.Name("Link"):
		border, err := p.file.Array(d.Get("Border"))
		width, ok := pdf.Integer(1), len(border) >= 3
		if ok {
			width, ok = border[2].(pdf.Integer)
		}
		return err != nil || !ok || width != 0
	}
	return true
}

func isNull(o pdf.Object) bool {
	_, null := o.(pdf.Null)
	return o == nil || null
}

func (p *painter) rectOf(d pdf.Dict) pdf.Rect {
	r, err := p.file.ReadRect(d.Get("Rect"))
	if err != nil {
		return everywhere
	}
	return r
}

// appearance interprets an annotation's normal appearance as it is drawn into its rectangle (§12.5.5, algorithm 8).
func (p *painter) appearance(d pdf.Dict) {
	ap, err := p.file.Dict(d.Get("AP"))
	if err != nil || ap == nil {
		return
	}
	v, err := p.file.Resolve(ap.Get("N"))
	form, ok := v.(*pdf.Stream)
	if err != nil || !ok {
		p.unknown() // one of several states: which one is shown is not known
		return
	}
	bbox, err := p.file.ReadRect(form.Dict.Get("BBox"))
	m, ok := p.matrixOf(form.Dict.Get("Matrix"))
	rect := p.rectOf(d)
	if err != nil || !ok || rect == everywhere {
		p.unknown()
		return
	}
	moved := m.box(bbox)
	if moved.Empty() || rect.Empty() {
		return
	}
	sx, sy := rect.Width()/moved.Width(), rect.Height()/moved.Height()
	p.state.ctm = matrix{sx, 0, 0, sy, rect.X0 - moved.X0*sx, rect.Y0 - moved.Y0*sy}
	p.form(form, nil, 0)
}
