package templates

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"covenant/internal/words"
	"covenant/templates/internal/pdfa"
)

// attrKind says what an entry of a block holds.
type attrKind uint8

const (
	attrText attrKind = iota
	attrPath
)

// blockAttrs are the entries that blocks may have.
var blockAttrs = map[nodeKind]map[string]attrKind{
	nodeLetterhead: {
		"cơ quan chủ quản": attrText, "parent": attrText, "cơ quan": attrText, "issuer": attrText,
		"số": attrText, "number": attrText, "ký hiệu": attrText, "symbol": attrText, "địa danh": attrText, "place": attrText,
		"độ mật": attrText, "secrecy": attrText, "độ khẩn": attrText, "urgency": attrText, "lưu hành": attrText, "circulation": attrText,
		"địa chỉ": attrText, "address": attrText,
	},
	nodeSignatures: {
		"đơn vị": attrPath, "agencies": attrPath, "người ký": attrPath, "signer": attrPath,
		"người chứng kiến": attrPath, "witness": attrPath, "cột": attrText, "columns": attrText, "kiểu": attrText, "form": attrText,
	},
}

func (n *node) attr(names ...string) *attr {
	for i := range n.attrs {
		for _, name := range names {
			if n.attrs[i].key == name {
				return &n.attrs[i]
			}
		}
	}
	return nil
}

func (d *drafter) attrSpans(n *node, names ...string) []Span {
	if a := n.attr(names...); a != nil {
		return d.spans(a.value, d.lang)
	}
	return nil
}

// letterhead fills cells 1 to 4 in.
func (d *drafter) letterhead(n *node) *Letterhead {
	h := &Letterhead{
		Parent: d.attrSpans(n, "cơ quan chủ quản", "parent"),
		Issuer: d.attrSpans(n, "cơ quan", "issuer"),
	}
	h.Address = d.attrSpans(n, "địa chỉ", "address")
	for _, names := range [][]string{{"độ mật", "secrecy"}, {"độ khẩn", "urgency"}, {"lưu hành", "circulation"}} {
		if mark := d.attrSpans(n, names...); plainSpans(mark) != "" {
			h.Marks = append(h.Marks, mark)
		}
	}
	symbol := d.attrSpans(n, "ký hiệu", "symbol")
	if d.opt.Symbol != "" {
		symbol = []Span{{Text: d.opt.Symbol, At: n.at}}
	}
	d.doc.symbol = plainSpans(symbol)
	wanted := n.attr("số", "number")
	if wanted == nil && symbol != nil || wanted != nil && !isNo(wanted.raw) {
		word := words.Of("Số: ", "No.: ").In(d.lang)
		h.Number = append(h.Number, Span{Text: word, At: n.at}, Span{Text: d.number(), Kind: RunNumber, At: n.at})
		if len(symbol) > 0 {
			h.Number = append(h.Number, Span{Text: "/", At: n.at})
			h.Number = append(h.Number, symbol...)
		}
	}
	place := d.attrSpans(n, "địa danh", "place")
	if d.opt.Place != "" {
		place = []Span{{Text: d.opt.Place, At: n.at}}
	}
	date := longDate(d.opt.Date, d.lang)
	if len(place) > 0 {
		h.Place = append(place, Span{Text: ", ", At: n.at})
	}
	h.Place = append(h.Place, Span{Text: date, Kind: RunDate, At: n.at})
	return h
}

// lines collects the lines of a block, through conditions and loops.
func (d *drafter) lines(nodes []*node, b *Block) {
	d.eachLine(nodes, func(n *node) {
		var x Block
		d.text(n, &x)
		b.Lines = append(b.Lines, x.Spans)
		if x.Lang2 != nil {
			b.Lines = append(b.Lines, italic(x.Lang2))
		}
	})
}

func italic(spans []Span) []Span {
	for i := range spans {
		spans[i].Italic = true
	}
	return spans
}

// pair sets a cell's text in the languages wanted.
func (d *drafter) pair(one, two []inline) []Span {
	own := d.t.header.languages[0]
	if two == nil {
		return d.spans(one, d.lang)
	}
	first, second := one, two
	if d.lang != own {
		first, second = two, one
	}
	out := d.spans(first, d.lang)
	if d.second != "" {
		out = append(out, Span{Break: true})
		out = append(out, italic(d.spans(second, d.second))...)
	}
	return out
}

func (d *drafter) eachLine(nodes []*node, fn func(*node)) {
	for _, n := range nodes {
		switch {
		case !d.work(n.at, 0):
			return
		case n.kind == nodeIf && n.cond.holds(d.get):
			d.eachLine(n.body, fn)
		case n.kind == nodeIf:
			d.eachLine(n.other, fn)
		case n.kind == nodeEach:
			d.each(n.loop, func() { d.eachLine(n.body, fn) })
		default:
			fn(n)
		}
	}
}

