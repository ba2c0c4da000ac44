package diff

import "covenant/internal/pdf"

// likeness tells whether two values are the same but for the numbers of the objects that they consist of, as a program
// leaves them that writes a part of the catalogue anew. What both name by one number is the same object, and is
// compared where it has changed.
type likeness struct {
	*comparison
	met map[[2]pdf.Ref]bool // pairs that were compared, or are on the way to be
}

func (c likeness) same(old, new pdf.Object, depth int) bool {
	if depth > 1000 || !c.spend(4) {
		return false
	}
	a, refA := old.(pdf.Ref)
	b, refB := new.(pdf.Ref)
	if refA && refB {
		if _, page := c.pages[a]; a == b && (page || !c.changed[a.Num]) {
			return true // a page is compared as such
		}
		if c.met[[2]pdf.Ref{a, b}] {
			return true // outlines lead back to their parents
		}
		c.met[[2]pdf.Ref{a, b}] = true
	}
	if _, page := c.pages[b]; page {
		return false // another page, however alike
	}
	x, errX := c.old.Resolve(old)
	y, errY := c.new.Resolve(new)
	if errX != nil || errY != nil {
		return false
	}
	switch x := x.(type) {
	case pdf.Dict:
		y, ok := y.(pdf.Dict)
		return ok && c.sameEntries(x, y, depth)
	case pdf.Array:
		y, ok := y.(pdf.Array)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !c.same(x[i], y[i], depth+1) {
				return false
			}
		}
		return true
	}
	return x != nil && y != nil && pdf.Equal(x, y)
}

func (c likeness) sameEntries(x, y pdf.Dict, depth int) bool {
	if len(x) != len(y) || x.Duplicate() != "" || y.Duplicate() != "" || !c.spend(len(x)) {
		return false
	}
	is := y.Lookup()
	for _, e := range x {
		v := is(e.Key)
		if v == nil || !c.same(e.Value, v, depth+1) {
			return false
		}
	}
	return true
}
