package templates

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"covenant/internal/words"
)

// node is a piece of a template's body.
type node struct {
	kind        nodeKind
	at          Position
	id          string
	level       int // of a heading: 0 part … 3 article
	text        []inline
	cond        *cond
	loop        *loop
	body, other []*node
	attrs       []attr
	columns     []column
	cells       [][]inline
	cells2      [][]inline // behind “ // ”: the other language
	spanning    bool       // a row that is one cell
	raw         string
}

type nodeKind uint8

const (
	nodePara nodeKind = iota
	nodeHeading
	nodeClause
	nodePoint
	nodeBullet
	nodeIf
	nodeEach
	nodeLetterhead
	nodeTitle
	nodeBases
	nodeTo
	nodeTable
	nodeRow
	nodeSignatures
	nodeRecipients
	nodeAnnex
	nodePageBreak
	nodeLandscape
	nodePortrait
	nodeCenter
	nodeRight
	nodeLine // a line of a block: a legal basis, a recipient, a title line
	nodeEnding
	nodeImage
)

// attr is “key: value” in a block.
type attr struct {
	key   string
	value []inline
	raw   string
	at    Position
}

// column is a table's column.
type column struct {
	head  []inline
	head2 []inline
	width float64 // mm, 0 shares what is left
	align string  // left, center, right, justify
}

// mode says how the lines of a block are read.
type mode uint8

const (
	modeBody mode = iota
	modeTable
	modeLines
	modeAttrs
)

// translation is the text of an element in another language.
type translation struct {
	text []inline
	at   Position
	used bool
}

type bodyParser struct {
	f            *findings
	file         string
	lines        []string
	first        int // number of lines[0]
	i            int
	depth        int
	translations map[string]*translation
}

func (p *bodyParser) at(col int) Position { return Position{p.file, p.first + p.i, col} }

// blocks opened by a directive and closed by @hết.
var blocks = map[directive]struct {
	kind nodeKind
	mode mode
}{
	dirLetterhead: {nodeLetterhead, modeAttrs}, dirTitle: {nodeTitle, modeLines}, dirBases: {nodeBases, modeLines},
	dirTable: {nodeTable, modeTable}, dirSignatures: {nodeSignatures, modeAttrs}, dirRecipients: {nodeRecipients,
		modeLines},
	dirTo: {nodeTo, modeLines},
}

// single directives take the rest of their line.
var single = map[directive]nodeKind{
	dirAnnex: nodeAnnex, dirPageBreak: nodePageBreak, dirLandscape: nodeLandscape, dirPortrait: nodePortrait,
	dirImage: nodeImage, dirCenter: nodeCenter, dirRight: nodeRight, dirEnding: nodeEnding,
}

// parse reads nodes until the text or the enclosing block ends.
func (p *bodyParser) parse(m mode, top bool) (out []*node, end directive) {
	for p.i < len(p.lines) {
		line := p.lines[p.i]
		trimmed := strings.TrimSpace(line)
		col := utf8.RuneCountInString(line) - utf8.RuneCountInString(strings.TrimLeft(line, " \t")) + 1
		switch {
		case trimmed == "" || strings.HasPrefix(trimmed, "//"):
			p.i++
		case strings.HasPrefix(trimmed, "@"):
			n, stop := p.directive(m, trimmed, col)
			if stop != "" {
				if !top {
					return out, stop
				}
				p.f.add(p.at(col), trimmed, words.F("“%s” không có gì để đóng.", "“%s” closes nothing.", trimmed))
				p.i++
			}
			if n != nil {
				out = append(out, n)
			}
		case m == modeBody:
			out = append(out, p.element(trimmed, col))
		default:
			if n := p.blockLine(m, trimmed, col); n != nil {
				out = append(out, n)
			}
			p.i++
		}
	}
	return out, ""
}

