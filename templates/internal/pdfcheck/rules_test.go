package pdfcheck_test

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"covenant/templates"
	"covenant/templates/internal/pdfcheck"
	"covenant/templates/library"
)

// write drafts a library template on its sample and writes it.
func write(t testing.TB, id string, opt templates.DraftOptions, pdf templates.PDFOptions) ([]byte,
	*templates.Rendered) {
	t.Helper()
	e, err := library.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	tpl, _ := e.Template()
	vals, _ := e.SampleValues()
	if opt.Law, err = library.Law(); err != nil {
		t.Fatal(err)
	}
	doc, err := tpl.Draft(vals, opt)
	if err != nil {
		t.Fatal(err)
	}
	pdf.Created = time.Date(2026, 2, 27, 8, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	r, err := doc.PDF(&b, pdf)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), r
}

var dated = templates.DraftOptions{Number: 3, Date: templates.Day{Year: 2026, Month: 2, Date: 27},
	URL: "https://example.org/c/4f1b9c"}

func read(t testing.TB, b []byte) *pdfcheck.File {
	t.Helper()
	f, err := pdfcheck.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestLibraryMeetsEveryRule(t *testing.T) {
	attached := templates.PDFOptions{Fields: true, Attachments: []templates.Attachment{{Name: "values.yaml",
		MIME: "application/yaml", Description: "Dữ liệu nguồn", Data: []byte("năm: 2026\n")}}}
	draft := templates.DraftOptions{Watermark: "DỰ THẢO lần 2"}
	for _, id := range library.List() {
		for name, b := range map[string][]byte{
			"frozen":   first(write(t, id, dated, templates.PDFOptions{Fields: true})),
			"draft":    first(write(t, id, draft, templates.PDFOptions{})),
			"attached": first(write(t, id, dated, attached)),
		} {
			for _, v := range pdfcheck.Check(read(t, b)) {
				t.Errorf("%s, %s: %s: %s", id, name, v.Rule, v.Text)
			}
		}
	}
}

func first(b []byte, _ *templates.Rendered) []byte { return b }

func TestQpdfFindsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("runs qpdf")
	}
	b, _ := write(t, "giao-uoc-thi-dua", dated, templates.PDFOptions{Fields: true})
	file := t.TempDir() + "/x.pdf"
	if err := writeFile(file, b); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("qpdf", "--check", file).CombinedOutput()
	if err != nil || strings.Contains(string(out), "WARNING") {
		t.Fatalf("qpdf: %v\n%s", err, out)
	}
}

// broken maps each rule to a change that it must catch.
var broken = map[string]func(f *pdfcheck.File){
	"header": func(f *pdfcheck.File) {
		f.Bytes = bytes.Replace(f.Bytes, []byte("%PDF-1.7"),
			[]byte("%PDF-1.3"), 1)
	},
	"end-of-file":         func(f *pdfcheck.File) { f.Bytes = append(f.Bytes, "rest"...) },
	"trailer-id":          func(f *pdfcheck.File) { delete(f.Trailer, "ID") },
	"no-encryption":       func(f *pdfcheck.File) { f.Trailer["Encrypt"] = pdfcheck.Dict{} },
	"stream-filters":      func(f *pdfcheck.File) { content(f).Dict["Filter"] = pdfcheck.Name("LZWDecode") },
	"no-scripts":          func(f *pdfcheck.File) { f.Catalog()["OpenAction"] = pdfcheck.Dict{} },
	"output-intent":       func(f *pdfcheck.File) { delete(f.Catalog(), "OutputIntents") },
	"xmp-plain":           func(f *pdfcheck.File) { delete(f.Dict(f.Catalog()["Metadata"]), "Subtype") },
	"xmp-pdfa":            func(f *pdfcheck.File) { xmp(f, "<pdfaid:conformance>A", "<pdfaid:conformance>B") },
	"xmp-pdfua":           func(f *pdfcheck.File) { xmp(f, "pdfaSchema:namespaceURI", "x") },
	"xmp-info":            func(f *pdfcheck.File) { f.Dict(f.Trailer["Info"])["Title"] = []byte("other") },
	"display-title":       func(f *pdfcheck.File) { delete(f.Catalog(), "ViewerPreferences") },
	"language":            func(f *pdfcheck.File) { delete(f.Catalog(), "Lang") },
	"marked":              func(f *pdfcheck.File) { delete(f.Catalog(), "MarkInfo") },
	"attachments":         func(f *pdfcheck.File) { delete(f.Catalog(), "AF") },
	"form":                func(f *pdfcheck.File) { f.Dict(f.Catalog()["AcroForm"])["NeedAppearances"] = true },
	"fonts-embedded":      func(f *pdfcheck.File) { delete(f.Dict(descendant(f)["FontDescriptor"]), "FontFile2") },
	"font-names":          func(f *pdfcheck.File) { descendant(f)["BaseFont"] = pdfcheck.Name("LiberationSerif") },
	"cid-fonts":           func(f *pdfcheck.File) { delete(descendant(f), "CIDToGIDMap") },
	"font-widths":         func(f *pdfcheck.File) { f.Array(f.Array(descendant(f)["W"])[1])[5] = 17.0 },
	"unicode":             func(f *pdfcheck.File) { delete(font(f), "ToUnicode") },
	"no-notdef":           func(f *pdfcheck.File) { edit(f, "<00", "<0000") },
	"colour":              func(f *pdfcheck.File) { edit(f, "EMC", "0 0 0 1 k EMC") },
	"all-marked":          func(f *pdfcheck.File) { edit(f, "/Artifact BMC", "") },
	"annotation-flags":    func(f *pdfcheck.File) { widget(f)["F"] = 2.0 },
	"appearance":          func(f *pdfcheck.File) { delete(widget(f), "AP") },
	"annotation-types":    func(f *pdfcheck.File) { widget(f)["Subtype"] = pdfcheck.Name("Sound") },
	"tab-order":           func(f *pdfcheck.File) { delete(withAnnots(f), "Tabs") },
	"field-names":         func(f *pdfcheck.File) { delete(widget(f), "TU") },
	"partial-names":       func(f *pdfcheck.File) { widget(f)["T"] = []byte("sign.director") },
	"link-text":           func(f *pdfcheck.File) { delete(annot(f, "Link"), "Contents") },
	"types":               func(f *pdfcheck.File) { elem(f, "P").Dict["S"] = pdfcheck.Name("Para") },
	"root":                func(f *pdfcheck.File) { elem(f, "Document").Dict["S"] = pdfcheck.Name("Sect") },
	"headings":            func(f *pdfcheck.File) { elem(f, "H1").Dict["S"] = pdfcheck.Name("P") },
	"tables":              func(f *pdfcheck.File) { delete(elem(f, "TH").Dict, "A") },
	"reading-order":       func(f *pdfcheck.File) { slices.Reverse(f.Array(elem(f, "Document").Dict["K"])) },
	"lists":               func(f *pdfcheck.File) { elem(f, "LI").Dict["S"] = pdfcheck.Name("P") },
	"figures":             func(f *pdfcheck.File) { delete(elem(f, "Figure").Dict, "Alt") },
	"content-in-tree":     func(f *pdfcheck.File) { delete(elem(f, "P").Dict, "K") },
	"parent-tree":         func(f *pdfcheck.File) { f.Pages()[0]["StructParents"] = 1.0 },
	"annotations-in-tree": func(f *pdfcheck.File) { delete(elem(f, "Form").Dict, "K") },
	"parents":             func(f *pdfcheck.File) { elem(f, "TR").Dict["P"] = pdfcheck.Ref(1) },
}

