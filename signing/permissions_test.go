package signing

import (
	"bytes"
	"crypto"
	"errors"
	"strings"
	"testing"

	"covenant/signing/devpki"
	"covenant/signing/internal/pdf"
)

func TestCertifiedForNothingRefusesSignaturesButNotTimestamps(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	tsa := &TSA{URLs: []string{p.TSA()}}
	for _, kind := range fileKinds {
		file := sign(t, testFile(t, kind, "a", "b"), id, Options{Field: "a", Certify: PermitNothing, Level: BT, TSA: tsa})
		if _, _, err := SignBytes(t.Context(), file, id, Options{Field: "b"}); !errors.Is(err, ErrCertified) {
			t.Errorf("%s: second signature: %v", kind, err)
		}
		var out bytes.Buffer
		if _, err := AddTimestamp(t.Context(), bytes.NewReader(file), int64(len(file)), &out, TimestampOptions{TSA: tsa, Hash: crypto.SHA512}); err != nil {
			t.Errorf("%s: document time-stamp: %v", kind, err)
		}
		outsideTools(t, out.Bytes(), p)
	}
}

func TestCertifiedForFilling(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	file := sign(t, testFile(t, classic, "a", "b"), id, Options{Field: "a", Certify: PermitFilling})
	f, signatures := openSigned(t, file)
	_, catalog, err := f.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	perms, err := f.Dict(catalog.Get("Perms"))
	if err != nil || perms.Get("DocMDP") != signatures[0].Ref {
		t.Errorf("Perms %v, %v", perms, err)
	}
	file = sign(t, file, id, Options{Field: "b"})
	file = sign(t, file, id, Options{})
	visible := Options{Field: "c", New: &NewField{Rect: Rect{10, 10, 100, 50}}}
	if _, _, err := SignBytes(t.Context(), file, id, visible); !errors.Is(err, ErrCertified) {
		t.Errorf("new visible field: %v", err)
	}
	visible.AllowNewField = true
	file = sign(t, file, id, visible)
	if _, _, err := SignBytes(t.Context(), file, id, Options{Certify: PermitFilling}); err == nil {
		t.Error("a later signature certified the document")
	}
}

func TestLocks(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	lock := func(action string) []byte {
		in := testFile(t, classic, "a", "b", "c")
		return bytes.Replace(in, []byte("/TU(Signature a)"), []byte("/TU(Signature a)/Lock<</Type/SigFieldLock"+action+">>"), 1)
	}
	for name, c := range map[string]struct {
		lock    string
		first   string
		refused string
	}{
		"include":  {"/Action/Include/Fields[(b)]", "c", "b"},
		"exclude":  {"/Action/Exclude/Fields[(b)]", "b", "c"},
		"all":      {"/Action/All", "b", "c"},
		"nothing":  {"/Action/Include/Fields[]/P 1", "b", "c"},
		"prefixed": {"/Action/Include/Fields[(bb)]", "b", ""},
	} {
		t.Run(name, func(t *testing.T) {
			in := relocate(t, lock(c.lock))
			switch name {
			case "include", "exclude", "all":
				if _, _, err := SignBytes(t.Context(), in, id, Options{Field: "a"}); err == nil || !strings.Contains(err.Error(), "still to be signed") {
					t.Fatalf("a lock over an unsigned field: %v", err)
				}
				for _, f := range []string{"b", "c"} {
					in = sign(t, in, id, Options{Field: f})
				}
				in = sign(t, in, id, Options{Field: "a"})
				requireFieldMDP(t, in)
				return
			}
			in = sign(t, in, id, Options{Field: "a"})
			_, _, err := SignBytes(t.Context(), in, id, Options{Field: c.first})
			if name == "nothing" && !errors.Is(err, ErrCertified) || name == "prefixed" && err != nil {
				t.Errorf("second signature: %v", err)
			}
		})
	}
}

