package signing

import (
	"bytes"
	"crypto/sha256"
	"net/http"
	"strings"
	"testing"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// baseOf is a file as the record that freezes it keeps it.
func baseOf(file []byte) *Base { return &Base{int64(len(file)), sha256.Sum256(file)} }

func (b *attackBase) against(t testing.TB, base *Base, file []byte) *Report {
	t.Helper()
	r, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)), VerifyOptions{
		Roots: b.pki.Roots(), Revocation: RevocationSoft, Base: base,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Whoever signs first may change what nobody has signed yet: the signature is valid, the base says that the text is
// another one. Each attack by an update is tried before the first signature.
func TestFirstSignerChangesTheText(t *testing.T) {
	t.Parallel()
	b := newAttackBase(t, Options{})
	tried := 0
	for _, kind := range fileKinds {
		unsigned := attackFile(kind, "")
		for _, attack := range updateAttacks {
			if len(b.file[kind]) == 0 || attack.onSignature() {
				continue
			}
			tried++
			t.Run(string(kind)+"/"+attack.name, func(t *testing.T) {
				changed := update(t, unsigned, func(f *pdf.File, u *pdf.Update) { attack.do(t, f, u) })
				signed, _, err := SignBytes(t.Context(), changed, b.id, Options{Field: "A"})
				if err != nil {
					t.Skipf("nobody signs such a file: %v", err)
				}
				r := b.against(t, baseOf(unsigned), signed)
				if r.Base.Intact || r.Base.Other || r.Overall() != TotalFailed {
					t.Errorf("base %+v, overall %s", r.Base, r.Overall())
				}
				if text := r.Base.Text(); text.Vietnamese == "" || text.English == "" {
					t.Error("nothing is said about it")
				}
			})
		}
	}
	if tried < 20 {
		t.Errorf("only %d attacks were tried", tried)
	}
}

// onSignature: the attack needs a signature that is there already.
func (a updateAttack) onSignature() bool {
	return strings.Contains(strings.ToLower(a.name), "signature") || a.kind == ChangeSignatureValue ||
		a.kind == ChangeAppearance || a.kind == ChangeOverlay
}

// Signing, extending and time-stamping leave the base as it is; so does nothing at all.
func TestBaseIsWhole(t *testing.T) {
	t.Parallel()
	pki := testPKI(t)
	b := &attackBase{pki: pki, id: issue(t, pki, "Trần Thị B", devpki.Profile{})}
	second := issue(t, pki, "Lê Văn C", devpki.Profile{})
	tsa := &TSA{URLs: []string{pki.TSA()}}
	for _, kind := range fileKinds {
		unsigned := attackFile(kind, "")
		base := baseOf(unsigned)
		if r := b.against(t, base, unsigned); !r.Base.Intact || r.Overall() != Indeterminate {
			t.Errorf("%s: unsigned: base %+v, overall %s", kind, r.Base, r.Overall())
		}
		once := sign(t, unsigned, b.id, Options{Field: "A", Level: BT, TSA: tsa,
			Appearance: &Appearance{Lines: []Line{{Text: "Đã ký"}}}})
		twice := sign(t, once, second, Options{Field: "B", Level: BT, TSA: tsa})
		var lasting bytes.Buffer
		_, err := Extend(t.Context(), bytes.NewReader(twice), int64(len(twice)), &lasting,
			ExtendOptions{TSA: tsa, Validation: &ValidationSource{HTTP: http.DefaultClient}})
		if err != nil {
			t.Fatal(err)
		}
		for name, file := range map[string][]byte{"signed": once, "signed twice": twice, "B-LTA": lasting.Bytes()} {
			if r := b.against(t, base, file); !r.Base.Intact || r.Overall() == TotalFailed {
				t.Errorf("%s, %s: base %+v, overall %s", kind, name, r.Base, r.Overall())
			}
		}
		for name, other := range map[string]*Base{
			"a byte shorter": baseOf(unsigned[:len(unsigned)-6]), "another digest": {base.Size, [32]byte{1}},
			"longer": {base.Size + int64(len(twice)), base.SHA256}, "nothing": {}, "a later version": baseOf(once),
		} {
			if r := b.against(t, other, twice); r.Base.Intact != (name == "a later version") {
				t.Errorf("%s, base %s: %+v", kind, name, r.Base)
			}
		}
	}
}

// A field that the base does not hold is nobody's, signed or not; what stands behind the end is not signing either.
func TestFieldsBesideTheBase(t *testing.T) {
	t.Parallel()
	b := newAttackBase(t, Options{})
	for _, kind := range fileKinds {
		unsigned := attackFile(kind, "")
		box := &NewField{Page: 1, Rect: Rect{80, 10, 200, 40}}
		beside, _, err := SignBytes(t.Context(), unsigned, b.id, Options{Field: "C", New: box})
		if err != nil {
			t.Fatal(err)
		}
		for name, file := range map[string][]byte{
			"new field": beside, "bytes behind the end": append(bytes.Clone(b.file[kind]), "BT (x) Tj ET"...),
		} {
			if r := b.against(t, baseOf(unsigned), file); r.Base.Intact || r.Overall() != TotalFailed {
				t.Errorf("%s, %s: base %+v, overall %s", kind, name, r.Base, r.Overall())
			}
		}
	}
}
