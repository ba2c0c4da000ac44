package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// saveIn saves a form of values, changed, and gives the answer.
func (d *writing) saveIn(b *visitor, slug string, change func(url.Values)) *http.Response {
	d.t.Helper()
	path := "/giao-uoc/" + slug + "/soan"
	form := formValues(b.page(path))
	change(form)
	return b.do(http.MethodPost, path, form)
}

// kept is what is being written of a covenant.
func (d *writing) kept(slug string) *engine.Desk {
	d.t.Helper()
	got, err := d.Desk(d.t.Context(), workflow.SignedIn(officer()), slug)
	check(d.t, err)
	return got
}

// holds fails where what is being written does not hold some text.
func (d *writing) holds(slug, want string) {
	d.t.Helper()
	if got := string(d.kept(slug).Data); !strings.Contains(got, want) {
		d.t.Errorf("what is kept does not hold %q:\n%s", want, got)
	}
}

func set(name string, values ...string) func(url.Values) {
	return func(f url.Values) { f[name] = values }
}

func all(changes ...func(url.Values)) func(url.Values) {
	return func(f url.Values) {
		for _, change := range changes {
			change(f)
		}
	}
}

// Rows are added, moved and taken out by the form's buttons, without a script.
func TestRowsWithoutAScript(t *testing.T) {
	t.Parallel()
	d := newWriting(t)
	b := d.as(officer())
	press := func(does string, change func(url.Values)) {
		t.Helper()
		if r := d.saveIn(b, drafted, all(change, set("lam", does))); r.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: status %d", does, r.StatusCode)
		}
	}
	none := func(url.Values) {}
	press("luu", all(set("v.nơi_nhận.0", "Một"), set("v.nơi_nhận.1", "Hai"), set("v.nơi_nhận.2", "Ba")))
	d.holds(drafted, "nơi_nhận:\n  - Một\n  - Hai\n  - Ba\n")
	press("len:nơi_nhận.2", none)
	d.holds(drafted, "- Một\n  - Ba\n  - Hai\n")
	press("xuong:nơi_nhận.0", none)
	d.holds(drafted, "- Ba\n  - Một\n  - Hai\n")
	press("xoa:nơi_nhận.1", none)
	d.holds(drafted, "- Ba\n  - Hai\n")
	press("len:nơi_nhận.0", none)
	press("xuong:nơi_nhận.1", none)
	press("xoa:nơi_nhận.7", none)
	d.holds(drafted, "- Ba\n  - Hai\n")
	r := d.saveIn(b, drafted, set("lam", "them:nơi_nhận"))
	more := must(url.PathUnescape(r.Header.Get("Location")))
	p := b.page(strings.Split(more, "#")[0])
	if rows := p.all(`[id="f-nơi_nhận"] .draft-list > li`); len(rows) != 3 || !strings.HasSuffix(more, "#f-nơi_nhận") {
		t.Errorf("%d rows at %s, want two and an empty one", len(rows), more)
	}
	press("dan:chỉ_tiêu", all(set("thay.chỉ_tiêu", "1"),
		set("dan.chỉ_tiêu", "Nội dung\tĐơn vị tính\tMức\r\nHồ sơ đúng hạn\t%\ttừ 97\r\n"+
			"\"Nhiều\r\ndòng \"\"x\"\"\"\tviệc\t5\r\n")))
	d.holds(drafted, "chỉ_tiêu:\n  - nội_dung: Hồ sơ đúng hạn\n    đơn_vị_tính: '%'\n    mức: từ 97\n")
	d.holds(drafted, `"x"`)
	press("dan:chỉ_tiêu.1.mức", set("dan.chỉ_tiêu", "6\tthừa\n7\n8"))
	d.holds(drafted, "mức: \"8\"")
	press("dan:nhóm_tiêu_chí.0.tiêu_chí", set("dan.nhóm_tiêu_chí.0.tiêu_chí", "Một\t400\nHai\t600"))
	d.holds(drafted, "      - nội_dung: Hai\n        điểm: 600\n")
	for _, does := range []string{"dan:chỉ_tiêu", "dan:khong_co", "xoa:khong_co.1", "them:chủ_đề", "giu:x",
		"nhap:chỉ_tiêu"} {
		want := http.StatusNotFound
		if strings.HasSuffix(does, "chỉ_tiêu") {
			want = http.StatusUnprocessableEntity
		}
		before := d.kept(drafted).Version
		if r := d.saveIn(b, drafted, set("lam", does)); r.StatusCode != want || d.kept(drafted).Version != before {
			t.Errorf("%s: status %d, want %d", does, r.StatusCode, want)
		}
	}
}

