package pdfcheck_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"strings"
	"testing"

	"covenant/templates"
	"covenant/templates/internal/pdfcheck"
)

// emblem is a red disc with transparent corners.
func emblem(t testing.TB) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 120, 120))
	for y := range 120 {
		for x := range 120 {
			if (x-60)*(x-60)+(y-60)*(y-60) < 55*55 {
				img.Set(x, y, color.NRGBA{200, 20, 20, 160})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const sink = `---
mẫu: tat-ca
tên: Mọi thứ trong một văn bản
biến:
  các_đơn_vị: {loại: danh sách đơn vị}
---
@đầu trang
cơ quan chủ quản: Bộ, ngành có tên gọi dài hơn một dòng của cột bên trái
cơ quan: Cơ quan ban hành văn bản
ký hiệu: TT-ABC
địa danh: Tân Giang
@hết
@tiêu đề
Văn bản thử
Về mọi thành phần thể thức
@hết
@kính gửi
Sở Nội vụ
Các đơn vị thành viên
@hết
@ảnh huy-hieu.png 22mm: Huy hiệu của khối
Phần: Những quy định chung
Chương: Mở đầu
Mục: Phạm vi
# Phạm vi điều chỉnh {#pham-vi}
Đoạn có *nghiêng*, **đậm**, ***đậm nghiêng*** và xuống \\
dòng, ký tự Ω Ж ngoài bộ cơ bản, dẫn chiếu [[diem-de]].
+ Khoản
++ a
++ b
++ c
++ d
++ Điểm thứ năm {#diem-de}
- gạch đầu dòng
@giữa **QUYẾT NGHỊ**
@phải bên phải
@trang ngang
@bảng Bảng nằm ngang
cột: A | B | C | D | E | F
|= nhóm
| 1 | 2 | 3 | 4 | 5 | 6 |
@hết
@trang dọc
Hết phần ngang.
@hết văn bản
@chữ ký Đại diện
đơn vị: các_đơn_vị
@hết
@nơi nhận
Như trên;
Lưu: VT.
@hết
@phụ lục Thứ nhất
Nội dung một.
@phụ lục Thứ hai
Nội dung hai, xem [[pham-vi]].
`

// A document with everything in it meets every rule too.
func TestEverythingAtOnce(t *testing.T) {
	tpl, problems := templates.Parse("sink", []byte(sink))
	if len(problems) > 0 {
		t.Fatal(templates.Problems(problems))
	}
	var values strings.Builder
	values.WriteString("các_đơn_vị:\n")
	for i := range 36 {
		fmt.Fprintf(&values, "- {mã: a%d, tên: Đơn vị số %d có tên khá dài để phải xuống dòng, chức_vụ: Giám đốc}\n",
			i, i)
	}
	vals, _ := templates.ParseValues("v", []byte(values.String()))
	doc, err := tpl.Draft(vals, templates.DraftOptions{Number: 123, Watermark: "DỰ THẢO lần 1",
		URL: "https://example.org/x", Images: map[string][]byte{"huy-hieu.png": emblem(t)}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := doc.PDF(&b, templates.PDFOptions{Fields: true}); err != nil {
		t.Fatal(err)
	}
	f := read(t, b.Bytes())
	for _, v := range pdfcheck.Check(f) {
		t.Errorf("%s: %s", v.Rule, v.Text)
	}
	c := f.Content()
	for _, want := range []string{"PHẦN I", "CHƯƠNG I", "Mục 1", "Ω Ж", "đ) ", "PHỤ LỤC I", "PHỤ LỤC II",
		"điểm đ khoản 1 Điều 1", "./."} {
		found := false
		for _, x := range c.Texts {
			found = found || strings.Contains(strings.ReplaceAll(x.Text, "\u00A0", " "), want)
		}
		if !found {
			t.Errorf("no %q", want)
		}
	}
	turned := 0
	for _, p := range f.Pages() {
		if box := f.Array(p["MediaBox"]); box[2].(float64) > box[3].(float64) {
			turned++
		}
	}
	if turned != 1 {
		t.Errorf("%d pages are turned", turned)
	}
	if dir := os.Getenv("OUT"); dir != "" {
		if err := writeFile(dir+"/sink.pdf", b.Bytes()); err != nil {
			t.Fatal(err)
		}
		var word bytes.Buffer
		if err := doc.DOCX(&word); err != nil {
			t.Fatal(err)
		}
		if err := writeFile(dir+"/sink.docx", word.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	if testing.Short() {
		return
	}
	file := t.TempDir() + "/x.pdf"
	if err := writeFile(file, b.Bytes()); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("qpdf", "--check", file).CombinedOutput(); err != nil {
		t.Errorf("qpdf: %s", out)
	}
}
