package engine_test

import (
	"fmt"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// enlarge makes the office's block one of n members by adding departments beside those of the case, in the block file
// and in the values of the document alike.
func (o *office) enlarge(n int) {
	o.t.Helper()
	var values map[string]any
	check(o.t, yaml.Unmarshal(o.values, &values))
	units, _ := values["các_đơn_vị"].([]any)
	first, _ := units[0].(map[string]any)
	for i := len(units); i < n; i++ {
		id := fmt.Sprintf("don-vi-%02d", i)
		unit := map[string]any{}
		for k, v := range first {
			unit[k] = v
		}
		unit["mã"], unit["tên"] = id, fmt.Sprintf("Đơn vị số %d", i)
		units = append(units, unit)
		o.block.Agencies = append(o.block.Agencies, workflow.BlockFileAgency{
			ID: workflow.AgencyID(id), Name: fmt.Sprintf("Đơn vị số %d", i), Email: id + "@tangiang.example",
			Role: workflow.RoleMember,
			People: []workflow.BlockFilePerson{
				{ID: workflow.PersonID(id + "-truong"), Name: "Người ký " + id, Title: "Trưởng",
					Duties: []workflow.Duty{workflow.DutySign, workflow.DutyVote}},
				{ID: workflow.PersonID(id + "-vien"), Name: "Chuyên viên " + id, Title: "Chuyên viên",
					Duties: []workflow.Duty{workflow.DutyReview, workflow.DutyReport}},
			},
		})
	}
	values["các_đơn_vị"] = units
	var err error
	o.values, err = yaml.Marshal(values)
	check(o.t, err)
}

// Twenty directors press the button in the same moment at the conference. All are served, and the one document holds
// every signature, none of which the later ones broke.
func TestTwentySignAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("short: makes twenty-two keys")
	}
	o := newOffice(t)
	o.enlarge(22)
	o.upTo(workflow.AwaitingSignatures)
	for o.state().Covenant.Group < 3 { // leader and deputy go first
		o.step(o.state())
	}
	waiting := o.state().Covenant.Waiting
	if len(waiting) != 20 {
		t.Fatalf("%d members wait, want 20", len(waiting))
	}
	// Half of them reach another node, which knows nothing of this one but the database.
	other, err := engine.New(o.Config)
	check(t, err)
	var all sync.WaitGroup
	for i, agency := range waiting {
		node := []*engine.Engine{o.Engine, other}[i%2]
		all.Go(func() {
			if _, err := o.signAt(node, agency, pin); err != nil {
				t.Errorf("%s: %v", agency, err)
			}
		})
	}
	all.Wait()
	for o.state().Covenant.Phase != workflow.AwaitingReports {
		o.step(o.state())
	}
	v, err := o.View(t.Context(), console, "2026/khoi")
	check(t, err)
	people := 0
	for _, r := range v.Verdict.Results {
		if r.Indication != signing.TotalPassed {
			t.Errorf("%s: %s %s", r.Field, r.Indication, r.SubIndication)
		}
		if r.Kind == signing.KindSignature {
			people++
		}
	}
	if people != 24 { // 22 members, the witness, the leader's seal
		t.Errorf("%d signatures, want 24", people)
	}
}