// What two officers write at once is never lost: the second is shown both texts, and decides.
func TestTwoOfficersAtOnce(t *testing.T) {
	t.Parallel()
	d := newWriting(t)
	one, two := d.as(officer()), d.as(officer())
	path := "/giao-uoc/" + drafted + "/soan"
	read := formValues(two.page(path))
	if r := d.saveIn(one, drafted, set("v.chủ_đề", "Của người thứ nhất")); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", r.StatusCode)
	}
	read.Set("v.chủ_đề", "Của người thứ hai")
	r := two.do(http.MethodPost, path, read)
	if r.StatusCode != http.StatusConflict {
		t.Fatalf("saving over what was not read: status %d", r.StatusCode)
	}
	p := parsed(t, r)
	p.contains("#xung-dot", "Của người thứ nhất")
	p.contains("#xung-dot", "Của người thứ hai")
	if left := p.text("[data-left]"); left != "" {
		t.Errorf("of what was not saved it is said: %q", left)
	}
	if typed := formValues(p); typed.Get("v.chủ_đề") != "Của người thứ hai" || typed.Get("phien") != read.Get("phien") {
		t.Errorf("what was typed: %q into version %q", typed.Get("v.chủ_đề"), typed.Get("phien"))
	}
	d.holds(drafted, "Của người thứ nhất")
	two.headers["Accept"] = "application/json"
	r = two.do(http.MethodPost, path, read)
	if said := readJSON(t, r); r.StatusCode != http.StatusConflict ||
		!strings.Contains(said["problem"].(string), "chưa có gì") {
		t.Errorf("the script is told %v, status %d", said, r.StatusCode)
	}
	delete(two.headers, "Accept")
	form := formValues(p)
	form.Set("lam", p.attr(`#xung-dot button`, "value"))
	if r := two.do(http.MethodPost, path, form); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("keeping one's own: status %d", r.StatusCode)
	}
	d.holds(drafted, "Của người thứ hai")
	if r := two.do(http.MethodPost, path, form); r.StatusCode != http.StatusConflict {
		t.Errorf("the same decision once more: status %d", r.StatusCode)
	}
}

// A second officer sees who is writing, and since when.
func TestWhoIsWriting(t *testing.T) {
	t.Parallel()
	d := newWriting(t)
	second := hall().who(hall().Agencies[3].ID, workflow.DutyReview)
	post := workflow.Position{Agency: hall().leader(), Person: second, Title: "Chuyên viên",
		Duties: []workflow.Duty{workflow.DutyDraft}}
	must(d.Do(t.Context(), "", workflow.AssignPosition{Position: post}, engine.Meta{Actor: actingAs("")}))
	one, two := d.as(officer()), d.as(second)
	if r := d.saveIn(one, drafted, set("v.chủ_đề", "Một")); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", r.StatusCode)
	}
	names := must(d.Directory(t.Context(), machine))
	name := names.PersonName(officer())
	d.clock.set(standing.Add(5 * time.Minute))
	path := "/giao-uoc/" + drafted + "/soan"
	two.page(path).oneContains("#so-lieu .verdict", name+" đang soạn từ 09:30; lưu lần cuối lúc 09:30")
	if p := one.page(path); strings.Contains(p.text("#so-lieu"), "đang soạn từ") {
		t.Error("who is writing is told that they are")
	}
	d.clock.set(standing.Add(3 * time.Hour))
	two.page(path).oneContains("#so-lieu .verdict", name+" lưu lần cuối lúc 09:30")
	if r := d.saveIn(two, drafted, set("v.chủ_đề", "Hai")); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", r.StatusCode)
	}
	one.page(path).oneContains("#so-lieu .verdict", names.PersonName(second)+" đang soạn từ 12:30")
}

