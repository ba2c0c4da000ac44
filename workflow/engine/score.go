package engine

import (
	"context"
	"fmt"

	"go.yaml.in/yaml/v3"

	"covenant/workflow"
)

// number prints points as a number of YAML, not as text.
type number workflow.Points

// MarshalYAML gives the plain decimal.
func (n number) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: workflow.Points(n).String()}, nil
}

// rankingMinutesValues are the values of the template bien-ban-xep-hang.
type rankingMinutesValues struct {
	Place     string      `yaml:"địa_danh"`
	Block     string      `yaml:"tên_khối"`
	Symbol    string      `yaml:"ký_hiệu"`
	Year      int         `yaml:"năm"`
	Day       string      `yaml:"ngày_họp"`
	Method    string      `yaml:"hình_thức,omitempty"`
	Issued    int         `yaml:"phiếu_phát"`
	Collected int         `yaml:"phiếu_thu"`
	Valid     int         `yaml:"phiếu_hợp_lệ"`
	Count     string      `yaml:"cách_tính,omitempty"`
	Ranking   []rankedRow `yaml:"xếp_hạng"`
	Flags     int         `yaml:"số_cờ"`
	Elections []string    `yaml:"kết_quả_bầu,omitempty"`
	Leader    string      `yaml:"khối_trưởng_mới,omitempty"`
	Deputy    string      `yaml:"khối_phó_mới,omitempty"`
	Tellers   post        `yaml:"tổ_kiểm_phiếu"`
	Chair     post        `yaml:"chủ_trì"`
}

type rankedRow struct {
	Rank   int    `yaml:"hạng"`
	Agency string `yaml:"đơn_vị"`
	Points number `yaml:"điểm"`
	Votes  int    `yaml:"số_phiếu"`
	Class  string `yaml:"xếp_loại"`
}

func (e papers) rankingValues(ctx context.Context, s workflow.State) (*rankingMinutesValues, error) {
	c, r := s.Covenant, s.Covenant.Scoring.Ranking
	stage, _ := s.Process.OfKind(workflow.StageScore)
	v := &rankingMinutesValues{
		Block: s.Directory.Blocks[c.Block].Name, Symbol: stage.Score.Symbol, Year: c.Year,
		Day: r.Date.String(), Issued: r.Issued,
		Collected: r.Collected, Valid: r.Valid, Leader: elected(s, r.NewLeader), Deputy: elected(s, r.NewDeputy),
		Tellers: post{"Tổ trưởng Tổ kiểm phiếu", agencyOf(s, r.Secretary)},
		Chair:   post{"Chủ trì", s.Directory.AgencyName(chairOf(c, r.Chairing))},
	}
	v.minutePolls(s, stage.Score)
	if r.Method == workflow.MethodElectronic {
		v.Method = "phiếu công khai"
	}
	if r.Issued == 0 {
		v.Tellers.Title = "Thư ký"
	}
	for _, row := range r.Rows {
		class := row.Class.Vietnamese
		if class == "" {
			class = "Chưa xếp loại"
		}
		votes := row.Votes
		if v.Count != "" {
			votes = row.Points
		}
		v.Ranking = append(v.Ranking, rankedRow{row.Rank, s.Directory.AgencyName(row.Agency), number(row.Total), votes,
			class})
		if row.Flag {
			v.Flags++
		}
	}
	var err error
	v.Place, err = e.placeOf(ctx, s)
	return v, err
}

// minutePolls tells how the ballots on the ranking count where they put the agencies in order, and how the
// elections went.
func (v *rankingMinutesValues) minutePolls(s workflow.State, rules *workflow.ScoreRules) {
	for _, poll := range s.Covenant.Scoring.Polls {
		rule, _ := rules.PollRule(poll.Poll)
		if poll.Result == nil || poll.Result.Lapsed {
			continue
		}
		if rule.Decides == workflow.DecidesRanking {
			if most := rule.Most(len(poll.Candidates)); rule.Marks == workflow.MarksOrder {
				v.Count = fmt.Sprintf("Mỗi phiếu xếp các đơn vị theo thứ tự, đơn vị xếp thứ nhất được %d điểm, mỗi "+
					"thứ tự sau ít hơn một điểm; "+
					"số phiếu của đơn vị trong bảng dưới đây là tổng số điểm đó.", most)
			}
			continue
		}
		office := map[workflow.Decides]string{workflow.DecidesLeader: "Khối trưởng",
			workflow.DecidesDeputy: "Khối phó"}[rule.Decides]
		for _, row := range poll.Result.Rows {
			if row.Votes > 0 {
				v.Elections = append(v.Elections, fmt.Sprintf("%s: %s được %d/%d phiếu hợp lệ (%s)", office,
					s.Directory.AgencyName(row.Agency), row.Votes,
					poll.Result.Cast-poll.Result.Blank, poll.Result.Method.Word("vi")))
			}
		}
	}
}

