package process

import (
	"regexp"
	"slices"
	"strings"

	"covenant/internal/words"

	"go.yaml.in/yaml/v3"
)

// score reads the rules of scores and ranking.
func (c *processCheck) score(n *yaml.Node) *ScoreRules {
	r, rules := c.processReader, &ScoreRules{Total: 1000_00, Verifier: RoleLeader, Symbol: "BB", First: ByTotal}
	var tieNodes []*yaml.Node
	have := r.mapping(n,
		field{"total", r.points(&rules.Total)}, field{"verifier", oneOf(r, &rules.Verifier, roleNames...)},
		field{"criteria_from", r.text(&rules.CriteriaFrom)}, field{"classes_from", r.text(&rules.ClassesFrom)},
		field{"appeal", func(n *yaml.Node) { rules.Appeal = r.appeal(n) }},
		field{"first", oneOf(r, &rules.First, ByTotal, ByBallots)},
		field{"polls", func(n *yaml.Node) {
			r.list(n, func(n *yaml.Node) { rules.Polls = append(rules.Polls, c.poll(n, rules.Polls)) })
		}},
		field{"flags", r.whole(&rules.Flags, 0, 1000)}, field{"symbol", r.text(&rules.Symbol)},
		field{"chair", func(n *yaml.Node) { rules.Chair = r.chair(n) }},
		field{"criteria", func(n *yaml.Node) {
			r.list(n, func(n *yaml.Node) { rules.Criteria = append(rules.Criteria, r.criterion(n)) })
		}},
		field{"classes", func(n *yaml.Node) {
			r.list(n, func(n *yaml.Node) { rules.Classes = append(rules.Classes, r.class(n, rules.Classes)) })
		}},
		field{"tie", func(n *yaml.Node) {
			r.list(n, func(n *yaml.Node) {
				if r.scalar(n) {
					rules.Tie, tieNodes = append(rules.Tie, n.Value), append(tieNodes, n)
				}
			})
		}})
	if n.Kind == yaml.MappingNode {
		r.scoreRules(n, have, rules, tieNodes)
	}
	return rules
}

func (r *processReader) class(n *yaml.Node, before []ClassRule) ClassRule {
	var class ClassRule
	r.mapping(n, append(r.nameFields(&class.Names), field{"from", r.points(&class.From)})...)
	r.named(n, class.Names)
	if k := len(before); k > 0 && class.From >= before[k-1].From {
		r.bad(n, "các mức xếp loại phải giảm dần", "the classes must fall")
	}
	return class
}

func (r *processReader) appeal(n *yaml.Node) *AppealRules {
	rules := &AppealRules{By: RoleLeader}
	have := r.mapping(n, field{"within", r.term(&rules.Within)}, field{"by", oneOf(r, &rules.By, roleNames...)})
	if n.Kind == yaml.MappingNode && have["within"] == nil {
		r.bad(n, "cần thời hạn khiếu nại (within)", "a time for appeals (within) is needed")
	}
	return rules
}

