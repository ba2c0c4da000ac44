package notify_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"covenant/workflow/notify"
	"covenant/workflow/notify/sink"

	"github.com/emersion/go-smtp"
)

func startSink(t *testing.T, opts sink.Options) *sink.Server {
	t.Helper()
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	s, err := sink.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // some tests close it themselves
	return s
}

func sender(addr string) notify.Sender {
	return notify.Sender{Addr: addr, From: "Khối thi đua Kinh tế ngành <thidua@hanam.example>", Security: notify.Plain,
		HELO: "covenant.example", Timeout: 10 * time.Second}
}

func message(id string) notify.Message {
	return notify.Message{MessageID: id + "@covenant.example", To: "Văn phòng Sở <vp@snn.example>",
		Subject: "Nhắc hạn: Báo cáo quý IV năm 2026 – hạn chậm nhất ngày 25/12/2026",
		Body:    "Kính gửi: Sở Nông nghiệp và Phát triển nông thôn\n.\nMột dòng bắt đầu bằng dấu chấm ở trên.\n",
		Date:    time.Date(2026, 12, 15, 8, 0, 0, 0, time.UTC),
		Attachments: []notify.Attached{{Name: "han-nop.ics", MediaType: "text/calendar",
			Content: []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")}}}
}

func TestSend(t *testing.T) {
	dir := t.TempDir()
	s := startSink(t, sink.Options{Dir: dir})
	m := message("one")
	if err := sender(s.Addr()).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := s.Accepted()
	if len(got) != 1 || got[0].MessageID != m.MessageID || got[0].To[0] != "vp@snn.example" ||
		got[0].From != "thidua@hanam.example" {
		t.Fatalf("accepted %+v", got)
	}
	data, err := os.ReadFile(filepath.Join(dir, got[0].File))
	if err != nil {
		t.Fatal(err)
	}
	checkMail(t, data, m)
}

// checkMail parses what arrived with the standard library and compares it with what was sent.
func checkMail(t *testing.T, data []byte, want notify.Message) {
	t.Helper()
	parsed, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil || subject != want.Subject {
		t.Errorf("subject %q (%v)", subject, err)
	}
	if h := parsed.Header; h.Get("Auto-Submitted") != "auto-generated" || h.Get("Content-Language") != "vi" ||
		h.Get("Message-Id") != "<"+want.MessageID+">" {
		t.Errorf("header %v", h)
	}
	if date, err := parsed.Header.Date(); err != nil || !date.Equal(want.Date) {
		t.Errorf("date %v (%v)", date, err)
	}
	_, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(parsed.Body, params["boundary"])
	text, err := parts.NextRawPart()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(text))
	if err != nil || strings.ReplaceAll(string(body), "\r\n", "\n") != want.Body {
		t.Errorf("body %q (%v)", body, err)
	}
	file, err := parts.NextRawPart()
	if err != nil || file.FileName() != "han-nop.ics" ||
		!strings.HasPrefix(file.Header.Get("Content-Type"), "text/calendar") {
		t.Errorf("attachment %v (%v)", file, err)
	}
}

var relayingDenied = &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "relaying denied"}

func TestSendFaults(t *testing.T) {
	cases := []struct {
		name  string
		stage sink.Stage
		fault error
		want  error
		code  int
		kept  int
	}{
		{"refused at connect", sink.StageConnect, sink.Refuse(421, "busy"), notify.ErrUnavailable, 421, 0},
		{"refused at connect for good", sink.StageConnect, sink.Refuse(554, "no"), notify.ErrUnavailable, 554, 0},
		{"dropped at connect", sink.StageConnect, sink.ErrDrop, notify.ErrUnavailable, 0, 0},
		{"sender refused for now", sink.StageMail, sink.Refuse(451, "later"), notify.ErrUnavailable, 451, 0},
		{"sender refused", sink.StageMail, sink.Refuse(550, "not you"), notify.ErrUnavailable, 550, 0},
		{"authentication wanted", sink.StageMail, sink.Refuse(530, "log in"), notify.ErrUnavailable, 530, 0},
		{"dropped after MAIL", sink.StageMail, sink.ErrDrop, notify.ErrUnavailable, 0, 0},
		{"authentication wanted late", sink.StageRcpt, sink.Refuse(530, "log in"), notify.ErrUnavailable, 530, 0},
		{"closing at RCPT", sink.StageRcpt, sink.Refuse(421, "closing"), notify.ErrUnavailable, 421, 0},
		{"relaying denied", sink.StageRcpt, relayingDenied, notify.ErrRetry, 554, 0},
		{"recipient refused for now", sink.StageRcpt, sink.Refuse(450, "full"), notify.ErrRetry, 450, 0},
		{"recipient unknown", sink.StageRcpt, sink.Refuse(550, "no such user"), notify.ErrRefused, 550, 0},
		{"dropped after RCPT", sink.StageRcpt, sink.ErrDrop, notify.ErrRetry, 0, 0},
		{"dropped while DATA", sink.StageData, sink.ErrDrop, notify.ErrInDoubt, 0, 0},
		{"closing after the text", sink.StageRead, sink.Refuse(421, "closing"), notify.ErrUnavailable, 421, 0},
		{"text refused", sink.StageRead, sink.Refuse(554, "spam"), notify.ErrRefused, 554, 0},
		{"text refused for now", sink.StageRead, sink.Refuse(452, "disk full"), notify.ErrRetry, 452, 0},
		{"dropped before it was kept", sink.StageRead, sink.ErrDrop, notify.ErrInDoubt, 0, 0},
		{"dropped after it was kept", sink.StageAccepted, sink.ErrDrop, notify.ErrInDoubt, 0, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := startSink(t, sink.Options{At: func(stage sink.Stage, _ string) error {
				if stage == c.stage {
					return c.fault
				}
				return nil
			}})
			err := sender(s.Addr()).Send(t.Context(), message("m"))
			var failed *notify.SendError
			if !errors.Is(err, c.want) || !errors.As(err, &failed) || failed.Code != c.code {
				t.Errorf("got %v, want %v with code %d", err, c.want, c.code)
			}
			if n := len(s.Accepted()); n != c.kept {
				t.Errorf("%d mails kept, want %d", n, c.kept)
			}
		})
	}
}

