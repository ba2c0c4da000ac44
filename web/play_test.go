package web

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"covenant/signing"
	"covenant/signing/devpki"
	"covenant/testdata"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// The covenants of the installation, by their addresses.
const (
	drafted    = "2026/moi-soan"      // no revision yet
	reviewing  = "2026/gop-y"         // revision 1: one agency approves, one asks for changes
	voting     = "2026/bieu-quyet"    // revision 2; seven have voted on the first motion
	sitting    = "2026/hoi-nghi"      // a conference with open ballots
	secret     = "2026/phieu-kin"     // a conference with secret ballots
	numbering  = "2026/cap-so"        // every motion carried
	signing4   = "2026/ky-so"         // four of eleven have signed
	refused    = "2026/tu-choi"       // the leader has signed, the deputy refuses
	rejected   = "2026/khong-dat"     // the motions failed, the draft went back
	withdrawn  = "2026/rut"           // the drafter took it back
	cancelled  = "2026/huy"           // after it was numbered
	inForce    = "2026/kinh-te"       // eleven signatures and a seal; eight of ten have reported
	appealed   = "2026/cham-diem"     // scored; an appeal is open. Its name is also a page's
	ranked     = "2026/xep-hang"      // polls counted, ranking declared
	amended    = "2026/van-hoa"       // another block's, in force and amended
	amendment  = "2026/van-hoa-sua"   // what amends it
	renewal    = "2027/van-hoa"       // what follows it
	drafterPIN = "260316"             // of every key
	hallBlock  = "khoi-kinh-te-nganh" // eleven parties
)

// block is a block of agencies with the values of its covenant.
type block struct {
	*workflow.BlockFile
	values []byte
}

var hall = sync.OnceValue(func() block { return readBlock("hanam2021") })

// small is a block of a leader, a deputy, a member and a witness.
var small = sync.OnceValue(func() block {
	b := readBlock("block7")
	kept := []workflow.AgencyID{"so-gddt", "so-noi-vu", "so-yte"}
	b.Agencies = slices.DeleteFunc(b.Agencies, func(a workflow.BlockFileAgency) bool {
		return a.Role != workflow.RoleWitness && !slices.Contains(kept, a.ID)
	})
	var values map[string]any
	if err := yaml.Unmarshal(b.values, &values); err != nil {
		panic(err)
	}
	units, _ := values["các_đơn_vị"].([]any)
	values["các_đơn_vị"] = slices.DeleteFunc(units, func(u any) bool {
		unit, _ := u.(map[string]any)
		id, _ := unit["mã"].(string)
		return !slices.Contains(kept, workflow.AgencyID(id))
	})
	b.values = must(yaml.Marshal(values))
	return b
})

func readBlock(name string) block {
	files := must(fs.Sub(testdata.Cases, name))
	file := must(workflow.ParseBlockFile("block.yaml", must(fs.ReadFile(files, "block.yaml"))))
	return block{file, must(fs.ReadFile(files, "covenant.yaml"))}
}

func (b block) leader() workflow.AgencyID {
	for _, a := range b.Agencies {
		if a.Role == workflow.RoleLeader {
			return a.ID
		}
	}
	panic("a block without a leader")
}

// who is the first person who may do duty for the agency.
func (b block) who(agency workflow.AgencyID, duty workflow.Duty) workflow.PersonID {
	for _, a := range b.Agencies {
		for _, p := range a.People {
			if a.ID == agency && slices.Contains(p.Duties, duty) {
				return p.ID
			}
		}
	}
	panic(fmt.Sprintf("nobody may %s for %s", duty, agency))
}

// play is one covenant and the people who act on it. It panics where something goes wrong that a test did not ask for.
type play struct {
	*installation
	block
	id    workflow.CovenantID
	slug  string
	given int // commands, for their keys
}

// resume goes on with a covenant of the installation.
func (i *installation) resume(slug string) *play {
	b := hall()
	if strings.Contains(slug, "van-hoa") {
		b = small()
	}
	return &play{installation: i, block: b, slug: slug, id: must(i.Find(context.Background(), machine, slug))}
}

// meta says who gives the next command.
func (p *play) meta(by workflow.PersonID) engine.Meta {
	p.given++
	key := fmt.Sprintf("play/%s/%d/%d", p.slug, p.clock.ms.Load(), p.given)
	return engine.Meta{Key: key, Actor: actingAs(by)}
}

// actingAs is a person who has signed in, or the console where nobody is named.
func actingAs(by workflow.PersonID) workflow.Actor {
	if by == "" {
		return workflow.AtConsole("test", workflow.ConsoleEverything)
	}
	return workflow.SignedIn(by)
}

