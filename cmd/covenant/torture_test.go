package main

import (
	"bufio"
	"bytes"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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

// ordeal is what stays while drivers are killed: the authority with its servers, the mail server, and the ledgers of what each of
// them gave and of what the drivers were answered.
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
	command func() *exec.Cmd // starts a driver
}

func newOrdeal(t *testing.T, database string) *ordeal {
	t.Helper()
	o := &ordeal{t: t, mailed: t.TempDir(), command: func() *exec.Cmd { return exec.Command("covenant-driver") }}
	o.ledger.acks = map[string]bool{}
	dir := t.TempDir()
	var err error
	if o.pki, err = devpki.Open(filepath.Join(dir, "pki"), devpki.Options{}); err != nil {
		t.Fatal(err)
	}
	server, err := o.pki.Serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	stamper := httptest.NewServer(http.HandlerFunc(o.stamp))
	t.Cleanup(stamper.Close)
	mail, err := sink.Start(t.Context(), sink.Options{Dir: o.mailed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mail.Close() })
	o.config = config{
		Data: filepath.Join(dir, "data"), Database: database, Listen: "127.0.0.1:0", PublicURL: "http://covenant.example", TSA: stamper.URL,
		Trust: filepath.Join(dir, "roots.pem"), SecretFile: filepath.Join(dir, "server.secret"), Blobs: filepath.Join(dir, "blobs"),
		SMTP: mail.Addr(), SMTPTLS: "none", MailFrom: "Khối <khoi@covenant.example>", AllowPrivate: true,
	}
	if err := os.WriteFile(o.config.Trust, o.pki.RootsPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	o.people()
	return o
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

// open opens the installation in this process, as a driver does.
func (o *ordeal) open() *world {
	o.t.Helper()
	w, err := openWorld(o.t.Context(), o.config, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		o.t.Fatal(err)
	}
	return w
}

// people fills the directory and gives every signatory, and the leader's seal, a kept key.
func (o *ordeal) people() {
	o.t.Helper()
	block, _, err := smallCase()
	if err != nil {
		o.t.Fatal(err)
	}
	w := o.open()
	defer w.close()
	meta := engine.Meta{Actor: workflow.SystemActor, Origin: "test"}
	if err := w.engine.ImportBlock(o.t.Context(), block, meta); err != nil {
		o.t.Fatal(err)
	}
	for _, a := range block.Agencies {
		if a.ID == tortureLeader {
			id, err := o.pki.Issue(devpki.Subject{ID: "seal", CommonName: a.Name}, devpki.Profile{})
			if err == nil {
				err = w.engine.KeepSeal(o.t.Context(), a.ID, signing.Identity(id), torturePIN, meta)
			}
			if err != nil {
				o.t.Fatal(err)
			}
		}
		for _, p := range a.People {
			if !slices.Contains(p.Duties, workflow.DutySign) {
				continue
			}
			id, err := o.pki.Issue(devpki.Subject{ID: string(p.ID), CommonName: p.Name, Organization: a.Name}, devpki.Profile{})
			if err == nil {
				err = w.engine.KeepKey(o.t.Context(), p.ID, signing.Identity(id), torturePIN, meta)
			}
			if err != nil {
				o.t.Fatal(err)
			}
		}
	}
}

// run starts a driver and kills it after a while; with no limit it may end by itself. It reports whether it did.
func (o *ordeal) run(count int, ahead, limit time.Duration) bool {
	o.t.Helper()
	settings, err := json.Marshal(driver{Config: o.config, Count: count, Ahead: ahead})
	if err != nil {
		o.t.Fatal(err)
	}
	cmd := o.command()
	cmd.Env = append(os.Environ(), "COVENANT_DRIVER="+string(settings))
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	if limit > 0 {
		timer := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	done := o.follow(out)
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() > 0 {
		o.t.Errorf("a driver failed instead of going on: %v\n%s", err, complaint.String())
		return true
	}
	if !done {
		o.ledger.Lock()
		o.ledger.kills++
		o.ledger.Unlock()
	}
	return done
}

// follow keeps what a driver was answered, and looks at its pages while it lives.
func (o *ordeal) follow(out io.Reader) (done bool) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "ack":
			o.ledger.Lock()
			o.ledger.acks[rest] = true
			o.ledger.Unlock()
		case "pages":
			if res, err := http.Get("http://" + rest + "/healthz"); err == nil { // it may be killed meanwhile
				res.Body.Close()
			}
		case "done":
			done = true
		}
	}
	return done
}

// later is how far the office's clock is ahead when the first reminders are due.
const later = 60 * 24 * time.Hour

// suffer kills drivers so many times, on so many nodes at once, first with the office's clock at today, then when the first
// reminders are due; covenants are added while kills are left. In the end it lets one driver finish everything.
func (o *ordeal) suffer(kills, nodes, count int, longest time.Duration) {
	o.t.Helper()
	var covenants atomic.Int64
	covenants.Store(int64(count))
	for _, ahead := range []time.Duration{0, later} {
		var left atomic.Int64
		left.Store(int64(kills / 2))
		var all sync.WaitGroup
		for range nodes {
			all.Go(func() {
				for left.Add(-1) >= 0 && !o.t.Failed() {
					for o.run(int(covenants.Load()), ahead, 50*time.Millisecond+rand.N(longest)) && !o.t.Failed() {
						covenants.Add(int64(count))
					}
				}
			})
		}
		all.Wait()
		if !o.t.Failed() && !o.run(int(covenants.Load()), ahead, 0) {
			o.t.Error("the last driver did not come to its end")
		}
	}
	if !o.t.Failed() {
		o.check(int(covenants.Load()))
	}
}

