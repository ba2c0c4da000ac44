package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// ErrEncrypted is returned for a file with an Encrypt dictionary (§7.6), whose strings and streams this package does
// not decipher.
var ErrEncrypted = errors.New("the pdf is encrypted: remove its protection first, then try again")

// maxObjectNumber is the largest object number of §C.2's table of limits.
const maxObjectNumber = 8388607

// Limits bounds what reading a file may cost. The zero value of each field means its default.
type Limits struct {
	MaxDepth       int   // nesting of arrays, dictionaries, page tree and field tree; default 100
	MaxElements    int   // values in one object; default 1,000,000
	MaxObjects     int   // entries in all cross-reference sections together; default 8,388,607
	MaxRevisions   int   // cross-reference sections; default 10,000
	MaxDecoded     int64 // bytes of one decoded object or cross-reference stream; default 64 MiB
	Work           *Work // the budget, which several openings of a file may share; default one by the file's size
	AllowEncrypted bool  // open encrypted files too, and decipher what opens without a password; see File.Locked
}

func (l Limits) withDefaults(size int64) Limits {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&l.MaxDepth, 100)
	def(&l.MaxElements, 1_000_000)
	def(&l.MaxObjects, maxObjectNumber)
	def(&l.MaxRevisions, 10_000)
	if l.MaxDecoded == 0 {
		l.MaxDecoded = 64 << 20
	}
	if l.Work == nil {
		l.Work = NewWork(0, size)
	}
	return l
}

// source is what all views of one file share: the bytes, and objects already parsed, by offset.
type source struct {
	r      io.ReaderAt
	lim    Limits
	cache  map[int64]cached
	cost   int64 // source bytes of the cached objects
	packed map[int64]*objectStream
	crypt  *decrypter // nil: not encrypted, or locked
}

type cached struct {
	num, gen int
	obj      Object
	cost     int64 // source bytes
}

// maxCacheCost is how many bytes of parsed objects' text are kept before the cache starts again.
const maxCacheCost = 2 << 20

// File is a view of a PDF file as it is at its end or was at the end of one of its revisions. It reads on demand and
// keeps little; it is not safe for concurrent use.
type File struct {
	src       *source
	size      int64
	revisions []Revision // in file order; the last one is the view's own
	trailing  int64      // bytes after the last revision's end
	rebuilt   error      // see Rebuilt
	damaged   error      // see Damaged
	document
}

// document is what a file holds as a document: its pages with what they show, its form with its signatures.
type document struct{ *File }

func (f *File) furnish() *File {
	f.document = document{f}
	return f
}

// Open reads the cross-reference sections of the file of size bytes behind r. Errors wrap [ErrMalformed] or
// [ErrEncrypted], or are the reader's own.
func Open(r io.ReaderAt, size int64, lim Limits) (*File, error) {
	f := newFile(r, size, lim)
	return f, f.open()
}

func newFile(r io.ReaderAt, size int64, lim Limits) *File {
	file := &File{
		size: size, src: &source{r: r, lim: lim.withDefaults(size), cache: map[int64]cached{},
			packed: map[int64]*objectStream{}},
	}
	return file.furnish()
}

// Work is the budget that everything read from the file draws on.
func (f *File) Work() *Work { return f.src.lim.Work }

func (f *File) open() error {
	if err := f.checkHeader(); err != nil {
		return err
	}
	if err := f.readRevisions(); err != nil {
		return err
	}
	if !f.Encrypted() {
		return nil
	}
	if !f.src.lim.AllowEncrypted {
		return ErrEncrypted
	}
	f.unlock()
	return nil
}

// checkHeader looks for %PDF- in the first 1024 bytes; offsets count from byte 0 whatever stands before it.
func (f *File) checkHeader() error {
	head := make([]byte, min(f.size, 1024))
	if _, err := f.src.r.ReadAt(head, 0); err != nil && err != io.EOF {
		return fmt.Errorf("read at byte 0: %w", err)
	}
	if !bytes.Contains(head, []byte("%PDF-")) {
		return malformed(0, "no %%PDF- header: this is not a pdf file")
	}
	return nil
}

// Size is the file's size in bytes (up to the end of the revision, in a view made by AsOf).
func (f *File) Size() int64 { return f.size }

// ReaderAt gives the file's bytes.
func (f *File) ReaderAt() io.ReaderAt { return f.src.r }

// Trailer is the newest trailer dictionary; for cross-reference streams, the stream's dictionary.
func (f *File) Trailer() Dict { return f.last().Trailer }

func (f *File) last() *Revision { return &f.revisions[len(f.revisions)-1] }

