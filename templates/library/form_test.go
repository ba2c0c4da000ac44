package library

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"covenant/templates"
)

// drafted is a document of some values, and what is wrong with them.
func drafted(t testing.TB, tpl *templates.Template, values []byte) (*templates.Document, error) {
	t.Helper()
	law, err := Law()
	if err != nil {
		t.Fatal(err)
	}
	vals, problems := templates.ParseValues("values", values)
	if err := templates.Problems(problems).Err(); err != nil {
		return nil, err
	}
	return tpl.Draft(vals, templates.DraftOptions{Law: law, Date: templates.Day{Year: 2026, Month: 2, Date: 2}})
}

func entriesOf(t testing.TB, tpl *templates.Template, values []byte) map[string]templates.Entry {
	t.Helper()
	vals, problems := templates.ParseValues("values", values)
	if err := templates.Problems(problems).Err(); err != nil {
		t.Fatal(err)
	}
	return tpl.ReadValues(vals)
}

func templateOf(t testing.TB, id string) (*Entry, *templates.Template) {
	t.Helper()
	e, err := Open(id)
	if err != nil {
		t.Fatal(err)
	}
	tpl, problems := e.Template()
	if err := templates.Problems(problems).Err(); err != nil {
		t.Fatal(err)
	}
	return e, tpl
}

// Each library template's values go into a form and come back as the same document: every clause, by its digest.
func TestValuesGoThroughAForm(t *testing.T) {
	for _, id := range List() {
		t.Run(id, func(t *testing.T) {
			e, tpl := templateOf(t, id)
			cases := map[string][]byte{"sample": e.Sample}
			if id == "giao-uoc-thi-dua" {
				for _, name := range []string{"hanam2021", "block7"} {
					data, err := os.ReadFile("../../testdata/" + name + "/covenant.yaml")
					if err != nil {
						t.Fatal(err)
					}
					cases[name] = data
				}
			}
			for name, data := range cases {
				before, err := drafted(t, tpl, data)
				if err != nil {
					t.Fatal(err)
				}
				entries := entriesOf(t, tpl, data)
				written, err := tpl.WriteValues(entries)
				if err != nil {
					t.Fatal(err)
				}
				after, err := drafted(t, tpl, written)
				if err != nil {
					t.Fatalf("%s: %v\n%s", name, err, written)
				}
				if !reflect.DeepEqual(before.Outline(), after.Outline()) ||
					!reflect.DeepEqual(before.Slots(), after.Slots()) {
					t.Errorf("%s: the document is another one", name)
				}
				if again := entriesOf(t, tpl, written); !reflect.DeepEqual(again, entries) {
					t.Errorf("%s: the form shows something else the second time", name)
				}
			}
		})
	}
}

// The variables of a written file stand in the template's order.
func TestValuesAreWrittenInTheTemplatesOrder(t *testing.T) {
	e, tpl := templateOf(t, "giao-uoc-thi-dua")
	written, err := tpl.WriteValues(entriesOf(t, tpl, e.Sample))
	if err != nil {
		t.Fatal(err)
	}
	last := -1
	for _, v := range tpl.Variables() {
		at := bytes.Index(written, []byte("\n"+v.Name+":"))
		if bytes.HasPrefix(written, []byte(v.Name+":")) {
			at = 0
		}
		if at >= 0 && at < last {
			t.Errorf("%s stands before what the template asks for first", v.Name)
		}
		last = max(last, at)
	}
}

