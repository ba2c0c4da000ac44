package process

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"covenant/workflow/calendar"
)

const reporting = `process: {id: thu, vi: Thử, en: Trial}
stages:
  - {id: cap-so, kind: number, name: {vi: Cấp số, en: Number}, number: {book: giao-uoc, by: leader}}
  - {id: ky, kind: sign, name: {vi: Ký, en: Sign}, sign: {groups: [[leader]], level: B-T, archive: B-LT}}
  - {id: ban-hanh, kind: issue, name: {vi: Ban hành, en: Issue}}
  - {id: bao-cao, kind: report, name: {vi: Báo cáo, en: Reports}, report: {months: 12, obligations: [
      {id: o, vi: Báo cáo, en: Report, %s}]}}
`

// A new process whose schedule leaves a period of the year without the date of its report, or gives it two, is refused,
// with a period that is meant. A process that covenants follow already is read as it always was.
func TestEachPeriodHasOneDate(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	for keys, want := range map[string]string{
		`period: quarter, schedule: "0 17 25 3,6,9,12 *"`:                                      "",
		`period: quarter, schedule: "0 17 L 3,6,9,12 *"`:                                       "",
		`period: quarter, schedule: "0 17 25 1,4,7,10 *"`:                                      "",
		`period: half, schedule: "0 17 15 6,12 *"`:                                             "",
		`period: half, schedule: "0 17 L */6 *"`:                                               "",
		`period: year, schedule: "0 17 L 2 *"`:                                                 "",
		`period: year, schedule: "0 17 15 12 ?"`:                                               "",
		`period: half, only: [H1], schedule: "0 17 15 6 *"`:                                    "",
		`period: quarter, only: [Q1, Q3], schedule: "0 17 L 3,9 *"`:                            "",
		`period: quarter, schedule: "CRON_TZ=Asia/Ho_Chi_Minh 0 17 25 3,6,9,12 *"`:             "",
		`period: quarter, schedule: "0 17 31 3,6,9,12 *"`:                                      "no date for the report of Q2 2026, Q3 2026, Q2 2027…",
		`period: year, schedule: "0 17 29 2 *"`:                                                "no date for the report of year 2026, year 2027, year 2029…",
		`period: quarter, schedule: "0 17 25 1 *"`:                                             "no date for the report of Q2 2026, Q3 2026, Q4 2026…",
		`period: half, schedule: "0 17 15 6 *"`:                                                "name them in only (for example only: [H1])",
		`period: quarter, schedule: "0 17 30 2,5,8,11 *"`:                                      "no date for the report of Q1 2026",
		`period: quarter, schedule: "0 17 25 3,6,9,12 1"`:                                      "Q3 2026… (02/03/2026, 09/03/2026)",
		`period: quarter, schedule: "0 17 20,25 3,6,9,12 *"`:                                   "Q3 2026… (20/03/2026, 25/03/2026)",
		`period: quarter, schedule: "0 17 1 * *"`:                                              "several dates",
		`period: year, schedule: "0 17 L 6,12 *"`:                                              "year 2028… (30/06/2026, 31/12/2026)",
		`period: half, schedule: "0 17 * 6,12 5"`:                                              "several dates",
		`period: half, only: [H1], schedule: "0 17 15 6,12 *"`:                                 "a date for second half of 2026, second half of 2027, second half of 2028…, which is not among only",
		`period: half, only: [H1, H2], schedule: "0 17 15 6 *"`:                                "no date for the report of second half of 2026",
		`period: half, only: [Q1], schedule: "0 17 15 6 *"`:                                    `no part "Q1"`,
		`period: year, only: [H1], schedule: "0 17 15 6 *"`:                                    `no part "H1"`,
		`period: quarter, only: [Q5], schedule: "0 17 15 6 *"`:                                 "want one of Q1",
		`period: quarter, schedule: "0 17 L 3,6,9,12 1"`:                                       "goes with * as the weekday",
		`period: quarter, schedule: "CRON_TZ=America/New_York 0 17 25 3,6,9,12 *"`:             "leave CRON_TZ out",
		`period: year, schedule: "TZ=UTC 0 17 15 12 *"`:                                        "leave CRON_TZ out",
		`period: quarter, schedule: "@monthly"`:                                                "several dates",
		`period: year, schedule: "@yearly"`:                                                    "",
		`period: quarter, schedule: "0 17 25 3,6,9,12 *", reminders: [{id: a, to: agency}]`:    "",
		`period: quarter, schedule: "0 17 24-25 3,6,9,12 *", reminders: [{id: a, to: leader}]`: "several dates",
	} {
		source := []byte(fmt.Sprintf(reporting, keys))
		_, err := ParseNew("p", source, zone)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", keys, err, want)
		}
	}
	if _, err := Parse("p", []byte(fmt.Sprintf(reporting, `period: quarter, schedule: "0 17 31 3,6,9,12 *"`))); err != nil {
		t.Errorf("what covenants follow already: %v", err)
	}
}

// The last day of a month is its last day in every month of leap years and others.
func TestLastDayOfTheMonth(t *testing.T) {
	s, err := parseSchedule("0 17 L * *")
	if err != nil {
		t.Fatal(err)
	}
	days := s.dates(calendar.On(2023, 12, 31), calendar.On(2028, 12, 31))
	if len(days) != 60 {
		t.Errorf("%d days in five years", len(days))
	}
	for i, d := range days {
		if want := calendar.On(2024, time.Month(2+i),
			1); d.AddDays(1) != calendar.DateOf(want.At(0, 0, time.UTC), time.UTC) {
			t.Errorf("%s is not the last of its month", d)
		}
	}
}
