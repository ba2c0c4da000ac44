package templates

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"covenant/internal/content"
	"covenant/internal/words"
)

// Problem is one finding of a check. Columns count characters from 1.
type Problem struct {
	File    string
	Line    int
	Column  int
	Text    string // the offending text
	Message words.Text
	Hint    string // "did you mean": the likely word, or empty
	Note    bool   // a remark only; the template is usable
	Mean    string // a question, which is answered with yes by naming this key; else empty
	// Want says what kind of value belongs here, where that is what is wrong.
	Want    words.Text
	Missing bool // Text names a variable, or a column of the record at the place, that was not given
}

// Error gives the problem in English on one line.
func (p Problem) Error() string { return p.In(words.English) }

// In gives the problem on one line, as file:line:column: sentence, with the offending text before the sentence where it
// does not quote it.
func (p Problem) In(l words.Language) string {
	msg := p.Message.In(l)
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.Text != "" && !strings.Contains(msg, strings.TrimSpace(p.Text)) {
		fmt.Fprintf(&b, "“%s” – ", content.Sighted(clip(strings.TrimSpace(p.Text))))
	}
	b.WriteString(msg)
	if p.Hint != "" {
		b.WriteString(words.F(" (có phải là “%s”?)", " (did you mean “%s”?)", p.Hint).In(l))
	}
	return b.String()
}

// Problems is a list as an error.
type Problems []Problem

// Error gives all problems in English, a line each.
func (ps Problems) Error() string { return ps.In(words.English) }

// In gives all problems, a line each.
func (ps Problems) In(l words.Language) string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.In(l)
	}
	return strings.Join(lines, "\n")
}

// Err is nil if there is nothing worse than a note.
func (ps Problems) Err() error {
	if slices.ContainsFunc(ps, func(p Problem) bool { return !p.Note }) {
		return ps
	}
	return nil
}

// Sorted orders by file, line, column and drops repetitions.
func (ps Problems) Sorted() []Problem {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return slices.Compact(ps)
}

// Position is a place in a file; the column counts characters from 1.
type Position struct {
	File         string
	Line, Column int
}

// maxProblems bounds a list of problems.
const maxProblems = 1000

// findings collects problems. Of values that are only begun, which are lenient, they are notes.
type findings struct {
	list    Problems
	lenient bool
	judge   judging
}

func (f *findings) add(at Position, text string, message words.Text) *Problem {
	if f.full() {
		return &Problem{}
	}
	f.list = append(f.list, Problem{File: at.File, Line: at.Line, Column: at.Column, Text: text, Message: message})
	return &f.list[len(f.list)-1]
}

// soften makes notes of all problems so far, where the values are only begun.
func (f *findings) soften() {
	for i := range f.list {
		f.list[i].Note = f.list[i].Note || f.lenient
	}
}

// full says that no more problems are taken, so that hints need no looking for.
func (f *findings) full() bool { return len(f.list) >= maxProblems }

// fold writes a word as comparisons see it: lower case, without marks.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case r == 'đ':
			b.WriteRune('d')
		case r >= 0x300 && r < 0x370:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// nearest is the candidate most like word, or "" if none is near.
func nearest(word string, candidates []string) string {
	best, bestAt := "", 1+len([]rune(word))/3
	if bestAt > 3 {
		bestAt = 3
	}
	w := fold(word)
	for _, c := range candidates[:min(len(candidates), 2000)] {
		if utf8.RuneCountInString(c) > 64 {
			continue
		}
		d := distance(w, fold(c))
		if d < bestAt || d == bestAt && best == "" {
			best, bestAt = c, d
		}
	}
	if best == word {
		return ""
	}
	if best == "" { // a word that goes on where a known one ends, or stops short of it
		for _, c := range candidates {
			f := fold(c)
			if len(f) >= 3 && len(w) >= 3 && (strings.HasPrefix(w, f) || strings.HasPrefix(f, w)) &&
				len(f) > len(fold(best)) {
				best = c
			}
		}
	}
	return best
}

// distance is the edit distance with neighbouring letters exchanged as one step.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return 99
	}
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range y {
		d[0][j+1] = j + 1
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}
