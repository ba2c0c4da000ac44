package diff

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"

	"covenant/internal/pdf"
)

// compareTrailer: same encryption; a new Info dictionary is metadata; an entry that no standard knows may be left out
// or added, but not lead elsewhere. The catalogue may get another number, as some programs give it, if it keeps its
// entries.
func (c *comparison) compareTrailer() error {
	a, b := c.old.Trailer(), c.new.Trailer()
	if !equalOrAbsent(a.Get("Encrypt"), b.Get("Encrypt")) {
		c.report(Change{Kind: Trailer, Key: "Encrypt"})
	}
	if !equalOrAbsent(a.Get("Root"), b.Get("Root")) {
		_, oldRoot, _ := c.old.Catalog()
		_, newRoot, _ := c.new.Catalog()
		if slices.ContainsFunc(c.diffKeys(oldRoot, newRoot),
			func(k pdf.Name) bool { return !slices.Contains(catalogKeys, k) }) {
			c.report(Change{Kind: Trailer, Key: "Root"})
		}
	}
	for _, key := range c.diffKeys(a, b) {
		if a.Has(key) && b.Has(key) && !slices.Contains(knownTrailerKeys, key) &&
			(hasReference(a.Get(key)) || hasReference(b.Get(key))) {
			c.report(Change{Kind: Trailer, Key: string(key), Detail: "an unknown entry leads elsewhere"})
		}
	}
	info := b.Get("Info")
	ref, indirect := info.(pdf.Ref)
	if !pdf.Equal(a.Get("Info"), info) || (indirect && c.changed[ref.Num]) {
		if c.explain(info, edge{trailerNode, "Info"}) {
			c.report(Change{Kind: Metadata, Key: "Info"})
		}
	}
	return nil
}

func hasReference(o pdf.Object) (has bool) {
	references(o, func(pdf.Ref) { has = true })
	return has
}

func equalOrAbsent(a, b pdf.Object) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return pdf.Equal(a, b)
}

// catalogKeys are the entries of the catalogue that may change, each by rules of its own.
var catalogKeys = []pdf.Name{"AcroForm", "DSS", "Metadata", "Extensions", "MarkInfo", "Version"}

// compareCatalog: AcroForm, DSS, Metadata, Extensions and Version may change, each by its rules.
func (c *comparison) compareCatalog() error {
	rootRef, newRoot, err := c.new.Catalog()
	if err != nil {
		return err
	}
	_, oldRoot, err := c.old.Catalog()
	if err != nil {
		return err
	}
	c.explained[rootRef.Num] = true
	like := likeness{c, map[[2]pdf.Ref]bool{}}
	for _, key := range c.diffKeys(oldRoot, newRoot) {
		switch key {
		case "AcroForm", "DSS":
		case "Metadata":
		case "Extensions", "MarkInfo":
			if !newRoot.Has(key) {
				c.report(Change{Kind: Catalog, Key: string(key), Object: rootRef.Num, Detail: "removed"})
			}
		case "Version":
			if v, ok := newRoot.Get(key).(pdf.Name); !ok || len(v) != 3 {
				c.report(Change{Kind: Catalog, Key: string(key), Object: rootRef.Num})
			}
		default:
			if key != "StructTreeRoot" && key != "Pages" && like.same(oldRoot.Get(key), newRoot.Get(key), 0) &&
				c.explain(newRoot.Get(key), edge{rootRef.Num, key}) {
				continue // the same under other numbers
			}
			c.report(Change{Kind: catalogKind(key), Key: string(key), Object: rootRef.Num})
		}
	}
	c.compareDeclarations(rootRef.Num, oldRoot, newRoot)
	c.compareMetadata(rootRef.Num, oldRoot.Get("Metadata"), newRoot.Get("Metadata"))
	return c.compareStore(rootRef.Num, oldRoot.Get("DSS"), newRoot.Get("DSS"))
}

// compareDeclarations: which extensions of PDF the file uses and whether it is tagged may be said anew, but not taken
// back.
func (c *comparison) compareDeclarations(root int, old, new pdf.Dict) {
	for _, key := range []pdf.Name{"Extensions", "MarkInfo"} {
		value := new.Get(key)
		if value == nil || pdf.Equal(old.Get(key), value) && !c.rewritten(value) {
			continue
		}
		if c.explain(value, edge{root, key}) {
			c.report(Change{Kind: Metadata, Key: string(key)})
		}
	}
}

func catalogKind(key pdf.Name) Kind {
	switch key {
	case "Pages":
		return PageTree
	case "OCProperties":
		return Layers
	case "OpenAction", "AA", "Names", "URI":
		return Action
	case "StructTreeRoot", "MarkInfo":
		return Structure
	}
	return Catalog
}

func (c *comparison) compareMetadata(root int, old, new pdf.Object) {
	ref, ok := new.(pdf.Ref)
	if !ok || (pdf.Equal(old, new) && !c.changed[ref.Num]) {
		if old != nil && new == nil {
			c.report(Change{Kind: Metadata, Key: "Metadata"})
		}
		return
	}
	if !c.isXMP(ref) {
		c.report(Change{Kind: Catalog, Key: "Metadata", Object: ref.Num, Detail: "the new metadata is not XMP"})
		return
	}
	if c.explain(new, edge{root, "Metadata"}) {
		c.report(Change{Kind: Metadata, Key: "Metadata"})
	}
}

// isXMP: a metadata stream with well-formed XML that declares no entities.
func (c *comparison) isXMP(ref pdf.Ref) bool {
	o, err := c.new.Get(ref)
	stm, ok := o.(*pdf.Stream)
	if err != nil || !ok || stm.Dict.Get("Subtype") != pdf.Name("XML") {
		return false
	}
	data, err := c.new.Decode(stm, 4<<20)
	if err != nil {
		return false
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return true
		}
		if _, directive := token.(xml.Directive); err != nil || directive {
			return false
		}
	}
}
