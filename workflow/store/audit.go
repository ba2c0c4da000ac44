package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"covenant/workflow"
	"covenant/workflow/store/db"
)

// Break is one place where the log is not what it must be.
type Break struct {
	Stream  Stream
	Version int64  // 0 where the whole stream is concerned
	Problem string // a sentence
}

func (b Break) String() string {
	return fmt.Sprintf("stream %s version %d: %s", b.Stream, b.Version, b.Problem)
}

// AuditReport is what Audit found. The time-stamps in Roots are for the caller to check.
type AuditReport struct {
	Streams, Events int
	// Console is how much was entered at the console, by user.
	Console    []workflow.ConsoleEntries
	Erased     int // pieces of personal data that were erased by right: an event says so
	OldForm    int // commitments of v0.1, which rely on the length of their salt
	Breaks     []Break
	Roots      []Root // of v0.1
	RootBreaks []string
	// Checkpoints are those of the record, Unproven how many events came after the newest. Signatures are for the
	// caller to check, like time-stamps.
	Checkpoints  []Checkpoint
	RecordBreaks []string
	Unproven     int
	SchemaBreaks []string // what keeps tables append-only and is not there
}

// OK reports whether everything agreed.
func (r AuditReport) OK() bool {
	return len(r.Breaks) == 0 && len(r.RootBreaks) == 0 && len(r.RecordBreaks) == 0 && len(r.SchemaBreaks) == 0
}

const auditPage = 1000

// Audit recomputes every chain, compares it with the recorded heads, checks every commitment, every root and every
// checkpoint, and that the tables are still kept append-only. It reads one state of the database; the error is only for
// what could not be read.
func (s *Store) Audit(ctx context.Context) (AuditReport, error) {
	var report AuditReport
	err := s.View(ctx, func(tx *Tx) error {
		return (&auditor{tx: tx, report: &report}).all(ctx)
	})
	if err != nil {
		return report, fmt.Errorf("audit: %w", err)
	}
	return report, nil
}

type auditor struct {
	tx     *Tx
	report *AuditReport
	heads  map[Stream]Head
	last   Sealed                // the event before, of whatever stream
	gone   map[Commitment]Sealed // erased personal data, with the event that named them last
	right  map[Commitment]bool   // those that an erasure names
}

