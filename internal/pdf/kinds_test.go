package pdf

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Strings in every way in which §7.3.4 writes them.
func TestEveryEscapeOfStrings(t *testing.T) {
	for text, want := range map[string]string{
		`()`: "", `(\n\r\t\b\f\(\)\\)`: "\n\r\t\b\f()\\", `(\0)`: "\x00", `(\53)`: "+", `(\053)`: "+", `(\0053)`: "\x053",
		`(\377)`: "\xff", `(\400)`: "\x00", `(\8\9\x\q)`: "89xq", `(\12a)`: "\na", "(a\\\nb)": "ab", "(a\\\rb)": "ab",
		"(a\\\r\nb)": "ab", "(a\nb)": "a\nb", "(a\rb)": "a\nb", "(a\r\nb)": "a\nb", "(a\n\rb)": "a\n\nb",
		"(a\\\n\nb)": "a\nb", "((()))": "(())", `(\(()`: "", `(()\))`: "())", "(\x00\xff%x)": "\x00\xff%x",
		"<>": "", "<4>": "@", "<4 1 4 2\n>": "AB", "<aBcD>": "\xab\xcd", "<0g>": "", "<00": "", "<4142>>": "AB",
		"<%41>": "",
	} {
		o, err := parse(t, text)
		bad := map[string]bool{`(\(()`: true, "<0g>": true, "<00": true, "<%41>": true}[text]
		if bad != (err != nil) || bad && !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v, %v", text, o, err)
			continue
		}
		if s, _ := o.(String); !bad && s.Bytes != want {
			t.Errorf("%q is read as %q, want %q", text, s.Bytes, want)
		}
	}
	for c := range 256 { // each byte in octal, in hexadecimal, and as it is where it may be
		for _, text := range []string{fmt.Sprintf("(\\%03o)", c), fmt.Sprintf("<%02X>", c), fmt.Sprintf("<%02x>", c)} {
			if o, err := parse(t, text); err != nil || !Equal(o, String{Bytes: string([]byte{byte(c)})}) {
				t.Errorf("%q: %v, %v", text, o, err)
			}
		}
	}
}

// Names with every byte, escaped and as it is; a # without two digits is itself.
func TestEveryByteOfNames(t *testing.T) {
	for c := range 256 {
		want := Name([]byte{'a', byte(c), 'b'})
		if o, err := parse(t, fmt.Sprintf("/a#%02Xb ", c)); err != nil || o != want {
			t.Errorf("byte %02x escaped: %q, %v", c, o, err)
		}
		plain := string([]byte{'/', 'a', byte(c), 'b', ' '})
		o, err := parse(t, plain)
		if isSpace(byte(c)) || isDelimiter(byte(c)) {
			want = "a"
		}
		if err != nil || c != '#' && o != want {
			t.Errorf("byte %02x as it is: %q, %v; want %q", c, o, err, want)
		}
	}
	for text, want := range map[string]Name{"/a#": "a#", "/a#4": "a#4", "/a#g1": "a#g1", "/a#4g": "a#4g", "/#23": "#",
		"/##41": "#A", "/a#/b": "a#"} {
		if o, err := parse(t, text); err != nil || o != want {
			t.Errorf("%q: %q, %v; want %q", text, o, err, want)
		}
	}
	if _, err := parse(t, "/"+strings.Repeat("a", 5000)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a name of 5000 bytes: %v", err)
	}
}

