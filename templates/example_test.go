package templates_test

import (
	"bytes"
	"errors"
	"fmt"

	"covenant/templates"
)

const notice = `---
mẫu: thong-bao
tên: Thông báo
biến:
  số_đơn_vị: số
  ngày_họp: ngày
---
@đầu trang
cơ quan: Khối thi đua
ký hiệu: TB-KTĐ
địa danh: Tân Giang
@hết

@tiêu đề
Thông báo
@hết

# Thời gian {#luc}
Họp {{ngày_họp|ngày_chữ}}, {{số_đơn_vị}} ({{số_đơn_vị|bằng_chữ}}) đơn vị dự.

# Chuẩn bị
Báo cáo gửi trước ngày nêu tại [[luc]].
`

// From template and values to a PDF.
func Example() {
	tpl, problems := templates.Parse("thong-bao.txt", []byte(notice))
	if err := templates.Problems(problems).Err(); err != nil {
		fmt.Println(err)
		return
	}
	values, _ := templates.ParseValues("so-lieu.yaml", []byte("số_đơn_vị: 7\nngày_họp: 26/3/2026\n"))
	doc, err := tpl.Draft(values, templates.DraftOptions{Number: 9, Date: templates.Day{Year: 2026, Month: 3,
		Date: 20}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range doc.Outline()[2:] {
		fmt.Printf("%s. %s: %s\n", c.Number, c.Heading, c.Text)
	}
	var file bytes.Buffer
	rendered, err := doc.PDF(&file, templates.PDFOptions{})
	fmt.Println(rendered.Pages, "trang,", err)
	// Output:
	// Điều 1. Thời gian: Họp ngày 26 tháng 3 năm 2026, 7 (bảy) đơn vị dự.
	// Điều 2. Chuẩn bị: Báo cáo gửi trước ngày nêu tại Điều 1.
	// 1 trang, <nil>
}

// All problems come at once, each with its place and a hint.
func ExampleProblems() {
	tpl, _ := templates.Parse("thong-bao.txt", []byte(notice))
	values, _ := templates.ParseValues("so-lieu.yaml", []byte("so_don_vi: 7\nngày_họp: 31/2/2026\n"))
	_, err := tpl.Draft(values, templates.DraftOptions{})
	var problems templates.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			fmt.Println(p.In("vi"))
		}
	}
	// Output:
	// so-lieu.yaml:1:1: Mẫu không có biến “so_don_vi”. (có phải là “số_đơn_vị”?)
	// so-lieu.yaml:1:1: Thiếu giá trị của biến “số_đơn_vị”.
	// so-lieu.yaml:2:11: “31/2/2026” – “ngày_họp” phải là ngày.
}
