package pdf

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Update is an incremental update in the making (§7.5.6): the objects that change, and new ones. It never alters what
// the file holds already.
type Update struct {
	file    *File
	objects map[int]pending
	maxNum  int
}

type pending struct {
	gen  int
	obj  Object
	free bool
}

// NewUpdate begins an update of the file's newest revision.
func NewUpdate(f *File) *Update {
	return &Update{file: f, objects: map[int]pending{}, maxNum: f.MaxNum()}
}

// Set replaces an indirect object, under its own number.
func (u *Update) Set(ref Ref, o Object) {
	u.objects[ref.Num] = pending{gen: ref.Gen, obj: o}
	u.maxNum = max(u.maxNum, ref.Num)
}

// Add gives a new object a number that the file has never used.
func (u *Update) Add(o Object) Ref {
	u.maxNum++
	u.objects[u.maxNum] = pending{obj: o}
	return Ref{Num: u.maxNum}
}

// Delete frees an object's number (§7.5.4).
func (u *Update) Delete(ref Ref) {
	u.objects[ref.Num] = pending{gen: min(ref.Gen+1, 65535), free: true}
}

// Get returns an object as the update leaves it: the pending one, else the file's.
func (u *Update) Get(ref Ref) (Object, error) {
	if p, ok := u.objects[ref.Num]; ok && p.gen == ref.Gen && !p.free {
		return p.obj, nil
	}
	return u.file.Get(ref)
}

// Empty tells whether nothing changes.
func (u *Update) Empty() bool { return len(u.objects) == 0 }

// Bytes returns what is to be appended to the file. Offsets, also those of Reserved objects, count from the start of
// the file. The cross-reference section is of the kind that the newest revision has; an update of a hybrid file is a
// table, which every reader of such a file reads.
func (u *Update) Bytes() ([]byte, error) {
	base := u.file.size
	out, err := u.separator()
	if err != nil {
		return nil, err
	}
	nums := make([]int, 0, len(u.objects)+1)
	for n := range u.objects {
		nums = append(nums, n)
	}
	slices.Sort(nums)
	entries := make([]NumberedEntry, 0, len(nums)+1)
	for _, n := range nums {
		p := u.objects[n]
		e := NumberedEntry{n, XRefEntry{Kind: InUse, Gen: p.gen, Offset: base + int64(len(out))}}
		if p.free {
			e.XRefEntry = XRefEntry{Gen: p.gen}
		} else if out, err = appendIndirect(out, Ref{n, p.gen}, p.obj, base); err != nil {
			return nil, fmt.Errorf("object %d: %w", n, err)
		}
		entries = append(entries, e)
	}
	if u.file.last().Kind == XRefStream {
		return u.appendXRefStream(out, entries, base)
	}
	return u.appendTable(out, entries, base)
}

// separator is an end of line where the file lacks its last one, so that the update's first object begins a line.
func (u *Update) separator() ([]byte, error) {
	if u.file.size == 0 {
		return nil, malformed(0, "an empty file")
	}
	var last [1]byte
	if _, err := u.file.src.r.ReadAt(last[:], u.file.size-1); err != nil && err != io.EOF {
		return nil, fmt.Errorf("read at byte %d: %w", u.file.size-1, err)
	}
	out := make([]byte, 0, 16<<10)
	if last[0] != '\n' && last[0] != '\r' {
		out = append(out, '\n')
	}
	return out, nil
}

func appendIndirect(out []byte, ref Ref, o Object, base int64) ([]byte, error) {
	out = strconv.AppendInt(out, int64(ref.Num), 10)
	out = append(out, ' ')
	out = strconv.AppendInt(out, int64(ref.Gen), 10)
	out = append(out, " obj\n"...)
	s, isStream := o.(*Stream)
	if isStream {
		o = s.Dict.With("Length", Integer(s.Raw().Size()))
	}
	out, err := appendObject(out, o, base)
	if err != nil {
		return nil, err
	}
	if isStream {
		out = append(out, "\nstream\n"...)
		buf := bytes.NewBuffer(out)
		if _, err := buf.ReadFrom(s.Raw()); err != nil {
			return nil, err
		}
		out = append(buf.Bytes(), "\nendstream"...)
	}
	return append(out, "\nendobj\n"...), nil
}

