package signing_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net/http"

	"covenant/signing"
)

// A signed file is judged offline; then one byte of its content is changed.
func ExampleVerify() {
	pki, id, stop := development()
	defer stop()
	ctx := context.Background()
	file, _, err := signing.SignBytes(ctx, []byte(blank), id, signing.Options{
		Level: signing.BLT, TSA: &signing.TSA{URLs: []string{pki.TSA()}},
		Validation: &signing.ValidationSource{HTTP: http.DefaultClient},
	})
	if err != nil {
		log.Fatal(err)
	}

	report, err := signing.Verify(ctx, bytes.NewReader(file), int64(len(file)),
		signing.VerifyOptions{Roots: pki.Roots()})
	if err != nil {
		log.Fatal(err) // not readable as a PDF
	}
	for _, r := range report.Results {
		fmt.Println(r.Signer, r.Indication, r.Level, r.TimeSource)
	}

	file = bytes.Replace(file, []byte("595 842"), []byte("595 421"), 1)
	report, err = signing.Verify(ctx, bytes.NewReader(file), int64(len(file)),
		signing.VerifyOptions{Roots: pki.Roots()})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Overall(), report.Results[0].SubIndication)
	// Output:
	// Nguyễn Thị Hường TOTAL-PASSED B-LT signature-timestamp
	// TOTAL-FAILED HASH_FAILURE
}
