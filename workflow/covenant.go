package workflow

import (
	"slices"
	"time"

	"covenant/internal/words"
)

// Phase says who acts next; every state of a covenant is exactly one of these.
type Phase string

// The phases, in the order of a covenant's life.
const (
	PhaseNew           Phase = ""                  // nothing recorded yet
	AwaitingRevision   Phase = "awaiting_revision" // the drafter submits a revision
	AwaitingReviews    Phase = "awaiting_reviews"  // the agencies give their opinion
	AwaitingVotes      Phase = "awaiting_votes"    // the members vote
	AwaitingNumber     Phase = "awaiting_number"   // the clerk issues number and date
	AwaitingFreeze     Phase = "awaiting_freeze"   // the program renders the final file
	AwaitingSignatures Phase = "awaiting_signatures"
	AwaitingSeals      Phase = "awaiting_seals"      // the clerks apply the agencies' seals
	AwaitingValidation Phase = "awaiting_validation" // the program adds the validation data
	AwaitingReports    Phase = "awaiting_reports"    // in force; members report by period
	PhaseInForce       Phase = "in_force"            // in force, no reporting in the process
	// members score themselves, the verifier checks, the chair declares the ranking
	AwaitingScores Phase = "awaiting_scores"
	PhaseAdopted   Phase = "adopted"   // the process is over without signatures
	PhaseCancelled Phase = "cancelled" // it never came into force
	PhaseClosed    Phase = "closed"
	PhaseRejected  Phase = "rejected" // it stopped: the leader of the block decides how to go on
	PhaseWithdrawn Phase = "withdrawn"
)

// phaseOf is the phase of an open stage, by its kind.
var phaseOf = map[StageKind]Phase{
	StageReview: AwaitingReviews, StageVote: AwaitingVotes, StageNumber: AwaitingNumber, StageSign: AwaitingSignatures,
	StageSeal: AwaitingSeals, StageIssue: AwaitingValidation, StageReport: AwaitingReports, StageScore: AwaitingScores,
}

// Party is an agency that takes part in a covenant, with its signature cell.
type Party struct {
	Agency AgencyID `json:"agency"`
	Role   Role     `json:"role"`
	Slot   SlotID   `json:"slot"`
	Unit   string   `json:"unit"`  // as printed
	Title  string   `json:"title"` // as printed, e.g. GIÁM ĐỐC
}

// Covenant is the state of one covenant, made by applying its events in order. It is grouped by what it is about; a
// group that begins anew is replaced as a whole.
type Covenant struct {
	Particulars
	Discussion
	OpenStage
	Voting
	Numbering
	Document
	Duties
	Scoring *Scoring
	Ending  Ending
	Lineage Lineage
	Version int64 // number of events applied
}

// Particulars are what a covenant was started with.
type Particulars struct {
	ID         CovenantID
	Slug       string // its address: year and name
	Title      string
	Year       int
	Block      BlockID
	Template   string
	Process    Digest
	OwnProcess bool // the process is the block's own, not the template's
	Parties    []Party
	Drafter    PersonID
	For        AgencyID // that the drafter drafted it for
}

// Discussion is the text and what the agencies say of it.
type Discussion struct {
	Revisions []Revision
	Reviews   []ReviewGiven
	Threads   []Thread
	Conflicts []ConflictDeclared
	Carried   []ApprovalCarried
	Deemed    []OpinionDeemed
}

// OpenStage is the stage of the process that is open, and who is asked in it.
type OpenStage struct {
	Phase     Phase
	Stage     StageID
	StageKind StageKind
	Due       Deadline
	Waiting   []AgencyID // those asked now
	Queue     []AgencyID // asked later, one after the other
	Released  []AgencyID // without whom it goes on
	// QuorumWaived: the open review goes on though too few gave an opinion, as the leader decided.
	QuorumWaived bool
	Opening      int              // how often any stage was opened
	Extension    int              // how often its deadline moved
	Extended     []Rung           // by which rungs
	LadderFrom   time.Time        // since when its ladder counts
	Rungs        []StageEscalated // that were carried out
	Stop         *Stopped         // why it stopped, while the leader decides
}

// Voting is what was put to the vote. Conferences are all sittings; EarlierSittings of them belong to earlier openings
// of the stage. Rounds counts the motions opened, RoundsBefore those before the last sitting.
type Voting struct {
	Motions         []Motion
	Conferences     []Conference
	EarlierSittings int
	Rounds          int
	RoundsBefore    int
}

// Numbering is the covenant's number, and what became of those that it had before.
type Numbering struct {
	Number   *NumberIssued
	Voided   []NumberVoided // numbers that it had and lost
	SetAside []Frozen       // documents that were numbered and then went back to the drafter
	// Accepted are the codes of the obstacles that an administrator has it go on in spite of.
	Accepted []string
}

