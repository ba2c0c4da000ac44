package process

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"covenant/internal/content"
	"covenant/internal/words"
	"covenant/workflow/calendar"
	"covenant/workflow/refusal"
)

// processReader turns the nodes of a process file into rules and collects everything that is wrong on the way.
type processReader struct {
	name     string
	problems []processProblem
	known    map[string]bool // every key that any mapping read so far may have
	nodes    int
	zone     *time.Location // of the installation, for a process that is still to be followed; else nil
}

// processProblem is one thing that is wrong, and where.
type processProblem struct {
	line, column int
	text         words.Text
}

// maxProcessNodes bounds what aliases can make of a small file.
const maxProcessNodes = 100_000

// bad records a problem at a node. args fill both sentences in the same order.
func (r *processReader) bad(n *yaml.Node, vi, en string, args ...any) {
	r.badAt(n.Line, n.Column, vi, en, args...)
}

func (r *processReader) badAt(line, column int, vi, en string, args ...any) {
	r.problems = append(r.problems, processProblem{line, column, words.F(vi, en, args...)})
}

// syntax records that the file is no YAML at all.
func (r *processReader) syntax(err error) {
	line, why := content.YAMLCause(err)
	r.badAt(line, 1, "không đọc được như YAML: %s", "this is not YAML: %s", why)
}

// err is nothing, or all problems in the order of the file.
func (r *processReader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b processProblem) int {
		if a.line != b.line {
			return a.line - b.line
		}
		return a.column - b.column
	})
	lines := make([]words.Text, len(r.problems))
	for i, p := range r.problems {
		lines[i] = words.F("\n  %s:%d:%d: %s", "\n  %s:%d:%d: %s", r.name, p.line, p.column, p.text)
	}
	return refusal.New(refusal.Invalid, "quy trình có %s:%s", "the process definition has %s:%s",
		words.N(len(r.problems), "lỗi", "error", "errors"), words.Join("", lines...))
}

// field is a key that a mapping may have, and what reads its value.
type field struct {
	key  string
	read func(*yaml.Node)
}

// found are the nodes of the keys that a mapping has.
type found map[string]*yaml.Node

// or is the node of a key, or another one where the key is not there, for a problem to point at.
func (f found) or(key string, other *yaml.Node) *yaml.Node {
	if n, ok := f[key]; ok {
		return n
	}
	return other
}

// real is the node that an alias stands for. It counts, so that a file of aliases ends.
func (r *processReader) real(n *yaml.Node) *yaml.Node {
	if r.nodes++; r.nodes > maxProcessNodes {
		return &yaml.Node{Line: n.Line, Column: n.Column}
	}
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// mapping reads a mapping's keys with their readers; unknown and doubled keys are problems.
func (r *processReader) mapping(n *yaml.Node, fields ...field) found {
	n = r.real(n)
	have := found{}
	var keys []string
	for _, f := range fields {
		keys = append(keys, f.key)
		if r.known == nil {
			r.known = map[string]bool{}
		}
		r.known[f.key] = true
	}
	if n.Kind != yaml.MappingNode {
		r.bad(n, "cần các khóa (%s), không phải %s", "keys are wanted (%s), not %s", strings.Join(keys, ", "), shown(n))
		return have
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], r.real(n.Content[i+1])
		at := slices.Index(keys, key.Value)
		switch {
		case key.Kind != yaml.ScalarNode || at < 0:
			r.bad(key, "không có khóa “%s” ở đây%s",
				"there is no key “%s” here%s", shown(key), words.DidYouMean(key.Value, keys))
		case have[key.Value] != nil:
			r.bad(key, "khóa “%s” có hai lần", "the key “%s” stands twice", key.Value)
		default:
			have[key.Value] = value
			fields[at].read(value)
		}
	}
	return have
}

// shown is what stands at a node, for a message.
func shown(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "{…}"
	case yaml.SequenceNode:
		return "[…]"
	}
	text := []rune(n.Value)
	if len(text) > 60 {
		text = append(text[:59], '…')
	}
	return string(text)
}

// list reads a list's entries one by one.
func (r *processReader) list(n *yaml.Node, read func(*yaml.Node)) {
	n = r.real(n)
	if n.Kind != yaml.SequenceNode {
		r.bad(n, "cần một danh sách, không phải “%s”", "a list is wanted, not “%s”", shown(n))
		return
	}
	for _, entry := range n.Content {
		read(r.real(entry))
	}
}

// scalar is a single value; false after a problem was recorded.
func (r *processReader) scalar(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.bad(n, "cần một giá trị, không phải “%s”", "a value is wanted, not “%s”", shown(n))
		return false
	}
	if !utf8.ValidString(n.Value) || strings.ContainsRune(n.Value, 0) {
		r.bad(n, "giá trị có ký tự không hợp lệ", "the value holds an invalid character")
		return false
	}
	return true
}

func (r *processReader) text(to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if r.scalar(n) {
			*to = n.Value
		}
	}
}

// code reads an id as people choose them.
func code[T ~string](r *processReader, to *T) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if !r.scalar(n) {
			return
		}
		*to = T(n.Value)
		if !ValidCode(n.Value) {
			r.bad(n, "“%s”: mã gồm a–z, 0–9 và dấu gạch nối, tối đa 64 ký tự",
				"“%s”: a code has a–z, 0–9 and hyphens, at most 64", shown(n))
		}
	}
}

