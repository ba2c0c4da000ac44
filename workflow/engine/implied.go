package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"covenant/workflow"
	"covenant/workflow/store"
)

// implied is what the log of a covenant implies beside its rows: kept files, ballots, numbers, duties and when their
// steps
// fall due. It is made of the events alone, so that it can be compared with what is kept, and made anew.
type implied struct {
	state       workflow.State
	files       map[workflow.Digest]string // with the event that names it
	ballots     map[string][]string        // of counted secret votes, by their box
	numbers     map[store.NumberKey]store.Number
	obligations map[string]store.Obligation
	occurrences map[store.OccurrenceID]store.Occurrence // settled where an event says so
	last        time.Time
}

// implies folds the log of a covenant. The directory plays no part: nothing that is implied depends on it.
func (e *Engine) implies(ctx context.Context, tx *store.Tx, stream store.Stream) (*implied, error) {
	recorded, err := tx.Events(ctx, stream, 1)
	if err != nil {
		return nil, err
	}
	i := &implied{
		state: workflow.State{Covenant: &workflow.Covenant{}, Calendar: e.Calendar, Directory: workflow.NewDirectory()},
		files: map[workflow.Digest]string{}, ballots: map[string][]string{},
		numbers:     map[store.NumberKey]store.Number{},
		obligations: map[string]store.Obligation{}, occurrences: map[store.OccurrenceID]store.Occurrence{},
	}
	for len(recorded) > 0 {
		n := 1
		for n < len(recorded) && recorded[n].CommandKey == recorded[0].CommandKey &&
			recorded[n].At.Equal(recorded[0].At) {
			n++
		}
		if err := e.impliesCommand(ctx, i, recorded[:n]); err != nil {
			return nil, err
		}
		recorded = recorded[n:]
	}
	return i, nil
}

// impliesCommand adds what the events of one command imply.
func (e *Engine) impliesCommand(ctx context.Context, i *implied, recorded []store.Recorded) error {
	var events []workflow.Event
	for _, r := range recorded {
		event, err := workflow.DecodeEvent(r.Kind, r.JSON)
		if err != nil {
			return fmt.Errorf("%s version %d: %w", r.Stream, r.Version, err)
		}
		events, i.last = append(events, event), r.At
		if drafted, ok := event.(workflow.Drafted); ok {
			if i.state.Process, err = e.process(ctx, drafted.Process); err != nil {
				return err
			}
		}
		i.number(event) // before it is applied: the key of a number counts those that were voided
		i.state.Covenant.Apply(event)
	}
	for k, event := range events {
		i.keeps(event, fmt.Sprintf("%s version %d (%s)", recorded[k].Stream, recorded[k].Version, event.Kind()))
		if err := e.owes(i, event, recorded[k].At); err != nil {
			return err
		}
	}
	steps, err := e.ladder(i.state, events)
	if err != nil {
		return err
	}
	i.schedule(steps)
	if c := i.state.Covenant; c.Phase.Ended() && c.Phase != workflow.PhaseAdopted {
		for id, o := range i.occurrences {
			if _, minutes := minutesArgs(o); o.State == store.OccurrencePending && !minutes {
				i.settle(id, store.OccurrenceSkipped, i.last, "the covenant is "+c.Phase.Words("en"))
			}
		}
	}
	return nil
}

// keeps notes the files and ballots that an event names.
func (i *implied) keeps(event workflow.Event, where string) {
	for _, digest := range workflow.FilesOf(event) {
		i.files[digest] = where
	}
	c := i.state.Covenant
	if box, named := counted(c.ID, event); box != "" {
		i.ballots[box] = named
	}
}

// number notes what an event makes of a number of the register.
func (i *implied) number(event workflow.Event) {
	c := i.state.Covenant
	switch e := event.(type) {
	case workflow.NumberIssued:
		key := numberKey(c.ID, len(c.Voided))
		i.numbers[key] = store.Number{Book: e.Book, Year: e.Year, Number: int64(e.Number), Covenant: string(c.ID),
			Key:   key,
			State: store.NumberIssued}
	case workflow.NumberVoided:
		key := numberKey(c.ID, len(c.Voided))
		n := i.numbers[key]
		n.State = store.NumberVoid
		i.numbers[key] = n
	}
}

