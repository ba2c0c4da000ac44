package templates

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"covenant/internal/truetype"
	"covenant/internal/words"
	"covenant/templates/internal/font"
	"covenant/templates/internal/typeset"
)

const mm = 72 / 25.4

// composer turns blocks into elements for the page.
type composer struct {
	d         *Document
	p         *Profile
	f         findings
	family    *font.Family
	base      [4]*font.Embedded
	extra     [4][]rune
	missing   map[rune]bool
	positions []Position
	out       []typeset.Element
	block     int
	width     float64
	headings  map[int]string // level to tag
	list      int            // level of the list item being composed
	inClause  bool           // a clause has been set since the last heading or plain paragraph
	coded     bool           // the QR code has been placed
	address   []typeset.Span // of the sender, for the foot of page 1
}

// layout sets the document in its fonts.
func (d *Document) layout() (*laidOut, []Problem) {
	family := d.Options.Fonts.use()
	p := d.profile
	c := &composer{d: d, p: p, family: family, missing: map[rune]bool{}}
	c.width = (p.Page.Width - p.Page.Left - p.Page.Right) * mm
	var err error
	if c.base, err = family.Bases(); err != nil {
		c.f.add(Position{}, "", words.F("Không đọc được phông chữ: %v.", "A font cannot be read: %v.", err))
		return nil, c.f.list
	}
	c.tags()
	for i := 0; i < len(d.Blocks); i++ {
		c.block = i
		i += c.add(i)
	}
	c.codeAtEnd()
	c.watermarkGlyphs()
	if c.f.list.Err() != nil {
		return nil, c.f.list.Sorted()
	}
	lay := &laidOut{positions: c.positions, address: c.address}
	for s := range c.base {
		slices.Sort(c.extra[s])
		var err error
		if lay.fonts[s], err = family.Wider(font.Style(s), slices.Compact(c.extra[s])); err != nil {
			c.f.add(Position{}, "", words.F("Không đọc được phông chữ: %v.", "A font cannot be read: %v.", err))
			return nil, c.f.list
		}
	}
	g := typeset.Geometry{
		Width: p.Page.Width * mm, Height: p.Page.Height * mm,
		Top: p.Page.Top * mm, Bottom: p.Page.Bottom * mm, Left: p.Page.Left * mm, Right: p.Page.Right * mm,
	}
	lay.result = typeset.Set(g, lay.fonts, p.together, c.out)
	for _, n := range lay.result.Notes {
		at := c.position(n.Note)
		pr := c.f.add(at, n.Text, words.F("“%s” dài hơn chiều rộng của ô hay dòng nên bị ngắt giữa chừng.",
			"“%s” is wider than its cell or line and was cut.", clip(n.Text)))
		pr.Note = true
	}
	return lay, c.f.list.Sorted()
}

type laidOut struct {
	fonts     [4]*font.Embedded
	result    *typeset.Result
	positions []Position
	address   []typeset.Span
}

func (c *composer) position(note int32) Position {
	if note <= 0 || int(note) > len(c.positions) {
		return Position{File: c.d.Template.Name, Line: 1, Column: 1}
	}
	return c.positions[note-1]
}

// tags gives each level of heading in use a structure type without gaps, as
// PDF/UA asks: the title is H1, then the levels in order.
func (c *composer) tags() {
	c.headings = map[int]string{}
	next := 1
	used := map[int]bool{}
	for _, b := range c.d.Blocks {
		switch b.Kind {
		case BlockTitle:
			next = 2
		case BlockHeading:
			used[b.Level] = true
		}
	}
	for level := range 4 {
		if used[level] {
			c.headings[level] = fmt.Sprintf("H%d", next)
			next++
		}
	}
}

// look is how spans are printed.
type look struct {
	size         float64
	bold, italic bool
	upper        bool
	gray         float64
}

