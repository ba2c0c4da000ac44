package templates

import (
	"fmt"
	"html"
	"io"
	"strings"
	"unicode"

	"covenant/internal/words"
)

// Change says what became of a piece of text between two revisions.
type Change uint8

// The changes.
const (
	Same Change = iota
	Added
	Removed
)

// Piece is words with what became of them.
type Piece struct {
	Change Change
	Text   string
}

// ClauseChange is a clause that was added, removed or changed.
type ClauseChange struct {
	Before, After *Clause // nil: it was not there, or is there no more
	Heading, Text []Piece
}

// ID is the clause's id in the newer revision, else in the older one.
func (c ClauseChange) ID() string {
	if c.After != nil {
		return c.After.ID
	}
	return c.Before.ID
}

// Redline compares two revisions clause by clause: clauses are matched by id,
// and inside a changed clause the text word by word. Only clauses that differ
// are returned, in the order of the newer revision, removed ones where they stood.
func Redline(before, after *Document) []ClauseChange {
	old := map[string]*Clause{}
	a, b := before.Outline(), after.Outline()
	for i := range a {
		old[a[i].ID] = &a[i]
	}
	have := map[string]bool{}
	for i := range b {
		have[b[i].ID] = true
	}
	var out []ClauseChange
	next := 0
	removedUntil := func(id string) {
		for ; next < len(a) && a[next].ID != id; next++ {
			if !have[a[next].ID] {
				out = append(out, changed(&a[next], nil))
			}
		}
		if next < len(a) {
			next++
		}
	}
	for i := range b {
		was := old[b[i].ID]
		if was != nil && position(a, b[i].ID) >= next {
			removedUntil(b[i].ID)
		}
		if was == nil || was.Digest != b[i].Digest {
			out = append(out, changed(was, &b[i]))
		}
	}
	removedUntil("")
	return out
}

func position(list []Clause, id string) int {
	for i := range list {
		if list[i].ID == id {
			return i
		}
	}
	return -1
}

func changed(before, after *Clause) ClauseChange {
	c := ClauseChange{Before: before, After: after}
	switch {
	case before == nil:
		c.Heading, c.Text = whole(Added, after.Heading), whole(Added, after.Text)
	case after == nil:
		c.Heading, c.Text = whole(Removed, before.Heading), whole(Removed, before.Text)
	default:
		c.Heading, c.Text = compareWords(before.Heading, after.Heading), compareWords(before.Text, after.Text)
	}
	return c
}

func whole(c Change, text string) []Piece {
	if text == "" {
		return nil
	}
	return []Piece{{c, text}}
}

// maxWords bounds the table of the comparison; longer texts are compared by line.
const maxWords = 3000

// compareWords is a longest common subsequence over words.
func compareWords(before, after string) []Piece {
	x, y := splitWords(before), splitWords(after)
	if len(x) > maxWords || len(y) > maxWords {
		x, y = strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	}
	if len(x) > maxWords || len(y) > maxWords {
		return append(whole(Removed, before), whole(Added, after)...)
	}
	head := 0
	for head < len(x) && head < len(y) && x[head] == y[head] {
		head++
	}
	tail := 0
	for tail < len(x)-head && tail < len(y)-head && x[len(x)-1-tail] == y[len(y)-1-tail] {
		tail++
	}
	var out []Piece
	add := func(c Change, words []string) {
		if len(words) == 0 {
			return
		}
		text := strings.Join(words, "")
		if n := len(out); n > 0 && out[n-1].Change == c {
			out[n-1].Text += text
			return
		}
		out = append(out, Piece{c, text})
	}
	add(Same, x[:head])
	subsequence(x[head:len(x)-tail], y[head:len(y)-tail], add)
	add(Same, x[len(x)-tail:])
	return out
}

