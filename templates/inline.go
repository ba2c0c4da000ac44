package templates

import (
	"strings"
	"unicode"

	"covenant/internal/words"
)

// inline is a piece of running text.
type inline struct {
	kind         inlineKind
	text         string // of text; id of a reference
	bold, italic bool
	form         string // of a reference
	call         *call
	cond         *cond
	loop         *loop
	body, other  []inline
	at           Position
}

type inlineKind uint8

const (
	inText inlineKind = iota
	inCall
	inIf
	inEach
	inRef
	inBreak
)

// call is {{path|filter:argument|…}}.
type call struct {
	path    []string
	filters []filterUse
	at      Position
	raw     string
}

type filterUse struct {
	name, arg string
	at        Position
}

type loop struct {
	name string
	over []string
	at   Position
}

// inlineParser reads one piece of running text.
type inlineParser struct {
	f            *findings
	text         []rune
	pos          int
	at           Position // of text[0]
	seams        []seam   // where further source lines begin
	seam         int      // how many of them lie behind pos
	bold, italic bool
	opened       Position // of the last bold or italic mark
	depth        int
}

// seam is where a source line begins in text joined of several.
type seam struct {
	start int
	at    Position
}

// inline parses running text that begins at a place of one line.
func (f *findings) inline(text string, at Position) []inline { return f.running(text, at, nil) }

func (f *findings) running(text string, at Position, seams []seam) []inline {
	p := &inlineParser{f: f, text: []rune(text), at: at, seams: seams}
	out, end := p.run()
	for end != "" { // an end without its beginning was reported; go on after it
		var more []inline
		more, end = p.run()
		out = append(out, more...)
	}
	if p.bold || p.italic {
		mark := "**"
		if !p.bold {
			mark = "*"
		}
		f.add(p.opened, mark, words.F("Dấu %s mở mà không đóng trong đoạn này.",
			"The mark %s is opened and not closed in this paragraph.", mark))
	}
	return out
}

func (p *inlineParser) here() Position {
	p.pass()
	if p.seam > 0 {
		j := p.seams[p.seam-1]
		return Position{j.at.File, j.at.Line, j.at.Column + p.pos - j.start}
	}
	return Position{p.at.File, p.at.Line, p.at.Column + p.pos}
}

// pass moves on to the source line that pos is in.
func (p *inlineParser) pass() {
	for p.seam < len(p.seams) && p.seams[p.seam].start <= p.pos {
		p.seam++
	}
}

// atSeam says whether a source line begins here.
func (p *inlineParser) atSeam() bool {
	p.pass()
	return p.seam > 0 && p.seams[p.seam-1].start == p.pos
}

func (p *inlineParser) has(s string) bool {
	i := p.pos
	for _, r := range s {
		if i >= len(p.text) || p.text[i] != r {
			return false
		}
		i++
	}
	return true
}

// run parses until the text ends or a {{hết}} or {{khác}}, which it returns.
func (p *inlineParser) run() (out []inline, end string) {
	var b strings.Builder
	start := p.here()
	flush := func() {
		if b.Len() > 0 {
			out = append(out, inline{kind: inText, text: b.String(), bold: p.bold, italic: p.italic, at: start})
			b.Reset()
		}
		start = p.here()
	}
	for p.pos < len(p.text) {
		if b.Len() > 0 && p.atSeam() {
			flush()
		}
		switch {
		case p.escaped():
			b.WriteRune(p.text[p.pos+1])
			p.pos += 2
		case p.has("*"):
			flush()
			p.toggle()
			start = p.here()
		case p.has("{{"):
			flush()
			node, word := p.braces()
			if word != "" {
				return out, word
			}
			if node != nil {
				out = append(out, *node)
			}
			start = p.here()
		case p.has("{#"):
			p.f.add(p.here(), "{#", words.Of("Mã {#…} phải đứng ở cuối tiêu đề, khoản, điểm, đoạn hay tên bảng; "+
				"muốn in dấu ngoặc thì viết \\{#.", "An id {#…} must stand at the end of its heading, clause, "+
				"point, paragraph or table's title; to print the brace write \\{#."))
			p.pos += 2
		case p.has("[["):
			flush()
			out = append(out, p.reference())
			start = p.here()
		case p.has("\u2028"):
			flush()
			out = append(out, inline{kind: inBreak, at: p.here()})
			p.pos++
			start = p.here()
		default:
			b.WriteRune(p.text[p.pos])
			p.pos++
		}
	}
	flush()
	return out, ""
}

// toggle turns bold (**) or italic (*) on or off.
func (p *inlineParser) toggle() {
	p.opened = p.here()
	if p.has("**") {
		p.bold = !p.bold
		p.pos += 2
		return
	}
	p.italic = !p.italic
	p.pos++
}

