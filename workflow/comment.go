package workflow

import (
	"fmt"
	"slices"
	"time"

	"covenant/internal/words"
)

// CommentID identifies a comment or an answer to one within its covenant: "r1-so-yte-2" is the second comment of that
// agency on revision 1.
type CommentID string

// Events of comments.
type (
	// CommentPosted opens a thread on a clause of a revision, or on the whole when Clause is
	// empty. Digest is the clause's.
	CommentPosted struct {
		ID        CommentID `json:"id"`
		Revision  int       `json:"revision"`
		Manifest  Digest    `json:"manifest"`
		Clause    string    `json:"clause,omitempty"`
		Digest    Digest    `json:"digest"`
		Agency    AgencyID  `json:"agency"`
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
		Text      string    `json:"text"`
	}
	// CommentAnswered is an answer in a thread.
	CommentAnswered struct {
		Thread    CommentID `json:"thread"`
		Agency    AgencyID  `json:"agency"`
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
		Text      string    `json:"text"`
	}
	// CommentResolved says that a thread is settled, or open again.
	CommentResolved struct {
		Thread    CommentID `json:"thread"`
		Open      bool      `json:"open,omitempty"` // opened again
		Agency    AgencyID  `json:"agency"`
		Person    PersonID  `json:"person"`
		Authority Authority `json:"authority"`
	}
)

// Kind is the event's name in the log.
func (CommentPosted) Kind() string   { return "comment_posted" }
func (CommentAnswered) Kind() string { return "comment_answered" }
func (CommentResolved) Kind() string { return "comment_resolved" }

// Thread is a comment with its answers.
type Thread struct {
	CommentPosted
	Answers    []CommentAnswered
	Resolved   bool
	ResolvedBy CommentResolved // the last settling, or opening again
}

// OpenThreads are the threads that nobody has resolved.
func (c *Covenant) OpenThreads() []Thread {
	var out []Thread
	for _, t := range c.Threads {
		if !t.Resolved {
			out = append(out, t)
		}
	}
	return out
}

// Thread finds a thread.
func (c *Covenant) Thread(id CommentID) (Thread, bool) {
	for _, t := range c.Threads {
		if t.ID == id {
			return t, true
		}
	}
	return Thread{}, false
}

func (c *Covenant) nextComment(agency AgencyID, revision int) CommentID {
	n := 1
	for _, t := range c.Threads {
		if t.Agency == agency && t.Revision == revision {
			n++
		}
	}
	return CommentID(fmt.Sprintf("r%d-%s-%d", revision, agency, n))
}

func (e CommentPosted) authority() Authority { return e.Authority }

func (e CommentPosted) apply(c *Covenant) {
	c.Threads = append(slices.Clip(c.Threads), Thread{CommentPosted: e})
}

func (e CommentPosted) line(s State) Line {
	return Line{
		Tone: ToneNext,
		Text: words.F("%s góp ý dự thảo lần %d",
			"%s commented on revision %d", s.Directory.AgencyName(e.Agency), e.Revision),
		Detail: words.Same(e.Text),
	}
}

func (e CommentAnswered) authority() Authority { return e.Authority }

func (e CommentAnswered) apply(c *Covenant) {
	c.changeThread(e.Thread, func(t *Thread) { t.Answers = append(slices.Clip(t.Answers), e) })
}

func (e CommentAnswered) line(s State) Line {
	asked, _ := s.Covenant.Thread(e.Thread)
	return Line{
		Tone: ToneNext,
		Text: words.F("%s trả lời góp ý của %s", "%s answered a comment of %s",
			s.Directory.AgencyName(e.Agency), s.Directory.AgencyName(asked.Agency)),
		Detail: words.Same(e.Text),
	}
}

func (e CommentResolved) authority() Authority { return e.Authority }

func (e CommentResolved) apply(c *Covenant) {
	c.changeThread(e.Thread, func(t *Thread) { t.Resolved, t.ResolvedBy = !e.Open, e })
}

func (e CommentResolved) line(s State) Line {
	asked, _ := s.Covenant.Thread(e.Thread)
	agency, asker := s.Directory.AgencyName(e.Agency), s.Directory.AgencyName(asked.Agency)
	if e.Open {
		return Line{Tone: ToneWaiting, Text: words.F("%s mở lại góp ý của %s",
			"%s opened a comment of %s again", agency, asker)}
	}
	return Line{Tone: ToneDone, Text: words.F("%s xác nhận đã giải quyết góp ý của %s",
		"%s settled a comment of %s", agency, asker)}
}

func (c *Covenant) changeThread(id CommentID, change func(*Thread)) {
	c.Threads = slices.Clone(c.Threads)
	for i := range c.Threads {
		if c.Threads[i].ID == id {
			change(&c.Threads[i])
		}
	}
}

// Clause finds a clause of the revision.
func (r Revision) Clause(id string) (ClauseDigest, bool) {
	for _, c := range r.Clauses {
		if c.ID == id {
			return c, true
		}
	}
	return ClauseDigest{}, false
}

// anchor ties a comment to a clause of the revision.
func (r Revision) anchor(clause string) (Digest, error) {
	if clause == "" {
		return Digest{}, nil
	}
	c, ok := r.Clause(clause)
	if !ok {
		return Digest{}, refuse(CodeNotFound, "dự thảo lần %d không có điều, khoản “%s”",
			"revision %d has no clause “%s”", r.Number, clause)
	}
	return c.Digest, nil
}

// maxComment bounds a comment's length in bytes.
const maxComment = 20_000

