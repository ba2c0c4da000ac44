package workflow

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Criteria stand in the process, or in the covenant's own text, where the members agreed on them: then they are read from the values
// of each revision, and those of the revision that was approved are what is scored by. The approval is bound to the values' digest.

// ScoreBasis is what a covenant's own text says of scores.
type ScoreBasis struct {
	Criteria []CriterionRule `json:"criteria"`
	Classes  []ClassRule     `json:"classes,omitempty"`
	// Source is the digest of the values that they were read from.
	Source Digest `json:"source"`
}

// ReadBasis reads the criteria and classes that a process takes from the values of a covenant; nil where it takes none. The variable
// holds groups, each with its name (tên) and its criteria (tiêu_chí: nội_dung and điểm or tối_đa); classes are levels (mức) with the
// total from which each is reached (từ_điểm). A criterion's id is its place: "2-1" is the first one of the second group. All problems
// come back at once, each as line:column.
func (r *ScoreRules) ReadBasis(values []byte) (*ScoreBasis, error) {
	if r == nil || r.CriteriaFrom == "" && r.ClassesFrom == "" {
		return nil, nil
	}
	read := &basisReader{processReader: &processReader{name: "values"}}
	var root yaml.Node
	if err := yaml.Unmarshal(values, &root); err != nil {
		read.syntax(err)
		return nil, read.basisErr()
	}
	if root.Kind != yaml.DocumentNode || root.Content[0].Kind != yaml.MappingNode {
		return nil, refuse(CodeInvalid, "dữ liệu của giao ước không có biến nào", "the covenant's values hold no variables")
	}
	b := &ScoreBasis{Source: DigestOf(values)}
	if r.CriteriaFrom != "" {
		b.Criteria = read.groups(root.Content[0], r.CriteriaFrom)
		if sum := sumOf(b.Criteria); sum != r.Total && len(read.problems) == 0 {
			read.bad(read.variable(root.Content[0], r.CriteriaFrom), "tổng điểm tối đa của các tiêu chí là %s, quy trình yêu cầu %s",
				"the criteria add up to %s, the process asks for %s", sum, r.Total)
		}
	}
	if r.ClassesFrom != "" {
		b.Classes = read.classes(root.Content[0], r.ClassesFrom)
	}
	return b, read.basisErr()
}

func sumOf(criteria []CriterionRule) Points {
	sum := Points(0)
	for _, c := range criteria {
		sum += c.Max
	}
	return sum
}

// basisReader reads a few variables of a values file; what else they hold is the template's.
type basisReader struct{ *processReader }

func (r *basisReader) basisErr() error {
	err := r.err()
	if e, ok := err.(*Error); ok { //nolint:errorlint // the reader's own error, never wrapped
		e.Vietnamese = strings.Replace(e.Vietnamese, "quy trình có", "tiêu chí chấm điểm trong giao ước có", 1)
		e.English = strings.Replace(e.English, "the process definition has", "the covenant's own criteria have", 1)
	}
	return err
}

// variable is the node of a key, nil where there is none.
func (r *basisReader) variable(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return r.real(n.Content[i+1])
		}
	}
	return nil
}

func (r *basisReader) list(top *yaml.Node, key string) []*yaml.Node {
	n := r.variable(top, key)
	switch {
	case n == nil:
		r.bad(top, "thiếu “%s”", "“%s” is missing", key)
		return nil
	case n.Kind != yaml.SequenceNode || len(n.Content) == 0:
		r.bad(n, "“%s” cần là một danh sách có ít nhất một dòng", "“%s” must be a list with at least one entry", key)
		return nil
	}
	var out []*yaml.Node
	for _, entry := range n.Content {
		out = append(out, r.real(entry))
	}
	return out
}

func (r *basisReader) said(n *yaml.Node, key string) string {
	v := r.variable(n, key)
	if v == nil || v.Kind != yaml.ScalarNode || strings.TrimSpace(v.Value) == "" {
		r.bad(n, "thiếu “%s”", "“%s” is missing", key)
		return ""
	}
	return strings.TrimSpace(v.Value)
}

func (r *basisReader) pointsOf(n *yaml.Node, keys ...string) (p Points) {
	for _, key := range keys {
		if v := r.variable(n, key); v != nil {
			r.points(&p)(v)
			return p
		}
	}
	r.bad(n, "thiếu “%s”", "“%s” is missing", keys[0])
	return p
}

