package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"covenant/workflow/store"
)

func occurrence(obligation, period string, rung int, due time.Time) store.Occurrence {
	return store.Occurrence{OccurrenceID: store.OccurrenceID{Obligation: obligation, Period: period, Rung: rung},
		Covenant: "c", Agency: "snn", Kind: "report", Due: due}
}

// Many occurrences at once are the same as one after the other: those that are there stay as they are.
func TestScheduleOccurrences(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		day := time.Date(2026, 6, 15, 1, 0, 0, 0, time.UTC)
		ladder := func(n int, at time.Time) (all []store.Occurrence) {
			for rung := range n {
				all = append(all, occurrence("o1", "2026-Q2", rung, at))
			}
			return all
		}
		schedule := func(all []store.Occurrence) {
			update(t, s, func(tx *store.Tx) error { return tx.ScheduleOccurrences(t.Context(), all) })
		}
		schedule(ladder(3, day))
		schedule(ladder(107, day.AddDate(0, 0, 1)))
		schedule(nil)
		view(t, s, func(tx *store.Tx) error {
			all, err := tx.DueOccurrences(t.Context(), day.AddDate(1, 0, 0), 0)
			if len(all) != 107 || all[2].Due != day || all[3].Due != day.AddDate(0, 0, 1) || all[2].Rung != 2 ||
				all[2].Kind != "report" || all[2].State != store.OccurrencePending {
				t.Errorf("%d occurrences, %+v", len(all), all[2:4])
			}
			return err
		})
	})
}

func TestOccurrences(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		day := time.Date(2026, 6, 15, 1, 0, 0, 0, time.UTC)
		update(t, s, func(tx *store.Tx) error {
			if err := tx.SaveObligation(t.Context(),
				store.Obligation{ID: "o1", Covenant: "c", Agency: "snn", Kind: "report",
					Schedule: "0 8 15 3,6,9,12 *"}); err != nil {
				return err
			}
			for rung := range 3 {
				added, err := tx.ScheduleOccurrence(t.Context(),
					occurrence("o1", "2026-Q2", rung, day.AddDate(0, 0, rung)))
				if err != nil || !added {
					return fmt.Errorf("added %v: %w", added, err)
				}
			}
			added, err := tx.ScheduleOccurrence(t.Context(), occurrence("o1", "2026-Q2", 0, day))
			if added {
				t.Error("added twice")
			}
			return err
		})
		due := func(at time.Time) (rungs string) {
			view(t, s, func(tx *store.Tx) error {
				all, err := tx.DueOccurrences(t.Context(), at, 10)
				for _, o := range all {
					rungs += fmt.Sprint(o.Rung)
				}
				return err
			})
			return rungs
		}
		if got := due(day.Add(-time.Second)) + "|" + due(day) + "|" + due(day.AddDate(0, 0, 9)); got != "|0|012" {
			t.Errorf("due: %s", got)
		}
		update(t, s, func(tx *store.Tx) error {
			id := store.OccurrenceID{Obligation: "o1", Period: "2026-Q2", Rung: 0}
			return errors.Join(tx.SettleOccurrence(t.Context(), id, store.OccurrenceSent, ""),
				tx.MoveOccurrence(t.Context(), store.OccurrenceID{Obligation: "o1", Period: "2026-Q2", Rung: 2}, day))
		})
		if got := due(day); got != "2" {
			t.Errorf("due after settling and moving: %s", got)
		}
		update(t, s, func(tx *store.Tx) error {
			n, err := tx.SkipPeriod(t.Context(), "o1", "2026-Q2", "report came in")
			if n != 2 {
				t.Errorf("skipped %d", n)
			}
			return err
		})
		view(t, s, func(tx *store.Tx) error {
			_, found, err := tx.NextDue(t.Context())
			if found {
				t.Error("something is still due")
			}
			all, listErr := tx.OccurrencesBetween(t.Context(), day, day.AddDate(0, 0, 1), 0)
			if len(all) != 2 || all[0].State != store.OccurrenceSent || all[1].Reason != "report came in" {
				t.Errorf("listed %+v", all)
			}
			return errors.Join(err, listErr)
		})
	})
}

// The plans of what the sweep asks use an index, so that it costs what is due.
func TestSweepUsesIndex(t *testing.T) {
	d := newSQLite(t)
	d.open(t)
	for query, want := range map[string]string{
		`SELECT obligation, agency FROM occurrences WHERE state = 'pending' AND due_at <= $1 ORDER BY due_at, obligation, period, rung LIMIT $2`: "INDEX occurrences_due (due_at<?)",
		`SELECT key FROM mails WHERE state = 'queued' AND next_at <= $1 ORDER BY next_at, key LIMIT $2`:                                          "INDEX mails_queued (next_at<?)",
		`SELECT key FROM mails WHERE state = 'sending' AND sending_at < $1 LIMIT $2`:                                                             "INDEX mails_sending (sending_at<?)",
		`SELECT key FROM mails WHERE state = 'in_doubt' AND next_at > 0 AND next_at <= $1 ORDER BY next_at, key LIMIT $2`:                        "INDEX mails_doubted (next_at>? AND next_at<?)",
		`SELECT id, title FROM covenants WHERE status = $1 ORDER BY updated_at DESC, id LIMIT $2`:                                                "INDEX covenants_status (status=?)",
	} {
		if got := queryPlan(t, d, query); !strings.HasSuffix(got, want+"\n") || strings.Count(got, "\n") != 1 {
			t.Errorf("plan of %s:\n%s", query, got)
		}
	}
}

