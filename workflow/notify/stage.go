package notify

// Consequence is what follows when the deadline of a stage has passed.
type Consequence string

// The consequences. None: the letter only reminds.
const (
	ConsequenceNone     Consequence = ""
	ConsequenceContinue Consequence = "continue" // the stage goes on without those missing
	ConsequenceReturn   Consequence = "return"   // the draft goes back
	ConsequenceTreatAs  Consequence = "treat_as" // silence counts as the process says
	ConsequenceExtend   Consequence = "extend"   // the deadline moves
	ConsequenceReject   Consequence = "reject"   // the covenant stops until the leader decides
)

// StageDue reminds an agency of what it has to do in a stage, or tells another one who has not acted.
type StageDue struct {
	To        string // agency addressed
	Covenant  string
	Stage     string // name of the stage, in the letter's language
	Due       Due
	Overdue   bool
	Mine      bool     // the agency addressed has to act
	Missing   []string // agencies that have not acted
	Then      Consequence
	Remaining string // of the deadline in words, in the letter's language
	URL       string
}

func (s StageDue) template() string {
	if s.Mine {
		return "stage-remind"
	}
	return "stage-list"
}
