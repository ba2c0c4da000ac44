package signing

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"covenant/signing/devpki"
)

// This file checks the PAdES profile (EN 319 142-1 §6) on the bytes themselves: regular expressions over what was
// appended and encoding/asn1 over the CMS, without the library's own parsers.

// appendedObjects cuts appended bytes into "n 0 obj … endobj" and requires each number once a revision.
func appendedObjects(t *testing.T, revision []byte) map[int]string {
	t.Helper()
	out := map[int]string{}
	for _, m := range regexp.MustCompile(`(?ms)^(\d+) 0 obj\n(.*?)\nendobj\n`).FindAllSubmatch(revision, -1) {
		n, err := strconv.Atoi(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := out[n]; twice {
			t.Errorf("object %d is written twice in one revision", n)
		}
		out[n] = string(m[2])
	}
	return out
}

// findObject returns the one object that holds all of the given texts.
func findObject(t *testing.T, objects map[int]string, texts ...string) string {
	t.Helper()
	var found []string
	for _, o := range objects {
		if !slices.ContainsFunc(texts, func(s string) bool { return !strings.Contains(o, s) }) {
			found = append(found, o)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d objects hold %q", len(found), texts)
	}
	return found[0]
}

// The parts of CMS that the profile speaks of.
type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content signedData `asn1:"explicit,tag:0"`
}

type signedData struct {
	Version      int
	Digests      asn1.RawValue
	Encapsulated encapsulated
	Certificates asn1.RawValue `asn1:"optional,tag:0"`
	CRLs         asn1.RawValue `asn1:"optional,tag:1"`
	Signers      []signerInfo  `asn1:"set"`
}

type encapsulated struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue `asn1:"optional,explicit,tag:0"`
}

type signerInfo struct {
	Version   int
	Issuer    asn1.RawValue
	Digest    asn1.RawValue
	Signed    asn1.RawValue `asn1:"tag:0"`
	Algorithm asn1.RawValue
	Signature []byte
	Unsigned  asn1.RawValue `asn1:"optional,tag:1"`
}

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values asn1.RawValue `asn1:"set"`
}

func attributes(t *testing.T, raw asn1.RawValue) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for rest := raw.Bytes; len(rest) > 0; {
		var a attribute
		var err error
		if rest, err = asn1.Unmarshal(rest, &a); err != nil {
			t.Fatal(err)
		}
		if _, twice := out[a.Type.String()]; twice {
			t.Errorf("attribute %s twice", a.Type)
		}
		out[a.Type.String()] = a.Values.Bytes
	}
	return out
}

const (
	oidContentType          = "1.2.840.113549.1.9.3"
	oidMessageDigest        = "1.2.840.113549.1.9.4"
	oidSigningCertificateV2 = "1.2.840.113549.1.9.16.2.47"
	oidTimestampAttribute   = "1.2.840.113549.1.9.16.2.14"
)

// decodeContents reads a signature dictionary's Contents: one DER object and zero bytes.
func decodeContents(t *testing.T, dict string) signedData {
	t.Helper()
	m := regexp.MustCompile(`/Contents ?<([0-9a-fA-F]+)>`).FindStringSubmatch(dict)
	if m == nil {
		t.Fatal("no Contents")
	}
	if len(m[1])/2 > 32767 {
		t.Errorf("Contents of %d bytes: more than PDF/A-2 allows", len(m[1])/2)
	}
	der, err := hex.DecodeString(m[1])
	if err != nil {
		t.Fatal(err)
	}
	var ci contentInfo
	rest, err := asn1.Unmarshal(der, &ci)
	if err != nil {
		t.Fatal(err)
	}
	if len(bytes.Trim(rest, "\x00")) != 0 {
		t.Error("something follows the CMS object")
	}
	if ci.Type.String() != "1.2.840.113549.1.7.2" {
		t.Errorf("content type %s", ci.Type)
	}
	return ci.Content
}

// requireByteRange checks the ranges against the place of Contents in the file, and returns the digest of what they
// cover.
func requireByteRange(t *testing.T, file []byte, from, to int, dict string) []byte {
	t.Helper()
	m := regexp.MustCompile(`/ByteRange ?\[0 (\d+) (\d+) (\d+)\]? *`).FindStringSubmatch(dict)
	if m == nil {
		t.Fatal("no ByteRange")
	}
	var r [3]int
	for i := range r {
		r[i], _ = strconv.Atoi(m[i+1])
	}
	gap := bytes.Index(file[from:to], []byte("/Contents<")) + from + len("/Contents")
	if r[0] != gap || file[r[1]-1] != '>' || r[1]+r[2] != to || bytes.IndexByte(file[gap:], '>')+gap+1 != r[1] {
		t.Errorf("ByteRange %v: Contents begins at %d, the revision ends at %d", r, gap, to)
	}
	sum := sha256.Sum256(slices.Concat(file[:r[0]], file[r[1]:to]))
	return sum[:]
}