// trailer is the newest trailer with this update's Size, Prev and ID; what belonged to a cross-reference stream alone,
// or to a hybrid section, does not go along.
func (u *Update) trailer(written []byte) Dict {
	old := u.file.Trailer()
	d := old.Without("Size", "Prev", "ID", "XRefStm", "Type", "W", "Index", "Length", "Filter", "DecodeParms", "F",
		"FFilter", "FDecodeParms", "DL", "DocChecksum")
	d = d.With("Size", Integer(u.maxNum+1))
	d = d.With("Prev", Integer(u.file.last().XRef))
	return d.With("ID", u.newID(old, written))
}

// newID keeps the permanent identifier and makes the changing one of what is written (§14.4), 16 bytes as is usual.
func (u *Update) newID(old Dict, written []byte) Array {
	h := sha256.New()
	h.Write(strconv.AppendInt(nil, u.file.size, 10))
	h.Write(written)
	changed := String{Bytes: string(h.Sum(nil)[:16]), Hex: true}
	arr, err := u.file.Array(old.Get("ID"))
	if err == nil && len(arr) == 2 {
		if first, ok := arr[0].(String); ok {
			first.Hex = true
			return Array{first, changed}
		}
	}
	return Array{changed, changed}
}

func (u *Update) appendTable(out []byte, entries []NumberedEntry, base int64) ([]byte, error) {
	at := base + int64(len(out))
	d := u.trailer(out)
	out = append(out, "xref\n"...)
	for run := range runs(entries) {
		out = fmt.Appendf(out, "%d %d\n", run[0].Num, len(run))
		for _, e := range run {
			if e.Offset > 9_999_999_999 {
				return nil, fmt.Errorf("a cross-reference table cannot hold an offset of %d", e.Offset)
			}
			out = AppendXRefEntry(out, e.Offset, e.Gen, e.Kind)
		}
	}
	out = append(out, "trailer\n"...)
	out, err := appendDict(out, d, base)
	return fmt.Appendf(out, "\nstartxref\n%d\n%%%%EOF\n", at), err
}

// runs cuts ascending entries where numbers are not consecutive.
func runs(entries []NumberedEntry) func(yield func([]NumberedEntry) bool) {
	return func(yield func([]NumberedEntry) bool) {
		start := 0
		for i := range entries {
			if i+1 == len(entries) || entries[i+1].Num != entries[i].Num+1 {
				if !yield(entries[start : i+1]) {
					return
				}
				start = i + 1
			}
		}
	}
}

func (u *Update) appendXRefStream(out []byte, entries []NumberedEntry, base int64) ([]byte, error) {
	at := base + int64(len(out))
	u.maxNum++
	ref := Ref{Num: u.maxNum}
	entries = append(entries, NumberedEntry{ref.Num, XRefEntry{Kind: InUse, Offset: at}})
	d := append(Dict{{"Type", Name("XRef")}}, u.trailer(out)...)
	width := 1
	for at>>(8*width) != 0 {
		width++
	}
	var index Array
	var data []byte
	for run := range runs(entries) {
		index = append(index, Integer(run[0].Num), Integer(len(run)))
		for _, e := range run {
			data = append(data, byte(e.Kind))
			for i := width - 1; i >= 0; i-- {
				data = append(data, byte(e.Offset>>(8*i)))
			}
			data = append(data, byte(e.Gen>>8), byte(e.Gen))
		}
	}
	d = d.With("W", Array{Integer(1), Integer(width), Integer(2)}).With("Index", index)
	out, err := appendIndirect(out, ref, &Stream{Dict: d, Data: data}, base)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(out, "startxref\n%d\n%%%%EOF\n", at), nil
}
