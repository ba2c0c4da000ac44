package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"covenant/internal/words"

	"github.com/wneessen/go-mail"
)

// What Send's errors mean; match with errors.Is.
var (
	// ErrRetry: the server certainly did not take the mail, for now. Try again later.
	ErrRetry = errors.New("the mail was not taken for now; it can be sent again")
	// ErrRefused: the server certainly did not take the mail, and won't. Mend the address or the configuration.
	ErrRefused = errors.New("the mail was refused for good; check address and configuration")
	// ErrInDoubt: the connection failed after the text of the mail had begun. It may have been taken.
	ErrInDoubt = errors.New("it is not known whether the mail was taken; look before sending it again")
)

var errNoServer = errors.New("no mail server is configured: set smtp and mail_from")

// SendError is why a mail was not certainly taken.
type SendError struct {
	Meaning error // ErrRetry, ErrRefused or ErrInDoubt
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

// Sender sends mails through one server. Without Addr it takes none, for now, and says why; the zero value of all else
// but From works.
type Sender struct {
	Addr     string   // host:port
	From     string   // mailbox, RFC 5322: "Khối thi đua <thidua@example.vn>"
	Security Security // default StartTLS
	Username string   // none: no authentication
	Password string
	HELO     string        // default: the host's name
	Timeout  time.Duration // for the whole of one mail; default 60 s
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
		return fmt.Errorf("mail %s: %w", m.MessageID, &SendError{Meaning: ErrRetry, Cause: errNoServer})
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

func (s Sender) deliver(ctx context.Context, msg *mail.Msg) error {
	timeout := s.Timeout
	if timeout <= 0 {
		timeout = 60 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	client, err := s.client(ctx, timeout)
	if err != nil {
		return &SendError{Meaning: ErrRefused, Cause: err}
	}
	if err := client.DialWithContext(ctx); err != nil {
		return dialError(err)
	}
	defer client.Close() //nolint:errcheck // the server's answer to QUIT changes nothing
	return verdict(msg, client.Send(msg))
}

// client configures go-mail. The connection is closed when ctx ends, whatever is being waited for.
func (s Sender) client(ctx context.Context, timeout time.Duration) (*mail.Client, error) {
	host, portText, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return nil, fmt.Errorf("address of the mail server: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("port of the mail server %s: %w", s.Addr, err)
	}
	opts := []mail.Option{mail.WithPort(port), mail.WithTimeout(timeout), mail.WithoutNoop()}
	dial := func(dialCtx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{Timeout: timeout}).DialContext(dialCtx, network, addr)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = conn.Close() })
		if s.Security == ImplicitTLS {
			return tls.Client(conn, s.tlsConfig(host)), nil
		}
		return conn, nil
	}
	opts = append(opts, mail.WithDialContextFunc(dial))
	switch s.Security {
	case StartTLS, "":
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithTLSConfig(s.tlsConfig(host)))
	case Plain, ImplicitTLS:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return nil, fmt.Errorf("mail security %q: must be starttls, tls or plain", s.Security)
	}
	if s.HELO != "" {
		opts = append(opts, mail.WithHELO(s.HELO))
	}
	if s.Username != "" {
		auth := mail.SMTPAuthAutoDiscover
		if s.Security == ImplicitTLS { // the library does not see that our dialer encrypts
			auth = mail.SMTPAuthPlain
		}
		opts = append(opts, mail.WithSMTPAuth(auth), mail.WithUsername(s.Username), mail.WithPassword(s.Password))
	}
	return mail.NewClient(host, opts...)
}

func (s Sender) tlsConfig(host string) *tls.Config {
	if s.TLS != nil {
		config := s.TLS.Clone()
		if config.ServerName == "" {
			config.ServerName = host
		}
		return config
	}
	return &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
}

// dialError says what a failure before any mail means: 5xx answers (wrong password, say) are for good.
func dialError(err error) error {
	code := replyCode(err)
	if code >= 500 {
		return &SendError{Meaning: ErrRefused, Code: code, Cause: err}
	}
	return &SendError{Meaning: ErrRetry, Code: code, Cause: err}
}

// verdict reads go-mail's error. The library calls a connection that broke after DATA permanent; what it means is
// doubt.
func verdict(msg *mail.Msg, err error) error {
	if err == nil || msg.IsDelivered() {
		return nil // a failure after the server's 250 changes nothing
	}
	var failed *mail.SendError
	if !errors.As(err, &failed) {
		return &SendError{Meaning: ErrRetry, Code: replyCode(err), Cause: err} // no connection, nothing begun
	}
	code := failed.ErrorCode()
	switch {
	case code >= 500:
		return &SendError{Meaning: ErrRefused, Code: code, Cause: err}
	case code >= 400:
		return &SendError{Meaning: ErrRetry, Code: code, Cause: err}
	case failed.Reason == mail.ErrSMTPDataClose || failed.Reason == mail.ErrWriteContent ||
		failed.Reason == mail.ErrAmbiguous:
		return &SendError{Meaning: ErrInDoubt, Cause: err}
	case failed.Reason == mail.ErrGetSender || failed.Reason == mail.ErrGetRcpts ||
		failed.Reason == mail.ErrNoUnencoded:
		return &SendError{Meaning: ErrRefused, Cause: err}
	}
	return &SendError{Meaning: ErrRetry, Cause: err}
}

// replyCode is the SMTP code in an error of the connection, 0 if the server said nothing.
func replyCode(err error) int {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}
