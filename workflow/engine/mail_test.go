package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// mailFault is an error of a mailer as package notify would give it.
type mailFault struct{ inDoubt, permanent bool }

func (f mailFault) Error() string {
	return fmt.Sprintf("mail fault: in doubt %v, permanent %v", f.inDoubt, f.permanent)
}
func (f mailFault) InDoubt() bool   { return f.inDoubt }
func (f mailFault) Permanent() bool { return f.permanent }

// Reminders go to those who have not reported; a mail in doubt is recorded and sent again, a refused one is kept as
// failed, and nobody else's mail suffers.
func TestRemindersAndFaultyMail(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingReports)
		// Who was in charge has left: the successor is reminded, not the leaver.
		leaver, successor := o.who("so-yte", workflow.DutyReport), o.newPerson("ke-nhiem", "Người kế nhiệm")
		o.direct("leave", workflow.EndPosition{
			Position: workflow.PositionID("so-yte/" + string(leaver)), LastDay: o.Calendar.Today(o.now()).AddDays(-1), Successor: successor,
		})
		var once sync.Once
		o.mails.refuse = func(m store.Mail) (err error) {
			if m.Kind != "reminder" { // the daily root goes out meanwhile
				return nil
			}
			switch m.To {
			case "vanphong@so-yte.tangiang.example":
				once.Do(func() { err = mailFault{inDoubt: true} })
			case "vanphong@hoi-ctd.tangiang.example":
				err = mailFault{permanent: true}
			}
			return err
		}
		v, err := o.View(context.Background(), "2026/khoi")
		check(t, err)
		o.ahead.Store(int64(time.Until(v.Upcoming[0].At.Add(time.Hour))))
		check(t, o.Sweep(context.Background()))
		check(t, o.AwaitReminders(context.Background()))
		check(t, o.AwaitMails(context.Background()))
		v, err = o.View(context.Background(), "2026/khoi")
		check(t, err)
		states := map[string]int{}
		people := map[string]bool{}
		for _, m := range v.Mails {
			if m.Kind != "reminder" {
				continue
			}
			if strings.HasPrefix(m.To, "vanphong@") {
				states[m.State]++
			} else {
				people[m.To] = true
			}
		}
		if left := string(leaver) + "@so-yte.tangiang.example"; people[left] || !people["ke-nhiem@x.example"] || len(people) < 7 {
			t.Errorf("reminded in person: %v; want the successor, not %s", people, left)
		}
		if states["sent"] != 6 || states["failed"] != 1 {
			t.Errorf("mails %v, want 6 sent and 1 failed", states)
		}
		check(t, o.Store.View(context.Background(), func(tx *store.Tx) error {
			doubts, err := tx.Settings(context.Background(), "mail-in-doubt/")
			if len(doubts) != 1 {
				t.Errorf("%d mails recorded in doubt, want 1", len(doubts))
			}
			return err
		}))
		check(t, o.Sweep(context.Background()))
		check(t, o.AwaitMails(context.Background()))
		reminders := 0
		for _, m := range o.mails.got {
			if m.Kind == "reminder" && strings.HasPrefix(m.To, "vanphong@") {
				reminders++
			}
		}
		if reminders != 6 {
			t.Errorf("%d reminders handed over, want 6", reminders)
		}
	})
}

// tardyMailer takes mails when it is released; a caller that gives up before leaves the mail in doubt.
type tardyMailer struct{ begun, release chan struct{} }

func (m tardyMailer) Send(ctx context.Context, _ store.Mail) error {
	m.begun <- struct{}{}
	select {
	case <-m.release:
		return nil
	case <-ctx.Done():
		return mailFault{inDoubt: true}
	}
}

// A process that is told to stop lets the mail that it is sending end, and leaves none in doubt.
func TestStopLetsMailsEnd(t *testing.T) {
	o := newOffice(t)
	check(t, o.Stop(context.Background()))
	config, mailer := o.Config, tardyMailer{make(chan struct{}), make(chan struct{})}
	config.Mailer = mailer
	node, err := engine.New(config)
	check(t, err)
	check(t, o.Store.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.QueueMail(context.Background(), store.Mail{Key: "m", Kind: "notice", To: "a@x.example", NextAt: o.now()})
		return err
	}))
	told, tell := context.WithCancel(context.Background())
	check(t, node.Start(told))
	<-mailer.begun
	tell()
	time.AfterFunc(200*time.Millisecond, func() { close(mailer.release) })
	stopping, giveUp := context.WithTimeout(context.Background(), time.Minute)
	defer giveUp()
	check(t, node.Stop(stopping))
	check(t, o.Store.View(context.Background(), func(tx *store.Tx) error {
		m, err := tx.Mail(context.Background(), "m")
		if m.State != store.MailSent || m.Attempts != 1 {
			t.Errorf("the mail is %s after %d attempts: %s", m.State, m.Attempts, m.LastError)
		}
		return err
	}))
}
