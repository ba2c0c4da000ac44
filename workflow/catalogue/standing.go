package catalogue

import (
	"time"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// Standing is where a covenant stands, with what the next commands have to name: digests, motions, cells, periods.
type Standing struct {
	Covenant  workflow.CovenantID `json:"covenant"`
	Slug      string              `json:"slug"`
	Title     string              `json:"title"`
	Phase     workflow.Phase      `json:"phase"`
	Ended     bool                `json:"ended"`
	Status    string              `json:"status"` // in the asker's language
	Turns     []Turn              `json:"turns,omitempty"`
	Waiting   []workflow.AgencyID `json:"waiting,omitempty"` // those whom the open stage asks
	Members   []workflow.AgencyID `json:"members,omitempty"`
	Revision  *StandingRevision   `json:"revision,omitempty"` // the newest
	Comments  []StandingComment   `json:"comments,omitempty"` // not settled
	Motions   []StandingMotion    `json:"motions,omitempty"`
	Number    string              `json:"number,omitempty"` // as printed
	Frozen    workflow.Digest     `json:"frozen,omitzero"`  // what signatories consent to
	Head      workflow.Digest     `json:"head,omitzero"`    // the newest version of the document
	Cells     []Cell              `json:"cells,omitempty"`
	Reminders []StandingReminder  `json:"reminders,omitempty"`
	Criteria  []StandingCriterion `json:"criteria,omitempty"` // while members are scored
	Polls     []StandingPoll      `json:"polls,omitempty"`
	// Obstacles are what stands between the covenant and its end, Troubles what the program
	// does not get done by itself.
	Obstacles []StandingObstacle `json:"obstacles,omitempty"`
	Troubles  []StandingTrouble  `json:"troubles,omitempty"`
	// Console is how much of the log that the asker reads was entered at the console, by user.
	Console  []workflow.ConsoleEntries `json:"console,omitempty"`
	Commands []StandingCommand         `json:"commands,omitempty"` // what the asker may do, and why not
	Log      []StandingEvent           `json:"log,omitempty"`      // what happened; only where it is asked for
}

// Turn is somebody whose turn it is: an agency, the duty, and who has it today.
type Turn struct {
	Agency workflow.AgencyID   `json:"agency"`
	Duty   workflow.Duty       `json:"duty"`
	People []workflow.PersonID `json:"people"`
}

// StandingRevision is the newest revision of a text.
type StandingRevision struct {
	Number   int             `json:"number"`
	Manifest workflow.Digest `json:"manifest"` // what an approval names
	PDF      workflow.Digest `json:"pdf"`
}

// StandingComment is a comment that is not settled.
type StandingComment struct {
	ID     workflow.CommentID `json:"id"`
	Clause string             `json:"clause,omitempty"`
	Text   string             `json:"text"`
}

// StandingMotion is a motion put or to be put to the vote.
type StandingMotion struct {
	ID     workflow.MotionID   `json:"id"`
	Text   string              `json:"text"`
	Secret bool                `json:"secret,omitempty"`
	Open   bool                `json:"open"`
	Closed bool                `json:"closed"`
	Who    []workflow.AgencyID `json:"who"` // entitled to vote
}

// Cell is a signature cell of the document.
type Cell struct {
	Slot   workflow.SlotID   `json:"slot"`
	Agency workflow.AgencyID `json:"agency"`
	Field  string            `json:"field"`            // of the PDF, for programs that sign elsewhere
	Signed workflow.PersonID `json:"signed,omitempty"` // by whom, digitally or on paper
}

// StandingReminder is a step of a ladder of reminders.
type StandingReminder struct {
	Obligation workflow.ObligationID `json:"obligation"`
	Period     workflow.Period       `json:"period"`
	Rung       workflow.Rung         `json:"rung"`
	At         time.Time             `json:"at"`
	LastDay    workflow.Date         `json:"last_day"`
	State      string                `json:"state"` // pending, sent or skipped
	Missing    []workflow.AgencyID   `json:"missing,omitempty"`
}

// StandingCriterion is what members are scored by.
type StandingCriterion struct {
	ID   workflow.CriterionID `json:"id"`
	Text string               `json:"text"`
	Max  workflow.Points      `json:"max"`
}

// StandingPoll is a poll on the ranking or an election.
type StandingPoll struct {
	ID     workflow.PollID `json:"id"`
	Text   string          `json:"text"`
	Open   bool            `json:"open"`
	Closed bool            `json:"closed"`
}

// StandingObstacle is something that stands in the covenant's way and is known before it is met.
type StandingObstacle struct {
	Code     string `json:"code"` // by which an administrator accepts it
	Text     string `json:"text"`
	Mend     string `json:"mend"`               // who can mend it
	Stops    bool   `json:"stops,omitempty"`    // the covenant is not numbered with it
	Accepted bool   `json:"accepted,omitempty"` // by an administrator
}

// StandingTrouble is a job that does not get its work done.
type StandingTrouble struct {
	Job    string    `json:"job"`
	Text   string    `json:"text"`
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
	Tries  int       `json:"tries"`
	Next   time.Time `json:"next"`
}

// StandingCommand is a command that is open to the asker, or the reason why it is not.
type StandingCommand struct {
	Name string `json:"name"`
	Does string `json:"does"`
	Why  string `json:"why,omitempty"` // empty: it is open
}

// StandingEvent is something that happened, in the asker's language.
type StandingEvent struct {
	Version int64           `json:"version"`
	At      time.Time       `json:"at"`
	Kind    string          `json:"kind"`
	By      string          `json:"by"`
	Text    string          `json:"text"`
	Detail  string          `json:"detail,omitempty"`
	Tone    workflow.Tone   `json:"tone"`
	Hash    workflow.Digest `json:"hash"` // of the chain up to here
}

// logOf tells a covenant's log, the oldest first, as its page tells it.
func logOf(v *engine.View, lang words.Language) []StandingEvent {
	var out []StandingEvent
	for _, entry := range v.Timeline {
		line := v.Tell(entry.Event)
		out = append(out, StandingEvent{
			Version: entry.Version, At: entry.At.In(v.Calendar.Zone()), Kind: entry.Event.Kind(),
			By: v.Directory.DoneBy(entry.By, entry.Event).In(lang), Text: line.Text.In(lang),
			Detail: line.Detail.In(lang), Tone: line.Tone, Hash: entry.Hash,
		})
	}
	return out
}

// commandsFor are the commands of the catalogue for an actor, each once.
func commandsFor(v *engine.View, by workflow.Actor, lang words.Language) []StandingCommand {
	var out []StandingCommand
	seen := map[string]bool{}
	for _, p := range May(v, by, v.Now) {
		if seen[p.Name] {
			continue
		}
		seen[p.Name] = true
		one := StandingCommand{Name: p.Name, Does: p.Words.In(lang)}
		if p.Why != nil {
			one.Why = p.Why.In(lang)
		}
		out = append(out, one)
	}
	return out
}

// standingOf gathers where a covenant stands.
func standingOf(v *engine.View, lang words.Language) *Standing {
	c, today := v.Covenant, v.Calendar.Today(v.Now)
	s := &Standing{
		Covenant: c.ID, Slug: c.Slug, Title: c.Title, Phase: c.Phase, Ended: c.Phase.Ended(),
		Status: v.Status(v.Now, lang), Waiting: c.Waiting,
		Members: c.Members(), Number: c.PrintedNumber(), Head: c.Head,
	}
	for _, t := range v.Turns() {
		one := Turn{Agency: t.Agency, Duty: t.Duty}
		for _, p := range v.Directory.HoldersIn(c.ID, t.Agency, t.Duty, today) {
			one.People = append(one.People, p.ID)
		}
		s.Turns = append(s.Turns, one)
	}
	if r, ok := c.Revision(); ok {
		s.Revision = &StandingRevision{r.Number, r.Manifest, r.PDF}
	}
	for _, t := range c.OpenThreads() {
		s.Comments = append(s.Comments, StandingComment{t.ID, t.Clause, t.Text})
	}
	for _, m := range c.Motions {
		s.Motions = append(s.Motions, StandingMotion{
			m.ID, m.Text, m.Secret, m.Opened && m.Result == nil, m.Result != nil, m.Who,
		})
	}
	if c.Frozen != nil {
		s.Frozen = c.Frozen.PDF
		s.addCells(c)
	}
	s.addHindrances(v, lang)
	for _, entry := range v.Timeline {
		s.Console = workflow.AddConsole(s.Console, entry.By)
	}
	if c.Phase == workflow.AwaitingScores && v.Reading.Scope >= workflow.ReadDossier {
		s.addScoring(v, lang)
	}
	for _, o := range v.Upcoming {
		s.Reminders = append(s.Reminders, StandingReminder{
			o.Obligation, o.Period, o.Rung, o.At.In(v.Calendar.Zone()), o.Deadline.LastDay(), o.State,
			c.Missing(o.Obligation, o.Period)})
	}
	return s
}

func (s *Standing) addCells(c *workflow.Covenant) {
	for _, p := range c.Parties {
		if p.Slot == "" {
			continue
		}
		one := Cell{Slot: p.Slot, Agency: p.Agency}
		one.Field, _ = c.SignatureField(p.Slot)
		if signed, ok := c.Signature(p.Slot); ok {
			one.Signed = signed.Person
		} else if paper, ok := c.PaperSignature(p.Slot); ok {
			one.Signed = paper.Signatory
		}
		s.Cells = append(s.Cells, one)
	}
}

func (s *Standing) addScoring(v *engine.View, lang words.Language) {
	for _, c := range v.ScoreBasis().Criteria {
		s.Criteria = append(s.Criteria, StandingCriterion{c.ID, c.In(lang), c.Max})
	}
	stage, _ := v.Process.Stage(v.Covenant.Stage)
	for _, rule := range stage.Score.Polls {
		one := StandingPoll{ID: rule.ID, Text: rule.In(lang)}
		if scoring := v.Covenant.Scoring; scoring != nil {
			poll, opened := scoring.Poll(rule.ID)
			one.Open, one.Closed = opened && poll.Result == nil, poll.Result != nil
		}
		s.Polls = append(s.Polls, one)
	}
}

// addHindrances tells what stands in the covenant's way, and what the program does not get done.
func (s *Standing) addHindrances(v *engine.View, lang words.Language) {
	for _, o := range v.Obstacles {
		s.Obstacles = append(s.Obstacles, StandingObstacle{Code: o.Code, Text: o.Text.In(lang),
			Mend: o.Mend.Words().In(lang), Stops: o.Stops, Accepted: v.Covenant.HasAccepted(o)})
	}
	for _, t := range v.Troubles {
		s.Troubles = append(s.Troubles, StandingTrouble{Job: t.Job, Text: t.Telling(v.Calendar.Zone()).In(lang),
			Reason: t.Reason.In(lang), Since: t.Since, Tries: t.Tries, Next: t.Next})
	}
}