// spans converts and checks text; every character must be in its face.
func (c *composer) spans(list []Span, l look) []typeset.Span {
	out := make([]typeset.Span, 0, len(list))
	var last Position
	for i := range list {
		s := &list[i]
		if s.At != last || len(c.positions) == 0 {
			c.positions = append(c.positions, s.At)
			last = s.At
		}
		t := typeset.Span{Size: l.size, Gray: l.gray, Kind: uint8(s.Kind), Link: s.Ref, Break: s.Break,
			Deco: uint8(s.Change), Note: int32(len(c.positions))}
		if s.Bold != l.bold || s.Bold && l.bold {
			t.Style |= font.Bold
		}
		if s.Italic != l.italic {
			t.Style |= font.Italic
		}
		t.Text = s.Text
		if l.upper {
			t.Text = strings.ToUpper(t.Text)
		}
		c.dropped(t.Text, s.At)
		t.Text, t.Label = strings.Map(control, t.Text), s.label
		if c.d.Options.Again != AsFirstWas {
			t.Text = truetype.Stack(t.Text)
		}
		c.glyphs(t.Text, t.Style, s.At, s.Path == "")
		out = append(out, t)
	}
	return out
}

// dropped notes invisible characters that are left out.
func (c *composer) dropped(text string, at Position) {
	for _, r := range text {
		if control(r) == -1 && !c.missing[r] {
			c.missing[r] = true
			p := c.f.add(at, string(r), words.F("Đã bỏ ký tự không nhìn thấy U+%04X.",
				"The invisible character U+%04X was left out.", r))
			p.Note = true
		}
	}
}

// control drops characters that have no look of their own.
func control(r rune) rune {
	switch {
	case r == '\t' || r == '\n':
		return ' '
	case r < 0x20 || r == 0xAD || r == 0x200B || r == 0xFEFF:
		return -1
	case r == 0x2011:
		return '-'
	}
	return r
}

// glyphs checks text; exact says that it stands in the source as it is, so that
// the column can be told.
func (c *composer) glyphs(text string, style font.Style, at Position, exact bool) {
	face := c.base[style]
	col := at.Column
	for i, r := range []rune(text) {
		if exact {
			at.Column = col + i
		}
		if unicode.Is(unicode.Mn, r) && c.d.Options.Again != AsFirstWas && !c.missing[r] {
			c.missing[r] = true
			c.f.unplaced([]rune(text)[:i+1], at)
			continue
		}
		if face.Glyph(r) != 0 || r == 0xA0 || c.missing[r] {
			continue
		}
		if face.Face.Has(r) {
			c.extra[style] = append(c.extra[style], r)
			continue
		}
		c.missing[r] = true
		c.f.missingGlyph(r, at)
	}
}

// substitutes are characters that people paste and Times-like faces lack.
var substitutes = map[rune]string{'☐': "[ ]", '☑': "[x]", '✓': "x", '✔': "x", '★': "*", '●': "•", '➢': "-",
	'\uf0b7': "-"}

func (c *composer) watermarkGlyphs() {
	at := Position{File: c.d.Template.Name, Line: 1, Column: 1}
	c.glyphs(c.d.Options.Watermark, font.Bold, at, false)
	c.glyphs(c.d.Options.URL, font.Regular, at, false)
}

func (c *composer) put(e typeset.Element) { c.out = append(c.out, e) }

// body is the look of running text.
func (c *composer) body() look { return look{size: c.p.Body.Size} }

func label2(text string, at Position) Span { return Span{Text: text, At: at} }

