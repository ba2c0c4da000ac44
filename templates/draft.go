package templates

import (
	"math/big"
	"slices"
	"strings"

	"covenant/internal/words"
)

// DraftOptions say how a document is drafted. The zero value drafts without
// number, date, watermark and QR code.
type DraftOptions struct {
	Number    int    // of the register; 0 leaves room for it
	Symbol    string // "GƯ-KTN"; empty: the template's own
	Date      Day    // of the document; zero prints “ngày … tháng … năm …”
	LawDate   Day    // selects legal bases while Date is zero; zero too: the latest
	Place     string // empty: the template's own
	Watermark string // "DỰ THẢO lần 2"; also switches line references on
	URL       string // printed with a QR code at the end
	Law       *Law
	Images    map[string][]byte // PNG files that the template names
	Profile   *Profile          // nil: the template's
	Fonts     Fonts             // zero: the built-in ones
	Languages []words.Language  // leading first, at most two; empty: the template's
	// Begun drafts from values that are only begun: what is wrong with them is a note, and what is missing prints “…”.
	Begun bool

	Today Day      // against which years of values are held; zero: how far away they are is not asked
	Mean  []string // answers to those questions with yes, by the keys that they name
	Again Again    // the values were judged when the document was made first
}

func (o DraftOptions) lawDate() Day {
	if !o.Date.IsZero() {
		return o.Date
	}
	return o.LawDate
}

// Draft fills the template in. Everything wrong with values, law or text is
// returned as Problems in the error, all at once, and then there is no document.
func (t *Template) Draft(values Values, opt DraftOptions) (*Document, error) {
	d, problems := t.draft(values, opt)
	if err := Problems(problems).Err(); err != nil {
		return nil, err
	}
	return d, nil
}

// Check returns all problems of the template's text and the values beyond those that [Parse] and [ParseValues] gave:
// legal bases not in force, characters that the font lacks, values of a wrong type or missing; and, where nothing is
// wrong so far, those of a trial rendering, such as over-long words in cells. It works on a template with errors too,
// so that everything is reported at once. Without values, or where they cannot be read, there is no trial rendering.
func (t *Template) Check(values Values, opt DraftOptions) []Problem {
	found := Problems(t.lint(values, opt))
	if t.headless || values.root == nil {
		return found.Sorted()
	}
	if t.broken {
		var f findings
		f.bind(t.header.variables, values, opt)
		return append(found, f.list...).Sorted()
	}
	d, problems := t.draft(values, opt)
	found = append(found, problems...)
	if found.Err() != nil {
		return found.Sorted()
	}
	_, layout := d.layout()
	return append(found, layout...).Sorted()
}

func (t *Template) draft(values Values, opt DraftOptions) (*Document, []Problem) {
	d := &drafter{t: t, opt: opt, labels: map[string]label{}, scope: map[string]bound{}}
	if t.broken {
		d.f.add(Position{t.Name, 1, 1}, "", words.Of("Mẫu còn lỗi; hãy sửa các lỗi của mẫu trước.",
			"The template has errors; mend them first."))
		return nil, d.f.list
	}
	profile := opt.Profile
	if profile == nil {
		var err error
		if profile, err = builtinProfile(t.header.layout); err != nil {
			d.f.add(Position{t.Name, 1, 1}, t.header.layout, words.F("Không có kiểu trình bày “%s”.",
				"There is no layout profile “%s”.", t.header.layout))
			return nil, d.f.list
		}
	}
	d.validity()
	d.dated()
	if !d.langs(opt.Languages) {
		return nil, d.f.list
	}
	d.f.lenient = opt.Begun
	d.vars = d.f.bind(t.header.variables, values, opt)
	d.f.soften()
	if d.f.list.Err() != nil {
		return nil, d.f.list.Sorted()
	}
	doc := &Document{Template: t, Options: opt, values: values, profile: profile}
	d.doc = doc
	d.nodes(t.body)
	d.finish()
	d.f.soften()
	doc.outline()
	doc.Notes = d.f.list.Sorted()
	return doc, doc.Notes
}

// validity looks whether the template may be used on the document's date.
func (d *drafter) validity() {
	on, h := d.opt.lawDate(), d.t.header
	if on.IsZero() || !on.Before(h.from) && (h.to.IsZero() || !h.to.Before(on)) {
		return
	}
	d.f.add(Position{d.t.Name, 1, 1}, h.id, words.F("Mẫu “%s” không dùng được cho văn bản ngày %s (hiệu lực từ %s "+
		"đến %s).", "Template “%s” is not valid for a document of %s (valid from %s to %s).", h.id, shortDate(on),
		shortDate(h.from), shortDate(h.to)))
}

// bound is a variable in a loop with its place in the list.
type bound struct {
	v     *value
	index int
	last  bool
}

