package web

import (
	"archive/zip"
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// upload posts a file to the checking page.
func upload(t *testing.T, h http.Handler, field, name string, content []byte) page {
	t.Helper()
	return uploadTo(t, h, "/kiem-tra", field, name, content)
}

func uploadTo(t *testing.T, h http.Handler, path, field, name string, content []byte) page {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile(field, name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return page{t, w.Code, w.Header(), w.Body.String(), root}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	h := pages()
	signed := fileOf(t, shared(), shared().resume(signing4).now().Covenant.Head)
	p := upload(t, h, "tep", "giao-uoc.pdf", signed)
	if p.status != http.StatusOK {
		t.Fatalf("status %d: %s", p.status, p.body)
	}
	p.count(".results > li", 4)
	p.contains(".results", "Trịnh Quốc Khải")
	p.contains("p.verdict.waiting", "chưa đủ căn cứ để kết luận trong 4 chữ ký")
	p.contains(".facts", "Trùng khớp từng byte")
	p.contains(".facts", "giao-uoc.pdf")
	if p.header.Get("Cache-Control") != "no-store" {
		t.Error("a result may be kept by the browser")
	}

	changed := bytes.Clone(signed)
	at := bytes.Index(changed, []byte("/MediaBox"))
	changed[at+bytes.IndexAny(changed[at:], "123456789")] ^= 1
	p = upload(t, h, "tep", "sua.pdf", changed)
	p.contains("p.verdict.stopped", "Có 4 mục không hợp lệ")
	p.contains(".facts", "Không trùng với tệp nào")

	unsigned := shared().resume(reviewing).now().Covenant.Revisions[0].PDF
	p = upload(t, h, "tep", "chua-ky.pdf", fileOf(t, shared(), unsigned))
	p.contains("p.verdict", "chưa có chữ ký nào")
}

// The evidence that the pages give out is evidence by its own data alone.
func TestCheckEvidence(t *testing.T) {
	t.Parallel()
	authorityServes() // a checkpoint is time-stamped for it
	bundle := get(t, pages(), "/giao-uoc/"+inForce+"/ho-so.zip")
	if bundle.status != http.StatusOK || bundle.header.Get("Content-Type") != "application/zip" {
		t.Fatalf("status %d, %s", bundle.status, bundle.header.Get("Content-Type"))
	}
	p := upload(t, pages(), "tep", "ho-so.zip", []byte(bundle.body))
	p.count(".findings .stopped", 0)
	if n := len(p.all(".findings .done")); n < 3 {
		t.Errorf("only %d findings speak for the evidence", n)
	}
	p.contains("p.verdict.waiting", "Hồ sơ bằng chứng hợp lệ")
}

// archive is a ZIP file with one entry.
func archive(t *testing.T, name string, content []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestCheckProblems(t *testing.T) {
	t.Parallel()
	h := pages()
	for _, c := range []struct {
		why, field string
		content    []byte
		status     int
		want       string
	}{
		{"not a PDF", "tep", []byte("{\\rtf1 a letter}"), http.StatusUnprocessableEntity,
			"Không đọc được tệp này như một tệp PDF"},
		{"damaged archive", "tep", []byte("PK\x03\x04 cut off"), http.StatusUnprocessableEntity,
			"không phải hồ sơ bằng chứng"},
		{"another archive", "tep", archive(t, "word/document.xml", []byte("<w/>")), http.StatusUnprocessableEntity,
			"không phải hồ sơ bằng chứng"},
		{"an archive that explodes", "tep", archive(t, "manifest.json", make([]byte, maxUnpacked+1)),
			http.StatusRequestEntityTooLarge, "hơn 64 MB"},
		{"empty", "tep", nil, http.StatusUnprocessableEntity, "Chưa có tệp nào được chọn"},
		{"another field", "khac", []byte("%PDF-"), http.StatusUnprocessableEntity, "Chưa có tệp nào được chọn"},
		{"too large", "tep", make([]byte, maxUpload+1), http.StatusRequestEntityTooLarge, "lớn hơn 20 MB"},
		{"far too large", "tep", make([]byte, maxUpload+1<<20), http.StatusRequestEntityTooLarge, "lớn hơn 20 MB"},
	} {
		p := upload(t, h, c.field, "x.pdf", c.content)
		if p.status != c.status {
			t.Errorf("%s: status %d, want %d", c.why, p.status, c.status)
		}
		p.contains("[role=alert]", c.want)
		p.count(".upload input[type=file]", 1)
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/kiem-tra", strings.NewReader("tep=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a form without a file: status %d", w.Code)
	}
}
