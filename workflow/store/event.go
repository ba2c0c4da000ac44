package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"covenant/workflow/store/db"
)

// Stream names one chain of events, for example one covenant.
type Stream string

// AnyVersion tells Append to go on from whatever the head is.
const AnyVersion int64 = -1

// HashSize is the length of the hashes of a chain.
const HashSize = sha256.Size

// Envelope is who did something, for whom, when and from where; it is part of the event's hash.
type Envelope struct {
	At         time.Time // kept to the millisecond
	Actor      string    // who acted: a person, account or the system
	OnBehalf   string    // for whom, where a delegation or proxy was used
	Origin     string    // the way in: web, api, cli, job
	Address    string    // network address; personal data, so only its commitment enters the chain
	CommandKey string    // the idempotency key of the command that decided this
}

// Payload is what happened: a kind and a JSON object.
type Payload struct {
	Kind string
	JSON json.RawMessage
}

// Recorded is an event as the log holds it.
type Recorded struct {
	Position int64 // place in the whole log, rising, with gaps
	Stream   Stream
	Version  int64 // place in the stream: 1, 2, 3 …
	Envelope
	Payload // with personal data put back
	Sealed  Sealed
}

// Sealed is the form of an event that is hashed: personal data are commitments. It verifies without the database.
type Sealed struct {
	Stream     Stream          `json:"stream"`
	Version    int64           `json:"version"`
	AtMillis   int64           `json:"at"`
	Actor      string          `json:"actor"`
	OnBehalf   string          `json:"on_behalf"`
	Origin     string          `json:"origin"`
	Address    Commitment      `json:"address"`
	CommandKey string          `json:"command_key"`
	Kind       string          `json:"kind"`
	Payload    json.RawMessage `json:"payload"`
	Prev       []byte          `json:"prev"` // hash of the event before; 32 zero bytes for the first
	Hash       []byte          `json:"hash"`
}

// UnmarshalJSON reads what json.Marshal wrote, and brings the payload back to the canonical form that is hashed.
func (e *Sealed) UnmarshalJSON(data []byte) error {
	type plain Sealed
	if err := json.Unmarshal(data, (*plain)(e)); err != nil {
		return err
	}
	payload, err := Canonical(e.Payload)
	e.Payload = payload
	return err
}

// Sum computes the hash: SHA-256 over the previous hash and the canonical JSON of all other fields. Payload must be
// canonical already.
func (e *Sealed) Sum() []byte {
	image := e.image()
	h := sha256.New()
	h.Write(e.Prev)
	h.Write(image)
	return h.Sum(nil)
}

// image is the canonical JSON of the event: the keys stand here in their sorted order.
func (e *Sealed) image() []byte {
	out := make([]byte, 0, 256+len(e.Payload))
	out = appendString(append(out, `{"actor":`...), e.Actor)
	out = appendString(append(out, `,"address":`...), string(e.Address))
	out = fmt.Appendf(out, `,"at":%d`, e.AtMillis)
	out = appendString(append(out, `,"command_key":`...), e.CommandKey)
	out = appendString(append(out, `,"kind":`...), e.Kind)
	out = appendString(append(out, `,"on_behalf":`...), e.OnBehalf)
	out = appendString(append(out, `,"origin":`...), e.Origin)
	out = append(append(out, `,"payload":`...), e.Payload...)
	out = appendString(append(out, `,"stream":`...), string(e.Stream))
	return fmt.Appendf(out, `,"version":%d}`, e.Version)
}

// VerifyChain checks events that follow each other in one stream: versions without gap, each prev the hash before,
// each hash right. The first event's prev is taken as given unless its version is 1.
func VerifyChain(events []Sealed) error {
	for i := range events {
		e := &events[i]
		switch {
		case e.Version == 1 && !bytes.Equal(e.Prev, make([]byte, HashSize)):
			return fmt.Errorf("stream %s version 1: does not begin the chain", e.Stream)
		case i > 0 && (e.Stream != events[i-1].Stream || e.Version != events[i-1].Version+1):
			return fmt.Errorf("stream %s version %d: does not follow version %d", e.Stream, e.Version,
				events[i-1].Version)
		case i > 0 && !bytes.Equal(e.Prev, events[i-1].Hash):
			return fmt.Errorf("stream %s version %d: holds another hash of the event before", e.Stream, e.Version)
		case !bytes.Equal(e.Hash, e.Sum()):
			return fmt.Errorf("stream %s version %d: was altered", e.Stream, e.Version)
		}
	}
	return nil
}

