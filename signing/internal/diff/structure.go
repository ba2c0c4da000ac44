package diff

import (
	"slices"

	"covenant/internal/pdf"
)

// structure compares the structure trees (ISO 32000-2 §14.7) of tagged files. Whoever signs such a file in a new field
// adds a structure element for its widget (§14.8.4.8.2: Form, whose only kid refers to the widget), and an entry of the
// parent tree that leads from the widget to the element. Nothing else may be added, since readers aloud speak by the
// tree; nothing that was there may change.
type structure struct {
	*comparison
	elements map[pdf.Ref]bool // new ones that are of that kind
	next     int64            // the first key of the parent tree that is not taken
}

// compareStructure explains the objects of the structure tree that grew so. What it does not explain is left over and
// reported.
func (c *comparison) compareStructure() error {
	s := &structure{comparison: c, elements: map[pdf.Ref]bool{}}
	if !s.openChanges() {
		return nil
	}
	_, oldRoot, err := c.old.Catalog()
	if err != nil {
		return err
	}
	ref, ok := oldRoot.Get("StructTreeRoot").(pdf.Ref)
	if !ok {
		return nil
	}
	old, new := dictOf(c.old, ref.Num), dictOf(c.new, ref.Num)
	if old == nil || new == nil {
		return nil
	}
	s.next = s.firstFree(old.Get("ParentTree"), 0)
	if n, ok := old.Get("ParentTreeNextKey").(pdf.Integer); ok {
		s.next = max(s.next, int64(n))
	}
	kids := s.kidsGrew(old.Get("K"), new.Get("K"))
	s.growElements()
	numbers := s.numbersGrew(old.Get("ParentTree"), new.Get("ParentTree"), 0)
	if c.changed[ref.Num] && kids && numbers && s.rootKeys(old, new) {
		c.explained[ref.Num] = true
	}
	return nil
}

// openChanges: something that was there before has changed and is not explained yet.
func (s *structure) openChanges() bool {
	for n := range s.changed {
		if !s.explained[n] && !isNull(s.old, pdf.Ref{Num: n, Gen: entryOrFree(s.old, n).Gen}) {
			return true
		}
	}
	return false
}

