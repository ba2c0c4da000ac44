package workflow

// wordsOf are the words that a field of a type may hold.
var wordsOf = map[string][]string{
	"Opinion": {string(OpinionApprove), string(OpinionApproveComments), string(OpinionReturn),
		string(OpinionReject), string(OpinionAbstain)},
	"Choice":      {string(ChoiceFor), string(ChoiceAgainst), string(ChoiceAbstain)},
	"Presence":    {string(Present), string(Absent)},
	"Consequence": {string(ThenReturn), string(ThenContinue), string(ThenCancel)},
}

// CommandWords are the words that a command's field of the named type of this package may hold; nothing where any text
// may stand.
func CommandWords(typeName string) []string { return wordsOf[typeName] }

// Log is where the events of a command stand: what it is about.
type Log int

// The logs.
const (
	OfCovenant Log = iota
	OfDirectory
	OfRegister
)

// LogOf is the log of a command.
func LogOf(c Command) Log {
	switch c.(type) {
	case ApplyBlock, AssignPosition, EndPosition, GrantDelegation, RevokeDelegation, GrantRight,
		RevokeRight, BindCertificate,
		ConfirmCertificate, UnbindCertificate, ReplaceCertificate, SetBindingRule, EndBindingRule, BindByRule:
		return OfDirectory
	case ReserveNumber, EnterNumber, ExplainNumber:
		return OfRegister
	}
	return OfCovenant
}
