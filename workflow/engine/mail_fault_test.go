package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/notify"
	"covenant/workflow/notify/sink"
	"covenant/workflow/store"
)

// post queues mails of a kind, and has the sweep find them.
func post(o *office, kind string, n int) {
	o.t.Helper()
	check(o.t, o.Store.Update(context.Background(), func(tx *store.Tx) error {
		for i := range n {
			_, err := tx.QueueMail(context.Background(), store.Mail{Key: store.MailKey(fmt.Sprintf("%s/%03d", kind, i)),
				Kind: kind, To: "a@x.example", Subject: "s", Body: "b", NextAt: o.now()})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	check(o.t, o.Sweep(context.Background()))
}

func mailOf(o *office, key store.MailKey) (m store.Mail) {
	o.t.Helper()
	check(o.t, o.Store.View(context.Background(), func(tx *store.Tx) (err error) {
		m, err = tx.Mail(context.Background(), key)
		return err
	}))
	return m
}

// awaits waits until something is so; a minute is for machines that stand still.
func awaits(o *office, what string, is func() bool) {
	o.t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			o.t.Fatalf("waited a minute: %s", what)
		}
	}
}

// later moves the office's clock on, and has what is due by then taken up.
func later(o *office, d time.Duration) {
	o.t.Helper()
	o.ahead.Add(int64(d))
	check(o.t, o.Sweep(context.Background()))
}

// What hangs outside keeps nothing else waiting: while the mail server answers nobody, documents are frozen and
// completed, and while the time-stamp authority of the daily root answers nobody, mails go out.
func TestWhatHangsStarvesNothing(t *testing.T) {
	t.Run("mail server", func(t *testing.T) {
		o := newOffice(t)
		release := make(chan struct{})
		o.does(func(stage sink.Stage, _ string) error {
			if stage == sink.StageRcpt {
				<-release
			}
			return nil
		})
		defer close(release)
		post(o, "notice", 20)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		o.upTo(workflow.AwaitingSignatures) // which waits for the frozen document
		_, err := o.Await(ctx, o.id, func(s workflow.State) bool { return !s.Covenant.Frozen.PDF.IsZero() })
		check(t, err)
		if accepted := o.mails.Accepted(); len(accepted) != 0 {
			t.Errorf("the server took %d mails; it was to hang", len(accepted))
		}
	})
	t.Run("time-stamps", func(t *testing.T) {
		o := newOffice(t)
		check(t, o.Stop(context.Background()))
		asked, release := make(chan struct{}, 100), make(chan struct{})
		hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			asked <- struct{}{}
			<-release
		}))
		defer hanging.Close()
		defer close(release)
		config := o.Config
		config.TSA = &signing.TSA{URLs: []string{hanging.URL}, Timeout: time.Hour}
		var err error
		o.Engine, err = engine.New(config)
		check(t, err)
		check(t, o.Start(context.Background()))
		o.apply(o.block) // something that the root is to cover
		check(t, o.Sweep(context.Background()))
		<-asked
		post(o, "notice", 5)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		check(t, o.mails.Wait(ctx, 5))
		stopping, giveUp := context.WithCancel(context.Background())
		giveUp() // the root's job hangs
		check(t, o.Stop(stopping))
	})
}

// door stands before the mail server, and does what a faulty one would until it is open.
type door struct {
	net.Listener
	open    atomic.Bool
	refused atomic.Int64
}

func newDoor(t *testing.T, server string, fault func(net.Conn)) *door {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	d := &door{Listener: listener}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if !d.open.Load() {
					d.refused.Add(1)
					fault(conn)
					return
				}
				behind, err := net.Dial("tcp", server)
				if err != nil {
					return
				}
				defer behind.Close()
				go func() { _, _ = io.Copy(behind, conn) }()
				_, _ = io.Copy(conn, behind)
			}()
		}
	}()
	return d
}

// refuseMail greets, and then answers MAIL with a refusal.
func refuseMail(answer string) func(net.Conn) {
	return func(c net.Conn) {
		lines := bufio.NewScanner(c)
		for say := "220 here"; ; say = "250 fine" {
			if strings.HasPrefix(lines.Text(), "MAIL") {
				say = answer
			}
			if _, err := c.Write([]byte(say + "\r\n")); err != nil || !lines.Scan() {
				return
			}
		}
	}
}

