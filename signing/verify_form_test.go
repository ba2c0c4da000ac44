package signing

import (
	"bytes"
	"encoding/asn1"
	"slices"
	"testing"

	"covenant/signing/devpki"
)

// inSigner changes the elements of the one SignerInfo of a CMS object.
func inSigner(t testing.TB, der []byte, change func(elements []asn1.RawValue) []asn1.RawValue) []byte {
	t.Helper()
	// ContentInfo, [0], SignedData, signerInfos (the last), SignerInfo
	var descend func(der []byte, depth int) []byte
	descend = func(der []byte, depth int) []byte {
		var v asn1.RawValue
		if _, err := asn1.Unmarshal(der, &v); err != nil {
			t.Fatal(err)
		}
		var elements []asn1.RawValue
		for rest := v.Bytes; len(rest) != 0; {
			var e asn1.RawValue
			var err error
			if rest, err = asn1.Unmarshal(rest, &e); err != nil {
				t.Fatal(err)
			}
			elements = append(elements, e)
		}
		if depth == 0 {
			elements = change(elements)
		} else {
			last := &elements[len(elements)-1]
			*last = asn1.RawValue{FullBytes: descend(last.FullBytes, depth-1)}
		}
		var content []byte
		for _, e := range elements {
			b, err := asn1.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			content = append(content, b...)
		}
		out, err := asn1.Marshal(asn1.RawValue{Class: v.Class, Tag: v.Tag, IsCompound: true, Bytes: content})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	return descend(der, 4)
}

func emptyUnsigned(t testing.TB) func([]byte) []byte {
	return func(der []byte) []byte {
		return inSigner(t, der, func(e []asn1.RawValue) []asn1.RawValue {
			return append(e, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, IsCompound: true})
		})
	}
}

// unsorted swaps the first two signed attributes.
func unsorted(t testing.TB) func([]byte) []byte {
	return func(der []byte) []byte {
		return inSigner(t, der, func(e []asn1.RawValue) []asn1.RawValue {
			var first, second asn1.RawValue
			rest, err := asn1.Unmarshal(e[3].Bytes, &first)
			if err != nil {
				t.Fatal(err)
			}
			if rest, err = asn1.Unmarshal(rest, &second); err != nil {
				t.Fatal(err)
			}
			e[3] = asn1.RawValue{Class: e[3].Class, Tag: e[3].Tag, IsCompound: true,
				Bytes: append(append(bytes.Clone(second.FullBytes), first.FullBytes...), rest...)}
			return e
		})
	}
}

// misnamed puts the signature algorithm where the hash algorithm belongs.
func misnamed(t testing.TB) func([]byte) []byte {
	return func(der []byte) []byte {
		return inSigner(t, der, func(e []asn1.RawValue) []asn1.RawValue {
			e[2] = e[4]
			return e
		})
	}
}

// TestHonestButNotConforming: what is written otherwise than PAdES asks is said to be that, and never damaged while the
// signed bytes are whole; when they are not, none of it hides that.
func TestHonestButNotConforming(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "An", devpki.Profile{})
	soft := func(o *VerifyOptions) { o.Revocation = RevocationSoft }
	for name, c := range map[string]struct {
		opt  handOptions
		ind  Indication
		sub  SubIndication
		code ReasonCode
	}{
		"a byte behind the object": {handOptions{trailing: "01"}, Indeterminate, SigConstraintsFailure, ReasonTrailing},
		"bytes behind zero padding": {handOptions{trailing: "0000ff0102"}, Indeterminate, SigConstraintsFailure,
			ReasonTrailing},
		"a copy of the content": {handOptions{copied: true}, Indeterminate, SigConstraintsFailure, ReasonContentCopy},
		"the digest":            {handOptions{hashed: true}, Indeterminate, SigConstraintsFailure, ReasonContentDigest},
		"other content": {handOptions{attached: true}, Indeterminate, SigConstraintsFailure,
			ReasonContentOther},
		"empty content": {handOptions{content: []byte{}}, Indeterminate, SigConstraintsFailure,
			ReasonContentOther},
		"empty unsignedAttrs":     {handOptions{change: emptyUnsigned(t)}, TotalPassed, "", ReasonEmptyAttributes},
		"attributes out of order": {handOptions{change: unsorted(t)}, TotalPassed, "", ReasonUnsorted},
		"signature OID as digest": {handOptions{change: misnamed(t)}, TotalPassed, "", ReasonDigestOID},
	} {
		for _, subFilter := range []string{subFilterCAdES, "adbe.pkcs7.detached"} {
			t.Run(name+"/"+subFilter, func(t *testing.T) {
				c.opt.subFilter = subFilter
				file := handSigned(t, id, c.opt)
				r := verify(t, file, p, soft)
				wantAll(t, r, 1, c.ind, c.sub)
				res := &r.Results[0]
				if !res.Intact() || res.PAdES || !said(res, c.code) || said(res, ReasonCMS) {
					t.Errorf("intact %v, PAdES %v, %+v", res.Intact(), res.PAdES, res.Reasons)
				}
				bad := bytes.Replace(file, []byte("BT (x) ET"), []byte("BT (y) ET"), 1)
				r = verify(t, bad, p, soft)
				wantAll(t, r, 1, TotalFailed, HashFailure)
				if r.Results[0].Intact() {
					t.Error("tampered with, and intact")
				}
			})
		}
	}
}

func said(res *Result, code ReasonCode) bool {
	return slices.ContainsFunc(res.Reasons, func(r Reason) bool { return r.Code == code })
}
