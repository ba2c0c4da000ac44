package templates

import (
	"covenant/internal/words"
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
		"số": attrText, "number": attrText, "ký hiệu": attrText, "symbol": attrText, "địa danh": attrText,
		"place":  attrText,
		"độ mật": attrText, "secrecy": attrText, "độ khẩn": attrText, "urgency": attrText, "lưu hành": attrText,
		"circulation": attrText,
		"địa chỉ":     attrText, "address": attrText,
	},
	nodeSignatures: {
		"đơn vị": attrPath, "agencies": attrPath, "người ký": attrPath, "signer": attrPath,
		"người chứng kiến": attrPath, "witness": attrPath, "cột": attrText, "columns": attrText, "kiểu": attrText,
		"form": attrText,
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