// Numbers in every form, to their limits and beyond.
func TestEveryFormOfNumbers(t *testing.T) {
	for text, want := range map[string]Object{
		"0": Integer(0), "-0": Integer(0), "+0": Integer(0), "007": Integer(7), "+17": Integer(17),
		"9223372036854775807": Integer(1<<63 - 1), "-9223372036854775808": Integer(-1 << 63),
		"0.0": Real(0), "-.002": Real(-.002), "+123.6": Real(123.6), "4.": Real(4), "-4.": Real(-4), ".": Real(0),
		"-.": Real(0), "+.": Real(0), "00.50": Real(.5), "0.000000000000000000001": Real(1e-21),
		"9223372036854775808": nil, "-9223372036854775809": nil, "1.2.3": nil, "1-2": nil, "--1": nil, "+-1": nil,
		"-": nil, "+": nil, "1..": nil, "..1": nil, strings.Repeat("9", 401): nil, "." + strings.Repeat("0", 401): nil,
	} {
		o, err := parse(t, text+" ")
		if want == nil {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("%q is read as %v, %v", text, o, err)
			}
			continue
		}
		if err != nil || !Equal(o, want) {
			t.Errorf("%q is read as %#v, %v; want %#v", text, o, err, want)
		}
	}
	for text, want := range map[string]Object{
		"8388607 65535 R": Ref{8388607, 65535}, "8388608 0 R": Integer(8388608), "1 65536 R": Integer(1),
		"1 0 RG": Integer(1), "1 0R": Integer(1), "1 0 R/": Ref{1, 0}, "1\n%c\n0 R ": Ref{1, 0}, "-1 0 R": Integer(-1),
		"1.0 0 R": Real(1), "01 00 R": Ref{1, 0}, "1 -0 R": Integer(1),
	} {
		if o, err := parse(t, text); err != nil || !Equal(o, want) {
			t.Errorf("%q: %#v, %v; want %#v", text, o, err, want)
		}
	}
}

// Equal is an equivalence: what is equal one way is equal the other way, exactly, also where keys stand twice.
func TestEqualIsSymmetric(t *testing.T) {
	one, two := Integer(1), Integer(2)
	for name, pair := range map[string][2]Object{
		"a key more, hidden by one that stands twice": {Dict{{"A", one}, {"A", one}}, Dict{{"A", one}, {"B", two}}},
		"another hidden within an array": {Array{Dict{{"A", one}, {"A", one}}},
			Array{Dict{{"A", one}, {"B", two}}}},
		"numbers that a float cannot tell apart": {Integer(1<<53 + 1), Integer(1 << 53)},
		"numbers at the limit":                   {Integer(1<<63 - 1), Integer(1<<63 - 2)},
		"a number and a real beyond it":          {Integer(1<<53 + 1), Real(1 << 53)},
		"null and nothing":                       {Null{}, nil},
		"nothing and a dictionary":               {nil, Dict{}},
		"a name and a string":                    {Name("a"), String{Bytes: "a"}},
		"a dictionary and an array":              {Dict{}, Array{}},
		"the last of two keys counts":            {Dict{{"A", one}, {"A", two}}, Dict{{"A", one}}},
	} {
		if Equal(pair[0], pair[1]) || Equal(pair[1], pair[0]) {
			t.Errorf("%s: %v and %v, %v the other way", name, Equal(pair[0], pair[1]), pair, Equal(pair[1], pair[0]))
		}
	}
	for name, pair := range map[string][2]Object{
		"in another order":      {Dict{{"A", one}, {"B", two}}, Dict{{"B", two}, {"A", one}}},
		"an integer and a real": {one, Real(1)},
		"hexadecimal":           {String{Bytes: "a", Hex: true}, String{Bytes: "a"}},
	} {
		if !Equal(pair[0], pair[1]) || !Equal(pair[1], pair[0]) {
			t.Errorf("%s: not equal", name)
		}
	}
	keys := rapid.SampledFrom([]Name{"A", "B", "C"})
	rapid.Check(t, func(r *rapid.T) {
		draw := func(label string) Dict {
			d := Dict{}
			for range rapid.IntRange(0, 4).Draw(r, label) {
				d = append(d, Entry{keys.Draw(r, "key"), Integer(rapid.IntRange(0, 1).Draw(r, "value"))})
			}
			return d
		}
		a, b := draw("a"), draw("b")
		if Equal(a, b) != Equal(b, a) {
			r.Fatalf("%v and %v", a, b)
		}
		same := true
		for _, k := range []Name{"A", "B", "C"} {
			same = same && a.Get(k) == b.Get(k)
		}
		if Equal(a, b) && !same {
			r.Fatalf("%v and %v are told to be equal", a, b)
		}
	})
}

