package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"covenant/internal/norace"
	"covenant/signing"
	"covenant/signing/devpki"
	"covenant/testdata"
	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/engine"
	"covenant/workflow/notify/sink"
	"covenant/workflow/store"
	"covenant/workflow/store/pgtest"
)

const pin = "123456"

// office is an engine on a store of its own, with an authority that has real servers, and the block of a case.
type office struct {
	*engine.Engine
	t      testing.TB
	pki    *devpki.PKI
	block  *workflow.BlockFile
	values []byte
	mails  *sink.Server
	fault  atomic.Pointer[mailFault] // what the mail server does, if not all goes well
	ahead  atomic.Int64
	id     workflow.CovenantID
	dir    string
	url    string // of the PostgreSQL database, if any
	prefix string // of the keys of steps, for a second covenant
	forged bool   // the test wrote to the database behind the program's back
}

func newOffice(t testing.TB) *office {
	t.Helper()
	return newOfficeOn(t, "")
}

// newOfficeOn is an office on a PostgreSQL database, or on SQLite where none is named.
func newOfficeOn(t testing.TB, url string) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), url: url}
	o.mails = o.mailServer()
	files, err := fs.Sub(testdata.Cases, "block7")
	check(t, err)
	source, err := fs.ReadFile(files, "block.yaml")
	check(t, err)
	o.block, err = workflow.ParseBlockFile("block.yaml", source)
	check(t, err)
	o.values, err = fs.ReadFile(files, "covenant.yaml")
	check(t, err)
	o.pki, err = devpki.Open(filepath.Join(o.dir, "pki"), devpki.Options{})
	check(t, err)
	ctx, stop := context.WithCancel(context.Background())
	server, err := o.pki.Serve(ctx)
	check(t, err)
	t.Cleanup(func() { stop(); _ = server.Close() })
	if url == "" {
		check(t, os.WriteFile(filepath.Join(o.dir, "covenant.db"), migratedSQLite(t), 0o600))
	}
	o.open()
	return o
}

// migrated is the database that those of tests begin as: making one takes longer than many a test.
var migrated struct {
	sqlite, postgres sync.Once
	data             []byte
}

func migratedSQLite(t testing.TB) []byte {
	t.Helper()
	migrated.sqlite.Do(func() {
		dir := t.TempDir()
		migrate(t, store.Options{Dir: dir})
		var err error
		migrated.data, err = os.ReadFile(filepath.Join(dir, "covenant.db"))
		check(t, err)
	})
	return migrated.data
}

func migrate(t testing.TB, opts store.Options) {
	t.Helper()
	s, err := store.Open(context.Background(), opts)
	check(t, err)
	check(t, s.Close())
}

// eachDatabase runs the same test with an office on SQLite and with one on PostgreSQL, as two nodes would share it.
func eachDatabase(t *testing.T, test func(t *testing.T, o *office)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newOffice(t)) })
	t.Run("postgres", func(t *testing.T) {
		if testing.Short() {
			t.Skip("-short: starts no PostgreSQL")
		}
		test(t, newPostgresOffice(t))
	})
}

// shrink leaves the block a leader, a deputy, a member and the witness: a life of theirs says as much and takes
// half the time.
func (o *office) shrink() {
	o.t.Helper()
	kept := []workflow.AgencyID{"so-gddt", "so-noi-vu", "so-yte"}
	o.block.Agencies = slices.DeleteFunc(o.block.Agencies, func(a workflow.BlockFileAgency) bool {
		return a.Role != workflow.RoleWitness && !slices.Contains(kept, a.ID)
	})
	var values map[string]any
	check(o.t, yaml.Unmarshal(o.values, &values))
	units, _ := values["các_đơn_vị"].([]any)
	values["các_đơn_vị"] = slices.DeleteFunc(units, func(u any) bool {
		unit, _ := u.(map[string]any)
		id, _ := unit["mã"].(string)
		return !slices.Contains(kept, workflow.AgencyID(id))
	})
	var err error
	o.values, err = yaml.Marshal(values)
	check(o.t, err)
}

var databases atomic.Int64

// newPostgresOffice is an office whose database is on PostgreSQL.
func newPostgresOffice(t testing.TB) *office {
	t.Helper()
	c, err := pgtest.Shared()
	check(t, err)
	const template = "migrated"
	migrated.postgres.Do(func() {
		check(t, c.Create(template, "template0 LOCALE 'C.UTF-8'"))
		migrate(t, store.Options{Dir: t.TempDir(), DatabaseURL: c.URL(template)})
	})
	name := fmt.Sprintf("engine%d", databases.Add(1))
	check(t, c.Create(name, template))
	return newOfficeOn(t, c.URL(name))
}