// A fault of the server as a whole is one fact: it costs no mail a try, one mail at a time finds out whether it is
// over, and then each mail goes out once.
func TestOutageOfTheMailServer(t *testing.T) {
	const mails = 20
	for name, fault := range map[string]func(net.Conn){
		"greeting 554":       func(c net.Conn) { _, _ = c.Write([]byte("554 not now\r\n")) },
		"greeting 421":       func(c net.Conn) { _, _ = c.Write([]byte("421 too busy\r\n")) },
		"dropped at connect": func(net.Conn) {},
		"MAIL 530":           refuseMail("530 5.7.0 log in"),
		"MAIL 550":           refuseMail("550 5.7.1 not you"),
		"MAIL 451":           refuseMail("451 4.3.1 no disk"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			door := newDoor(t, o.mails.Addr(), fault)
			check(t, o.Stop(context.Background()))
			config := o.Config
			config.Mail.Addr = door.Addr().String()
			var err error
			o.Engine, err = engine.New(config)
			check(t, err)
			check(t, o.Start(context.Background()))
			asked := &door.refused
			post(o, "notice", mails)
			probes := func(n int) func() bool {
				return func() bool {
					out, away, err := o.MailOutage(context.Background())
					check(t, err)
					return away && out.Probes >= n
				}
			}
			awaits(o, "an outage", probes(1))
			check(t, o.Sweep(context.Background()))
			first := asked.Load()
			if workers := int64(4); first > workers {
				t.Errorf("the server was asked %d times before anybody knew, by %d workers", first, workers)
			}
			awaits(o, "a probe", probes(2))
			if n := asked.Load() - first; n != 1 {
				t.Errorf("%d mails probed the server at once", n)
			}
			door.open.Store(true)
			later(o, time.Hour)
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			check(t, o.mails.Wait(ctx, mails))
			check(t, o.AwaitMails(ctx))
			if doubled := o.mails.Doubled(); len(doubled) != 0 {
				t.Errorf("twice: %v", doubled)
			}
			for i := range mails {
				if m := mailOf(o, store.MailKey(fmt.Sprintf("notice/%03d", i))); m.State != "sent" || m.Tries != 0 {
					t.Errorf("mail %s is %s after %d tries", m.Key, m.State, m.Tries)
				}
			}
			if _, away, err := o.MailOutage(context.Background()); away || err != nil {
				t.Errorf("the outage is not over (%v)", err)
			}
		})
	}
}

// A mail that the server puts off is tried over five days before it has failed, and nobody else's mail with it.
func TestMailIsTriedForFiveDays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.does(func(stage sink.Stage, to string) error {
		if stage == sink.StageRcpt && to == "a@x.example" {
			return sink.Refuse(450, "greylisted")
		}
		return nil
	})
	began := o.now()
	post(o, "notice", 1)
	const key store.MailKey = "notice/000"
	last := time.Duration(0)
	for tries := 1; ; tries++ {
		awaits(o, fmt.Sprintf("try %d", tries), func() bool {
			m := mailOf(o, key)
			return m.State != store.MailSending && m.Attempts >= tries
		})
		m := mailOf(o, key)
		if m.State == store.MailFailed {
			break
		}
		pause := m.NextAt.Sub(o.now())
		if m.State != store.MailQueued || m.Tries != tries || pause < last-time.Minute || pause > 24*time.Hour {
			t.Fatalf("after try %d the mail is %s with %d tries, and waits %s after %s", tries, m.State, m.Tries, pause,
				last)
		}
		if last = pause; pause > time.Minute { // below its own job has it tried again, by the real clock
			later(o, pause+time.Second)
		}
	}
	if tried := o.now().Sub(began); tried < 4*24*time.Hour || tried > 6*24*time.Hour {
		t.Errorf("it was tried for %s", tried)
	}
}

// A server that takes mails and never says so gets each at most three times, hours apart; what the policy does not send
// again waits for a person, whose word sends it once.
func TestMailInDoubtIsNotPoured(t *testing.T) {
	o := newOffice(t)
	o.does(func(stage sink.Stage, _ string) error {
		if stage == sink.StageAccepted {
			return sink.ErrDrop
		}
		return nil
	})
	post(o, "notice", 1)
	post(o, "letter", 1) // a kind with no policy
	copies := func() (n int) { return len(o.mails.Accepted()) }
	doubted := func(key store.MailKey, n int) {
		o.t.Helper()
		awaits(o, fmt.Sprintf("%s in doubt %d times", key, n), func() bool {
			m := mailOf(o, key)
			return m.State == store.MailInDoubt && m.Doubts == n
		})
	}
	doubted("letter/000", 1)
	for i, wait := range []time.Duration{350 * time.Minute, 1430 * time.Minute, 30 * 24 * time.Hour} {
		doubted("notice/000", i+1)
		had := copies()
		later(o, wait)
		if n := copies() - had; n != 0 {
			t.Errorf("%d copies %s after doubt %d", n, wait, i+1)
		}
		later(o, 20*time.Minute)
	}
	if n := copies(); n != 4 {
		t.Errorf("the server took %d copies of two mails, want 3 and 1", n)
	}
	n, err := o.SendAgain(context.Background(), engine.MailChoice{}, console)
	if n != 2 || err != nil {
		t.Errorf("sent %d again (%v)", n, err)
	}
	doubted("letter/000", 2)
	doubted("notice/000", 4)
	if n := copies(); n != 6 {
		t.Errorf("the server took %d copies in all, want 6", n)
	}
}

