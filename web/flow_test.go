package web

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"covenant/workflow"
)

// Every kind of event that a covenant's log can hold has words of its own in both languages.
func TestEveryEventHasWords(t *testing.T) {
	l := newLife(t)
	directory := regexp.MustCompile(`^(agency|person|position|block|duties|delegation|certificate|binding|document|number_reserved|number_entered|number_explained)`)
	kinds := regexp.MustCompile(`Kind\(\) string\s*{ return "(\w+)" }`)
	files, err := filepath.Glob("../workflow/*.go")
	if err != nil {
		t.Fatal(err)
	}
	languages, err := loadLanguages()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range kinds.FindAllStringSubmatch(string(source), -1) {
			event, err := workflow.DecodeEvent(m[1], []byte("{}"))
			if err != nil {
				t.Errorf("%s: %v", m[1], err)
				continue
			}
			if directory.MatchString(m[1]) {
				continue
			}
			found++
			view, err := l.View(t.Context(), slug)
			if err != nil {
				t.Fatal(err)
			}
			for _, lang := range languages.all {
				row := eventRow{}
				teller{language: lang, v: view, zone: view.Calendar.Zone()}.tell(&row, event)
				if row.Text == "" || row.Text == m[1] || strings.ContainsAny(row.Text+row.Detail, "‹›") {
					t.Errorf("%s in %s: %+v", m[1], lang.code, row)
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d kinds of events were found", found)
	}
}

const hallProcess = `process: {id: p, vi: v, en: e}
stages:
  - {id: hn, kind: vote, name: {vi: Hội nghị, en: Conference}, vote: {ballot: BALLOT, quorum: majority, motions: [{id: m, vi: Chương trình, en: Programme}, {id: n, vi: Quy chế, en: Regulation}], conference: {place: Hội trường, proxies: 1}}}
`

// inHall is a covenant whose conference sits with all but one member, who votes by proxy.
func inHall(t *testing.T, ballot string) *life {
	l := lifeUnder(t, []byte(strings.Replace(hallProcess, "BALLOT", ballot, 1)))
	members := l.state.Covenant.Members()
	chair, secretary := l.who(l.state.Covenant.Leader(), workflow.DutyVote), l.who(l.state.Covenant.Leader(), workflow.DutyDraft)
	l.do(workflow.OpenConference{By: chair, Secretary: secretary})
	last := members[len(members)-1]
	for _, a := range members[:len(members)-1] {
		l.do(workflow.RecordAttendance{By: secretary, Agency: a, Person: l.who(a, workflow.DutyVote), Presence: workflow.Present})
	}
	l.do(workflow.RecordProxy{
		By: secretary, From: last, To: members[1], GivenBy: l.who(last, workflow.DutyVote), Date: workflow.Date{Year: 2026, Month: 3, Day: 1}, Document: "GUQ số 7",
	})
	l.do(workflow.OpenMotions{By: chair, Motions: []workflow.MotionID{"m"}})
	l.castFor(members[0], "m", "for")
	l.do(workflow.CastBallot{By: l.who(members[1], workflow.DutyVote), Agency: last, Motion: "m", Choice: workflow.ChoiceAgainst})
	return l
}

// The hall's board shows who is there, the quorum, what is open and what is to come; of a secret ballot nothing but that
// it is one, and who took part.
func TestBoardOfAConference(t *testing.T) {
	open := get(t, handler(t, inHall(t, "open")), "/hoi-nghi/"+slug+"?lang=vi").body
	for _, want := range []string{"Ủy quyền", "đủ điều kiện tiến hành", "Hội nghị của khối – đang họp", "Chưa đưa ra biểu quyết", "Quy chế", ">1</strong>"} {
		if !strings.Contains(open, want) {
			t.Errorf("the board does not show %q", want)
		}
	}
	secret := inHall(t, "secret")
	board := get(t, handler(t, secret), "/hoi-nghi/"+slug+"?lang=vi").body
	if !strings.Contains(board, "Phiếu kín") || strings.Contains(board, ">1</strong>") {
		t.Error("the board of a secret ballot shows a count")
	}
	page := get(t, handler(t, secret), "/giao-uoc/"+slug+"?lang=vi").body
	if !strings.Contains(page, "Đã bỏ phiếu") || strings.Contains(page, "Tán thành 1") {
		t.Error("the page of a secret ballot does not say who took part, or shows a count")
	}
}

// Who acts under a delegation for this covenant is shown with the name of who gave it, among those who may, in opinions, ballots and the
// timeline; a delegation for another covenant is not.
func TestDelegatesOnThePages(t *testing.T) {
	l := newLife(t)
	agency := l.state.Covenant.Members()[1]
	holder := l.who(agency, workflow.DutyReview)
	for person, covenant := range map[workflow.PersonID]workflow.CovenantID{"kim": l.state.Covenant.ID, "lan": "other"} {
		l.state.Directory.Apply(workflow.PersonRegistered{Person: person, Name: workflow.Personal{Text: "Bà " + string(person)}})
		l.state.Directory.Apply(workflow.DutiesDelegated{
			From: workflow.PositionID(string(agency) + "/" + string(holder)), To: person, Title: "Chuyên viên", Duties: []workflow.Duty{workflow.DutyReview},
			Start: workflow.Date{Year: 2026, Month: 1, Day: 1}, End: workflow.Date{Year: 2026, Month: 12, Day: 31}, Covenant: covenant,
		})
	}
	both := "Bà kim (thay " + l.state.Directory.PersonName(holder) + ")"
	before := get(t, handler(t, l), "/giao-uoc/"+slug+"?lang=vi")
	before.contains(".who", both)
	if strings.Contains(before.body, "Bà lan") {
		t.Error("a delegate for another covenant is named")
	}
	revision, _ := l.state.Covenant.Revision()
	l.do(workflow.GiveReview{By: "kim", Agency: agency, Revision: revision.Number, Manifest: revision.Manifest, Opinion: workflow.OpinionApprove})
	if n := strings.Count(get(t, handler(t, l), "/giao-uoc/"+slug+"?lang=vi").body, both); n < 2 {
		t.Errorf("both names stand %d times, want in the opinion and in the timeline", n)
	}
}
