package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// serveControl serves a new data directory's control channel from this process.
func serveControl(t *testing.T, data string, log *bytes.Buffer) *installation {
	t.Helper()
	i, err := openInstallation(t.Context(), config{Data: data, Console: "everything"}, time.Now,
		slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	c, err := openControl(i)
	if err != nil {
		t.Fatal(errors.Join(err, i.close()))
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serveHTTP(ctx, c.listener, c) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, c.close(), i.close()); err != nil {
			t.Error(err)
		}
	})
	return i
}

// The socket is for its owner alone, also where its path is longer than a socket's may be, and it is gone when nobody
// serves.
func TestControlSocket(t *testing.T) {
	for name, data := range map[string]string{
		"short": filepath.Join(shortDir(t), "d"),
		"long":  filepath.Join(t.TempDir(), strings.Repeat("một-thư-mục-", 12), "d"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("served", func(t *testing.T) {
				if err := os.MkdirAll(data, 0o755); err != nil { // as an operator may have made it
					t.Fatal(err)
				}
				i := serveControl(t, data, new(bytes.Buffer))
				for path, want := range map[string]fs.FileMode{"": fs.ModeDir | 0o700,
					"socket": fs.ModeSocket | 0o600} {
					info, err := os.Lstat(filepath.Join(controlDir(data), path))
					if err != nil || info.Mode() != want {
						t.Errorf("%s: %v, %v, want %v", path, info, err, want)
					}
				}
				_, err := send(t.Context(), data, call("show", "none", ""))
				if workflow.ErrorCode(err) != workflow.CodeNotFound {
					t.Errorf("show: %v", err)
				}
				if _, err := openControl(i); err == nil || !strings.Contains(err.Error(), "another process serves") {
					t.Errorf("opened twice: %v", err)
				}
			})
			if _, err := send(t.Context(), data, call("show", "", "")); !errors.Is(err, errNotServed) {
				t.Errorf("after the end: %v", err)
			}
			if _, err := os.Lstat(filepath.Join(controlDir(data), "socket")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the socket is still there: %v", err)
			}
		})
	}
}

