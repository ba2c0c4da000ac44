package workflow

import "slices"

// Nothing is readable by default: whoever asks for something is an [Actor], and these rules say how
// much of a covenant that is.
//
//   - Who takes part reads the dossier: people who hold a post in an agency of the covenant today, or a delegation of
//     such a post. They read what was put before the block, from the first revision on. A draft that was never
//     submitted is the drafting agency's own.
//   - A clerk, who numbers and seals and does nothing else, reads the text from numbering on.
//   - Who has left reads the text of those covenants that were dated while they were there, as anybody
//     keeps a copy of what was issued in their time; what is said of it later, and what never came to be
//     issued, belongs to the office that they left.
//   - An administrator keeps the installation going: what there is, where it stands and whose turn it is. No texts.
//   - An auditor, and the program itself, read everything. So does the console by itself: whoever sits there owns the
//     machine, its database and its files, and a rule of ours would hide nothing from them. In somebody's name it reads
//     what that person may.
//   - Choices of secret ballots and PINs are no part of a state and so readable for nobody.
//   - Nobody, the zero Actor, reads nothing.

// Scope is how much of a covenant somebody may read.
type Scope int

// The scopes, from nothing to everything. Each shows what those before it show, but for
// [ReadStanding], which shows no document.
const (
	// ReadNothing: not even that there is such a covenant.
	ReadNothing Scope = iota
	// ReadStanding: that it exists, who takes part, where it stands and whose turn it is.
	ReadStanding
	// ReadPublished: the numbered document, who signed and sealed it, and how it stands. The public reads that at the
	// address which is printed on the document.
	ReadPublished
	// ReadText: besides, the text from numbering on and what was done to it: number, signatures, seals.
	ReadText
	// ReadDossier: what is shared with the block: revisions, comments, votes, minutes, scores, reports, the log.
	ReadDossier
	// ReadEverything: also drafts that were never submitted, and all mails.
	ReadEverything
)

// Seat is one way in which a person belongs to an agency, or did.
type Seat struct {
	Agency   AgencyID
	Covenant CovenantID // the only one for which it holds; empty: all
	Clerk    bool       // of somebody who numbers and seals, and does nothing else
	// From and Until are the days of a post that has ended; both zero: it is held today.
	From, Until Date
}

// Former reports whether the seat was given up.
func (s Seat) Former() bool { return !s.Until.IsZero() }

// Seats are a person's posts and the delegations of posts that they hold today, and the posts that they held.
func (d *Directory) Seats(person PersonID, today Date) []Seat {
	if person == "" {
		return nil
	}
	var out []Seat
	for _, p := range d.Positions {
		if p.Person != person {
			continue
		}
		if p.Holds(today) {
			out = append(out, Seat{Agency: p.Agency, Clerk: clerical(p.Duties)})
		} else if !p.Until.IsZero() && p.Until.Before(today) {
			out = append(out, Seat{Agency: p.Agency, From: p.From, Until: p.Until})
		}
	}
	for _, g := range d.Delegations {
		from := d.Positions[g.From]
		if g.To == person && g.Holds(today) && from.Holds(today) {
			out = append(out, Seat{Agency: from.Agency, Covenant: g.Covenant, Clerk: clerical(g.Duties)})
		}
	}
	return out
}

func clerical(duties []Duty) bool { return len(duties) == 1 && duties[0] == DutyNumber }

// ReadsEverything reports whether an actor may read everything that is kept.
func (d *Directory) ReadsEverything(by Actor) bool {
	return by.IsProgram() || by.IsConsole() && by.Person() == "" || d.Holds(by.Person(), RightAudit)
}

// KnowsOfAll reports whether an actor may know which covenants there are.
func (d *Directory) KnowsOfAll(by Actor) bool {
	return d.ReadsEverything(by) || d.Holds(by.Person(), RightAdminister)
}

// ReadsRegister says of which agencies an actor reads the books of the register: those whose clerk the person is today.
// some reports whether there are any.
func (d *Directory) ReadsRegister(by Actor, today Date) (reads func(AgencyID) bool, some bool) {
	if d.ReadsEverything(by) {
		return func(AgencyID) bool { return true }, true
	}
	var own []AgencyID
	for _, seat := range d.Seats(by.Person(), today) {
		if _, err := d.Authority(by.Person(), seat.Agency, DutyNumber, today); err == nil {
			own = append(own, seat.Agency)
		}
	}
	return func(a AgencyID) bool { return slices.Contains(own, a) }, len(own) > 0
}