func TestEveryRuleCatchesItsBrokenTwin(t *testing.T) {
	b, _ := write(t, "dang-ky-thi-dua", dated, templates.PDFOptions{Fields: true, Attachments: []templates.Attachment{
		{Name: "v.yaml", MIME: "application/yaml", Description: "v", Data: []byte("v")}}})
	if v := pdfcheck.Check(read(t, b)); len(v) > 0 {
		t.Fatalf("the file itself breaks rules: %v", v)
	}
	for _, r := range pdfcheck.Rules() {
		t.Run(r.ID, func(t *testing.T) {
			change := broken[r.ID]
			if change == nil {
				t.Fatal("the rule has no broken twin")
			}
			f := read(t, bytes.Clone(b))
			change(f)
			if len(r.Check(f, f.Content())) == 0 {
				t.Errorf("the rule (%s) does not catch its broken twin", r.Where)
			}
		})
	}
}

func content(f *pdfcheck.File) *pdfcheck.Stream {
	return f.Get(f.Pages()[0]["Contents"]).(*pdfcheck.Stream)
}

func edit(f *pdfcheck.File, from, to string) {
	s := content(f)
	s.Data = bytes.Replace(s.Data, []byte(from), []byte(to), 1)
}

func xmp(f *pdfcheck.File, from, to string) {
	s := f.Get(f.Catalog()["Metadata"]).(*pdfcheck.Stream)
	s.Data = bytes.Replace(bytes.Clone(s.Data), []byte(from), []byte(to), 1)
}

func font(f *pdfcheck.File) pdfcheck.Dict {
	return f.Dict(f.Dict(f.Dict(f.Pages()[0]["Resources"])["Font"])["F1"])
}

func descendant(f *pdfcheck.File) pdfcheck.Dict {
	return f.Dict(f.Array(font(f)["DescendantFonts"])[0])
}

func annot(f *pdfcheck.File, subtype pdfcheck.Name) pdfcheck.Dict {
	for _, p := range f.Pages() {
		for _, a := range f.Array(p["Annots"]) {
			if d := f.Dict(a); d["Subtype"] == subtype {
				return d
			}
		}
	}
	return nil
}

func widget(f *pdfcheck.File) pdfcheck.Dict { return annot(f, "Widget") }

func withAnnots(f *pdfcheck.File) pdfcheck.Dict {
	for _, p := range f.Pages() {
		if p["Annots"] != nil {
			return p
		}
	}
	return nil
}

func elem(f *pdfcheck.File, typ string) *pdfcheck.Elem {
	var found *pdfcheck.Elem
	f.Tree().Each(func(e *pdfcheck.Elem) {
		if found == nil && e.Type == typ {
			found = e
		}
	})
	return found
}
