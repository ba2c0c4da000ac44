// Package process is the definition of a process: the stages that a covenant passes through, as data that people write
// in YAML. It reads and checks a definition, with all problems at once where they stand, draws it, and answers what
// follows from it alone: which dates a schedule has, what a count of votes means, how much is needed. It knows no
// covenant: what conditions speak of is handed in as [Facts]. PROCESS.md documents every key.
package process

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"time"

	"covenant/internal/content"
	"covenant/internal/words"
	"covenant/workflow/calendar"
	"covenant/workflow/digest"

	"go.yaml.in/yaml/v3"
)

// Process is a process definition: the stages that a covenant of a kind passes through, as data. It is stored and
// referred to by the SHA-256 digest of its source, and a covenant stays on the one it started with. PROCESS.md
// documents every key of its YAML form.
type Process struct {
	Name   ProcessName
	Stages []Stage
	Digest digest.Digest
}

// ProcessName is the code of a process and its titles.
type ProcessName struct {
	ID string
	Names
}

// Names is the name of something in both languages; data may leave the English one out.
type Names = words.Text

// StageKind is what happens in a stage.
type StageKind string

// The kinds of stages.
const (
	StageReview StageKind = "review"
	StageVote   StageKind = "vote"
	StageNumber StageKind = "number"
	StageSign   StageKind = "sign"
	StageSeal   StageKind = "seal"
	StageIssue  StageKind = "issue"
	StageReport StageKind = "report"
	StageScore  StageKind = "score"
)

var stageKinds = []string{"review", "vote", "number", "sign", "seal", "issue", "report", "score"}

// Stage is one step of a process. Only the rules of its kind are set.
type Stage struct {
	ID   StageID
	Kind StageKind
	Name Names
	// Who: roles of the block that take part (review, vote, seal, score). Empty means leader, deputy and members.
	Who []Role
	// When: the stage is passed over where the condition does not hold at the moment of entering
	// it. Empty: always entered.
	When Condition
	// Due: how long the stage may take, counted from the day it opens, or the day on which it must be finished.
	Due calendar.Term
	// Escalate: what happens around Due while the stage is open, in order of time.
	Escalate []EscalationRule

	Review *ReviewRules
	Vote   *VoteRules
	Number *NumberRules
	Sign   *SignRules
	Seal   *SealRules
	Report *ReportRules
	Score  *ScoreRules
}

// Label is the stage's name in the reader's language.
func (s Stage) Label(lang words.Language) string { return s.Name.In(lang) }

// Consequence is what follows from a refusal, a failed motion or a missed deadline.
type Consequence string

// The consequences.
const (
	ThenDecide   Consequence = "decide"   // the block leader decides: return, continue or cancel
	ThenReturn   Consequence = "return"   // the draft goes back to its drafter
	ThenContinue Consequence = "continue" // the process goes on without those concerned
	ThenCancel   Consequence = "cancel"   // the covenant is cancelled
	ThenCount    Consequence = "count"    // it only counts as not approving
	ThenAgain    Consequence = "again"    // the motion is put again
	ThenTreatAs  Consequence = "treat_as" // silence counts as approval or as abstention
	ThenExtend   Consequence = "extend"   // the deadline moves
	ThenReject   Consequence = "reject"   // the stage fails, with what the rule for rejections says
)

// EscalationRule is one rung of a stage's ladder: so many days before (negative) or after the last day in time, a mail,
// and what happens then.
type EscalationRule struct {
	ID          Rung
	Days        int
	WorkingDays int
	Hour        int      // local time of day, default 8
	To          []string // "missing", "leader", "deputy", "drafter" or an agency's code
	Then        Consequence
	As          Choice        // of treat_as: ChoiceFor or ChoiceAbstain
	By          calendar.Term // of extend
}

// ReviewRules say how a review is decided.
type ReviewRules struct {
	// Sequential: one agency after the other in the order of the parties. Default: all at once.
	Sequential bool
	// Approve: the share of the weight of those asked that must approve. Default: all.
	Approve Need
	// Weights of roles or agencies; one that is not named weighs 1.
	Weights Weights
	// Return: what an opinion “return” does. ThenReturn (default): the draft goes back when the round is complete;
	// "at_once": immediately; ThenCount: only if the approvals needed cannot be reached any more.
	Return Consequence
	// Reject: what an opinion “reject” does: ThenDecide (default), ThenReturn (at once), ThenCount or ThenCancel.
	Reject Consequence
	// Again: who is asked about a new revision: AgainAll (default), AgainChanged or AgainReturner.
	Again AgainRule
	// Resolve: the stage stays open until every comment is resolved. Default: comments may stay open.
	Resolve bool
	// Quorum: the share of the weight of all who take part that must have given an opinion of their own. Default: none.
	Quorum Need
	// Short: what follows where nobody is waited for any more and the quorum was not reached: ThenDecide (default),
	// ThenReturn or ThenCancel.
	Short Consequence
}

