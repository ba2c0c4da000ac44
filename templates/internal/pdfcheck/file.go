// Package pdfcheck reads PDF files by itself and checks them against the rules of PDF/A-2a (ISO 19005-2), PDF/A-3a (ISO
// 19005-3) and PDF/UA-1 (ISO 14289-1) that the program's files can meet. It is used by tests; every rule has a broken
// twin that it catches.
//
// It has a reader of its own on purpose, although internal/pdf has one: it stays apart from the code that writes the
// files, so that a mistake shared by writer and reader cannot hide from it. Nothing but tests may import it.
package pdfcheck

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Name, Ref, Dict and Array are PDF objects; strings are []byte, numbers
// float64, and so on.
type (
	Name  string
	Ref   int
	Dict  map[Name]any
	Array []any
)

// Stream is a stream with its decoded data.
type Stream struct {
	Dict Dict
	Raw  []byte
	Data []byte
}

// File is a parsed file with a classic cross-reference table.
type File struct {
	Bytes   []byte
	Objects map[int]any
	Trailer Dict
	Offsets map[int]int
}

// ErrSyntax is wrapped for bytes that cannot be read.
var ErrSyntax = errors.New("malformed PDF")

// Read parses a file of one revision.
func Read(b []byte) (*File, error) {
	f := &File{Bytes: b, Objects: map[int]any{}, Offsets: map[int]int{}}
	at := bytes.LastIndex(b, []byte("startxref"))
	if at < 0 {
		return nil, fmt.Errorf("%w: no startxref", ErrSyntax)
	}
	p := &parser{b: b, i: at + 9}
	start, ok := p.object().(float64)
	if !ok || int(start) >= len(b) || !bytes.HasPrefix(b[int(start):], []byte("xref")) {
		return nil, fmt.Errorf("%w: startxref does not point to a classic table", ErrSyntax)
	}
	p.i = int(start) + 4
	if err := f.table(p); err != nil {
		return nil, err
	}
	for n, off := range f.Offsets {
		o, err := f.objectAt(n, off)
		if err != nil {
			return nil, err
		}
		f.Objects[n] = o
	}
	return f, nil
}

func (f *File) table(p *parser) error {
	for {
		p.space()
		if bytes.HasPrefix(p.b[p.i:], []byte("trailer")) {
			p.i += 7
			d, ok := p.object().(Dict)
			if !ok {
				return fmt.Errorf("%w: bad trailer", ErrSyntax)
			}
			f.Trailer = d
			return nil
		}
		first, ok1 := p.object().(float64)
		count, ok2 := p.object().(float64)
		if !ok1 || !ok2 {
			return fmt.Errorf("%w: bad cross-reference table", ErrSyntax)
		}
		p.space()
		for i := range int(count) {
			if p.i+20 > len(p.b) {
				return fmt.Errorf("%w: cross-reference table cut short", ErrSyntax)
			}
			e := p.b[p.i : p.i+20]
			p.i += 20
			if e[17] == 'n' {
				off, err := strconv.Atoi(string(e[:10]))
				if err != nil {
					return fmt.Errorf("%w: entry %q", ErrSyntax, e)
				}
				f.Offsets[int(first)+i] = off
			}
		}
	}
}

func (f *File) objectAt(n, off int) (any, error) {
	want := fmt.Sprintf("%d 0 obj", n)
	if off >= len(f.Bytes) || !bytes.HasPrefix(f.Bytes[off:], []byte(want)) {
		return nil, fmt.Errorf("%w: object %d is not at %d", ErrSyntax, n, off)
	}
	p := &parser{b: f.Bytes, i: off + len(want)}
	o := p.object()
	if p.err != nil {
		return nil, fmt.Errorf("object %d: %w", n, p.err)
	}
	d, isDict := o.(Dict)
	p.space()
	if !isDict || !bytes.HasPrefix(p.b[p.i:], []byte("stream\n")) {
		return o, nil
	}
	length, ok := d["Length"].(float64)
	body := p.i + 7
	end := body + int(length)
	if !ok || end > len(p.b) || !bytes.HasPrefix(p.b[end:], []byte("\nendstream")) {
		return nil, fmt.Errorf("%w: stream %d has not the length it says", ErrSyntax, n)
	}
	s := &Stream{Dict: d, Raw: p.b[body:end]}
	s.Data = s.Raw
	if d["Filter"] == Name("FlateDecode") {
		r, err := zlib.NewReader(bytes.NewReader(s.Raw))
		if err != nil {
			return nil, fmt.Errorf("stream %d: %w", n, err)
		}
		if s.Data, err = io.ReadAll(r); err != nil {
			return nil, fmt.Errorf("stream %d: %w", n, err)
		}
	}
	return s, nil
}

// Get follows references.
func (f *File) Get(o any) any {
	for range 10 {
		r, ok := o.(Ref)
		if !ok {
			return o
		}
		o = f.Objects[int(r)]
	}
	return nil
}

