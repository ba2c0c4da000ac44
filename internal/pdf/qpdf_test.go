package pdf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// qpdf runs qpdf over a file and gives what it wrote to another one, or printed where out is empty.
func qpdf(t *testing.T, data []byte, out string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("qpdf"); err != nil && testing.Short() {
		t.Skip("qpdf is not installed")
	}
	dir := t.TempDir()
	in := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	args = append(args, in)
	if out != "" {
		out = filepath.Join(dir, out)
		args = append(args, out)
	}
	cmd := exec.Command("qpdf", args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	printed, err := cmd.Output()
	if err != nil {
		t.Fatalf("qpdf %s: %v\n%s", strings.Join(args, " "), err, complaint.Bytes())
	}
	if out == "" {
		return printed
	}
	made, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// written is a file of these objects from number 4 on, which hang on the catalogue one by one.
func written(t *testing.T, objects ...Object) []byte {
	t.Helper()
	bodies := []string{"<</Type/Catalog/Pages 2 0 R/All", "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 9 9]>>",
		"<</Type/Page/Parent 2 0 R>>"}
	list := Array{}
	for i, o := range objects {
		list = append(list, Ref{4 + i, 0})
		if s, ok := o.(*Stream); ok {
			dict, err := appendObject(nil, s.Dict.With("Length", Integer(len(s.Data))), 0)
			if err != nil {
				t.Fatal(err)
			}
			bodies = append(bodies, string(dict)+"\nstream\n"+string(s.Data)+"\nendstream")
			continue
		}
		text, err := appendObject(nil, o, 0)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(text))
	}
	refs, err := appendObject(nil, list, 0)
	if err != nil {
		t.Fatal(err)
	}
	bodies[0] += string(refs) + ">>"
	return build("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", bodies, "/ID[<0123456789abcdef0123456789abcdef><00>]")
}

// dump writes what hangs on the catalogue's All, references followed and streams decoded, so that two files can be
// compared whose objects have other numbers.
func dump(t *testing.T, data []byte) string {
	t.Helper()
	f, err := Open(bytes.NewReader(data), int64(len(data)), Limits{AllowEncrypted: true})
	if err != nil {
		t.Fatal(err)
	}
	if f.Locked() {
		t.Fatal("the file stays locked")
	}
	_, catalog, err := f.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	dumpObject(t, f, &out, catalog.Get("All"))
	return out.String()
}

func dumpObject(t *testing.T, f *File, out *strings.Builder, o Object) {
	t.Helper()
	o, err := f.Resolve(o)
	if err != nil {
		t.Fatal(err)
	}
	switch o := o.(type) {
	case Array:
		out.WriteString("[\n")
		for _, v := range o {
			dumpObject(t, f, out, v)
		}
		out.WriteString("]\n")
	case Dict:
		o = slices.Clone(o)
		slices.SortFunc(o, func(a, b Entry) int { return strings.Compare(string(a.Key), string(b.Key)) })
		out.WriteString("<<\n")
		for _, e := range o {
			fmt.Fprintf(out, "%q: ", e.Key)
			dumpObject(t, f, out, e.Value)
		}
		out.WriteString(">>\n")
	case *Stream:
		plain, err := f.Decode(o, 1<<20)
		if err != nil {
			t.Fatalf("%v: %v", o.Dict, err)
		}
		dumpObject(t, f, out, o.Dict.Without("Length", "Filter", "DecodeParms"))
		fmt.Fprintf(out, "%x\n", plain)
	case String:
		fmt.Fprintf(out, "(%x)\n", o.Bytes)
	case Name:
		fmt.Fprintf(out, "/%x\n", string(o))
	default:
		if n, ok := Number(o); ok {
			fmt.Fprintf(out, "%.6f\n", n)
			return
		}
		fmt.Fprintf(out, "%v\n", o)
	}
}

// everything is objects of every kind: strings and names of every byte, numbers, what is nested, streams of every kind.
func everything() []Object {
	bytesOf := make([]byte, 256)
	names := Array{}
	for c := range bytesOf {
		bytesOf[c] = byte(c)
		if c > 0 { // §7.3.5 knows no name with a zero in it
			names = append(names, Name([]byte{'n', byte(c)}))
		}
	}
	deep := Object(Integer(1))
	for range 40 {
		deep = Array{Dict{{"D", deep}}}
	}
	out := []Object{
		String{Bytes: string(bytesOf)}, String{Bytes: string(bytesOf), Hex: true}, String{}, String{Hex: true}, names,
		deep,
		Array{Integer(0), Integer(-1), Integer(math.MaxInt32), Integer(1 << 40), Real(0.5), Real(-0.001),
			Real(123456.789)},
		Array{Boolean(true), Boolean(false), Null{}, Array{}, Dict{}}, TextString("Giao ước thi đua"),
		Dict{{"Long", String{Bytes: strings.Repeat("dài ", 9000)}}},
	}
	for _, name := range []string{"nothing", "one", "text", "noise", "runs"} {
		out = append(out, &Stream{Dict: Dict{{"Kind", TextString(name)}}, Data: samples()[name]},
			Flate(Dict{{"Kind", TextString(name + " compressed")}}, samples()[name]))
	}
	return out
}

// A file that qpdf writes anew, in each of its ways, holds what it held: object streams, linearised, encrypted with
// each method, with and without its metadata, and without compression.
func TestFilesThatQPDFWritesAnew(t *testing.T) {
	original := written(t, everything()...)
	want := dump(t, original)
	encrypted := func(args ...string) []string {
		return append(append([]string{"--allow-weak-crypto", "--encrypt", "", "owner"}, args...), "--")
	}
	for name, args := range map[string][]string{
		"as it is":                  {"--object-streams=preserve", "--stream-data=preserve"},
		"object streams":            {"--object-streams=generate"},
		"linearised":                {"--linearize", "--object-streams=disable"},
		"linearised, with streams":  {"--linearize", "--object-streams=generate"},
		"for people to read":        {"--qdf", "--object-streams=disable"},
		"compressed anew":           {"--recompress-flate", "--compression-level=9", "--object-streams=generate"},
		"old":                       {"--force-version=1.3", "--object-streams=disable"},
		"RC4, 40 bits":              encrypted("40"),
		"RC4, 128 bits":             encrypted("128", "--use-aes=n"),
		"RC4, version 4":            encrypted("128", "--use-aes=n", "--force-V4"),
		"AES, 128 bits":             encrypted("128", "--use-aes=y"),
		"AES, 256 bits":             encrypted("256"),
		"AES, 256 bits, revision 5": encrypted("256", "--force-R5"),
		"AES, plain metadata":       encrypted("256", "--cleartext-metadata"),
		"AES-128, plain metadata":   encrypted("128", "--use-aes=y", "--cleartext-metadata"),
		"AES in object streams":     append(encrypted("256"), "--object-streams=generate"),
		"RC4 in object streams":     append(encrypted("128", "--use-aes=n"), "--object-streams=generate"),
		"AES, linearised":           append(encrypted("256"), "--linearize"),
	} {
		t.Run(name, func(t *testing.T) {
			if got := dump(t, qpdf(t, original, "out.pdf", args...)); got != want {
				i := 0
				for i < min(len(got), len(want)) && got[i] == want[i] {
					i++
				}
				t.Errorf("differs at %d: %.80q, want %.80q", i, got[max(0, i-20):], want[max(0, i-20):])
			}
		})
	}
	locked := qpdf(t, original, "out.pdf", "--encrypt", "user", "owner", "256", "--")
	f, err := Open(bytes.NewReader(locked), int64(len(locked)), Limits{AllowEncrypted: true})
	if err != nil || !f.Locked() {
		t.Errorf("with a password: %v", err)
	}
}

// What we undo of a stream is what qpdf undoes of it.
func TestFiltersAgainstQPDF(t *testing.T) {
	var streams []Object
	var names []string
	for name, plain := range samples() {
		if len(plain) == 0 {
			continue
		}
		for _, late := range []Integer{0, 1} {
			streams = append(streams, &Stream{Data: encodeLZW(plain, int(late)), Dict: Dict{{"Filter",
				Name("LZWDecode")},
				{"DecodeParms", Dict{{"EarlyChange", late}}}}})
			names = append(names, fmt.Sprintf("LZW of %s, early %d", name, late))
		}
		for _, p := range [][3]Integer{{1, 8, 5}, {3, 8, 7}, {3, 4, 5}, {1, 1, 17}, {2, 16, 3}, {5, 2, 3}} {
			for _, predictor := range []Integer{10, 15} {
				if len(plain) == 1 {
					continue // a tag alone: a row of zeros to qpdf, no row to us
				}
				streams = append(streams, &Stream{Data: Deflate(plain), Dict: Dict{{"Filter", Name("FlateDecode")},
					{"DecodeParms", Dict{{"Predictor", predictor}, {"Colors", p[0]}, {"BitsPerComponent", p[1]},
						{"Columns", p[2]}}}}})
				names = append(names, fmt.Sprintf("predictor %d of %s with %v", predictor, name, p))
			}
		}
		streams = append(streams, &Stream{Data: Deflate(plain), Dict: Dict{{"Filter", Name("FlateDecode")},
			{"DecodeParms", Dict{{"Predictor", Integer(2)}, {"Colors", Integer(3)}, {"Columns", Integer(5)}}}}},
			&Stream{Data: encodeRuns(plain), Dict: Dict{{"Filter", Name("RunLengthDecode")}}})
		names = append(names, "TIFF of "+name, "runs of "+name)
	}
	data := written(t, streams...)
	f := mustOpen(t, data)
	var all struct {
		QPDF []json.RawMessage `json:"qpdf"`
	}
	// one run for all of them: qpdf writes each stream's data, decoded, in base64
	printed := qpdf(t, data, "", "--json=2", "--json-key=qpdf", "--json-stream-data=inline", "--decode-level=all")
	if err := json.Unmarshal(printed, &all); err != nil || len(all.QPDF) != 2 {
		t.Fatalf("%v: %.200s", err, printed)
	}
	var theirs map[string]struct {
		Stream struct{ Data []byte }
	}
	if err := json.Unmarshal(all.QPDF[1], &theirs); err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		o, err := f.Get(Ref{4 + i, 0})
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Decode(o.(*Stream), 1<<20)
		if want := theirs[fmt.Sprintf("obj:%d 0 R", 4+i)].Stream.Data; err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes %.40x, %v; qpdf has %d, %.40x", name, len(got), got, err, len(want), want)
		}
	}
}

