package workflow

import (
	"covenant/internal/words"
	"covenant/workflow/process"
)

// Criteria stand in the process, or in the covenant's own text, where the members agreed on them: then they are read
// from the values of each revision, and those of the revision that was approved are what is scored by. The approval is
// bound to the values' digest.

// checkBasis refuses a revision without the criteria that the process takes from it.
func (s scoring) checkBasis(b *ScoreBasis) error {
	stage, ok := s.Process.OfKind(StageScore)
	if !ok || stage.Score.CriteriaFrom == "" {
		return nil
	}
	if b == nil || len(b.Criteria) == 0 || process.SumOf(b.Criteria) != stage.Score.Total {
		return refuse(CodeInvalid, "giao ước cần có tiêu chí chấm điểm ở “%[1]s”, tổng cộng %[2]s điểm",
			"the covenant needs its criteria at “%[1]s”, %[2]s points in all",
			stage.Score.CriteriaFrom, words.Each(stage.Score.Total.Display))
	}
	return nil
}

// scoredRevision is the revision whose text binds the members: the frozen one, else the newest.
func (c *Covenant) scoredRevision() Revision {
	if c.Frozen != nil && c.Frozen.Revision >= 1 && c.Frozen.Revision <= len(c.Revisions) {
		return c.Revisions[c.Frozen.Revision-1]
	}
	revision, _ := c.Revision()
	return revision
}

// ScoreBasis are the criteria and classes that scores go by: the process's, or the covenant's own where the process
// says so. Source is zero for the process's.
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