func (r *basisReader) groups(top *yaml.Node, key string) []CriterionRule {
	var out []CriterionRule
	for i, group := range r.list(top, key) {
		name := r.said(group, "tên")
		for j, entry := range r.list(group, "tiêu_chí") {
			out = append(out, CriterionRule{
				ID: CriterionID(fmt.Sprintf("%d-%d", i+1, j+1)), Names: Names{Vietnamese: r.said(entry, "nội_dung")},
				Group: Names{Vietnamese: name}, Max: r.pointsOf(entry, "điểm", "tối_đa"),
			})
		}
	}
	return out
}

func (r *basisReader) classes(top *yaml.Node, key string) []ClassRule {
	var out []ClassRule
	for _, entry := range r.list(top, key) {
		class := ClassRule{Names: Names{Vietnamese: r.said(entry, "mức")}, From: r.pointsOf(entry, "từ_điểm")}
		if k := len(out); k > 0 && class.From >= out[k-1].From {
			r.bad(entry, "các mức xếp loại phải giảm dần", "the classes must fall")
		}
		out = append(out, class)
	}
	return out
}

// checkBasis refuses a revision without the criteria that the process takes from it.
func (s State) checkBasis(b *ScoreBasis) error {
	stage, ok := s.Process.OfKind(StageScore)
	if !ok || stage.Score.CriteriaFrom == "" {
		return nil
	}
	if b == nil || len(b.Criteria) == 0 || sumOf(b.Criteria) != stage.Score.Total {
		return refuse(CodeInvalid, "giao ước cần có tiêu chí chấm điểm ở “%[1]s”, tổng cộng %[2]s điểm",
			"the covenant needs its criteria at “%[1]s”, %[2]s points in all", stage.Score.CriteriaFrom, stage.Score.Total)
	}
	return nil
}

// scoredRevision is the revision whose text binds the members: the frozen one, else the newest.
func (c *Covenant) scoredRevision() Revision {
	if c.Frozen != nil && c.Frozen.Revision <= len(c.Revisions) {
		return c.Revisions[c.Frozen.Revision-1]
	}
	revision, _ := c.Revision()
	return revision
}

// ScoreBasis are the criteria and classes that scores go by: the process's, or the covenant's own where the process says so. Source is
// zero for the process's.
func (s State) ScoreBasis() ScoreBasis {
	stage, _ := s.Process.OfKind(StageScore)
	if stage.Score == nil {
		return ScoreBasis{}
	}
	out := ScoreBasis{Criteria: stage.Score.Criteria, Classes: stage.Score.Classes}
	if own := s.Covenant.scoredRevision().Basis; own != nil {
		out.Source = own.Source
		if stage.Score.CriteriaFrom != "" {
			out.Criteria = own.Criteria
		}
		if stage.Score.ClassesFrom != "" {
			out.Classes = own.Classes
		}
	}
	return out
}

// Criterion finds a criterion.
func (b ScoreBasis) Criterion(id CriterionID) (CriterionRule, bool) {
	i := slices.IndexFunc(b.Criteria, func(c CriterionRule) bool { return c.ID == id })
	if i < 0 {
		return CriterionRule{}, false
	}
	return b.Criteria[i], true
}

// check: every criterion once, within its maximum. It gives the total.
func (b ScoreBasis) check(scores []CriterionScore) (Points, error) {
	total, seen := Points(0), map[CriterionID]bool{}
	for _, sc := range scores {
		rule, ok := b.Criterion(sc.Criterion)
		switch {
		case !ok || seen[sc.Criterion]:
			return 0, refuse(CodeInvalid, "tiêu chí %q không có hoặc được chấm hai lần", "the criterion %q does not exist or is scored twice", sc.Criterion)
		case sc.Points < 0 || sc.Points > rule.Max:
			return 0, refuse(CodeInvalid, "“%[1]s”: %[3]s điểm, tối đa là %[4]s", "“%[2]s”: %[3]s points, at most %[4]s are possible",
				rule.Label("vi"), rule.Label("en"), sc.Points, rule.Max)
		}
		seen[sc.Criterion] = true
		total += sc.Points
	}
	if len(scores) != len(b.Criteria) {
		return 0, refuse(CodeInvalid, "cần chấm đủ %d tiêu chí, mới có %d", "all %d criteria must be scored, these are %d", len(b.Criteria), len(scores))
	}
	return total, nil
}
