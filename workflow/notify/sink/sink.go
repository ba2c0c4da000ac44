// Package sink is a small SMTP server that keeps every mail it takes as a file, for the demo, for trying out a
// configuration and for tests of sending.
//
// One file a Message-ID: the first acceptance writes it, each is noted in a journal before the client is told, so that
// a mail accepted twice is counted however often client and server were killed. The sink delivers nothing onward.
package sink

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"covenant/internal/lock"
)

// Stage is a moment in taking a mail.
type Stage string

// The stages, in order.
const (
	StageConnect  Stage = "connect"  // a client has connected
	StageMail     Stage = "mail"     // MAIL FROM was given
	StageRcpt     Stage = "rcpt"     // RCPT TO was given
	StageData     Stage = "data"     // DATA was answered, nothing read yet
	StageRead     Stage = "read"     // the whole text was read, nothing kept
	StageAccepted Stage = "accepted" // the mail is kept, the client has not been told
)

// ErrDrop, returned by Options.At, breaks the connection without an answer.
var ErrDrop = errors.New("connection dropped")

// Refuse makes an error for Options.At that answers with an SMTP code (RFC 5321 §4.2.3).
func Refuse(code int, message string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCodeNotSet, Message: message}
}

// Options of a Server. Dir is required.
type Options struct {
	Dir string // where the .eml files and the journal go; created if missing
	// Addr to listen on. Default: 127.0.0.1 and a free port.
	Addr string
	// TLS offers STARTTLS. Default: none.
	TLS *tls.Config
	// At, if set, is called at each stage with the recipient (empty at StageConnect and StageMail); an error refuses
	// the mail or drops the connection. It may wait, to be slow.
	At func(stage Stage, recipient string) error
	// Logger. Default: nothing is logged.
	Logger *slog.Logger
	// Now is the clock of the journal. Default: time.Now.
	Now func() time.Time
}

// Acceptance is one line of the journal: a mail was taken.
type Acceptance struct {
	MessageID string    `json:"message_id"`
	At        time.Time `json:"at"`
	From      string    `json:"from"`
	To        []string  `json:"to"`
	Subject   string    `json:"subject"`
	File      string    `json:"file"` // name in Dir
}

// Server takes mails until it is closed.
type Server struct {
	opts     Options
	smtp     *smtp.Server
	listener net.Listener
	served   chan error
	closing  sync.Once
	closeErr error

	mu       sync.Mutex
	journal  *os.File
	accepted []Acceptance
	changed  chan struct{} // closed at each acceptance
	closed   bool
}

const (
	journalName = "accepted.jsonl"
	maxMessage  = 64 << 20
	incoming    = "incoming-" // of directories with mails that are not whole yet
)

