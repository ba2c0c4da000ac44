package engine_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/process"
	"covenant/workflow/store"
)

// begin drafts a covenant that follows a process of its own, and submits its first revision.
func (o *office) begin(stages string) {
	o.t.Helper()
	ctx := context.Background()
	o.apply(o.block)
	drafter := o.who("so-gddt", workflow.DutyDraft)
	process := "process: {id: p, vi: v, en: e}\nstages:\n" +
		strings.ReplaceAll(stages, "NAME", "name: {vi: Bước, en: Stage}")
	var err error
	o.id, err = o.Draft(ctx, engine.DraftRequest{
		Slug: "2026/khoi", Title: "Giao ước", Year: 2026, Block: o.block.Block.ID, Template: "giao-uoc-thi-dua",
		Values: o.values, Process: []byte(process),
	}, o.as(drafter, "draft"))
	check(o.t, err)
	_, err = o.Submit(ctx, engine.SubmitRequest{Covenant: o.id, Values: o.values}, o.as(drafter, "submit"))
	check(o.t, err)
}

func (o *office) do(by workflow.PersonID, key string, cmd workflow.Command) {
	o.t.Helper()
	if _, err := o.Do(context.Background(), o.id, cmd, o.as(by, key)); err != nil {
		o.t.Fatalf("%T: %v", cmd, err)
	}
}

// restart ends the engine as if everything were down, and starts it again after a time.
func (o *office) restart(later time.Duration) {
	o.t.Helper()
	check(o.t, o.Stop(context.Background()))
	check(o.t, o.Store.Close())
	o.ahead.Add(int64(later))
	o.open()
}

// raw is the database without the store.
func (o *office) raw(t testing.TB) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", "file:"+filepath.Join(o.dir, "covenant.db")+"?_pragma=busy_timeout(10000)"
	if o.url != "" {
		driver, dsn = "pgx", o.url
	}
	db, err := sql.Open(driver, dsn)
	check(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// rows reads every row of every table but the ballots', as text.
func (o *office) rows() map[string][]string {
	o.t.Helper()
	tables, row := "SELECT name FROM sqlite_master WHERE type = 'table'", "SELECT * FROM %s"
	if o.url != "" {
		tables, row = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type "+
			"= 'BASE TABLE'", "SELECT t::text FROM %s t"
	}
	db := o.raw(o.t)
	out := map[string][]string{}
	for _, table := range o.query(db, tables) {
		if table != "ballots" && table != "ballot_box" {
			out[table] = o.query(db, fmt.Sprintf(row, table))
		}
	}
	return out
}

func (o *office) query(db *sql.DB, query string) (out []string) {
	o.t.Helper()
	rows, err := db.Query(query)
	check(o.t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	check(o.t, err)
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		check(o.t, rows.Scan(values...))
		text := ""
		for i, v := range values {
			if value := *v.(*any); columns[i] != "name" && columns[i] != "table_name" || len(columns) > 1 {
				if b, ok := value.([]byte); ok {
					value = string(b)
				}
				text += fmt.Sprint(value) + "|"
			} else {
				text = fmt.Sprint(value)
			}
		}
		out = append(out, text)
	}
	check(o.t, rows.Err())
	return out
}

const secretVote = "  - {id: kin, kind: vote, NAME, due: {days: 3}, escalate: [{id: het, days: 1, then: continue}], " +
	"vote: {ballot: secret, quorum: majority, fail: continue, motions: [{id: m, vi: Nội dung, en: Motion}]}}\n"

// No row outside the box tells how anybody voted; closing writes the sorted ballots into the log and moves them out
// of the box; and what is kept is held against the log.
func TestSecretBallotsLieApart(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.begin(secretVote)
		who := o.state().Covenant.Motions[0].Who
		for i, a := range who {
			choice := []workflow.Choice{workflow.ChoiceFor, workflow.ChoiceAgainst, workflow.ChoiceAbstain}[i%3]
			o.do(o.who(a, workflow.DutyVote), "vote/"+string(a),
				workflow.CastBallot{Agency: a, Motion: "m", Choice: choice})
		}
		for table, rows := range o.rows() {
			for _, row := range rows {
				if strings.Contains(row, "against") || strings.Contains(row, "abstain\"") {
					t.Errorf("table %s tells a choice: %s", table, row)
				}
			}
		}
		// A key is bound to the vote, not to the choice: no digest that is kept can be tried against the three choices.
		by := o.who(who[0], workflow.DutyVote)
		again, err := o.Do(context.Background(), o.id,
			workflow.CastBallot{Agency: who[0], Motion: "m", Choice: workflow.ChoiceAgainst},
			o.as(by, "vote/"+string(who[0])))
		if err != nil || !again.Repeated {
			t.Errorf("the vote again with another choice: %+v, %v; want it repeated as it was", again, err)
		}
		if problems, err := o.AuditImplied(context.Background()); err != nil || len(problems) != 0 {
			t.Errorf("audit of the open box: %v, %v", problems, err)
		}
		chair := o.who("so-gddt", workflow.DutyVote)
		o.do(chair, "close", workflow.CloseMotion{Motion: "m"})
		r := o.state().Covenant.Motions[0].Result
		if r.For != 3 || r.Against != 2 || r.Abstain != 2 || !slices.IsSorted(r.Ballots) || len(r.Ballots) != 7 {
			t.Errorf("result %+v", r)
		}
		problems, err := o.AuditImplied(context.Background())
		if err != nil || len(problems) != 0 {
			t.Errorf("audit: %v, %v", problems, err)
		}
		o.forged = true
		check(t, o.Store.Update(context.Background(), func(tx *store.Tx) error { // somebody adds a ballot
			box := fmt.Sprintf("%s/m/%d", o.id, r.Round)
			if err := tx.CastBallot(context.Background(), box, "for"); err != nil {
				return err
			}
			return tx.CloseBox(context.Background(), box)
		}))
		if problems, err = o.AuditImplied(context.Background()); err != nil || len(problems) != 1 {
			t.Errorf("audit after a ballot was added: %v, %v", problems, err)
		}
		raw := o.raw(t) // somebody removes the ballots, and from the lists the covenant that they were cast on
		dropTriggers(t, o, raw)
		for _, statement := range []string{"DELETE FROM ballots", "DELETE FROM parties", "DELETE FROM covenants"} {
			_, err := raw.Exec(statement)
			check(t, err)
		}
		problems, err = o.AuditImplied(context.Background())
		if err != nil || len(problems) != 2 || !strings.Contains(strings.Join(problems, " "), "0 are kept") {
			t.Errorf("audit after all ballots were removed: %v, %v", problems, err)
		}
	})
}

