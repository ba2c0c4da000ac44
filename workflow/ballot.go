package workflow

import (
	"slices"

	"covenant/internal/words"
)

// Secret ballots. The log says who took part. The ballots lie in a box apart, which knows no voter, no time, no order
// and no command; closing a motion records them sorted, with the tally. See PROCESS.md for what an owner of the
// database could still see.

// BallotCast is one agency's open vote.
type BallotCast struct {
	Motion    MotionID  `json:"motion"`
	Agency    AgencyID  `json:"agency"`
	Person    PersonID  `json:"person"`
	Authority Authority `json:"authority"`
	Choice    Choice    `json:"choice"`
	Proxy     AgencyID  `json:"proxy,omitempty"` // the agency that voted for it
}

// Kind is the event's name in the log.
func (BallotCast) Kind() string { return "ballot_cast" }

func (e BallotCast) authority() Authority { return e.Authority }

func (e BallotCast) apply(c *Covenant) {
	c.changeMotion(e.Motion, func(m *Motion) { m.Ballots = append(slices.Clip(m.Ballots), e) })
}

func (e BallotCast) line(s State) Line {
	l := Line{Tone: ChoiceTone(e.Choice), Text: words.F("%s biểu quyết “%s” – %s", "%s voted “%s” – %s",
		s.Directory.AgencyName(e.Agency), words.Each(e.Choice.Word), motionWords(s, e.Motion))}
	if e.Proxy != "" {
		l.Detail = words.F("%s biểu quyết thay", "cast by %s", s.Directory.AgencyName(e.Proxy))
	}
	return l
}

// BallotTaken says that an agency put its ballot into the box of a secret motion.
type BallotTaken struct {
	Motion    MotionID  `json:"motion"`
	Round     int       `json:"round"`
	Agency    AgencyID  `json:"agency"`
	Person    PersonID  `json:"person"`
	Authority Authority `json:"authority"`
	Proxy     AgencyID  `json:"proxy,omitempty"` // the agency that voted for it
}

// Kind is the event's name in the log.
func (BallotTaken) Kind() string { return "ballot_taken" }

func (e BallotTaken) authority() Authority { return e.Authority }

func (e BallotTaken) apply(c *Covenant) {
	c.changeMotion(e.Motion, func(m *Motion) { m.Taken = append(slices.Clip(m.Taken), e) })
}

func (e BallotTaken) line(s State) Line {
	return Line{Tone: ToneNext, Text: words.F("%s đã bỏ phiếu kín – %s", "%s cast a secret ballot – %s",
		s.Directory.AgencyName(e.Agency), motionWords(s, e.Motion))}
}

// BallotDeemed is a vote that the process gives an agency that let the deadline pass.
type BallotDeemed struct {
	Motion MotionID `json:"motion"`
	Agency AgencyID `json:"agency"`
	Choice Choice   `json:"choice"`
	Rung   Rung     `json:"rung"`
}

// Kind is the event's name in the log.
func (BallotDeemed) Kind() string { return "ballot_deemed" }

func (e BallotDeemed) apply(c *Covenant) {
	c.changeMotion(e.Motion, func(m *Motion) { m.Deemed = append(slices.Clip(m.Deemed), e) })
}

func (e BallotDeemed) line(s State) Line {
	return Line{Tone: ToneWaiting, Text: words.F("%s không biểu quyết trước hạn: ghi nhận “%s” – %s",
		"%s did not vote in time: “%s” is recorded – %s",
		s.Directory.AgencyName(e.Agency), words.Each(e.Choice.Word), motionWords(s, e.Motion))}
}

// HandsCounted is a show of hands as the chair announced it; counting again replaces it until the motion is closed.
type HandsCounted struct {
	Motion    MotionID  `json:"motion"`
	For       int       `json:"for"`
	Against   int       `json:"against"`
	Abstain   int       `json:"abstain"`
	Present   int       `json:"present"`
	Chair     PersonID  `json:"chair"`
	Authority Authority `json:"authority,omitzero"`
	Secretary PersonID  `json:"secretary"` // who counted
}

// Kind is the event's name in the log.
func (HandsCounted) Kind() string { return "hands_counted" }

func (e HandsCounted) authority() Authority { return e.Authority }

func (e HandsCounted) apply(c *Covenant) {
	c.changeMotion(e.Motion, func(m *Motion) { m.Hands = &e })
}

func (e HandsCounted) line(s State) Line {
	return Line{
		Tone: ToneNext, Text: words.F("Biểu quyết giơ tay: %s", "Show of hands: %s", motionWords(s, e.Motion)),
		Detail: tallyWords(Count{For: e.For, Against: e.Against, Abstain: e.Abstain}),
	}
}

// ChoiceTone is the tone of a vote.
func ChoiceTone(c Choice) Tone {
	switch c {
	case ChoiceFor:
		return ToneDone
	case ChoiceAgainst:
		return ToneStopped
	}
	return ToneNext
}

// openBox sorts the ballots of a secret motion into its result. There must be as many as agencies took part.
func (e *MotionClosed) openBox(m Motion, box []Choice) error {
	e.Method = MethodSecret
	for _, choice := range box {
		if !choice.Known() {
			return refuse(CodeConflict, "hòm phiếu có phiếu không hợp lệ; không kiểm phiếu được",
				"the box holds an invalid ballot and cannot be counted")
		}
	}
	if len(box) != len(m.Taken) {
		return refuse(CodeConflict, "hòm phiếu có %d phiếu, trong khi %d đơn vị đã bỏ phiếu; không kiểm phiếu được",
			"the box holds %d ballots, but %d agencies took part; it cannot be counted", len(box), len(m.Taken))
	}
	e.Ballots = slices.Clone(box)
	slices.Sort(e.Ballots)
	return nil
}
