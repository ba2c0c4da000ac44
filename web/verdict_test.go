package web

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/signing/devpki"
)

func TestVerdictWhileSigning(t *testing.T) {
	t.Parallel()
	p := get(t, pages(), "/giao-uoc/"+signing4)
	p.count(".party .check", 4)
	p.contains("p.verdict.waiting", "Chữ ký thử nghiệm, không có giá trị pháp lý. Tất cả đều nguyên vẹn: 4 chữ ký.")
	p.contains(".party .check-word.waiting", "Chữ ký thử nghiệm")
	p.contains(".party .check", "PAdES B-T")
	p.contains(".party .check", "Trịnh Quốc Khải")
	p.contains(".party .check", "INDETERMINATE / TRY_LATER")
	p.contains(".party .check", "Không tìm thấy dữ liệu thu hồi")
	get(t, pages(), "/giao-uoc/"+signing4+"?lang=en").contains("p.verdict", "Test signatures, without legal value. "+
		"All intact: 4 signatures.")
}

// The same file, where another authority is trusted.
func TestVerdictUntrusted(t *testing.T) {
	t.Parallel()
	stranger, err := devpki.Open("", devpki.Options{})
	check(t, err)
	i, err := openAt(copied(t), stranger)
	check(t, err)
	defer i.Store.Close()
	p := get(t, handler(t, i), "/giao-uoc/"+signing4)
	p.contains("p.verdict.waiting", "Có 4 mục chưa đủ căn cứ để kết luận trong 4 chữ ký")
	p.contains(".party .check", "không dẫn tới tổ chức chứng thực nào được tin cậy")
}

// A file that was changed on the disk is not shown as the document, nor is anything said of its signatures.
func TestVerdictTampered(t *testing.T) {
	t.Parallel()
	dir := copied(t)
	head := shared().resume(signing4).now().Covenant.Head
	content := fileOf(t, shared(), head)
	content[bytes.Index(content, []byte("/MediaBox"))+len("/MediaBox")] ^= 1
	replaceBlob(t, dir, head.String(), content)
	i, err := openAt(dir, authority())
	check(t, err)
	defer i.Store.Close()
	p := get(t, handler(t, i), "/giao-uoc/"+signing4)
	if p.status != http.StatusInternalServerError || len(p.all(".verdict, .check-word")) > 0 {
		t.Errorf("status %d: %s", p.status, p.text("#noi-dung"))
	}
}

// replaceBlob writes other bytes where a kept file lies.
func replaceBlob(t testing.TB, dir, digest string, content []byte) {
	t.Helper()
	found := false
	check(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(digest, d.Name()) {
			return err
		}
		found = true
		if err := os.Remove(path); err != nil { // it is a link to the file that others read
			return err
		}
		return os.WriteFile(path, content, 0o600)
	}))
	if !found {
		t.Fatalf("file %s is not in %s", digest, dir)
	}
}

// TestVerdictOfAChangedValue: a page never says of a file that nothing was changed where a value was, though the
// signature permits it; what it was and is, is said.
func TestVerdictOfAChangedValue(t *testing.T) {
	t.Parallel()
	changed := signing.Modification{Kind: signing.ChangeFormValue, Permitted: true, Revision: 3, Field: "giatri",
		Old: "1.000.000", New: "9.000.000.000"}
	for lang, said := range map[words.Language][2]string{
		words.Vietnamese: {"Nhưng sau khi ký đã có thay đổi", "không bị sửa đổi"},
		words.English:    {"But something was changed after signing", "has not been changed"},
	} {
		p := presenter{language: language{lang: lang}}
		for _, with := range []bool{true, false} {
			res := signing.Result{Kind: signing.KindSignature, Field: "ky", Indication: signing.TotalPassed}
			if with {
				res.Modifications = []signing.Modification{changed}
			}
			sum := p.judged(&signing.Report{Results: []signing.Result{res}},
				func(*signing.Result) bool { return false })
			if strings.Contains(sum.Sentence, said[0]) != with || strings.Contains(sum.Sentence, said[1]) == with ||
				with && (sum.Tone != "waiting" || !strings.Contains(sum.Sentence, "9.000.000.000")) {
				t.Errorf("%s, changed %v: %+v", lang, with, sum)
			}
			if (len(sum.Rows[0].Changes) == 1) != with {
				t.Errorf("%s, changed %v: %+v", lang, with, sum.Rows[0])
			}
		}
	}
}
