package process

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"covenant/internal/words"
)

// Condition says when a stage is entered: comparisons of facts with whole numbers, joined by and, or, not and brackets,
// such as “members > 10 and not (revision > 3)”. The zero value always holds.
type Condition struct {
	text string
	root *condition
}

// condition is a node: an operator with its operands, or a comparison.
type condition struct {
	op          string // "and", "or", "not", or a comparison
	left, right *condition
	fact        string
	value       int
}

// facts are what a condition may speak of, in words. Who evaluates one knows a number for each of them.
var facts = slices.Sorted(maps.Keys(factWords))

// Facts are the numbers that conditions speak of, by name: see [FactNames].
type Facts func(name string) int

// FactNames are the names of all facts, sorted.
func FactNames() []string { return slices.Clone(facts) }

// String is the text it was read from.
func (c Condition) String() string { return c.text }

// IsZero reports whether there is no condition.
func (c Condition) IsZero() bool { return c.root == nil }

// Holds evaluates the condition.
func (c Condition) Holds(of Facts) bool { return c.root == nil || c.root.holds(of) }

func (n *condition) holds(of Facts) bool {
	switch n.op {
	case "and":
		return n.left.holds(of) && n.right.holds(of)
	case "or":
		return n.left.holds(of) || n.right.holds(of)
	case "not":
		return !n.left.holds(of)
	}
	have := of(n.fact)
	switch n.op {
	case "<":
		return have < n.value
	case "<=":
		return have <= n.value
	case ">":
		return have > n.value
	case ">=":
		return have >= n.value
	case "!=":
		return have != n.value
	}
	return have == n.value
}

// maxConditionDepth bounds brackets and nots within one another.
const maxConditionDepth = 50

// conditionError is what is wrong with a condition and where: the offset in characters.
type conditionError struct {
	offset                   int
	Vietnamese, English, got string
}

func (e *conditionError) Error() string { return e.English }

// ParseCondition reads a condition.
func ParseCondition(text string) (Condition, error) {
	p := &conditionParser{text: text}
	p.next()
	root := p.or(0)
	if p.err == nil && p.token != "" {
		p.fail("ở đây chỉ có thể là and, or hoặc hết điều kiện", "here only and, or or the end may stand")
	}
	if p.err != nil {
		return Condition{text: text}, p.err
	}
	return Condition{text: text, root: root}, nil
}

// conditionParser descends recursively; token is the one at hand, "" at the end.
type conditionParser struct {
	text  string
	at    int // where the token begins, in bytes
	past  int // where it ends
	token string
	err   error
}

func (p *conditionParser) fail(vi, en string) {
	if p.err == nil {
		p.err = &conditionError{utf8.RuneCountInString(p.text[:p.at]), vi, en, p.token}
	}
	p.token = ""
}

func (p *conditionParser) next() {
	if p.err != nil {
		return
	}
	rest := strings.TrimLeft(p.text[p.past:], " \t\n")
	p.at = len(p.text) - len(rest)
	n := 0
	for n < len(rest) && isWord(rest[n]) {
		n++
	}
	if n == 0 && rest != "" {
		_, n = utf8.DecodeRuneInString(rest)
		if len(rest) > 1 && rest[1] == '=' && strings.ContainsRune("<>=!", rune(rest[0])) {
			n = 2
		}
	}
	p.past = p.at + n
	p.token = rest[:n]
}

func isWord(b byte) bool {
	return b == '_' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
}

func (p *conditionParser) or(depth int) *condition {
	n := p.and(depth)
	for p.token == "or" {
		p.next()
		n = &condition{op: "or", left: n, right: p.and(depth)}
	}
	return n
}

func (p *conditionParser) and(depth int) *condition {
	n := p.unary(depth)
	for p.token == "and" {
		p.next()
		n = &condition{op: "and", left: n, right: p.unary(depth)}
	}
	return n
}

func (p *conditionParser) unary(depth int) *condition {
	if depth > maxConditionDepth {
		p.fail("điều kiện lồng nhau quá sâu", "the condition is nested too deeply")
		return nil
	}
	switch p.token {
	case "not":
		p.next()
		return &condition{op: "not", left: p.unary(depth + 1)}
	case "(":
		p.next()
		n := p.or(depth + 1)
		if p.token != ")" {
			p.fail("thiếu dấu ) đóng ngoặc", "a closing ) is missing")
			return nil
		}
		p.next()
		return n
	}
	return p.comparison()
}

func (p *conditionParser) comparison() *condition {
	n := &condition{fact: p.token}
	if !slices.Contains(facts, p.token) {
		hint := words.DidYouMean(p.token, facts)
		p.fail("cần tên một dữ kiện ("+strings.Join(facts, ", ")+")"+hint.Vietnamese,
			"a fact is wanted ("+strings.Join(facts, ", ")+")"+hint.English)
		return nil
	}
	p.next()
	switch p.token {
	case "<", "<=", ">", ">=", "==", "!=":
		n.op = p.token
	default:
		p.fail("cần một phép so sánh: <, <=, >, >=, == hoặc !=", "a comparison is wanted: <, <=, >, >=, == or !=")
		return nil
	}
	p.next()
	value, err := strconv.Atoi(p.token)
	if err != nil {
		p.fail("cần một số nguyên không âm", "a whole number is wanted")
		return nil
	}
	n.value = value
	p.next()
	return n
}

// Words is the condition in the reader's language.
func (c Condition) Words(lang words.Language) string {
	if c.root == nil {
		return ""
	}
	return c.root.words(lang)
}

var factWords = map[string]words.Text{
	"members": words.Of("số đơn vị thành viên", "members"), "parties": words.Of("số bên tham gia", "parties"),
	"witnesses": words.Of("số người chứng kiến", "witnesses"),
	"year":      words.Of("năm", "year"), "revision": words.Of("lần dự thảo", "revision"),
	"comments":       words.Of("số ý kiến góp ý", "comments"),
	"open_comments":  words.Of("số ý kiến chưa giải quyết", "open comments"),
	"failed_motions": words.Of("số nội dung không thông qua", "failed motions"),
}

func (n *condition) words(lang words.Language) string {
	operand := func(o *condition) string {
		if o.op == "or" || n.op == "not" && o.op == "and" {
			return "(" + o.words(lang) + ")"
		}
		return o.words(lang)
	}
	switch n.op {
	case "and":
		return operand(n.left) + words.Of(" và ", " and ").In(lang) + operand(n.right)
	case "or":
		return n.left.words(lang) + words.Of(" hoặc ", " or ").In(lang) + n.right.words(lang)
	case "not":
		return words.Of("không phải ", "not ").In(lang) + operand(n.left)
	}
	op := map[string]string{"<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}[n.op]
	if op == "" {
		op = n.op
	}
	return fmt.Sprintf("%s %s %d", factWords[n.fact].In(lang), op, n.value)
}