func TestProfileOfSignatures(t *testing.T) {
	p := testPKI(t)
	tsa := &TSA{URLs: []string{p.TSA()}}
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	at := time.Date(2026, 3, 5, 9, 15, 30, 0, time.FixedZone("", 7*3600))
	for _, kind := range fileKinds {
		for _, level := range []Level{BB, BT} {
			t.Run(fmt.Sprint(kind, " ", level), func(t *testing.T) {
				in := testFile(t, kind, "a", "b")
				opt := Options{Level: level, TSA: tsa, Field: "a", Reason: "Ký giao ước ĩ", Location: "Hà Nam",
					Name: "Cúc", ContactInfo: "cuc@example.vn", Time: at,
					Appearance: &Appearance{Image: testImage(t), Lines: vietnamese}}
				file := sign(t, in, id, opt)
				objects := appendedObjects(t, file[len(in):])
				dict := findObject(t, objects, "/Type/Sig/")
				for _, want := range []string{"/SubFilter/ETSI.CAdES.detached", "/Filter/Adobe.PPKLite",
					"/M(D:20260305091530+07'00')",
					"/Reason<FEFF004B00FD0020006700690061006F002001B0", "/Location<FEFF", "/Name<FEFF",
					"/ContactInfo<FEFF"} {
					if !strings.Contains(dict, want) {
						t.Errorf("the signature dictionary lacks %s", want)
					}
				}
				requireCMS(t, decodeContents(t, dict), requireByteRange(t, file, len(in), len(file), dict),
					id.Certificate, level)
				requireUntouched(t, in, file, objects)
			})
		}
	}
}

// requireCMS checks what EN 319 142-1 §6.3 asks of the CMS object.
func requireCMS(t *testing.T, sd signedData, digest []byte, cert *x509.Certificate, level Level) {
	t.Helper()
	if len(sd.Signers) != 1 {
		t.Fatalf("%d signers", len(sd.Signers))
	}
	if len(sd.Encapsulated.Content.FullBytes) > 0 || len(sd.CRLs.FullBytes) > 0 {
		t.Error("the CMS holds content or revocation data")
	}
	if !bytes.Contains(sd.Certificates.Bytes, cert.Raw) {
		t.Error("the signer's certificate is not embedded")
	}
	signed := attributes(t, sd.Signers[0].Signed)
	if len(signed) != 3 || signed[oidContentType] == nil || signed[oidMessageDigest] == nil ||
		signed[oidSigningCertificateV2] == nil {
		t.Errorf("signed attributes %v", signed)
	}
	if !bytes.Equal(signed[oidMessageDigest], append([]byte{4, 32}, digest...)) {
		t.Error("message-digest is not that of the byte range")
	}
	sum := sha256.Sum256(cert.Raw)
	if !bytes.Contains(signed[oidSigningCertificateV2], sum[:]) {
		t.Error("signing-certificate-v2 does not name the certificate")
	}
	unsigned := attributes(t, sd.Signers[0].Unsigned)
	want := 0
	if level >= BT {
		want = 1
	}
	if len(unsigned) != want || (want == 1) != (unsigned[oidTimestampAttribute] != nil) {
		t.Errorf("%d unsigned attributes at %s", len(unsigned), level)
	}
}

// requireUntouched checks that nothing was rewritten but the field; page, catalogue, form and structure tree stay, and
// a rewritten field differs in V and AP alone.
func requireUntouched(t *testing.T, in, file []byte, objects map[int]string) {
	t.Helper()
	if !bytes.Equal(file[:len(in)], in) {
		t.Fatal("the input's bytes changed")
	}
	for n, o := range objects {
		switch {
		case n == 10:
			if !strings.Contains(o, "/StructParent 1") || !strings.Contains(o, "/Rect[72 700 272 755]") ||
				!strings.Contains(o, "/TU(Signature a)") {
				t.Errorf("the field became %s", o)
			}
		case n == 5: // SigFlags 1 becomes 3
			if !strings.Contains(o, "/SigFlags 3") {
				t.Errorf("the form became %s", o)
			}
		case n <= 13:
			t.Errorf("object %d was rewritten: %s", n, o)
		}
	}
}

