package pdf

import (
	"slices"
)

// EntryKind says where an object is.
type EntryKind uint8

// Kinds of cross-reference entries; the numbers are those of cross-reference streams (§7.5.8.3, table 18).
const (
	Free       EntryKind = iota // the number is not in use
	InUse                       // at Offset
	Compressed                  // object Index of object stream Stream
)

// XRefEntry is one entry of a cross-reference section.
type XRefEntry struct {
	Offset int64 // InUse: of "n g obj"
	Stream int32 // Compressed
	Index  int32 // Compressed
	Gen    int
	Kind   EntryKind
}

// NumberedEntry is an entry with its object number.
type NumberedEntry struct {
	Num int
	XRefEntry
}

// XRefKind is a file's way to write cross-reference sections.
type XRefKind uint8

// Kinds of cross-reference sections.
const (
	XRefTable  XRefKind = iota // "xref" and "trailer" (§7.5.4)
	XRefStream                 // §7.5.8
	XRefHybrid                 // a table with XRefStm (§7.5.8.4)
)

// section is one cross-reference section as read.
type section struct {
	offset  int64
	end     int64 // first byte after the trailer dictionary or the stream's bytes
	kind    XRefKind
	trailer Dict
	entries []NumberedEntry // ascending, one per number

	conflicts []int // see Revision.Conflicts
}

// prev is the offset of the section before, -1 for none.
func (s *section) prev() (int64, bool) {
	switch v := s.trailer.Get("Prev").(type) {
	case nil, Null:
		return -1, true
	case Integer:
		return prevOffset(int64(v)), true
	case Real:
		return prevOffset(int64(v)), true
	}
	return 0, false
}

// prevOffset takes Prev 0, which some producers write, as none: no section lies at the header.
func prevOffset(off int64) int64 {
	if off == 0 {
		return -1
	}
	return off
}

func (f *File) readSection(off int64, budget *int) (*section, error) {
	if off < 0 || off >= f.size {
		return nil, malformed(off, "a cross-reference section outside the file")
	}
	p := f.parserAt(off)
	p.skipSpace()
	if p.keyword("xref") {
		return f.readTable(p, off, budget)
	}
	return f.readXRefStream(off, budget)
}

// readTable reads a classic section after its keyword "xref" (§7.5.4).
func (f *File) readTable(p *parser, off int64, budget *int) (*section, error) {
	s := &section{offset: off}
	for {
		p.skipSpace()
		if p.keyword("trailer") {
			break
		}
		first, ok1 := p.natural()
		p.skipSpace()
		count, ok2 := p.natural()
		if !ok1 || !ok2 || first > maxObjectNumber || count > maxObjectNumber+1 {
			return nil, p.fail("a cross-reference subsection without first number and count")
		}
		if *budget -= int(count); *budget < 0 {
			return nil, p.fail("too many cross-reference entries")
		}
		if err := p.subsection(s, int(first), int(count)); err != nil {
			return nil, err
		}
	}
	t, err := p.object(0)
	if err != nil {
		return nil, err
	}
	d, ok := t.(Dict)
	if !ok {
		return nil, p.fail("the trailer is not a dictionary")
	}
	s.trailer, s.end = d, p.pos()
	s.sort()
	if stm, ok := d.Get("XRefStm").(Integer); ok {
		return s, f.addHidden(s, int64(stm), budget)
	}
	return s, nil
}

// subsection reads count entries "nnnnnnnnnn ggggg n". Entries need not be 20 bytes long: some producers end them with
// one byte. A first subsection that begins at 1 with the head of the free list is taken to begin at 0, where it
// belongs.
func (p *parser) subsection(s *section, first, count int) error {
	if int64(count) > (p.size-p.pos())/17+1 {
		return p.fail("a cross-reference subsection longer than the file")
	}
	s.entries = slices.Grow(s.entries, count)
	for i := range count {
		if e, ok := p.entryAfter(i); ok {
			e.Num = first + i
			s.entries = append(s.entries, e)
			continue
		}
		p.skipSpace()
		off, ok1 := p.natural()
		p.skipSpace()
		gen, ok2 := p.natural()
		p.skipSpace()
		kind := p.next()
		if !ok1 || !ok2 || (kind != 'n' && kind != 'f') {
			return p.fail("a cross-reference entry that cannot be read")
		}
		if i == 0 && first == 1 && kind == 'f' && off == 0 && gen == 65535 {
			first = 0
		}
		e := NumberedEntry{Num: first + i, XRefEntry: XRefEntry{Gen: int(gen)}}
		if kind == 'n' && off != 0 {
			e.Kind, e.Offset = InUse, off
		}
		s.entries = append(s.entries, e)
	}
	return p.err
}

// entryAfter is fixedEntry for all but the first entry of a subsection, which may lie about its number.
func (p *parser) entryAfter(i int) (NumberedEntry, bool) {
	if i == 0 {
		return NumberedEntry{}, false
	}
	p.skipSpace()
	return p.fixedEntry()
}

// fixedEntry reads an entry of exactly the 20 bytes that §7.5.4 asks for, if one lies whole in the window; else it
// moves nothing.
func (p *parser) fixedEntry() (e NumberedEntry, ok bool) {
	if len(p.buf)-p.i < 20 {
		return e, false
	}
	b := p.buf[p.i : p.i+20]
	if b[10] != ' ' || b[16] != ' ' || (b[17] != 'n' && b[17] != 'f') || !isSpace(b[18]) || !isSpace(b[19]) {
		return e, false
	}
	var off int64
	for _, c := range b[:10] {
		if !isDigit(c) {
			return e, false
		}
		off = off*10 + int64(c-'0')
	}
	for _, c := range b[11:16] {
		if !isDigit(c) {
			return e, false
		}
		e.Gen = e.Gen*10 + int(c-'0')
	}
	if b[17] == 'n' && off != 0 {
		e.Kind, e.Offset = InUse, off
	}
	p.i += 20
	return e, true
}

