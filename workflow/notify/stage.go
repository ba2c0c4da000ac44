package notify

import "covenant/workflow"

// StageDue reminds an agency of what it has to do in a stage, or tells another one who has not acted.
type StageDue struct {
	To        string // agency addressed
	Covenant  string
	Stage     string // name of the stage, in the letter's language
	Due       Due
	Overdue   bool
	Mine      bool                 // the agency addressed has to act
	Missing   []string             // agencies that have not acted
	Then      workflow.Consequence // what follows when the deadline has passed; none: the letter only reminds
	Remaining string               // of the deadline in words, in the letter's language
	URL       string
}

func (s StageDue) template() string {
	if s.Mine {
		return "stage-remind"
	}
	return "stage-list"
}
