package store_test

import (
	"encoding/hex"
	"testing"

	"covenant/workflow/store"
)

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		` { "b" : [ 1 , 2.50 ] , "a" : null } `: `{"a":null,"b":[1,2.5]}`,
		`{"\u20ac":"Euro","\r":"CR","1":"One","\ud83d\ude00":"Smiley","\ufb33":"Dagesh","\u00f6":"o","\u0080":"Control"}`: "{\"\\r\":\"CR\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"o\",\"€\":\"Euro\",\"😀\":\"Smiley\",\"\ufb33\":\"Dagesh\"}",
		`"\u000f\n\"\\\/<>&\u2028"`: "\"\\u000f\\n\\\"\\\\/<>&\u2028\"",
		`[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001,-0,-0.0]`: `[333333333.3333333,1e+30,4.5,0.002,1e-27,0,0]`,
		`123456789012345678901234567890`:                                            `123456789012345678901234567890`,
		`1e21`:                                                                      `1e+21`,
		`1.5e300`:                                                                   `1.5e+300`,
		`0.000001`:                                                                  `0.000001`,
		`0.0000001`:                                                                 `1e-7`,
	} {
		got, err := store.Canonical([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s\n got %s (%v)\nwant %s", in, got, err, want)
		}
	}
	for _, in := range []string{``, `{`, `{}{}`, `1e999`, "\"\xff\"", `nul`} {
		if got, err := store.Canonical([]byte(in)); err == nil {
			t.Errorf("%q gave %s", in, got)
		}
	}
}

// The form that is hashed is for ever: logs made by any release verify with every later one. A change here breaks
// every chain, proof and time-stamp out there.
func TestHashedForm(t *testing.T) {
	first := store.Sealed{Stream: "covenant/0190", Version: 1, AtMillis: 1774512000000, Actor: "nguyễn", OnBehalf: "",
		Origin:  "web",
		Address: "00ff", CommandKey: "k\"1", Kind: "drafted", Payload: []byte(`{"a":"Giao ước","n":1}`),
		Prev: make([]byte, store.HashSize)}
	first.Hash = first.Sum()
	second := store.Sealed{Stream: first.Stream, Version: 2, AtMillis: 1774512000001, Actor: "trần", OnBehalf: "lê",
		Kind: "sent", Payload: []byte(`{}`), Prev: first.Hash}
	second.Hash = second.Sum()
	head := store.Head{Stream: first.Stream, Version: 2, Hash: second.Hash}
	root := store.Root{Day: "2026-03-26", Position: 7, Size: 1, Hash: head.Leaf(),
		Previous: make([]byte, store.HashSize)}
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		"first event":  {first.Hash, "ab553ca68e56e8eddb5322a93d69ed02cb91cf250e7c1267f728d49009e89b5f"},
		"second event": {second.Hash, "97ede6c9c701d331ef5aaab439619d0dc338763a721a8d5a61df02b673de4f09"},
		"leaf":         {head.Leaf(), "52c8df51d4345fd5c5df6f695973ac1379e5fe2d6000068d4ec3b1ba3d367f70"},
		"root":         {root.Digest(), "160ac69962a3ddca45bf9a4bf14e051f8df8dc596b013c5a7b6f2e14fa3b1e80"},
		// RFC 6962 §2.1
		"empty tree": {store.MerkleRoot(nil), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if err := store.VerifyChain([]store.Sealed{first, second}); err != nil {
		t.Error(err)
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e3,"x"]}`, `"\u0000"`, `-0.0`, `{"personal":"x"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := store.Canonical(data)
		if err != nil {
			return
		}
		twice, err := store.Canonical(once)
		if err != nil || string(once) != string(twice) {
			t.Fatalf("not stable: %s then %s (%v)", once, twice, err)
		}
	})
}