func (p *bodyParser) directive(m mode, line string, col int) (*node, directive) {
	at := p.at(col)
	word, rest := firstWord(line[1:])
	d, known := directives[word]
	if !known {
		p.unknown(line, at)
		return nil, ""
	}
	switch d {
	case dirEnd, dirElse:
		p.nothingAfter(d, word, rest, at)
		return nil, d
	case dirIf, dirEach:
		return p.control(m, d, rest, at), ""
	case dirTranslate:
		p.translate(rest, at)
		return nil, ""
	}
	n := &node{at: at, raw: line}
	at.Column += utf8.RuneCountInString(line) - utf8.RuneCountInString(strings.TrimLeft(line[1+len(word):], " "))
	rest, n.id = p.cutID(rest)
	n.text = p.f.inline(rest, at)
	p.i++
	if k, ok := single[d]; ok {
		n.kind = k
	} else {
		p.block(n, d)
	}
	return n, ""
}

// nothingAfter reports text behind “@hết” or “@khác”, which would be lost; “@khác nếu …” is a condition.
func (p *bodyParser) nothingAfter(d directive, word, rest string, at Position) {
	if next, _ := firstWord(rest); rest == "" || d == dirElse && directives[next] == dirIf {
		return
	}
	p.f.add(at, rest, words.F("Sau “@%s” không được viết gì thêm; hãy đưa “%s” xuống dòng dưới.",
		"Nothing may follow “@%s”; put “%s” on the next line.", word, clip(rest)))
}

func (p *bodyParser) unknown(line string, at Position) {
	p.i++
	pr := p.f.add(at, line, words.F("Không có lệnh “%s”.", "There is no directive “%s”.", line))
	fields := strings.Fields(line[1:])
	if len(fields) == 0 || p.f.full() {
		return
	}
	if len(fields) > 1 {
		pr.Hint = nearest(fields[0]+" "+fields[1], keys(directives))
	}
	if pr.Hint == "" {
		pr.Hint = nearest(fields[0], keys(directives))
	}
}

// block reads what a block directive holds, up to its @hết.
func (p *bodyParser) block(n *node, d directive) {
	n.kind = blocks[d].kind
	p.depth++
	inner, end := p.parse(blocks[d].mode, false)
	p.depth--
	if end != dirEnd {
		p.f.add(n.at, n.raw, words.F("“%s” chưa được đóng bằng “@hết”.", "“%s” is not closed by “@end”.", n.raw))
		p.resume(end)
	} else {
		p.i++
	}
	p.settle(n, inner)
}

// resume steps over a stray @khác so that parsing goes on.
func (p *bodyParser) resume(end directive) {
	if end == dirElse {
		p.i++
	}
}

// settle sorts a block's lines into attributes, columns and body.
func (p *bodyParser) settle(n *node, inner []*node) {
	for _, k := range inner {
		switch {
		case k.kind == nodeLine && len(k.columns) > 0:
			n.columns = k.columns
		case k.kind == nodeLine && len(k.attrs) > 0:
			n.attrs = append(n.attrs, k.attrs...)
		default:
			n.body = append(n.body, k)
		}
	}
	if n.kind == nodeTable && len(n.columns) == 0 {
		p.f.add(n.at, n.raw, words.Of("Bảng phải có dòng “cột: … | … | …”.",
			"A table needs a line “columns: … | … | …”."))
	}
}

func (p *bodyParser) control(m mode, d directive, rest string, at Position) *node {
	n := &node{at: at, raw: strings.TrimSpace(p.lines[p.i])}
	if d == dirIf {
		n.kind, n.cond = nodeIf, p.f.condition(rest, Position{at.File, at.Line, at.Column + 5})
	} else {
		n.kind, n.loop = nodeEach, p.f.loop(rest, at)
	}
	p.i++
	if p.depth++; p.depth > maxDepth {
		p.f.add(at, n.raw, words.Of("Lồng nhau quá sâu.", "Nested too deeply."))
		p.i = len(p.lines)
		return n
	}
	defer func() { p.depth-- }()
	var end directive
	n.body, end = p.parse(m, false)
	if end == dirElse && d == dirIf {
		line := strings.TrimSpace(p.lines[p.i])
		_, rest := firstWord(line[1:])
		if word, cond := firstWord(rest); directives[word] == dirIf {
			n.other = []*node{p.control(m, dirIf, cond, p.at(1))}
			return n // the inner one took the @hết
		}
		p.i++
		n.other, end = p.parse(m, false)
	}
	if end != dirEnd {
		p.f.add(at, n.raw, words.F("“%s” chưa được đóng bằng “@hết”.", "“%s” is not closed by “@end”.", n.raw))
		p.resume(end)
		return n
	}
	p.i++
	return n
}

