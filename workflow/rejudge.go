package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// Past is an event as a log tells of it.
type Past struct {
	Version    int64
	At         time.Time
	Actor      string
	OnBehalf   string
	Origin     Origin
	CommandKey string
	Kind       string
	Payload    json.RawMessage
	Event      Event
}

// Rejudged is what came of deciding a log anew.
type Rejudged struct {
	Commands int // that were decided anew, and gave what is recorded
	Told     int // events that another covenant's log entails: its evidence tells
	Problems []Misjudged
}

// Misjudged is a command whose recorded outcome is not the one that the rules give.
type Misjudged struct {
	Version int64 // of its first event
	Kind    string
	Problem string
}

func (m Misjudged) String() string {
	return fmt.Sprintf("event %d (%s): %s", m.Version, m.Kind, m.Problem)
}

// Rejudge decides a covenant's log anew: each command, made of the first event that it recorded, on the state and the
// directory as they were, must cause the very events that are recorded. So votes, quorum, approvals, authority and
// whatever followed from them are those of the rules, not of whoever wrote the log. It ends at the first command whose
// outcome is another one: what comes after stands on nothing.
//
// The events say themselves who acted, when and by which way in: that is believed for what binds the log, and here only
// held against the rights that the directory's events give. What the console may do in others' names is an
// installation's policy, which no log tells; it is taken to be allowed.
func Rejudge(covenant, directory []Past, process *Process, calendar *Calendar) Rejudged {
	j := &judge{directory: directory, known: NewDirectory(), state: State{Covenant: &Covenant{}, Process: process,
		Calendar: calendar}}
	for rest := covenant; len(rest) > 0 && len(j.result.Problems) == 0; {
		n := 1
		for n < len(rest) && rest[n].CommandKey == rest[0].CommandKey && rest[n].At.Equal(rest[0].At) {
			n++
		}
		j.group(rest[:n])
		rest = rest[n:]
	}
	return j.result
}

type judge struct {
	directory []Past // events that come later
	known     *Directory
	state     State
	result    Rejudged
}

// sameMoment is how far the clocks of nodes may be apart: which of two events of different logs came first is not known
// within it, so either order will do.
const sameMoment = 2 * time.Second

// group judges the events of one command, and applies them.
func (j *judge) group(events []Past) {
	first := events[0]
	for len(j.directory) > 0 && first.At.Sub(j.directory[0].At) > sameMoment {
		j.known = j.known.clone()
		j.known.Apply(j.directory[0].Event)
		j.directory = j.directory[1:]
	}
	switch command, problem := commandOf(events, j.state); {
	case j.state.Covenant.Phase == PhaseNew && first.Kind != (Drafted{}).Kind():
		j.misjudged(first, "the log does not begin with a draft")
	case toldKinds[first.Kind]:
		j.result.Told += len(events)
	case problem != "":
		j.misjudged(first, problem)
	default:
		if problem = j.again(events, command); problem != "" {
			j.misjudged(first, problem)
		} else {
			j.result.Commands++
		}
	}
	if len(j.result.Problems) > 0 {
		return
	}
	j.state.Covenant = j.state.Covenant.Clone()
	for _, e := range events {
		j.state.Covenant.Apply(e.Event)
	}
}

func (j *judge) misjudged(p Past, problem string) {
	j.result.Problems = append(j.result.Problems, Misjudged{p.Version, p.Kind, problem})
}

// again decides a command as it was decided at the time; nothing where the outcome is the one recorded. Days off of
// that year or a later one may have been announced since: then it was decided by the computed ones.
func (j *judge) again(events []Past, command Command) (problem string) {
	year := j.state.today(events[0].At).Year
	for i, calendar := range []*Calendar{j.state.Calendar, j.state.Calendar.UnannouncedFrom(year + 1),
		j.state.Calendar.UnannouncedFrom(year)} {
		found := j.by(calendar, events, command)
		if found == "" {
			return ""
		}
		if i == 0 {
			problem = found
		}
	}
	return problem
}

// by decides a command by a calendar, with the directory as it was at the time, in any order that the clocks allow.
func (j *judge) by(calendar *Calendar, events []Past, command Command) (problem string) {
	known, at := j.known, events[0].At
	for i := 0; ; i++ {
		s := j.state
		s.Directory, s.Calendar = known, calendar
		decided, err := Decide(s, events[0].actor(), command, at)
		other := outcome(events, decided, err)
		if other == "" {
			return ""
		}
		if problem == "" || i < len(j.directory) && !j.directory[i].At.After(at) {
			problem = other
		}
		if i == len(j.directory) || j.directory[i].At.Sub(at) > sameMoment {
			return problem
		}
		known = known.clone()
		known.Apply(j.directory[i].Event)
	}
}

// outcome compares what was decided with what is recorded.
func outcome(events []Past, decided []Event, err error) string {
	if err != nil {
		return "the rules refuse it: " + err.Error()
	}
	for i, e := range events {
		if i == len(decided) {
			return fmt.Sprintf("the rules give %d events, event %d (%s) is one too many", len(decided), e.Version,
				e.Kind)
		}
		if decided[i].Kind() != e.Kind {
			return fmt.Sprintf("the rules give %s in the place of event %d (%s)", decided[i].Kind(), e.Version, e.Kind)
		}
		if !sameEvent(decided[i], e) {
			return fmt.Sprintf("the rules give another event %d (%s)", e.Version, e.Kind)
		}
	}
	if len(decided) > len(events) {
		return fmt.Sprintf("the rules also give %s after it", decided[len(events)].Kind())
	}
	return ""
}

// sameEvent compares an event with a recorded one, field by field: moments may be written in other zones, and fields
// that
// the event's type does not know are another event.
func sameEvent(decided Event, recorded Past) bool {
	a, err := json.Marshal(decided)
	if err != nil {
		return false
	}
	x, y := plainJSON(a), plainJSON(recorded.Payload)
	return x != nil && reflect.DeepEqual(x, y)
}

func plainJSON(data []byte) any {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return inUTC(v)
}

func inUTC(v any) any {
	switch v := v.(type) {
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return at.UTC().Format(time.RFC3339Nano)
		}
	case []any:
		for i := range v {
			v[i] = inUTC(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = inUTC(v[k])
		}
	}
	return v
}
