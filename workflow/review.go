package workflow

import (
	"time"

	"covenant/internal/words"
)

// Events of reviews.
type (
	// ReviewerAsked gives the turn to the next agency of a review that goes one after the other.
	ReviewerAsked struct {
		Stage  StageID  `json:"stage"`
		Agency AgencyID `json:"agency"`
	}
	// AgenciesReleased says that the open stage goes on without some agencies.
	AgenciesReleased struct {
		Stage    StageID    `json:"stage"`
		Agencies []AgencyID `json:"agencies"`
		Rung     Rung       `json:"rung,omitempty"`
		// Quorum: the leader decided that it goes on though too few gave an opinion.
		Quorum bool `json:"quorum,omitempty"`
	}
)

// Kind is the event's name in the log.
func (ReviewerAsked) Kind() string    { return "reviewer_asked" }
func (AgenciesReleased) Kind() string { return "agencies_released" }

func (e ReviewerAsked) apply(c *Covenant) {
	c.Waiting, c.Queue = []AgencyID{e.Agency}, without(c.Queue, e.Agency)
}

func (e ReviewerAsked) line(s State) Line {
	return Line{Tone: ToneWaiting, Text: words.F("Đến lượt %s góp ý",
		"%s is asked to review", s.Directory.AgencyName(e.Agency))}
}

func (e AgenciesReleased) apply(c *Covenant) {
	c.QuorumWaived = c.QuorumWaived || e.Quorum
	for _, a := range e.Agencies {
		c.Released = append(c.Released, a)
		c.Waiting, c.Queue = without(c.Waiting, a), without(c.Queue, a)
	}
}

func (e AgenciesReleased) line(s State) Line {
	if e.Quorum {
		return Line{Tone: ToneWaiting, Text: words.Of("Khối trưởng quyết định tiếp tục dù chưa đủ số ý kiến",
			"The block leader lets it go on though too few gave an opinion")}
	}
	return Line{Tone: ToneWaiting, Text: words.F("Tiếp tục không chờ: %s",
		"Going on without: %s", s.Directory.AgencyNames(e.Agencies))}
}

// Comment is a remark on a clause, or on the whole when Clause is empty.
type Comment struct {
	Clause string `json:"clause,omitempty"`
	// Digest is the clause's in the revision that the comment is about.
	Digest Digest `json:"digest,omitzero" from:"engine"`
	Text   string `json:"text"`
}

// Opinion is what counts as an agency's opinion on a revision in a stage: the one that it gave, else the one that it is
// deemed to have, else an approval that was carried over.
func (c *Covenant) Opinion(stage StageID, agency AgencyID, revision int) (Opinion, bool) {
	for _, r := range c.Reviews {
		if r.Stage == stage && r.Agency == agency && r.Revision == revision {
			return r.Opinion, true
		}
	}
	for _, d := range c.Deemed {
		if d.Stage == stage && d.Agency == agency && d.Revision == revision {
			return d.Opinion, true
		}
	}
	if _, ok := c.CarriedTo(stage, agency, revision); ok {
		return OpinionApprove, true
	}
	return "", false
}

// CarriedTo finds the approval that was carried over to a revision.
func (c *Covenant) CarriedTo(stage StageID, agency AgencyID, revision int) (ApprovalCarried, bool) {
	for _, a := range c.Carried {
		if a.Stage == stage && a.Agency == agency && a.Revision == revision {
			return a, true
		}
	}
	return ApprovalCarried{}, false
}

// GiveReview is one agency's opinion. Manifest must be the digest of the revision that the reviewer read: an
// approval binds to bytes, not to a title.
type GiveReview struct {
	Agency   AgencyID  `json:"agency,omitzero"`
	Revision int       `json:"revision,omitzero"`
	Manifest Digest    `json:"manifest,omitzero"`
	Opinion  Opinion   `json:"opinion,omitzero"`
	Comments []Comment `json:"comments,omitzero"`
}

