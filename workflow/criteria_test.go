package workflow

import (
	"errors"
	"strings"
	"testing"

	"covenant/internal/words"
	"covenant/workflow/process"
)

const ownCriteria = "  - {id: diem, kind: score, NAME, score: {criteria_from: nhóm_tiêu_chí, classes_from: xếp_loại, " +
	"tie: ['criterion:2-1']}}\n"

const ownValues = `nhóm_tiêu_chí:
- tên: Kết quả
  tiêu_chí:
  - {nội_dung: Nhiệm vụ, điểm: 600}
  - {nội_dung: Nổi bật, điểm: 99.5}
- tên: Phong trào
  tiêu_chí: [{nội_dung: Tổ chức, tối_đa: 300.5}]
xếp_loại:
- {mức: Xuất sắc, từ_điểm: 930}
- {mức: Tốt, từ_điểm: 800, điều_kiện: không chậm báo cáo}
`

// Criteria and classes come from the covenant's own text, by the digest of its values; scores go by those.
func TestOwnCriteria(t *testing.T) {
	w := newFixture(t, 3)
	w.state.Process = stages(t, ownCriteria)
	w.must(t, w.draft())
	w.refused(t, revision(1), CodeInvalid) // without criteria
	basis, err := w.state.Process.Stages[0].Score.ReadBasis([]byte(ownValues))
	if err != nil {
		t.Fatal(err)
	}
	if c := basis.Criteria; len(c) != 3 || c[2].ID != "2-1" || c[2].Max != 300_50 ||
		c[2].Group.In(words.English) != "Phong trào" || len(basis.Classes) != 2 ||
		basis.Source != DigestOf([]byte(ownValues)) {
		t.Errorf("basis %+v", basis)
	}
	submitted := revision(1)
	submitted.Basis = basis
	w.must(t, submitted)
	w.phase(t, AwaitingScores)
	scores := func(last Points) []CriterionScore {
		return []CriterionScore{{Criterion: "1-1", Points: 600_00}, {Criterion: "1-2", Points: 99_50},
			{Criterion: "2-1", Points: last}}
	}
	w.refused(t, as("a1-officer", SubmitScore{Agency: "a1", Scores: scores(300_51)}), CodeInvalid)
	for _, a := range []AgencyID{"a0", "a1", "a2"} {
		w.must(t, as(PersonID(a+"-officer"), SubmitScore{Agency: a, Scores: scores(300_50)}))
		by := PersonID("a0-officer")
		if a == "a0" {
			by = "a1-officer"
		}
		w.must(t, as(by, VerifyScore{Agency: a,
			Scores: scores(Points(200_00 - 100*len(w.state.Covenant.Scoring.Verified))), Note: "x"}))
	}
	w.must(t, as("a0-head", DeclareRanking{Secretary: "a0-officer"}))
	sc := w.state.Covenant.Scoring
	if r := sc.Ranking.Rows[0]; r.Agency != "a0" || r.Class.Vietnamese != "Tốt" || r.Class.In(words.English) != "Tốt" ||
		sc.Self[0].Basis != basis.Source || sc.Verified[0].Basis != basis.Source {
		t.Errorf("ranked %+v by %s", r, sc.Self[0].Basis.Short())
	}
	w.checkReplayNow(t)
}

// What a covenant's criteria lack is told all at once, where it stands.
func TestOwnCriteriaRefused(t *testing.T) {
	rules := stages(t, ownCriteria).Stages[0].Score
	for name, c := range map[string]struct{ from, to, want string }{
		"sum":       {"điểm: 600", "điểm: 500", "2:1: the criteria add up to 900"},
		"no points": {"điểm: 600", "mức: 600", "4:5: “điểm” is missing"},
		"no name":   {"- tên: Phong trào", "- khác: x", "6:3: “tên” is missing"},
		"negative":  {"điểm: 600", "điểm: -1", "“-1”: want points"},
		"rising":    {"từ_điểm: 930", "từ_điểm: 700", "the classes must fall"},
		"missing":   {"nhóm_tiêu_chí:", "nhóm:", "“nhóm_tiêu_chí” is missing"},
		"no list":   {"xếp_loại:\n", "xếp_loại: 5\nx:\n", "must be a list"},
	} {
		_, err := rules.ReadBasis([]byte(strings.Replace(ownValues, c.from, c.to, 1)))
		want := c.want
		if name == "sum" {
			want = "the criteria add up to 900, the process asks for 1000"
		}
		var refusal *Error
		if !errors.As(err, &refusal) || !strings.Contains(refusal.English, want) {
			t.Errorf("%s: %v; want %q", name, err, want)
		}
	}
	if _, err := rules.ReadBasis([]byte("[")); ErrorCode(err) != CodeInvalid {
		t.Errorf("no YAML: %v", err)
	}
	if b, err := (&ScoreRules{}).ReadBasis([]byte("[")); b != nil || err != nil {
		t.Errorf("a process with criteria of its own reads %v, %v", b, err)
	}
}

func FuzzReadBasis(f *testing.F) {
	f.Add(ownValues)
	f.Add("nhóm_tiêu_chí: &a [*a]\nxếp_loại: {}")
	f.Add("nhóm_tiêu_chí: [{tên: x, tiêu_chí: [{nội_dung: y, điểm: 1e9}]}]\nxếp_loại: [{mức: [], từ_điểm: }]")
	f.Add("- 1\n- {")
	rules := stages(f, ownCriteria).Stages[0].Score
	f.Fuzz(func(t *testing.T, source string) {
		b, err := rules.ReadBasis([]byte(source))
		if err != nil && ErrorCode(err) != CodeInvalid || err == nil && process.SumOf(b.Criteria) != rules.Total {
			t.Fatalf("%+v, %v", b, err)
		}
	})
}
