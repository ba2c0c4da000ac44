package web

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifregular"
	"github.com/go-pdf/fpdf"

	"covenant/signing"
	"covenant/signing/devpki"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// life is a covenant lived through the real rules, without a database: a Source for what only needs its state.
type life struct {
	t         *testing.T
	state     workflow.State
	now       time.Time
	entries   []engine.Entry
	documents map[workflow.Digest][]byte
	upcoming  []engine.Occurrence
	mails     []engine.Mail
	last      workflow.Digest
	failing   error       // what every method answers, if set
	pki       *devpki.PKI // with which the signatures are really made; nil: only recorded
	roots     *x509.CertPool
}

const slug = "2026/khoi-kinh-te-nganh"

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// newLife is the reference block with a covenant drafted and its first revision submitted.
func newLife(t *testing.T) *life {
	t.Helper()
	return lifeUnder(t, readFile(t, "../templates/library/giao-uoc-thi-dua/process.yaml"))
}

// lifeUnder is newLife with a covenant that follows a process.
func lifeUnder(t *testing.T, source []byte) *life {
	t.Helper()
	calendar, err := workflow.VietnamCalendar()
	if err != nil {
		t.Fatal(err)
	}
	process, err := workflow.ParseProcess("process.yaml", source)
	if err != nil {
		t.Fatal(err)
	}
	block, err := workflow.ParseBlockFile("block.yaml", readFile(t, "../testdata/hanam2021/block.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	l := &life{t: t, now: time.Date(2026, 3, 16, 1, 30, 0, 0, time.UTC), documents: map[workflow.Digest][]byte{}}
	l.state = workflow.State{Covenant: &workflow.Covenant{}, Process: process, Directory: workflow.NewDirectory(), Calendar: calendar}
	events, err := block.Changes(l.state, l.now)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		l.state.Directory.Apply(e)
	}
	members := l.state.Directory.Blocks[block.Block.ID].Members
	var slots []workflow.Slot
	for _, m := range members {
		name := l.state.Directory.AgencyName(m.Agency)
		slots = append(slots, workflow.Slot{ID: workflow.SlotID(m.Agency), Role: m.Role, Unit: strings.ToUpper(name), Title: "GIÁM ĐỐC"})
	}
	leader := l.state.Directory.Blocks[block.Block.ID].Leader()
	l.do(workflow.DraftCovenant{
		ID: "0197c6b2-0000-7000-8000-000000000001", Slug: slug, Title: "Giao ước thi đua năm 2026 – Khối thi đua Kinh tế ngành",
		Year: 2026, Block: block.Block.ID, Template: "giao-uoc-thi-dua", Slots: slots, By: l.who(leader, workflow.DutyDraft),
	})
	l.revise("")
	return l
}

// who is the first person who may do duty for the agency.
func (l *life) who(a workflow.AgencyID, duty workflow.Duty) workflow.PersonID {
	l.t.Helper()
	holders := l.state.Directory.HoldersIn(l.state.Covenant.ID, a, duty, l.state.Calendar.Today(l.now))
	if len(holders) == 0 {
		l.t.Fatalf("nobody of %s may %s", a, duty)
	}
	return holders[0].ID
}

// do decides a command a few minutes later and applies what follows.
func (l *life) do(c workflow.Command) {
	l.t.Helper()
	l.now = l.now.Add(7 * time.Minute)
	events, err := workflow.Decide(l.state, c, l.now)
	if err != nil {
		l.t.Fatalf("%T: %v", c, err)
	}
	for _, e := range events {
		l.state.Covenant.Apply(e)
		body, err := json.Marshal(e)
		if err != nil {
			l.t.Fatal(err)
		}
		l.last = workflow.DigestOf(append(l.last[:], body...))
		l.entries = append(l.entries, engine.Entry{
			Version: int64(len(l.entries) + 1), At: l.now, Actor: actorOf(c), Event: e, Hash: l.last,
		})
	}
}

func actorOf(c workflow.Command) workflow.Actor {
	switch c := c.(type) {
	case workflow.DraftCovenant:
		return workflow.Actor{Person: c.By}
	case workflow.SubmitRevision:
		return workflow.Actor{Person: c.By}
	case workflow.GiveReview:
		return workflow.Actor{Person: c.By}
	case workflow.CastBallot:
		return workflow.Actor{Person: c.By}
	case workflow.CloseMotion:
		return workflow.Actor{Person: c.By}
	case workflow.IssueNumber:
		return workflow.Actor{Person: c.By}
	case workflow.RecordSignature:
		return workflow.Actor{Person: c.By}
	case workflow.RecordSeal:
		return workflow.Actor{Person: c.By}
	case workflow.SubmitReport:
		return workflow.Actor{Person: c.By}
	}
	return workflow.SystemActor
}

func (l *life) revise(note string) {
	l.t.Helper()
	n := len(l.state.Covenant.Revisions) + 1
	pdf := testPDF(l.t, fmt.Sprintf("Dự thảo lần %d", n))
	l.do(workflow.SubmitRevision{
		By: l.who(l.state.Covenant.For, workflow.DutyDraft), Manifest: workflow.DigestOf(fmt.Appendf(nil, "manifest %d", n)),
		PDF: l.keep(pdf), Note: note,
		Clauses: []workflow.ClauseDigest{{ID: "bao-cao", Number: "Điều 5", Heading: "Chế độ báo cáo"}},
	})
}

func (l *life) keep(pdf []byte) workflow.Digest {
	d := workflow.DigestOf(pdf)
	l.documents[d] = pdf
	return d
}

func (l *life) review(a workflow.AgencyID, opinion workflow.Opinion, comments ...workflow.Comment) {
	l.t.Helper()
	rev, _ := l.state.Covenant.Revision()
	l.do(workflow.GiveReview{By: l.who(a, workflow.DutyReview), Agency: a, Revision: rev.Number, Manifest: rev.Manifest, Opinion: opinion, Comments: comments})
}

// approved: one agency returned the first revision, all approve the second.
func (l *life) approved() {
	l.t.Helper()
	for i, a := range l.state.Covenant.Members() {
		if i == 1 {
			l.review(a, workflow.OpinionReturn, workflow.Comment{Clause: "bao-cao", Text: "Đề nghị ghi rõ hạn gửi báo cáo quý là ngày 25 tháng cuối quý."})
			continue
		}
		l.review(a, workflow.OpinionApprove)
	}
	l.revise("Đã ghi rõ hạn gửi báo cáo quý theo ý kiến của Sở Tài chính.")
	for _, a := range l.state.Covenant.Members() {
		l.review(a, workflow.OpinionApprove)
	}
}

// voted: every motion carried, the last member abstaining.
func (l *life) voted() {
	l.t.Helper()
	l.approved()
	members := l.state.Covenant.Members()
	for _, m := range l.state.Covenant.Motions {
		for i, a := range members {
			choice := workflow.ChoiceFor
			if i == len(members)-1 {
				choice = workflow.ChoiceAbstain
			}
			l.do(workflow.CastBallot{By: l.who(a, workflow.DutyVote), Agency: a, Motion: m.ID, Choice: choice})
		}
		l.do(workflow.CloseMotion{By: l.who(l.state.Covenant.Leader(), workflow.DutyVote), Motion: m.ID})
	}
}

func (l *life) castFor(a workflow.AgencyID, motion, choice string) {
	l.t.Helper()
	l.do(workflow.CastBallot{By: l.who(a, workflow.DutyVote), Agency: a, Motion: workflow.MotionID(motion), Choice: workflow.Choice(choice)})
}

// frozen: the number is issued and the file fixed.
func (l *life) frozen() {
	l.t.Helper()
	l.voted()
	c := l.state.Covenant
	l.do(workflow.IssueNumber{By: l.who(c.Leader(), workflow.DutyNumber), Number: 5, Symbol: "GƯ-KTN", Date: l.state.Calendar.Today(l.now)})
	pdf := testPDF(l.t, "Số: 05/GUTĐ-KTN")
	freeze := workflow.Freeze{PDF: l.keep(pdf), Size: int64(len(pdf)), Token: "K7Q2M5"}
	for _, p := range c.Parties {
		freeze.Fields = append(freeze.Fields,
			workflow.FrozenField{Name: "ky-" + string(p.Slot), Slot: p.Slot, Type: "signature", Page: 3},
			workflow.FrozenField{Name: "dau-" + string(p.Slot), Slot: p.Slot, Type: "seal", Page: 3})
	}
	l.do(freeze)
}

// sign records n signatures in the order of the groups.
func (l *life) sign(n int) {
	l.t.Helper()
	c := l.state.Covenant
	for ; n > 0; n-- {
		agency := c.Waiting[0]
		p, _ := c.Party(agency)
		by := l.who(agency, workflow.DutySign)
		serial := fmt.Sprint(1000 + len(c.Signed))
		l.state.Directory.Apply(workflow.CertificateBound{Person: by, Issuer: "CN=Test", Serial: serial})
		field, _ := c.SignatureField(p.Slot)
		pdf := l.append(l.documents[c.Head], field, by)
		l.do(workflow.RecordSignature{
			By: by, Slot: p.Slot, Consented: c.Frozen.PDF, Before: c.Head, After: l.keep(pdf), Size: int64(len(pdf)),
			Level: "B-T", Issuer: "CN=Test", Serial: serial, SignedAt: l.now,
		})
	}
}

// seal applies the seals that are asked for.
func (l *life) seal() {
	l.t.Helper()
	c := l.state.Covenant
	for c.Phase == workflow.AwaitingSeals {
		agency := c.Waiting[0]
		serial := fmt.Sprint(2000 + len(c.Sealed))
		l.state.Directory.Apply(workflow.CertificateBound{Agency: agency, Issuer: "CN=Test", Serial: serial})
		pdf := append(bytes.Clone(l.documents[c.Head]), '\n')
		l.do(workflow.RecordSeal{
			By: l.who(agency, workflow.DutyNumber), Agency: agency, Before: c.Head, After: l.keep(pdf), Size: int64(len(pdf)), Level: "B-T",
			Issuer: "CN=Test", Serial: serial, SignedAt: l.now,
		})
	}
}

// append adds a real signature to a file if there is a PKI, otherwise only a line break.
func (l *life) append(pdf []byte, field string, by workflow.PersonID) []byte {
	l.t.Helper()
	if l.pki == nil {
		return append(bytes.Clone(pdf), '\n')
	}
	name := l.state.Directory.PersonName(by)
	id, err := l.pki.Issue(devpki.Subject{ID: string(by), CommonName: name}, devpki.Profile{})
	if err != nil {
		l.t.Fatal(err)
	}
	n := float64(len(l.state.Covenant.Signed))
	var out bytes.Buffer
	_, err = signing.Sign(l.t.Context(), bytes.NewReader(pdf), int64(len(pdf)), &out, signing.Identity(id), signing.Options{
		Level: signing.BT, TSA: &signing.TSA{URLs: []string{l.pki.TSA()}}, Field: field,
		New:        &signing.NewField{Page: 1, Rect: signing.Rect{X0: 60, Y0: 40 + 40*n, X1: 300, Y1: 76 + 40*n}},
		Appearance: &signing.Appearance{Lines: []signing.Line{{Text: name, Bold: true, Size: 13}}},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return out.Bytes()
}

// verdict judges the head with the life's roots; nil without a PKI.
func (l *life) verdict(ctx context.Context) (*signing.Report, error) {
	head := l.documents[l.state.Covenant.Head]
	if l.pki == nil || head == nil {
		return nil, nil
	}
	return signing.Verify(ctx, bytes.NewReader(head), int64(len(head)), signing.VerifyOptions{Roots: l.roots})
}

// inForce: all have signed and reporting has begun; the first quarter is half reported.
func (l *life) inForce() {
	l.t.Helper()
	l.frozen()
	c := l.state.Covenant
	l.sign(len(c.Parties))
	l.seal()
	pdf := append(bytes.Clone(l.documents[c.Head]), '\n')
	l.do(workflow.RecordValidationData{Before: c.Head, After: l.keep(pdf), Size: int64(len(pdf)), Level: "B-LT"})
	stage, _ := l.state.Process.OfKind(workflow.StageReport)
	planned, err := stage.Report.Occurrences(c.Reporting.From, c.Reporting.Until, l.state.Calendar)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, o := range planned {
		rule, _ := stage.Report.Obligation(o.Obligation)
		occurrence := engine.Occurrence{Occurrence: o, Label: rule.Title(o.Period, "vi"), LabelEN: rule.Title(o.Period, "en"), State: "pending"}
		occurrence.Recipients, _, _ = l.state.ReminderRecipients(o.Obligation, o.Period, o.Rung)
		l.upcoming = append(l.upcoming, occurrence)
	}
	l.remind(0)
	members := c.Members()
	for _, a := range members[:len(members)-2] {
		l.do(workflow.SubmitReport{
			By: l.who(a, workflow.DutyReport), Agency: a, Obligation: l.upcoming[0].Obligation, Period: l.upcoming[0].Period,
			Summary: "Hoàn thành 9/10 nhiệm vụ trọng tâm trong quý.",
		})
	}
}

// remind carries out a planned reminder and records its mails.
func (l *life) remind(i int) {
	l.t.Helper()
	o := &l.upcoming[i]
	l.now = o.At
	to, _, err := l.state.ReminderRecipients(o.Obligation, o.Period, o.Rung)
	if err != nil {
		l.t.Fatal(err)
	}
	l.do(workflow.RecordReminder{Obligation: o.Obligation, Period: o.Period, Rung: o.Rung})
	o.State = "sent"
	for j, a := range to {
		l.mails = append(l.mails, engine.Mail{
			Key: fmt.Sprint(i, j), MessageID: fmt.Sprintf("<%d.%d@covenant.example>", i, j), Kind: "reminder", To: l.state.Directory.Agencies[a].Email,
			Subject: "Nhắc gửi báo cáo quý", Body: "Kính gửi " + l.state.Directory.AgencyName(a) + ",\n\nĐề nghị đơn vị gửi báo cáo đúng hạn.\n",
			State: "sent", CreatedAt: l.now, SettledAt: l.now.Add(time.Second),
		})
	}
}

// List is the one covenant.
func (l *life) Ready(context.Context) error { return l.failing }

func (l *life) List(context.Context) ([]engine.Summary, error) {
	if l.failing != nil {
		return nil, l.failing
	}
	c := l.state.Covenant
	return []engine.Summary{{
		ID: c.ID, Slug: c.Slug, Title: c.Title, Block: l.state.Directory.Blocks[c.Block].Name, Year: c.Year, Phase: c.Phase,
		Status: l.state.Status(l.now, "vi"), StatusEN: l.state.Status(l.now, "en"), UpdatedAt: l.now,
	}}, nil
}

// View is the state as it is.
func (l *life) View(ctx context.Context, asked string) (*engine.View, error) {
	if l.failing != nil {
		return nil, l.failing
	}
	if asked != slug {
		return nil, workflow.Refusal(workflow.CodeNotFound,
			"không có giao ước ở địa chỉ này",
			"there is no covenant here")
	}
	verdict, err := l.verdict(ctx)
	return &engine.View{State: l.state, Now: l.now, Timeline: l.entries, Upcoming: l.upcoming, Mails: l.mails, Verdict: verdict}, err
}

// Document opens a kept file.
func (l *life) Document(_ context.Context, d workflow.Digest) (io.ReadSeekCloser, int64, error) {
	data, ok := l.documents[d]
	if !ok {
		return nil, 0, workflow.Refusal(workflow.CodeNotFound, "không có tệp này", "there is no such file")
	}
	return nopCloser{bytes.NewReader(data)}, int64(len(data)), nil
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

// testPDF is a file of three pages of Vietnamese text.
func testPDF(t *testing.T, first string) []byte {
	t.Helper()
	f := fpdf.New("P", "mm", "A4", "")
	f.AddUTF8FontFromBytes("serif", "", liberationserifregular.TTF)
	f.AddUTF8FontFromBytes("serif", "B", liberationserifbold.TTF)
	for page := 1; page <= 3; page++ {
		f.AddPage()
		f.SetFont("serif", "B", 13)
		f.CellFormat(0, 8, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "", 1, "C", false, 0, "")
		f.CellFormat(0, 8, first, "", 1, "C", false, 0, "")
		f.SetFont("serif", "", 13)
		for n := 1; n <= 12; n++ {
			f.MultiCell(0, 7, fmt.Sprintf("Điều %d. Các đơn vị trong Khối thi đua cam kết thực hiện đầy đủ các nội dung đã đăng ký.", (page-1)*12+n), "", "J", false)
		}
	}
	var buf bytes.Buffer
	if err := f.Output(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// locked guards a life that changes while a server reads it.
var locked sync.Mutex

type guarded struct{ l *life }

// lockedSource is a life that may change while pages are open.
func lockedSource(l *life) Source { return guarded{l} }

func (g guarded) List(ctx context.Context) ([]engine.Summary, error) {
	locked.Lock()
	defer locked.Unlock()
	return g.l.List(ctx)
}

func (g guarded) Ready(ctx context.Context) error {
	locked.Lock()
	defer locked.Unlock()
	return g.l.Ready(ctx)
}

func (g guarded) View(ctx context.Context, slug string) (*engine.View, error) {
	locked.Lock()
	defer locked.Unlock()
	v, err := g.l.View(ctx, slug)
	if err == nil {
		c := *v.Covenant
		v.Covenant = &c
	}
	return v, err
}

func (g guarded) Document(ctx context.Context, d workflow.Digest) (io.ReadSeekCloser, int64, error) {
	locked.Lock()
	defer locked.Unlock()
	return g.l.Document(ctx, d)
}
