package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// deliver goes through one conversation with the server. Which step failed says what the failure is about: until the
// sender is taken everything concerns the server, afterwards the mail, and once the final dot is on its way a silence
// leaves it in doubt.
func (s Sender) deliver(ctx context.Context, msg *mail.Msg) error {
	from, err := msg.GetSender(false)
	if err != nil {
		return &SendError{Meaning: ErrRefused, Cause: err}
	}
	to, err := msg.GetRecipients()
	if err != nil {
		return &SendError{Meaning: ErrRefused, Cause: err}
	}
	timeout := s.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c, err := s.converse(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer c.conn.Close() //nolint:errcheck // what counts was said before
	if err := c.Mail(from); err != nil {
		return unavailable(err) // the sender is that of every mail
	}
	for _, address := range to {
		if err := c.Rcpt(address); err != nil {
			return recipientError(err)
		}
	}
	return c.text(msg)
}

// conversation is an open connection whose server has greeted, is protected as configured, and knows who we are.
type conversation struct {
	*smtp.Client
	conn *phasedConn
}

// text hands the text over. The server takes a mail when it has seen the final dot (RFC 5321 §4.1.1.4), and that is
// sent after all else has left: what breaks before it was certainly not taken.
func (c conversation) text(msg *mail.Msg) error {
	w, err := c.Data()
	if err != nil {
		return mailError(err)
	}
	c.conn.enter(c.conn.phases.Data)
	if _, err := msg.WriteTo(w); err != nil {
		return &SendError{Meaning: ErrRetry, Cause: err}
	}
	if err := c.Text.W.Flush(); err != nil {
		return &SendError{Meaning: ErrRetry, Cause: err}
	}
	c.conn.enter(c.conn.phases.Taken)
	if err := w.Close(); err != nil {
		if replyCode(err) == 0 {
			return &SendError{Meaning: ErrInDoubt, Cause: err}
		}
		return mailError(err)
	}
	c.conn.enter(quitWait)
	_ = c.Quit() // the mail is taken; what the server says to QUIT changes nothing
	return nil
}

// quitWait is how long to wait for a server's good-bye, which nothing depends on.
const quitWait = 5 * time.Second

// converse connects and says who we are.
func (s Sender) converse(ctx context.Context) (*conversation, error) {
	host, portText, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return nil, fmt.Errorf("address of the mail server: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("port of the mail server %s: %w", s.Addr, err)
	}
	var conn *phasedConn
	opts, err := s.options(host)
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	opts = append(opts, mail.WithPort(port), mail.WithTimeout(time.Until(deadline)), mail.WithoutNoop(),
		mail.WithDialContextFunc(func(dialing context.Context, network, addr string) (_ net.Conn, err error) {
			conn, err = s.dial(dialing, network, addr)
			if err != nil {
				return nil, err
			}
			// the conversation ends with ctx, whatever is being waited for
			context.AfterFunc(ctx, func() { _ = conn.Close() })
			if s.Security != ImplicitTLS {
				return conn, nil
			}
			return conn.encrypted(dialing, s.tlsConfig(host))
		}))
	client, err := mail.NewClient(host, opts...)
	if err != nil {
		return nil, err
	}
	dialed, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		if conn != nil {
			err = errors.Join(err, ctx.Err())
			_ = conn.Close() // nothing was said that counts
		}
		return nil, err
	}
	return &conversation{dialed, conn}, nil
}

// options are go-mail's, without those of the connection.
func (s Sender) options(host string) (opts []mail.Option, err error) {
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
	return opts, nil
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

func unavailable(err error) error {
	return &SendError{Meaning: ErrUnavailable, Code: replyCode(err), Cause: err}
}

// ofServer are the answers that concern the server and our account on it wherever they come (RFC 5321 §4.2.3, RFC 4954
// §6, RFC 3207 §4): it closes, it has no TLS now, it wants authentication, a better one, or encryption.
var ofServer = map[int]bool{421: true, 454: true, 530: true, 534: true, 535: true, 538: true}

// mailError says what a failure after the sender was taken means. A connection that breaks there may break because of
// this mail, so it is the mail's attempt, and others go on.
func mailError(err error) error {
	code := replyCode(err)
	switch {
	case ofServer[code]:
		return unavailable(err)
	case code >= 500:
		return &SendError{Meaning: ErrRefused, Code: code, Cause: err}
	}
	return &SendError{Meaning: ErrRetry, Code: code, Cause: err}
}

// recipientError is mailError for RCPT, where a refusal by policy (RFC 3463, 5.7.x: “relaying denied”, a block list)
// is most often the configuration's, of the server or ours. It can be mended, so such a mail is tried again.
func recipientError(err error) error {
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code >= 500 && !ofServer[reply.Code] && strings.HasPrefix(reply.Msg, "5.7.") {
		return &SendError{Meaning: ErrRetry, Code: reply.Code, Cause: err}
	}
	return mailError(err)
}

// replyCode is the SMTP code in an error of the connection, 0 if the server said nothing.
func replyCode(err error) int {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}
