package workflow

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Process is a process definition: the stages that a covenant of a kind passes through, as data. It is stored and
// referred to by the SHA-256 digest of its source, and a covenant stays on the one it started with.
type Process struct {
	Name   ProcessName
	Stages []Stage
	Digest Digest
}

// ProcessName is the code of a process and its titles.
type ProcessName struct {
	ID         string `yaml:"id"`
	Vietnamese string `yaml:"vi"`
	English    string `yaml:"en"`
}

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
)

// Stage is one step of a process. Only the fields of its kind are set.
type Stage struct {
	ID   StageID   `yaml:"id"`
	Kind StageKind `yaml:"kind"`
	Name struct {
		Vietnamese string `yaml:"vi"`
		English    string `yaml:"en"`
	} `yaml:"name"`
	// Who: roles of the block that take part (review, vote). Empty means leader, deputy and members.
	Who []Role `yaml:"who"`
	// Due: how long the stage may take, counted from the day it opens.
	Due Term `yaml:"due"`

	Review *ReviewRules `yaml:"review"`
	Vote   *VoteRules   `yaml:"vote"`
	Number *NumberRules `yaml:"number"`
	Sign   *SignRules   `yaml:"sign"`
	Seal   *SealRules   `yaml:"seal"`
	Report *ReportRules `yaml:"report"`
}

// Label is the stage's name in the reader's language.
func (s Stage) Label(lang string) string {
	return pick(lang, [2]string{s.Name.Vietnamese, s.Name.English})
}

// ReviewRules say how a review is decided.
type ReviewRules struct {
	// Approve: how many approvals close the stage. Default: all.
	Approve Need `yaml:"approve"`
}

// VoteRules say what is voted on and when a motion passes.
type VoteRules struct {
	Ballot  string       `yaml:"ballot"` // "open" (default)
	Motions []MotionRule `yaml:"motions"`
	// Quorum: the share of those entitled who must take part. Default: all.
	Quorum Need `yaml:"quorum"`
	// Pass: the share of the ballots cast that must be in favour; an abstention counts as cast. Default: majority.
	Pass Need `yaml:"pass"`
}

// MotionRule is a motion of the process definition.
type MotionRule struct {
	ID         MotionID `yaml:"id"`
	Vietnamese string   `yaml:"vi"`
	English    string   `yaml:"en"`
}

// NumberRules say from which book the number comes and what the symbol is.
type NumberRules struct {
	Book   string `yaml:"book"`
	Symbol string `yaml:"symbol"` // printed after the number, e.g. "GƯ-KTN". Default: the document's own
	By     Role   `yaml:"by"`     // whose clerk issues it. Default: leader
}

// SignRules say who signs in which order.
type SignRules struct {
	Groups [][]Role `yaml:"groups"`
	Level  string   `yaml:"level"`   // of each signature: B-B or B-T. Default B-T
	Final  string   `yaml:"archive"` // after the last one: B-LT or B-LTA. Default B-LT
}

// SealRules say how the seals of the agencies named by who are applied, in any order, after the last person has signed.
type SealRules struct {
	Level string `yaml:"level"` // of each seal: B-B or B-T. Default B-T
}

// ReportRules say what members must report after the covenant is in force, and how they are reminded.
type ReportRules struct {
	Months      int              `yaml:"months"` // how long the duty lasts from the day of signing
	Obligations []ObligationRule `yaml:"obligations"`
}

// ObligationRule is one reporting duty. Schedule is a cron expression (robfig/cron, five fields) in the calendar's
// zone; its civil dates are the last days for handing in, inclusive.
type ObligationRule struct {
	ID         ObligationID `yaml:"id"`
	Vietnamese string       `yaml:"vi"`
	English    string       `yaml:"en"`
	Period     PeriodKind   `yaml:"period"` // quarter, half or year
	Schedule   string       `yaml:"schedule"`
	Exclusive  bool         `yaml:"exclusive"` // the scheduled day itself is already too late
	Reminders  []RungRule   `yaml:"reminders"`
}

// RungRule is one step of the reminder ladder: so many days before (negative) or after the due date.
type RungRule struct {
	ID          Rung   `yaml:"id"`
	Days        int    `yaml:"days"`
	WorkingDays int    `yaml:"working_days"`
	Hour        int    `yaml:"hour"` // local time of day, default 8
	To          string `yaml:"to"`   // "agency": each that has not reported; "leader": one list of them
}

