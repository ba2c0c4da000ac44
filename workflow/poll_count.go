package workflow

import (
	"slices"
	"time"
)

// ClosePoll counts a poll and declares its result. Without a quorum it stays open, unless the chair lets it lapse.
// Ballots are those of the box of a secret poll, in any order.
type ClosePoll struct {
	Poll    PollID       `json:"poll,omitzero"`
	Lapse   bool         `json:"lapse,omitzero"`
	Ballots []PollBallot `json:"-"`
}

func (cmd ClosePoll) decide(s State, by Actor, now time.Time) ([]Event, error) {
	poll, rule, err := s.scoring().openedPoll(cmd.Poll)
	if err != nil {
		return nil, err
	}
	chair, authority, err := s.voting().chairs(by, "", now)
	if err != nil {
		return nil, err
	}
	e := PollClosed{
		Poll: cmd.Poll, Round: poll.Round, Method: MethodElectronic, Entitled: len(poll.Who),
		Quorum:   rule.Quorum.Of(len(poll.Who)),
		Chairing: chair, Person: by.Person(), Authority: authority,
	}
	ballots, err := e.ballots(poll, rule, cmd.Ballots)
	if err != nil {
		return nil, err
	}
	e.Entitled = max(e.Entitled, len(ballots)) // somebody who had voted may have declared a conflict since
	if e.Lapsed = len(ballots) < e.Quorum; e.Lapsed && !cmd.Lapse {
		return nil, refuse(CodeWrongState, "chưa đủ số phiếu: %d/%d đơn vị đã bỏ phiếu, cần ít nhất %d",
			"no quorum yet: %d of %d agencies have voted, at least %d are needed", len(ballots), e.Entitled, e.Quorum)
	}
	e.count(poll, rule, ballots)
	return []Event{e}, nil
}

// ballots are those of the poll: the open ones, or those of the box, of which there must be as many as took part.
func (e *PollClosed) ballots(poll Poll, rule PollRule, box []PollBallot) ([]PollBallot, error) {
	if !poll.Secret {
		var out []PollBallot
		for _, b := range poll.Cast {
			out = append(out, NewPollBallot(rule.Marks, b.Choices))
		}
		return out, nil
	}
	e.Method = MethodSecret
	if len(box) != len(poll.Taken) {
		return nil, refuse(CodeConflict,
			"hòm phiếu có %d phiếu, trong khi %d đơn vị đã bỏ phiếu; không kiểm phiếu được",
			"the box holds %d ballots, but %d agencies took part; it cannot be counted", len(box), len(poll.Taken))
	}
	for _, b := range box {
		choices := b.Choices()
		if err := (CastPollBallot{Choices: choices}).check(poll, rule); err != nil ||
			NewPollBallot(rule.Marks, choices) != b {
			return nil, refuse(CodeConflict, "hòm phiếu có phiếu không hợp lệ; không kiểm phiếu được",
				"the box holds an invalid ballot and cannot be counted")
		}
	}
	e.Ballots = slices.Clone(box)
	slices.Sort(e.Ballots)
	return e.Ballots, nil
}

// count fills in what each candidate got, in the order of the candidates, and who is elected.
func (e *PollClosed) count(poll Poll, rule PollRule, ballots []PollBallot) {
	at := map[AgencyID]int{}
	for i, a := range poll.Candidates {
		at[a] = i
		e.Rows = append(e.Rows, PollRow{Agency: a})
	}
	e.Cast = len(ballots)
	most := rule.Most(len(poll.Candidates))
	for _, b := range ballots {
		choices := b.Choices()
		if len(choices) == 0 {
			e.Blank++
		}
		for place, a := range choices {
			row := &e.Rows[at[a]]
			row.Votes++
			if rule.Marks == MarksOrder {
				row.Points += most - place
			}
		}
	}
	if rule.Decides != DecidesRanking && !e.Lapsed {
		e.elect(rule)
	}
}

// elect: who is named by enough of the valid ballots, and among several of them has the most.
func (e *PollClosed) elect(rule PollRule) {
	e.Need = max(rule.Pass.Of(e.Cast-e.Blank), 1)
	best := PollRow{}
	for _, row := range e.Rows {
		switch {
		case row.Votes < e.Need:
		case row.Points > best.Points || row.Points == best.Points && row.Votes > best.Votes || best.Agency == "":
			best, e.Tied = row, []AgencyID{row.Agency}
		case row.Points == best.Points && row.Votes == best.Votes:
			e.Tied = append(e.Tied, row.Agency)
		}
	}
	if len(e.Tied) == 1 {
		e.Elected, e.Tied = e.Tied[0], nil
	}
}
