package demo

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/signing/devpki"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/process"
)

// Play is one run through a case: each step is a command with a key of its own, so a play that was cut off goes on with
// the first step that was not done.
type Play struct {
	Engine *engine.Engine // on an installation whose time-stamps and mails the surroundings take
	Around *Surroundings
	Clock  *Clock // that the engine goes by
	// Console is who enters what people do; it may do everything.
	Console workflow.Actor
	// Keep leaves a file where a person finds it, whole or not at all.
	Keep func(name string, content []byte) error
	// Where is the directory that is named in what is printed, in this language.
	Where string
	Out   io.Writer
	Lang  words.Language

	c     *playCase
	id    workflow.CovenantID
	steps int
}

// Run plays a case to its end; the engine begins to work in the background. Started again on the same store it goes on
// where it was: what was done is not done again.
func (p *Play) Run(ctx context.Context, files fs.FS) error {
	day, err := firstDay(ctx, p.Engine)
	if err != nil {
		return err
	}
	if p.c, err = readCase(files, day); err != nil {
		return err
	}
	if err := p.Engine.Start(ctx); err != nil {
		return err
	}
	for _, act := range []func(context.Context) error{
		p.people, p.draft, p.review, p.vote, p.number, p.sign, p.seal, p.finish, p.report,
	} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	p.say("\nXong. Trong %s có: covenant.pdf, roots.pem, trust.json, mail/",
		"\nDone. In %s: covenant.pdf, roots.pem, trust.json, mail/",
		p.Where)
	p.say("Kiểm tra chữ ký: covenant verify --offline --trust %[1]s/roots.pem %[1]s/covenant.pdf",
		"Verify the signatures: covenant verify --offline --trust %[1]s/roots.pem %[1]s/covenant.pdf", p.Where)
	return nil
}

// say prints a line in the reader's language.
func (p *Play) say(vi, en string, args ...any) {
	fmt.Fprintln(p.Out, words.F(vi, en, args...).In(p.Lang))
}

// pick is the text of the reader's language.
func (p *Play) pick(vi, en string) string { return words.Of(vi, en).In(p.Lang) }

func (p *Play) heading(vi, en string, args ...any) {
	p.steps++
	fmt.Fprintf(p.Out, "\n%d. %s\n", p.steps, words.F(vi, en, args...).In(p.Lang))
}

func (p *Play) line(vi, en string, args ...any) {
	fmt.Fprintf(p.Out, "   %s\n", words.F(vi, en, args...).In(p.Lang))
}

// as is a step of the script in a person's name. Nobody sat there: the log says that the console entered it.
func (p *Play) as(person workflow.PersonID, step string, args ...any) engine.Meta {
	actor, _ := p.Console.For(person) // its policy lets it
	return engine.Meta{Key: "demo/" + p.c.script.Slug + "/" + fmt.Sprintf(step, args...), Actor: actor}
}

// holder is the person of an agency who has a duty; the first one in the block file.
func (p *Play) holder(agency workflow.AgencyID, duty workflow.Duty) workflow.BlockFilePerson {
	for _, a := range p.c.block.Agencies {
		for _, person := range a.People {
			if a.ID == agency && slices.Contains(person.Duties, duty) {
				return person
			}
		}
	}
	return workflow.BlockFilePerson{}
}

func (p *Play) agency(id workflow.AgencyID) workflow.BlockFileAgency {
	for _, a := range p.c.block.Agencies {
		if a.ID == id {
			return a
		}
	}
	return workflow.BlockFileAgency{}
}

func (p *Play) leader() workflow.AgencyID {
	for _, a := range p.c.block.Agencies {
		if a.Role == workflow.RoleLeader {
			return a.ID
		}
	}
	return ""
}

func (p *Play) view(ctx context.Context) (*engine.View, error) {
	return p.Engine.View(ctx, p.Console, p.c.script.Slug)
}

