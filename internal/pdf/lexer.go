package pdf

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// ErrMalformed is wrapped by every error about bytes that do not follow ISO 32000-2 closely enough to be read without
// guessing. Errors of the underlying reader are returned as they are.
var ErrMalformed = errors.New("malformed pdf")

// ErrCutOff is wrapped, beside ErrMalformed, by errors about an object that goes on where the file ends.
var ErrCutOff = fmt.Errorf("%w: cut off", ErrMalformed)

func malformed(at int64, format string, args ...any) error {
	return fmt.Errorf("%w: at byte %d: %s", ErrMalformed, at, fmt.Sprintf(format, args...))
}

// window is how many bytes the parser asks of the file at a time, at first; it doubles up to maxWindow as an object
// goes on.
const (
	window    = 1 << 10
	maxWindow = 32 << 10
)

// parser reads objects from a window over the file.
type parser struct {
	r        io.ReaderAt
	size     int64
	buf      []byte
	base     int64 // file offset of buf[0]
	i        int   // position in buf
	elements int   // objects that may still be read before the object counts as too large
	maxDepth int
	embedded bool // reading an object stream: offsets mean nothing, streams are not allowed
	work     *Work
	err      error
}

func (f *File) parserAt(off int64) *parser {
	return &parser{r: f.src.r, size: f.size, base: off, elements: f.src.lim.MaxElements, maxDepth: f.src.lim.MaxDepth,
		work: f.Work()}
}

func (p *parser) pos() int64 { return p.base + int64(p.i) }

func (p *parser) seek(off int64) {
	if off >= p.base && off <= p.base+int64(len(p.buf)) {
		p.i = int(off - p.base)
		return
	}
	p.base, p.i, p.buf = off, 0, p.buf[:0]
}

// fill makes at least one byte available at the position; false at the end of the file or after a read error.
func (p *parser) fill() bool {
	if p.i < len(p.buf) {
		return true
	}
	at := p.pos()
	if p.err != nil || at < 0 || at >= p.size {
		return false
	}
	n := min(max(window, 2*cap(p.buf)), maxWindow)
	if int64(n) > p.size-at {
		n = int(p.size - at)
	}
	if cap(p.buf) < n {
		p.buf = make([]byte, n)
	}
	cost := int64(n)
	if n <= window {
		cost = objectWork // most objects are shorter than their first window
	}
	if p.err = p.work.Spend(cost); p.err != nil {
		return false
	}
	got, err := p.r.ReadAt(p.buf[:n], at)
	if got == 0 {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		p.err = fmt.Errorf("read at byte %d: %w", at, err)
		p.buf = p.buf[:0]
		p.base, p.i = at, 0
		return false
	}
	p.buf = p.buf[:got]
	p.base, p.i = at, 0
	return true
}

// peek returns the next byte, 0 at the end; see atEnd.
func (p *parser) peek() byte {
	if !p.fill() {
		return 0
	}
	return p.buf[p.i]
}

func (p *parser) atEnd() bool { return !p.fill() }

func (p *parser) next() byte {
	c := p.peek()
	p.i++
	return c
}

func (p *parser) fail(format string, args ...any) error {
	if p.err != nil {
		return p.err
	}
	return malformed(p.pos(), format, args...)
}

