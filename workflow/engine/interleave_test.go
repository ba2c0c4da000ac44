package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// asked is one command as somebody gives it: on one of two nodes, under a key that may be another's too.
type asked struct {
	Node int
	Key  string
	Cmd  workflow.Command
	By   workflow.PersonID
}

// anyCommands draws what people ask of one covenant in the same moment.
func (o *office) anyCommands(s workflow.State) *rapid.Generator[[]asked] {
	revision, _ := s.Covenant.Revision()
	members := s.Covenant.Members()
	drafter := o.who("so-gddt", workflow.DutyDraft)
	motions := []workflow.MotionID{"chuong-trinh", "none"}
	if stage, ok := s.Process.OfKind(workflow.StageVote); ok {
		motions = append(motions, stage.Vote.Motions[0].ID)
	}
	one := rapid.Custom(func(r *rapid.T) asked {
		a := rapid.SampledFrom(members).Draw(r, "agency")
		c := asked{Node: rapid.IntRange(0, 1).Draw(r, "node"),
			Key: fmt.Sprint("k", rapid.IntRange(0, 25).Draw(r, "key"))}
		switch rapid.IntRange(0, 9).Draw(r, "command") {
		case 0:
			c.By = drafter
			c.Cmd = workflow.Withdraw{Reason: "thử"}
		case 1, 2:
			c.By = o.who(a, workflow.DutyVote)
			c.Cmd = workflow.CastBallot{Agency: a, Motion: rapid.SampledFrom(motions).Draw(r, "motion"),
				Choice: workflow.ChoiceFor}
		default:
			c.By = o.who(a, workflow.DutyReview)
			review := workflow.GiveReview{Agency: a, Revision: 1, Manifest: revision.Manifest,
				Opinion: workflow.OpinionApprove}
			if rapid.IntRange(0, 15).Draw(r, "return") == 0 {
				review.Opinion, review.Comments = workflow.OpinionReturn, []workflow.Comment{{Text: "xem lại"}}
			}
			c.Cmd = review
		}
		return c
	})
	return rapid.SliceOfN(one, 20, 40)
}

// Whatever people ask of one covenant in the same moment, on two nodes, under keys that they share or repeat: what
// is recorded is what the rules say of the same commands given one after the other, in the order of the log.
// Whoever was told yes is in it once, whoever was told no is told why.
func TestCommandsInTheSameMoment(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.upTo(workflow.AwaitingReviews)
		nodes := [2]*engine.Engine{o.Engine, o.anotherNode(t)}
		drafter := o.who("so-gddt", workflow.DutyDraft)
		for round := range 6 {
			if round > 0 {
				o.prefix = fmt.Sprintf("round%d/", round)
				var err error
				o.id, err = o.Draft(context.Background(), engine.DraftRequest{
					Slug: fmt.Sprint("2026/r", round), Title: "Giao ước", Year: 2026, Block: o.block.Block.ID,
					Template: "giao-uoc-thi-dua", Values: o.values,
				}, o.as(drafter, "draft"))
				check(t, err)
				_, err = o.Submit(context.Background(), engine.SubmitRequest{Covenant: o.id, Values: o.values},
					o.as(drafter, "submit"))
				check(t, err)
			}
			o.sameMoment(t, nodes, o.anyCommands(o.state()).Example(round))
		}
		if report, err := o.Store.Audit(context.Background()); err != nil || !report.OK() {
			t.Errorf("audit: %v %+v", err, report.Breaks)
		}
	})
}

// anotherNode is a second engine on the same database, with connections of its own where there can be two processes.
func (o *office) anotherNode(t *testing.T) *engine.Engine {
	t.Helper()
	config := o.Config
	if o.url != "" {
		s, err := store.Open(context.Background(),
			store.Options{Dir: t.TempDir(), DatabaseURL: o.url, Now: o.now, Blobs: o.Store.Blobs()})
		check(t, err)
		t.Cleanup(func() { s.Close() })
		config.Store = s
	}
	node, err := engine.New(config)
	check(t, err)
	return node
}

func (o *office) sameMoment(t *testing.T, nodes [2]*engine.Engine, all []asked) {
	t.Helper()
	before := o.state()
	answers := make([]error, len(all))
	var together sync.WaitGroup
	for i, a := range all {
		together.Go(func() {
			_, answers[i] = nodes[a.Node].Do(context.Background(), o.id, a.Cmd, o.as(a.By, a.Key))
		})
	}
	together.Wait()
	recorded := o.recordedAfter(t, before.Covenant.Version)
	said := map[string][]asked{} // key → commands that were told yes
	for i, a := range all {
		key := o.as(a.By, a.Key).Key
		switch err := answers[i]; {
		case err == nil:
			said[key] = append(said[key], a)
		case workflow.ErrorCode(err) == "" && !isKeyReused(err):
			t.Errorf("%T under %s: %v; want a yes or a reason", a.Cmd, key, err)
		}
	}
	o.replayed(t, before, recorded, said)
	for key, cmds := range said {
		for _, cmd := range cmds[1:] {
			if cmd.By != cmds[0].By || fmt.Sprintf("%#v", cmd.Cmd) != fmt.Sprintf("%#v", cmds[0].Cmd) {
				t.Errorf("two commands under key %s were told yes: %#v, %#v", key, cmds[0], cmd)
			}
		}
	}
}

// replayed gives the commands one after the other, in the order of the log, and compares.
func (o *office) replayed(t *testing.T, s workflow.State, recorded []store.Recorded, said map[string][]asked) {
	t.Helper()
	done := map[string]bool{}
	for i := 0; i < len(recorded); {
		key := recorded[i].CommandKey
		cmds := said[key]
		if len(cmds) == 0 || done[key] {
			t.Fatalf("version %d: command %s was told no, or is in the log twice", recorded[i].Version, key)
		}
		done[key] = true
		events, err := workflow.Decide(s, signedIn(cmds[0].By), cmds[0].Cmd, recorded[i].At)
		check(t, err)
		for _, want := range events {
			if i == len(recorded) || recorded[i].CommandKey != key || recorded[i].Kind != want.Kind() {
				t.Fatalf("command %s: the log has %d events after it, the rules say %s next", key,
					len(recorded)-i, want.Kind())
			}
			got, err := workflow.DecodeEvent(recorded[i].Kind, recorded[i].JSON)
			check(t, err)
			a, _ := json.Marshal(got)
			b, _ := json.Marshal(want)
			if string(a) != string(b) {
				t.Fatalf("command %s recorded\n%s\nthe rules say\n%s", key, a, b)
			}
			s.Covenant = s.Covenant.Clone()
			s.Covenant.Apply(got)
			i++
		}
	}
	for key := range said {
		if !done[key] {
			t.Errorf("command %s was told yes and is not in the log", key)
		}
	}
}

func (o *office) recordedAfter(t *testing.T, version int64) (out []store.Recorded) {
	t.Helper()
	check(t, o.Store.View(context.Background(), func(tx *store.Tx) (err error) {
		out, err = tx.Events(context.Background(), store.Stream("covenant/"+string(o.id)), version+1)
		return err
	}))
	return out
}

func isKeyReused(err error) bool { return errors.Is(err, store.ErrKeyReused) }