func (p *play) do(by workflow.PersonID, cmd workflow.Command) {
	if _, err := p.Do(context.Background(), p.id, cmd, p.meta(by)); err != nil {
		panic(fmt.Sprintf("%s: %T: %v", p.slug, cmd, err))
	}
}

// direct gives a command on the directory.
func (p *play) direct(cmd workflow.Command, by workflow.PersonID) {
	must(p.Do(context.Background(), "", cmd, p.meta(by)))
}

// state is the covenant once it is as asked.
func (p *play) state(ready func(*workflow.Covenant) bool) workflow.State {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return must(p.Await(ctx, p.id, func(s workflow.State) bool { return ready(s.Covenant) }))
}

func (p *play) now() workflow.State { return p.state(func(*workflow.Covenant) bool { return true }) }

// draft starts a covenant; stages are those of a process of its own, or nothing for the template's.
func (i *installation) draft(b block, slug, title, stages string) *play {
	p := &play{installation: i, block: b, slug: slug}
	request := engine.DraftRequest{
		Slug: slug, Title: title, Year: 2026, Block: b.Block.ID, Template: "giao-uoc-thi-dua", Values: b.values,
	}
	if stages != "" {
		request.Process = []byte("process: {id: p, vi: Quy trình, en: Process}\nstages:\n" + stages)
	}
	p.id = must(i.Draft(context.Background(), request, p.meta(p.who(p.leader(), workflow.DutyDraft))))
	return p
}

// submit puts a revision before the agencies, with what it says of the quarterly report, if anything.
func (p *play) submit(note, quarterly string) *play {
	values := p.values
	if quarterly != "" {
		values = bytes.Replace(values, []byte("chậm nhất ngày 25 tháng cuối quý"), []byte(quarterly), 1)
	}
	request := engine.SubmitRequest{Covenant: p.id, Values: values, Note: note}
	must(p.Submit(context.Background(), request, p.meta(p.who(p.leader(), workflow.DutyDraft))))
	return p
}

func (p *play) review(a workflow.AgencyID, opinion workflow.Opinion, comments ...workflow.Comment) {
	by := p.who(a, workflow.DutyReview)
	r, _ := p.now().Covenant.Revision()
	p.do(by, workflow.GiveReview{Agency: a, Revision: r.Number, Manifest: r.Manifest, Opinion: opinion,
		Comments: comments})
}

// approve has everybody approve who is asked.
func (p *play) approve() *play {
	for c := p.now().Covenant; c.Phase == workflow.AwaitingReviews; c = p.now().Covenant {
		p.review(c.Waiting[0], workflow.OpinionApprove)
	}
	return p
}

func (p *play) cast(a workflow.AgencyID, motion workflow.MotionID, choice workflow.Choice) {
	by := p.who(a, workflow.DutyVote)
	p.do(by, workflow.CastBallot{Agency: a, Motion: motion, Choice: choice})
}

// vote has every motion carried, the last member abstaining.
func (p *play) vote() *play {
	c := p.now().Covenant
	for _, m := range c.Motions {
		for i, a := range m.Who {
			choice := workflow.ChoiceFor
			if i == len(m.Who)-1 {
				choice = workflow.ChoiceAbstain
			}
			p.cast(a, m.ID, choice)
		}
		chair := p.who(c.Leader(), workflow.DutyVote)
		p.do(chair, workflow.CloseMotion{Motion: m.ID})
	}
	return p
}

// finishVote has the missing ones vote for every motion that is open.
func (p *play) finishVote() {
	c := p.now().Covenant
	chair := p.who(c.Leader(), workflow.DutyVote)
	for _, m := range c.Motions {
		for _, a := range m.Who {
			if !slices.ContainsFunc(m.Ballots, func(b workflow.BallotCast) bool { return b.Agency == a }) {
				p.cast(a, m.ID, workflow.ChoiceFor)
			}
		}
		p.do(chair, workflow.CloseMotion{Motion: m.ID})
	}
}

// freeze numbers the covenant and waits until its document is frozen.
func (p *play) freeze() *play {
	today := p.Calendar.Today(p.clock.now())
	must(p.IssueNumber(context.Background(), p.id, today, p.meta(p.who(p.leader(), workflow.DutyNumber))))
	p.state(func(c *workflow.Covenant) bool { return c.Frozen != nil })
	return p
}

