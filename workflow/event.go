package workflow

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"covenant/internal/words"
)

// Event is something that happened and is recorded for good. The JSON form of each event is the log's format: fields
// are added, never renamed or given another meaning.
type Event interface{ Kind() string }

// Events of the directory.
type (
	// AgencyRegistered adds or changes an agency.
	AgencyRegistered struct {
		Agency AgencyID `json:"agency"`
		Name   string   `json:"name"`
		Parent string   `json:"parent,omitempty"`
		Email  string   `json:"email"`
		MadeUp bool     `json:"made_up,omitempty"`
		// Collective is the body in whose name its head signs (TM.), where the agency works collectively.
		Collective string `json:"collective,omitempty"`
		// Language is that of its mails; since 2026-11.
		Language words.Language `json:"language,omitempty"`
	}
	// PersonRegistered adds or changes a person.
	PersonRegistered struct {
		Person   PersonID       `json:"person"`
		Name     Personal       `json:"name"`
		Email    Personal       `json:"email"`
		Language words.Language `json:"language,omitempty"` // of mails; since 2026-11
	}
	// BlockFormed sets a block's members and their roles, in the order of the member list.
	BlockFormed struct {
		Block    BlockID        `json:"block"`
		Name     string         `json:"name"`
		Province string         `json:"province"`
		Members  []FormedMember `json:"members"`
	}
	// FormedMember is one member in BlockFormed.
	FormedMember struct {
		Agency AgencyID `json:"agency"`
		Role   Role     `json:"role"`
	}
)

