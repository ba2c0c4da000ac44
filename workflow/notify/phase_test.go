package notify_test

import (
	"bufio"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"covenant/workflow/notify"
)

// silentServer speaks SMTP up to a step and then says nothing more, as a hanging server does.
func silentServer(t *testing.T, from string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		t.Cleanup(func() { _ = conn.Close() })
		if from == "greeting" {
			return
		}
		say := func(line string) { _, _ = conn.Write([]byte(line + "\r\n")) }
		say("220 here")
		lines := bufio.NewScanner(conn)
		for text := false; lines.Scan(); {
			word, _, _ := strings.Cut(strings.ToUpper(lines.Text()), " ")
			switch {
			case text && word != ".":
			case word == strings.ToUpper(from):
				return
			case word == "DATA":
				text = true
				say("354 go on")
			default:
				text = false
				say("250 fine")
			}
		}
	}()
	return listener.Addr().String()
}

// Each step has a time of its own: the one that hangs ends by it, whatever the others may take, and what it means
// follows from the step.
func TestEachPhaseEnds(t *testing.T) {
	long, short := time.Hour, 50*time.Millisecond
	others := notify.Phases{Connect: long, Greeting: long, Command: long, Data: long, Taken: long}
	for _, c := range []struct {
		silentAt string
		limit    func(*notify.Phases) *time.Duration
		want     error
	}{
		{"greeting", func(p *notify.Phases) *time.Duration { return &p.Greeting }, notify.ErrUnavailable},
		{"EHLO", func(p *notify.Phases) *time.Duration { return &p.Command }, notify.ErrUnavailable},
		{"MAIL", func(p *notify.Phases) *time.Duration { return &p.Command }, notify.ErrUnavailable},
		{"RCPT", func(p *notify.Phases) *time.Duration { return &p.Command }, notify.ErrRetry},
		{"DATA", func(p *notify.Phases) *time.Duration { return &p.Command }, notify.ErrRetry},
		{".", func(p *notify.Phases) *time.Duration { return &p.Taken }, notify.ErrInDoubt},
	} {
		t.Run(c.silentAt, func(t *testing.T) {
			s := sender(silentServer(t, c.silentAt))
			s.Timeout, s.Phases = long, others
			*c.limit(&s.Phases) = short
			if err := s.Send(t.Context(), message("m")); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}
