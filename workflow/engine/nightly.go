package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/riverqueue/river"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/notify"
	"covenant/workflow/store"
)

// ForesightArgs looks once a day at every covenant that is under way, whether it can still reach its end.
type ForesightArgs struct {
	Day string `json:"day"` // yyyy-mm-dd
}

// Kind names the job in the queue.
func (ForesightArgs) Kind() string { return "foresight" }

// InsertOpts says which queue the job belongs to.
func (ForesightArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: ruleQueue} }

const (
	foresightDayKey = "foresight-day"
	foresightPrefix = "foresight/" // and a covenant's id: the codes of the obstacles that were written about
	foresightKind   = "foresight"  // of mails
)

// dueForesight asks for the day's look once a day.
func (e outlook) dueForesight(ctx context.Context, tx *store.Tx) ([]river.JobArgs, error) {
	today := e.today().String()
	value, found, err := tx.Setting(ctx, foresightDayKey)
	if err != nil || found && string(value) == quoted(today) {
		return nil, err
	}
	return []river.JobArgs{ForesightArgs{Day: today}}, nil
}

func quoted(text string) string { return `"` + text + `"` }

// underWay are the phases in which a covenant can still meet an obstacle.
func underWay() []string {
	var out []string
	for _, tone := range []workflow.Tone{workflow.ToneWaiting, workflow.ToneDone} {
		for _, phase := range workflow.PhasesOf(tone) {
			if phase != workflow.PhaseClosed && phase != workflow.PhaseAdopted {
				out = append(out, string(phase))
			}
		}
	}
	return out
}

// eachUnderWay does something about each covenant that is under way, page by page. One that fails keeps the others from
// nothing; the job fails in the end, which is told.
func (e outlook) eachUnderWay(ctx context.Context, do func(context.Context, workflow.CovenantID) error) error {
	var last store.CovenantKey
	var failed error
	for {
		var rows []store.Covenant
		err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
			rows, err = tx.Covenants(ctx, store.CovenantFilter{Status: underWay(), Limit: sweepPage, After: last})
			return err
		})
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, row := range rows {
			if err := do(ctx, workflow.CovenantID(row.ID)); err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s: %w", row.Slug, err))
			}
			last = row.Key()
		}
		if len(rows) < sweepPage {
			return failed
		}
	}
}

// lookAhead looks at each covenant that is under way, and writes to whom it concerns where what stops it has changed
// since it was last written about.
func (e outlook) lookAhead(ctx context.Context, args ForesightArgs) error {
	if args.Day < e.today().String() { // left over from a day that is past: today's job looks
		return nil
	}
	err := e.eachUnderWay(ctx, func(ctx context.Context, id workflow.CovenantID) error {
		return e.lookAt(ctx, id, args.Day)
	})
	if err != nil {
		return err
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		return tx.SaveSetting(ctx, foresightDayKey, json.RawMessage(quoted(args.Day)))
	})
}

// lookAt looks at one covenant. It writes only where something has changed.
func (e outlook) lookAt(ctx context.Context, id workflow.CovenantID, day string) error {
	var s workflow.State
	var open []workflow.Obstacle
	var told string
	key := foresightPrefix + string(id)
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		if s, err = e.state(ctx, tx, id); err != nil {
			return err
		}
		all, err := e.obstacles(ctx, tx, s)
		if err != nil {
			return err
		}
		open = s.Covenant.Unaccepted(all)
		value, found, err := tx.Setting(ctx, key)
		if err == nil && found {
			err = json.Unmarshal(value, &told)
		}
		return err
	})
	codes := make([]string, 0, len(open))
	for _, o := range open {
		codes = append(codes, o.Code)
	}
	now := strings.Join(codes, " ")
	if err != nil || now == told {
		return err
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		value, _, err := tx.Setting(ctx, key)
		if err != nil || string(value) == quoted(now) { // the look of another day was at it at the same time
			return err
		}
		tx.OnCommit(e.telling(id))
		if len(open) == 0 {
			return tx.DeleteSetting(ctx, key)
		}
		if err := tx.SaveSetting(ctx, key, json.RawMessage(quoted(now))); err != nil {
			return err
		}
		return e.writeTo(ctx, tx, s.Directory, &s, fmt.Sprintf("foresight/%s/%s", id, day), foresightKind,
			func(to string, lang words.Language) notify.Letter {
				letter := notify.Obstructed{To: to, Covenant: s.Covenant.Title, URL: e.covenantURL(s.Covenant)}
				for _, o := range open {
					letter.Obstacles = append(letter.Obstacles, o.Text.In(lang))
				}
				return letter
			})
	})
}

// Obstructed are the covenants that were found unable to reach their end when last looked at, and by what.
func (e outlook) Obstructed(ctx context.Context) (found map[workflow.CovenantID]string, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		kept, err := tx.Settings(ctx, foresightPrefix)
		found = make(map[workflow.CovenantID]string, len(kept))
		for key, value := range kept {
			var codes string
			if err := json.Unmarshal(value, &codes); err != nil {
				return fmt.Errorf("setting %s: %w", key, err)
			}
			found[workflow.CovenantID(strings.TrimPrefix(key, foresightPrefix))] = codes
		}
		return err
	})
	return found, err
}
