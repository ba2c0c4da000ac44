package catalogue

import (
	"bytes"
	"context"
	"time"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// onCovenant finds the covenant of a call, does something to it, and says where it stands then.
func onCovenant(
	do func(context.Context, *run, workflow.CovenantID, any) (engine.Outcome, error),
) func(context.Context, *run, any) (Answer, error) {
	return func(ctx context.Context, r *run, params any) (Answer, error) {
		id, err := r.eng.Find(ctx, r.actor, r.call.Address)
		if err != nil {
			return Answer{}, err
		}
		out, err := do(ctx, r, id, params)
		if err != nil {
			return Answer{}, err
		}
		return r.standsAt(ctx, id, answered(out))
	}
}

// standsAt adds the covenant's status sentence to an answer.
func (r *run) standsAt(ctx context.Context, id workflow.CovenantID, a Answer) (Answer, error) {
	s, err := r.eng.Await(ctx, id, func(workflow.State) bool { return true })
	if err != nil {
		return a, err
	}
	a.Lines = append(a.Lines, s.Status(r.eng.Now(), r.call.Language))
	obstacles, err := r.eng.Obstacles(ctx, r.actor, id)
	if err != nil {
		return a, err
	}
	for _, o := range obstacles {
		if !s.Covenant.HasAccepted(o) && o.OfCovenant() {
			r.say(&a, obstacleLine(o))
		}
	}
	return a, nil
}

// obstacleLine tells of an obstacle, who mends it, and by which code it is accepted.
func obstacleLine(o workflow.Obstacle) words.Text {
	return words.F("! %s [%s; %s]", "! %s [%s; %s]", o.Text, o.Mend.Words(), o.Code)
}

func draft(ctx context.Context, r *run, p engine.DraftRequest) (Answer, error) {
	p.Slug = r.call.Address
	id, err := r.eng.Draft(ctx, p, r.meta())
	if err != nil {
		return Answer{}, err
	}
	return r.standsAt(ctx, id, Answer{Covenant: id})
}

func submitRevision(
	ctx context.Context, r *run, id workflow.CovenantID, p engine.SubmitRequest,
) (engine.Outcome, error) {
	p.Covenant = id
	return r.eng.Submit(ctx, p, r.meta())
}

func amendText(ctx context.Context, r *run, id workflow.CovenantID, p engine.SubmitRequest) (engine.Outcome, error) {
	p.Covenant = id
	return r.eng.AmendText(ctx, p, r.meta())
}

// Number is the number and date of a document. Number 0 is the next one of the register.
type Number struct {
	Date   workflow.Date `json:"date,omitzero"`
	Number int           `json:"number,omitzero"`
}

func issueNumber(ctx context.Context, r *run, id workflow.CovenantID, p Number) (engine.Outcome, error) {
	if p.Number != 0 {
		return r.eng.GiveNumber(ctx, id, p.Number, p.Date, r.meta())
	}
	return r.eng.IssueNumber(ctx, id, p.Date, r.meta())
}

func sign(ctx context.Context, r *run, id workflow.CovenantID, p engine.SignRequest) (engine.Outcome, error) {
	if err := r.keepsKeys(); err != nil {
		return engine.Outcome{}, err
	}
	p.Covenant = id
	return r.eng.Sign(ctx, p, r.meta())
}

func seal(ctx context.Context, r *run, id workflow.CovenantID, p engine.SealRequest) (engine.Outcome, error) {
	if err := r.keepsKeys(); err != nil {
		return engine.Outcome{}, err
	}
	p.Covenant = id
	return r.eng.Seal(ctx, p, r.meta())
}

// keepsKeys refuses where the server's half of the protection of kept keys is missing: every right PIN would count
// as wrong.
func (r *run) keepsKeys() error {
	if len(r.eng.Secret) > 0 {
		return nil
	}
	return invalid(
		"ở đây không có tệp server.secret nên không mở được khóa do máy chủ giữ; hãy chạy lệnh trên máy đang phục vụ, "+
			"hoặc nêu secret_file trong cấu hình",
		"server.secret is not here, so kept keys cannot be opened; give the command where the server serves, "+
			"or name secret_file in the configuration")
}

func uploadSigned(ctx context.Context, r *run, id workflow.CovenantID, p engine.UploadRequest) (engine.Outcome, error) {
	p.Covenant = id
	return r.eng.Upload(ctx, p, r.meta())
}

func recordPaper(ctx context.Context, r *run, id workflow.CovenantID, p engine.PaperRequest) (engine.Outcome, error) {
	p.Covenant = id
	return r.eng.RecordPaper(ctx, p, r.meta())
}

func amend(ctx context.Context, r *run, p engine.AmendRequest) (Answer, error) {
	old, err := r.eng.Find(ctx, r.actor, r.call.Address)
	if err != nil {
		return Answer{}, err
	}
	p.Covenant = old
	id, err := r.eng.Amend(ctx, p, r.meta())
	if err != nil {
		return Answer{}, err
	}
	return r.standsAt(ctx, old, Answer{Covenant: id})
}

// Renewal is the year of a renewal and its values, which may have been changed since they were planned.
type Renewal struct {
	Year   int    `json:"year,omitzero"` // 0: the year after
	Values []byte `json:"values,omitzero"`
}

func renew(ctx context.Context, r *run, p Renewal) (Answer, error) {
	old, err := r.eng.Find(ctx, r.actor, r.call.Address)
	if err != nil {
		return Answer{}, err
	}
	plan, err := r.eng.PlanRenewal(ctx, r.actor, r.call.Address, p.Year)
	if err != nil {
		return Answer{}, err
	}
	plan.Values = p.Values
	meta := r.meta()
	if meta.Key == "" {
		meta.Key = "renew/" + plan.Slug
	}
	id, err := r.eng.Renew(ctx, old, plan, meta)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Covenant: id}
	r.say(&a, words.F("Đã lập dự thảo %s.", "Drafted %s.", plan.Slug))
	return a, nil
}

