package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"covenant/internal/norace"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// theirs is the covenant that the readers are tried on; another one stands beside it.
const theirs = "2026/khoi"

// reader is somebody, and how much they may read of the covenant at each of the points of its life, in the order of
// points.
type reader struct {
	name string
	by   workflow.Actor
	may  string // a letter for each point
}

// points are where the readers are tried.
var points = []string{
	"drafted", string(workflow.AwaitingReviews), string(workflow.AwaitingVotes), string(workflow.AwaitingNumber),
	string(workflow.AwaitingSignatures), string(workflow.AwaitingReports),
}

var scopes = map[byte]workflow.Scope{
	'-': workflow.ReadNothing, 's': workflow.ReadStanding, 't': workflow.ReadText, 'd': workflow.ReadDossier,
	'e': workflow.ReadEverything,
}

// readings tries what of an office is read by whom.
type readings struct{ *office }

// readers gives people their posts and rights, and says what each may read.
func (o readings) readers() []reader {
	o.t.Helper()
	today := o.Calendar.Today(o.now())
	officer := func(agency workflow.AgencyID) workflow.PositionID {
		return workflow.PositionID(string(agency) + "/" + string(o.who(agency, workflow.DutyReview)))
	}
	o.direct("other-block", workflow.ApplyBlock{File: otherBlock(o.office)})
	for _, right := range []workflow.GrantRight{
		{Person: "nguoi-ngoai-quan-tri", Right: workflow.RightAdminister},
		{Person: "nguoi-ngoai-thanh-tra", Right: workflow.RightAudit},
		{Person: o.who("so-yte", workflow.DutySign), Right: workflow.RightAdminister},
	} {
		o.direct("right/"+string(right.Person), right)
	}
	for to, covenant := range map[workflow.PersonID]workflow.CovenantID{"nguoi-ngoai-duoc-giao": o.id,
		"nguoi-ngoai-viec-khac": "another"} {
		o.direct("delegate/"+string(to), workflow.GrantDelegation{
			From: officer("so-yte"), To: to, Duties: []workflow.Duty{workflow.DutyReview},
			Start: today, End: today.AddDays(30),
			Document: "số 1", Covenant: covenant,
		})
	}
	for person, until := range map[workflow.PersonID]workflow.Date{"nguoi-ngoai-da-di": today,
		"nguoi-ngoai-di-som": today.AddDays(-1)} {
		o.direct("left/"+string(person), workflow.AssignPosition{Position: workflow.Position{
			Agency: "so-yte", Person: person, Title: "Chuyên viên", Duties: []workflow.Duty{workflow.DutyReview},
			From:  today.AddDays(-9),
			Until: until,
		}})
	}
	as := func(p workflow.PersonID) workflow.Actor { return workflow.SignedIn(p) }
	leader := o.who("so-gddt", workflow.DutyDraft)
	forMember, err := console.For(o.who("so-yte", workflow.DutyReview))
	check(o.t, err)
	return []reader{
		{"the drafter", as(leader), "dddddd"},
		{"the drafter by a token", workflow.ByToken(leader, "t1"), "dddddd"},
		{"the leading agency's director", as(o.who("so-gddt", workflow.DutySign)), "dddddd"},
		{"the leading agency's clerk", as("ong-thi-muoi"), "---ttt"},
		{"a member's approver", as(o.who("so-yte", workflow.DutyReview)), "-ddddd"},
		{"the console for that approver", forMember, "-ddddd"},
		{"a member's director who administers", as(o.who("so-yte", workflow.DutySign)), "sddddd"},
		{"the witness", as(o.who(witnessOf(o.office), workflow.DutySign)), "-ddddd"},
		{"a delegate for this covenant", as("nguoi-ngoai-duoc-giao"), "-ddddd"},
		{"a delegate for another covenant", as("nguoi-ngoai-viec-khac"), "------"},
		{"who left on the day before its date", as("nguoi-ngoai-di-som"), "------"},
		{"another block's director", as("nguoi-ngoai-giam-doc"), "------"},
		{"an administrator", as("nguoi-ngoai-quan-tri"), "ssssss"},
		{"an auditor", as("nguoi-ngoai-thanh-tra"), "eeeeee"},
		{"somebody unknown", as("khong-co-ai"), "------"},
		{"nobody", workflow.Actor{}, "------"},
		{"the console", workflow.AtConsole("root", workflow.ConsoleOff), "eeeeee"},
		{"the program", workflow.Program(), "eeeeee"},
	}
}