// encodeLZW writes LZW as §7.4.4.2 says, with or without the early change of the code's width.
func encodeLZW(data []byte, early int) []byte {
	var out []byte
	bits, n := uint64(0), uint(0)
	table := map[string]int{}
	width := func(next int) uint {
		w := uint(9)
		for _, limit := range []int{512, 1024, 2048} {
			if next+early > limit {
				w++
			}
		}
		return w
	}
	next := 258
	put := func(code int) {
		w := width(next)
		bits, n = bits<<w|uint64(code), n+w
		for ; n >= 8; n -= 8 {
			out = append(out, byte(bits>>(n-8)))
		}
	}
	reset := func() {
		table, next = map[string]int{}, 258
		for i := range 256 {
			table[string([]byte{byte(i)})] = i
		}
	}
	reset()
	put(lzwClear)
	var have []byte
	for _, c := range data {
		longer := append(bytes.Clone(have), c)
		if _, ok := table[string(longer)]; ok {
			have = longer
			continue
		}
		put(table[string(have)])
		table[string(longer)] = next
		if next++; next == 4094 {
			put(lzwClear)
			reset()
		}
		have = []byte{c}
	}
	if len(have) > 0 {
		put(table[string(have)])
		next++
	}
	put(lzwEnd)
	if n > 0 {
		out = append(out, byte(bits<<(8-n)))
	}
	return out
}

// samples are data of several kinds: none, one byte, text, noise, runs, and long enough for LZW to start again.
func samples() map[string][]byte {
	noise, state := make([]byte, 9000), uint32(1)
	for i := range noise {
		state = state*1664525 + 1013904223
		noise[i] = byte(state >> 24)
	}
	return map[string][]byte{
		"nothing": {}, "one": {7}, "text": []byte("-----A---B, rồi đến Giao ước thi đua~>"), "noise": noise,
		"runs": bytes.Repeat([]byte{0, 0, 0, 255}, 5000), "one run": make([]byte, 40000),
	}
}

// Every filter undoes what it is the inverse of.
func TestEveryFilterOfEveryKindOfData(t *testing.T) {
	f := mustOpen(t, minimal())
	for name, plain := range samples() {
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		w.Write(plain)
		w.Close()
		a85 := make([]byte, ascii85.MaxEncodedLen(len(plain)))
		a85 = append(a85[:ascii85.Encode(a85, plain)], "~>"...)
		for filter, s := range map[string]*Stream{
			"Flate": {Data: z.Bytes(), Dict: Dict{{"Filter", Name("FlateDecode")}}},
			"hex":   {Data: []byte(hex.EncodeToString(plain) + ">"), Dict: Dict{{"Filter", Name("ASCIIHexDecode")}}},
			"85":    {Data: a85, Dict: Dict{{"Filter", Array{Name("ASCII85Decode")}}}},
			"run":   {Data: encodeRuns(plain), Dict: Dict{{"Filter", Name("RunLengthDecode")}}},
			"LZW":   {Data: encodeLZW(plain, 1), Dict: Dict{{"Filter", Name("LZWDecode")}}},
			"LZW, early change said": {Data: encodeLZW(plain, 1), Dict: Dict{{"Filter", Name("LZW")},
				{"DecodeParms", Dict{{"EarlyChange", Integer(1)}}}}},
			"LZW, late change": {Data: encodeLZW(plain, 0), Dict: Dict{{"Filter", Name("LZWDecode")},
				{"DecodeParms", Dict{{"EarlyChange", Integer(0)}}}}},
			"hex of Flate": {Data: []byte(hex.EncodeToString(z.Bytes())), Dict: Dict{
				{"Filter", Array{Name("AHx"), Name("Fl")}}, {"DecodeParms", Array{Null{}, Null{}}}}},
		} {
			got, err := f.Decode(s, 1<<20)
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%s of %s: %d bytes, %v; want %d", filter, name, len(got), err, len(plain))
			}
			if _, err := f.Decode(s, int64(len(plain))-1); len(plain) > 0 && !errors.Is(err, ErrMalformed) {
				t.Errorf("%s of %s, a byte beyond the limit: %v", filter, name, err)
			}
		}
	}
}

func encodeRuns(data []byte) []byte {
	var out []byte
	for len(data) > 0 {
		n := 1
		for n < len(data) && n < 128 && data[n] == data[0] {
			n++
		}
		if n > 1 {
			out = append(out, byte(257-n), data[0])
		} else {
			out = append(out, 0, data[0])
		}
		data = data[n:]
	}
	return append(out, 128)
}