// Evidence has no fields: a bundle is made of all that there is.
type Evidence struct{}

func makeEvidence(ctx context.Context, r *run, _ Evidence) (Answer, error) {
	var file bytes.Buffer
	made, err := r.eng.Evidence(ctx, r.actor, r.call.Address, &file)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Covenant: made.Covenant, Version: made.Version, File: file.Bytes()}
	key, err := r.eng.RecordKey()
	if err != nil {
		return Answer{}, err
	}
	r.say(&a, words.F("Hồ sơ gồm %d tệp, %d sự kiện. Kiểm tra bằng: covenant verify --trust ROOTS.pem --record-key %q "+
		"TỆP.zip", "The bundle has %d entries, of %d events. Check it with: covenant verify --trust ROOTS.pem "+
		"--record-key "+
		"%q FILE.zip", len(made.Entries), made.Version, key.Public))
	return a, nil
}

// Show says whether to wait for what the program itself has to do, and whether to tell what happened.
type Show struct {
	Wait bool `json:"wait,omitzero"`
	Log  bool `json:"log,omitzero"`
}

// showWaits is how long one call of show waits at most: less than a process that is told to stop gives its calls.
const showWaits = 2 * time.Second

// AtWork reports whether it is the program that brings a covenant forward.
func AtWork(p workflow.Phase) bool {
	return p == workflow.AwaitingFreeze || p == workflow.AwaitingValidation
}

func show(ctx context.Context, r *run, p Show) (Answer, error) {
	if p.Wait {
		id, err := r.eng.Find(ctx, r.actor, r.call.Address)
		if err != nil {
			return Answer{}, err
		}
		waiting, cancel := context.WithTimeout(ctx, showWaits)
		defer cancel()
		_, err = r.eng.Await(waiting, id, func(s workflow.State) bool { return !AtWork(s.Covenant.Phase) })
		if err != nil && waiting.Err() == nil {
			return Answer{}, err
		}
	}
	v, err := r.eng.View(ctx, r.actor, r.call.Address)
	if err != nil {
		return Answer{}, err
	}
	standing := standingOf(v, r.call.Language)
	if r.actor.Person() != "" {
		standing.Commands = commandsFor(v, r.actor, r.call.Language)
	}
	if p.Log {
		standing.Log = logOf(v, r.call.Language)
	}
	return Answer{Covenant: v.Covenant.ID, Version: v.Covenant.Version, Standing: standing}, nil
}
