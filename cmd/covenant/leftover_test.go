package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"covenant/signing/devpki"
	"covenant/workflow/notify/sink"
	"covenant/workflow/store"
)

// makers are those who make something that is only needed for a while, and what starts them the next time. What is
// made lies in dir, or in the temporary directory, which is dir/tmp. Some stand still in the middle; the others do it
// over and over, or are given a moment's work, and are caught at it.
var makers = map[string]struct {
	prepare, make, start func(dir string) error
}{
	"a file that is written": {
		make: func(dir string) error {
			return makeWhole(filepath.Join(dir, "of-today.zip"), 0o600, func(f *os.File) error {
				_, err := io.Copy(f, endless{})
				return err
			})
		},
		start: func(dir string) error { return writeWhole(filepath.Join(dir, "of-tomorrow.zip"), []byte("x"), 0o600) },
	},
	"a file that is kept": {
		make: func(dir string) error {
			_, _, err := store.NewDirectory(filepath.Join(dir, "data", "blobs")).Put(context.Background(), endless{})
			return err
		},
		start: openAndClose,
	},
	"a file on its way to object storage": {make: putIntoBucket, start: openAndClose},
	"a backup": {
		prepare: func(dir string) error { return program1("init", "--data", dir+"/data") },
		make:    func(dir string) error { return program1("backup", "--data", dir+"/data", "-o", dir+"/b.zip") },
		start:   func(dir string) error { return program1("backup", "--data", dir+"/data", "-o", dir+"/c.zip") },
	},
	"a restore": {
		prepare: func(dir string) error {
			if err := program1("init", "--data", dir+"/from"); err != nil {
				return err
			}
			return program1("backup", "--data", dir+"/from", "-o", dir+"/b.zip")
		},
		make: func(dir string) error {
			return program1("restore", dir+"/b.zip", "--unsigned", "--data", dir+"/data")
		},
		start: func(dir string) error {
			if err := os.RemoveAll(dir + "/data"); err != nil { // where it was whole just before it was killed
				return err
			}
			return program1("restore", dir+"/b.zip", "--unsigned", "--data", dir+"/data")
		},
	},
	"a mail that the sink keeps": {make: mailForever, start: func(dir string) error {
		s, err := sink.Start(context.Background(), sink.Options{Dir: dir + "/mail"})
		if err != nil {
			return err
		}
		return s.Close()
	}},
	"a certificate of the development PKI": {
		make: func(dir string) error {
			p, err := devpki.Open(dir+"/pki", devpki.Options{})
			for i := 0; err == nil; i++ {
				_, err = p.Issue(devpki.Subject{ID: fmt.Sprint("p", i), CommonName: "A"}, devpki.Profile{})
			}
			return err
		},
		start: func(dir string) error {
			_, err := devpki.Open(dir+"/pki", devpki.Options{})
			return err
		},
	},
	"a file that a page is given": {
		prepare: func(dir string) error { return program1("init", "--data", dir+"/data") },
		make:    uploadHalf,
		start: func(dir string) error {
			ctx, stop := context.WithTimeout(context.Background(), time.Second)
			defer stop()
			return serveUntil(ctx, dir, func(string) {})
		},
	},
}

// endless is a file of which more comes for ever, slowly.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	time.Sleep(10 * time.Millisecond)
	return copy(p, "more"), nil
}

func openAndClose(dir string) error {
	s, err := store.Open(context.Background(), store.Options{Dir: filepath.Join(dir, "data")})
	if err != nil {
		return err
	}
	return s.Close()
}

func putIntoBucket(string) error {
	there := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer there.Close()
	files, err := store.OpenBlobs(context.Background(), "s3://key:secret@"+strings.TrimPrefix(there.URL, "http://")+
		"/covenant?insecure=true&region=vn")
	if err == nil {
		_, _, err = files.Put(context.Background(), endless{})
	}
	return err
}

func mailForever(dir string) error {
	s, err := sink.Start(context.Background(), sink.Options{Dir: dir + "/mail"})
	for i := 0; err == nil; i++ {
		err = smtp.SendMail(s.Addr(), nil, "a@b.example", []string{"c@d.example"},
			fmt.Appendf(nil, "Message-ID: <%d@b.example>\r\nSubject: x\r\n\r\nx\r\n", i))
	}
	return err
}

