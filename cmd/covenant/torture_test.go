package main

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"covenant/signing"
	"covenant/signing/devpki"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/notify/sink"
	"covenant/workflow/store"
	"covenant/workflow/store/pgtest"
)

// ordeal is what stays while nodes are killed: the authority with its servers, the mail server, and the ledgers of what
// each of them gave and of what people were answered.
type ordeal struct {
	t      *testing.T
	config config
	pki    *devpki.PKI
	mailed string // directory of the mail server
	stamps struct {
		sync.Mutex
		tokens [][]byte
	}
	ledger struct {
		sync.Mutex
		acks  map[string]bool
		kills int
	}
	nodes         []*node
	configuration string   // file of the nodes
	under         []string // program that the nodes run under; empty: by themselves
	binary        string   // program of the nodes; empty: as people get it
	environment   []string // of the nodes, beside this process's
	outages       bool     // the database, or something else, goes away at times
	mayEnd        bool     // the nodes may end for want of it, and are started again
	mailFault     atomic.Pointer[func(sink.Stage) error]
}

func newOrdeal(t *testing.T, database string) *ordeal {
	t.Helper()
	return newOrdealIn(t, database, t.TempDir())
}

func newOrdealIn(t *testing.T, database, dir string) *ordeal {
	t.Helper()
	o := &ordeal{t: t, mailed: t.TempDir()}
	o.ledger.acks = map[string]bool{}
	var err error
	if o.pki, err = devpki.Open(filepath.Join(dir, "pki"), devpki.Options{SlowFor: 4 * time.Second}); err != nil {
		t.Fatal(err)
	}
	server, err := o.pki.Serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	stamper := httptest.NewServer(http.HandlerFunc(o.stamp))
	t.Cleanup(stamper.Close)
	mail, err := sink.Start(t.Context(), sink.Options{Dir: o.mailed, At: o.mailStage})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mail.Close() })
	o.config = config{
		Data: filepath.Join(dir, "data"), Database: database, Listen: "127.0.0.1:0",
		PublicURL: "http://covenant.example", TSA: stamper.URL,
		Trust: filepath.Join(dir, "roots.pem"), SecretFile: filepath.Join(dir, "server.secret"),
		Blobs: filepath.Join(dir, "blobs"),
		SMTP:  mail.Addr(), SMTPTLS: "none", Console: "everything", MailFrom: "Khối <khoi@covenant.example>",
		AllowPrivate: true,
	}
	if err := os.WriteFile(o.config.Trust, o.pki.RootsPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	o.configuration = o.configFile()
	o.people()
	return o
}

// acked writes down that a command was answered.
func (o *ordeal) acked(key string) {
	o.ledger.Lock()
	defer o.ledger.Unlock()
	o.ledger.acks[key] = true
}

// mailStage does to a mail what is ordered to be done to all; and makes the mail server wait before and after it keeps
// one, so that nodes are killed in between.
func (o *ordeal) mailStage(stage sink.Stage, _ string) error {
	if fault := o.mailFault.Load(); fault != nil {
		return (*fault)(stage)
	}
	if stage == sink.StageRead || stage == sink.StageAccepted {
		time.Sleep(rand.N(100 * time.Millisecond))
	}
	return nil
}

// stamp hands a request on to the authority and keeps the token that it gave.
func (o *ordeal) stamp(w http.ResponseWriter, r *http.Request) {
	request, err := http.NewRequestWithContext(r.Context(), r.Method, o.pki.TSA(), r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	request.Header = r.Header
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	var parsed struct {
		Status asn1.RawValue
		Token  asn1.RawValue
	}
	if _, asnErr := asn1.Unmarshal(body, &parsed); err == nil && asnErr == nil {
		o.stamps.Lock()
		o.stamps.tokens = append(o.stamps.tokens, parsed.Token.FullBytes)
		o.stamps.Unlock()
	}
	w.Header().Set("Content-Type", response.Header.Get("Content-Type"))
	w.Write(body)
}

// open opens the installation in this process, while no node has it on SQLite.
func (o *ordeal) open() *installation {
	o.t.Helper()
	i, err := openInstallation(o.t.Context(), o.config, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		o.t.Fatal(err)
	}
	return i
}

// people fills the directory and gives every signatory, and the leader's seal, a kept key.
func (o *ordeal) people() {
	o.t.Helper()
	block, _, err := smallCase()
	if err != nil {
		o.t.Fatal(err)
	}
	i := o.open()
	defer i.close()
	meta := engine.Meta{Actor: workflow.AtConsole("test", workflow.ConsoleEverything)}
	if err := applyBlock(o.t.Context(), i.engine, block); err != nil {
		o.t.Fatal(err)
	}
	for _, a := range block.Agencies {
		if a.ID == tortureLeader {
			id, err := o.pki.Issue(devpki.Subject{ID: "seal", CommonName: a.Name}, devpki.Profile{})
			if err == nil {
				_, err = i.engine.KeepKey(o.t.Context(),
					engine.KeyRequest{Agency: a.ID, Identity: signing.Identity(id), PIN: torturePIN}, meta)
			}
			if err != nil {
				o.t.Fatal(err)
			}
		}
		for _, p := range a.People {
			if !slices.Contains(p.Duties, workflow.DutySign) {
				continue
			}
			id, err := o.pki.Issue(devpki.Subject{ID: string(p.ID), CommonName: p.Name, Organization: a.Name},
				devpki.Profile{})
			if err == nil {
				_, err = i.engine.KeepKey(o.t.Context(),
					engine.KeyRequest{Person: p.ID, Identity: signing.Identity(id), PIN: torturePIN}, meta)
			}
			if err != nil {
				o.t.Fatal(err)
			}
		}
	}
}

// suffer kills nodes so many times, while people bring covenants to their end; covenants are added while kills are
// left. Each covenant is ridden by two players at once, who give the same commands under the same keys. In the end
// everything settles.
func (o *ordeal) suffer(kills, nodes, count int, longest time.Duration) {
	o.t.Helper()
	for range nodes {
		o.addNode()
	}
	var left, next atomic.Int64
	left.Store(int64(kills))
	var all sync.WaitGroup
	for _, n := range o.nodes {
		all.Go(func() {
			for left.Add(-1) >= 0 && !o.t.Failed() {
				n.start()
				select {
				case <-time.After(50*time.Millisecond + rand.N(longest)):
					n.kill()
				case <-n.ended: // which is told
				}
			}
			n.start()
		})
	}
	d := newDriver(o)
	for range 2 {
		all.Go(func() {
			for !o.t.Failed() {
				n := int(next.Add(1)) - 1
				if n >= count && left.Load() <= 0 {
					next.Add(-1)
					return
				}
				d.rideTogether(n)
			}
		})
	}
	all.Wait()
	o.settle()
	if !o.t.Failed() {
		o.check(d, int(next.Load()))
	}
}

// rideTogether has two players bring one covenant to its end.
func (d *driver) rideTogether(n int) {
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := d.ride(n); err != nil {
				d.t.Error(err)
			}
		})
	}
	both.Wait()
}

