package workflow

import (
	"encoding/json"
	"reflect"
	"slices"
	"time"
)

// toldKinds are the events that stand in a log because of what happened to another covenant; see [Told].
var toldKinds = map[string]bool{
	AmendmentDrafted{}.Kind(): true, Amended{}.Kind(): true, AmendmentDropped{}.Kind(): true,
	RenewalDrafted{}.Kind(): true,
}

// recordedBy are the commands by the kind of the first event that they record, where the event says all that the
// command
// said, under the same names. Others stand in [commandOf].
var recordedBy = map[string]Command{
	ReviewGiven{}.Kind(): GiveReview{}, CommentPosted{}.Kind(): PostComment{},
	CommentAnswered{}.Kind(): AnswerComment{},
	CommentResolved{}.Kind(): ResolveComment{}, ConflictDeclared{}.Kind(): DeclareConflict{},
	ConferenceOpened{}.Kind(): OpenConference{}, AttendanceRecorded{}.Kind(): RecordAttendance{},
	ProxyRecorded{}.Kind(): RecordProxy{}, MotionProposed{}.Kind(): ProposeMotion{}, BallotCast{}.Kind(): CastBallot{},
	HandsCounted{}.Kind(): CountHands{}, ConferenceClosed{}.Kind(): CloseConference{},
	ChairHandedOver{}.Kind(): HandOverChair{}, RefusalSettled{}.Kind(): SettleRefusal{},
	NumberIssued{}.Kind(): IssueNumber{}, Frozen{}.Kind(): Freeze{}, SignatureRefused{}.Kind(): RefuseSignature{},
	PaperSignatureRecorded{}.Kind(): RecordPaperSignature{}, ValidationDataAdded{}.Kind(): RecordValidationData{},
	ReportSubmitted{}.Kind(): SubmitReport{}, Reminded{}.Kind(): RecordReminder{}, SelfScored{}.Kind(): SubmitScore{},
	ScoreVerified{}.Kind(): VerifyScore{}, ScoreAccepted{}.Kind(): AcceptScore{}, ScoreAppealed{}.Kind(): AppealScore{},
	AppealDecided{}.Kind(): DecideAppeal{}, PollOpened{}.Kind(): OpenPoll{}, PollBallotCast{}.Kind(): CastPollBallot{},
	Withdrawn{}.Kind(): Withdraw{}, Cancelled{}.Kind(): Cancel{}, Closed{}.Kind(): Close{},
	MinutesKept{}.Kind(): RecordMinutes{}, SignatureMade{}.Kind(): RecordSignature{},
	SealApplied{}.Kind(): RecordSeal{}, ObstaclesAccepted{}.Kind(): AcceptObstacles{},
}

// commandOf is the command that recorded these events, made of what they say; problem says why there is none.
func commandOf(events []Past, s State) (c Command, problem string) {
	first := events[0]
	if zero, ok := recordedBy[first.Kind]; ok {
		c, err := commandFrom(zero, first.Payload)
		if err != nil {
			return nil, "it is not what such a command records: " + err.Error()
		}
		return withTime(c, first.Event), ""
	}
	switch e := first.Event.(type) {
	case Drafted:
		return e.command(), ""
	case RevisionSubmitted:
		submit := SubmitRevision{Manifest: e.Manifest, PDF: e.PDF, Values: e.Values, Template: e.Template,
			Parts:   e.Parts,
			Clauses: e.Clauses, Note: e.Note, RenderedAt: e.RenderedAt, Basis: e.Basis}
		if e.Conference {
			return AmendText{submit}, ""
		}
		return submit, ""
	case BallotTaken: // the choice is secret, and any is recorded alike
		return CastBallot{Agency: e.Agency, Motion: e.Motion, Choice: ChoiceAbstain}, ""
	case PollBallotTaken:
		return CastPollBallot{Agency: e.Agency, Poll: e.Poll}, ""
	case MotionClosed:
		return CloseMotion{Motion: e.Motion, Casting: e.Casting, Lapse: e.Lapsed, Ballots: slices.Clone(e.Ballots)}, ""
	case PollClosed:
		return ClosePoll{Poll: e.Poll, Lapse: e.Lapsed, Ballots: slices.Clone(e.Ballots)}, ""
	case MotionOpened:
		return motionsOpened(events), ""
	case Ranked:
		return e.command(), ""
	case StageEscalated:
		return escalated(events), ""
	case DeadlineRecounted:
		return RecountDeadline{}, ""
	case Stopped:
		return e.command(s), ""
	case StageClosed:
		if first.actor().IsProgram() {
			return EndReporting{}, ""
		}
		return CloseReporting{}, ""
	}
	return nil, "no command begins with such an event"
}