// sign has the next n sign, in the order of the groups.
func (p *play) sign(n int) *play {
	for range n {
		c := p.now().Covenant
		request := engine.SignRequest{Covenant: p.id, Slot: workflow.SlotID(c.Waiting[0]), PIN: drafterPIN,
			Consented: c.Frozen.PDF}
		must(p.Sign(context.Background(), request, p.meta(p.who(c.Waiting[0], workflow.DutySign))))
	}
	return p
}

// finish brings a frozen covenant into force.
func (p *play) finish() *play {
	p.sign(len(p.now().Covenant.Parties))
	for c := p.now().Covenant; c.Phase == workflow.AwaitingSeals; c = p.now().Covenant {
		request := engine.SealRequest{Covenant: p.id, Agency: c.Waiting[0], PIN: drafterPIN, Image: sealImage()}
		must(p.Seal(context.Background(), request, p.meta(p.who(c.Waiting[0], workflow.DutyNumber))))
	}
	p.state(func(c *workflow.Covenant) bool { return !c.InForce.IsZero() })
	return p
}

func sealImage() []byte { return must(fs.ReadFile(testdata.Cases, "hanam2021/seal.png")) }

// people loads a block and gives its signatories and its leader's seal keys.
func (i *installation) people(b block) {
	ctx, meta := context.Background(), engine.Meta{Actor: actingAs("")}
	if _, err := i.Do(ctx, "", workflow.ApplyBlock{File: b.BlockFile}, meta); err != nil {
		panic(err)
	}
	for _, a := range b.Agencies {
		for _, person := range a.People {
			if !slices.Contains(person.Duties, workflow.DutySign) {
				continue
			}
			key := must(i.pki.Issue(devpki.Subject{
				ID: string(person.ID), CommonName: person.Name, Organization: a.Name,
			}, devpki.Profile{}))
			if _, err := i.KeepKey(ctx, engine.KeyRequest{
				Person: person.ID, Identity: signing.Identity(key), PIN: drafterPIN,
			}, meta); err != nil {
				panic(err)
			}
		}
		if a.Role == workflow.RoleLeader {
			key := must(i.pki.Issue(devpki.Subject{ID: "con-dau-" + string(a.ID), CommonName: a.Name},
				devpki.Profile{}))
			if _, err := i.KeepKey(ctx, engine.KeyRequest{
				Agency: a.ID, Identity: signing.Identity(key), PIN: drafterPIN,
			}, meta); err != nil {
				panic(err)
			}
		}
	}
}

// prepare makes the installation: the covenants in force first, a fortnight earlier, then all others side by side.
func prepare(dir string) {
	pki := must(devpki.Open(filepath.Join(dir, "pki"), devpki.Options{}))
	ctx, stop := context.WithCancel(context.Background())
	server := must(pki.Serve(ctx))
	defer func() { stop(); _ = server.Close() }()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		panic(err)
	}
	i := must(openAt(dir, pki))
	at := func(month time.Month, day, hour, minute int) {
		i.clock.set(time.Date(2026, month, day, hour, minute, 0, 0, i.Calendar.Zone()))
	}
	at(time.March, 2, 8, 30)
	i.people(hall())
	i.people(small())
	if err := i.Start(ctx); err != nil {
		panic(err)
	}
	together(i.playInForce, i.playAmended)
	at(time.March, 15, 8, 0)
	if err := i.Sweep(ctx); err != nil {
		panic(err)
	}
	settle(ctx, i)
	at(time.March, 16, 8, 15)
	i.resume(inForce).report(8)
	at(time.March, 16, 8, 30)
	together(
		func() {
			i.draft(hall(), drafted, "Giao ước thi đua năm 2026 – Khối thi đua Kinh tế ngành (mới soạn)", "")
		},
		i.playReviewing, i.playVoting, i.playSitting, i.playSecret, i.playNumbering, i.playSigning, i.playRefused,
		i.playRejected,
		i.playWithdrawn, i.playCancelled, i.playAppealed, i.playRanked,
	)
	settle(ctx, i)
	if err := i.Stop(ctx); err != nil {
		panic(err)
	}
	if err := i.Store.Close(); err != nil {
		panic(err)
	}
}

// together runs plays side by side: what they wait for, rendering and jobs, is others' time.
func together(plays ...func()) {
	var all sync.WaitGroup
	for _, one := range plays {
		all.Go(one)
	}
	all.Wait()
}

// settle waits until all reminders and mails that are due are out.
func settle(ctx context.Context, i *installation) {
	for _, wait := range []func(context.Context) error{i.AwaitReminders, i.AwaitMails} {
		if err := wait(ctx); err != nil {
			panic(err)
		}
	}
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	check(t, err)
	return data
}
