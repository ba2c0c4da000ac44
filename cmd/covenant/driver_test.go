package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"covenant/testdata"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// driver is one process of the torture: an installation as `covenant serve` opens it, pages and background work included,
// and people who act on its covenants. Each step carries a key of its own, so that the driver of another node, or the next one
// after this was killed, goes on where it was. What was answered is printed: the parent's ledger.
type driver struct {
	Config config
	Count  int           // covenants to be brought to their end
	Ahead  time.Duration // of the office's clock

	*world
	block  *workflow.BlockFile
	values []byte
	print  sync.Mutex
}

// driverMain is what the test binary does under the name covenant-driver.
func driverMain() {
	if err := drive(); err != nil {
		fmt.Fprintln(os.Stderr, "driver:", err)
		os.Exit(3)
	}
}

func drive() (err error) {
	ctx := context.Background()
	d := &driver{}
	if err := json.Unmarshal([]byte(os.Getenv("COVENANT_DRIVER")), d); err != nil {
		return err
	}
	if d.block, d.values, err = smallCase(); err != nil {
		return err
	}
	now := func() time.Time { return time.Now().Add(d.Ahead) }
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError + 1}))
	if d.world, err = openWorld(ctx, d.Config, now, logger); err != nil {
		return err
	}
	d.engine.LongestSend = 3 * time.Second // the mail server is on this machine
	handler, err := d.handler()
	if err != nil {
		return err
	}
	pages, err := net.Listen("tcp", d.Config.Listen)
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	defer stop()
	go serveHTTP(serving, pages, handler)
	if err := d.engine.Start(ctx); err != nil {
		return err
	}
	d.say("pages %s", pages.Addr())
	if err := d.all(ctx); err != nil {
		return err
	}
	if err := errors.Join(d.stopEngine(), d.close()); err != nil {
		return err
	}
	d.say("done")
	return nil
}

func (d *driver) say(format string, args ...any) {
	if d.Config.Listen == "" { // acting from the test itself
		return
	}
	d.print.Lock()
	defer d.print.Unlock()
	fmt.Printf(format+"\n", args...)
}

