package signing

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"covenant/signing/devpki"
)

// encryptedSigned is a file that qpdf encrypted, with a signature whose value is filled in afterwards: signature values
// are the one kind of string that is not encrypted (ISO 32000-2 §7.6.2).
func encryptedSigned(t *testing.T, id Identity, args ...string) []byte {
	t.Helper()
	const placeholder = "[0 1111111111 2222222222 3333333333]"
	plain := writeFile(classic, map[int]string{
		1:  "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>",
		2:  "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		3:  "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[10 0 R]>>",
		4:  "<</Length 9>>\nstream\nBT (x) ET \nendstream",
		5:  "<</Fields[10 0 R]/SigFlags 3>>",
		7:  "<</Producer(test)>>",
		10: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Chu ky)/Rect[0 0 0 0]/F 132/P 3 0 R/V 11 0 R>>",
		11: "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange" + placeholder +
			"/Contents<" + strings.Repeat("41", handRoom/2) + ">/M(D:20261123120000Z)/Name(Ten)>>",
	})
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, plain, 0o600); err != nil {
		t.Fatal(err)
	}
	tool(t, "qpdf", append(append([]string{"--allow-weak-crypto"}, args...), in, out)...)
	file, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	from := bytes.Index(file, []byte("<"+strings.Repeat("41", 100)))
	at := regexp.MustCompile(`\[ *0 1111111111 2222222222 3333333333 *\]`).FindIndex(file)
	if from < 0 || at == nil {
		t.Fatal("qpdf changed the signature dictionary")
	}
	end := from + handRoom + 2
	copy(file[at[0]:at[1]], fmt.Sprintf("%-*s", at[1]-at[0], fmt.Sprintf("[0 %d %d %d]", from, end, len(file)-end)))
	h := sha256.New()
	h.Write(file[:from])
	h.Write(file[end:])
	text := hex.EncodeToString(handCMS(t, id, h.Sum(nil), handOptions{}))
	copy(file[from+1:], text+strings.Repeat("0", handRoom-len(text)))
	return file
}

func TestVerifyEncrypted(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Mật", devpki.Profile{})
	soft := func(o *VerifyOptions) { o.Revocation = RevocationSoft }
	for _, bits := range [][]string{
		{"--encrypt", "", "owner", "40", "--"},
		{"--encrypt", "", "owner", "128", "--use-aes=n", "--"},
		{"--encrypt", "", "owner", "128", "--use-aes=y", "--"},
		{"--encrypt", "", "owner", "128", "--use-aes=y", "--cleartext-metadata", "--"},
		{"--encrypt", "", "owner", "256", "--"},
	} {
		for _, objects := range []string{"--object-streams=disable", "--object-streams=generate"} {
			t.Run(strings.Join(bits[3:len(bits)-1], " ")+objects, func(t *testing.T) {
				file := encryptedSigned(t, id, append(bits, objects)...)
				r := verify(t, file, p, soft)
				wantAll(t, r, 1, TotalPassed, "")
				if !r.Encrypted || r.Results[0].Field != "Chu ky" || r.Results[0].ClaimedName != "Ten" {
					t.Errorf("field %q, name %q", r.Results[0].Field, r.Results[0].ClaimedName)
				}
				i := bytes.Index(file, []byte("stream"))
				bad := bytes.Clone(file)
				bad[i+10] ^= 1
				if r, err := Verify(t.Context(), bytes.NewReader(bad), int64(len(bad)), VerifyOptions{Roots: p.Roots(),
					Revocation: RevocationSoft}); err == nil && r.Overall() == TotalPassed {
					t.Error("changed content passed")
				}
			})
		}
	}
	t.Run("encryption taken away afterwards", func(t *testing.T) {
		file := appendObject(encryptedSigned(t, id, "--encrypt", "", "owner", "256", "--"), 90, "<<>>")
		r := verify(t, file, p, soft)
		wantAll(t, r, 1, TotalFailed, FormatFailure)
	})
	t.Run("password needed", func(t *testing.T) {
		file := encryptedSigned(t, id, "--encrypt", "secret", "owner", "256", "--")
		_, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)), VerifyOptions{Roots: p.Roots()})
		if !errors.Is(err, ErrPasswordNeeded) {
			t.Errorf("got %v", err)
		}
	})
}
