package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"covenant/signing"
	"covenant/signing/trust"
	"covenant/templates"
	"covenant/workflow"
	"covenant/workflow/notify"
	"covenant/workflow/store"
)

// Config is what an engine needs. Store and Calendar are required.
type Config struct {
	Store    *store.Store
	Calendar *workflow.Calendar
	// Now is the clock of deadlines and events. Default: time.Now. Signatures always use the real clock.
	Now func() time.Time
	// Clock is the machine's clock, which is watched. Now goes by it, or ahead of it in demonstrations.
	Clock Clock
	// IndependentTime says what time it is, to whoever doubts the clock. Default: a time-stamp of TSA, checked against
	// Roots.
	IndependentTime func(context.Context) (time.Time, error)
	// TSA time-stamps signatures. Required by processes that sign at B-T and above.
	TSA signing.Timestamper
	// Roots are the trust anchors that signatures are verified against, each for what the store says.
	Roots *trust.Store
	// Validation gets certificates and revocation data for the finished document. Default: from the addresses that
	// certificates name, public ones only.
	Validation *signing.ValidationSource
	// Revocation says what becomes of a signature when nobody can be asked whether its certificate was revoked.
	Revocation RevocationPolicy
	// Policy says by which mechanisms signatures and seals are made; of those made elsewhere it is said where they
	// depart from it. Default: any.
	Policy signing.SignaturePolicy
	// Secret is the server's half of the protection of kept keys, 32 bytes.
	Secret []byte
	// Fonts are what documents are set in. Default: the built-in ones.
	Fonts templates.Fonts
	// PublicURL is the address under which the permanent links of QR codes are reached.
	PublicURL string
	// Mail is the server that mails go through. Without its address every mail stays queued and says why. Its
	// timeout is for the whole of one mail, 15 minutes by default: what has been on its way for twice as long was
	// being sent by a process that died.
	Mail notify.Sender
	// DoubtPause is how long a mail that may have arrived waits before the policy of its kind sends it again; the
	// second time it waits four times as long, and then for a person. Default: 6 hours.
	DoubtPause time.Duration
	// Logger receives what happens in the background. Default: nothing is logged.
	Logger *slog.Logger
}

// Engine runs covenants on one store. It is safe for concurrent use; several engines may share a database.
type Engine struct {
	Config
	letters   *notify.Composer
	cache     cache
	verdicts  verdicts
	foreseen  foreseen
	commands  turns[workflow.CovenantID] // of commands on a covenant
	documents turns[workflow.CovenantID] // of making signatures on a covenant's document
	keys      turns[keyOwner]            // of trying PINs
	previews  previews
	jobs      *store.Jobs
	node      string // names this engine among those on one database
	changed   signal
	watches   watches
	clock     clockWatch
	sending   sync.Map // keys of mails that this process is handing over, whatever the clock says of how long
	stop      context.CancelFunc
	done      chan struct{}
	rooms
}

// rooms hold what an engine does, grouped by what it is about; each works on the engine that it is part of.
type rooms struct {
	papers
	signers
	deadlines
	voting
	lineages
	registers
	watching
	bundles
	access
	doors
	outlook
	desks
}

type (
	papers    struct{ *Engine } // what is rendered: revisions, the frozen document, minutes, and the finished file
	signers   struct{ *Engine } // keys, and what is signed and sealed with them
	deadlines struct{ *Engine } // what falls due: reminders, ladders, letters, ends, daily roots
	voting    struct{ *Engine } // secret ballots and their boxes
	lineages  struct{ *Engine } // covenants that amend or renew others
	registers struct{ *Engine } // numbers, taken and given by hand
	watching  struct{ *Engine } // telling what changes
	bundles   struct{ *Engine } // evidence, for whoever checks without the installation
	access    struct{ *Engine } // access tokens of people
	doors     struct{ *Engine } // who is signed in
	desks     struct{ *Engine } // what is being written
)

