package signing

import (
	"strings"
	"testing"

	"covenant/internal/pdf"
)

// TestModificationsQuoteText: what changed is said with the text that was and is.
func TestModificationsQuoteText(t *testing.T) {
	b := newAttackBase(t, Options{})
	for _, c := range []struct {
		name       string
		do         func(u *pdf.Update)
		en, vi     string
		old, isNow string
	}{
		{"content", func(u *pdf.Update) { u.Set(ref(4), content("Pay 999 dong")) },
			"page 1: the page's content was changed: “Pay 100 dong” is gone",
			"trang 1: nội dung trang bị thay đổi: mất “Pay 100 dong”", "Pay 100 dong", ""},
		{"content of page 2", func(u *pdf.Update) { u.Set(ref(32), content("Trang khác")) },
			"page 2: the page's content was changed: “Page two” became",
			"trang 2: nội dung trang bị thay đổi: “Page two” thành", "Page two", ""},
		{"content added", func(u *pdf.Update) {
			page := dict(t, u, 30)
			u.Set(ref(30), page.With("Contents", pdf.Array{ref(32), u.Add(content("over the table"))}))
		}, "page 2: content was added over the page: “over the table” (revision 3",
			"trang 2: nội dung được thêm đè lên trang: “over the table” (bản lưu 3", "", "over the table"},
		{"value", func(u *pdf.Update) {
			u.Set(ref(12), dict(t, u, 12).With("V", pdf.TextString("hai trăm năm mươi")))
		}, "page 1: field “amount”: a form field was filled in: “100” became “hai trăm năm mươi”",
			"ô “amount”: điền vào ô biểu mẫu: “100” thành “hai trăm", "100", "hai trăm năm mươi"},
		{"box", func(u *pdf.Update) {
			u.Set(ref(13), dict(t, u, 13).With("V", pdf.Name("Yes")).With("AS", pdf.Name("Yes")))
		}, "field “agree”: a form field was filled in: “Yes” (", "", "", "Yes"},
		{"text box", func(u *pdf.Update) {
			addAnnotation(t, u, u.Add(annotation("FreeText",
				pdf.Entry{Key: "Contents", Value: pdf.TextString("Đã hủy")})))
		}, "page 1: text box added over the content: “Đã hủy”",
			"trang 1: hộp văn bản được thêm đè lên nội dung: “Đã hủy”", "", "Đã hủy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, kind := range fileKinds {
				res, _ := b.judge(t, update(t, b.file[kind], func(_ *pdf.File, u *pdf.Update) { c.do(u) }))
				found := false
				for _, m := range res.Modifications {
					found = found || strings.Contains(m.Text().In(English), c.en) &&
						strings.Contains(m.Text().In(Vietnamese), c.vi) &&
						(c.old == "" || m.Old == c.old) && (c.isNow == "" || m.New == c.isNow)
				}
				if !found {
					t.Errorf("%s: %+v", kind, res.Modifications)
				}
			}
		})
	}
}
