package workflow

import "covenant/workflow/process"

// The terms of a process definition, under the names of the rules.
type (
	Choice          = process.Choice
	ConferenceRules = process.ConferenceRules
	Consequence     = process.Consequence
	Count           = process.Count
	CriterionID     = process.CriterionID
	CriterionRule   = process.CriterionRule
	CriterionScore  = process.CriterionScore
	Decides         = process.Decides
	EscalationRule  = process.EscalationRule
	Marks           = process.Marks
	Method          = process.Method
	MotionID        = process.MotionID
	Names           = process.Names
	ObligationID    = process.ObligationID
	Occurrence      = process.Occurrence
	Period          = process.Period
	Points          = process.Points
	PollID          = process.PollID
	PollRule        = process.PollRule
	Process         = process.Process
	ReportRules     = process.ReportRules
	Role            = process.Role
	Rung            = process.Rung
	ScoreBasis      = process.ScoreBasis
	ScoreRules      = process.ScoreRules
	Stage           = process.Stage
	StageID         = process.StageID
	StageKind       = process.StageKind
	Verdict         = process.Verdict
	VoteRules       = process.VoteRules
	Weights         = process.Weights
)

const (
	AgainAll         = process.AgainAll
	AgainChanged     = process.AgainChanged
	AmendPrefix      = process.AmendPrefix
	ByBallots        = process.ByBallots
	ByTotal          = process.ByTotal
	ChoiceAbstain    = process.ChoiceAbstain
	ChoiceAgainst    = process.ChoiceAgainst
	ChoiceFor        = process.ChoiceFor
	DecidesDeputy    = process.DecidesDeputy
	DecidesLeader    = process.DecidesLeader
	DecidesRanking   = process.DecidesRanking
	FloorPrefix      = process.FloorPrefix
	MarksOrder       = process.MarksOrder
	MethodElectronic = process.MethodElectronic
	MethodHands      = process.MethodHands
	MethodSecret     = process.MethodSecret
	PeriodQuarter    = process.PeriodQuarter
	ReturnAtOnce     = process.ReturnAtOnce
	RoleDeputy       = process.RoleDeputy
	RoleLeader       = process.RoleLeader
	RoleMember       = process.RoleMember
	RoleWitness      = process.RoleWitness
	StageIssue       = process.StageIssue
	StageNumber      = process.StageNumber
	StageReport      = process.StageReport
	StageReview      = process.StageReview
	StageScore       = process.StageScore
	StageSeal        = process.StageSeal
	StageSign        = process.StageSign
	StageVote        = process.StageVote
	ThenAgain        = process.ThenAgain
	ThenCancel       = process.ThenCancel
	ThenContinue     = process.ThenContinue
	ThenCount        = process.ThenCount
	ThenExtend       = process.ThenExtend
	ThenReject       = process.ThenReject
	ThenReturn       = process.ThenReturn
	ThenTreatAs      = process.ThenTreatAs
	TieChair         = process.TieChair
	ToDeputy         = process.ToDeputy
	ToDrafter        = process.ToDrafter
	ToLeader         = process.ToLeader
	ToMissing        = process.ToMissing
)