// bases writes the legal bases: one a paragraph, each ends “;”, the last “.”.
func (d *drafter) bases(n *node) {
	first := len(d.doc.Blocks)
	d.eachLine(n.body, func(l *node) {
		var spans []Span
		if validID(l.raw) {
			spans = d.basis(l)
		} else {
			spans = d.spans(l.text, d.lang)
			d.f.basisMark(l.at, plainSpans(spans))
		}
		if len(spans) > 0 {
			d.doc.Blocks = append(d.doc.Blocks, Block{Kind: BlockBasis, Spans: spans, At: l.at, ID: l.id})
		}
	})
	for i := first; i < len(d.doc.Blocks); i++ {
		mark := ";"
		if i == len(d.doc.Blocks)-1 {
			mark = "."
		}
		b := &d.doc.Blocks[i]
		b.Spans = append(b.Spans, Span{Text: mark, At: b.At})
	}
}

// basis looks a legal basis up on the document's date.
func (d *drafter) basis(l *node) []Span {
	entry := d.f.lawInForce(d.opt.Law, l, d.opt.lawDate())
	if entry == nil {
		return nil
	}
	d.doc.laws = append(d.doc.laws, entry)
	lang := d.lang
	if entry.Cite.English == "" {
		lang = words.Vietnamese // which stands for the other, whole
	}
	return []Span{{Text: words.F("Căn cứ %s", "Pursuant to %s", entry.Cite).In(lang), At: l.at}}
}

func (d *drafter) table(n *node) *TableData {
	t := &TableData{}
	for _, c := range n.columns {
		t.Columns = append(t.Columns, TableColumn{Head: d.pair(c.head, c.head2), Width: c.width, Align: c.align})
	}
	d.eachLine(n.body, func(r *node) {
		row := TableRow{Spanning: r.spanning, At: r.at}
		for i, c := range r.cells {
			row.Cells = append(row.Cells, d.pair(c, r.cells2[i]))
		}
		t.Rows = append(t.Rows, row)
	})
	return t
}

// image reads “@ảnh tên.png 30mm: mô tả”. The description is what a screen
// reader says, so there must be one.
func (d *drafter) image(n *node, b *Block) bool {
	text := plainSpans(d.spans(n.text, d.lang))
	name, alt, _ := strings.Cut(text, ":")
	fields := strings.Fields(name)
	b.Kind, b.Image = BlockImage, &Image{Width: 30, Alt: strings.TrimSpace(alt)}
	if len(fields) > 1 {
		mm, err := strconv.ParseFloat(strings.TrimSuffix(fields[1], "mm"), 64)
		if err != nil || mm < 1 || mm > 250 {
			d.f.add(n.at, fields[1], words.F("“%s” không phải là chiều rộng; viết 30mm.", "“%s” is no width; write 30mm.", fields[1]))
		}
		b.Image.Width = mm
	}
	if len(fields) == 0 || b.Image.Alt == "" {
		d.f.add(n.at, n.raw, words.Of("Viết: @ảnh tên.png 30mm: mô tả bằng lời.", "Write: @image name.png 30mm: description in words."))
		return false
	}
	b.Image.Name = fields[0]
	data, ok := d.opt.Images[fields[0]]
	if !ok {
		p := d.f.add(n.at, fields[0], words.F("Không có ảnh “%s”.", "There is no image “%s”.", fields[0]))
		p.Hint = nearest(fields[0], keys(d.opt.Images))
		return false
	}
	var err error
	if b.Image.picture, err = decodedImage(data); err != nil {
		d.f.add(n.at, fields[0], words.F("Không dùng được ảnh “%s”: %v.", "Image “%s” cannot be used: %v.", fields[0], err))
		return false
	}
	b.Image.data, b.Image.digest = data, sha256.Sum256(data)
	return true
}

// images are decoded once a process; the number kept is bounded.
var images = struct {
	sync.Mutex
	m map[[sha256.Size]byte]*pdfa.Image
}{m: map[[sha256.Size]byte]*pdfa.Image{}}

const maxImages = 64

func decodedImage(data []byte) (*pdfa.Image, error) {
	sum := sha256.Sum256(data)
	images.Lock()
	defer images.Unlock()
	if img := images.m[sum]; img != nil {
		return img, nil
	}
	img, err := pdfa.DecodeImage(data)
	if err != nil {
		return nil, err
	}
	if len(images.m) >= maxImages {
		clear(images.m)
	}
	images.m[sum] = img
	return img, nil
}