func TestMain(m *testing.M) {
	if helper := os.Getenv("COVENANT_ENGINE_HELPER"); helper != "" {
		if err := runHelper(helper); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	pgtest.Remove()
	if err := norace.Remove(); err != nil {
		panic(err)
	}
	os.Exit(code)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (o *office) now() time.Time { return time.Now().Add(time.Duration(o.ahead.Load())) }

func (o *office) open() {
	o.t.Helper()
	s, err := store.Open(context.Background(), store.Options{Dir: o.dir, Now: o.now, DatabaseURL: o.url})
	check(o.t, err)
	calendar, err := calendar.VietnamCalendar()
	check(o.t, err)
	o.Engine, err = engine.New(engine.Config{
		Store: s, Calendar: calendar, Now: o.now, Roots: o.pki.Roots(), Secret: bytes.Repeat([]byte{7}, 32),
		TSA: &signing.TSA{URLs: []string{o.pki.TSA()}}, Validation: &signing.ValidationSource{HTTP: http.DefaultClient},
		PublicURL: "http://localhost", Mail: senderTo(o.mails),
	})
	check(o.t, err)
	check(o.t, o.Start(context.Background()))
	o.t.Cleanup(func() {
		_ = o.Stop(context.Background())
		if o.Store == s && !o.t.Failed() && !o.forged {
			rejudged(o)
		}
		_ = s.Close()
	})
}

func (o *office) as(person workflow.PersonID, step string) engine.Meta {
	return engine.Meta{Key: o.prefix + step, Actor: signedIn(person)}
}

// console may do everything in anybody's name.
var console = workflow.AtConsole("test", workflow.ConsoleEverything)

// signedIn is a person; without one it is nobody.
func signedIn(person workflow.PersonID) workflow.Actor {
	if person == "" {
		return workflow.Actor{}
	}
	return workflow.SignedIn(person)
}

// apply brings the directory in step with a block file.
func (o *office) apply(file *workflow.BlockFile) {
	o.t.Helper()
	_, err := o.Do(context.Background(), "", workflow.ApplyBlock{File: file}, engine.Meta{Actor: console})
	check(o.t, err)
}

// keep has the server keep a key under the PIN of all.
func (o *office) keep(r engine.KeyRequest) {
	o.t.Helper()
	r.PIN = pin
	_, err := o.KeepKey(context.Background(), r, engine.Meta{Actor: console})
	check(o.t, err)
}

func (o *office) who(agency workflow.AgencyID, duty workflow.Duty) workflow.PersonID {
	for _, a := range o.block.Agencies {
		for _, p := range a.People {
			if a.ID == agency && slices.Contains(p.Duties, duty) {
				return p.ID
			}
		}
	}
	o.t.Fatalf("nobody may %s for %s", duty, agency)
	return ""
}

func (o *office) state() workflow.State {
	o.t.Helper()
	s, err := o.Await(context.Background(), o.id, func(workflow.State) bool { return true })
	check(o.t, err)
	return s
}

// upTo brings the covenant to where a phase begins, the straight way.
func (o *office) upTo(phase workflow.Phase) {
	o.t.Helper()
	ctx := context.Background()
	o.apply(o.block)
	if phase != workflow.AwaitingReviews {
		o.keys()
	}
	drafter := o.who("so-gddt", workflow.DutyDraft)
	var err error
	o.id, err = o.Draft(ctx, engine.DraftRequest{
		Slug: "2026/khoi", Title: "Giao ước", Year: 2026, Block: o.block.Block.ID,
		Template: "giao-uoc-thi-dua", Values: o.values,
	}, o.as(drafter, "draft"))
	check(o.t, err)
	_, err = o.Submit(ctx, engine.SubmitRequest{Covenant: o.id, Values: o.values}, o.as(drafter, "submit"))
	check(o.t, err)
	for {
		s := o.state()
		if s.Covenant.Phase == phase {
			return
		}
		o.step(s)
	}
}

func (o *office) keys() {
	for _, a := range o.block.Agencies {
		for _, p := range a.People {
			if !slices.Contains(p.Duties, workflow.DutySign) {
				continue
			}
			id, err := o.pki.Issue(devpki.Subject{ID: string(p.ID), CommonName: p.Name, Organization: a.Name},
				devpki.Profile{})
			check(o.t, err)
			if a.Role == workflow.RoleLeader {
				seal, err := o.pki.Issue(devpki.Subject{ID: "seal", CommonName: a.Name}, devpki.Profile{})
				check(o.t, err)
				o.keep(engine.KeyRequest{Agency: a.ID, Identity: signing.Identity(seal)})
			}
			o.keep(engine.KeyRequest{Person: p.ID, Identity: signing.Identity(id)})
		}
	}
}

// step does what the covenant waits for.
func (o *office) step(s workflow.State) {
	o.t.Helper()
	ctx, c := context.Background(), s.Covenant
	var err error
	switch c.Phase {
	case workflow.AwaitingReviews:
		r, _ := c.Revision()
		a := c.Waiting[0]
		_, err = o.Do(ctx, o.id, workflow.GiveReview{Agency: a, Revision: r.Number, Manifest: r.Manifest,
			Opinion: workflow.OpinionApprove}, o.as(o.who(a, workflow.DutyReview), "review/"+string(a)))
	case workflow.AwaitingVotes:
		o.voteAll(c)
	case workflow.AwaitingNumber:
		_, err = o.IssueNumber(ctx, o.id, s.Calendar.Today(o.now()),
			o.as(o.who("so-gddt", workflow.DutyNumber), "number"))
	case workflow.AwaitingSignatures:
		_, err = o.sign(c.Waiting[0], pin)
	case workflow.AwaitingSeals:
		a := c.Waiting[0]
		by := o.who(a, workflow.DutyNumber)
		_, err = o.Seal(ctx, engine.SealRequest{Covenant: o.id, Agency: a, PIN: pin}, o.as(by, "seal/"+string(a)))
	default:
		_, err = o.Await(ctx, o.id, func(s workflow.State) bool { return s.Covenant.Phase != c.Phase })
	}
	check(o.t, err)
}

func (o *office) voteAll(c *workflow.Covenant) {
	o.t.Helper()
	for _, m := range c.Motions {
		for _, a := range m.Who {
			by := o.who(a, workflow.DutyVote)
			_, err := o.Do(context.Background(), o.id,
				workflow.CastBallot{Agency: a, Motion: m.ID, Choice: workflow.ChoiceFor},
				o.as(by, "vote/"+string(m.ID)+string(a)))
			check(o.t, err)
		}
		chair := o.who("so-gddt", workflow.DutyVote)
		_, err := o.Do(context.Background(), o.id, workflow.CloseMotion{Motion: m.ID},
			o.as(chair, "close/"+string(m.ID)))
		check(o.t, err)
	}
}

func (o *office) sign(a workflow.AgencyID, pin string) (engine.Outcome, error) {
	return o.signAt(o.Engine, a, pin)
}

func (o *office) signAt(node *engine.Engine, a workflow.AgencyID, pin string) (engine.Outcome, error) {
	by := o.who(a, workflow.DutySign)
	return node.Sign(context.Background(), engine.SignRequest{
		Covenant: o.id, Slot: workflow.SlotID(a), PIN: pin, Consented: o.state().Covenant.Frozen.PDF,
	}, o.as(by, "sign/"+string(a)))
}

// Directors at a conference press the button in the same moment: all are served, each once, on one document.
func TestAllSignAtOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingSignatures)
		for o.state().Covenant.Group < 3 { // leader and deputy, before the members
			o.step(o.state())
		}
		waiting := o.state().Covenant.Waiting
		if len(waiting) != 5 {
			t.Fatalf("%d members wait, want 5", len(waiting))
		}
		errs := make([]error, 2*len(waiting))
		var all sync.WaitGroup
		for i := range errs { // each presses twice
			all.Go(func() { _, errs[i] = o.sign(waiting[i/2], pin) })
		}
		all.Wait()
		for i, err := range errs {
			if err != nil {
				t.Errorf("%s: %v", waiting[i/2], err)
			}
		}
		if got := len(o.state().Covenant.Signed); got != 7 {
			t.Errorf("%d signatures, want 7", got)
		}
		for o.state().Covenant.Phase != workflow.AwaitingReports {
			o.step(o.state())
		}
		v, err := o.View(context.Background(), console, "2026/khoi")
		check(t, err)
		if len(v.Verdict.Results) != 10 || v.Verdict.Overall() != signing.TotalPassed {
			t.Errorf("%d signatures, %s", len(v.Verdict.Results), v.Verdict.Overall())
		}
	})
}

