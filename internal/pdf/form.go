package pdf

import (
	"fmt"
	"slices"
)

// Form is the interactive form of a file (§12.7.3).
type Form struct {
	Ref    Ref // zero when the dictionary lies directly in the catalogue
	Dict   Dict
	Fields []*Field // all fields of the tree, parents before their kids, in the file's order
	// Repeated are objects that the tree holds more than once; each counts where it is met first.
	Repeated []Ref
}

// Field is a node of the field tree that has a partial name, or a root of it (§12.7.4).
type Field struct {
	Ref     Ref // zero when the dictionary lies directly in its parent's array
	Dict    Dict
	Name    string // fully qualified (§12.7.4.2)
	Type    Name   // FT, inherited
	Value   Object // V, inherited, not resolved; nil when absent
	Parent  *Field
	Kids    []*Field
	Widgets []Widget // its appearances on pages; a field merged with its only widget is its own
}

// Widget is a widget annotation (§12.5.6.19).
type Widget struct {
	Ref  Ref
	Dict Dict
}

// Terminal tells whether the field has no fields below it.
func (fd *Field) Terminal() bool { return len(fd.Kids) == 0 }

// maxFields bounds the nodes of a field tree.
const maxFields = 200_000

// Form reads the field tree; nil when the file has no AcroForm.
func (f document) Form() (*Form, error) {
	_, catalog, err := f.Catalog()
	if err != nil {
		return nil, err
	}
	entry := catalog.Get("AcroForm")
	dict, err := f.Dict(entry)
	if err != nil {
		return nil, fmt.Errorf("AcroForm: %w", err)
	}
	if dict == nil {
		return nil, nil
	}
	form := &Form{Dict: dict}
	form.Ref, _ = entry.(Ref)
	w := &fieldWalk{f: f.File, form: form, seen: map[Ref]bool{}}
	roots, err := f.Array(dict.Get("Fields"))
	if err != nil {
		return nil, fmt.Errorf("AcroForm: %w", err)
	}
	for _, o := range roots {
		if err := w.walk(o, nil, 0); err != nil {
			return nil, fmt.Errorf("AcroForm: %w", err)
		}
	}
	return form, nil
}

type fieldWalk struct {
	f    *File
	form *Form
	seen map[Ref]bool
}

func (w *fieldWalk) walk(o Object, parent *Field, depth int) error {
	if err := w.f.Work().Spend(objectWork); err != nil {
		return err
	}
	ref, _ := o.(Ref)
	if ref != (Ref{}) {
		if w.seen[ref] {
			w.form.Repeated = append(w.form.Repeated, ref)
			return nil
		}
		w.seen[ref] = true
	}
	if depth > w.f.src.lim.MaxDepth || len(w.form.Fields) >= maxFields {
		return fmt.Errorf("%w: the field tree is too deep or too large", ErrMalformed)
	}
	d, err := w.f.Dict(o)
	if err != nil {
		return err
	}
	if d == nil {
		return nil // a reference to nothing
	}
	if parent != nil && !d.Has("T") {
		parent.Widgets = append(parent.Widgets, Widget{ref, d})
		return nil
	}
	field, err := w.field(ref, d, parent)
	if err != nil {
		return err
	}
	kids, err := w.f.Array(d.Get("Kids"))
	if err != nil {
		return err
	}
	for _, k := range kids {
		if err := w.walk(k, field, depth+1); err != nil {
			return err
		}
	}
	if d.Get("Subtype") == Name("Widget") && len(kids) == 0 {
		field.Widgets = append(field.Widgets, Widget{ref, d})
	}
	return nil
}

func (w *fieldWalk) field(ref Ref, d Dict, parent *Field) (*Field, error) {
	field := &Field{Ref: ref, Dict: d, Parent: parent, Value: d.Get("V")}
	name, err := w.f.Resolve(d.Get("T"))
	if err != nil {
		return nil, err
	}
	if s, ok := name.(String); ok {
		field.Name = DecodeText(s)
	}
	ft, err := w.f.Resolve(d.Get("FT"))
	if err != nil {
		return nil, err
	}
	field.Type, _ = ft.(Name)
	if parent != nil {
		parent.Kids = append(parent.Kids, field)
		field.Name = parent.Name + "." + field.Name
		if field.Type == "" {
			field.Type = parent.Type
		}
		if field.Value == nil {
			field.Value = parent.Value
		}
	}
	w.form.Fields = append(w.form.Fields, field)
	return field, nil
}

