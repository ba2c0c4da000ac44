package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/notify"
	"covenant/workflow/store"
)

// newMailer is the mail server of the configuration; without one every mail stays queued and says why.
func newMailer(c config, zone *time.Location) (engine.Mailer, error) {
	if c.SMTP == "" {
		return noMailer{}, nil
	}
	if c.MailFrom == "" {
		return nil, errors.New("configuration: smtp is set but mail_from, the sender's address, is not")
	}
	security, ok := map[string]notify.Security{
		"": notify.StartTLS, "starttls": notify.StartTLS, "tls": notify.ImplicitTLS, "none": notify.Plain,
	}[c.SMTPTLS]
	if !ok {
		return nil, fmt.Errorf("configuration: smtp_tls %q: want starttls, tls or none", c.SMTPTLS)
	}
	sender := notify.Sender{Addr: c.SMTP, From: c.MailFrom, Security: security, Username: c.SMTPUser}
	if c.SMTPPass != "" {
		var err error
		if sender.Password, err = password(c.SMTPPass); err != nil {
			return nil, err
		}
	}
	letters, err := notify.NewComposer()
	return mailer{sender, letters, zone}, err
}

// noMailer postpones every mail until a mail server is configured.
type noMailer struct{}

func (noMailer) Send(context.Context, store.Mail) error {
	return errors.New("no mail server is configured: set smtp and mail_from")
}

// mailer hands kept mails to notify.
type mailer struct {
	sender  notify.Sender
	letters *notify.Composer
	zone    *time.Location // of the Date header
}

func (m mailer) Send(ctx context.Context, mail store.Mail) error {
	languages, err := m.letters.Languages(mail.Body)
	if err != nil {
		return err
	}
	message := notify.Message{
		MessageID: mail.MessageID, To: mail.To, Subject: mail.Subject, Body: mail.Body, Date: mail.NextAt.In(m.zone), Languages: languages,
	}
	for _, a := range mail.Attachments {
		message.Attachments = append(message.Attachments, notify.Attached{Name: a.Name, MediaType: a.MediaType, Content: a.Content})
	}
	if err := m.sender.Send(ctx, message); err != nil {
		return mailFault{err}
	}
	return nil
}

// mailFault tells the engine what notify knows for certain.
type mailFault struct{ error }

func (f mailFault) InDoubt() bool   { return errors.Is(f.error, notify.ErrInDoubt) }
func (f mailFault) Permanent() bool { return errors.Is(f.error, notify.ErrRefused) }
func (f mailFault) Unwrap() error   { return f.error }

// composer writes the engine's mails with notify's letters.
type composer struct {
	letters *notify.Composer
	zone    *time.Location
}

func newComposer(zone *time.Location) (composer, error) {
	letters, err := notify.NewComposer()
	return composer{letters, zone}, err
}

// write composes a letter in a language, in both where none is named, and fills it in.
func (c composer) write(lang words.Language, m store.Mail, letter func(words.Language) notify.Letter) (store.Mail, error) {
	var text notify.Text
	var err error
	if lang == "" {
		text, err = c.letters.Bilingual(letter)
	} else {
		text, err = c.letters.Compose(lang, letter(lang))
	}
	if err != nil {
		return m, fmt.Errorf("compose mail %s: %w", m.Key, err)
	}
	m.Subject, m.Body = text.Subject, text.Body
	return m, nil
}

// in picks the words of a language.
func in(lang words.Language, vi, en string) string {
	if lang == words.English && en != "" {
		return en
	}
	return vi
}

func dueOf(d workflow.Deadline) notify.Due {
	if d.Date.IsZero() {
		return notify.Due{}
	}
	return notify.Due{Text: d.Date.Display(), Exclusive: d.Exclusive}
}

func (c composer) Reminder(r engine.Reminder, m store.Mail) (store.Mail, error) {
	rung := notify.RungBefore
	switch {
	case r.ToLeader:
		rung = notify.RungLeaderList
	case r.Deadline.LastDay().Before(r.Today):
		rung = notify.RungOverdue
	}
	m, err := c.write(r.Language, m, func(lang words.Language) notify.Letter {
		return notify.Reminder{
			Rung: rung, Agency: r.Agency, Covenant: r.Covenant, URL: r.URL, Missing: r.Missing, Report: in(lang, r.Report, r.ReportEN), Due: dueOf(r.Deadline),
		}
	})
	if err != nil || rung != notify.RungBefore {
		return m, err
	}
	return c.withCalendar(r, m)
}