// An authority that fails leaves the document as it was, says so by name, and signing works when it is back.
func TestTimeStampAuthorityFails(t *testing.T) {
	o := newOffice(t)
	o.upTo(workflow.AwaitingSignatures)
	before := o.state().Covenant
	for _, fault := range []devpki.Fault{devpki.Unavailable, devpki.Drop, devpki.Refuse, devpki.WrongNonce,
		devpki.WrongImprint, devpki.Garbage} {
		o.pki.SetFault(devpki.TSA, fault)
		_, err := o.sign(before.Waiting[0], pin)
		var stamp *signing.TimestampError
		if !errors.As(err, &stamp) {
			t.Errorf("authority %s: %v; want a TimestampError", fault, err)
		}
		if got := o.state().Covenant; got.Head != before.Head || got.Version != before.Version {
			t.Errorf("authority %s: the document changed", fault)
		}
	}
	o.pki.SetFault(devpki.TSA, devpki.None)
	if _, err := o.sign(before.Waiting[0], pin); err != nil {
		t.Error(err)
	}
}

// The same command under the same key is carried out once; another command under that key is refused.
func TestCommandsAreIdempotent(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingReviews)
		c := o.state().Covenant
		r, _ := c.Revision()
		by := o.who("so-yte", workflow.DutyReview)
		cmd := workflow.GiveReview{Agency: "so-yte", Revision: 1, Manifest: r.Manifest,
			Opinion: workflow.OpinionApprove}
		first, err := o.Do(context.Background(), o.id, cmd, o.as(by, "k"))
		check(t, err)
		again, err := o.Do(context.Background(), o.id, cmd, o.as(by, "k"))
		if err != nil || !again.Repeated || again.Version != first.Version {
			t.Errorf("again: %+v, %v; want what %+v was", again, err, first)
		}
		cmd.Agency = "so-noi-vu"
		if _, err := o.Do(context.Background(), o.id, cmd, o.as(by, "k")); !errors.Is(err, store.ErrKeyReused) {
			t.Errorf("another command under the key: %v", err)
		}
	})
}