// A secret vote whose deadline passes is closed by the program, which opens the box for it.
func TestOverdueSecretVote(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.begin(secretVote)
		for _, a := range o.state().Covenant.Motions[0].Who[:5] {
			by := o.who(a, workflow.DutyVote)
			o.do(by, "vote/"+string(a), workflow.CastBallot{Agency: a, Motion: "m", Choice: workflow.ChoiceFor})
		}
		o.restart(6 * 24 * time.Hour)
		s, err := o.Await(context.Background(), o.id,
			func(s workflow.State) bool { return s.Covenant.Phase == workflow.PhaseAdopted })
		check(t, err)
		if r := s.Covenant.Motions[0].Result; !r.Passed || r.For != 5 || len(r.Ballots) != 5 {
			t.Errorf("result %+v", r)
		}
	})
}

// Everything was down while a ladder fell due: at the start each rung is carried out once, in order, with its
// mails; and another start does nothing more.
func TestLadderAfterEverythingWasDown(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		ctx := context.Background()
		o.begin("  - {id: gop-y, kind: review, NAME, due: {days: 5}, escalate: [{id: nhac, days: -1, to: missing}, " +
			"{id: bao, days: 1, to: [missing, leader]}, {id: het, days: 2, to: leader, then: treat_as, as: " +
			"approve}], review: {approve: all}}\n")
		for range 5 {
			o.step(o.state())
		}
		planned, err := o.Planned(ctx, console, o.Calendar.Today(o.now()), o.Calendar.Today(o.now()).AddDays(10))
		check(t, err)
		if len(planned) != 2+3+1 || !planned[0].Stage {
			t.Errorf("%d mails are planned, want 6: %+v", len(planned), planned)
		}
		o.restart(20 * 24 * time.Hour)
		s, err := o.Await(ctx, o.id, func(s workflow.State) bool { return s.Covenant.Phase == workflow.PhaseAdopted })
		check(t, err)
		check(t, o.AwaitReminders(ctx))
		check(t, o.AwaitMails(ctx))
		v, err := o.View(ctx, console, "2026/khoi")
		check(t, err)
		var rungs []workflow.Rung
		for _, entry := range v.Timeline {
			if e, ok := entry.Event.(workflow.StageEscalated); ok {
				rungs = append(rungs, e.Rung)
			}
		}
		if !slices.Equal(rungs, []workflow.Rung{"nhac", "bao", "het"}) || len(s.Covenant.Deemed) != 2 {
			t.Errorf("rungs %v, %d deemed", rungs, len(s.Covenant.Deemed))
		}
		o.restart(time.Hour)
		check(t, o.AwaitReminders(ctx))
		check(t, o.AwaitMails(ctx))
		sent := map[string]int{}
		for _, m := range o.delivered() {
			if m.Kind == "stage" {
				sent[m.MessageID]++
			}
		}
		if len(sent) != 6 {
			t.Errorf("%d mails of the ladder went out, want 6: %v", len(sent), sent)
		}
		for id, n := range sent {
			if n != 1 {
				t.Errorf("mail %s went out %d times", id, n)
			}
		}
	})
}

