package workflow

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func at(phase Phase) func(testing.TB) *fixture {
	return func(t testing.TB) *fixture {
		w := newFixture(t, 4)
		w.upTo(t, phase)
		return w
	}
}

// fate is how a covenant ended, and what became of its number.
func (w *fixture) fate() string {
	c := w.state.Covenant
	out := fmt.Sprintf("%s by %s", c.Ending.Reason, c.Ending.Person)
	for _, v := range c.Voided {
		out += fmt.Sprintf(", %02d void", v.Number)
	}
	if c.Number != nil {
		out += ", " + c.PrintedNumber()
	}
	return out
}

// Who may end a covenant at each point of its life, in which way, and what becomes of its number.
func TestEndsAtEachPhase(t *testing.T) {
	withdraw := as("a0-officer", Withdraw{Reason: "chưa phù hợp"})
	cancel := as("a0-head", Cancel{Reason: "không còn cần", Document: "QĐ 5"})
	closing := as("a0-head", Close{Reason: "đã xong"})
	frozen := []string{"văn bản đã chốt nên không rút được nữa", "the document is frozen and cannot be withdrawn"}
	notYet := []string{"giao ước chưa có hiệu lực; hãy hủy", "the covenant is not in force; cancel it"}
	late := []string{"giao ước đã có hiệu lực nên không hủy được", "is in force and cannot be cancelled"}
	none := []string{"chưa có giao ước này", "there is no such covenant"}
	ended := []string{"giao ước này", "already"}
	for _, c := range []struct {
		phase                     Phase
		withdraw, cancel, closing []string // nothing: it is done
		void                      bool
	}{
		{PhaseNew, none, none, none, false},
		{AwaitingRevision, nil, nil, notYet, false},
		{AwaitingReviews, nil, nil, notYet, false},
		{AwaitingVotes, nil, nil, notYet, false},
		{AwaitingNumber, nil, nil, notYet, false},
		{AwaitingFreeze, nil, nil, notYet, true},
		{AwaitingSignatures, frozen, nil, notYet, true},
		{AwaitingSeals, frozen, nil, notYet, true},
		{AwaitingValidation, frozen, nil, notYet, true},
		{AwaitingReports, frozen, late, nil, false},
		{PhaseClosed, ended, ended, ended, false},
	} {
		start := at(c.phase)
		if c.phase == PhaseClosed {
			start = func(t testing.TB) *fixture { w := inForce(t); w.must(t, closing); return w }
		}
		row := func(name string, does Command, no []string, kind string, phase Phase) situation {
			s := situation{name: fmt.Sprintf("%s: %s", c.phase, name), does: does}
			if no != nil {
				s.code, s.vi, s.en = CodeWrongState, no[0], no[1]
				if c.phase == PhaseNew {
					s.code = CodeNotFound
				}
				return s
			}
			s.events, s.phase = kind, phase
			if c.void {
				s.events += " number_voided"
			}
			return s
		}
		behaviour{start, nil, []situation{
			row("withdrawn", withdraw, c.withdraw, "withdrawn", PhaseWithdrawn),
			row("cancelled", cancel, c.cancel, "cancelled", PhaseCancelled),
			row("closed", closing, c.closing, "closed", PhaseClosed),
		}}.run(t)
	}
}

func TestEnds(t *testing.T) {
	behaviour{at(AwaitingFreeze), (*fixture).fate, []situation{
		{name: "cancelled by an officer", does: as("a0-officer", Cancel{Reason: "x"}), code: CodeForbidden,
			vi: "thẩm quyền", en: "those who may: Ông a0"},
		{name: "cancelled by another head", does: as("a1-head", Cancel{Reason: "x"}), code: CodeForbidden,
			vi: "thẩm quyền", en: "those who may: Ông a0"},
		{name: "withdrawn by the head", does: as("a0-head", Withdraw{Reason: "x"}), code: CodeForbidden,
			vi: "thẩm quyền", en: "those who may: Bà a0"},
		{name: "withdrawn with a number", does: as("a0-officer", Withdraw{Reason: "sửa lại"}),
			events: "withdrawn number_voided", phase: PhaseWithdrawn, want: "sửa lại by a0-officer, 07 void"},
		{name: "cancelled with a number", does: as("a0-head", Cancel{Reason: "thôi"}),
			events: "cancelled number_voided", phase: PhaseCancelled, want: "thôi by a0-head, 07 void"},
	}}.run(t)
	behaviour{inForce, (*fixture).fate, []situation{
		{name: "closed keeps its number", does: as("a0-head", Close{Reason: "đã xong"}), events: "closed",
			phase: PhaseClosed, want: "đã xong by a0-head, 07/GƯ-KTN"},
		{name: "reports end before their term", later: 365 * day, does: EndReporting{}, code: CodeWrongState,
			vi: "thời hạn báo cáo kéo dài đến 26/03/2027", en: "reports are due until 26/03/2027"},
		{name: "reports end the day after", later: 366 * day, does: EndReporting{}, events: "stage_closed closed",
			phase: PhaseClosed, want: "hết thời hạn báo cáo by , 07/GƯ-KTN"},
		{name: "reports ended by somebody", later: 366 * day, does: as("a0-head", EndReporting{}), code: CodeForbidden,
			vi: "việc này do chương trình tự thực hiện", en: "the program does this by itself"},
		{name: "reports closed where nothing follows", later: 366 * day, does: as("a0-officer", CloseReporting{}),
			code: CodeWrongState, vi: "không có bước nào sau báo cáo", en: "no stage after the reports"},
	}}.run(t)
}

