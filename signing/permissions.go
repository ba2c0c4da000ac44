package signing

import (
	"errors"
	"fmt"

	"covenant/internal/pdf"
)

// Errors about what earlier signatures permit.
var (
	// ErrCertified: a certifying signature permits no further signatures, or not this one.
	ErrCertified = errors.New("the document's certification does not permit this")
	// ErrLocked: an earlier signature locked the field.
	ErrLocked = errors.New("an earlier signature locked the field")
)

// permissions is what the signatures of a file leave open.
type permissions struct {
	certified Permission // of DocMDP; 0 when the document is not certified
	locked    Permission // the strictest P of the signed fields' locks and of their own DocMDP; 0 for none
	locks     []Lock
}

// readPermissions collects DocMDP (ISO 32000-2 §12.8.2.2) and FieldMDP (§12.8.2.4) restrictions of the signed fields.
func readPermissions(f *pdf.File, signatures []pdf.Signature) (permissions, error) {
	var p permissions
	_, catalog, err := f.Catalog()
	if err != nil {
		return p, err
	}
	perms, err := f.Dict(catalog.Get("Perms"))
	if err != nil {
		return p, err
	}
	certifier, err := f.Dict(perms.Get("DocMDP"))
	if err != nil {
		return p, err
	}
	if certifier != nil {
		p.certified = PermitFilling // the default of P
		err = eachTransform(f, certifier, func(method pdf.Name, params pdf.Dict) {
			if v, ok := params.Get("P").(pdf.Integer); ok && method == "DocMDP" && v >= 1 && v <= 3 {
				p.certified = Permission(v)
			}
		})
		if err != nil {
			return p, err
		}
	}
	for _, s := range signatures {
		if err := p.addLocks(f, s); err != nil {
			return p, fmt.Errorf("signature field %q: %w", s.Field.Name, err)
		}
	}
	return p, nil
}

func (p *permissions) addLocks(f *pdf.File, s pdf.Signature) error {
	lock, err := readLock(f, s.Field.Dict.Get("Lock"))
	if err != nil {
		return err
	}
	if lock != nil {
		p.restrict(lock.Permission)
	}
	return eachTransform(f, s.Dict, func(method pdf.Name, params pdf.Dict) {
		switch v, isInt := params.Get("P").(pdf.Integer); method {
		case "DocMDP": // of an approval signature whose field's lock limits the whole document
			if !isInt || v < 1 || v > 3 {
				v = pdf.Integer(PermitFilling)
			}
			p.restrict(Permission(v))
		case "FieldMDP":
			if l, err := lockOf(f, params); err == nil && l != nil {
				p.locks = append(p.locks, *l)
			}
		}
	})
}

func (p *permissions) restrict(to Permission) {
	if to != 0 && (p.locked == 0 || to < p.locked) {
		p.locked = to
	}
}

// eachTransform calls fn for each signature reference of a signature dictionary (table 256).
func eachTransform(f *pdf.File, sig pdf.Dict, fn func(method pdf.Name, params pdf.Dict)) error {
	refs, err := f.Array(sig.Get("Reference"))
	if err != nil {
		return err
	}
	for _, o := range refs {
		ref, err := f.Dict(o)
		if err != nil {
			return err
		}
		params, err := f.Dict(ref.Get("TransformParams"))
		if err != nil {
			return err
		}
		method, err := f.Resolve(ref.Get("TransformMethod"))
		if err != nil {
			return err
		}
		if name, ok := method.(pdf.Name); ok {
			fn(name, params)
		}
	}
	return nil
}

// readLock reads a field's Lock dictionary (table 236); nil when it has none.
func readLock(f *pdf.File, o pdf.Object) (*Lock, error) {
	d, err := f.Dict(o)
	if err != nil || d == nil {
		return nil, err
	}
	return lockOf(f, d)
}

// lockOf reads a lock or the parameters of FieldMDP. One without an Action, as some programs write for P alone, locks
// no field.
func lockOf(f *pdf.File, d pdf.Dict) (*Lock, error) {
	action, err := f.Resolve(d.Get("Action"))
	if err != nil {
		return nil, err
	}
	name, _ := action.(pdf.Name)
	l := &Lock{Action: LockAction(name)}
	switch l.Action {
	case LockAll, LockInclude, LockExclude, "":
	default:
		return nil, fmt.Errorf("a lock with the unknown action %q", string(name))
	}
	fields, err := f.Array(d.Get("Fields"))
	if err != nil {
		return nil, err
	}
	for _, o := range fields {
		if o, err = f.Resolve(o); err != nil {
			return nil, err
		}
		if s, ok := o.(pdf.String); ok {
			l.Fields = append(l.Fields, pdf.DecodeText(s))
		}
	}
	if v, ok := d.Get("P").(pdf.Integer); ok && v >= 1 && v <= 3 {
		l.Permission = Permission(v)
	}
	return l, nil
}

// mayLock tells whether a new signature may lock what l says: no signature field that is still to be signed.
func mayLock(form *pdf.Form, l *Lock, self string) error {
	if l == nil || form == nil {
		return nil
	}
	for _, fd := range form.Fields {
		if fd.Type == "Sig" && fd.Terminal() && fd.Value == nil && fd.Name != self && l.locks(fd.Name) {
			return fmt.Errorf("the lock would close signature field %q, which is still to be signed: leave it out "+
				"of the lock, or sign it first", fd.Name)
		}
	}
	return nil
}

// maySign tells whether one more signature is permitted in the named field.
func (p permissions) maySign(name string, created, visible, allowNew bool) error {
	if p.certified == PermitNothing || p.locked == PermitNothing {
		return fmt.Errorf("%w: it permits no changes, so no further signature; a document time-stamp and validation "+
			"data may still be added", ErrCertified)
	}
	restricted := p.certified != 0 || p.locked != 0
	if created && visible && restricted && !allowNew {
		return fmt.Errorf("%w: it permits signing existing fields, and a new visible one only with the option "+
			"AllowNewField", ErrCertified)
	}
	for i := range p.locks {
		if p.locks[i].locks(name) {
			return fmt.Errorf("%w: %q", ErrLocked, name)
		}
	}
	return nil
}
