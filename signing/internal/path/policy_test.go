package path_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"covenant/signing/internal/path"
	"covenant/signing/internal/pkitext"
)

// no is what is said of a path that is valid for no policy.
const no = path.Policies

func TestPolicies(t *testing.T) { // 4.8
	// three authorities above EE; each argument is what one says of policies, "-" that it says nothing
	chain := func(policies ...string) string {
		above, out := "R", ""
		for i, name := range []string{"A", "B", "EE"} {
			out += name + " < " + above
			if policies[i] != "-" {
				out += " policies=" + policies[i]
			}
			above, out = name, out+"; "
		}
		return out
	}
	check(t, []row{
		{"4.8.1 same policy", chain("1", "1", "1"), "", ""},
		{"4.8.1 same policy, explicit", chain("1", "1", "1"), "", "explicit"},
		{"4.8.1 same policy, asked for", chain("1", "1", "1"), "", "explicit 1"},
		{"4.8.1 same policy, another asked for", chain("1", "1", "1"), no, "explicit 2"},
		{"4.8.1 same policy, both asked for", chain("1", "1", "1"), "", "explicit 1,2"},
		{"another asked for, not explicitly", chain("1", "1", "1"), "", "2"},
		{"4.8.2 no policies", chain("-", "-", "-"), "", ""},
		{"4.8.2 no policies, explicit", chain("-", "-", "-"), no, "explicit"},
		{"4.8.3 the end another", chain("1", "1", "2"), "", ""},
		{"4.8.3 the end another, explicit", chain("1", "1", "2"), no, "explicit"},
		{"the end another, explicit, asked for", chain("1", "1", "2"), no, "explicit 2"},
		{"one in the middle without", chain("1", "-", "1"), no, "explicit"},
		{"the end without", chain("1", "1", "-"), no, "explicit"},
		{"one in common", chain("1,2", "2,3", "2,4"), "", "explicit 2"},
		{"one in common, another asked for", chain("1,2", "2,3", "2,4"), no, "explicit 1,3,4"},
		{"4.8.11 anyPolicy everywhere", chain("any", "any", "any"), "", "explicit"},
		{"4.8.11 anyPolicy everywhere, asked for", chain("any", "any", "any"), "", "explicit 1"},
		{"anyPolicy above", chain("any", "any", "1"), "", "explicit 1"},
		{"anyPolicy above, another asked for", chain("any", "any", "1"), no, "explicit 2"},
		{"anyPolicy in the middle", chain("1", "any", "1"), "", "explicit 1"},
		{"anyPolicy in the middle, the end another", chain("1", "any", "2"), no, "explicit"},
		{"anyPolicy at the end", chain("1", "1", "any"), "", "explicit 1"},
		{"anyPolicy at the end, another asked for", chain("1", "1", "any"), no, "explicit 2"},
		{"anyPolicy beside one", chain("1,any", "2", "2"), "", "explicit 2"},
		{"anyPolicy is inhibited", chain("any", "1", "1"), no, "explicit noany"},
		{"anyPolicy is inhibited, and not needed", chain("1", "1", "1"), "", "explicit noany"},
		{"anyPolicy is inhibited, and stands beside", chain("1,any", "1", "1"), "", "explicit noany"},
		{"any policy asked for", chain("1", "1", "1"), "", "explicit any"},
	})
}

func TestExplicitPolicy(t *testing.T) { // 4.9
	below := func(n string) string {
		return "A < R explicit=" + n + " policies=1; B < A policies=1; C < B policies=1; EE < C"
	}
	check(t, []row{
		{"4.9.1 beyond the path", below("10"), "", ""},
		{"4.9.2 beyond the end", below("5"), "", ""},
		{"beyond the end by one", below("4"), "", ""},
		{"at the end", below("3"), no, ""},
		{"before the end", below("2"), no, ""},
		{"at once", below("0"), no, ""},
		{"at once, kept", "A < R explicit=0 policies=1; EE < A policies=1", "", ""},
		{"at once, kept, another asked for", "A < R explicit=0 policies=1; EE < A policies=1", no, "2"},
		{"the lower counts", "A < R explicit=7 policies=1; B < A explicit=0 policies=1; EE < B", no, ""},
		{"by the end itself", "A < R; EE < A explicit=0", no, ""},
		{"by the end itself, later", "A < R; EE < A explicit=1", "", ""},
		{"self-issued does not count", "A < R explicit=2 policies=1; S < A subject=O=Test/CN=A policies=1; EE < S", "",
			""},
		{"self-issued, then others", "A < R explicit=1 policies=1; S < A subject=O=Test/CN=A policies=1; " +
			"B < S policies=1; EE < B", no, ""},
	})
}

