package catalogue

import (
	"reflect"
	"time"

	"covenant/workflow"
)

// Possible is a command of the catalogue as an actor could give it now, with the fields that say what it would be
// about; or with the reason why it is not open.
type Possible struct {
	Command
	Fields any             // of the type Params where the rules' command is that of the catalogue; else the rules' own
	Why    *workflow.Error // nil: it is open
}

// completes are the commands by which the engine completes one of the rules.
var completes = map[reflect.Type][]string{
	reflect.TypeFor[workflow.SubmitRevision]():       {"submit-revision"},
	reflect.TypeFor[workflow.AmendText]():            {"amend-text"},
	reflect.TypeFor[workflow.IssueNumber]():          {"issue-number"},
	reflect.TypeFor[workflow.RecordSignature]():      {"sign", "upload-signed"},
	reflect.TypeFor[workflow.RecordPaperSignature](): {"record-paper-signature"},
	reflect.TypeFor[workflow.RecordSeal]():           {"seal"},
}

// asked is a covenant as it is asked: by the rules, or as far as somebody reads it.
type asked interface {
	May(by workflow.Actor, now time.Time) []workflow.Possible
}

// May answers which commands on a covenant are open to an actor now, and why the others are not; see
// [workflow.State.May].
func May(s asked, by workflow.Actor, now time.Time) []Possible {
	var out []Possible
	for _, p := range s.May(by, now) {
		names := completes[reflect.TypeOf(p.Command)]
		if names == nil {
			names = []string{NameOf(p.Command)}
		}
		for _, name := range names {
			if c, err := Named(name); err == nil {
				out = append(out, Possible{Command: c, Fields: p.Command, Why: p.Why})
			}
		}
	}
	return out
}