// Document is the frozen document with the signatures made on it. A text that goes back leaves none:
// what was signed binds nobody.
type Document struct {
	Frozen   *Frozen
	Head     Digest // of its newest version
	HeadSize int64
	Group    int // of signatories, from 1
	Signed   []SignatureMade
	Refused  []SignatureRefused
	Sealed   []SealApplied
	Waived   []AgencyID // who may still sign, though the others no longer wait
	Paper    []PaperSignatureRecorded
	Enough   *SignaturesSufficient
	Level    string // of the finished file, e.g. B-LT
}

// Duties are what the covenant asks of its members once it is in force.
type Duties struct {
	InForce   Date
	Reporting *ReportingOpened
	Reports   []ReportSubmitted
	Reminders []Reminded
}

// Revision is one version of the text put before the agencies.
type Revision struct {
	Number   int
	Manifest Digest
	PDF      Digest
	Values   Digest
	Template Digest
	Clauses  []ClauseDigest
	Note     string
	Parts    []ManifestPart
	Returned AgencyID // the agency that sent it back, if any
	Return   *RevisionReturned
	// RenderedAt is the moment that the PDF names; rendering again with it gives the same bytes.
	RenderedAt time.Time
	Basis      *ScoreBasis // criteria of its own, where the process takes them from the text
	Conference bool        // amended on the spot at a conference
	Withdrawn  bool        // amended on the spot, and not adopted
}

// Revision is the newest revision that was not withdrawn; false before the first.
func (c *Covenant) Revision() (Revision, bool) {
	for i := len(c.Revisions) - 1; i >= 0; i-- {
		if !c.Revisions[i].Withdrawn {
			return c.Revisions[i], true
		}
	}
	return Revision{}, false
}

// RevisionNumbered finds a revision by its number.
func (c *Covenant) RevisionNumbered(number int) (Revision, bool) {
	for _, r := range c.Revisions {
		if r.Number == number {
			return r, true
		}
	}
	return Revision{}, false
}

// Party finds the party of an agency.
func (c *Covenant) Party(agency AgencyID) (Party, bool) {
	for _, p := range c.Parties {
		if p.Agency == agency {
			return p, true
		}
	}
	return Party{}, false
}

// SlotParty finds the party whose signature cell is slot.
func (c *Covenant) SlotParty(slot SlotID) (Party, bool) {
	for _, p := range c.Parties {
		if p.Slot == slot {
			return p, true
		}
	}
	return Party{}, false
}

// Signature finds the signature made in a slot.
func (c *Covenant) Signature(slot SlotID) (SignatureMade, bool) {
	for _, s := range c.Signed {
		if s.Slot == slot {
			return s, true
		}
	}
	return SignatureMade{}, false
}

