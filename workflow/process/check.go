package process

import (
	"slices"

	"covenant/internal/words"

	"go.yaml.in/yaml/v3"
)

// processCheck checks what can only be seen of a stage as a whole, or of all stages together.
type processCheck struct {
	*processReader
	process *Process
	nodes   []*yaml.Node // of the stages
	motions map[MotionID]bool
}

// ladderOf are the consequences that a missed deadline can have in a stage of each kind.
var ladderOf = map[StageKind][]Consequence{
	StageReview: {ThenContinue, ThenReturn, ThenTreatAs, ThenExtend, ThenReject},
	StageVote:   {ThenContinue, ThenReturn, ThenTreatAs, ThenExtend, ThenReject},
	StageNumber: {ThenReturn, ThenExtend, ThenReject},
	StageSign:   {ThenContinue, ThenReturn, ThenExtend, ThenReject},
	StageSeal:   {ThenExtend, ThenContinue},
	StageScore:  {ThenContinue, ThenExtend},
}

// rulesNeeded are the kinds whose rules have no defaults.
var rulesNeeded = []StageKind{StageVote, StageNumber, StageSign, StageReport, StageScore}

// alone checks a stage by itself.
func (c *processCheck) alone(n *yaml.Node, have found, s Stage) {
	if slices.Contains(rulesNeeded, s.Kind) && have[string(s.Kind)] == nil {
		c.bad(n, "bước loại %[1]s cần có khóa “%[1]s”", "a stage of kind %[1]s needs the key “%[1]s”", s.Kind)
	}
	if have["who"] != nil && !slices.Contains([]StageKind{StageReview, StageVote, StageSeal, StageScore}, s.Kind) {
		c.bad(have["who"], "bước loại %s không có who", "a stage of kind %s has no who", s.Kind)
	}
	switch s.Kind {
	case StageNumber, StageSign, StageIssue:
		if have["when"] != nil {
			c.bad(have["when"], "bước loại %s không thể có điều kiện: các bước sau dựa vào nó",
				"a stage of kind %s cannot be conditional: others build on it", s.Kind)
		}
	}
	if _, ok := ladderOf[s.Kind]; !ok && have["escalate"] != nil {
		c.bad(have["escalate"], "bước loại %s không có escalate", "a stage of kind %s has no escalate", s.Kind)
	}
	if len(s.Escalate) > 0 && have["due"] == nil {
		c.bad(have["escalate"], "escalate cần có due", "escalate needs a due")
	}
	c.ladder(have["escalate"], s)
}

// ladder checks the rungs of a stage against its kind.
func (c *processCheck) ladder(n *yaml.Node, s Stage) {
	seen := map[Rung]bool{}
	for i, rung := range s.Escalate {
		at := c.real(n.Content[i])
		if seen[rung.ID] {
			c.bad(at, "bậc “%s” có hai lần", "the rung “%s” stands twice", rung.ID)
		}
		seen[rung.ID] = true
		if rung.Then != "" && !slices.Contains(ladderOf[s.Kind], rung.Then) {
			c.bad(at, "bước loại %s không thể có then: %s",
				"a stage of kind %s cannot have then: %s", s.Kind, rung.Then)
		}
		if s.Vote != nil && s.Vote.Conference != nil && (rung.Then == ThenContinue || rung.Then == ThenTreatAs) {
			c.bad(at, "biểu quyết tại hội nghị không thể có then: %s",
				"a vote at a conference cannot have then: %s", rung.Then)
		}
		if rung.Then == ThenTreatAs && s.Vote != nil && s.Vote.Secret {
			c.bad(at, "phiếu kín không thể được coi là tán thành hay không có ý kiến",
				"nobody's secret ballot can be taken as given")
		}
		if rung.Then != "" && rung.Then != ThenExtend &&
			(rung.Days < 0 || rung.WorkingDays < 0 || rung.Days == 0 && rung.WorkingDays == 0) {
			c.bad(at, "then chỉ áp dụng sau hạn: days hoặc working_days từ 1",
				"then comes after the deadline: days or working_days of 1 or more")
		}
	}
}

// voteRules checks the rules of a vote against one another.
func (c *processCheck) voteRules(n *yaml.Node, have found, rules *VoteRules) {
	if n.Kind != yaml.MappingNode {
		return
	}
	if len(rules.Motions) == 0 && (rules.Conference == nil || !rules.Conference.Floor) {
		c.bad(have.or("motions", n), "cần ít nhất một nội dung biểu quyết (motions)",
			"at least one motion (motions) is needed")
	}
	if rules.Secret && rules.Weights != nil {
		c.bad(have["weights"], "bỏ phiếu kín không thể có trọng số: trọng số để lộ người bỏ phiếu",
			"a secret ballot cannot be weighted: the weight tells whose it is")
	}
	if rules.Tie != TieFails && !rules.Pass.majority {
		c.bad(have["tie"], "tie chỉ có nghĩa với pass: majority", "tie means something only with pass: majority")
	}
	if rules.IgnoreAbstentions && rules.Of != OfCast {
		c.bad(have["abstain"], "abstain: ignored chỉ có nghĩa với of: cast",
			"abstain: ignored means something only with of: cast")
	}
	conference := rules.Conference
	switch {
	case conference == nil && rules.Of == OfPresent:
		c.bad(have["of"], "of: present cần có conference: chỉ hội nghị biết ai có mặt",
			"of: present needs a conference: only there it is known who is present")
	case conference != nil && conference.Hands && (rules.Secret || rules.Weights != nil):
		c.bad(have["conference"], "giơ tay không đi cùng phiếu kín hoặc trọng số",
			"a show of hands does not go with secret ballots or weights")
	}
}

