package templates

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"

	"covenant/internal/words"
)

// What a form may hold: a browser's form is sent whole, and a page of thousands of fields serves nobody.
const (
	MaxFormRows  = 1000 // of one list or table
	MaxFormCells = 8000 // texts in all
)

// WriteValues writes entries as a file of values, in the template's order. What is empty is left out, and so are rows
// in which nothing was written, but for a list with a default, which is then written empty. Text is written in NFC,
// without control characters. The error is [Problems] if there is more than a form may hold.
func (t *Template) WriteValues(entries map[string]Entry) ([]byte, error) {
	w := valueWriter{}
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, v := range t.header.variables {
		n := w.node(v, entries[v.Name])
		if n == nil && v.defaultYAML != nil && v.defaultYAML.Kind == yaml.SequenceNode {
			n = &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		}
		if n != nil {
			root.Content = append(root.Content, textNode(v.Name), n)
		}
	}
	if err := w.f.list.Err(); err != nil {
		return nil, err
	}
	if len(root.Content) == 0 {
		return []byte("{}\n"), nil
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("write values of %s: %w", t.ID(), err)
	}
	written := escapedMarks(out.Bytes())
	if len(written) > maxSource {
		w.f.add(Position{}, "", words.F("Số liệu dài %d byte, nhiều nhất %d; hãy rút ngắn.",
			"The values are %d bytes long, at most %d; shorten them.", len(written), maxSource))
		return nil, w.f.list
	}
	return written, nil
}

// escapedMarks writes the marks that follow an escape, as in "\n" and a grave accent, as escapes too: when a file is
// read it is composed first, and the mark would be composed with the escape's last letter. The texts are composed
// already, so a mark that still can be follows an escape.
func escapedMarks(written []byte) []byte {
	if norm.NFC.IsNormal(written) {
		return written
	}
	var out strings.Builder
	runes := []rune(string(written))
	for i := 0; i < len(runes); {
		end := i + 1 // of a character and the marks on it
		for end < len(runes) && !norm.NFC.PropertiesString(string(runes[end])).BoundaryBefore() {
			end++
		}
		cluster := string(runes[i:end])
		out.WriteRune(runes[i])
		if norm.NFC.String(cluster) == cluster {
			out.WriteString(string(runes[i+1 : end]))
		} else {
			for _, mark := range runes[i+1 : end] {
				fmt.Fprintf(&out, "\\U%08X", mark)
			}
		}
		i = end
	}
	return []byte(out.String())
}

type valueWriter struct {
	f     findings
	cells int
}

// node is an entry as YAML; nil where there is nothing to write.
func (w *valueWriter) node(v *variable, e Entry) *yaml.Node {
	switch {
	case v.List || v.Type == Table:
		return w.rows(v, e)
	case v.Columns != nil:
		return w.record(v, e)
	}
	text := cleaned(e.Text)
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if w.cells++; w.cells == MaxFormCells+1 {
		w.f.add(Position{}, "", words.F("Biểu mẫu có quá %d ô; hãy rút gọn các bảng.",
			"The form has more than %d filled fields; shorten its tables.", MaxFormCells))
	}
	return scalarNode(v.Type, text)
}

func (w *valueWriter) rows(v *variable, e Entry) *yaml.Node {
	single := *v
	single.List = false
	if single.Type == Table {
		single.Type = 0
	}
	items := slices.DeleteFunc(slices.Clone(e.Items), Entry.Empty)
	if len(items) > MaxFormRows {
		w.f.add(Position{}, v.Name, words.F("“%s” có %d dòng; biểu mẫu nhận nhiều nhất %d dòng cho mỗi bảng. Hãy chia "+
			"bảng hoặc rút gọn.", "“%s” has %d rows; a form takes at most %d for each table. Split the table or "+
			"shorten it.", v.label(), len(items), MaxFormRows))
		return nil
	}
	out := &yaml.Node{Kind: yaml.SequenceNode}
	for _, item := range items {
		if n := w.node(&single, item); n != nil {
			out.Content = append(out.Content, n)
		}
	}
	if len(out.Content) == 0 {
		return nil
	}
	return out
}

func (w *valueWriter) record(v *variable, e Entry) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode}
	for i := range v.Columns {
		c := &v.Columns[i]
		if n := w.node(c, e.Fields[c.Name]); n != nil {
			out.Content = append(out.Content, textNode(c.Name), n)
		}
	}
	if len(out.Content) == 0 {
		return nil
	}
	return out
}

// scalarNode is a single value. Numbers and days stand as they are; all else is text, quoted where YAML would take it
// for something else.
func scalarNode(t Type, text string) *yaml.Node {
	trimmed := strings.TrimSpace(text)
	switch t {
	case Number, Money, Year:
		if _, ok := parseNumber(trimmed); ok {
			return &yaml.Node{Kind: yaml.ScalarNode, Value: trimmed}
		}
	case Date:
		if day, err := ParseDay(trimmed); err == nil {
			return &yaml.Node{Kind: yaml.ScalarNode, Value: day.String()}
		}
	}
	return textNode(text)
}

func textNode(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if strings.Contains(text, "\n") {
		n.Style = yaml.DoubleQuotedStyle
		plain := func(line string) bool { return strings.TrimSpace(line) == line }
		if !slices.ContainsFunc(strings.Split(strings.TrimSuffix(text, "\n"), "\n"),
			func(line string) bool { return !plain(line) || line == "" }) {
			n.Style = yaml.LiteralStyle // which people read
		}
	}
	return n
}

// cleaned is text as a values file may hold it: UTF-8, composed, lines ended by one character, no control characters.
func cleaned(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	text = strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r == 0x7F || r == 0xFEFF {
			return -1
		}
		return r
	}, text)
	return norm.NFC.String(text)
}
