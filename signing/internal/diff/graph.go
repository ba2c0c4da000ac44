package diff

import (
	"slices"

	"covenant/internal/pdf"
)

// trailerNode stands for the trailer in a refGraph; no object has this number.
const trailerNode = 0

// unknownNode stands for the entries of trailers that no standard knows; no object has this number. A later trailer
// that leaves one out does not make what it led to fair game, so these references stay.
const unknownNode = -1

// knownTrailerKeys are the entries of trailers and of cross-reference streams (ISO 32000-2 tables 15 and 17) and of
// streams (table 5).
var knownTrailerKeys = []pdf.Name{"Size", "Prev", "Root", "Encrypt", "Info", "ID", "XRefStm", "Type", "Index", "W",
	"Length", "Filter", "DecodeParms", "F", "FFilter", "FDecodeParms", "DL"}

// edge is one reference: from which object, under which of its outermost keys.
type edge struct {
	from int
	key  pdf.Name
}

// refGraph knows who refers to certain objects: those that later revisions write. An object that is changed matters
// through whatever refers to it, and so does a reference to an object that does not exist until a later revision makes
// it.
type refGraph struct {
	wanted map[int]bool
	// through are objects between a form field or the DSS and what later revisions write: appearance dictionaries,
	// arrays of certificates and the like. They are wanted too.
	through map[int]bool
	in      map[int][]edge
	out     map[int][]int // wanted objects that an object refers to
	edges   int           // made in all
	work    *pdf.Work
}

// maxEdges bounds a refGraph's memory.
const maxEdges = 2_000_000

// newRefGraph reads every object of the view once, until stop gives an error.
func newRefGraph(view *pdf.File, form *pdf.Form, wanted map[int]bool, stop func() error) (*refGraph, error) {
	g := &refGraph{wanted: wanted, through: map[int]bool{}, in: map[int][]edge{}, out: map[int][]int{},
		work: view.Work()}
	g.findThrough(view, form)
	n := 0
	for num, e := range view.Objects() {
		if n++; n%256 == 0 {
			if err := stop(); err != nil {
				return nil, err
			}
		}
		if g.edges >= maxEdges {
			return nil, pdf.ErrTooCostly
		}
		if num != trailerNode && e.Kind != pdf.Free {
			g.read(view, num, e)
		}
	}
	for i := range view.Revisions() {
		g.readUnknown(view.Revisions()[i].Trailer)
	}
	g.readTrailer(view)
	return g, nil
}

// maxThrough bounds how many objects are looked at on the way from fields and the DSS.
const maxThrough = 20_000

// findThrough lists the dictionaries and arrays that appearances and the DSS consist of.
func (g *refGraph) findThrough(view *pdf.File, form *pdf.Form) {
	if form != nil {
		for _, f := range form.Fields {
			for _, w := range f.Widgets {
				g.addThrough(view, w.Dict.Get("AP"))
			}
		}
	}
	g.addStore(view)
}

// addStore adds what the DSS of a view consists of.
func (g *refGraph) addStore(view *pdf.File) {
	if _, catalog, err := view.Catalog(); err == nil {
		g.addThrough(view, catalog.Get("DSS"))
	}
}

func (g *refGraph) addThrough(view *pdf.File, o pdf.Object) {
	seen := map[int]bool{}
	queue := []pdf.Object{o}
	for len(queue) > 0 && len(g.through) < maxThrough {
		at := queue[0]
		queue = queue[1:]
		references(at, func(r pdf.Ref) {
			if seen[r.Num] {
				return
			}
			seen[r.Num] = true
			o, err := view.Get(r)
			if err != nil {
				return
			}
			switch o.(type) {
			case pdf.Dict, pdf.Array:
				g.through[r.Num], g.wanted[r.Num] = true, true
				queue = append(queue, o)
			}
		})
	}
}

func (g *refGraph) readTrailer(view *pdf.File) {
	g.forget(trailerNode)
	for _, key := range []pdf.Name{"Root", "Info", "Encrypt"} {
		g.walk(trailerNode, key, view.Trailer().Get(key), 0)
	}
	g.readUnknown(view.Trailer())
}