// Reading is what somebody may read of one covenant.
type Reading struct {
	Scope Scope
	boxes map[string]bool // addresses whose mails are read; nil with ReadEverything
}

// Published is what anybody may read.
var Published = Reading{Scope: ReadPublished}

// MayRead is what an actor may read of the covenant on a day.
func (s State) MayRead(by Actor, today Date) Reading {
	c, d := s.Covenant, s.Directory
	switch {
	case by.IsZero() || c.Phase == PhaseNew:
		return Reading{}
	case d.ReadsEverything(by):
		return Reading{Scope: ReadEverything}
	}
	r := Reading{boxes: map[string]bool{}}
	if d.Holds(by.Person(), RightAdminister) {
		r.Scope = ReadStanding
	}
	for _, seat := range d.Seats(by.Person(), today) {
		scope := c.fromSeat(seat)
		r.Scope = max(r.Scope, scope)
		if scope == ReadDossier {
			s.addMailboxes(r.boxes, seat, today)
		}
	}
	return r
}

// fromSeat is how much of the covenant is read from a seat.
func (c *Covenant) fromSeat(seat Seat) Scope {
	_, party := c.Party(seat.Agency)
	switch {
	case !party || seat.Covenant != "" && seat.Covenant != c.ID:
		return ReadNothing
	case seat.Former():
		if c.Number != nil && !c.Number.Date.Before(seat.From) && !seat.Until.Before(c.Number.Date) {
			return ReadText
		}
		return ReadNothing
	case seat.Clerk:
		if c.numbering() {
			return ReadText
		}
		return ReadNothing
	case len(c.Revisions) > 0 || seat.Agency == c.For:
		return ReadDossier
	}
	return ReadNothing
}

// numbering reports whether the text has come to its numbering.
func (c *Covenant) numbering() bool {
	return c.Phase == AwaitingNumber || c.Number != nil || c.Frozen != nil
}

// addMailboxes adds the mailboxes whose letters are read from a seat: those of the own agency; from the leading agency,
// which chases the late ones, those of all.
func (s State) addMailboxes(boxes map[string]bool, seat Seat, today Date) {
	for _, p := range s.Covenant.Parties {
		if p.Agency != seat.Agency && seat.Agency != s.Covenant.For && seat.Agency != s.Covenant.Leader() {
			continue
		}
		boxes[s.Directory.Office(p.Agency).Address] = true
		for _, post := range s.Directory.positionsOf(p.Agency) {
			if post.Holds(today) {
				boxes[s.Directory.People[post.Person].Email.Text] = true
			}
		}
	}
	delete(boxes, "")
}

// Row tells lists who may know of the covenant, without its state: how far its text is shown, and the day of its date.
// See [Covenant.fromSeat].
func (c *Covenant) Row() (shown Shown, dated Date) {
	if c.Number != nil {
		dated = c.Number.Date
	}
	switch {
	case c.numbering():
		return ShownToClerks, dated
	case len(c.Revisions) > 0:
		return ShownToBlock, dated
	}
	return ShownToDrafter, dated
}

// Shown says to whom a covenant is shown.
type Shown int

// To whom.
const (
	ShownToDrafter Shown = iota // the drafting agency
	ShownToBlock                // whoever takes part
	ShownToClerks               // their clerks, too
)

// Mail reports whether the letters to an address are read.
func (r Reading) Mail(to string) bool { return r.Scope == ReadEverything || r.boxes[to] }

// Expect refuses who may read less. address is the covenant's; who may not know of the covenant is told what they would
// be told if there were none.
func (r Reading) Expect(scope Scope, address string) error {
	switch {
	case r.Scope == ReadNothing:
		return NoCovenant(address)
	case r.Scope < scope || r.Scope == ReadStanding && scope > ReadStanding:
		return refuse(CodeForbidden, "phần này của giao ước chỉ dành cho các đơn vị tham gia",
			"this part of the covenant is for the agencies that take part")
	}
	return nil
}

// NoCovenant is the refusal where there is no covenant at an address, or none that may be known of.
func NoCovenant(address string) error {
	return refuse(CodeNotFound, "không có giao ước ở địa chỉ “%s”", "there is no covenant at %q", address)
}

