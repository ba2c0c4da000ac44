package paint

import (
	"covenant/internal/pdf"
)

// pathOperator constructs, paints and clips by paths (§8.5); false: it is another operator.
func (p *painter) pathOperator(op string, args []pdf.Object) bool {
	n, ok := numbers(args)
	need, known := map[string]int{"m": 2, "l": 2, "c": 6, "v": 4, "y": 4, "re": 4}[op]
	if known {
		if !ok || len(n) != need {
			p.unknown()
			return true
		}
		p.construct(op, n)
		return true
	}
	switch op {
	case "h":
		p.line(p.path.startX, p.path.startY)
	case "W", "W*":
		p.path.clipNext = true
	case "n":
		p.endPath(false, false)
	case "S":
		p.endPath(false, true)
	case "s":
		p.line(p.path.startX, p.path.startY)
		p.endPath(false, true)
	case "f", "F", "f*":
		p.endPath(true, false)
	case "B", "B*":
		p.endPath(true, true)
	case "b", "b*":
		p.line(p.path.startX, p.path.startY)
		p.endPath(true, true)
	default:
		return false
	}
	return true
}

func (p *painter) construct(op string, n []float64) {
	at := &p.path
	switch op {
	case "m":
		at.startX, at.startY = n[0], n[1]
		p.to(n[0], n[1])
	case "l":
		p.line(n[0], n[1])
	case "c":
		p.curve(n[0], n[1], n[2], n[3], n[4], n[5])
	case "v":
		p.curve(at.x, at.y, n[0], n[1], n[2], n[3])
	case "y":
		p.curve(n[0], n[1], n[2], n[3], n[2], n[3])
	case "re":
		x, y, w, h := n[0], n[1], n[2], n[3]
		at.startX, at.startY = x, y
		p.to(x, y)
		p.line(x+w, y)
		p.line(x+w, y+h)
		p.line(x, y+h)
		p.line(x, y)
	}
}

// to moves the current point.
func (p *painter) to(x, y float64) {
	if !p.path.begun {
		p.path.begun, p.path.all = true, nothing
	}
	p.path.x, p.path.y = x, y
	ux, uy := p.state.ctm.point(x, y)
	p.path.all = with(p.path.all, ux, uy)
}

func (p *painter) line(x, y float64) { p.curve(p.path.x, p.path.y, x, y, x, y) }

// curve adds a Bézier curve, which lies within its control points.
func (p *painter) curve(x1, y1, x2, y2, x3, y3 float64) {
	if !p.path.begun {
		p.to(x1, y1)
	}
	box := nothing
	for _, at := range [][2]float64{{p.path.x, p.path.y}, {x1, y1}, {x2, y2}, {x3, y3}} {
		ux, uy := p.state.ctm.point(at[0], at[1])
		box = with(box, ux, uy)
	}
	if len(p.path.lines) < maxLines {
		p.path.lines = append(p.path.lines, box)
	} else {
		p.path.overflowed = true
	}
	p.path.all = with(with(p.path.all, box.X0, box.Y0), box.X1, box.Y1)
	p.path.x, p.path.y = x3, y3
}

// endPath paints the path, clips by it if that was asked for, and begins a new one.
func (p *painter) endPath(fill, stroke bool) {
	if p.path.begun {
		if fill && p.state.fill != white {
			p.paint(Fill, grown(p.path.all, 0.1)) // a fill without width shows as a line
		}
		if stroke && p.state.stroke != white {
			by := p.state.width*p.state.ctm.scale()/2 + 0.1
			for _, line := range p.path.lines {
				p.paint(Line, grown(line, by))
			}
			if p.path.overflowed {
				p.paint(Line, grown(p.path.all, by))
			}
		}
	}
	if p.path.clipNext {
		if p.path.begun {
			p.state.clip = both(p.state.clip, p.path.all)
		} else {
			p.state.clip = nothing
		}
	}
	p.path = path{lines: p.path.lines[:0]}
}

// colourOperator notes whether fills and lines are white from now on (§8.6.8).
func (p *painter) colourOperator(op string, args []pdf.Object) {
	to, stroking := gray, false
	n, ok := numbers(args)
	isWhite := func(of ...float64) bool {
		if !ok || len(n) != len(of) {
			return false
		}
		for i := range of {
			if n[i] != of[i] {
				return false
			}
		}
		return true
	}
	switch op {
	case "g", "G":
		stroking = op == "G"
		if isWhite(1) {
			to = white
		}
	case "rg", "RG":
		stroking = op == "RG"
		if isWhite(1, 1, 1) {
			to = white
		}
	case "k", "K":
		stroking = op == "K"
		if isWhite(0, 0, 0, 0) {
			to = white
		}
	case "cs", "sc", "scn": // a colour space, a pattern: it may be any colour
	case "CS", "SC", "SCN":
		stroking = true
	default:
		return
	}
	if stroking {
		p.state.stroke = to
	} else {
		p.state.fill = to
	}
}
