package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// releaseStep is one thing that somebody does to a covenant.
type releaseStep struct {
	name string
	do   func(o *releaseOffice, slug string)
}

// releaseScript is a covenant's whole life. A recording leaves covenants after different steps of it; who opens the
// recording goes on with the next one.
func releaseScript() []releaseStep {
	var all []releaseStep
	for _, part := range [][]releaseStep{releaseDraft(), releaseVotes(), releaseSignatures(), releaseReports(),
		releaseScores()} {
		all = append(all, part...)
	}
	return all
}

// releaseFile is the path of a file of the case.
func releaseFile(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(releasesDir, "case", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// releaseText is what a file of the case holds.
func releaseText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(releaseFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func releaseToday() string {
	return time.Now().In(time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)).Format(time.DateOnly)
}

// act is a step in which one person gives one command.
func (releaseStep) act(name, person, command string, fields ...string) releaseStep {
	return releaseStep{name, func(o *releaseOffice, slug string) { o.act(slug, person, command, fields...) }}
}

func releaseDraft() []releaseStep {
	review := func(name, agency, person string, fields ...string) releaseStep {
		return releaseStep{name, func(o *releaseOffice, slug string) {
			s := o.show(slug)
			o.act(slug, person, "give-review", append(fields, "agency="+agency,
				fmt.Sprintf("revision=%d", s.Revision.Number),
				"manifest="+s.Revision.Manifest)...)
		}}
	}
	return []releaseStep{
		{"draft", func(o *releaseOffice, slug string) {
			o.act(slug, "giap-van-chinh", "draft", "title=Giao ước thử "+slug, "year="+slug[:4], "block=khoi-thu",
				"template=giao-uoc-thi-dua",
				"values=@"+releaseFile(o.t, "covenant.yaml"), "process=@"+releaseFile(o.t, "process.yaml"))
		}},
		{"submit", func(o *releaseOffice, slug string) {
			o.act(slug, "giap-van-chinh", "submit-revision", "values=@"+releaseFile(o.t, "covenant.yaml"))
		}},
		review("review-leader", "so-gddt", "giap-van-chinh", "opinion=approve"),
		review("return", "so-noi-vu", "doan-thi-uoc", "opinion=return",
			`comments=[{clause: "", text: "Đề nghị làm rõ thời hạn."}]`),
		review("review-member", "so-yte", "thach-thi-suong", "opinion=approve"),
		{"submit-again", func(o *releaseOffice, slug string) {
			changed := strings.Replace(releaseText(o.t, "covenant.yaml"), "một việc tốt", "hai việc tốt", 1)
			o.act(slug, "giap-van-chinh", "submit-revision", "values=@"+o.file("changed.yaml", changed),
				"note=Đã làm rõ.")
		}},
		review("review-again", "so-noi-vu", "doan-thi-uoc", "opinion=approve"),
	}
}

func releaseVotes() []releaseStep {
	var s releaseStep
	return []releaseStep{
		s.act("open-conference", "la-thi-kieu-trinh", "open-conference", "secretary=giap-van-chinh",
			"place=Hội trường"),
		s.act("attend-leader", "giap-van-chinh", "record-attendance", "agency=so-gddt", "person=la-thi-kieu-trinh",
			"presence=present"),
		s.act("attend-deputy", "giap-van-chinh", "record-attendance", "agency=so-noi-vu", "person=mac-dang-thuyen",
			"presence=present"),
		{"proxy", func(o *releaseOffice, slug string) {
			o.act(slug, "giap-van-chinh", "record-proxy", "from=so-yte", "to=so-noi-vu", "given_by=ung-hoai-duc",
				"date="+releaseToday(),
				"document=Giấy ủy quyền số 3")
		}},
		s.act("open-motion", "la-thi-kieu-trinh", "open-motions", "motions=[chuong-trinh]"),
		s.act("count-hands", "la-thi-kieu-trinh", "count-hands", "motion=chuong-trinh", "for=3"),
		s.act("close-motion", "la-thi-kieu-trinh", "close-motion", "motion=chuong-trinh"),
		s.act("close-conference", "la-thi-kieu-trinh", "close-conference", "opinions=Không có ý kiến khác."),
		s.act("ballot-leader", "la-thi-kieu-trinh", "cast-ballot", "agency=so-gddt", "motion=tieu-chi", "choice=for"),
		s.act("ballot-deputy", "mac-dang-thuyen", "cast-ballot", "agency=so-noi-vu", "motion=tieu-chi",
			"choice=against"),
		s.act("ballot-member", "ung-hoai-duc", "cast-ballot", "agency=so-yte", "motion=tieu-chi", "choice=for"),
		s.act("close-ballot", "la-thi-kieu-trinh", "close-motion", "motion=tieu-chi"),
	}
}

func releaseSignatures() []releaseStep {
	sign := func(name, agency, person string) releaseStep {
		return releaseStep{name, func(o *releaseOffice, slug string) {
			s := o.show(slug, "--wait")
			o.actWithPIN(slug, person, "sign", "slot="+agency, "consented="+s.Frozen)
		}}
	}
	return []releaseStep{
		{"number", func(o *releaseOffice, slug string) {
			o.act(slug, "ong-thi-muoi", "issue-number", "date="+releaseToday())
		}},
		sign("sign-leader", "so-gddt", "la-thi-kieu-trinh"),
		sign("sign-deputy", "so-noi-vu", "mac-dang-thuyen"),
		sign("sign-member", "so-yte", "ung-hoai-duc"),
		{"seal", func(o *releaseOffice, slug string) { o.actWithPIN(slug, "ong-thi-muoi", "seal", "agency=so-gddt") }},
	}
}

// reporters hand in the reports of their agencies.
var reporters = map[string]string{"so-gddt": "giap-van-chinh", "so-noi-vu": "doan-thi-uoc", "so-yte": "thach-thi-suong"}

// releaseReports are skipped where the term of reporting is over, as it is when a covenant is opened years later.
func releaseReports() []releaseStep {
	report := func(agency string) releaseStep {
		return releaseStep{"report-" + agency, func(o *releaseOffice, slug string) {
			s := o.show(slug, "--wait")
			done := map[string]bool{}
			for _, r := range s.Reminders {
				if s.Phase == reporting && !done[r.Obligation+r.Period] {
					o.act(slug, reporters[agency], "submit-report", "agency="+agency, "obligation="+r.Obligation,
						"period="+r.Period, "summary=Đã làm.")
					o.reports++
				}
				done[r.Obligation+r.Period] = true
			}
		}}
	}
	return []releaseStep{
		report("so-yte"), report("so-gddt"), report("so-noi-vu"),
		{"close-reporting", func(o *releaseOffice, slug string) {
			if o.show(slug, "--wait").Phase == reporting {
				o.act(slug, "giap-van-chinh", "close-reporting")
			}
		}},
	}
}

const reporting = "awaiting_reports"

func releaseScores() []releaseStep {
	const scores = "scores=[{criterion: nhiem-vu, points: 5.5}, {criterion: phong-trao, points: 4}]"
	var s releaseStep
	return []releaseStep{
		s.act("score-leader", "giap-van-chinh", "submit-score", "agency=so-gddt", scores),
		s.act("score-deputy", "doan-thi-uoc", "submit-score", "agency=so-noi-vu", scores, "note=Tự chấm."),
		s.act("verify-leader", "doan-thi-uoc", "verify-score", "agency=so-gddt", scores),
		s.act("score-member", "thach-thi-suong", "submit-score", "agency=so-yte", scores),
		s.act("verify-deputy", "giap-van-chinh", "verify-score", "agency=so-noi-vu", scores),
		s.act("verify-member", "giap-van-chinh", "verify-score", "agency=so-yte", scores),
		s.act("open-poll", "la-thi-kieu-trinh", "open-poll", "poll=xep-hang"),
		s.act("poll-leader", "la-thi-kieu-trinh", "cast-poll-ballot", "poll=xep-hang", "agency=so-gddt",
			"choices=[so-yte]"),
		s.act("poll-deputy", "mac-dang-thuyen", "cast-poll-ballot", "poll=xep-hang", "agency=so-noi-vu",
			"choices=[so-yte,so-gddt]"),
		s.act("poll-member", "ung-hoai-duc", "cast-poll-ballot", "poll=xep-hang", "agency=so-yte"),
		s.act("close-poll", "la-thi-kieu-trinh", "close-poll", "poll=xep-hang"),
		s.act("declare", "la-thi-kieu-trinh", "declare-ranking", "secretary=giap-van-chinh"),
	}
}
