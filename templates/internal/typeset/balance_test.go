package typeset

import (
	"strings"
	"testing"
)

// Names of agencies are broken where a person would break them, in as few lines as filling takes.
func TestCentredLinesAreBrokenBySense(t *testing.T) {
	together := map[string]bool{"văn hóa": true, "truyền hình": true, "phát thanh": true, "thể thao": true,
		"du lịch": true}
	for text, want := range map[string]string{
		"KHỐI THI ĐUA VĂN HÓA - XÃ HỘI":           "KHỐI THI ĐUA|VĂN HÓA - XÃ HỘI",
		"ĐÀI PHÁT THANH VÀ TRUYỀN HÌNH TỈNH":      "ĐÀI PHÁT THANH|VÀ TRUYỀN HÌNH TỈNH",
		"SỞ VĂN HÓA, THỂ THAO VÀ DU LỊCH":         "SỞ VĂN HÓA, THỂ THAO|VÀ DU LỊCH",
		"SỞ TÀI CHÍNH":                            "SỞ TÀI CHÍNH",
		"MỘT HAI BA BỐN NĂM SÁU BẢY TÁM CHÍN":     "MỘT HAI BA BỐN NĂM|SÁU BẢY TÁM CHÍN",
		"QUỲNHTRANGNGUYỄNTHỊHỒNGHẠNHPHƯƠNGLOANÁI": "", // wider than the line: cut, as ever
	} {
		s := &setter{faces: faces(t), together: together, notes: new([]Note)}
		p := &Paragraph{Spans: []Span{{Text: text, Size: 13}}, Align: Center}
		var got []string
		for _, l := range s.breakLines(p, 200) {
			var words []string
			for _, w := range l.words {
				words = append(words, w.plain())
			}
			got = append(got, strings.Join(words, " "))
			if l.width > 200.01 {
				t.Errorf("%s: a line is %.1f wide", text, l.width)
			}
		}
		if s := strings.Join(got, "|"); want != "" && s != want {
			t.Errorf("%s\n got %s\nwant %s", text, s, want)
		}
	}
}

func TestForcedBreaksStayInCentredLines(t *testing.T) {
	s := &setter{faces: faces(t), notes: new([]Note)}
	p := &Paragraph{Align: Center, Spans: []Span{{Text: "mô hình trên đơn vị", Size: 13}, {Break: true},
		{Text: "model", Size: 13}}}
	lines := s.breakLines(p, 90)
	if len(lines) != 3 || lines[2].words[0].plain() != "model" || lines[0].last || !lines[1].last {
		t.Errorf("%d lines, %+v", len(lines), lines)
	}
}
