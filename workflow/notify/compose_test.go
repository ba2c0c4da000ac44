package notify_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"golang.org/x/text/unicode/norm"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/notify"
)

var update = flag.Bool("update", false, "write the golden letters anew")

func letters() []notify.Letter {
	const url = "https://covenant.example/giao-uoc/2026/khoi-kinh-te-nganh"
	covenant := "Giao ước thi đua năm 2026 của Khối thi đua Kinh tế ngành"
	due := notify.Due{Text: "25/12/2026"}
	reminder := notify.Reminder{Rung: notify.RungBefore, Agency: "Sở Tài chính", Covenant: covenant,
		Report: "Báo cáo quý IV năm 2026", Due: due, URL: url}
	overdue, list, complete := reminder, reminder, reminder
	overdue.Rung, list.Rung, complete.Rung = notify.RungOverdue, notify.RungLeaderList, notify.RungLeaderList
	overdue.Due.Exclusive = true
	list.Agency, complete.Agency = "Sở Nông nghiệp và Phát triển nông thôn", "Sở Nông nghiệp và Phát triển nông thôn"
	list.Missing = []string{"Sở Tài chính", "Cục Thuế tỉnh"}
	all := []notify.Letter{reminder, overdue, list, complete}
	for _, task := range []notify.Task{notify.TaskReview, notify.TaskVote, notify.TaskSign, notify.TaskNumber,
		notify.TaskSeal, notify.TaskChair, notify.TaskScore, notify.TaskPoll, notify.TaskVerify, notify.TaskAppeal,
		notify.TaskDecide} {
		all = append(all, notify.Request{Task: task, To: "Giám đốc Sở Tài chính", Covenant: covenant,
			Stage: "Hội nghị của khối", Because: "Cục Thuế tỉnh không nhất trí", Whose: "Cục Thuế tỉnh", Due: due,
			Note: "Sửa Điều 3 theo góp ý của Cục Thuế tỉnh.\nCác điều khác giữ nguyên.", URL: url})
	}
	for _, outcome := range []workflow.Phase{workflow.PhaseCancelled, workflow.PhaseClosed, workflow.PhaseWithdrawn} {
		all = append(all, notify.Notice{Outcome: outcome, To: "Sở Tài chính", Covenant: covenant, Number: "01/GƯ-KTN",
			Date: "26/03/2026", Reason: "Khối được sắp xếp lại.", URL: url})
	}
	stage := notify.StageDue{To: "Cục Thuế tỉnh", Covenant: covenant, Stage: "Góp ý dự thảo", Due: due, Mine: true,
		Remaining: "còn 1 ngày làm việc", URL: url}
	late := stage
	late.To, late.Mine, late.Overdue, late.Missing, late.Remaining = "Sở Nội vụ", false, true,
		[]string{"Cục Thuế tỉnh", "Sở Công Thương"}, "quá hạn 3 ngày"
	all = append(all, stage)
	for _, then := range []workflow.Consequence{"", workflow.ThenContinue, workflow.ThenReturn, workflow.ThenTreatAs,
		workflow.ThenExtend, workflow.ThenReject} {
		late.Then = then
		all = append(all, late)
	}
	done := late
	done.Missing = nil
	all = append(all, done)
	return append(all, notify.Returned{To: "Sở Nội vụ", Covenant: covenant, Because: "Cục Thuế tỉnh trả lại",
		Revision: 1, Comments: []string{"Cục Thuế tỉnh: Đề nghị làm rõ\nchỉ tiêu 2."}, URL: url},
		notify.Returned{To: "Sở Nội vụ", Covenant: covenant, Because: "biểu quyết không thông qua", Revision: 2,
			URL: url},
		notify.Request{Task: notify.TaskReview, To: "Sở Công Thương", Covenant: covenant, URL: url},
		notify.DailyRoot{To: "Sở Tài chính", Day: "26/03/2026", Digest: strings.Repeat("0f", 32), Size: 12,
			File: "goc-2026-03-26", Key: "covenant-record/0f+00000000+AQ==",
			Backups: "ed25519:" + strings.Repeat("A", 43) + "="},
		notify.ClockDoubted{To: "Luyện Thị Hải Yến", Shown: "09:30 30/04/2027", Expected: "09:30 26/03/2026"},
		notify.Stuck{To: "Luyện Thị Hải Yến", Covenant: covenant, Work: "bổ sung dữ liệu kiểm tra lâu dài",
			Reason: "máy chủ dấu thời gian không trả lời", Since: "09:30 26/03/2026", URL: url},
		notify.Stuck{To: "Luyện Thị Hải Yến", Work: "đóng dấu thời gian cho sổ sự kiện",
			Reason: "máy chủ dấu thời gian không trả lời", Since: "09:30 26/03/2026"},
		notify.Obstructed{To: "Luyện Thị Hải Yến", Covenant: covenant, URL: url, Obstacles: []string{
			"Bước “Ký”: Sở Y tế chưa có ai được phân công ký", "Chưa cấu hình máy chủ dấu thời gian (tsa)"}},
		notify.AccessCode{To: "Luyện Thị Hải Yến", Person: "luyen-thi-hai-yen", Code: "ABCD-EFGH-IJKL-MNOP",
			Until: "09:30 26/03/2026"})
}

