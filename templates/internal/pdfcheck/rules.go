package pdfcheck

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// Rule is a requirement that a file can break.
type Rule struct {
	ID    string // short, unique
	Where string // clause of the standard
	Check func(f *File, c *Content) []string
}

// Violation is a rule broken, with what broke it.
type Violation struct{ Rule, Text string }

// Rules are all rules.
func Rules() []Rule {
	return append(append(structureRules(), fileRules()...), pageRules()...)
}

// Check runs all rules.
func Check(f *File) []Violation {
	var out []Violation
	c := f.Content()
	for _, r := range Rules() {
		for _, t := range r.Check(f, c) {
			out = append(out, Violation{r.ID, t})
		}
	}
	return out
}

func one(bad bool, format string, args ...any) []string {
	if bad {
		return []string{fmt.Sprintf(format, args...)}
	}
	return nil
}

// xmp is the metadata packet as text.
func (f *File) xmp() string {
	s, ok := f.Get(f.Catalog()["Metadata"]).(*Stream)
	if !ok {
		return ""
	}
	return string(s.Data)
}

func (f *File) info() Dict { return f.Dict(f.Trailer["Info"]) }

func between(s, from, to string) string {
	_, rest, ok := strings.Cut(s, from)
	if !ok {
		return ""
	}
	in, _, _ := strings.Cut(rest, to)
	return in
}

func (f *File) dicts(fn func(n int, d Dict) []string) []string {
	var out []string
	for n := range f.Objects {
		if d := f.Dict(Ref(n)); d != nil {
			out = append(out, fn(n, d)...)
		}
	}
	return out
}