// Events of a covenant.
type (
	// Drafted starts a covenant.
	Drafted struct {
		Covenant      CovenantID `json:"covenant"`
		Slug          string     `json:"slug"`
		Title         string     `json:"title"`
		Year          int        `json:"year"`
		Block         BlockID    `json:"block"`
		Template      string     `json:"template"`
		Process       Digest     `json:"process"`
		Parties       []Party    `json:"parties"`
		DraftedBy     PersonID   `json:"drafted_by"`
		DraftedFor    AgencyID   `json:"drafted_for"`
		ProcessStages []StageID  `json:"process_stages"`
		// OwnProcess: the process is the block's own, not the template's.
		OwnProcess bool `json:"own_process,omitempty"`
		// Amends and Renews are the covenants that this one amends, or is next year's of.
		Amends Link `json:"amends,omitzero"`
		Renews Link `json:"renews,omitzero"`
	}
	// RevisionSubmitted puts a revision before the agencies. Manifest is what they approve; PDF is what they read.
	RevisionSubmitted struct {
		Number   int            `json:"number"`
		Manifest Digest         `json:"manifest"`
		PDF      Digest         `json:"pdf"`
		Values   Digest         `json:"values"`
		Template Digest         `json:"template"`
		Parts    []ManifestPart `json:"parts"`
		Clauses  []ClauseDigest `json:"clauses"`
		Note     string         `json:"note,omitempty"`
		// RenderedAt is the moment that the PDF names; rendering again with it gives the same bytes.
		RenderedAt time.Time `json:"rendered_at"`
		// Conference: the text was amended on the spot, and a motion decides whether it stands.
		Conference bool `json:"conference,omitempty"`
		// Since 2026-11: the right by which it was submitted, and the criteria that its values hold, where the process takes them from it.
		Authority Authority   `json:"authority,omitzero"`
		Basis     *ScoreBasis `json:"score_basis,omitempty"`
	}
	// StageOpened starts a stage; Due is when it should be finished, if it has a term.
	StageOpened struct {
		Stage StageID    `json:"stage"`
		Type  StageKind  `json:"type"`
		Who   []AgencyID `json:"who,omitempty"`
		Due   Deadline   `json:"due"`
		// Queue are those who are asked one after the other, after Who.
		Queue    []AgencyID `json:"queue,omitempty"`
		OpenedAt time.Time  `json:"opened_at,omitzero"`
	}
	// StageClosed ends a stage.
	StageClosed struct {
		Stage StageID `json:"stage"`
	}
	// ReviewGiven is one agency's opinion on one revision.
	ReviewGiven struct {
		Stage     StageID   `json:"stage"`
		Agency    AgencyID  `json:"agency"`
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
		Revision  int       `json:"revision"`
		Manifest  Digest    `json:"manifest"`
		Opinion   Opinion   `json:"opinion"`
		Comments  []Comment `json:"comments,omitempty"`
		// Ruled: what a rejection entails stands in the events after it. Until 2026-11 it stopped the covenant by itself.
		Ruled bool `json:"ruled,omitempty"`
	}
	// RevisionReturned says that a revision goes back to its drafter.
	RevisionReturned struct {
		Stage    StageID  `json:"stage"`
		Revision int      `json:"revision"`
		By       AgencyID `json:"by"`
		// Why and Reason, since 2026-11, tell what sent it back.
		Why    CauseKind `json:"why,omitempty"`
		Reason string    `json:"reason,omitempty"`
	}
	// MotionOpened puts a motion to the vote.
	MotionOpened struct {
		Stage  StageID    `json:"stage"`
		Motion MotionID   `json:"motion"`
		Text   string     `json:"text"`
		Who    []AgencyID `json:"who"`
		// Since 2026-11: the text in English, whether ballots are secret, the digest of the text before the members, and the
		// revision amended on the spot that the motion adopts.
		English  string `json:"english,omitempty"`
		Secret   bool   `json:"secret,omitempty"`
		Manifest Digest `json:"manifest,omitzero"`
		Revision int    `json:"revision,omitempty"`
	}
	// BallotCast is one agency's open vote.
	BallotCast struct {
		Motion    MotionID  `json:"motion"`
		Agency    AgencyID  `json:"agency"`
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
		Choice    Choice    `json:"choice"`
		Proxy     AgencyID  `json:"proxy,omitempty"` // the agency that voted for it
	}
	// MotionClosed records the tally and the result. Since 2026-11 it says how the motion was decided, what was needed, and of
	// a secret one all ballots, sorted.
	MotionClosed struct {
		Motion MotionID `json:"motion"`
		Count
		Passed  bool     `json:"passed"`
		Round   int      `json:"round,omitempty"` // which opening of a motion, counted over the covenant
		Method  Method   `json:"method,omitempty"`
		Quorum  int      `json:"quorum,omitempty"`
		Need    int      `json:"need,omitempty"`
		Tie     bool     `json:"tie,omitempty"`
		Casting Choice   `json:"casting,omitempty"` // the chair's in a tie
		Lapsed  bool     `json:"lapsed,omitempty"`  // for want of a quorum
		Ballots []Choice `json:"ballots,omitempty"`
		// The agency in the chair, who declared the result for it, and by which right; empty where a deadline closed it.
		Chairing  AgencyID  `json:"chairing,omitempty"`
		Chair     PersonID  `json:"chair,omitempty"`
		Authority Authority `json:"authority,omitzero"`
	}
	// NumberIssued gives the covenant its number, symbol and date from the register.
	NumberIssued struct {
		Book      string    `json:"book"`
		Year      int       `json:"year"`
		Number    int       `json:"number"`
		Symbol    string    `json:"symbol"`
		Date      Date      `json:"date"`
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
	}
	// Frozen fixes the document: from here on bytes are only appended.
	Frozen struct {
		Revision int           `json:"revision"`
		PDF      Digest        `json:"pdf"`
		Size     int64         `json:"size"`
		Token    string        `json:"token"` // random part of the permanent address in the QR code
		Fields   []FrozenField `json:"fields"`
	}
	// GroupOpened asks the next group of signatories; inside a group anyone may go first.
	GroupOpened struct {
		Stage StageID    `json:"stage"`
		Group int        `json:"group"` // from 1
		Who   []AgencyID `json:"who"`
	}
	// SignatureMade is one signature in the document.
	SignatureMade struct {
		Slot      SlotID    `json:"slot"`
		Field     string    `json:"field"`
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
		Consented Digest    `json:"consented"` // the frozen digest that the person agreed to
		Before    Digest    `json:"before"`
		After     Digest    `json:"after"`
		Size      int64     `json:"size"`
		Level     string    `json:"level"`
		Issuer    string    `json:"issuer"`
		Serial    string    `json:"serial"`
		SignedAt  time.Time `json:"signed_at"`
	}
	// SealApplied is one agency's seal in the document, applied by a person of the agency.
	SealApplied struct {
		Agency    AgencyID  `json:"agency"`
		Slot      SlotID    `json:"slot"`
		Field     string    `json:"field"`
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
		Before    Digest    `json:"before"`
		After     Digest    `json:"after"`
		Size      int64     `json:"size"`
		Level     string    `json:"level"`
		Issuer    string    `json:"issuer"`
		Serial    string    `json:"serial"`
		SignedAt  time.Time `json:"signed_at"`
	}
	// SignatureRefused says that a signatory will not sign.
	SignatureRefused struct {
		Slot   SlotID   `json:"slot"`
		Person PersonID `json:"person"`
		Reason string   `json:"reason"`
		// Ruled: what it entails stands in the events after it. Until 2026-11 it stopped the covenant by itself.
		Ruled     bool      `json:"ruled,omitempty"`
		Authority Authority `json:"authority,omitzero"`
	}
	// ValidationDataAdded completes the file for long-term verification.
	ValidationDataAdded struct {
		Before Digest `json:"before"`
		After  Digest `json:"after"`
		Size   int64  `json:"size"`
		Level  string `json:"level"`
	}
	// InForce says that the covenant binds its parties.
	InForce struct {
		Date Date `json:"date"`
	}
	// ReportingOpened starts the reporting duties, which last until Until.
	ReportingOpened struct {
		From  Date `json:"from"`
		Until Date `json:"until"`
	}
	// ReportSubmitted is one agency's report for one period.
	ReportSubmitted struct {
		Obligation ObligationID `json:"obligation"`
		Period     Period       `json:"period"`
		Agency     AgencyID     `json:"agency"`
		Person     PersonID     `json:"person"`
		Authority  Authority    `json:"authority"`
		Summary    string       `json:"summary"`
		Late       bool         `json:"late,omitempty"`
	}
	// Reminded records that a step of the reminder ladder was carried out and for whom a mail was queued.
	Reminded struct {
		Obligation ObligationID `json:"obligation"`
		Period     Period       `json:"period"`
		Rung       Rung         `json:"rung"`
		To         []AgencyID   `json:"to,omitempty"`
		Missing    []AgencyID   `json:"missing,omitempty"`
	}
	// Closed ends the covenant's life.
	Closed struct {
		Reason    string    `json:"reason"`
		Person    PersonID  `json:"person,omitempty"` // empty: by date
		Authority Authority `json:"authority,omitzero"`
		Date      Date      `json:"date,omitzero"`
	}
)

