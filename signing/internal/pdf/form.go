package pdf

import (
	"fmt"
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
func (f *File) Form() (*Form, error) {
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
	w := &fieldWalk{f: f, form: form, seen: map[Ref]bool{}}
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

// Signature is a signature field's value: a signature or document time-stamp dictionary (§12.8.1).
type Signature struct {
	Field     *Field
	Ref       Ref // of the signature dictionary; zero when it lies directly in the field
	Dict      Dict
	Contents  String  // with its exact place in the file, delimiters included
	ByteRange []int64 // as written, nil when it is absent or not an array of integers
}

// Signatures lists the signed signature fields in the order of the field tree.
func (f *File) Signatures() ([]Signature, error) {
	form, err := f.Form()
	if err != nil || form == nil {
		return nil, err
	}
	var out []Signature
	for _, fd := range form.Fields {
		if fd.Type != "Sig" || !fd.Terminal() {
			continue
		}
		v, err := f.Resolve(fd.Value)
		if err != nil {
			return nil, fmt.Errorf("signature field %q: %w", fd.Name, err)
		}
		d, ok := v.(Dict)
		if !ok {
			continue // no value, or one that is no signature
		}
		s := Signature{Field: fd, Dict: d}
		s.Ref, _ = fd.Value.(Ref)
		contents, err := f.Resolve(d.Get("Contents"))
		if err != nil {
			return nil, fmt.Errorf("signature field %q: %w", fd.Name, err)
		}
		s.Contents, _ = contents.(String)
		if s.ByteRange, err = f.byteRange(d); err != nil {
			return nil, fmt.Errorf("signature field %q: %w", fd.Name, err)
		}
		out = append(out, s)
	}
	return out, nil
}

func (f *File) byteRange(d Dict) ([]int64, error) {
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