// parsed is the page of an answer.
func parsed(t *testing.T, r *http.Response) page {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	check(t, err)
	root, err := html.Parse(bytes.NewReader(body))
	check(t, err)
	return page{t, r.StatusCode, r.Header, string(body), root}
}

func readJSON(t *testing.T, r *http.Response) map[string]any {
	t.Helper()
	var out map[string]any
	check(t, json.NewDecoder(r.Body).Decode(&out))
	return out
}

// The script is told the version, what is wrong with which field, and how much is not filled in.
func TestSavedAsOneTypes(t *testing.T) {
	t.Parallel()
	d := newWriting(t)
	b := d.as(officer())
	b.headers["Accept"] = "application/json"
	r := d.saveIn(b, drafted, all(set("v.năm", "hai nghìn"), set("v.chỉ_tiêu.1.mức", ""),
		set("v.chỉ_tiêu.2.mức", ""), set("v.chỉ_tiêu.3.mức", "🙂"), set("v.chủ_đề", "Kỷ cương")))
	said := readJSON(t, r)
	if r.StatusCode != http.StatusOK || said["version"] != 1.0 ||
		!strings.HasPrefix(said["saved"].(string), "Đã lưu lúc 09:30") ||
		!strings.HasPrefix(said["left"].(string), "Còn ") {
		t.Errorf("status %d: %v", r.StatusCode, said)
	}
	wrong := said["errors"].(map[string]any)
	if !strings.Contains(fmt.Sprint(wrong["năm"]), "cần năm, ví dụ 2026") ||
		!strings.Contains(fmt.Sprint(wrong["chỉ_tiêu.3.mức"]), "không có ký tự") || len(wrong) != 2 {
		t.Errorf("wrong: %v", wrong)
	}
	d.holds(drafted, "chủ_đề: Kỷ cương\n")
	delete(b.headers, "Accept")
	p := b.page("/giao-uoc/" + drafted + "/soan")
	p.contains(`[id="e-năm"]`, "cần năm, ví dụ 2026")
	if p.attr(`[id="f-năm"]`, "aria-describedby") != "e-năm" || p.attr(`[id="f-năm"]`, "aria-invalid") != "true" {
		t.Error("the field does not name its error")
	}
	if p := b.page("/giao-uoc/" + drafted + "/soan?loi"); p.text(`[id="e-khẩu_hiệu"]`) != "Chưa điền." {
		t.Errorf("what is missing: %q", p.text(`[id="e-khẩu_hiệu"]`))
	}
	english := b.page("/giao-uoc/" + drafted + "/soan?lang=en").text(`[id="e-năm"]`)
	if !strings.Contains(english, "year is wanted, such as 2026") {
		t.Errorf("in English: %q", english)
	}
}

