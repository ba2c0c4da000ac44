package main

import (
	"context"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// engineCommands are the commands on a covenant that the engine completes: from a file, a key or the register.
func engineCommands() []command {
	draft := ownCommand("draft", "lập dự thảo giao ước mới ở địa chỉ này", "draft a new covenant at this address", draftCovenant)
	draft.acts = true
	return []command{
		draft,
		onCovenant("submit-revision", "trình một lần dự thảo cho các đơn vị", "put a revision before the agencies",
			func(ctx context.Context, eng *engine.Engine, id workflow.CovenantID, r engine.SubmitRequest, meta engine.Meta) (engine.Outcome, error) {
				r.Covenant = id
				return eng.Submit(ctx, r, meta)
			}),
		onCovenant("amend-text", "trình văn bản sửa ngay tại hội nghị", "put a text amended on the spot before the conference",
			func(ctx context.Context, eng *engine.Engine, id workflow.CovenantID, r engine.SubmitRequest, meta engine.Meta) (engine.Outcome, error) {
				r.Covenant = id
				return eng.AmendText(ctx, r, meta)
			}),
		onCovenant("issue-number", "cấp số và ngày; không nêu số thì lấy số tiếp theo", "issue number and date; without a number, the next one", issueNumber),
		onCovenant("sign", "ký bằng khóa do máy chủ giữ", "sign with the key that the server keeps", sign),
		onCovenant("seal", "đóng dấu cơ quan bằng khóa do máy chủ giữ", "apply an agency's seal with the key that the server keeps", seal),
		onCovenant("upload-signed", "nộp tệp đã ký ở nơi khác", "bring the file that was signed elsewhere",
			func(ctx context.Context, eng *engine.Engine, id workflow.CovenantID, r engine.UploadRequest, meta engine.Meta) (engine.Outcome, error) {
				r.Covenant = id
				return eng.Upload(ctx, r, meta)
			}),
		onCovenant("record-paper-signature", "ghi chữ ký trên bản giấy", "record a signature on paper",
			func(ctx context.Context, eng *engine.Engine, id workflow.CovenantID, r engine.PaperRequest, meta engine.Meta) (engine.Outcome, error) {
				r.Covenant = id
				return eng.RecordPaper(ctx, r, meta)
			}),
	}
}

func draftCovenant(ctx context.Context, eng *engine.Engine, o order, r engine.DraftRequest) (answer, error) {
	if o.As == "" {
		return answer{}, sentence("cần cho biết ai thực hiện: --as NGƯỜI", "say who gives the command: --as PERSON")
	}
	r.Slug = o.Slug
	id, err := eng.Draft(ctx, r, o.meta())
	if err != nil {
		return answer{}, err
	}
	return standsAt(ctx, eng, id, answer{Covenant: id}, o.Lang)
}

// numberParams are the number and date of a document. Number 0 is the next one of the register.
type numberParams struct {
	Date   workflow.Date
	Number int
}

func issueNumber(ctx context.Context, eng *engine.Engine, id workflow.CovenantID, p numberParams, meta engine.Meta) (engine.Outcome, error) {
	if p.Number != 0 {
		return eng.GiveNumber(ctx, id, p.Number, p.Date, meta)
	}
	return eng.IssueNumber(ctx, id, p.Date, meta)
}

func sign(ctx context.Context, eng *engine.Engine, id workflow.CovenantID, r engine.SignRequest, meta engine.Meta) (engine.Outcome, error) {
	if err := keepsKeys(eng); err != nil {
		return engine.Outcome{}, err
	}
	r.Covenant = id
	return eng.Sign(ctx, r, meta)
}

func seal(ctx context.Context, eng *engine.Engine, id workflow.CovenantID, r engine.SealRequest, meta engine.Meta) (engine.Outcome, error) {
	if err := keepsKeys(eng); err != nil {
		return engine.Outcome{}, err
	}
	r.Covenant = id
	return eng.Seal(ctx, r, meta)
}

// keepsKeys refuses where the server's half of the protection of kept keys is missing: every right PIN would count as wrong.
func keepsKeys(eng *engine.Engine) error {
	if len(eng.Secret) == 0 {
		return sentence("ở đây không có tệp server.secret nên không mở được khóa do máy chủ giữ; hãy chạy lệnh trên máy đang phục vụ, hoặc nêu secret_file trong cấu hình",
			"server.secret is not here, so kept keys cannot be opened; give the command where the server serves, or name secret_file in the configuration")
	}
	return nil
}

func amend(ctx context.Context, eng *engine.Engine, o order, r engine.AmendRequest) (answer, error) {
	old, err := eng.Find(ctx, o.Slug)
	if err != nil {
		return answer{}, err
	}
	r.Covenant = old
	id, err := eng.Amend(ctx, r, o.meta())
	if err != nil {
		return answer{}, err
	}
	return standsAt(ctx, eng, old, answer{Covenant: id}, o.Lang)
}

// renewParams are the year of a renewal and its values, which may have been changed since they were planned.
type renewParams struct {
	Year   int // 0: the year after
	Values []byte
}

// renewal plans the renewal of the covenant at an address.
func renewal(ctx context.Context, eng *engine.Engine, slug string, year int) (*workflow.Renewal, workflow.CovenantID, error) {
	v, err := eng.View(ctx, slug)
	if err != nil {
		return nil, "", err
	}
	if year == 0 {
		year = v.Covenant.Year + 1
	}
	r, err := eng.PlanRenewal(ctx, v.Covenant.ID, year)
	return r, v.Covenant.ID, err
}

func renew(ctx context.Context, eng *engine.Engine, o order, p renewParams) (answer, error) {
	r, old, err := renewal(ctx, eng, o.Slug, p.Year)
	if err != nil {
		return answer{}, err
	}
	r.Values = p.Values
	meta := o.meta()
	if meta.Key == "" {
		meta.Key = "cli/renew/" + r.Slug
	}
	id, err := eng.Renew(ctx, old, r, meta)
	if err != nil {
		return answer{}, err
	}
	return answer{Covenant: id, Lines: []string{o.words("Đã lập dự thảo %s.", "Drafted %s.", r.Slug)}}, nil
}

// showParams say whether to wait for what the program itself has to do.
type showParams struct{ Wait bool }

// showWaits is how long one order to show waits at most: less than a process that is told to stop gives its orders.
const showWaits = 2 * time.Second

// atWork reports whether it is the program that brings a covenant forward.
func atWork(p workflow.Phase) bool {
	return p == workflow.AwaitingFreeze || p == workflow.AwaitingValidation
}

func show(ctx context.Context, eng *engine.Engine, o order, p showParams) (answer, error) {
	if p.Wait {
		id, err := eng.Find(ctx, o.Slug)
		if err != nil {
			return answer{}, err
		}
		waiting, cancel := context.WithTimeout(ctx, showWaits)
		defer cancel()
		_, err = eng.Await(waiting, id, func(s workflow.State) bool { return !atWork(s.Covenant.Phase) })
		if err != nil && waiting.Err() == nil {
			return answer{}, err
		}
	}
	v, err := eng.View(ctx, o.Slug)
	if err != nil {
		return answer{}, err
	}
	return answer{Covenant: v.Covenant.ID, Version: v.Covenant.Version, Standing: stands(v, o.Lang)}, nil
}
