package signing

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"image"
	"image/color"
	"image/png"
	"math/big"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

// FuzzPKCS12 opens any file as keys with any password: it ends in an identity whose certificate is its key's, or in an
// error.
func FuzzPKCS12(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	self := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, self, self, key.Public(), key)
	if err != nil {
		f.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		f.Fatal(err)
	}
	file, err := devpki.EncodePKCS12(devpki.Identity{Signer: key, Certificate: cert}, "pin")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file, "pin")
	f.Add(file, "")
	f.Add(file[:len(file)/2], "pin")
	f.Add([]byte{0x30, 0x80}, "pin")
	f.Fuzz(func(t *testing.T, data []byte, password string) {
		if len(data) > 8<<10 || !modestIterations(data, 5000, 0) {
			t.Skip()
		}
		id, err := LoadPKCS12(data, password)
		if err == nil && (id.Signer == nil || id.Certificate == nil || id.check() != nil) {
			t.Errorf("%+v", id)
		}
	})
}

// FuzzPicture takes any bytes for the picture of a signature.
func FuzzPicture(f *testing.F) {
	img := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	img.Set(1, 1, color.NRGBA{200, 0, 0, 128})
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Add(out.Bytes()[:40])
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		plain := testFile(t, classic)
		file, err := pdf.Open(bytes.NewReader(plain), int64(len(plain)), pdf.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		u := pdf.NewUpdate(file)
		ref, size, err := addImage(u, data)
		if err == nil && (ref.Num == 0 || size.X <= 0 || size.Y <= 0 || size.X*size.Y > maxPixels) {
			t.Errorf("%v, %v", ref, size)
		}
	})
}

// A file that asks for endless work to derive a key is refused before any of it is done.
func TestPKCS12AsksForEndlessWork(t *testing.T) {
	integer := func(n int64) func(*cryptobyte.Builder) { return func(b *cryptobyte.Builder) { b.AddASN1Int64(n) } }
	octets := func(b *cryptobyte.Builder) { b.AddASN1OctetString([]byte("saltsalt")) }
	seq := func(parts ...func(*cryptobyte.Builder)) func(*cryptobyte.Builder) {
		return func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, part := range parts {
					part(b)
				}
			})
		}
	}
	within := func(part func(*cryptobyte.Builder)) func(*cryptobyte.Builder) {
		return func(b *cryptobyte.Builder) { b.AddASN1(cbasn1.OCTET_STRING, part) }
	}
	for name, c := range map[string]struct {
		file    func(*cryptobyte.Builder)
		endless bool
	}{
		"of a MAC": {seq(integer(3), seq(), seq(seq(), octets, integer(1<<31-1))), true},
		"of a PBE": {seq(integer(3), seq(within(seq(seq(seq(octets, integer(6_000_000))))))), true},
		"beyond all numbers": {seq(octets, func(b *cryptobyte.Builder) {
			b.AddASN1BigInt(new(big.Int).Lsh(big.NewInt(1),
				200))
		}), true},
		"a million":      {seq(integer(3), seq(), seq(seq(), octets, integer(1_000_000))), false},
		"another number": {seq(integer(1<<40), octets), false},
	} {
		b := cryptobyte.NewBuilder(nil)
		c.file(b)
		if _, err := LoadPKCS12(b.BytesOrPanic(), "x"); err == nil || strings.Contains(err.Error(),
			"iterations") != c.endless {
			t.Errorf("%s: %v", name, err)
		}
	}
}
