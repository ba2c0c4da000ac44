package workflow

import (
	"errors"
	"slices"
	"time"

	"covenant/workflow/process"
	"covenant/workflow/refusal"
)

// Possible is a command on a covenant as an actor could give it now: filled in with what it would be about (agency,
// revision, motion, cell, period), or with the reason why it is not open. What remains to be
// filled in is for who gives it.
type Possible struct {
	Command Command
	Why     *Error // nil: it is open
}

// May answers which commands are open to an actor now, and why the others are not. It draws buttons and to-do lists,
// and says nothing but what the rules say: each command is put to [Decide] as it would be given. A command that lacks
// only what its giver still has to write is open. Of a kind of command that is open nowhere
// there is one, with the reason.
func (s State) May(by Actor, now time.Time) []Possible {
	var out []Possible
	mine := s.speaksFor(by, now)
	for _, kind := range attempts {
		var open []Possible
		var closed *Possible
		for _, a := range kind(s, mine, by, now) {
			why := s.attempt(by, a, now)
			switch {
			case why == nil:
				open = append(open, Possible{Command: a})
			case closed == nil || weight(why) > weight(closed.Why):
				closed = &Possible{a, why}
			}
		}
		if len(open) == 0 && closed != nil {
			open = []Possible{*closed}
		}
		out = append(out, open...)
	}
	return out
}

// weight orders refusals by how much they tell: that somebody may not says less than that it is done already.
func weight(e *Error) int {
	return slices.Index([]Code{refusal.NotFound, refusal.Forbidden, refusal.WrongState, refusal.Conflict}, e.Code)
}

// attempt is the refusal that a command would meet; nothing where it is open.
func (s State) attempt(by Actor, c Command, now time.Time) *Error {
	var err error
	switch c := c.(type) {
	case RecordSignature: // the certificate is looked at when it is there
		_, _, err = s.MaySign(by, c.Slot, now)
	case RecordSeal:
		_, _, err = s.MaySeal(by, c.Agency, now)
	default:
		_, err = Decide(s, by, c, now)
	}
	var why *Error
	if !errors.As(err, &why) || why.Code == refusal.Invalid {
		return nil
	}
	return why
}

// speaksFor are the parties for which the actor may act in some way today, or else the first party, so that there is a
// reason to give.
func (s State) speaksFor(by Actor, now time.Time) []AgencyID {
	acts := s.Directory.actsFor(s.Covenant.ID, by.Person(), s.today(now))
	var out []AgencyID
	for _, p := range s.Covenant.Parties {
		if acts[p.Agency] {
			out = append(out, p.Agency)
		}
	}
	if len(out) == 0 && len(s.Covenant.Parties) > 0 {
		out = []AgencyID{s.Covenant.Parties[0].Agency}
	}
	return out
}

// actsFor are the agencies in which a person holds a position on a day, or acts under a delegation
// that counts for a covenant.
func (d *Directory) actsFor(covenant CovenantID, person PersonID, day Date) map[AgencyID]bool {
	out := map[AgencyID]bool{}
	if person == "" {
		return out
	}
	for _, p := range d.Positions {
		if p.Person == person && p.Holds(day) {
			out[p.Agency] = true
		}
	}
	for _, g := range d.Delegations {
		if from, ok := d.Positions[g.From]; ok && g.To == person && g.Holds(day) &&
			(g.Covenant == "" || g.Covenant == covenant) {
			out[from.Agency] = true
		}
	}
	return out
}

// written stands in an attempt for what its giver has to write.
const written = "…"

