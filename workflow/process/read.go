package process

import (
	"cmp"
	"slices"
	"strings"

	"covenant/internal/words"

	"go.yaml.in/yaml/v3"
)

// process reads a whole definition; what is wrong is in r.
func (r *processReader) process(root *yaml.Node) *Process {
	p := &Process{}
	if root.Kind != yaml.DocumentNode || len(root.Content) == 0 {
		r.badAt(1, 1, "tệp còn trống", "the file is empty")
		return p
	}
	top := root.Content[0]
	check := &processCheck{processReader: r, process: p}
	have := r.mapping(top,
		field{"process", func(n *yaml.Node) {
			names := r.mapping(n, append(r.nameFields(&p.Name.Names), field{"id", code(r, &p.Name.ID)})...)
			r.named(n, p.Name.Names)
			if names["id"] == nil && n.Kind == yaml.MappingNode {
				r.bad(n, "quy trình cần có id", "the process needs an id")
			}
		}},
		field{"stages", func(n *yaml.Node) {
			r.list(n, func(entry *yaml.Node) { check.stage(entry) })
			check.order(n)
		}})
	for _, key := range []string{"process", "stages"} {
		if have[key] == nil && top.Kind == yaml.MappingNode {
			r.bad(top, "thiếu khóa “%s”", "the key “%s” is missing", key)
		}
	}
	return p
}

// stage reads one stage, fills in what it leaves out, and checks it by itself.
func (c *processCheck) stage(n *yaml.Node) {
	r, s := c.processReader, Stage{}
	fields := []field{
		{"id", code(r, &s.ID)}, {"kind", oneOf(r, &s.Kind, stageKinds...)}, {"name", r.names(&s.Name)},
		{"who", r.roles(&s.Who)},
		{"when", r.condition(&s.When)}, {"due", r.term(&s.Due)},
		{"escalate", func(n *yaml.Node) {
			r.list(n, func(n *yaml.Node) { s.Escalate = append(s.Escalate, r.rung(n)) })
		}},
		{"review", func(n *yaml.Node) { s.Review = r.review(n) }}, {"vote", func(n *yaml.Node) { s.Vote = c.vote(n) }},
		{"number", func(n *yaml.Node) { s.Number = r.number(n) }}, {"sign", func(n *yaml.Node) { s.Sign = r.sign(n) }},
		{"seal", func(n *yaml.Node) { s.Seal = r.seal(n) }}, {"report", func(n *yaml.Node) { s.Report = r.report(n) }},
		{"score", func(n *yaml.Node) { s.Score = c.score(n) }},
	}
	have := r.mapping(n, fields...)
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, key := range []string{"id", "kind", "name"} {
		if have[key] == nil {
			r.bad(n, "bước thiếu khóa “%s”", "the stage lacks the key “%s”", key)
		}
	}
	for _, kind := range stageKinds {
		if have[kind] != nil && string(s.Kind) != kind && slices.Contains(stageKinds, string(s.Kind)) {
			r.bad(have[kind], "bước loại %[2]s không có khóa “%[1]s”",
				"a stage of kind %[2]s has no key “%[1]s”", kind, s.Kind)
		}
	}
	s.fillDefaults()
	c.alone(n, have, s)
	c.process.Stages = append(c.process.Stages, s)
	c.nodes = append(c.nodes, n)
}

func (s *Stage) fillDefaults() {
	if len(s.Who) == 0 {
		s.Who = []Role{RoleLeader, RoleDeputy, RoleMember}
	}
	switch s.Kind {
	case StageReview:
		if s.Review == nil {
			s.Review = defaultReview()
		}
	case StageSeal:
		if s.Seal == nil {
			s.Seal = &SealRules{Level: "B-T"}
		}
	}
}

func defaultReview() *ReviewRules {
	return &ReviewRules{Approve: mustNeed("all"), Return: ThenReturn, Reject: ThenDecide,
		Again: AgainAll, Short: ThenDecide}
}

