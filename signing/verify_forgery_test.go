package signing

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"covenant/internal/pdf"
	"covenant/signing/devpki"
	"covenant/signing/internal/cms"
)

// parts are the pieces of a signed file that forgeries move around.
type parts struct {
	file       []byte
	start, end int    // of the Contents string
	value      []byte // the Contents string with its delimiters
	dict       pdf.Dict
	ref        pdf.Ref
}

func cut(t testing.TB, file []byte) parts {
	t.Helper()
	_, signatures := openSigned(t, file)
	s := signatures[0]
	p := parts{file: file, start: int(s.Contents.Start), end: int(s.Contents.End), dict: s.Dict, ref: s.Ref}
	p.value = file[p.start:p.end]
	return p
}

// replace writes text over old, padded with spaces, wherever old stands in the signature dictionary after from.
func (p parts) replace(t testing.TB, old, text string) []byte {
	t.Helper()
	out := bytes.Clone(p.file)
	from := max(p.start-600, 0)
	i := bytes.Index(out[from:], []byte(old))
	if i < 0 {
		t.Fatalf("%q is not in the signature dictionary", old)
	}
	if len(text) > len(old) {
		t.Fatalf("%q is longer than %q", text, old)
	}
	copy(out[from+i:], text+strings.Repeat(" ", len(old)-len(text)))
	return out
}

// byteRangeText is the ByteRange entry as it stands in the file.
func (p parts) byteRangeText(t testing.TB) string {
	t.Helper()
	from := bytes.LastIndex(p.file, []byte("/ByteRange"))
	to := bytes.IndexByte(p.file[from:], ']')
	if from < 0 || to < 0 {
		t.Fatal("no ByteRange")
	}
	return string(p.file[from : from+to+1])
}

// forgery is an attack that a byte-level change makes.
type forgery struct {
	name string
	do   func(t testing.TB, p parts) []byte
}

