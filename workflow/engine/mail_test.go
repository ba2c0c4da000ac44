package engine_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/notify"
	"covenant/workflow/notify/sink"
	"covenant/workflow/store"
)

// mailFault is what a mail server does at a stage of taking a mail for somebody; nil takes it.
type mailFault func(stage sink.Stage, to string) error

// mailServer is where an office's mails go, whatever becomes of its engine.
func (o *office) mailServer() *sink.Server {
	o.t.Helper()
	server, err := sink.Start(context.Background(), sink.Options{
		Dir: filepath.Join(o.dir, "mail"), At: func(stage sink.Stage, to string) error {
			if fault := o.fault.Load(); fault != nil {
				return (*fault)(stage, to)
			}
			return nil
		},
	})
	check(o.t, err)
	o.t.Cleanup(func() { check(o.t, server.Close()) })
	return server
}

func senderTo(server *sink.Server) notify.Sender {
	return notify.Sender{Addr: server.Addr(), From: "Khối <khoi@x.example>", Security: notify.Plain, HELO: "x.example"}
}

// does has the mail server do something.
func (o *office) does(fault mailFault) { o.fault.Store(&fault) }

// delivered are the mails that the server has taken, as often as it did, as they are kept.
func (o *office) delivered() (mails []store.Mail) {
	o.t.Helper()
	byID := map[string]store.Mail{}
	check(o.t, o.Store.View(context.Background(), func(tx *store.Tx) error {
		kept, err := tx.Mails(context.Background(), "", 0)
		for _, m := range kept {
			byID[m.MessageID] = m
		}
		return err
	}))
	for _, taken := range o.mails.Accepted() {
		if m, ok := byID[taken.MessageID]; ok {
			mails = append(mails, m)
		} else {
			o.t.Errorf("the server took %+v, which nobody wrote", taken)
		}
	}
	return mails
}

// Reminders go to those who have not reported; a mail in doubt is recorded and sent again, a refused one is kept as
// failed, and nobody else's mail suffers.
func TestRemindersAndFaultyMail(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingReports)
		// Who was in charge has left: the successor is reminded, not the leaver.
		leaver, successor := o.who("so-yte", workflow.DutyReport), o.newPerson("ke-nhiem", "Người kế nhiệm")
		o.direct("leave", workflow.EndPosition{
			Position: workflow.PositionID("so-yte/" + string(leaver)),
			LastDay:  o.Calendar.Today(o.now()).AddDays(-1), Successor: successor,
		})
		lost := string(successor) + "@x.example"
		refused := string(o.who("hoi-ctd", workflow.DutyReport)) + "@hoi-ctd.tangiang.example"
		var once sync.Once
		o.does(func(stage sink.Stage, to string) (err error) {
			switch {
			case stage == sink.StageRead && to == lost:
				once.Do(func() { err = sink.ErrDrop })
			case stage == sink.StageRcpt && to == refused:
				err = sink.Refuse(550, "no such user")
			}
			return err
		})
		v, err := o.View(context.Background(), console, "2026/khoi")
		check(t, err)
		o.ahead.Store(int64(time.Until(v.Upcoming[0].At.Add(time.Hour))))
		check(t, o.Sweep(context.Background()))
		check(t, o.AwaitReminders(context.Background()))
		check(t, o.AwaitMails(context.Background()))
		later(o, 7*time.Hour) // after which a reminder in doubt is sent again
		check(t, o.AwaitMails(context.Background()))
		v, err = o.View(context.Background(), console, "2026/khoi")
		check(t, err)
		states := map[string]int{}
		people := map[string]bool{}
		for _, m := range v.Mails {
			if m.Kind != "reminder" {
				continue
			}
			states[m.State]++
			if !strings.HasPrefix(m.To, "vanphong@") {
				people[m.To] = true
			}
		}
		if left := string(leaver) + "@so-yte.tangiang.example"; people[left] || !people[lost] || len(people) < 7 {
			t.Errorf("reminded in person: %v; want the successor, not %s", people, left)
		}
		if sent := 7 + len(people) - 1; states["sent"] != sent || states["failed"] != 1 {
			t.Errorf("mails %v, want %d sent and 1 failed", states, sent)
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
		reminders := map[string]int{}
		for _, m := range o.delivered() {
			if m.Kind == "reminder" {
				reminders[m.To]++
			}
		}
		if len(reminders) != states["sent"] || reminders[lost] != 1 || reminders[refused] != 0 {
			t.Errorf("handed over: %v, want %d, one to %s, none to %s", reminders, states["sent"], lost, refused)
		}
	})
}

// A process that is told to stop lets the mail that it is sending end, and leaves none in doubt.
func TestStopLetsMailsEnd(t *testing.T) {
	o := newOffice(t)
	check(t, o.Stop(context.Background()))
	begun, release := make(chan struct{}), make(chan struct{})
	o.does(func(stage sink.Stage, _ string) error {
		if stage == sink.StageRead {
			begun <- struct{}{}
			<-release
		}
		return nil
	})
	node, err := engine.New(o.Config)
	check(t, err)
	check(t, o.Store.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.QueueMail(context.Background(),
			store.Mail{Key: "m", Kind: "notice", To: "a@x.example", NextAt: o.now()})
		return err
	}))
	told, tell := context.WithCancel(context.Background())
	check(t, node.Start(told))
	<-begun
	tell()
	time.AfterFunc(200*time.Millisecond, func() { close(release) })
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
