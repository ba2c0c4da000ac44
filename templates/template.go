package templates

import (
	"crypto/sha256"
	"slices"
	"strings"

	"covenant/internal/words"
)

// Template is a parsed template. It is immutable and safe for concurrent use.
type Template struct {
	Name   string            // of the file
	Digest [sha256.Size]byte // of the text in NFC

	header       header
	body         []*node
	translations map[string]*translation
	ids          map[string]Position
	first        int  // line of the body's first line
	headless     bool // the header cannot be relied on
	broken       bool
}

// ID is the template's own name, as "giao-uoc-thi-dua".
func (t *Template) ID() string { return t.header.id }

// Title is the template's title for people.
func (t *Template) Title() string { return t.header.title }

// Version counts the template's editions from 1.
func (t *Template) Version() int { return t.header.version }

// Languages are the languages that the template's text is in, the first one leading.
func (t *Template) Languages() []words.Language { return slices.Clone(t.header.languages) }

// Process names the process definition that belongs to the template.
func (t *Template) Process() string { return t.header.process }

// Profile names the layout profile.
func (t *Template) Profile() string { return t.header.layout }

// Images are the file names of the pictures that the template names in plain text, sorted and unique.
func (t *Template) Images() []string {
	var out []string
	var walk func([]*node)
	walk = func(list []*node) {
		for _, n := range list {
			if n.kind == nodeImage && len(n.text) > 0 && n.text[0].kind == inText {
				if words := strings.Fields(n.text[0].text); len(words) > 0 {
					out = append(out, strings.TrimSuffix(words[0], ":"))
				}
			}
			walk(n.body)
			walk(n.other)
		}
	}
	walk(t.body)
	slices.Sort(out)
	return slices.Compact(out)
}

// Parse reads a template: a YAML header between lines of three hyphens, then
// the body. All problems are returned at once; the template is usable if none
// of them is worse than a note.
func Parse(name string, src []byte) (*Template, []Problem) {
	var f findings
	t := &Template{Name: name, translations: map[string]*translation{}, ids: map[string]Position{}}
	text, ok := f.source(name, src)
	if !ok {
		t.headless, t.broken = true, true
		return t, f.list.Sorted()
	}
	t.Digest = sha256.Sum256([]byte(text))
	f.letters(name, text)
	head, body, shift, ok := splitHeader(text)
	if !ok {
		f.add(Position{name, 1, 1}, "", words.Of("Tệp phải bắt đầu bằng dòng “---”, phần đầu, rồi lại một dòng “---”.",
			"The file must begin with a line “---”, the header, and another line “---”."))
		t.headless, t.broken = true, true
		return t, f.list.Sorted()
	}
	t.header = f.header(name, f.yaml(name, head, 1))
	t.headless = f.list.Err() != nil
	t.first = shift
	p := &bodyParser{f: &f, file: name, lines: strings.Split(body, "\n"), first: shift, translations: t.translations}
	t.body, _ = p.parse(modeBody, true)
	f.scan(t)
	t.broken = f.list.Err() != nil
	return t, f.list.Sorted()
}

// splitHeader cuts the text; shift is the number of the body's first line.
func splitHeader(text string) (head, body string, shift int, ok bool) {
	rest, found := strings.CutPrefix(text, "---\n")
	if !found {
		return "", "", 0, false
	}
	head, body, found = strings.Cut("\n"+rest, "\n---\n")
	if !found {
		return "", "", 0, false
	}
	head = strings.TrimPrefix(head, "\n")
	return head, body, strings.Count(head, "\n") + 4, true
}

// scan looks at the whole body: names, references, ids, translations.
func (f *findings) scan(t *Template) {
	s := &scanner{f: f, t: t, used: map[string]bool{}}
	s.collectIDs(t.body)
	s.nodes(t.body, map[string]*variable{})
	for _, v := range t.header.variables {
		if !s.used[v.Name] {
			p := f.add(v.At, v.Name, words.F("Biến “%s” được khai báo mà không dùng.",
				"Variable “%s” is declared and not used.", v.Name))
			p.Note = true
		}
	}
	for id, tr := range t.translations {
		if _, ok := t.ids[id]; !ok {
			p := f.add(tr.at, id, words.F("Không có đoạn nào mang mã “%s” để dịch.",
				"No paragraph has the id “%s” to translate.", id))
			p.Hint = nearest(id, keys(t.ids))
		}
	}
	if slices.Contains(t.header.languages, words.English) && slices.Contains(t.header.languages, words.Vietnamese) {
		s.untranslated(t.body)
	}
}

// scanner walks a body with the variables in scope.
type scanner struct {
	f    *findings
	t    *Template
	used map[string]bool
}

