package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// minimal is a small classic file.
func minimal() []byte {
	return build("%PDF-1.7\n", []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>",
		"<</Type/Page/Parent 2 0 R>>",
	}, "")
}

func build(head string, bodies []string, trailer string) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	offsets := make([]int, len(bodies))
	for i, s := range bodies {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, s)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f\r\n", len(bodies)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n\r\n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(bodies)+1, trailer, at)
	return b.Bytes()
}

func mustOpen(t testing.TB, data []byte) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(data), int64(len(data)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func parse(t *testing.T, text string) (Object, error) {
	t.Helper()
	p := &parser{r: strings.NewReader(text), size: int64(len(text)), elements: 1000, maxDepth: 20}
	return p.object(0)
}

func TestObjects(t *testing.T) {
	for text, want := range map[string]Object{
		"null":                        Null{},
		"true ":                       Boolean(true),
		"-17":                         Integer(-17),
		"+.5":                         Real(0.5),
		"4.":                          Real(4),
		"/A#20B":                      Name("A B"),
		"/":                           Name(""),
		"(a\\(b\\)\\\\ (n) \\101\\7)": String{Bytes: "a(b)\\ (n) A\a"},
		"(line\\\r\nnext\r\nend)":     String{Bytes: "linenext\nend"},
		"<48 65 6C6C 7>":              String{Bytes: "Hellp", Hex: true},
		"12 0 R":                      Ref{12, 0},
		"[1 0 R 2 0 3 0 R]":           Array{Ref{1, 0}, Integer(2), Integer(0), Ref{3, 0}},
		"<</A 1/B[2 3]/C<</D(x)>>>>": Dict{{"A", Integer(1)}, {"B", Array{Integer(2), Integer(3)}},
			{"C", Dict{{"D", String{Bytes: "x"}}}}},
		"% comment\n[%x\r1%y\n2]":      Array{Integer(1), Integer(2)},
		"<</A/B/C true/D null/E 1 0 R": nil,
		"[1 2":                         nil,
		"(open":                        nil,
		"<zz>":                         nil,
		"--1":                          nil,
		"endobj":                       nil,
		strings.Repeat("[", 50):        nil,
	} {
		got, err := parse(t, text)
		if want == nil {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("%q: %v, %v", text, got, err)
			}
			continue
		}
		if err != nil || !Equal(got, want) {
			t.Errorf("%q: %#v, %v", text, got, err)
		}
	}
}

// anyObject generates objects that can be written and read back.
func anyObject(depth int) *rapid.Generator[Object] {
	return rapid.Custom(func(t *rapid.T) Object {
		kinds := 8
		if depth == 0 {
			kinds = 6
		}
		switch rapid.IntRange(0, kinds).Draw(t, "kind") {
		case 0:
			return Integer(rapid.Int64().Draw(t, "integer"))
		case 1:
			return Real(float64(rapid.IntRange(-1e9, 1e9).Draw(t, "real")) / 1000)
		case 2:
			return Name(rapid.StringN(0, 40, 120).Draw(t, "name"))
		case 3:
			return String{Bytes: string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")), Hex: rapid.Bool().Draw(t, "hex")}
		case 4:
			return Ref{rapid.IntRange(0, 99999).Draw(t, "num"), rapid.IntRange(0, 65535).Draw(t, "gen")}
		case 5:
			return Boolean(rapid.Bool().Draw(t, "bool"))
		case 6:
			return Null{}
		case 7:
			return Array(rapid.SliceOfN(anyObject(depth-1), 0, 5).Draw(t, "array"))
		}
		d := Dict{}
		for k, v := range rapid.MapOfN(rapid.StringN(1, 10, 30), anyObject(depth-1), 0, 5).Draw(t, "dict") {
			d = append(d, Entry{Name(k), v})
		}
		return d
	})
}

func TestWrittenObjectsReadBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := anyObject(3).Draw(t, "object")
		text, err := appendObject(nil, o, 0)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, ' ')
		p := &parser{r: bytes.NewReader(text), size: int64(len(text)), elements: 10000, maxDepth: 20}
		got, err := p.object(0)
		if err != nil || !Equal(got, o) {
			t.Fatalf("%q: %#v, %v", text, got, err)
		}
	})
}