// What text a string holds is what qpdf says of it: every byte of PDFDocEncoding, UTF-16 and UTF-8.
func TestTextsAgainstQPDF(t *testing.T) {
	var strs []Object
	for c := 0x18; c < 256; c++ {
		if c != 0x7f && c != 0x9f && c != 0xad { // undefined (§D.2)
			strs = append(strs, String{Bytes: "a" + string([]byte{byte(c)}), Hex: true})
		}
	}
	for _, text := range []string{"Giao ước thi đua", "𝄞 ộ", "ĩ"} {
		strs = append(strs, UTF16String(text), String{Bytes: "\xef\xbb\xbf" + text, Hex: true})
	}
	data := written(t, strs...)
	f := mustOpen(t, data)
	var theirs struct{ Objects map[string]any } // the first form of qpdf's JSON has all strings as text
	if err := json.Unmarshal(qpdf(t, data, "", "--json=1", "--json-key=objects"), &theirs); err != nil {
		t.Fatal(err)
	}
	for i := range strs {
		o, err := f.Get(Ref{4 + i, 0})
		if err != nil {
			t.Fatal(err)
		}
		s, _ := o.(String)
		want, ok := theirs.Objects[fmt.Sprintf("%d 0 R", 4+i)].(string)
		if got := DecodeText(s); !ok || got != want {
			t.Errorf("%x is read as %q, by qpdf as %q", s.Bytes, got, want)
		}
	}
}