// A conference: the amended text is a revision like any other, with a redline; and the minutes are drawn up even if the
// program dies before it comes to them.
func TestConferenceIsMinuted(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		ctx := context.Background()
		o.begin("  - {id: hn, kind: vote, NAME, vote: {quorum: majority, fail: continue, chair: [leader, deputy], " +
			"motions: [{id: m, vi: Nội dung, en: Motion}], conference: {place: Hội trường, amend: true, hands: true, " +
			"symbol: BB-VHXH}}}\n")
		chair, secretary := o.who("so-gddt", workflow.DutyVote), o.who("so-gddt", workflow.DutyDraft)
		o.do(chair, "open", workflow.OpenConference{Secretary: secretary})
		for _, a := range o.state().Covenant.Members()[:5] {
			o.do(secretary, "here/"+string(a), workflow.RecordAttendance{Agency: a, Person: o.who(a, workflow.DutyVote),
				Presence: workflow.Present})
		}
		amended := []byte(strings.Replace(string(o.values), "Kỷ cương, sáng tạo", "Kỷ cương, đổi mới, sáng tạo", 1))
		_, err := o.AmendText(ctx, engine.SubmitRequest{Covenant: o.id, Values: amended}, o.as(secretary, "amend"))
		check(t, err)
		for _, m := range []workflow.MotionID{"sua-doi-1", "m"} {
			o.do(chair, "put/"+string(m), workflow.OpenMotions{Motions: []workflow.MotionID{m}})
			o.do(chair, "hands/"+string(m), workflow.CountHands{Motion: m, For: 4, Abstain: 1})
			o.do(chair, "close/"+string(m), workflow.CloseMotion{Motion: m})
		}
		deputy := o.who("so-noi-vu", workflow.DutyVote)
		o.do(chair, "hand over", workflow.HandOverChair{To: "so-noi-vu", Reason: "Khối trưởng dự họp Tỉnh ủy."})
		check(t, o.Stop(ctx)) // no job runs any more
		o.do(deputy, "end", workflow.CloseConference{})
		o.restart(0)
		s, err := o.Await(ctx, o.id, func(s workflow.State) bool { return s.Covenant.Conferences[0].Minutes != nil })
		check(t, err)
		minutes, err := o.Store.ReadBlob(ctx, store.Digest(s.Covenant.Conferences[0].Minutes.Values.String()))
		check(t, err)
		for _, want := range []string{"giao quyền chủ trì hội nghị cho Sở Nội vụ; lý do: Khối trưởng dự họp Tỉnh ủy",
			"đơn_vị: Sở Nội vụ", "có_mặt: 5", "hình_thức: giơ tay", "tán_thành: 4",
			"Thông qua dự thảo lần 2", "BB-VHXH"} {
			if !strings.Contains(string(minutes), want) {
				t.Errorf("the minutes do not say %q:\n%s", want, minutes)
			}
		}
		redline, err := o.Redline(ctx, console, "2026/khoi", 0, 0)
		check(t, err)
		if redline.From.Number != 1 || redline.To.Number != 2 || len(redline.Changes) != 1 ||
			redline.Changes[0].ID() != "chu-de-nam" {
			t.Errorf("redline %d to %d: %+v", redline.From.Number, redline.To.Number, redline.Changes)
		}
		if _, err := o.Redline(ctx, console, "2026/khoi", 1, 9); workflow.ErrorCode(err) != workflow.CodeNotFound {
			t.Errorf("a revision that is not there: %v", err)
		}
	})
}

