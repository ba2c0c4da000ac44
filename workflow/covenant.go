package workflow

import (
	"slices"
	"time"
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
	AwaitingScores     Phase = "awaiting_scores"     // members score themselves, the verifier checks, the chair declares the ranking
	PhaseAdopted       Phase = "adopted"             // the process is over without signatures
	PhaseCancelled     Phase = "cancelled"           // it never came into force
	PhaseClosed        Phase = "closed"
	PhaseRejected      Phase = "rejected" // it stopped: the leader of the block decides how to go on
	PhaseWithdrawn     Phase = "withdrawn"
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

// Covenant is the state of one covenant, made by applying its events in order.
type Covenant struct {
	ID         CovenantID
	Slug       string
	Title      string
	Year       int
	Block      BlockID
	Template   string
	Process    Digest
	OwnProcess bool // the process is the block's own, not the template's
	Parties    []Party
	Drafter    PersonID
	For        AgencyID
	Revisions  []Revision
	Phase      Phase
	Stage      StageID
	StageKind  StageKind // of the open stage
	Due        Deadline
	Waiting    []AgencyID // those asked in the open stage
	// Of the open stage: who is asked later, one after the other; without whom it goes on; how often any stage was opened;
	// how often its deadline moved, by which rungs, and since when its ladder counts; and the rungs carried out.
	Queue    []AgencyID
	Released []AgencyID
	// QuorumWaived: the open review goes on though too few gave an opinion, as the leader decided.
	QuorumWaived bool
	Opening      int
	Extension    int
	Extended     []Rung
	LadderFrom   time.Time
	Rungs        []StageEscalated
	Threads      []Thread
	Conflicts    []ConflictDeclared
	Carried      []ApprovalCarried
	Deemed       []OpinionDeemed
	Stop         *Stopped // why it stopped, while the leader decides
	SetAside     []Frozen // documents that were numbered and then went back to the drafter
	// Conferences are all sittings; EarlierSittings of them belong to earlier openings of the stage. Rounds counts the motions
	// opened, RoundsBefore those before the last sitting.
	Conferences     []Conference
	EarlierSittings int
	Rounds          int
	RoundsBefore    int
	Waived          []AgencyID // who may still sign, though the others no longer wait
	Paper           []PaperSignatureRecorded
	Enough          *SignaturesSufficient
	Scoring         *Scoring
	Reviews         []ReviewGiven
	Motions         []Motion
	Number          *NumberIssued
	Frozen          *Frozen
	Head            Digest
	HeadSize        int64
	Group           int // of signatories, from 1
	Signed          []SignatureMade
	Refused         []SignatureRefused
	Sealed          []SealApplied
	Level           string // of the finished file, e.g. B-LT
	InForce         Date
	Reporting       *ReportingOpened
	Reports         []ReportSubmitted
	Reminders       []Reminded
	Voided          []NumberVoided // numbers that it had and lost
	Ending          Ending
	Lineage         Lineage
	Version         int64 // number of events applied
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

// Apply folds one event into the state. It never fails; events of the directory are ignored.
func (c *Covenant) Apply(e Event) {
	c.Version++
	switch e := e.(type) {
	case Drafted:
		c.applyDrafted(e)
	case RevisionSubmitted:
		c.Revisions = append(c.Revisions, Revision{
			Number: e.Number, Manifest: e.Manifest, PDF: e.PDF, Values: e.Values, Template: e.Template, Clauses: e.Clauses,
			Note: e.Note, Parts: e.Parts, RenderedAt: e.RenderedAt, Conference: e.Conference, Basis: e.Basis,
		})
	case StageOpened:
		c.applyStageOpened(e)
	case StageClosed:
		c.Waiting, c.Queue, c.Due = nil, nil, Deadline{}
	case RevisionReturned:
		c.Phase, c.Waiting, c.Queue, c.Due, c.Stop = AwaitingRevision, nil, nil, Deadline{}, nil
		c.Revisions[e.Revision-1].Returned, c.Revisions[e.Revision-1].Return = e.By, &e
		c.Motions = slices.DeleteFunc(slices.Clone(c.Motions), func(m Motion) bool { return m.Result == nil })
		c.setAside()
	case NumberIssued:
		c.Number = &e
		c.Phase = AwaitingFreeze
	case Frozen:
		c.Frozen, c.Head, c.HeadSize = &e, e.PDF, e.Size
	case SealApplied:
		c.Sealed = append(c.Sealed, e)
		c.Head, c.HeadSize = e.After, e.Size
		c.Waiting = without(c.Waiting, e.Agency)
	case ValidationDataAdded:
		c.Head, c.HeadSize, c.Level = e.After, e.Size, e.Level
	default:
		for _, apply := range []func(Event){
			c.applyReporting, c.applyReview, c.applyComment, c.applyVote, c.applyConference, c.applySignature, c.applyRefusal,
			c.applyEscalation, c.applyScore,
		} {
			apply(e)
		}
	}
}

func (c *Covenant) applyReporting(e Event) {
	switch e := e.(type) {
	case InForce:
		c.InForce, c.Phase, c.Waiting, c.Due = e.Date, PhaseInForce, nil, Deadline{}
	case ReportingOpened:
		c.Reporting, c.Phase = &e, AwaitingReports
	case ReportSubmitted:
		c.Reports = append(c.Reports, e)
	case Reminded:
		c.Reminders = append(c.Reminders, e)
	default:
		c.applyLife(e)
	}
}

func (c *Covenant) applyDrafted(e Drafted) {
	c.ID, c.Slug, c.Title, c.Year, c.Block = e.Covenant, e.Slug, e.Title, e.Year, e.Block
	c.Template, c.Process, c.OwnProcess, c.Parties = e.Template, e.Process, e.OwnProcess, e.Parties
	c.Drafter, c.For = e.DraftedBy, e.DraftedFor
	c.Lineage.Amends, c.Lineage.Renews = e.Amends, e.Renews
	c.Phase = AwaitingRevision
}

// setAside forgets the frozen document of a text that goes back: what was signed binds nobody.
func (c *Covenant) setAside() {
	if c.Frozen == nil {
		return
	}
	c.SetAside = append(c.SetAside, *c.Frozen)
	c.Frozen, c.Head, c.HeadSize, c.Group = nil, Digest{}, 0, 0
	c.Signed, c.Refused, c.Sealed, c.Waived, c.Paper, c.Enough = nil, nil, nil, nil, nil, nil
}

func (c *Covenant) applyStageOpened(e StageOpened) {
	c.Stage, c.StageKind, c.Due, c.Phase = e.Stage, e.Type, e.Due, phaseOf[e.Type]
	c.Waiting, c.Queue = append([]AgencyID(nil), e.Who...), append([]AgencyID(nil), e.Queue...)
	c.Released, c.Rungs, c.Extended, c.Extension, c.LadderFrom, c.Stop = nil, nil, nil, 0, e.OpenedAt, nil
	c.QuorumWaived = false
	c.Opening++
	switch e.Type {
	case StageVote:
		c.Motions = slices.DeleteFunc(slices.Clone(c.Motions), func(m Motion) bool { return m.Stage == e.Stage })
		c.Waiting, c.EarlierSittings = nil, len(c.Conferences)
	case StageScore:
		c.Scoring = &Scoring{}
	}
}

// Clone copies the state so that events can be tried on it: nothing applied to the copy is seen through c.
func (c *Covenant) Clone() *Covenant {
	d := *c
	d.Revisions = slices.Clone(c.Revisions)
	d.Motions = slices.Clone(c.Motions)
	d.Reviews = slices.Clip(c.Reviews)
	d.Signed = slices.Clip(c.Signed)
	d.Refused = slices.Clip(c.Refused)
	d.Sealed = slices.Clip(c.Sealed)
	d.Reports = slices.Clip(c.Reports)
	d.Reminders = slices.Clip(c.Reminders)
	d.Voided = slices.Clip(c.Voided)
	d.Lineage.Amendments = slices.Clone(c.Lineage.Amendments)
	d.Conflicts, d.Carried, d.Deemed = slices.Clip(c.Conflicts), slices.Clip(c.Carried), slices.Clip(c.Deemed)
	d.Released, d.SetAside, d.Waived, d.Paper = slices.Clip(c.Released), slices.Clip(c.SetAside), slices.Clip(c.Waived), slices.Clip(c.Paper)
	d.Conferences = slices.Clone(c.Conferences)
	if c.Scoring != nil {
		d.Scoring = c.Scoring.clone()
	}
	return &d
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