// translate reads “@en id: text” with the lines that continue it.
func (p *bodyParser) translate(rest string, at Position) {
	id, text, ok := strings.Cut(rest, ":")
	id = strings.TrimSpace(id)
	p.i++
	if !ok || !validID(id) {
		p.f.add(at, rest, words.Of("Viết: @en mã-đoạn: bản dịch.", "Write: @en id: translation."))
		return
	}
	text, seams := p.continued(strings.TrimSpace(text))
	if p.translations[id] != nil {
		p.f.add(at, id, words.F("Đoạn “%s” đã có bản dịch.", "Paragraph “%s” has a translation already.", id))
		return
	}
	p.translations[id] = &translation{text: p.f.running(text, at, seams), at: at}
}

// continued joins the plain lines that follow to text.
func (p *bodyParser) continued(text string) (string, []seam) {
	var seams []seam
	var b strings.Builder
	count := 0
	last := text
	for ; p.i < len(p.lines); p.i++ {
		line := strings.TrimSpace(p.lines[p.i])
		if line == "" || special(line) {
			break
		}
		join := last + " "
		if rest, hard := strings.CutSuffix(last, `\\`); hard {
			join = strings.TrimSpace(rest) + "\u2028"
		}
		b.WriteString(join)
		count += utf8.RuneCountInString(join)
		seams = append(seams, seam{count,
			p.at(1 + utf8.RuneCountInString(p.lines[p.i][:strings.Index(p.lines[p.i], line)]))})
		last = line
	}
	b.WriteString(strings.TrimSuffix(last, `\\`))
	return b.String(), seams
}

// special says whether a line begins something new.
func special(line string) bool {
	if strings.ContainsRune("#+@|", rune(line[0])) || strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "//") {
		return true
	}
	_, _, ok := headingWord(line)
	return ok
}

func headingWord(line string) (level int, rest string, ok bool) {
	word, rest, found := strings.Cut(line, ":")
	if !found || len(word) > 12 {
		return 0, "", false
	}
	level, ok = headingWords[strings.ToLower(strings.TrimSpace(word))]
	return level, strings.TrimSpace(rest), ok
}

var idMark = regexp.MustCompile(`\s*\{#([^{}\s]*)\}\s*$`)

func (p *bodyParser) cutID(text string) (string, string) {
	m := idMark.FindStringSubmatchIndex(text)
	if m == nil {
		return strings.TrimSpace(text), ""
	}
	id := text[m[2]:m[3]]
	if !validID(id) {
		p.f.add(p.at(1), id, words.F("Mã “%s” chỉ gồm chữ, số và dấu gạch nối.",
			"Id “%s” may hold letters, digits and hyphens.", id))
	}
	return strings.TrimSpace(text[:m[0]]), id
}

func validID(s string) bool {
	for _, r := range s {
		if !isLetter(r) && r != '-' && r != '_' && (r < '0' || r > '9') {
			return false
		}
	}
	return s != "" && len(s) < 100
}