// attempts make the commands of one kind that an actor who speaks for some agencies could mean.
var attempts = []func(s State, mine []AgencyID, by Actor, now time.Time) []Command{
	func(State, []AgencyID, Actor, time.Time) []Command { return []Command{SubmitRevision{}} },
	eachAgency(func(s State, a AgencyID) Command {
		r, _ := s.Covenant.Revision()
		return GiveReview{Agency: a, Revision: r.Number, Manifest: r.Manifest, Opinion: OpinionApprove}
	}),
	eachAgency(func(s State, a AgencyID) Command {
		r, _ := s.Covenant.Revision()
		return PostComment{Agency: a, Revision: r.Number, Text: written}
	}),
	eachThread(func(a AgencyID, t Thread) Command { return AnswerComment{Agency: a, Thread: t.ID, Text: written} }),
	eachThread(func(a AgencyID, t Thread) Command { return ResolveComment{Agency: a, Thread: t.ID, Open: t.Resolved} }),
	conflicts,
	eachAgency(func(_ State, a AgencyID) Command { return OpenConference{Agency: a, Reason: written, Place: written} }),
	eachParty(func(_ State, a AgencyID) Command { return HandOverChair{To: a, Reason: written} }),
	eachParty(func(_ State, a AgencyID) Command { return RecordAttendance{Agency: a} }),
	eachParty(func(s State, a AgencyID) Command {
		to := s.Covenant.Leader()
		if to == a {
			to = ""
		}
		return RecordProxy{From: a, To: to}
	}),
	eachAgency(func(_ State, a AgencyID) Command { return ProposeMotion{Agency: a, Text: written} }),
	func(State, []AgencyID, Actor, time.Time) []Command { return []Command{AmendText{}} },
	func(State, []AgencyID, Actor, time.Time) []Command { return []Command{OpenMotions{}} },
	ballots,
	eachMotion(func(id MotionID) Command { return CountHands{Motion: id} }),
	closings,
	func(State, []AgencyID, Actor, time.Time) []Command { return []Command{CloseConference{}} },
	func(State, []AgencyID, Actor, time.Time) []Command {
		return []Command{
			SettleRefusal{Choice: ThenReturn, Reason: written}, SettleRefusal{Choice: ThenContinue, Reason: written},
			SettleRefusal{Choice: ThenCancel, Reason: written},
		}
	},
	func(State, []AgencyID, Actor, time.Time) []Command { return []Command{IssueNumber{}} },
	eachSlot(func(_ State, p Party, _ time.Time) Command { return RecordSignature{Slot: p.Slot} }),
	eachSlot(func(_ State, p Party, _ time.Time) Command { return RefuseSignature{Slot: p.Slot, Reason: written} }),
	eachSlotOfAll(func(s State, p Party, now time.Time) Command {
		cmd := RecordPaperSignature{Slot: p.Slot, Date: s.today(now)}
		for _, holder := range s.Directory.HoldersIn(s.Covenant.ID, p.Agency, DutySign, cmd.Date) {
			cmd.Signatory = holder.ID
		}
		if s.Covenant.Frozen != nil {
			cmd.Consented = s.Covenant.Frozen.PDF
		}
		return cmd
	}),
	eachAgency(func(_ State, a AgencyID) Command { return RecordSeal{Agency: a} }),
	reports,
	func(State, []AgencyID, Actor, time.Time) []Command { return []Command{CloseReporting{}} },
	eachAgency(func(_ State, a AgencyID) Command { return SubmitScore{Agency: a} }),
	eachParty(func(_ State, a AgencyID) Command { return VerifyScore{Agency: a, Note: written} }),
	eachAgency(func(_ State, a AgencyID) Command { return AcceptScore{Agency: a} }),
	eachAgency(func(_ State, a AgencyID) Command { return AppealScore{Agency: a, Reason: written} }),
	eachParty(func(_ State, a AgencyID) Command { return DecideAppeal{Agency: a, Reason: written} }),
	eachPoll(func(id PollID) Command { return OpenPoll{Poll: id} }),
	pollBallots,
	pollClosings,
	func(State, []AgencyID, Actor, time.Time) []Command { return []Command{DeclareRanking{}} },
	func(State, []AgencyID, Actor, time.Time) []Command { return []Command{Withdraw{Reason: written}} },
	func(State, []AgencyID, Actor, time.Time) []Command {
		return []Command{AcceptObstacles{Obstacles: []string{written}, Reason: written}}
	},
	func(State, []AgencyID, Actor, time.Time) []Command { return []Command{Cancel{Reason: written}} },
	func(State, []AgencyID, Actor, time.Time) []Command { return []Command{Close{Reason: written}} },
}

// attempting makes the attempts of one kind of command.
type attempting = func(State, []AgencyID, Actor, time.Time) []Command

// eachAgency tries for each agency that the actor speaks for.
func eachAgency(try func(State, AgencyID) Command) attempting {
	return func(s State, mine []AgencyID, _ Actor, _ time.Time) []Command {
		var out []Command
		for _, a := range mine {
			out = append(out, try(s, a))
		}
		return out
	}
}

// eachParty tries about each party, whoever the actor speaks for.
func eachParty(try func(State, AgencyID) Command) attempting {
	return func(s State, _ []AgencyID, _ Actor, _ time.Time) []Command {
		var out []Command
		for _, p := range s.Covenant.Parties {
			out = append(out, try(s, p.Agency))
		}
		return out
	}
}

func eachSlot(try func(State, Party, time.Time) Command) attempting {
	return func(s State, mine []AgencyID, _ Actor, now time.Time) []Command {
		var out []Command
		for _, a := range mine {
			if p, ok := s.Covenant.Party(a); ok {
				out = append(out, try(s, p, now))
			}
		}
		return out
	}
}

func eachSlotOfAll(try func(State, Party, time.Time) Command) attempting {
	return func(s State, _ []AgencyID, _ Actor, now time.Time) []Command {
		var out []Command
		for _, p := range s.Covenant.Parties {
			out = append(out, try(s, p, now))
		}
		return out
	}
}

func eachThread(try func(AgencyID, Thread) Command) attempting {
	return func(s State, mine []AgencyID, _ Actor, _ time.Time) []Command {
		out := []Command{}
		for _, a := range mine {
			for _, t := range s.Covenant.Threads {
				out = append(out, try(a, t))
			}
		}
		if len(out) == 0 && len(mine) > 0 {
			out = append(out, try(mine[0], Thread{}))
		}
		return out
	}
}