func queryPlan(t *testing.T, d database, query string) (plan string) {
	rows, err := d.raw(t).Query("EXPLAIN QUERY PLAN "+query, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan += detail + "\n"
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestMails(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		o := occurrence("o1", "2026-Q2", 0, clock())
		m := store.Mail{Key: "remind/o1/2026-Q2/0", Kind: "reminder", Covenant: "c", To: "vp@snn.example",
			Subject: "Nhắc nộp báo cáo quý II", Body: "Kính gửi …", Occurrences: []store.OccurrenceID{o.OccurrenceID},
			Attachments: []store.Attachment{{Name: "han-nop.ics", MediaType: "text/calendar",
				Content: []byte("BEGIN:VCALENDAR")}}}
		update(t, s, func(tx *store.Tx) error {
			if _, err := tx.ScheduleOccurrence(t.Context(), o); err != nil {
				return err
			}
			queued, err := tx.QueueMail(t.Context(), m)
			if !queued {
				t.Error("not queued")
			}
			again, againErr := tx.QueueMail(t.Context(), m)
			if again {
				t.Error("queued twice")
			}
			return errors.Join(err, againErr)
		})
		claim := func() (got store.Mail, ok bool) {
			update(t, s, func(tx *store.Tx) (err error) {
				got, ok, err = tx.ClaimMail(t.Context(), m.Key)
				return err
			})
			return got, ok
		}
		got, ok := claim()
		if !ok || got.State != store.MailSending || got.Attempts != 1 || got.MessageID == "" ||
			len(got.Occurrences) != 1 ||
			got.Subject != m.Subject || string(got.Attachments[0].Content) != "BEGIN:VCALENDAR" {
			t.Errorf("claimed %v %+v", ok, got)
		}
		if _, ok := claim(); ok {
			t.Error("claimed twice")
		}
		testMailEnds(t, s, m.Key, claim)
		view(t, s, func(tx *store.Tx) error {
			due, err := tx.DueOccurrences(t.Context(), clock(), 0)
			if len(due) != 0 {
				t.Errorf("still due: %v", due)
			}
			return err
		})
	})
}

func testMailEnds(t *testing.T, s *store.Store, key store.MailKey, claim func() (store.Mail, bool)) {
	later := clock().Add(time.Hour)
	update(t, s, func(tx *store.Tx) error { return tx.RetryMail(t.Context(), key, later, "450 try later") })
	view(t, s, func(tx *store.Tx) error {
		m, mailErr := tx.Mail(t.Context(), key)
		if m.Tries != 1 {
			t.Errorf("tries %d after it was put off", m.Tries)
		}
		now, err := tx.QueuedMails(t.Context(), later.Add(-time.Second), store.Mail{}, 0)
		then, thenErr := tx.QueuedMails(t.Context(), later, store.Mail{}, 0)
		if len(now) != 0 || len(then) != 1 {
			t.Errorf("queued now %v, then %v", now, then)
		}
		return errors.Join(mailErr, err, thenErr)
	})
	if _, ok := claim(); ok {
		t.Error("claimed before its time")
	}
	update(t, s, func(tx *store.Tx) error {
		later = clock()
		return tx.SendMailAgain(t.Context(), key, "by hand")
	})
	claimed, _ := claim()
	if claimed.Attempts != 2 || claimed.Tries != 0 {
		t.Errorf("claimed again: %+v", claimed)
	}
	due := claimed.NextAt
	update(t, s, func(tx *store.Tx) error { return tx.PostponeMail(t.Context(), key, "the server is away") })
	if claimed, _ = claim(); claimed.Attempts != 3 || claimed.Tries != 0 || claimed.NextAt != due {
		t.Errorf("claimed after it was postponed: %+v", claimed)
	}
	update(t, s, func(tx *store.Tx) error {
		early, earlyErr := tx.InterruptedMails(t.Context(), claimed.SendingAt, 0)
		late, lateErr := tx.InterruptedMails(t.Context(), time.Time{}, 0)
		if len(early) != 0 || len(late) != 1 || late[0].Key != key {
			t.Errorf("interrupted: %v too early, %v then", early, late)
		}
		return errors.Join(earlyErr, lateErr, tx.DoubtMail(t.Context(), key, later, "killed while sending"))
	})
	testDoubt(t, s, key, later)
	if claimed, _ = claim(); claimed.Tries != 0 || claimed.Doubts != 1 {
		t.Errorf("claimed after it was in doubt: %+v", claimed)
	}
	update(t, s, func(tx *store.Tx) error { return tx.SettleMail(t.Context(), key, store.MailSent, "") })
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		return tx.SettleMail(t.Context(), key, store.MailFailed,
			"")
	})
	wantError(t, err, store.ErrNotFound)
	if err := s.Update(t.Context(), func(tx *store.Tx) error {
		return tx.SettleMail(t.Context(), key, "gone",
			"")
	}); err == nil {
		t.Error("settled as gone")
	}
	view(t, s, func(tx *store.Tx) error {
		sent, err := tx.Mails(t.Context(), store.MailSent, 0)
		of, ofErr := tx.MailsOf(t.Context(), "c")
		if len(sent) != 1 || len(of) != 1 || sent[0].Attempts != 4 || sent[0].SettledAt.IsZero() {
			t.Errorf("sent %+v", sent)
		}
		return errors.Join(err, ofErr)
	})
}

