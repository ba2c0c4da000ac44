package signing

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"covenant/signing/devpki"
)

// TestManySignersAtOnce shares one TSA and one ValidationSource between twenty signers.
func TestManySignersAtOnce(t *testing.T) {
	p := testPKI(t)
	tsa := &TSA{URLs: []string{p.TSA()}}
	v := &ValidationSource{HTTP: http.DefaultClient}
	in := testFile(t, stream, "a")
	var wg sync.WaitGroup
	for i := range 20 {
		id := issue(t, p, fmt.Sprintf("Người ký %d", i), devpki.Profile{})
		wg.Go(func() {
			out, _, err := SignBytes(t.Context(), in, id, Options{Level: BLTA, TSA: tsa, Validation: v, Field: "a",
				Appearance: &Appearance{Lines: vietnamese}})
			if err != nil {
				t.Error(err)
				return
			}
			checkSignatures(t, out)
		})
	}
	wg.Wait()
}