// Who may not write is refused, by form, script and preview alike; nothing is kept of what they sent.
func TestWhoMayWrite(t *testing.T) {
	t.Parallel()
	d := newWriting(t)
	b := d.as(officer())
	good := formValues(b.page("/giao-uoc/" + drafted + "/soan"))
	other := d.as(hall().who(hall().Agencies[3].ID, workflow.DutyReview))
	head := d.as(hall().who(hall().leader(), workflow.DutySign))
	foreign := d.as(small().who(small().leader(), workflow.DutyDraft))
	for name, c := range map[string]struct {
		by   *visitor
		slug string
		form url.Values
		want int
	}{
		"without signing in":     {d.as(""), drafted, good, http.StatusForbidden},
		"a member":               {other, drafted, good, http.StatusNotFound},
		"the head, who signs":    {head, drafted, good, http.StatusForbidden},
		"another block":          {foreign, drafted, good, http.StatusNotFound},
		"what is being reviewed": {b, reviewing, good, http.StatusConflict},
		"what is in force":       {b, inForce, good, http.StatusConflict},
		"no such covenant":       {b, "2026/khong-co", good, http.StatusNotFound},
		"no version":             {b, drafted, with(good, url.Values{"phien": {""}}), http.StatusUnprocessableEntity},
		"a version to come":      {b, drafted, with(good, url.Values{"phien": {"7"}}), http.StatusConflict},
		"a version below none":   {b, drafted, with(good, url.Values{"phien": {"-1"}}), http.StatusConflict},
	} {
		path := "/giao-uoc/" + c.slug + "/soan"
		if r := c.by.do(http.MethodPost, path, c.form); r.StatusCode != c.want {
			t.Errorf("%s saves: status %d, want %d", name, r.StatusCode, c.want)
		}
		c.by.headers["Accept"] = "application/json"
		if r := c.by.do(http.MethodPost, path, c.form); r.StatusCode != c.want || readJSON(t, r)["problem"] == "" {
			t.Errorf("%s saves by the script: status %d, want %d", name, r.StatusCode, c.want)
		}
		delete(c.by.headers, "Accept")
		if strings.Contains(name, "version") {
			continue
		}
		for _, below := range []string{"/xem-thu.pdf", "/trinh"} {
			want := c.want
			if below == "/trinh" && name == "without signing in" {
				want = http.StatusSeeOther
			}
			if r := c.by.do(http.MethodGet, path+below, nil); r.StatusCode != want {
				t.Errorf("%s reads %s: status %d, want %d", name, below, r.StatusCode, want)
			}
		}
	}
	if d.kept(drafted).Version != 0 {
		t.Error("something was kept")
	}
	b.headers["Sec-Fetch-Site"] = "cross-site"
	if r := b.do(http.MethodPost, "/giao-uoc/"+drafted+"/soan", good); r.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %d", r.StatusCode)
	}
}

// A form that is too large is refused with a sentence; what was typed into one with too many rows is shown again.
func TestLargeForms(t *testing.T) {
	t.Parallel()
	d := newWriting(t)
	b := d.as(officer())
	rows := strings.Repeat("Chỉ tiêu\t%\t1\n", 10_000)
	r := d.saveIn(b, drafted, all(set("lam", "dan:chỉ_tiêu"), set("dan.chỉ_tiêu", rows), set("v.chủ_đề", "Giữ lại")))
	p := parsed(t, r)
	if r.StatusCode != http.StatusUnprocessableEntity || formValues(p).Get("v.chủ_đề") != "Giữ lại" {
		t.Errorf("10,000 pasted rows: status %d", r.StatusCode)
	}
	p.contains("#loi", "nhiều nhất 1000 dòng")
	r = d.saveIn(b, drafted, func(f url.Values) {
		for i := range 1001 {
			f.Set(fmt.Sprintf("v.chỉ_tiêu.%d.mức", i), "1")
		}
	})
	if p := parsed(t, r); r.StatusCode != http.StatusUnprocessableEntity ||
		!strings.Contains(p.text("#loi"), "1001 dòng") {
		t.Errorf("1,001 rows: status %d", r.StatusCode)
	}
	for name, change := range map[string]func(url.Values){
		"eleven megabytes": set("v.chủ_đề", strings.Repeat("x", 11<<20)),
		"11,000 fields": func(f url.Values) {
			for i := range 11_000 {
				f.Set(fmt.Sprintf("v.x%d", i), "1")
			}
		},
	} {
		if r := d.saveIn(b, drafted, change); r.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", name, r.StatusCode)
		}
	}
	if d.kept(drafted).Version != 0 {
		t.Error("something was kept")
	}
}

// workbook is an Excel file of one sheet.
func workbook(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	check(t, err)
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		check(t, err)
		check(t, f.SetSheetRow("Sheet1", cell, &row))
		for j, v := range row {
			if _, ok := v.(time.Time); ok {
				at, err := excelize.CoordinatesToCellName(j+1, i+1)
				check(t, err)
				check(t, f.SetCellStyle("Sheet1", at, at, style))
			}
		}
	}
	var out bytes.Buffer
	check(t, f.Write(&out))
	return out.Bytes()
}

