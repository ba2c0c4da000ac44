package templates

import (
	"fmt"
	"slices"
	"strings"
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
		l = label{fmt.Sprintf("Phụ lục %s", romanNumeral(d.annex)), fmt.Sprintf("Annex %s", romanNumeral(d.annex)), romanNumeral(d.annex)}
		b.Label = l.vi
	case nodeClause:
		d.clause, d.point = d.clause+1, 0
		b.Kind, b.Label = BlockClause, fmt.Sprintf("%d.", d.clause)
		l = label{fmt.Sprintf("khoản %d", d.clause), fmt.Sprintf("clause %d", d.clause), fmt.Sprint(d.clause)}
		d.within(&l)
	case nodePoint:
		d.point++
		b.Kind, b.Label = BlockPoint, pointLetter(d.point)+")"
		l = label{"điểm " + pointLetter(d.point), "point (" + pointLetter(d.point) + ")", pointLetter(d.point)}
		if d.clause > 0 {
			l.vi += fmt.Sprintf(" khoản %d", d.clause)
			l.en += fmt.Sprintf(" of clause %d", d.clause)
		}
		d.within(&l)
	default:
		l = d.heading(n, b)
	}
	if b.Cite = l.vi; d.lang == "en" {
		b.Cite = l.en
	}
	d.label(b, l)
}

func (d *drafter) within(l *label) {
	if d.article > 0 {
		l.vi += fmt.Sprintf(" Điều %d", d.article)
		l.en += fmt.Sprintf(" of Article %d", d.article)
	}
}

var levelNames = [4][2]string{{"Phần", "Part"}, {"Chương", "Chapter"}, {"Mục", "Section"}, {"Điều", "Article"}}

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
	l := label{levelNames[n.level][0] + " " + number, levelNames[n.level][1] + " " + number, number}
	b.Label = l.vi + "."
	b.Label2 = l.en + "."
	if d.lang == "en" {
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
			d.labels[b.ID] = label{"Phụ lục", "the Annex", ""}
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
			d.f.addf(s.At, s.Ref, "Dẫn chiếu tới “%s” nhưng mục đó không có trong văn bản này.", "Reference to “%s”, which this document leaves out.", s.Ref)
			continue
		}
		s.Text = l.vi
		if lang == "en" {
			s.Text = l.en
		}
		if slices.Contains([]string{"số", "number"}, form) {
			s.Text = l.number
		}
		s.Text = strings.ReplaceAll(s.Text, " ", "\u00A0")
	}
}
