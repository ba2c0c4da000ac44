package process

import (
	"fmt"
	"slices"
	"strings"

	"covenant/internal/words"
	"covenant/workflow/calendar"
	"covenant/workflow/digest"
	"covenant/workflow/refusal"

	"go.yaml.in/yaml/v3"
)

// Identifiers of a process definition: codes chosen by who writes it, lower-case ASCII with hyphens.
type (
	// StageID identifies a stage of a process definition.
	StageID string
	// MotionID identifies a motion put to the vote.
	MotionID string
	// ObligationID identifies a reporting duty of a process definition.
	ObligationID string
	// Period names a reporting period: "2026-Q4", "2026-H1" or "2026".
	Period string
	// Rung names one step of a reminder ladder.
	Rung string
	// CriterionID identifies a criterion that members are scored by.
	CriterionID string
	// PollID identifies a poll of a process.
	PollID string
)

// ValidCode reports whether text is a code as people choose them: a–z, 0–9 and single hyphens, at most 64 bytes.
func ValidCode(text string) bool {
	if text == "" || len(text) > 64 || strings.Contains(text, "--") || text[0] == '-' || text[len(text)-1] == '-' {
		return false
	}
	for _, r := range text {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}

// ClosingDay is the day on which EndReporting is due: after the duties' last day and the last step of every ladder.
func (r *ReportRules) ClosingDay(from, until calendar.Date, cal *calendar.Calendar) (calendar.Date, error) {
	last := until
	all, err := r.Occurrences(from, until, cal)
	for _, o := range all {
		if day := cal.Today(o.At); last.Before(day) {
			last = day
		}
	}
	return last.AddDays(1), err
}

// Motions that the process does not name get ids of their own, which a process may not use.
const (
	FloorPrefix = "de-nghi-" // proposed from the floor
	AmendPrefix = "sua-doi-" // adopts a text amended on the spot
)

// ScoreBasis is what a covenant's own text says of scores.
type ScoreBasis struct {
	Criteria []CriterionRule `json:"criteria"`
	Classes  []ClassRule     `json:"classes,omitempty"`
	// Source is the digest of the values that they were read from.
	Source digest.Digest `json:"source"`
}

// ReadBasis reads the criteria and classes that a process takes from the values of a covenant; nil where it takes none.
// The variable holds groups, each with its name (tên) and its criteria (tiêu_chí: nội_dung and điểm or tối_đa); classes
// are levels (mức) with the total from which each is reached (từ_điểm). A criterion's id is its place: "2-1" is the
// first one of the second group. All problems come back at once, each as line:column.
func (r *ScoreRules) ReadBasis(values []byte) (*ScoreBasis, error) {
	if r == nil || r.CriteriaFrom == "" && r.ClassesFrom == "" {
		return nil, nil
	}
	read := &basisReader{processReader: &processReader{name: "values"}}
	var root yaml.Node
	if err := yaml.Unmarshal(values, &root); err != nil {
		read.syntax(err)
		return nil, read.basisErr()
	}
	if root.Kind != yaml.DocumentNode || root.Content[0].Kind != yaml.MappingNode {
		return nil, refusal.New(refusal.Invalid, "dữ liệu của giao ước không có biến nào",
			"the covenant's values hold no variables")
	}
	b := &ScoreBasis{Source: digest.Of(values)}
	if r.CriteriaFrom != "" {
		b.Criteria = read.groups(root.Content[0], r.CriteriaFrom)
		if sum := SumOf(b.Criteria); sum != r.Total && len(read.problems) == 0 {
			read.bad(read.variable(root.Content[0], r.CriteriaFrom),
				"tổng điểm tối đa của các tiêu chí là %s, quy trình yêu cầu %s",
				"the criteria add up to %s, the process asks for %s", sum, r.Total)
		}
	}
	if r.ClassesFrom != "" {
		b.Classes = read.classes(root.Content[0], r.ClassesFrom)
	}
	return b, read.basisErr()
}

func SumOf(criteria []CriterionRule) Points {
	sum := Points(0)
	for _, c := range criteria {
		sum += c.Max
	}
	return sum
}

// basisReader reads a few variables of a values file; what else they hold is the template's.
type basisReader struct{ *processReader }

func (r *basisReader) basisErr() error {
	err := r.err()
	if e, ok := err.(*refusal.Error); ok { //nolint:errorlint // the reader's own error, never wrapped
		e.Vietnamese = strings.Replace(e.Vietnamese, "quy trình có", "tiêu chí chấm điểm trong giao ước có", 1)
		e.English = strings.Replace(e.English, "the process definition has", "the covenant's own criteria have", 1)
	}
	return err
}

// variable is the node of a key, nil where there is none.
func (r *basisReader) variable(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return r.real(n.Content[i+1])
		}
	}
	return nil
}

