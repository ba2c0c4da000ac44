package signing

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

func text(s string) pdf.String { return pdf.String{Bytes: s} }

// replaced is a stream's update in its old place.
func replaced(u *pdf.Update, n int, s string) { u.Set(ref(n), form(s)) }

// sigWidget adds a widget of a new signature field with an appearance to page 1.
func sigWidget(t testing.TB, u *pdf.Update, name string, extra ...pdf.Entry) pdf.Ref {
	rect := pdf.Array{pdf.Integer(72), pdf.Integer(200), pdf.Integer(172), pdf.Integer(240)}
	w := u.Add(append(annotation("Widget", pdf.Entry{Key: "FT", Value: pdf.Name("Sig")},
		pdf.Entry{Key: "T", Value: text(name)}).With("Rect", rect), extra...))
	addAnnotation(t, u, w)
	return w
}

// structured adds a signature field with its structure element, changed, and the element's key in the parent tree.
func structured(t testing.TB, u *pdf.Update, change func(element *pdf.Dict), key int) {
	w := sigWidget(t, u, "C", pdf.Entry{Key: "StructParent", Value: pdf.Integer(key)})
	addField(t, u, w)
	element := pdf.Dict{{Key: "Type", Value: pdf.Name("StructElem")}, {Key: "S", Value: pdf.Name("Form")},
		{Key: "P", Value: ref(39)}, {Key: "K", Value: pdf.Dict{{Key: "Type", Value: pdf.Name("OBJR")},
			{Key: "Obj", Value: w}, {Key: "Pg", Value: ref(3)}}}}
	change(&element)
	e := u.Add(element)
	u.Set(ref(39), dict(t, u, 39).With("K", pdf.Array{ref(44), e}))
	u.Set(ref(41), pdf.Dict{{Key: "Nums", Value: pdf.Array{pdf.Integer(0), ref(44), pdf.Integer(key), e}}})
	u.Set(ref(29), dict(t, u, 29).With("ParentTreeNextKey", pdf.Integer(key+1)))
}

// outlinesAnew writes the outlines under new numbers, the one entry changed.
func outlinesAnew(t testing.TB, u *pdf.Update, change func(entry *pdf.Dict)) {
	top, item := u.Add(pdf.Dict{}), u.Add(pdf.Dict{})
	entry := dict(t, u, 43).With("Parent", top)
	change(&entry)
	u.Set(item, entry)
	u.Set(top, dict(t, u, 42).With("First", item).With("Last", item))
	u.Set(ref(1), dict(t, u, 1).With("Outlines", top))
}

