package engine

import (
	"context"
	"fmt"
	"time"

	"covenant/workflow"
	"covenant/workflow/process"
	"covenant/workflow/store"
)

// pastOf reads sealed events. Personal data stay closed: no rule asks for them.
func pastOf(sealed []store.Sealed) ([]workflow.Past, error) {
	out := make([]workflow.Past, 0, len(sealed))
	for _, s := range sealed {
		event, err := workflow.DecodeEvent(s.Kind, s.Payload)
		if err != nil {
			return nil, fmt.Errorf("%s version %d: %w", s.Stream, s.Version, err)
		}
		out = append(out, workflow.Past{Version: s.Version, At: time.UnixMilli(s.AtMillis).UTC(), Actor: s.Actor,
			OnBehalf: s.OnBehalf,
			Origin:   workflow.Origin(s.Origin), CommandKey: s.CommandKey, Kind: s.Kind, Payload: s.Payload,
			Event: event})
	}
	return out, nil
}

// rules decides the log anew: votes, quorum, approvals, authority and what followed must be those that the rules give.
func (c *checker) rules() error {
	p, err := process.Parse(c.report.Manifest.Entries[evidenceProcess].Short(), c.files[evidenceProcess])
	if err != nil {
		return fmt.Errorf("%s: %w", evidenceProcess, err)
	}
	covenant, err := pastOf(c.sealed)
	if err != nil {
		return err
	}
	directory, err := pastOf(c.all[directoryStream])
	if err != nil {
		return err
	}
	days, err := c.trust.calendar()
	if err != nil {
		return err
	}
	again := workflow.Rejudge(covenant, directory, p, days)
	for _, m := range again.Problems {
		c.found(Failed, "theo quy định, sự kiện %[1]d (%[2]s) không thể như đã ghi: %[3]s",
			"under the rules event %[1]d (%[2]s) cannot be as it is recorded: %[3]s", m.Version, m.Kind, m.Problem)
	}
	if len(again.Problems) == 0 {
		c.found(Passed, "%d lệnh được xét lại theo quy trình, đều cho đúng kết quả đã ghi (thẩm quyền, ý kiến, biểu "+
			"quyết)",
			"%d commands were decided anew by the process, and gave what is recorded (authority, approvals, votes)",
			again.Commands)
	}
	if again.Told > 0 {
		c.found(Passed, "%d sự kiện do giao ước khác kéo theo; hồ sơ của giao ước đó mới chứng minh được",
			"%d events follow from another covenant, whose evidence proves them", again.Told)
	}
	return nil
}

// Rejudge decides the log of a covenant anew, as it stands in the database.
func (e *Engine) Rejudge(ctx context.Context, tx *store.Tx, id workflow.CovenantID) (again workflow.Rejudged,
	err error) {
	var logs [2][]workflow.Past
	for i, stream := range []store.Stream{covenantStream(id), directoryStream} {
		recorded, err := tx.Events(ctx, stream, 1)
		if err != nil {
			return again, err
		}
		sealed := make([]store.Sealed, len(recorded))
		for k, r := range recorded {
			sealed[k] = r.Sealed
		}
		if logs[i], err = pastOf(sealed); err != nil {
			return again, err
		}
	}
	c, err := e.covenant(ctx, tx, id)
	if err != nil {
		return again, err
	}
	p, err := e.process(ctx, c.Process)
	if err != nil {
		return again, err
	}
	return workflow.Rejudge(logs[0], logs[1], p, e.Calendar), nil
}