// A refusal that goes on without, and a paper signature with its scan, bring a covenant into force with one digital
// signature less; the number that a return voids is not given again.
func TestPaperAndRefusal(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		ctx := context.Background()
		o.begin(`  - {id: so, kind: number, NAME, number: {book: giao-uoc}}
  - {id: ky, kind: sign, NAME, sign: {
     groups: [[leader, deputy], [member], [witness]], need: 7, refusal: continue, paper: true}}
  - {id: ra, kind: issue, NAME}
`)
		o.keys()
		for o.state().Covenant.Phase != workflow.AwaitingSignatures {
			o.step(o.state())
		}
		clerk := o.who("so-gddt", workflow.DutyNumber)
		paper := engine.PaperRequest{
			Covenant: o.id, Slot: "so-noi-vu", Signatory: o.who("so-noi-vu", workflow.DutySign),
			Date:      o.Calendar.Today(o.now()),
			Consented: o.state().Covenant.Frozen.PDF, Scan: []byte("a text"), Note: "hồ sơ số 3, tủ 2",
		}
		if _, err := o.RecordPaper(ctx, paper, o.as(clerk, "paper")); workflow.ErrorCode(err) != workflow.CodeInvalid {
			t.Errorf("a text as a scan: %v", err)
		}
		paper.Scan = []byte("%PDF-1.4 scan")
		_, err := o.RecordPaper(ctx, paper, o.as(clerk, "paper"))
		check(t, err)
		refuser := o.who("so-yte", workflow.DutySign)
		for o.state().Covenant.Group < 2 {
			o.step(o.state())
		}
		o.do(refuser, "refuse", workflow.RefuseSignature{Slot: "so-yte", Reason: "chưa thống nhất"})
		for o.state().Covenant.Phase != workflow.PhaseInForce {
			o.step(o.state())
		}
		c := o.state().Covenant
		if len(c.Signed) != 6 || len(c.Paper) != 1 || len(c.Refused) != 1 {
			t.Errorf("%d signed, %d on paper, %d refused", len(c.Signed), len(c.Paper), len(c.Refused))
		}
	})
}

// Scores and their ranking are minuted, and each agency's sheet can be printed.
func TestRankingIsMinuted(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		ctx := context.Background()
		o.begin("  - {id: diem, kind: score, NAME, score: {criteria: [{id: a, vi: Nhiệm vụ, en: Tasks, max: 700, " +
			"group: {vi: Kết quả, en: Results}}, {id: b, vi: Phong trào, en: Movements, max: 300}], tie: [ballots], " +
			"classes: [{vi: Xuất sắc, en: Excellent, from: 900}], flags: 1}}\n")
		members := o.state().Covenant.Members()
		for i, a := range members {
			b, _ := process.ParsePoints(fmt.Sprintf("%d.5", 200+i))
			scores := []workflow.CriterionScore{{Criterion: "a", Points: 650_00}, {Criterion: "b", Points: b}}
			o.do(o.who(a, workflow.DutyReport), "self/"+string(a), workflow.SubmitScore{Agency: a, Scores: scores})
			by := o.who("so-gddt", workflow.DutyReport)
			if a == "so-gddt" {
				by = o.who("so-noi-vu", workflow.DutyReport)
			}
			o.do(by, "verify/"+string(a), workflow.VerifyScore{Agency: a, Scores: scores})
		}
		chair := o.who("so-gddt", workflow.DutyVote)
		o.do(chair, "rank", workflow.DeclareRanking{Secretary: o.who("so-gddt", workflow.DutyDraft), Issued: 7,
			Collected: 7, Valid: 6, NewLeader: members[0], NewDeputy: members[1],
			Votes: []workflow.AgencyVotes{{Agency: members[0], Votes: 6}},
		})
		s, err := o.Await(ctx, o.id, func(s workflow.State) bool { return s.Covenant.Scoring.Minutes != nil })
		check(t, err)
		if rows := s.Covenant.Scoring.Ranking.Rows; rows[0].Agency != members[6] ||
			rows[0].Total.String() != "856.5" || !rows[0].Flag {
			t.Errorf("ranking %+v", rows)
		}
		sheet, err := o.ScoreSheet(ctx, console, "2026/khoi", members[2])
		if err != nil || !strings.HasPrefix(string(sheet), "%PDF-") {
			t.Errorf("score sheet: %v", err)
		}
		if _, err := o.ScoreSheet(ctx, console, "2026/khoi",
			"nobody"); workflow.ErrorCode(err) != workflow.CodeNotFound {
			t.Errorf("nobody's score sheet: %v", err)
		}
	})
}
