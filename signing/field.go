package signing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"covenant/internal/pdf"
	"covenant/internal/words"
)

// Errors about signature fields.
var (
	// ErrNoField: the file has no signature field of that name.
	ErrNoField = errors.New("no such signature field")
	// ErrSigned: the field holds a signature already.
	ErrSigned = errors.New("the field is signed already")
	// ErrCovers: a new field would lie over something that an earlier signer saw, as a forgery would. Fields may lie
	// anywhere where they are placed before the first signature.
	ErrCovers = errors.New("the new field would cover what was signed: choose a blank place on the page; it would " +
		"cover")
)

// target is the field that a signature goes into, in the course of one update.
type target struct {
	file  *pdf.File
	u     *pdf.Update
	form  *pdf.Form // nil when the file has none
	field *pdf.Field
	name  string
	page  pdf.Ref  // of a new field
	rect  pdf.Rect // of a new field
	// rotate is how far a new field's page is turned, in degrees: 0, 90, 180 or 270. The appearance is turned along, so
	// that it reads upright.
	rotate int
}

// quarterTurns reads an angle; what is not a multiple of 90 degrees counts as none.
func quarterTurns(o pdf.Object) int {
	n, ok := o.(pdf.Integer)
	if !ok || n%90 != 0 {
		return 0
	}
	return int((n%360 + 360) % 360)
}

// findTarget finds the field to be signed, or checks that it can be created.
func findTarget(f *pdf.File, u *pdf.Update, name string, create *NewField) (*target, error) {
	form, err := f.Form()
	if err != nil {
		return nil, err
	}
	t := &target{file: f, u: u, form: form, name: name}
	if name == "" {
		t.name = freeName(form)
		if create == nil {
			create = &NewField{}
		}
	}
	if field := form.Field(t.name); field != nil {
		if create != nil {
			return nil, fmt.Errorf("a field called %q exists already: sign it without describing a new one, or "+
				"choose another name", t.name)
		}
		return t, t.existing(field)
	}
	if create == nil {
		return nil, fmt.Errorf("%w: %q; %s", ErrNoField, name, listUnsigned(form))
	}
	return t, t.place(create)
}

func freeName(form *pdf.Form) string {
	for i := 1; ; i++ {
		if name := fmt.Sprintf("Signature%d", i); form.Field(name) == nil {
			return name
		}
	}
}

func listUnsigned(form *pdf.Form) string {
	var names []string
	if form != nil {
		for _, fd := range form.Fields {
			if fd.Type == "Sig" && fd.Terminal() && fd.Value == nil {
				names = append(names, fmt.Sprintf("%q", fd.Name))
			}
		}
	}
	if len(names) == 0 {
		return "the file has no unsigned signature field"
	}
	return "unsigned are " + strings.Join(names, ", ")
}

func (t *target) existing(field *pdf.Field) error {
	if field.Type != "Sig" || !field.Terminal() {
		return fmt.Errorf("%w: %q is a field, but not for signatures", ErrNoField, t.name)
	}
	v, err := t.file.Resolve(field.Value)
	if err != nil {
		return err
	}
	if _, null := v.(pdf.Null); v != nil && !null {
		return fmt.Errorf("%w: %q", ErrSigned, t.name)
	}
	if field.Ref == (pdf.Ref{}) {
		return fmt.Errorf("field %q is not an indirect object and cannot be signed", t.name)
	}
	t.field = field
	return nil
}

// place checks a new field's page, rectangle and name.
func (t *target) place(create *NewField) error {
	if strings.Contains(t.name, ".") {
		return fmt.Errorf("a new field's name must not hold a full stop: %q", t.name)
	}
	page, ok, err := t.file.Page(max(create.Page, 1))
	if err == nil && !ok {
		err = fmt.Errorf("the file has no page %d for the new field", max(create.Page, 1))
	}
	if err != nil {
		return err
	}
	t.page = page
	rotate, err := t.file.PageAttribute(page, "Rotate")
	if err != nil {
		return err
	}
	t.rotate = quarterTurns(rotate)
	r := create.Rect
	t.rect = pdf.Rect{X0: min(r.X0, r.X1), Y0: min(r.Y0, r.Y1), X1: max(r.X0, r.X1), Y1: max(r.Y0, r.Y1)}
	if create.Corner == UserSpace {
		return nil
	}
	box, err := t.shownBox()
	if err != nil {
		return err
	}
	if t.rotate%180 == 0 {
		err = onPage(t.rect, box.Width(), box.Height())
	} else {
		err = onPage(t.rect, box.Height(), box.Width())
	}
	if create.Corner == LowerLeft {
		t.rect = fromUpperRight(t.rect, box, (t.rotate+180)%360)
	} else {
		t.rect = fromUpperRight(t.rect, box, t.rotate)
	}
	return err
}

// PlaceError says that a new field would not lie on its page, and how large that is.
type PlaceError struct{ words.Text }

