package workflow

import (
	"slices"
	"time"

	"covenant/internal/words"
)

// Who chairs is the process's to say: roles or agencies in their order. The first that has no conflict of interest
// chairs; another one opens the conference in its place, or is handed the chair during it, with a reason
// that stands in the minutes.

// ChairHandedOver gives the chair of the open sitting to another agency.
type ChairHandedOver struct {
	Stage     StageID   `json:"stage"`
	From      AgencyID  `json:"from"`
	To        AgencyID  `json:"to"`
	Person    PersonID  `json:"person"` // who handed it over, or took it where the chair is away or in conflict
	Authority Authority `json:"authority"`
	Reason    string    `json:"reason"`
	At        time.Time `json:"at"`
}

// Kind is the event's name in the log.
func (ChairHandedOver) Kind() string { return "chair_handed_over" }

func (e ChairHandedOver) authority() Authority { return e.Authority }

func (e ChairHandedOver) apply(c *Covenant) {
	if sitting := c.Sitting(); sitting != nil {
		sitting.Handovers, sitting.Chairing = append(slices.Clip(sitting.Handovers), e), e.To
	}
}

func (e ChairHandedOver) line(s State) Line {
	return Line{
		Tone: ToneNext,
		Text: words.F("%s giao quyền chủ tọa cho %s", "%s hands the chair over to %s",
			s.Directory.AgencyName(e.From), s.Directory.AgencyName(e.To)),
		Detail: words.Same(e.Reason),
	}
}

// chairRule are the rule's names of the open stage.
func (s voting) chairRule() []string {
	switch stage := s.stage(); {
	case stage.Vote != nil:
		return stage.Vote.Chair
	case stage.Score != nil:
		return stage.Score.Chair
	}
	return nil
}

// ChairCandidates are the parties that may chair the open stage, in the order of the rule; by
// default the leader of the block.
func (s State) ChairCandidates() []AgencyID {
	var out []AgencyID
	for _, name := range s.voting().chairRule() {
		named := s.agenciesOf([]Role{Role(name)})
		if _, party := s.Covenant.Party(AgencyID(name)); party {
			named = []AgencyID{AgencyID(name)}
		}
		for _, a := range named {
			if !contains(out, a) {
				out = append(out, a)
			}
		}
	}
	if len(out) == 0 {
		out = []AgencyID{s.Covenant.Leader()}
	}
	return out
}

// Chair is the agency that chairs now: at a sitting who opened it or was handed the chair, else the first candidate
// without a conflict of interest.
func (s State) Chair() AgencyID { return s.voting().chairOf("") }

// chairOf is the chair where a motion is decided; outside a sitting one without a conflict about the motion.
func (s voting) chairOf(motion MotionID) AgencyID {
	if sitting := s.Covenant.Sitting(); sitting != nil && sitting.Closed == nil {
		return orAgency(sitting.Chairing, s.Covenant.Leader()) // until 2026-11 the leader chaired
	}
	candidates := s.ChairCandidates()
	for _, a := range candidates {
		if !s.settling().conflicted(a, motion) {
			return a
		}
	}
	return candidates[0]
}

// successor is who could take the chair from an agency about a motion: a candidate without a
// conflict who is at the sitting.
func (s voting) successor(from AgencyID, motion MotionID) AgencyID {
	sitting := s.Covenant.Sitting()
	for _, a := range s.ChairCandidates() {
		if a != from && !s.settling().conflicted(a, motion) &&
			(sitting == nil || sitting.Closed != nil || sitting.Presence(a) == Present) {
			return a
		}
	}
	return ""
}

// chairs is the right by which a person chairs: a vote of the agency in the chair. Where a motion is named, the chair
// must have no conflict of interest about it while somebody else can take its place.
func (s voting) chairs(by Actor, motion MotionID, now time.Time) (AgencyID, Authority, error) {
	chair := s.chairOf(motion)
	authority, err := s.authority(by, chair, DutyVote, now)
	if err != nil {
		return chair, authority, err
	}
	if other := s.successor(chair, motion); other != "" && s.settling().conflicted(chair, motion) {
		return chair, authority, refuse(CodeForbidden,
			"%[1]s đã khai có xung đột lợi ích về nội dung này; hãy giao quyền chủ tọa cho %[2]s rồi tiếp tục",
			"%[1]s has declared a conflict of interest about this; hand the chair over to %[2]s first",
			s.Directory.AgencyName(chair), s.Directory.AgencyName(other))
	}
	return chair, authority, nil
}

