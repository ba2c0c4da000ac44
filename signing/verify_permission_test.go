package signing

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// newSignatureField adds an empty or pictured signature field by an update.
func newSignatureField(t testing.TB, u *pdf.Update, visible bool) {
	w := annotation("Widget", pdf.Entry{Key: "FT", Value: pdf.Name("Sig")},
		pdf.Entry{Key: "T", Value: pdf.String{Bytes: "sneaky"}})
	if visible {
		w = w.With("AP", pdf.Dict{{Key: "N", Value: u.Add(form("Pay 999 dong"))}})
	} else {
		w = w.With("Rect", pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(0), pdf.Integer(0)})
	}
	field := u.Add(w)
	addField(t, u, field)
	addAnnotation(t, u, field)
}

// TestAttackOnCertification: what each level of certification permits (ISO 32000-2 table 257), with the attacks on
// certified documents of Rohlmann et al.: evil annotations at P=3, sneaky signatures at P=2.
func TestAttackOnCertification(t *testing.T) {
	changes := []struct {
		name    string
		do      func(t testing.TB, f *pdf.File, u *pdf.Update)
		allowed [4]bool // at P = 0 (approval only), 1, 2, 3
	}{
		{"form filled in", innocents[0].do, [4]bool{true, false, true, true}},
		{"metadata updated", innocents[2].do, [4]bool{true, true, true, true}},
		{"invisible signature field", func(t testing.TB, _ *pdf.File, u *pdf.Update) { newSignatureField(t, u, false) },
			[4]bool{true, false, true, true}},
		{"SneakySignature/visible signature field", func(t testing.TB, _ *pdf.File,
			u *pdf.Update) {
			newSignatureField(t, u, true)
		}, [4]bool{}},
		{"annotation added", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
			addAnnotation(t, u, u.Add(annotation("FreeText",
				pdf.Entry{Key: "AP", Value: pdf.Dict{{Key: "N", Value: u.Add(form("999"))}}})))
		}, [4]bool{false, false, false, true}},
		{"annotation with its window added", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
			window := u.Add(annotation("Popup"))
			note := u.Add(annotation("Highlight", pdf.Entry{Key: "Popup", Value: window}))
			u.Set(window, dict(t, u, window.Num).With("Parent", note))
			addAnnotation(t, u, note)
			addAnnotation(t, u, window)
		}, [4]bool{false, false, false, true}},
		{"EvilAnnotation/with an action", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
			addAnnotation(t, u, u.Add(annotation("FreeText", pdf.Entry{Key: "A",
				Value: pdf.Dict{{Key: "S", Value: pdf.Name("JavaScript")}, {Key: "JS", Value: text("x")}}})))
		}, [4]bool{}},
		{"EvilAnnotation/link", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
			addAnnotation(t, u, u.Add(annotation("Link", pdf.Entry{Key: "Dest", Value: pdf.Array{ref(30)}})))
		}, [4]bool{}},
		{"EvilAnnotation/with the page's own image overwritten", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
			u.Set(ref(15), form(""))
			addAnnotation(t, u, u.Add(annotation("Stamp",
				pdf.Entry{Key: "AP", Value: pdf.Dict{{Key: "N", Value: ref(15)}}})))
		}, [4]bool{}},
		{"EvilAnnotation/an old one removed", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
			page := dict(t, u, 3)
			u.Set(ref(3), page.With("Annots", page.Get("Annots").(pdf.Array)[:4]))
		}, [4]bool{}},
		{"EvilAnnotation/redaction", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
			addAnnotation(t, u,
				u.Add(annotation("Redact")))
		}, [4]bool{}},
		{"content replaced", func(_ testing.TB, _ *pdf.File, u *pdf.Update) { u.Set(ref(4), content("999")) },
			[4]bool{}},
	}
	for p := range Permission(4) {
		b := newAttackBase(t, Options{Certify: p})
		for _, c := range changes {
			for _, kind := range fileKinds {
				t.Run(fmt.Sprintf("P=%d/%s/%s", p, c.name, kind), func(t *testing.T) {
					file := update(t, b.file[kind], func(f *pdf.File, u *pdf.Update) { c.do(t, f, u) })
					res, _ := b.judge(t, file)
					if c.allowed[p] {
						want(t, res, TotalPassed, "")
						said := strings.Contains(res.Explain().English, "annotation")
						if strings.HasPrefix(c.name, "annotation") && !said {
							t.Error("nothing is said of the annotation")
						}
					} else {
						want(t, res, TotalFailed, FormatFailure)
					}
					if res.Certifies != p {
						t.Errorf("certifies %d, want %d", res.Certifies, p)
					}
				})
			}
		}
		for _, kind := range fileKinds {
			t.Run(fmt.Sprintf("P=%d/extended to B-LTA/%s", p, kind), func(t *testing.T) {
				file := extendTo(t, b.file[kind], b.pki, BLTA)
				_, r := b.judge(t, file)
				wantAll(t, r, 2, TotalPassed, "")
			})
			if p == PermitNothing {
				continue
			}
			t.Run(fmt.Sprintf("P=%d/second signature in its field/%s", p, kind), func(t *testing.T) {
				other := issue(t, b.pki, "Người thứ hai", devpki.Profile{})
				opt := bt(b.pki)
				opt.Field = "B"
				_, r := b.judge(t, sign(t, b.file[kind], other, opt))
				wantAll(t, r, 2, TotalPassed, "")
			})
		}
	}
}

