package truetype

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// Description is what a font file says of itself.
type Description struct {
	Name         string // PostScript name
	Bold, Italic bool
}

// Describe reads what a TrueType file says of itself: the PostScript name (name table, id 6), bold and italic (head,
// macStyle), and whether it may be embedded and cut (OS/2, fsType). ISO/IEC 14496-22.
func Describe(data []byte) (d Description, err error) {
	f := &Face{data: data, tables: map[string][]byte{}}
	if err := f.directory(); err != nil {
		return d, err
	}
	if d.Name = f.postScriptName(); d.Name == "" {
		return d, fmt.Errorf("%w: no PostScript name", ErrFormat)
	}
	head := f.tables["head"]
	if len(head) < 54 {
		return d, ErrFormat
	}
	mac := order.Uint16(head[44:])
	d.Bold, d.Italic = mac&1 != 0, mac&2 != 0
	return d, f.embeddable()
}

// embeddable refuses a face whose licence bits forbid what a PDF does with it.
func (f *Face) embeddable() error {
	os2 := f.tables["OS/2"]
	if len(os2) < 10 {
		return nil
	}
	switch bits := order.Uint16(os2[8:]); {
	case bits&0x000F == 0x0002:
		return fmt.Errorf("its licence forbids embedding (OS/2 fsType %#04x)", bits)
	case bits&0x0100 != 0:
		return fmt.Errorf("its licence forbids cutting it down (OS/2 fsType %#04x)", bits)
	case bits&0x0200 != 0:
		return fmt.Errorf("its licence allows bitmaps only (OS/2 fsType %#04x)", bits)
	}
	return nil
}

// postScriptName is the name record with id 6 of platform 3 (UTF-16BE) or 1 (ASCII).
func (f *Face) postScriptName() string {
	t := f.tables["name"]
	if len(t) < 6 {
		return ""
	}
	storage := int(order.Uint16(t[4:]))
	for i := range int(order.Uint16(t[2:])) {
		if len(t) < 6+12*(i+1) {
			break
		}
		e := t[6+12*i:]
		from := storage + int(order.Uint16(e[10:]))
		to := from + int(order.Uint16(e[8:]))
		if order.Uint16(e[6:]) != 6 || to > len(t) {
			continue
		}
		switch order.Uint16(e) {
		case 1:
			return printable(string(t[from:to]))
		case 3:
			units := make([]uint16, 0, (to-from)/2)
			for j := from; j+1 < to; j += 2 {
				units = append(units, order.Uint16(t[j:]))
			}
			return printable(string(utf16.Decode(units)))
		}
	}
	return ""
}

// printable is the name if it is one that a PDF name may be made of, else empty.
func printable(name string) string {
	for _, r := range name {
		if r <= ' ' || r > '~' || strings.ContainsRune("/()[]<>{}%#", r) {
			return ""
		}
	}
	if len(name) > 63 {
		return ""
	}
	return name
}
