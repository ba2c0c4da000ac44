package web

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"covenant/templates"
	"covenant/templates/library"
)

// rendered is the part of a page that a template's form is.
func rendered(t *testing.T, tpl *templates.Template, entries map[string]templates.Entry) page {
	t.Helper()
	m := &formMaker{language: speaking("vi")}
	var buf bytes.Buffer
	buf.WriteString(`<form id="soan">`)
	s := must(newServer(Config{Engine: shared().Engine, Actor: asMachine, Logger: quiet}))
	for _, f := range m.make(tpl.Variables(), entries) {
		check(t, s.pages[pageIn{"vi", "draft"}].ExecuteTemplate(&buf, "draft-field", f))
	}
	root, err := html.Parse(&buf)
	check(t, err)
	return page{t: t, root: root}
}

// Each library template has a control for everything that it asks for: its values go onto the page and come back as
// they were.
func TestValuesGoThroughThePage(t *testing.T) {
	t.Parallel()
	for _, id := range library.List() {
		entry, err := library.Open(id)
		check(t, err)
		tpl, problems := entry.Template()
		check(t, templates.Problems(problems).Err())
		values, problems := entry.SampleValues()
		check(t, templates.Problems(problems).Err())
		entries := tpl.ReadValues(values)
		want, err := tpl.WriteValues(entries)
		check(t, err)
		form := sentForm{Values: formValues(rendered(t, tpl, entries))}
		got, err := tpl.WriteValues(form.entries(tpl.Variables()))
		check(t, err)
		if !bytes.Equal(got, want) {
			t.Errorf("%s came back from the page as\n%s\nnot as\n%s", id, got, want)
		}
	}
}

// Whatever people write stands on the page as they wrote it, in every kind of control, and comes back so.
func TestMeanValuesGoThroughThePage(t *testing.T) {
	t.Parallel()
	tpl, problems := templates.Parse("mau.txt", []byte(`---
mẫu: x
biến:
  chữ: {loại: văn bản, bắt buộc: không}
  dài: {loại: văn bản dài, bắt buộc: không}
  số: {loại: số, bắt buộc: không}
  ngày: {loại: ngày, bắt buộc: không}
  chọn: {loại: lựa chọn, các lựa chọn: [a, b], bắt buộc: không}
  có: {loại: có/không, bắt buộc: không}
  danh_sách: {loại: danh sách văn bản, bắt buộc: không}
  bảng: {loại: bảng, bắt buộc: không, cột: {một: văn bản, hai: số}}
---
{{chữ}} {{dài}} {{số}} {{ngày}} {{chọn}} {{nếu có}}x{{hết}}
@mỗi d trong danh_sách
- {{d}}
@hết
@mỗi b trong bảng
- {{b.một}} {{b.hai}}
@hết
`))
	check(t, templates.Problems(problems).Err())
	for _, text := range []string{`"><script>alert(1)</script>`, "'", "&amp;", "</textarea>x", " đầu", "cuối ", "a: b",
		"#", "yes", "2026-02-30", "31/12/2026", "1.234,5", "🙂", "a\tb", "Tiếng Việt có dấu", "{{.}}", "\\", "`",
		"a\nb", "\n\na", "null", "~", strings.Repeat("x", 3000), "c"} {
		entries := map[string]templates.Entry{}
		for _, name := range []string{"chữ", "dài", "số", "ngày", "chọn", "có"} {
			entries[name] = templates.Entry{Text: text}
		}
		entries["danh_sách"] = templates.Entry{Items: []templates.Entry{{Text: text}, {Text: "hai"}}}
		entries["bảng"] = templates.Entry{Items: []templates.Entry{{Fields: map[string]templates.Entry{
			"một": {Text: text}, "hai": {Text: text}}}}}
		want, err := tpl.WriteValues(entries)
		check(t, err)
		form := sentForm{Values: formValues(rendered(t, tpl, entries))}
		got, err := tpl.WriteValues(form.entries(tpl.Variables()))
		check(t, err)
		if !bytes.Equal(got, want) {
			t.Errorf("%q came back as\n%s\nnot as\n%s", text, got, want)
		}
	}
}