// Head is the last version of a stream and its hash.
type Head struct {
	Stream  Stream
	Version int64  // 0: the stream does not exist
	Hash    []byte // 32 bytes; zeros when the stream does not exist
}

// Head reads a stream's head. A stream that does not exist has version 0.
func (tx *Tx) Head(ctx context.Context, stream Stream) (Head, error) {
	if head, ok := tx.ahead.heads[stream]; ok {
		return head, nil
	}
	row, found, err := wrapOne(tx.q.StreamHead(ctx, string(stream)))("head of stream " + string(stream))
	if err != nil {
		return Head{}, err
	}
	head := Head{Stream: stream, Hash: make([]byte, HashSize)}
	if found {
		head.Version, head.Hash = row.Version, row.Hash
	}
	tx.ahead.keepHead(head)
	return head, nil
}

// wrapOne is one with the message given last, so that a query's two results can be passed straight in.
func wrapOne[T any](v T, err error) func(about string) (T, bool, error) {
	return func(about string) (T, bool, error) { return one(v, err, about) }
}

// Append adds events to the end of a stream whose version must be expected (0 for a new stream, AnyVersion
// for whatever it is). It returns them as recorded, or ErrConflict if the stream has moved on.
func (tx *Tx) Append(
	ctx context.Context, stream Stream, expected int64, env Envelope, payloads []Payload,
) ([]Recorded, error) {
	about := fmt.Sprintf("append to stream %s at version %d", stream, expected)
	if !tx.writes {
		return nil, fmt.Errorf("%s: %w", about, ErrReadOnly)
	}
	if err := checkAppend(stream, env, payloads); err != nil {
		return nil, fmt.Errorf("%s: %w", about, err)
	}
	if expected == AnyVersion { // writers take turns instead of failing; a stream that is new has no row to lock
		if _, err := tx.q.LockStream(ctx, string(stream)); err != nil {
			return nil, classify(err, about)
		}
		delete(tx.ahead.heads, stream)
	}
	head := Head{Stream: stream, Hash: make([]byte, HashSize)}
	if expected != 0 { // whether a new stream is new, inserting its head will tell
		var err error
		if head, err = tx.Head(ctx, stream); err != nil {
			return nil, err
		}
	}
	if expected != AnyVersion && head.Version != expected {
		return nil, fmt.Errorf("%s (it is at %d): %w", about, head.Version, ErrConflict)
	}
	events, openings, err := chain(head, env, payloads)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", about, err)
	}
	last := events[len(events)-1].Sealed
	if err := tx.moveHead(ctx, head, last); err != nil {
		return nil, fmt.Errorf("%s: %w", about, err)
	}
	tx.ahead.keepHead(Head{Stream: stream, Version: last.Version, Hash: last.Hash})
	if err := tx.saveOpenings(ctx, stream, env.At, openings); err != nil {
		return nil, fmt.Errorf("%s: %w", about, err)
	}
	return events, classify(inPages(events, 16, func(some []Recorded) error { return tx.insertEvents(ctx, some) }),
		about)
}