// Whatever people write comes back as they wrote it, composed; control characters are left out.
func TestMeanTextGoesThroughAForm(t *testing.T) {
	_, tpl := templateOf(t, "giao-uoc-thi-dua")
	through := func(t testing.TB, text string) (line, long string) {
		t.Helper()
		written, err := tpl.WriteValues(map[string]templates.Entry{"chủ_đề": {Text: text},
			"nơi_nhận": {Items: []templates.Entry{{Text: text}}}})
		if err != nil {
			t.Fatal(err)
		}
		back := entriesOf(t, tpl, written)
		if items := back["nơi_nhận"].Items; len(items) == 1 {
			long = items[0].Text
		}
		return back["chủ_đề"].Text, long
	}
	for text, want := range map[string]string{
		"  hai dấu cách trước": "", "cuối có dấu cách  ": "", "a: b": "", "a #b": "", "#": "", "- a": "", "? x": "",
		"yes": "", "no": "", "null": "", "~": "", "true": "", "2026-03-26": "", "12.500": "", "1e3": "", "0x1F": "",
		"&a": "", "*a": "", "!t": "", "|": "", ">-": "", "%x": "", "@x": "", "`x`": "", `"x"`: "", "'x'": "",
		"{a: b}": "", "[1, 2]": "", "---": "", "...": "", "<<": "", "=": "", "🙂": "", "\t": "-", "   ": "-", "": "-",
		"dòng 1\ndòng 2": "", "\n\n trước": "", " a\n  b\n": "", "a\n\n\nb": "", "a\r\nb": "a\nb", "a\rb": "a\nb",
		"Tha\u0302\u0301ng": "Thấng", "\u00a0": "-", "a\u2028b\u2029c\u0085d": "", "a\x00b\x07c": "abc",
		"a\n\u0300b": "", "a\u2028\u0301b": "", "\U0001010A\u0300": "", // marks that escapes would be composed with
		"\uFEFFa": "a", "\xff": "\uFFFD", strings.Repeat("dài ", 5000): "", "{{đơn_vị}}": "", "**đậm**": "",
	} {
		switch want {
		case "":
			want = text
		case "-":
			want = ""
		}
		if line, long := through(t, text); line != want || long != want {
			t.Errorf("%q came back as %q and %q", text, line, long)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.String().Draw(rt, "text")
		once, _ := through(t, text)
		if twice, _ := through(t, once); once != twice {
			rt.Errorf("%q came back as %q, then as %q", text, once, twice)
		}
	})
}

// A form holds so many rows and fields and no more, and says so.
func TestAFormHasAnEnd(t *testing.T) {
	_, tpl := templateOf(t, "giao-uoc-thi-dua")
	rows := func(n int) templates.Entry {
		var out templates.Entry
		for i := range n {
			out.Items = append(out.Items, templates.Entry{Fields: map[string]templates.Entry{
				"nội_dung": {Text: fmt.Sprint("Chỉ tiêu ", i)}, "đơn_vị_tính": {Text: "%"}, "mức": {Text: "1"}}})
		}
		return out
	}
	if _, err := tpl.WriteValues(map[string]templates.Entry{"chỉ_tiêu": rows(templates.MaxFormRows)}); err != nil {
		t.Error(err)
	}
	var problems templates.Problems
	_, err := tpl.WriteValues(map[string]templates.Entry{"chỉ_tiêu": rows(10_000)})
	if !errors.As(err, &problems) || !strings.Contains(problems.In("vi"), "“Chỉ tiêu thi đua” có 10000 dòng") {
		t.Errorf("10,000 rows: %v", err)
	}
	var units templates.Entry
	for range 900 {
		tasks := templates.Entry{}
		for range 10 {
			tasks.Items = append(tasks.Items, templates.Entry{Text: "x"})
		}
		units.Items = append(units.Items, templates.Entry{Fields: map[string]templates.Entry{"nhiệm_vụ": tasks}})
	}
	if _, err := tpl.WriteValues(map[string]templates.Entry{"các_đơn_vị": units}); !errors.As(err, &problems) {
		t.Errorf("9,000 fields: %v", err)
	}
	_, err = tpl.WriteValues(map[string]templates.Entry{"chủ_đề": {Text: strings.Repeat("x", 3<<20)}})
	if !errors.As(err, &problems) {
		t.Errorf("three megabytes: %v", err)
	}
}

