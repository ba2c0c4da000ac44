package signing

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"time"

	"covenant/signing/internal/pdf"
)

// ChangeKind says what a later revision did.
type ChangeKind string

// The kinds that a signature may permit.
const (
	ChangeValidationData ChangeKind = "validation-data"     // DSS
	ChangeMetadata       ChangeKind = "metadata"            // Info, XMP
	ChangeTimestamp      ChangeKind = "document-timestamp"  // in an existing field or a new one
	ChangeSignature      ChangeKind = "signature"           // an empty signature field was signed
	ChangeNewSignature   ChangeKind = "new-signature-field" // a signature field was added, signed or not
	ChangeFormValue      ChangeKind = "form-value"          // a form field was filled in
)

// The kinds that are never permitted.
const (
	ChangeContent        ChangeKind = "page-content"
	ChangeResource       ChangeKind = "page-resource" // font, image, form on a page
	ChangePage           ChangeKind = "page"          // another property of a page
	ChangePageTree       ChangeKind = "page-tree"     // pages added, removed, moved
	ChangeAnnotation     ChangeKind = "annotation"
	ChangeOverlay        ChangeKind = "overlay" // a new field over an earlier signature
	ChangeField          ChangeKind = "form-field"
	ChangeAppearance     ChangeKind = "signature-appearance"
	ChangeSignatureValue ChangeKind = "signature-value"
	ChangeStructure      ChangeKind = "structure"
	ChangeLayers         ChangeKind = "layers"
	ChangeAction         ChangeKind = "action"
	ChangeCatalog        ChangeKind = "catalog"
	ChangeTrailer        ChangeKind = "trailer"
	ChangeObject         ChangeKind = "object"
	ChangeUnreadable     ChangeKind = "unreadable"
	ChangeTrailing       ChangeKind = "trailing-data"
)

// Modification is one change made after a signature.
type Modification struct {
	Revision  int       // that made it, from 1; 0 for data after the last revision
	Time      time.Time // of that revision, by its own signature or time-stamp; zero if it has none
	Kind      ChangeKind
	Permitted bool   // by the signature that the result is about
	Page      int    // from 1; 0 if none or unknown
	Field     string // full name of the form field concerned
	Key       string // dictionary key concerned
	Object    int    // object number; 0 if none
	Visible   bool   // of a new signature field
	Subtype   string // of an annotation, such as "FreeText"
	Action    ChangeVerb
	Detail    string // technical, English
}

// ChangeVerb says what was done to an annotation or a page's content.
type ChangeVerb string

// The actions; "" where it is not known or goes without saying.
const (
	ActionAdded   ChangeVerb = "added"
	ActionRemoved ChangeVerb = "removed"
	ActionMoved   ChangeVerb = "moved" // in the order of drawing
	ActionChanged ChangeVerb = "changed"
)

// comparison compares a revision with the one before. Everything that differs must be explained by a rule; what is left
// over and can be reached is a modification.
type comparison struct {
	old, new  *pdf.File
	oldForm   *pdf.Form
	newForm   *pdf.Form
	graph     *refGraph // as of new
	pages     map[pdf.Ref]int
	revision  int
	conflicts []int // objects that the revision's cross-references place twice
	changed   map[int]bool
	explained map[int]bool
	added     map[pdf.Ref]bool // widgets of signature fields that are new
	found     []Modification
	signed    map[pdf.Ref]string // signature dictionaries that were there before, by field
}

func (c *comparison) report(m Modification) {
	m.Revision = c.revision
	if !slices.Contains(c.found, m) && len(c.found) < 200 {
		c.found = append(c.found, m)
	}
}

// run returns what the revision changed.
func (c *comparison) run() []Modification {
	steps := []func() error{c.compareTrailer, c.compareCatalog, c.compareForm, c.comparePages}
	for _, step := range steps {
		if err := step(); err != nil {
			c.report(Modification{Kind: ChangeUnreadable, Detail: err.Error()})
		}
	}
	c.leftovers()
	for _, n := range c.conflicts {
		c.report(Modification{Kind: ChangeObject, Object: n, Detail: "the cross-references place this object twice"})
	}
	return c.found
}

