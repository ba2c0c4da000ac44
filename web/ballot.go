package web

import (
	"slices"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/process"
)

// A member votes with one tap on a large button and a confirmation that names the motion and the choice. The choice
// goes by POST from the first tap on: an address would be kept by the browser and by whatever stands in between.

// ballotAct is a vote that waits for its reader.
type ballotAct struct {
	Motion, Voter string
	Secret        *secretNote
	Choices       []option
}

// secretNote says what is recorded of a secret ballot, and what is not.
type secretNote struct{ Recorded, Not string }

func secretBallot(t language) *secretNote {
	return &secretNote{
		Recorded: t.text(words.Of("Nhật ký ghi đơn vị nào đã bỏ phiếu, ai bỏ và lúc nào.",
			"The log records which agency has voted, who cast its ballot and when.")),
		Not: t.text(words.Of("Không ghi lựa chọn của đơn vị: các phiếu được trộn trong hòm và chỉ được đếm khi công "+
			"bố "+
			"kết quả.", "No agency’s choice is recorded: the ballots are mixed in the box, and counted only when the "+
			"result is declared.")),
	}
}

// ballotOf is the vote of an act; nil where it is none.
func ballotOf(t presenter, a act) *ballotAct {
	if a.command.Name != "cast-ballot" {
		return nil
	}
	m := fieldMaker{presenter: t, act: a}
	motion, ok := m.motion()
	if !ok {
		return nil
	}
	out := &ballotAct{Motion: t.text(motion.Words(t.v.Process)), Voter: t.agency(workflow.AgencyID(m.about("agency")))}
	if motion.Secret {
		out.Secret = secretBallot(t.language)
	}
	for _, c := range workflow.CommandWords("Choice") {
		out.Choices = append(out.Choices, option{Value: c, Text: process.Choice(c).Word(t.lang)})
	}
	return out
}

// ballotsFirst orders what waits for somebody: an open vote stands before everything else.
func ballotsFirst(a act) int {
	if a.Ballot != nil {
		return 0
	}
	return 1
}

// motion is the motion that a form is about.
func (m fieldMaker) motion() (workflow.Motion, bool) {
	id := workflow.MotionID(m.about("motion"))
	i := slices.IndexFunc(m.v.Covenant.Motions, func(one workflow.Motion) bool { return one.ID == id })
	if i < 0 {
		return workflow.Motion{}, false
	}
	return m.v.Covenant.Motions[i], true
}

// secretNote is what a form has to say about a secret ballot; nil where it is about none.
func (m fieldMaker) secretNote() *secretNote {
	switch m.act.command.Name {
	case "cast-ballot":
		if motion, ok := m.motion(); ok && motion.Secret {
			return secretBallot(m.language)
		}
	case "cast-poll-ballot":
		if _, poll, ok := m.polling(); ok && poll.Secret {
			return secretBallot(m.language)
		}
	}
	return nil
}

// confirmed is one thing that somebody is asked to confirm, and how it comes back.
type confirmed struct{ Label, Text, Name, Value string }

// confirm asks whether a choice is meant: it names the motion and the choice, and carries nothing out.
func (s actions) confirm(r *request) (*answer, error) {
	v, a, err := s.asked(r)
	if err != nil {
		return s.noForm(r, v, a, err)
	}
	p := s.actPage(r, v, a)
	for i, f := range p.Fields {
		at := slices.IndexFunc(f.Options, func(o option) bool { return o.Chosen })
		if at < 0 {
			p.Fields[i].Problem = r.text(words.Of("Chưa chọn.", "Nothing is chosen."))
			continue
		}
		p.Confirm = append(p.Confirm, confirmed{f.Label, f.Options[at].Text, f.Name, f.Options[at].Value})
	}
	if p.problems() > 0 || len(p.Confirm) == 0 {
		p.Confirm = nil
		return p.again(r, false), nil
	}
	return &answer{page: "act", data: p}, nil
}