// requireFieldMDP checks that the signature in field a carries the lock of its field as FieldMDP.
func requireFieldMDP(t *testing.T, file []byte) {
	t.Helper()
	f, signatures := openSigned(t, file)
	for _, s := range signatures {
		if s.Field.Name != "a" {
			continue
		}
		var methods []pdf.Name
		if err := eachTransform(f, s.Dict, func(m pdf.Name, _ pdf.Dict) { methods = append(methods, m) }); err != nil {
			t.Fatal(err)
		}
		if len(methods) != 1 || methods[0] != "FieldMDP" {
			t.Errorf("references %v", methods)
		}
	}
	p, err := readPermissions(f, signatures)
	if err != nil || len(p.locks) != 1 {
		t.Errorf("locks %v, %v", p.locks, err)
	}
}

func TestOwnLock(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	in := testFile(t, stream, "a")
	if _, _, err := SignBytes(t.Context(), in, id, Options{Lock: &Lock{Action: LockAll}}); err == nil {
		t.Error("a lock over an unsigned field was written")
	}
	in = sign(t, in, id, Options{Field: "a"})
	in = sign(t, in, id, Options{Lock: &Lock{Action: LockAll}})
	if _, _, err := SignBytes(t.Context(), in, id, Options{Field: "z", New: &NewField{}}); !errors.Is(err, ErrLocked) {
		t.Errorf("after a lock of everything: %v", err)
	}
}

func TestFieldErrors(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	in := testFile(t, classic, "a", "b")
	signed := sign(t, in, id, Options{Field: "a"})
	for name, c := range map[string]struct {
		in   []byte
		opt  Options
		want error
		text string
	}{
		"unknown":        {in, Options{Field: "x"}, ErrNoField, `unsigned are "a", "b"`},
		"signed":         {signed, Options{Field: "a"}, ErrSigned, ""},
		"exists already": {in, Options{Field: "a", New: &NewField{}}, nil, "exists already"},
		"no such page":   {in, Options{New: &NewField{Page: 2}}, nil, "no page 2"},
		"dotted":         {in, Options{Field: "a.b", New: &NewField{}}, nil, "full stop"},
		"no level":       {in, Options{Level: 9}, nil, "level"},
		"room":           {in, Options{Room: 10}, nil, "Options.Room"},
		"no TSA":         {in, Options{Level: BT}, nil, "TSA"},
		"cut off":        {in[:len(in)-100], Options{}, pdf.ErrMalformed, "cut off"},
		"glyph":          {in, Options{Field: "a", Appearance: &Appearance{Lines: []Line{{Text: "x"}, {Text: "☑ đã ký"}}}}, nil, `line 2: the font has no glyph for '☑' (U+2611)`},
		"image":          {in, Options{Field: "a", Appearance: &Appearance{Image: []byte("GIF89a")}}, nil, "png"},
	} {
		t.Run(name, func(t *testing.T) {
			counting := id
			key := &countingSigner{Signer: id.Signer}
			counting.Signer = key
			_, _, err := SignBytes(t.Context(), c.in, counting, c.opt)
			if err == nil || (c.want != nil && !errors.Is(err, c.want)) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%v", err)
			}
			if key.n != 0 {
				t.Error("the key was asked")
			}
		})
	}
}

func TestUnfitCertificates(t *testing.T) {
	p := testPKI(t)
	in := testFile(t, classic, "a")
	for name, profile := range map[string]devpki.Profile{"expired": devpki.Expired(now()), "wrong usage": devpki.WrongUsage()} {
		id := issue(t, p, name, profile)
		if _, _, err := SignBytes(t.Context(), in, id, Options{Field: "a"}); err == nil {
			t.Errorf("%s: signed", name)
		} else {
			t.Log(err)
		}
		sign(t, in, id, Options{Field: "a", AllowAnyCertificate: true})
	}
	a, b := issue(t, p, "a", devpki.Profile{}), issue(t, p, "b", devpki.Profile{})
	a.Certificate = b.Certificate
	if _, _, err := SignBytes(t.Context(), in, a, Options{Field: "a"}); err == nil {
		t.Error("signed with another's certificate")
	}
}