// New checks the configuration and makes an engine. Nothing runs in the background until [Engine.Start].
func New(c Config) (*Engine, error) {
	if c.Store == nil || c.Calendar == nil {
		return nil, errors.New("engine: a store and a calendar are needed")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Clock = c.Clock.orDefault()
	if c.Mail.Timeout <= 0 {
		c.Mail.Timeout = notify.DefaultTimeout
	}
	if c.DoubtPause <= 0 {
		c.DoubtPause = 6 * time.Hour
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	letters, err := notify.NewComposer()
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	e := &Engine{Config: c, letters: letters, cache: newCache(), previews: newPreviews()}
	e.rooms = rooms{papers{e}, signers{e}, deadlines{e}, voting{e}, lineages{e}, registers{e}, watching{e},
		bundles{e}, access{e}, doors{e}, outlook{e}, desks{e}}
	return e, nil
}

// Meta is who gives a command and from where. Key makes it idempotent: the same key and command are carried out
// once. Without one each call is a command of its own.
type Meta struct {
	Key     string
	Actor   workflow.Actor
	Address string // network address, if any
	// Mean are the keys of the questions about the content of the command that whoever gives it answers with yes, see
	// [workflow.Meant].
	Mean []string
}

// Outcome is what a command did.
type Outcome struct {
	Covenant workflow.CovenantID `json:"covenant,omitempty"`
	Version  int64               `json:"version"`
	Kinds    []string            `json:"kinds"` // of the events it caused
	// Number is the line of the register that it wrote, with the number that it took.
	Number *workflow.RegisterEntry `json:"number,omitempty"`
	// Repeated says that the command had been carried out before under the same key.
	Repeated bool `json:"-"`
}

const maxAttempts = 50

// Do carries out a command: on a covenant, or, where the command is about the directory or the register, on that. A
// refusal is a [*workflow.Error]; nothing is recorded then.
func (e *Engine) Do(ctx context.Context, id workflow.CovenantID, cmd workflow.Command, meta Meta) (Outcome, error) {
	switch workflow.LogOf(cmd) {
	case workflow.OfDirectory:
		return e.doDirectory(ctx, cmd, meta)
	case workflow.OfRegister:
		return e.doRegister(ctx, cmd, meta)
	}
	switch cmd := cmd.(type) {
	case workflow.CastBallot:
		return e.castBallot(ctx, id, cmd, meta)
	case workflow.CloseMotion:
		return e.closeMotion(ctx, id, cmd, meta)
	case workflow.CastPollBallot:
		return e.castPollBallot(ctx, id, cmd, meta)
	case workflow.ClosePoll:
		return e.closePoll(ctx, id, cmd, meta)
	case workflow.AcceptObstacles:
		return e.acceptObstacles(ctx, id, cmd, meta)
	case workflow.EscalateStage:
		return e.escalateStage(ctx, id, cmd, meta)
	}
	return e.do(ctx, id, cmd, meta, as(cmd))
}

// build makes the command from what the transaction finds, e.g. the next number of the register.
type build func(ctx context.Context, tx *store.Tx, s workflow.State) (workflow.Command, error)

// as builds a command that is complete.
func as(cmd workflow.Command) build {
	return func(context.Context, *store.Tx, workflow.State) (workflow.Command, error) { return cmd, nil }
}

// do carries out a command on a covenant. asked is what identifies the request under its key.
func (e *Engine) do(ctx context.Context, id workflow.CovenantID, asked any, meta Meta, make build) (Outcome, error) {
	return e.doAs(ctx, id, id, asked, meta, make)
}

// doAs is do where the request does not name the covenant that it creates.
func (e *Engine) doAs(
	ctx context.Context, about, id workflow.CovenantID, asked any, meta Meta, make build,
) (Outcome, error) {
	done, err := e.commands.take(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	defer done()
	return e.once(ctx, string(about), covenantStream(id), asked, meta, func(tx *store.Tx, meta Meta) (Outcome, error) {
		return e.decide(ctx, tx, id, meta, make)
	})
}

// once is the one path of every command, from its key to the events: what was carried out under the key is answered
// as it was then; else carry does it, in one transaction with the key. Somebody was faster: the transaction starts
// again.
func (e *Engine) once(
	ctx context.Context, about string, stream store.Stream, asked any, meta Meta,
	carry func(*store.Tx, Meta) (Outcome, error),
) (Outcome, error) {
	if meta.Key == "" {
		meta.Key = uuid.NewString()
	}
	key := store.CommandKey(meta.Key)
	digest, err := commandDigest(about, meta.Actor, asked)
	if err != nil {
		return Outcome{}, err
	}
	return e.again(ctx, func(tx *store.Tx) (out Outcome, err error) {
		if err := tx.ReadAhead(ctx, key, directoryStream, stream); err != nil {
			return out, err
		}
		before, found, err := tx.Command(ctx, key, digest)
		if err != nil {
			return out, err
		}
		if found {
			out.Repeated = true
			return out, json.Unmarshal(before.Result, &out)
		}
		if out, err = carry(tx, meta); err != nil {
			return out, err
		}
		result, err := json.Marshal(out)
		if err != nil {
			return out, fmt.Errorf("command %s: %w", key, err)
		}
		return out, tx.SaveCommand(ctx, key, store.Command{Digest: digest, Result: result, At: e.Now()})
	})
}

// decideMeant asks the rules, and then whether the command can be meant as it stands.
func decideMeant(s workflow.State, meta Meta, cmd workflow.Command, now time.Time) ([]workflow.Event, error) {
	events, err := workflow.Decide(s, meta.Actor, cmd, now)
	if err != nil {
		return nil, err
	}
	return events, workflow.Meant(s, cmd, now, meta.Mean)
}

// decide reads the state, asks the rules, appends the events and does what follows from them, all inside tx.
func (e *Engine) decide(
	ctx context.Context, tx *store.Tx, id workflow.CovenantID, meta Meta, make build,
) (Outcome, error) {
	state, err := e.state(ctx, tx, id)
	if err != nil {
		return Outcome{}, err
	}
	cmd, err := make(ctx, tx, state)
	if err != nil {
		return Outcome{}, err
	}
	if state.Process == nil {
		if state.Process, err = e.processFor(ctx, cmd); err != nil {
			return Outcome{}, err
		}
	}
	now := e.Now().Truncate(time.Millisecond) // as the log keeps it
	events, err := decideMeant(state, meta, cmd, now)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Covenant: id, Version: state.Covenant.Version}
	if len(events) == 0 {
		return out, nil
	}
	if err := e.record(ctx, tx, covenantStream(id), state.Covenant.Version, now, meta, events); err != nil {
		return Outcome{}, err
	}
	after := state
	after.Covenant = state.Covenant.Clone()
	for _, event := range events {
		after.Covenant.Apply(event)
		out.Kinds = append(out.Kinds, event.Kind())
	}
	out.Version = after.Covenant.Version
	tx.OnCommit(func() {
		e.cache.putCovenant(after.Covenant)
		e.tell(id)
	})
	if err := e.follow(ctx, tx, state.Covenant, after, events, now); err != nil {
		return out, err
	}
	if err := dropBoxes(ctx, tx, state.Covenant, after.Covenant, events); err != nil {
		return out, err
	}
	if err := e.queueRequests(ctx, tx, state.Covenant, after); err != nil {
		return out, err
	}
	if err := e.endCovenant(ctx, tx, state.Covenant, after); err != nil {
		return out, err
	}
	return out, e.tellOther(ctx, tx, state.Covenant, after.Covenant, events, now, meta)
}

func (e *Engine) record(ctx context.Context, tx *store.Tx, stream store.Stream, version int64, now time.Time, meta Meta,
	events []workflow.Event) error {
	payloads := make([]store.Payload, 0, len(events))
	for _, event := range events {
		data, err := json.Marshal(event)
		if err != nil {
			return fmt.Errorf("event %s: %w", event.Kind(), err)
		}
		payloads = append(payloads, store.Payload{Kind: event.Kind(), JSON: data})
	}
	actor, onBehalf := meta.Actor.Recorded()
	_, err := tx.Append(ctx, stream, version, store.Envelope{
		At: now, Actor: actor, OnBehalf: onBehalf, Origin: string(meta.Actor.Origin()),
		Address: meta.Address, CommandKey: meta.Key,
	}, payloads)
	return err
}

// commandDigest identifies a request under its key, with who gives it: nobody is answered what somebody else's
// command did. What must not be kept, such as a secret choice, is no part of asked.
func commandDigest(about string, by workflow.Actor, asked any) ([]byte, error) {
	data, err := json.Marshal(asked)
	if err != nil {
		return nil, fmt.Errorf("command %T: %w", asked, err)
	}
	h := sha256.New()
	actor, onBehalf := by.Recorded()
	fmt.Fprintf(h, "%s\n%s\n%s\n%T\n", about, actor, onBehalf, asked)
	h.Write(data)
	return h.Sum(nil), nil
}

// pause waits a little longer after each attempt that lost a race.
func pause(ctx context.Context, attempt int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(min(attempt, 20)) * time.Millisecond):
		return nil
	}
}

func covenantStream(id workflow.CovenantID) store.Stream {
	return store.Stream("covenant/" + string(id))
}

const directoryStream store.Stream = "directory"
