package signing

import (
	"slices"
	"time"

	"covenant/internal/pdf"
	"covenant/signing/internal/diff"
)

// changes compares every revision after the first signature, or after the base, with the one before it, once, and then
// judges the differences: for each signature by what it and the earlier ones permit, for the base by what signing does.
func (v *verification) changes() error {
	base, err := v.base()
	if err != nil || len(v.signed) == 0 && base < 0 {
		return err
	}
	v.trailing()
	for _, s := range v.signed {
		v.readRestrictions(s)
	}
	first, last := v.first(base), len(v.file.Revisions())-1
	var found []Modification
	if first < last || v.report.TrailingData > 0 {
		if found, err = v.compareRevisions(first); err != nil {
			return err
		}
	}
	v.judgeBase(base, found)
	for i, s := range v.signed {
		policy, modified := v.policyFor(i), false
		for _, m := range found {
			if m.Revision != 0 && m.Revision <= s.revision+1 {
				continue
			}
			m.Permitted = policy.permits(&m)
			s.res.Modifications = append(s.res.Modifications, m)
			modified = modified || !m.Permitted
		}
		if modified {
			s.fail(TotalFailed, FormatFailure, Reason{Code: ReasonModified})
		}
	}
	return nil
}

// first is the index of the first revision that something holds for: the base, or the first signature.
func (v *verification) first(base int) int {
	switch {
	case len(v.signed) == 0:
		return base
	case base < 0:
		return v.signed[0].revision
	}
	return min(base, v.signed[0].revision)
}

// judgeSeals takes back what was permitted to a seal over part of a signature where the seal's own certificate leads to
// nobody who is trusted: anybody can draw something like a seal.
func (v *verification) judgeSeals() {
	for _, s := range v.signed {
		for i := range s.res.Modifications {
			m := &s.res.Modifications[i]
			if m.Kind != ChangeOverlay || !m.Permitted || v.trusts(m.Field) {
				continue
			}
			m.Permitted = false
			s.failed = true
			s.res.Indication, s.res.SubIndication = TotalFailed, FormatFailure
			s.res.Reasons = slices.Insert(s.res.Reasons, 0, Reason{Code: ReasonModified})
		}
	}
}

// trusts reports whether the signature in a field is whole and by somebody who leads to a trust anchor.
func (v *verification) trusts(field string) bool {
	return slices.ContainsFunc(v.signed, func(s *signedObject) bool {
		return s.res.Field == field && s.res.Completable()
	})
}

// trailing looks at what follows the last revision.
func (v *verification) trailing() {
	revs := v.file.Revisions()
	end := revs[len(revs)-1].EOF
	if !blank(v.file.ReaderAt(), end, v.file.Size()) {
		v.report.TrailingData = v.file.Size() - end
	}
}

// compareRevisions lists what the revisions after the first signature changed, and what follows the last of them.
func (v *verification) compareRevisions(first int) ([]Modification, error) {
	var found []Modification
	if v.report.TrailingData > 0 {
		found = append(found, Modification{Kind: ChangeTrailing})
	}
	in := diff.Input{File: v.file, First: first, Pages: v.pageOrder, Stop: v.stopped}
	for _, s := range v.signed {
		in.Signed = append(in.Signed, diff.Signed{Ref: s.sig.Ref, Field: s.res.Field, Revision: s.revision})
	}
	changes, err := diff.Analyze(in)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		m := modificationOf(c)
		m.Time = v.revisionTime(c.Revision - 1)
		found = append(found, m)
	}
	return found, nil
}

// revisionTime is when a revision was made, by the signature or time-stamp that it brought.
func (v *verification) revisionTime(i int) time.Time {
	for _, s := range v.signed {
		if s.revision != i {
			continue
		}
		if s.token != nil {
			return s.token.Time
		}
		for _, st := range s.stamps {
			return st.token.Time
		}
		for _, t := range s.res.Times {
			return t.Time
		}
	}
	return time.Time{}
}

// readRestrictions reads what the signature itself restricts: DocMDP and FieldMDP of its Reference array, and the P of
// its field's Lock.
func (v *verification) readRestrictions(s *signedObject) {
	view := v.file.AsOf(s.revision)
	err := eachTransform(view, s.sig.Dict, func(method pdf.Name, params pdf.Dict) {
		switch method {
		case "DocMDP":
			s.res.Certifies = PermitFilling
			if p, ok := params.Get("P").(pdf.Integer); ok && p >= 1 && p <= 3 {
				s.res.Certifies = Permission(p)
			}
		case "FieldMDP":
			if l, err := lockOf(view, params); err == nil {
				s.res.Lock = l
			}
		}
	})
	if err != nil {
		s.format("the signature's Reference cannot be read: %v", err)
	}
	if lock, err := readLock(view, s.sig.Field.Dict.Get("Lock")); err == nil && lock != nil {
		if s.res.Lock == nil {
			s.res.Lock = lock
		} else if s.res.Lock.Permission == 0 {
			s.res.Lock.Permission = lock.Permission
		}
	}
}

// changePolicy is what a signature and those before it leave open.
type changePolicy struct {
	permission Permission // the strictest; 0: none set
	certified  bool       // the document's certification set one
	locks      []*Lock
}

func (v *verification) policyFor(i int) changePolicy {
	var p changePolicy
	for _, s := range v.signed[:i+1] {
		p.restrict(s.res.Certifies)
		p.certified = p.certified || v.certifies(s)
		if s.res.Lock != nil {
			p.restrict(s.res.Lock.Permission)
			p.locks = append(p.locks, s.res.Lock)
		}
	}
	return p
}

// certifies reports whether a signature is the one that certifies the document: the catalogue of the revision that it
// covers names it (ISO 32000-2 §12.8.6), and it is the first. So nobody but its signer can have said so.
func (v *verification) certifies(s *signedObject) bool {
	if s.res.Certifies == 0 || s != v.signed[0] || s.sig.Ref == (pdf.Ref{}) {
		return false
	}
	view := v.file.AsOf(s.revision)
	_, catalog, err := view.Catalog()
	if err != nil {
		return false
	}
	perms, err := view.Dict(catalog.Get("Perms"))
	return err == nil && perms.Get("DocMDP") == s.sig.Ref
}

func (p *changePolicy) restrict(to Permission) {
	if to != 0 && (p.permission == 0 || to < p.permission) {
		p.permission = to
	}
}

// permits applies ISO 32000-2 tables 257 and 237. Validation data and document time-stamps are always permitted (EN 319
// 142-1 §5.5). A new visible signature field is where it was signed in the revision that brought it and lies where
// nothing was painted, or over part of a signature as a seal does; on a document whose author limited changes it is
// not. Annotations that say or mark something may be added where the author certified the document with P = 3, and no
// signature asks for less; what was added is said, since nothing tells a comment from a forged text.
func (p *changePolicy) permits(m *Modification) bool {
	switch m.Kind {
	case ChangeValidationData, ChangeMetadata, ChangeTimestamp:
		return true
	case ChangeNewSignature:
		if m.Visible && (m.Unsigned || m.Over != "") {
			return false
		}
		return p.permission == 0 || (p.permission >= PermitFilling && !m.Visible)
	case ChangeAnnotation:
		return m.Remark && p.certified && p.permission == PermitAnnotations
	case ChangeOverlay: // who applied the seal is looked at when signers have been judged
		return m.Seal && p.permission == 0
	case ChangeSignature, ChangeFormValue:
		if p.permission == PermitNothing {
			return false
		}
		for _, l := range p.locks {
			if l.locks(m.Field) {
				return false
			}
		}
		return true
	}
	return false
}
