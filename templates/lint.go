package templates

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"covenant/internal/content"
	"covenant/internal/truetype"
	"covenant/internal/words"
	"covenant/templates/internal/font"
)

// linter reads a template's own text for what drafting would find only in a sound template: legal bases, their
// punctuation, characters that the font lacks. So a check can report everything at once.
type linter struct {
	f    findings
	t    *Template
	opt  DraftOptions
	face *font.Embedded
	seen map[rune]bool
}

func (t *Template) lint(values Values, opt DraftOptions) []Problem {
	face, err := opt.Fonts.use().Base(font.Regular)
	if err != nil {
		return Problems{{File: t.Name, Line: 1, Column: 1,
			Message: words.F("Không đọc được phông chữ: %v", "A font cannot be read: %v", err)}}
	}
	l := &linter{t: t, opt: opt, face: face, seen: map[rune]bool{}}
	l.nodes(t.body)
	for _, id := range keys(t.translations) {
		l.inlines(t.translations[id].text)
	}
	l.values(values.Name, values.root)
	return l.f.list
}

func (l *linter) nodes(list []*node) {
	for _, n := range list {
		if n.kind == nodeBases {
			l.bases(n.body)
		}
		l.inlines(n.text)
		for _, a := range n.attrs {
			l.inlines(a.value)
		}
		for _, c := range n.columns {
			l.inlines(c.head)
			l.inlines(c.head2)
		}
		for _, c := range slices.Concat(n.cells, n.cells2) {
			l.inlines(c)
		}
		l.nodes(n.body)
		l.nodes(n.other)
	}
}

// bases looks at the lines of a block of legal bases, through conditions and loops.
func (l *linter) bases(lines []*node) {
	for _, n := range lines {
		switch {
		case n.kind == nodeIf || n.kind == nodeEach:
			l.bases(n.body)
			l.bases(n.other)
		case validID(n.raw):
			l.f.lawInForce(l.opt.Law, n, l.opt.lawDate())
		case len(n.text) > 0 && n.text[len(n.text)-1].kind == inText:
			l.f.basisMark(n.at, n.text[len(n.text)-1].text)
		}
	}
}

func (l *linter) inlines(list []inline) {
	for _, in := range list {
		if in.kind == inText {
			l.glyphs(in)
		}
		l.inlines(in.body)
		l.inlines(in.other)
	}
}

func (l *linter) glyphs(in inline) {
	at := in.at
	for i, r := range []rune(in.text) {
		at.Column = in.at.Column + i
		l.glyph(r, at)
	}
}

// glyph reports a character that the font lacks, once.
func (l *linter) glyph(r rune, at Position) {
	if r == 0xA0 || l.seen[r] || control(r) != r || l.face.Face.Has(r) {
		return
	}
	l.seen[r] = true
	l.f.missingGlyph(r, at)
}

// values looks at the text of the values; a place is where the value begins.
func (l *linter) values(name string, n *yaml.Node) {
	if n == nil {
		return
	}
	if n.Kind == yaml.ScalarNode {
		for _, r := range n.Value {
			l.glyph(r, Position{name, n.Line, n.Column})
		}
	}
	for _, kid := range n.Content {
		l.values(name, kid)
	}
}

// lawInForce finds the entry of a legal basis named by its code or subject that is in force on a day; a zero day asks
// for the latest. What is wrong is a problem and gives nil.
func (f *findings) lawInForce(law *Law, l *node, on Day) *LegalBasis {
	entry, known := law.find(l.raw, on)
	switch {
	case !known:
		p := f.add(l.at, l.raw, words.F("Dữ liệu pháp luật không có căn cứ “%s”.",
			"The law data have no legal basis “%s”.", l.raw))
		p.Hint = nearest(l.raw, law.names())
		return nil
	case entry == nil:
		f.add(l.at, l.raw, words.F("Không có văn bản nào của “%s” còn hiệu lực ngày %s.",
			"Nothing of “%s” is in force on %s.", l.raw, shortDate(on)))
		return nil
	case !on.IsZero() && !entry.InForce(on):
		f.add(l.at, l.raw, words.F("Căn cứ “%s” không có hiệu lực ngày %s.", "Legal basis “%s” is not in force on %s.",
			l.raw, shortDate(on)))
		return nil
	}
	return entry
}

// basisMark finds a mark at the end of a legal basis, which the program sets by itself.
func (f *findings) basisMark(at Position, text string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	if last := text[len(text)-1]; strings.IndexByte(";.,:", last) >= 0 {
		f.add(at, text[len(text)-1:], words.F("Bỏ dấu “%c” ở cuối căn cứ: chương trình tự thêm “;” và “.” cho căn "+
			"cứ cuối cùng.", "Drop the “%c” at the end of the legal basis: the program adds “;” and, to the last "+
			"one, “.”.", last))
	}
}

// unplaced reports the mark at the end of a text as one that cannot be set on its letter.
func (f *findings) unplaced(text []rune, at Position) {
	mark, letter := text[len(text)-1], text[max(0, len(text)-2)]
	if base, first, pair := truetype.Unstack(letter); pair {
		f.add(at, "", words.F("Chữ “%c%c%c” mang thêm dấu U+%04X mà phông chữ không đặt được; mỗi chữ cái dựng sẵn "+
			"chỉ nhận một dấu nữa. Hãy viết cách khác.", "The letter “%c%c%c” bears the mark U+%04X, which the font "+
			"cannot place: a letter takes one mark more than it is made with. Write it in another way.",
			base, first, mark, mark))
		return
	}
	f.add(at, "", words.F("Phông chữ không đặt được dấu U+%04X lên chữ “%c”. Hãy viết cách khác.",
		"The font cannot place the mark U+%04X on the letter “%c”. Write it in another way.", mark, letter))
}

func (f *findings) missingGlyph(r rune, at Position) {
	if content.Unseen(r) {
		f.add(at, "", words.F("Ký tự không nhìn thấy U+%04X: hãy xóa đi.",
			"The invisible character U+%04X: take it out.",
			r))
		return
	}
	if base, mark, pair := truetype.Unstack(r); pair {
		f.unplaced([]rune{base, mark}, at)
		return
	}
	p := f.add(at, string(r), words.F("Phông chữ không có ký tự “%c” (U+%04X). Hãy thay bằng ký tự khác.",
		"The font has no character “%c” (U+%04X). Use another.", r, r))
	if sub := substitutes[r]; sub != "" {
		p.Hint = sub
	}
}