// otherBlock is a block in which none of the covenant's agencies is.
func otherBlock(o *office) *workflow.BlockFile {
	file := *o.block
	file.Block.ID, file.Block.Name = "khoi-khac", "Khối khác"
	file.Agencies = nil
	for i, p := range []workflow.PersonID{"giam-doc", "quan-tri", "thanh-tra", "duoc-giao", "viec-khac",
		"da-di", "di-som"} {
		id := workflow.AgencyID("don-vi-khac")
		if i == 0 {
			file.Agencies = []workflow.BlockFileAgency{{ID: id, Name: "Đơn vị khác", Role: workflow.RoleLeader,
				Email: "khac@khac.example"}}
		}
		file.Agencies[0].People = append(file.Agencies[0].People, workflow.BlockFilePerson{
			ID: "nguoi-ngoai-" + p, Name: "Người " + string(p), Title: "Giám đốc", Email: string(p) + "@khac.example",
			Duties: []workflow.Duty{workflow.DutyReview, workflow.DutyVote, workflow.DutyDraft},
		})
	}
	return &file
}

func witnessOf(o *office) workflow.AgencyID {
	for _, a := range o.block.Agencies {
		if a.Role == workflow.RoleWitness {
			return a.ID
		}
	}
	return ""
}

// Roles, what is read, the points of a covenant's life: each reads what the table of rights gives, by every way in,
// and reading records nothing.
func TestReading(t *testing.T) {
	if norace.Elsewhere(t) {
		return
	}
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.apply(o.block)
		o.keys()
		drafter := o.who("so-gddt", workflow.DutyDraft)
		o.id = o.draftAt(theirs, drafter)
		reads := readings{o}
		all := reads.readers()
		tried := 0
		for {
			c := o.state().Covenant
			point := slices.Index(points, string(c.Phase))
			if c.Phase == workflow.AwaitingRevision {
				point = 0
			}
			if point == tried {
				reads.tryReaders(t, all, point)
				if tried++; tried == len(points) {
					reads.tryLeavers(t)
					return
				}
			}
			if point == 0 {
				_, err := o.Submit(context.Background(), engine.SubmitRequest{Covenant: o.id, Values: o.values},
					o.as(drafter, "submit"))
				check(t, err)
				continue
			}
			o.step(o.state())
		}
	})
}

func (o *office) draftAt(slug string, drafter workflow.PersonID) workflow.CovenantID {
	o.t.Helper()
	id, err := o.Draft(context.Background(), engine.DraftRequest{
		Slug: slug, Title: "Giao ước", Year: 2026, Block: o.block.Block.ID,
		Template: "giao-uoc-thi-dua", Values: o.values,
	}, o.as(drafter, "draft/"+slug))
	check(o.t, err)
	return id
}

// recorded counts what reading must not add to.
func (o *office) recorded() string {
	db := o.raw(o.t)
	defer db.Close()
	return fmt.Sprint(o.query(db, "SELECT COUNT(*) FROM events"), o.query(db, "SELECT COUNT(*) FROM commands"))
}

func (o readings) tryReaders(t *testing.T, all []reader, point int) {
	t.Helper()
	check(t, o.AwaitMails(context.Background()))
	before := o.recorded()
	for _, r := range all {
		t.Run(points[point]+"/"+r.name, func(t *testing.T) { o.tryReader(t, r.by, scopes[r.may[point]]) })
	}
	if after := o.recorded(); after != before {
		t.Errorf("reading recorded something: %s, then %s", before, after)
	}
}