// habits are what common programs write when they sign, fill in or extend: each was met in files from elsewhere.
var habits = []updateAttack{
	{"value and appearance stream written anew in place", ChangeFormValue, func(t testing.TB, _ *pdf.File,
		u *pdf.Update) {
		u.Set(ref(22), dict(t, u, 22).With("V", text("250")))
		replaced(u, 24, "250")
	}},
	{"field signed, its stream written anew in place", ChangeSignature, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(11), dict(t, u, 11).With("V", u.Add(pdf.Dict{{Key: "Type", Value: pdf.Name("Sig")}})))
		replaced(u, 17, "signed")
	}},
	{"one new font for an appearance and the form", ChangeNewSignature, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		font := u.Add(pdf.Dict{{Key: "Type", Value: pdf.Name("Font")}, {Key: "Encoding", Value: u.Add(pdf.Dict{})}})
		fonts := pdf.Dict{{Key: "Font", Value: pdf.Dict{{Key: "F1", Value: ref(8)}, {Key: "Helv", Value: font}}}}
		ap := form("x")
		ap.Dict = ap.Dict.With("Resources", pdf.Dict{{Key: "Font", Value: pdf.Dict{{Key: "Helv", Value: font}}}})
		w := sigWidget(t, u, "C", pdf.Entry{Key: "AP", Value: pdf.Dict{{Key: "N", Value: u.Add(ap)}}},
			pdf.Entry{Key: "DR", Value: fonts})
		u.Set(w, dict(t, u, w.Num).With("F", pdf.Integer(2))) // hidden until it is signed
		addField(t, u, w)
		u.Set(ref(5), dict(t, u, 5).With("DR", fonts))
	}},
	{"form resource that no field is drawn with replaced", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		dr := dict(t, u, 5).Get("DR").(pdf.Dict)
		u.Set(ref(5), dict(t, u, 5).With("DR", dr.With("XObject", pdf.Dict{{Key: "FRM", Value: u.Add(form("frame"))}})))
	}},
	{"list of annotations under another number", ChangeNewSignature, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		w := u.Add(annotation("Widget", pdf.Entry{Key: "FT", Value: pdf.Name("Sig")},
			pdf.Entry{Key: "T", Value: text("C")}).With("P", ref(30)))
		addField(t, u, w)
		u.Set(ref(30), dict(t, u, 30).With("Annots", u.Add(pdf.Array{w})))
	}},
	{"kids of a new field in an array of its own", ChangeNewSignature, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		w := u.Add(annotation("Widget"))
		field := u.Add(pdf.Dict{{Key: "FT", Value: pdf.Name("Sig")}, {Key: "T", Value: text("C")},
			{Key: "Kids", Value: u.Add(pdf.Array{w})}})
		u.Set(w, dict(t, u, w.Num).With("Parent", field))
		addAnnotation(t, u, w)
		addField(t, u, field)
	}},
	{"extensions in an object", ChangeMetadata, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(1), dict(t, u, 1).With("Extensions", u.Add(pdf.Dict{{Key: "ESIC", Value: pdf.Dict{}}})))
	}},
	{"structure element for a new field", ChangeNewSignature, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		structured(t, u, func(*pdf.Dict) {}, 1)
	}},
	{"outlines under other numbers", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		outlinesAnew(t, u, func(*pdf.Dict) {})
	}},
	{"a program's note in the page tree", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(2), dict(t, u, 2).With("Note", text("5.0.0")))
	}},
}

// TestInnocentHabits: none of them breaks a signature, nor does the next one of the same kind.
func TestInnocentHabits(t *testing.T) {
	b := newAttackBase(t, Options{})
	for _, a := range habits {
		for _, kind := range fileKinds {
			t.Run(a.name+"/"+string(kind), func(t *testing.T) {
				file := update(t, b.file[kind], func(f *pdf.File, u *pdf.Update) { a.do(t, f, u) })
				b.wantPassed(t, file, a.kind)
				b.wantPassed(t, b.stamp(t, file), a.kind)
			})
		}
	}
}