// Stage reminds of a stage's deadline, or tells who has not acted and what follows.
func (c composer) Stage(n engine.StageNotice, m store.Mail) (store.Mail, error) {
	return c.write(n.Language, m, func(lang words.Language) notify.Letter {
		return notify.StageDue{
			To: n.Agency, Covenant: n.Covenant, Stage: n.Stage.In(lang), Due: dueOf(n.Deadline), Overdue: n.Deadline.LastDay().Before(n.Today),
			Mine: n.Mine, Missing: n.Missing, Then: notify.Consequence(n.Then), Remaining: n.Remaining.In(lang), URL: n.URL,
		}
	})
}

// Request asks somebody whose turn it is to act, or the drafter to change what was returned.
func (c composer) Request(r engine.Request, m store.Mail) (store.Mail, error) {
	return c.write(r.Language, m, func(lang words.Language) notify.Letter {
		if r.Task == engine.TaskRevise {
			return notify.Returned{
				To: r.Agency, Covenant: r.Covenant, Because: r.Because.In(lang), Revision: r.Revision, Comments: r.Comments, URL: r.URL,
			}
		}
		letter := notify.Request{
			Task: notify.Task(r.Task), To: r.Agency, Covenant: r.Covenant, Stage: r.Stage.In(lang), Due: dueOf(r.Deadline), URL: r.URL,
			Because: r.Because.In(lang), Whose: r.Whose,
		}
		if r.Note != "" && r.Task == engine.TaskReview {
			letter.Note = fmt.Sprintf(in(lang, "Dự thảo lần %d: %s", "Revision %d: %s"), r.Revision, r.Note)
		}
		return letter
	})
}

// Notice tells a party how a covenant came out.
func (c composer) Notice(n engine.Notice, m store.Mail) (store.Mail, error) {
	outcome, ok := map[workflow.Phase]notify.Outcome{
		workflow.PhaseCancelled: notify.OutcomeCanceled, workflow.PhaseClosed: notify.OutcomeClosed, workflow.PhaseWithdrawn: notify.OutcomeWithdrew,
	}[n.Outcome]
	if !ok {
		return m, fmt.Errorf("compose notice: no letter for a covenant that is %s", n.Outcome)
	}
	return c.write(n.Language, m, func(words.Language) notify.Letter {
		return notify.Notice{
			Outcome: outcome, To: n.Agency, Covenant: n.Covenant, Number: n.Number, Date: n.Date.Display(), Reason: n.Reason, URL: n.URL,
		}
	})
}

// DailyRoot sends a root with its time-stamp.
func (c composer) DailyRoot(r engine.DailyRoot, m store.Mail) (store.Mail, error) {
	name := "goc-" + r.Day.String()
	m, err := c.write(r.Language, m, func(words.Language) notify.Letter {
		return notify.DailyRoot{To: r.Agency, Day: r.Day.Display(), Digest: fmt.Sprintf("%x", r.Root.Digest()), Size: r.Root.Size, File: name}
	})
	if err != nil {
		return m, err
	}
	m.Attachments = []store.Attachment{
		{Name: name + ".json", MediaType: "application/json", Content: r.Root.Image()},
		{Name: name + ".tst", MediaType: "application/timestamp-token", Content: r.Root.Token},
	}
	return m, nil
}

// withCalendar adds the deadline as a calendar file to a reminder that comes before it.
func (c composer) withCalendar(r engine.Reminder, m store.Mail) (store.Mail, error) {
	day := r.Deadline.LastDay()
	content, err := notify.Calendar(notify.Deadline{
		UID: r.Key, Summary: in(r.Language, r.Report, r.ReportEN) + " – " + r.Covenant, URL: r.URL, Stamp: m.NextAt,
		Day: day.At(0, 0, c.zone),
	})
	if err != nil {
		return m, fmt.Errorf("compose calendar file: %w", err)
	}
	m.Attachments = []store.Attachment{{Name: "han-bao-cao.ics", MediaType: "text/calendar", Content: content}}
	return m, nil
}