func checkComment(text string) error {
	switch {
	case blank(text):
		return refuse(CodeInvalid, "ý kiến góp ý còn trống", "a comment is empty")
	case len(text) > maxComment:
		return refuse(CodeInvalid, "ý kiến góp ý dài quá %d byte", "the comment is longer than %d bytes", maxComment)
	}
	return nil
}

// mayComment reports by which right a person speaks for an agency about a draft: as a reviewer of a party, or as the
// drafter.
func (s reviewing) mayComment(by Actor, agency AgencyID, now time.Time) (Authority, error) {
	if _, party := s.Covenant.Party(agency); !party {
		return Authority{}, refuse(CodeForbidden, "%s không tham gia giao ước này",
			"%s takes no part in this covenant", s.Directory.AgencyName(agency))
	}
	authority, err := s.authority(by, agency, DutyReview, now)
	if err != nil && agency == s.Covenant.For {
		return s.authority(by, agency, DutyDraft, now)
	}
	return authority, err
}

// underDiscussion refuses where the text can no longer change.
func (s reviewing) underDiscussion() error {
	if s.Covenant.Phase == AwaitingRevision && len(s.Covenant.Revisions) > 0 {
		return nil
	}
	return s.expect(AwaitingReviews)
}

// PostComment comments on a clause of the newest revision without giving an opinion.
type PostComment struct {
	Agency   AgencyID `json:"agency,omitzero"`
	Revision int      `json:"revision,omitzero"`
	Clause   string   `json:"clause,omitzero"`
	Text     string   `json:"text,omitzero"`
}

func (cmd PostComment) decide(s State, by Actor, now time.Time) ([]Event, error) {
	if err := s.reviewing().underDiscussion(); err != nil {
		return nil, err
	}
	authority, err := s.reviewing().mayComment(by, cmd.Agency, now)
	if err != nil {
		return nil, err
	}
	revision, _ := s.Covenant.Revision()
	if cmd.Revision != revision.Number {
		return nil, s.reviewing().otherRevision()
	}
	digest, err := revision.anchor(cmd.Clause)
	if err == nil {
		err = checkComment(cmd.Text)
	}
	if err != nil {
		return nil, err
	}
	return []Event{CommentPosted{
		ID: s.Covenant.nextComment(cmd.Agency, revision.Number), Revision: revision.Number,
		Manifest: revision.Manifest, Clause: cmd.Clause,
		Digest: digest, Agency: cmd.Agency, Person: by.Person(), Authority: authority, Text: cmd.Text,
	}}, nil
}

func (s reviewing) otherRevision() error {
	revision, _ := s.Covenant.Revision()
	return refuse(CodeConflict,
		"bản dự thảo đã thay đổi: hiện là lần %d (%s); hãy đọc bản mới rồi cho ý kiến",
		"the draft has changed: it is now revision %d (%s); read the new one, then give the opinion", revision.Number,
		revision.Manifest.Short())
}

// AnswerComment answers in a thread.
type AnswerComment struct {
	Agency AgencyID  `json:"agency,omitzero"`
	Thread CommentID `json:"thread,omitzero"`
	Text   string    `json:"text,omitzero"`
}

func (cmd AnswerComment) decide(s State, by Actor, now time.Time) ([]Event, error) {
	authority, err := s.reviewing().inThread(by, cmd.Agency, cmd.Thread, now)
	if err == nil {
		err = checkComment(cmd.Text)
	}
	if err != nil {
		return nil, err
	}
	return []Event{CommentAnswered{Thread: cmd.Thread, Agency: cmd.Agency, Person: by.Person(), Authority: authority,
		Text: cmd.Text}}, nil
}

func (s reviewing) inThread(by Actor, agency AgencyID, id CommentID, now time.Time) (Authority, error) {
	if err := s.underDiscussion(); err != nil {
		return Authority{}, err
	}
	if _, ok := s.Covenant.Thread(id); !ok {
		return Authority{}, refuse(CodeNotFound, "không có ý kiến góp ý “%s”", "there is no comment “%s”", id)
	}
	return s.mayComment(by, agency, now)
}

// ResolveComment settles a thread, or opens it again. The agency that commented may, and the one that drafts.
type ResolveComment struct {
	Agency AgencyID  `json:"agency,omitzero"`
	Thread CommentID `json:"thread,omitzero"`
	Open   bool      `json:"open,omitzero"` // open it again
}

func (cmd ResolveComment) decide(s State, by Actor, now time.Time) ([]Event, error) {
	authority, err := s.reviewing().inThread(by, cmd.Agency, cmd.Thread, now)
	if err != nil {
		return nil, err
	}
	thread, _ := s.Covenant.Thread(cmd.Thread)
	switch {
	case cmd.Agency != thread.Agency && cmd.Agency != s.Covenant.For:
		return nil, refuse(CodeForbidden, "chỉ %[1]s hoặc đơn vị soạn thảo %[2]s xác nhận được ý kiến này",
			"only %[1]s or the drafting agency, %[2]s, may settle this comment",
			s.Directory.AgencyName(thread.Agency), s.Directory.AgencyName(s.Covenant.For))
	case thread.Resolved == !cmd.Open:
		return nil, refuse(CodeConflict, "ý kiến này đã ở trạng thái đó", "the comment is in that state already")
	}
	events := []Event{CommentResolved{Thread: cmd.Thread, Open: cmd.Open, Agency: cmd.Agency,
		Person: by.Person(), Authority: authority}}
	return s.then(events, func(s State) ([]Event, error) {
		if s.Covenant.Phase != AwaitingReviews {
			return nil, nil
		}
		return s.reviewing().afterReview(now)
	})
}
