package engine

import (
	"time"

	"covenant/signing"
	"covenant/workflow"
)

// View is everything a page or a command shows of one covenant: the state by the rules, and what lies around it.
type View struct {
	workflow.State
	Now      time.Time
	Mark     Mark
	Timeline []Entry
	Verdict  *signing.Report // of the document's newest bytes; nil before the freeze
	Upcoming []Occurrence    // reminders, by time, done and to come
	Mails    []Mail          // newest last
}

// Entry is one recorded event with the facts around it.
type Entry struct {
	Version int64
	At      time.Time
	By      workflow.Doer
	Event   workflow.Event
	Hash    workflow.Digest
}

// Summary is a covenant in a list.
type Summary struct {
	ID        workflow.CovenantID
	Slug      string
	Title     string
	Block     string
	Year      int
	Phase     workflow.Phase
	Status    string // the status sentence, Vietnamese
	StatusEN  string
	Number    string // as printed, "01/GƯ-KTN"; empty before it is issued
	Due       workflow.Deadline
	UpdatedAt time.Time
}

// Occurrence is one step of a reminder ladder with what became of it.
type Occurrence struct {
	workflow.Occurrence
	Label   string // the report's name, Vietnamese
	LabelEN string
	State   string // pending, sent or skipped
	// Recipients are the agencies it was sent to; for a pending one those it would go to if nothing changed.
	Recipients []workflow.AgencyID
}

// Mail is a mail and how far it got.
type Mail struct {
	Key       string
	MessageID string
	Kind      string
	To        string
	Subject   string
	Body      string
	State     string // queued, sending, sent, in_doubt or failed
	LastError string
	CreatedAt time.Time
	SettledAt time.Time
}