// readUnknown takes the references of a trailer's unknown entries, each once: programs copy them from revision to
// revision.
func (g *refGraph) readUnknown(trailer pdf.Dict) {
	for _, e := range trailer {
		if slices.Contains(knownTrailerKeys, e.Key) {
			continue
		}
		references(e.Value, func(r pdf.Ref) {
			by := edge{unknownNode, e.Key}
			if g.wanted[r.Num] && g.edges < maxEdges && g.work.Spend(1+int64(len(g.in[r.Num]))) == nil &&
				!slices.Contains(g.in[r.Num], by) {
				g.edges++
				g.in[r.Num] = append(g.in[r.Num], by)
			}
		})
	}
}

// dead reports that nothing in use refers to a wanted object any more.
func (g *refGraph) dead(n int) bool { return g.unused(n, map[int]bool{}) }

func (g *refGraph) unused(n int, seen map[int]bool) bool {
	if n == trailerNode || !g.wanted[n] || len(seen) > 1000 || g.work.Spend(4+int64(len(g.in[n]))) != nil {
		return false
	}
	if seen[n] {
		return true
	}
	seen[n] = true
	for _, e := range g.in[n] {
		if !g.unused(e.from, seen) {
			return false
		}
	}
	return true
}

// read takes an object's references as they are in the view, in place of those known.
func (g *refGraph) read(view *pdf.File, num int, e pdf.XRefEntry) {
	g.forget(num)
	o, err := view.Get(pdf.Ref{Num: num, Gen: e.Gen})
	if err != nil {
		return // what cannot be read refers to nothing
	}
	switch o := o.(type) {
	case pdf.Dict:
		g.walkDict(num, o, false)
	case *pdf.Stream:
		g.walkDict(num, o.Dict, o.Dict.Get("Type") == pdf.Name("XRef"))
	default:
		g.walk(num, "", o, 0)
	}
}

func (g *refGraph) walkDict(num int, d pdf.Dict, xref bool) {
	for _, e := range d {
		if xref && (e.Key == "Root" || e.Key == "Info" || e.Key == "Encrypt") {
			continue // a trailer's entries, which count for its own revision
		}
		g.walk(num, e.Key, e.Value, 0)
	}
}

func (g *refGraph) walk(from int, key pdf.Name, o pdf.Object, depth int) {
	if depth > 100 {
		return
	}
	switch o := o.(type) {
	case pdf.Ref:
		if g.wanted[o.Num] && g.edges < maxEdges {
			g.edges++
			g.in[o.Num] = append(g.in[o.Num], edge{from, key})
			g.out[from] = append(g.out[from], o.Num)
		}
	case pdf.Array:
		for _, v := range o {
			g.walk(from, key, v, depth+1)
		}
	case pdf.Dict:
		for _, e := range o {
			g.walk(from, key, e.Value, depth+1)
		}
	}
}

func (g *refGraph) forget(from int) {
	for _, to := range g.out[from] {
		if g.work.Spend(int64(len(g.in[to]))) != nil {
			return
		}
		kept := g.in[to][:0]
		for _, e := range g.in[to] {
			if e.from != from {
				kept = append(kept, e)
			}
		}
		g.in[to] = kept
	}
	delete(g.out, from)
}

// references calls fn for every reference in o.
func references(o pdf.Object, fn func(pdf.Ref)) { walkReferences(o, fn, 0) }

func walkReferences(o pdf.Object, fn func(pdf.Ref), depth int) {
	if depth > 100 {
		return
	}
	switch o := o.(type) {
	case pdf.Ref:
		fn(o)
	case pdf.Array:
		for _, v := range o {
			walkReferences(v, fn, depth+1)
		}
	case pdf.Dict:
		for _, e := range o {
			walkReferences(e.Value, fn, depth+1)
		}
	case *pdf.Stream:
		walkReferences(o.Dict, fn, depth+1)
	}
}
