package tsp_test

import (
	"crypto"
	"crypto/sha256"
	"math/big"
	"regexp"
	"testing"
	"time"

	"covenant/signing/internal/deviate"
	"covenant/signing/internal/tsp"
)

// Every element of a time-stamp left out, doubled, emptied, changed, moved: it is refused, or it stamps the same
// digest at the same time by the same authority.
func TestEveryDeviationOfATimeStamp(t *testing.T) {
	a := authority(t, true, timeStamping)
	digest := sha256.Sum256([]byte("Giao ước"))
	request := &tsp.Request{Hash: crypto.SHA256, Imprint: digest[:], Nonce: big.NewInt(99), CertReq: true}
	response, err := a.Issue(request, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	whole, err := tsp.ParseResponse(response)
	if err != nil || whole.Verify(digest[:]) != nil {
		t.Fatal(err)
	}
	// the response's status, and within the token what its signature does not cover and nothing follows from
	beside := regexp.MustCompile(`^(0\.0|0\.1\.1\.0\.(0|1|3|4\.0\.(0|1|3\.\d behind)))`)
	all := deviate.All(response)
	if len(all) < 250 {
		t.Errorf("only %d deviations", len(all))
	}
	for _, d := range all {
		token, err := tsp.ParseResponse(d.DER)
		if err != nil || token.Verify(digest[:]) != nil {
			continue
		}
		switch {
		case !token.Time.Equal(whole.Time) || !token.Certificate.Equal(whole.Certificate):
			t.Errorf("%s %s: stamps at %s by %s", d.Path, d.How, token.Time, token.Certificate.Subject)
		case !beside.MatchString(d.Path + " " + d.How):
			t.Errorf("%s %s: is taken", d.Path, d.How)
		}
	}
	for _, d := range deviate.All(mustMarshal(t, request)) {
		got, err := tsp.ParseRequest(d.DER)
		if err == nil && got.Hash == request.Hash && string(got.Imprint) != string(request.Imprint) &&
			len(got.Imprint) != len(request.Imprint) {
			t.Errorf("%s %s: asks for %x", d.Path, d.How, got.Imprint)
		}
	}
}

func mustMarshal(t *testing.T, r *tsp.Request) []byte {
	t.Helper()
	der, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return der
}