func (s *scanner) collectIDs(nodes []*node) {
	for _, n := range nodes {
		if n.id != "" {
			if first, twice := s.t.ids[n.id]; twice {
				s.f.add(n.at, n.id, words.F("Mã “%s” đã dùng ở dòng %d.", "Id “%s” was used on line %d.", n.id,
					first.Line))
			} else {
				s.t.ids[n.id] = n.at
			}
		}
		s.collectIDs(n.body)
		s.collectIDs(n.other)
	}
}

func (s *scanner) untranslated(nodes []*node) {
	for _, n := range nodes {
		switch n.kind {
		case nodePara, nodeHeading, nodeClause, nodePoint, nodeBullet, nodeCenter, nodeAnnex, nodeLine, nodeSignatures:
			if !worded(n.text) {
				break
			}
			if n.id == "" || s.t.translations[n.id] == nil {
				s.f.add(n.at, clip(n.raw), words.Of("Đoạn này chưa có bản dịch: đặt mã {#…} rồi viết “@en mã: …”.",
					"This paragraph has no translation: give it an id {#…} and write “@en id: …”."))
			}
		}
		for i, c := range n.cells {
			if worded(c) && n.cells2[i] == nil {
				s.f.add(n.at, clip(n.raw), words.F("Ô thứ %d chưa có bản dịch: viết “tiếng Việt // English”.",
					"Cell %d has no translation: write “tiếng Việt // English”.", i+1))
			}
		}
		for _, c := range n.columns {
			if worded(c.head) && c.head2 == nil {
				s.f.add(n.at, clip(n.raw), words.Of("Tên cột chưa có bản dịch: viết “tiếng Việt // English”.",
					"A column's heading has no translation: write “tiếng Việt // English”."))
			}
		}
		if n.kind != nodeBases && n.kind != nodeRecipients && n.kind != nodeTo {
			s.untranslated(n.body)
		}
		s.untranslated(n.other)
	}
}

// worded says whether there is text of the template's own to translate.
func worded(list []inline) bool {
	for _, in := range list {
		if in.kind == inText && strings.ContainsFunc(in.text, isLetter) || worded(in.body) || worded(in.other) {
			return true
		}
	}
	return false
}

