package path_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"covenant/signing/internal/path"
	"covenant/signing/internal/pkitext"
)

// mesh is n authorities, each certified by every other, below R and above EE.
func mesh(n int, words string) string {
	lines := []string{"M0 < R " + words}
	for i := 1; i < n; i++ {
		lines = append(lines, fmt.Sprintf("M%d < M%d", i, i-1))
	}
	for i := range n {
		for j := range n {
			if i != j && i != j+1 {
				lines = append(lines, fmt.Sprintf("X%d-%d < M%d subject=O=Test/CN=M%d key=M%d ca", i, j, j, i, i))
			}
		}
	}
	return strings.Join(append(lines, fmt.Sprintf("EE < M%d", n-1)), ";")
}

// A mesh of cross-certificates has more paths than can be walked: 10 authorities in all orders are 10!. What is done is
// bounded, and said.
func TestMesh(t *testing.T) {
	t.Run("valid", func(t *testing.T) {
		found, work, err := find(pkitext.Build(t, mesh(10, "")), path.Inputs{}, path.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if len(found[0].Certificates) != 4 { // EE, the last authority by the first, the first by R
			t.Errorf("a path of %d certificates, not the shortest", len(found[0].Certificates))
		}
		if work.Steps > 1000 || len(found) != 16 {
			t.Errorf("%d of the paths, at the cost of %+v", len(found), work)
		}
	})
	limits := path.Limits{Candidates: 1000, Signatures: 150, Steps: 2000}
	for name, words := range map[string]string{"none valid": "permit=dir:C=VN", "length": "ca=0"} {
		t.Run(name, func(t *testing.T) {
			_, work, err := find(pkitext.Build(t, mesh(10, words)), path.Inputs{RequireExplicit: true}, limits)
			if codeOf(err) != path.TooMany {
				t.Errorf("%v: want the limit", err)
			}
			if work.Steps > limits.Steps+200 || work.Signatures > limits.Signatures ||
				work.Candidates > limits.Candidates {
				t.Errorf("%+v is over %+v", work, limits)
			}
		})
	}
}

// Certificates of the issuer's name cost a verification each, and more with larger keys.
func TestManyIssuers(t *testing.T) {
	var lines []string
	for i := range 60 {
		lines = append(lines, fmt.Sprintf("B%d < R subject=O=Test/CN=A ca", i))
	}
	bad := strings.Join(lines, ";") + "; A < R; EE < A"
	_, work, err := find(pkitext.Build(t, bad), path.Inputs{}, path.Limits{Candidates: 30})
	if codeOf(err) != path.TooMany || work.Candidates > 30 {
		t.Errorf("%v, %+v: want the limit", err, work)
	}
	_, work, err = find(pkitext.Build(t, bad), path.Inputs{}, path.Limits{Signatures: 20})
	if codeOf(err) != path.TooMany || work.Signatures > 20 {
		t.Errorf("%v, %+v: want the limit", err, work)
	}
	// A key identifier brings the right one to the front, and a wrong one excludes nothing.
	good := strings.Join(lines, ";") + "; A < R ski=0401; EE < A aki=0401"
	if _, _, err = find(pkitext.Build(t, good), path.Inputs{}, path.Limits{Candidates: 30}); err != nil {
		t.Errorf("with the issuer's key identifier: %v", err)
	}
	if _, _, err = find(pkitext.Build(t, "A < R ski=0402; EE < A aki=0401"), path.Inputs{}, path.Limits{}); err != nil {
		t.Errorf("with a wrong key identifier: %v", err)
	}
}

func TestDepth(t *testing.T) {
	long := func(n int) string {
		lines, above := []string{}, "R"
		for i := range n {
			lines = append(lines, fmt.Sprintf("A%d < %s", i, above))
			above = fmt.Sprintf("A%d", i)
		}
		return strings.Join(append(lines, "EE < "+above), ";")
	}
	if _, _, err := find(pkitext.Build(t, long(5)), path.Inputs{}, path.Limits{Depth: 7}); err != nil {
		t.Errorf("seven certificates: %v", err)
	}
	if _, _, err := find(pkitext.Build(t, long(6)), path.Inputs{}, path.Limits{Depth: 7}); codeOf(err) != path.TooMany {
		t.Errorf("eight certificates: %v", err)
	}
}

// Of paths that are valid as such, one that is in its period is preferred, and an invalid one stands in nobody's way.
func TestPreference(t *testing.T) {
	for _, c := range []struct {
		name, pki string
		at        int
		length    int
		through   string
	}{
		{"the shortest", "A < R; B < R; X < B subject=O=Test/CN=A key=A ca; EE < A", 2026, 3, "A"},
		{"one in its period", "A < R to=2025; X < R subject=O=Test/CN=A key=A ca from=2025; EE < A", 2026, 3, "X"},
		{"one that was in its period then", "A < R to=2025; X < R subject=O=Test/CN=A key=A ca from=2025; EE < A", 2024,
			3,
			"A"},
		{"a longer one in its period", "A < R to=2025; B < R; X < B subject=O=Test/CN=A key=A ca; EE < A", 2026, 4,
			"X"},
		{"round what confines", "A < R permit=dir:C=VN; B < R; X < B subject=O=Test/CN=A key=A ca; EE < A", 2026, 4,
			"X"},
		{"none in its period", "A < R to=2025; EE < A", 2026, 3, "A"},
	} {
		p := pkitext.Build(t, c.pki)
		b := path.NewBuilder(anchors{p.Certificate("R")}, path.Limits{})
		for _, cert := range p.All() {
			b.Add(cert)
		}
		found, _, err := b.Find(p.Certificate("EE"), path.Inputs{}, []time.Time{time.Date(c.at, 6, 1, 0, 0, 0, 0,
			time.UTC)})
		if err != nil || len(found[0].Certificates) != c.length ||
			!found[0].Certificates[1].Equal(p.Certificate(c.through)) {
			t.Errorf("%s: %v, %v", c.name, found, err)
		}
	}
}

// A certificate that is there more than once, or trusted itself, ends the path; without anchors nothing is valid.
func TestAnchors(t *testing.T) {
	p := pkitext.Build(t, "A < R; EE < A")
	for trusted, want := range map[string]int{"EE": 1, "A": 2, "R": 3} {
		b := path.NewBuilder(anchors{p.Certificate(trusted)}, path.Limits{})
		for range 2 {
			b.Add(p.Certificate("A"))
		}
		found, _, err := b.Find(p.Certificate("EE"), path.Inputs{}, []time.Time{now})
		if err != nil || len(found[0].Certificates) != want {
			t.Errorf("%s is trusted: %v, %v", trusted, found, err)
		}
	}
	// past an anchor there is another
	b2 := path.NewBuilder(anchors{p.Certificate("A"), p.Certificate("R")}, path.Limits{})
	b2.Add(p.Certificate("A"))
	both, _, err := b2.Find(p.Certificate("EE"), path.Inputs{}, []time.Time{now})
	if err != nil || len(both) != 2 || len(both[0].Certificates) != 2 || len(both[1].Certificates) != 3 {
		t.Errorf("both are trusted: %v, %v", both, err)
	}
	for text, want := range map[string]path.Code{
		"A < R; P < A usage=sign; EE < P": path.Constraint, "A < R; P < A ca usage=sign; EE < P": path.Constraint,
		"A < R; P < A user; EE < P": path.Constraint, "A < R; P < A; EE < P": "", "A < R; P < A v1; EE < P": "",
	} {
		p := pkitext.Build(t, text)
		b := path.NewBuilder(anchors{p.Certificate("P")}, path.Limits{})
		b.Add(p.Certificate("P"))
		if _, _, err := b.Find(p.Certificate("EE"), path.Inputs{}, []time.Time{now}); codeOf(err) != want {
			t.Errorf("%s, and P is trusted: %v, want %q", text, err, want)
		}
	}
	b := path.NewBuilder(anchors{}, path.Limits{})
	b.Add(p.Certificate("R"))
	if _, _, err := b.Find(p.Certificate("R"), path.Inputs{}, []time.Time{now}); codeOf(err) != path.Untrusted {
		t.Errorf("nobody is trusted: %v", err)
	}
	over := time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)
	b = path.NewBuilder(anchors{p.Certificate("R")}, path.Limits{})
	b.Add(p.Certificate("A"))
	if _, _, err := b.Find(p.Certificate("EE"), path.Inputs{}, []time.Time{over}); codeOf(err) != path.Period {
		t.Errorf("the anchor is over: %v", err)
	}
	// what is missing is found once it is added, and asked for until then
	b = path.NewBuilder(anchors{p.Certificate("R")}, path.Limits{})
	_, _, err = b.Find(p.Certificate("EE"), path.Inputs{}, []time.Time{now})
	top := b.Top(p.Certificate("EE"))
	if codeOf(err) != path.Untrusted || len(top) != 1 || !top[0].Equal(p.Certificate("EE")) {
		t.Errorf("%v, missing above %v", err, top)
	}
	b.Add(p.Certificate("A"))
	if _, _, err = b.Find(p.Certificate("EE"), path.Inputs{}, []time.Time{now}); err != nil {
		t.Errorf("added afterwards: %v", err)
	}
}
