package store_test

import (
	"errors"
	"testing"
	"time"

	"covenant/workflow/store"
)

// What a covenant's page is held against: each change of a mail or an occurrence shows in the counts of its own
// covenant, and in no other's.
func TestAside(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		first := occurrence("o", "2026-Q1", 0, clock())
		second := occurrence("o", "2026-Q1", 1, clock().Add(time.Hour))
		mail := store.Mail{Key: "m", Covenant: first.Covenant, Kind: "reminder", To: "a@x.example",
			Subject: "s", Body: "b", NextAt: clock()}
		for _, step := range []struct {
			name string
			do   func(tx *store.Tx) error
			want store.Aside
		}{
			{"nothing yet", func(*store.Tx) error { return nil }, store.Aside{}},
			{"planned", func(tx *store.Tx) error {
				return tx.ScheduleOccurrences(t.Context(), []store.Occurrence{first, second})
			}, store.Aside{Occurrences: 2}},
			{"one passed over", func(tx *store.Tx) error {
				return tx.SettleOccurrence(t.Context(), second.OccurrenceID, store.OccurrenceSkipped, "reported")
			}, store.Aside{Occurrences: 2, Settled: 1}},
			{"written", func(tx *store.Tx) error {
				_, err := tx.QueueMail(t.Context(), mail)
				return err
			}, store.Aside{Occurrences: 2, Settled: 1, Mails: 1, Queued: 1}},
			{"on its way", func(tx *store.Tx) error {
				_, claimed, err := tx.ClaimMail(t.Context(), "m")
				if !claimed {
					t.Error("not claimed")
				}
				return err
			}, store.Aside{Occurrences: 2, Settled: 1, Mails: 1, Attempts: 1}},
			{"in doubt", func(tx *store.Tx) error {
				return tx.DoubtMail(t.Context(), "m", time.Time{}, "cut off")
			},
				store.Aside{Occurrences: 2, Settled: 1, Mails: 1, Attempts: 1, Stuck: 1}},
			{"sent after all", func(tx *store.Tx) error { return tx.SettleMail(t.Context(), "m", store.MailSent, "") },
				store.Aside{Occurrences: 2, Settled: 1, Mails: 1, Attempts: 1, Sent: 1}},
		} {
			update(t, s, step.do)
			view(t, s, func(tx *store.Tx) error {
				got, err := tx.Aside(t.Context(), first.Covenant)
				other, otherErr := tx.Aside(t.Context(), "another")
				if got != step.want || other != (store.Aside{}) {
					t.Errorf("%s: %+v, want %+v; of another %+v", step.name, got, step.want, other)
				}
				return errors.Join(err, otherErr)
			})
		}
	})
}
