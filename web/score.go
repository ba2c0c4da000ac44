package web

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"time"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
)

// scorePage is the members' scores: the ranking, the polls, and every agency's sheet.
type scorePage struct {
	basePage
	cover
	progress
	Rows                 []scoreRow
	Ranked               bool
	Ballots              string // what the ballots of the ranking are, in the table's head
	NewLeader, NewDeputy string
	Minutes              string // address
	Basis                string // where the criteria come from
	Polls                []pollRow
	Sheets               []scoreSheet
}

// scoreRow is an agency's scores and place.
type scoreRow struct {
	ID             string // of its sheet on the page
	Rank           string
	Agency         string
	Self, Verified string // totals; Verified is what counts
	Ballots        string
	Class          string
	Tone, State    string
	Flag           bool
}

// scoreSheet is what an agency was given for each criterion.
type scoreSheet struct {
	scoreRow
	Appealed     bool // there is a column for what was decided
	Groups       []scoreGroup
	Max, Final   string
	Remarks      []scoreRemark
	PDF          string // address
	Open         bool
	VerifiedOnly string // the verifier's total, where an appeal changed it
}

type scoreGroup struct {
	Name string
	Rows []criterionRow
}

type criterionRow struct {
	Text, Max, Self, Verified, Final string
	Contested                        bool // the appeal is about it
}

// scoreRemark is what somebody said about the scores.
type scoreRemark struct{ Label, Who, Text string }

// pollRow is a poll with its result.
type pollRow struct {
	Text, State, Tone, Rules string
	Missing                  string
	Rows                     []pollResult
	None                     string // whom no ballot names
	Elected                  string
	Order                    bool // ballots put agencies in order: rows have points
}

type pollResult struct {
	Agency        string
	Votes, Points int
	Width         int // of the bar, in thousandths
}

// scores answers [address.Scores].
func (s *server) scores(_ http.ResponseWriter, r *request) (*answer, error) {
	v, err := s.view(r, address.Slug(r.Request))
	if err != nil {
		return nil, fmt.Errorf("scores: %w", err)
	}
	if v.Covenant.Scoring == nil {
		return nil, errNotFound
	}
	t, c := s.presenter(r, v), v.Covenant
	p := &scorePage{
		basePage: s.base(r, "covenants"), cover: t.cover(), progress: t.progress(),
		Rows: t.scores(), Polls: t.polls(), Basis: t.scoreBasis(),
	}
	for _, row := range p.Rows {
		p.Sheets = append(p.Sheets, t.scoreSheet(row))
	}
	if ranking := c.Scoring.Ranking; ranking != nil {
		p.Ranked, p.Ballots = true, t.ballotsHead(ranking)
		if ranking.NewLeader != "" {
			p.NewLeader = t.agency(ranking.NewLeader)
		}
		if ranking.NewDeputy != "" {
			p.NewDeputy = t.agency(ranking.NewDeputy)
		}
	}
	if c.Scoring.Minutes != nil {
		p.Minutes = address.Minutes.For(c.Slug, rankingMinutes)
	}
	p.Title = r.text(words.Of("Chấm điểm, xếp hạng", "Scores and ranking")) + " – " + c.Title
	return &answer{page: "scores", data: p}, nil
}

