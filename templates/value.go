package templates

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"

	"covenant/internal/content"
	"covenant/internal/words"
)

// Day is a civil date. The zero Day is "no date".
type Day struct{ Year, Month, Date int }

// IsZero says whether there is no date.
func (d Day) IsZero() bool { return d == Day{} }

// Before says whether d is earlier than e.
func (d Day) Before(e Day) bool {
	return d.Year*10000+d.Month*100+d.Date < e.Year*10000+e.Month*100+e.Date
}

// String is the date as 2006-01-02, or empty.
func (d Day) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Date)
}

// ParseDay reads 2006-01-02 or 2/1/2006.
func ParseDay(s string) (Day, error) {
	var d Day
	var err error
	parts := strings.Split(strings.TrimSpace(s), "-")
	if len(parts) == 3 {
		_, err = fmt.Sscanf(s, "%d-%d-%d", &d.Year, &d.Month, &d.Date)
	} else {
		_, err = fmt.Sscanf(s, "%d/%d/%d", &d.Date, &d.Month, &d.Year)
	}
	if err != nil || !d.valid() {
		return Day{}, fmt.Errorf("%q is not a date: write 2021-03-26 or 26/3/2021", s)
	}
	return d, nil
}

func (d Day) valid() bool {
	if d.Year < 1 || d.Year > 9999 || d.Month < 1 || d.Month > 12 || d.Date < 1 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[d.Month-1]
	if d.Month == 2 && d.Year%4 == 0 && (d.Year%100 != 0 || d.Year%400 == 0) {
		days = 29
	}
	return d.Date <= days
}

// value is a typed value with the place it was written at.
type value struct {
	typ    Type
	list   bool
	text   string
	num    *big.Rat
	day    Day
	yes    bool
	items  []*value
	fields map[string]*value
	at     Position
	kind   RunKind
}

// Values is a file of values for a template. Read-only after ParseValues.
type Values struct {
	Name   string
	Digest [sha256.Size]byte // of the file's bytes in NFC
	root   *yaml.Node
}

// Limits of values and templates; more is an error, never a crash.
const (
	maxSource = 2 << 20
	maxDepth  = 24
	maxNodes  = 200_000
)

// ParseValues reads a YAML file of values, keeping where each stands.
func ParseValues(name string, data []byte) (Values, []Problem) {
	var f findings
	text, ok := f.source(name, data)
	if !ok {
		return Values{Name: name}, f.list.Sorted()
	}
	v := Values{Name: name, Digest: sha256.Sum256([]byte(text)), root: f.yaml(name, text, 0)}
	return v, f.list.Sorted()
}

// source checks size and encoding, and normalises to NFC.
func (f *findings) source(name string, data []byte) (string, bool) {
	at := Position{name, 1, 1}
	if len(data) > maxSource {
		f.add(at, "", words.F("Tệp quá lớn: %d byte, tối đa %d.", "The file is too large: %d bytes, at most %d.",
			len(data), maxSource))
		return "", false
	}
	text := strings.TrimPrefix(string(data), "\uFEFF")
	if !validUTF8(text) {
		f.add(at, "", words.Of("Tệp không phải là văn bản UTF-8. Hãy lưu lại với mã UTF-8.",
			"The file is not UTF-8 text. Save it as UTF-8."))
		return "", false
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if !norm.NFC.IsNormalString(text) {
		at := firstNFD(name, text)
		p := f.add(at, "", words.Of("Chữ có dấu được viết dạng tổ hợp (NFD); đã chuyển sang dạng dựng sẵn (NFC).",
			"Accented letters are written decomposed (NFD); they were composed (NFC)."))
		p.Note = true
		text = norm.NFC.String(text)
	}
	return text, true
}

func validUTF8(s string) bool { return strings.ToValidUTF8(s, "") == s && !strings.ContainsRune(s, 0) }

func firstNFD(name, text string) Position {
	for i, l := range strings.Split(text, "\n") {
		if n := norm.NFC.QuickSpanString(l); n < len(l) {
			return Position{name, i + 1, len([]rune(l[:n])) + 1}
		}
	}
	return Position{name, 1, 1}
}

// yaml parses text; lines are counted from shift. Aliases are refused: they
// have no use here and can be made to unfold without end.
func (f *findings) yaml(name, text string, shift int) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		line, why := content.YAMLCause(err)
		f.add(Position{name, line + shift, 1}, "", words.F("Không đọc được YAML: %s.", "The YAML cannot be read: %s.",
			why))
		return nil
	}
	if at, more := content.SecondDocument([]byte(text)); more {
		f.add(Position{name, at + shift, 1}, "", words.Of("Tệp chỉ có một phần dữ liệu: hãy bỏ phần sau dấu ---.",
			"A file holds one set of data: take out what follows ---."))
		return nil
	}
	if len(doc.Content) == 0 {
		return &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}
	}
	root := doc.Content[0]
	count := 0
	if !f.tame(name, root, shift, 0, &count) {
		return nil
	}
	if root.Kind != yaml.MappingNode {
		f.add(Position{name, root.Line, root.Column}, root.Value, words.Of("Ở đây phải là các cặp “tên: giá trị”.",
			"Expected pairs “name: value” here."))
		return nil
	}
	return root
}

