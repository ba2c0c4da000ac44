package signing

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// FuzzVerify: any bytes end in a report or an error. The bytes are an update appended to a signed file, or a whole
// file.
func FuzzVerify(f *testing.F) {
	p, err := devpki.Open("", devpki.Options{})
	if err != nil {
		f.Fatal(err)
	}
	id := issue(f, p, "Fuzz", devpki.Profile{})
	signed := map[fileKind][]byte{}
	for _, k := range fileKinds {
		signed[k] = sign(f, attackFile(k, ""), id, Options{Field: "A"})
		f.Add(signed[k], false)
	}
	for _, a := range updateAttacks {
		file := update(f, signed[classic], func(file *pdf.File, u *pdf.Update) { a.do(f, file, u) })
		f.Add(file[len(signed[classic]):], true)
	}
	f.Fuzz(func(t *testing.T, data []byte, appended bool) {
		if appended {
			data = append(bytes.Clone(signed[classic]), data...)
		}
		r, err := Verify(t.Context(), bytes.NewReader(data), int64(len(data)), VerifyOptions{Roots: p.Roots(),
			Revocation: RevocationSoft})
		if err != nil {
			return
		}
		if err := r.WriteText(io.Discard, Vietnamese); err != nil {
			t.Error(err)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
		for i := range r.Results {
			if res := &r.Results[i]; res.Indication != TotalPassed && len(res.Reasons) == 0 {
				t.Errorf("%s without a reason", res.Indication)
			}
		}
	})
}