// order checks the stages together. n is the list.
func (c *processCheck) order(n *yaml.Node) {
	stages := c.process.Stages
	if len(stages) == 0 {
		c.bad(n, "cần ít nhất một bước", "at least one stage is needed")
		return
	}
	at := map[StageKind]int{}
	ids := map[StageID]bool{}
	for i, s := range stages {
		if ids[s.ID] {
			c.bad(c.nodes[i], "mã bước “%s” có hai lần", "the stage's id “%s” stands twice", s.ID)
		}
		ids[s.ID] = true
		if _, twice := at[s.Kind]; twice && s.Kind != StageReview && s.Kind != StageVote {
			c.bad(c.nodes[i], "chỉ có thể có một bước loại %s", "only one stage of kind %s is possible", s.Kind)
		}
		c.follows(i, s, at)
		at[s.Kind] = i
	}
	signed, signs := at[StageSign]
	if _, issues := at[StageIssue]; signs && !issues {
		c.bad(c.nodes[signed], "bước ký cần một bước issue sau đó: bước ấy đưa giao ước vào hiệu lực",
			"a sign stage needs an issue stage after it: that is what brings the covenant into force")
	}
}

// follows checks that what a stage builds on came before it, and that nothing comes too late. at are the stages before.
func (c *processCheck) follows(i int, s Stage, at map[StageKind]int) {
	has := func(kind StageKind) bool { _, ok := at[kind]; return ok }
	node := c.nodes[i]
	needs := map[StageKind]StageKind{StageSign: StageNumber, StageSeal: StageSign, StageIssue: StageSign,
		StageReport: StageIssue}
	why := map[StageKind]words.Text{
		StageSign: words.Of("ngày được in trước khi có người ký", "the date is printed before anybody signs"),
		StageSeal: words.Of("con dấu đóng lên chữ ký của người đứng đầu",
			"an agency's seal stands on its head's signature"),
		StageIssue: words.Of("bước này hoàn tất các chữ ký", "it completes the signatures"),
		StageReport: words.Of("nghĩa vụ báo cáo bắt đầu khi giao ước có hiệu lực",
			"the duty begins when the covenant is in force"),
	}
	if before, ok := needs[s.Kind]; ok && !has(before) {
		c.bad(node, "bước %s cần có bước %s trước nó: %s", "a stage of kind %s needs a stage of kind %s before it: %s",
			s.Kind, before, why[s.Kind])
	}
	fixed := has(StageNumber)
	switch s.Kind {
	case StageReview:
		if fixed {
			c.bad(node, "bước góp ý không thể đứng sau bước cấp số: văn bản không còn sửa được",
				"a review cannot come after the number: the text is fixed by then")
		}
	case StageVote:
		c.lateVote(node, s, fixed, has(StageIssue))
	case StageScore:
		if fixed && !has(StageIssue) {
			c.bad(node, "bước chấm điểm không thể đứng giữa cấp số và ban hành",
				"scores cannot come between number and issue")
		}
	case StageNumber, StageSign, StageSeal:
		if has(StageIssue) || s.Kind == StageNumber && has(StageScore) {
			c.bad(node, "bước %s không thể đứng sau bước ban hành", "a %s stage cannot come after the issue", s.Kind)
		}
	}
}

// lateVote: once the text is fixed a vote cannot send it back.
func (c *processCheck) lateVote(node *yaml.Node, s Stage, fixed, issued bool) {
	switch {
	case fixed && !issued:
		c.bad(node, "bước biểu quyết không thể đứng giữa cấp số và ban hành",
			"a vote cannot come between number and issue")
	case issued && s.Vote != nil && (s.Vote.Fail == ThenReturn || s.Vote.Fail == ThenCancel ||
		s.Vote.Conference != nil && s.Vote.Conference.Amend):
		c.bad(node, "sau khi ban hành, biểu quyết chỉ có thể fail: continue hoặc again và không sửa văn bản",
			"after the issue a vote can only have fail: continue or again, and cannot amend the text")
	case issued && slices.ContainsFunc(s.Escalate,
		func(r EscalationRule) bool { return r.Then == ThenReturn || r.Then == ThenReject }):
		c.bad(node, "sau khi ban hành, quá hạn không thể trả lại hay bác",
			"after the issue a missed deadline cannot return or reject")
	}
}
