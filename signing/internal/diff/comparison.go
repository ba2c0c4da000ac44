package diff

import (
	"slices"

	"covenant/internal/pdf"
)

// comparison compares a revision with the one before. Everything that differs must be explained by a rule; what is left
// over and can be reached is a modification.
type comparison struct {
	old, new  *pdf.File
	oldForm   *pdf.Form
	newForm   *pdf.Form
	graph     *refGraph // as of new
	pages     map[pdf.Ref]int
	inOrder   []pdf.Ref // the pages
	revision  int
	conflicts []int // objects that the revision's cross-references place twice
	changed   map[int]bool
	explained map[int]bool
	added     map[pdf.Ref]bool // widgets of signature fields that are new
	found     []Change
	signed    map[pdf.Ref]string // signature dictionaries that were there before, by field
	work      *pdf.Work
}

// spend takes what a step costs off the budget; false means that the comparison is to come to its end.
func (c *comparison) spend(steps int) bool { return c.work.Spend(int64(steps)) == nil }

// maxFound is how many changes of one revision are told.
const maxFound = 200

func (c *comparison) report(m Change) {
	if len(c.found) >= maxFound || !c.spend(64+len(c.fields())/8) {
		return
	}
	m.Revision = c.revision
	c.quote(&m)
	if !slices.Contains(c.found, m) {
		c.found = append(c.found, m)
	}
}

// fields are those of the form as it is now.
func (c *comparison) fields() []*pdf.Field {
	if c.newForm == nil {
		return nil
	}
	return c.newForm.Fields
}

// run returns what the revision changed.
func (c *comparison) run() []Change {
	steps := []func() error{c.compareTrailer, c.compareCatalog, c.compareForm, c.comparePages, c.compareStructure}
	for _, step := range steps {
		if err := step(); err != nil {
			c.report(Change{Kind: Unreadable, Detail: err.Error()})
		}
	}
	c.leftovers()
	for _, n := range c.conflicts {
		c.report(Change{Kind: Object, Object: n, Detail: "the cross-references place this object twice"})
	}
	return c.found
}

// changedObjects lists the objects that are not what they were. Rewriting an object as it was changes nothing.
// Replacing an object stream changes what earlier revisions say lies in it. It ends early when stop says so.
func changedObjects(old, new *pdf.File, rev *pdf.Revision, packed map[int][]int, stop func() error) map[int]bool {
	out := map[int]bool{}
	for i, e := range rev.Entries {
		if i%256 == 0 && stop() != nil {
			break
		}
		if e.Num == trailerNode {
			continue
		}
		if differs(old, new, e.Num) {
			out[e.Num] = true
			for _, num := range packed[e.Num] {
				if n, ok := new.Lookup(num); ok && n.Kind == pdf.Compressed && int(n.Stream) == e.Num &&
					differs(old, new, num) {
					out[num] = true
				}
			}
		}
	}
	return out
}

func differs(old, new *pdf.File, num int) bool {
	a, b := entryOrFree(old, num), entryOrFree(new, num)
	if a == b && a.Kind != pdf.Compressed {
		return false
	}
	if a.Kind == pdf.Free && b.Kind == pdf.Free {
		return false
	}
	if a.Gen != b.Gen && a.Kind != pdf.Free && b.Kind != pdf.Free {
		return true
	}
	gen := b.Gen
	if b.Kind == pdf.Free {
		gen = a.Gen
	}
	x, errX := old.Get(pdf.Ref{Num: num, Gen: gen})
	y, errY := new.Get(pdf.Ref{Num: num, Gen: gen})
	if errX != nil || errY != nil {
		return true
	}
	if s, ok := y.(*pdf.Stream); ok && new.Work().Scan(s.Length) != nil {
		return true
	}
	return !pdf.Equal(x, y)
}

func entryOrFree(f *pdf.File, num int) pdf.XRefEntry {
	e, _ := f.Lookup(num)
	return e
}

