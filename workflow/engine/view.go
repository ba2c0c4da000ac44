package engine

import (
	"slices"
	"time"

	"covenant/internal/words"
	"covenant/signing"
	"covenant/workflow"
)

// View is everything a page or a command shows of one covenant to somebody: the state by the rules as far as they
// may read it, and what lies around it.
type View struct {
	workflow.State
	Reading  workflow.Reading
	whole    workflow.State
	Now      time.Time
	Mark     Mark
	Timeline []Entry
	Verdict  *signing.Report // of the document's newest bytes; nil before the freeze
	Upcoming []Occurrence    // reminders, by time, done and to come
	Mails    []Mail          // newest last
	// Obstacles are what stands between the covenant and its end, as far as it is known.
	Obstacles []workflow.Obstacle
	Troubles  []Trouble // jobs that do not get their work done
}

// Status is the one sentence that says where the covenant stands; it is for all who may know of it.
func (v *View) Status(now time.Time, lang words.Language) string { return v.whole.Status(now, lang) }

// Turns says who can bring the covenant forward now.
func (v *View) Turns() []workflow.Turn { return v.whole.Turns() }

// May is [workflow.State.May]. Who reads less than the dossier is told what is open to them and nothing of the
// rest, which would name what they do not read.
func (v *View) May(by workflow.Actor, now time.Time) []workflow.Possible {
	all := v.whole.May(by, now)
	if v.Reading.Scope >= workflow.ReadDossier {
		return all
	}
	return slices.DeleteFunc(all, func(p workflow.Possible) bool { return p.Why != nil })
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
