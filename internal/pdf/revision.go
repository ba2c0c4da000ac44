package pdf

import (
	"bytes"
	"io"
	"slices"
)

// Revision is what one saving of the file wrote: the original file, or one incremental update (§7.5.6).
type Revision struct {
	Start   int64    // first byte
	EOF     int64    // first byte after its %%EOF
	End     int64    // first byte after the end of line that follows %%EOF, if one does; else EOF
	XRef    int64    // offset of the cross-reference section that its startxref names
	Kind    XRefKind // of that section
	Trailer Dict     // of that section
	// Entries are those of this revision's own sections alone (a linearised file has two), ascending by number.
	Entries []NumberedEntry
	// Conflicts are objects that one section places twice, differently: readers may disagree about which counts.
	Conflicts []int
}

func (r *Revision) lookup(num int) (XRefEntry, bool) {
	i, ok := slices.BinarySearchFunc(r.Entries, num, byNumber)
	if !ok {
		return XRefEntry{}, false
	}
	return r.Entries[i].XRefEntry, true
}

// ending is a startxref with its value and the %%EOF after it.
type ending struct{ at, value, eof, end int64 }

// readRevisions follows startxref and the Prev chain and groups the sections into revisions.
func (f *File) readRevisions() error {
	last, err := f.lastStartXRef()
	if err != nil {
		return err
	}
	sections, err := f.chain(last.value)
	if err != nil {
		return err
	}
	ends := map[int64]ending{last.value: last}
	for _, s := range sections {
		if err := f.Work().Scan(int64(2 * len(sections))); err != nil {
			return err
		}
		f.endingsAfter(s, sections, ends)
	}
	return f.group(sections, ends)
}

// lastStartXRef finds the last startxref, whose %%EOF must be within the last 1024 bytes.
func (f *File) lastStartXRef() (ending, error) {
	n := min(f.size, 2048)
	tail := make([]byte, n)
	if _, err := f.src.r.ReadAt(tail, f.size-n); err != nil && err != io.EOF {
		return ending{}, err
	}
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return ending{}, malformed(f.size, "no startxref near the end: the file is cut off or not a pdf")
	}
	p := f.parserAt(f.size - n + int64(i))
	e, ok := p.startXRef()
	if !ok {
		if p.err != nil {
			return ending{}, p.err
		}
		return ending{}, malformed(f.size-n+int64(i), "startxref without an offset and %%%%EOF: the file is cut off")
	}
	f.trailing = f.size - e.end
	return e, p.err
}

// startXRef reads "startxref n %%EOF" and the end of line after it.
func (p *parser) startXRef() (e ending, ok bool) {
	e.at = p.pos()
	if !p.keyword("startxref") {
		return e, false
	}
	for !p.atEnd() && isSpace(p.peek()) {
		p.i++
	}
	if e.value, ok = p.natural(); !ok {
		return e, false
	}
	for !p.atEnd() && isSpace(p.peek()) {
		p.i++
	}
	for _, c := range []byte("%%EOF") {
		if p.atEnd() || p.next() != c {
			return e, false
		}
	}
	e.eof = p.pos()
	p.endOfLine()
	e.end = p.pos()
	return e, true
}

// endOfLine skips one end of line.
func (p *parser) endOfLine() {
	if !p.atEnd() && p.peek() == '\r' {
		p.i++
	}
	if !p.atEnd() && p.peek() == '\n' {
		p.i++
	}
}

// chain reads the sections from the newest to the oldest.
func (f *File) chain(off int64) ([]*section, error) {
	var out []*section
	seen := map[int64]bool{}
	budget := f.src.lim.MaxObjects
	for off >= 0 {
		if seen[off] {
			return nil, malformed(off, "cross-reference sections that refer to each other in a circle")
		}
		if len(out) >= f.src.lim.MaxRevisions {
			return nil, malformed(off, "more than %d cross-reference sections", f.src.lim.MaxRevisions)
		}
		seen[off] = true
		s, err := f.readSection(off, &budget)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
		prev, ok := s.prev()
		if !ok {
			return nil, malformed(off, "a Prev that is not a number")
		}
		off = prev
	}
	return out, nil
}

// endingsAfter records the startxref that follows section s, under the section that it names. In a linearised file the
// first-page section is followed by "startxref 0" and named by the one at the end of the main section (§F.3.4).
func (f *File) endingsAfter(s *section, all []*section, ends map[int64]ending) {
	limit := f.size
	for _, o := range all {
		if o.offset > s.offset {
			limit = min(limit, o.offset)
		}
	}
	p := f.parserAt(s.end)
	p.skipSpace()
	p.keyword("endstream")
	p.skipSpace()
	p.keyword("endobj")
	p.skipSpace()
	if e, ok := p.startXRef(); ok {
		f.recordEnding(e, s, all, ends)
		return
	}
	if _, ok := ends[s.offset]; ok {
		return
	}
	for at := s.end; ; {
		at = f.find("startxref", at, limit)
		if at < 0 {
			return
		}
		p := f.parserAt(at)
		if e, ok := p.startXRef(); ok && e.value == s.offset {
			ends[s.offset] = e
			return
		}
		at++
	}
}

func (f *File) recordEnding(e ending, s *section, all []*section, ends map[int64]ending) {
	names := func(off int64) bool {
		return slices.ContainsFunc(all, func(o *section) bool { return o.offset == off })
	}
	at := e.value
	if !names(at) {
		if at == 0 {
			return
		}
		at = s.offset
	}
	if _, ok := ends[at]; !ok {
		ends[at] = e
	}
}

// find returns the offset of word in [from, limit), or -1.
func (f *File) find(word string, from, limit int64) int64 {
	buf := make([]byte, 64<<10)
	for from < limit {
		n := min(int64(len(buf)), limit-from)
		if f.Work().Scan(n) != nil {
			return -1 // what is read next says so
		}
		got, err := f.src.r.ReadAt(buf[:n], from)
		if i := bytes.Index(buf[:got], []byte(word)); i >= 0 {
			return from + int64(i)
		}
		if err != nil || n < int64(len(buf)) || got < len(word) {
			return -1
		}
		from += int64(got - len(word) + 1)
	}
	return -1
}

// group makes revisions of the sections: each section that a startxref names heads one, and takes with it the older
// ones up to the next such.
func (f *File) group(sections []*section, ends map[int64]ending) error {
	for _, s := range sections {
		e, heads := ends[s.offset]
		if heads && e.at < s.end {
			return malformed(e.at, "startxref inside its own cross-reference section")
		}
		if heads {
			f.revisions = append(f.revisions, Revision{EOF: e.eof, End: e.end, XRef: s.offset, Kind: s.kind,
				Trailer: s.trailer, Entries: s.entries, Conflicts: s.conflicts})
			continue
		}
		r := &f.revisions[len(f.revisions)-1]
		merged := &section{entries: append(slices.Clone(r.Entries), s.entries...)}
		merged.sort()
		r.Entries, r.Conflicts = merged.entries, append(r.Conflicts, s.conflicts...)
	}
	slices.Reverse(f.revisions)
	var start int64
	for i := range f.revisions {
		r := &f.revisions[i]
		if r.End <= start || r.XRef >= r.End {
			return malformed(r.XRef, "cross-reference sections out of order")
		}
		r.Start, start = start, r.End
	}
	return nil
}