// Names that lead nowhere, or too deep, or to too many rows are passed over or refused; nothing of them is kept.
func TestNamesOfFieldsAreLookedUp(t *testing.T) {
	t.Parallel()
	entry, err := library.Open("giao-uoc-thi-dua")
	check(t, err)
	tpl, _ := entry.Template()
	for _, name := range []string{"v.", "v", "v..", "v.khong_co", "v.khong_co.1", "v.chủ_đề.x", "v.chỉ_tiêu.mức",
		"v.chỉ_tiêu.-1.mức", "v.chỉ_tiêu.01.mức", "v.chỉ_tiêu.1e3.mức", "v.chỉ_tiêu.99999999999999999999.mức",
		"v.chỉ_tiêu.0.khong_co", "v." + strings.Repeat("a.", 5000), "v.chỉ_tiêu.0.mức.0.0", "chủ_đề", "lam", "V.chủ_đề",
		"v.người_chứng_kiến.0.tên"} {
		form := sentForm{Values: url.Values{name: {"x"}}}
		got, err := tpl.WriteValues(form.entries(tpl.Variables()))
		check(t, err)
		if text := string(got); strings.Contains(text, "x\n") {
			t.Errorf("%s was kept as %q", name, text)
		}
	}
	for _, path := range []string{"", "chủ_đề", "khong_co.0", "chỉ_tiêu.x", "chỉ_tiêu.-1", "chỉ_tiêu.1001.mức",
		"chỉ_tiêu.0.khong_co", "người_chứng_kiến"} {
		if at, ok := seek(tpl.Variables(), path); ok {
			t.Errorf("%q leads to row %d of %q", path, at.row, at.rows)
		}
	}
	for path, want := range map[string]sought{
		"chỉ_tiêu": {rows: "chỉ_tiêu", row: -1}, "chỉ_tiêu.3": {rows: "chỉ_tiêu", row: 3},
		"chỉ_tiêu.3.mức":                  {rows: "chỉ_tiêu", row: 3, column: "mức"},
		"nhóm_tiêu_chí.1.tiêu_chí":        {rows: "nhóm_tiêu_chí.1.tiêu_chí", row: -1},
		"các_đơn_vị.2.nhiệm_vụ.4":         {rows: "các_đơn_vị.2.nhiệm_vụ", row: 4},
		"nhóm_tiêu_chí.1.tên":             {rows: "nhóm_tiêu_chí", row: 1, column: "tên"},
		"nhóm_tiêu_chí.0.tiêu_chí.2":      {rows: "nhóm_tiêu_chí.0.tiêu_chí", row: 2},
		"nhóm_tiêu_chí.0.tiêu_chí.2.điểm": {rows: "nhóm_tiêu_chí.0.tiêu_chí", row: 2, column: "điểm"},
	} {
		at, ok := seek(tpl.Variables(), path)
		if !ok || at.rows != want.rows || at.row != want.row || at.column != want.column {
			t.Errorf("%q leads to %q, %d, %q: %t", path, at.rows, at.row, at.column, ok)
		}
	}
}

// A problem of the file stands at the row of the page, whatever empty rows stand between.
func TestProblemsFindTheirRows(t *testing.T) {
	t.Parallel()
	row := func(text string) templates.Entry { return templates.Entry{Text: text} }
	list := templates.Entry{Items: []templates.Entry{row(""), row("a"), row(" "), row("b")}}
	inner := templates.Entry{Fields: map[string]templates.Entry{"l": list}}
	entries := map[string]templates.Entry{"l": list, "t": {Items: []templates.Entry{{}, inner}}}
	for path, want := range map[string]string{"l.0": "l.1", "l.1": "l.3", "l": "l", "t.0.l.1": "t.1.l.3", "x": "x",
		"t.0": "t.1", "": ""} {
		if got := original(entries, path); got != want {
			t.Errorf("%q is at %q, want %q", path, got, want)
		}
	}
}