// refused holds an error against the code that is wanted; "" wants none.
func refused(t *testing.T, what string, err error, want workflow.Code) {
	t.Helper()
	if got := workflow.ErrorCode(err); got != want || want == "" && err != nil {
		t.Errorf("%s: %v, want code %q", what, err, want)
	}
}

func (o readings) tryReader(t *testing.T, by workflow.Actor, scope workflow.Scope) {
	t.Helper()
	ctx, c := t.Context(), o.state().Covenant
	known, dossier := workflow.Code(""), workflow.Code("")
	switch {
	case scope == workflow.ReadNothing:
		known, dossier = workflow.CodeNotFound, workflow.CodeNotFound
	case scope < workflow.ReadDossier:
		dossier = workflow.CodeForbidden
	}
	_, err := o.Find(ctx, by, theirs)
	refused(t, "find", err, known)
	_, missing := o.Find(ctx, by, "2026/khong-co")
	if err != nil && err.Error() != workflow.NoCovenant(theirs).Error() ||
		workflow.ErrorCode(missing) != workflow.CodeNotFound {
		t.Errorf("the refusal tells what there is: %v; where there is nothing: %v", err, missing)
	}
	watch, err := o.Watch(ctx, by, theirs)
	refused(t, "watch", err, known)
	if err == nil {
		watch.Close()
	}
	for what, f := range map[string]engine.ListFilter{
		"list": {}, "search": {Text: "giao uoc"}, "year": {Year: 2026}, "phase": {Phases: []workflow.Phase{c.Phase}},
		"block": {Block: c.Block},
	} {
		page, err := o.List(ctx, by, f)
		if check(t, err); (len(page.Rows) == 1) != (scope > workflow.ReadNothing) || len(page.Rows) > 1 {
			t.Errorf("%s: %d rows", what, len(page.Rows))
		}
	}
	_, err = o.Evidence(ctx, by, theirs, io.Discard)
	refused(t, "evidence", err, dossier)
	if _, err := o.ScoreSheet(ctx, by, theirs, "so-yte"); scope < workflow.ReadDossier {
		refused(t, "score sheet", err, dossier)
	}
	if _, err := o.Redline(ctx, by, theirs, 1, 1); scope < workflow.ReadDossier || len(c.Revisions) > 0 {
		refused(t, "redline", err, dossier)
	}
	o.tryView(t, by, scope, known)
	o.tryFiles(t, by, scope)
}

// tryLeavers comes back on the next day: who was there on the day of the document's date reads that, and who had
// left before does not.
func (o readings) tryLeavers(t *testing.T) {
	t.Helper()
	o.ahead.Add(int64(24 * time.Hour))
	defer o.ahead.Add(-int64(24 * time.Hour))
	o.tryReader(t, workflow.SignedIn("nguoi-ngoai-da-di"), workflow.ReadText)
	o.tryReader(t, workflow.SignedIn("nguoi-ngoai-di-som"), workflow.ReadNothing)
}

// tryView looks at what a view shows.
func (o readings) tryView(t *testing.T, by workflow.Actor, scope workflow.Scope, known workflow.Code) {
	t.Helper()
	v, err := o.View(t.Context(), by, theirs)
	refused(t, "view", err, known)
	if err != nil {
		return
	}
	whole := o.state()
	if v.Reading.Scope != scope || v.Status(v.Now, "vi") != whole.Status(v.Now, "vi") || v.Covenant.Slug != theirs {
		t.Errorf("scope %d, want %d; status %q", v.Reading.Scope, scope, v.Status(v.Now, "vi"))
	}
	c := v.Covenant
	if (len(v.Timeline) == int(whole.Covenant.Version)) != (scope >= workflow.ReadDossier) {
		t.Errorf("%d of %d events", len(v.Timeline), whole.Covenant.Version)
	}
	if scope < workflow.ReadDossier && (c.Reviews != nil || c.Motions != nil || c.Reports != nil ||
		len(v.Mails) > 0 || v.Upcoming != nil) {
		t.Errorf("the view shows reviews, motions, reports or mails: %+v", c)
	}
	if scope == workflow.ReadStanding &&
		(c.Revisions != nil || c.Number != nil || !c.Head.IsZero() || v.Verdict != nil) {
		t.Errorf("the view shows the text: %+v", c)
	}
	if scope == workflow.ReadText && (len(c.Revisions) != 1 || c.Revisions[0].Values != workflow.Digest{} ||
		c.Head != whole.Covenant.Head) {
		t.Errorf("the clerk's text: %+v, head %s", c.Revisions, c.Head.Short())
	}
}

