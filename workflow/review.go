package workflow

import "time"

// Opinion is what an agency says of a revision.
type Opinion string

// The opinions.
const (
	OpinionApprove Opinion = "approve"
	OpinionReturn  Opinion = "return" // send back for revision
	OpinionReject  Opinion = "reject"
)

// Word is the opinion in the reader's language.
func (o Opinion) Word(lang string) string {
	return pick(lang, map[Opinion][2]string{
		OpinionApprove: {"Nhất trí", "Approved"},
		OpinionReturn:  {"Trả lại để chỉnh sửa", "Returned for revision"},
		OpinionReject:  {"Không nhất trí", "Rejected"},
	}[o])
}

// Comment is a remark on a clause, or on the whole when Clause is empty.
type Comment struct {
	Clause string `json:"clause,omitempty"`
	Text   string `json:"text"`
}

// GiveReview is one agency's opinion. Manifest must be the digest of the revision that the reviewer read: an
// approval binds to bytes, not to a title.
type GiveReview struct {
	By       PersonID
	Agency   AgencyID
	Revision int
	Manifest Digest
	Opinion  Opinion
	Comments []Comment
}

func (cmd GiveReview) decide(s State, now time.Time) ([]Event, error) {
	c := s.Covenant
	if err := s.expect(AwaitingReviews); err != nil {
		return nil, err
	}
	if !contains(s.agenciesOf(s.stage().Who), cmd.Agency) {
		return nil, refuse(CodeForbidden, "%s không thuộc thành phần góp ý", "%s is not asked for its opinion", s.Directory.AgencyName(cmd.Agency))
	}
	authority, err := s.Directory.Authority(cmd.By, cmd.Agency, DutyReview, s.today(now))
	if err != nil {
		return nil, err
	}
	revision, _ := c.Revision()
	if cmd.Revision != revision.Number || cmd.Manifest != revision.Manifest {
		return nil, refuse(CodeConflict,
			"bản dự thảo đã thay đổi: hiện là lần %d (%s); hãy đọc bản mới rồi cho ý kiến",
			"the draft has changed: it is now revision %d (%s); read the new one, then give the opinion", revision.Number, revision.Manifest.Short())
	}
	if given, ok := c.Review(cmd.Agency, cmd.Revision); ok {
		return nil, refuse(CodeConflict,
			"%[1]s đã cho ý kiến về bản này: %[3]s", "%[2]s has already given its opinion on this revision: %[4]s",
			s.Directory.AgencyName(cmd.Agency), s.Directory.AgencyName(cmd.Agency), given.Opinion.Word("vi"), given.Opinion.Word("en"))
	}
	if err := cmd.check(); err != nil {
		return nil, err
	}
	events := []Event{ReviewGiven{
		Stage: c.Stage, Agency: cmd.Agency, Person: cmd.By, Authority: authority,
		Revision: cmd.Revision, Manifest: cmd.Manifest, Opinion: cmd.Opinion, Comments: cmd.Comments,
	}}
	return s.then(events, func(s State) ([]Event, error) { return s.afterReview(now) })
}

func (cmd GiveReview) check() error {
	switch cmd.Opinion {
	case OpinionApprove:
	case OpinionReturn, OpinionReject:
		if len(cmd.Comments) == 0 {
			return refuse(CodeInvalid, "khi trả lại hoặc không nhất trí cần nêu lý do", "returning or rejecting needs a comment that says why")
		}
	default:
		return refuse(CodeInvalid, "ý kiến %q không có trong quy trình", "opinion %q is unknown", cmd.Opinion)
	}
	for _, comment := range cmd.Comments {
		if comment.Text == "" {
			return refuse(CodeInvalid, "ý kiến góp ý còn trống", "a comment is empty")
		}
	}
	return nil
}

// afterReview decides what one more opinion changes: once everybody asked has spoken, or as soon as enough approve,
// the stage ends; a return sends the draft back when the round is complete, so that no opinion is lost.
func (s State) afterReview(now time.Time) ([]Event, error) {
	c := s.Covenant
	if c.Phase == PhaseRejected {
		return nil, nil
	}
	revision, _ := c.Revision()
	asked := s.agenciesOf(s.stage().Who)
	approved, returned := 0, AgencyID("")
	for _, a := range asked {
		switch r, ok := c.Review(a, revision.Number); {
		case ok && r.Opinion == OpinionApprove:
			approved++
		case ok && r.Opinion == OpinionReturn && returned == "":
			returned = a
		}
	}
	if returned != "" {
		if len(c.Waiting) > 0 {
			return nil, nil
		}
		return []Event{RevisionReturned{Stage: c.Stage, Revision: revision.Number, By: returned}}, nil
	}
	if approved >= s.stage().Review.Approve.Of(len(asked)) {
		return s.advance(now)
	}
	return nil, nil
}
