package paint

import (
	"slices"

	"covenant/internal/pdf"
)

// painter interprets content until it finds something painted in an area.
type painter struct {
	file  *pdf.File
	area  pdf.Rect
	only  []What // nil: everything
	found What
	left  int64 // bytes of content that may still be read

	state state
	stack []state
	res   pdf.Dict
	depth int
	path  path
	text  textObject
	fonts map[pdf.Object]*font
}

// state is the part of the graphics state that geometry depends on (§8.4).
type state struct {
	ctm    matrix
	clip   pdf.Rect
	fill   colour
	stroke colour
	width  float64 // of lines; 0 is one pixel
	text   textState
}

// colour is what a fill looks like: all that matters is whether it is white.
type colour int

const (
	gray colour = iota // any colour but white
	white
)

// path is the current path: where its parts lie, for a fill together, for lines one by one.
type path struct {
	all        pdf.Rect
	lines      []pdf.Rect
	x, y       float64
	startX     float64
	startY     float64
	begun      bool
	clipNext   bool
	overflowed bool
}

const (
	maxStates = 200
	maxLines  = 20_000 // of one path
)

// unknown: it could be painted anywhere.
func (p *painter) unknown() { p.found = Unknown }

// paint notes that something is painted within r.
func (p *painter) paint(what What, r pdf.Rect) {
	if p.found == "" && (p.only == nil || slices.Contains(p.only, what)) && both(r, p.state.clip).Overlaps(p.area) {
		p.found = what
	}
}

// run interprets a content stream with its resources.
func (p *painter) run(data []byte, res pdf.Dict, depth int) {
	outer, outerDepth, bottom := p.res, p.depth, len(p.stack)
	p.res, p.depth = res, depth
	whole := p.file.EachOperator(data, func(op string, args []pdf.Object) {
		if p.found == "" {
			p.operator(op, args, bottom)
		}
	})
	if p.found == "" && !whole {
		p.unknown()
	}
	p.res, p.depth = outer, outerDepth
	if len(p.stack) > bottom { // what was saved and never restored ends with its stream
		p.state = p.stack[bottom]
		p.stack = p.stack[:bottom]
	}
}

// operator carries out one operator of table 50. An operator that is not known paints nothing.
func (p *painter) operator(op string, args []pdf.Object, bottom int) {
	switch op {
	case "q":
		if len(p.stack) >= maxStates {
			p.unknown()
			return
		}
		p.stack = append(p.stack, p.state)
	case "Q":
		if len(p.stack) > bottom {
			p.state = p.stack[len(p.stack)-1]
			p.stack = p.stack[:len(p.stack)-1]
		}
	case "cm":
		m, ok := numbers(args)
		if !ok || len(m) != 6 {
			p.unknown()
			return
		}
		p.state.ctm = matrix(m).times(p.state.ctm)
		if !p.state.ctm.finite() {
			p.unknown()
		}
	case "w":
		if n, ok := numbers(args); ok && len(n) == 1 {
			p.state.width = n[0]
		}
	case "gs":
		p.graphicsState(args)
	case "Do":
		p.object(args)
	case "sh":
		p.paint(Fill, everywhere)
	case "BI":
		p.paint(Picture, p.state.ctm.box(pdf.Rect{X1: 1, Y1: 1}))
	default:
		if !p.pathOperator(op, args) && !p.textOperator(op, args) {
			p.colourOperator(op, args)
		}
	}
}

// graphicsState takes from an ExtGState what geometry depends on: line width and font (table 57).
func (p *painter) graphicsState(args []pdf.Object) {
	d := p.resource("ExtGState", args)
	if lw, ok := p.number(d.Get("LW")); ok {
		p.state.width = lw
	}
	if f, err := p.file.Array(d.Get("Font")); err == nil && len(f) == 2 {
		size, ok := p.number(f[1])
		if !ok {
			p.unknown()
			return
		}
		p.state.text.font, p.state.text.size = p.fontAt(f[0]), size
	}
}

// resource is a dictionary of the resources by the name in the only operand; nil where there is none.
func (p *painter) resource(kind pdf.Name, args []pdf.Object) pdf.Dict {
	d, err := p.file.Dict(p.resourceAt(kind, args))
	if err != nil {
		p.unknown()
	}
	return d
}

func (p *painter) resourceAt(kind pdf.Name, args []pdf.Object) pdf.Object {
	if len(args) == 0 {
		return nil
	}
	name, ok := args[0].(pdf.Name)
	all, err := p.file.Dict(p.res.Get(kind))
	if !ok || err != nil {
		return nil
	}
	return all.Get(name)
}

// object paints an XObject: an image takes the unit square (§8.9.5), a form is interpreted (§8.10).
func (p *painter) object(args []pdf.Object) {
	v, err := p.file.Resolve(p.resourceAt("XObject", args))
	if err != nil {
		p.unknown()
		return
	}
	stm, ok := v.(*pdf.Stream)
	if !ok {
		return // nothing is drawn
	}
	if stm.Dict.Get("Subtype") == pdf.Name("Form") {
		p.form(stm, p.res, p.depth)
		return
	}
	p.paint(Picture, p.state.ctm.box(pdf.Rect{X1: 1, Y1: 1}))
}

// form interprets a form XObject, which has resources of its own or those of what it is drawn by.
func (p *painter) form(stm *pdf.Stream, outer pdf.Dict, depth int) {
	m, ok := p.matrixOf(stm.Dict.Get("Matrix"))
	bbox, err := p.file.ReadRect(stm.Dict.Get("BBox"))
	if !ok || err != nil || depth >= maxDepth {
		p.unknown()
		return
	}
	saved, text, inPath := p.state, p.text, p.path
	p.state.ctm = m.times(p.state.ctm)
	p.state.clip = both(p.state.clip, p.state.ctm.box(bbox))
	defer func() { p.state, p.text, p.path = saved, text, inPath }()
	if !p.state.ctm.finite() {
		p.unknown()
		return
	}
	if !p.state.clip.Overlaps(p.area) {
		return
	}
	res, err := p.file.Dict(stm.Dict.Get("Resources"))
	if err != nil {
		p.unknown()
		return
	}
	if res == nil {
		res = outer
	}
	data, err := p.file.Decode(stm, p.left)
	if err != nil {
		p.unknown()
		return
	}
	p.left -= int64(len(data)) + formCost
	p.path, p.text = path{}, textObject{}
	p.run(data, res, depth+1)
}

// matrixOf reads a matrix; the identity where there is none.
func (p *painter) matrixOf(o pdf.Object) (matrix, bool) {
	o, err := p.file.Resolve(o)
	if err != nil {
		return identity, false
	}
	switch o := o.(type) {
	case nil, pdf.Null:
		return identity, true
	case pdf.Array:
		var m matrix
		if len(o) != len(m) {
			return identity, false
		}
		for i := range o {
			var ok bool
			if m[i], ok = p.number(o[i]); !ok {
				return identity, false
			}
		}
		return m, m.finite()
	}
	return identity, false
}

func (p *painter) number(o pdf.Object) (float64, bool) {
	o, err := p.file.Resolve(o)
	if err != nil {
		return 0, false
	}
	return pdf.Number(o)
}

// numbers are all operands as numbers.
func numbers(args []pdf.Object) ([]float64, bool) {
	out := make([]float64, len(args))
	for i, a := range args {
		var ok bool
		if out[i], ok = pdf.Number(a); !ok {
			return nil, false
		}
	}
	return out, true
}