func TestSendToNobody(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	_ = listener.Close()
	if err := sender(addr).Send(t.Context(), message("m")); !errors.Is(err, notify.ErrUnavailable) {
		t.Errorf("unreachable: %v", err)
	}
	if err := (notify.Sender{}).Send(t.Context(), message("m")); !errors.Is(err, notify.ErrUnavailable) {
		t.Errorf("no server: %v", err)
	}
	bad := message("m")
	bad.To = "not an address"
	if err := sender(addr).Send(t.Context(), bad); !errors.Is(err, notify.ErrRefused) {
		t.Errorf("bad address: %v", err)
	}
	if err := sender("no port").Send(t.Context(), message("m")); !errors.Is(err, notify.ErrUnavailable) {
		t.Errorf("bad server: %v", err)
	}
}

// A server that never answers after the text leaves the mail in doubt when time is up, and not much later.
func TestSendSlow(t *testing.T) {
	read, release := make(chan struct{}), make(chan struct{})
	s := startSink(t, sink.Options{At: func(stage sink.Stage, _ string) error {
		if stage == sink.StageRead {
			close(read)
			<-release
		}
		return nil
	}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-read
		cancel()
	}()
	err := sender(s.Addr()).Send(ctx, message("m")) // ends although the server is still silent
	if !errors.Is(err, notify.ErrInDoubt) {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	close(release) // what the server does from now on is too late to be kept
	if n := len(s.Accepted()); n != 0 {
		t.Errorf("%d mails are kept after closing", n)
	}
}

func TestSendTLS(t *testing.T) {
	config, roots := selfSigned(t)
	s := startSink(t, sink.Options{TLS: config})
	secure := sender(s.Addr())
	secure.Security, secure.TLS = notify.StartTLS, &tls.Config{RootCAs: roots}
	if err := secure.Send(t.Context(), message("m")); err != nil {
		t.Error(err)
	}
	secure.TLS = nil
	if err := secure.Send(t.Context(), message("m")); !errors.Is(err, notify.ErrUnavailable) {
		t.Errorf("unknown root: %v", err)
	}
	plain := startSink(t, sink.Options{})
	secure = sender(plain.Addr())
	secure.Security = notify.StartTLS
	if err := secure.Send(t.Context(), message("m")); err == nil || len(plain.Accepted()) != 0 {
		t.Errorf("sent in clear although TLS was demanded (%v)", err)
	}
}

func selfSigned(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour),
		NotAfter:  time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true,
		BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

// A mail accepted twice is one file and two lines of the journal, also over a restart and a line cut off.
func TestSinkCountsTwice(t *testing.T) {
	dir := t.TempDir()
	s := startSink(t, sink.Options{Dir: dir})
	for i := range 2 {
		if err := sender(s.Addr()).Send(t.Context(), message(fmt.Sprintf("m%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.Doubled()) != 0 {
		t.Errorf("doubled %v", s.Doubled())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	journal, err := os.OpenFile(filepath.Join(dir, "accepted.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = journal.WriteString(`{"message_id":"cut`)
	if err = errors.Join(err, journal.Close()); err != nil {
		t.Fatal(err)
	}
	s = startSink(t, sink.Options{Dir: dir})
	if err := sender(s.Addr()).Send(t.Context(), message("m1")); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if got := s.Doubled(); len(got) != 1 || got[0] != "m1@covenant.example" {
		t.Errorf("doubled %v", got)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil || len(files) != 2 {
		t.Errorf("files %v", files)
	}
	if kept, err := sink.ReadJournal(dir); err != nil || len(kept) != 3 {
		t.Errorf("journal %v (%v)", kept, err)
	}
}