// tryFiles opens every file of the covenant by its digest.
func (o readings) tryFiles(t *testing.T, by workflow.Actor, scope workflow.Scope) {
	t.Helper()
	c := o.state().Covenant
	files := map[string]workflow.Digest{"process": c.Process}
	least := map[string]workflow.Scope{"revision": workflow.ReadText, "frozen": workflow.ReadText,
		"newest": workflow.ReadText}
	if r, ok := c.Revision(); ok {
		files["revision"], files["values"], files["template"] = r.PDF, r.Values, r.Template
	}
	if c.Frozen != nil {
		files["frozen"], files["newest"] = c.Frozen.PDF, c.Head
	}
	for name, digest := range files {
		want := workflow.CodeNotFound
		need, named := least[name]
		if !named {
			need = workflow.ReadDossier
		}
		if scope >= need {
			want = ""
		}
		content, _, err := o.Document(t.Context(), by, digest)
		refused(t, "file "+name, err, want)
		if err == nil {
			check(t, content.Close())
		}
	}
	_, _, err := o.Document(t.Context(), by, workflow.DigestOf([]byte("nothing")))
	if err == nil {
		t.Error("a file that is not there was opened")
	}
}

// A file of another block's covenant stays closed, by its digest, too; letters are read where they were sent to.
func TestReadingBesideOthers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.shrink()
	o.upTo(workflow.AwaitingReviews)
	all := readings{o}.readers()
	outsider := workflow.SignedIn("nguoi-ngoai-giam-doc")
	stranger := all[4].by // a member's approver
	check(t, o.AwaitMails(t.Context()))
	leading, err := o.View(t.Context(), all[0].by, theirs)
	check(t, err)
	member, err := o.View(t.Context(), stranger, theirs)
	check(t, err)
	if len(member.Mails) == 0 || len(member.Mails) >= len(leading.Mails) {
		t.Errorf("%d mails for a member, %d for the leader", len(member.Mails), len(leading.Mails))
	}
	var bundle bytes.Buffer
	_, err = o.Evidence(t.Context(), stranger, theirs, &bundle)
	check(t, err)
	theirDirectory, err := o.Directory(t.Context(), outsider)
	check(t, err)
	if _, known := theirDirectory.People[o.who("so-yte", workflow.DutyReview)]; known {
		t.Error("the directory tells another block's people")
	}
	own, err := o.Directory(t.Context(), stranger)
	check(t, err)
	director, colleague := own.People[o.who("so-gddt", workflow.DutySign)],
		own.People[o.who("so-yte", workflow.DutySign)]
	if director.Name.Text == "" || director.Email.Text != "" || colleague.Email.Text == "" {
		t.Errorf("of another agency %+v, of the own %+v", director, colleague)
	}
	nobody, err := o.Directory(t.Context(), workflow.Actor{})
	if check(t, err); len(nobody.People)+len(nobody.Positions)+len(nobody.Agencies) > 0 {
		t.Error("nobody reads the directory")
	}
}