// scoreFile answers [address.ScoreSheet].
func (s *server) scoreFile(w http.ResponseWriter, r *request) (*answer, error) {
	agency := r.PathValue("agency")
	file, err := s.sheet(r, address.Slug(r.Request), workflow.AgencyID(agency))
	if err != nil {
		return nil, err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", documentPolicy)
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", fmt.Sprintf("inline; filename=%q", "bang-cham-diem-"+identifier(agency)+".pdf"))
	h.Set("Cache-Control", "no-cache")
	http.ServeContent(w, r.Request, "", time.Time{}, bytes.NewReader(file))
	return nil, nil
}

// scores are the members' scores: by rank once the ranking is declared, before that in the order of the parties.
func (t presenter) scores() []scoreRow {
	sc := t.v.Covenant.Scoring
	if sc == nil {
		return nil
	}
	var rows []scoreRow
	if sc.Ranking != nil {
		for _, r := range sc.Ranking.Rows {
			row := t.scoreRow(r.Agency)
			row.Rank, row.Class, row.Flag = itoa(r.Rank), r.Class.In(t.lang), r.Flag
			if sc.Ranking.Issued > 0 {
				row.Ballots = itoa(max(r.Points, r.Votes))
			}
			rows = append(rows, row)
		}
		return rows
	}
	for _, a := range t.v.Covenant.Members() {
		rows = append(rows, t.scoreRow(a))
	}
	return rows
}

func (t presenter) scoreRow(a workflow.AgencyID) scoreRow {
	sc := t.v.Covenant.Scoring
	row := scoreRow{ID: string(a), Agency: t.agency(a), Tone: "waiting", State: t.text(words.Of("Chờ tự chấm điểm",
		"Awaiting its own score"))}
	if self, ok := sc.SelfScore(a); ok {
		row.Self, row.State = self.Total.Display(t.lang), t.text(words.Of("Chờ thẩm định", "Awaiting verification"))
	}
	if _, total, ok := sc.FinalScore(a); ok {
		row.Verified, row.Tone, row.State = total.Display(t.lang), "done", t.text(words.Of("Đã thẩm định", "Verified"))
	}
	if appeal, ok := sc.Appeal(a); ok {
		row.Tone, row.State = "waiting", t.text(words.Of("Đang khiếu nại", "Appealed"))
		if appeal.Decided != nil {
			row.Tone, row.State = "done", t.text(words.Of("Đã giải quyết khiếu nại", "Appeal decided"))
		}
	}
	return row
}

func (t presenter) ballotsHead(r *workflow.Ranked) string {
	switch {
	case r.Issued == 0:
		return ""
	case slices.ContainsFunc(r.Rows, func(row workflow.RankRow) bool { return row.Points > 0 }):
		return t.text(words.Of("Điểm phiếu", "Points by ballot"))
	}
	return t.text(words.Of("Số phiếu", "Ballots"))
}

// scoreBasis says where the criteria come from.
func (t presenter) scoreBasis() string {
	if source := t.v.ScoreBasis().Source; !source.IsZero() {
		return t.text(words.F("Tiêu chí theo nội dung giao ước đã thống nhất, mã tóm lược dữ liệu %s.",
			"Criteria as the covenant's own text has them; digest of its values %s.", source.Short()))
	}
	return t.text(words.Of("Tiêu chí theo quy trình của giao ước.", "Criteria as the covenant's process has them."))
}

func (t presenter) scoreSheet(row scoreRow) scoreSheet {
	sc, agency := t.v.Covenant.Scoring, workflow.AgencyID(row.ID)
	sheet := scoreSheet{scoreRow: row}
	self, _ := sc.SelfScore(agency)
	verified, checked := sc.VerifiedScore(agency)
	final, total, _ := sc.FinalScore(agency)
	appeal, appealed := sc.Appeal(agency)
	sheet.Appealed = appealed && appeal.Decided != nil
	if checked {
		sheet.VerifiedOnly = verified.Total.Display(t.lang)
		sheet.Final = total.Display(t.lang)
	}
	most := workflow.Points(0)
	for _, c := range t.v.ScoreBasis().Criteria {
		most += c.Max
		line := criterionRow{
			Text: c.In(t.lang), Max: c.Max.Display(t.lang), Self: t.points(self.Scores, c.ID),
			Verified:  t.points(verified.Scores, c.ID),
			Contested: appealed && (len(appeal.Criteria) == 0 || slices.Contains(appeal.Criteria, c.ID)),
		}
		if sheet.Appealed {
			line.Final = t.points(final, c.ID)
		}
		name := c.Group.In(t.lang)
		if n := len(sheet.Groups); n == 0 || sheet.Groups[n-1].Name != name {
			sheet.Groups = append(sheet.Groups, scoreGroup{Name: name})
		}
		last := &sheet.Groups[len(sheet.Groups)-1]
		last.Rows = append(last.Rows, line)
	}
	sheet.Max = most.Display(t.lang)
	sheet.Remarks = t.scoreRemarks(agency)
	sheet.PDF = address.ScoreSheet.For(t.v.Covenant.Slug, row.ID)
	sheet.Open = appealed && appeal.Decided == nil
	return sheet
}

func (t presenter) points(scores []workflow.CriterionScore, id workflow.CriterionID) string {
	for _, s := range scores {
		if s.Criterion == id {
			return s.Points.Display(t.lang)
		}
	}
	return "–"
}

// scoreRemarks are what agency, verifier and council said, in this order.
func (t presenter) scoreRemarks(a workflow.AgencyID) []scoreRemark {
	sc := t.v.Covenant.Scoring
	var out []scoreRemark
	add := func(
		label words.Text, agency workflow.AgencyID, person workflow.PersonID, by workflow.Authority, text string,
	) {
		out = append(out, scoreRemark{t.text(label), t.agency(agency) + ", " + t.acting(person, by), text})
	}
	if e, ok := sc.SelfScore(a); ok {
		add(words.Of("Tự chấm", "Own score by"), a, e.Person, e.Authority, e.Note)
	}
	if e, ok := sc.VerifiedScore(a); ok {
		add(words.Of("Thẩm định", "Verified by"), e.Verifier, e.Person, e.Authority, e.Note)
		if !e.AppealUntil.Date.IsZero() && len(out) > 0 {
			out = append(out, scoreRemark{Label: t.text(words.Of("Khiếu nại đến hết ngày",
				"Appeals until")), Who: e.AppealUntil.LastDay().Display()})
		}
	}
	for _, e := range sc.Accepted {
		if e.Agency == a {
			add(words.Of("Chấp nhận", "Accepted by"), a, e.Person, e.Authority, "")
		}
	}
	if e, ok := sc.Appeal(a); ok {
		add(words.Of("Khiếu nại", "Appealed by"), a, e.Person, e.Authority, e.Reason)
		if d := e.Decided; d != nil {
			add(words.Of("Giải quyết khiếu nại", "Appeal decided by"), d.Council, d.Person, d.Authority, d.Reason)
		}
	}
	return out
}

// polls are the polls of the process, with what became of them.
func (t presenter) polls() []pollRow {
	stage, ok := t.v.Process.OfKind(workflow.StageScore)
	if !ok || t.v.Covenant.Scoring == nil {
		return nil
	}
	var rows []pollRow
	for _, rule := range stage.Score.Polls {
		row := pollRow{Text: rule.In(t.lang), State: t.text(words.Of("Chưa mở",
			"Not opened yet")), Tone: "next", Order: rule.Marks == workflow.MarksOrder}
		if poll, ok := t.v.Covenant.Scoring.Poll(rule.ID); ok {
			t.pollState(&row, poll)
		}
		rows = append(rows, row)
	}
	return rows
}

func (t presenter) pollState(row *pollRow, poll workflow.Poll) {
	if poll.Result == nil {
		missing := poll.Missing()
		row.Tone, row.State = "waiting", t.text(words.F("Đang bỏ phiếu: %d/%d đơn vị đã bỏ phiếu",
			"Open: %d of %d agencies have voted", len(poll.Who)-len(missing), len(poll.Who)))
		row.Missing = t.agencies(missing)
		return
	}
	r := poll.Result
	row.Tone, row.State = "done", t.text(words.Of("Đã kiểm phiếu", "Counted"))
	if r.Lapsed {
		row.Tone, row.State = "stopped", t.text(words.Of("không đủ số người tham gia", "no quorum"))
	}
	row.Rules = t.text(words.F("Hình thức: %s; %d/%d phiếu, tối thiểu %d; phiếu trắng %d",
		"Method: %s; %d of %d ballots, at least %d; blank %d",
		r.Method.Word(t.lang), r.Cast, r.Entitled, r.Quorum, r.Blank))
	switch {
	case r.Elected != "":
		row.Elected = t.text(words.F("Trúng cử: %s", "Elected: %s", t.agency(r.Elected)))
	case len(r.Tied) > 0:
		row.Elected = t.text(words.F("Phiếu ngang nhau: %s", "Tied: %s", t.agencies(r.Tied)))
	case r.Need > 0:
		row.Elected = t.text(words.F("Chưa đơn vị nào đủ %d phiếu", "Nobody has the %d votes needed", r.Need))
	}
	most := 1
	var none []workflow.AgencyID
	for _, one := range r.Rows {
		if one.Votes == 0 {
			none = append(none, one.Agency)
			continue
		}
		most = max(most, one.Votes, one.Points)
		row.Rows = append(row.Rows, pollResult{Agency: t.agency(one.Agency), Votes: one.Votes, Points: one.Points})
	}
	row.None = t.agencies(none)
	slices.SortStableFunc(row.Rows, func(a, b pollResult) int {
		if a.Points != b.Points {
			return b.Points - a.Points
		}
		return b.Votes - a.Votes
	})
	for i := range row.Rows {
		row.Rows[i].Width = max(row.Rows[i].Points, row.Rows[i].Votes) * 1000 / most
	}
}