// Every problem of values leads to its field.
func TestProblemsLeadToTheirFields(t *testing.T) {
	e, tpl := templateOf(t, "giao-uoc-thi-dua")
	for _, c := range []struct {
		spoil   func(map[string]templates.Entry)
		path    string
		missing bool
	}{
		{func(m map[string]templates.Entry) { delete(m, "chủ_đề") }, "chủ_đề", true},
		{func(m map[string]templates.Entry) { m["năm"] = templates.Entry{Text: "hai nghìn"} }, "năm", false},
		{func(m map[string]templates.Entry) { m["ngày_hội_nghị"] = templates.Entry{Text: "30/2/2026"} },
			"ngày_hội_nghị", false},
		{func(m map[string]templates.Entry) { delete(m["chỉ_tiêu"].Items[1].Fields, "mức") }, "chỉ_tiêu.1.mức", true},
		{func(m map[string]templates.Entry) {
			m["nhóm_tiêu_chí"].Items[1].Fields["tiêu_chí"].Items[2].Fields["điểm"] = templates.Entry{Text: "nhiều"}
		}, "nhóm_tiêu_chí.1.tiêu_chí.2.điểm", false},
		{func(m map[string]templates.Entry) {
			m["nhóm_tiêu_chí"].Items[0].Fields["tiêu_chí"].Items[0].Fields["điểm"] = templates.Entry{Text: "1"}
		}, "nhóm_tiêu_chí", false},
		{func(m map[string]templates.Entry) {
			m["các_đơn_vị"].Items[2].Fields["nhiệm_vụ"] = templates.Entry{Items: []templates.Entry{{Text: "một"}}}
		}, "các_đơn_vị.2.nhiệm_vụ", false},
		{func(m map[string]templates.Entry) {
			m["các_đơn_vị"].Items[1].Fields["mã"] = m["các_đơn_vị"].Items[0].Fields["mã"]
		}, "các_đơn_vị.1", false},
		{func(m map[string]templates.Entry) { m["nơi_nhận"].Items[0] = templates.Entry{Text: "🙂"} }, "nơi_nhận.0",
			false},
		{func(m map[string]templates.Entry) { delete(m, "địa_danh") }, "địa_danh", true},
	} {
		entries := entriesOf(t, tpl, e.Sample)
		c.spoil(entries)
		written, err := tpl.WriteValues(entries)
		if err != nil {
			t.Fatal(err)
		}
		law, _ := Law()
		vals, _ := templates.ParseValues("values", written)
		problems := tpl.Check(vals, templates.DraftOptions{Law: law})
		if !slices.ContainsFunc(problems, func(p templates.Problem) bool {
			return vals.PathOf(p) == c.path && p.Missing == c.missing
		}) {
			t.Errorf("no problem leads to %q", c.path)
		}
		for _, p := range problems {
			if vals.PathOf(p) == "" {
				t.Errorf("%q: %v leads nowhere", c.path, p)
			}
		}
	}
}

// A preview is drawn of whatever there is: nothing at all, half of it, wrong values; the right ones look like the
// document.
func TestPreviewOfWhatIsBegun(t *testing.T) {
	law, err := Law()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range List() {
		e, tpl := templateOf(t, id)
		show := func(entries map[string]templates.Entry, known []string) *templates.Preview {
			t.Helper()
			written, err := tpl.WriteValues(entries)
			if err != nil {
				t.Fatal(err)
			}
			vals, _ := templates.ParseValues("values", written)
			doc, err := tpl.Draft(vals, templates.DraftOptions{Law: law, Begun: true, Watermark: "DỰ THẢO"})
			if err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			p, err := doc.Preview(known)
			if err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			return p
		}
		if p := show(nil, nil); len(p.PDF) == 0 || len(p.Changed) != len(p.Pages) {
			t.Errorf("%s: nothing yet shows %d of %d pages", id, len(p.Changed), len(p.Pages))
		}
		for _, v := range tpl.Variables() {
			entries := entriesOf(t, tpl, e.Sample)
			delete(entries, v.Name)
			show(entries, nil)
			entries[v.Name] = wrong(v)
			show(entries, nil)
		}
		whole := show(entriesOf(t, tpl, e.Sample), nil)
		if again := show(entriesOf(t, tpl, e.Sample), whole.Pages); again.PDF != nil || len(again.Changed) != 0 {
			t.Errorf("%s: pages that did not change are drawn again: %v", id, again.Changed)
		}
	}
}

// wrong is a value that a variable does not take, all the way down.
func wrong(v templates.Variable) templates.Entry {
	one := templates.Entry{Text: "không phải"}
	if v.Record() {
		one = templates.Entry{Fields: map[string]templates.Entry{}}
		for _, c := range v.Columns {
			one.Fields[c.Name] = wrong(c)
		}
	}
	if v.Rows() {
		return templates.Entry{Items: []templates.Entry{one, one}}
	}
	return one
}