// Predictors of samples of every width, against the definition (PNG §9: the byte of the pixel before).
func TestPredictorsOfEveryWidth(t *testing.T) {
	f := mustOpen(t, minimal())
	rapid.Check(t, func(r *rapid.T) {
		colors, columns := rapid.IntRange(1, 5).Draw(r, "colors"), rapid.IntRange(1, 9).Draw(r, "columns")
		bits := rapid.SampledFrom([]int{1, 2, 4, 8, 16}).Draw(r, "bits")
		width, step := (colors*bits*columns+7)/8, (colors*bits+7)/8
		var plain, coded []byte
		prior := make([]byte, width)
		for range rapid.IntRange(1, 5).Draw(r, "rows") {
			row := rapid.SliceOfN(rapid.Byte(), width, width).Draw(r, "row")
			plain = append(plain, row...)
			coded = append(coded, encodeRow(rapid.ByteRange(0, 4).Draw(r, "filter"), row, prior, step)...)
			prior = row
		}
		s := &Stream{Data: Deflate(coded), Dict: Dict{{"Filter", Name("FlateDecode")}, {"DecodeParms", Dict{
			{"Predictor", Integer(15)}, {"Colors", Integer(colors)}, {"BitsPerComponent", Integer(bits)},
			{"Columns", Integer(columns)}}}}}
		if got, err := f.Decode(s, 1<<20); err != nil || !bytes.Equal(got, plain) {
			r.Fatalf("%x, %v; want %x", got, err, plain)
		}
	})
}

