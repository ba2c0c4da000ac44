package templates

import (
	"bytes"
	"strings"
	"testing"

	"covenant/internal/pdf"
)

// TestFieldsHaveNamesOfTheirOwn: no two fields of a document have the same partial name, below whatever parents: some
// validators know fields by that alone, and take the second for a forgery of the first.
func TestFieldsHaveNamesOfTheirOwn(t *testing.T) {
	for name, codes := range map[string][]string{
		"two agencies":                     {"a", "b"},
		"the code of a seal":               {"a", "a-dau", "a-dau-2"},
		"codes that differ before a stop":  {"x.a", "y.a", "a"},
		"codes that differ in their cases": {"a", "A"},
		"codes of the groups":              {"seal", "sig"},
	} {
		t.Run(name, func(t *testing.T) {
			var grid strings.Builder
			for _, c := range codes {
				grid.WriteString("- {mã: " + c + ", tên: Sở " + c + ", chức_vụ: Giám đốc}\n")
			}
			values := strings.Replace(good, "- {mã: a, tên: Sở A, chức_vụ: Giám đốc}\n"+
				"- {mã: b, tên: Sở B, chức_vụ: Giám đốc, vai_trò: Khối trưởng}\n", grid.String(), 1)
			doc := draftWith(t, letter+use+"@chữ ký Đại diện\nđơn vị: các_đơn_vị\n@hết\n", values, DraftOptions{})
			var b bytes.Buffer
			r, err := doc.PDF(&b, PDFOptions{Fields: true})
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Fields) != 2*len(codes) {
				t.Fatalf("%+v", r.Fields)
			}
			f, err := pdf.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), pdf.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			form, err := f.Form()
			if err != nil {
				t.Fatal(err)
			}
			partial := map[string]string{}
			for _, fd := range form.Fields {
				s, _ := fd.Dict.Get("T").(pdf.String)
				leaf := strings.ToLower(pdf.DecodeText(s))
				if other := partial[leaf]; other != "" {
					t.Errorf("%q and %q are both called %q", other, fd.Name, leaf)
				}
				partial[leaf] = fd.Name
			}
			for _, field := range r.Fields {
				if form.Field(field.Name) == nil {
					t.Errorf("%q is not in the file", field.Name)
				}
			}
		})
	}
}