func (r *processReader) review(n *yaml.Node) *ReviewRules {
	rules, order, resolve := defaultReview(), "", ""
	have := r.mapping(n,
		field{"order", oneOf(r, &order, "parallel", "sequential")}, field{"approve", r.need(&rules.Approve)},
		field{"weights", r.weights(&rules.Weights)},
		field{"return", oneOf(r, &rules.Return, string(ThenReturn), string(ReturnAtOnce), string(ThenCount))},
		field{"reject", oneOf(r, &rules.Reject, string(ThenDecide), string(ThenReturn), string(ThenCount),
			string(ThenCancel))},
		field{"again", oneOf(r, &rules.Again, string(AgainAll), string(AgainChanged), string(AgainReturner))},
		field{"resolve", oneOf(r, &resolve, "optional", "required")}, field{"quorum", r.need(&rules.Quorum)},
		field{"short", oneOf(r, &rules.Short, string(ThenDecide), string(ThenReturn), string(ThenCancel))})
	if have["short"] != nil && have["quorum"] == nil {
		r.bad(have["short"], "short chỉ có nghĩa khi có quorum", "short means something only with a quorum")
	}
	rules.Sequential, rules.Resolve = order == "sequential", resolve == "required"
	return rules
}

// vote reads the rules of a vote; motions have ids that stand once in the whole process.
func (c *processCheck) vote(n *yaml.Node) *VoteRules {
	r, ballot, abstain := c.processReader, "", ""
	rules := &VoteRules{Quorum: mustNeed("all"), Pass: mustNeed("majority"), Of: OfCast,
		Tie: TieFails, Fail: ThenReturn}
	have := r.mapping(n,
		field{"ballot", oneOf(r, &ballot, "open", "secret")}, field{"quorum", r.need(&rules.Quorum)},
		field{"pass", r.need(&rules.Pass)},
		field{"of", oneOf(r, &rules.Of, string(OfCast), string(OfPresent), string(OfAll))},
		field{"abstain", oneOf(r, &abstain, "counted", "ignored")},
		field{"tie", oneOf(r, &rules.Tie, string(TieFails), string(TiePasses), string(TieChair))},
		field{"weights", r.weights(&rules.Weights)},
		field{"fail", oneOf(r, &rules.Fail, string(ThenReturn), string(ThenContinue), string(ThenAgain),
			string(ThenCancel))},
		field{"motions", func(n *yaml.Node) {
			r.list(n, func(n *yaml.Node) { rules.Motions = append(rules.Motions, c.motion(n)) })
		}},
		field{"chair", func(n *yaml.Node) { rules.Chair = r.chair(n) }},
		field{"conference", func(n *yaml.Node) { rules.Conference = r.conference(n) }})
	rules.Secret, rules.IgnoreAbstentions = ballot == "secret", abstain == "ignored"
	c.voteRules(n, have, rules)
	return rules
}

func (c *processCheck) motion(n *yaml.Node) MotionRule {
	var m MotionRule
	have := c.mapping(n, append(c.nameFields(&m.Names), field{"id", code(c.processReader, &m.ID)})...)
	c.named(n, m.Names)
	switch {
	case n.Kind == yaml.MappingNode && have["id"] == nil:
		c.bad(n, "nội dung biểu quyết cần có id", "the motion needs an id")
	case c.motions[m.ID] || strings.HasPrefix(string(m.ID), FloorPrefix) ||
		strings.HasPrefix(string(m.ID), AmendPrefix):
		c.bad(have.or("id", n), "mã nội dung biểu quyết “%s” đã dùng hoặc dành riêng",
			"the motion's id “%s” stands twice or is reserved", m.ID)
	}
	c.useMotion(m.ID)
	return m
}

// useMotion notes an id that no other motion or poll may have.
func (c *processCheck) useMotion(id MotionID) {
	if c.motions == nil {
		c.motions = map[MotionID]bool{}
	}
	c.motions[id] = true
}

func (r *processReader) conference(n *yaml.Node) *ConferenceRules {
	rules := &ConferenceRules{Name: words.Of("Hội nghị của khối", "Conference of the block"), Symbol: "BB"}
	r.mapping(n,
		field{"name", func(n *yaml.Node) {
			rules.Name = Names{} // a name of its own has nothing of the default, also where it is given in one language
			r.mapping(n, r.nameFields(&rules.Name)...)
			if n.Kind == yaml.MappingNode && rules.Name.Vietnamese == "" {
				r.bad(n, "tên cần có vi", "the name needs vi")
			}
		}}, field{"place", r.text(&rules.Place)},
		field{"symbol", r.text(&rules.Symbol)},
		field{"proxies", r.whole(&rules.Proxies, 0, 100)}, field{"floor", r.boolean(&rules.Floor)},
		field{"amend", r.boolean(&rules.Amend)}, field{"hands", r.boolean(&rules.Hands)})
	return rules
}