// Start reads the journal left by an earlier run and begins to serve.
func Start(ctx context.Context, opts Options) (*Server, error) {
	if opts.Dir == "" {
		return nil, errors.New("start mail sink: no directory given")
	}
	if opts.Addr == "" {
		opts.Addr = "127.0.0.1:0"
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if err := lock.Sweep(opts.Dir, incoming); err != nil {
		return nil, fmt.Errorf("start mail sink: %w", err)
	}
	s := &Server{opts: opts, served: make(chan error, 1), changed: make(chan struct{})}
	if err := s.openJournal(); err != nil {
		return nil, fmt.Errorf("start mail sink: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", opts.Addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start mail sink: %w", err), s.journal.Close())
	}
	s.listener = listener
	s.smtp = s.server()
	go func() { s.served <- s.smtp.Serve(listener) }()
	return s, nil
}

func (s *Server) server() *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain = "localhost"
	server.TLSConfig = s.opts.TLS
	server.MaxMessageBytes = maxMessage
	server.MaxRecipients = 100
	server.ReadTimeout = 60 * time.Second
	server.WriteTimeout = 60 * time.Second
	server.EnableSMTPUTF8 = true
	server.ErrorLog = slog.NewLogLogger(s.opts.Logger.Handler(), slog.LevelDebug)
	return server
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close stops serving and breaks open connections; afterwards nothing more is kept. Closing again does nothing.
func (s *Server) Close() error {
	s.closing.Do(func() {
		closeErr := s.smtp.Close()
		_ = s.listener.Close() // where it was closed before it began to serve, the line above knew of none
		if err := <-s.served; !errors.Is(err, net.ErrClosed) {
			closeErr = errors.Join(closeErr, err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.closed = true
		s.closeErr = errors.Join(closeErr, s.journal.Close())
	})
	return s.closeErr
}

// Accepted lists every acceptance, oldest first, earlier runs' too.
func (s *Server) Accepted() []Acceptance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.accepted)
}

// Doubled lists the Message-IDs that were accepted more than once, sorted.
func (s *Server) Doubled() []string {
	times := map[string]int{}
	for _, a := range s.Accepted() {
		times[a.MessageID]++
	}
	var doubled []string
	for id, n := range times {
		if n > 1 {
			doubled = append(doubled, id)
		}
	}
	slices.Sort(doubled)
	return doubled
}

// Wait returns once at least n acceptances are there, or with ctx's error.
func (s *Server) Wait(ctx context.Context, n int) error {
	for {
		s.mu.Lock()
		have, changed := len(s.accepted), s.changed
		s.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %d mails, %d came: %w", n, have, ctx.Err())
		}
	}
}

func (s *Server) openJournal() error {
	if err := os.MkdirAll(s.opts.Dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(s.opts.Dir, journalName)
	accepted, size, err := readJournal(path)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := file.Truncate(size); err != nil {
		return errors.Join(err, file.Close())
	}
	if _, err := file.Seek(size, io.SeekStart); err != nil {
		return errors.Join(err, file.Close())
	}
	s.journal, s.accepted = file, accepted
	return nil
}

// ReadJournal reads the acceptances kept in a directory, also while or after a server writes there.
func ReadJournal(dir string) ([]Acceptance, error) {
	accepted, _, err := readJournal(filepath.Join(dir, journalName))
	return accepted, err
}

// readJournal reads the complete lines; a last one cut off by a kill was never answered for.
func readJournal(path string) (accepted []Acceptance, size int64, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	size = int64(bytes.LastIndexByte(data, '\n') + 1)
	lines := bufio.NewScanner(bytes.NewReader(data[:size]))
	lines.Buffer(nil, maxMessage)
	for lines.Scan() {
		var a Acceptance
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return nil, 0, fmt.Errorf("%s: %w", path, err)
		}
		accepted = append(accepted, a)
	}
	return accepted, size, lines.Err()
}

// keep writes the file, then the line of the journal; both are on disk when it returns.
func (s *Server) keep(from string, to []string, text []byte) error {
	parsed, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		return Refuse(554, "malformed message: "+err.Error())
	}
	id := strings.Trim(strings.TrimSpace(parsed.Header.Get("Message-Id")), "<>")
	if id == "" {
		return Refuse(554, "message without Message-ID")
	}
	a := Acceptance{MessageID: id, At: s.opts.Now(), From: from, To: to, Subject: parsed.Header.Get("Subject"),
		File: fileName(id)}
	line, err := json.Marshal(a)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return Refuse(421, "closing")
	}
	if err := writeOnce(filepath.Join(s.opts.Dir, a.File), text); err != nil {
		return err
	}
	if _, err := s.journal.Write(append(line, '\n')); err != nil {
		return err
	}
	if err := s.journal.Sync(); err != nil {
		return err
	}
	s.accepted = append(s.accepted, a)
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

// fileName makes a Message-ID safe as a name of a file.
func fileName(id string) string {
	safe := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@._-+", r) {
			return r
		}
		return '_'
	}
	name := strings.TrimLeft(strings.Map(safe, id), ".")
	return name[:min(len(name), 200)] + ".eml"
}

// writeOnce writes a file durably unless it is there.
func writeOnce(path string, text []byte) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	dir, err := lock.Hold(filepath.Dir(path), incoming)
	if err != nil {
		return err
	}
	defer dir.Remove() //nolint:errcheck // what is left is removed at the next start
	tmp, err := os.OpenFile(dir.In("mail"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = tmp.Write(text)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
