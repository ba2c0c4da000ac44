package workflow

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Event is something that happened and is recorded for good. The JSON form of each event is the log's format: fields
// are added, never renamed or given another meaning.
type Event interface {
	Kind() string
	line(s State) Line // what it tells people; see [State.Tell]
}

// ofCovenant are the events that a covenant's state is made of.
type ofCovenant interface {
	Event
	apply(c *Covenant)
}

// ofDirectory are the events that the directory is made of.
type ofDirectory interface {
	Event
	applyTo(d *Directory)
}

// authorised are the events that name the right by which somebody acted.
type authorised interface {
	Event
	authority() Authority
}

// events is every event there is. A new one is added here; what it changes, by which right it was done and how it is
// told are methods beside its type.
var events = byKind(
	AmendmentDrafted{}, Amended{}, AmendmentDropped{}, RenewalDrafted{}, NumberReserved{}, NumberEntered{},
	NumberExplained{}, SelfScored{}, ScoreVerified{}, Ranked{}, StageSkipped{}, StageEscalated{}, DeadlineExtended{},
	ProcessEnded{}, CertificateBound{}, CertificateIdentified{}, CertificateConfirmed{},
	CertificateUnbound{}, BindingRuleSet{},
	BindingRuleEnded{}, AgencyRegistered{}, PersonRegistered{}, BlockFormed{}, Drafted{}, RevisionSubmitted{},
	StageOpened{}, StageClosed{}, ReviewGiven{}, RevisionReturned{}, MotionOpened{}, BallotCast{}, MotionClosed{},
	NumberIssued{}, Frozen{}, GroupOpened{}, SignatureMade{}, SealApplied{}, SignatureRefused{}, ValidationDataAdded{},
	InForce{}, ReportingOpened{}, ReportSubmitted{}, Reminded{}, Closed{}, Stopped{}, RefusalSettled{},
	ConflictDeclared{}, ConferenceOpened{}, AttendanceRecorded{}, ProxyRecorded{}, MotionProposed{}, HandsCounted{},
	RevisionWithdrawn{}, ConferenceClosed{}, MinutesKept{}, ReviewerAsked{}, ApprovalCarried{}, OpinionDeemed{},
	AgenciesReleased{}, SignatoriesPassed{}, SignaturesSufficient{}, PaperSignatureRecorded{}, ChairHandedOver{},
	CommentPosted{}, CommentAnswered{}, CommentResolved{}, BallotTaken{}, BallotDeemed{}, ScoreAccepted{},
	ScoreAppealed{}, AppealDecided{}, Withdrawn{}, Cancelled{}, NumberVoided{}, DutiesDelegated{}, DelegationRevoked{},
	RightGranted{}, RightRevoked{}, PollOpened{}, PollBallotCast{}, PollBallotTaken{}, PollClosed{}, PositionAssigned{},
	PositionEnded{}, ObstaclesAccepted{}, CertificateQuestioned{},
	DeadlineRecounted{},
)

func byKind(all ...Event) map[string]reflect.Type {
	out := make(map[string]reflect.Type, len(all))
	for _, e := range all {
		out[e.Kind()] = reflect.TypeOf(e)
	}
	return out
}

// DecodeEvent reads an event from the log. An unknown kind is an error: an older program must not guess.
func DecodeEvent(kind string, data []byte) (Event, error) {
	typ, ok := events[kind]
	if !ok {
		return nil, fmt.Errorf("event kind %q is unknown to this version", kind)
	}
	e := reflect.New(typ)
	if err := json.Unmarshal(data, e.Interface()); err != nil {
		return nil, fmt.Errorf("event %s: %w", kind, err)
	}
	return e.Elem().Interface().(Event), nil //nolint:forcetypeassert // the table holds events alone
}
