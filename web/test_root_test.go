package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/signing/trust"
)

// What rests on a test root is nowhere shown as valid: not on a covenant's page, nor on the public's, nor where a file
// or a bundle of evidence is checked; and each of these says that it is a test.
func TestTestRootsAreNeverGreen(t *testing.T) {
	t.Parallel()
	authorityServes()
	head := fileOf(t, shared(), shared().resume(inForce).now().Covenant.Head)
	bundle := get(t, pages(), "/giao-uoc/"+inForce+"/ho-so.zip")
	if bundle.status != http.StatusOK {
		t.Fatalf("evidence: status %d", bundle.status)
	}
	const green = ".check-word.done, .verdict.done, .party-state .badge.done, .results > .done, .results .done"
	for name, p := range map[string]page{
		"the covenant":       get(t, pages(), "/giao-uoc/"+inForce),
		"while it is signed": get(t, pages(), "/giao-uoc/"+signing4),
		"the public page":    get(t, pages(), publicPath()),
		"a file":             upload(t, pages(), "tep", "giao-uoc.pdf", head),
		"evidence":           upload(t, pages(), "tep", "ho-so.zip", []byte(bundle.body)),
	} {
		if n := len(p.all(green)); n > 0 {
			t.Errorf("%s: %d places are green: %q", name, n, p.text(green))
		}
		p.contains(".verdict.waiting", "Chữ ký thử nghiệm, không có giá trị pháp lý.")
		p.contains(".check-word.waiting", "Chữ ký thử nghiệm")
		if name == "evidence" {
			p.contains(".findings .waiting", "thử nghiệm, không có giá trị pháp lý")
		}
	}
	p := get(t, pages(), publicPath()+"?lang=en")
	p.contains(".verdict.waiting", "Test signatures, without legal value.")
	p.contains(".party-state .badge.waiting", "Test signature")
	p.contains(".party-seal .badge.waiting", "Test seal")
	p.oneContains(".check-word.waiting", "Test time-stamp")
	groups := 0
	for _, node := range p.all(".group") { // a test is a signature all the same
		var n, signed, all int
		text := textOf(node)
		const form = "Signing group %d – %d of %d signed"
		if _, err := fmt.Sscanf(strings.TrimSpace(text), form, &n, &signed, &all); err == nil {
			groups++
			if signed != all {
				t.Error(text)
			}
		}
	}
	if groups == 0 {
		t.Error("no signing groups are shown")
	}
}

// The words and the colour of each kind of result, by a test root and by another.
func TestToneOfATestRoot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		purpose trust.Purpose
		kind    signing.SignatureKind
		word    string
	}{
		{trust.Signature, signing.KindSignature, "Test signature"}, {trust.Seal, signing.KindSignature, "Test seal"},
		{trust.Timestamp, signing.KindDocumentTimestamp, "Test time-stamp"},
	} {
		for indication, want := range map[signing.Indication]struct{ tone, word string }{
			signing.TotalPassed: {"done", "Valid"}, signing.Indeterminate: {"waiting", "Not proven"},
			signing.TotalFailed: {"stopped", "Not valid"},
		} {
			for _, test := range []bool{true, false} {
				res := signing.Result{Kind: c.kind, Field: "ky", Indication: indication,
					Basis: signing.Basis{Purpose: c.purpose, Test: test}}
				tone, word := want.tone, want.word
				if test && tone == "done" {
					tone, word = "waiting", c.word
				}
				sum := presenter{language: language{lang: words.English}}.judged(
					&signing.Report{Results: []signing.Result{res}}, func(*signing.Result) bool { return false })
				if row := sum.Rows[0]; sum.Tone != tone || row.Tone != tone || row.Word != word ||
					strings.HasPrefix(sum.Sentence, "Test signatures, without legal value.") != test ||
					strings.HasPrefix(row.Explanation, "Test ") != test {
					t.Errorf("%s, %s, test %v: %+v %+v", c.purpose, indication, test, sum, row)
				}
			}
		}
	}
}