// TestAnnotationsThatSomebodyForbids: P = 3 permits annotations only where it is the document's own, and no signature
// asks for less.
func TestAnnotationsThatSomebodyForbids(t *testing.T) {
	annotate := func(t testing.TB, _ *pdf.File, u *pdf.Update) { addAnnotation(t, u, u.Add(annotation("Highlight"))) }
	for _, kind := range fileKinds {
		b := newAttackBase(t, Options{Certify: PermitAnnotations})
		opt := bt(b.pki)
		opt.Field, opt.New = "C", &NewField{}
		opt.Lock = &Lock{Action: LockInclude, Fields: []string{"agree"}, Permission: PermitFilling}
		both := sign(t, b.file[kind], b.id, opt)
		file := update(t, both, func(f *pdf.File, u *pdf.Update) { annotate(t, f, u) })
		_, r := b.judge(t, file)
		want(t, &r.Results[0], TotalPassed, "")
		want(t, &r.Results[1], TotalFailed, FormatFailure)

		loose := newAttackBase(t, Options{}, "/Lock<</Type/SigFieldLock/Action/Include/Fields[(agree)]/P 3>>")
		file = update(t, loose.file[kind], func(f *pdf.File, u *pdf.Update) { annotate(t, f, u) })
		loose.wantFailed(t, file, ChangeAnnotation)
	}
}

// TestAttackOnLockedFields: a field that a signature locked stays as it is (ISO 32000-2 §12.8.2.4).
func TestAttackOnLockedFields(t *testing.T) {
	for _, c := range []struct {
		name, lock string
		ok         bool
	}{
		{"this one", "/Lock<</Type/SigFieldLock/Action/Include/Fields[(amount)]>>", false},
		{"another", "/Lock<</Type/SigFieldLock/Action/Include/Fields[(agree)]>>", true},
		{"all but this one", "/Lock<</Type/SigFieldLock/Action/Exclude/Fields[(amount)(B)]>>", true},
		{"all but another", "/Lock<</Type/SigFieldLock/Action/Exclude/Fields[(agree)(B)]>>", false},
		{"another, and no more changes", "/Lock<</Type/SigFieldLock/Action/Include/Fields[(agree)]/P 1>>", false},
		{"another, and only forms", "/Lock<</Type/SigFieldLock/Action/Include/Fields[(agree)]/P 2>>", true},
	} {
		b := newAttackBase(t, Options{}, c.lock)
		for _, kind := range fileKinds {
			t.Run(c.name+"/"+string(kind), func(t *testing.T) {
				file := update(t, b.file[kind], func(f *pdf.File, u *pdf.Update) { innocents[0].do(t, f, u) })
				res, _ := b.judge(t, file)
				if c.ok {
					want(t, res, TotalPassed, "")
				} else {
					want(t, res, TotalFailed, FormatFailure)
				}
			})
		}
	}
}

// TestAttackThroughFields: a field that shows somebody else's signature, and a signature taken over by an attacker's
// field.
func TestAttackThroughFields(t *testing.T) {
	b := newAttackBase(t, Options{})
	for _, kind := range fileKinds {
		t.Run("second field with the same value/"+string(kind), func(t *testing.T) {
			file := update(t, b.file[kind], func(_ *pdf.File, u *pdf.Update) {
				u.Set(ref(11), dict(t, u, 11).With("V", dict(t, u, 10).Get("V")))
			})
			_, r := b.judge(t, file)
			if i := slices.IndexFunc(r.Results, func(res Result) bool { return res.Field == "B" }); i < 0 ||
				r.Results[i].Indication == TotalPassed {
				t.Errorf("field B: %+v", r.Results)
			}
		})
		t.Run("signature hung into a new field/"+string(kind), func(t *testing.T) {
			file := update(t, b.file[kind], func(_ *pdf.File, u *pdf.Update) {
				w := annotation("Widget", pdf.Entry{Key: "FT", Value: pdf.Name("Sig")},
					pdf.Entry{Key: "T", Value: pdf.String{Bytes: "stolen"}},
					pdf.Entry{Key: "V", Value: dict(t, u, 10).Get("V")})
				field := u.Add(w)
				addField(t, u, field)
				addAnnotation(t, u, field)
			})
			_, r := b.judge(t, file)
			for _, res := range r.Results {
				if res.Field == "stolen" && res.Indication == TotalPassed {
					t.Error("the stolen signature passed")
				}
			}
		})
	}
}