func (p *parser) cutOff(inside string) error {
	if p.err != nil {
		return p.err
	}
	return fmt.Errorf("%w: the file ends at byte %d inside %s", ErrCutOff, p.pos(), inside)
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// skipSpace skips white space and comments (§7.2.3, §7.2.4).
func (p *parser) skipSpace() {
	for !p.atEnd() {
		switch c := p.buf[p.i]; {
		case isSpace(c):
			p.i++
		case c == '%':
			for !p.atEnd() && p.buf[p.i] != '\n' && p.buf[p.i] != '\r' {
				p.i++
			}
		default:
			return
		}
	}
}

// keyword consumes word if it stands here as a whole token.
func (p *parser) keyword(word string) bool {
	start := p.pos()
	for i := range len(word) {
		if p.atEnd() || p.next() != word[i] {
			p.seek(start)
			return false
		}
	}
	if !p.atEnd() && !isSpace(p.peek()) && !isDelimiter(p.peek()) {
		p.seek(start)
		return false
	}
	return true
}

// natural reads digits, at most 19 of them.
func (p *parser) natural() (int64, bool) {
	var n int64
	digits := 0
	for !p.atEnd() && isDigit(p.buf[p.i]) {
		if digits++; digits > 18 {
			return 0, false
		}
		n = n*10 + int64(p.next()-'0')
	}
	return n, digits > 0
}

// object reads one object; references are recognised.
func (p *parser) object(depth int) (Object, error) {
	if depth > p.maxDepth {
		return nil, p.fail("objects nested deeper than %d", p.maxDepth)
	}
	if p.elements--; p.elements < 0 {
		return nil, p.fail("an object with too many elements")
	}
	p.skipSpace()
	if p.atEnd() {
		return nil, p.cutOff("an object")
	}
	switch c := p.peek(); {
	case c == '/':
		return p.name()
	case c == '(':
		return p.literal()
	case c == '<':
		start := p.pos()
		p.i++
		if p.peek() == '<' {
			p.i++
			return p.dict(depth)
		}
		return p.hex(start)
	case c == '[':
		p.i++
		return p.array(depth)
	case isDigit(c):
		return p.numberOrRef()
	case c == '+' || c == '-' || c == '.':
		return p.number()
	case p.keyword("true"):
		return Boolean(true), nil
	case p.keyword("false"):
		return Boolean(false), nil
	case p.keyword("null"):
		return Null{}, nil
	}
	return nil, p.fail("no object begins with %q", p.peek())
}

func (p *parser) name() (Object, error) {
	n, err := p.readName()
	return n, err
}

func (p *parser) readName() (Name, error) {
	p.i++ // the slash
	var small [64]byte
	out := small[:0]
	for !p.atEnd() {
		c := p.buf[p.i]
		if isSpace(c) || isDelimiter(c) {
			break
		}
		p.i++
		if c == '#' {
			if v, ok := p.hexPair(); ok {
				c = v
			}
		}
		if out = append(out, c); len(out) > 4096 {
			return "", p.fail("a name longer than 4096 bytes")
		}
	}
	return Name(out), p.err
}

// hexPair reads two hexadecimal digits, or nothing.
func (p *parser) hexPair() (byte, bool) {
	start := p.pos()
	hi, ok1 := unhex(p.next())
	lo, ok2 := unhex(p.next())
	if !ok1 || !ok2 {
		p.seek(start)
		return 0, false
	}
	return hi<<4 | lo, true
}

func unhex(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

func (p *parser) array(depth int) (Object, error) {
	out := Array{}
	for {
		p.skipSpace()
		if p.atEnd() {
			return nil, p.cutOff("an array")
		}
		if p.peek() == ']' {
			p.i++
			return out, nil
		}
		o, err := p.object(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
}

func (p *parser) dict(depth int) (Object, error) {
	out := Dict{}
	for {
		p.skipSpace()
		switch {
		case p.atEnd():
			return nil, p.cutOff("a dictionary")
		case p.peek() == '>':
			p.i++
			if p.next() != '>' {
				return nil, p.fail("a dictionary that ends with a single >")
			}
			return out, nil
		case p.peek() != '/':
			return nil, p.fail("a dictionary key that is not a name")
		}
		key, err := p.readName()
		if err != nil {
			return nil, err
		}
		v, err := p.object(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, Entry{key, v})
	}
}

// numberOrRef reads an integer, a real, or "n g R".
func (p *parser) numberOrRef() (Object, error) {
	o, err := p.number()
	num, ok := o.(Integer)
	if err != nil || !ok || num < 0 || num > maxObjectNumber {
		return o, err
	}
	after := p.pos()
	p.skipSpace()
	if p.atEnd() || !isDigit(p.peek()) {
		p.seek(after)
		return num, p.err
	}
	gen, ok := p.natural()
	if ok && gen <= 65535 && !p.atEnd() && isSpace(p.peek()) {
		p.skipSpace()
		if p.keyword("R") {
			return Ref{int(num), int(gen)}, nil
		}
	}
	p.seek(after)
	return num, p.err
}

func (p *parser) number() (Object, error) {
	var small [32]byte
	text := small[:0]
	real := false
	for !p.atEnd() {
		c := p.buf[p.i]
		if !isDigit(c) && c != '+' && c != '-' && c != '.' {
			break
		}
		real = real || c == '.'
		p.i++
		if text = append(text, c); len(text) > 400 {
			return nil, p.fail("a number longer than 400 digits")
		}
	}
	if real {
		v, err := strconv.ParseFloat(string(text), 64)
		if string(text) == "." || string(text) == "-." || string(text) == "+." {
			v, err = 0, nil // written by old producers, read as zero by all
		}
		if err != nil {
			return nil, p.fail("%q is not a number", text)
		}
		return Real(v), nil
	}
	v, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return nil, p.fail("%q is not a number", text)
	}
	return Integer(v), nil
}

// hexValues gives the value of a hexadecimal digit, 16 for white space, 17 for anything else.
var hexValues = func() (t [256]byte) {
	for c := range t {
		if v, ok := unhex(byte(c)); ok {
			t[c] = v
		} else if isSpace(byte(c)) {
			t[c] = 16
		} else {
			t[c] = 17
		}
	}
	return t
}()

// hex reads a hexadecimal string after its "<" (§7.3.4.3), window by window: signatures are long ones.
func (p *parser) hex(start int64) (Object, error) {
	var out []byte
	var hi byte
	half := false
	for {
		if p.atEnd() {
			return nil, p.cutOff("a string")
		}
		if out == nil {
			out = make([]byte, 0, min(len(p.buf)-p.i, 64)/2)
		}
		for p.i < len(p.buf) {
			c := p.buf[p.i]
			p.i++
			v := hexValues[c]
			switch {
			case v < 16 && half:
				out = append(out, hi|v)
				half = false
			case v < 16:
				hi, half = v<<4, true
			case c == '>':
				if half {
					out = append(out, hi)
				}
				return p.string(out, true, start), nil
			case v == 17:
				return nil, p.fail("%q in a hexadecimal string", c)
			}
		}
	}
}

func (p *parser) string(b []byte, hex bool, start int64) String {
	s := String{Bytes: string(b), Hex: hex}
	if !p.embedded {
		s.Start, s.End = start, p.pos()
	}
	return s
}

// literal reads a string in parentheses with its escapes (§7.3.4.2).
func (p *parser) literal() (Object, error) {
	start := p.pos()
	p.i++
	var out []byte
	for depth := 1; ; {
		if p.atEnd() {
			return nil, p.cutOff("a string")
		}
		c := p.next()
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return p.string(out, false, start), nil
			}
		case '\r': // an end of line counts as one line feed
			if p.peek() == '\n' {
				p.i++
			}
			c = '\n'
		case '\\':
			out = p.escape(out)
			continue
		}
		out = append(out, c)
	}
}

func (p *parser) escape(out []byte) []byte {
	c := p.next()
	switch c {
	case 'n':
		return append(out, '\n')
	case 'r':
		return append(out, '\r')
	case 't':
		return append(out, '\t')
	case 'b':
		return append(out, '\b')
	case 'f':
		return append(out, '\f')
	case '\n':
		return out
	case '\r':
		if p.peek() == '\n' {
			p.i++
		}
		return out
	}
	if c < '0' || c > '7' {
		return append(out, c)
	}
	v := int(c - '0')
	for range 2 {
		if d := p.peek(); d >= '0' && d <= '7' {
			v = v<<3 | int(d-'0')
			p.i++
		}
	}
	return append(out, byte(v))
}
