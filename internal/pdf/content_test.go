package pdf

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pageFile writes a file of one page with the given content and two fonts, L (one byte a code) and W (two, with
// ToUnicode).
func pageFile(content string) []byte {
	var b bytes.Buffer
	cmap := "/CIDInit begin\n2 beginbfchar\n<0001> <1ED9>\n<0002> <D83DDE00>\nendbfchar\n2 beginbfrange\n<0010> " +
		"<0012> <0061>\n<0020> <0021> [<0111> <00740068>]\nendbfrange\n"
	stm := func(dict, s string) string {
		return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(s), s)
	}
	offsets := []int{}
	b.WriteString("%PDF-1.7\n")
	for i, o := range []string{"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1/Resources<</Font<</L 6 0 R/W 7 0 R>>>>>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents[4 0 R 5 0 R]>>", stm("", content),
		stm("", "BT (end) Tj ET"),
		"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>", "<</Type/Font/Subtype/Type0/ToUnicode 8 0 R>>",
		stm("", cmap)} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f\r\n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n\r\n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, at)
	return b.Bytes()
}

func TestPageText(t *testing.T) {
	for _, c := range []struct{ content, want string }{
		{"BT /L 12 Tf 1 0 0 1 72 700 Tm (Pay ) Tj (100) Tj ET", "Pay 100|end"},
		{"BT /L 12 Tf [(k) 20 (ern) -300 (gap)] TJ 0 -12 Td (next) Tj (third) ' ET", "kern gap|next|third|end"},
		{"BT /W 12 Tf <000100100011> Tj <00120020002100020099> Tj ET", "ộabcđth😀"},
		{"BI /W 1 /H 1 ID (not a string) EI BT /L 1 Tf (after) Tj ET", "after|end"},
		{"q 1 0 0 RG /L1 BDC BT (no font) Tj ET EMC", "no font|end"},
		{"BT (cut off", ""},
		{"<<", ""},
		{"BT /Unknown 9 Tf (x) Tj ET 5 6 7", "x|end"},
	} {
		data := pageFile(c.content)
		f, err := Open(bytes.NewReader(data), int64(len(data)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(f.PageText(Ref{Num: 3}, 1<<20), "|"); got != c.want {
			t.Errorf("%s: %q, want %q", c.content, got, c.want)
		}
		if got := f.PageText(Ref{Num: 3}, 0); len(got) != 0 {
			t.Errorf("no bytes allowed: %q", got)
		}
	}
	data := pageFile("BT (x) Tj ET")
	f, err := Open(bytes.NewReader(data), int64(len(data)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, none := range []int{1, 6, 99} {
		if got := f.PageText(Ref{Num: none}, 1<<20); len(got) != 0 {
			t.Errorf("object %d: %q", none, got)
		}
	}
	if !slices.Equal(f.PageText(Ref{Num: 3}, 13), []string{"x"}) {
		t.Errorf("with 13 bytes: %q", f.PageText(Ref{Num: 3}, 13))
	}
}
