package words

import (
	"errors"
	"fmt"
	"testing"
)

func TestTextIsPutIntoTheReadersLanguage(t *testing.T) {
	due := F("hạn %s", "due %s", "25/06")
	for _, c := range []struct {
		text   Text
		vi, en string
	}{
		{Of("Giao ước", "Covenant"), "Giao ước", "Covenant"},
		{Of("Khối thi đua", ""), "Khối thi đua", "Khối thi đua"},
		{Same("34/GƯ"), "34/GƯ", "34/GƯ"},
		{F("Chờ %[2]s %[1]s", "Waiting for %[2]s to %[1]s", Of("ký", "sign"), "Sở Y tế"), "Chờ Sở Y tế ký",
			"Waiting for Sở Y tế to sign"},
		{F("%d%%", "%d%%", 40), "40%", "40%"},
		{N(1, "góp ý", "comment", "comments"), "1 góp ý", "1 comment"},
		{N(2, "góp ý", "comment", "comments"), "2 góp ý", "2 comments"},
		{Join(" – ", Of("Chờ ký", "To be signed"), due), "Chờ ký – hạn 25/06", "To be signed – due 25/06"},
		{Of("đơn vị", "agency").Upper(), "Đơn vị", "Agency"},
		{Of("Ủy ban", "Committee").Lower(), "ủy ban", "committee"},
		{Text{}.Upper(), "", ""},
		{Same("KT. Giám đốc").Lower(), "KT. Giám đốc", "KT. Giám đốc"},
		{Same("A").Lower(), "a", "a"},
		{Size(1), "1 KB", "1 KB"},
		{Size(1<<20 - 1), "1024 KB", "1024 KB"},
		{Size(3 << 19), "1,5 MB", "1.5 MB"},
	} {
		if vi, en := c.text.In(Vietnamese), c.text.In(English); vi != c.vi || en != c.en {
			t.Errorf("got %q and %q, want %q and %q", vi, en, c.vi, c.en)
		}
	}
}

func TestParse(t *testing.T) {
	for code, want := range map[string]Language{
		"vi": Vietnamese, "en_GB.UTF-8": English, "EN": English, "vi-VN": Vietnamese, "en.utf8": English, "fr": "",
		"C.UTF-8": "", "": "",
	} {
		got, ok := Parse(code)
		if ok != want.Known() || ok && got != want {
			t.Errorf("%q: got %q, %v", code, got, ok)
		}
	}
}

type spoken struct{ Text }

func (s spoken) Error() string { return s.String() }

func TestExplainFindsTheSentenceBelowOtherErrors(t *testing.T) {
	err := fmt.Errorf("covenant 7: %w", spoken{Of("chưa có giao ước này", "there is no such covenant")})
	if got := Explain(err, Vietnamese); got != "chưa có giao ước này" {
		t.Errorf("got %q", got)
	}
	if got := Explain(errors.New("disk is full"), Vietnamese); got != "disk is full" {
		t.Errorf("got %q", got)
	}
}

func TestNearestWords(t *testing.T) {
	for word, want := range map[string]string{
		"aprove": "approve", "quorun": "quorum", "tei": "tie", "xyz": "", "": "", "approve": "approve", "ti": "tie",
		"đ": "",
	} {
		if got := Nearest(word, []string{"approve", "quorum", "tie", "abstain"}); got != want {
			t.Errorf("nearest %q: %q, want %q", word, got, want)
		}
	}
	if got := DidYouMean("quorun", []string{"quorum"}); got != (Text{"; có phải “quorum” không?",
		"; did you mean “quorum”?"}) {
		t.Errorf("got %v", got)
	}
}
