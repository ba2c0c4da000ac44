package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"covenant/testdata"
	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
	"covenant/workflow/process"
	"covenant/workflow/store"
)

// driver is the people of the torture: they act on covenants over the control channels of serving processes that are
// killed meanwhile. Each step carries a key of its own and is given again, to any node, until it is answered. What was
// answered is written into the ordeal's ledger.
type driver struct {
	*ordeal
	block   *workflow.BlockFile
	values  []byte
	process []byte
	today   workflow.Date
}

const tortureLeader workflow.AgencyID = "so-gddt"

// torturePIN is like nothing else, so that it can be looked for where it must not be.
const torturePIN = "Mật-khẩu 246810 thử thách"

// longestAnswer is how long a step may stay unanswered: longer than anything that the ordeal does to the nodes.
const longestAnswer = 3 * time.Minute

func (d *driver) slug(n int) string { return fmt.Sprintf("%d/khoi-%03d", d.today.Year, n) }

// cancelled are the covenants that are stopped after their number was issued and the leader has signed.
func cancelled(n int) bool { return n%5 == 1 }

// newDriver prepares the case: the second block with a leader, a deputy, a member and a witness, and a process whose
// dates are computed from today, so that reminders fall due by the real clock as soon as a covenant is in force.
func newDriver(o *ordeal) *driver {
	o.t.Helper()
	calendar, err := calendar.VietnamCalendar()
	if err != nil {
		o.t.Fatal(err)
	}
	d := &driver{ordeal: o, today: calendar.Today(time.Now())}
	if d.block, d.values, err = smallCase(); err != nil {
		o.t.Fatal(err)
	}
	soon, later := d.today.AddDays(5), d.today.AddDays(200)
	d.process = fmt.Appendf(nil, tortureProcess, soon.Day, soon.Month, 1+(later.Month-1)/6, later.Day,
		later.Month)
	return d
}

// tortureProcess asks for everything that the program does in the background: a ladder of a stage, open and secret
// votes, a freeze, signatures and a seal, validation data, and reminders, of which the first duty's are due at once and
// the second's in half a year.
const tortureProcess = `
process: {id: thu-thach, vi: Quy trình thử, en: Ordeal}
stages:
  - id: gop-y
    kind: review
    name: {vi: Góp ý, en: Review}
    due: {days: 5}
    escalate: [{id: nhac, days: -30, to: leader}]
    review: {approve: all}
  - id: bieu-quyet
    kind: vote
    name: {vi: Biểu quyết, en: Vote}
    vote: {motions: [{id: chuong-trinh, vi: Chương trình, en: Programme}, {id: quy-che, vi: Quy chế, en: Regulation}]}
  - id: phieu-kin
    kind: vote
    name: {vi: Bỏ phiếu kín, en: Secret ballot}
    vote: {ballot: secret, motions: [{id: tieu-chi, vi: Tiêu chí, en: Criteria}]}
  - {id: cap-so, kind: number, name: {vi: Cấp số, en: Number}, number: {book: giao-uoc, by: leader}}
  - id: ky-so
    kind: sign
    name: {vi: Ký số, en: Sign}
    sign: {groups: [[leader], [deputy, member], [witness]], level: B-T, archive: B-LTA}
  - {id: dong-dau, kind: seal, name: {vi: Đóng dấu, en: Seal}, who: [leader], seal: {level: B-T}}
  - {id: ban-hanh, kind: issue, name: {vi: Ban hành, en: Issue}}
  - id: bao-cao
    kind: report
    name: {vi: Báo cáo, en: Reports}
    report:
      months: 12
      obligations:
        - id: som
          vi: Báo cáo sớm
          en: Early report
          period: year
          schedule: "0 17 %d %d *"
          reminders: [{id: nhac-truoc, days: -30, to: agency}, {id: danh-sach, days: -20, to: leader}]
        - id: muon
          vi: Báo cáo muộn
          en: Late report
          period: half
          only: [H%d]
          schedule: "0 17 %d %d *"
          reminders: [{id: nhac-truoc, days: -1, to: agency}]
`

func (d *driver) who(agency workflow.AgencyID, duty workflow.Duty) workflow.PersonID {
	for _, a := range d.block.Agencies {
		for _, p := range a.People {
			if a.ID == agency && slices.Contains(p.Duties, duty) {
				return p.ID
			}
		}
	}
	return ""
}