// Streams whose filters are not what they say.
func TestFiltersThatCannotBeUndone(t *testing.T) {
	f := mustOpen(t, minimal())
	flate := Deflate([]byte("hello"))
	parms := func(p Dict) Dict { return Dict{{"Filter", Name("FlateDecode")}, {"DecodeParms", p}} }
	many := Array{}
	for range 9 {
		many = append(many, Name("AHx"))
	}
	for name, s := range map[string]*Stream{
		"an unknown filter":      {Data: flate, Dict: Dict{{"Filter", Name("Zip")}}},
		"a number as a filter":   {Data: flate, Dict: Dict{{"Filter", Integer(1)}}},
		"a number among filters": {Data: flate, Dict: Dict{{"Filter", Array{Integer(1)}}}},
		"nine filters":           {Data: flate, Dict: Dict{{"Filter", many}}},
		"no Flate at all":        {Data: []byte("xxhello, world"), Dict: Dict{{"Filter", Name("FlateDecode")}}},
		"a Flate of one byte":    {Data: flate[:1], Dict: Dict{{"Filter", Name("FlateDecode")}}},
		"a predictor of no columns": {Data: flate, Dict: parms(Dict{{"Predictor", Integer(12)},
			{"Columns", Integer(0)}})},
		"a predictor of -1 colours": {Data: flate, Dict: parms(Dict{{"Predictor", Integer(12)},
			{"Colors", Integer(-1)}})},
		"a predictor of 64 bits": {Data: flate, Dict: parms(Dict{{"Predictor", Integer(12)},
			{"BitsPerComponent", Integer(64)}})},
		"parameters that are none": {Data: flate, Dict: Dict{{"Filter", Array{Name("FlateDecode")}},
			{"DecodeParms", Array{Integer(1)}}}},
	} {
		if got, err := f.Decode(s, 100); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for name, cut := range map[string]*Stream{ // what can be read of them is
		"Flate": {Data: flate[:len(flate)-4], Dict: Dict{{"Filter", Name("FlateDecode")}}},
		"85":    {Data: []byte("87cURDZ"), Dict: Dict{{"Filter", Name("A85")}}},
		"hex":   {Data: []byte("68656c6c6f"), Dict: Dict{{"Filter", Name("AHx")}}},
		"run":   {Data: []byte("\x04hello"), Dict: Dict{{"Filter", Name("RL")}}},
	} {
		if got, err := f.Decode(cut, 100); err != nil || !strings.EqualFold(string(got), "hello") {
			t.Errorf("%s, cut off: %q, %v", name, got, err)
		}
	}
}

// Dates to the limits of each of their parts (§7.9.4).
func TestEveryPartOfDates(t *testing.T) {
	for text, want := range map[string]string{
		"D:2026": "2026-01-01T00:00:00Z", "D:202602": "2026-02-01T00:00:00Z", "D:20260228": "2026-02-28T00:00:00Z",
		"D:2026022823": "2026-02-28T23:00:00Z", "D:20260228235959": "2026-02-28T23:59:59Z",
		"D:20260228235959Z": "2026-02-28T23:59:59Z", "D:20260228235959Z00'00'": "2026-02-28T23:59:59Z",
		"D:20260228235959+07'00'": "2026-02-28T23:59:59+07:00", "D:20260228235959-11'30": "2026-02-28T23:59:59-11:30",
		"D:20260228235959+0730": "2026-02-28T23:59:59+07:30", "D:20260228235959+07": "2026-02-28T23:59:59+07:00",
		"D:20260228235959+07'": "2026-02-28T23:59:59+07:00", "D:20260228235959+00'00'": "2026-02-28T23:59:59Z",
		"D:20260228235959+23'59'": "2026-02-28T23:59:59+23:59", "D:00010101": "0001-01-01T00:00:00Z",
		"D:20260229": "", "D:20261301": "", "D:20260001": "", "D:20260100": "", "D:2026010124": "",
		"D:202601012360":   "",
		"D:20260101235960": "", "D:20260": "", "D:": "", "": "", "D:20260101000000+24'00'": "",
		"D:20260101000000+07'60'": "",
		"D:20260101000000+99'99'": "", "D:20260101000000+0'7": "", "D:20260101000000*07'00'": "",
		"D:20260101000000Zulu": "", "D:20260101000000+07'00'x": "", "D:20260101000000+07'000'": "", "D:２０２６": "",
	} {
		got, ok := ParseDate(String{Bytes: text})
		if ok != (want != "") || ok && got.Format(time.RFC3339) != want {
			t.Errorf("%q is read as %s, %v; want %q", text, got.Format(time.RFC3339), ok, want)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		zone := time.FixedZone("", rapid.IntRange(-23*60, 23*60).Draw(r, "zone")*60)
		at := time.Unix(rapid.Int64Range(-60e9, 250e9).Draw(r, "at"), 0).In(zone)
		if got, ok := ParseDate(Date(at)); !ok || !got.Equal(at) {
			r.Fatalf("%s is written as %s and read as %s", at, Date(at).Bytes, got)
		}
	})
}

// FuzzDecode undoes any filters of any bytes; what comes out is never more than was allowed.
func FuzzDecode(f *testing.F) {
	for _, plain := range samples() {
		plain = plain[:min(len(plain), 300)]
		f.Add("FlateDecode", "", Deflate(plain), 15, 3, 8, 4)
		f.Add("LZWDecode", "ASCIIHexDecode", encodeLZW(plain, 1), 2, 1, 8, 1)
		f.Add("RunLengthDecode", "ASCII85Decode", encodeRuns(plain), 12, 1, 16, 1<<20)
	}
	f.Fuzz(func(t *testing.T, one, two string, data []byte, predictor, colors, bits, columns int) {
		file := mustOpen(t, minimal()) // whose work is bounded
		parms := Dict{{"Predictor", Integer(predictor)}, {"Colors", Integer(colors)},
			{"BitsPerComponent", Integer(bits)}, {"Columns", Integer(columns)}}
		s := &Stream{Data: data, Dict: Dict{{"Filter", Array{Name(one), Name(two)}}, {"DecodeParms", Array{parms,
			parms}}}}
		if two == "" {
			s.Dict = Dict{{"Filter", Name(one)}, {"DecodeParms", parms}}
		}
		got, err := file.Decode(s, 4096)
		if len(got) > 4096 || err != nil && !errors.Is(err, ErrMalformed) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	})
}

// FuzzPageText reads any content stream for its text, which is text.
func FuzzPageText(f *testing.F) {
	for _, seed := range []string{"BT /L 12 Tf (Pay ) Tj (100) Tj ET", "BT /W 12 Tf <000100100011> Tj ET",
		"BI /W 1 ID (x) EI [(a) -300 (b)] TJ", "(((", "[[[[[", "<< /a << ", "BT (x) ' (y) \" T* ET"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		data := pageFile(content)
		file, err := Open(bytes.NewReader(data), int64(len(data)), Limits{})
		if err != nil {
			t.Skip()
		}
		for _, line := range file.PageText(Ref{Num: 3}, 1<<16) {
			if line != strings.Join(strings.Fields(line), " ") || line == "" {
				t.Errorf("line %q", line)
			}
		}
	})
}
