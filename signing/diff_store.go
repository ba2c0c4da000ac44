package signing

import (
	"covenant/signing/internal/pdf"
)

// compareStore: the DSS dictionary (ISO 32000-2 §12.8.4.3) may grow; nothing else may hang on it.
func (c *comparison) compareStore(root int, old, new pdf.Object) error {
	before := len(c.explained)
	if new == nil {
		if old != nil {
			c.report(Modification{Kind: ChangeCatalog, Key: "DSS", Object: root, Detail: "validation data removed"})
		}
		return nil
	}
	c.explain(new, edge{root, "DSS"})
	c.explainStore(new)
	if pdf.Equal(old, new) && len(c.explained) == before {
		return nil
	}
	if detail, err := c.checkStore(old, new); err != nil || detail != "" {
		c.report(Modification{Kind: ChangeCatalog, Key: "DSS", Detail: detail})
		return err
	}
	c.report(Modification{Kind: ChangeValidationData})
	return nil
}

// explainStore accounts for changed arrays and streams below a DSS dictionary that itself is as it was.
func (c *comparison) explainStore(store pdf.Object) {
	ref, _ := store.(pdf.Ref)
	dict, err := c.new.Dict(store)
	if err != nil || ref.Num == 0 {
		return
	}
	for _, e := range dict {
		c.explain(e.Value, edge{ref.Num, e.Key})
	}
}

// checkStore says what is wrong with a new store: a key or a value that has no place there, or an entry of VRI that is not as
// it was. Data that are no longer needed may be left out (EN 319 142-1 §5.4.2).
func (c *comparison) checkStore(old, new pdf.Object) (string, error) {
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
	if a.Has("VRI") && !b.Has("VRI") {
		return "VRI removed", nil
	}
	return "", nil
}

func (c *comparison) streamsOnly(o pdf.Object) bool {
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

func (c *comparison) checkVRI(old, new pdf.Object) (string, error) {
	a, err := c.old.Dict(old)
	if err != nil {
		return "", err
	}
	b, err := c.new.Dict(new)
	if err != nil {
		return "", err
	}
	for _, e := range a {
		ref, _ := e.Value.(pdf.Ref)
		if !pdf.Equal(e.Value, b.Get(e.Key)) || c.changed[ref.Num] {
			return "VRI entry " + string(e.Key) + " changed or removed", nil
		}
	}
	for _, e := range b {
		entry, err := c.new.Dict(e.Value)
		if err != nil {
			return "malformed VRI entry", err
		}
		if entry == nil || len(e.Key) != 40 {
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
	}
	return "", nil
}