// Many people act on one covenant at once: every command is carried out exactly once, none interleaves.
func TestConcurrentReviews(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.upTo(workflow.AwaitingReviews)
		r, _ := o.state().Covenant.Revision()
		var all sync.WaitGroup
		for _, a := range o.state().Covenant.Waiting {
			by := o.who(a, workflow.DutyReview)
			all.Go(func() {
				_, err := o.Do(context.Background(), o.id,
					workflow.GiveReview{Agency: a, Revision: 1, Manifest: r.Manifest, Opinion: workflow.OpinionApprove},
					o.as(by, "review/"+string(a)))
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if c := o.state().Covenant; len(c.Reviews) != 7 || c.Phase != workflow.AwaitingVotes {
			t.Errorf("%d reviews, phase %s", len(c.Reviews), c.Phase)
		}
	})
}

// What a drafter cannot do leaves nothing behind, and says why in both languages.
func TestDraftRefusals(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		ctx := context.Background()
		o.apply(o.block)
		request := engine.DraftRequest{
			Slug: "2026/khoi", Title: "Giao ước", Year: 2026, Block: o.block.Block.ID,
			Template: "giao-uoc-thi-dua", Values: o.values,
		}
		stranger := o.who("so-yte", workflow.DutyReview)
		if _, err := o.Draft(ctx, request, o.as(stranger, "a")); workflow.ErrorCode(err) != workflow.CodeForbidden {
			t.Errorf("a stranger drafts: %v", err)
		}
		other, err := os.ReadFile("../../testdata/hanam2021/covenant.yaml")
		check(t, err)
		request.Values = other
		if _, err := o.Draft(ctx, request, o.as(o.who("so-gddt", workflow.DutyDraft),
			"b")); workflow.ErrorCode(err) != workflow.CodeInvalid {
			t.Errorf("signature cells of another block: %v", err)
		}
		list, err := o.List(ctx, console, engine.ListFilter{})
		if err != nil || len(list.Rows) != 0 {
			t.Errorf("%d covenants, %v", len(list.Rows), err)
		}
	})
}
