package signing

import (
	"fmt"
	"slices"
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
		{"EvilAnnotation/free text", func(t testing.TB, _ *pdf.File, u *pdf.Update) {
			addAnnotation(t, u, u.Add(annotation("FreeText",
				pdf.Entry{Key: "AP", Value: pdf.Dict{{Key: "N", Value: u.Add(form("999"))}}})))
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