// fileRules are those of the file as a whole.
func fileRules() []Rule {
	return []Rule{
		{"header", "19005-2 6.1.2", func(f *File, _ *Content) []string {
			ok := bytes.HasPrefix(f.Bytes, []byte("%PDF-1.7\n%")) && len(f.Bytes) > 14
			for i := 10; ok && i < 14; i++ {
				ok = f.Bytes[i] > 127
			}
			return one(!ok, "no %%PDF-1.7 with a binary comment")
		}},
		{"trailer-id", "19005-2 6.1.3", func(f *File, _ *Content) []string {
			id := f.Array(f.Trailer["ID"])
			return one(len(id) != 2 || len(id[0].([]byte)) < 16, "no /ID") //nolint:forcetypeassert // tests call it
		}},
		{"no-encryption", "19005-2 6.1.3", func(f *File, _ *Content) []string {
			return one(f.Trailer["Encrypt"] != nil,
				"encrypted")
		}},
		{"end-of-file", "19005-2 6.1.3", func(f *File, _ *Content) []string {
			return one(!bytes.HasSuffix(f.Bytes, []byte("%%EOF\n")), "data after %%%%EOF")
		}},
		{"stream-filters", "19005-2 6.1.7.2", func(f *File, _ *Content) []string {
			return f.dicts(func(n int, d Dict) []string {
				s, isStream := f.Objects[n].(*Stream)
				if !isStream {
					return nil
				}
				return one(s.Dict["F"] != nil || s.Dict["Filter"] != nil && s.Dict["Filter"] != Name("FlateDecode"),
					"stream %d: filter or external data", n)
			})
		}},
		{"no-scripts", "19005-2 6.5.1", func(f *File, _ *Content) []string {
			return f.dicts(func(n int, d Dict) []string {
				s, _ := d["S"].(Name)
				return one(d["AA"] != nil || d["OpenAction"] != nil || s == "JavaScript" || s == "Launch" ||
					d["JavaScript"] != nil, "object %d: action not allowed", n)
			})
		}},
		{"output-intent", "19005-2 6.2.3", func(f *File, _ *Content) []string {
			intents := f.Array(f.Catalog()["OutputIntents"])
			if len(intents) != 1 {
				return []string{"not one output intent"}
			}
			d := f.Dict(intents[0])
			p, ok := f.Get(d["DestOutputProfile"]).(*Stream)
			if d["S"] != Name("GTS_PDFA1") || !ok || len(p.Data) < 128 {
				return []string{"no output profile"}
			}
			bad := string(p.Data[36:40]) != "acsp" || string(p.Data[12:20]) != "mntrRGB " || p.Dict["N"] != 3.0 ||
				int(binary.BigEndian.Uint32(p.Data)) != len(p.Data)
			return one(bad, "output profile is no RGB display profile")
		}},
		{"xmp-plain", "19005-2 6.6.2.1", func(f *File, _ *Content) []string {
			d := f.Dict(f.Catalog()["Metadata"])
			return one(d["Type"] != Name("Metadata") || d["Subtype"] != Name("XML") || d["Filter"] != nil,
				"metadata missing or compressed")
		}},
		{"xmp-pdfa", "19005-2 6.6.4", func(f *File, _ *Content) []string {
			x := f.xmp()
			part := between(x, "<pdfaid:part>", "<")
			return one(part != "2" && part != "3" || between(x, "<pdfaid:conformance>", "<") != "A",
				"no PDF/A-2a or 3a in the metadata")
		}},
		{"xmp-pdfua", "14289-1 5", func(f *File, _ *Content) []string {
			x := f.xmp()
			return one(between(x, "<pdfuaid:part>", "<") != "1" ||
				!strings.Contains(x, "<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/<"),
				"no PDF/UA identifier with its extension schema")
		}},
		{"xmp-info", "19005-2 6.6.2.3 (title and dates agree)", func(f *File, _ *Content) []string {
			x := f.xmp()
			r := strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'")
			title := r.Replace(between(x, `<dc:title><rdf:Alt><rdf:li xml:lang="x-default">`, "</rdf:li>"))
			date := strings.NewReplacer("+00:00", "", "-", "", ":", "", "T", "").Replace(between(x, "<xmp:CreateDate>",
				"<"))
			pdf := strings.TrimSuffix(strings.TrimPrefix(String(f.info()["CreationDate"]), "D:"), "Z")
			return one(title == "" || title != String(f.info()["Title"]) || date != pdf,
				"information dictionary and metadata disagree")
		}},
		{"display-title", "14289-1 7.1", func(f *File, _ *Content) []string {
			return one(f.Dict(f.Catalog()["ViewerPreferences"])["DisplayDocTitle"] != true,
				"DisplayDocTitle is not true")
		}},
		{"language", "14289-1 7.2", func(f *File, _ *Content) []string {
			return one(len(String(f.Catalog()["Lang"])) < 2, "no document language")
		}},
		{"marked", "19005-2 6.7.2.2", func(f *File, _ *Content) []string {
			m := f.Dict(f.Catalog()["MarkInfo"])
			return one(m["Marked"] != true || m["Suspects"] == true, "not marked as tagged")
		}},
		{"attachments", "19005-3 6.8", attachmentRule},
		{"form", "19005-2 6.4.1", func(f *File, _ *Content) []string {
			d := f.Dict(f.Catalog()["AcroForm"])
			return one(d["NeedAppearances"] == true || d["XFA"] != nil, "form asks the viewer to draw")
		}},
	}
}

// fieldName is a field's full name: its own after those of the nodes above it.
func (f *File) fieldName(d Dict) string {
	name := String(d["T"])
	for range 20 {
		if d = f.Dict(d["Parent"]); d == nil || d["T"] == nil {
			break
		}
		name = String(d["T"]) + "." + name
	}
	return name
}

