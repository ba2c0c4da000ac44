package typeset

import "strings"

// Centred lines (an agency's name, a heading) are broken by sense rather than filled: with as few lines as filling
// needs, of like lengths, not inside the pairs of words that the caller keeps together, and rather after a comma or
// before “và” than elsewhere.

// Costs of a break, against the squared part of the measure that a line leaves empty.
const (
	costInPair   = 0.60 // inside a pair of words that belong together
	costAtHyphen = 0.25 // before or after a hyphen that stands alone
	gainAtComma  = 0.08 // after a comma
	gainAtAnd    = 0.15 // before a conjunction
)

// maxBalanced bounds the words of a paragraph that is balanced; longer ones are filled.
const maxBalanced = 40

// balanced are the lines of a centred paragraph, or nil where filling is all that can be done.
func (s *setter) balanced(p *Paragraph, width float64) []line {
	words := s.words(p.Spans)
	if len(words) > maxBalanced {
		return nil
	}
	avail := width - p.Left - p.Right
	var lines []line
	for from := 0; from < len(words); {
		to := from + 1 // up to a forced break
		for to < len(words) && !words[to-1].hard {
			to++
		}
		cuts := s.fewest(words[from:to], avail)
		if cuts == nil {
			return nil
		}
		for i, cut := range cuts {
			end := to
			if i+1 < len(cuts) {
				end = from + cuts[i+1]
			}
			in := words[from+cut : end]
			l := line{indent: p.Left, avail: avail, words: in, gaps: len(in) - 1, width: spanWidth(in), last: end == to}
			s.lineHeight(&l, p)
			lines = append(lines, l)
		}
		from = to
	}
	return lines
}

// fewest are the first words of as few lines as hold the words; nil if a word is wider than a line.
func (s *setter) fewest(words []word, avail float64) []int {
	for _, w := range words {
		if w.width > avail {
			return nil
		}
	}
	for n := 1; n <= len(words); n++ {
		if cuts := bestBreaks(words, s.together, avail, n); cuts != nil {
			return cuts
		}
	}
	return nil
}

// spanWidth is the width of words set side by side.
func spanWidth(words []word) float64 {
	var w float64
	for i := range words {
		w += words[i].width
		if i < len(words)-1 {
			w += words[i].space
		}
	}
	return w
}

// bestBreaks are the first words of n lines with the least cost; nil if n lines do not hold the words.
func bestBreaks(words []word, together map[string]bool, avail float64, n int) []int {
	type state struct {
		cost float64
		from int // first word of the last line
		ok   bool
	}
	best := make([][]state, n+1)
	for k := range best {
		best[k] = make([]state, len(words)+1)
	}
	best[0][0].ok = true
	for k := 1; k <= n; k++ {
		for to := 1; to <= len(words); to++ {
			for from := 0; from < to; from++ {
				before := best[k-1][from]
				w := spanWidth(words[from:to])
				if !before.ok || w > avail+0.01 {
					continue
				}
				empty := 1 - w/avail
				cost := before.cost + empty*empty
				if from > 0 {
					cost += breakCost(words[from-1], words[from], together)
				}
				if have := best[k][to]; !have.ok || cost < have.cost {
					best[k][to] = state{cost, from, true}
				}
			}
		}
	}
	if !best[n][len(words)].ok {
		return nil
	}
	cuts := make([]int, n)
	for k, to := n, len(words); k > 0; k-- {
		cuts[k-1] = best[k][to].from
		to = cuts[k-1]
	}
	return cuts
}

func breakCost(before, after word, together map[string]bool) float64 {
	a, b := strings.ToLower(before.plain()), strings.ToLower(after.plain())
	switch {
	case a == "-" || a == "–" || b == "-" || b == "–":
		return costAtHyphen
	case together[a+" "+strings.TrimRight(b, ",;.")]:
		return costInPair
	case b == "và" || b == "and":
		return -gainAtAnd
	case strings.HasSuffix(a, ","):
		return -gainAtComma
	}
	return 0
}

func (w word) plain() string {
	var b strings.Builder
	for _, p := range w.parts {
		b.WriteString(p.text)
	}
	return b.String()
}
