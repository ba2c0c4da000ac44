package signing

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha1" // what adbe.pkcs7.sha1 is made with
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"covenant/signing/internal/cms"
)

// handOptions say how a hand-made signature lies. The zero value makes an honest one.
type handOptions struct {
	gapBefore, gapAfter int    // unsigned bytes beside Contents
	short               int    // bytes at the end left unsigned
	first               int    // bytes at the beginning left unsigned
	beyond              int    // bytes after the end that ByteRange claims, too
	extra               string // in the signature dictionary
	trailing            string // hexadecimal, after the CMS object
	twoSigners          bool
	attached            bool
	// inside the CMS object; adbe.pkcs7.sha1 gets the right one by itself
	content   []byte
	copied    bool                          // inside the CMS object: all that is signed
	hashed    bool                          // inside the CMS object, and signed: the digest
	change    func(der []byte) []byte       // of the finished CMS object
	fieldType string                        // default Sig
	literal   bool                          // Contents as a literal string
	lost      bool                          // startxref leads nowhere, in the signed bytes
	pkcs1     crypto.Hash                   // of adbe.x509.rsa_sha1; default SHA-1
	subFilter string                        // default ETSI.CAdES.detached
	stamp     func(signature []byte) []byte // a time-stamp token over it, or over something else
}

const handRoom = 12000 // hexadecimal digits

// handSigned writes a one-revision file with a signature whose hash and value are right for the ByteRange that it
// claims.
func handSigned(t testing.TB, id Identity, o handOptions) []byte {
	t.Helper()
	if o.fieldType == "" {
		o.fieldType = "Sig"
	}
	if o.subFilter == "" {
		o.subFilter = subFilterCAdES
	}
	if o.subFilter == subFilterPKCS1 && o.extra == "" {
		o.extra = fmt.Sprintf("/Cert[<%x><%x>]", id.Certificate.Raw, id.Chain[0].Raw)
	}
	open, closing := "<", ">"
	if o.literal {
		open, closing = "(", ")"
	}
	const blank = "[0000000000 0000000000 0000000000 0000000000]"
	file := writeFile(classic, map[int]string{
		1:  "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[10 0 R]/SigFlags 3>>>>",
		2:  "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		3:  "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[10 0 R]>>",
		4:  "<</Length 9>>\nstream\nBT (x) ET \nendstream",
		7:  "<</Producer(test)>>",
		10: "<</Type/Annot/Subtype/Widget/FT/" + o.fieldType + "/T(A)/Rect[0 0 0 0]/F 132/P 3 0 R/V 11 0 R>>",
		11: "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/" + o.subFilter + "/ByteRange" + blank + o.extra +
			strings.Repeat(" ", o.gapBefore) +
			"/Contents" + open + strings.Repeat("0", handRoom) + closing + strings.Repeat(" ", o.gapAfter) +
			"/M(D:20261123120000Z)>>",
	})
	if o.lost {
		at := bytes.LastIndex(file, []byte("startxref\n")) + len("startxref\n")
		copy(file[at:], "9")
	}
	value := bytes.Index(file, []byte(open+strings.Repeat("0", 1000)))
	end := value + handRoom + 2
	from, to := value-o.gapBefore, end+o.gapAfter
	at := bytes.Index(file, []byte(blank))
	copy(file[at:], fmt.Sprintf("[%010d %010d %010d %010d]", o.first, from-o.first, to, len(file)-to-o.short+o.beyond))
	h := sha256.New()
	h.Write(file[o.first:from])
	h.Write(file[to : len(file)-o.short])
	digest := h.Sum(nil)
	if o.subFilter == "adbe.pkcs7.sha1" {
		old := sha1.New()
		old.Write(file[o.first:from])
		old.Write(file[to : len(file)-o.short])
		if o.content == nil {
			o.content = old.Sum(nil)
		}
		sum := sha256.Sum256(o.content)
		digest = sum[:]
	}
	if o.copied {
		o.content = slices.Concat(file[o.first:from], file[to:len(file)-o.short])
	}
	if o.hashed {
		o.content = digest
		sum := sha256.Sum256(digest)
		digest = sum[:]
	}
	der := handValue(t, id, digest, slices.Concat(file[o.first:from], file[to:len(file)-o.short]), o)
	if o.change != nil {
		der = o.change(der)
	}
	text := hex.EncodeToString(der) + o.trailing
	if o.literal {
		text = strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`, "\r", `\r`).Replace(string(der))
	}
	copy(file[value+1:], text)
	return file
}

// handValue is what goes into Contents for the signed bytes.
func handValue(t testing.TB, id Identity, digest, signed []byte, o handOptions) []byte {
	t.Helper()
	if o.subFilter != subFilterPKCS1 {
		return handCMS(t, id, digest, o)
	}
	if o.pkcs1 == 0 {
		o.pkcs1 = crypto.SHA1
	}
	h := o.pkcs1.New()
	h.Write(signed)
	value, err := id.Signer.Sign(rand.Reader, h.Sum(nil), o.pkcs1)
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func handCMS(t testing.TB, id Identity, digest []byte, o handOptions) []byte {
	t.Helper()
	alg, err := cms.AlgorithmFor(id.Certificate.PublicKey, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	b := cms.Builder{Algorithm: alg, Certificate: id.Certificate, Chain: id.Chain}
	b.Content = o.content
	if o.attached {
		b.Content = []byte("something else")
	}
	attrs, err := b.SignedAttributes(digest)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := alg.Sign(rand.Reader, id.Signer, attrs)
	if err != nil {
		t.Fatal(err)
	}
	var unsigned []cms.Attribute
	if o.stamp != nil {
		unsigned = append(unsigned, cms.SignatureTimeStamp(o.stamp(sig)))
	}
	der, err := b.Assemble(attrs, sig, unsigned...)
	if err != nil {
		t.Fatal(err)
	}
	if o.twoSigners {
		der = doubleSigners(t, der)
	}
	return der
}

// doubleSigners repeats the one SignerInfo.
func doubleSigners(t testing.TB, der []byte) []byte {
	t.Helper()
	type contentInfo struct {
		Type asn1.ObjectIdentifier
		Data asn1.RawValue
	}
	var ci contentInfo
	var body []asn1.RawValue
	if _, err := asn1.Unmarshal(der, &ci); err != nil {
		t.Fatal(err)
	}
	if _, err := asn1.Unmarshal(ci.Data.Bytes, &body); err != nil {
		t.Fatal(err)
	}
	last := &body[len(body)-1]
	*last = asn1.RawValue{Class: 0, Tag: asn1.TagSet, IsCompound: true, Bytes: append(bytes.Clone(last.Bytes),
		last.Bytes...)}
	inner, err := asn1.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	out, err := asn1.Marshal(struct {
		Type asn1.ObjectIdentifier
		Data asn1.RawValue
	}{ci.Type, asn1.RawValue{Class: 2, Tag: 0, IsCompound: true, Bytes: inner}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