// label is what a reference prints: in words, or as the number alone.
type label struct {
	words.Text
	number string
}

type drafter struct {
	t      *Template
	f      findings
	opt    DraftOptions
	doc    *Document
	vars   map[string]*value
	scope  map[string]bound
	labels map[string]label
	lang   words.Language // leading
	second words.Language // or ""
	size   int            // work done, bounded

	part, chapter, section, article, clause, point, annex int
	annexes                                               []int
}

// maxWork bounds blocks, spans and text (in 32 bytes) a document may have.
const maxWork = 200_000

// langs chooses the languages that are printed among those of the template.
func (d *drafter) langs(want []words.Language) bool {
	langs := d.t.header.languages
	if len(want) > 0 {
		langs = want
	}
	for i, lang := range langs {
		if !slices.Contains(d.t.header.languages, lang) || slices.Contains(langs[:i], lang) {
			have, wanted := joined(d.t.header.languages, ", "), joined(langs, "+")
			d.f.add(Position{d.t.Name, 1, 1}, wanted, words.F("Không in được bằng “%s”: mẫu có các ngôn ngữ %s.",
				"It cannot be printed in “%s”: the template's languages are %s.", wanted, have))
			return false
		}
	}
	d.lang = langs[0]
	if len(langs) > 1 {
		d.second = langs[1]
	}
	return true
}

func joined(languages []words.Language, separator string) string {
	out := make([]string, len(languages))
	for i, l := range languages {
		out[i] = string(l)
	}
	return strings.Join(out, separator)
}

func (d *drafter) work(at Position, text int) bool {
	before := d.size
	d.size += 1 + text/32
	if before < maxWork && d.size >= maxWork {
		d.f.add(at, "", words.Of("Văn bản tạo ra quá lớn; kiểm tra các vòng lặp lồng nhau.",
			"The document becomes too large; look at nested loops."))
	}
	return d.size < maxWork
}

// get looks a path up.
func (d *drafter) get(path []string, at Position) *value {
	if len(path) == 0 {
		return nil
	}
	if word, ok := documentWords[strings.Join(path, ".")]; ok {
		return d.documentValue(word, at)
	}
	b, ok := d.scope[path[0]]
	v := b.v
	if !ok {
		v = d.vars[path[0]]
	}
	for _, name := range path[1:] {
		if v == nil {
			return nil
		}
		if ok && (name == "thứ_tự" || name == "index") {
			return intValue(b.index)
		}
		if ok && (name == "cuối" || name == "last") {
			return &value{typ: YesNo, yes: b.last}
		}
		ok = false
		x := v.fields[name]
		if x == nil {
			x = v.fields[fieldWords[name]]
		}
		v = x
	}
	return v
}

func (d *drafter) documentValue(word string, at Position) *value {
	v := &value{typ: Text, at: at}
	switch word {
	case "number":
		v.text, v.kind = d.number(), RunNumber
	case "symbol":
		v.text = d.opt.Symbol
	case "date":
		v.typ, v.day, v.kind = Date, d.opt.Date, RunDate
	case "year":
		v.typ, v.kind = Year, RunDate
		if !d.opt.Date.IsZero() {
			v.num = big.NewRat(int64(d.opt.Date.Year), 1)
		} else {
			v.text = "…"
		}
	case "place":
		v.text = d.opt.Place
	case "title":
		v.text = d.t.header.title
	}
	return v
}

// number is the register's number with a leading zero below 10, or room for it.
func (d *drafter) number() string {
	if d.opt.Number == 0 {
		return "\u00A0\u00A0\u00A0\u00A0\u00A0"
	}
	return twoDigits(d.opt.Number)
}

// each calls fn for every item of a loop with the scope set.
func (d *drafter) each(l *loop, fn func()) {
	v := d.get(l.over, l.at)
	if v == nil {
		return
	}
	saved, had := d.scope[l.name]
	for i, it := range v.items {
		if !d.work(l.at, 0) {
			break
		}
		d.scope[l.name] = bound{it, i + 1, i == len(v.items)-1}
		fn()
	}
	if had {
		d.scope[l.name] = saved
	} else {
		delete(d.scope, l.name)
	}
}

// spans fills running text in, in one language.
func (d *drafter) spans(list []inline, lang words.Language) []Span {
	var out []Span
	for i := range list {
		in := &list[i]
		if !d.work(in.at, len(in.text)) {
			return out
		}
		switch in.kind {
		case inText:
			out = append(out, Span{Text: in.text, Bold: in.bold, Italic: in.italic, At: in.at})
		case inBreak:
			out = append(out, Span{Break: true, At: in.at})
		case inRef:
			out = append(out, Span{Ref: in.text, Path: in.form + "\x00" + string(lang), Bold: in.bold,
				Italic: in.italic, At: in.at})
		case inIf:
			if in.cond.holds(d.get) {
				out = append(out, d.spans(in.body, lang)...)
			} else {
				out = append(out, d.spans(in.other, lang)...)
			}
		case inEach:
			d.each(in.loop, func() { out = append(out, d.spans(in.body, lang)...) })
		case inCall:
			out = append(out, d.filled(in, lang)...)
		}
	}
	return out
}