// Field returns the field of a fully qualified name, or nil.
func (fm *Form) Field(name string) *Field {
	if fm == nil {
		return nil
	}
	for _, fd := range fm.Fields {
		if fd.Name == name {
			return fd
		}
	}
	return nil
}

// maxCertificates bounds the certificates of a signature's Cert.
const maxCertificates = 100

// SubFilterTimestamp is the SubFilter of a document time-stamp (§12.8.5).
const SubFilterTimestamp Name = "ETSI.RFC3161"

// Signature is a signature field's value: a signature or document time-stamp dictionary (§12.8.1).
type Signature struct {
	Field    *Field
	Ref      Ref // of the signature dictionary; zero when it lies directly in the field
	Dict     Dict
	Contents String // with its exact place in the file, delimiters included
	// Certificates are the DER certificates in Cert (§12.8.1), which only adbe.x509.rsa_sha1 has: the signer's first.
	Certificates [][]byte
	ByteRange    []int64 // as written, nil when it is absent or not an array of integers
	Err          error   // why it cannot be read; see File.AllSignatures
}

// Signatures lists the signed signature fields in the order of the field tree. One that cannot be read is an error.
func (f document) Signatures() ([]Signature, error) {
	all, err := f.AllSignatures()
	for _, s := range all {
		if err == nil && s.Err != nil {
			err = fmt.Errorf("signature field %q: %w", s.Field.Name, s.Err)
		}
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}

// AllSignatures is Signatures with those that cannot be read, which have an Err.
func (f document) AllSignatures() ([]Signature, error) {
	form, err := f.Form()
	if err != nil || form == nil {
		return nil, err
	}
	var out []Signature
	for _, fd := range form.Fields {
		if fd.Type != "Sig" || !fd.Terminal() {
			continue
		}
		if s, ok := f.signatureOf(fd); ok {
			out = append(out, s)
		}
	}
	return out, nil
}

// signatureOf reads a field's signature; false where the field has no value, or one that is no dictionary.
func (f document) signatureOf(fd *Field) (Signature, bool) {
	s := Signature{Field: fd}
	s.Ref, _ = fd.Value.(Ref)
	v, err := f.Resolve(fd.Value)
	if err != nil {
		s.Err = err
		return s, true
	}
	d, ok := v.(Dict)
	if !ok {
		return s, false
	}
	s.Dict = d
	contents, err := f.Resolve(d.Get("Contents"))
	if err != nil {
		s.Err = err
		return s, true
	}
	s.Contents, _ = contents.(String)
	s.Certificates = f.certificates(d.Get("Cert"))
	s.ByteRange, s.Err = f.byteRange(d)
	return s, true
}

// certificates reads Cert: a byte string, or an array of them. What cannot be read is left out: who signed is then not
// to be found.
func (f document) certificates(o Object) (out [][]byte) {
	all, err := f.Array(o)
	if err != nil {
		all = Array{o}
	}
	for _, o := range all[:min(len(all), maxCertificates)] {
		if v, err := f.Resolve(o); err == nil {
			if s, ok := v.(String); ok {
				out = append(out, []byte(s.Bytes))
			}
		}
	}
	return out
}

func (f document) byteRange(d Dict) ([]int64, error) {
	arr, err := f.Array(d.Get("ByteRange"))
	if err != nil {
		return nil, err
	}
	var out []int64
	for _, o := range arr {
		n, ok := o.(Integer)
		if !ok {
			return nil, nil
		}
		out = append(out, int64(n))
	}
	return out, nil
}

// SignatureUnder is the name of a signed field that has a widget under the rectangle on one of the pages, or "".
func (f document) SignatureUnder(signatures []Signature, pages []Ref, rect Rect) string {
	for _, s := range signatures {
		for _, w := range s.Field.Widgets {
			r, err := f.ReadRect(w.Dict.Get("Rect"))
			if err != nil || !r.Overlaps(rect) {
				continue
			}
			at, _ := w.Dict.Get("P").(Ref)
			on := func(page Ref) bool { return page == at || f.Shows(page, w.Ref) }
			if slices.ContainsFunc(pages, on) {
				return s.Field.Name
			}
		}
	}
	return ""
}