// all plays every covenant, a few at a time, then lets everything that is due be done.
func (d *driver) all(ctx context.Context) error {
	next, errs := make(chan int), make([]error, 3)
	var players sync.WaitGroup
	for i := range errs {
		players.Go(func() {
			for n := range next {
				if err := d.ride(ctx, n); err != nil {
					errs[i] = errors.Join(errs[i], fmt.Errorf("covenant %d: %w", n, err))
				}
			}
		})
	}
	for n := range d.Count {
		next <- n
	}
	close(next)
	players.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for { // what a killed node was sending is in doubt only after a while
		if err := again(func() error { return d.engine.Sweep(ctx) }); err != nil {
			return err
		}
		settled, cancel := context.WithTimeout(ctx, 3*time.Second)
		err := again(func() error { return errors.Join(d.engine.AwaitReminders(settled), d.engine.AwaitMails(settled)) })
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
}

// again repeats what a database that was away, or another node, kept from being done.
func again(do func() error) error {
	for attempt := 0; ; attempt++ {
		err := do()
		transient := errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrLost) || errors.Is(err, store.ErrConflict)
		if !transient || attempt == 300 {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (d *driver) meta(n int, by workflow.PersonID, step string) engine.Meta {
	return engine.Meta{Key: fmt.Sprintf("t/%d/%s", n, step), Actor: workflow.Actor{Person: by}, Origin: "driver"}
}

func (d *driver) who(agency workflow.AgencyID, duty workflow.Duty) workflow.PersonID {
	for _, a := range d.block.Agencies {
		for _, p := range a.People {
			if a.ID == agency && slices.Contains(p.Duties, duty) {
				return p.ID
			}
		}
	}
	return ""
}

const tortureLeader workflow.AgencyID = "so-gddt"

func tortureSlug(n int) string { return fmt.Sprintf("2026/khoi-%03d", n) }

// cancelled are the covenants that are stopped after their number was issued and the leader has signed.
func cancelled(n int) bool { return n%5 == 4 }

// ride brings one covenant to its end, or goes on with it.
func (d *driver) ride(ctx context.Context, n int) error {
	drafter := d.who(tortureLeader, workflow.DutyDraft)
	var id workflow.CovenantID
	err := again(func() (err error) {
		id, err = d.engine.Draft(ctx, engine.DraftRequest{
			Slug: tortureSlug(n), Title: fmt.Sprintf("Giao ước số %d", n), Year: 2026, Block: d.block.Block.ID, Template: "giao-uoc-thi-dua", Values: d.values,
		}, d.meta(n, drafter, "draft"))
		return err
	})
	if err != nil {
		return err
	}
	d.say("ack t/%d/draft", n)
	for {
		s, err := d.engine.Await(ctx, id, func(s workflow.State) bool {
			return s.Covenant.Phase != workflow.AwaitingFreeze && s.Covenant.Phase != workflow.AwaitingValidation
		})
		if err != nil {
			if errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrLost) {
				time.Sleep(100 * time.Millisecond)
				continue
			}
			return err
		}
		if s.Covenant.Phase.Ended() {
			return nil
		}
		if s.Covenant.Phase == workflow.AwaitingReports {
			return d.reports(ctx, n, s)
		}
		if err := d.step(ctx, n, s); err != nil {
			return fmt.Errorf("%s: %w", s.Covenant.Phase, err)
		}
	}
}

// act carries out one step and prints that it was answered. A refusal because somebody else did it meanwhile is fine: the
// state is looked at again.
func (d *driver) act(n int, by workflow.PersonID, step string, do func(engine.Meta) error) error {
	meta := d.meta(n, by, step)
	err := again(func() error { return do(meta) })
	switch workflow.ErrorCode(err) {
	case workflow.CodeWrongState, workflow.CodeConflict:
		return nil
	}
	if err == nil {
		d.say("ack %s", meta.Key)
	}
	return err
}

func (d *driver) do(ctx context.Context, n int, id workflow.CovenantID, by workflow.PersonID, step string, cmd workflow.Command) error {
	return d.act(n, by, step, func(meta engine.Meta) error {
		_, err := d.engine.Do(ctx, id, cmd, meta)
		return err
	})
}

func (d *driver) step(ctx context.Context, n int, s workflow.State) error {
	c := s.Covenant
	switch c.Phase {
	case workflow.AwaitingRevision:
		by := d.who(tortureLeader, workflow.DutyDraft)
		return d.act(n, by, "submit", func(meta engine.Meta) error {
			_, err := d.engine.Submit(ctx, engine.SubmitRequest{Covenant: c.ID, Values: d.values}, meta)
			return err
		})
	case workflow.AwaitingReviews:
		r, _ := c.Revision()
		a := c.Waiting[0]
		by := d.who(a, workflow.DutyReview)
		return d.do(ctx, n, c.ID, by, "review/"+string(a), workflow.GiveReview{
			By: by, Agency: a, Revision: r.Number, Manifest: r.Manifest, Opinion: workflow.OpinionApprove})
	case workflow.AwaitingVotes:
		return d.vote(ctx, n, c)
	case workflow.AwaitingNumber:
		by := d.who(tortureLeader, workflow.DutyNumber)
		return d.act(n, by, "number", func(meta engine.Meta) error {
			_, err := d.engine.IssueNumber(ctx, c.ID, workflow.Date{Year: 2026, Month: 11, Day: 25}, meta)
			return err
		})
	case workflow.AwaitingSignatures:
		return d.sign(ctx, n, c)
	case workflow.AwaitingSeals:
		a := c.Waiting[0]
		return d.act(n, d.who(a, workflow.DutyNumber), "seal/"+string(a), func(meta engine.Meta) error {
			_, err := d.engine.Seal(ctx, engine.SealRequest{Covenant: c.ID, Agency: a, PIN: torturePIN}, meta)
			return err
		})
	}
	return fmt.Errorf("the driver does not know what to do in phase %s", c.Phase)
}

func (d *driver) vote(ctx context.Context, n int, c *workflow.Covenant) error {
	for _, m := range c.Motions {
		if m.Result != nil {
			continue
		}
		for _, a := range m.Who {
			by := d.who(a, workflow.DutyVote)
			err := d.do(ctx, n, c.ID, by, fmt.Sprintf("vote/%s/%s", m.ID, a), workflow.CastBallot{By: by, Agency: a, Motion: m.ID, Choice: workflow.ChoiceFor})
			if err != nil {
				return err
			}
		}
		chair := d.who(tortureLeader, workflow.DutyVote)
		return d.do(ctx, n, c.ID, chair, "close/"+string(m.ID), workflow.CloseMotion{By: chair, Motion: m.ID})
	}
	return nil
}

func (d *driver) sign(ctx context.Context, n int, c *workflow.Covenant) error {
	if cancelled(n) && len(c.Signed) > 0 {
		by := d.who(tortureLeader, workflow.DutySign)
		return d.do(ctx, n, c.ID, by, "cancel", workflow.Cancel{By: by, Reason: "thử hủy"})
	}
	a := c.Waiting[0]
	return d.act(n, d.who(a, workflow.DutySign), "sign/"+string(a), func(meta engine.Meta) error {
		_, err := d.engine.Sign(ctx, engine.SignRequest{
			Covenant: c.ID, Slot: workflow.SlotID(a), PIN: torturePIN, Consented: c.Frozen.PDF,
		}, meta)
		return err
	})
}

// reports has every member but the last hand in the first report.
func (d *driver) reports(ctx context.Context, n int, s workflow.State) error {
	var v *engine.View
	err := again(func() (err error) {
		v, err = d.engine.View(ctx, tortureSlug(n))
		return err
	})
	if err != nil {
		return err
	}
	first := v.Upcoming[0]
	members := s.Covenant.Members()
	for _, a := range members[:len(members)-1] {
		by := d.who(a, workflow.DutyReport)
		cmd := workflow.SubmitReport{By: by, Agency: a, Obligation: first.Obligation, Period: first.Period, Summary: "đã làm"}
		if err := d.do(ctx, n, s.Covenant.ID, by, "report/"+string(a), cmd); err != nil {
			return err
		}
	}
	return nil
}

const torturePIN = "246810"

// smallCase is the case of the second block with a leader, a deputy, a member and a witness.
func smallCase() (*workflow.BlockFile, []byte, error) {
	files, err := fs.Sub(testdata.Cases, "block7")
	if err != nil {
		return nil, nil, err
	}
	source, err := fs.ReadFile(files, "block.yaml")
	if err != nil {
		return nil, nil, err
	}
	block, err := workflow.ParseBlockFile("block.yaml", source)
	if err != nil {
		return nil, nil, err
	}
	kept := map[workflow.AgencyID]bool{tortureLeader: true, "so-noi-vu": true, "so-yte": true}
	block.Agencies = slices.DeleteFunc(block.Agencies, func(a workflow.BlockFileAgency) bool {
		return a.Role != workflow.RoleWitness && !kept[a.ID]
	})
	text, err := fs.ReadFile(files, "covenant.yaml")
	if err != nil {
		return nil, nil, err
	}
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		return nil, nil, err
	}
	units, _ := values["các_đơn_vị"].([]any)
	values["các_đơn_vị"] = slices.DeleteFunc(units, func(u any) bool {
		unit, _ := u.(map[string]any)
		id, _ := unit["mã"].(string)
		return !kept[workflow.AgencyID(id)]
	})
	out, err := yaml.Marshal(values)
	return block, out, err
}
