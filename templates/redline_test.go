package templates

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"covenant/internal/words"
)

// marked writes pieces as one text: [-removed-] and {+added+}.
func marked(pieces []Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		switch p.Change {
		case Added:
			b.WriteString("{+" + p.Text + "+}")
		case Removed:
			b.WriteString("[-" + p.Text + "-]")
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// TestCompareWords: word by word, marks being words of their own; what is the same stays whole.
func TestCompareWords(t *testing.T) {
	long := strings.Repeat("a b c\n", maxWords/2)
	for _, c := range []struct{ name, before, after, want string }{
		{"nothing", "một hai", "một hai", "một hai"},
		{"a word", "một hai ba", "một bốn ba", "một [-hai -]{+bốn +}ba"},
		{"removed at the beginning", "một hai", "hai", "[-một -]hai"},
		{"a mark behind a word", "Đúng hẹn.", "Đúng hẹn, đúng mực.", "Đúng hẹn{+, đúng mực+}."},
		{"all", "một", "hai", "[-một-]{+hai+}"},
		{"from nothing", "", "hai", "{+hai+}"},
		{"to nothing", "một", "", "[-một-]"},
		{"two places", "a b c d e", "a x c y e", "a [-b -]{+x +}c [-d -]{+y +}e"},
		{"a long text by lines", long + "cuối", long + "chót", long + "[-cuối-]{+chót+}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			pieces := compareWords(c.before, c.after)
			if got := marked(pieces); got != c.want {
				t.Errorf("got  %q\nwant %q", clip(got), clip(c.want))
			}
			var before, after string
			for _, p := range pieces {
				if p.Change != Added {
					before += p.Text
				}
				if p.Change != Removed {
					after += p.Text
				}
			}
			if before != c.before || after != c.after {
				t.Error("the pieces do not make up the two texts")
			}
		})
	}
}

// TestRedlineOfClauses: clauses are matched by their ids, wherever they stand.
func TestRedlineOfClauses(t *testing.T) {
	before := "# Một {#a}\nNội dung.\n# Hai {#b}\n+ Khoản. {#k}\n# Ba {#c}\nHết.\n"
	for _, c := range []struct {
		name, after string
		want        []string
	}{
		{"nothing", before, nil},
		{"a word", strings.Replace(before, "Nội dung", "Nội quy", 1), []string{"changed a: Nội [-dung-]{+quy+}."}},
		{"a heading", strings.Replace(before, "# Hai", "# Bốn", 1), []string{"changed b: "}},
		{"added", strings.Replace(before, "# Ba", "# Mới {#m}\nThêm.\n# Ba", 1), []string{"added m: {+Thêm.+}"}},
		{"removed", strings.Replace(before, "# Ba {#c}\nHết.\n", "", 1), []string{"removed c: [-Hết.-]"}},
		{"removed from the middle", strings.Replace(before, "+ Khoản. {#k}\n", "", 1),
			[]string{"removed k: [-Khoản.-]"}},
		{"another id is another clause", strings.Replace(before, "{#c}", "{#d}", 1),
			[]string{"added d: {+Hết.+}", "removed c: [-Hết.-]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, change := range Redline(draftOf(t, use+before, DraftOptions{}),
				draftOf(t, use+c.after, DraftOptions{})) {
				what := "changed "
				switch {
				case change.Before == nil:
					what = "added "
				case change.After == nil:
					what = "removed "
				}
				got = append(got, what+change.ID()+": "+marked(change.Text))
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestRedlineDocumentSpeaksItsLanguage: title, what became of a clause, and the names of parts without a number.
func TestRedlineDocumentSpeaksItsLanguage(t *testing.T) {
	draft := func(title string, lang words.Language) *Document {
		body := "@tiêu đề\n" + title + "\n@hết\n# Một {#a}\n"
		tpl, problems := Parse("mau.txt", []byte("---\nmẫu: x\nngôn ngữ: ["+string(lang)+"]\n---\n"+body))
		if err := Problems(problems).Err(); err != nil {
			t.Fatal(err)
		}
		doc, err := tpl.Draft(Values{}, DraftOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	for lang, want := range map[words.Language][]string{
		words.Vietnamese: {"So sánh hai lần dự thảo", "Tiêu đề", "(sửa đổi)", "Không có thay đổi."},
		words.English:    {"Changes between two revisions", "Title", "(changed)", "Nothing has changed."},
	} {
		doc := RedlineDocument(draft("Cũ", lang), draft("Mới", lang))
		if got := plainSpans(doc.Blocks[0].Lines[0]); got != want[0] {
			t.Errorf("title %q, want %q", got, want[0])
		}
		if got := doc.Blocks[1]; got.Label != want[1] || plainSpans(got.Spans) != want[2] {
			t.Errorf("heading %q %q, want %q %q", got.Label, plainSpans(got.Spans), want[1], want[2])
		}
		if _, err := doc.PDF(io.Discard, PDFOptions{}); err != nil {
			t.Error(err)
		}
		same := RedlineDocument(draft("Cũ", lang), draft("Cũ", lang))
		if got := plainSpans(same.Blocks[1].Spans); got != want[3] {
			t.Errorf("without changes %q, want %q", got, want[3])
		}
	}
}

// TestRedlineHTMLIsEscaped: text from a document is never markup.
func TestRedlineHTMLIsEscaped(t *testing.T) {
	changes := Redline(draftOf(t, use+"# A {#a}\nx\n", DraftOptions{}), draftOf(t, use+"# A {#a}\n<script>&\n",
		DraftOptions{}))
	var b bytes.Buffer
	if err := RedlineHTML(&b, changes); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<script>") || !strings.Contains(b.String(), "&lt;script&gt;&amp;") {
		t.Error(b.String())
	}
}

// TestWordStyles: each kind of block has its style in the Word file, and the words that the program adds.
func TestWordStyles(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       []string
		text       string // of the part
	}{
		{"paragraph", "Đoạn.\n", []string{`w:val="CovenantBody"`}, "Đoạn.\n"},
		{"centred", "@giữa Giữa\n", []string{`w:val="CovenantCentre"`}, "Giữa\n"},
		{"right", "@phải Phải\n", []string{`w:val="CovenantRight"`}, "Phải\n"},
		{"bullet", "- Gạch\n", []string{`w:val="CovenantBody"`}, "- Gạch\n"},
		{"basis", "@căn cứ\nTheo đề nghị\n@hết\n", []string{`w:val="CovenantBasis"`}, "Theo đề nghị.\n"},
		{"chapter", "Chương: Một\n# A\n", []string{`w:val="Heading1"`, `w:val="Heading2"`}, "Chương I"},
		{"section", "Mục: Một\n# A\n", []string{`w:val="Heading3"`}, "Mục 1"},
		{"annex", "@phụ lục Kèm\nx\n", []string{"<w:pageBreakBefore/>"}, "Phụ lục"},
		{"one addressee", "@kính gửi\nSở A\n@hết\n", []string{`w:val="CovenantCentre"`}, "Kính gửi: Sở A\n"},
		{"several addressees", "@kính gửi\nSở A\nSở B\n@hết\n", []string{"<w:keepNext/>"},
			"Kính gửi: \n- Sở A\n- Sở B\n"},
		{"recipients", "@nơi nhận\nNhư trên\nLưu: VT\n@hết\n", []string{`w:val="CovenantRecipients"`},
			"- Như trên;\n- Lưu: VT.\n"},
		{"title", "@tiêu đề\nGiấy mời\nHọp khối\n@hết\n", []string{`w:val="Title"`, `w:val="CovenantSubject"`},
			"Họp khối\n"},
		{"page break", "a\n@ngắt trang\nb\n", []string{`<w:br w:type="page"/>`}, "a\nb\n"},
		{"landscape", "a\n@trang ngang\nb\n", []string{"<w:sectPr>", `w:orient="landscape"`}, "a\nb\n"},
		{"bold and italic", "**đậm** *nghiêng*\n", []string{"<w:b/>", "<w:i/>"}, "nghiêng"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := wordParts(t, draftOf(t, use+c.body, DraftOptions{}))["word/document.xml"]
			for _, want := range c.want {
				if !strings.Contains(doc, want) {
					t.Errorf("no %s in\n%s", want, doc)
				}
			}
			if got := wordText(doc); !strings.Contains(got, c.text) {
				t.Errorf("no %q in\n%q", c.text, got)
			}
		})
	}
}
