package pdf

import (
	"bytes"
	"strings"
	"unicode/utf16"
)

// maxOperators bounds the reading of a content stream.
const maxOperators = 200_000

// EachOperator calls fn for the operators of a content stream (§7.8.2) with their operands, until something cannot be
// read: then it gives false. The operands are good until fn returns. An inline image is one operator, BI.
func (f document) EachOperator(data []byte, fn func(op string, args []Object)) bool {
	p := &parser{r: bytes.NewReader(data), size: int64(len(data)), elements: f.src.lim.MaxElements,
		maxDepth: f.src.lim.MaxDepth, embedded: true,
		work: f.Work()}
	var args []Object
	for range maxOperators {
		p.skipSpace()
		if p.atEnd() {
			return true
		}
		c := p.peek()
		if isDigit(c) || strings.IndexByte("+-./(<[", c) >= 0 {
			o, err := p.object(0)
			if err != nil || len(args) > 1000 {
				return false
			}
			args = append(args, o)
			continue
		}
		word := p.word()
		if word == "" || word == "BI" && !p.skipInlineImage() {
			return false
		}
		fn(word, args)
		args = args[:0]
	}
	return false
}

// word reads an operator, or one of true, false and null, which no text operator takes.
func (p *parser) word() string {
	var out []byte
	for !p.atEnd() && !isSpace(p.peek()) && !isDelimiter(p.peek()) && len(out) < 20 {
		out = append(out, p.next())
	}
	return string(out)
}

// skipInlineImage goes behind the EI of an inline image (§8.9.7).
func (p *parser) skipInlineImage() bool {
	for !p.atEnd() {
		if isSpace(p.next()) && p.keyword("EI") {
			return true
		}
	}
	return false
}

// PageText is the text that a page's own content streams show, a line for each place that the text is set at, as far as
// its fonts tell what their codes mean. Of contents longer than limit only so many bytes are read.
func (f document) PageText(page Ref, limit int64) []string {
	d, err := f.Dict(page)
	if err != nil || d == nil {
		return nil
	}
	resources, err := f.PageAttribute(page, "Resources")
	if err != nil {
		return nil
	}
	res, _ := resources.(Dict)
	t := &textReader{f: f.File, fonts: map[Name]*textFont{}, font: &textFont{}}
	t.known, _ = f.Dict(res.Get("Font"))
	f.EachOperator(f.pageContent(d.Get("Contents"), limit), t.operator)
	t.end()
	return t.lines
}

// pageContent joins the content streams of a page.
func (f document) pageContent(contents Object, limit int64) []byte {
	parts, err := f.Array(contents)
	if err != nil {
		parts = Array{contents}
	}
	var out []byte
	for _, o := range parts {
		v, err := f.Resolve(o)
		stm, ok := v.(*Stream)
		if err != nil || !ok || limit <= 0 {
			continue
		}
		data, err := f.Decode(stm, limit)
		if err != nil {
			continue
		}
		limit -= int64(len(data))
		out = append(append(out, data...), '\n')
	}
	return out
}

// textReader gathers shown text.
type textReader struct {
	f     *File
	known Dict // fonts of the page
	fonts map[Name]*textFont
	font  *textFont
	line  strings.Builder
	lines []string
}

func (t *textReader) operator(op string, args []Object) {
	switch op {
	case "Tf":
		if len(args) == 2 {
			name, _ := args[0].(Name)
			t.font = t.fontOf(name)
		}
	case "Tj", "'", "\"":
		if op != "Tj" {
			t.end()
		}
		if len(args) > 0 {
			t.show(args[len(args)-1])
		}
	case "TJ":
		if len(args) == 1 {
			arr, _ := args[0].(Array)
			for _, o := range arr {
				t.show(o)
			}
		}
	case "Td", "TD", "Tm", "T*", "ET":
		t.end()
	}
}