// forgeries: universal signature forgery, wrapping, and tricks with ranges, Contents, cross-references and the CMS
// object. All of them are done in the file as signed, and so change the hash where they touch signed bytes; what
// matters is that none of them leaves a verdict other than failed or malformed.
var forgeries = []forgery{
	{"UniversalForgery/ByteRange missing", func(t testing.TB, p parts) []byte {
		return p.replace(t, p.byteRangeText(t),
			"")
	}},
	{"UniversalForgery/ByteRange null", func(t testing.TB, p parts) []byte {
		return p.replace(t, p.byteRangeText(t),
			"/ByteRange null")
	}},
	{"UniversalForgery/ByteRange empty", func(t testing.TB, p parts) []byte {
		return p.replace(t, p.byteRangeText(t),
			"/ByteRange[]")
	}},
	{"UniversalForgery/ByteRange of zeros", func(t testing.TB, p parts) []byte {
		return p.replace(t, p.byteRangeText(t),
			"/ByteRange[0 0 0 0]")
	}},
	{"UniversalForgery/ByteRange negative", func(t testing.TB, p parts) []byte {
		return p.replace(t, p.byteRangeText(t),
			"/ByteRange[0 -1 -1 -1]")
	}},
	{"UniversalForgery/ByteRange with names", func(t testing.TB, p parts) []byte {
		return p.replace(t, p.byteRangeText(t), "/ByteRange[/a/b/c/d]")
	}},
	{"UniversalForgery/ByteRange of two numbers", func(t testing.TB, p parts) []byte {
		return p.replace(t, p.byteRangeText(t), "/ByteRange[0 9]")
	}},
	{"UniversalForgery/ByteRange of six numbers", func(t testing.TB, p parts) []byte {
		return p.replace(t, p.byteRangeText(t), "/ByteRange[0 9 9 9 9 9]")
	}},
	{"UniversalForgery/ByteRange of reals", func(t testing.TB, p parts) []byte {
		return p.replace(t, p.byteRangeText(t), "/ByteRange[0.0 9.5 9.9 1.0]")
	}},
	{"UniversalForgery/ByteRange elsewhere", func(t testing.TB, p parts) []byte {
		return p.replace(t, p.byteRangeText(t), "/ByteRange 4 0 R")
	}},
	{"UniversalForgery/ByteRange nested", func(t testing.TB, p parts) []byte {
		return p.replace(t, p.byteRangeText(t),
			"/ByteRange[[0 1 2 3]]")
	}},
	{"UniversalForgery/ByteRange overlong", func(t testing.TB, p parts) []byte {
		return p.replace(t, p.byteRangeText(t), "/ByteRange[9999999999999]")
	}},
	{"UniversalForgery/Contents elsewhere", func(t testing.TB, p parts) []byte { return p.fill(t, "4 0 R") }},
	{"UniversalForgery/Contents an array", func(t testing.TB, p parts) []byte { return p.fill(t, "[<00>]") }},
	{"UniversalForgery/Contents with white space",
		func(t testing.TB, p parts) []byte { return p.fill(t, "< 3 0 8 0 \n>") }},
	{"UniversalForgery/Contents missing", func(t testing.TB, p parts) []byte {
		return p.replace(t, "/Contents",
			"/Xontents")
	}},
	{"UniversalForgery/Contents null", func(t testing.TB, p parts) []byte { return p.fill(t, "null") }},
	{"UniversalForgery/Contents empty", func(t testing.TB, p parts) []byte { return p.fill(t, "<>") }},
	{"UniversalForgery/Contents of zeros",
		func(t testing.TB, p parts) []byte { return p.fill(t, "<"+strings.Repeat("0", len(p.value)-2)+">") }},
	{"UniversalForgery/Contents 00", func(t testing.TB, p parts) []byte { return p.fill(t, "<00>") }},
	{"UniversalForgery/SubFilter missing", func(t testing.TB, p parts) []byte {
		return p.replace(t, "/SubFilter",
			"/XubFilter")
	}},
	{"UniversalForgery/SubFilter unknown", func(t testing.TB, p parts) []byte {
		return p.replace(t, "ETSI.CAdES",
			"EVIL.CAdES")
	}},

	{"ByteRange/does not begin at 0", func(t testing.TB, p parts) []byte {
		return p.ranges(t, 1, p.start-1, p.end,
			len(p.file)-p.end)
	}},
	{"ByteRange/first range short", func(t testing.TB, p parts) []byte {
		return p.ranges(t, 0, p.start-20, p.end,
			len(p.file)-p.end)
	}},
	{"ByteRange/second range late", func(t testing.TB, p parts) []byte {
		return p.ranges(t, 0, p.start, p.end+20,
			len(p.file)-p.end-20)
	}},
	{"ByteRange/second range short", func(t testing.TB, p parts) []byte { return p.ranges(t, 0, p.start, p.end, 10) }},
	{"ByteRange/ranges overlap", func(t testing.TB, p parts) []byte {
		return p.ranges(t, 0, p.start, p.start,
			len(p.file)-p.start)
	}},
	{"ByteRange/beyond the file", func(t testing.TB, p parts) []byte { return p.ranges(t, 0, p.start, p.end, 9999) }},
	{"ByteRange/gap without the delimiters", func(t testing.TB, p parts) []byte {
		return p.ranges(t, 0, p.start+1,
			p.end-1, len(p.file)-p.end+1)
	}},
	{"ByteRange/huge numbers", func(t testing.TB, p parts) []byte {
		return p.replace(t, p.byteRangeText(t), "/ByteRange[0 99999999999 1 9]")
	}},

	{"CMS/bytes after the object", func(t testing.TB, p parts) []byte {
		out := bytes.Clone(p.file)
		copy(out[p.end-5:], "AAAA")
		return out
	}},
	{"CMS/another signer's object", func(t testing.TB, p parts) []byte {
		out := bytes.Clone(p.file)
		i := bytes.Index(out[p.start:p.end],
			[]byte(hex.EncodeToString([]byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02})))
		if i < 0 {
			t.Fatal("no SignedData identifier")
		}
		out[p.start+i+21] = '1' // another content type
		return out
	}},
	{"CMS/signature value changed", func(t testing.TB, p parts) []byte {
		contents, err := hex.DecodeString(string(p.value[1 : len(p.value)-1]))
		if err != nil {
			t.Fatal(err)
		}
		sd, err := cms.ParsePadded(contents)
		if err != nil {
			t.Fatal(err)
		}
		out := bytes.Clone(p.file)
		flip(out, p.start+1+2*bytes.Index(contents, sd.Signer.Signature)+41)
		return out
	}},

	{"Wrapping/signed part moved behind new content", func(t testing.TB, p parts) []byte {
		// [start of the file][Contents][forged objects][old tail], with ByteRange made to skip what was put in.
		forged := []byte("\n4 0 obj\n<</Length 30>>\nstream\nBT (Pay 999 dong, forged) Tj ET\nendstream\nendobj\n")
		out := append(bytes.Clone(p.file[:p.end]), forged...)
		out = append(out, p.file[p.end:]...)
		q := parts{file: out, start: p.start, end: p.end, value: p.value}
		return q.ranges(t, 0, p.start, p.end+len(forged), len(p.file)-p.end)
	}},
	{"Wrapping/second Contents in the dictionary", func(t testing.TB, p parts) []byte {
		old := p.byteRangeText(t)
		return p.replace(t, old, strings.Replace(strings.ReplaceAll(old, " ", ""), old[:10], "/Contents<00>",
			1)[:min(len(old), 20)])
	}},
	{"IncrementalSaving/foreign bytes after the end", func(_ testing.TB, p parts) []byte {
		return append(bytes.Clone(p.file), "\n4 0 obj\n<</Length 9>>\nstream\nBT ET\nendstream\nendobj\n"...)
	}},
	{"IncrementalSaving/update without a trailer", func(_ testing.TB, p parts) []byte {
		return append(bytes.Clone(p.file), "\n4 0 obj\n<<>>\nendobj\nxref\n4 1\n0000000000 00000 n \n"...)
	}},
	{"CrossReference/second startxref", func(_ testing.TB, p parts) []byte {
		return append(bytes.Clone(p.file),
			"startxref\n0\n%%EOF\n"...)
	}},
	{"CrossReference/second end that skips the signature", func(t testing.TB, p parts) []byte {
		f, err := pdf.Open(bytes.NewReader(p.file), int64(len(p.file)), pdf.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Appendf(bytes.Clone(p.file), "startxref\n%d\n%%%%EOF\n", f.Revisions()[0].XRef)
	}},
	{"CrossReference/Prev in a circle", func(_ testing.TB, p parts) []byte {
		return fmt.Appendf(bytes.Clone(p.file),
			"xref\n0 0\ntrailer\n<</Size 60/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", len(p.file), len(p.file))
	}},
	{"CrossReference/object under another generation", func(_ testing.TB, p parts) []byte {
		at, _ := lastStartXRef(bytes.NewReader(p.file), int64(len(p.file)))
		out := append(bytes.Clone(p.file), "4 1 obj\n<</Length 5>>\nstream\nBT ET\nendstream\nendobj\n"...)
		return fmt.Appendf(out, "xref\n4 1\n%010d 00001 n\r\ntrailer\n<</Size 60/Root 1 0 R/Prev "+
			"%d>>\nstartxref\n%d\n%%%%EOF\n", len(p.file), at, len(out))
	}},
	{"CrossReference/object freed", func(_ testing.TB, p parts) []byte {
		at, _ := lastStartXRef(bytes.NewReader(p.file), int64(len(p.file)))
		return fmt.Appendf(bytes.Clone(p.file), "xref\n4 1\n0000000000 00001 f\r\ntrailer\n<</Size 60/Root 1 0 "+
			"R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", at, len(p.file))
	}},
	{"Header/something before it", func(_ testing.TB, p parts) []byte { return append([]byte("%!PS\n"), p.file...) }},
	{"CrossReference/object placed twice", func(_ testing.TB, p parts) []byte {
		at, _ := lastStartXRef(bytes.NewReader(p.file), int64(len(p.file)))
		out := bytes.Clone(p.file)
		forged := len(out)
		out = append(out, "4 0 obj\n<</Length 5>>\nstream\nBT ET\nendstream\nendobj\n"...)
		next := len(out)
		old := bytes.Index(p.file, []byte("4 0 obj"))
		return fmt.Appendf(out, "xref\n4 1\n%010d 00000 n\r\n4 1\n%010d 00000 n\r\ntrailer\n<</Size 60/Root 1 0 "+
			"R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n",
			old, forged, at, next)
	}},
	{"ShadowHideAndReplace/catalogue swapped for a prepared one", func(_ testing.TB, p parts) []byte {
		at, _ := lastStartXRef(bytes.NewReader(p.file), int64(len(p.file)))
		out := bytes.Clone(p.file)
		root := len(out)
		out = append(out, "70 0 obj\n<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>\nendobj\n"...)
		next := len(out)
		return fmt.Appendf(out, "xref\n70 1\n%010d 00000 n\r\ntrailer\n<</Size 71/Root 70 0 R/Prev "+
			"%d>>\nstartxref\n%d\n%%%%EOF\n", root, at, next)
	}},
	{"CrossReference/newest section skips the signed one", func(t testing.TB, p parts) []byte {
		f, err := pdf.Open(bytes.NewReader(p.file), int64(len(p.file)), pdf.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return skipping(p.file, f)
	}},
}

func flip(b []byte, i int) {
	if b[i] == '0' {
		b[i] = '1'
	} else {
		b[i] = '0'
	}
}

// fill puts another value in the place of Contents.
func (p parts) fill(t testing.TB, text string) []byte {
	t.Helper()
	out := bytes.Clone(p.file)
	copy(out[p.start:p.end], text+strings.Repeat(" ", len(p.value)-len(text)))
	return out
}

func (p parts) ranges(t testing.TB, a, b, c, d int) []byte {
	t.Helper()
	return p.replace(t, p.byteRangeText(t), fmt.Sprintf("/ByteRange[%d %d %d %d]", a, b, c, d))
}

// skipping appends a whole classic section for a forged document whose Prev leads to the revision before the signed
// one, and keeps the signed field by pointing at its objects.
func skipping(file []byte, f *pdf.File) []byte {
	var b bytes.Buffer
	b.Write(file)
	type entry struct{ num, at int }
	var entries []entry
	add := func(num int, text string) {
		entries = append(entries, entry{num, b.Len()})
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", num, text)
	}
	add(4, "<</Length 31>>\nstream\nBT (Pay 999 dong, forged 1) Tj ET\nendstream")
	last := f.Revisions()[len(f.Revisions())-1]
	for _, e := range last.Entries {
		if e.Kind == pdf.InUse && e.Num != 4 {
			entries = append(entries, entry{e.Num, int(e.Offset)})
		}
	}
	at := b.Len()
	b.WriteString("xref\n")
	for _, e := range entries {
		fmt.Fprintf(&b, "%d 1\n%010d 00000 n\r\n", e.num, e.at)
	}
	fmt.Fprintf(&b, "trailer\n<</Size 100/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", f.Revisions()[0].XRef, at)
	return b.Bytes()
}

func TestAttackByForgery(t *testing.T) {
	b := newAttackBase(t, Options{})
	for _, kind := range fileKinds {
		p := cut(t, b.file[kind])
		for _, f := range forgeries {
			t.Run(f.name+"/"+string(kind), func(t *testing.T) {
				bad := f.do(t, p)
				if bytes.Equal(bad, p.file) {
					t.Fatal("the attack changes nothing")
				}
				res, r := b.judge(t, bad)
				switch {
				case r == nil: // not readable as a PDF: a clear error
				case res == nil:
					if r.Overall() == TotalPassed {
						t.Error("passed without the signature")
					}
				case res.Indication == TotalPassed:
					t.Errorf("passed: %+v", res)
				case len(res.Reasons) == 0:
					t.Error("no reason is given")
				case strings.Contains(f.name, "catalogue swapped") && !slices.ContainsFunc(res.Modifications,
					func(m Modification) bool { return m.Kind == ChangeTrailer }):
					t.Errorf("the new root is not reported: %+v", res.Modifications)
				}
			})
		}
	}
}

// TestAttackByOwnSignature: attackers who hold a key of their own make a file whose structure lies but whose hash is
// right. The signature dictionary is built by hand and really signed.
func TestAttackByOwnSignature(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "Kẻ tấn công", devpki.Profile{})
	soft := VerifyOptions{Roots: p.Roots(), Revocation: RevocationSoft}
	t.Run("innocent twin", func(t *testing.T) {
		file := handSigned(t, id, handOptions{})
		r, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)), soft)
		if err != nil {
			t.Fatal(err)
		}
		wantAll(t, r, 1, TotalPassed, "")
	})
	t.Run("innocent twin with a key twice", func(t *testing.T) {
		file := handSigned(t, id, handOptions{extra: "/Type/Sig"})
		r, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)), soft)
		if err != nil {
			t.Fatal(err)
		}
		wantAll(t, r, 1, TotalPassed, "")
	})
	for name, opt := range map[string]handOptions{
		"gap larger than Contents":        {gapBefore: 40},
		"gap larger behind Contents":      {gapAfter: 40},
		"range ends before the end":       {short: 30},
		"range ends within the last line": {short: 3},
		"range does not begin at 0":       {first: 1},
		"range runs past the end":         {beyond: 1},
		"range runs far past the end":     {beyond: 1 << 20},
		"Contents twice":                  {extra: "/Contents<00>"},
		"ByteRange twice":                 {extra: "/ByteRange[0 1 2 3]"},
		"Type twice, with another value":  {extra: "/Type/DocTimeStamp"},
		"two SignerInfos":                 {twoSigners: true},
		"value of a text field":           {fieldType: "Tx"},
		"Contents as a literal string":    {literal: true},
	} {
		t.Run(name, func(t *testing.T) {
			file := handSigned(t, id, opt)
			r, err := Verify(t.Context(), bytes.NewReader(file), int64(len(file)), soft)
			if err != nil {
				t.Fatal(err)
			}
			if opt.fieldType == "Tx" {
				// It is no signature's field, so nobody is shown a signature there; that one lies in the file is said.
				wantAll(t, r, 1, Indeterminate, SigConstraintsFailure)
				if !said(&r.Results[0], ReasonHidden) || r.Results[0].Field != "" {
					t.Errorf("a text field's value is taken for a signature: %+v", r.Results)
				}
				return
			}
			wantAll(t, r, 1, TotalFailed, FormatFailure)
		})
	}
}