func elected(s workflow.State, a workflow.AgencyID) string {
	if a == "" {
		return ""
	}
	return s.Directory.AgencyName(a)
}

// scoreSheetValues are the values of the template bang-cham-diem.
type scoreSheetValues struct {
	Place    string           `yaml:"địa_danh"`
	Agency   scoredAgency     `yaml:"đơn_vị"`
	Block    string           `yaml:"tên_khối"`
	Year     int              `yaml:"năm"`
	Groups   []criterionGroup `yaml:"nhóm"`
	Verifier post             `yaml:"thẩm_định_viên"`
}

type scoredAgency struct {
	ID    string `yaml:"mã"`
	Name  string `yaml:"tên"`
	Title string `yaml:"chức_vụ"`
}

type criterionGroup struct {
	Name     string         `yaml:"tên"`
	Criteria []criterionRow `yaml:"tiêu_chí"`
}

type criterionRow struct {
	Text     string `yaml:"nội_dung"`
	Max      number `yaml:"tối_đa"`
	Self     number `yaml:"tự_chấm"`
	Verified number `yaml:"thẩm_định"`
}

// ScoreSheet renders the score sheet of an agency as it stands: what it gave itself, and what the verifier gave. It
// belongs to the dossier.
func (e papers) ScoreSheet(
	ctx context.Context, by workflow.Actor, slug string, agency workflow.AgencyID,
) ([]byte, error) {
	s, err := e.readAt(ctx, by, slug, workflow.ReadDossier)
	if err != nil {
		return nil, err
	}
	party, ok := s.Covenant.Party(agency)
	if _, scored := s.Process.OfKind(workflow.StageScore); !ok || !scored || s.Covenant.Scoring == nil {
		return nil, workflow.Refusal(workflow.CodeNotFound,
			"không có bảng chấm điểm của “%s”",
			"there is no score sheet of %q", agency)
	}
	self, _ := s.Covenant.Scoring.SelfScore(agency)
	verified, done := s.Covenant.Scoring.VerifiedScore(agency)
	final, _, _ := s.Covenant.Scoring.FinalScore(agency)
	v := &scoreSheetValues{
		Agency: scoredAgency{string(agency), s.Directory.AgencyName(agency), party.Title},
		Block:  s.Directory.Blocks[s.Covenant.Block].Name,
		Year:   s.Covenant.Year, Verifier: post{"Người thẩm định", s.Directory.Blocks[s.Covenant.Block].Name},
	}
	if v.Agency.Title == "" {
		v.Agency.Title = "Thủ trưởng"
	}
	if done {
		v.Verifier = post{verified.Authority.Title, s.Directory.AgencyName(verified.Verifier)}
	}
	if appeal, ok := s.Covenant.Scoring.Appeal(agency); ok && appeal.Decided != nil {
		v.Verifier = post{appeal.Decided.Authority.Title, s.Directory.AgencyName(appeal.Decided.Council)}
	}
	for _, c := range s.ScoreBasis().Criteria {
		v.add(c, pointsFor(self.Scores, c.ID), pointsFor(final, c.ID))
	}
	if v.Place, err = e.placeOf(ctx, s); err != nil {
		return nil, err
	}
	_, file, err := e.renderMinutes("bang-cham-diem", v, e.Calendar.Today(e.Now()))
	return file, err
}

// add puts a criterion under its heading; one without a heading stands under the sheet's.
func (v *scoreSheetValues) add(c workflow.CriterionRule, self, verified workflow.Points) {
	name := c.Group.Vietnamese
	if name == "" {
		name = "Tiêu chí"
	}
	if n := len(v.Groups); n == 0 || v.Groups[n-1].Name != name {
		v.Groups = append(v.Groups, criterionGroup{Name: name})
	}
	g := &v.Groups[len(v.Groups)-1]
	g.Criteria = append(g.Criteria, criterionRow{c.Vietnamese, number(c.Max), number(self), number(verified)})
}

func pointsFor(scores []workflow.CriterionScore, id workflow.CriterionID) workflow.Points {
	for _, sc := range scores {
		if sc.Criterion == id {
			return sc.Points
		}
	}
	return 0
}