// oneOf reads one of a few words.
func oneOf[T ~string](r *processReader, to *T, choices ...string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if !r.scalar(n) {
			return
		}
		*to = T(n.Value)
		if !slices.Contains(choices, n.Value) {
			r.bad(n, "“%s”: cần một trong %s%s", "“%s”: want one of %s%s", shown(n), strings.Join(choices, ", "),
				words.DidYouMean(n.Value, choices))
		}
	}
}

// whole reads a whole number from low to high.
func (r *processReader) whole(to *int, low, high int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		value, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil || value < low || value > high {
			r.bad(n, "“%s”: cần một số nguyên từ %d đến %d",
				"“%s”: want a whole number from %d to %d", shown(n), low, high)
			return
		}
		*to = value
	}
}

func (r *processReader) boolean(to *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
			r.bad(n, "“%s”: cần true hoặc false", "“%s”: want true or false", shown(n))
			return
		}
		*to = n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	}
}

func (r *processReader) need(to *Need) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if !r.scalar(n) {
			return
		}
		need, err := ParseNeed(n.Value)
		if err != nil {
			r.bad(n, "“%s”: cần all, majority, phân số như 2/3, phần trăm như 75%%, hoặc một số",
				"“%s”: want all, majority, a fraction such as 2/3, a percentage such as 75%%, or a number", shown(n))
			return
		}
		*to = need
	}
}

func (r *processReader) points(to *Points) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if !r.scalar(n) {
			return
		}
		points, err := ParsePoints(n.Value)
		if err != nil {
			r.bad(n, "“%s”: cần số điểm không âm, tối đa hai chữ số thập phân",
				"“%s”: want points of zero or more with at most two decimals", shown(n))
			return
		}
		*to = points
	}
}

func (r *processReader) names(to *Names) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.mapping(n, r.nameFields(to)...)
		r.named(n, *to)
	}
}

func (r *processReader) nameFields(to *Names) []field {
	return []field{{"vi", r.text(&to.Vietnamese)}, {"en", r.text(&to.English)}}
}

// named insists on both languages.
func (r *processReader) named(n *yaml.Node, have Names) {
	if n.Kind == yaml.MappingNode && (have.Vietnamese == "" || have.English == "") {
		r.bad(n, "tên cần cả vi và en", "a name needs both vi and en")
	}
}

var roleNames = []string{string(RoleLeader), string(RoleDeputy), string(RoleMember), string(RoleWitness)}

func (r *processReader) roles(to *[]Role) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.list(n, func(entry *yaml.Node) {
			var role Role
			oneOf(r, &role, roleNames...)(entry)
			if slices.Contains(*to, role) {
				r.bad(entry, "vai trò “%s” có hai lần", "the role “%s” stands twice", role)
			}
			*to = append(*to, role)
		})
	}
}

// weights reads votes by role or agency.
func (r *processReader) weights(to *Weights) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			r.bad(n, "cần trọng số theo vai trò hoặc mã đơn vị, không phải “%s”",
				"weights by role or agency are wanted, not “%s”", shown(n))
			return
		}
		*to = Weights{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, weight := n.Content[i], 0
			if !ValidCode(key.Value) {
				r.bad(key, "“%s”: cần một vai trò hoặc mã đơn vị", "“%s”: want a role or an agency's code", shown(key))
			}
			if _, twice := (*to)[key.Value]; twice {
				r.bad(key, "khóa “%s” có hai lần", "the key “%s” stands twice", key.Value)
			}
			r.whole(&weight, 1, 1000)(r.real(n.Content[i+1]))
			(*to)[key.Value] = weight
		}
	}
}

func (r *processReader) condition(to *Condition) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if !r.scalar(n) {
			return
		}
		parsed, err := ParseCondition(n.Value)
		if e, ok := err.(*conditionError); ok { //nolint:errorlint // ParseCondition's own error, never wrapped
			at := 0
			if n.Line > 0 && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
				at = e.offset
				if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
					at++
				}
			}
			r.badAt(n.Line, n.Column+at, "điều kiện “%[1]s”, ở “%[2]s”: %[3]s", "condition “%[1]s”, at “%[2]s”: %[4]s",
				n.Value, e.got, e.Vietnamese, e.English)
			return
		}
		*to = parsed
	}
}

// term reads a length of time or a date.
func (r *processReader) term(to *calendar.Term) func(*yaml.Node) {
	return func(n *yaml.Node) {
		have := r.mapping(n,
			field{"working_days", r.whole(&to.WorkingDays, 1, 1000)}, field{"days", r.whole(&to.Days, 1, 3660)},
			field{"months", r.whole(&to.Months, 1, 120)}, field{"date", r.date(to)},
			field{"exclusive", r.boolean(&to.Exclusive)})
		lengths := 0
		for _, key := range []string{"working_days", "days", "months", "date"} {
			if have[key] != nil {
				lengths++
			}
		}
		if n.Kind == yaml.MappingNode && lengths != 1 {
			r.bad(n, "cần đúng một trong working_days, days, months, date",
				"exactly one of working_days, days, months, date is wanted")
		}
	}
}

// date reads yyyy-mm-dd, or mm-dd of the covenant's year.
func (r *processReader) date(to *calendar.Term) func(*yaml.Node) {
	return func(n *yaml.Node) {
		text := n.Value
		if len(text) == len("01-02") {
			text = "2024-" + text
			to.Yearly = true
		}
		d, err := calendar.ParseDate(text)
		if n.Kind != yaml.ScalarNode || err != nil {
			r.bad(n, "“%s”: cần ngày dạng yyyy-mm-dd, hoặc mm-dd của năm giao ước",
				"“%s”: want a date as yyyy-mm-dd, or as mm-dd of the covenant's year", shown(n))
			return
		}
		to.Date = d
	}
}