// ReturnAtOnce is ReviewRules.Return where a return does not wait for the other opinions.
const ReturnAtOnce Consequence = "at_once"

// AgainRule says who is asked again about a revision that follows one that was returned.
type AgainRule string

// The rules.
const (
	AgainAll      AgainRule = "all"
	AgainChanged  AgainRule = "changed"  // who did not approve, or commented on a clause that has changed
	AgainReturner AgainRule = "returner" // who did not approve
)

// Weights are the votes of roles and agencies; an agency's own entry comes before its role's.
type Weights map[string]int

// VoteRules say what is voted on and when a motion passes.
type VoteRules struct {
	Secret  bool // ballots are secret; default open
	Motions []MotionRule
	// Quorum: the share of those entitled (by weight) who must take part: be present at the conference, or vote where
	// there is none. Default: all.
	Quorum Need
	// Pass: the share of the base that must be in favour. Default: majority.
	Pass Need
	// Of: the base of Pass: OfCast (default), OfPresent or OfAll.
	Of Base
	// IgnoreAbstentions: an abstention does not count in a base of OfCast. Default: it does.
	IgnoreAbstentions bool
	// Tie: who decides when as many are for as against under Pass “majority”. Default: the motion fails.
	Tie Tie
	// Weights of roles or agencies; one that is not named weighs 1.
	Weights Weights
	// Fail: what a failed motion does: ThenReturn (default), ThenContinue, ThenAgain or ThenCancel.
	Fail Consequence
	// Chair: who chairs and declares the results: roles or agencies in their order. Default: the leader.
	Chair []string
	// Conference: the vote is held at a conference with attendance; nil: electronically, while the stage is open.
	Conference *ConferenceRules
}

// Base is what a threshold is a share of.
type Base string

// The bases.
const (
	OfCast    Base = "cast"
	OfPresent Base = "present"
	OfAll     Base = "all"
)

// Tie is what becomes of a motion with as many votes for as against.
type Tie string

// The rules for ties.
const (
	TieFails  Tie = "fails"
	TiePasses Tie = "passes"
	TieChair  Tie = "chair"
)

// ConferenceRules say what the chair of a conference may do.
type ConferenceRules struct {
	Name    Names  // default: Hội nghị của khối / Conference of the block
	Place   string // default: what the chair says when opening it
	Symbol  string // of the minutes; default BB
	Proxies int    // how many agencies one agency may vote for besides itself; default 0: none
	Floor   bool   // motions may be proposed from the floor
	Amend   bool   // the text may be amended on the spot
	Hands   bool   // the chair may record a show of hands
}

// MotionRule is a motion of the process definition.
type MotionRule struct {
	ID MotionID
	Names
}

// NumberRules say from which book the number comes and what the symbol is.
type NumberRules struct {
	Book   string
	Symbol string // printed after the number, e.g. "GƯ-KTN". Default: the document's own
	By     Role   // whose clerk issues it. Default: leader
}

// SignRules say who signs in which order.
type SignRules struct {
	Groups [][]Role
	Level  string // of each signature: B-B or B-T. Default B-T
	Final  string // after the last one: B-LT or B-LTA. Default B-LT
	// Need: how many of the signatories must sign for the covenant to come into force. Default: all.
	Need Need
	// Late: how long the others may still sign once enough have. Default: not at all.
	Late calendar.Term
	// Refusal: what a refusal does: ThenDecide (default), ThenReturn, ThenContinue or ThenCancel.
	Refusal Consequence
	// Paper: a signature on paper may be recorded in place of a digital one.
	Paper bool
}

// SealRules say how the seals of the agencies named by who are applied, in any order, after the last person has signed.
type SealRules struct {
	Level string // of each seal: B-B or B-T. Default B-T
}

// ReportRules say what members must report after the covenant is in force, and how they are reminded.
type ReportRules struct {
	Months      int // how long the duty lasts from the day on which the covenant is in force
	Obligations []ObligationRule
}

// ObligationRule is one reporting duty. Schedule is a cron expression (robfig/cron, five fields) in the calendar's
// zone; its civil dates are the last days for handing in, inclusive. The day of the month may be L, the month's last.
type ObligationRule struct {
	ID ObligationID
	Names
	Period PeriodKind // quarter, half or year
	// Only are the parts of a year of which a report is asked for, such as H1; none: all of them.
	Only      []Part
	Schedule  string
	Exclusive bool // the scheduled day itself is already too late
	Reminders []RungRule
}