// habitAttacks use the same habits for ill.
var habitAttacks = []updateAttack{
	{"Form/appearance replaced, value kept", ChangeFieldAppearance, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(12), dict(t, u, 12).With("AP", pdf.Dict{{Key: "N", Value: u.Add(form("999"))}}))
	}},
	{"Form/appearance stream overwritten, value kept", "", func(_ testing.TB, _ *pdf.File, u *pdf.Update) {
		replaced(u, 24, "999")
	}},
	{"Form/appearance dictionary overwritten, value kept", "", func(_ testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(23), pdf.Dict{{Key: "N", Value: u.Add(form("999"))}})
	}},
	{"Form/filled in with a stream that the page shows too", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(25), dict(t, u, 25).With("V", text("250")))
		replaced(u, 27, "250")
	}},
	{"Catalogue/extensions under an object that the page uses", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(1), dict(t, u, 1).With("Extensions", ref(9)))
		u.Set(ref(9), dict(t, u, 9).Without("XObject"))
	}},
	{"Structure/element with words", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		structured(t, u, func(e *pdf.Dict) { *e = e.With("ActualText", text("Pay 999")) }, 1)
	}},
	{"Structure/element of another kind", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		structured(t, u, func(e *pdf.Dict) { *e = e.With("S", pdf.Name("P")) }, 1)
	}},
	{"Structure/element for a widget that was there", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		structured(t, u, func(e *pdf.Dict) {
			*e = e.With("K", pdf.Dict{{Key: "Type", Value: pdf.Name("OBJR")}, {Key: "Obj", Value: ref(12)}})
		}, 1)
	}},
	{"Structure/element for marked content", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		structured(t, u, func(e *pdf.Dict) { *e = e.With("K", pdf.Integer(0)) }, 1)
	}},
	{"Structure/a key that is taken", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		structured(t, u, func(*pdf.Dict) {}, 0)
	}},
	{"Structure/an old element gone", ChangeStructure, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(39), dict(t, u, 39).With("K", pdf.Array{}))
	}},
	{"Structure/an old element speaks otherwise", ChangeStructure, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(44), dict(t, u, 44).With("ActualText", text("Pay 999")))
	}},
	{"Structure/the parent tree leads elsewhere", ChangeStructure, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(41), pdf.Dict{{Key: "Nums", Value: pdf.Array{pdf.Integer(0), ref(39)}}})
	}},
	{"Structure/another root", ChangeStructure, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(1), dict(t, u, 1).With("StructTreeRoot", u.Add(dict(t, u, 29).With("RoleMap",
			pdf.Dict{{Key: "Form", Value: pdf.Name("P")}}))))
	}},
	{"Structure/roles mapped otherwise", ChangeStructure, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(29), dict(t, u, 29).With("RoleMap", pdf.Dict{{Key: "Form", Value: pdf.Name("P")}}))
	}},
	{"Outlines/another title", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		outlinesAnew(t, u, func(e *pdf.Dict) { *e = e.With("Title", text("Page three")) })
	}},
	{"Outlines/another page", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		outlinesAnew(t, u, func(e *pdf.Dict) { *e = e.With("Dest", pdf.Array{ref(3), pdf.Name("Fit")}) })
	}},
	{"Outlines/an action", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		outlinesAnew(t, u, func(e *pdf.Dict) {
			*e = e.With("A", u.Add(pdf.Dict{{Key: "S", Value: pdf.Name("JavaScript")}, {Key: "JS", Value: text("x")}}))
		})
	}},
	{"Outlines/written anew by the objects that were there", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(43), dict(t, u, 43).With("Title", text("Page three")))
		u.Set(ref(1), dict(t, u, 1).With("Outlines", u.Add(dict(t, u, 42))))
	}},
	{"Pages/inherited media box", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(2), dict(t, u, 2).With("MediaBox", pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(9),
			pdf.Integer(9)}))
	}},
	{"Pages/a note that refers to something", "", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		u.Set(ref(2), dict(t, u, 2).With("Note", ref(21)))
	}},
	{"Signature/new field over it that names no page", ChangeOverlay, func(t testing.TB, _ *pdf.File, u *pdf.Update) {
		w := sigWidget(t, u, "over")
		u.Set(w, dict(t, u, w.Num).Without("P").With("Rect", dict(t, u, 10).Get("Rect")))
		addField(t, u, w)
	}},
	{"Signature/new field over it that names another page", ChangeOverlay, func(t testing.TB, _ *pdf.File,
		u *pdf.Update) {
		w := sigWidget(t, u, "over")
		u.Set(w, dict(t, u, w.Num).With("P", ref(30)).With("Rect", dict(t, u, 10).Get("Rect")))
		addField(t, u, w)
	}},
}

func TestAttackByHabit(t *testing.T) {
	b := newAttackBase(t, Options{})
	for _, a := range habitAttacks {
		for _, kind := range fileKinds {
			t.Run(a.name+"/"+string(kind), func(t *testing.T) {
				bad := update(t, b.file[kind], func(f *pdf.File, u *pdf.Update) { a.do(t, f, u) })
				b.wantFailed(t, bad, a.kind)
				b.wantFailed(t, b.stamp(t, bad), a.kind)
			})
		}
	}
}

const vriKey = "0123456789ABCDEF0123456789ABCDEF01234567"

