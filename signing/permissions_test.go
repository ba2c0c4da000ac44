package signing

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
)

func TestCertifiedForNothingRefusesSignaturesButNotTimestamps(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	tsa := &TSA{URLs: []string{p.TSA()}}
	for _, kind := range fileKinds {
		file := sign(t, testFile(t, kind, "a", "b"), id, Options{Field: "a", Certify: PermitNothing, Level: BT,
			TSA: tsa})
		if _, _, err := SignBytes(t.Context(), file, id, Options{Field: "b"}); !errors.Is(err, ErrCertified) {
			t.Errorf("%s: second signature: %v", kind, err)
		}
		var out bytes.Buffer
		if _, err := AddTimestamp(t.Context(), bytes.NewReader(file), int64(len(file)), &out,
			TimestampOptions{TSA: tsa, Hash: crypto.SHA512}); err != nil {
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
		return bytes.Replace(in, []byte("/TU(Signature a)"),
			[]byte("/TU(Signature a)/Lock<</Type/SigFieldLock"+action+">>"), 1)
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
				if _, _, err := SignBytes(t.Context(), in, id, Options{Field: "a"}); err == nil ||
					!strings.Contains(err.Error(), "still to be signed") {
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
		"glyph": {in, Options{Field: "a", Appearance: &Appearance{Lines: []Line{{Text: "x"},
			{Text: "☑ đã ký"}}}}, nil, `line 2: the font has no glyph for '☑' (U+2611)`},
		"image": {in, Options{Field: "a", Appearance: &Appearance{Image: []byte("GIF89a")}}, nil, "png"},
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
	for name, profile := range map[string]devpki.Profile{"expired": devpki.Expired(now()),
		"wrong usage": devpki.WrongUsage()} {
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

func TestSeedValues(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	for seed, ok := range map[string]bool{
		"/SubFilter[/adbe.pkcs7.detached]":                                          true, // a wish
		"/Ff 2/SubFilter[/adbe.pkcs7.detached]":                                     false,
		"/Ff 2/SubFilter[/adbe.pkcs7.detached/ETSI.CAdES.detached]":                 true,
		"/Ff 64/DigestMethod[(SHA256)(SHA384)]":                                     true,
		"/Ff 64/DigestMethod[(SHA512)]":                                             false,
		"/Ff 8/Reasons[<FEFF004B00FD>(other)]":                                      true,
		"/Ff 8/Reasons[(other)]":                                                    false,
		"/Ff 32/AddRevInfo true":                                                    false,
		"/MDP<</P 2>>":                                                              false,
		"/MDP<</P 0>>/Ff 66/SubFilter[/ETSI.CAdES.detached]/DigestMethod[(SHA256)]": true,
	} {
		in := relocate(t, bytes.Replace(testFile(t, classic, "a"), []byte("/TU(Signature a)"),
			[]byte("/TU(Signature a)/SV<<"+seed+">>"), 1))
		_, _, err := SignBytes(t.Context(), in, id, Options{Field: "a", Reason: "Ký"})
		if ok && err != nil || !ok && !errors.Is(err, ErrSeedValue) {
			t.Errorf("%s: %v", seed, err)
		}
	}
}

func TestPolicyAttributes(t *testing.T) {
	id := issue(t, testPKI(t), "Lê Thị Cúc", devpki.Profile{})
	in := testFile(t, classic, "a")
	// commitment-type-indication: proof of approval
	commitment := Attribute{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 16},
		Values: [][]byte{{0x30, 0x0d, 6, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 6, 5}}}
	s, err := Prepare(t.Context(), bytes.NewReader(in), int64(len(in)), id.Certificate, nil,
		Options{Field: "a", Attributes: []Attribute{commitment}})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var later Session
	if err := json.Unmarshal(data, &later); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(later.SignedAttributes(), commitment.Values[0]) {
		t.Error("the attribute is not signed")
	}
	tbs, opts, err := later.ToBeSigned()
	if err != nil {
		t.Fatal(err)
	}
	value, err := id.Signer.Sign(rand.Reader, tbs, opts)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := Finish(t.Context(), &later, bytes.NewReader(in), int64(len(in)), &out, value,
		FinishOptions{}); err != nil {
		t.Fatal(err)
	}
	checkSignatures(t, out.Bytes())
	signingTime := Attribute{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}, Values: [][]byte{{5, 0}}}
	if _, _, err := SignBytes(t.Context(), in, id, Options{Attributes: []Attribute{signingTime}}); err == nil {
		t.Error("signing-time was signed")
	}
}