// check compares the database with the three ledgers.
func (o *ordeal) check(count int) {
	o.t.Helper()
	w := o.open()
	defer w.close()
	report, err := w.store.Audit(o.t.Context())
	if err != nil || !report.OK() {
		o.t.Errorf("audit: %v %+v", err, report.Breaks)
	}
	o.checkAcks(w)
	used := map[int]int{}
	for n := range count {
		v, err := w.engine.View(o.t.Context(), tortureSlug(n))
		if err != nil {
			o.t.Errorf("covenant %d: %v", n, err)
			continue
		}
		o.checkCovenant(n, v, later)
		o.checkStamps(w, v, used)
	}
	o.checkNumbers(w, count)
	o.checkOutside(w)
	mails := o.checkTortureMails(w)
	for token, times := range used {
		if times != 1 {
			o.t.Errorf("time-stamp %d stands in %d signatures", token, times)
		}
	}
	o.t.Logf("%d kills, %d covenants, %d events, %d commands answered, %d time-stamps given of which %d are in documents, %d mails",
		o.ledger.kills, count, report.Events, len(o.ledger.acks), len(o.stamps.tokens), len(used), mails)
}

// checkAcks: what was answered is in the log, once.
func (o *ordeal) checkAcks(w *world) {
	o.t.Helper()
	batches := map[string]int{} // key → transactions
	err := w.store.View(o.t.Context(), func(tx *store.Tx) error {
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

func (o *ordeal) checkCovenant(n int, v *engine.View, ahead time.Duration) {
	o.t.Helper()
	count := map[string]int{}
	for _, entry := range v.Timeline {
		count[entry.Event.Kind()]++
	}
	members := len(v.Covenant.Members())
	want := map[string]int{
		"drafted": 1, "revision_submitted": 1, "review_given": members, "ballot_cast": len(v.Covenant.Motions) * members,
		"motion_closed": len(v.Covenant.Motions), "number_issued": 1, "frozen": 1, "signature_made": members + 1, "seal_applied": 1,
		"validation_data_added": 1, "in_force": 1, "report_submitted": members - 1, "cancelled": 0, "number_voided": 0,
	}
	if cancelled(n) {
		for _, never := range []string{"seal_applied", "validation_data_added", "in_force", "report_submitted"} {
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
		if u.State == "pending" && u.At.Before(time.Now().Add(ahead-time.Hour)) {
			o.t.Errorf("covenant %d: the reminder %s %s of %s was never sent", n, u.Period, u.Rung, u.At)
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
func (o *ordeal) checkStamps(w *world, v *engine.View, used map[int]int) {
	o.t.Helper()
	file, err := w.store.ReadBlob(o.t.Context(), store.Digest(v.Covenant.Head.String()))
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
func (o *ordeal) checkNumbers(w *world, count int) {
	o.t.Helper()
	err := w.store.View(o.t.Context(), func(tx *store.Tx) error {
		v, err := w.engine.View(o.t.Context(), tortureSlug(0))
		if err != nil {
			return err
		}
		rows, err := tx.NumbersOfBook(o.t.Context(), v.Covenant.Number.Book, 2026)
		void := 0
		for i, r := range rows {
			if r.Number != int64(i+1) {
				o.t.Errorf("number %d stands at place %d of the register", r.Number, i+1)
			}
			if r.State == store.NumberVoid {
				void++
			}
		}
		if stopped := count / 5; len(rows) != count || void != stopped {
			o.t.Errorf("%d numbers of which %d are void, want %d and %d", len(rows), void, count, stopped)
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// checkOutside: nothing lies about that no row names, beyond what kills left behind, and no row names what is not there.
func (o *ordeal) checkOutside(w *world) {
	o.t.Helper()
	var copied bytes.Buffer
	if _, err := w.store.Backup(o.t.Context(), &copied); err != nil { // reads and checks every blob that a row names
		o.t.Errorf("backup: %v", err)
	}
}

func (o *ordeal) checkTortureMails(w *world) int {
	o.t.Helper()
	accepted, err := sink.ReadJournal(o.mailed)
	if err != nil {
		o.t.Fatal(err)
	}
	received := map[string]int{}
	for _, a := range accepted {
		received[a.MessageID]++
	}
	total := 0
	err = w.store.View(o.t.Context(), func(tx *store.Tx) error {
		doubts := map[string]int{}
		kept, err := tx.Settings(o.t.Context(), "mail-in-doubt/")
		if err != nil {
			return err
		}
		for key := range kept {
			doubts[strings.Split(key, "/")[1]]++
		}
		all, err := tx.Mails(o.t.Context(), "", 0)
		total = len(all)
		for _, m := range all {
			times := received[m.MessageID]
			delete(received, m.MessageID)
			if m.State != store.MailSent || times == 0 || times > 1+doubts[m.MessageID] {
				o.t.Errorf("mail %s is %s (%s), was received %d times and in doubt %d times", m.Key, m.State, m.LastError, times, doubts[m.MessageID])
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
	return total
}

// Drivers are killed with SIGKILL at random moments while they bring covenants to their end: nothing is lost, nothing doubled.
func TestKilledDrivers(t *testing.T) {
	if testing.Short() {
		t.Skip("short: kills real processes")
	}
	t.Run("sqlite", func(t *testing.T) { newOrdeal(t, "").suffer(8, 1, 2, 1500*time.Millisecond) })
	t.Run("postgres", func(t *testing.T) { newOrdeal(t, postgresURL(t)).suffer(6, 2, 2, 1500*time.Millisecond) })
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
