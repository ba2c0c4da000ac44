package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/notify/sink"
	"covenant/workflow/store"
)

// check compares the database with the three ledgers.
func (o *ordeal) check(d *driver, count int) {
	o.t.Helper()
	i := o.open()
	defer i.close()
	report, err := i.store.Audit(o.t.Context())
	if err != nil || !report.OK() {
		o.t.Errorf("audit: %v %+v", err, report.Breaks)
	}
	if problems, err := i.engine.AuditImplied(o.t.Context()); err != nil || len(problems) > 0 {
		o.t.Errorf("secret ballots: %v, %v", problems, err)
	}
	o.checkAcks(i)
	used := map[int]int{}
	for n := range count {
		v, err := i.engine.View(o.t.Context(), testConsole, d.slug(n))
		if err != nil {
			o.t.Errorf("covenant %d: %v", n, err)
			continue
		}
		o.checkCovenant(n, v)
		o.checkRequests(n, v)
		o.checkStamps(i, v, used)
	}
	o.checkNumbers(i, d, count)
	o.checkOutside(i)
	mails, doubts := o.checkTortureMails(i)
	for token, times := range used {
		if times != 1 {
			o.t.Errorf("time-stamp %d stands in %d signatures", token, times)
		}
	}
	o.t.Logf("%d kills, %d covenants, %d events, %d commands answered, %d time-stamps given of which %d are in "+
		"documents, %d mails that were %d times in doubt",
		o.ledger.kills, count, report.Events, len(o.ledger.acks), len(o.stamps.tokens), len(used), mails, doubts)
}

// checkAcks: what was answered is in the log, once.
func (o *ordeal) checkAcks(i *installation) {
	o.t.Helper()
	batches := map[string]int{} // key → transactions
	err := i.store.View(o.t.Context(), func(tx *store.Tx) error {
		last := map[store.Stream]string{}
		for after := int64(0); ; {
			events, err := tx.AllEvents(o.t.Context(), after, 1000)
			if err != nil || len(events) == 0 {
				return err
			}
			for _, e := range events {
				if e.CommandKey != "" && last[e.Stream] != e.CommandKey {
					batches[e.CommandKey]++
				}
				last[e.Stream], after = e.CommandKey, e.Position
			}
		}
	})
	if err != nil {
		o.t.Fatal(err)
	}
	for key := range o.ledger.acks {
		if batches[key] == 0 {
			o.t.Errorf("command %s was answered and is not in the log", key)
		}
	}
	for key, n := range batches {
		if n != 1 {
			o.t.Errorf("command %s is in the log %d times", key, n)
		}
	}
}

func (o *ordeal) checkCovenant(n int, v *engine.View) {
	o.t.Helper()
	count := map[string]int{}
	for _, entry := range v.Timeline {
		count[entry.Event.Kind()]++
	}
	members := len(v.Covenant.Members())
	want := map[string]int{
		"drafted": 1, "revision_submitted": 1, "review_given": members, "ballot_cast": 2 * members,
		"ballot_taken":  members,
		"motion_closed": 3, "number_issued": 1, "frozen": 1, "signature_made": members + 1, "seal_applied": 1,
		"validation_data_added": 1, "in_force": 1, "report_submitted": members - 1, "reminded": 2, "cancelled": 0,
		"number_voided": 0,
	}
	if cancelled(n) {
		for _, never := range []string{"seal_applied", "validation_data_added", "in_force", "report_submitted",
			"reminded"} {
			want[never] = 0
		}
		want["signature_made"], want["cancelled"], want["number_voided"] = 1, 1, 1
	}
	for kind, times := range want {
		if count[kind] != times {
			o.t.Errorf("covenant %d: %d events %s, want %d", n, count[kind], kind, times)
		}
	}
	for _, u := range v.Upcoming {
		if due := u.At.Before(time.Now()); due == (u.State == "pending") {
			o.t.Errorf("covenant %d: the reminder %s %s of %s is %s", n, u.Period, u.Rung, u.At, u.State)
		}
	}
	reminded := map[string]bool{}
	for _, r := range v.Covenant.Reminders {
		key := fmt.Sprint(r.Obligation, r.Period, r.Rung)
		if reminded[key] {
			o.t.Errorf("covenant %d: reminded twice of %s", n, key)
		}
		reminded[key] = true
	}
	if v.Verdict != nil && !cancelled(n) && v.Verdict.Overall() != signing.TotalPassed {
		o.t.Errorf("covenant %d: its document %s", n, v.Verdict.Overall())
	}
}

// checkStamps: every signature holds one token that the authority gave, and no token stands in two.
func (o *ordeal) checkStamps(i *installation, v *engine.View, used map[int]int) {
	o.t.Helper()
	file, err := i.store.ReadBlob(o.t.Context(), store.Digest(v.Covenant.Head.String()))
	if err != nil {
		o.t.Errorf("%s: %v", v.Covenant.Slug, err)
		return
	}
	for i, contents := range signatureContents(o.t, file) {
		found := 0
		for token, der := range o.stamps.tokens {
			if bytes.Contains(contents, der) {
				used[token]++
				found++
			}
		}
		if found != 1 {
			o.t.Errorf("%s: signature %d holds %d of the authority's time-stamps, want 1", v.Covenant.Slug, i+1, found)
		}
	}
}