// Error is the English sentence.
func (e *PlaceError) Error() string { return e.English }

// onPage refuses a rectangle, measured from a corner of the page as it is shown, that does not lie on it whole.
func onPage(r pdf.Rect, width, height float64) error {
	const mm, edge = 72 / 25.4, 0.5 // of a point, for what is rounded
	if r.X0 >= -edge && r.Y0 >= -edge && r.X1 <= width+edge && r.Y1 <= height+edge {
		return nil
	}
	return &PlaceError{words.F("chỗ ký nằm ngoài trang, mà trang chỉ có %[1]s; hãy chọn chỗ khác",
		"the signature's place is not on the page, which has %[1]s; choose another place",
		words.Same(fmt.Sprintf("%.0f × %.0f mm", width/mm, height/mm)))}
}

// shownBox is the part of the page that is shown: the CropBox, else the MediaBox (ISO 32000-2 §14.11.2).
func (t *target) shownBox() (pdf.Rect, error) {
	for _, key := range []pdf.Name{"CropBox", "MediaBox"} {
		box, err := t.file.PageAttribute(t.page, key)
		if err != nil {
			return pdf.Rect{}, err
		}
		if box != nil {
			return t.file.ReadRect(box)
		}
	}
	return pdf.Rect{}, errors.New("the page says nothing of its size")
}

// fromUpperRight turns a rectangle measured from the upper right corner of the page as it is shown into user space. A
// page is shown turned clockwise by rotate degrees, so that corner is another one of the box; the lower left one is
// where the upper right one is of a page that is turned by 180 degrees more.
func fromUpperRight(r, box pdf.Rect, rotate int) pdf.Rect {
	switch rotate {
	case 90: // shown left is down, shown down is to the right
		return pdf.Rect{X0: box.X0 + r.Y0, X1: box.X0 + r.Y1, Y0: box.Y1 - r.X1, Y1: box.Y1 - r.X0}
	case 180:
		return pdf.Rect{X0: box.X0 + r.X0, X1: box.X0 + r.X1, Y0: box.Y0 + r.Y0, Y1: box.Y0 + r.Y1}
	case 270:
		return pdf.Rect{X0: box.X1 - r.Y1, X1: box.X1 - r.Y0, Y0: box.Y0 + r.X0, Y1: box.Y0 + r.X1}
	}
	return pdf.Rect{X0: box.X1 - r.X1, X1: box.X1 - r.X0, Y0: box.Y1 - r.Y1, Y1: box.Y1 - r.Y0}
}

// sign gives the field its value and appearance, and makes it a new one where it is.
func (t *target) sign(value pdf.Ref, a *Appearance, create *NewField, lock *Lock) error {
	if t.field != nil {
		return t.signExisting(value, a)
	}
	d := pdf.Dict{
		{Key: "Type", Value: pdf.Name("Annot")},
		{Key: "Subtype", Value: pdf.Name("Widget")},
		{Key: "FT", Value: pdf.Name("Sig")},
		{Key: "T", Value: pdf.TextString(t.name)},
		{Key: "Rect", Value: t.rect.Array()},
		{Key: "F", Value: pdf.Integer(132)}, // print, locked
		{Key: "P", Value: t.page},
		{Key: "V", Value: value},
	}
	if create != nil && create.Tooltip != "" {
		d = d.With("TU", pdf.TextString(create.Tooltip))
	}
	if lock != nil {
		d = d.With("Lock", t.u.Add(lock.dict("SigFieldLock")))
	}
	if !t.rect.Empty() { // an empty rectangle needs no appearance (ISO 19005-2 §6.3.3)
		if t.rotate != 0 {
			d = d.With("MK", pdf.Dict{{Key: "R", Value: pdf.Integer(t.rotate)}})
		}
		ap, err := a.draw(t.u, t.rect.Width(), t.rect.Height(), t.rotate)
		if err != nil {
			return err
		}
		d = d.With("AP", pdf.Dict{{Key: "N", Value: ap}})
	}
	ref := t.u.Add(d)
	if err := t.addToPage(ref); err != nil {
		return err
	}
	return t.addToForm(ref)
}

// dict writes a lock as a dictionary of the given type: SigFieldLock (table 236) or TransformParams (table 259).
func (l *Lock) dict(kind pdf.Name) pdf.Dict {
	d := pdf.Dict{{Key: "Type", Value: kind}, {Key: "Action", Value: pdf.Name(l.Action)}}
	if l.Action != LockAll {
		fields := pdf.Array{}
		for _, f := range l.Fields {
			fields = append(fields, pdf.TextString(f))
		}
		d = d.With("Fields", fields)
	}
	if kind == "TransformParams" {
		return d.With("V", pdf.Name("1.2"))
	}
	if l.Permission != 0 {
		d = d.With("P", pdf.Integer(l.Permission))
	}
	return d
}