// The register is read by the clerks whose book it is, and by auditors.
func TestReadingTheRegister(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.shrink()
	o.upTo(workflow.AwaitingNumber)
	all := readings{o}.readers()
	o.step(o.state())
	for _, r := range all {
		books, err := o.Register(t.Context(), r.by)
		check(t, err)
		want := slices.Contains([]string{"the leading agency's clerk", "an auditor", "the console", "the program"},
			r.name)
		if (len(books) == 1) != want {
			t.Errorf("%s reads %d books", r.name, len(books))
		}
	}
	// Another agency's number in the same book is none of theirs.
	book, err := o.Register(t.Context(), console)
	check(t, err)
	o.direct("clerk", workflow.AssignPosition{Position: workflow.Position{
		Agency: "so-yte", Person: "nguoi-ngoai-giam-doc", Title: "Văn thư",
		Duties: []workflow.Duty{workflow.DutyNumber},
	}})
	_, err = o.Do(t.Context(), "", workflow.ReserveNumber{
		RegisterEntry: workflow.RegisterEntry{Book: book[0].Book, Year: book[0].Year, Number: 3},
		Agency:        "so-yte", For: "việc khác",
	}, engine.Meta{Actor: workflow.SignedIn("nguoi-ngoai-giam-doc")})
	check(t, err)
	for person, want := range map[workflow.PersonID][]int{"nguoi-ngoai-giam-doc": {2, 3}, "ong-thi-muoi": {1, 2}} {
		books, err := o.Register(t.Context(), workflow.SignedIn(person))
		check(t, err)
		var got []int
		for _, l := range books[0].Lines {
			got = append(got, l.Number)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s reads numbers %v, want %v", person, got, want)
		}
	}
}

// Who loses their post while they watch is told no more.
func TestWatchEndsWithTheRight(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.shrink()
	o.upTo(workflow.AwaitingReviews)
	person := o.who("so-yte", workflow.DutyReview)
	w, err := o.Watch(t.Context(), workflow.SignedIn(person), theirs)
	check(t, err)
	defer w.Close()
	_, err = w.Mark(t.Context())
	refused(t, "before", err, "")
	yesterday := o.Calendar.Today(o.now()).AddDays(-1)
	o.direct("leaves", workflow.EndPosition{Position: workflow.PositionID("so-yte/" + string(person)),
		LastDay: yesterday})
	_, err = w.Mark(t.Context())
	refused(t, "after", err, workflow.CodeNotFound)
}

// Pages follow one another without gaps or repetition, whoever reads, also where rows are of the same moment; whose
// turn it is chooses.
func TestListPages(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.apply(o.block)
		drafter := o.who("so-gddt", workflow.DutyDraft)
		var want []string
		for n := range 7 {
			o.draftAt(fmt.Sprintf("2026/so-%d", n), drafter)
			want = append(want, fmt.Sprintf("2026/so-%d", n))
		}
		db := o.raw(t)
		_, err := db.Exec("UPDATE covenants SET updated_at = 1000 WHERE slug <> '2026/so-3'")
		check(t, err)
		for _, by := range []workflow.Actor{console, workflow.SignedIn(drafter)} {
			var got []string
			f := engine.ListFilter{Limit: 2, Turn: "so-gddt"}
			for {
				page, err := o.List(t.Context(), by, f)
				check(t, err)
				for _, row := range page.Rows {
					got = append(got, row.Slug)
				}
				if f.After = page.Next; f.After == "" {
					break
				}
			}
			if len(got) == 0 || got[0] != "2026/so-3" {
				t.Errorf("the last changed is not the first: %v", got)
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("pages of two give %v", got)
			}
		}
		page, err := o.List(t.Context(), console, engine.ListFilter{Turn: "so-yte"})
		if check(t, err); len(page.Rows) > 0 {
			t.Errorf("it is the turn of so-yte in %d covenants", len(page.Rows))
		}
		member, err := o.List(t.Context(), workflow.SignedIn(o.who("so-yte", workflow.DutyReview)), engine.ListFilter{})
		if check(t, err); len(member.Rows) > 0 {
			t.Errorf("a member is shown %d drafts", len(member.Rows))
		}
	})
}
