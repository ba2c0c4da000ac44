package web

import (
	"strings"
	"testing"
)

// The hall's board shows who is there, the quorum, what is open and what is to come; of a secret ballot nothing but
// that it is one, and who took part.
func TestBoardOfAConference(t *testing.T) {
	t.Parallel()
	open := get(t, pages(), "/hoi-nghi/"+sitting+"?lang=vi").body
	for _, want := range []string{
		"Ủy quyền", "đủ điều kiện tiến hành", "Hội nghị của khối – đang họp", "Chưa đưa ra biểu quyết", "Quy chế",
		">1</strong>",
	} {
		if !strings.Contains(open, want) {
			t.Errorf("the board does not show %q", want)
		}
	}
	board := get(t, pages(), "/hoi-nghi/"+secret+"?lang=vi").body
	if !strings.Contains(board, "Phiếu kín") || strings.Contains(board, ">1</strong>") {
		t.Error("the board of a secret ballot shows a count")
	}
	page := get(t, pages(), "/giao-uoc/"+secret+"?lang=vi").body
	if !strings.Contains(page, "Đã bỏ phiếu") || strings.Contains(page, "Tán thành 1") {
		t.Error("the page of a secret ballot does not say who took part, or shows a count")
	}
}