// votingOn are the motions that may be acted on: those of the open stage without a result, or one that there is not.
func (s State) votingOn() []MotionID {
	var out []MotionID
	for _, m := range s.Covenant.Motions {
		if m.Result == nil {
			out = append(out, m.ID)
		}
	}
	if len(out) == 0 {
		return []MotionID{""}
	}
	return out
}

func eachMotion(try func(MotionID) Command) attempting {
	return func(s State, _ []AgencyID, _ Actor, _ time.Time) []Command {
		var out []Command
		for _, id := range s.votingOn() {
			out = append(out, try(id))
		}
		return out
	}
}

// conflicts declare one of an agency's in the whole covenant, or in a motion.
func conflicts(s State, mine []AgencyID, _ Actor, _ time.Time) []Command {
	var out []Command
	for _, a := range mine {
		out = append(out, DeclareConflict{Agency: a, Reason: written})
		for _, m := range s.Covenant.Motions {
			if m.Result == nil {
				out = append(out, DeclareConflict{Agency: a, Motion: m.ID, Reason: written})
			}
		}
	}
	return out
}

// ballots are the votes for the agencies that the actor speaks for, and for those that gave these a proxy.
func ballots(s State, mine []AgencyID, _ Actor, _ time.Time) []Command {
	var out []Command
	for _, id := range s.votingOn() {
		for _, p := range s.Covenant.Parties {
			holder := AgencyID("")
			if s.Covenant.Phase == AwaitingVotes {
				holder, _ = s.voting().voterFor(p.Agency)
			}
			if contains(mine, orAgency(holder, p.Agency)) {
				out = append(out, CastBallot{Agency: p.Agency, Motion: id, Choice: ChoiceFor})
			}
		}
	}
	return out
}

// closings close motions: of a secret one whatever is in the box can be counted, and a tie is the chair's to break.
func closings(s State, _ []AgencyID, _ Actor, _ time.Time) []Command {
	var out []Command
	for _, id := range s.votingOn() {
		cmd := CloseMotion{Motion: id, Casting: ChoiceFor}
		if m := s.Covenant.motion(id); m != nil && m.Secret {
			cmd.Ballots = slices.Repeat([]Choice{ChoiceFor}, len(m.Taken))
		}
		out = append(out, cmd)
		cmd.Lapse = true
		out = append(out, cmd)
	}
	return out
}

// reports are those that have not come, of the periods up to the next one that is due.
func reports(s State, mine []AgencyID, _ Actor, now time.Time) []Command {
	c := s.Covenant
	stage, ok := s.Process.OfKind(StageReport)
	var out []Command
	if ok && c.Reporting != nil {
		for _, o := range stage.Report.Obligations {
			for _, due := range stage.Report.Deadlines(o.ID, c.Reporting.From, c.Reporting.Until) {
				period := process.PeriodOf(o.Period, due.Date)
				for _, a := range mine {
					if _, done := c.Report(o.ID, period, a); !done {
						out = append(out, SubmitReport{Agency: a, Obligation: o.ID, Period: period, Summary: written})
					}
				}
				if !due.LastDay().Before(s.today(now)) {
					break
				}
			}
		}
	}
	if len(out) == 0 && len(mine) > 0 {
		out = append(out, SubmitReport{Agency: mine[0], Summary: written})
	}
	return out
}

func eachPoll(try func(PollID) Command) attempting {
	return func(s State, _ []AgencyID, _ Actor, _ time.Time) []Command {
		stage, ok := s.Process.OfKind(StageScore)
		if !ok || len(stage.Score.Polls) == 0 {
			return []Command{try("")}
		}
		var out []Command
		for _, rule := range stage.Score.Polls {
			out = append(out, try(rule.ID))
		}
		return out
	}
}

// pollClosings count polls: of a secret one whatever is in the box can be counted; without a quorum a poll lapses.
func pollClosings(s State, _ []AgencyID, _ Actor, _ time.Time) []Command {
	ids := []PollID{""}
	if stage, ok := s.Process.OfKind(StageScore); ok {
		for _, rule := range stage.Score.Polls {
			ids = append(ids, rule.ID)
		}
	}
	var out []Command
	for _, id := range ids {
		cmd := ClosePoll{Poll: id}
		if s.Covenant.Scoring != nil {
			if poll, ok := s.Covenant.Scoring.Poll(id); ok && poll.Secret {
				cmd.Ballots = slices.Repeat([]PollBallot{blankBallot}, len(poll.Taken))
			}
		}
		out = append(out, cmd)
		cmd.Lapse = true
		out = append(out, cmd)
	}
	return out
}

func pollBallots(s State, mine []AgencyID, by Actor, now time.Time) []Command {
	var out []Command
	for _, a := range mine {
		out = append(out, eachPoll(func(id PollID) Command { return CastPollBallot{Agency: a, Poll: id} })(
			s, mine, by, now)...)
	}
	return out
}
