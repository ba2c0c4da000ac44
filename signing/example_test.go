package signing_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"covenant/signing"
	"covenant/signing/devpki"
)

// blank is the smallest file that can be signed.
const blank = "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count " +
	"1>>\nendobj\n" +
	"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>\nendobj\nxref\n0 4\n0000000000 65535 " +
	"f\r\n0000000009 00000 n\r\n" +
	"0000000054 00000 n\r\n0000000105 00000 n\r\ntrailer\n<</Size 4/Root 1 0 R>>\nstartxref\n170\n%%EOF\n"

// development starts a development PKI; a real program has its certificate from an authority.
func development() (*devpki.PKI, signing.Identity, func()) {
	pki, err := devpki.Open("", devpki.Options{})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	if _, err := pki.Serve(ctx); err != nil {
		log.Fatal(err)
	}
	id, err := pki.Issue(devpki.Subject{ID: "huong", CommonName: "Nguyễn Thị Hường"}, devpki.Profile{})
	if err != nil {
		log.Fatal(err)
	}
	return pki, signing.Identity(id), stop
}

// A file on disk, a key in a PKCS#12 file, a visible signature with a time-stamp.
func ExampleSign() {
	pki, id, stop := development()
	defer stop()
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(path, []byte(blank), 0o600); err != nil {
		log.Fatal(err)
	}

	in, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		log.Fatal(err)
	}
	out, err := os.Create(filepath.Join(dir, "signed.pdf"))
	if err != nil {
		log.Fatal(err)
	}
	defer out.Close()
	signed, err := signing.Sign(context.Background(), in, info.Size(), out, id, signing.Options{
		Level: signing.BT,
		TSA:   &signing.TSA{URLs: []string{pki.TSA()}},
		Field: "director",
		New: &signing.NewField{Page: 1, Rect: signing.Rect{X0: 300, Y0: 100, X1: 500, Y1: 180},
			Tooltip: "Chữ ký của Giám đốc"},
		Reason: "Ký giao ước thi đua",
		Appearance: &signing.Appearance{
			Above: []signing.Line{{Text: "GIÁM ĐỐC", Bold: true, Size: 13}},
			Lines: []signing.Line{{Text: "Nguyễn Thị Hường", Bold: true, Size: 13}},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(signed.Field, signed.Level)
	// Output: director B-T
}

// The key is elsewhere: the session is stored, and finished when the signature value has come back.
func ExamplePrepare() {
	_, id, stop := development()
	defer stop()
	ctx := context.Background()
	file := []byte(blank)

	// Today, in one process. The key is not there, its certificate is.
	session, err := signing.Prepare(ctx, bytes.NewReader(file), int64(len(file)), id.Certificate, id.Chain,
		signing.Options{})
	if err != nil {
		log.Fatal(err)
	}
	stored, err := json.Marshal(session)
	if err != nil {
		log.Fatal(err)
	}

	// Where the key is.
	tbs, opts, err := session.ToBeSigned()
	if err != nil {
		log.Fatal(err)
	}
	value, err := id.Signer.Sign(rand.Reader, tbs, opts)
	if err != nil {
		log.Fatal(err)
	}

	// Days later, in another process.
	var later signing.Session
	if err := json.Unmarshal(stored, &later); err != nil {
		log.Fatal(err)
	}
	var out bytes.Buffer
	signed, err := signing.Finish(ctx, &later, bytes.NewReader(file), int64(len(file)), &out, value,
		signing.FinishOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(signed.Field, signed.Level, bytes.HasPrefix(out.Bytes(), file))
	// Output: Signature1 B-B true
}

// A signed file is raised so that it can be judged offline, for decades.
func ExampleExtend() {
	pki, id, stop := development()
	defer stop()
	ctx := context.Background()
	tsa := &signing.TSA{URLs: []string{pki.TSA()}}
	file, _, err := signing.SignBytes(ctx, []byte(blank), id, signing.Options{Level: signing.BT, TSA: tsa})
	if err != nil {
		log.Fatal(err)
	}

	var out bytes.Buffer
	done, err := signing.Extend(ctx, bytes.NewReader(file), int64(len(file)), &out, signing.ExtendOptions{
		Level: signing.BLTA,
		TSA:   tsa,
		// The development PKI answers on loopback, which the default client refuses.
		Validation: &signing.ValidationSource{HTTP: http.DefaultClient},
	})
	if err != nil {
		log.Fatal(err)
	}
	report, err := signing.Verify(ctx, bytes.NewReader(out.Bytes()), int64(out.Len()),
		signing.VerifyOptions{Roots: pki.Roots()})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(done.Level, report.Results[0].Indication)
	// Output: B-LTA TOTAL-PASSED
}