func (cmd GiveReview) decide(s State, by Actor, now time.Time) ([]Event, error) {
	c := s.Covenant
	if err := s.expect(AwaitingReviews); err != nil {
		return nil, err
	}
	if !contains(s.agenciesOf(s.stage().Who), cmd.Agency) {
		return nil, refuse(CodeForbidden, "%s không thuộc thành phần góp ý",
			"%s is not asked for its opinion", s.Directory.AgencyName(cmd.Agency))
	}
	authority, err := s.authority(by, cmd.Agency, DutyReview, now)
	if err != nil {
		return nil, err
	}
	revision, _ := c.Revision()
	if cmd.Revision != revision.Number || cmd.Manifest != revision.Manifest {
		return nil, s.reviewing().otherRevision()
	}
	if err := s.reviewing().turnToReview(cmd.Agency, revision); err != nil {
		return nil, err
	}
	if err := cmd.check(); err != nil {
		return nil, err
	}
	given := ReviewGiven{
		Stage: c.Stage, Agency: cmd.Agency, Person: by.Person(), Authority: authority,
		Revision: cmd.Revision, Manifest: cmd.Manifest, Opinion: cmd.Opinion, Ruled: true,
	}
	for _, comment := range cmd.Comments {
		if comment.Digest, err = revision.anchor(comment.Clause); err != nil {
			return nil, err
		}
		given.Comments = append(given.Comments, comment)
	}
	return s.then([]Event{given}, func(s State) ([]Event, error) { return s.reviewing().afterReview(now) })
}

// turnToReview refuses an agency that is not being asked, and says why. One whose approval was carried over may still
// say something else.
func (s reviewing) turnToReview(agency AgencyID, revision Revision) error {
	c, name := s.Covenant, s.Directory.AgencyName(agency)
	if contains(c.Waiting, agency) {
		return nil
	}
	given, ok := c.Opinion(c.Stage, agency, revision.Number)
	_, carried := c.CarriedTo(c.Stage, agency, revision.Number)
	switch {
	case ok && carried && !c.spoke(c.Stage, agency, revision.Number):
		return nil
	case ok:
		return refuse(CodeConflict, "%[1]s đã cho ý kiến về bản này: %[2]s",
			"%[1]s has already given its opinion on this revision: %[2]s",
			name, words.Each(given.Word))
	case s.settling().conflicted(agency, ""):
		return refuse(CodeForbidden, "%s đã khai có xung đột lợi ích nên không góp ý",
			"%s has declared a conflict of interest and gives no opinion", name)
	case contains(c.Queue, agency):
		return refuse(CodeWrongState, "chưa đến lượt %s góp ý", "it is not yet the turn of %s to review", name)
	}
	return refuse(CodeWrongState, "đã quá hạn: bước này tiếp tục không có ý kiến của %s",
		"the deadline has passed: the stage goes on without %s", name)
}

// spoke reports whether the agency itself gave an opinion on the revision in the stage.
func (c *Covenant) spoke(stage StageID, agency AgencyID, revision int) bool {
	for _, r := range c.Reviews {
		if r.Stage == stage && r.Agency == agency && r.Revision == revision {
			return true
		}
	}
	return false
}

func (cmd GiveReview) check() error {
	switch cmd.Opinion {
	case OpinionApprove:
	case OpinionApproveComments:
		if len(cmd.Comments) == 0 {
			return refuse(CodeInvalid, "nhất trí có ý kiến thêm thì cần nêu ý kiến",
				"approving with comments needs a comment")
		}
	case OpinionReturn, OpinionReject:
		if len(cmd.Comments) == 0 {
			return refuse(CodeInvalid, "khi trả lại hoặc không nhất trí cần nêu lý do",
				"returning or rejecting needs a comment that says why")
		}
	default:
		return refuse(CodeInvalid, "ý kiến %q không có trong quy trình", "opinion %q is unknown", cmd.Opinion)
	}
	for _, comment := range cmd.Comments {
		if err := checkComment(comment.Text); err != nil {
			return err
		}
	}
	return nil
}