// Need is a share: "all", "majority", "2/3", "75%" or a number such as "5".
type Need struct {
	num, den int // share num/den; den 0 = absolute number num
	majority bool
	text     string
}

// UnmarshalYAML reads the text forms.
func (n *Need) UnmarshalYAML(node *yaml.Node) error {
	parsed, err := ParseNeed(node.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	*n = parsed
	return nil
}

// ParseNeed reads "all", "majority", "a/b", "p%" or a whole number.
func ParseNeed(text string) (Need, error) {
	n := Need{text: text}
	bad := fmt.Errorf(`%q: want all, majority, a fraction such as 2/3, a percentage such as 75%%, or a number`, text)
	switch {
	case text == "all":
		n.num, n.den = 1, 1
	case text == "majority":
		n.majority = true
	case strings.HasSuffix(text, "%"):
		p, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
		if err != nil || p < 1 || p > 100 {
			return n, bad
		}
		n.num, n.den = p, 100
	case strings.Contains(text, "/"):
		a, b, _ := strings.Cut(text, "/")
		num, err1 := strconv.Atoi(a)
		den, err2 := strconv.Atoi(b)
		if err1 != nil || err2 != nil || num < 1 || den < num {
			return n, bad
		}
		n.num, n.den = num, den
	default:
		num, err := strconv.Atoi(text)
		if err != nil || num < 1 {
			return n, bad
		}
		n.num = num
	}
	return n, nil
}

// String is the text it was read from.
func (n Need) String() string { return n.text }

// IsZero reports whether nothing was given.
func (n Need) IsZero() bool { return n == Need{} }

// Of is the smallest count that satisfies the need among total.
func (n Need) Of(total int) int {
	switch {
	case n.majority:
		return total/2 + 1
	case n.den == 0:
		return n.num
	}
	return (total*n.num + n.den - 1) / n.den
}

type processFile struct {
	Process ProcessName `yaml:"process"`
	Stages  []Stage     `yaml:"stages"`
}

// ParseProcess reads and checks a process definition. All problems are reported at once, each with its stage.
func ParseProcess(name string, source []byte) (*Process, error) {
	var f processFile
	dec := yaml.NewDecoder(bytes.NewReader(source))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return nil, refuse(CodeInvalid, "%s: quy trình không đọc được: %v", "%s: cannot read the process definition: %v", name, err)
	}
	p := &Process{Name: f.Process, Stages: f.Stages, Digest: DigestOf(source)}
	for i := range p.Stages {
		p.Stages[i].fillDefaults()
	}
	if problems := p.problems(); len(problems) > 0 {
		text := "\n  " + strings.Join(problems, "\n  ")
		return nil, refuse(CodeInvalid, "%s: quy trình có lỗi:%s", "%s: the process definition has errors:%s", name, text)
	}
	return p, nil
}

func (s *Stage) fillDefaults() {
	all, _ := ParseNeed("all")
	majority, _ := ParseNeed("majority")
	if len(s.Who) == 0 {
		s.Who = []Role{RoleLeader, RoleDeputy, RoleMember}
	}
	if s.Kind == StageReview && s.Review == nil {
		s.Review = &ReviewRules{}
	}
	if s.Review != nil && s.Review.Approve.IsZero() {
		s.Review.Approve = all
	}
	if v := s.Vote; v != nil {
		if v.Ballot == "" {
			v.Ballot = "open"
		}
		if v.Quorum.IsZero() {
			v.Quorum = all
		}
		if v.Pass.IsZero() {
			v.Pass = majority
		}
	}
	if s.Number != nil && s.Number.By == "" {
		s.Number.By = RoleLeader
	}
	if s.Sign != nil {
		if s.Sign.Level == "" {
			s.Sign.Level = "B-T"
		}
		if s.Sign.Final == "" {
			s.Sign.Final = "B-LT"
		}
	}
	if s.Kind == StageSeal && s.Seal == nil {
		s.Seal = &SealRules{}
	}
	if s.Seal != nil && s.Seal.Level == "" {
		s.Seal.Level = "B-T"
	}
	if s.Report != nil {
		for i := range s.Report.Obligations {
			for j := range s.Report.Obligations[i].Reminders {
				if r := &s.Report.Obligations[i].Reminders[j]; r.Hour == 0 {
					r.Hour = 8
				}
			}
		}
	}
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

func (p *Process) next(id StageID) (Stage, bool) {
	for i, s := range p.Stages {
		if s.ID == id && i+1 < len(p.Stages) {
			return p.Stages[i+1], true
		}
	}
	return Stage{}, false
}