// ManifestPart is one input of a revision by digest: template, values, process, profile, law, a font, an image.
type ManifestPart struct {
	Name   string `json:"name"`
	Digest Digest `json:"digest"`
}

// ClauseDigest identifies a clause's text, so that a later revision can be compared clause by clause.
type ClauseDigest struct {
	ID      string `json:"id"`
	Number  string `json:"number"`
	Heading string `json:"heading"`
	Digest  Digest `json:"digest"`
}

// FrozenField is a signature field placed in the frozen document.
type FrozenField struct {
	Name string `json:"name"`
	Slot SlotID `json:"slot"`
	Type string `json:"type"` // "signature" or "seal"
	Page int    `json:"page"`
}

// Kind is the event's name in the log.
func (AgencyRegistered) Kind() string    { return "agency_registered" }
func (PersonRegistered) Kind() string    { return "person_registered" }
func (BlockFormed) Kind() string         { return "block_formed" }
func (Drafted) Kind() string             { return "drafted" }
func (RevisionSubmitted) Kind() string   { return "revision_submitted" }
func (StageOpened) Kind() string         { return "stage_opened" }
func (StageClosed) Kind() string         { return "stage_closed" }
func (ReviewGiven) Kind() string         { return "review_given" }
func (RevisionReturned) Kind() string    { return "revision_returned" }
func (MotionOpened) Kind() string        { return "motion_opened" }
func (BallotCast) Kind() string          { return "ballot_cast" }
func (MotionClosed) Kind() string        { return "motion_closed" }
func (NumberIssued) Kind() string        { return "number_issued" }
func (Frozen) Kind() string              { return "frozen" }
func (GroupOpened) Kind() string         { return "group_opened" }
func (SignatureMade) Kind() string       { return "signature_made" }
func (SealApplied) Kind() string         { return "seal_applied" }
func (SignatureRefused) Kind() string    { return "signature_refused" }
func (ValidationDataAdded) Kind() string { return "validation_data_added" }
func (InForce) Kind() string             { return "in_force" }
func (ReportingOpened) Kind() string     { return "reporting_opened" }
func (ReportSubmitted) Kind() string     { return "report_submitted" }
func (Reminded) Kind() string            { return "reminded" }
func (Closed) Kind() string              { return "closed" }

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

// events is every event there is. A new one is added here; what it changes, by which right it was done and how it is told are methods
// beside its type.
var events = byKind(
	AmendmentDrafted{}, Amended{}, AmendmentDropped{}, RenewalDrafted{}, NumberReserved{}, NumberEntered{},
	NumberExplained{}, SelfScored{}, ScoreVerified{}, Ranked{}, StageSkipped{}, StageEscalated{}, DeadlineExtended{},
	ProcessEnded{}, CertificateBound{}, CertificateConfirmed{}, CertificateUnbound{}, BindingRuleSet{},
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
	PositionEnded{},
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