// add composes block i and returns how many further blocks it took in.
func (c *composer) add(i int) int {
	b := &c.d.Blocks[i]
	if b.Kind != BlockClause && b.Kind != BlockPoint {
		c.inClause = false
	}
	switch b.Kind {
	case BlockLetterhead:
		c.letterhead(b)
	case BlockTitle:
		c.title(b)
	case BlockTo:
		c.addressees(b)
	case BlockBasis:
		c.paragraph(b, look{size: c.p.Bases.Size, italic: true}, "")
	case BlockHeading:
		c.heading(b)
	case BlockClause, BlockPoint, BlockBullet:
		c.item(b)
		return 0
	case BlockPara:
		c.paragraph(b, c.body(), "")
	case BlockCenter, BlockRight:
		c.aligned(b)
	case BlockTable:
		c.table(b)
	case BlockSignatures:
		return c.signatures(i)
	case BlockRecipients:
		c.closing(b, nil)
	case BlockAnnex:
		c.annex(b)
	case BlockImage:
		c.image(b)
	case BlockPageBreak:
		c.put(&typeset.PageBreak{})
	case BlockLandscape, BlockPortrait:
		land := b.Kind == BlockLandscape
		c.put(&typeset.PageBreak{Turn: true, Landscape: land})
		c.width = (c.p.Page.Width - c.p.Page.Left - c.p.Page.Right) * mm
		if land {
			c.width = (c.p.Page.Height - c.p.Page.Top - c.p.Page.Bottom) * mm
		}
	}
	return 0
}

// item composes a clause, a point or a bullet as an item of a list; points lie
// in the list of their clause.
func (c *composer) item(b *Block) {
	prefix := b.Label + " "
	c.list = 1
	switch b.Kind {
	case BlockBullet:
		prefix = "- "
	case BlockPoint:
		if c.inClause {
			c.list = 2
		}
	default:
		c.inClause = true
	}
	c.paragraph(b, c.body(), prefix)
	c.list = 0
}

func (c *composer) image(b *Block) {
	w := min(b.Image.Width*mm, c.width)
	img := b.Image.picture
	h := w * float64(img.Height) / float64(img.Width)
	if most := 180 * mm; h > most {
		w, h = w*most/h, most
	}
	c.put(&typeset.Picture{Width: w, Height: h, Align: typeset.Center, Alt: b.Image.Alt, Image: img,
		Before: c.p.Body.Gap, Block: c.block})
}

// codeAtEnd places the QR code if no recipients or signature took it in.
func (c *composer) codeAtEnd() {
	if c.d.Options.URL != "" && !c.coded {
		c.closing(nil, nil)
	}
}

func (c *composer) paragraph(b *Block, l look, prefix string) {
	spans := b.Spans
	if prefix != "" {
		mark := label2(prefix, b.At)
		mark.label = true
		spans = append([]Span{mark}, spans...)
	}
	p := c.p.Body
	c.put(&typeset.Paragraph{
		Spans: c.spans(spans, l), Align: typeset.Justify, First: p.Indent * mm, Before: p.Gap, Leading: p.Leading,
		Anchor: b.ID, Block: c.block, KeepNext: len(b.Lang2) > 0 || c.d.leads(c.block), List: c.list,
	})
	c.second(b, prefix)
}

// leads says whether block i must not be parted from what follows: it ends with a colon, or the signatures come next
// (they never stand alone on a page).
func (d *Document) leads(i int) bool {
	if i+1 >= len(d.Blocks) {
		return false
	}
	return strings.HasSuffix(strings.TrimSpace(plainSpans(d.Blocks[i].Spans)), ":") ||
		d.Blocks[i+1].Kind == BlockSignatures
}

// second sets the paragraph's other language under it.
func (c *composer) second(b *Block, prefix string) {
	if len(b.Lang2) == 0 {
		return
	}
	spans := b.Lang2
	if prefix != "" {
		spans = append([]Span{label2(prefix, b.At)}, spans...)
	}
	c.put(&typeset.Paragraph{
		Spans: c.spans(spans, look{size: c.p.Body.SecondSize, italic: true}), Align: typeset.Justify,
		First:  c.p.Body.Indent * mm,
		Before: 2, Leading: c.p.Body.Leading, Block: c.block, Lang: c.secondLang(), KeepNext: c.d.leads(c.block),
		List: c.inItem(),
	})
}

