package catalogue

import (
	"reflect"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
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
// [workflow.State.May]. What the engine does by itself, amendments, renewals and evidence, is there where it is open.
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
	return append(out, ofTheEngine(s, by, now)...)
}

// ofTheEngine are the commands that are open but no commands of the rules. A bundle of evidence is made of the
// dossier, for whoever reads that.
func ofTheEngine(s asked, by workflow.Actor, now time.Time) (out []Possible) {
	v, read := s.(*engine.View)
	if !read {
		return nil
	}
	var open []string
	if workflow.MaySucceed(v.State, by, now) == nil {
		if v.MayAmend() == nil {
			open = append(open, "amend")
		}
		if v.MayRenew() == nil {
			open = append(open, "renew")
		}
	}
	if v.Reading.Scope >= workflow.ReadDossier {
		open = append(open, "make-evidence")
	}
	for _, name := range open {
		if c, err := Named(name); err == nil {
			out = append(out, Possible{Command: c, Fields: reflect.Zero(c.Params).Interface()})
		}
	}
	return out
}