// people loads the block, and gives each signatory a key of their own, kept by the server under a PIN.
func (p *Play) people(ctx context.Context) error {
	p.heading("Nạp danh bạ và cấp khóa ký thử nghiệm (không có giá trị pháp lý)",
		"Load the directory and issue test keys (not for legal use)")
	meta := engine.Meta{Actor: p.Console}
	if _, err := p.Engine.Do(ctx, "", workflow.ApplyBlock{File: p.c.block}, meta); err != nil {
		return err
	}
	keys := 0
	for _, a := range p.c.block.Agencies {
		if a.Role != workflow.RoleWitness {
			if err := p.keepSeal(ctx, a, meta); err != nil {
				return err
			}
		}
		for _, person := range a.People {
			if !slices.Contains(person.Duties, workflow.DutySign) {
				continue
			}
			if err := p.keepKey(ctx, a, person, meta); err != nil {
				return err
			}
			keys++
		}
	}
	p.line("%s, %s: %d đơn vị, %d người ký, mỗi người một khóa P-256",
		"%s, %s: %d agencies, %d signatories with a P-256 key each",
		p.c.block.Block.Name, p.c.block.Block.Province, len(p.c.block.Agencies), keys)
	return nil
}

func (p *Play) keepKey(
	ctx context.Context, a workflow.BlockFileAgency, person workflow.BlockFilePerson, meta engine.Meta,
) error {
	id, err := p.Around.PKI.Issue(devpki.Subject{
		ID: string(person.ID), CommonName: person.Name, Organization: a.Name, Title: person.Title, Email: person.Email,
	}, devpki.Profile{})
	if err != nil {
		return fmt.Errorf("key of %s: %w", person.Name, err)
	}
	_, err = p.Engine.KeepKey(ctx, engine.KeyRequest{Person: person.ID, Identity: signing.Identity(id),
		PIN: p.c.script.PIN}, meta)
	return err
}

// keepSeal gives an agency the key of its seal.
func (p *Play) keepSeal(ctx context.Context, a workflow.BlockFileAgency, meta engine.Meta) error {
	if p.holder(a.ID, workflow.DutyNumber).ID == "" { // no clerk, no seal to keep
		return nil
	}
	id, err := p.Around.PKI.Issue(devpki.Subject{ID: "con-dau-" + string(a.ID), CommonName: a.Name,
		Organization: a.Parent}, devpki.Profile{})
	if err != nil {
		return fmt.Errorf("seal of %s: %w", a.Name, err)
	}
	_, err = p.Engine.KeepKey(ctx, engine.KeyRequest{Agency: a.ID, Identity: signing.Identity(id), PIN: p.c.script.PIN},
		meta)
	return err
}

func (p *Play) draft(ctx context.Context) error {
	drafter := p.holder(p.leader(), workflow.DutyDraft)
	p.heading("Soạn dự thảo từ mẫu “%s”", "Draft from the template “%s”", p.c.script.Template)
	id, err := p.Engine.Draft(ctx, engine.DraftRequest{
		Slug: p.c.script.Slug, Title: p.c.script.Title, Year: p.c.day.Year, Block: p.c.block.Block.ID,
		Template: p.c.script.Template, Values: p.c.final, Process: p.c.process,
	}, p.as(drafter.ID, "draft"))
	if err != nil {
		return err
	}
	p.id = id
	return p.submit(ctx, 1, p.c.first, "")
}

func (p *Play) submit(ctx context.Context, n int, values []byte, note string) error {
	drafter := p.holder(p.leader(), workflow.DutyDraft)
	_, err := p.Engine.Submit(ctx, engine.SubmitRequest{Covenant: p.id, Values: values, Note: note},
		p.as(drafter.ID, "revision/%d", n))
	if err != nil {
		return err
	}
	v, err := p.view(ctx)
	if err != nil {
		return err
	}
	r := v.Covenant.Revisions[n-1]
	p.line("%s trình dự thảo lần %d, mã tóm lược %s", "%s submits revision %d, digest %s", drafter.Name, n,
		r.Manifest.Short())
	p.line("→ %s", "→ %s", v.Status(v.Now, p.Lang))
	return nil
}

func (p *Play) review(ctx context.Context) error {
	p.heading("Các đơn vị góp ý", "The agencies review")
	returning := p.c.script.Returned.Agency
	if err := p.reviewRound(ctx, 1, returning); err != nil {
		return err
	}
	if err := p.submit(ctx, 2, p.c.final, p.c.script.Note); err != nil {
		return err
	}
	if err := p.reviewRound(ctx, 2, ""); err != nil {
		return err
	}
	return p.waitOutReview(ctx)
}