// RungRule is one step of the reminder ladder: so many days before (negative) or after the due date.
type RungRule struct {
	ID          Rung
	Days        int
	WorkingDays int
	Hour        int    // local time of day, default 8
	To          string // "agency": each that has not reported; "leader": one list of them
}

// ScoreRules say how members are scored and ranked.
type ScoreRules struct {
	Total    Points // the sum of the criteria's maxima; default 1000
	Criteria []CriterionRule
	// CriteriaFrom and ClassesFrom are variables of the covenant's own text that hold them, see [ScoreRules.ReadBasis].
	// Default: the process's own.
	CriteriaFrom, ClassesFrom string
	Verifier                  Role // whose agency verifies the self-scores. Default: leader
	// Appeal: verified scores may be appealed. Default: not.
	Appeal *AppealRules
	// Polls are votes of the members on one another, in their order. Default: none.
	Polls []PollRule
	// First is what ranks first: ByTotal (default) or ByBallots.
	First string
	// Tie: what ranks higher when totals are equal, in order: "criterion:ID", "ballots" or "in_time" (reports handed in
	// in time); what is still equal shares the rank.
	Tie     []string
	Classes []ClassRule // from the highest down
	Flags   int         // how many agencies are proposed for a flag
	Symbol  string      // of the minutes; default BB
	Chair   []string    // who declares the ranking, as in VoteRules
}

// AppealRules say how long a verified score may be appealed, and whose agency decides.
type AppealRules struct {
	Within calendar.Term
	By     Role // default: leader
}

// CriterionRule is a criterion with its highest score.
type CriterionRule struct {
	ID CriterionID `json:"id"`
	Names
	Group Names  `json:"group"` // heading under which the score sheet prints it; may be empty
	Max   Points `json:"max"`
}

// ClassRule is a classification and the total from which it is reached.
type ClassRule struct {
	Names
	From Points `json:"from"`
}

// Parse reads and checks a process definition. All problems are reported at once, each as file:line:column with
// what stands there.
func Parse(name string, source []byte) (*Process, error) {
	return (&processReader{name: name}).parse(source)
}

// ParseNew is Parse for a process that covenants are still to follow, in an installation whose calendar has a zone: it
// refuses also what covenants of earlier releases may have been drafted with and would be found out years later, such
// as a period without a date for its report.
func ParseNew(name string, source []byte, zone *time.Location) (*Process, error) {
	return (&processReader{name: name, zone: zone}).parse(source)
}

func (r *processReader) parse(source []byte) (*Process, error) {
	var root yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(source)).Decode(&root); err != nil && !errors.Is(err, io.EOF) {
		r.syntax(err)
		return nil, r.err()
	}
	if line, more := content.SecondDocument(source); more {
		r.bad(&yaml.Node{Line: line, Column: 1}, "tệp chỉ có một quy trình: hãy bỏ phần sau dấu ---",
			"a file holds one process: take out what follows ---")
	}
	p := r.process(&root)
	p.Digest = digest.Of(source)
	return p, r.err()
}

// Stage finds a stage by id.
func (p *Process) Stage(id StageID) (Stage, bool) {
	for _, s := range p.Stages {
		if s.ID == id {
			return s, true
		}
	}
	return Stage{}, false
}

// OfKind is the first stage of a kind.
func (p *Process) OfKind(kind StageKind) (Stage, bool) {
	for _, s := range p.Stages {
		if s.Kind == kind {
			return s, true
		}
	}
	return Stage{}, false
}

// StageName is the name of a stage; the id of one that there is not.
func (p *Process) StageName(id StageID) words.Text {
	if stage, ok := p.Stage(id); ok {
		return stage.Name
	}
	return words.Same(string(id))
}

// ReportName is the name of a report for a period, as it stands within a sentence.
func (p *Process) ReportName(id ObligationID, period Period) words.Text {
	if stage, ok := p.OfKind(StageReport); ok {
		if o, ok := stage.Report.Obligation(id); ok {
			return words.Each(func(l words.Language) string { return o.Title(period, l) }).Lower()
		}
	}
	return words.Same(string(id) + " " + string(period))
}

// PollName is the name of a poll.
func (p *Process) PollName(id PollID) words.Text {
	if stage, ok := p.OfKind(StageScore); ok {
		if rule, ok := stage.Score.PollRule(id); ok {
			return rule.Names
		}
	}
	return words.Same(string(id))
}

// after are the stages that follow one.
func (p *Process) After(id StageID) []Stage {
	i := slices.IndexFunc(p.Stages, func(s Stage) bool { return s.ID == id })
	return p.Stages[i+1:]
}