// rootKeys: of the root only what grows differs.
func (s *structure) rootKeys(old, new pdf.Dict) bool {
	for _, key := range s.diffKeys(old, new) {
		switch key {
		case "K":
		case "ParentTree":
			if ref, ok := new.Get(key).(pdf.Ref); ok && old.Has(key) || ok && !isNull(s.old, ref) {
				return false
			}
		case "ParentTreeNextKey":
			if n, ok := new.Get(key).(pdf.Integer); !ok || int64(n) < s.next {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// growElements explains structure elements, and lists of kids that are objects of their own, that got new elements.
func (s *structure) growElements() {
	var open []int
	for n := range s.changed {
		if !s.explained[n] {
			open = append(open, n)
		}
	}
	slices.Sort(open)
	for _, n := range open {
		was, errWas := s.old.Get(pdf.Ref{Num: n, Gen: entryOrFree(s.old, n).Gen})
		is, errIs := s.new.Get(pdf.Ref{Num: n, Gen: entryOrFree(s.new, n).Gen})
		if errWas != nil || errIs != nil {
			continue
		}
		switch was := was.(type) {
		case pdf.Array:
			if isArray(is) && s.onlyBy(n, "K") && s.kidsGrew(was, is) {
				s.explained[n] = true
			}
		case pdf.Dict:
			is, ok := is.(pdf.Dict)
			if ok && was.Has("S") && was.Has("P") && slices.Equal(s.diffKeys(was, is), []pdf.Name{"K"}) &&
				s.kidsGrew(was.Get("K"), is.Get("K")) {
				s.explained[n] = true
			}
		}
	}
}

// kidsGrew: the old kids are all there, first and in order, and those that follow are new elements.
func (s *structure) kidsGrew(old, new pdf.Object) bool {
	a, okA := kidsOf(s.old, old)
	b, okB := kidsOf(s.new, new)
	if !okA || !okB || len(a) > len(b) || !s.spend(len(b)) || !slices.EqualFunc(a, b[:len(a)], pdf.Equal) {
		return false
	}
	for _, o := range b[len(a):] {
		if !s.newElement(o) {
			return false
		}
	}
	return true
}

// kidsOf are the kids in a K: an array of them, or one.
func kidsOf(f *pdf.File, k pdf.Object) (pdf.Array, bool) {
	v, err := f.Resolve(k)
	if err != nil {
		return nil, false
	}
	if arr, ok := v.(pdf.Array); ok {
		return arr, true
	}
	if isNull(f, k) {
		return nil, true
	}
	return pdf.Array{k}, true
}

// newElement: an object that was not there, of type Form, for a widget of a new signature field. It holds no words.
func (s *structure) newElement(o pdf.Object) bool {
	ref, ok := o.(pdf.Ref)
	if !ok || !isNull(s.old, ref) || !s.onlyBy(ref.Num, "K", "Nums", "ParentTree", "") {
		return false
	}
	d := dictOf(s.new, ref.Num)
	if d.Get("S") != pdf.Name("Form") || !onlyKeys(d, "Type", "S", "P", "Pg", "K", "ID") {
		return false
	}
	kids, ok := kidsOf(s.new, d.Get("K"))
	if !ok || len(kids) != 1 {
		return false
	}
	objr, err := s.new.Dict(kids[0])
	widget, isRef := objr.Get("Obj").(pdf.Ref)
	if err != nil || !isRef || !s.added[widget] || objr.Get("Type") != pdf.Name("OBJR") ||
		!onlyKeys(objr, "Type", "Obj", "Pg") {
		return false
	}
	s.elements[ref], s.explained[ref.Num] = true, true
	return s.explain(d.Get("K"), edge{ref.Num, "K"})
}

func onlyKeys(d pdf.Dict, keys ...pdf.Name) bool {
	return !slices.ContainsFunc(d, func(e pdf.Entry) bool { return !slices.Contains(keys, e.Key) })
}

// maxTreeDepth bounds a number tree.
const maxTreeDepth = 30

// firstFree is one more than the largest key of a number tree (§7.9.7) as it was.
func (s *structure) firstFree(node pdf.Object, depth int) int64 {
	d, err := s.old.Dict(node)
	if err != nil || d == nil || depth > maxTreeDepth || !s.spend(1+len(d)) {
		return 0
	}
	var free int64
	nums, _ := s.old.Array(d.Get("Nums"))
	for i := 0; i+1 < len(nums); i += 2 {
		if k, ok := nums[i].(pdf.Integer); ok {
			free = max(free, int64(k)+1)
		}
	}
	kids, _ := s.old.Array(d.Get("Kids"))
	for _, kid := range kids {
		free = max(free, s.firstFree(kid, depth+1))
	}
	return free
}

// numbersGrew explains the nodes of the parent tree that got entries for new elements, under keys that were free.
func (s *structure) numbersGrew(old, new pdf.Object, depth int) bool {
	a, errA := s.old.Dict(old)
	b, errB := s.new.Dict(new)
	if errA != nil || errB != nil || depth > maxTreeDepth || a != nil && b == nil || !s.spend(1+len(a)+len(b)) {
		return false
	}
	if b == nil {
		return true
	}
	if !onlyKeys(b, "Type", "Nums", "Kids", "Limits") || !equalOrAbsent(a.Get("Kids"), b.Get("Kids")) ||
		s.rewritten(b.Get("Kids")) {
		return false
	}
	nums, grew := s.entriesGrew(a.Get("Nums"), b.Get("Nums"))
	if !grew {
		return false
	}
	kids, err := s.new.Array(b.Get("Kids"))
	if err != nil {
		return false
	}
	for _, kid := range kids {
		if !s.numbersGrew(kid, kid, depth+1) {
			return false
		}
	}
	if ref, ok := new.(pdf.Ref); ok && s.onlyBy(ref.Num, "ParentTree", "Kids") {
		s.explained[ref.Num] = true
	}
	if nums != 0 && s.onlyBy(nums, "Nums") {
		s.explained[nums] = true
	}
	return true
}

// entriesGrew: the old entries first, then new elements under free keys. num is the list's own object, 0 if it has
// none.
func (s *structure) entriesGrew(old, new pdf.Object) (num int, ok bool) {
	a, errA := s.old.Array(old)
	b, errB := s.new.Array(new)
	if errA != nil || errB != nil || len(a) > len(b) || len(b)%2 != 0 || !s.spend(len(b)) ||
		!slices.EqualFunc(a, b[:len(a)], pdf.Equal) {
		return 0, false
	}
	for i := len(a); i < len(b); i += 2 {
		key, isInt := b[i].(pdf.Integer)
		element, isRef := b[i+1].(pdf.Ref)
		if !isInt || !isRef || int64(key) < s.next || !s.elements[element] {
			return 0, false
		}
		s.next = int64(key) + 1
	}
	if ref, isRef := new.(pdf.Ref); isRef {
		num = ref.Num
	}
	return num, true
}