// addHidden adds the entries of a hybrid file's cross-reference stream: they count where the table has none or a free
// one (§7.5.8.4).
func (f *File) addHidden(s *section, off int64, budget *int) error {
	hidden, err := f.readXRefStream(off, budget)
	if err != nil {
		return err
	}
	s.kind = XRefHybrid
	visible := s.entries
	for _, h := range hidden.entries {
		i, found := slices.BinarySearchFunc(visible, h.Num, byNumber)
		switch {
		case !found:
			s.entries = append(s.entries, h)
		case s.entries[i].Kind == Free:
			s.entries[i] = h
		case h.Kind != Free && h.XRefEntry != s.entries[i].XRefEntry:
			s.conflicts = append(s.conflicts, h.Num)
		}
	}
	s.sort()
	return nil
}

// maxConflicts is how many of a section's conflicts are remembered.
const maxConflicts = 100

func byNumber(e NumberedEntry, num int) int { return e.Num - num }

// sort puts entries in ascending order, the first of equal numbers first, and keeps that one.
func (s *section) sort() {
	if !slices.IsSortedFunc(s.entries, func(a, b NumberedEntry) int { return a.Num - b.Num }) {
		slices.SortStableFunc(s.entries, func(a, b NumberedEntry) int { return a.Num - b.Num })
	}
	s.entries = slices.CompactFunc(s.entries, func(a, b NumberedEntry) bool {
		if a.Num == b.Num && a.XRefEntry != b.XRefEntry && len(s.conflicts) < maxConflicts {
			s.conflicts = append(s.conflicts, a.Num)
		}
		return a.Num == b.Num
	})
}

// readXRefStream reads a cross-reference stream (§7.5.8).
func (f *File) readXRefStream(off int64, budget *int) (*section, error) {
	if off < 0 || off >= f.size {
		return nil, malformed(off, "a cross-reference stream outside the file")
	}
	p := f.parserAt(off)
	if _, _, err := p.header(); err != nil {
		if p.err != nil {
			return nil, p.err
		}
		return nil, malformed(off, "no cross-reference section begins here")
	}
	o, err := f.body(p)
	if err != nil {
		return nil, err
	}
	stm, ok := o.(*Stream)
	if !ok || stm.Dict.Get("Type") != Name("XRef") {
		return nil, malformed(off, "no cross-reference section begins here")
	}
	s := &section{offset: off, end: stm.Offset + stm.Length, kind: XRefStream, trailer: stm.Dict}
	data, err := f.Decode(stm, f.src.lim.MaxDecoded)
	if err != nil {
		return nil, err
	}
	if err := s.decodeEntries(data, budget); err != nil {
		return nil, err
	}
	s.sort()
	return s, nil
}

// decodeEntries reads the fields of a cross-reference stream by W and Index.
func (s *section) decodeEntries(data []byte, budget *int) error {
	w, err := s.widths()
	if err != nil {
		return err
	}
	index, ok := s.trailer.Get("Index").(Array)
	if !ok {
		index = Array{Integer(0), s.trailer.Get("Size")}
	}
	row := w[0] + w[1] + w[2]
	for i := 0; i+1 < len(index); i += 2 {
		first, ok1 := index[i].(Integer)
		count, ok2 := index[i+1].(Integer)
		if !ok1 || !ok2 || first < 0 || count < 0 || first > maxObjectNumber || count > maxObjectNumber+1 {
			return malformed(s.offset, "a cross-reference stream with a wrong Index")
		}
		if *budget -= int(count); *budget < 0 {
			return malformed(s.offset, "too many cross-reference entries")
		}
		if int64(count)*int64(row) > int64(len(data)) {
			return malformed(s.offset, "a cross-reference stream shorter than its Index")
		}
		s.entries = slices.Grow(s.entries, int(count))
		for n := range int(count) {
			s.entries = append(s.entries, NumberedEntry{int(first) + n, entryOf(data[:row], w)})
			data = data[row:]
		}
	}
	return nil
}

func (s *section) widths() (w [3]int, err error) {
	arr, _ := s.trailer.Get("W").(Array)
	if len(arr) != 3 {
		return w, malformed(s.offset, "a cross-reference stream without W")
	}
	for i, o := range arr {
		n, ok := o.(Integer)
		if !ok || n < 0 || n > 8 {
			return w, malformed(s.offset, "a cross-reference stream with a wrong W")
		}
		w[i] = int(n)
	}
	if w[0]+w[1]+w[2] == 0 {
		return w, malformed(s.offset, "a cross-reference stream with an empty W")
	}
	return w, nil
}

func entryOf(row []byte, w [3]int) XRefEntry {
	field := func(n int) (v int64) {
		for _, b := range row[:n] {
			v = v<<8 | int64(b)
		}
		row = row[n:]
		return v
	}
	kind := int64(InUse)
	if w[0] > 0 {
		kind = field(w[0])
	}
	second, third := field(w[1]), field(w[2])
	switch {
	case kind == int64(InUse) && second != 0:
		return XRefEntry{Kind: InUse, Offset: second, Gen: int(third)}
	case kind == int64(Compressed) && second <= maxObjectNumber && third >= 0 && third <= maxObjectNumber:
		return XRefEntry{Kind: Compressed, Stream: int32(second), Index: int32(third)}
	}
	return XRefEntry{Gen: int(third)}
}
