package web

import (
	"bytes"
	"context"
	"crypto/x509"
	"strings"
	"testing"

	"covenant/signing/devpki"
)

// signedLife is a covenant of which n have really signed, with keys of a development PKI.
func signedLife(t *testing.T, n int) *life {
	t.Helper()
	l := newLife(t)
	pki, err := devpki.Open("", devpki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	if _, err := pki.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	l.pki, l.roots = pki, pki.Roots()
	l.frozen()
	l.sign(n)
	return l
}

func TestVerdictWhileSigning(t *testing.T) {
	l := signedLife(t, 3)
	p := get(t, handler(t, l), "/giao-uoc/"+slug)
	p.count(".party .check", 3)
	p.contains("p.verdict.waiting", "Tất cả đều nguyên vẹn: 3 chữ ký.")
	p.contains(".party .check-word.waiting", "Nguyên vẹn")
	p.contains(".party .check", "PAdES B-T")
	p.contains(".party .check", "Trịnh Quốc Khải")
	p.contains(".party .check", "INDETERMINATE / TRY_LATER")
	p.contains(".party .check", "Không tìm thấy dữ liệu thu hồi")
	get(t, handler(t, l), "/giao-uoc/"+slug+"?lang=en").contains("p.verdict", "All intact: 3 signatures.")
}

func TestVerdictUntrusted(t *testing.T) {
	l := signedLife(t, 2)
	l.roots = x509.NewCertPool()
	p := get(t, handler(t, l), "/giao-uoc/"+slug)
	p.contains("p.verdict.waiting", "Có 2 mục chưa đủ căn cứ để kết luận trong 2 chữ ký")
	p.contains(".party .check", "không dẫn tới tổ chức chứng thực nào được tin cậy")
}

func TestVerdictTampered(t *testing.T) {
	l := signedLife(t, 2)
	head := l.state.Covenant.Head
	content := bytes.Clone(l.documents[head])
	i := bytes.Index(content, []byte("/MediaBox"))
	if i < 0 {
		t.Fatal("the file has no page size to falsify")
	}
	j := i + bytes.IndexAny(content[i:], "123456789")
	content[j] ^= 1
	l.documents[head] = content
	p := get(t, handler(t, l), "/giao-uoc/"+slug)
	p.contains("p.verdict.stopped", "Có 2 mục không hợp lệ trong 2 chữ ký. Không nên sử dụng văn bản này")
	p.contains(".party .check-word.stopped", "Không hợp lệ")
	if strings.Contains(p.text(".party .check"), "Không có thay đổi nào") {
		t.Error("a falsified file is said to be unchanged")
	}
}
