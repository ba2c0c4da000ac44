package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"covenant/workflow"
)

// Senders who stop in the middle hold a place for receiving each, and nothing else: others are judged meanwhile. They
// are ended when they have been silent for long enough.
func TestIdleUploadsBlockNobody(t *testing.T) {
	t.Parallel()
	s, err := newServer(Config{
		Engine: shared().Engine, Logger: quiet,
		Actor: func(*http.Request) workflow.Actor { return workflow.Actor{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.intake.silence = time.Hour
	pages := s.guard(s.routes())
	server := httptest.NewServer(pages)
	defer server.Close()
	file := fileOf(t, shared(), shared().resume(signing4).now().Covenant.Frozen.PDF)
	idle := make([]net.Conn, 0, receivingAtOnce)
	for range receivingAtOnce - 1 {
		idle = append(idle, stopInTheMiddle(t, server.Listener.Addr().String()))
	}
	waitFor(t, func() bool { return s.intake.now() == receivingAtOnce-1 })
	upload(t, pages, "tep", "a.pdf", file).contains("p.verdict", "chưa có chữ ký nào")
	idle = append(idle, stopInTheMiddle(t, server.Listener.Addr().String()))
	waitFor(t, func() bool { return s.intake.now() == receivingAtOnce })
	if p := upload(t, pages, "tep", "a.pdf", file); p.status != http.StatusServiceUnavailable {
		t.Errorf("the sixty-fifth: status %d", p.status)
	}
	for _, c := range idle {
		c.Close()
	}
	waitFor(t, func() bool { return s.intake.now() == 0 })

	s.intake.silence = 50 * time.Millisecond
	c := stopInTheMiddle(t, server.Listener.Addr().String())
	defer c.Close()
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || answer.StatusCode != http.StatusBadRequest {
		t.Errorf("silent for too long: %v, %v", answer, err)
	}
	waitFor(t, func() bool { return s.intake.now() == 0 })
}

// now is how many files are on their way or being judged.
func (i *intake) now() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.receiving
}

func waitFor(t testing.TB, done func() bool) {
	t.Helper()
	for !done() {
		if t.Context().Err() != nil {
			t.Fatal("it did not come")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// stopInTheMiddle begins an upload and sends no more.
func stopInTheMiddle(t testing.TB, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	const begin = "--x\r\nContent-Disposition: form-data; name=\"tep\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7\n"
	_, err = io.WriteString(c, "POST /kiem-tra HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"+
		"Content-Type: multipart/form-data; boundary=x\r\n\r\n"+begin)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// One address has its share and no more; this machine, from which a proxy speaks for all, has the whole.
func TestIntakeShares(t *testing.T) {
	i := newIntake()
	enter := func(address string, want bool) func() {
		t.Helper()
		leave, ok := i.enter(netip.MustParseAddr(address))
		if ok != want {
			t.Errorf("%s enters: %t", address, ok)
		}
		return leave
	}
	var first func()
	for range perAddress {
		first = enter("192.0.2.1", true)
	}
	enter("192.0.2.1", false)
	enter("192.0.2.2", true)
	first()
	enter("192.0.2.1", true)
	for range receivingAtOnce - perAddress - 1 {
		enter("::1", true)
	}
	enter("::1", false)
	enter("192.0.2.3", false)
}

// What visitors' files take of memory together is bounded: what does not fit waits, in its turn.
func TestJudgingSharesMemory(t *testing.T) {
	i := newIntake()
	var memory, most atomic.Int64
	var all sync.WaitGroup
	for n := range 40 {
		bytes := int64(1+n%5) * judgingMemory / 4 // the largest asks for more than there is, and gets it alone
		all.Go(func() {
			err := i.judge(context.Background(), bytes, func() error {
				now := memory.Add(min(bytes, judgingMemory))
				for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
				}
				time.Sleep(time.Millisecond)
				memory.Add(-min(bytes, judgingMemory))
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() > judgingMemory {
		t.Errorf("%d bytes at once", most.Load())
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	hold := make(chan struct{})
	go func() {
		_ = i.judge(context.Background(), judgingMemory, func() error { hold <- struct{}{}; <-hold; return nil })
	}()
	<-hold
	if err := i.judge(gone, 1, func() error { return nil }); err == nil {
		t.Error("judged though nobody waits and there is no room")
	}
	hold <- struct{}{}
}

func TestClientAddress(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:80": "192.0.2.1", "[::ffff:192.0.2.1]:80": "192.0.2.1", "[fe80::1%eth0]:80": "fe80::1", "@": "::",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(""))
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		if got := fmt.Sprint(clientAddress(r)); got != want {
			t.Errorf("%s: %s", remote, got)
		}
	}
}
