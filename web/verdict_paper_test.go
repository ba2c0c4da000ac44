package web

import (
	"bytes"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"covenant/internal/address"
)

// textOfPDF is what a file says, by a program that we did not write.
func textOfPDF(t *testing.T, file string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-", "-")
	cmd.Stdin = strings.NewReader(file)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

// A verdict can be kept: of an upload, and of the document that a QR code leads to; in both languages, whatever the
// file is called, and with what to do next. What is wrong with an upload is told on the page.
func TestVerdictAsADocument(t *testing.T) {
	t.Parallel()
	h := pages()
	signed := fileOf(t, shared(), shared().resume(signing4).now().Covenant.Head)
	changed := bytes.Clone(signed)
	at := bytes.Index(changed, []byte("/MediaBox"))
	changed[at+bytes.IndexAny(changed[at:], "123456789")] ^= 1
	unsigned := fileOf(t, shared(), shared().resume(reviewing).now().Covenant.Revisions[0].PDF)
	for name, c := range map[string]struct {
		file []byte
		want []string
	}{
		"giao-uoc.pdf": {signed, []string{"KẾT QUẢ KIỂM TRA CHỮ KÝ", "Trịnh Quốc Khải", "chưa đủ căn cứ", "SHA-256",
			"Chưa nên coi là đã chứng minh"}},
		"sửa đổi 🖋 \u202egpj.pdf":  {changed, []string{"không hợp lệ", "Không sử dụng tệp này"}},
		strings.Repeat("dài", 900): {changed, []string{"không hợp lệ"}},
		"chua-ky.pdf":              {unsigned, []string{"Văn bản chưa có chữ ký nào", "Hãy xin tệp PDF gốc"}},
		" ":                        {signed, []string{"SHA-256"}},
	} {
		p := uploadTo(t, h, "/kiem-tra?pdf", "tep", name, c.file)
		if p.status != http.StatusOK || p.header.Get("Content-Type") != "application/pdf" ||
			p.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%.20q: status %d, %v\n%s", name, p.status, p.header, p.body)
		}
		text := textOfPDF(t, p.body)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%.20q: the result does not say %q:\n%s", name, want, text)
			}
		}
	}
	p := uploadTo(t, h, "/kiem-tra?pdf&lang=en", "tep", "a.pdf", signed)
	if text := textOfPDF(t, p.body); !strings.Contains(text, "Do not take it for proven yet") {
		t.Errorf("in English it says\n%s", text)
	}
	p = uploadTo(t, h, "/kiem-tra?pdf", "tep", "a.pdf", []byte("no file of this kind"))
	if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, "Không đọc được tệp này") {
		t.Errorf("a file that is none: status %d", p.status)
	}

	public := get(t, h, publicPath())
	link := public.attr(`a[href$="ket-qua-kiem-tra.pdf"]`, "href")
	if !strings.HasPrefix(link, strings.TrimSuffix(address.Public.Of(""), "/")) {
		t.Errorf("the public page leads to %q", link)
	}
	p = get(t, h, link)
	if text := textOfPDF(t, p.body); p.status != http.StatusOK || !strings.Contains(text, "KẾT QUẢ KIỂM TRA") {
		t.Errorf("status %d: %s", p.status, text)
	}
	if p = get(t, h, address.PublicVerdict.Of("khong-co")); p.status != http.StatusNotFound {
		t.Errorf("a token that there is not: status %d", p.status)
	}
}
