package workflow

import (
	"time"

	"covenant/internal/words"
)

// Link names another covenant.
type Link struct {
	Covenant CovenantID `json:"covenant"`
	Slug     string     `json:"slug"`
}

// IsZero reports whether nothing is linked.
func (l Link) IsZero() bool { return l == Link{} }

// Lineage is how a covenant stands to others.
type Lineage struct {
	Amends     Link        // the covenant that this one amends
	Renews     Link        // last year's
	Renewal    Link        // next year's
	Amendments []Amendment // those that amend this one, in the order of their drafting
}

// Amendment is a covenant that amends this one, or is to.
type Amendment struct {
	Link
	Title   string
	Number  string // as printed; empty before it is in force
	From    Date   // in force from; zero before
	Dropped string // why nothing came of it
}

// Events that link covenants; each stands in the log of the covenant that is told of another one.
type (
	// AmendmentDrafted says that an amendment of this covenant is being drafted.
	AmendmentDrafted struct {
		By    Link   `json:"by"`
		Title string `json:"title"`
	}
	// Amended says that an amendment came into force: from then on this covenant is to be read with it.
	Amended struct {
		By     Link   `json:"by"`
		Title  string `json:"title"`
		Number string `json:"number"`
		From   Date   `json:"from"`
	}
	// AmendmentDropped says that nothing came of an amendment.
	AmendmentDropped struct {
		By     Link   `json:"by"`
		Reason string `json:"reason"`
	}
	// RenewalDrafted says that next year's covenant is being drafted.
	RenewalDrafted struct {
		By   Link `json:"by"`
		Year int  `json:"year"`
	}
)

// Kind is the event's name in the log.
func (AmendmentDrafted) Kind() string { return "amendment_drafted" }
func (Amended) Kind() string          { return "amended" }
func (AmendmentDropped) Kind() string { return "amendment_dropped" }
func (RenewalDrafted) Kind() string   { return "renewal_drafted" }

func (e AmendmentDrafted) apply(c *Covenant) {
	c.Lineage.Amendments = append(c.Lineage.Amendments, Amendment{Link: e.By, Title: e.Title})
}

func (e AmendmentDrafted) line(State) Line {
	return Line{Tone: ToneNext, Text: words.F("Bắt đầu soạn giao ước sửa đổi: %s",
		"An amending covenant is being drafted: %s", e.Title)}
}

func (e Amended) apply(c *Covenant) {
	c.amendment(e.By, func(a *Amendment) { a.Title, a.Number, a.From = e.Title, e.Number, e.From })
}

func (e Amended) line(State) Line {
	return Line{Tone: ToneDone, Text: words.F("Được sửa đổi, bổ sung bởi %s (%s) từ %s", "Amended by %s (%s) from %s",
		e.Title, e.Number, e.From.Display())}
}

func (e AmendmentDropped) apply(c *Covenant) {
	c.amendment(e.By, func(a *Amendment) { a.Dropped = e.Reason })
}

func (e AmendmentDropped) line(State) Line {
	return Line{
		Tone: ToneStopped,
		Text: words.F("Giao ước sửa đổi %s không được ban hành",
			"Nothing came of the amending covenant %s", e.By.Slug),
		Detail: words.Same(e.Reason),
	}
}

func (e RenewalDrafted) apply(c *Covenant) {
	c.Lineage.Renewal = e.By
}

func (e RenewalDrafted) line(State) Line {
	return Line{Tone: ToneNext, Text: words.F("Bắt đầu soạn giao ước năm %d",
		"The covenant of %d is being drafted", e.Year)}
}

func (c *Covenant) amendment(by Link, change func(*Amendment)) {
	for i := range c.Lineage.Amendments {
		if c.Lineage.Amendments[i].Covenant == by.Covenant {
			change(&c.Lineage.Amendments[i])
		}
	}
}

// Link is the covenant's name in another one's log.
func (c *Covenant) Link() Link { return Link{c.ID, c.Slug} }

// MayAmend refuses unless the covenant can be amended now: it must be in force.
func (s State) MayAmend() error {
	if s.Covenant.Phase == PhaseNew {
		return refuse(CodeNotFound, "chưa có giao ước này", "there is no such covenant")
	}
	if s.Covenant.InForce.IsZero() || s.Covenant.Phase.Ended() {
		return refuse(CodeWrongState, "chỉ sửa đổi được giao ước đang có hiệu lực; giao ước này %s",
			"only a covenant in force can be amended; this one is: %s", words.Each(s.Covenant.Phase.Words))
	}
	return nil
}

// MayRenew refuses unless next year's covenant can be drafted from this one: it was in force, and was not renewed yet.
func (s State) MayRenew() error {
	switch {
	case s.Covenant.Phase == PhaseNew:
		return refuse(CodeNotFound, "chưa có giao ước này", "there is no such covenant")
	case s.Covenant.InForce.IsZero():
		return refuse(CodeWrongState, "giao ước chưa có hiệu lực nên chưa lập được giao ước năm sau",
			"the covenant never was in force; there is nothing to renew")
	case !s.Covenant.Lineage.Renewal.IsZero():
		return refuse(CodeConflict, "đã lập giao ước năm sau: %s",
			"next year's has been drafted already: %s", s.Covenant.Lineage.Renewal.Slug)
	}
	return nil
}

// MaySucceed refuses who does not draft for the agency that leads the covenant's block today: only they start the
// covenant that amends this one, or is next year's.
func MaySucceed(s State, by Actor, now time.Time) error {
	block, ok := s.Directory.Blocks[s.Covenant.Block]
	if !ok {
		return refuse(CodeNotFound, "chưa có khối thi đua %q trong danh bạ",
			"block %q is not in the directory", s.Covenant.Block)
	}
	_, err := s.authority(by, block.Leader(), DutyDraft, now)
	return err
}

// Told is what the events of one covenant mean for another one that it is linked with: the events that belong into
// that one's log. before and after are the covenant's states around the events.
func Told(before, after *Covenant, events []Event) (other Link, told []Event) {
	for _, e := range events {
		switch e := e.(type) {
		case Drafted:
			if !e.Amends.IsZero() {
				other, told = e.Amends, append(told, AmendmentDrafted{By: after.Link(), Title: after.Title})
			} else if !e.Renews.IsZero() {
				other, told = e.Renews, append(told, RenewalDrafted{By: after.Link(), Year: after.Year})
			}
		case InForce:
			if !after.Lineage.Amends.IsZero() {
				other, told = after.Lineage.Amends, append(told,
					Amended{By: after.Link(), Title: after.Title, Number: after.PrintedNumber(), From: e.Date})
			}
		}
	}
	if failed := after.Phase.Failed() && !before.Phase.Failed(); failed && !after.Lineage.Amends.IsZero() {
		other, told = after.Lineage.Amends, append(told,
			AmendmentDropped{By: after.Link(), Reason: after.Ending.Reason})
	}
	return other, told
}

// amendedWords say what amends a covenant, and from when.
func (c *Covenant) amendedWords(lang words.Language) string {
	text := ""
	for _, a := range c.Lineage.Amendments {
		if a.From.IsZero() {
			continue
		}
		name := a.Number
		if name == "" {
			name = a.Title
		}
		text += words.F("; được sửa đổi, bổ sung bởi %s từ %s",
			"; amended by %s from %s", name, a.From.Display()).In(lang)
	}
	return text
}