// signExisting sets V and the appearances of the field's widgets; everything else of them stays.
func (t *target) signExisting(value pdf.Ref, a *Appearance) error {
	fieldDict := t.field.Dict.Without("V").With("V", value)
	for _, w := range t.field.Widgets {
		d := w.Dict
		if w.Ref == t.field.Ref {
			d = fieldDict
		}
		d, err := t.dress(d, a)
		if err != nil {
			return err
		}
		if w.Ref == t.field.Ref {
			fieldDict = d
		} else if w.Ref != (pdf.Ref{}) {
			t.u.Set(w.Ref, d)
		}
	}
	t.u.Set(t.field.Ref, fieldDict)
	return t.setSigFlags(nil)
}

// dress gives a widget its appearance. An invisible signature leaves an existing one as it is.
func (t *target) dress(d pdf.Dict, a *Appearance) (pdf.Dict, error) {
	if a.empty() && d.Has("AP") {
		return d, nil
	}
	rect, err := t.file.ReadRect(d.Get("Rect"))
	if err != nil {
		return nil, fmt.Errorf("field %q: %w", t.name, err)
	}
	if rect.Empty() {
		return d, nil
	}
	mk, err := t.file.Dict(d.Get("MK"))
	if err != nil {
		return nil, fmt.Errorf("field %q: %w", t.name, err)
	}
	ap, err := a.draw(t.u, rect.Width(), rect.Height(), quarterTurns(mk.Get("R")))
	if err != nil {
		return nil, err
	}
	return d.Without("AS").With("AP", pdf.Dict{{Key: "N", Value: ap}}), nil
}

// addToPage adds a widget to its page's annotations, touching the array alone where it is an object of its own.
func (t *target) addToPage(ref pdf.Ref) error {
	page, err := t.file.Dict(t.page)
	if err != nil {
		return err
	}
	annots, err := t.file.Array(page.Get("Annots"))
	if err != nil {
		return fmt.Errorf("annotations of the page: %w", err)
	}
	annots = append(annots[:len(annots):len(annots)], ref)
	if at, ok := page.Get("Annots").(pdf.Ref); ok {
		if o, err := t.file.Get(at); err != nil {
			return err
		} else if _, isArray := o.(pdf.Array); isArray {
			t.u.Set(at, annots)
			return nil
		}
	}
	t.u.Set(t.page, page.With("Annots", annots))
	return nil
}

// addToForm adds a field to the form, which it creates where there is none.
func (t *target) addToForm(ref pdf.Ref) error {
	if t.form == nil {
		root, catalog, err := t.catalog()
		if err != nil {
			return err
		}
		// An object of its own, so that later signatures need not touch the catalogue.
		form := t.u.Add(pdf.Dict{{Key: "Fields", Value: pdf.Array{ref}}, {Key: "SigFlags", Value: pdf.Integer(3)}})
		t.u.Set(root, catalog.With("AcroForm", form))
		return nil
	}
	fields, err := t.file.Array(t.form.Dict.Get("Fields"))
	if err != nil {
		return err
	}
	fields = append(fields[:len(fields):len(fields)], ref)
	if at, ok := t.form.Dict.Get("Fields").(pdf.Ref); ok {
		if o, err := t.file.Get(at); err != nil {
			return err
		} else if _, isArray := o.(pdf.Array); isArray {
			t.u.Set(at, fields)
			return t.setSigFlags(nil)
		}
	}
	return t.setSigFlags(fields)
}

// catalog is the catalogue as the update leaves it.
func (t *target) catalog() (pdf.Ref, pdf.Dict, error) {
	root, catalog, err := t.file.Catalog()
	if err != nil {
		return root, nil, err
	}
	o, err := t.u.Get(root)
	if err != nil {
		return root, nil, err
	}
	if d, ok := o.(pdf.Dict); ok {
		catalog = d
	}
	return root, catalog, nil
}

// signed tells whether the file has a signature already.
func (t *target) signed() bool {
	return slices.ContainsFunc(t.form.Fields, func(fd *pdf.Field) bool {
		return fd.Type == "Sig" && fd.Terminal() &&
			fd.Value != nil
	})
}

// setSigFlags sets SigFlags to 3 (signatures exist, append only; table 225) and Fields where they change; a form that
// is right already is not touched. Flags that were left out when the file was first signed stay so: some validators
// take adding them for a change of the form.
func (t *target) setSigFlags(fields pdf.Array) error {
	form := t.form.Dict
	flags, _ := form.Get("SigFlags").(pdf.Integer)
	known := flags&3 == 3 || t.signed()
	if known && fields == nil {
		return nil
	}
	if !known {
		form = form.With("SigFlags", flags|3)
	}
	if fields != nil {
		form = form.With("Fields", fields)
	}
	if t.form.Ref != (pdf.Ref{}) {
		t.u.Set(t.form.Ref, form)
		return nil
	}
	root, catalog, err := t.catalog()
	if err != nil {
		return err
	}
	t.u.Set(root, catalog.With("AcroForm", form))
	return nil
}