// TestRangePastTheEndIsNotSigned: what would be appended would come to lie in what an earlier signature claims.
func TestRangePastTheEndIsNotSigned(t *testing.T) {
	p := testPKI(t)
	id := issue(t, p, "An", devpki.Profile{})
	for _, beyond := range []int{1, 5000, 1 << 20} {
		file := handSigned(t, id, handOptions{beyond: beyond})
		tsa := &TSA{URLs: []string{p.TSA()}}
		for name, do := range map[string]func(in io.ReaderAt) error{
			"signed": func(in io.ReaderAt) error {
				_, err := Sign(t.Context(), in, int64(len(file)), io.Discard, id, Options{})
				return err
			},
			"time-stamped": func(in io.ReaderAt) error {
				_, err := AddTimestamp(t.Context(), in, int64(len(file)), io.Discard, TimestampOptions{TSA: tsa})
				return err
			},
		} {
			for _, in := range []io.ReaderAt{bytes.NewReader(file), struct{ io.ReaderAt }{bytes.NewReader(file)}} {
				var suspect *SuspectError
				if err := do(in); !errors.As(err, &suspect) || suspect.Code != ReasonByteRange ||
					suspect.Vietnamese == "" || suspect.Vietnamese == suspect.English {
					t.Errorf("%d bytes beyond: %s: %v", beyond, name, err)
				}
			}
		}
	}
}
