package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"covenant/internal/words"

	"github.com/wneessen/go-mail"
)

// What Send's errors mean; match with errors.Is.
var (
	// ErrRetry: the server certainly did not take the mail, for now. Try again later.
	ErrRetry = errors.New("the mail was not taken for now; it can be sent again")
	// ErrRefused: the server certainly did not take the mail, and won't. Mend the address.
	ErrRefused = errors.New("the mail was refused for good; check the address")
	// ErrUnavailable: the server works for no mail at all: it cannot be reached, greets with a refusal, offers no
	// protection, wants another password, or takes nothing from this sender. It says nothing about the mail, which it
	// certainly did not take.
	ErrUnavailable = errors.New("the mail server takes no mail; check server and configuration")
	// ErrInDoubt: the connection failed after the text of the mail had begun. It may have been taken.
	ErrInDoubt = errors.New("it is not known whether the mail was taken; look before sending it again")
)

var errNoServer = errors.New("no mail server is configured: set smtp and mail_from")

// SendError is why a mail was not certainly taken.
type SendError struct {
	Meaning error // ErrRetry, ErrRefused, ErrUnavailable or ErrInDoubt
	Code    int   // of the server's reply, 0 if there was none (RFC 5321 §4.2)
	Cause   error
}

func (e *SendError) Error() string { return fmt.Sprintf("%v: %v", e.Meaning, e.Cause) }

// Unwrap gives meaning and cause to errors.Is.
func (e *SendError) Unwrap() []error { return []error{e.Meaning, e.Cause} }

// Security is how the connection to the mail server is protected.
type Security string

// The kinds of security. The zero value is StartTLS.
const (
	StartTLS    Security = "starttls" // demanded; refused without
	ImplicitTLS Security = "tls"      // from the first byte, usually port 465
	Plain       Security = "plain"    // none; only to a server on the same machine or a closed network
)

// Sender sends mails through one server. Without Addr it takes none, and says why; the zero value of all else but From
// works.
type Sender struct {
	Addr     string   // host:port
	From     string   // mailbox, RFC 5322: "Khối thi đua <thidua@example.vn>"
	Security Security // default StartTLS
	Username string   // none: no authentication
	Password string
	HELO     string        // default: the host's name
	Timeout  time.Duration // for the whole of one mail; default [DefaultTimeout]
	Phases   Phases        // how long each step may take
	TLS      *tls.Config   // default: system roots, name of Addr
}

// Attached is a file of a mail.
type Attached struct {
	Name      string
	MediaType string
	Content   []byte
}

// Message is one mail to one address.
type Message struct {
	MessageID   string // without angle brackets
	To          string // mailbox
	Subject     string
	Body        string
	Date        time.Time
	Languages   []words.Language // default: Vietnamese
	Attachments []Attached
}

// Send hands one mail to the server. The error is a *SendError, unless the message itself cannot be written.
func (s Sender) Send(ctx context.Context, m Message) error {
	if s.Addr == "" {
		return fmt.Errorf("mail %s: %w", m.MessageID, &SendError{Meaning: ErrUnavailable, Cause: errNoServer})
	}
	msg, err := s.message(m)
	if err != nil {
		return fmt.Errorf("mail %s: %w", m.MessageID, &SendError{Meaning: ErrRefused, Cause: err})
	}
	if err := s.deliver(ctx, msg); err != nil {
		return fmt.Errorf("mail %s to %s: %w", m.MessageID, m.To, err)
	}
	return nil
}

func (s Sender) message(m Message) (*mail.Msg, error) {
	if m.MessageID == "" || m.Date.IsZero() {
		return nil, errors.New("a mail needs Message-ID and date")
	}
	msg := mail.NewMsg(mail.WithEncoding(mail.EncodingQP), mail.WithCharset(mail.CharsetUTF8),
		mail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(s.From), msg.To(m.To)); err != nil {
		return nil, err
	}
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetDateWithValue(m.Date)
	msg.Subject(oneLine(m.Subject))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5: no answers by robots
	languages := []string{string(words.Vietnamese)}
	if len(m.Languages) > 0 {
		languages = nil
	}
	for _, l := range m.Languages {
		languages = append(languages, string(l))
	}
	msg.SetGenHeader("Content-Language", strings.Join(languages, ", ")) // RFC 3282
	msg.SetBodyString(mail.TypeTextPlain, m.Body)
	for _, a := range m.Attachments {
		err := msg.AttachReader(a.Name, bytes.NewReader(a.Content),
			mail.WithFileContentType(mail.ContentType(a.MediaType)))
		if err != nil {
			return nil, fmt.Errorf("attachment %s: %w", a.Name, err)
		}
	}
	return msg, nil
}