// commandFrom fills a command's fields with those of an event that have the same names.
func commandFrom(zero Command, payload json.RawMessage) (Command, error) {
	c := reflect.New(reflect.TypeOf(zero))
	if err := json.Unmarshal(payload, c.Interface()); err != nil {
		return nil, err
	}
	return c.Elem().Interface().(Command), nil //nolint:forcetypeassert // the table holds commands alone
}

// withTime fills in what an event names otherwise than its command.
func withTime(c Command, e Event) Command {
	switch c := c.(type) {
	case RecordSignature:
		c.SignedAt = momentOf(e)
		return c
	case RecordSeal:
		c.SignedAt = momentOf(e)
		return c
	case OpenConference:
		if opened, ok := e.(ConferenceOpened); ok {
			c.Agency, c.Reason = opened.Chairing, opened.ChairReason
		}
		return c
	}
	return c
}

func momentOf(e Event) time.Time {
	switch e := e.(type) {
	case SignatureMade:
		return e.SignedAt
	case SealApplied:
		return e.SignedAt
	}
	return time.Time{}
}

// command is the one by which the program stopped a document that was to be completed.
func (e Stopped) command(s State) StopCompletion {
	c := StopCompletion{Why: e.Why, Reason: e.Reason}
	for _, signed := range s.Covenant.Signed {
		if p, ok := s.Covenant.SlotParty(signed.Slot); ok && p.Agency == e.Agency {
			c.Field = signed.Field
		}
	}
	for _, sealed := range s.Covenant.Sealed {
		if c.Field == "" && sealed.Agency == e.Agency {
			c.Field = sealed.Field
		}
	}
	return c
}

func (e Drafted) command() DraftCovenant {
	c := DraftCovenant{ID: e.Covenant, Slug: e.Slug, Title: e.Title, Year: e.Year, Block: e.Block, Template: e.Template,
		Amends: e.Amends, Renews: e.Renews}
	if e.OwnProcess {
		c.Process = e.Process
	}
	for _, p := range e.Parties {
		c.Slots = append(c.Slots, Slot{ID: p.Slot, Role: p.Role, Unit: p.Unit, Title: p.Title})
	}
	return c
}

func motionsOpened(events []Past) OpenMotions {
	var c OpenMotions
	for _, e := range events {
		if opened, ok := e.Event.(MotionOpened); ok {
			c.Motions = append(c.Motions, opened.Motion)
		}
	}
	return c
}

func (e Ranked) command() DeclareRanking {
	c := DeclareRanking{Secretary: e.Secretary, Issued: e.Issued, Collected: e.Collected, Valid: e.Valid,
		NewLeader: e.NewLeader, NewDeputy: e.NewDeputy}
	if e.Method != "" { // by a poll
		c.Issued, c.Collected, c.Valid = 0, 0, 0
		return c
	}
	for _, r := range e.Rows {
		if r.Votes > 0 {
			c.Votes = append(c.Votes, AgencyVotes{Agency: r.Agency, Votes: r.Votes})
		}
	}
	return c
}

// escalated is the climbing of a ladder up to the last rung that was carried out, with the ballots that closed motions
// name.
func escalated(events []Past) EscalateStage {
	c := EscalateStage{Boxes: map[MotionID][]Choice{}}
	for _, e := range events {
		switch e := e.Event.(type) {
		case StageEscalated:
			if c.Rung == "" {
				c.Stage, c.Opening, c.Extension = e.Stage, e.Opening, e.Extension
			}
			c.Rung = e.Rung
		case MotionClosed:
			c.Boxes[e.Motion] = slices.Clone(e.Ballots)
		}
	}
	return c
}
