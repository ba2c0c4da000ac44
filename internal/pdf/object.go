package pdf

import (
	"io"
	"math"
	"slices"
)

// Object is one of the PDF object types of ISO 32000-2 §7.3: [Null], [Boolean], [Integer], [Real], [String], [Name],
// [Array], [Dict], [Ref] and *[Stream]; and, for writing only, *[Reserved]. A nil Object stands for an absent value.
type Object interface{ object() }

// Null is the null object (§7.3.9).
type Null struct{}

// Boolean is true or false (§7.3.2).
type Boolean bool

// Integer is a whole number (§7.3.3).
type Integer int64

// Real is a number with a decimal point (§7.3.3).
type Real float64

// Name is a name without its slash and with its #xx escapes resolved (§7.3.5).
type Name string

// String is a string's decoded bytes (§7.3.4). Start and End are the absolute offsets of its first delimiter and of the
// byte after its last one in the file, both 0 when the string does not lie directly in the file (it came from an object
// stream, or is new).
type String struct {
	Bytes      string
	Hex        bool // written as <hex>, else as (literal)
	Start, End int64
}

// Array is an ordered sequence (§7.3.6).
type Array []Object

// Ref is an indirect reference (§7.3.10).
type Ref struct{ Num, Gen int }

// Entry is one key and value of a [Dict].
type Entry struct {
	Key   Name
	Value Object
}

// Dict is a dictionary in the file's order (§7.3.7). Duplicate keys are kept as read; the last one counts.
type Dict []Entry

// Stream is a stream object (§7.3.8). A stream read from a file has its bytes at Offset, Length bytes still encoded by
// its filters; a new one has them in Data.
type Stream struct {
	Dict   Dict
	Offset int64
	Length int64
	Data   []byte

	src   io.ReaderAt
	crypt *decrypter // of an encrypted file
	ref   Ref        // with crypt
}

// Reserved is an object of fixed text whose place in the written update is remembered, so that it can be filled in
// later without a search. Text is written as it is.
type Reserved struct {
	Text   string
	Offset int64 // absolute, set by Update.Bytes
}

func (Null) object()      {}
func (Boolean) object()   {}
func (Integer) object()   {}
func (Real) object()      {}
func (Name) object()      {}
func (String) object()    {}
func (Array) object()     {}
func (Ref) object()       {}
func (Dict) object()      {}
func (*Stream) object()   {}
func (*Reserved) object() {}

// Get returns the value of key, or nil. References are not followed; see [File.Resolve].
func (d Dict) Get(key Name) Object {
	for i := len(d) - 1; i >= 0; i-- {
		if d[i].Key == key {
			return d[i].Value
		}
	}
	return nil
}

// Has tells whether key is present.
func (d Dict) Has(key Name) bool { return d.Get(key) != nil }

// With returns a copy in which key has value v, in its old place if it had one.
func (d Dict) With(key Name, v Object) Dict {
	out := slices.Clone(d)
	for i := len(out) - 1; i >= 0; i-- {
		if out[i].Key == key {
			out[i].Value = v
			return out
		}
	}
	return append(out, Entry{key, v})
}

// Without returns a copy that lacks the given keys.
func (d Dict) Without(keys ...Name) Dict {
	out := make(Dict, 0, len(d))
	for _, e := range d {
		if !slices.Contains(keys, e.Key) {
			out = append(out, e)
		}
	}
	return out
}

// Lookup is Get for many keys: of a large dictionary it makes an index first.
func (d Dict) Lookup() func(Name) Object {
	if len(d) < 16 {
		return d.Get
	}
	values := make(map[Name]Object, len(d))
	for _, e := range d {
		values[e.Key] = e.Value
	}
	return func(key Name) Object { return values[key] }
}

// Duplicate returns the first key that occurs twice in d, or "".
func (d Dict) Duplicate() Name {
	if len(d) < 16 {
		for i := range d {
			for j := range i {
				if d[i].Key == d[j].Key {
					return d[i].Key
				}
			}
		}
		return ""
	}
	seen := make(map[Name]bool, len(d))
	for _, e := range d {
		if seen[e.Key] {
			return e.Key
		}
		seen[e.Key] = true
	}
	return ""
}

// Equal compares two objects by value: dictionaries without regard to order (but where a key stands twice), strings
// without regard to how they are written, numbers by amount, references by number, streams by dictionary and encoded
// bytes. References are not followed.
func Equal(a, b Object) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case String:
		s, ok := b.(String)
		return ok && a.Bytes == s.Bytes
	case Integer:
		if n, ok := b.(Integer); ok {
			return a == n
		}
		r, ok := b.(Real)
		return ok && equalNumber(a, r)
	case Real:
		if r, ok := b.(Real); ok {
			return a == r
		}
		n, ok := b.(Integer)
		return ok && equalNumber(n, a)
	case Array:
		arr, ok := b.(Array)
		return ok && slices.EqualFunc(a, arr, Equal)
	case Dict:
		d, ok := b.(Dict)
		return ok && equalDict(a, d)
	case *Stream:
		s, ok := b.(*Stream)
		return ok && equalDict(a.Dict, s.Dict) && equalBytes(a, s)
	case *Reserved:
		return a == b
	}
	switch b.(type) {
	case Array, Dict:
		return false // not comparable with ==
	}
	return a == b
}

// equalNumber compares exactly: above 2⁵³ a float stands for several whole numbers.
func equalNumber(n Integer, r Real) bool {
	return float64(n) == float64(r) && r >= -1<<63 && r < 1<<63 && Integer(r) == n
}

// equalDict: where a key stands twice, readers may disagree about which one counts, so entries must be the same in the
// same order; else one that is hidden behind a double would count for one that is new.
func equalDict(a, b Dict) bool {
	if len(a) != len(b) {
		return false
	}
	if a.Duplicate() != "" || b.Duplicate() != "" {
		return slices.EqualFunc(a, b, func(x, y Entry) bool { return x.Key == y.Key && Equal(x.Value, y.Value) })
	}
	get := b.Lookup()
	for _, e := range a {
		if v := get(e.Key); v == nil || !Equal(e.Value, v) {
			return false
		}
	}
	return true
}

func equalBytes(a, b *Stream) bool {
	if a == b {
		return true
	}
	ra, rb := a.Raw(), b.Raw()
	if ra.Size() != rb.Size() {
		return false
	}
	if a.src != nil && a.src == b.src && a.Offset == b.Offset {
		return true
	}
	const chunk = 16 << 10
	bufA, bufB := make([]byte, chunk), make([]byte, chunk)
	for {
		n, errA := io.ReadFull(ra, bufA)
		m, errB := io.ReadFull(rb, bufB)
		if n != m || string(bufA[:n]) != string(bufB[:m]) {
			return false
		}
		if errA != nil || errB != nil {
			return (errA == io.EOF || errA == io.ErrUnexpectedEOF) && (errB == io.EOF || errB == io.ErrUnexpectedEOF)
		}
	}
}

// Number returns the amount of an Integer or Real.
func Number(o Object) (float64, bool) {
	switch o := o.(type) {
	case Integer:
		return float64(o), true
	case Real:
		return float64(o), !math.IsNaN(float64(o))
	}
	return 0, false
}