func attachmentRule(f *File, _ *Content) []string {
	var out []string
	files := f.Array(f.Dict(f.Dict(f.Catalog()["Names"])["EmbeddedFiles"])["Names"])
	if len(files) > 0 && between(f.xmp(), "<pdfaid:part>", "<") != "3" {
		out = append(out, "attachments need PDF/A-3")
	}
	af := f.Array(f.Catalog()["AF"])
	for i := 1; i < len(files); i += 2 {
		d := f.Dict(files[i])
		e := f.Dict(f.Dict(d["EF"])["F"])
		named := false
		for _, a := range af {
			named = named || a == files[i]
		}
		if d["AFRelationship"] == nil || d["UF"] == nil || d["F"] == nil || e["Subtype"] == nil ||
			f.Dict(e["Params"])["ModDate"] == nil || !named {
			out = append(out, "attachment without AFRelationship, names, type, date or /AF")
		}
	}
	return out
}

// pageRules are those of fonts, content and annotations.
func pageRules() []Rule {
	return []Rule{
		{"fonts-embedded", "19005-2 6.2.11.4", func(f *File, _ *Content) []string {
			return f.dicts(func(n int, d Dict) []string {
				if d["Type"] != Name("Font") || d["Subtype"] == Name("Type0") {
					return nil
				}
				s, ok := f.Get(f.Dict(d["FontDescriptor"])["FontFile2"]).(*Stream)
				return one(!ok || s.Dict["Length1"] != float64(len(s.Data)) || len(s.Data) < 1000,
					"font %d is not embedded", n)
			})
		}},
		{"font-names", "19005-2 6.2.11.2 (subset tag)", func(f *File, _ *Content) []string {
			return f.dicts(func(n int, d Dict) []string {
				base, ok := d["BaseFont"].(Name)
				if !ok {
					return nil
				}
				tag, _, found := strings.Cut(string(base), "+")
				bad := !found || len(tag) != 6 || strings.ToUpper(tag) != tag
				if fd := f.Dict(d["FontDescriptor"]); fd != nil {
					bad = bad || fd["FontName"] != base
				}
				return one(bad, "font %d: name %s", n, base)
			})
		}},
		{"cid-fonts", "19005-2 6.2.11.3", func(f *File, _ *Content) []string {
			return f.dicts(func(n int, d Dict) []string {
				switch d["Subtype"] {
				case Name("Type0"):
					return one(d["Encoding"] != Name("Identity-H"), "font %d: encoding", n)
				case Name("CIDFontType2"):
					return one(d["CIDToGIDMap"] != Name("Identity") || d["W"] == nil, "font %d: CIDToGIDMap or widths",
						n)
				}
				return nil
			})
		}},
		{"font-widths", "19005-2 6.2.11.5", widthRule},
		{"unicode", "19005-2 6.2.11.7.2", func(_ *File, c *Content) []string {
			return c.Unmapped
		}},
		{"no-notdef", "19005-2 6.2.11.8", func(f *File, c *Content) []string {
			for _, t := range c.Texts {
				for _, code := range t.Codes {
					if code == 0 {
						return []string{fmt.Sprintf("page %d: .notdef in %q", t.Page, t.Text)}
					}
				}
			}
			return nil
		}},
		{"colour", "19005-2 6.2.4.3", func(_ *File, c *Content) []string {
			return one(c.Operators["k"]+c.Operators["K"]+c.Operators["sh"] > 0,
				"device colour without an output profile")
		}},
		{"all-marked", "14289-1 7.1", func(_ *File, c *Content) []string { return c.Faults }},
		{"annotation-flags", "19005-2 6.3.2", func(f *File, _ *Content) []string {
			return f.annotations(func(d Dict) []string {
				flags, _ := d["F"].(float64)
				return one(int(flags)&4 == 0 || int(flags)&(1|2|32|256) != 0, "annotation flags %v", flags)
			})
		}},
		{"appearance", "19005-2 6.3.3", func(f *File, _ *Content) []string {
			return f.annotations(func(d Dict) []string {
				_, ok := f.Get(f.Dict(d["AP"])["N"]).(*Stream)
				return one(d["Subtype"] == Name("Widget") && !ok, "widget without appearance")
			})
		}},
		{"annotation-types", "19005-2 6.3.1", func(f *File, _ *Content) []string {
			return f.annotations(func(d Dict) []string {
				return one(d["Subtype"] != Name("Widget") && d["Subtype"] != Name("Link"), "annotation %v",
					d["Subtype"])
			})
		}},
		{"tab-order", "14289-1 7.18.3", func(f *File, _ *Content) []string {
			var out []string
			for i, p := range f.Pages() {
				out = append(out, one(p["Annots"] != nil && p["Tabs"] != Name("S"),
					"page %d: tab order is not that of the structure", i+1)...)
			}
			return out
		}},
		{"field-names", "14289-1 7.18.4", func(f *File, _ *Content) []string {
			seen := map[string]bool{}
			return f.annotations(func(d Dict) []string {
				if d["Subtype"] != Name("Widget") {
					return nil
				}
				name := f.fieldName(d)
				twice := seen[name]
				seen[name] = true
				return one(name == "" || twice || String(d["TU"]) == "",
					"field %q without a name of its own or a tooltip", name)
			})
		}},
		{"partial-names", "32000-2 12.7.4.2", func(f *File, _ *Content) []string {
			return f.annotations(func(d Dict) []string {
				return one(strings.Contains(String(d["T"]), "."), "field %q: a partial name must hold no full stop",
					String(d["T"]))
			})
		}},
		{"link-text", "14289-1 7.18.5", func(f *File, _ *Content) []string {
			return f.annotations(func(d Dict) []string {
				return one(d["Subtype"] == Name("Link") && (String(d["Contents"]) == "" || d["Dest"] == nil &&
					d["A"] == nil), "link without text or target")
			})
		}},
	}
}