// owes notes the duties that an event begins, and the steps that it carries out.
func (e *Engine) owes(i *implied, event workflow.Event, at time.Time) error {
	c := i.state.Covenant
	switch event := event.(type) {
	case workflow.ReportingOpened:
		obligations, ladder, err := e.reportDuties(i.state, event)
		if err != nil {
			return err
		}
		for _, o := range obligations {
			i.obligations[o.ID] = o
		}
		i.schedule(ladder)
	case workflow.ConferenceClosed, workflow.Ranked:
		i.schedule([]store.Occurrence{minutesOf(c, event, at)})
	case workflow.Reminded:
		stage, _ := i.state.Process.OfKind(workflow.StageReport)
		id := store.OccurrenceID{Obligation: obligationKey(c.ID, event.Obligation), Period: string(event.Period),
			Rung: rungIndex(stage, event.Obligation, event.Rung)}
		i.carried(id, len(event.To) > 0, at, "every report is in")
	case workflow.StageEscalated:
		args := EscalateArgs{Covenant: c.ID, Stage: event.Stage, Opening: event.Opening, Extension: event.Extension,
			Rung: event.Rung, Index: ladderIndex(i.state, event.Stage, event.Rung)}
		i.carried(args.occurrence(), len(event.To) > 0, at, "this step writes to nobody")
	case workflow.MinutesKept:
		args := MinutesArgs{Covenant: c.ID, Stage: event.Stage}
		if !event.Opened.IsZero() {
			args.Opened = event.Opened.UTC().Format(time.RFC3339Nano)
		}
		i.settle(args.occurrence(), store.OccurrenceSkipped, at, "the minutes are kept")
	}
	return nil
}

func (i *implied) schedule(all []store.Occurrence) {
	for _, o := range all {
		if have, there := i.occurrences[o.OccurrenceID]; !there || have.State == store.OccurrencePending {
			o.State = store.OccurrencePending
			i.occurrences[o.OccurrenceID] = o
		}
	}
}

// carried settles a step that was carried out: as sent where it wrote to somebody.
func (i *implied) carried(id store.OccurrenceID, wrote bool, at time.Time, otherwise string) {
	if wrote {
		i.settle(id, store.OccurrenceSent, at, "")
		return
	}
	i.settle(id, store.OccurrenceSkipped, at, otherwise)
}

func (i *implied) settle(id store.OccurrenceID, state store.OccurrenceState, at time.Time, reason string) {
	if o, ok := i.occurrences[id]; ok && o.State == store.OccurrencePending {
		o.State, o.SettledAt, o.Reason = state, at, reason
		i.occurrences[id] = o
	}
}

// AuditImplied walks from the log to all that it implies, and says what is missing or differs: files by their digest,
// ballots, numbers of the register, duties and the steps that fall due, rows. It reads every kept file that a log
// names.
func (e *Engine) AuditImplied(ctx context.Context) (problems []string, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) error {
		streams, err := tx.Streams(ctx)
		if err != nil {
			return err
		}
		now, found, err := tx.LastEventTime(ctx) // a demonstration's clock may be ahead of the real one
		if err != nil {
			return err
		}
		if clock := e.Now(); !found || now.Before(clock) {
			now = clock
		}
		a := &impliedAudit{e: e, tx: tx, now: now, read: map[workflow.Digest]string{},
			boxes: map[string]bool{}}
		for _, stream := range streams {
			if !strings.HasPrefix(string(stream), "covenant/") {
				continue
			}
			if err := a.covenant(ctx, stream); err != nil {
				return err
			}
		}
		if err := a.register(ctx); err != nil {
			return err
		}
		if err := a.otherBallots(ctx); err != nil {
			return err
		}
		problems = a.problems
		return nil
	})
	return problems, err
}

type impliedAudit struct {
	e        *Engine
	tx       *store.Tx
	now      time.Time
	read     map[workflow.Digest]string // files that were read, with what is wrong with them
	boxes    map[string]bool            // of secret votes that the log knows
	untold   bool                       // of some covenant it is not known which votes there were
	problems []string
}

