package sink

import (
	"errors"
	"io"
	"net"

	"github.com/emersion/go-smtp"
)

// session is one client's connection.
type session struct {
	s    *Server
	conn net.Conn
	from string
	to   []string
}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	session := &session{s: s, conn: c.Conn()}
	return session, session.at(StageConnect, "")
}

// at asks the options what happens at this stage.
func (x *session) at(stage Stage, recipient string) error {
	if x.s.opts.At == nil {
		return nil
	}
	err := x.s.opts.At(stage, recipient)
	if errors.Is(err, ErrDrop) {
		return errors.Join(err, x.conn.Close())
	}
	return err
}

func (x *session) recipient() string {
	if len(x.to) == 0 {
		return ""
	}
	return x.to[0]
}

func (x *session) Mail(from string, _ *smtp.MailOptions) error {
	x.from = from
	return x.at(StageMail, "")
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := x.at(StageRcpt, to); err != nil {
		return err
	}
	x.to = append(x.to, to)
	return nil
}

func (x *session) Data(r io.Reader) error {
	if err := x.at(StageData, x.recipient()); err != nil {
		return err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := x.at(StageRead, x.recipient()); err != nil {
		return err
	}
	if err := x.s.keep(x.from, x.to, text); err != nil {
		x.s.opts.Logger.Error("a mail could not be kept", "error", err)
		return err
	}
	return x.at(StageAccepted, x.recipient())
}

func (x *session) Reset() { x.from, x.to = "", nil }

func (x *session) Logout() error { return nil }