// inItem keeps a translation in the list item that it belongs to.
func (c *composer) inItem() int {
	if c.list > 0 {
		return typeset.InItem
	}
	return 0
}

func (c *composer) secondLang() string {
	langs := c.d.languages()
	if len(langs) > 1 {
		return tagOf(langs[1])
	}
	return ""
}

func (c *composer) aligned(b *Block) {
	align := typeset.Center
	if b.Kind == BlockRight {
		align = typeset.Right
	}
	c.put(&typeset.Paragraph{Spans: c.spans(b.Spans, c.body()), Align: align, Before: c.p.Body.Gap,
		Leading: c.p.Body.Leading, Anchor: b.ID, Block: c.block})
	if len(b.Lang2) > 0 {
		c.put(&typeset.Paragraph{Spans: c.spans(b.Lang2, look{size: c.p.Body.SecondSize, italic: true}), Align: align,
			Before: 2, Leading: c.p.Body.Leading, Block: c.block, Lang: c.secondLang()})
	}
}

// heading: “Chương I” above its title, centred; “Điều 1. …” in line with the text.
func (c *composer) heading(b *Block) {
	l := c.body()
	l.bold = true
	mark := strings.TrimSpace(b.Label + " " + plainSpans(b.Spans))
	if b.Level == 3 {
		spans := append([]Span{label2(b.Label+" ", b.At)}, b.Spans...)
		c.put(&typeset.Paragraph{
			Spans: c.spans(spans, l), Align: typeset.Justify, First: c.p.Body.Indent * mm, Before: c.p.Body.Gap + 3,
			Leading:  c.p.Body.Leading,
			KeepNext: true, Tag: c.headings[3], Anchor: b.ID, Bookmark: mark, Level: 1, Block: c.block,
		})
	} else {
		spans := append([]Span{label2(strings.TrimSuffix(b.Label, "."), b.At), {Break: true, At: b.At}}, b.Spans...)
		l.upper = b.Level < 2
		c.put(&typeset.Paragraph{
			Spans: c.spans(spans, l), Align: typeset.Center, Before: c.p.Body.Gap + 6, Leading: c.p.Body.Leading,
			KeepNext: true, Tag: c.headings[b.Level], Anchor: b.ID, Bookmark: mark, Level: 0, Block: c.block,
		})
	}
	if len(b.Lang2) > 0 {
		spans := append([]Span{label2(b.Label2+" ", b.At)}, b.Lang2...)
		c.put(&typeset.Paragraph{
			Spans: c.spans(spans, look{size: c.p.Body.SecondSize, italic: true, bold: true}), Align: typeset.Justify,
			First:  c.p.Body.Indent * mm,
			Before: 2, Leading: c.p.Body.Leading, KeepNext: true, Block: c.block, Lang: c.secondLang(),
		})
	}
}

func (c *composer) annex(b *Block) {
	c.put(&typeset.PageBreak{})
	l := c.body()
	l.bold = true
	tag := c.headings[slices.Min(append(levels(c.headings), 3))]
	if tag == "" {
		tag = "H2"
	}
	mark := strings.TrimSpace(b.Label + ". " + plainSpans(b.Spans))
	spans := append([]Span{label2(b.Label, b.At), {Break: true, At: b.At}}, b.Spans...)
	l.upper = true
	c.put(&typeset.Paragraph{
		Spans: c.spans(spans, l), Align: typeset.Center, After: 4, Leading: c.p.Body.Leading,
		KeepNext: true, Tag: tag, Anchor: b.ID, Bookmark: mark, Level: 0, Block: c.block, Rule: c.p.Title.Rule,
		RuleGap: 3,
	})
}

func levels(m map[int]string) []int {
	var out []int
	for l := range m {
		out = append(out, l)
	}
	return out
}