// Covenant is the covenant as far as it is read: where that is less than the dossier, nothing but what is named here.
func (r Reading) Covenant(c *Covenant) *Covenant {
	if r.Scope >= ReadDossier {
		return c
	}
	d := &Covenant{}
	if r.Scope == ReadNothing {
		return d
	}
	d.Particulars, d.Version, d.Lineage.Amends = c.Particulars, c.Version, c.Lineage.Amends
	for _, a := range c.Lineage.Amendments { // not what is being drafted
		if a.Number != "" {
			d.Lineage.Amendments = append(d.Lineage.Amendments, a)
		}
	}
	d.Phase, d.Stage, d.StageKind, d.Due, d.Waiting, d.Opening = c.Phase, c.Stage, c.StageKind, c.Due,
		c.Waiting, c.Opening
	d.InForce, d.Reporting = c.InForce, c.Reporting
	d.Ending.Date = c.Ending.Date
	if r.Scope == ReadStanding {
		return d
	}
	d.Number, d.Frozen, d.Head, d.HeadSize, d.Group, d.Level = c.Number, c.Frozen, c.Head, c.HeadSize, c.Group, c.Level
	d.Signed, d.Sealed, d.Paper, d.Enough = c.Signed, c.Sealed, c.Paper, c.Enough
	if r.Scope == ReadText {
		d.Voided = c.Voided
		if newest, ok := c.Revision(); ok && c.numbering() {
			d.Revisions = []Revision{{
				Number: newest.Number, Manifest: newest.Manifest, PDF: newest.PDF, RenderedAt: newest.RenderedAt,
			}}
		}
	}
	return d
}

// File reports whether a file that belongs to the covenant is read.
func (r Reading) File(c *Covenant, digest Digest) bool {
	if r.Scope >= ReadDossier {
		return true
	}
	shown := r.Covenant(c)
	files := []Digest{shown.Head}
	if shown.Frozen != nil {
		files = append(files, shown.Frozen.PDF)
	}
	for _, s := range shown.Signed {
		files = append(files, s.After)
	}
	for _, s := range shown.Sealed {
		files = append(files, s.After)
	}
	for _, rev := range shown.Revisions {
		files = append(files, rev.PDF)
	}
	return !digest.IsZero() && slices.Contains(files, digest)
}

// Event reports whether an event of the log is read.
func (r Reading) Event(e Event) bool {
	if r.Scope >= ReadDossier {
		return true
	}
	switch e.(type) {
	case NumberIssued, NumberVoided, Frozen, GroupOpened, SignatureMade, PaperSignatureRecorded,
		SealApplied, ValidationDataAdded,
		InForce, Amended:
		return r.Scope == ReadText
	}
	return false
}

// Shown is the directory as far as somebody may read it. Who administers or audits reads all of it. Others read which
// agencies, posts and blocks there are; of people, the names of those who act for agencies of their blocks; addresses,
// delegations, certificates and what else is told of people, only of their own agencies.
func (d *Directory) Shown(by Actor, today Date) *Directory {
	if d.KnowsOfAll(by) {
		return d
	}
	out := NewDirectory()
	out.Version = d.Version
	own, near := d.neighbours(by, today)
	if len(own) == 0 {
		return out
	}
	out.Agencies, out.Blocks = d.Agencies, d.Blocks
	known := func(p Position) bool { return near[p.Agency] || p.Person == by.Person() }
	for id, p := range d.Positions {
		if !known(p) {
			continue
		}
		out.Positions[id] = p
		person := d.People[p.Person]
		if !own[p.Agency] && p.Person != by.Person() && out.People[p.Person].Email.Text == "" {
			person.Email = Personal{}
		}
		out.People[p.Person] = person
	}
	for _, g := range d.Delegations {
		if own[d.Positions[g.From].Agency] || g.To == by.Person() {
			out.Delegations = append(out.Delegations, g)
		}
	}
	for _, b := range d.Bindings {
		if b.Person != "" && b.Person == by.Person() || own[b.Agency] {
			out.Bindings = append(out.Bindings, b)
		}
	}
	return out
}

// neighbours are the agencies for which an actor acts today, and all that are in a block with one of them.
func (d *Directory) neighbours(by Actor, today Date) (own, near map[AgencyID]bool) {
	own, near = map[AgencyID]bool{}, map[AgencyID]bool{}
	for _, seat := range d.Seats(by.Person(), today) {
		if !seat.Former() {
			own[seat.Agency], near[seat.Agency] = true, true
		}
	}
	for _, b := range d.Blocks {
		if slices.ContainsFunc(b.Members, func(m BlockMember) bool { return own[m.Agency] }) {
			for _, m := range b.Members {
				near[m.Agency] = true
			}
		}
	}
	return own, near
}