// ConductsVote reports whether a person conducts the vote that is open now: they act for the agency in the chair, or
// could open the sitting in its place, or keep its minutes.
func ConductsVote(s State, by Actor, now time.Time) bool {
	if s.Covenant.Phase != AwaitingVotes || by.Person() == "" {
		return false
	}
	sitting := s.Covenant.Sitting()
	open := sitting != nil && sitting.Closed == nil
	if open && by.Person() == sitting.Secretary {
		return true
	}
	agencies := []AgencyID{s.Chair()}
	if !open && s.stage().Vote.Conference != nil {
		agencies = append(agencies, s.ChairCandidates()...)
	}
	return slices.ContainsFunc(agencies, func(a AgencyID) bool {
		_, err := s.authority(by, a, DutyVote, now)
		return err == nil
	})
}

// opensFor is the agency for which a person opens a sitting: the one in the chair by rule, or with
// a reason another candidate.
func (cmd OpenConference) opensFor(s State) (AgencyID, error) {
	chair := s.Chair()
	agency := orAgency(cmd.Agency, chair)
	name := s.Directory.AgencyName(agency)
	switch {
	case agency == chair:
		return agency, nil
	case !contains(s.ChairCandidates(), agency):
		return "", refuse(CodeForbidden, "theo quy trình, %s không chủ tọa hội nghị này",
			"under the process %s does not chair this conference", name)
	case s.settling().conflicted(agency, ""):
		return "", refuse(CodeForbidden, "%s đã khai có xung đột lợi ích nên không chủ tọa",
			"%s has declared a conflict of interest and does not chair", name)
	case blank(cmd.Reason):
		return "", refuse(CodeInvalid, "cần nêu lý do %[1]s chủ tọa thay %[2]s",
			"say why %[1]s chairs in place of %[2]s", name, s.Directory.AgencyName(chair))
	}
	return agency, nil
}

// HandOverChair gives the chair of the open sitting to another agency that the process names. Who has the chair hands
// it over; where that agency is not there, or has a conflict of interest, the other one may take it.
type HandOverChair struct {
	To     AgencyID `json:"to,omitzero"`
	Reason string   `json:"reason,omitzero"`
}

func (cmd HandOverChair) decide(s State, by Actor, now time.Time) ([]Event, error) {
	sitting, _, err := s.voting().sitting()
	if err != nil {
		return nil, err
	}
	from, name := s.Chair(), s.Directory.AgencyName(cmd.To)
	switch {
	case cmd.To == from:
		return nil, refuse(CodeConflict, "%s đang chủ tọa", "%s is in the chair already", name)
	case !contains(s.ChairCandidates(), cmd.To):
		return nil, refuse(CodeForbidden, "theo quy trình, %s không chủ tọa hội nghị này",
			"under the process %s does not chair this conference", name)
	case s.settling().conflicted(cmd.To, ""):
		return nil, refuse(CodeForbidden, "%s đã khai có xung đột lợi ích nên không chủ tọa",
			"%s has declared a conflict of interest and does not chair", name)
	case sitting.Presence(cmd.To) != Present:
		return nil, refuse(CodeWrongState, "%s chưa có mặt tại hội nghị", "%s is not at the conference", name)
	case blank(cmd.Reason):
		return nil, refuse(CodeInvalid, "cần nêu lý do giao quyền chủ tọa", "say why the chair is handed over")
	}
	authority, err := s.authority(by, from, DutyVote, now)
	if err != nil && s.voting().chairVacant(sitting, from) {
		authority, err = s.authority(by, cmd.To, DutyVote, now)
	}
	if err != nil {
		return nil, err
	}
	return []Event{ChairHandedOver{Stage: s.Covenant.Stage, From: from, To: cmd.To, Person: by.Person(),
		Authority: authority, Reason: cmd.Reason, At: now}}, nil
}

// chairVacant: who has the chair is away, or has a conflict of interest about something that is still to be decided.
func (s voting) chairVacant(sitting *Conference, chair AgencyID) bool {
	if sitting.Presence(chair) != Present || s.settling().conflicted(chair, "") {
		return true
	}
	return slices.ContainsFunc(s.Covenant.MotionsOf(s.Covenant.Stage),
		func(m Motion) bool { return m.Result == nil && s.settling().conflicted(chair, m.ID) })
}

// chairTurns are those in the chair of what is open now.
func (s voting) chairTurns() []Turn {
	var out []Turn
	for _, m := range s.Covenant.MotionsOf(s.Covenant.Stage) {
		if t := (Turn{s.chairOf(m.ID), DutyVote}); m.Opened && m.Result == nil && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		out = []Turn{{s.Chair(), DutyVote}}
	}
	return out
}