func (r *processReader) number(n *yaml.Node) *NumberRules {
	rules := &NumberRules{By: RoleLeader}
	have := r.mapping(n, field{"book", code(r, &rules.Book)}, field{"symbol", r.text(&rules.Symbol)},
		field{"by", oneOf(r, &rules.By, roleNames...)})
	if n.Kind == yaml.MappingNode && have["book"] == nil {
		r.bad(n, "cần tên sổ (book)", "a book is needed")
	}
	return rules
}

func (r *processReader) sign(n *yaml.Node) *SignRules {
	rules := &SignRules{Level: "B-T", Final: "B-LT", Need: mustNeed("all"), Refusal: ThenDecide}
	seen := map[Role]bool{}
	have := r.mapping(n,
		field{"groups", func(n *yaml.Node) {
			r.list(n, func(n *yaml.Node) {
				var group []Role
				r.roles(&group)(n)
				for _, role := range group {
					if seen[role] {
						r.bad(n, "vai trò “%s” có trong hai nhóm", "the role “%s” stands in two groups", role)
					}
					seen[role] = true
				}
				rules.Groups = append(rules.Groups, group)
			})
		}},
		field{"level", oneOf(r, &rules.Level, "B-B", "B-T")}, field{"archive", oneOf(r, &rules.Final, "B-LT", "B-LTA")},
		field{"need", r.need(&rules.Need)}, field{"late", r.term(&rules.Late)},
		field{"refusal", oneOf(r, &rules.Refusal, string(ThenDecide), string(ThenReturn), string(ThenContinue),
			string(ThenCancel))},
		field{"paper", r.boolean(&rules.Paper)})
	if n.Kind == yaml.MappingNode && len(seen) == 0 {
		r.bad(have.or("groups", n), "cần ít nhất một nhóm ký (groups)",
			"at least one group of signatories (groups) is needed")
	}
	if have["late"] != nil && have["need"] == nil {
		r.bad(have["late"], "late chỉ có nghĩa khi need nhỏ hơn all",
			"late means something only where need is less than all")
	}
	return rules
}

func (r *processReader) seal(n *yaml.Node) *SealRules {
	rules := &SealRules{Level: "B-T"}
	r.mapping(n, field{"level", oneOf(r, &rules.Level, "B-B", "B-T")})
	return rules
}

func (r *processReader) report(n *yaml.Node) *ReportRules {
	rules := &ReportRules{}
	seen := map[ObligationID]bool{}
	have := r.mapping(n,
		field{"months", r.whole(&rules.Months, 1, 120)},
		field{"obligations", func(n *yaml.Node) {
			r.list(n, func(n *yaml.Node) {
				o := r.obligation(n)
				if seen[o.ID] {
					r.bad(n, "nghĩa vụ báo cáo “%s” có hai lần", "the obligation “%s” stands twice", o.ID)
				}
				seen[o.ID] = true
				rules.Obligations = append(rules.Obligations, o)
			})
		}})
	if n.Kind == yaml.MappingNode && (have["months"] == nil || len(rules.Obligations) == 0) {
		r.bad(n, "cần months (từ 1) và obligations", "months (1 or more) and obligations are needed")
	}
	return rules
}

func (r *processReader) obligation(n *yaml.Node) ObligationRule {
	var o ObligationRule
	seen := map[Rung]bool{}
	have := r.mapping(n, append(r.nameFields(&o.Names),
		field{"id", code(r, &o.ID)}, field{"period",
			oneOf(r, &o.Period, string(PeriodQuarter), string(PeriodHalf), string(PeriodYear))},
		field{"only", func(n *yaml.Node) {
			r.list(n, func(n *yaml.Node) {
				var part Part
				oneOf(r, &part, "Q1", "Q2", "Q3", "Q4", "H1", "H2")(n)
				o.Only = append(o.Only, part)
			})
		}},
		field{"schedule", func(n *yaml.Node) {
			if !r.scalar(n) {
				return
			}
			o.Schedule = n.Value
			if _, err := parseSchedule(n.Value); err != nil {
				r.bad(n, "lịch không dùng được: %v", "%v", err)
			}
		}},
		field{"exclusive", r.boolean(&o.Exclusive)},
		field{"reminders", func(n *yaml.Node) {
			r.list(n, func(n *yaml.Node) {
				rung := r.reminder(n)
				if seen[rung.ID] {
					r.bad(n, "lượt nhắc “%s” có hai lần", "the reminder “%s” stands twice", rung.ID)
				}
				seen[rung.ID] = true
				o.Reminders = append(o.Reminders, rung)
			})
		}})...)
	r.named(n, o.Names)
	for _, key := range []string{"id", "period", "schedule"} {
		if n.Kind == yaml.MappingNode && have[key] == nil {
			r.bad(n, "nghĩa vụ báo cáo thiếu khóa “%s”", "the obligation lacks the key “%s”", key)
		}
	}
	r.periods(have, o)
	return o
}

