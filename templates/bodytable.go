package templates

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"covenant/internal/words"
)

func (p *bodyParser) row(n *node, line string, at Position) {
	body := strings.TrimPrefix(line, "|")
	at.Column++
	if rest, ok := strings.CutPrefix(body, "="); ok {
		n.spanning, body = true, rest
		at.Column++
	}
	for _, cell := range splitCells(strings.TrimSuffix(body, "|")) {
		text := strings.TrimSpace(cell)
		cellAt := at
		cellAt.Column += utf8.RuneCountInString(cell) - utf8.RuneCountInString(strings.TrimLeft(cell, " "))
		one, two := p.halves(text, cellAt)
		n.cells, n.cells2 = append(n.cells, one), append(n.cells2, two)
		at.Column += utf8.RuneCountInString(cell) + 1
	}
}

// halves parses “tiếng Việt // English”.
func (p *bodyParser) halves(text string, at Position) (one, two []inline) {
	first, second, both := strings.Cut(text, " // ")
	if both {
		at2 := at
		at2.Column += utf8.RuneCountInString(first) + 4
		two = p.f.inline(strings.TrimSpace(second), at2)
	}
	return p.f.inline(strings.TrimSpace(first), at), two
}

// splitCells divides at | outside {{ }} and [[ ]].
func splitCells(s string) []string {
	var out []string
	depth, start := 0, 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "{{") || strings.HasPrefix(s[i:], "[["):
			depth++
			i++
		case strings.HasPrefix(s[i:], "}}") || strings.HasPrefix(s[i:], "]]"):
			depth--
			i++
		case s[i] == '\\':
			i++
		case s[i] == '|' && depth <= 0:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

var alignWords = map[string]string{
	"trái": "left", "left": "left", "giữa": "center", "center": "center", "phải": "right", "right": "right",
	"đều": "justify", "justify": "justify",
}

// maxColumns bounds a table's width.
const maxColumns = 40

// columns reads “STT 10mm giữa | Nội dung | Điểm 20mm phải”.
func (p *bodyParser) columns(s string, at Position) []column {
	var out []column
	for _, part := range splitCells(strings.Trim(strings.TrimSpace(s), "|")) {
		c := column{align: "left"}
		given := strings.Fields(part)
		for len(given) > 0 {
			last := given[len(given)-1]
			if a, ok := alignWords[strings.ToLower(last)]; ok && len(given) > 1 {
				c.align = a
			} else if mm, ok := strings.CutSuffix(last, "mm"); ok {
				w, err := strconv.ParseFloat(strings.ReplaceAll(mm, ",", "."), 64)
				if err != nil || w <= 0 || w > 400 {
					break
				}
				c.width = w
			} else {
				break
			}
			given = given[:len(given)-1]
		}
		if len(out) == maxColumns {
			p.f.add(at, clip(part), words.F("Bảng có quá %d cột.", "The table has more than %d columns.", maxColumns))
			break
		}
		c.head, c.head2 = p.halves(strings.Join(given, " "), at)
		at.Column += utf8.RuneCountInString(part) + 1
		out = append(out, c)
	}
	return out
}