func TestPolicyMappings(t *testing.T) { // 4.10
	check(t, []row{
		{"4.10.1 mapped", "A < R policies=1 map=1>2; EE < A policies=2", "", "explicit 1"},
		{"4.10.1 mapped, the other asked for", "A < R policies=1 map=1>2; EE < A policies=2", no, "explicit 2"},
		{"4.10.1 mapped, inhibited", "A < R policies=1 map=1>2; EE < A policies=2", no, "explicit nomap 1"},
		{"not the mapped one", "A < R policies=1 map=1>2; EE < A policies=1", no, "explicit"},
		{"mapped without having it", "A < R policies=1 map=3>2; EE < A policies=2", no, "explicit"},
		{"mapped twice", "A < R policies=1 map=1>2; B < A policies=2 map=2>3; EE < B policies=3", "", "explicit 1"},
		{"mapped twice, the first end", "A < R policies=1 map=1>2; B < A policies=2 map=2>3; EE < B policies=2", no,
			"explicit"},
		{"mapped to two", "A < R policies=1 map=1>2,1>3; EE < A policies=3", "", "explicit 1"},
		{"two to one", "A < R policies=1,2 map=1>3,2>3; EE < A policies=3", "", "explicit 2"},
		{"two to one, neither asked for", "A < R policies=1,2 map=1>3,2>3; EE < A policies=3", no, "explicit 3"},
		{"changed places", "A < R policies=1,2 map=1>2,2>1; EE < A policies=1", "", "explicit 2"},
		{"changed places, the other", "A < R policies=1,2 map=1>2,2>1; EE < A policies=1", no, "explicit 1"},
		{"4.10.7 from anyPolicy", "A < R policies=any map=any>1; EE < A policies=1", no, ""},
		{"4.10.8 to anyPolicy", "A < R policies=1 map=1>any; EE < A policies=1", no, ""},
		{"out of anyPolicy", "A < R policies=any map=1>2; EE < A policies=2", "", "explicit 1"},
		{"out of anyPolicy, the other asked for", "A < R policies=any map=1>2; EE < A policies=2", no, "explicit 2"},
		{"out of anyPolicy, neither", "A < R policies=any map=1>2; EE < A policies=2", "", "explicit 1,7"},
		{"out of anyPolicy, inhibited", "A < R policies=any map=1>2; EE < A policies=2", "", "explicit nomap 2"},
		{"into anyPolicy below", "A < R policies=1 map=1>2; B < A policies=any; EE < B policies=2", "", "explicit 1"},
		{"into anyPolicy below, unmapped", "A < R policies=1 map=1>2; B < A policies=any; EE < B policies=1", no,
			"explicit"},
		{"mappings at the end count nothing", "A < R policies=1; EE < A policies=1 map=1>2", "", "explicit 1"},
	})
}

func TestInhibitPolicyMapping(t *testing.T) { // 4.11
	check(t, []row{
		{"4.11.1 at once", "A < R policies=1 nomap=0 explicit=0; B < A policies=1 map=1>2; EE < B policies=2", no, ""},
		{"after one", "A < R policies=1 nomap=1 explicit=0; B < A policies=1 map=1>2; EE < B policies=2", "", ""},
		{"after one, the second", "A < R policies=1 nomap=1 explicit=0; B < A policies=1 map=1>2; " +
			"C < B policies=2 map=2>3; EE < C policies=3", no, ""},
		{"the lower counts", "A < R policies=1 nomap=5 explicit=0; B < A policies=1 nomap=0; " +
			"C < B policies=1 map=1>2; EE < C policies=2", no, ""},
		{"a higher one below raises none", "A < R policies=1 nomap=0 explicit=0; B < A policies=1 nomap=5; " +
			"C < B policies=1 map=1>2; EE < C policies=2", no, ""},
		{"self-issued does not count", "A < R policies=1 nomap=1 explicit=0; S < A subject=O=Test/CN=A policies=1; " +
			"B < S policies=1 map=1>2; EE < B policies=2", "", ""},
		{"others stay", "A < R policies=1,2 nomap=0 explicit=0; B < A policies=1,2 map=1>3; EE < B policies=2", "", ""},
	})
}

func TestInhibitAnyPolicy(t *testing.T) { // 4.12
	check(t, []row{
		{"4.12.1 at once", "A < R policies=1 noany=0 explicit=0; EE < A policies=any", no, ""},
		{"4.12.2 at once, beside one", "A < R policies=1 noany=0 explicit=0; EE < A policies=1,any", "", ""},
		{"after one", "A < R policies=1 noany=1 explicit=0; B < A policies=any; EE < B policies=1", "", ""},
		{"after one, the second", "A < R policies=1 noany=1 explicit=0; B < A policies=any; EE < B policies=any", no,
			""},
		{"the lower counts", "A < R policies=1 noany=5 explicit=0; B < A policies=1 noany=0; EE < B policies=any", no,
			""},
		{"self-issued may",
			"A < R policies=1 noany=0 explicit=0; S < A subject=O=Test/CN=A policies=any; EE < S policies=1",
			"", ""},
		{"self-issued at the end may not",
			"A < R policies=1 noany=0 explicit=0; EE < A subject=O=Test/CN=A policies=any",
			no, ""},
		{"self-issued does not count", "A < R policies=1 noany=1 explicit=0; S < A subject=O=Test/CN=A policies=1; " +
			"EE < S policies=any", "", ""},
	})
}

// Find says for which policies a path is valid, in the words of the anchor's domain.
func TestPoliciesOfPath(t *testing.T) {
	for pki, want := range map[string]string{
		"A < R policies=1,2; EE < A policies=1,2,3":                       "1,2",
		"A < R policies=any; EE < A policies=any":                         "any",
		"A < R policies=1,2 map=1>7; EE < A policies=7,2":                 "1,2",
		"A < R policies=1,2; EE < A":                                      "",
		"A < R policies=1,2 map=1>3,2>3; EE < A policies=3":               "1,2",
		"A < R policies=any map=1>7; EE < A policies=any":                 "1,any",
		"A < R policies=1 map=1>2; B < A policies=any; EE < B policies=2": "1",
	} {
		found, _, err := find(pkitext.Build(t, pki), path.Inputs{}, path.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", pki, err)
		}
		var got []string
		for _, p := range found[0].Policies {
			if name, ok := strings.CutPrefix(hex.EncodeToString([]byte(p)), "2a03"); ok {
				var n int
				if _, err := fmt.Sscanf(name, "%x", &n); err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprint(n))
			} else {
				got = append(got, "any")
			}
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s: valid for %v, want %s", pki, got, want)
		}
	}
}
