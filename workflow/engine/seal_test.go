package engine

import (
	"bytes"
	"errors"
	"testing"
)

// The tests of this package seal and open some hundred keys. What a PIN costs is most of their time, and nothing
// that they test; so they pay less. TestSealedKey pays in full.
var fullCost = argon

func init() { argon = argonCost{passes: 1, memory: 64, lanes: 1} }

// A sealed key opens with its PIN, secret and id and with nothing else, at the cost that RFC 9106 recommends.
func TestSealedKey(t *testing.T) {
	if want := (argonCost{passes: 3, memory: 65536, lanes: 4}); fullCost != want {
		t.Errorf("trying a PIN costs %+v, RFC 9106 section 4 recommends %+v", fullCost, want)
	}
	cheap := argon
	argon = fullCost
	defer func() { argon = cheap }()
	secret, key := bytes.Repeat([]byte{1}, 32), []byte("a key")
	sealed, err := sealKey(secret, "123456", "k1", key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := openKey(secret, "123456", "k1", sealed); err != nil || !bytes.Equal(got, key) {
		t.Errorf("opened %q, %v", got, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another PIN": func() ([]byte, error) { return openKey(secret, "123457", "k1", sealed) },
		"another secret": func() ([]byte, error) {
			return openKey(bytes.Repeat([]byte{2}, 32), "123456", "k1",
				sealed)
		},
		"another id": func() ([]byte, error) { return openKey(secret, "123456", "k2", sealed) },
	} {
		if got, err := open(); !errors.Is(err, errWrongPIN) {
			t.Errorf("%s opens it: %q, %v", name, got, err)
		}
	}
	if _, err := openKey(secret, "123456", "k1", sealed[:20]); err == nil || errors.Is(err, errWrongPIN) {
		t.Errorf("a cut one: %v", err)
	}
}