// tame shifts lines and refuses aliases, depth and size beyond the limits.
func (f *findings) tame(name string, n *yaml.Node, shift, depth int, count *int) bool {
	n.Line += shift
	*count++
	at := Position{name, n.Line, n.Column}
	if n.Kind == yaml.AliasNode || depth > maxDepth || *count > maxNodes {
		f.add(at, n.Value, words.Of("Dữ liệu lồng quá sâu, quá lớn, hoặc dùng bí danh YAML (*) – không được phép.",
			"The data are nested too deeply, too large, or use YAML aliases (*), which is not allowed."))
		return false
	}
	for _, c := range n.Content {
		if !f.tame(name, c, shift, depth+1, count) {
			return false
		}
	}
	if n.Kind == yaml.MappingNode {
		f.repeated(name, n)
	}
	return true
}

func (f *findings) repeated(name string, n *yaml.Node) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if line, twice := seen[k.Value]; twice {
			f.add(Position{name, k.Line, k.Column}, k.Value, words.F("“%s” đã có ở dòng %d.",
				"“%s” was given before, on line %d.", k.Value, line))
		}
		seen[k.Value] = k.Line
	}
}

// pairs walks a mapping.
func pairs(n *yaml.Node) func(yield func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// parseNumber accepts 1000, 1.000 (thousands), 7,5 (decimal comma), 7.5 and 1.234,5. In 1,000.5, which is written the
// English way, the comma would divide what it does not: it is refused, as is 1.23,4.
func parseNumber(s string) (*big.Rat, bool) {
	s = strings.TrimSpace(s)
	if len(s) == 0 || len(s) > 40 {
		return nil, false
	}
	for _, r := range s {
		if (r < '0' || r > '9') && !strings.ContainsRune("-.,", r) {
			return nil, false
		}
	}
	if whole, decimals, comma := strings.Cut(s, ","); comma {
		if strings.Contains(decimals, ".") || strings.Contains(whole, ".") && !thousands(whole) {
			return nil, false
		}
		s = strings.ReplaceAll(whole, ".", "") + "." + decimals
	} else if thousands(s) {
		s = strings.ReplaceAll(s, ".", "")
	}
	return new(big.Rat).SetString(s)
}

// thousands says whether the points of s divide thousands: 1.000, 12.345.678.
func thousands(s string) bool {
	groups := strings.Split(strings.TrimPrefix(s, "-"), ".")
	if len(groups) < 2 || len(groups[0]) == 0 || len(groups[0]) > 3 || groups[0] == "0" {
		return false
	}
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return false
		}
	}
	return true
}

// formatNumber writes a number the Vietnamese or English way.
func formatNumber(n *big.Rat, lang words.Language) string {
	point, group := ",", "."
	if lang == words.English {
		point, group = ".", ","
	}
	s := n.FloatString(6)
	whole, frac, _ := strings.Cut(s, ".")
	frac = strings.TrimRight(frac, "0")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		if whole = whole[1:]; whole != "0" || frac != "" { // what rounds to nothing has no sign
			sign = "-"
		}
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + group + whole[i:]
	}
	if frac != "" {
		whole += point + frac
	}
	return sign + whole
}

func intValue(n int) *value { return &value{typ: Number, num: big.NewRat(int64(n), 1)} }

// truth is what a condition sees of a value alone.
func (v *value) truth() bool {
	switch {
	case v == nil:
		return false
	case v.list || v.typ == Table:
		return len(v.items) > 0
	case v.typ == YesNo:
		return v.yes
	case v.num != nil:
		return v.num.Sign() != 0
	case v.typ == Date:
		return !v.day.IsZero()
	case v.fields != nil:
		return true
	}
	return v.text != ""
}

// plain is the value as text without a filter.
func (v *value) plain(lang words.Language) string {
	switch {
	case v == nil:
		return ""
	case v.list || v.typ == Table:
		parts := make([]string, len(v.items))
		for i, it := range v.items {
			parts[i] = it.plain(lang)
		}
		return strings.Join(parts, ", ")
	case v.typ == YesNo && v.yes:
		return "có"
	case v.typ == YesNo:
		return "không"
	case v.typ == Year && v.num != nil:
		return v.num.FloatString(0)
	case v.num != nil:
		return formatNumber(v.num, lang)
	case v.typ == Date:
		return shortDate(v.day)
	case v.fields != nil:
		return v.fields["tên"].plain(lang)
	}
	return v.text
}

func shortDate(d Day) string {
	if d.IsZero() {
		return "…/…/…"
	}
	return fmt.Sprintf("%02d/%02d/%d", d.Date, d.Month, d.Year)
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}