// checkNumbers: the register gives every covenant one number, without a gap; those of the stopped ones are void.
func (o *ordeal) checkNumbers(i *installation, d *driver, count int) {
	o.t.Helper()
	err := i.store.View(o.t.Context(), func(tx *store.Tx) error {
		v, err := i.engine.View(o.t.Context(), testConsole, d.slug(0))
		if err != nil {
			return err
		}
		rows, err := tx.NumbersOfBook(o.t.Context(), v.Covenant.Number.Book, d.today.Year)
		void := 0
		for i, r := range rows {
			if r.Number != int64(i+1) {
				o.t.Errorf("number %d stands at place %d of the register", r.Number, i+1)
			}
			if r.State == store.NumberVoid {
				void++
			}
		}
		stopped := 0
		for n := range count {
			if cancelled(n) {
				stopped++
			}
		}
		if len(rows) != count || void != stopped {
			o.t.Errorf("%d numbers of which %d are void, want %d and %d", len(rows), void, count, stopped)
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// checkOutside: nothing lies about that no row names, beyond what kills left behind, and no row names what is not
// there.
func (o *ordeal) checkOutside(i *installation) {
	o.t.Helper()
	var copied bytes.Buffer
	// reads and checks every blob that a row names
	if _, err := i.store.Backup(o.t.Context(), &copied, nil); err != nil {
		o.t.Errorf("backup: %v", err)
	}
}

// checkRequests: everybody whose turn came was written to, at every mailbox, once a stage; nobody else was.
func (o *ordeal) checkRequests(n int, v *engine.View) {
	o.t.Helper()
	sent := map[string]int{} // stage, task, agency, address
	for _, m := range v.Mails {
		if part := strings.Split(m.Key, "/"); m.Kind == "request" {
			stage, _, _ := strings.Cut(part[2], ".")
			sent[stage+"/"+strings.Join(part[3:], "/")]++
		}
	}
	want := map[string]bool{}
	add := func(task string, duty workflow.Duty, agencies ...workflow.AgencyID) {
		for _, a := range agencies {
			for _, box := range v.Directory.Mailboxes(v.Covenant.ID, a, duty, v.Calendar.Today(v.Now)) {
				want[fmt.Sprintf("%s/%s/%s", task, a, box.Address)] = true
			}
		}
	}
	members, leader := v.Covenant.Members(), v.Covenant.Leader()
	add("gop-y/review", workflow.DutyReview, members...)
	add("bieu-quyet/vote", workflow.DutyVote, members...)
	add("phieu-kin/vote", workflow.DutyVote, members...)
	add("cap-so/number", workflow.DutyNumber, leader)
	add("ky-so/sign", workflow.DutySign, leader)
	if cancelled(n) { // the next group was asked before it was stopped
		add("ky-so/sign", workflow.DutySign, members...)
	} else {
		add("dong-dau/seal", workflow.DutyNumber, leader)
		for _, p := range v.Covenant.Parties {
			add("ky-so/sign", workflow.DutySign, p.Agency)
		}
	}
	for key := range want {
		if sent[key] != 1 {
			o.t.Errorf("covenant %d: %d mails %s, want 1", n, sent[key], key)
		}
	}
	for key := range sent {
		if !want[key] {
			o.t.Errorf("covenant %d: mail %s was not owed", n, key)
		}
	}
}

// checkTortureMails: every mail was received, once, or once more for each time that it was recorded to be in doubt.
func (o *ordeal) checkTortureMails(i *installation) (total, doubted int) {
	o.t.Helper()
	accepted, err := sink.ReadJournal(o.mailed)
	if err != nil {
		o.t.Fatal(err)
	}
	received := map[string]int{}
	for _, a := range accepted {
		received[a.MessageID]++
	}
	err = i.store.View(o.t.Context(), func(tx *store.Tx) error {
		doubts := map[string]int{}
		kept, err := tx.Settings(o.t.Context(), "mail-in-doubt/")
		if err != nil {
			return err
		}
		for key := range kept {
			doubts[strings.Split(key, "/")[1]]++
			doubted++
		}
		all, err := tx.Mails(o.t.Context(), "", 0)
		total = len(all)
		for _, m := range all {
			times := received[m.MessageID]
			delete(received, m.MessageID)
			if m.State == store.MailFailed && m.Kind == "request" &&
				strings.HasPrefix(m.LastError, "not sent: the covenant is cancelled") && times <= doubts[m.MessageID] {
				continue // what a covenant that was stopped asked for is asked no more
			}
			if m.State == store.MailInDoubt && doubts[m.MessageID] >= 3 && times <= doubts[m.MessageID] {
				continue // three kills while it was sent: the third time it waits for a person, who is told
			}
			if m.State != store.MailSent || times == 0 || times > 1+doubts[m.MessageID] {
				o.t.Errorf("mail %s is %s (%s), was received %d times and in doubt %d times", m.Key, m.State,
					m.LastError, times, doubts[m.MessageID])
			}
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	for id := range received {
		o.t.Errorf("mail %s was received and is in no row", id)
	}
	return total, doubted
}