// ask gives an order to one of the nodes, and again until one answers. A refusal is an answer.
func (d *driver) ask(command, slug string, by workflow.PersonID, key string, fields any) (catalogue.Answer, error) {
	o, err := place{}.complete(&env{lang: "en"}, call(command, slug, key).as(by), fields)
	if err != nil {
		return catalogue.Answer{}, err
	}
	for began := time.Now(); ; time.Sleep(time.Duration(20+rand.IntN(30)) * time.Millisecond) {
		a, err := send(d.t.Context(), d.anyNode().data, o)
		if transient := errors.Is(err, errNotServed) || errors.Is(err, errUnanswered) ||
			errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrLost) ||
			errors.Is(err, store.ErrConflict) || workflow.ErrorCode(err) == workflow.CodeUnavailable ||
			d.outages && err != nil && workflow.ErrorCode(err) == ""; !transient || d.t.Context().Err() != nil ||
			time.Since(began) > longestAnswer {
			return a, err
		}
	}
}

// act carries out one step and writes down that it was answered. A refusal because somebody else did it meanwhile is
// fine: the state is looked at again.
func (d *driver) act(n int, by workflow.PersonID, step, command string, fields any) error {
	key := fmt.Sprintf("t/%d/%s", n, step)
	_, err := d.ask(command, d.slug(n), by, key, fields)
	switch workflow.ErrorCode(err) {
	case workflow.CodeWrongState, workflow.CodeConflict:
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", step, err)
	}
	d.acked(key)
	return d.look(n)
}