// storeSteps are revisions of a DSS, as programs write it whose objects are all indirect.
func storeSteps(t testing.TB, file []byte, later func(u *pdf.Update, store, vri, certs pdf.Ref)) []byte {
	t.Helper()
	var store, vri, certs pdf.Ref
	file = update(t, file, func(_ *pdf.File, u *pdf.Update) {
		certs = u.Add(pdf.Array{u.Add(&pdf.Stream{Dict: pdf.Dict{}, Data: []byte("1")})})
		vri = u.Add(pdf.Dict{{Key: "Type", Value: pdf.Name("VRI")},
			{Key: vriKey, Value: pdf.Dict{{Key: "Cert", Value: certs}}}})
		store = u.Add(pdf.Dict{{Key: "Certs", Value: certs}, {Key: "VRI", Value: vri}})
		u.Set(ref(1), dict(t, u, 1).With("DSS", store))
	})
	return update(t, file, func(_ *pdf.File, u *pdf.Update) { later(u, store, vri, certs) })
}

// TestStoreWrittenAnew: validation data may be added in place or under new numbers; the store takes in nothing else.
func TestStoreWrittenAnew(t *testing.T) {
	b := newAttackBase(t, Options{})
	stm := func(u *pdf.Update) pdf.Ref { return u.Add(&pdf.Stream{Dict: pdf.Dict{}, Data: []byte("2")}) }
	for _, c := range []struct {
		name  string
		ok    bool
		later func(t testing.TB, u *pdf.Update, store, vri, certs pdf.Ref)
	}{
		{"array grows in place", true, func(t testing.TB, u *pdf.Update, _, _, certs pdf.Ref) {
			old, err := u.Get(certs)
			if err != nil {
				t.Fatal(err)
			}
			u.Set(certs, append(slices.Clone(old.(pdf.Array)), stm(u)))
		}},
		{"entry grows in place", true, func(_ testing.TB, u *pdf.Update, _, vri, certs pdf.Ref) {
			u.Set(vri, pdf.Dict{{Key: vriKey, Value: pdf.Dict{{Key: "Cert", Value: certs},
				{Key: "OCSP", Value: pdf.Array{stm(u)}}}}})
		}},
		{"all of it under new numbers, the old freed", true, func(t testing.TB, u *pdf.Update, _, vri, certs pdf.Ref) {
			u.Delete(vri)
			u.Delete(certs)
			u.Set(ref(1), dict(t, u, 1).With("DSS", u.Add(pdf.Dict{{Key: "Certs", Value: pdf.Array{stm(u)}},
				{Key: "VRI", Value: pdf.Dict{{Key: vriKey, Value: pdf.Dict{}}}}})))
		}},
		{"entry removed", true, func(_ testing.TB, u *pdf.Update, _, vri, _ pdf.Ref) { u.Set(vri, pdf.Dict{}) }},
		{"VRI removed", true, func(t testing.TB, u *pdf.Update, store, _, _ pdf.Ref) {
			u.Set(store, dict(t, u, store.Num).Without("VRI"))
		}},
		{"entry with a foreign key", false, func(_ testing.TB, u *pdf.Update, _, vri, _ pdf.Ref) {
			u.Set(vri, pdf.Dict{{Key: vriKey, Value: pdf.Dict{{Key: "Page", Value: pdf.Integer(1)}}}})
		}},
		{"page content in the array", false, func(_ testing.TB, u *pdf.Update, _, _, certs pdf.Ref) {
			u.Set(certs, pdf.Array{ref(4)})
			u.Set(ref(4), content("Pay 999 dong"))
		}},
	} {
		for _, kind := range fileKinds {
			t.Run(c.name+"/"+string(kind), func(t *testing.T) {
				file := storeSteps(t, b.file[kind], func(u *pdf.Update, store, vri, certs pdf.Ref) {
					c.later(t, u,
						store, vri, certs)
				})
				if c.ok {
					b.wantPassed(t, file, ChangeValidationData)
				} else {
					b.wantFailed(t, file, "")
				}
			})
		}
	}
}