// ReviewTally is how a review stands, by weight.
type ReviewTally struct {
	Base, Approved, Need int
	Open                 int // weight of those still to be heard
	Heard, Quorum        int // weight of those who gave an opinion of their own, and how much the process asks for
	Returned, Rejected   []AgencyID
	Others               []AgencyID // heard, without approving, returning or rejecting
}

// ReviewTally counts the opinions of the open review on the newest revision.
func (s State) ReviewTally() ReviewTally {
	c, stage := s.Covenant, s.stage()
	var t ReviewTally
	if stage.Review == nil {
		return t
	}
	revision, _ := c.Revision()
	all := 0
	for _, a := range s.takingPart(stage) {
		w := s.weight(stage.Review.Weights, a)
		all += w
		if _, carried := c.CarriedTo(c.Stage, a, revision.Number); carried || c.spoke(c.Stage, a, revision.Number) {
			t.Heard += w
		}
		if contains(c.Released, a) {
			continue
		}
		t.Base += w
		opinion, given := c.Opinion(c.Stage, a, revision.Number)
		switch {
		case !given:
			t.Open += w
		case opinion.Approves():
			t.Approved += w
		case opinion == OpinionReturn:
			t.Returned = append(t.Returned, a)
		case opinion == OpinionReject:
			t.Rejected = append(t.Rejected, a)
		default:
			t.Others = append(t.Others, a)
		}
	}
	t.Need = stage.Review.Approve.Of(t.Base)
	if !stage.Review.Quorum.IsZero() {
		t.Quorum = stage.Review.Quorum.Of(all)
	}
	return t
}

// afterReview decides what one more opinion changes: once everybody asked has spoken, or as soon as enough approve,
// the stage ends, unless too few have given an opinion of their own; a return sends the draft back when the rule says
// so, by default when the round is complete, so that no opinion is lost.
func (s reviewing) afterReview(now time.Time) ([]Event, error) {
	c, rules, t := s.Covenant, s.stage().Review, s.ReviewTally()
	if len(t.Rejected) > 0 && rules.Reject != ThenCount {
		return s.settling().consequence(rules.Reject, Cause{Agency: t.Rejected[0], Why: CauseRejected}, now)
	}
	heard, quorate := len(c.Waiting)+len(c.Queue) == 0, t.Heard >= t.Quorum || c.QuorumWaived
	switch {
	case len(t.Returned) > 0 && (rules.Return == ReturnAtOnce || rules.Return == ThenReturn && heard):
		return s.settling().sendBack(Cause{Agency: t.Returned[0], Why: CauseReturned}, now)
	case len(t.Returned) > 0 && rules.Return == ThenReturn: // the others are heard first
		return s.askNextReviewer(), nil
	case heard && !quorate:
		return s.settling().consequence(rules.Short,
			Cause{Agency: firstOf(c.Released, []AgencyID{c.For}), Why: CauseQuorum}, now)
	case t.Approved >= t.Need && t.Approved > 0 && quorate:
		if rules.Resolve && len(c.OpenThreads()) > 0 {
			return s.askNextReviewer(), nil
		}
		return s.advance(now)
	case heard || t.Approved+t.Open < t.Need:
		return s.settling().sendBack(Cause{Agency: firstOf(t.Returned, t.Rejected, t.Others, []AgencyID{c.For}),
			Why: CauseReturned}, now)
	}
	return s.askNextReviewer(), nil
}

func firstOf(lists ...[]AgencyID) AgencyID {
	for _, l := range lists {
		if len(l) > 0 {
			return l[0]
		}
	}
	return ""
}

// askNextReviewer gives the turn on in a review that goes one after the other.
func (s reviewing) askNextReviewer() []Event {
	if len(s.Covenant.Waiting) > 0 || len(s.Covenant.Queue) == 0 {
		return nil
	}
	return []Event{ReviewerAsked{Stage: s.Covenant.Stage, Agency: s.Covenant.Queue[0]}}
}

