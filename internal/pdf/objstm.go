package pdf

import (
	"bytes"
)

// objectStream is a decoded object stream (§7.5.7).
type objectStream struct {
	data    []byte
	numbers []int
	offsets []int
}

// maxPacked is how many decoded object streams are kept.
const maxPacked = 16

func (f *File) packedObject(num int, e XRefEntry) (Object, error) {
	s, err := f.objectStream(int(e.Stream))
	if err != nil {
		return nil, err
	}
	i := int(e.Index)
	if i >= len(s.numbers) || s.numbers[i] != num {
		return nil, malformed(0, "the object stream holds something else at index %d", e.Index)
	}
	p := &parser{r: bytes.NewReader(s.data), size: int64(len(s.data)), base: int64(s.offsets[i]),
		elements: f.src.lim.MaxElements, maxDepth: f.src.lim.MaxDepth, embedded: true, work: f.Work()}
	return p.object(0)
}

func (f *File) objectStream(num int) (*objectStream, error) {
	e, ok := f.Lookup(num)
	if !ok || e.Kind != InUse {
		return nil, malformed(0, "object stream %d is missing", num)
	}
	if s, ok := f.src.packed[e.Offset]; ok {
		return s, nil
	}
	o, err := f.at(Ref{num, e.Gen}, e.Offset)
	if err != nil {
		return nil, err
	}
	stm, ok := o.(*Stream)
	if !ok || stm.Dict.Get("Type") != Name("ObjStm") {
		return nil, malformed(e.Offset, "object %d is not an object stream", num)
	}
	s, err := f.readObjectStream(stm)
	if err != nil {
		return nil, err
	}
	if _, indirect := stm.Dict.Get("Length").(Ref); indirect {
		return s, nil // see File.at
	}
	if len(f.src.packed) >= maxPacked {
		clear(f.src.packed)
	}
	f.src.packed[e.Offset] = s
	return s, nil
}

func (f *File) readObjectStream(stm *Stream) (*objectStream, error) {
	n, ok1 := stm.Dict.Get("N").(Integer)
	first, ok2 := stm.Dict.Get("First").(Integer)
	data, err := f.Decode(stm, f.src.lim.MaxDecoded)
	if err != nil {
		return nil, err
	}
	if !ok1 || !ok2 || n < 0 || first < 0 || int64(first) > int64(len(data)) || int64(n) > int64(len(data))/2 {
		return nil, malformed(stm.Offset, "an object stream with wrong N or First")
	}
	s := &objectStream{data: data}
	p := &parser{r: bytes.NewReader(data[:first]), size: int64(first), embedded: true, work: f.Work()}
	for range int(n) {
		p.skipSpace()
		num, ok1 := p.natural()
		p.skipSpace()
		off, ok2 := p.natural()
		if !ok1 || !ok2 || num > maxObjectNumber || off > int64(len(data))-int64(first) {
			return nil, malformed(stm.Offset, "an object stream with a wrong table of offsets")
		}
		s.numbers = append(s.numbers, int(num))
		s.offsets = append(s.offsets, int(off)+int(first))
	}
	return s, nil
}