// changedObjects lists the objects that are not what they were. Rewriting an object as it was changes nothing. Replacing an
// object stream changes what earlier revisions say lies in it.
// It ends early when stop says so.
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
				if n, ok := new.Lookup(num); ok && n.Kind == pdf.Compressed && int(n.Stream) == e.Num && differs(old, new, num) {
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

// diffKeys lists the keys whose values are not equal, in the new dictionary's order, then those that are gone.
func diffKeys(old, new pdf.Dict) []pdf.Name {
	var out []pdf.Name
	for _, e := range new {
		if v := old.Get(e.Key); (v == nil || !pdf.Equal(v, new.Get(e.Key))) && !slices.Contains(out, e.Key) {
			out = append(out, e.Key)
		}
	}
	for _, e := range old {
		if !new.Has(e.Key) && !slices.Contains(out, e.Key) {
			out = append(out, e.Key)
		}
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

// compareTrailer: same catalogue, same encryption; a new Info dictionary is metadata.
func (c *comparison) compareTrailer() error {
	a, b := c.old.Trailer(), c.new.Trailer()
	for _, key := range []pdf.Name{"Root", "Encrypt"} {
		if !equalOrAbsent(a.Get(key), b.Get(key)) {
			c.report(Modification{Kind: ChangeTrailer, Key: string(key)})
		}
	}
	info := b.Get("Info")
	ref, indirect := info.(pdf.Ref)
	if !pdf.Equal(a.Get("Info"), info) || (indirect && c.changed[ref.Num]) {
		if c.explain(info, edge{trailerNode, "Info"}) {
			c.report(Modification{Kind: ChangeMetadata, Key: "Info"})
		}
	}
	return nil
}

func equalOrAbsent(a, b pdf.Object) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return pdf.Equal(a, b)
}

// compareCatalog: AcroForm, DSS, Metadata, Extensions and Version may change, each by its rules.
func (c *comparison) compareCatalog() error {
	rootRef, newRoot, err := c.new.Catalog()
	if err != nil {
		return err
	}
	_, oldRoot, err := c.old.Catalog()
	if err != nil {
		return err
	}
	c.explained[rootRef.Num] = true
	for _, key := range diffKeys(oldRoot, newRoot) {
		switch key {
		case "AcroForm", "DSS":
		case "Metadata":
		case "Extensions", "MarkInfo":
			c.explain(newRoot.Get(key), edge{rootRef.Num, key})
			c.report(Modification{Kind: ChangeMetadata, Key: string(key)})
		case "Version":
			if v, ok := newRoot.Get(key).(pdf.Name); !ok || len(v) != 3 {
				c.report(Modification{Kind: ChangeCatalog, Key: string(key), Object: rootRef.Num})
			}
		default:
			c.report(Modification{Kind: catalogKind(key), Key: string(key), Object: rootRef.Num})
		}
	}
	c.compareMetadata(rootRef.Num, oldRoot.Get("Metadata"), newRoot.Get("Metadata"))
	return c.compareStore(rootRef.Num, oldRoot.Get("DSS"), newRoot.Get("DSS"))
}

func catalogKind(key pdf.Name) ChangeKind {
	switch key {
	case "Pages":
		return ChangePageTree
	case "OCProperties":
		return ChangeLayers
	case "OpenAction", "AA", "Names", "URI":
		return ChangeAction
	case "StructTreeRoot", "MarkInfo":
		return ChangeStructure
	}
	return ChangeCatalog
}

func (c *comparison) compareMetadata(root int, old, new pdf.Object) {
	ref, ok := new.(pdf.Ref)
	if !ok || (pdf.Equal(old, new) && !c.changed[ref.Num]) {
		if old != nil && new == nil {
			c.report(Modification{Kind: ChangeMetadata, Key: "Metadata"})
		}
		return
	}
	if !c.isXMP(ref) {
		c.report(Modification{Kind: ChangeCatalog, Key: "Metadata", Object: ref.Num, Detail: "the new metadata is not XMP"})
		return
	}
	if c.explain(new, edge{root, "Metadata"}) {
		c.report(Modification{Kind: ChangeMetadata, Key: "Metadata"})
	}
}

// isXMP: a metadata stream with well-formed XML that declares no entities.
func (c *comparison) isXMP(ref pdf.Ref) bool {
	o, err := c.new.Get(ref)
	stm, ok := o.(*pdf.Stream)
	if err != nil || !ok || stm.Dict.Get("Subtype") != pdf.Name("XML") {
		return false
	}
	data, err := c.new.Decode(stm, 4<<20)
	if err != nil {
		return false
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			return true
		}
		if _, directive := token.(xml.Directive); err != nil || directive {
			return false
		}
	}
}

// compareStore: the DSS dictionary (ISO 32000-2 §12.8.4.3) may grow; nothing else may hang on it.
func (c *comparison) compareStore(root int, old, new pdf.Object) error {
	before := len(c.explained)
	if new == nil {
		if old != nil {
			c.report(Modification{Kind: ChangeCatalog, Key: "DSS", Object: root, Detail: "validation data removed"})
		}
		return nil
	}
	c.explain(new, edge{root, "DSS"})
	c.explainStore(new)
	if pdf.Equal(old, new) && len(c.explained) == before {
		return nil
	}
	if detail, err := c.checkStore(old, new); err != nil || detail != "" {
		c.report(Modification{Kind: ChangeCatalog, Key: "DSS", Detail: detail})
		return err
	}
	c.report(Modification{Kind: ChangeValidationData})
	return nil
}

// explainStore accounts for changed arrays and streams below a DSS dictionary that itself is as it was.
func (c *comparison) explainStore(store pdf.Object) {
	ref, _ := store.(pdf.Ref)
	dict, err := c.new.Dict(store)
	if err != nil || ref.Num == 0 {
		return
	}
	for _, e := range dict {
		c.explain(e.Value, edge{ref.Num, e.Key})
	}
}

// checkStore says what is wrong with a new store: a key or a value that has no place there, or an entry of VRI that is not as
// it was. Data that are no longer needed may be left out (EN 319 142-1 §5.4.2).
func (c *comparison) checkStore(old, new pdf.Object) (string, error) {
	a, err := c.old.Dict(old)
	if err != nil {
		return "", err
	}
	b, err := c.new.Dict(new)
	if err != nil {
		return "", err
	}
	for _, e := range b {
		switch e.Key {
		case "Type":
		case "Certs", "OCSPs", "CRLs":
			if !c.streamsOnly(e.Value) {
				return string(e.Key) + " holds something other than streams", nil
			}
		case "VRI":
			if detail, err := c.checkVRI(a.Get("VRI"), e.Value); detail != "" || err != nil {
				return detail, err
			}
		default:
			return "unknown key " + string(e.Key), nil
		}
	}
	if a.Has("VRI") && !b.Has("VRI") {
		return "VRI removed", nil
	}
	return "", nil
}

func (c *comparison) streamsOnly(o pdf.Object) bool {
	arr, err := c.new.Array(o)
	if err != nil {
		return false
	}
	for _, o := range arr {
		ref, ok := o.(pdf.Ref)
		if !ok {
			return false
		}
		v, err := c.new.Get(ref)
		if _, stream := v.(*pdf.Stream); err != nil || !stream {
			return false
		}
	}
	return true
}

func (c *comparison) checkVRI(old, new pdf.Object) (string, error) {
	a, err := c.old.Dict(old)
	if err != nil {
		return "", err
	}
	b, err := c.new.Dict(new)
	if err != nil {
		return "", err
	}
	for _, e := range a {
		ref, _ := e.Value.(pdf.Ref)
		if !pdf.Equal(e.Value, b.Get(e.Key)) || c.changed[ref.Num] {
			return "VRI entry " + string(e.Key) + " changed or removed", nil
		}
	}
	for _, e := range b {
		entry, err := c.new.Dict(e.Value)
		if err != nil || entry == nil || len(e.Key) != 40 {
			return "malformed VRI entry", nil
		}
		for _, k := range entry {
			switch k.Key {
			case "Type", "TU", "TS":
			case "Cert", "OCSP", "CRL":
				if !c.streamsOnly(k.Value) {
					return "a VRI entry holds something other than streams", nil
				}
			default:
				return "unknown key " + string(k.Key) + " in VRI", nil
			}
		}
	}
	return "", nil
}

// explain accounts for the changed objects that are reached from value and from nowhere else: new ones, and old ones that
// only the given place and such objects refer to. It reports whether everything changed that is reached is accounted for.
func (c *comparison) explain(value pdf.Object, owners ...edge) bool {
	reached := map[int]bool{}
	var order []int
	collect := func(o pdf.Object) {
		references(o, func(r pdf.Ref) {
			if c.changed[r.Num] && !c.explained[r.Num] && !reached[r.Num] {
				reached[r.Num] = true
				order = append(order, r.Num)
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
	for {
		dropped := false
		for n := range reached {
			if !c.exclusive(n, reached, owners) {
				delete(reached, n)
				dropped = true
			}
		}
		if !dropped {
			break
		}
	}
	for n := range reached {
		c.explained[n] = true
	}
	return len(reached) == len(order)
}

// exclusive: nothing refers to object n but the reached objects and the owners.
func (c *comparison) exclusive(n int, reached map[int]bool, owners []edge) bool {
	for _, e := range c.graph.in[n] {
		if !reached[e.from] && !slices.Contains(owners, e) {
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
		for _, e := range c.graph.in[n] {
			if e.from == trailerNode || !c.changed[e.from] || c.explained[e.from] {
				c.report(c.describe(n, e))
				break
			}
		}
	}
}

// describe says what an unexplained changed object is to the document.
func (c *comparison) describe(n int, by edge) Modification {
	m := Modification{Kind: ChangeObject, Object: n, Key: string(by.key), Detail: fmt.Sprintf("object %d, referred to as %s of object %d", n, by.key, by.from)}
	for ref, field := range c.signed {
		if ref.Num == n {
			m.Kind, m.Field = ChangeSignatureValue, field
			return m
		}
	}
	switch by.key {
	case "Contents":
		m.Kind = ChangeContent
	case "Font", "FontFile", "FontFile2", "FontFile3", "XObject", "ColorSpace", "Pattern", "Shading", "ExtGState", "Resources",
		"ToUnicode", "DescendantFonts", "FontDescriptor", "Encoding", "CharProcs", "SMask", "Properties":
		m.Kind = ChangeResource
	case "Annots", "Popup", "Parent":
		m.Kind, m.Action = ChangeAnnotation, ActionChanged
		m.Subtype = subtype(dictOf(c.new, n))
	case "Kids", "Pages", "Count":
		m.Kind = ChangePageTree
	case "K", "ParentTree", "StructTreeRoot", "RoleMap", "Nums", "Pg":
		m.Kind = ChangeStructure
	case "OCProperties", "OCGs", "D", "OC":
		m.Kind = ChangeLayers
	case "OpenAction", "A", "AA", "JS", "Names", "JavaScript", "Next":
		m.Kind = ChangeAction
	case "AP", "MK", "V":
		m.Kind = ChangeField
	}
	c.locate(&m, n)
	return m
}

// subtype is what kind of annotation a dictionary is.
func subtype(d pdf.Dict) string {
	name, _ := d.Get("Subtype").(pdf.Name)
	return string(name)
}

// locate finds the page and the field that reach object n.
func (c *comparison) locate(m *Modification, n int) {
	if c.oldForm != nil {
		for _, f := range c.oldForm.Fields {
			for _, w := range f.Widgets {
				if reaches(c.new, w.Dict.Without("P", "Parent", "Popup"), n) {
					m.Field = f.Name
					if f.Type == "Sig" && !isNull(c.old, f.Value) {
						m.Kind = ChangeAppearance
					}
					break
				}
			}
		}
	}
	best := 0
	for ref, number := range c.pages {
		if ref.Num == n || (best == 0 || number < best) && reaches(c.new, dictOf(c.new, ref.Num).Without("Parent"), n) {
			best = number
		}
	}
	m.Page = best
	if best != 0 && m.Kind == ChangeObject {
		m.Kind = ChangeResource
	}
}

// reaches looks for object n below o, without going up to parents and pages; at most 2,000 objects are read.
func reaches(f *pdf.File, o pdf.Object, n int) bool {
	seen := map[int]bool{}
	queue := []pdf.Object{o}
	found := false
	for len(queue) > 0 && len(seen) < 2000 && !found {
		at := queue[0]
		queue = queue[1:]
		references(at, func(r pdf.Ref) {
			found = found || r.Num == n
			if found || seen[r.Num] {
				return
			}
			seen[r.Num] = true
			next, err := f.Get(r)
			if err != nil {
				return
			}
			switch v := next.(type) {
			case pdf.Dict:
				next = v.Without("P", "Parent", "Pg", "Popup", "Dest", "StructParent")
			case *pdf.Stream:
				next = v.Dict
			}
			queue = append(queue, next)
		})
	}
	return found
}
