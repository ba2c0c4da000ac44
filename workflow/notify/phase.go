package notify

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"time"
)

// DefaultTimeout is how long the whole of one mail may take.
const DefaultTimeout = 15 * time.Minute

// Phases say how long the server may be silent in each step of taking a mail. The defaults are the least that RFC 5321
// §4.5.3.2 asks of clients; servers that look for viruses do use them.
type Phases struct {
	Connect  time.Duration // until the connection stands, with TLS where it comes first; default 30 s
	Greeting time.Duration // until the server has greeted; default 5 min
	Command  time.Duration // for the answer to each command; default 5 min
	Data     time.Duration // for each piece of the text; default 3 min
	Taken    time.Duration // for the answer after the final dot; default 10 min
}

func (p Phases) orDefault() Phases {
	for _, d := range []struct {
		value *time.Duration
		is    time.Duration
	}{{&p.Connect, 30 * time.Second}, {&p.Greeting, 5 * time.Minute}, {&p.Command, 5 * time.Minute},
		{&p.Data, 3 * time.Minute}, {&p.Taken, 10 * time.Minute}} {
		if *d.value <= 0 {
			*d.value = d.is
		}
	}
	return p
}

// phasedConn is a connection each of whose reads and writes has the time of the phase that it belongs to.
type phasedConn struct {
	net.Conn
	phases  Phases
	limit   atomic.Int64 // nanoseconds, of the phase at hand
	greeted atomic.Bool
}

func (s Sender) dial(ctx context.Context, network, addr string) (*phasedConn, error) {
	phases := s.Phases.orDefault()
	conn, err := (&net.Dialer{Timeout: phases.Connect}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &phasedConn{Conn: conn, phases: phases}
	c.enter(phases.Greeting)
	return c, nil
}

// encrypted begins TLS before the first word.
func (c *phasedConn) encrypted(ctx context.Context, config *tls.Config) (net.Conn, error) {
	c.enter(c.phases.Connect)
	secure := tls.Client(c, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = c.Close() // the handshake's error is the one to tell
		return nil, err
	}
	c.greeted.Store(false) // what was read was TLS's
	c.enter(c.phases.Greeting)
	return secure, nil
}

// enter begins a phase.
func (c *phasedConn) enter(limit time.Duration) { c.limit.Store(int64(limit)) }

func (c *phasedConn) until() time.Time { return time.Now().Add(time.Duration(c.limit.Load())) }

// Read waits as long as the phase allows. What follows the greeting are commands.
func (c *phasedConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(c.until()); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	if n > 0 && !c.greeted.Swap(true) {
		c.enter(c.phases.Command)
	}
	return n, err
}

// Write waits as long as the phase allows.
func (c *phasedConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(c.until()); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// SetDeadline does nothing: the mail library's one deadline for everything would stand in the way of the phases'.
func (c *phasedConn) SetDeadline(time.Time) error { return nil }