// Unsent mails are sent again one by one, by kind, by state or all; only by who administers, and never those that were
// dropped on purpose.
func TestSendAgain(t *testing.T) {
	o := newOffice(t)
	o.does(func(stage sink.Stage, _ string) error {
		if stage == sink.StageRcpt {
			return sink.Refuse(550, "no such user")
		}
		return nil
	})
	post(o, "notice", 3)
	post(o, "stage", 2)
	check(t, o.Store.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.QueueMail(context.Background(), store.Mail{Key: "dropped", Kind: "notice", To: "a@x.example"})
		check(t, err)
		_, _, err = tx.ClaimMail(context.Background(), "dropped")
		check(t, err)
		return tx.SettleMail(context.Background(), "dropped", store.MailFailed, "not sent: the covenant is cancelled")
	}))
	check(t, o.AwaitMails(context.Background()))
	_, err := o.SendAgain(context.Background(), engine.MailChoice{}, signedIn(o.who("so-yte", workflow.DutyReport)))
	if workflow.ErrorCode(err) != workflow.CodeForbidden {
		t.Errorf("somebody who does not administer: %v", err)
	}
	_, err = o.SendAgain(context.Background(), engine.MailChoice{State: store.MailSent}, console)
	if workflow.ErrorCode(err) != workflow.CodeInvalid {
		t.Errorf("those that are sent: %v", err)
	}
	_, err = o.SendAgain(context.Background(), engine.MailChoice{Mail: "dropped"}, console)
	if workflow.ErrorCode(err) != workflow.CodeNotFound {
		t.Errorf("a dropped one: %v", err)
	}
	for _, c := range []struct {
		choice engine.MailChoice
		want   int
	}{
		{engine.MailChoice{Mail: "notice/001"}, 1}, {engine.MailChoice{Kind: "stage"}, 2},
		{engine.MailChoice{State: store.MailInDoubt}, 0}, {engine.MailChoice{State: store.MailFailed}, 5},
		{engine.MailChoice{}, 5},
	} {
		n, err := o.SendAgain(context.Background(), c.choice, console)
		if n != c.want || err != nil {
			t.Errorf("%+v: %d (%v), want %d", c.choice, n, err, c.want)
		}
		check(t, o.AwaitMails(context.Background()))
	}
	o.does(func(sink.Stage, string) error { return nil })
	_, err = o.SendAgain(context.Background(), engine.MailChoice{}, console)
	check(t, err)
	check(t, o.AwaitMails(context.Background()))
	if left, err := o.UnsentMails(context.Background(), engine.MailChoice{}, console); err != nil || len(left) != 0 {
		t.Errorf("left: %v (%v)", left, err)
	}
	if n := len(o.mails.Accepted()); n != 5 {
		t.Errorf("the server took %d mails", n)
	}
}

// Without a server's name, or with one that nobody listens at, every mail waits, untried.
func TestNoMailServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	nobody := listener.Addr().String()
	check(t, listener.Close())
	for name, sender := range map[string]notify.Sender{
		"not configured": {}, "nobody listens": {Addr: nobody, From: "a@x.example", Security: notify.Plain},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			check(t, o.Stop(context.Background()))
			config := o.Config
			config.Mail = sender
			o.Engine, err = engine.New(config)
			check(t, err)
			check(t, o.Start(context.Background()))
			post(o, "notice", 6)
			awaits(o, "the outage", func() bool {
				_, away, err := o.MailOutage(context.Background())
				check(t, err)
				return away
			})
			check(t, o.Stop(context.Background()))
			for i := range 6 {
				if m := mailOf(o, store.MailKey(fmt.Sprintf("notice/%03d", i))); m.State != "queued" || m.Tries != 0 {
					t.Errorf("%s is %s after %d tries", m.Key, m.State, m.Tries)
				}
			}
		})
	}
}

// A clock that is set ahead while a mail is on its way makes nobody believe that its process died.
func TestClockSetAheadWhileSending(t *testing.T) {
	o := newOffice(t)
	begun, release := make(chan struct{}), make(chan struct{})
	o.does(func(stage sink.Stage, _ string) error {
		if stage == sink.StageRead {
			begun <- struct{}{}
			<-release
		}
		return nil
	})
	post(o, "notice", 1)
	<-begun
	later(o, 400*24*time.Hour)
	if m := mailOf(o, "notice/000"); m.State != store.MailSending {
		t.Errorf("while it is being sent the mail is %s", m.State)
	}
	close(release)
	check(t, o.AwaitMails(context.Background()))
	if m := mailOf(o, "notice/000"); m.State != store.MailSent || m.Doubts != 0 {
		t.Errorf("the mail is %s, and was in doubt %d times", m.State, m.Doubts)
	}
}