// Every letter in both languages, as committed in testdata: read the file when it changes.
func TestLetters(t *testing.T) {
	c, err := notify.NewComposer()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []words.Language{words.Vietnamese, words.English} {
		var out bytes.Buffer
		for _, l := range letters() {
			text, err := c.Compose(lang, l)
			if err != nil {
				t.Fatal(err)
			}
			if !norm.NFC.IsNormalString(text.Body) || strings.Contains(text.Body, "<no value>") ||
				strings.Contains(text.Body, "\n\n\n") {
				t.Errorf("body of %+v:\n%s", l, text.Body)
			}
			fmt.Fprintf(&out, "Subject: %s\n\n%s\n========\n", text.Subject, text.Body)
		}
		golden := filepath.Join("testdata", "letters_"+string(lang)+".txt")
		if *update {
			if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || !bytes.Equal(want, out.Bytes()) {
			t.Errorf("letters in %s differ from %s (%v):\n%s", lang, golden, err, out.String())
		}
	}
}

func TestComposeKeepsHeadersApart(t *testing.T) {
	c, err := notify.NewComposer()
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Compose("", notify.Returned{To: "x", Covenant: "Giao ước\r\nBcc: all@example.com", Because: "y",
		Comments: []string{"z"}, URL: "u"})
	if err != nil || strings.ContainsAny(text.Subject, "\r\n") {
		t.Errorf("subject %q (%v)", text.Subject, err)
	}
	if _, err := c.Compose("fr", notify.DailyRoot{}); err == nil {
		t.Error("a language without letters is accepted")
	}
	if _, err := c.Compose("vi", notify.Request{Task: "dance"}); err == nil {
		t.Error("an unknown task is accepted")
	}
}

func TestCalendar(t *testing.T) {
	zone := time.FixedZone("+07", 7*3600)
	file, err := notify.Calendar(notify.Deadline{UID: "o1/2026-Q4@covenant.example",
		Day: time.Date(2026, 12, 25, 0, 0, 0, 0, zone), Sequence: 2, AlarmDays: []int{3, 0},
		Summary: "Hạn gửi báo cáo quý IV năm 2026", Description: "Theo Giao ước thi đua; gửi tại liên kết.\nĐúng hạn.",
		URL: "https://covenant.example/x", Stamp: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(file), "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line of %d bytes: %q", len(line), line)
		}
	}
	for _, want := range []string{"METHOD:PUBLISH\r\n", "DTSTART;VALUE=DATE:20261225\r\n",
		"DTEND;VALUE=DATE:20261226\r\n", "SEQUENCE:2\r\n", "TRIGGER:-PT64H\r\n", "TRIGGER:PT8H\r\n"} {
		if !strings.Contains(string(file), want) {
			t.Errorf("no %q in\n%s", want, file)
		}
	}
	parsed, err := ics.ParseCalendar(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	event := parsed.Events()[0]
	if got := event.GetProperty(ics.ComponentPropertyDescription); got == nil ||
		!strings.Contains(got.Value, "giao ước") && !strings.Contains(got.Value, "Giao ước") {
		t.Errorf("description %v", got)
	}
	if _, err := notify.Calendar(notify.Deadline{}); err == nil {
		t.Error("an empty deadline is accepted")
	}
}

// A mail to whoever is known to read neither language alone is in both; which languages a mail is in is told by its
// text.
func TestBilingual(t *testing.T) {
	c, err := notify.NewComposer()
	if err != nil {
		t.Fatal(err)
	}
	both, err := c.Bilingual(func(lang words.Language) notify.Letter {
		return notify.Request{Task: notify.TaskVote, To: "Sở Y tế", Covenant: "Giao ước",
			Stage: map[words.Language]string{"vi": "Biểu quyết", "en": "Vote"}[lang], URL: "u"}
	})
	if err != nil || both.Subject != "Đề nghị biểu quyết: Giao ước / Vote requested: Giao ước" ||
		strings.Index(both.Body, "“Biểu quyết”") > strings.Index(both.Body, "“Vote”") {
		t.Errorf("%+v, %v", both, err)
	}
	english, _ := c.Compose(words.English, notify.DailyRoot{})
	for body, want := range map[string]string{both.Body: "[vi en]", english.Body: "[en]", "Chào": "[]"} {
		if got, err := c.Languages(body); err != nil || fmt.Sprint(got) != want {
			t.Errorf("languages %v, want %s (%v)", got, want, err)
		}
	}
	if _, err := c.Bilingual(func(words.Language) notify.Letter { return notify.Request{Task: "dance"} }); err == nil {
		t.Error("an unknown task is accepted")
	}
}