func (r *basisReader) list(top *yaml.Node, key string) []*yaml.Node {
	n := r.variable(top, key)
	switch {
	case n == nil:
		r.bad(top, "thiếu “%s”", "“%s” is missing", key)
		return nil
	case n.Kind != yaml.SequenceNode || len(n.Content) == 0:
		r.bad(n, "“%s” cần là một danh sách có ít nhất một dòng", "“%s” must be a list with at least one entry", key)
		return nil
	}
	var out []*yaml.Node
	for _, entry := range n.Content {
		out = append(out, r.real(entry))
	}
	return out
}

func (r *basisReader) said(n *yaml.Node, key string) string {
	v := r.variable(n, key)
	if v == nil || v.Kind != yaml.ScalarNode || strings.TrimSpace(v.Value) == "" {
		r.bad(n, "thiếu “%s”", "“%s” is missing", key)
		return ""
	}
	return strings.TrimSpace(v.Value)
}

func (r *basisReader) pointsOf(n *yaml.Node, keys ...string) (p Points) {
	for _, key := range keys {
		if v := r.variable(n, key); v != nil {
			r.points(&p)(v)
			return p
		}
	}
	r.bad(n, "thiếu “%s”", "“%s” is missing", keys[0])
	return p
}

func (r *basisReader) groups(top *yaml.Node, key string) []CriterionRule {
	var out []CriterionRule
	for i, group := range r.list(top, key) {
		name := r.said(group, "tên")
		for j, entry := range r.list(group, "tiêu_chí") {
			out = append(out, CriterionRule{
				ID: CriterionID(fmt.Sprintf("%d-%d", i+1, j+1)), Names: Names{Vietnamese: r.said(entry, "nội_dung")},
				Group: Names{Vietnamese: name}, Max: r.pointsOf(entry, "điểm", "tối_đa"),
			})
		}
	}
	return out
}

func (r *basisReader) classes(top *yaml.Node, key string) []ClassRule {
	var out []ClassRule
	for _, entry := range r.list(top, key) {
		class := ClassRule{Names: Names{Vietnamese: r.said(entry, "mức")}, From: r.pointsOf(entry, "từ_điểm")}
		if k := len(out); k > 0 && class.From >= out[k-1].From {
			r.bad(entry, "các mức xếp loại phải giảm dần", "the classes must fall")
		}
		out = append(out, class)
	}
	return out
}

// Criterion finds a criterion.
func (b ScoreBasis) Criterion(id CriterionID) (CriterionRule, bool) {
	i := slices.IndexFunc(b.Criteria, func(c CriterionRule) bool { return c.ID == id })
	if i < 0 {
		return CriterionRule{}, false
	}
	return b.Criteria[i], true
}

// check: every criterion once, within its maximum. It gives the total.
func (b ScoreBasis) Check(scores []CriterionScore) (Points, error) {
	total, seen := Points(0), map[CriterionID]bool{}
	for _, sc := range scores {
		rule, ok := b.Criterion(sc.Criterion)
		switch {
		case !ok || seen[sc.Criterion]:
			return 0, refusal.New(refusal.Invalid, "tiêu chí %q không có hoặc được chấm hai lần",
				"the criterion %q does not exist or is scored twice", sc.Criterion)
		case sc.Points < 0 || sc.Points > rule.Max:
			return 0, refusal.New(refusal.Invalid, "“%s”: %s điểm, tối đa là %s",
				"“%s”: %s points, at most %s are possible",
				rule, words.Each(sc.Points.Display), words.Each(rule.Max.Display))
		}
		seen[sc.Criterion] = true
		total += sc.Points
	}
	if len(scores) != len(b.Criteria) {
		return 0, refusal.New(refusal.Invalid, "cần chấm đủ %d tiêu chí, mới có %d",
			"all %d criteria must be scored, these are %d", len(b.Criteria), len(scores))
	}
	return total, nil
}

// Role is what an agency is within its block.
type Role string

// The roles of a block. A witness attends and signs, but is no member.
const (
	RoleLeader  Role = "leader"
	RoleDeputy  Role = "deputy"
	RoleMember  Role = "member"
	RoleWitness Role = "witness"
)

// Word is the role in the reader's language.
func (r Role) Word(lang words.Language) string {
	named := map[Role]words.Text{
		RoleLeader: words.Of("Khối trưởng", "Block leader"), RoleDeputy: words.Of("Khối phó", "Deputy leader"),
		RoleMember: words.Of("Thành viên", "Member"), RoleWitness: words.Of("Người chứng kiến", "Witness"),
	}
	return named[r].In(lang)
}

// Decides says what a poll is about.
type Decides string

// What polls decide.
const (
	DecidesRanking Decides = "ranking"
	DecidesLeader  Decides = "leader" // next year's
	DecidesDeputy  Decides = "deputy"
)