// Encrypted tells whether the file has an Encrypt dictionary.
func (f *File) Encrypted() bool { return f.Trailer().Has("Encrypt") }

// Trailing is how many bytes follow the end of the last revision; 0 in a sound file.
func (f *File) Trailing() int64 { return f.trailing }

// Revisions lists the file's revisions in file order.
func (f *File) Revisions() []Revision { return f.revisions }

// AsOf returns the file as it was at the end of revision i (0 is the first). Parsed objects are shared.
func (f *File) AsOf(i int) *File {
	revs := f.revisions[: i+1 : i+1]
	view := &File{src: f.src, size: revs[i].End, revisions: revs, rebuilt: f.rebuilt}
	return view.furnish()
}

// Lookup returns the newest cross-reference entry of an object number.
func (f *File) Lookup(num int) (XRefEntry, bool) {
	for i := len(f.revisions) - 1; i >= 0; i-- {
		if e, ok := f.revisions[i].lookup(num); ok {
			return e, true
		}
	}
	return XRefEntry{}, false
}

// Objects lists the newest entry of every object number, ascending, free ones included.
func (f *File) Objects() iter.Seq2[int, XRefEntry] {
	return func(yield func(int, XRefEntry) bool) {
		at := make([]int, len(f.revisions))
		for {
			best := -1
			for i := range f.revisions {
				if e := f.revisions[i].Entries; at[i] < len(e) && (best < 0 || e[at[i]].Num < best) {
					best = e[at[i]].Num
				}
			}
			if best < 0 || f.Work().Spend(int64(len(f.revisions))) != nil {
				return
			}
			var entry XRefEntry
			for i := range f.revisions {
				if e := f.revisions[i].Entries; at[i] < len(e) && e[at[i]].Num == best {
					entry = e[at[i]].XRefEntry
					at[i]++
				}
			}
			if !yield(best, entry) {
				return
			}
		}
	}
}

// MaxNum is the largest object number that is used by an entry or covered by Size in the trailer.
func (f *File) MaxNum() int {
	n := 0
	for i := range f.revisions {
		if e := f.revisions[i].Entries; len(e) > 0 {
			n = max(n, e[len(e)-1].Num)
		}
		if s, ok := f.revisions[i].Trailer.Get("Size").(Integer); ok && s > 0 && s <= maxObjectNumber+1 {
			n = max(n, int(s)-1)
		}
	}
	return n
}

// Get returns an indirect object; Null when it is absent, free or of another generation (§7.3.10).
func (f *File) Get(ref Ref) (Object, error) {
	if err := f.Work().Spend(lookupWork + int64(len(f.revisions))); err != nil {
		return nil, err
	}
	e, ok := f.Lookup(ref.Num)
	if !ok {
		return Null{}, nil
	}
	switch e.Kind {
	case InUse:
		if e.Gen != ref.Gen {
			return Null{}, nil
		}
		o, err := f.at(ref, e.Offset)
		if err != nil {
			return nil, fmt.Errorf("object %d %d: %w", ref.Num, ref.Gen, err)
		}
		return o, nil
	case Compressed:
		if ref.Gen != 0 {
			return Null{}, nil
		}
		o, err := f.packedObject(ref.Num, e)
		if err != nil {
			return nil, fmt.Errorf("object %d in object stream %d: %w", ref.Num, e.Stream, err)
		}
		return o, nil
	}
	return Null{}, nil
}

// at parses the indirect object at off, which must be ref.
func (f *File) at(ref Ref, off int64) (Object, error) {
	if c, ok := f.src.cache[off]; ok && c.num == ref.Num && c.gen == ref.Gen {
		return c.obj, f.Work().Spend(c.cost / 4) // whoever asked goes through it again
	}
	p := f.parserAt(off)
	num, gen, err := p.header()
	if err != nil {
		return nil, err
	}
	if num != ref.Num || gen != ref.Gen {
		return nil, malformed(off, "object %d %d where %d %d was expected", num, gen, ref.Num, ref.Gen)
	}
	o, err := f.body(p)
	if err != nil {
		return nil, err
	}
	if f.src.crypt != nil {
		o = f.src.crypt.object(ref, o)
	}
	if s, ok := o.(*Stream); ok {
		if _, indirect := s.Dict.Get("Length").(Ref); indirect {
			return o, nil // its length may differ between revisions, so views must not share it
		}
	}
	cost := p.pos() - off
	if f.src.cost += cost; f.src.cost > maxCacheCost {
		f.src.cache, f.src.cost = map[int64]cached{}, cost
	}
	f.src.cache[off] = cached{num, gen, o, cost}
	return o, nil
}

