package pdf

import (
	"slices"
)

// maxHeads is how many object heads before a signature dictionary are tried: what looks like one may lie in a string.
const maxHeads = 4

// HiddenSignatures searches the bytes of the file for complete signature dictionaries that its fields do not lead to:
// ByteRange begins at 0, its gap holds a hexadecimal string, and it ends within the file. known says whether a string
// that begins at an offset is a signature's that was found already. Such a dictionary is whole where it lies, so what
// it covers cannot have been moved; who keeps readers from it can only lead the cross-references past it (a Prev or a
// startxref that names an older section), which costs no byte of what is signed. Signatures that grant usage rights
// (§12.8.2.3) are in no field by their nature and are left out. The fields of what is returned have no name.
func (f document) HiddenSignatures(known func(contents int64) bool) ([]Signature, error) {
	marks, err := f.signatureMarks(known)
	if err != nil || len(marks) == 0 {
		return nil, err
	}
	var out []Signature
	for _, m := range marks {
		for _, head := range slices.Backward(m.heads) {
			if s, ok := f.signatureBehind(head, m.gap); ok {
				if !f.grantsUsage(s.Dict) {
					out = append(out, s)
				}
				break
			}
		}
		if err := f.Work().Err(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// signatureMark is a ByteRange that fits the place it lies in.
type signatureMark struct {
	at, gap int64   // of the key, and of the string that the range leaves out
	heads   []int64 // the last places before it where an object may begin
}

func (f document) signatureMarks(known func(contents int64) bool) ([]signatureMark, error) {
	var marks []signatureMark
	err := f.eachOccurrence("/ByteRange", func(at int64) error {
		if gap, ok := f.fittingRange(at + int64(len("/ByteRange"))); ok && !known(gap) {
			marks = append(marks, signatureMark{at: at, gap: gap})
		}
		return f.Work().Spend(objectWork)
	})
	if err != nil || len(marks) == 0 {
		return nil, err
	}
	next := 0
	err = f.eachOccurrence(" obj", func(at int64) error {
		for next < len(marks) && marks[next].at < at {
			if next++; next < len(marks) {
				marks[next].heads = slices.Clone(marks[next-1].heads)
			}
		}
		if next == len(marks) {
			return nil
		}
		start, ok := f.headerBefore(at)
		if !ok {
			return nil
		}
		h := &marks[next].heads
		if *h = append(*h, start); len(*h) > maxHeads {
			*h = slices.Delete(*h, 0, 1)
		}
		return nil
	})
	return marks, err
}

// fittingRange reads the array at an offset; true for four numbers from 0 that leave out one hexadecimal string.
func (f document) fittingRange(at int64) (gap int64, ok bool) {
	p := f.parserAt(at)
	p.skipSpace()
	if p.next() != '[' {
		return 0, false
	}
	var br [4]int64
	for i := range br {
		p.skipSpace()
		if br[i], ok = p.natural(); !ok {
			return 0, false
		}
	}
	if p.skipSpace(); p.next() != ']' {
		return 0, false
	}
	from, to := br[1], br[2]
	if br[0] != 0 || to < from+2 || to > f.size || br[3] > f.size-to {
		return 0, false
	}
	return from, f.byteAt(from) == '<' && f.byteAt(to-1) == '>'
}

func (f document) byteAt(at int64) byte {
	var b [1]byte
	if n, _ := f.src.r.ReadAt(b[:], at); n != 1 {
		return 0
	}
	return b[0]
}

// signatureBehind parses the object at an offset and finds in it the dictionary whose Contents begin at gap.
func (f document) signatureBehind(head, gap int64) (Signature, bool) {
	p := f.parserAt(head)
	num, gen, err := p.header()
	if err != nil {
		return Signature{}, false
	}
	o, err := p.object(0)
	if err != nil {
		return Signature{}, false
	}
	d, direct := dictAround(o, gap)
	if d == nil {
		return Signature{}, false
	}
	s := Signature{Field: &Field{Dict: Dict{}}, Dict: d}
	if !direct {
		s.Ref = Ref{num, gen}
	}
	s.Contents, _ = d.Get("Contents").(String)
	s.Certificates = f.certificates(d.Get("Cert"))
	s.ByteRange, s.Err = f.byteRange(d)
	return s, true
}

// dictAround finds the dictionary whose Contents begin at an offset, in o or below it; the parser bounds the depth.
func dictAround(o Object, contents int64) (d Dict, below bool) {
	switch o := o.(type) {
	case Dict:
		if s, ok := o.Get("Contents").(String); ok && s.Start == contents {
			return o, false
		}
		for _, e := range o {
			if d, _ := dictAround(e.Value, contents); d != nil {
				return d, true
			}
		}
	case Array:
		for _, v := range o {
			if d, _ := dictAround(v, contents); d != nil {
				return d, true
			}
		}
	}
	return nil, false
}

// grantsUsage tells a signature by which a program lets its readers do more: one of its transforms is UR or UR3. A
// person's or an agency's signature has none of these, so it cannot be passed off as one without another value.
func (f document) grantsUsage(d Dict) bool {
	refs, err := f.Array(d.Get("Reference"))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(refs, func(o Object) bool {
		ref, err := f.Dict(o)
		method := ref.Get("TransformMethod")
		return err == nil && (method == Name("UR") || method == Name("UR3"))
	})
}
