package pdf

import (
	"fmt"
	"math"
	"slices"
)

// Pages lists the page objects in order (§7.7.3.2), one that the tree names more than once where it comes first. Trees
// deeper than Limits.MaxDepth are errors.
func (f document) Pages() ([]Ref, error) { return f.firstPages(math.MaxInt) }

// Page returns page n, counted from 1; false where the file has fewer. It reads no more of the page tree than it must.
func (f document) Page(n int) (Ref, bool, error) {
	pages, err := f.firstPages(n)
	if err != nil || n < 1 || len(pages) < n {
		return Ref{}, false, err
	}
	return pages[n-1], true, nil
}

func (f document) firstPages(n int) ([]Ref, error) {
	_, catalog, err := f.Catalog()
	if err != nil {
		return nil, err
	}
	w := &pageWalk{f: f.File, seen: map[Ref]bool{}, want: n}
	root, ok := catalog.Get("Pages").(Ref)
	if !ok {
		return nil, fmt.Errorf("%w: the catalogue has no page tree", ErrMalformed)
	}
	err = w.walk(root, 0)
	return w.pages, err
}

// pageWalk collects the leaves of the page tree.
type pageWalk struct {
	f     *File
	seen  map[Ref]bool
	pages []Ref
	want  int // stop after so many
}

func (w *pageWalk) walk(ref Ref, depth int) error {
	if w.seen[ref] {
		return nil
	}
	if depth > w.f.src.lim.MaxDepth {
		return fmt.Errorf("%w: the page tree is too deep at object %d", ErrMalformed, ref.Num)
	}
	w.seen[ref] = true
	node, err := w.f.Dict(ref)
	if err != nil {
		return fmt.Errorf("page tree: %w", err)
	}
	kids, err := w.f.Array(node.Get("Kids"))
	if err != nil {
		return fmt.Errorf("page tree: %w", err)
	}
	if node.Get("Type") == Name("Page") || kids == nil {
		w.pages = append(w.pages, ref)
		return nil
	}
	for _, k := range kids {
		if len(w.pages) >= w.want {
			return nil
		}
		kid, ok := k.(Ref)
		if !ok {
			return fmt.Errorf("%w: a page that is not an indirect object", ErrMalformed)
		}
		if err := w.walk(kid, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// PageAttribute returns an attribute of a page, inherited from its ancestors where the page has none (§7.7.3.4).
func (f document) PageAttribute(page Ref, key Name) (Object, error) {
	var at Object = page
	for range f.src.lim.MaxDepth {
		node, err := f.Dict(at)
		if err != nil || node == nil {
			return nil, err
		}
		if v := node.Get(key); v != nil {
			return f.Resolve(v)
		}
		if at = node.Get("Parent"); at == nil {
			return nil, nil
		}
	}
	return nil, fmt.Errorf("%w: the page tree is too deep", ErrMalformed)
}

// Shows tells whether an annotation is among those of a page.
func (f document) Shows(page, annotation Ref) bool {
	d, err := f.Dict(page)
	if err != nil {
		return false
	}
	annots, err := f.Array(d.Get("Annots"))
	return err == nil && f.Work().Scan(int64(len(annots))) == nil && slices.Contains(annots, Object(annotation))
}

// Rect is a rectangle in default user space units (1/72 inch), lower left to upper right (§7.9.5).
type Rect struct{ X0, Y0, X1, Y1 float64 }

// Width and Height are never negative in a rectangle made by ReadRect.
func (r Rect) Width() float64 { return r.X1 - r.X0 }

// Height is the vertical extent.
func (r Rect) Height() float64 { return r.Y1 - r.Y0 }

// Empty tells whether the rectangle has no area.
func (r Rect) Empty() bool { return r.X1 <= r.X0 || r.Y1 <= r.Y0 }

// Overlaps tells whether two rectangles share an area; an empty one shares none.
func (r Rect) Overlaps(o Rect) bool {
	return !r.Empty() && !o.Empty() && r.X0 < o.X1 && o.X0 < r.X1 && r.Y0 < o.Y1 && o.Y0 < r.Y1
}

// Array gives the rectangle as an object.
func (r Rect) Array() Array { return Array{Real(r.X0), Real(r.Y0), Real(r.X1), Real(r.Y1)} }

// ReadRect reads a rectangle and puts its corners in order.
func (f document) ReadRect(o Object) (Rect, error) {
	arr, err := f.Array(o)
	if err != nil {
		return Rect{}, err
	}
	if len(arr) != 4 {
		return Rect{}, fmt.Errorf("%w: a rectangle without four numbers", ErrMalformed)
	}
	var v [4]float64
	for i, o := range arr {
		o, err := f.Resolve(o)
		if err != nil {
			return Rect{}, err
		}
		var ok bool
		if v[i], ok = Number(o); !ok {
			return Rect{}, fmt.Errorf("%w: a rectangle without four numbers", ErrMalformed)
		}
	}
	return Rect{min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3])}, nil
}