// header reads "n g obj".
func (p *parser) header() (num, gen int, err error) {
	p.skipSpace()
	n, ok1 := p.natural()
	p.skipSpace()
	g, ok2 := p.natural()
	p.skipSpace()
	if !ok1 || !ok2 || n > maxObjectNumber || g > 65535 {
		return 0, 0, p.fail("no indirect object begins here")
	}
	for _, c := range []byte("obj") {
		if p.next() != c {
			return 0, 0, p.fail("no indirect object begins here")
		}
	}
	return int(n), int(g), p.err
}

// body reads what follows "n g obj": an object, or a stream.
func (f *File) body(p *parser) (Object, error) {
	o, err := p.object(0)
	if err != nil {
		return nil, err
	}
	p.skipSpace()
	d, isDict := o.(Dict)
	if !isDict || !p.keyword("stream") {
		return o, p.err // some producers leave endobj out; the object is whole all the same
	}
	if p.peek() == '\r' {
		p.i++
	}
	if p.peek() == '\n' {
		p.i++
	}
	return f.stream(d, p.pos())
}

func (f *File) stream(d Dict, at int64) (Object, error) {
	length, err := f.streamLength(d, at)
	if err != nil {
		return nil, err
	}
	if length < 0 || length > f.size-at {
		return nil, malformed(at, "a stream of length %d reaches beyond the file", length)
	}
	return &Stream{Dict: d, Offset: at, Length: length, src: f.src.r}, nil
}

func (f *File) streamLength(d Dict, at int64) (int64, error) {
	switch l := d.Get("Length").(type) {
	case Integer:
		return int64(l), nil
	case Ref:
		if e, ok := f.Lookup(l.Num); ok && e.Kind == InUse && e.Offset == at {
			break
		}
		o, err := f.lengthObject(l)
		if err != nil {
			return 0, err
		}
		if n, ok := o.(Integer); ok {
			return int64(n), nil
		}
	}
	return 0, malformed(at, "a stream without a length")
}

// lengthObject reads a stream's indirect Length, which must be a plain object: a stream here could lead in a circle.
func (f *File) lengthObject(ref Ref) (Object, error) {
	e, ok := f.Lookup(ref.Num)
	if !ok || e.Kind != InUse {
		if ok && e.Kind == Compressed {
			return f.Get(ref)
		}
		return Null{}, nil
	}
	p := f.parserAt(e.Offset)
	num, gen, err := p.header()
	if p.err != nil {
		return nil, p.err
	}
	if err != nil || num != ref.Num || gen != ref.Gen {
		return nil, malformed(e.Offset, "the length of a stream is not object %d", ref.Num)
	}
	return p.object(0)
}

// Resolve follows references until a direct object; nil stays nil, a missing object is Null.
func (f *File) Resolve(o Object) (Object, error) {
	for range 32 {
		ref, ok := o.(Ref)
		if !ok {
			return o, nil
		}
		var err error
		if o, err = f.Get(ref); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: a chain of references that does not end", ErrMalformed)
}

// Dict resolves o to a dictionary (a stream's dictionary for a stream); nil for an absent or null value.
func (f *File) Dict(o Object) (Dict, error) {
	v, err := f.Resolve(o)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case Dict:
		return v, nil
	case *Stream:
		return v.Dict, nil
	case nil, Null:
		return nil, nil
	}
	return nil, fmt.Errorf("%w: a %T where a dictionary was expected", ErrMalformed, v)
}

// Array resolves o to an array; nil for an absent or null value.
func (f *File) Array(o Object) (Array, error) {
	v, err := f.Resolve(o)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case Array:
		return v, nil
	case nil, Null:
		return nil, nil
	}
	return nil, fmt.Errorf("%w: a %T where an array was expected", ErrMalformed, v)
}

// Catalog returns the document catalogue and its reference (§7.7.2).
func (f *File) Catalog() (Ref, Dict, error) {
	ref, ok := f.Trailer().Get("Root").(Ref)
	if !ok {
		return Ref{}, nil, fmt.Errorf("%w: the trailer has no Root", ErrMalformed)
	}
	o, err := f.Get(ref)
	if err != nil {
		return Ref{}, nil, fmt.Errorf("document catalogue: %w", err)
	}
	d, ok := o.(Dict)
	if !ok {
		return Ref{}, nil, fmt.Errorf("%w: the document catalogue, object %d, is not a dictionary", ErrMalformed,
			ref.Num)
	}
	return ref, d, nil
}