// insertEvents inserts events in one statement and fills in their positions.
func (tx *Tx) insertEvents(ctx context.Context, events []Recorded) (err error) {
	if len(events) == 1 {
		events[0].Position, err = tx.q.InsertEvent(ctx, insertParams(&events[0].Sealed))
		return err
	}
	const columns = 12
	args := make([]any, 0, columns*len(events))
	for i := range events {
		p := insertParams(&events[i].Sealed)
		args = append(args, p.Stream, p.Version, p.At, p.Actor, p.OnBehalf, p.Origin, p.Address, p.CommandKey, p.Kind,
			p.Payload, p.Prev, p.Hash)
	}
	rows, err := tx.tx.QueryContext(ctx, "INSERT INTO events (stream, version, at, actor, on_behalf, origin, "+
		"address, command_key, kind, payload, prev, hash) VALUES "+
		tx.tuples(len(events), columns, "")+" RETURNING version, position", args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err reports
	for rows.Next() {
		var version, position int64
		if err := rows.Scan(&version, &position); err != nil {
			return err
		}
		events[version-events[0].Version].Position = position
	}
	return rows.Err()
}

func checkAppend(stream Stream, env Envelope, payloads []Payload) error {
	switch {
	case stream == "":
		return errors.New("no stream named")
	case len(payloads) == 0:
		return errors.New("no events given")
	case env.At.IsZero():
		return errors.New("no time given")
	case env.Actor == "":
		return errors.New("no actor given")
	}
	for _, p := range payloads {
		if p.Kind == "" {
			return errors.New("an event without kind")
		}
	}
	return nil
}

// chain seals the payloads and links them to head.
func chain(head Head, env Envelope, payloads []Payload) ([]Recorded, []opening, error) {
	var openings []opening
	var address Commitment
	if env.Address != "" {
		o, err := commit("", env.Address)
		if err != nil {
			return nil, nil, fmt.Errorf("address: %w", err)
		}
		address, openings = o.commitment, append(openings, o)
	}
	env.At = instant(millis(env.At))
	events := make([]Recorded, len(payloads))
	prev := head.Hash
	for i, p := range payloads {
		sealed, clear, err := sealPayload(p.JSON, &openings)
		if err != nil {
			return nil, nil, fmt.Errorf("event %s: %w", p.Kind, err)
		}
		e := Sealed{Stream: head.Stream, Version: head.Version + int64(i) + 1, AtMillis: millis(env.At),
			Actor:    env.Actor,
			OnBehalf: env.OnBehalf, Origin: env.Origin, Address: address, CommandKey: env.CommandKey, Kind: p.Kind,
			Payload: sealed, Prev: prev}
		e.Hash = e.Sum()
		prev = e.Hash
		events[i] = Recorded{Stream: e.Stream, Version: e.Version, Envelope: env, Payload: Payload{p.Kind, clear},
			Sealed: e}
	}
	return events, openings, nil
}

// sealPayload gives the canonical JSON of a payload, sealed and in clear.
func sealPayload(data []byte, openings *[]opening) (sealed, clear []byte, err error) {
	v, err := parseJSON(data)
	if err != nil {
		return nil, nil, err
	}
	if clear, err = appendCanonical(nil, v); err != nil {
		return nil, nil, err
	}
	if !bytes.Contains(clear, []byte(`"personal"`)) && !bytes.Contains(clear, []byte(`"commitment"`)) {
		return clear, clear, nil // nothing that seal would look at
	}
	if v, err = seal(v, openings); err != nil {
		return nil, nil, err
	}
	sealed, err = appendCanonical(nil, v)
	return sealed, clear, err
}

// moveHead sets the head before any event is inserted: on PostgreSQL its row lock serialises writers of the
// stream, and BuildRoot relies on positions being taken only under it.
func (tx *Tx) moveHead(ctx context.Context, from Head, last Sealed) error {
	var n int64
	var err error
	if from.Version == 0 {
		n, err = tx.q.StartStream(ctx, db.StartStreamParams{Stream: string(last.Stream), Version: last.Version,
			Hash: last.Hash, UpdatedAt: last.AtMillis})
	} else {
		n, err = tx.q.MoveStream(ctx, db.MoveStreamParams{Stream: string(last.Stream), Version: last.Version,
			Hash: last.Hash, UpdatedAt: last.AtMillis, Expected: from.Version})
	}
	if err == nil && n == 0 {
		return ErrConflict
	}
	return classify(err, "")
}

func insertParams(e *Sealed) db.InsertEventParams {
	return db.InsertEventParams{Stream: string(e.Stream), Version: e.Version, At: e.AtMillis, Actor: e.Actor,
		OnBehalf: e.OnBehalf, Origin: e.Origin, Address: string(e.Address), CommandKey: e.CommandKey, Kind: e.Kind,
		Payload: string(e.Payload), Prev: e.Prev, Hash: e.Hash}
}

func sealedOf(r db.StreamEventsRow) Sealed {
	return Sealed{Stream: Stream(r.Stream), Version: r.Version, AtMillis: r.At, Actor: r.Actor, OnBehalf: r.OnBehalf,
		Origin: r.Origin, Address: Commitment(r.Address), CommandKey: r.CommandKey, Kind: r.Kind,
		Payload: json.RawMessage(r.Payload), Prev: r.Prev, Hash: r.Hash}
}

// Events reads a stream from a version on (1 for all), in order.
func (tx *Tx) Events(ctx context.Context, stream Stream, from int64) ([]Recorded, error) {
	rows, err := tx.q.StreamEvents(ctx, db.StreamEventsParams{Stream: string(stream), Version: from})
	if err != nil {
		return nil, classify(err, "events of stream "+string(stream))
	}
	known, err := tx.openingsOf(ctx, stream, rows)
	if err != nil {
		return nil, err
	}
	return tx.recorded(ctx, rows, known)
}

// AllEvents reads the whole log in the order of positions, at most limit events after a position. On PostgreSQL it
// stops before events of transactions that were open or later when this one began, so that a reader who
// goes on from the last position misses nothing.
func (tx *Tx) AllEvents(ctx context.Context, after int64, limit int) ([]Recorded, error) {
	rows, err := tx.q.SettledEvents(ctx, db.SettledEventsParams{After: after, Page: page(limit)})
	if err != nil {
		return nil, classify(err, fmt.Sprintf("events after position %d", after))
	}
	return tx.recorded(ctx, convert(rows, func(r db.SettledEvent) db.StreamEventsRow { return db.StreamEventsRow(r) }),
		nil)
}

func (tx *Tx) recorded(
	ctx context.Context, rows []db.StreamEventsRow, known map[Commitment]opening,
) ([]Recorded, error) {
	lookup := tx.openings(ctx, known)
	events := make([]Recorded, len(rows))
	for i, r := range rows {
		e, err := record(r, lookup)
		if err != nil {
			return nil, fmt.Errorf("stream %s version %d: %w", r.Stream, r.Version, err)
		}
		events[i] = e
	}
	return events, nil
}

func record(r db.StreamEventsRow, lookup func(Commitment) (opening, error)) (Recorded, error) {
	e := Recorded{Position: r.Position, Stream: Stream(r.Stream), Version: r.Version, Sealed: sealedOf(r),
		Envelope: Envelope{At: instant(r.At), Actor: r.Actor, OnBehalf: r.OnBehalf, Origin: r.Origin,
			CommandKey: r.CommandKey},
		Payload: Payload{Kind: r.Kind, JSON: json.RawMessage(r.Payload)}}
	if r.Address != "" {
		o, err := lookup(e.Sealed.Address)
		if err != nil {
			return Recorded{}, err
		}
		e.Address = o.text
	}
	if !strings.Contains(r.Payload, `"commitment"`) && !strings.Contains(r.Payload, `"erased"`) {
		return e, nil
	}
	v, err := parseJSON([]byte(r.Payload))
	if err != nil {
		return Recorded{}, &storeError{ErrCorrupt, err}
	}
	if v, err = unseal(v, lookup); err != nil {
		return Recorded{}, err
	}
	e.JSON, err = appendCanonical(nil, v)
	return e, err
}

// LastEventTime is the time of the event recorded last, over all streams; found is false on an empty log.
func (tx *Tx) LastEventTime(ctx context.Context) (at time.Time, found bool, err error) {
	ms, found, err := wrapOne(tx.q.LastEventTime(ctx))("time of the last event")
	return instant(ms), found, err
}

// page turns a limit into a parameter: 0 or less means all.
func page(limit int) int32 {
	const all = 1<<31 - 1
	if limit <= 0 || limit > all {
		return all
	}
	return int32(limit)
}