// TestSigningKeepsOffEarlierSignatures: what our verifier would call a forgery, we do not make.
func TestSigningKeepsOffEarlierSignatures(t *testing.T) {
	b := newAttackBase(t, Options{})
	for _, kind := range fileKinds {
		over := Options{Field: "C", New: &NewField{Rect: Rect{80, 610, 200, 640}},
			Appearance: &Appearance{Lines: []Line{{Text: "x"}}}}
		if _, _, err := SignBytes(t.Context(), b.file[kind], b.id, over); !errors.Is(err, ErrCovers) {
			t.Errorf("%s: over field A: %v", kind, err)
		}
		over.New.Page = 2
		if _, _, err := SignBytes(t.Context(), b.file[kind], b.id, over); err != nil {
			t.Errorf("%s: on another page: %v", kind, err)
		}
	}
}

// TestSigningLeavesTheFlagsOfASignedForm: of a form without SigFlags that is signed already only the list of fields
// changes.
func TestSigningLeavesTheFlagsOfASignedForm(t *testing.T) {
	id := issue(t, testPKI(t), "An", devpki.Profile{})
	for _, kind := range fileKinds {
		first := sign(t, attackFile(kind, ""), id, Options{Field: "A"})
		bare := update(t, first, func(_ *pdf.File, u *pdf.Update) { u.Set(ref(5), dict(t, u, 5).Without("SigFlags")) })
		f, _ := openSigned(t, sign(t, bare, id, Options{}))
		form, err := f.Form()
		if err != nil {
			t.Fatal(err)
		}
		if form.Dict.Has("SigFlags") || form.Field("Signature1") == nil {
			t.Errorf("%s: %v", kind, form.Dict)
		}
		if f, _ := openSigned(t, first); f != nil {
			if form, err := f.Form(); err != nil || form.Dict.Get("SigFlags") != pdf.Integer(3) {
				t.Errorf("%s: first signature: %v, %v", kind, form.Dict.Get("SigFlags"), err)
			}
		}
	}
}

// TestSigningUnderLooseLocks: a lock without an Action closes no field but limits the document.
func TestSigningUnderLooseLocks(t *testing.T) {
	for p, refused := range map[string]bool{"/P 1": true, "/P 2": false, "/P 3": false, "": false} {
		b := newAttackBase(t, Options{}, "/Lock<</Type/SigFieldLock"+p+">>")
		for _, kind := range fileKinds {
			out, _, err := SignBytes(t.Context(), b.file[kind], b.id, Options{Field: "B"})
			if errors.Is(err, ErrCertified) != refused || (err == nil) == refused {
				t.Errorf("%s %q: %v", kind, p, err)
			}
			if err == nil {
				b.wantPassed(t, out, ChangeSignature)
			}
			visible := Options{Field: "C", New: &NewField{Rect: Rect{80, 10, 200, 40}},
				Appearance: &Appearance{Lines: []Line{{Text: "x"}}}}
			_, _, err = SignBytes(t.Context(), b.file[kind], b.id, visible)
			if errors.Is(err, ErrCertified) != (p != "") {
				t.Errorf("%s %q, new visible field: %v", kind, p, err)
			}
		}
	}
}

// TestFieldsWithValuesThatAreNoSignatures: they count as unsigned and keep nobody from judging the rest.
func TestFieldsWithValuesThatAreNoSignatures(t *testing.T) {
	b := newAttackBase(t, Options{})
	for _, kind := range fileKinds {
		bad := update(t, b.file[kind],
			func(_ *pdf.File, u *pdf.Update) { u.Set(ref(11), dict(t, u, 11).With("V", text("signed!"))) })
		b.wantFailed(t, bad, "")
		if _, r := b.judge(t, bad); len(r.Results) != 1 {
			t.Errorf("%s: %d results", kind, len(r.Results))
		}
	}
	r, err := Verify(t.Context(), bytes.NewReader(b.file[classic]), int64(len(b.file[classic])), VerifyOptions{})
	if err != nil || len(r.Results) != 1 {
		t.Fatal(err)
	}
}