func (p *Play) reviewRound(ctx context.Context, n int, returning workflow.AgencyID) error {
	v, err := p.view(ctx)
	if err != nil {
		return err
	}
	stage, _ := v.Process.OfKind(workflow.StageReview)
	revision, approvals := v.Covenant.Revisions[n-1], 0
	for _, agency := range inOrder(v.Covenant.Members(), returning, stage.Review.Return == workflow.ReturnAtOnce) {
		if _, stands := v.Covenant.CarriedTo(stage.ID, agency, n); stands {
			p.line("%s: ý kiến nhất trí với lần trước vẫn có giá trị", "%s: the approval of the revision before stands",
				p.agency(agency).Name)
			approvals++
			continue
		}
		if n > 1 && agency == p.c.script.Silent {
			continue
		}
		reviewer := p.holder(agency, workflow.DutyReview)
		cmd := workflow.GiveReview{Agency: agency, Revision: n, Manifest: revision.Manifest,
			Opinion: workflow.OpinionApprove}
		for _, r := range p.c.script.Remarks {
			if n == 1 && r.Agency == agency {
				cmd.Opinion, cmd.Comments = workflow.OpinionApproveComments,
					append(cmd.Comments, workflow.Comment{Clause: r.Clause, Text: r.Text})
			}
		}
		if agency == returning {
			cmd.Opinion = workflow.OpinionReturn
			for _, c := range p.c.script.Returned.Comments {
				cmd.Comments = append(cmd.Comments, workflow.Comment{Clause: c.Clause, Text: c.Text})
			}
			p.line("%s trả lại: “%s”", "%s returns it: “%s”", p.agency(agency).Name, cmd.Comments[0].Text)
		} else {
			approvals++
		}
		if _, err := p.Engine.Do(ctx, p.id, cmd, p.as(reviewer.ID, "review/%d/%s", n, agency)); err != nil {
			return err
		}
	}
	p.line("Lần %d: %d/%d đơn vị nhất trí", "Revision %d: %d of %d agencies approve", n, approvals,
		len(v.Covenant.Members()))
	return nil
}

func (p *Play) number(ctx context.Context) error {
	p.heading("Cấp số, ngày và chốt văn bản", "Number, date, and freezing the document")
	clerk := p.holder(p.leader(), workflow.DutyNumber)
	v, err := p.view(ctx)
	if err != nil {
		return err
	}
	date := v.Calendar.Today(p.Clock.Now()) // the office's clock may have run ahead while somebody kept silent
	if v.Covenant.Number != nil {
		date = v.Covenant.Number.Date
	}
	if _, err := p.Engine.IssueNumber(ctx, p.id, date, p.as(clerk.ID, "number")); err != nil {
		return err
	}
	s, err := p.Engine.Await(ctx, p.id, func(s workflow.State) bool { return s.Covenant.Frozen != nil })
	if err != nil {
		return err
	}
	p.line("Số %s ngày %s; tệp đã chốt %s, %d ô ký và ô dấu",
		"No. %s of %s; frozen file %s, %d fields for signatures and seals",
		s.Covenant.PrintedNumber(), date.Display(), s.Covenant.Frozen.PDF.Short(), len(s.Covenant.Frozen.Fields))
	return nil
}

// sign has every director sign: group by group, and inside a group in an order that is not the list's.
func (p *Play) sign(ctx context.Context) error {
	p.heading("Ký số (PAdES B-T, mỗi người một khóa)", "Digital signatures (PAdES B-T, each with an own key)")
	for {
		v, err := p.view(ctx)
		if err != nil {
			return err
		}
		if v.Covenant.Phase != workflow.AwaitingSignatures {
			for _, s := range v.Covenant.Signed {
				p.line("✓ %s – %s, %s", "✓ %s – %s, %s", v.Directory.PersonName(s.Person),
					p.agency(workflow.AgencyID(s.Slot)).Name,
					s.SignedAt.In(v.Calendar.Zone()).Format("15:04:05 02/01/2006"))
			}
			return nil
		}
		waiting := slices.Clone(v.Covenant.Waiting)
		slices.Reverse(waiting)
		if err := p.signGroup(ctx, v, waiting); err != nil {
			return err
		}
	}
}

