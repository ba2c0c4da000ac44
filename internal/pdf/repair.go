package pdf

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
)

// OpenDamaged is Open for reporting on files whose cross-references are damaged. It first looks for an earlier end of
// the file that is sound; what follows that is then [File.Trailing]. Where there is none it finds the objects by
// searching for them, as readers do: the file then has a single revision, and [File.Rebuilt] says why. A sound file is
// opened as it is.
func OpenDamaged(r io.ReaderAt, size int64, lim Limits) (*File, error) {
	lim = lim.withDefaults(size) // one budget for all that is tried
	f, err := Open(r, size, lim)
	if err == nil || !errors.Is(err, ErrMalformed) {
		return f, err
	}
	if sound := openEarlier(r, size, lim); sound != nil {
		sound.damaged = err
		return sound, nil
	}
	return Rebuild(r, size, lim, err)
}

// maxEndings is how many earlier ends of a damaged file are tried.
const maxEndings = 16

// openEarlier opens the longest part of the file that is a sound file; nil if no end near enough makes one.
func openEarlier(r io.ReaderAt, size int64, lim Limits) *File {
	mark := []byte("%%EOF")
	tried := 0
	buf := make([]byte, 64<<10)
	for end := size; end > 0 && tried < maxEndings; {
		start := max(0, end-int64(len(buf)))
		part := buf[:end-start]
		if lim.Work.Scan(int64(len(part))) != nil {
			return nil
		}
		if n, err := r.ReadAt(part, start); n < len(part) && err != nil {
			return nil
		}
		for i := bytes.LastIndex(part, mark); i >= 0 && tried < maxEndings; i = bytes.LastIndex(part[:i], mark) {
			tried++
			p := newFile(r, size, lim).parserAt(start + int64(i+len(mark)))
			p.endOfLine()
			at := p.pos()
			if f, err := Open(r, at, lim); err == nil {
				f.size, f.trailing = size, size-f.last().End
				return f
			}
		}
		if start == 0 {
			break
		}
		end = start + int64(len(mark)) - 1 // a mark may lie across the border
	}
	return nil
}

// Damaged says why the end of a file was left out; nil for all others.
func (f *File) Damaged() error { return f.damaged }

// Rebuilt says what was wrong with the cross-references of a file whose objects had to be searched for; nil for all
// others.
func (f *File) Rebuilt() error { return f.rebuilt }

// Rebuild searches the whole file for objects. Of several with one number the last counts.
func Rebuild(r io.ReaderAt, size int64, lim Limits, cause error) (*File, error) {
	f := newFile(r, size, lim)
	f.rebuilt = cause
	if err := f.checkHeader(); err != nil {
		return nil, err
	}
	found, err := f.searchObjects()
	if err != nil {
		return nil, err
	}
	rev := Revision{EOF: size, End: size, XRef: -1}
	for _, num := range slices.Sorted(maps.Keys(found)) {
		rev.Entries = append(rev.Entries, NumberedEntry{num, found[num]})
	}
	f.revisions = []Revision{rev}
	if err := f.adoptObjects(); err != nil {
		return nil, err
	}
	if f.Encrypted() {
		if !f.src.lim.AllowEncrypted {
			return nil, ErrEncrypted
		}
		f.unlock()
	}
	return f, nil
}

// searchObjects finds every "n g obj".
func (f *File) searchObjects() (map[int]XRefEntry, error) {
	found := map[int]XRefEntry{}
	err := f.eachOccurrence(" obj", func(at int64) error {
		start, ok := f.headerBefore(at)
		if !ok {
			return nil
		}
		num, gen, failed := f.parserAt(start).header()
		if failed != nil {
			return nil //nolint:nilerr // a word that only looks like an object's head
		}
		if found[num] = (XRefEntry{Kind: InUse, Offset: start, Gen: gen}); len(found) > f.src.lim.MaxObjects {
			return malformed(start, "too many objects")
		}
		return nil
	})
	return found, err
}

// eachOccurrence calls fn for every place of a word in the file, in order.
func (f *File) eachOccurrence(word string, fn func(at int64) error) error {
	buf := make([]byte, 64<<10)
	for start := int64(0); start < f.size; {
		part := buf[:min(int64(len(buf)), f.size-start)]
		if err := f.Work().Scan(int64(len(part))); err != nil {
			return err
		}
		if n, err := f.src.r.ReadAt(part, start); n < len(part) {
			return err
		}
		for i := 0; ; {
			k := bytes.Index(part[i:], []byte(word))
			if k < 0 {
				break
			}
			if err := fn(start + int64(i+k)); err != nil {
				return err
			}
			i += k + len(word)
		}
		if start += int64(len(part)); start < f.size {
			start -= int64(len(word)) - 1 // a word may lie across the border
		}
	}
	return nil
}

// headerBefore finds where the numbers before " obj" begin.
func (f *File) headerBefore(at int64) (int64, bool) {
	buf := make([]byte, min(at, 20))
	if n, err := f.src.r.ReadAt(buf, at-int64(len(buf))); n < len(buf) && err != nil {
		return 0, false
	}
	i := len(buf)
	digits := func() bool {
		from := i
		for i > 0 && isDigit(buf[i-1]) {
			i--
		}
		return i < from
	}
	if !digits() {
		return 0, false
	}
	from := i
	for i > 0 && isSpace(buf[i-1]) {
		i--
	}
	if i == from || !digits() {
		return 0, false
	}
	return at - int64(len(buf)-i), true
}

// adoptObjects looks through the objects found for what lies in object streams and for a trailer.
func (f *File) adoptObjects() error {
	rev := f.last()
	var packed []NumberedEntry
	for _, e := range rev.Entries {
		o, err := f.Get(Ref{e.Num, e.Gen})
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				return err
			}
			continue
		}
		switch o := o.(type) {
		case *Stream:
			f.adoptTrailer(o.Dict, o.Dict.Get("Type") == Name("XRef"))
			if s, err := f.objectStream(e.Num); o.Dict.Get("Type") == Name("ObjStm") && err == nil {
				for i, num := range s.numbers {
					packed = append(packed, NumberedEntry{num, XRefEntry{Kind: Compressed, Stream: int32(e.Num),
						Index: int32(i)}})
				}
			}
		case Dict:
			if o.Get("Type") == Name("Catalog") && !rev.Trailer.Has("Root") {
				rev.Trailer = rev.Trailer.With("Root", Ref{e.Num, e.Gen})
			}
		}
	}
	merged := &section{entries: slices.Concat(rev.Entries, packed)} // an object outside wins, then the last stream
	merged.sort()
	rev.Entries = merged.entries
	if err := f.searchTrailers(); err != nil {
		return err
	}
	if !rev.Trailer.Has("Root") {
		return malformed(f.size, "no document catalogue is to be found")
	}
	return nil
}

func (f *File) adoptTrailer(d Dict, ok bool) {
	if ok && d.Has("Root") {
		f.last().Trailer = d
	}
}

func (f *File) searchTrailers() error {
	return f.eachOccurrence("trailer", func(at int64) error {
		o, err := f.parserAt(at + int64(len("trailer"))).object(0)
		if d, ok := o.(Dict); ok && err == nil {
			f.adoptTrailer(d, true)
		}
		return nil
	})
}