func (a *impliedAudit) found(format string, args ...any) {
	a.problems = append(a.problems, fmt.Sprintf(format, args...))
}

func (a *impliedAudit) covenant(ctx context.Context, stream store.Stream) error {
	i, err := a.e.implies(ctx, a.tx, stream)
	if err != nil { // most likely its process is missing
		if ctx.Err() != nil {
			return ctx.Err()
		}
		a.found("%s: what it implies cannot be told: %v", stream, err)
		a.untold = true
		return nil
	}
	for _, digest := range slices.SortedFunc(maps.Keys(i.files), func(x, y workflow.Digest) int {
		return strings.Compare(i.files[x], i.files[y])
	}) {
		if problem := a.file(ctx, digest); problem != "" {
			a.found("%s: the file %s %s", i.files[digest], digest, problem)
		}
	}
	for _, check := range []func(context.Context, *implied) error{
		a.document, a.row, a.ballots, a.numbers, a.duties,
	} {
		if err := check(ctx, i); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// file reads a kept file once, and says what is wrong with it.
func (a *impliedAudit) file(ctx context.Context, digest workflow.Digest) string {
	problem, known := a.read[digest]
	if !known {
		data, err := a.e.readBlob(ctx, digest)
		switch {
		case err != nil:
			problem = fmt.Sprintf("cannot be read: %v", err)
		case workflow.DigestOf(data) != digest:
			problem = "was altered"
		}
		a.read[digest] = problem
	}
	return problem
}

// document checks that the newest version is the frozen file and signatures.
func (a *impliedAudit) document(ctx context.Context, i *implied) error {
	c := i.state.Covenant
	if c.Frozen == nil || c.Head.IsZero() || a.file(ctx, c.Head) != "" {
		return nil
	}
	report, err := a.e.verdict(ctx, c)
	if err != nil {
		a.found("%s: its document cannot be verified: %v", c.Slug, err)
		return ctx.Err()
	}
	if text := report.Base.Text(); !text.IsZero() {
		a.found("%s: %s", c.Slug, text.English)
	}
	return nil
}

// row checks that lists show the covenant as the log has it.
func (a *impliedAudit) row(ctx context.Context, i *implied) error {
	c := i.state.Covenant
	row, err := a.tx.CovenantBySlug(ctx, c.Slug)
	if errors.Is(err, store.ErrNotFound) || err == nil && (row.ID != string(c.ID) || row.Version != c.Version ||
		row.Status != string(c.Phase)) {
		a.found("%s: its row is missing or says something else than the log; run covenant rebuild", c.Slug)
		err = nil
	}
	return err
}

func (a *impliedAudit) ballots(ctx context.Context, i *implied) error {
	for _, box := range slices.Sorted(maps.Keys(i.ballots)) {
		a.boxes[box] = true
		more, err := auditCount(ctx, a.tx, i.state.Covenant.Slug, box, i.ballots[box])
		if err != nil {
			return err
		}
		a.problems = append(a.problems, more...)
	}
	boxes := openBoxes(i.state.Covenant)
	for _, key := range slices.Sorted(maps.Keys(boxes)) {
		a.boxes[key] = true
		ballots, err := a.tx.Box(ctx, key)
		if err != nil {
			return err
		}
		if len(ballots) != boxes[key] {
			a.found("%s, box %s: %d agencies took part, %d ballots lie in the box", i.state.Covenant.Slug, key,
				boxes[key],
				len(ballots))
		}
	}
	return nil
}

// otherBallots finds ballots of votes that no log knows.
func (a *impliedAudit) otherBallots(ctx context.Context) error {
	if a.untold {
		return nil
	}
	kept, err := a.tx.Boxes(ctx)
	for _, box := range kept {
		if !a.boxes[box] {
			a.found("box %s: there are ballots, but the log knows no such vote", box)
		}
	}
	return err
}

// ballotProblems holds all kept ballots against the logs.
func (e voting) ballotProblems(ctx context.Context, tx *store.Tx) ([]string, error) {
	streams, err := tx.Streams(ctx)
	if err != nil {
		return nil, err
	}
	a := &impliedAudit{e: e.Engine, tx: tx, boxes: map[string]bool{}}
	for _, stream := range streams {
		if !strings.HasPrefix(string(stream), "covenant/") {
			continue
		}
		i, err := e.implies(ctx, tx, stream)
		if err == nil {
			err = a.ballots(ctx, i)
		}
		if err != nil {
			return nil, err
		}
	}
	return a.problems, a.otherBallots(ctx)
}

func (a *impliedAudit) numbers(ctx context.Context, i *implied) error {
	for _, key := range slices.Sorted(maps.Keys(i.numbers)) {
		want := i.numbers[key]
		have, there, err := a.tx.NumberByKey(ctx, key)
		if err != nil {
			return err
		}
		if !there || have.Book != want.Book || have.Year != want.Year || have.Number != want.Number ||
			have.Covenant != want.Covenant || have.State != want.State {
			a.found("%s: number %d of %s/%d is not in the register as the log has it (%s)", i.state.Covenant.Slug,
				want.Number,
				want.Book, want.Year, want.State)
		}
	}
	return nil
}

// duties compares duties and their steps. A step is settled by an event, by the end of the covenant, or where the rules
// refused it when it fell due, which no event tells.
func (a *impliedAudit) duties(ctx context.Context, i *implied) error {
	c := i.state.Covenant
	obligations, err := a.tx.Obligations(ctx, string(c.ID))
	if err != nil {
		return err
	}
	for _, o := range obligations {
		if want, ok := i.obligations[o.ID]; !ok || want.Kind != o.Kind || want.Schedule != o.Schedule {
			a.found("%s: the duty %s is not one that the log implies; run covenant rebuild", c.Slug, o.ID)
		}
	}
	if missing := len(i.obligations) - len(obligations); missing > 0 {
		a.found("%s: %d duties are missing; run covenant rebuild", c.Slug, missing)
	}
	have, err := a.tx.OccurrencesOf(ctx, string(c.ID))
	if err != nil {
		return err
	}
	seen := 0
	for _, o := range have {
		want, ok := i.occurrences[o.OccurrenceID]
		switch _, minutes := minutesArgs(o); {
		case !ok || o.Kind != want.Kind, !minutes && !o.Due.Equal(want.Due) &&
			(o.State == store.OccurrencePending || want.State == store.OccurrencePending):
			// What was carried out may have been due by a calendar of before.
			a.found("%s: the step %s is not one that the log implies; run covenant rebuild", c.Slug, o.OccurrenceID)
		case o.State != store.OccurrencePending && want.State == store.OccurrencePending && o.Due.After(a.now):
			a.found("%s: the step %s is settled before it is due; run covenant rebuild", c.Slug, o.OccurrenceID)
			seen++
		default:
			seen++
		}
	}
	if missing := len(i.occurrences) - seen; missing > 0 {
		a.found("%s: %d steps that fall due are missing; run covenant rebuild", c.Slug, missing)
	}
	return nil
}

// register holds the numbers that clerks took and gave by hand against the register.
func (a *impliedAudit) register(ctx context.Context) error {
	want := map[workflow.RegisterEntry]store.NumberState{}
	err := fold(ctx, a.tx, registerStream, 0, func(event workflow.Event) {
		switch e := event.(type) {
		case workflow.NumberReserved:
			want[e.RegisterEntry] = store.NumberReserved
		case workflow.NumberEntered:
			want[e.RegisterEntry] = store.NumberIssued
		case workflow.NumberExplained:
			want[e.RegisterEntry] = store.NumberVoid
		}
	})
	if err != nil {
		return err
	}
	books := map[store.Book]map[int64]store.Number{}
	for entry, state := range want {
		book := store.Book{Book: entry.Book, Year: entry.Year}
		if books[book] == nil {
			rows, err := a.tx.NumbersOfBook(ctx, entry.Book, entry.Year)
			if err != nil {
				return err
			}
			books[book] = map[int64]store.Number{}
			for _, row := range rows {
				books[book][row.Number] = row
			}
		}
		if n := books[book][int64(entry.Number)]; n.State != state {
			a.found("number %d of %s/%d, taken by hand, is not in the register as the log has it (%s)", entry.Number,
				entry.Book, entry.Year, state)
		}
	}
	return nil
}