// Only the pages that look different are drawn.
func TestPreviewDrawsWhatChanged(t *testing.T) {
	e, tpl := templateOf(t, "giao-uoc-thi-dua")
	law, _ := Law()
	show := func(sample []byte, known []string) *templates.Preview {
		vals, _ := templates.ParseValues("values", sample)
		doc, err := tpl.Draft(vals, templates.DraftOptions{Law: law, Begun: true})
		if err != nil {
			t.Fatal(err)
		}
		p, err := doc.Preview(known)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := show(e.Sample, nil)
	changed := bytes.Replace(e.Sample, []byte("Giảm nghèo bền vững"), []byte("Giảm nghèo rất bền vững"), 1)
	second := show(changed, first.Pages)
	if len(second.Changed) != 1 || second.Changed[0] == 0 {
		t.Fatalf("a word on a late page changed pages %v of %d", second.Changed, len(second.Pages))
	}
	if len(second.PDF) >= len(first.PDF) {
		t.Errorf("one page is %d bytes, all of them %d", len(second.PDF), len(first.PDF))
	}
	for i := range first.Pages {
		if (first.Pages[i] != second.Pages[i]) != slices.Contains(second.Changed, i) {
			t.Errorf("page %d: digest and drawing differ", i+1)
		}
	}
}

// A clause knows the values that it was filled from.
func TestClausesKnowTheirValues(t *testing.T) {
	e, tpl := templateOf(t, "giao-uoc-thi-dua")
	doc, err := drafted(t, tpl, e.Sample)
	if err != nil {
		t.Fatal(err)
	}
	paths := doc.ClausePaths()
	for _, c := range doc.Outline() {
		for _, p := range paths[c.ID] {
			if p == "cam_kết.1.nội_dung" && c.Level >= 4 && !strings.Contains(c.Text, "Mỗi đơn vị cụ thể hóa") {
				t.Errorf("%s is not in %s", p, c.ID)
			}
		}
	}
	for id, want := range map[string]string{"chu-de-nam": "chủ_đề", "chi-tieu": "chỉ_tiêu.0.nội_dung",
		"noi-dung": "cam_kết.0.tiêu_đề", "cam-ket-2": "cam_kết.1.tiêu_đề"} {
		if len(paths[id]) == 0 || paths[id][0] != want {
			t.Errorf("%s is about %v, want %s first", id, paths[id], want)
		}
	}
	all := slices.Concat(slices.Collect(func(yield func([]string) bool) {
		for _, p := range paths {
			if !yield(p) {
				return
			}
		}
	})...)
	for _, want := range []string{"cam_kết.1.nội_dung", "chủ_đề", "chỉ_tiêu.0.mức", "các_đơn_vị.4.nhiệm_vụ.9",
		"nơi_hội_nghị"} {
		if !slices.Contains(all, want) {
			t.Errorf("no clause was filled from %s", want)
		}
	}
}

func BenchmarkPreview(b *testing.B) {
	_, tpl := templateOf(b, "giao-uoc-thi-dua")
	law, _ := Law()
	data, err := os.ReadFile("../../testdata/hanam2021/covenant.yaml")
	if err != nil {
		b.Fatal(err)
	}
	show := func(data []byte, known []string) *templates.Preview {
		vals, _ := templates.ParseValues("values", data)
		doc, err := tpl.Draft(vals, templates.DraftOptions{Law: law, Begun: true})
		if err != nil {
			b.Fatal(err)
		}
		p, err := doc.Preview(known)
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	b.Run("first", func(b *testing.B) {
		var p *templates.Preview
		for b.Loop() {
			p = show(data, nil)
		}
		b.ReportMetric(float64(len(p.PDF)), "bytes")
		b.ReportMetric(float64(len(p.Changed)), "pages")
	})
	b.Run("later", func(b *testing.B) {
		known := show(bytes.Replace(data, []byte("Giám đốc"), []byte("Quyền Giám đốc"), 1), nil).Pages
		var p *templates.Preview
		for b.Loop() {
			p = show(data, known)
		}
		b.ReportMetric(float64(len(p.PDF)), "bytes")
		b.ReportMetric(float64(len(p.Changed)), "pages")
	})
}
