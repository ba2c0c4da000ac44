package signing

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/digitorus/pdf"
	oldsign "github.com/digitorus/pdfsign/sign"

	"covenant/signing/devpki"
)

// benchFile is a file of about size bytes with 300 objects, most of its bytes in streams as in a document with
// pictures.
func benchFile(tb testing.TB, size int) []byte {
	tb.Helper()
	objects := map[int]string{
		1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>",
		2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Annots[10 0 R]>>",
		5: "<</Fields[10 0 R]/SigFlags 3>>",
		7: "<</Producer(test)>>",
		// the field to be signed
		10: "<</Type/Annot/Subtype/Widget/FT/Sig/T(a)/Rect[72 700 272 755]/F 4/P 3 0 R>>",
	}
	const streams = 290
	noise := make([]byte, size/streams)
	for i := range noise {
		noise[i] = byte('a' + i*i%23)
	}
	for n := range streams {
		objects[11+n] = fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(noise), noise)
	}
	return writeFile(classic, objects)
}

const benchSize = 322_000

// cpu reports the processor time of an operation, all threads and the garbage collector included, which other work on
// the machine disturbs less than the time by the clock. Call it before the loop and the result after it.
func cpu(b *testing.B) func() {
	used := func() time.Duration {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			b.Fatal(err)
		}
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	start := used()
	return func() { b.ReportMetric(float64(used()-start)/float64(b.N), "cpu-ns/op") }
}

// BenchmarkSign signs a 322 KB file in memory, beside the raw key operation and the hash alone, and the older module.
func BenchmarkSign(b *testing.B) {
	p := testPKI(b)
	in := benchFile(b, benchSize)
	digest := sha256.Sum256(in)
	b.Run("hash alone", func(b *testing.B) {
		done := cpu(b)
		for b.Loop() {
			sha256.Sum256(in)
		}
		done()
	})
	for _, key := range []devpki.KeyType{devpki.P256, devpki.RSA2048, devpki.RSA3072, devpki.Ed25519} {
		id := issue(b, p, "bench "+string(key), devpki.Profile{Key: key})
		b.Run(string(key)+"/raw key", func(b *testing.B) { benchRawKey(b, in, digest[:], id) })
		b.Run(string(key)+"/sign", func(b *testing.B) { benchSigning(b, in, id, Options{Field: "a"}) })
		b.Run(string(key)+"/second signature from kept hash state", func(b *testing.B) {
			signed, first, err := SignBytes(b.Context(), in, id, Options{KeepState: true})
			if err != nil {
				b.Fatal(err)
			}
			benchSigning(b, signed, id, Options{Field: "a", Resume: first.State})
		})
		b.Run(string(key)+"/sign into a buffer used again", func(b *testing.B) {
			b.ReportAllocs()
			var out bytes.Buffer
			done := cpu(b)
			for b.Loop() {
				out.Reset()
				if _, err := Sign(b.Context(), bytes.NewReader(in), int64(len(in)), &out, id,
					Options{Field: "a"}); err != nil {
					b.Fatal(err)
				}
			}
			done()
		})
		b.Run(string(key)+"/second signature from kept hash state into a buffer used again", func(b *testing.B) {
			signed, first, err := SignBytes(b.Context(), in, id, Options{KeepState: true})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var out bytes.Buffer
			done := cpu(b)
			for b.Loop() {
				out.Reset()
				if _, err := Sign(b.Context(), bytes.NewReader(signed), int64(len(signed)), &out, id,
					Options{Field: "a", Resume: first.State}); err != nil {
					b.Fatal(err)
				}
			}
			done()
		})
		b.Run(string(key)+"/sign on both cores", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, _, err := SignBytes(b.Context(), in, id, Options{Field: "a"}); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
		b.Run(string(key)+"/sign on both cores into buffers used again", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				var out bytes.Buffer
				for pb.Next() {
					out.Reset()
					if _, err := Sign(b.Context(), bytes.NewReader(in), int64(len(in)), &out, id,
						Options{Field: "a"}); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
		if key != devpki.Ed25519 {
			b.Run(string(key)+"/older module", func(b *testing.B) { benchOlder(b, in, id) })
		}
	}
}

func benchRawKey(b *testing.B, in, digest []byte, id Identity) {
	opts := crypto.SignerOpts(crypto.SHA256)
	if _, ok := id.Signer.(ed25519.PrivateKey); ok {
		opts, digest = crypto.Hash(0), in[:200]
	}
	done := cpu(b)
	for b.Loop() {
		if _, err := id.Signer.Sign(rand.Reader, digest, opts); err != nil {
			b.Fatal(err)
		}
	}
	done()
}

func benchSigning(b *testing.B, in []byte, id Identity, opt Options) {
	b.ReportAllocs()
	done := cpu(b)
	for b.Loop() {
		if _, _, err := SignBytes(b.Context(), in, id, opt); err != nil {
			b.Fatal(err)
		}
	}
	done()
}

// olderSign signs with the older module, in memory as it can.
func olderSign(tb testing.TB, in []byte, id Identity) []byte {
	reader, err := pdf.NewReader(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	err = oldsign.Sign(bytes.NewReader(in), &out, reader, int64(len(in)), oldsign.SignData{
		Signature: oldsign.SignDataSignature{Info: oldsign.SignDataSignatureInfo{Name: "older",
			Date: time.Now()}, CertType: oldsign.ApprovalSignature,
			DocMDPPerm: oldsign.AllowFillingExistingFormFieldsAndSignaturesPerms},
		Signer:            id.Signer,
		DigestAlgorithm:   crypto.SHA256,
		Certificate:       id.Certificate,
		CertificateChains: nil,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func benchOlder(b *testing.B, in []byte, id Identity) {
	b.ReportAllocs()
	done := cpu(b)
	for b.Loop() {
		olderSign(b, in, id)
	}
	done()
}

// BenchmarkSignLarge signs a 100 MB file from disk to disk, beside copy, hash and the raw key operation.
func BenchmarkSignLarge(b *testing.B) {
	p := testPKI(b)
	id := issue(b, p, "bench", devpki.Profile{})
	dir := b.TempDir()
	path := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(path, benchFile(b, 100_000_000), 0o600); err != nil {
		b.Fatal(err)
	}
	b.Run("copy, hash, key", func(b *testing.B) {
		for b.Loop() {
			withFiles(b, path, func(in *os.File, _ int64, out *os.File) error {
				h := sha256.New()
				if _, err := io.Copy(io.MultiWriter(out, h), in); err != nil {
					return err
				}
				_, err := id.Signer.Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
				return err
			})
		}
	})
	b.Run("sign", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			withFiles(b, path, func(in *os.File, size int64, out *os.File) error {
				_, err := Sign(b.Context(), in, size, out, id, Options{Field: "a"})
				return err
			})
		}
	})
}

func withFiles(b *testing.B, path string, fn func(in *os.File, size int64, out *os.File) error) {
	b.Helper()
	in, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		b.Fatal(err)
	}
	out, err := os.Create(path + strings.Repeat(".out", 1))
	if err != nil {
		b.Fatal(err)
	}
	if err := fn(in, info.Size(), out); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
}
