// Package deviate changes a DER structure in every single place, one at a time, for tests of those who read it: each
// element is left out, doubled, emptied, given another tag or another value, or changes places with the next one.
// Lengths are put right around the change, so that what is tried is what the reader makes of the structure, not of a
// wrong length.
package deviate

import (
	"bytes"
	"fmt"
	"slices"
)

// Deviation is one structure that differs from the original in one place.
type Deviation struct {
	Path string // of the element, by position: "0.2.1" is the second child of the third child of the first element
	How  string // what was done to it
	DER  []byte
}

// element is a tag with its content, or with its children where the content consists of elements.
type element struct {
	tag      byte
	prefix   []byte // of a BIT STRING's content: the number of unused bits
	content  []byte
	children []*element
}

// All are the deviations of a structure, without those that come to the same bytes. What is no DER with tags of one
// byte has none.
func All(der []byte) []Deviation {
	roots, ok := parse(der)
	if !ok {
		return nil
	}
	var out []Deviation
	top := &element{children: roots}
	walk(top, "", func(parent *element, i int, path string) {
		for _, how := range ways {
			changed := how.change(parent.children, i)
			if changed == nil {
				continue
			}
			kept := parent.children
			parent.children = changed
			made := top.body()
			parent.children = kept
			if !bytes.Equal(made, der) {
				out = append(out, Deviation{path, how.name, made})
			}
		}
	})
	return out
}

func walk(parent *element, path string, visit func(parent *element, i int, path string)) {
	for i, child := range parent.children {
		at := fmt.Sprintf("%s%d", path, i)
		visit(parent, i, at)
		walk(child, at+".", visit)
	}
}

var ways = []struct {
	name   string
	change func(list []*element, i int) []*element
}{
	{"left out", func(list []*element, i int) []*element { return slices.Delete(slices.Clone(list), i, i+1) }},
	{"doubled", func(list []*element, i int) []*element { return slices.Insert(slices.Clone(list), i, list[i]) }},
	{"with another tag", func(list []*element, i int) []*element {
		return replaced(list, i, func(e *element) { e.tag ^= 1 })
	}},
	{"emptied", func(list []*element, i int) []*element {
		return replaced(list, i, func(e *element) { e.children, e.content, e.prefix = nil, nil, nil })
	}},
	{"with another last byte", func(list []*element, i int) []*element {
		if len(list[i].content) == 0 {
			return nil
		}
		return replaced(list, i, func(e *element) {
			e.content = slices.Clone(e.content)
			e.content[len(e.content)-1] ^= 1
		})
	}},
	{"with a byte more", func(list []*element, i int) []*element {
		if list[i].children != nil {
			return nil
		}
		return replaced(list, i, func(e *element) { e.content = append(slices.Clone(e.content), 0) })
	}},
	{"behind the next one", func(list []*element, i int) []*element {
		if i+1 == len(list) {
			return nil
		}
		out := slices.Clone(list)
		out[i], out[i+1] = out[i+1], out[i]
		return out
	}},
}

func replaced(list []*element, i int, change func(*element)) []*element {
	out := slices.Clone(list)
	e := *out[i]
	change(&e)
	out[i] = &e
	return out
}

const (
	bitString   = 0x03
	octetString = 0x04
	constructed = 0x20
)

// parse reads elements one after the other, and those within the ones that hold elements: constructed ones and strings
// whose content is elements throughout.
func parse(der []byte) ([]*element, bool) {
	out := []*element{}
	for len(der) > 0 {
		tag, content, rest, ok := split(der)
		if !ok {
			return nil, false
		}
		der = rest
		e := &element{tag: tag, content: content}
		inner := content
		switch {
		case tag&constructed != 0, tag == octetString:
		case tag == bitString && len(content) > 1 && content[0] == 0:
			e.prefix, inner = content[:1], content[1:]
		default:
			inner = nil
		}
		if children, ok := parse(inner); ok && (len(children) > 0 || tag&constructed != 0) && plausible(tag, children) {
			e.children, e.content = children, nil
		} else {
			e.prefix = nil
			if tag&constructed != 0 {
				return nil, false
			}
		}
		out = append(out, e)
	}
	return out, true
}

// plausible: a string whose bytes happen to read as elements is taken for one that holds a structure only where that
// is a sequence.
func plausible(tag byte, children []*element) bool {
	return tag&constructed != 0 || len(children) == 1 && children[0].tag == 0x30
}

func split(der []byte) (tag byte, content, rest []byte, ok bool) {
	if len(der) < 2 || der[0]&0x1f == 0x1f {
		return 0, nil, nil, false
	}
	n, head := int(der[1]), 2
	if n >= 0x80 {
		count := n & 0x7f
		if count == 0 || count > 3 || len(der) < 2+count {
			return 0, nil, nil, false
		}
		n, head = 0, 2+count
		for _, b := range der[2:head] {
			n = n<<8 | int(b)
		}
	}
	if len(der) < head+n {
		return 0, nil, nil, false
	}
	return der[0], der[head : head+n], der[head+n:], true
}

// body is the content of an element as it stands now.
func (e *element) body() []byte {
	out := slices.Concat(e.prefix, e.content)
	for _, child := range e.children {
		body := child.body()
		out = append(out, child.tag)
		switch n := len(body); {
		case n < 0x80:
			out = append(out, byte(n))
		case n < 0x100:
			out = append(out, 0x81, byte(n))
		case n < 0x10000:
			out = append(out, 0x82, byte(n>>8), byte(n))
		default:
			out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
		}
		out = append(out, body...)
	}
	return out
}