// settle waits until everything that is due is done, and stops the nodes. They are started anew meanwhile, which
// sweeps: what a killed node was sending is in doubt only after a while.
func (o *ordeal) settle() {
	o.t.Helper()
	for began := time.Now(); !o.t.Failed() && !o.settled(10*time.Second); {
		if time.Since(began) > longestAnswer {
			o.t.Errorf("what is due is not done: %s", o.undone())
			break
		}
		for _, n := range o.nodes {
			n.stop()
			n.start()
			n.awaitPages()
		}
	}
	for _, n := range o.nodes {
		n.stop()
	}
}

// undone says what is still due.
func (o *ordeal) undone() (said string) {
	s, err := store.Open(o.t.Context(), store.Options{Dir: o.config.Data, DatabaseURL: o.config.Database,
		ReadOnly: true})
	if err != nil {
		return err.Error()
	}
	defer s.Close()
	err = s.View(o.t.Context(), func(tx *store.Tx) error {
		due, err := tx.DueOccurrences(o.t.Context(), time.Now(), 3)
		for _, d := range due {
			said += fmt.Sprintf("%+v; ", d)
		}
		for _, state := range []store.MailState{store.MailQueued, store.MailSending} {
			mails, mailsErr := tx.Mails(o.t.Context(), state, 3)
			for _, m := range mails {
				said += fmt.Sprintf("%s %s, next at %s, %d tries, %d doubts: %s; ", m.Key, m.State, m.NextAt, m.Tries,
					m.Doubts, m.LastError)
			}
			err = errors.Join(err, mailsErr)
		}
		return err
	})
	if err != nil {
		said += err.Error()
	}
	return said
}

// settled waits for a while until nothing is due and no mail is on its way.
func (o *ordeal) settled(limit time.Duration) bool {
	o.t.Helper()
	s, err := store.Open(o.t.Context(), store.Options{Dir: o.config.Data, DatabaseURL: o.config.Database,
		ReadOnly: true})
	if err != nil {
		o.t.Fatal(err)
	}
	defer s.Close()
	for began := time.Now(); time.Since(began) < limit; time.Sleep(100 * time.Millisecond) {
		open := 0
		err := s.View(o.t.Context(), func(tx *store.Tx) error {
			due, err := tx.DueOccurrences(o.t.Context(), time.Now(), 1)
			queued, queuedErr := tx.Mails(o.t.Context(), store.MailQueued, 1)
			sending, sendingErr := tx.Mails(o.t.Context(), store.MailSending, 1)
			open = len(due) + len(queued) + len(sending)
			return errors.Join(err, queuedErr, sendingErr)
		})
		if err != nil && !errors.Is(err, store.ErrBusy) {
			o.t.Fatal(err)
		}
		if err == nil && open == 0 {
			return true
		}
	}
	return false
}

// Serving processes are killed with SIGKILL at random moments while people bring covenants to their end: nothing is
// lost, nothing doubled.
func TestKilledNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("short: kills real processes")
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		newOrdeal(t, "").suffer(6, 1, 3, 3*time.Second)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		newOrdeal(t, postgresURL(t)).suffer(6, 2, 3, 3*time.Second)
	})
}

var postgresCount atomic.Int64

// postgresURL is the address of a new database on PostgreSQL.
func postgresURL(t *testing.T) string {
	t.Helper()
	c, err := pgtest.Shared()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("torture%d", postgresCount.Add(1))
	if err := c.Create(name, "template0 LOCALE 'C.UTF-8'"); err != nil {
		t.Fatal(err)
	}
	return c.URL(name)
}