// signatures makes the slots: leader and deputy first, then the list's order,
// the witness last.
func (d *drafter) signatures(n *node, b *Block) {
	b.Kind = BlockSignatures
	d.text(n, b)
	if a := n.attr("cột", "columns"); a != nil {
		b.Cols, _ = strconv.Atoi(plainSpans(d.spans(a.value, d.lang)))
		if b.Cols < 1 || b.Cols > 3 {
			d.f.add(a.at, a.raw, words.Of("Lưới chữ ký có 1, 2 hoặc 3 cột.", "A signature grid has 1, 2 or 3 columns."))
		}
	}
	if a := n.attr("kiểu", "form"); a != nil {
		b.Style = map[string]string{"lưới": "grid", "grid": "grid", "bảng": "table", "table": "table"}[strings.ToLower(a.raw)]
		if b.Style == "" {
			d.f.add(a.at, a.raw, words.Of("Kiểu chữ ký là “lưới” hoặc “bảng”.", "The form of signatures is “grid” or “table”."))
		}
	}
	var slots, rest []Slot
	for _, a := range n.attrs {
		switch a.key {
		case "đơn vị", "agencies", "người ký", "signer":
			for _, s := range d.slots(&a, "") {
				if s.Role == Leader || s.Role == Deputy {
					slots = append(slots, s)
				} else {
					rest = append(rest, s)
				}
			}
		case "người chứng kiến", "witness":
			defer func(a attr) { d.addSlots(b, d.slots(&a, Witness)) }(a)
		}
	}
	leaderFirst(slots)
	d.addSlots(b, append(slots, rest...))
}

func leaderFirst(slots []Slot) {
	at := 0
	for i, s := range slots {
		if s.Role == Leader {
			copy(slots[at+1:i+1], slots[at:i])
			slots[at] = s
			at++
		}
	}
}

func (d *drafter) addSlots(b *Block, slots []Slot) {
	for _, s := range slots {
		for _, have := range d.doc.slots {
			if have.ID == s.ID {
				d.f.add(b.At, s.ID, words.F("Hai ô chữ ký cùng mã “%s”.", "Two signature slots have the code “%s”.", s.ID))
			}
		}
		s.Order = len(d.doc.slots) + 1
		b.Slots = append(b.Slots, s)
		d.doc.slots = append(d.doc.slots, s)
	}
}

func (d *drafter) slots(a *attr, role Role) []Slot {
	path := strings.Split(strings.ReplaceAll(a.raw, " ", ""), ".")
	v := d.get(path, a.at)
	if v == nil {
		return nil
	}
	items := v.items
	if !v.list {
		items = []*value{v}
	}
	var out []Slot
	for i, it := range items {
		if it.fields == nil { // an optional signatory that was left out
			continue
		}
		out = append(out, d.slot(it, role, path, i, len(items)))
	}
	return out
}

// namesOf are a Vietnamese name and its English form as the languages printed ask: the leading one, then the other
// where two are printed. Where there is no English form the Vietnamese one stands in.
func (d *drafter) namesOf(vi, en string) (first, second string) {
	first = vi
	if d.lang == words.English && en != "" {
		first, en = en, vi
	}
	if d.second != "" {
		second = en
	}
	return first, second
}

func (d *drafter) slot(it *value, role Role, path []string, i, n int) Slot {
	field := func(name string) string { return it.fields[name].plain(d.lang) }
	s := Slot{ID: field("mã"), Unit: field("tên"), Title: field("chức_vụ"), Role: role, Seal: it.typ == Agency}
	if it.typ != Agency {
		s.Unit, s.Office = field("đơn_vị"), true
		if q := field("quyền"); q != "" {
			s.Title = q + " " + s.Title
		}
	}
	s.Unit, s.Unit2 = d.namesOf(s.Unit, field("tên_en"))
	s.Title, s.Title2 = d.namesOf(s.Title, field("chức_vụ_en"))
	if s.ID == "" {
		s.ID = slug(strings.ReplaceAll(path[len(path)-1], "_", "-"))
		if n > 1 {
			s.ID = fmt.Sprintf("%s-%d", s.ID, i+1)
		}
	}
	if seal := it.fields["con_dấu"]; seal != nil && seal.at != it.at {
		s.Seal = seal.yes
	}
	word := field("vai_trò")
	if role == "" {
		r, ok := roleWords[strings.ToLower(word)]
		if !ok {
			p := d.f.add(it.fields["vai_trò"].at, word, words.F("Không có vai trò “%s”.", "There is no role “%s”.", word))
			p.Hint = nearest(word, keys(roleWords))
		}
		s.Role = r
	}
	if s.Role != Member {
		s.Label = capital(&value{typ: Text, text: word}, "", d.lang)
	}
	if s.Title == "" && s.Office {
		p := d.f.add(it.at, s.Unit, words.F("“%s” chưa có chức vụ của người ký.", "“%s” lacks the title of the office that signs.", s.Unit))
		p.Hint = ""
	}
	return s
}