func subsequence(x, y []string, add func(Change, []string)) {
	length := make([][]uint16, len(x)+1)
	for i := range length {
		length[i] = make([]uint16, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(x) && j < len(y) {
		switch {
		case x[i] == y[j]:
			add(Same, x[i:i+1])
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			add(Removed, x[i:i+1])
			i++
		default:
			add(Added, y[j:j+1])
			j++
		}
	}
	add(Removed, x[i:])
	add(Added, y[j:])
}

// splitWords divides text into words and marks between them, each with the space behind it: so a comma that was added
// does not make the word before it a changed one.
func splitWords(s string) []string {
	var out []string
	start, before := 0, rune(0)
	for i, r := range s {
		if i > 0 && kindOf(r) != kindOf(before) && kindOf(r) != spaceRune {
			out = append(out, s[start:i])
			start = i
		}
		before = r
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

const (
	wordRune = iota
	markRune
	spaceRune
)

func kindOf(r rune) int {
	switch {
	case r == ' ' || r == '\n':
		return spaceRune
	case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
		return wordRune
	}
	return markRune
}

// RedlineHTML writes changes as HTML: each clause a section with the class
// “clause” and the clause's id in data-clause, added words in <ins>, removed
// ones in <del>. It holds no style and no script.
func RedlineHTML(w io.Writer, changes []ClauseChange) error {
	var b strings.Builder
	for _, c := range changes {
		var number string
		state := "changed"
		switch {
		case c.Before == nil:
			state = "added"
		case c.After == nil:
			state = "removed"
		}
		if c.After != nil {
			number = c.After.Number
		} else {
			number = c.Before.Number
		}
		fmt.Fprintf(&b, "<section class=\"clause %s\" data-clause=\"%s\">\n", state, html.EscapeString(c.ID()))
		if number != "" || len(c.Heading) > 0 {
			b.WriteString("<h3>")
			if number != "" {
				b.WriteString(html.EscapeString(number))
			}
			if len(c.Heading) > 0 {
				b.WriteString(". ")
				piecesHTML(&b, c.Heading)
			}
			b.WriteString("</h3>\n")
		}
		if len(c.Text) > 0 {
			b.WriteString("<p>")
			piecesHTML(&b, c.Text)
			b.WriteString("</p>\n")
		}
		b.WriteString("</section>\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the redline: %w", err)
	}
	return nil
}

func piecesHTML(b *strings.Builder, pieces []Piece) {
	for i, p := range shown(pieces) {
		tag := [...]string{"", "ins", "del"}[p.Change]
		text := p.Text
		if i == len(pieces)-1 {
			text = strings.TrimRight(text, "\n")
		}
		text = strings.ReplaceAll(html.EscapeString(text), "\n", "<br>\n")
		if tag != "" {
			text = "<" + tag + ">" + text + "</" + tag + ">"
		}
		b.WriteString(text)
	}
}

// shown leaves out what nobody needs to read between changes: of a run of lines that are the same, those next to a
// change stay, and “…” stands for the rest. Pieces that all changed, or none, stay as they are.
func shown(pieces []Piece) []Piece {
	if len(pieces) < 2 {
		return pieces
	}
	out := make([]Piece, len(pieces))
	for i, p := range pieces {
		out[i] = p
		if p.Change == Same {
			out[i].Text = around(p.Text, i > 0, i < len(pieces)-1)
		}
	}
	return out
}

// nearLines are shown before and behind a change, beside the line that it stands in.
const nearLines = 1

// around keeps the lines at the ends of an unchanged text that touch a change.
func around(text string, before, behind bool) string {
	lines := strings.SplitAfter(text, "\n")
	head, tail := 0, 0
	if before {
		head = 1 + nearLines
	}
	if behind {
		tail = 1 + nearLines
	}
	if len(lines) <= head+tail+1 {
		return text
	}
	return strings.Join(lines[:head], "") + "…\n" + strings.Join(lines[len(lines)-tail:], "")
}

// The words that a redline needs.
var (
	redlineTitle   = words.Of("So sánh hai lần dự thảo", "Changes between two revisions")
	redlineNothing = words.Of("Không có thay đổi.", "Nothing has changed.")
	clauseAdded    = words.Of("bổ sung", "added")
	clauseRemoved  = words.Of("bãi bỏ", "removed")
	clauseChanged  = words.Of("sửa đổi", "changed")
)

// RedlineDocument is the redline as a document of its own, clause by clause:
// added words are underlined and bold, removed ones struck out, so that it can
// be read in black and white. Its PDF method sets it as any other document.
func RedlineDocument(before, after *Document) *Document {
	lang := after.languages()[0]
	d := &Document{Template: after.Template, Options: after.Options, values: after.values, profile: after.profile}
	d.Options.URL, d.Options.Watermark = "", ""
	d.Blocks = append(d.Blocks, Block{Kind: BlockTitle, Lines: [][]Span{{{Text: redlineTitle.In(lang)}},
		{{Text: after.Title()}}}})
	changes := Redline(before, after)
	if len(changes) == 0 {
		d.Blocks = append(d.Blocks, Block{Kind: BlockPara, Spans: []Span{{Text: redlineNothing.In(lang)}}})
	}
	for _, c := range changes {
		state, of := clauseChanged, c.After
		switch {
		case c.Before == nil:
			state = clauseAdded
		case c.After == nil:
			state, of = clauseRemoved, c.Before
		}
		name := of.Number
		if name == "" {
			name = partNames[of.ID].In(lang)
		}
		if name == "" {
			name = of.ID
		}
		d.Blocks = append(d.Blocks, Block{Kind: BlockHeading, Level: 3, Label: name, Cite: name,
			Spans: []Span{{Text: "(" + state.In(lang) + ")"}}, ID: of.ID})
		spans := pieceSpans(c.Heading)
		if len(spans) > 0 && len(c.Text) > 0 {
			spans = append(spans, Span{Break: true})
		}
		d.Blocks = append(d.Blocks, Block{Kind: BlockPara, Spans: append(spans, pieceSpans(c.Text)...)})
	}
	d.outline()
	return d
}

// partNames are the parts without a number, as a redline calls them.
var partNames = map[string]words.Text{
	"dau-trang": words.Of("Đầu trang", "Letterhead"),
	"tieu-de":   words.Of("Tiêu đề", "Title"),
	"kinh-gui":  words.Of("Kính gửi", "Addressees"),
	"can-cu":    words.Of("Căn cứ", "Legal bases"),
	"chu-ky":    words.Of("Chữ ký", "Signatures"),
	"noi-nhan":  words.Of("Nơi nhận", "Recipients"),
	"doan":      words.Of("Phần mở đầu", "Opening"),
}

func pieceSpans(pieces []Piece) []Span {
	var out []Span
	for i, p := range shown(pieces) {
		text := p.Text
		if i == len(pieces)-1 {
			text = strings.TrimRight(text, "\n")
		}
		for j, line := range strings.Split(text, "\n") {
			if j > 0 {
				out = append(out, Span{Break: true})
			}
			if line != "" {
				out = append(out, Span{Text: line, Bold: p.Change == Added, Change: p.Change})
			}
		}
	}
	return out
}