// openReview asks those who take part, all at once or the first of them, except those whose approval carries over.
func (s reviewing) openReview(stage Stage, opened StageOpened) []Event {
	var carried []Event
	var asked []AgencyID
	for _, a := range s.takingPart(stage) {
		if e, ok := s.carry(stage, a); ok {
			carried = append(carried, e)
		} else {
			asked = append(asked, a)
		}
	}
	opened.Who = asked
	if stage.Review.Sequential && len(asked) > 1 {
		opened.Who, opened.Queue = asked[:1], asked[1:]
	}
	return append([]Event{opened}, carried...)
}

// carry finds the approval of an agency that stands for the newest revision too: the agency approved an earlier one,
// only values have changed since, and the rule sees nothing in the changes that concerns it.
func (s reviewing) carry(stage Stage, agency AgencyID) (ApprovalCarried, bool) {
	c := s.Covenant
	now, _ := c.Revision()
	before, ok := c.lastApproved(stage.ID, agency, now.Number)
	if stage.Review.Again == AgainAll || !ok || !onlyValuesChanged(before.Parts, now.Parts) || len(now.Clauses) == 0 {
		return ApprovalCarried{}, false
	}
	e := ApprovalCarried{
		Stage: stage.ID, Agency: agency, FromRevision: before.Number, FromManifest: before.Manifest,
		Revision: now.Number, Manifest: now.Manifest,
	}
	e.Unchanged, e.Changed = compareClauses(before, now)
	if stage.Review.Again == AgainChanged && c.concerns(agency, e.Changed) {
		return ApprovalCarried{}, false
	}
	return e, true
}

// lastApproved is the newest revision before one on which the agency's last word in the stage was an approval.
func (c *Covenant) lastApproved(stage StageID, agency AgencyID, before int) (Revision, bool) {
	for i := len(c.Revisions) - 1; i >= 0; i-- {
		r := c.Revisions[i]
		if r.Number >= before {
			continue
		}
		if opinion, ok := c.Opinion(stage, agency, r.Number); ok {
			return r, opinion.Approves()
		}
	}
	return Revision{}, false
}

// LastApproved is the newest revision that a person approved for any agency, in any stage.
func (c *Covenant) LastApproved(person PersonID) (Revision, bool) {
	last := 0
	for _, r := range c.Reviews {
		if r.Person == person && r.Opinion.Approves() {
			last = max(last, r.Revision)
		}
	}
	if last == 0 {
		return Revision{}, false
	}
	return c.Revisions[last-1], true
}

// onlyValuesChanged reports whether two revisions were made of the same but for the values.
func onlyValuesChanged(before, now []ManifestPart) bool {
	rest := func(parts []ManifestPart) map[string]Digest {
		m := map[string]Digest{}
		for _, p := range parts {
			if len(p.Name) < len(valuesPart) || p.Name[:len(valuesPart)] != valuesPart {
				m[p.Name] = p.Digest
			}
		}
		return m
	}
	a, b := rest(before), rest(now)
	if len(a) != len(b) {
		return false
	}
	for name, digest := range a {
		if b[name] != digest {
			return false
		}
	}
	return true
}

// valuesPart begins the name of the part of a manifest that holds the values.
const valuesPart = "values "

// compareClauses lists the clauses that are the same in both revisions, and those that differ, were added or taken out.
func compareClauses(before, now Revision) (same, changed []string) {
	same = []string{}
	for _, clause := range now.Clauses {
		if old, ok := before.Clause(clause.ID); ok && old.Digest == clause.Digest {
			same = append(same, clause.ID)
		} else {
			changed = append(changed, clause.ID)
		}
	}
	for _, clause := range before.Clauses {
		if _, ok := now.Clause(clause.ID); !ok {
			changed = append(changed, clause.ID)
		}
	}
	return same, changed
}

// concerns reports whether an agency commented on one of the clauses, or on the whole text while anything has changed.
func (c *Covenant) concerns(agency AgencyID, clauses []string) bool {
	for _, t := range c.Threads {
		if t.Agency != agency {
			continue
		}
		for _, clause := range clauses {
			if t.Clause == "" || t.Clause == clause {
				return true
			}
		}
	}
	return false
}

// reviewing is the state as it is looked at where agencies give their opinion on a text.
type reviewing struct{ State }

func (s State) reviewing() reviewing { return reviewing{s} }