// Responses are the answers about certificates that the signers and seals were checked by, each once.
func (c *Covenant) Responses() []Digest {
	var out []Digest
	add := func(check SignerCheck) {
		for _, d := range check.Responses {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	for _, s := range c.Signed {
		add(s.Check)
	}
	for _, s := range c.Sealed {
		add(s.Check)
	}
	return out
}

// Report finds an agency's report for a period.
func (c *Covenant) Report(id ObligationID, period Period, agency AgencyID) (ReportSubmitted, bool) {
	for _, r := range c.Reports {
		if r.Obligation == id && r.Period == period && r.Agency == agency {
			return r, true
		}
	}
	return ReportSubmitted{}, false
}

// Members are the parties that are members of the block, in order, without witnesses.
func (c *Covenant) Members() []AgencyID {
	var out []AgencyID
	for _, p := range c.Parties {
		if p.Role != RoleWitness {
			out = append(out, p.Agency)
		}
	}
	return out
}

// Leader is the agency that leads the block.
func (c *Covenant) Leader() AgencyID {
	for _, p := range c.Parties {
		if p.Role == RoleLeader {
			return p.Agency
		}
	}
	return ""
}

// Missing are the members whose report for the period has not come.
func (c *Covenant) Missing(id ObligationID, period Period) []AgencyID {
	var out []AgencyID
	for _, a := range c.Members() {
		if _, ok := c.Report(id, period, a); !ok {
			out = append(out, a)
		}
	}
	return out
}

// StageOpened starts a stage; Due is when it should be finished, if it has a term.
type StageOpened struct {
	Stage StageID    `json:"stage"`
	Type  StageKind  `json:"type"`
	Who   []AgencyID `json:"who,omitempty"`
	Due   Deadline   `json:"due"`
	// Queue are those who are asked one after the other, after Who.
	Queue    []AgencyID `json:"queue,omitempty"`
	OpenedAt time.Time  `json:"opened_at,omitzero"`
}

// Kind is the event's name in the log.
func (StageOpened) Kind() string { return "stage_opened" }

func (e StageOpened) apply(c *Covenant) {
	c.OpenStage = OpenStage{
		Phase: phaseOf[e.Type], Stage: e.Stage, StageKind: e.Type, Due: e.Due, Waiting: slices.Clone(e.Who),
		Queue:   slices.Clone(e.Queue),
		Opening: c.Opening + 1, LadderFrom: e.OpenedAt,
	}
	switch e.Type {
	case StageVote:
		c.Motions = slices.DeleteFunc(slices.Clone(c.Motions), func(m Motion) bool { return m.Stage == e.Stage })
		c.Waiting, c.EarlierSittings = nil, len(c.Conferences)
	case StageScore:
		c.Scoring = &Scoring{}
	}
}

func (e StageOpened) line(s State) Line {
	l := Line{Tone: ToneWaiting, Text: words.F("Bắt đầu bước “%s”", "Step “%s” began", s.Process.StageName(e.Stage))}
	if !e.Due.Date.IsZero() {
		l.Detail = words.F("Hạn %s", "Due %s", e.Due.LastDay().Display())
	}
	return l
}

// StageClosed ends a stage.
type StageClosed struct {
	Stage StageID `json:"stage"`
}

// Kind is the event's name in the log.
func (StageClosed) Kind() string { return "stage_closed" }

func (e StageClosed) apply(c *Covenant) {
	c.Waiting, c.Queue, c.Due = nil, nil, Deadline{}
}

func (e StageClosed) line(s State) Line {
	return Line{Tone: ToneDone, Text: words.F("Kết thúc bước “%s”", "Step “%s” ended", s.Process.StageName(e.Stage))}
}

// Apply folds one event into the state. It never fails; events that are about something else are ignored.
func (c *Covenant) Apply(e Event) {
	c.Version++
	if e, ok := e.(ofCovenant); ok {
		e.apply(c)
	}
}

// changeRevision changes a revision by its number; one that there is not, in a log that was made up, changes nothing.
func (c *Covenant) changeRevision(number int, change func(*Revision)) {
	if number >= 1 && number <= len(c.Revisions) {
		change(&c.Revisions[number-1])
	}
}

// setAside forgets the frozen document of a text that goes back: what was signed binds nobody.
func (c *Covenant) setAside() {
	if c.Frozen == nil {
		return
	}
	c.SetAside = append(c.SetAside, *c.Frozen)
	c.Document = Document{}
}

// Clone copies the state so that events can be tried on it: nothing applied to the copy is seen through c. Lists that
// only grow are shared up to their length; lists whose elements change are copied.
func (c *Covenant) Clone() *Covenant {
	d := *c
	d.Discussion, d.OpenStage, d.Voting = c.Discussion.clone(), c.OpenStage.clone(), c.Voting.clone()
	d.Numbering, d.Document, d.Duties = c.Numbering.clone(), c.Document.clone(), c.Duties.clone()
	d.Lineage.Amendments = slices.Clone(c.Lineage.Amendments)
	if c.Scoring != nil {
		d.Scoring = c.Scoring.clone()
	}
	return &d
}

func (d Discussion) clone() Discussion {
	d.Revisions, d.Threads = slices.Clone(d.Revisions), slices.Clone(d.Threads)
	d.Reviews, d.Conflicts = slices.Clip(d.Reviews), slices.Clip(d.Conflicts)
	d.Carried, d.Deemed = slices.Clip(d.Carried), slices.Clip(d.Deemed)
	return d
}

func (o OpenStage) clone() OpenStage {
	o.Released, o.Extended, o.Rungs = slices.Clip(o.Released), slices.Clip(o.Extended), slices.Clip(o.Rungs)
	return o
}

func (v Voting) clone() Voting {
	v.Motions, v.Conferences = slices.Clone(v.Motions), slices.Clone(v.Conferences)
	return v
}

func (n Numbering) clone() Numbering {
	n.Voided, n.SetAside = slices.Clip(n.Voided), slices.Clip(n.SetAside)
	return n
}

func (d Document) clone() Document {
	d.Signed, d.Refused, d.Sealed = slices.Clip(d.Signed), slices.Clip(d.Refused), slices.Clip(d.Sealed)
	d.Waived, d.Paper = slices.Clip(d.Waived), slices.Clip(d.Paper)
	return d
}

func (d Duties) clone() Duties {
	d.Reports, d.Reminders = slices.Clip(d.Reports), slices.Clip(d.Reminders)
	return d
}

func without(list []AgencyID, drop AgencyID) []AgencyID {
	var out []AgencyID
	for _, a := range list {
		if a != drop {
			out = append(out, a)
		}
	}
	return out
}

func contains(list []AgencyID, a AgencyID) bool {
	for _, x := range list {
		if x == a {
			return true
		}
	}
	return false
}

// State is all that a decision may look at.
type State struct {
	Covenant  *Covenant
	Process   *Process
	Directory *Directory
	Calendar  *Calendar
}

func (s State) today(now time.Time) Date { return s.Calendar.Today(now) }
