package workflow

import (
	"slices"
	"time"

	"covenant/internal/words"
)

// RevisionSubmitted puts a revision before the agencies. Manifest is what they approve; PDF is what they read.
type RevisionSubmitted struct {
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
	// Since 2026-11: the right by which it was submitted, and the criteria that its values hold, where the
	// process takes them from it.
	Authority Authority   `json:"authority,omitzero"`
	Basis     *ScoreBasis `json:"score_basis,omitempty"`
}

// Kind is the event's name in the log.
func (RevisionSubmitted) Kind() string { return "revision_submitted" }

func (e RevisionSubmitted) authority() Authority { return e.Authority }

func (e RevisionSubmitted) apply(c *Covenant) {
	c.Revisions = append(c.Revisions, Revision{
		Number: e.Number, Manifest: e.Manifest, PDF: e.PDF, Values: e.Values, Template: e.Template, Clauses: e.Clauses,
		Note: e.Note, Parts: e.Parts, RenderedAt: e.RenderedAt, Conference: e.Conference, Basis: e.Basis,
	})
}

func (e RevisionSubmitted) line(State) Line {
	text := words.F("Trình dự thảo lần %d (mã %s)",
		"Draft revision %d submitted (digest %s)", e.Number, e.Manifest.Short())
	if e.Conference {
		text = words.F("Sửa đổi tại hội nghị thành dự thảo lần %d (mã %s)",
			"Amended at the conference as revision %d (digest %s)", e.Number, e.Manifest.Short())
	}
	return Line{Tone: ToneNext, Text: text, Detail: words.Same(e.Note)}
}

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

// RevisionReturned says that a revision goes back to its drafter.
type RevisionReturned struct {
	Stage    StageID  `json:"stage"`
	Revision int      `json:"revision"`
	By       AgencyID `json:"by"`
	// Why and Reason, since 2026-11, tell what sent it back.
	Why    CauseKind `json:"why,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Kind is the event's name in the log.
func (RevisionReturned) Kind() string { return "revision_returned" }

func (e RevisionReturned) apply(c *Covenant) {
	c.Phase, c.Waiting, c.Queue, c.Due, c.Stop = AwaitingRevision, nil, nil, Deadline{}, nil
	c.changeRevision(e.Revision, func(r *Revision) { r.Returned, r.Return = e.By, &e })
	c.Motions = slices.DeleteFunc(slices.Clone(c.Motions), func(m Motion) bool { return m.Result == nil })
	c.setAside()
}

func (e RevisionReturned) line(s State) Line {
	l := Line{Tone: ToneStopped, Detail: words.Same(e.Reason)}
	if e.Why == "" || e.Why == CauseReturned {
		l.Text = words.F("Dự thảo lần %d được trả lại theo ý kiến của %s",
			"Revision %d went back for changes asked for by %s", e.Revision, s.Directory.AgencyName(e.By))
	} else {
		l.Text = words.F("Dự thảo lần %d được trả lại: %s", "Revision %d went back: %s",
			e.Revision, Cause{Agency: e.By, Why: e.Why}.because(s.Directory))
	}
	return l
}

// RevisionWithdrawn takes back a text amended on the spot that did not pass: the one before it is the text again.
type RevisionWithdrawn struct {
	Revision int      `json:"revision"`
	Motion   MotionID `json:"motion"`
}

// Kind is the event's name in the log.
func (RevisionWithdrawn) Kind() string { return "revision_withdrawn" }

func (e RevisionWithdrawn) apply(c *Covenant) {
	c.changeRevision(e.Revision, func(r *Revision) { r.Withdrawn = true })
}

func (e RevisionWithdrawn) line(State) Line {
	return Line{Tone: ToneStopped, Text: words.F("Dự thảo lần %d không được hội nghị thông qua; giữ bản trước",
		"Revision %d was not adopted; the one before stays", e.Revision)}
}