// uploadHalf has the real program take half of a file that is to be checked.
func uploadHalf(dir string) error {
	return serveUntil(context.Background(), dir, func(address string) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			fmt.Fprintf(c, "POST /kiem-tra HTTP/1.1\r\nHost: %s\r\nContent-Length: 100000\r\n"+
				"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"+
				"Content-Disposition: form-data; name=\"tep\"; filename=\"a.pdf\"\r\n\r\n%%PDF-1.7 half", address)
		}
	})
}

// serveUntil serves dir/data, and tells where.
func serveUntil(ctx context.Context, dir string, tell func(address string)) error {
	out, in := io.Pipe()
	go func() {
		var said strings.Builder
		buffer := make([]byte, 1000)
		for told := false; ; {
			n, err := out.Read(buffer)
			if err != nil {
				return
			}
			said.Write(buffer[:n])
			if _, rest, ok := strings.Cut(said.String(), "http://"); ok && !told && strings.Contains(rest, "/") {
				address, _, _ := strings.Cut(rest, "/")
				tell(address)
				told = true
			}
		}
	}()
	e := &env{ctx: ctx, out: in, err: io.Discard, lang: "en"}
	return (&serveCmd{Data: dir + "/data", Listen: "127.0.0.1:0"}).Run(e)
}

func program1(args ...string) error {
	if status, said := told(args...); status != 0 {
		return fmt.Errorf("%v: %d %s", args, status, said)
	}
	return nil
}

// makerVariable tells a child of TestLeftovers who it is.
const makerVariable = "TEST_MAKER"

// makeSomething is the child.
func makeSomething(who string) {
	name, dir, _ := strings.Cut(who, ":")
	if err := makers[name].make(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// What a process needs for a while stays as long as it lives, even where it stands still, and is gone after the next
// start of what made it when it was killed.
func TestLeftovers(t *testing.T) {
	for name, m := range makers {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", filepath.Join(dir, "tmp"))
			if err := os.Mkdir(os.Getenv("TMPDIR"), 0o700); err != nil {
				t.Fatal(err)
			}
			if m.prepare != nil {
				if err := m.prepare(dir); err != nil {
					t.Fatal(err)
				}
			}
			kill, left := caught(t, name, dir)
			if err := m.start(dir); err != nil {
				t.Logf("beside a living one: %v", err) // where only one may be at it
			}
			for _, path := range left {
				if _, err := os.Stat(path); err != nil {
					t.Errorf("while its maker lived: %v", err)
				}
			}
			kill()
			if err := m.start(dir); err != nil {
				t.Error(err)
			}
			if still := temporaries(t, dir); len(still) > 0 {
				t.Errorf("after the next start there is still %v", still)
			}
		})
	}
}

// caught starts a maker and stops it while something temporary of it is there.
func caught(t *testing.T, name, dir string) (kill func(), left []string) {
	t.Helper()
	for range 200 {
		var said strings.Builder
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), makerVariable+"="+name+":"+dir)
		child.Stderr = &said
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		kill = func() {
			_ = child.Process.Kill() // it may have ended
			<-ended
		}
		t.Cleanup(kill)
		go func() { _ = child.Wait(); close(ended) }() // how it ended shows in what it left
		for running := true; running; {
			select {
			case <-ended:
				running = false // it was through before it was caught
			default:
				if len(temporaries(t, dir)) == 0 {
					continue
				}
				_ = child.Process.Signal(syscall.SIGSTOP)
				time.Sleep(20 * time.Millisecond) // it is heard in a moment
				left = slices.DeleteFunc(temporaries(t, dir), func(path string) bool {
					entries, err := os.ReadDir(path)
					return err != nil || len(entries) < 2 // it is not held yet, and its maker will make another
				})
				if len(left) > 0 {
					return kill, left
				}
				_ = child.Process.Signal(syscall.SIGCONT)
			}
		}
	}
	t.Fatal("it was never caught with anything temporary")
	return nil, nil
}

// temporaries are the directories below dir that are, or were, held for a while.
func temporaries(t *testing.T, dir string) (found []string) {
	t.Helper()
	prefixes := []string{unfinished, "incoming-", ".restoring-", ".new-", "covenant-"}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir || !entry.IsDir() {
			return nil //nolint:nilerr // it is gone by now
		}
		held := filepath.Base(filepath.Dir(path)) == "work"
		for _, prefix := range prefixes {
			held = held || strings.HasPrefix(entry.Name(), prefix)
		}
		if held {
			found = append(found, path)
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