func TestTextStringsAndDates(t *testing.T) {
	for _, s := range []string{"", "plain", "Nguyễn Thị Hường – ĩ ợ ặ", "𝄞"} {
		if got := DecodeText(TextString(s)); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
		if got := DecodeText(UTF16String(s)); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
	}
	at := time.Date(2026, 11, 23, 9, 15, 30, 0, time.FixedZone("", 7*3600))
	d := Date(at)
	if d.Bytes != "D:20261123091530+07'00'" {
		t.Error(d.Bytes)
	}
	for text, want := range map[string]bool{d.Bytes: true, "D:20261123021530Z": true, "D:20261123091530+07'00": true,
		"D:202611230915": false, "D:2026": false, "20261123091530+0700": true, "x": false, "D:20261323": false} {
		got, ok := ParseDate(String{Bytes: text})
		if want && (!ok || !got.Equal(at)) {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
		if text == "x" && ok || text == "D:20261323" && ok {
			t.Errorf("%s was read as %v", text, got)
		}
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	whole := minimal()
	for name, data := range map[string][]byte{
		"empty":         {},
		"not a pdf":     []byte("hello, world"),
		"cut off":       whole[:len(whole)-30],
		"no xref there": bytes.Replace(whole, []byte("startxref\n"), []byte("startxref\n1"), 1),
		"circular Prev": bytes.Replace(whole, []byte("/Root"), fmt.Appendf(nil, "/Prev %d/Root",
			bytes.Index(whole, []byte("xref\n0"))), 1),
		"huge subsection":  bytes.Replace(whole, []byte("xref\n0 4"), []byte("xref\n0 8000000"), 1),
		"object elsewhere": bytes.Replace(whole, []byte("1 0 obj"), []byte("9 0 obj"), 1),
		"trailing array":   bytes.Replace(whole, []byte("trailer\n<<"), []byte("trailer\n[<"), 1),
	} {
		f, err := Open(bytes.NewReader(data), int64(len(data)), Limits{})
		if err == nil {
			_, _, err = f.Catalog()
		}
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadErrorIsNotMalformed(t *testing.T) {
	data := minimal()
	boom := errors.New("boom")
	_, err := Open(failingReader{data, boom, 1}, int64(len(data)), Limits{})
	if !errors.Is(err, boom) || errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
}

// failingReader fails from offset at on.
type failingReader struct {
	data []byte
	err  error
	at   int64
}

func (f failingReader) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.at {
		return 0, f.err
	}
	return bytes.NewReader(f.data).ReadAt(p, off)
}

func TestEncryptedIsSaidSo(t *testing.T) {
	data := build("%PDF-1.7\n", []string{"<</Type/Catalog>>"}, "/Encrypt<</Filter/Standard>>")
	if _, err := Open(bytes.NewReader(data), int64(len(data)), Limits{}); !errors.Is(err, ErrEncrypted) {
		t.Error(err)
	}
	f, err := Open(bytes.NewReader(data), int64(len(data)), Limits{AllowEncrypted: true})
	if err != nil || !f.Encrypted() {
		t.Error(err)
	}
}

func TestRevisionsAreSeparate(t *testing.T) {
	data := minimal()
	for i := range 3 {
		f := mustOpen(t, data)
		u := NewUpdate(f)
		root, catalog, err := f.Catalog()
		if err != nil {
			t.Fatal(err)
		}
		u.Set(root, catalog.With("Step", Integer(i)))
		added, err := u.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		data = append(data, added...)
	}
	f := mustOpen(t, data)
	revs := f.Revisions()
	if len(revs) != 4 || revs[3].End != int64(len(data)) || revs[0].Start != 0 || revs[1].Start != revs[0].End {
		t.Fatalf("revisions %+v", revs)
	}
	for i := range revs {
		_, d, err := f.AsOf(i).Catalog()
		if err != nil {
			t.Fatal(err)
		}
		want := Object(Integer(i - 1))
		if i == 0 {
			want = nil
		}
		if !Equal(d.Get("Step"), want) {
			t.Errorf("revision %d: %v", i, d.Get("Step"))
		}
		prefix, err := Open(f.ReaderAt(), revs[i].End, Limits{})
		if err != nil || len(prefix.Revisions()) != i+1 {
			t.Errorf("prefix %d: %v", i, err)
		}
	}
}

func TestFilters(t *testing.T) {
	f := mustOpen(t, minimal())
	for name, c := range map[string]struct {
		dict Dict
		data string
		want string
	}{
		"hex":       {Dict{{"Filter", Name("ASCIIHexDecode")}}, "48 65 6c6C 6f>", "Hello"},
		"85":        {Dict{{"Filter", Array{Name("A85")}}}, "87cURDZ~>", "Hello"},
		"run":       {Dict{{"Filter", Name("RunLengthDecode")}}, "\x04Hello\xfe!\x80", "Hello!!!"},
		"lzw":       {Dict{{"Filter", Name("LZWDecode")}}, "\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01", "-----A---B"},
		"hex of 85": {Dict{{"Filter", Array{Name("AHx"), Name("A85")}}}, "38376355 52445A7E3E>", "Hello"},
		"none":      {nil, "raw", "raw"},
	} {
		got, err := f.Decode(&Stream{Dict: c.dict, Data: []byte(c.data)}, 100)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := f.Decode(&Stream{Data: make([]byte, 101)}, 100); !errors.Is(err, ErrMalformed) {
		t.Errorf("limit: %v", err)
	}
	if _, err := f.Decode(&Stream{Dict: Dict{{"Filter", Name("DCTDecode")}}}, 100); !errors.Is(err, ErrMalformed) {
		t.Errorf("unsupported filter: %v", err)
	}
}

// FuzzOpen reads any bytes as a file and walks all that can be walked.
func FuzzOpen(f *testing.F) {
	f.Add(minimal())
	f.Add(build("%PDF-1.4\n", []string{"<</Type/Catalog/AcroForm<</Fields[2 0 R]>>>>",
		"<</FT/Sig/T(a)/Kids[2 0 R 3 0 R]>>", "<</Length 3 0 R>>\nstream\n"}, "/Prev 0"))
	f.Add([]byte("%PDF-1.5\n1 0 obj<</Type/XRef/W[1 1 1]/Size 2/Root 1 0 R/Length " +
		"6>>stream\n\x01\x09\x00\x01\x09\x00endstream endobj startxref 9 %%EOF"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lim := Limits{MaxDecoded: 1 << 20, MaxElements: 10000, AllowEncrypted: true}
		file, err := OpenDamaged(bytes.NewReader(data), int64(len(data)), lim)
		if err != nil {
			return
		}
		pages, _ := file.Pages()
		for _, p := range pages[:min(len(pages), 20)] {
			file.PageText(p, 1<<16)
		}
		if file, err = Open(bytes.NewReader(data), int64(len(data)), lim); err != nil {
			return
		}
		file.Signatures()
		n := 0
		for num, e := range file.Objects() {
			if n++; n > 200 {
				break
			}
			o, err := file.Get(Ref{num, e.Gen})
			if s, ok := o.(*Stream); ok && err == nil {
				file.Decode(s, 1<<16)
			}
		}
		for i := range file.Revisions() {
			file.AsOf(i).Catalog()
		}
		u := NewUpdate(file)
		u.Add(Dict{})
		added, err := u.Bytes()
		if err != nil {
			return
		}
		whole := append(bytes.Clone(data), added...)
		again, err := Open(bytes.NewReader(whole), int64(len(whole)), Limits{AllowEncrypted: true})
		if err != nil {
			t.Fatalf("the update cannot be read: %v", err)
		}
		if len(again.Revisions()) != len(file.Revisions())+1 {
			t.Fatalf("%d revisions became %d", len(file.Revisions()), len(again.Revisions()))
		}
	})
}
