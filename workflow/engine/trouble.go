package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/notify"
	"covenant/workflow/store"
)

// A job that cannot do its work is nobody's secret: what it is, since when, why, when it is tried again and who can
// mend it stand in the table of settings until it succeeds, and from there on the covenant's page, in show and doctor;
// who administers and who drafted are written to once. Nothing that can become possible again ends: a job that the
// rules refuse, or that River has given up, is made anew by the next sweep.

// Trouble is a job that does not get its work done.
type Trouble struct {
	Job      string              `json:"job"` // its kind, as in complete
	Covenant workflow.CovenantID `json:"covenant,omitzero"`
	Since    time.Time           `json:"since"`
	Tries    int                 `json:"tries"`
	Next     time.Time           `json:"next"` // when it is tried again
	Reason   words.Text          `json:"reason"`
	Refused  bool                `json:"refused,omitzero"` // by the rules: time alone will not mend it
	Told     bool                `json:"told,omitzero"`
}

const (
	troublePrefix = "trouble/"
	troubleKind   = "trouble" // of mails
)

// toldAfter is how long a job must have failed before somebody is written to: what is away is mostly back by then.
const toldAfter = 5 * time.Minute

// troubleWords say what does not get done, by the kind of the job.
var troubleWords = map[string]words.Text{
	FreezeArgs{}.Kind():   words.Of("chốt văn bản", "freezing the document"),
	CompleteArgs{}.Kind(): words.Of("bổ sung dữ liệu kiểm tra lâu dài", "adding the long-term validation data"),
	RemindArgs{}.Kind():   words.Of("gửi thư nhắc báo cáo", "reminding of reports"),
	EscalateArgs{}.Kind(): words.Of("đôn đốc khi quá hạn", "carrying out a step of a deadline"),
	MinutesArgs{}.Kind():  words.Of("lập biên bản", "drawing up the minutes"),
	CloseArgs{}.Kind():    words.Of("kết thúc thời kỳ báo cáo", "ending the reporting"),
	RootArgs{}.Kind():     words.Of("đóng dấu thời gian cho sổ sự kiện", "time-stamping the day's record"),
	RecountArgs{}.Kind(): words.Of("tính lại thời hạn theo lịch nghỉ đã công bố",
		"counting deadlines anew by the calendar"),
	ForesightArgs{}.Kind(): words.Of("rà soát vướng mắc của các giao ước", "looking for what stands in covenants' way"),
}

// Work is what does not get done, in words.
func (t Trouble) Work() words.Text { return troubleWords[t.Job] }

// Telling is the trouble in a sentence: what, since when, why, when again, and whom to ask.
func (t Trouble) Telling(zone *time.Location) words.Text {
	moment := func(at time.Time) string { return at.In(zone).Format("15:04 02/01/2006") }
	return words.F("Chưa thực hiện được việc %[1]s, từ %[2]s (đã thử %[3]d lần, lần tới %[4]s): %[5]s. Người xử lý: "+
		"quản trị",
		"%[1]s has not succeeded since %[2]s (tries: %[3]d, next at %[4]s): %[5]s. Who can mend it: the administrator",
		t.Work(), moment(t.Since), t.Tries, moment(t.Next), t.Reason)
}

// aboutCovenant is whose job it is; empty for the installation's.
func aboutCovenant(args any) workflow.CovenantID {
	switch a := args.(type) {
	case FreezeArgs:
		return a.Covenant
	case CompleteArgs:
		return a.Covenant
	case RemindArgs:
		return a.Covenant
	case EscalateArgs:
		return a.Covenant
	case MinutesArgs:
		return a.Covenant
	case CloseArgs:
		return a.Covenant
	}
	return ""
}

func troubleKey(id workflow.CovenantID, job string) string {
	return troublePrefix + string(id) + "/" + job
}

// attempted keeps the record of troubles in step with a job's run.
func (e outlook) attempted(ctx context.Context, kind string, id workflow.CovenantID, ran error, next time.Time) error {
	var snooze *river.JobSnoozeError
	if troubleWords[kind] == (words.Text{}) || errors.As(ran, &snooze) || errors.Is(ran, context.Canceled) {
		return nil // mails have their own; what waits for the clock is told by the clock
	}
	key := troubleKey(id, kind)
	var was Trouble
	known := false
	err := e.Store.View(ctx, func(tx *store.Tx) error {
		value, found, err := tx.Setting(ctx, key)
		if known = found; err != nil || !found {
			return err
		}
		return json.Unmarshal(value, &was)
	})
	if err != nil || ran == nil && !known {
		return err
	}
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		tx.OnCommit(e.telling(id))
		if ran == nil {
			return tx.DeleteSetting(ctx, key)
		}
		return e.keepTrouble(ctx, tx, key, was, Trouble{Job: kind, Covenant: id, Since: e.Now(), Next: next,
			Reason: troubleReason(ran), Refused: refused(ran)})
	})
}

// refused reports whether the rules refuse: somebody has to change something.
func refused(err error) bool {
	code := workflow.ErrorCode(err)
	return code != "" && code != workflow.CodeConflict && code != workflow.CodeUnavailable
}

// troubleReason is why a job failed, in both languages as far as the error has them.
func troubleReason(err error) words.Text {
	text := workflow.ErrorText(err)
	return words.Text{Vietnamese: shortened(text.Vietnamese), English: shortened(text.English)}
}

// shortened bounds what an authority's answer can write into the table of settings and onto pages.
func shortened(text string) string {
	const longest = 600
	runes := []rune(text)
	if len(runes) <= longest {
		return text
	}
	return string(runes[:longest]) + "…"
}

