package web

import (
	"net/http"
	"strings"
	"testing"
)

// The page of the scores: totals first, then every sheet with what was given, by whom, and what is appealed; then
// polls and ranking.
func TestScorePage(t *testing.T) {
	t.Parallel()
	open := get(t, pages(), "/giao-uoc/"+appealed+"/cham-diem?lang=vi")
	open.contains("h1", "Chấm điểm, xếp hạng")
	open.contains(".status-sentence", "Chờ giải quyết 1 khiếu nại điểm")
	open.count("details.sheet", 10)
	open.count("details.sheet[open]", 1)
	open.contains("details.sheet[open]", "Đã có quyết định nghiệm thu bổ sung.")
	open.contains("details.sheet[open] .contested", "khiếu nại")
	open.contains("details.sheet[open]", "Đối chiếu báo cáo và sổ theo dõi.")
	open.contains("details.sheet tfoot", "1000")
	open.contains("details.sheet", "290,5")
	open.contains("article.card.next", "Chưa mở")
	done := get(t, pages(), "/giao-uoc/"+ranked+"/cham-diem?lang=en")
	done.contains("h2", "Ranking")
	for _, want := range []string{"After appeal", "Elected: Sở Tài chính", "10 of 10 ballots, at least 10; blank 1",
		"Minh chứng hợp lệ."} {
		if !strings.Contains(done.body, want) {
			t.Errorf("the page of the ranking does not say %q", want)
		}
	}
	done.contains("table.scores thead", "Points by ballot")
	done.contains("section", "Next year's leader: Sở Tài chính")
	done.contains("table.scores", "proposed for a flag")
	timeline := get(t, pages(), "/giao-uoc/"+ranked+"?lang=vi")
	for _, want := range []string{
		"Kiểm phiếu: Bỏ phiếu suy tôn", "đã bỏ phiếu kín", "khiếu nại điểm thẩm định", "giải quyết khiếu nại",
		"/cham-diem\">Bảng chấm điểm",
	} {
		if !strings.Contains(timeline.body, want) {
			t.Errorf("the covenant's page does not say %q", want)
		}
	}
}

// Sheets and minutes are PDF files; a covenant without scores has no such page.
func TestScoreFiles(t *testing.T) {
	t.Parallel()
	for _, path := range []string{ranked + "/cham-diem/so-khdt.pdf", ranked + "/bien-ban/xep-hang.pdf"} {
		p := get(t, pages(), "/giao-uoc/"+path)
		if p.status != http.StatusOK || p.header.Get("Content-Type") != "application/pdf" ||
			!strings.HasPrefix(p.body, "%PDF-") {
			t.Errorf("%s: status %d, %s", path, p.status, p.header.Get("Content-Type"))
		}
	}
	for _, path := range []string{
		ranked + "/cham-diem/nobody.pdf", ranked + "/cham-diem/so-khdt", reviewing + "/cham-diem",
		appealed + "/bien-ban/xep-hang.pdf",
		sitting + "/bien-ban/1.pdf", sitting + "/bien-ban/2.pdf",
	} {
		if p := get(t, pages(), "/giao-uoc/"+path); p.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, p.status)
		}
	}
}