func (p *Play) signGroup(ctx context.Context, v *engine.View, agencies []workflow.AgencyID) error {
	for _, agency := range agencies {
		director := p.holder(agency, workflow.DutySign)
		party, _ := v.Covenant.Party(agency)
		if agency == p.c.script.Refused.Agency {
			cmd := workflow.RefuseSignature{Slot: party.Slot, Reason: p.c.script.Refused.Reason}
			if _, err := p.Engine.Do(ctx, p.id, cmd, p.as(director.ID, "refuse/%s", agency)); err != nil {
				return err
			}
			p.line("✗ %s từ chối ký: %s", "✗ %s refuses to sign: %s", p.agency(agency).Name, cmd.Reason)
			continue
		}
		request := engine.SignRequest{Covenant: p.id, Slot: party.Slot, PIN: p.c.script.PIN,
			Consented: v.Covenant.Frozen.PDF}
		if _, err := p.Engine.Sign(ctx, request, p.as(director.ID, "sign/%s", agency)); err != nil {
			return fmt.Errorf("%s: %w", party.Unit, err)
		}
	}
	return nil
}

// seal has the clerks apply the seals that the process asks for.
func (p *Play) seal(ctx context.Context) error {
	p.heading("Đóng dấu cơ quan (chữ ký số của cơ quan)", "Agency seal (a digital signature of the agency)")
	v, err := p.view(ctx)
	if err != nil {
		return err
	}
	if v.Covenant.Phase == workflow.AwaitingSeals {
		for _, agency := range v.Covenant.Waiting {
			clerk := p.holder(agency, workflow.DutyNumber)
			request := engine.SealRequest{Covenant: p.id, Agency: agency, PIN: p.c.script.PIN, Image: p.c.sealImage}
			if _, err := p.Engine.Seal(ctx, request, p.as(clerk.ID, "seal/%s", agency)); err != nil {
				return fmt.Errorf("%s: %w", p.agency(agency).Name, err)
			}
		}
	}
	if v, err = p.view(ctx); err != nil {
		return err
	}
	for _, s := range v.Covenant.Sealed {
		p.line("✓ %s, văn thư %s", "✓ %s, by the clerk %s", p.agency(s.Agency).Name, v.Directory.PersonName(s.Person))
	}
	return nil
}

// finish waits for the validation data, and leaves the file where a person finds it.
func (p *Play) finish(ctx context.Context) error {
	p.heading("Hoàn tất và đưa vào hiệu lực", "Completion and entry into force")
	s, err := p.Engine.Await(ctx, p.id, func(s workflow.State) bool { return !s.Covenant.InForce.IsZero() })
	if err != nil {
		return err
	}
	if err := p.keepFile(ctx, s.Covenant.Head, "covenant.pdf"); err != nil {
		return err
	}
	v, err := p.view(ctx)
	if err != nil {
		return err
	}
	passed := 0
	for _, r := range v.Verdict.Results {
		if r.Indication == signing.TotalPassed {
			passed++
		}
	}
	p.line("Mức %s; %d/%d chữ ký hợp lệ khi kiểm tra ngoại tuyến", "Level %s; %d of %d signatures pass offline",
		s.Covenant.Level, passed, len(v.Verdict.Results))
	if v.Verdict.Test() {
		p.line("Đó là chữ ký thử nghiệm, không có giá trị pháp lý", "They are test signatures, without legal value")
	}
	p.line("→ %s", "→ %s", v.Status(v.Now, p.Lang))
	return nil
}

// keepFile leaves a kept document where a person finds it.
func (p *Play) keepFile(ctx context.Context, digest workflow.Digest, name string) error {
	content, _, err := p.Engine.Document(ctx, p.Console, digest)
	if err != nil {
		return err
	}
	defer content.Close()
	file, err := io.ReadAll(content)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return p.Keep(name, file)
}

// until is the end of the simulated time: the last reminder of the first quarterly report.
func until(v *engine.View) time.Time {
	var first workflow.Period
	var end time.Time
	for _, o := range v.Upcoming {
		if process.PeriodOf(workflow.PeriodQuarter, o.Deadline.Date) != o.Period {
			continue
		}
		if first == "" {
			first = o.Period
		}
		if o.Period == first {
			end = o.At
		}
	}
	return end
}