// Dict is o as a dictionary, that of a stream too; nil if it is none.
func (f *File) Dict(o any) Dict {
	switch o := f.Get(o).(type) {
	case Dict:
		return o
	case *Stream:
		return o.Dict
	}
	return nil
}

// Array is o as an array.
func (f *File) Array(o any) Array { a, _ := f.Get(o).(Array); return a }

// Catalog is the document catalogue.
func (f *File) Catalog() Dict { return f.Dict(f.Trailer["Root"]) }

// Pages are the page dictionaries in order.
func (f *File) Pages() []Dict {
	var out []Dict
	var walk func(o any, depth int)
	walk = func(o any, depth int) {
		d := f.Dict(o)
		if d["Type"] == Name("Page") {
			out = append(out, d)
		}
		if depth < 10 {
			for _, k := range f.Array(d["Kids"]) {
				walk(k, depth+1)
			}
		}
	}
	walk(f.Catalog()["Pages"], 0)
	return out
}

// parser reads objects.
type parser struct {
	b     []byte
	i     int
	err   error
	depth int
}

func (p *parser) space() {
	for p.i < len(p.b) {
		switch p.b[p.i] {
		case ' ', '\n', '\r', '\t', 0, '\f':
			p.i++
		case '%':
			for p.i < len(p.b) && p.b[p.i] != '\n' {
				p.i++
			}
		default:
			return
		}
	}
}

// operator is a bare word in a content stream.
type operator string

func (p *parser) object() any {
	p.space()
	if p.i >= len(p.b) || p.depth > 100 {
		p.err = ErrSyntax
		return nil
	}
	p.depth++
	defer func() { p.depth-- }()
	switch c := p.b[p.i]; {
	case c == '/':
		p.i++
		return Name(p.word())
	case c == '(':
		return p.literal()
	case bytes.HasPrefix(p.b[p.i:], []byte("<<")):
		return p.dict()
	case c == '<':
		return p.hex()
	case c == '[':
		p.i++
		out := Array{}
		for p.err == nil {
			p.space()
			if p.i < len(p.b) && p.b[p.i] == ']' {
				p.i++
				return out
			}
			out = append(out, p.object())
		}
		return out
	}
	return p.numberOrWord()
}

func (p *parser) word() string {
	start := p.i
	for p.i < len(p.b) && !bytes.ContainsRune([]byte(" \n\r\t\f\x00()<>[]{}/%"), rune(p.b[p.i])) {
		p.i++
	}
	return string(p.b[start:p.i])
}

func (p *parser) dict() any {
	p.i += 2
	d := Dict{}
	for p.err == nil {
		p.space()
		if bytes.HasPrefix(p.b[p.i:], []byte(">>")) {
			p.i += 2
			return d
		}
		k, ok := p.object().(Name)
		if !ok {
			p.err = fmt.Errorf("%w: dictionary key", ErrSyntax)
			return d
		}
		d[k] = p.object()
	}
	return d
}

func (p *parser) hex() any {
	end := bytes.IndexByte(p.b[p.i:], '>')
	if end < 0 {
		p.err = ErrSyntax
		return nil
	}
	digits := p.b[p.i+1 : p.i+end]
	p.i += end + 1
	if len(digits)%2 == 1 {
		digits = append(append([]byte(nil), digits...), '0')
	}
	out := make([]byte, len(digits)/2)
	for i := range out {
		v, err := strconv.ParseUint(string(digits[2*i:2*i+2]), 16, 8)
		if err != nil {
			p.err = ErrSyntax
			return nil
		}
		out[i] = byte(v)
	}
	return out
}

func (p *parser) literal() any {
	depth := 0
	var out []byte
	for ; p.i < len(p.b); p.i++ {
		c := p.b[p.i]
		switch {
		case c == '\\' && p.i+1 < len(p.b):
			p.i++
			out = append(out, p.b[p.i])
			continue
		case c == '(':
			depth++
			if depth == 1 {
				continue
			}
		case c == ')':
			depth--
			if depth == 0 {
				p.i++
				return out
			}
		}
		out = append(out, c)
	}
	p.err = ErrSyntax
	return nil
}

func (p *parser) numberOrWord() any {
	w := p.word()
	if w == "" {
		p.err = ErrSyntax
		p.i++
		return nil
	}
	v, err := strconv.ParseFloat(w, 64)
	if err != nil {
		switch w {
		case "true":
			return true
		case "false":
			return false
		case "null":
			return nil
		}
		return operator(w)
	}
	save := p.i
	p.space()
	gen := p.word()
	p.space()
	if gen == "0" && p.i < len(p.b) && p.b[p.i] == 'R' && v == float64(int(v)) {
		p.i++
		return Ref(int(v))
	}
	p.i = save
	return v
}