// shortDir is a directory whose path is short.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "c")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// A socket that a killed process left is nobody's: the command line opens the directory itself, and the next one that
// serves makes it anew.
func TestControlStaleSocket(t *testing.T) {
	data := shortDir(t)
	if err := os.MkdirAll(controlDir(data), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(controlDir(data), "socket")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := send(t.Context(), data, call("show", "", "")); !errors.Is(err, errNotServed) {
		t.Errorf("a stale socket: %v", err)
	}
	serveControl(t, data, new(bytes.Buffer))
	if _, err := send(t.Context(), data, call("show", "", "")); workflow.ErrorCode(err) != workflow.CodeNotFound {
		t.Errorf("made anew: %v", err)
	}
	other := shortDir(t)
	if err := os.WriteFile(controlDir(other), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	i, err := openInstallation(t.Context(), config{Data: other}, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer i.close()
	if _, err := openControl(i); err == nil || !strings.Contains(err.Error(), "control channel in "+controlDir(other)) {
		t.Errorf("where no directory can be made: %v", err)
	}
}

// An order that is given under a key is carried out once, and the log says by whom and from where: the command line.
func TestControlOrders(t *testing.T) {
	var log bytes.Buffer
	data := t.TempDir()
	i := serveControl(t, data, &log)
	d := newDriver(&ordeal{t: t})
	if err := applyBlock(t.Context(), i.engine, d.block); err != nil {
		t.Fatal(err)
	}
	draft, err := place{}.complete(&env{lang: "en"}, call("draft", "2026/x", "k1").as("giap-van-chinh"),
		engine.DraftRequest{
			Title: "Giao ước", Year: 2026, Block: d.block.Block.ID, Template: "giao-uoc-thi-dua", Values: d.values,
		})
	if err != nil {
		t.Fatal(err)
	}
	first, err := send(t.Context(), data, draft)
	if err != nil {
		t.Fatal(err)
	}
	again, err := send(t.Context(), data, draft)
	if err != nil || again.Covenant != first.Covenant {
		t.Errorf("given again: %+v, %v, want %s", again, err, first.Covenant)
	}
	v, err := i.engine.View(t.Context(), testConsole, "2026/x")
	if err != nil || len(v.Timeline) != 1 ||
		v.Timeline[0].By != (workflow.Doer{Person: "giap-van-chinh", Console: thisUser()}) {
		t.Errorf("%+v, %v", v.Timeline, err)
	}
	err = i.store.View(t.Context(), func(tx *store.Tx) error {
		events, err := tx.Events(t.Context(), store.Stream("covenant/"+string(first.Covenant)), 1)
		for _, e := range events {
			if e.Origin != "console" || e.CommandKey != "k1" {
				t.Errorf("%s has origin %q and key %q", e.Kind, e.Origin, e.CommandKey)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "order.command=draft order.address=2026/x order.as=giap-van-chinh "+
		"order.key=k1 status=200") {
		t.Errorf("the log does not tell of the order:\n%s", log.String())
	}
}

// The serving side takes nothing that it does not know, and nothing that is too large; a process that dies before it
// answers leaves the asker with the key.
func TestControlLimits(t *testing.T) {
	data := shortDir(t)
	serveControl(t, data, new(bytes.Buffer))
	if _, err := send(t.Context(), data, call("dance", "", "")); err == nil ||
		!strings.Contains(explain(err, "vi"), "không có lệnh “dance”") {
		t.Errorf("an unknown command: %v", err)
	}
	if _, err := send(t.Context(), data, order{Call: catalogue.Call{Command: "cancel", Address: "x", Fields: []byte(`{"raeson":"x"}`)}, As: "y"}); err == nil || !strings.Contains(err.Error(), "raeson") {
		t.Errorf("an unknown field: %v", err)
	}
	large := order{Call: catalogue.Call{Command: "upload-signed", Fields: json.RawMessage(`"` + strings.Repeat("a", maxOrder) + `"`)}}
	if _, err := send(t.Context(), data, large); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a large order: %v", err)
	}
	if status := postRaw(t, data, maxOrder+2); status != 422 {
		t.Errorf("a large order from elsewhere: status %d", status)
	}
	deaf := shortDir(t)
	if err := os.MkdirAll(controlDir(deaf), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(controlDir(deaf), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			conn.Close()
		}
	}()
	_, err = send(t.Context(), deaf, call("cancel", "", "k-7"))
	if !errors.Is(err, errUnanswered) || !strings.Contains(explain(err, "vi"), "chạy lại đúng lệnh này với --key k-7") {
		t.Errorf("no answer: %v", err)
	}
}

// postRaw posts that many bytes of an order past the client, and gives the status.
func postRaw(t *testing.T, data string, size int) int {
	t.Helper()
	conn, err := dial(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		// the server hangs up
		_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: covenant\r\nContent-Length: %d\r\n\r\n{\"slug\":\"%s",
			ordersPath, size, strings.Repeat("a", 1<<20))
	}()
	var status int
	if _, err := fmt.Fscanf(conn, "HTTP/1.1 %d", &status); err != nil {
		t.Fatal(err)
	}
	return status
}

// A process of another release that has another path says so.
func TestControlOfAnotherRelease(t *testing.T) {
	data := shortDir(t)
	if err := os.MkdirAll(controlDir(data), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(controlDir(data), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute}
	go server.Serve(l)
	defer server.Close()
	if _, err := send(t.Context(), data, call("cancel", "", "")); err == nil ||
		!strings.Contains(err.Error(), "another release (404 Not Found)") {
		t.Errorf("%v", err)
	}
}

// What people write as a field is refused or understood, and then comes over the channel.
func FuzzFields(f *testing.F) {
	for _, seed := range []string{
		"reason=x", "comments=[{clause: a, text: b}]", "scores=[{criterion: a, points: 1,5}]",
		"votes=[{agency: a, votes: 99999999999999999999}]",
		"motions=[[a]]", "choices={a: b}", "date=2026-02-30", "manifest=zz", "motions=&a [*a]", "by=someone-else",
	} {
		f.Add(seed)
	}
	all := catalogue.Commands()
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range all {
			target := reflect.New(c.Params)
			if strings.Contains(text, "=@") || setField(target.Interface(), text) != nil { // no files
				continue
			}
			if _, err := (place{}).complete(&env{}, call(c.Name, "", ""), target.Interface()); err != nil {
				t.Errorf("%s: %q cannot be sent: %v", c.Name, text, err)
			}
		}
	})
}

// What an order may hold in secret stands in no text that is made of it.
func TestOrderHidesItsFields(t *testing.T) {
	o, err := place{}.complete(&env{lang: "vi"}, call("sign", "x", "z").as("y"), engine.SignRequest{PIN: "135790"})
	if err != nil || !strings.Contains(string(o.Fields), "135790") {
		t.Fatalf("the fields are not there: %s, %v", o.Fields, err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("text", "order", o)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "order", o)
	for _, text := range []string{fmt.Sprint(o), fmt.Sprintf("%v %+v %s", o, o, o), log.String()} {
		if strings.Contains(text, "135790") {
			t.Errorf("the PIN stands in %s", text)
		}
	}
}

// Every command's fields can be written by hand, and come over the channel as they were.
func TestCommandFieldsOnTheWire(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("bytes \x00\xff"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range catalogue.Commands() {
		target := reflect.New(c.Params)
		for _, f := range c.Fields() {
			if f.Secret {
				continue
			}
			if err := setField(target.Interface(), f.Name+"="+sample(f, file)); err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
			if target.Elem().FieldByIndex(f.Index).IsZero() {
				t.Errorf("%s: %s was not set", c.Name, f.Name)
			}
		}
		o, err := place{}.complete(&env{lang: "en"}, call(c.Name, "", ""), target.Interface())
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Decode(o.Fields)
		if want := target.Elem().Interface(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s came as %+v, %v, want %+v", c.Name, got, err, want)
		}
	}
}

// sample is a value as people write it.
func sample(f catalogue.Field, file string) string {
	switch {
	case len(f.Choices()) > 0:
		return f.Choices()[0]
	case f.Type == reflect.TypeFor[[]byte]():
		return "@" + file
	case f.Type == reflect.TypeFor[workflow.Date]():
		return "2026-11-25"
	case f.Type == reflect.TypeFor[workflow.Digest]():
		return strings.Repeat("ab", 32)
	case f.Type.Kind() == reflect.Bool:
		return "true"
	case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
		var parts []string
		for _, inner := range catalogue.FieldsOf(f.Type.Elem()) {
			parts = append(parts, inner.Name+": "+sample(inner, file))
		}
		return "[{" + strings.Join(parts, ", ") + "}]"
	case f.Type.Kind() == reflect.Slice:
		return "[một, hai]"
	}
	return "7" // a number, points, or any text
}

// applyBlock brings the directory in step with a block file, as the console does.
func applyBlock(ctx context.Context, eng *engine.Engine, file *workflow.BlockFile) error {
	_, err := eng.Do(ctx, "", workflow.ApplyBlock{File: file},
		engine.Meta{Actor: workflow.AtConsole("test", workflow.ConsoleOff)})
	return err
}
