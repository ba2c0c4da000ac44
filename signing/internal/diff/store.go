package diff

import (
	"covenant/internal/pdf"
)

// compareStore: the DSS dictionary (ISO 32000-2 §12.8.4.3) may grow; nothing else may hang on it.
func (c *comparison) compareStore(root int, old, new pdf.Object) error {
	if new == nil {
		if old != nil {
			c.report(Change{Kind: Catalog, Key: "DSS", Object: root, Detail: "validation data removed"})
		}
		return nil
	}
	before := len(c.explained)
	c.explain(new, edge{root, "DSS"})
	if pdf.Equal(old, new) && len(c.explained) == before {
		return nil
	}
	if detail, err := (store{c}).check(old, new); err != nil || detail != "" {
		c.report(Change{Kind: Catalog, Key: "DSS", Detail: detail})
		return err
	}
	c.report(Change{Kind: ValidationData})
	return nil
}

// store is the room for what the DSS may hold.
type store struct{ *comparison }

// check says what is wrong with a new store: a key or a value that has no place there. Data, and entries of VRI,
// may be left out, and data for a signature added to its entry (EN 319 142-1 §5.4.2): what is missing makes a signature
// unproven at most, never another.
func (c store) check(old, new pdf.Object) (string, error) {
	a, err := c.old.Dict(old)
	if err != nil {
		return "", err
	}
	b, err := c.new.Dict(new)
	if err != nil {
		return "", err
	}
	for _, e := range b {
		switch e.Key {
		case "Type":
		case "Certs", "OCSPs", "CRLs":
			if !c.streamsOnly(e.Value) {
				return string(e.Key) + " holds something other than streams", nil
			}
		case "VRI":
			if detail, err := c.checkVRI(a.Get("VRI"), e.Value); detail != "" || err != nil {
				return detail, err
			}
		default:
			return "unknown key " + string(e.Key), nil
		}
	}
	return "", nil
}

func (c store) streamsOnly(o pdf.Object) bool {
	arr, err := c.new.Array(o)
	if err != nil {
		return false
	}
	for _, o := range arr {
		ref, ok := o.(pdf.Ref)
		if !ok {
			return false
		}
		v, err := c.new.Get(ref)
		if _, stream := v.(*pdf.Stream); err != nil || !stream {
			return false
		}
	}
	return true
}

func (c store) checkVRI(old, new pdf.Object) (string, error) {
	a, err := c.old.Dict(old)
	if err != nil {
		return "", err
	}
	b, err := c.new.Dict(new)
	if err != nil {
		return "", err
	}
	for _, e := range b {
		if e.Key == "Type" || (pdf.Equal(a.Get(e.Key), e.Value) && !c.rewritten(e.Value)) {
			continue
		}
		if detail, err := c.checkVRIEntry(e); detail != "" || err != nil {
			return detail, err
		}
	}
	return "", nil
}

func (c *comparison) rewritten(o pdf.Object) bool {
	ref, ok := o.(pdf.Ref)
	return ok && c.changed[ref.Num]
}

// checkVRIEntry: new entries, and those written anew when data for the same signature are added, hold streams only.
func (c store) checkVRIEntry(e pdf.Entry) (string, error) {
	entry, err := c.new.Dict(e.Value)
	if err != nil {
		return "malformed VRI entry", err
	}
	if entry == nil || (len(e.Key) != 40 && len(e.Key) != 64) { // SHA-1 in hexadecimal; some programs take SHA-256
		return "malformed VRI entry", nil
	}
	for _, k := range entry {
		switch k.Key {
		case "Type", "TU", "TS":
		case "Cert", "OCSP", "CRL":
			if !c.streamsOnly(k.Value) {
				return "a VRI entry holds something other than streams", nil
			}
		default:
			return "unknown key " + string(k.Key) + " in VRI", nil
		}
	}
	return "", nil
}