// look reads the covenant's page on a node, which may be killed meanwhile. A page that comes is the right one.
func (d *driver) look(n int) error {
	address := d.anyNode().address()
	if address == "" {
		return nil
	}
	response, err := http.Get("http://" + address + "/giao-uoc/" + d.slug(n))
	if err != nil {
		return nil // it was killed, or is not up yet
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil || d.outages && response.StatusCode >= http.StatusInternalServerError {
		return nil // killed while it answered
	}
	if response.StatusCode != http.StatusOK || !strings.Contains(string(page), title(n)) {
		return fmt.Errorf("page of covenant %d: %s\n%.2000s", n, response.Status, page)
	}
	return nil
}

func title(n int) string { return fmt.Sprintf("Giao ước số %d", n) }

// ride brings one covenant to its end, or goes on with it.
func (d *driver) ride(n int) error {
	err := d.act(n, d.who(tortureLeader, workflow.DutyDraft), "draft", "draft", engine.DraftRequest{
		Title: title(n), Year: d.today.Year, Block: d.block.Block.ID, Template: "giao-uoc-thi-dua", Values: d.values,
		Process: d.process,
	})
	for err == nil {
		var a catalogue.Answer
		if a, err = d.ask("show", d.slug(n), "", "", catalogue.Show{Wait: true}); err != nil {
			break
		}
		switch s := a.Standing; {
		case s.Ended:
			return nil
		case s.Phase == workflow.AwaitingReports:
			return d.reports(n, s)
		default:
			err = d.step(n, s)
		}
	}
	return fmt.Errorf("covenant %d: %w", n, err)
}

func (d *driver) step(n int, s *catalogue.Standing) error {
	if catalogue.AtWork(s.Phase) {
		return nil
	}
	switch s.Phase {
	case workflow.AwaitingRevision:
		return d.act(n, d.who(tortureLeader, workflow.DutyDraft), "submit", "submit-revision",
			engine.SubmitRequest{Values: d.values})
	case workflow.AwaitingReviews:
		a := s.Waiting[0]
		return d.act(n, d.who(a, workflow.DutyReview), "review/"+string(a), "give-review", workflow.GiveReview{
			Agency: a, Revision: s.Revision.Number, Manifest: s.Revision.Manifest, Opinion: workflow.OpinionApprove})
	case workflow.AwaitingVotes:
		return d.vote(n, s)
	case workflow.AwaitingNumber:
		return d.act(n, d.who(tortureLeader, workflow.DutyNumber), "number", "issue-number",
			catalogue.Number{Date: d.today})
	case workflow.AwaitingSignatures:
		return d.sign(n, s)
	case workflow.AwaitingSeals:
		a := s.Waiting[0]
		return d.act(n, d.who(a, workflow.DutyNumber), "seal/"+string(a), "seal",
			engine.SealRequest{Agency: a, PIN: torturePIN})
	}
	return fmt.Errorf("the driver does not know what to do in phase %s", s.Phase)
}

func (d *driver) vote(n int, s *catalogue.Standing) error {
	for _, m := range s.Motions {
		if m.Closed {
			continue
		}
		for _, a := range m.Who {
			err := d.act(n, d.who(a, workflow.DutyVote), fmt.Sprintf("vote/%s/%s", m.ID, a), "cast-ballot",
				workflow.CastBallot{Agency: a, Motion: m.ID, Choice: workflow.ChoiceFor})
			if err != nil {
				return err
			}
		}
		return d.act(n, d.who(tortureLeader, workflow.DutyVote), "close/"+string(m.ID), "close-motion",
			workflow.CloseMotion{Motion: m.ID})
	}
	return nil
}

func (d *driver) sign(n int, s *catalogue.Standing) error {
	if cancelled(n) && slices.ContainsFunc(s.Cells, func(c catalogue.Cell) bool { return c.Signed != "" }) {
		return d.act(n, d.who(tortureLeader, workflow.DutySign), "cancel", "cancel", workflow.Cancel{Reason: "thử hủy"})
	}
	a := s.Waiting[rand.IntN(len(s.Waiting))]
	return d.act(n, d.who(a, workflow.DutySign), "sign/"+string(a), "sign", engine.SignRequest{
		Slot: workflow.SlotID(a), PIN: torturePIN, Consented: s.Frozen})
}

// reports has every member but the last hand in the first report.
func (d *driver) reports(n int, s *catalogue.Standing) error {
	first := s.Reminders[0]
	for _, a := range s.Members[:len(s.Members)-1] {
		err := d.act(n, d.who(a, workflow.DutyReport), "report/"+string(a), "submit-report",
			workflow.SubmitReport{Agency: a, Obligation: first.Obligation, Period: first.Period, Summary: "đã làm"})
		if err != nil {
			return err
		}
	}
	return nil
}

// smallCase is the case of the second block with a leader, a deputy, a member and a witness.
func smallCase() (*workflow.BlockFile, []byte, error) {
	files, err := fs.Sub(testdata.Cases, "block7")
	if err != nil {
		return nil, nil, err
	}
	source, err := fs.ReadFile(files, "block.yaml")
	if err != nil {
		return nil, nil, err
	}
	block, err := workflow.ParseBlockFile("block.yaml", source)
	if err != nil {
		return nil, nil, err
	}
	kept := map[workflow.AgencyID]bool{tortureLeader: true, "so-noi-vu": true, "so-yte": true}
	block.Agencies = slices.DeleteFunc(block.Agencies, func(a workflow.BlockFileAgency) bool {
		return a.Role != workflow.RoleWitness && !kept[a.ID]
	})
	text, err := fs.ReadFile(files, "covenant.yaml")
	if err != nil {
		return nil, nil, err
	}
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		return nil, nil, err
	}
	units, _ := values["các_đơn_vị"].([]any)
	values["các_đơn_vị"] = slices.DeleteFunc(units, func(u any) bool {
		unit, _ := u.(map[string]any)
		id, _ := unit["mã"].(string)
		return !kept[workflow.AgencyID(id)]
	})
	out, err := yaml.Marshal(values)
	return block, out, err
}

// The process of the torture is sound, and what it computes from today falls due as it says.
func TestTortureProcess(t *testing.T) {
	d := newDriver(&ordeal{t: t})
	p, err := process.Parse("process", d.process)
	if err != nil {
		t.Fatal(err)
	}
	calendar, _ := calendar.VietnamCalendar()
	stage, _ := p.OfKind(workflow.StageReport)
	all, err := stage.Report.Occurrences(d.today, d.today.AddMonths(12), calendar)
	if err != nil || len(all) != 3 {
		t.Fatalf("%d reminders, %v", len(all), err)
	}
	for _, o := range all {
		if due := o.At.Before(time.Now()); due != (o.Obligation == "som") {
			t.Errorf("%s of %s is due: %v", o.Rung, o.Obligation, due)
		}
	}
}