func clip(s string) string {
	r := []rune(s)
	if len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

func (s *scanner) nodes(nodes []*node, scope map[string]*variable) {
	for _, n := range nodes {
		n.cond.paths(func(p []string, at Position) { s.path(p, at, scope) })
		inner := scope
		if n.loop != nil {
			inner = s.enter(n.loop, scope)
		}
		s.inlines(n.text, scope)
		for _, a := range n.attrs {
			s.attr(n, a, scope)
		}
		for _, c := range n.columns {
			s.inlines(c.head, scope)
			s.inlines(c.head2, scope)
		}
		for _, c := range slices.Concat(n.cells, n.cells2) {
			s.inlines(c, scope)
		}
		if tr := s.t.translations[n.id]; n.id != "" && tr != nil {
			tr.used = true
			s.inlines(tr.text, scope)
		}
		s.nodes(n.body, inner)
		s.nodes(n.other, scope)
		if n.kind == nodeTable {
			s.cellCount(n, n.body)
		}
	}
}

func (s *scanner) cellCount(table *node, rows []*node) {
	for _, r := range rows {
		if r.kind == nodeRow && !r.spanning && len(r.cells) != len(table.columns) {
			s.f.add(r.at, clip(r.raw), words.F("Dòng này có %d ô, bảng có %d cột.",
				"This row has %d cells, the table %d columns.", len(r.cells), len(table.columns)))
		}
		s.cellCount(table, r.body)
		s.cellCount(table, r.other)
	}
}

// enter is the scope inside a loop.
func (s *scanner) enter(l *loop, scope map[string]*variable) map[string]*variable {
	inner := make(map[string]*variable, len(scope)+1)
	for k, v := range scope {
		inner[k] = v
	}
	v := s.path(l.over, l.at, scope)
	if v == nil {
		v = &variable{Name: l.name}
	} else {
		if !v.List && v.Type != Table {
			s.f.add(l.at, strings.Join(l.over, "."),
				words.F("“%s” không phải là danh sách hay bảng nên không lặp được.",
					"“%s” is no list or table, so it cannot be repeated over.", strings.Join(l.over, ".")))
		}
		row := *v
		row.List, row.Name = false, l.name
		if row.Type == Table {
			row.Type = 0
		}
		v = &row
	}
	inner[l.name] = v
	return inner
}

func (s *scanner) inlines(list []inline, scope map[string]*variable) {
	for _, in := range list {
		in.cond.paths(func(p []string, at Position) { s.path(p, at, scope) })
		inner := scope
		if in.loop != nil {
			inner = s.enter(in.loop, scope)
		}
		if in.call != nil && in.call.path != nil {
			s.call(in.call, scope)
		}
		if in.kind == inRef {
			if _, ok := s.t.ids[in.text]; !ok {
				p := s.f.add(in.at, in.text, words.F("Không có mục nào mang mã “%s”.", "Nothing has the id “%s”.",
					in.text))
				p.Hint = nearest(in.text, keys(s.t.ids))
			}
		}
		s.inlines(in.body, inner)
		s.inlines(in.other, scope)
	}
}

func (s *scanner) call(c *call, scope map[string]*variable) {
	v := s.path(c.path, c.at, scope)
	if v == nil {
		return
	}
	if (v.List || v.Type == Table || v.Type == 0 && v.Columns != nil) && len(c.filters) == 0 &&
		(!v.List || v.Columns != nil) {
		s.f.add(c.at, c.raw, words.F("“%s” là danh sách; dùng “@mỗi” hoặc bộ lọc (số_lượng, tổng:cột, nối).",
			"“%s” is a list; use “@each” or a filter (count, sum:column, join).", c.raw))
	}
	for i, u := range c.filters {
		if i == 0 {
			s.accepts(u, v)
		}
		if (u.name == "tổng" || u.name == "sum") && u.arg != "" && v.column(u.arg) == nil {
			p := s.f.add(u.at, u.arg, words.F("Không có cột “%s” để cộng.", "There is no column “%s” to add up.",
				u.arg))
			p.Hint = nearest(u.arg, v.columnNames())
		}
	}
}

// accepts reports a filter that can make nothing of a value's type. A filter behind another gets text.
func (s *scanner) accepts(u filterUse, v *variable) {
	types, bounded := filterTypes[u.name]
	if !bounded || v.Type == 0 && v.Columns == nil && !v.List { // an unknown type was reported where it is declared
		return
	}
	typ := v.Type
	if v.List {
		typ = Table
	}
	if slices.Contains(types, typ) {
		return
	}
	takes := make([]words.Text, len(types))
	for i, t := range types {
		takes[i] = typeNames[t]
	}
	s.f.add(u.at, u.name, words.F("Bộ lọc “%s” không dùng được cho “%s”: cần giá trị loại %s.",
		"Filter “%s” can make nothing of “%s”: it takes %s.", u.name, v.Name, words.Join(", ", takes...)))
}

// attr checks an entry of a block; “đơn vị” and the like name a variable.
func (s *scanner) attr(n *node, a attr, scope map[string]*variable) {
	allowed := blockAttrs[n.kind]
	kind, ok := allowed[a.key]
	if !ok {
		p := s.f.add(a.at, a.key, words.F("Không có mục “%s” ở đây.", "There is no entry “%s” here.", a.key))
		p.Hint = nearest(a.key, keys(allowed))
		return
	}
	if kind == attrPath {
		if path := s.f.path(a.raw, a.at); path != nil {
			v := s.path(path, a.at, scope)
			if v != nil && v.Type != Agency && v.Type != PositionHeld && v.Type != Person {
				s.f.add(a.at, a.raw, words.F("“%s” phải có loại đơn vị, người hoặc chức vụ.",
					"“%s” must be of type agency, person or position.", a.raw))
			}
		}
		return
	}
	s.inlines(a.value, scope)
}

// path finds what a path names; unknown names are reported with a hint.
func (s *scanner) path(path []string, at Position, scope map[string]*variable) *variable {
	if len(path) == 0 || s.f.full() {
		return nil
	}
	whole := strings.Join(path, ".")
	if word, ok := documentWords[whole]; ok {
		return &variable{Name: whole, Type: documentTypes[word]}
	}
	v := scope[path[0]]
	if v == nil {
		for _, d := range s.t.header.variables {
			if d.Name == path[0] {
				v = d
				s.used[d.Name] = true
			}
		}
	}
	if v == nil {
		p := s.f.add(at, path[0], words.F("Không có biến “%s”.", "There is no variable “%s”.", path[0]))
		p.Hint = nearest(path[0], s.visible(scope))
		return nil
	}
	for _, name := range path[1:] {
		if name == "thứ_tự" || name == "index" {
			return &variable{Name: name, Type: Number}
		}
		if name == "cuối" || name == "last" {
			return &variable{Name: name, Type: YesNo}
		}
		c := v.column(name)
		if c == nil {
			p := s.f.add(at, whole, words.F("“%s” không có phần “%s”.", "“%s” has no part “%s”.", v.Name, name))
			p.Hint = nearest(name, v.columnNames())
			return nil
		}
		v = c
	}
	return v
}

func (s *scanner) visible(scope map[string]*variable) []string {
	out := append(keys(scope), keys(documentWords)...)
	for _, v := range s.t.header.variables {
		out = append(out, v.Name)
	}
	return out
}