// Reports by each obligation and period: in time, late, twice, of others.
func TestReportsOfEachPeriod(t *testing.T) {
	report := func(a AgencyID, o ObligationID, p Period) Command {
		return as(PersonID(a+"-officer"), SubmitReport{Agency: a, Obligation: o, Period: p, Summary: "đủ"})
	}
	look := func(w *fixture) string {
		var out []string
		for _, r := range w.state.Covenant.Reports {
			out = append(out, fmt.Sprintf("%s %s %s%s", r.Agency, r.Obligation, r.Period,
				map[bool]string{true: " late"}[r.Late]))
		}
		return strings.Join(out, "; ")
	}
	on := func(month time.Month, dayOf int) time.Duration { // from the day on which it came into force
		return time.Date(2026, month, dayOf, 0, 0, 0, 0, time.UTC).Sub(time.Date(2026, 3, 26, 0, 0, 0, 0, time.UTC))
	}
	behaviour{inForce, look, []situation{
		{name: "a quarter on its last day", later: on(6, 25), does: report("a1", "quy", "2026-Q2"),
			events: "report_submitted", want: "a1 quy 2026-Q2"},
		{name: "a quarter a day later", later: on(6, 26), does: report("a1", "quy", "2026-Q2"),
			events: "report_submitted", want: "a1 quy 2026-Q2 late"},
		{name: "the half before its day", later: on(6, 14), does: report("a1", "sau-thang", "2026-H1"),
			events: "report_submitted", want: "a1 sau-thang 2026-H1"},
		{name: "the half on its day, which is too late", later: on(6, 16), does: report("a1", "sau-thang", "2026-H1"),
			events: "report_submitted", want: "a1 sau-thang 2026-H1 late"},
		{name: "the year", later: on(12, 15), does: report("a1", "nam", "2026"), events: "report_submitted",
			want: "a1 nam 2026"},
		{name: "the quarter before it was in force", does: report("a1", "quy", "2026-Q1"), code: CodeNotFound,
			vi: "không có kỳ báo cáo \"2026-Q1\"", en: "has no reporting period \"2026-Q1\""},
		{name: "the last quarter of the term", later: 364 * day, does: report("a1", "quy", "2027-Q1"),
			events: "report_submitted", want: "a1 quy 2027-Q1"},
		{name: "the quarter after the term", does: report("a1", "quy", "2027-Q2"), code: CodeNotFound,
			vi: "không có kỳ báo cáo", en: "has no reporting period"},
		{name: "a half named as a quarter", does: report("a1", "sau-thang", "2026-Q2"), code: CodeNotFound,
			vi: "không có kỳ báo cáo", en: "has no reporting period"},
		{name: "a period that is none", does: report("a1", "quy", "quý II"), code: CodeNotFound,
			vi: "không có kỳ báo cáo", en: "has no reporting period"},
		{name: "of a duty that there is not", does: report("a1", "thang", "2026-Q2"), code: CodeNotFound,
			vi: "không có kỳ báo cáo", en: "has no reporting period"},
		{name: "twice", given: []Command{report("a1", "quy", "2026-Q2")}, does: report("a1", "quy", "2026-Q2"),
			code: CodeConflict, vi: "Cơ quan a1 đã gửi báo cáo kỳ này", en: "Cơ quan a1 has already handed in"},
		{name: "of two agencies", given: []Command{report("a1", "quy", "2026-Q2")},
			does: report("a2", "quy", "2026-Q2"), events: "report_submitted", want: "a1 quy 2026-Q2; a2 quy 2026-Q2"},
		{name: "of the witness", does: report("w", "quy", "2026-Q2"), code: CodeForbidden,
			vi: "Cơ quan w không phải đơn vị thành viên", en: "Cơ quan w is not a member"},
		{name: "by the head", does: as("a1-head", SubmitReport{Agency: "a1", Obligation: "quy", Period: "2026-Q2",
			Summary: "x"}), code: CodeForbidden, vi: "thẩm quyền", en: "those who may: Bà a1"},
	}}.run(t)
}