// poll reads a poll; its id stands once among motions and polls, and nothing is decided twice.
func (c *processCheck) poll(n *yaml.Node, before []PollRule) PollRule {
	r, ballot := c.processReader, ""
	rule := PollRule{Decides: DecidesRanking, Marks: MarksApprove, Quorum: mustNeed("all"),
		Pass: mustNeed("majority"), Tie: TieFails}
	have := r.mapping(n, append(r.nameFields(&rule.Names),
		field{"id", code(r, &rule.ID)}, field{"decides",
			oneOf(r, &rule.Decides, string(DecidesRanking), string(DecidesLeader), string(DecidesDeputy))},
		field{"marks", oneOf(r, &rule.Marks, string(MarksApprove), string(MarksOrder))},
		field{"choose", r.whole(&rule.Choose, 1, 100)},
		field{"ballot", oneOf(r, &ballot, "open", "secret")}, field{"self", r.boolean(&rule.Self)},
		field{"quorum", r.need(&rule.Quorum)},
		field{"pass", r.need(&rule.Pass)}, field{"tie", oneOf(r, &rule.Tie, string(TieFails), string(TieChair))})...)
	r.named(n, rule.Names)
	rule.Secret = ballot != "open"
	if n.Kind != yaml.MappingNode {
		return rule
	}
	switch {
	case have["id"] == nil:
		r.bad(n, "cuộc bỏ phiếu cần có id", "the poll needs an id")
	case c.motions[MotionID(rule.ID)]:
		r.bad(have["id"], "mã “%s” đã dùng cho nội dung biểu quyết hoặc cuộc bỏ phiếu khác",
			"the id “%s” stands twice among motions and polls", rule.ID)
	}
	c.useMotion(MotionID(rule.ID))
	if slices.ContainsFunc(before, func(p PollRule) bool { return p.Decides == rule.Decides }) {
		r.bad(have.or("decides", n), "đã có cuộc bỏ phiếu quyết định việc này", "another poll decides this already")
	}
	if rule.Decides == DecidesRanking && (have["pass"] != nil || have["tie"] != nil) {
		r.bad(have.or("pass", have["tie"]), "pass và tie chỉ dùng khi bầu Khối trưởng, Khối phó",
			"pass and tie are for electing leader and deputy only")
	}
	return rule
}

func (r *processReader) criterion(n *yaml.Node) CriterionRule {
	var c CriterionRule
	have := r.mapping(n, append(r.nameFields(&c.Names), field{"id", code(r, &c.ID)}, field{"max", r.points(&c.Max)},
		field{"group", r.names(&c.Group)})...)
	r.named(n, c.Names)
	for _, key := range []string{"id", "max"} {
		if n.Kind == yaml.MappingNode && have[key] == nil {
			r.bad(n, "tiêu chí thiếu khóa “%s”", "the criterion lacks the key “%s”", key)
		}
	}
	return c
}

// scoreRules checks that the criteria are the whole, or come from the text, and the ties can
// be broken by what there is.
func (r *processReader) scoreRules(n *yaml.Node, have found, rules *ScoreRules, ties []*yaml.Node) {
	seen := map[CriterionID]bool{}
	for _, c := range rules.Criteria {
		if seen[c.ID] {
			r.bad(have["criteria"], "tiêu chí “%s” có hai lần", "the criterion “%s” stands twice", c.ID)
		}
		seen[c.ID] = true
	}
	for own, from := range map[string]string{"criteria": "criteria_from", "classes": "classes_from"} {
		if have[own] != nil && have[from] != nil {
			r.bad(have[from], "chỉ dùng một trong %s và %s", "give %s or %s, not both", own, from)
		}
	}
	if sum := SumOf(rules.Criteria); sum != rules.Total && rules.CriteriaFrom == "" {
		r.bad(have.or("criteria", n), "tổng điểm tối đa của các tiêu chí là %s, phải bằng total: %s",
			"the criteria add up to %s, which must be total: %s", sum, rules.Total)
	}
	breakers := []string{ByBallots, ByInTime}
	for _, c := range rules.Criteria {
		breakers = append(breakers, "criterion:"+string(c.ID))
	}
	for i, tie := range rules.Tie {
		id, place := strings.CutPrefix(tie, "criterion:")
		if place = place && rules.CriteriaFrom != "" && placeOfCriterion.MatchString(id); !place &&
			!slices.Contains(breakers, tie) {
			r.bad(ties[i], "“%s”: cần ballots, in_time hoặc criterion:MÃ%s",
				"“%s”: want ballots, in_time or criterion:ID%s",
				tie, words.DidYouMean(tie, breakers))
		}
	}
}

// placeOfCriterion is the id of a criterion that comes from the covenant's own text.
var placeOfCriterion = regexp.MustCompile(`^[1-9][0-9]?-[1-9][0-9]?$`)