// element reads a heading, clause, point, bullet or paragraph.
func (p *bodyParser) element(line string, col int) *node {
	n := &node{at: p.at(col), raw: line}
	text, skip := line, 0
	switch {
	case strings.HasPrefix(line, "++"):
		n.kind, skip = nodePoint, 2
	case strings.HasPrefix(line, "+"):
		n.kind, skip = nodeClause, 1
	case strings.HasPrefix(line, "#"):
		n.kind, n.level, skip = nodeHeading, 3, 1
		if strings.HasPrefix(line, "##") {
			p.f.add(n.at, line, words.Of("Chỉ dùng một dấu “#” cho Điều; Khoản là “+”, Điểm là “++”; Phần, Chương, "+
				"Mục viết “Chương: …”.", "Use one “#” for an article; “+” for a clause, “++” for a point; write "+
				"“Chapter: …” for parts, chapters, sections."))
			skip = len(line) - len(strings.TrimLeft(line, "#"))
		}
	case strings.HasPrefix(line, "- "):
		n.kind, skip = nodeBullet, 2
	case strings.HasPrefix(line, "|"):
		p.f.add(n.at, line, words.Of("Dòng bảng “| … |” phải nằm trong “@bảng … @hết”.",
			"A table row “| … |” belongs inside “@table … @end”."))
	default:
		if level, rest, ok := headingWord(line); ok {
			n.kind, n.level = nodeHeading, level
			skip = len(line) - len(rest)
		}
	}
	body := strings.TrimLeft(text[skip:], " ")
	at := n.at
	at.Column += utf8.RuneCountInString(line) - utf8.RuneCountInString(body)
	p.i++
	var seams []seam
	if n.kind != nodeHeading { // a heading is one line
		body, seams = p.continued(body)
	}
	p.i--
	body, n.id = p.cutID(body)
	p.i++
	if n.kind != nodePara && n.kind != nodeBullet {
		p.handNumber(n, body, at)
	}
	n.text = p.f.running(body, at, seams)
	return n
}

var handNumbered = regexp.MustCompile(`^(Điều\s+\d+[.:]?|Khoản\s+\d+[.:]?|\d+[.)]|[a-zđ]\))\s`)

// handNumber refuses numbers written by hand: the program numbers.
func (p *bodyParser) handNumber(n *node, body string, at Position) {
	if m := handNumbered.FindString(body); m != "" {
		p.f.add(at, m, words.F("Bỏ “%s”: số thứ tự do chương trình đánh.", "Drop “%s”: the program does the numbering.",
			strings.TrimSpace(m)))
	}
}

// blockLine reads a line inside a table, a list of lines or of attributes.
func (p *bodyParser) blockLine(m mode, line string, col int) *node {
	at := p.at(col)
	n := &node{kind: nodeLine, at: at, raw: line}
	switch m {
	case modeTable:
		key, rest, ok := strings.Cut(line, ":")
		if ok && !strings.HasPrefix(line, "|") && (canonical(key) == "cột" || strings.EqualFold(key, "columns")) {
			n.columns = p.columns(rest, Position{at.File, at.Line, at.Column + utf8.RuneCountInString(key) + 1})
			return n
		}
		if !strings.HasPrefix(line, "|") {
			p.f.add(at, line, words.Of("Trong bảng, mỗi dòng có dạng “| ô | ô |”.",
				"In a table each line is “| cell | cell |”."))
			return nil
		}
		n.kind = nodeRow
		p.row(n, line, at)
	case modeAttrs:
		key, rest, ok := strings.Cut(line, ":")
		if !ok {
			p.f.add(at, line, words.Of("Ở đây phải viết “mục: giá trị”.", "Write “entry: value” here."))
			return nil
		}
		body := strings.TrimLeft(rest, " ")
		vat := at
		vat.Column += utf8.RuneCountInString(line) - utf8.RuneCountInString(body)
		n.attrs = []attr{{key: strings.ToLower(strings.TrimSpace(key)), value: p.f.inline(body, vat),
			raw: strings.TrimSpace(rest), at: at}}
	default:
		text := strings.TrimPrefix(line, "- ")
		at.Column += utf8.RuneCountInString(line) - utf8.RuneCountInString(text)
		text, n.id = p.cutID(text)
		n.raw = text
		n.text = p.f.inline(text, at)
	}
	return n
}