func (f *File) annotations(fn func(d Dict) []string) []string {
	var out []string
	for _, p := range f.Pages() {
		for _, a := range f.Array(p["Annots"]) {
			out = append(out, fn(f.Dict(a))...)
		}
	}
	return out
}

// widthRule compares /W with the font program's own advances.
func widthRule(f *File, _ *Content) []string {
	return f.dicts(func(n int, d Dict) []string {
		if d["Subtype"] != Name("CIDFontType2") {
			return nil
		}
		s, ok := f.Get(f.Dict(d["FontDescriptor"])["FontFile2"]).(*Stream)
		w := f.Array(d["W"])
		if !ok || len(w) != 2 {
			return []string{fmt.Sprintf("font %d: no widths", n)}
		}
		tables := sfnt(s.Data)
		head, hmtx := tables["head"], tables["hmtx"]
		if len(head) < 54 {
			return []string{fmt.Sprintf("font %d: no head table", n)}
		}
		em := float64(binary.BigEndian.Uint16(head[18:]))
		for gid, v := range f.Array(w[1]) {
			if 4*gid+2 > len(hmtx) {
				return []string{fmt.Sprintf("font %d: glyph %d is not in the program", n, gid)}
			}
			own := float64(binary.BigEndian.Uint16(hmtx[4*gid:])) * 1000 / em
			if diff := own - v.(float64); diff > 1 || diff < -1 { //nolint:forcetypeassert // as above
				return []string{fmt.Sprintf("font %d: glyph %d is %v wide, /W says %v", n, gid, own, v)}
			}
		}
		return nil
	})
}

func sfnt(b []byte) map[string][]byte {
	out := map[string][]byte{}
	if len(b) < 12 {
		return out
	}
	for i := range int(binary.BigEndian.Uint16(b[4:])) {
		if len(b) < 28+16*i {
			break
		}
		e := b[12+16*i:]
		off, size := int(binary.BigEndian.Uint32(e[8:])), int(binary.BigEndian.Uint32(e[12:]))
		if off+size <= len(b) {
			out[string(e[:4])] = b[off : off+size]
		}
	}
	return out
}