// all is everything that the log itself can be asked.
func (a *auditor) all(ctx context.Context) error {
	for _, check := range []func(context.Context) error{a.chains, a.roots, a.record, a.schema} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (a *auditor) broken(stream Stream, version int64, format string, args ...any) {
	a.report.Breaks = append(a.report.Breaks, Break{stream, version, fmt.Sprintf(format, args...)})
}

// chains goes through all events by stream and version.
func (a *auditor) chains(ctx context.Context) error {
	if err := a.readHeads(ctx); err != nil {
		return err
	}
	a.gone, a.right = map[Commitment]Sealed{}, map[Commitment]bool{}
	for {
		rows, err := a.tx.q.ChainedEvents(ctx, db.ChainedEventsParams{Stream: string(a.last.Stream),
			Version: a.last.Version, Page: auditPage})
		if err != nil {
			return classify(err, "read events")
		}
		for _, r := range rows {
			e := sealedOf(db.StreamEventsRow(r))
			if e.Stream != a.last.Stream {
				a.endStream()
				a.last = Sealed{Stream: e.Stream, Hash: make([]byte, HashSize)}
			}
			if err := a.event(ctx, e); err != nil {
				return err
			}
			a.last = e
		}
		if len(rows) < auditPage {
			break
		}
	}
	a.endStream()
	for _, stream := range slices.Sorted(maps.Keys(a.heads)) {
		a.broken(stream, 0, "the stream has a head at version %d but no events", a.heads[stream].Version)
	}
	for _, c := range slices.Sorted(maps.Keys(a.gone)) {
		if e := a.gone[c]; !a.right[c] {
			a.broken(e.Stream, e.Version, "personal data %s were erased, and no event says so", c)
		}
	}
	return nil
}

// erasure notes what an event says was erased by right. Whoever owns the database can write such an event too: who did,
// and since when it is under a checkpoint, is for people to judge.
func (a *auditor) erasure(e Sealed) {
	var said Erasure
	if e.Stream != ErasureStream || e.Kind != ErasureKind || json.Unmarshal(e.Payload, &said) != nil {
		return
	}
	for _, c := range said.Commitments {
		a.right[c] = true
	}
}

func (a *auditor) readHeads(ctx context.Context) error {
	rows, err := a.tx.q.Streams(ctx, db.StreamsParams{Page: page(0)})
	if err != nil {
		return classify(err, "read heads")
	}
	a.heads = make(map[Stream]Head, len(rows))
	for _, r := range rows {
		a.heads[Stream(r.Stream)] = Head{Stream(r.Stream), r.Version, r.Hash}
	}
	return nil
}

func (a *auditor) endStream() {
	if a.last.Stream == "" {
		return
	}
	a.report.Streams++
	head, ok := a.heads[a.last.Stream]
	delete(a.heads, a.last.Stream)
	switch {
	case !ok:
		a.broken(a.last.Stream, 0, "the stream has events but no head")
	case head.Version != a.last.Version || !bytes.Equal(head.Hash, a.last.Hash):
		a.broken(a.last.Stream, a.last.Version, "the last event is not the recorded head of version %d: events are "+
			"missing, or were added or altered", head.Version)
	}
}

func (a *auditor) event(ctx context.Context, e Sealed) error {
	a.report.Events++
	a.report.Console = workflow.AddConsole(a.report.Console,
		workflow.DoerOf(e.Actor, e.OnBehalf, workflow.Origin(e.Origin)))
	if e.Version != a.last.Version+1 {
		a.broken(e.Stream, e.Version, "the event before has version %d: events are missing", a.last.Version)
	} else if !bytes.Equal(e.Prev, a.last.Hash) {
		a.broken(e.Stream, e.Version, "it follows another event than the one recorded before it")
	}
	if !bytes.Equal(e.Hash, e.Sum()) {
		a.broken(e.Stream, e.Version, "the event was altered: its hash is not that of its content")
	}
	a.erasure(e)
	commitments, err := commitmentsOf(e)
	if err != nil {
		a.broken(e.Stream, e.Version, "the payload is not JSON: %v", err)
	}
	for _, c := range commitments {
		if err := a.commitment(ctx, e, c); err != nil {
			return err
		}
	}
	return nil
}

func (a *auditor) commitment(ctx context.Context, e Sealed, c Commitment) error {
	if c.Old() {
		a.report.OldForm++
	}
	o, err := a.tx.Open(ctx, c)
	switch {
	case errors.Is(err, ErrNotFound):
		a.broken(e.Stream, e.Version, "personal data %s are missing without having been erased", c)
	case err != nil:
		return err
	case o.Erased:
		a.report.Erased++
		a.gone[c] = e
	case o.Ambiguous():
		a.broken(e.Stream, e.Version, "personal data %s are ambiguous: their salt has %d bytes and not %d, words may "+
			"have been moved between salt and text", c, len(o.Salt), saltSize)
	case !o.Holds():
		a.broken(e.Stream, e.Version, "personal data %s were altered", c)
	}
	return nil
}

// commitmentsOf collects the commitments of an event.
func commitmentsOf(e Sealed) ([]Commitment, error) {
	var found []Commitment
	if e.Address != "" {
		found = append(found, e.Address)
	}
	if !strings.Contains(string(e.Payload), `"commitment"`) {
		if !json.Valid(e.Payload) {
			return found, errors.New("malformed")
		}
		return found, nil
	}
	v, err := parseJSON(e.Payload)
	if err != nil {
		return found, err
	}
	_, err = unseal(v, func(c Commitment) (opening, error) {
		found = append(found, c)
		return opening{}, nil
	})
	return found, err
}

// roots recomputes each root from the events up to its position.
func (a *auditor) roots(ctx context.Context) (err error) {
	if a.report.Roots, err = a.tx.Roots(ctx); err != nil {
		return err
	}
	previous := make([]byte, HashSize)
	replay := headReplay{tx: a.tx, heads: map[Stream]Head{}}
	for _, root := range a.report.Roots {
		if !bytes.Equal(root.Previous, previous) {
			a.report.RootBreaks = append(a.report.RootBreaks,
				fmt.Sprintf("root of %s does not follow the one before", root.Day))
		}
		previous = root.Digest()
		heads, err := replay.at(ctx, root.Position)
		if err != nil {
			return err
		}
		if len(heads) != root.Size || !bytes.Equal(MerkleRoot(leafHashes(heads)), root.Hash) {
			a.report.RootBreaks = append(a.report.RootBreaks,
				fmt.Sprintf("root of %s is not that of the events that it covers", root.Day))
		}
	}
	return nil
}

// Contains compares the log with a root that was kept outside: up to its position the log must give that very root. The
// result says what does not agree; nothing when the log still contains it.
func (s *Store) Contains(ctx context.Context, root Root) (problems []string, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		last, err := tx.q.LastPosition(ctx)
		if err != nil {
			return classify(err, "last position")
		}
		if last < root.Position {
			problems = append(problems, fmt.Sprintf("the log ends at position %d, the root of %s covers it up to "+
				"%d: events are missing", last, root.Day, root.Position))
			return nil
		}
		replay := headReplay{tx: tx, heads: map[Stream]Head{}}
		heads, err := replay.at(ctx, root.Position)
		if err != nil {
			return err
		}
		if len(heads) != root.Size || !bytes.Equal(MerkleRoot(leafHashes(heads)), root.Hash) {
			problems = append(problems, fmt.Sprintf("the events up to position %d do not give the root of %s: "+
				"events were altered, added or removed", root.Position, root.Day))
		}
		row, found, err := wrapOne(tx.q.Root(ctx, root.Day))("root of " + root.Day)
		if err == nil && (!found || !bytes.Equal(rootOf(row).Digest(), root.Digest())) {
			problems = append(problems, fmt.Sprintf("the log's own root of %s is missing or another one", root.Day))
		}
		return err
	})
	return problems, err
}

// headReplay follows the heads through the log, in one pass over all roots.
type headReplay struct {
	tx       *Tx
	heads    map[Stream]Head
	position int64
}

func (r *headReplay) at(ctx context.Context, position int64) ([]Head, error) {
	for r.position < position {
		rows, err := r.tx.q.EventHashes(ctx, db.EventHashesParams{After: r.position, Last: position, Page: auditPage})
		if err != nil {
			return nil, classify(err, "read events")
		}
		for _, row := range rows {
			stream := Stream(row.Stream)
			if row.Version > r.heads[stream].Version {
				r.heads[stream] = Head{stream, row.Version, row.Hash}
			}
			r.position = row.Position
		}
		if len(rows) < auditPage {
			r.position = position
		}
	}
	heads := make([]Head, 0, len(r.heads))
	for _, stream := range slices.Sorted(maps.Keys(r.heads)) {
		heads = append(heads, r.heads[stream])
	}
	return heads, nil
}