// defaultHour is the time of day of reminders and ladders that name none.
const defaultHour = 8

func (r *processReader) reminder(n *yaml.Node) RungRule {
	rule := RungRule{Hour: defaultHour}
	have := r.mapping(n, field{"id", code(r, &rule.ID)}, field{"days", r.whole(&rule.Days, -366, 366)},
		field{"working_days", r.whole(&rule.WorkingDays, -260, 260)}, field{"hour", r.whole(&rule.Hour, 0, 23)},
		field{"to", oneOf(r, &rule.To, "agency", "leader")})
	r.rungKeys(n, have, "id", "to")
	// Until 2026-11 an hour of 0 meant the default; a process file keeps its meaning.
	rule.Hour = cmp.Or(rule.Hour, defaultHour)
	return rule
}

// rungKeys checks what every rung of a ladder needs.
func (r *processReader) rungKeys(n *yaml.Node, have found, needed ...string) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, key := range needed {
		if have[key] == nil {
			r.bad(n, "bậc nhắc thiếu khóa “%s”", "the rung lacks the key “%s”", key)
		}
	}
	if have["days"] != nil && have["working_days"] != nil {
		r.bad(have["working_days"], "chỉ dùng một trong days và working_days", "give days or working_days, not both")
	}
}

// rung reads one step of a stage's ladder.
func (r *processReader) rung(n *yaml.Node) EscalationRule {
	rule, as := EscalationRule{Hour: defaultHour}, ""
	have := r.mapping(n, field{"id", code(r, &rule.ID)}, field{"days", r.whole(&rule.Days, -366, 366)},
		field{"working_days", r.whole(&rule.WorkingDays, -260, 260)}, field{"hour", r.whole(&rule.Hour, 0, 23)},
		field{"to", func(n *yaml.Node) { rule.To = r.recipients(n) }},
		field{"then", oneOf(r, &rule.Then, string(ThenContinue), string(ThenReturn), string(ThenTreatAs),
			string(ThenExtend), string(ThenReject))},
		field{"as", oneOf(r, &as, "approve", "abstain")}, field{"by", r.term(&rule.By)})
	rule.As = map[string]Choice{"approve": ChoiceFor, "abstain": ChoiceAbstain}[as]
	r.rungKeys(n, have, "id")
	if n.Kind != yaml.MappingNode {
		return rule
	}
	if len(rule.To) == 0 && rule.Then == "" {
		r.bad(n, "bậc nhắc cần to (nhắc ai) hoặc then (xử lý thế nào)",
			"the rung needs to (whom to write to) or then (what to do)")
	}
	if (have["as"] != nil) != (rule.Then == ThenTreatAs) {
		r.bad(have.or("as", n), "as đi cùng then: treat_as", "as goes with then: treat_as")
	}
	if (have["by"] != nil) != (rule.Then == ThenExtend) {
		r.bad(have.or("by", n), "by đi cùng then: extend", "by goes with then: extend")
	}
	return rule
}

// The groups that a rung may write to, beside an agency's code.
const (
	ToMissing = "missing" // those who have not acted
	ToLeader  = "leader"
	ToDeputy  = "deputy"
	ToDrafter = "drafter" // the agency that drafts
)

// recipients reads one recipient or a list of them.
func (r *processReader) recipients(n *yaml.Node) []string {
	return r.parties(n, ToMissing, ToLeader, ToDeputy, ToDrafter)
}

// chair reads who chairs: a role or an agency's code, or a list of them.
func (r *processReader) chair(n *yaml.Node) []string { return r.parties(n, roleNames...) }

// parties reads one of the words or an agency's code, or a list of them. A word that is nearly one
// of the words is a problem.
func (r *processReader) parties(n *yaml.Node, choices ...string) []string {
	var out []string
	one := func(n *yaml.Node) {
		to := ""
		code(r, &to)(n)
		if hint := words.Nearest(to, choices); hint != "" && hint != to {
			r.bad(n, "“%s”: có phải “%s” không?", "“%s”: did you mean “%s”?", to, hint)
		}
		if slices.Contains(out, to) {
			r.bad(n, "“%s” có hai lần", "“%s” stands twice", to)
		}
		out = append(out, to)
	}
	if n.Kind == yaml.SequenceNode {
		r.list(n, one)
	} else {
		one(n)
	}
	return out
}