// testDoubt looks for a mail in doubt before its time and then, and sends it again.
func testDoubt(t *testing.T, s *store.Store, key store.MailKey, again time.Time) {
	t.Helper()
	update(t, s, func(tx *store.Tx) error {
		early, earlyErr := tx.DoubtedMails(t.Context(), again.Add(-time.Second), 0)
		late, lateErr := tx.DoubtedMails(t.Context(), again, 0)
		if len(early) != 0 || len(late) != 1 {
			t.Errorf("in doubt: %v too early, %v then", early, late)
		}
		for _, f := range []store.MailFilter{{}, {Key: key}, {Kind: "reminder"}, {State: store.MailInDoubt}} {
			if found, err := tx.UnsentMails(t.Context(), f); err != nil || len(found) != 1 {
				t.Errorf("unsent %+v: %d (%v)", f, len(found), err)
			}
		}
		other, otherErr := tx.UnsentMails(t.Context(), store.MailFilter{Kind: "notice"})
		if len(other) != 0 {
			t.Errorf("unsent of another kind: %v", other)
		}
		return errors.Join(earlyErr, lateErr, otherErr, tx.SendMailAgain(t.Context(), key, "by hand"))
	})
}

// A process killed while sending, then started with its clock set back: the mail is found all the same.
func TestInterruptedMailsWithClockSetBack(t *testing.T) {
	d := newSQLite(t)
	s := d.open(t)
	update(t, s, func(tx *store.Tx) error {
		_, err := tx.QueueMail(t.Context(), store.Mail{Key: "m", To: "a@example"})
		return err
	})
	update(t, s, func(tx *store.Tx) error { _, _, err := tx.ClaimMail(t.Context(), "m"); return err })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	back := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	d.opts.Now = func() time.Time { return back }
	s = d.open(t)
	update(t, s, func(tx *store.Tx) error {
		left, err := tx.InterruptedMails(t.Context(), back, 0)
		if len(left) != 1 {
			t.Errorf("%d interrupted", len(left))
		}
		return err
	})
}

// Mails that were queued, or tried in vain, by a clock that was ahead wait until then; when it is right they are sent.
// What waits by a rule goes on waiting.
func TestMailsOfAClockThatWasAhead(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		right := time.Date(2026, 6, 15, 1, 0, 0, 0, time.UTC)
		now := right
		d.opts.Now = func() time.Time { return now }
		s := d.open(t)
		queue := func(key store.MailKey, next time.Time) {
			update(t, s, func(tx *store.Tx) error {
				_, err := tx.QueueMail(t.Context(), store.Mail{Key: key, To: "a@example", NextAt: next})
				return err
			})
		}
		queue("by rule", right.Add(time.Hour))
		queue("tried", right)
		now = right.Add(2 * time.Hour)
		queue("queued", now)
		update(t, s, func(tx *store.Tx) error {
			_, claimed, err := tx.ClaimMail(t.Context(), "tried")
			if !claimed {
				t.Error("it was not claimed")
			}
			return errors.Join(err, tx.RetryMail(t.Context(), "tried", now.Add(time.Minute), "not now"))
		})
		now = right
		update(t, s, func(tx *store.Tx) error { return tx.HastenMails(t.Context(), right) })
		view(t, s, func(tx *store.Tx) error {
			for key, want := range map[store.MailKey]time.Time{"by rule": right.Add(time.Hour), "tried": right,
				"queued": right} {
				m, err := tx.Mail(t.Context(), key)
				if err != nil || !m.NextAt.Equal(want) {
					t.Errorf("%s waits until %s, want %s (%v)", key, m.NextAt, want, err)
				}
			}
			return nil
		})
	})
}
