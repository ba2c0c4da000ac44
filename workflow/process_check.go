package workflow

import "fmt"

// stageOrder is the order in which kinds may follow one another; several reviews and votes may stand side by side.
var stageOrder = map[StageKind]int{
	StageReview: 1, StageVote: 1, StageNumber: 2, StageSign: 3, StageSeal: 4, StageIssue: 5, StageReport: 6,
}

func (p *Process) problems() []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if !ValidCode(p.Name.ID) {
		add("process.id %q: want a code of a–z, 0–9 and hyphens", p.Name.ID)
	}
	if len(p.Stages) == 0 {
		add("stages: at least one is needed")
	}
	seen, last, once := map[StageID]bool{}, 0, map[StageKind]bool{}
	for _, s := range p.Stages {
		if !ValidCode(string(s.ID)) || seen[s.ID] {
			add("stage %q: the id must be a code and stand once", s.ID)
		}
		seen[s.ID] = true
		order, known := stageOrder[s.Kind]
		if !known {
			add("stage %q: unknown kind %q (review, vote, number, sign, seal, issue, report)", s.ID, s.Kind)
			continue
		}
		if order < last {
			add("stage %q: a %s stage cannot come after the ones before it", s.ID, s.Kind)
		}
		last = max(last, order)
		if order > 1 && once[s.Kind] {
			add("stage %q: only one %s stage is possible", s.ID, s.Kind)
		}
		once[s.Kind] = true
		out = append(out, s.problems()...)
	}
	if once[StageSign] && !once[StageNumber] {
		add("a sign stage needs a number stage before it: the date is printed before anybody signs")
	}
	if once[StageSeal] && !once[StageSign] {
		add("a seal stage needs a sign stage before it: an agency's seal stands on its head's signature")
	}
	if once[StageSign] && !once[StageIssue] {
		add("a sign stage needs an issue stage after it: that is what brings the covenant into force")
	}
	return out
}

func (s Stage) problems() []string {
	var out []string
	add := func(format string, args ...any) {
		out = append(out, fmt.Sprintf("stage %q: ", s.ID)+fmt.Sprintf(format, args...))
	}
	if s.Name.Vietnamese == "" || s.Name.English == "" {
		add("name needs vi and en")
	}
	for _, r := range s.Who {
		if !knownRole(r) {
			add("who: unknown role %q", r)
		}
	}
	switch s.Kind {
	case StageVote:
		if s.Vote == nil || len(s.Vote.Motions) == 0 {
			add("vote.motions: at least one is needed")
		} else if s.Vote.Ballot != "open" {
			add("vote.ballot %q: only open ballots are possible", s.Vote.Ballot)
		}
	case StageNumber:
		if s.Number == nil || !ValidCode(s.Number.Book) {
			add("number needs a book (code)")
		}
	case StageSign:
		out = append(out, s.signProblems()...)
	case StageSeal:
		if l := s.Seal.Level; l != "B-B" && l != "B-T" {
			add("seal.level %q: want B-B or B-T", l)
		}
	case StageReport:
		if s.Report == nil || s.Report.Months < 1 || len(s.Report.Obligations) == 0 {
			add("report needs months (1 or more) and obligations")
			break
		}
		for _, o := range s.Report.Obligations {
			out = append(out, o.problems(s.ID)...)
		}
	}
	return out
}

func (s Stage) signProblems() []string {
	if s.Sign == nil || len(s.Sign.Groups) == 0 {
		return []string{fmt.Sprintf("stage %q: sign.groups: at least one is needed", s.ID)}
	}
	var out []string
	seen := map[Role]bool{}
	for _, g := range s.Sign.Groups {
		for _, r := range g {
			if !knownRole(r) || seen[r] {
				out = append(out, fmt.Sprintf("stage %q: sign.groups: role %q is unknown or stands twice", s.ID, r))
			}
			seen[r] = true
		}
	}
	if l := s.Sign.Level; l != "B-B" && l != "B-T" {
		out = append(out, fmt.Sprintf("stage %q: sign.level %q: want B-B or B-T", s.ID, l))
	}
	if l := s.Sign.Final; l != "B-LT" && l != "B-LTA" {
		out = append(out, fmt.Sprintf("stage %q: sign.archive %q: want B-LT or B-LTA", s.ID, l))
	}
	return out
}

func (o ObligationRule) problems(stage StageID) []string {
	var out []string
	add := func(format string, args ...any) {
		out = append(out, fmt.Sprintf("stage %q, obligation %q: ", stage, o.ID)+fmt.Sprintf(format, args...))
	}
	if !ValidCode(string(o.ID)) || o.Vietnamese == "" || o.English == "" {
		add("needs an id and its names vi and en")
	}
	if o.Period != PeriodQuarter && o.Period != PeriodHalf && o.Period != PeriodYear {
		add("period %q: want quarter, half or year", o.Period)
	}
	if _, err := parseSchedule(o.Schedule); err != nil {
		add("%v", err)
	}
	seen := map[Rung]bool{}
	for _, r := range o.Reminders {
		switch {
		case !ValidCode(string(r.ID)) || seen[r.ID]:
			add("reminder %q: the id must be a code and stand once", r.ID)
		case r.Days != 0 && r.WorkingDays != 0:
			add("reminder %q: give days or working_days, not both", r.ID)
		case r.To != "agency" && r.To != "leader":
			add("reminder %q: to %q: want agency or leader", r.ID, r.To)
		case r.Hour < 0 || r.Hour > 23:
			add("reminder %q: hour %d: want 0 to 23", r.ID, r.Hour)
		}
		seen[r.ID] = true
	}
	return out
}

func knownRole(r Role) bool {
	return r == RoleLeader || r == RoleDeputy || r == RoleMember || r == RoleWitness
}