// isNull: absent, null, or a reference to nothing.
func isNull(f *pdf.File, o pdf.Object) bool {
	v, err := f.Resolve(o)
	if err != nil {
		return false
	}
	_, null := v.(pdf.Null)
	return v == nil || null
}

// diffKeys lists the keys whose values are not equal, in the new dictionary's order, then those that are gone. Whoever
// asks looks at each of them in both dictionaries, which is paid for here.
func (c *comparison) diffKeys(old, new pdf.Dict) []pdf.Name {
	was, is := old.Lookup(), new.Lookup()
	listed := map[pdf.Name]bool{}
	var out []pdf.Name
	for _, e := range slices.Concat(new, old) {
		a, b := was(e.Key), is(e.Key)
		if !listed[e.Key] && (a == nil || b == nil || !pdf.Equal(a, b)) {
			listed[e.Key] = true
			out = append(out, e.Key)
		}
	}
	if !c.spend((len(out) + 1) * (len(old) + len(new)) / 4) {
		return nil
	}
	return out
}

// dictOf returns an object as a dictionary in a view, nil if it is none.
func dictOf(f *pdf.File, num int) pdf.Dict {
	d, err := f.Dict(pdf.Ref{Num: num, Gen: entryOrFree(f, num).Gen})
	if err != nil {
		return nil
	}
	return d
}

// explain accounts for the changed objects that are reached from value and from nowhere else: new ones, and old ones
// that only the given place and such objects refer to. On the way it passes through unchanged objects of
// c.graph.through, on the same condition. It reports whether everything changed that is reached is accounted for.
func (c *comparison) explain(value pdf.Object, owners ...edge) bool {
	reached := map[int]bool{}
	var order []int
	collect := func(o pdf.Object) {
		references(o, func(r pdf.Ref) {
			if n := r.Num; !reached[n] && !c.explained[n] && (c.changed[n] || c.graph.through[n]) {
				reached[n] = true
				order = append(order, n)
			}
		})
	}
	collect(value)
	for i := 0; i < len(order); i++ {
		o, err := c.new.Get(pdf.Ref{Num: order[i], Gen: entryOrFree(c.new, order[i]).Gen})
		if err == nil {
			collect(o)
		}
	}
	for dropped := true; dropped; {
		dropped = false
		for _, n := range order {
			if reached[n] && !c.exclusive(n, reached, owners) {
				delete(reached, n)
				dropped = true
			}
		}
	}
	for n := range reached {
		if c.changed[n] {
			c.explained[n] = true
		}
	}
	return !slices.ContainsFunc(order, func(n int) bool { return c.changed[n] && !reached[n] })
}

// exclusive: nothing refers to object n but the reached objects and the owners. A new object may also be referred to by
// other changed objects: what they may do with it is judged with them, while an unchanged one would begin to show it.
func (c *comparison) exclusive(n int, reached map[int]bool, owners []edge) bool {
	if !c.spend(1 + len(c.graph.in[n])) {
		return false
	}
	fresh := isNull(c.old, pdf.Ref{Num: n, Gen: entryOrFree(c.old, n).Gen})
	for _, e := range c.graph.in[n] {
		known := reached[e.from] || slices.Contains(owners, e) || (fresh && c.changed[e.from])
		if !known && !c.graph.dead(e.from) {
			return false
		}
	}
	return true
}

// leftovers reports what no rule explained and something refers to.
func (c *comparison) leftovers() {
	var nums []int
	for n := range c.changed {
		if !c.explained[n] {
			nums = append(nums, n)
		}
	}
	slices.Sort(nums)
	for _, n := range nums {
		if len(c.found) >= maxFound || !c.spend(len(c.graph.in[n])) {
			return
		}
		for _, e := range c.graph.in[n] {
			if (e.from == trailerNode || !c.changed[e.from] || c.explained[e.from]) && !c.graph.dead(e.from) {
				c.report(c.describe(n, e))
				break
			}
		}
	}
}