// filled is a value as text; the lines of long text become forced breaks.
func (d *drafter) filled(in *inline, lang words.Language) []Span {
	v := d.get(in.call.path, in.call.at)
	if v == nil {
		return nil
	}
	text, kind, at := "", v.kind, v.at
	if len(in.call.filters) == 0 {
		text = v.plain(lang)
		if v.kind != RunText && v.typ == Date {
			text = longDate(v.day, lang)
		}
	}
	x := v
	for _, u := range in.call.filters {
		text = filters[u.name](x, u.arg, lang)
		x = &value{typ: Text, text: text}
	}
	if at.File == "" {
		at = in.at
	}
	if !d.work(in.at, len(text)) {
		return nil
	}
	var out []Span
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if i > 0 {
			out = append(out, Span{Break: true, At: at})
		}
		out = append(out, Span{Text: strings.TrimSpace(line), Bold: in.bold, Italic: in.italic, Kind: kind,
			Path: strings.Join(in.call.path, "."), At: at})
	}
	if kind == RunNumber || strings.HasPrefix(text, "\u00A0") {
		out[0].Text = text
	}
	return out
}

func (d *drafter) nodes(list []*node) {
	for _, n := range list {
		if !d.work(n.at, 0) {
			return
		}
		switch n.kind {
		case nodeIf:
			if n.cond.holds(d.get) {
				d.nodes(n.body)
			} else {
				d.nodes(n.other)
			}
		case nodeEach:
			d.each(n.loop, func() { d.nodes(n.body) })
		default:
			d.node(n)
		}
	}
}

// plainKinds are nodes that become one block of text without a number.
var plainKinds = map[nodeKind]BlockKind{
	nodePara: BlockPara, nodeBullet: BlockBullet, nodeCenter: BlockCenter, nodeRight: BlockRight,
	nodePageBreak: BlockPageBreak, nodeLandscape: BlockLandscape, nodePortrait: BlockPortrait,
}

func (d *drafter) node(n *node) {
	b := Block{ID: n.id, Level: n.level, At: n.at}
	switch n.kind {
	case nodeHeading, nodeAnnex, nodeClause, nodePoint:
		d.numbered(n, &b)
	case nodeLetterhead:
		b.Kind, b.Head = BlockLetterhead, d.letterhead(n)
	case nodeTitle, nodeTo, nodeRecipients:
		b.Kind = map[nodeKind]BlockKind{nodeTitle: BlockTitle, nodeTo: BlockTo, nodeRecipients: BlockRecipients}[n.kind]
		d.lines(n.body, &b)
	case nodeBases:
		d.bases(n)
		return
	case nodeTable:
		b.Kind, b.Table = BlockTable, d.table(n)
		b.Spans = d.spans(n.text, d.lang)
		d.label(&b, label{Text: words.F("bảng “%s”", "table “%s”", plainSpans(b.Spans))})
	case nodeSignatures:
		d.signatures(n, &b)
	case nodeImage:
		if !d.image(n, &b) {
			return
		}
	case nodeEnding:
		d.ending()
		return
	default:
		b.Kind = plainKinds[n.kind]
		d.text(n, &b)
	}
	d.doc.Blocks = append(d.doc.Blocks, b)
}

// ending puts “./.” behind the text (Decree 30/2020/NĐ-CP, Appendix I).
func (d *drafter) ending() {
	blocks := d.doc.Blocks
	for i := len(blocks) - 1; i >= 0; i-- {
		if s := blocks[i].Spans; len(s) > 0 && blocks[i].Kind != BlockTable {
			last := &s[len(s)-1]
			last.Text = strings.TrimRight(last.Text, ".") + "./."
			return
		}
	}
}

// text fills a node's text in the leading language, and its translation.
func (d *drafter) text(n *node, b *Block) {
	tr := d.t.translations[n.id]
	if n.id == "" {
		tr = nil
	}
	own := d.t.header.languages[0]
	switch {
	case d.lang == own:
		b.Spans = d.spans(n.text, own)
		if d.second != "" && tr != nil {
			b.Lang2 = d.spans(tr.text, d.second)
		}
	case tr != nil:
		b.Spans = d.spans(tr.text, d.lang)
		if d.second != "" {
			b.Lang2 = d.spans(n.text, d.second)
		}
	default:
		b.Spans = d.spans(n.text, d.lang)
	}
}
