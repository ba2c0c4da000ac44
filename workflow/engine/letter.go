package engine

import (
	"context"
	"fmt"

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/notify"
	"covenant/workflow/store"
)

// compose writes a letter into a mail: in a language, or in both where none is named.
func (e *Engine) compose(
	m store.Mail, lang words.Language, letter func(words.Language) notify.Letter,
) (store.Mail, error) {
	var text notify.Text
	var err error
	if lang == "" {
		text, err = e.letters.Bilingual(letter)
	} else {
		text, err = e.letters.Compose(lang, letter(lang))
	}
	if err != nil {
		return m, fmt.Errorf("compose mail %s: %w", m.Key, err)
	}
	m.Subject, m.Body = text.Subject, text.Body
	return m, nil
}

// dueOf is a deadline in the words of letters; none for none.
func dueOf(d workflow.Deadline) notify.Due {
	if d.Date.IsZero() {
		return notify.Due{}
	}
	return notify.Due{Text: d.Date.Display(), Exclusive: d.Exclusive}
}

// deliver hands a kept mail to the server.
func (e *Engine) deliver(ctx context.Context, m store.Mail) error {
	languages, err := e.letters.Languages(m.Body)
	if err != nil {
		return err
	}
	message := notify.Message{
		MessageID: m.MessageID, To: m.To, Subject: m.Subject, Body: e.withCode(m),
		Date: m.NextAt.In(e.Calendar.Zone()), Languages: languages,
	}
	for _, a := range m.Attachments {
		message.Attachments = append(message.Attachments,
			notify.Attached{Name: a.Name, MediaType: a.MediaType, Content: a.Content})
	}
	return e.Mail.Send(ctx, message)
}