// show adds a string; a wide gap between two counts as a space.
func (t *textReader) show(o Object) {
	switch o := o.(type) {
	case String:
		t.line.WriteString(t.font.decode(o.Bytes))
	case Integer:
		if o < -200 {
			t.line.WriteByte(' ')
		}
	}
}

func (t *textReader) end() {
	if s := strings.Join(strings.Fields(t.line.String()), " "); s != "" {
		t.lines = append(t.lines, s)
	}
	t.line.Reset()
}

// textFont tells what a font's codes mean.
type textFont struct {
	wide    bool // two bytes a code
	unicode map[string]string
}

func (t *textReader) fontOf(name Name) *textFont {
	if font, ok := t.fonts[name]; ok {
		return font
	}
	font := &textFont{}
	t.fonts[name] = font
	d, err := t.f.Dict(t.known.Get(name))
	if err != nil || d == nil {
		return font
	}
	font.wide = d.Get("Subtype") == Name("Type0")
	if o, err := t.f.Resolve(d.Get("ToUnicode")); err == nil {
		if stm, ok := o.(*Stream); ok {
			if data, err := t.f.Decode(stm, 1<<20); err == nil {
				font.unicode = t.f.readToUnicode(data)
			}
		}
	}
	return font
}

// decode gives a string's text; codes of unknown meaning are left out.
func (f *textFont) decode(s string) string {
	width := 1
	if f.wide {
		width = 2
	}
	var out strings.Builder
	for ; len(s) >= width; s = s[width:] {
		switch text, ok := f.unicode[s[:width]]; {
		case ok:
			out.WriteString(text)
		case !f.wide && s[0] >= ' ':
			out.WriteRune(pdfDocRune(s[0]))
		}
	}
	return out.String()
}

// readToUnicode reads the bfchar and bfrange sections of a ToUnicode map (§9.10.3).
func (f document) readToUnicode(data []byte) map[string]string {
	out := map[string]string{}
	f.EachOperator(data, func(op string, args []Object) {
		switch op {
		case "endbfchar":
			for i := 0; i+1 < len(args); i += 2 {
				code, ok1 := args[i].(String)
				text, ok2 := args[i+1].(String)
				if ok1 && ok2 {
					out[code.Bytes] = utf16Text(text.Bytes, 0)
				}
			}
		case "endbfrange":
			for i := 0; i+2 < len(args) && len(out) < 70_000; i += 3 {
				addRange(out, args[i], args[i+1], args[i+2])
			}
		}
	})
	return out
}

func addRange(out map[string]string, first, last, to Object) {
	a, ok1 := first.(String)
	b, ok2 := last.(String)
	if !ok1 || !ok2 || len(a.Bytes) != len(b.Bytes) || len(a.Bytes) == 0 || len(a.Bytes) > 2 {
		return
	}
	from, until := code(a.Bytes), code(b.Bytes)
	for n := from; n <= until && n-from < 65536; n++ {
		key := []byte{byte(n >> 8), byte(n)}[2-len(a.Bytes):]
		switch to := to.(type) {
		case String:
			out[string(key)] = utf16Text(to.Bytes, n-from)
		case Array:
			if s, ok := elementAt(to, n-from).(String); ok {
				out[string(key)] = utf16Text(s.Bytes, 0)
			}
		}
	}
}

func elementAt(a Array, i int) Object {
	if i >= len(a) {
		return nil
	}
	return a[i]
}

func code(s string) (n int) {
	for i := range len(s) {
		n = n<<8 | int(s[i])
	}
	return n
}

// utf16Text decodes UTF-16BE, its last unit raised by add.
func utf16Text(s string, add int) string {
	var units []uint16
	for ; len(s) >= 2; s = s[2:] {
		units = append(units, uint16(s[0])<<8|uint16(s[1]))
	}
	if len(units) > 0 {
		units[len(units)-1] += uint16(add)
	}
	return string(utf16.Decode(units))
}
