package templates

import (
	"os"
	"strings"
	"testing"
)

// The header that the examples of the grammar page are parsed under.
const grammarHead = `---
mẫu: vi-du
tên: Ví dụ
%s
biến:
  đơn_vị_mời: văn bản
  người_nhận: danh sách văn bản
  ngày_họp: ngày
  số_ghế: số
  các_đơn_vị: danh sách đơn vị
  chứng_kiến: đơn vị
---
`

// Every example of GRAMMAR.md is parsed as it stands there.
func TestGrammarPage(t *testing.T) {
	page, err := os.ReadFile("GRAMMAR.md")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for i, part := range strings.Split(string(page), "```") {
		kind, body, _ := strings.Cut(part, "\n")
		var src string
		switch {
		case i%2 == 0:
			continue
		case kind == "mẫu":
			src = body
		case kind == "thân":
			src = strings.Replace(grammarHead, "%s", "ngôn ngữ: [vi]", 1) + body
		case kind == "song ngữ":
			src = strings.Replace(grammarHead, "%s", "ngôn ngữ: [vi, en]", 1) + body
		case kind == "yaml":
			src = "---\nmẫu: x\nbiến:\n  " + strings.ReplaceAll(strings.TrimSpace(body), "\n", "\n  ") + "\n---\n"
		default:
			continue
		}
		count++
		_, problems := Parse("GRAMMAR.md", []byte(src))
		if err := Problems(problems).Err(); err != nil {
			t.Errorf("example %d:\n%s\n%v", i, body, err)
		}
	}
	if count < 9 {
		t.Errorf("only %d examples were found", count)
	}
}

// Every directive, type and filter has a Vietnamese and an English word, and
// the page names all of them.
func TestGrammarPageIsComplete(t *testing.T) {
	page, err := os.ReadFile("GRAMMAR.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{keys(directives), keys(filters), keys(typeWords)} {
		for _, w := range words {
			if !strings.Contains(string(page), w) {
				t.Errorf("the page does not name %q", w)
			}
		}
	}
}
