package signing

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"covenant/signing/devpki"
)

// TestDamagedCrossReferences: what readers open by searching for objects is judged too, but never passes.
func TestDamagedCrossReferences(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "An", devpki.Profile{})
	soft := VerifyOptions{Roots: p.Roots(), Revocation: RevocationSoft}
	signed := handSigned(t, id, handOptions{lost: true})
	check := func(file []byte, ind Indication, sub SubIndication) *Result {
		t.Helper()
		r, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)), soft)
		if err != nil {
			t.Fatal(err)
		}
		wantAll(t, r, 1, ind, sub)
		return &r.Results[0]
	}
	res := check(signed, Indeterminate, SigConstraintsFailure)
	if !res.Intact() || res.Reasons[0].Code != ReasonDamaged || !strings.Contains(res.Explain().In(Vietnamese),
		"bị hỏng") {
		t.Errorf("%v, %+v", res.Intact(), res.Reasons)
	}
	if res := check(bytes.Replace(signed, []byte("BT (x) ET"), []byte("BT (y) ET"), 1), TotalFailed,
		HashFailure); res.Intact() {
		t.Error("tampered with, and intact")
	}
	check(append(bytes.Clone(signed), "\n4 0 obj\n<</Length 9>>\nstream\nBT (z) ET\nendstream\nendobj\n"...),
		TotalFailed, FormatFailure)
	if _, _, err := SignBytes(t.Context(), signed, id, Options{}); err == nil || !strings.Contains(err.Error(),
		"damaged") {
		t.Errorf("signed: %v", err)
	}
}

// TestDamagedEnd: a sound signed revision with something broken after it.
func TestDamagedEnd(t *testing.T) {
	b := newAttackBase(t, Options{})
	for _, kind := range fileKinds {
		for name, tail := range map[string]string{
			"cut off":            "4 0 obj\n<</Length 9>>\nstream\nBT (z) ET\nendstream\nendobj\nxref\n4 1\n",
			"no end mark":        "4 0 obj\n<<>>\nendobj\ntrailer\n<</Root 1 0 R>>\nstartxref\n12\n",
			"leads nowhere":      "4 0 obj\n<<>>\nendobj\ntrailer\n<</Root 1 0 R>>\nstartxref\n12\n%%EOF\n",
			"no section":         "4 0 obj\n<<>>\nendobj\nstartxref\n99999999\n%%EOF\n",
			"in a circle":        "xref\n0 0\ntrailer\n<</Size 60/Root 1 0 R/Prev @>>\nstartxref\n@\n%%EOF\n",
			"a catalogue hidden": "1 0 obj\n<</Type/Catalog/Pages 30 0 R>>\nendobj\n",
		} {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				at := strconv.Itoa(len(b.file[kind]))
				bad := append(bytes.Clone(b.file[kind]), strings.ReplaceAll(tail, "@", at)...)
				b.wantFailed(t, bad, ChangeTrailing)
				if res, _ := b.judge(t, bad); !res.Intact() {
					t.Error("the signed part is intact")
				}
				var out bytes.Buffer
				if err := ExtractRevision(bytes.NewReader(bad), int64(len(bad)), 2, &out); err != nil ||
					!bytes.Equal(out.Bytes(), b.file[kind]) {
					t.Errorf("what was signed: %v, %d of %d bytes", err, out.Len(), len(b.file[kind]))
				}
			})
		}
		t.Run("startxref changed/"+string(kind), func(t *testing.T) {
			bad := bytes.Clone(b.file[kind])
			copy(bad[bytes.LastIndex(bad, []byte("startxref"))+10:], "9")
			cutShort := bad[:len(bad)-8]
			for _, file := range [][]byte{bad, cutShort} {
				if res, _ := b.judge(t, file); res == nil || res.Indication != TotalFailed {
					t.Errorf("%+v", res)
				}
			}
		})
	}
}

// TestUnreadableSignature: one damaged signature dictionary does not hide the others.
func TestUnreadableSignature(t *testing.T) {
	b := newAttackBase(t, Options{})
	file := sign(t, b.file[classic], b.id, bField(b))
	bad := bytes.Replace(file, []byte("/SubFilter/ETSI.CAdES.detached"), []byte("/SubFilter ETSI.CAdES.detached"), 1)
	_, r := b.judge(t, bad)
	if r == nil || len(r.Results) != 2 || r.Results[0].Indication != TotalFailed {
		t.Fatalf("%+v", r)
	}
	if !strings.Contains(r.Results[0].Reasons[0].Detail, "cannot be read") {
		t.Errorf("%+v", r.Results[0].Reasons)
	}
}

func bField(b *attackBase) Options {
	opt := bt(b.pki)
	opt.Field = "B"
	return opt
}