// escaped says whether a mark stands here that is to be printed as it is.
func (p *inlineParser) escaped() bool {
	return p.has(`\`) && p.pos+1 < len(p.text) && strings.ContainsRune(`*{[\@#+-|`, p.text[p.pos+1])
}

// braces parses {{…}}: a value, or a word that controls what follows.
func (p *inlineParser) braces() (*inline, string) {
	at := p.here()
	inner, ok := p.until("{{", "}}")
	if !ok {
		return nil, ""
	}
	word, rest := firstWord(inner)
	switch directives[word] {
	case dirEnd:
		if p.depth == 0 {
			p.f.add(at, inner, words.Of("“{{hết}}” mà không có “{{nếu …}}” hay “{{mỗi …}}” trước đó.",
				"“{{end}}” without “{{if …}}” or “{{each …}}” before it."))
		}
		return nil, "end"
	case dirElse:
		if p.depth == 0 {
			p.f.add(at, inner, words.Of("“{{khác}}” mà không có “{{nếu …}}” trước đó.",
				"“{{else}}” without “{{if …}}” before it."))
		}
		return nil, "else"
	case dirIf:
		return p.block(inline{kind: inIf, cond: p.f.condition(rest, at), at: at}, inner), ""
	case dirEach:
		return p.block(inline{kind: inEach, loop: p.f.loop(rest, at), at: at}, inner), ""
	}
	c := p.f.call(inner, Position{at.File, at.Line, at.Column + 2})
	return &inline{kind: inCall, call: c, bold: p.bold, italic: p.italic, at: at}, ""
}

func (p *inlineParser) block(n inline, inner string) *inline {
	p.depth++
	if p.depth > maxDepth {
		p.f.add(n.at, inner, words.Of("Lồng nhau quá sâu.", "Nested too deeply."))
		p.pos = len(p.text)
		return nil
	}
	var end string
	n.body, end = p.run()
	if end == "else" {
		n.other, end = p.run()
	}
	if end != "end" {
		p.f.add(n.at, inner, words.F("“{{%s}}” chưa được đóng bằng “{{hết}}” trong cùng đoạn.",
			"“{{%s}}” is not closed by “{{end}}” in the same paragraph.", inner))
	}
	p.depth--
	return &n
}

func (p *inlineParser) until(open, closing string) (string, bool) {
	at := p.here()
	start := p.pos + len(open)
	for i := start; i+1 < len(p.text); i++ {
		if p.text[i] == rune(closing[0]) && p.text[i+1] == rune(closing[1]) {
			p.pos = i + 2
			return strings.TrimSpace(string(p.text[start:i])), true
		}
	}
	p.f.add(at, open, words.F("“%s” chưa được đóng bằng “%s”.", "“%s” is not closed by “%s”.", open, closing))
	p.pos = len(p.text)
	return "", false
}

func (p *inlineParser) reference() inline {
	at := p.here()
	inner, _ := p.until("[[", "]]")
	id, form, _ := strings.Cut(inner, "|")
	return inline{kind: inRef, text: strings.TrimSpace(id), form: strings.TrimSpace(form), bold: p.bold,
		italic: p.italic, at: at}
}

// call parses path|filter:argument.
func (f *findings) call(s string, at Position) *call {
	parts := splitPipes(s)
	c := &call{at: at, raw: s}
	c.path = f.path(parts[0], at)
	col := at.Column + len([]rune(parts[0])) + 1
	for _, part := range parts[1:] {
		name, arg, _ := strings.Cut(part, ":")
		u := filterUse{strings.TrimSpace(name), strings.Trim(strings.TrimSpace(arg), `"“”`),
			Position{at.File, at.Line, col}}
		if _, ok := filters[u.name]; !ok && !f.full() {
			p := f.add(u.at, u.name, words.F("Không có bộ lọc “%s”.", "There is no filter “%s”.", u.name))
			p.Hint = nearest(u.name, keys(filters))
		}
		c.filters = append(c.filters, u)
		col += len([]rune(part)) + 1
	}
	return c
}

func splitPipes(s string) []string {
	var out []string
	quoted, start := false, 0
	for i, r := range s {
		switch {
		case r == '"' || r == '“' || r == '”':
			quoted = !quoted
		case r == '|' && !quoted:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

func (f *findings) path(s string, at Position) []string {
	s = strings.TrimSpace(s)
	parts := strings.Split(s, ".")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
		if !validName(parts[i]) {
			f.add(at, s, words.F("“%s” không phải là tên biến.", "“%s” is not the name of a variable.", s))
			return nil
		}
	}
	return parts
}

// loop parses “x trong danh_sách” or “x in list”.
func (f *findings) loop(s string, at Position) *loop {
	parts := strings.Fields(s)
	if len(parts) != 3 || parts[1] != "trong" && parts[1] != "in" || !validName(parts[0]) {
		f.add(at, s, words.Of("Viết: mỗi tên trong danh_sách.", "Write: each name in list."))
		return &loop{at: at}
	}
	return &loop{name: parts[0], over: f.path(parts[2], at), at: at}
}

// firstWord cuts the first directive word off s, longest match first.
func firstWord(s string) (word, rest string) {
	low := strings.ToLower(s)
	for w := range directives {
		if len(w) > len(word) && strings.HasPrefix(low, w) {
			tail := []rune(low[len(w):])
			if len(tail) == 0 || !isLetter(tail[0]) && tail[0] != '_' && tail[0] != '.' &&
				(tail[0] < '0' || tail[0] > '9') {
				word = w
			}
		}
	}
	if len(low) != len(s) {
		return word, ""
	}
	return word, strings.TrimSpace(s[len(word):])
}

func isLetter(r rune) bool { return unicode.IsLetter(r) }
