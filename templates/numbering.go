package templates

import (
	"fmt"
	"slices"
	"strings"

	"covenant/internal/words"
)

var points = strings.Split("a b c d đ e g h i k l m n o p q r s t u v x y", " ")

func pointLetter(n int) string {
	if n <= len(points) {
		return points[n-1]
	}
	return points[(n-1)/len(points)-1] + points[(n-1)%len(points)]
}

// numbered gives parts, chapters, sections, articles, clauses and points their numbers.
func (d *drafter) numbered(n *node, b *Block) {
	d.text(n, b)
	var l label
	switch n.kind {
	case nodeAnnex:
		d.annex++
		d.article, d.clause, d.point, d.chapter, d.section = 0, 0, 0, 0, 0
		b.Kind = BlockAnnex
		d.annexes = append(d.annexes, len(d.doc.Blocks))
		l = label{words.F("Phụ lục %s", "Annex %s", romanNumeral(d.annex)), romanNumeral(d.annex)}
		b.Label = l.Vietnamese
	case nodeClause:
		d.clause, d.point = d.clause+1, 0
		b.Kind, b.Label = BlockClause, fmt.Sprintf("%d.", d.clause)
		l = label{words.F("khoản %d", "clause %d", d.clause), fmt.Sprint(d.clause)}
		d.within(&l)
	case nodePoint:
		d.point++
		b.Kind, b.Label = BlockPoint, pointLetter(d.point)+")"
		l = label{words.F("điểm %s", "point (%s)", pointLetter(d.point)), pointLetter(d.point)}
		if d.clause > 0 {
			l.Text = words.F("%s khoản %d", "%s of clause %d", l.Text, d.clause)
		}
		d.within(&l)
	default:
		l = d.heading(n, b)
	}
	b.Cite = l.In(d.lang)
	d.label(b, l)
}

func (d *drafter) within(l *label) {
	if d.article > 0 {
		l.Text = words.F("%s Điều %d", "%s of Article %d", l.Text, d.article)
	}
}

var levelNames = [4]words.Text{
	words.Of("Phần", "Part"), words.Of("Chương", "Chapter"), words.Of("Mục", "Section"), words.Of("Điều", "Article"),
}

func (d *drafter) heading(n *node, b *Block) label {
	b.Kind = BlockHeading
	var number string
	switch n.level {
	case 0:
		d.part, d.chapter, d.section = d.part+1, 0, 0
		number = romanNumeral(d.part)
	case 1:
		d.chapter, d.section = d.chapter+1, 0
		number = romanNumeral(d.chapter)
	case 2:
		d.section++
		number = fmt.Sprint(d.section)
	default:
		d.article++
		number = fmt.Sprint(d.article)
	}
	d.clause, d.point = 0, 0
	l := label{words.F("%s %s", "%s %s", levelNames[n.level], number), number}
	b.Label = l.Vietnamese + "."
	b.Label2 = l.English + "."
	if d.lang == words.English {
		b.Label, b.Label2 = b.Label2, b.Label
	}
	return l
}

func (d *drafter) label(b *Block, l label) {
	if b.ID == "" {
		return
	}
	if _, twice := d.labels[b.ID]; twice { // inside a loop: later ones get a number
		for i := 2; ; i++ {
			id := fmt.Sprintf("%s-%d", b.ID, i)
			if _, taken := d.labels[id]; !taken {
				b.ID = id
				break
			}
		}
	}
	d.labels[b.ID] = l
}

// finish resolves references and numbers a single annex without a figure.
func (d *drafter) finish() {
	if len(d.annexes) == 1 {
		b := &d.doc.Blocks[d.annexes[0]]
		b.Label, b.Cite = "Phụ lục", "Phụ lục"
		if b.ID != "" {
			d.labels[b.ID] = label{words.Of("Phụ lục", "the Annex"), ""}
		}
	}
	for i := range d.doc.Blocks {
		b := &d.doc.Blocks[i]
		d.resolve(b.Spans)
		d.resolve(b.Lang2)
		for _, l := range b.Lines {
			d.resolve(l)
		}
		if b.Table != nil {
			for _, r := range b.Table.Rows {
				for _, c := range r.Cells {
					d.resolve(c)
				}
			}
		}
	}
	for i := range d.doc.slots {
		d.doc.slots[i].Order = i + 1
	}
}

func (d *drafter) resolve(spans []Span) {
	for i := range spans {
		s := &spans[i]
		if s.Ref == "" || s.Text != "" {
			continue
		}
		form, lang, _ := strings.Cut(s.Path, "\x00")
		s.Path = ""
		l, ok := d.labels[s.Ref]
		if !ok { // its paragraph was left out by a condition
			d.f.add(s.At, s.Ref, words.F("Dẫn chiếu tới “%s” nhưng mục đó không có trong văn bản này.",
				"Reference to “%s”, which this document leaves out.", s.Ref))
			continue
		}
		s.Text = l.In(words.Language(lang))
		if slices.Contains([]string{"số", "number"}, form) {
			s.Text = l.number
		}
		s.Text = strings.ReplaceAll(s.Text, " ", "\u00A0")
	}
}
