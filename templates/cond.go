package templates

import (
	"math/big"
	"strings"
	"unicode"

	"covenant/internal/words"
)

// cond is a condition: comparison, and, or, not. There is no arithmetic and
// there are no calls, so a condition always ends.
type cond struct {
	op          string // or, and, not, ==, !=, <, <=, >, >=, "" for a value alone
	left, right *cond
	path        []string
	literal     *value
	at          Position
}

type condParser struct {
	f      *findings
	tokens []token
	at     Position
	depth  int
}

type token struct {
	text   string
	quoted bool
	at     Position
}

// condition parses s, which begins near at.
func (f *findings) condition(s string, at Position) *cond {
	p := &condParser{f: f, at: at}
	p.lex(s, at)
	if len(p.tokens) == 0 {
		f.add(at, s, words.Of("Thiếu điều kiện sau “nếu”.", "There is no condition after “if”."))
		return nil
	}
	c := p.or()
	if len(p.tokens) > 0 {
		t := p.tokens[0]
		pr := f.add(t.at, t.text, words.F("Không hiểu “%s” trong điều kiện.",
			"“%s” is not understood in the condition.", t.text))
		pr.Hint = nearest(t.text, []string{"và", "hoặc", "không", "and", "or", "not"})
	}
	return c
}

func (p *condParser) lex(s string, at Position) {
	runes := []rune(s)
	for i := 0; i < len(runes); {
		r := runes[i]
		here := Position{at.File, at.Line, at.Column + i}
		switch {
		case unicode.IsSpace(r):
			i++
		case r == '"' || r == '“':
			j := i + 1
			for j < len(runes) && runes[j] != '"' && runes[j] != '”' {
				j++
			}
			p.tokens = append(p.tokens, token{string(runes[i+1 : min(j, len(runes))]), true, here})
			i = j + 1
		case strings.ContainsRune("=!<>≤≥≠", r):
			j := i + 1
			if j < len(runes) && (runes[j] == '=' || r == '<' && runes[j] == '>') {
				j++
			}
			p.tokens = append(p.tokens, token{string(runes[i:j]), false, here})
			i = j
		case r == '(' || r == ')':
			p.tokens = append(p.tokens, token{string(r), false, here})
			i++
		default:
			j := i
			for j < len(runes) && !unicode.IsSpace(runes[j]) && !strings.ContainsRune(`=!<>≤≥≠()"“`, runes[j]) {
				j++
			}
			p.tokens = append(p.tokens, token{string(runes[i:j]), false, here})
			i = j
		}
	}
}

func (p *condParser) take(words ...string) bool {
	if len(p.tokens) == 0 || p.tokens[0].quoted {
		return false
	}
	for _, w := range words {
		if strings.EqualFold(p.tokens[0].text, w) {
			p.tokens = p.tokens[1:]
			return true
		}
	}
	return false
}

func (p *condParser) or() *cond {
	left := p.and()
	for p.take("hoặc", "or") {
		left = &cond{op: "or", left: left, right: p.and(), at: p.at}
	}
	return left
}

func (p *condParser) and() *cond {
	left := p.not()
	for p.take("và", "and") {
		left = &cond{op: "and", left: left, right: p.not(), at: p.at}
	}
	return left
}

func (p *condParser) not() *cond {
	if p.depth++; p.depth > 100 {
		p.f.add(p.at, "", words.Of("Điều kiện quá phức tạp.", "The condition is too complicated."))
		p.tokens = nil
		return nil
	}
	if p.take("không", "not") {
		return &cond{op: "not", left: p.not(), at: p.at}
	}
	left := p.term()
	for op, words := range comparisons {
		if p.take(words...) {
			return &cond{op: op, left: left, right: p.term(), at: p.at}
		}
	}
	return left
}

var comparisons = map[string][]string{
	"==": {"=", "==", "là", "is"}, "!=": {"!=", "<>", "≠"}, "<": {"<"}, "<=": {"<=", "≤"}, ">": {">"},
	">=": {">=", "≥"},
}

func (p *condParser) term() *cond {
	if len(p.tokens) == 0 {
		p.f.add(p.at, "", words.Of("Điều kiện còn thiếu một vế.", "The condition lacks a side."))
		return nil
	}
	if p.take("(") {
		c := p.or()
		if !p.take(")") {
			p.f.add(p.at, "(", words.Of("Thiếu dấu “)”.", "A “)” is missing."))
		}
		return c
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	switch {
	case t.quoted:
		return &cond{literal: &value{typ: Text, text: t.text}, at: t.at}
	case isYes(t.text) && t.text != "có":
		return &cond{literal: &value{typ: YesNo, yes: true}, at: t.at}
	case isNo(t.text):
		return &cond{literal: &value{typ: YesNo}, at: t.at}
	}
	if d, err := ParseDay(t.text); err == nil {
		return &cond{literal: &value{typ: Date, day: d}, at: t.at}
	}
	if n, ok := parseNumber(t.text); ok {
		return &cond{literal: &value{typ: Number, num: n}, at: t.at}
	}
	return &cond{path: p.f.path(t.text, t.at), at: t.at}
}

// holds evaluates c with a lookup of paths.
func (c *cond) holds(get func([]string, Position) *value) bool {
	if c == nil {
		return false
	}
	switch c.op {
	case "or":
		return c.left.holds(get) || c.right.holds(get)
	case "and":
		return c.left.holds(get) && c.right.holds(get)
	case "not":
		return !c.left.holds(get)
	case "":
		return c.value(get).truth()
	}
	a, b := c.left.value(get), c.right.value(get)
	d := compare(a, b)
	switch c.op {
	case "==":
		return d == 0
	case "!=":
		return d != 0
	case "<":
		return d == -1
	case "<=":
		return d == -1 || d == 0
	case ">":
		return d == 1
	}
	return d == 1 || d == 0
}

func (c *cond) value(get func([]string, Position) *value) *value {
	switch {
	case c == nil:
		return nil
	case c.literal != nil:
		return c.literal
	case c.path != nil:
		return get(c.path, c.at)
	}
	return &value{typ: YesNo, yes: c.holds(get)}
}

// compare gives -1, 0, 1, or 2 for values that have no order and differ. A list
// compared with a number stands for its length.
func compare(a, b *value) int {
	if a == nil || b == nil {
		return 2
	}
	if x, y := amount(a), amount(b); x != nil && y != nil {
		return x.Cmp(y)
	}
	switch {
	case a.typ == Date && b.typ == Date:
		switch {
		case a.day == b.day:
			return 0
		case a.day.Before(b.day):
			return -1
		}
		return 1
	case a.typ == YesNo && b.typ == YesNo:
		if a.yes == b.yes {
			return 0
		}
		return 2
	}
	if a.plain("vi") == b.plain("vi") {
		return 0
	}
	return 2
}

func amount(v *value) *big.Rat {
	if v.list || v.typ == Table {
		return big.NewRat(int64(len(v.items)), 1)
	}
	return v.num
}

// paths lists the paths of a condition.
func (c *cond) paths(visit func([]string, Position)) {
	if c == nil {
		return
	}
	if c.path != nil {
		visit(c.path, c.at)
	}
	c.left.paths(visit)
	c.right.paths(visit)
}