func (e outlook) keepTrouble(ctx context.Context, tx *store.Tx, key string, was, now Trouble) error {
	now.Tries = was.Tries + 1
	if !was.Since.IsZero() {
		now.Since, now.Told = was.Since, was.Told
	}
	if !now.Told && (now.Refused || e.Now().Sub(now.Since) >= toldAfter) {
		now.Told = true
		if err := e.tellTrouble(ctx, tx, now); err != nil {
			return err
		}
	}
	value, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("trouble %s: %w", key, err)
	}
	return tx.SaveSetting(ctx, key, value)
}

// tellTrouble writes to everybody who administers, and to who drafted the covenant.
func (e outlook) tellTrouble(ctx context.Context, tx *store.Tx, t Trouble) error {
	d, s, err := e.concerned(ctx, tx, t.Covenant)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("trouble/%s/%s/%d", t.Covenant, t.Job, t.Since.UnixMilli())
	return e.writeTo(ctx, tx, d, s, key, troubleKind, func(to string, lang words.Language) notify.Letter {
		letter := notify.Stuck{To: to, Work: t.Work().In(lang), Reason: t.Reason.In(lang),
			Since: t.Since.In(e.Calendar.Zone()).Format("15:04 02/01/2006")}
		if s != nil {
			letter.Covenant, letter.URL = s.Covenant.Title, e.covenantURL(s.Covenant)
		}
		return letter
	})
}

// concerned is the directory, and the state of the covenant if there is one.
func (e outlook) concerned(
	ctx context.Context, tx *store.Tx, id workflow.CovenantID,
) (*workflow.Directory, *workflow.State, error) {
	if id == "" {
		d, err := e.directory(ctx, tx)
		return d, nil, err
	}
	s, err := e.state(ctx, tx, id)
	return s.Directory, &s, err
}

// writeTo queues a letter to everybody who administers and to the covenant's drafter, each once.
func (e outlook) writeTo(
	ctx context.Context, tx *store.Tx, d *workflow.Directory, s *workflow.State, key, kind string,
	letter func(to string, lang words.Language) notify.Letter,
) error {
	var to []workflow.PersonID
	for _, g := range d.Grants {
		if g.Right == workflow.RightAdminister && !slices.Contains(to, g.Person) {
			to = append(to, g.Person)
		}
	}
	about := ""
	if s != nil {
		about = string(s.Covenant.ID)
		if !slices.Contains(to, s.Covenant.Drafter) {
			to = append(to, s.Covenant.Drafter)
		}
	}
	for _, id := range to {
		p, ok := d.People[id]
		if !ok || p.Email.Text == "" {
			continue
		}
		mail, err := e.compose(store.Mail{Key: store.MailKey(key + "/" + string(id)), Kind: kind, Covenant: about,
			To: p.Email.Text, NextAt: e.Now()}, p.Language,
			func(lang words.Language) notify.Letter { return letter(d.PersonName(id), lang) })
		if err != nil {
			return err
		}
		if err := queueMail(ctx, tx, mail); err != nil {
			return err
		}
	}
	return nil
}

// troublesOf are the troubles of a covenant, or with an empty id of everything, by job.
func troublesOf(ctx context.Context, tx *store.Tx, prefix string) ([]Trouble, error) {
	kept, err := tx.Settings(ctx, prefix)
	if err != nil {
		return nil, err
	}
	var out []Trouble
	for _, key := range slices.Sorted(maps.Keys(kept)) {
		var t Trouble
		if err := json.Unmarshal(kept[key], &t); err != nil {
			return nil, fmt.Errorf("setting %s: %w", key, err)
		}
		out = append(out, t)
	}
	return out, nil
}

// Troubles are the jobs of the installation that do not get their work done, for whoever administers it.
func (e outlook) Troubles(ctx context.Context) (all []Trouble, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		all, err = troublesOf(ctx, tx, troublePrefix)
		return err
	})
	return all, err
}

// forgetTroubles drops what is told of jobs that are no longer to be done: the document is frozen, or complete, or the
// text went back; or the covenant has ended.
func forgetTroubles(ctx context.Context, tx *store.Tx, before, after *workflow.Covenant) error {
	gone := map[workflow.Phase]string{workflow.AwaitingFreeze: FreezeArgs{}.Kind(),
		workflow.AwaitingValidation: CompleteArgs{}.Kind()}[before.Phase]
	if gone != "" && after.Phase != before.Phase {
		if err := tx.DeleteSetting(ctx, troubleKey(after.ID, gone)); err != nil {
			return err
		}
	}
	if before.Phase.Ended() || !after.Phase.Ended() {
		return nil
	}
	kept, err := tx.Settings(ctx, troubleKey(after.ID, ""))
	if err != nil {
		return err
	}
	for key := range kept {
		if err := tx.DeleteSetting(ctx, key); err != nil {
			return err
		}
	}
	return tx.DeleteSetting(ctx, foresightPrefix+string(after.ID))
}

// SlugOf is the address of a covenant, for a line about it; its id where there is none.
func (e outlook) SlugOf(ctx context.Context, id workflow.CovenantID) string {
	slug := string(id)
	_ = e.Store.View(ctx, func(tx *store.Tx) error { // it stands in a line that says more than this
		c, err := e.covenant(ctx, tx, id)
		if err == nil && c.Slug != "" {
			slug = c.Slug
		}
		return err
	})
	return slug
}