// importIn sends a form with a sheet.
func (d *writing) importIn(b *visitor, slug, path string, file []byte, change func(url.Values)) *http.Response {
	d.t.Helper()
	address := "/giao-uoc/" + slug + "/soan"
	form := formValues(b.page(address))
	form.Set("lam", "nhap:"+path)
	change(form)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		check(d.t, w.WriteField(name, values[0]))
	}
	part, err := w.CreateFormFile("tep."+path, "bảng.xlsx")
	check(d.t, err)
	_, err = part.Write(file)
	check(d.t, err)
	check(d.t, w.Close())
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+address, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	out := httptest.NewRecorder()
	d.h.ServeHTTP(out, r)
	return out.Result()
}

// A sheet of Excel fills a table by its headings, numbers with all their digits; what is wrong is told at its cell, and
// what else was typed is kept.
func TestImportASheet(t *testing.T) {
	t.Parallel()
	d := newWriting(t)
	b := d.as(officer())
	none := func(url.Values) {}
	replace := set("thay.xếp_loại", "1")
	r := d.importIn(b, drafted, "xếp_loại", workbook(t, []any{"Từ điểm", "Mức", "Ghi chú riêng"},
		[]any{930.5, "Xuất sắc", "bỏ qua"}, []any{1234.0, "Tốt"}, []any{"nhiều", "Khá"}, []any{}),
		all(replace, set("v.chủ_đề", "Gõ cùng lúc")))
	if r.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d: %s", r.StatusCode, parsed(t, r).text("#loi"))
	}
	d.holds(drafted, "xếp_loại:\n  - mức: Xuất sắc\n    từ_điểm: 930,5\n")
	d.holds(drafted, "  - mức: Tốt\n    từ_điểm: 1234\n  - mức: Khá\n")
	d.holds(drafted, "chủ_đề: Gõ cùng lúc\n")
	b.page("/giao-uoc/"+drafted+"/soan").contains(`[id="e-xếp_loại.2.từ_điểm"]`, "cần số, ví dụ 1.200")
	r = d.importIn(b, drafted, "nhóm_tiêu_chí.0.tiêu_chí", workbook(t, []any{"Một", 400}, []any{"Hai", 600}), none)
	if r.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", r.StatusCode)
	}
	d.holds(drafted, "        điểm: 600\n")
	version := d.kept(drafted).Version
	many := make([][]any, 1200)
	for i := range many {
		many[i] = []any{"x", 1}
	}
	for name, file := range map[string][]byte{
		"nothing": {}, "no workbook": []byte("a;b\n1;2"), "a ZIP file that is none": []byte("PK\x03\x04 …"),
		"half a workbook": workbook(t, []any{"x"})[:900], "an empty sheet": workbook(t),
		"a sheet without end": workbook(t, many...),
	} {
		r := d.importIn(b, drafted, "xếp_loại", file, set("v.chủ_đề", "Vẫn còn"))
		if p := parsed(t, r); r.StatusCode != http.StatusUnprocessableEntity || p.text("#loi") == "" ||
			formValues(p).Get("v.chủ_đề") != "Vẫn còn" {
			t.Errorf("%s: status %d", name, r.StatusCode)
		}
	}
	if d.kept(drafted).Version != version {
		t.Error("something was kept")
	}
}

// Whatever comes as a sheet or from the clipboard is read or refused, and cells come back as they were copied.
func FuzzCells(f *testing.F) {
	for _, seed := range []string{"a\tb\nc\td", "\"a\nb\"\tc", "\"a\"\"b\"", "\"", "\"\"", "\t\t\n\n", "\"a\"b\tc",
		"a\r\nb\rc"} {
		f.Add(seed, []byte(seed))
	}
	f.Add("", workbook(f, []any{"Mức", 1}, []any{time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), 0.5}))
	f.Fuzz(func(t *testing.T, text string, file []byte) {
		for _, row := range cellsOf(text) {
			if len(row) == 0 {
				t.Error("a row without cells")
			}
		}
		if cells, err := sheetCells(file, nil); err != nil && workflow.ErrorCode(err) != workflow.CodeInvalid ||
			len(cells) > 1002 {
			t.Errorf("%d rows, %v", len(cells), err)
		}
	})
}
