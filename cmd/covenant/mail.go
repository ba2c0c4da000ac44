package main

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	return mailer{sender, zone}, nil
}

// noMailer postpones every mail until a mail server is configured.
type noMailer struct{}

func (noMailer) Send(context.Context, store.Mail) error {
	return errors.New("no mail server is configured: set smtp and mail_from")
}

// mailer hands kept mails to notify.
type mailer struct {
	sender notify.Sender
	zone   *time.Location // of the Date header
}

func (m mailer) Send(ctx context.Context, mail store.Mail) error {
	message := notify.Message{
		MessageID: mail.MessageID, To: mail.To, Subject: mail.Subject, Body: mail.Body, Date: mail.NextAt.In(m.zone), Language: notify.Vietnamese,
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

func (c composer) Reminder(r engine.Reminder, m store.Mail) (store.Mail, error) {
	letter := notify.Reminder{
		Rung: notify.RungBefore, Agency: r.Agency, Covenant: r.Covenant, URL: r.URL, Missing: r.Missing,
		Report: r.Report, Due: notify.Due{Text: r.Deadline.Date.Display(), Exclusive: r.Deadline.Exclusive},
	}
	switch {
	case r.ToLeader:
		letter.Rung = notify.RungLeaderList
	case r.Deadline.LastDay().Before(r.Today):
		letter.Rung = notify.RungOverdue
	}
	text, err := c.letters.Compose(notify.Vietnamese, letter)
	if err != nil {
		return m, fmt.Errorf("compose reminder: %w", err)
	}
	m.Subject, m.Body = text.Subject, text.Body
	if letter.Rung != notify.RungBefore {
		return m, nil
	}
	return c.withCalendar(r, letter, m)
}

// Stage reminds of a stage's deadline, or tells who has not acted and what follows.
func (c composer) Stage(n engine.StageNotice, m store.Mail) (store.Mail, error) {
	text, err := c.letters.Compose(notify.Vietnamese, notify.StageDue{
		To: n.Agency, Covenant: n.Covenant, Stage: n.Stage, Due: notify.Due{Text: n.Deadline.Date.Display(), Exclusive: n.Deadline.Exclusive},
		Overdue: n.Deadline.LastDay().Before(n.Today), Mine: n.Mine, Missing: n.Missing, Then: notify.Consequence(n.Then), Remaining: n.Remaining, URL: n.URL,
	})
	if err != nil {
		return m, fmt.Errorf("compose notice of a stage: %w", err)
	}
	m.Subject, m.Body = text.Subject, text.Body
	return m, nil
}

// Notice tells a party how a covenant came out.
func (c composer) Notice(n engine.Notice, m store.Mail) (store.Mail, error) {
	outcome, ok := map[workflow.Phase]notify.Outcome{
		workflow.PhaseCancelled: notify.OutcomeCanceled, workflow.PhaseClosed: notify.OutcomeClosed, workflow.PhaseWithdrawn: notify.OutcomeWithdrew,
	}[n.Outcome]
	if !ok {
		return m, fmt.Errorf("compose notice: no letter for a covenant that is %s", n.Outcome)
	}
	text, err := c.letters.Compose(notify.Vietnamese, notify.Notice{
		Outcome: outcome, To: n.Agency, Covenant: n.Covenant, Number: n.Number, Date: n.Date.Display(), Reason: n.Reason, URL: n.URL,
	})
	if err != nil {
		return m, fmt.Errorf("compose notice: %w", err)
	}
	m.Subject, m.Body = text.Subject, text.Body
	return m, nil
}

// DailyRoot sends a root with its time-stamp, in both languages: whoever keeps it may be of either.
func (c composer) DailyRoot(r engine.DailyRoot, m store.Mail) (store.Mail, error) {
	name := "goc-" + r.Day.String()
	letter := notify.DailyRoot{To: r.Agency, Day: r.Day.Display(), Digest: fmt.Sprintf("%x", r.Root.Digest()), Size: r.Root.Size, File: name}
	vi, err := c.letters.Compose(notify.Vietnamese, letter)
	if err != nil {
		return m, fmt.Errorf("compose daily root: %w", err)
	}
	en, err := c.letters.Compose(notify.English, letter)
	if err != nil {
		return m, fmt.Errorf("compose daily root: %w", err)
	}
	m.Subject, m.Body = vi.Subject+" / "+en.Subject, vi.Body+"\n"+en.Body
	m.Attachments = []store.Attachment{
		{Name: name + ".json", MediaType: "application/json", Content: r.Root.Image()},
		{Name: name + ".tst", MediaType: "application/timestamp-token", Content: r.Root.Token},
	}
	return m, nil
}

// withCalendar adds the deadline as a calendar file to a reminder that comes before it.
func (c composer) withCalendar(r engine.Reminder, letter notify.Reminder, m store.Mail) (store.Mail, error) {
	day := r.Deadline.LastDay()
	content, err := notify.Calendar(notify.Deadline{
		UID: r.Key, Summary: letter.Report + " – " + r.Covenant, URL: r.URL, Stamp: m.NextAt,
		Day: day.At(0, 0, c.zone),
	})
	if err != nil {
		return m, fmt.Errorf("compose calendar file: %w", err)
	}
	m.Attachments = []store.Attachment{{Name: "han-bao-cao.ics", MediaType: "text/calendar", Content: content}}
	return m, nil
}
