package signing

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"covenant/signing/devpki"
)

// signedTwenty is a file of about 300 KB with 20 B-T signatures, validation data and an archive time-stamp.
func signedTwenty(b testing.TB, p *devpki.PKI) []byte {
	b.Helper()
	names := make([]string, 20)
	for i := range names {
		names[i] = fmt.Sprintf("sig%02d", i)
	}
	file := testFile(b, classic, names...)
	for i, n := range names {
		opt := bt(p)
		opt.Field = n
		file = sign(b, file, issue(b, p, fmt.Sprintf("Người %02d", i), devpki.Profile{}), opt)
	}
	return extendTo(b, file, p, BLTA)
}

func BenchmarkVerifyTwentySignatures(b *testing.B) {
	p := testPKI(b)
	file := signedTwenty(b, p)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := Verify(b.Context(), bytes.NewReader(file), int64(len(file)), VerifyOptions{Roots: p.Roots()})
		if err != nil || r.Overall() != TotalPassed {
			b.Fatal(err, r.Overall())
		}
	}
}

// hugeFile is a file with one page and a stream of the given size.
func hugeFile(b testing.TB, size int) []byte {
	b.Helper()
	junk := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	return writeFile(classic, map[int]string{
		1: "<</Type/Catalog/Pages 2 0 R>>",
		2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
		4: fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(junk), junk),
		7: "<</Producer(test)>>",
	})
}

func BenchmarkVerifyBigFile(b *testing.B) {
	p := testPKI(b)
	file := extendTo(b, sign(b, hugeFile(b, 100<<20), issue(b, p, "An", devpki.Profile{}), bt(p)), p, BLT)
	b.Run("verify", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		b.ReportAllocs()
		for b.Loop() {
			r, err := Verify(b.Context(), bytes.NewReader(file), int64(len(file)), VerifyOptions{Roots: p.Roots()})
			if err != nil || r.Overall() != TotalPassed {
				b.Fatal(err)
			}
		}
	})
	b.Run("sha256", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		for b.Loop() {
			sha256.Sum256(file)
		}
	})
}