// Marks say how a ballot of a poll is filled in.
type Marks string

// The marks.
const (
	MarksApprove Marks = "approve" // it names agencies
	MarksOrder   Marks = "order"   // it puts them in order, the best first
)

// PollRule is a poll of the process: a vote of the members on one another.
type PollRule struct {
	ID PollID
	Names
	Decides Decides // default ranking
	Marks   Marks   // default approve
	Choose  int     // at most so many; default: one for leader and deputy, for the ranking all
	Secret  bool    // default; open where the process says so
	Self    bool    // an agency may name itself; default: it may not
	// Quorum: the share of those entitled that must put in a ballot. Default: all.
	Quorum Need
	// Pass: the share of the valid ballots that elects. Default: majority. Not for a ranking.
	Pass Need
	// Tie: where several are elected with equal votes: TieFails (nobody is, default) or TieChair (the
	// chair chooses among them).
	Tie Tie
}

// PollRule finds a poll of the process.
func (r *ScoreRules) PollRule(id PollID) (PollRule, bool) {
	i := slices.IndexFunc(r.Polls, func(p PollRule) bool { return p.ID == id })
	if i < 0 {
		return PollRule{}, false
	}
	return r.Polls[i], true
}

// Most is how many agencies a ballot may name, of so many candidates.
func (r PollRule) Most(candidates int) int {
	switch {
	case r.Choose > 0:
		return min(r.Choose, candidates)
	case r.Decides != DecidesRanking && r.Marks == MarksApprove:
		return 1
	}
	return candidates
}

// What ranks higher, beside "criterion:ID".
const (
	ByTotal   = "total"
	ByBallots = "ballots" // points of ballots in order, then how many name the agency
	ByInTime  = "in_time"
)

// Choice is a vote.
type Choice string

// The choices.
const (
	ChoiceFor     Choice = "for"
	ChoiceAgainst Choice = "against"
	ChoiceAbstain Choice = "abstain"
)

func (c Choice) Known() bool { return c == ChoiceFor || c == ChoiceAgainst || c == ChoiceAbstain }

// Word is the choice in the reader's language.
func (c Choice) Word(lang words.Language) string {
	return map[Choice]words.Text{
		ChoiceFor: words.Of("Tán thành", "For"), ChoiceAgainst: words.Of("Không tán thành", "Against"),
		ChoiceAbstain: words.Of("Không có ý kiến", "Abstained"),
	}[c].In(lang)
}

// Method is how a motion was decided.
type Method string

// The methods.
const (
	MethodElectronic Method = "electronic"
	MethodSecret     Method = "secret"
	MethodHands      Method = "hands"
)

// Word is the method in the reader's language.
func (m Method) Word(lang words.Language) string {
	return map[Method]words.Text{
		MethodElectronic: words.Of("điện tử", "electronic"), MethodSecret: words.Of("phiếu kín", "secret ballot"),
		MethodHands: words.Of("giơ tay", "show of hands"),
	}[m].In(lang)
}

// Count is the votes on a motion and those who could vote, by weight.
type Count struct {
	For      int `json:"for"`
	Against  int `json:"against"`
	Abstain  int `json:"abstain"`
	Present  int `json:"present"`  // at the conference, or who voted where there is none
	Entitled int `json:"entitled"` // without those that declared a conflict
}

// Cast is how many votes there are.
func (c Count) Cast() int { return c.For + c.Against + c.Abstain }

// Verdict is what the rules make of a count.
type Verdict struct {
	Quorum int // needed present
	Base   int // of the threshold
	Need   int // votes in favour
	Tie    bool
	Passed bool
}

// Decide applies the rules to a count. casting is the chair's vote in a tie; without one a tie that the chair decides
// has not passed.
func (v *VoteRules) Decide(c Count, casting Choice) Verdict {
	out := Verdict{Quorum: v.Quorum.Of(c.Entitled), Base: c.Cast()}
	switch v.Of {
	case OfPresent:
		out.Base = c.Present
	case OfAll:
		out.Base = c.Entitled
	default:
		if v.IgnoreAbstentions {
			out.Base -= c.Abstain
		}
	}
	out.Need = max(v.Pass.Of(out.Base), 1)
	out.Passed = c.For >= out.Need
	out.Tie = !out.Passed && v.Pass.majority && c.For == c.Against && c.For > 0 && c.For+1 >= out.Need
	if out.Tie {
		out.Passed = v.Tie == TiePasses || v.Tie == TieChair && casting == ChoiceFor
	}
	return out
}

func (v *VoteRules) HasMotion(id MotionID) bool {
	return slices.ContainsFunc(v.Motions, func(m MotionRule) bool { return m.ID == id })
}

// CriterionScore is the points for one criterion.
type CriterionScore struct {
	Criterion CriterionID `json:"criterion"`
	Points    Points      `json:"points"`
}