func TestProfileOfDocumentTimestampsAndDSS(t *testing.T) {
	p := testPKI(t)
	tsa := &TSA{URLs: []string{p.TSA()}}
	id := issue(t, p, "Lê Thị Cúc", devpki.Profile{})
	for _, kind := range fileKinds {
		t.Run(string(kind), func(t *testing.T) {
			base := sign(t, testFile(t, kind, "a"), id, Options{Level: BT, TSA: tsa, Field: "a"})
			v := &ValidationSource{HTTP: http.DefaultClient}
			var lt bytes.Buffer
			if _, err := Extend(t.Context(), bytes.NewReader(base), int64(len(base)), &lt,
				ExtendOptions{Level: BLT, Validation: v}); err != nil {
				t.Fatal(err)
			}
			requireDSS(t, lt.Bytes()[len(base):], id.Certificate)
			var lta bytes.Buffer
			if _, err := AddTimestamp(t.Context(), bytes.NewReader(lt.Bytes()), int64(lt.Len()), &lta,
				TimestampOptions{TSA: tsa}); err != nil {
				t.Fatal(err)
			}
			dict := findObject(t, appendedObjects(t, lta.Bytes()[lt.Len():]), "/Type/DocTimeStamp/")
			if !strings.Contains(dict, "/SubFilter/ETSI.RFC3161") || strings.Contains(dict, "/M(") ||
				strings.Contains(dict, "/Reason") {
				t.Errorf("document time-stamp %.200s", dict)
			}
			digest := requireByteRange(t, lta.Bytes(), lt.Len(), lta.Len(), dict)
			sd := decodeContents(t, dict)
			if sd.Encapsulated.Type.String() != "1.2.840.113549.1.9.16.1.4" ||
				!bytes.Contains(sd.Encapsulated.Content.FullBytes, digest) {
				t.Error("the token is not over the byte range")
			}
		})
	}
}

// requireDSS decodes the streams of the appended document security store: certificates up to the root, and a good OCSP
// response or a list for each but that.
func requireDSS(t *testing.T, appended []byte, signer *x509.Certificate) {
	t.Helper()
	objects := appendedObjects(t, appended)
	dict := findObject(t, objects, "/Type/DSS")
	if strings.Contains(dict, "/VRI") {
		t.Error("VRI is written although it is off by default")
	}
	var certs []*x509.Certificate
	for _, der := range listed(t, objects, dict, "Certs") {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		certs = append(certs, c)
	}
	responses, lists := listed(t, objects, dict, "OCSPs"), listed(t, objects, dict, "CRLs")
	for _, der := range responses {
		if r, err := ocsp.ParseResponse(der, nil); err != nil || r.Status != ocsp.Good {
			t.Errorf("OCSP response: %v", err)
		}
	}
	for _, der := range lists {
		if _, err := x509.ParseRevocationList(der); err != nil {
			t.Errorf("revocation list: %v", err)
		}
	}
	if n := len(responses) + len(lists); n < 3 { // signer, issuing authority, time-stamp authority
		t.Errorf("%d OCSP responses and lists", n)
	}
	requireChain(t, certs, signer)
}

// listed decodes the streams that a list of the store refers to.
func listed(t *testing.T, objects map[int]string, dict, name string) (out [][]byte) {
	t.Helper()
	m := regexp.MustCompile(`/` + name + `\[([^\]]*)\]`).FindStringSubmatch(dict)
	if m == nil {
		return nil
	}
	for _, ref := range regexp.MustCompile(`(\d+) 0 R`).FindAllStringSubmatch(m[1], -1) {
		n, err := strconv.Atoi(ref[1])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, inflate(t, objects[n]))
	}
	return out
}

// requireChain checks that the certificates lead from the signer to a self-signed one.
func requireChain(t *testing.T, certs []*x509.Certificate, signer *x509.Certificate) {
	t.Helper()
	roots := x509.NewCertPool()
	inter := x509.NewCertPool()
	for _, c := range certs {
		if bytes.Equal(c.RawIssuer, c.RawSubject) {
			roots.AddCert(c)
		} else {
			inter.AddCert(c)
		}
	}
	if _, err := signer.Verify(x509.VerifyOptions{Roots: roots, Intermediates: inter,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Errorf("the store's certificates do not lead to a root: %v", err)
	}
}
