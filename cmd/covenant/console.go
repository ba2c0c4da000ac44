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
	"syscall"
	"time"

	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// place names the installation that a command works on. Commands that write are carried out by the process that serves it, if
// one does, else by the command itself.
type place struct {
	Data     string `help:"Data directory. Default: ./data" placeholder:"DIR"`
	Database string `help:"PostgreSQL address; default is SQLite in the data directory." placeholder:"URL"`
	Config   string `help:"Configuration file (YAML), as serve has it." type:"existingfile" env:"COVENANT_CONFIG" placeholder:"FILE"`
}

func (p place) settings() (config, error) {
	return loadConfig(p.Config, config{Data: p.Data, Database: p.Database})
}

// read runs do on the installation opened read-only, also beside a process that serves it.
func (p place) read(e *env, do func(*engine.Engine) error) error {
	c, err := p.settings()
	if err != nil {
		return err
	}
	return readOnlyWith(e, c.Data, c.Database, c.Blobs, do)
}

// startWait is how long to wait for a process that holds the data directory to open its control channel.
const startWait = 3 * time.Second

// give has an order carried out and prints what there is to say.
func (p place) give(e *env, o order, fields any) error {
	a, err := p.result(e, o, fields)
	if err != nil {
		return err
	}
	for _, line := range a.Lines {
		fmt.Fprintln(e.out, line)
	}
	return nil
}

// result has an order carried out where the directory is served, else here.
func (p place) result(e *env, o order, fields any) (answer, error) {
	c, err := p.settings()
	if err != nil {
		return answer{}, err
	}
	if _, err := os.Stat(c.Data); err != nil {
		return answer{}, fmt.Errorf("data directory: %w", err)
	}
	if o, err = p.complete(e, o, fields); err != nil {
		return answer{}, err
	}
	for began := time.Now(); ; {
		a, err := send(e.ctx, c.Data, o)
		if !errors.Is(err, errNotServed) {
			return a, err
		}
		a, err = here(e, c, o)
		if !errors.Is(err, store.ErrServed) || time.Since(began) > startWait {
			return a, err
		}
		time.Sleep(100 * time.Millisecond) // it has the directory, and will open its channel
	}
}

// complete writes the fields of an order down.
func (p place) complete(e *env, o order, fields any) (_ order, err error) {
	o.Lang = e.lang
	if p.Database != "" {
		o.Database = databaseName(p.Database)
	}
	if o.Fields, err = json.Marshal(fields); err != nil {
		return o, fmt.Errorf("%s: %w", o.Command, err)
	}
	return o, nil
}

// ask has an order carried out that only reads: by the process that serves, else on the directory opened read-only.
func (p place) ask(e *env, command, slug string, fields showParams) (answer, error) {
	c, err := p.settings()
	if err != nil {
		return answer{}, err
	}
	o, err := p.complete(e, order{Command: command, Slug: slug}, fields)
	if err != nil {
		return answer{}, err
	}
	a, err := send(e.ctx, c.Data, o)
	if !errors.Is(err, errNotServed) {
		return a, err
	}
	if fields.Wait {
		return answer{}, sentence("không có tiến trình nào phục vụ thư mục %s nên không có gì để chờ", "nothing serves the directory %s, so there is nothing to wait for", c.Data)
	}
	err = p.read(e, func(eng *engine.Engine) (err error) {
		a, err = carryOut(e.ctx, eng, o)
		return err
	})
	return a, err
}

// here carries an order out in this process, on the installation opened for it alone. Nothing runs in the background: what is
// to follow waits for a process that serves.
func here(e *env, c config, o order) (a answer, err error) {
	w, err := openWorldWith(e.ctx, c, time.Now, slog.New(slog.DiscardHandler), keptSecret)
	if err != nil {
		return answer{}, err
	}
	a, err = carryOut(e.ctx, w.engine, o)
	return a, errors.Join(err, w.close())
}

// errNotServed: no process has the control channel of the directory; nothing was sent.
var errNotServed = errors.New("no process serves this data directory")

// errUnanswered: the order was sent and no answer came. Whether it was carried out is not known.
var errUnanswered = errors.New("the serving process ended before it answered")

// send gives an order to the process that serves the data directory.
func send(ctx context.Context, data string, o order) (answer, error) {
	if len(o.Fields) > maxFields {
		return answer{}, tooLarge(int64(len(o.Fields)))
	}
	body, err := json.Marshal(o)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", o.Command, err)
	}
	conn, err := dial(ctx, data)
	if err != nil {
		return answer{}, err
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://covenant"+ordersPath, bytes.NewReader(body))
	if err != nil {
		return answer{}, errors.Join(err, conn.Close())
	}
	request.GetBody = nil // never sent twice by itself
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return answer{}, unanswered(ctx, o, err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		var a answer
		if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
			return answer{}, unanswered(ctx, o, err)
		}
		return a, nil
	}
	if kind := response.Header.Get("Content-Type"); kind != "application/json" {
		return answer{}, sentence("tiến trình đang phục vụ thuộc phiên bản khác (%s); hãy khởi động lại nó bằng chương trình này",
			"the process that serves is of another release (%s); start it again with this program", response.Status)
	}
	var r refusal
	if err := json.NewDecoder(response.Body).Decode(&r); err != nil {
		return answer{}, unanswered(ctx, o, fmt.Errorf("%s: %w", response.Status, err))
	}
	return answer{}, r.err()
}

// dial opens the control channel.
func dial(ctx context.Context, data string) (net.Conn, error) {
	address, done, err := socketPath(data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNotServed
	}
	if err != nil {
		return nil, fmt.Errorf("control channel: %w", err)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", address)
	if err = errors.Join(err, done()); err == nil {
		return conn, nil
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, errNotServed
	}
	return nil, fmt.Errorf("control channel %s: %w", filepath.Join(controlDir(data), "socket"), err)
}

// unanswered says what to do when no answer came.
func unanswered(ctx context.Context, o order, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return &lostAnswer{o.Key, err}
}

// lostAnswer is errUnanswered with the key under which to ask again.
type lostAnswer struct {
	key   string
	cause error
}

func (e *lostAnswer) Error() string   { return e.Sentence("en") }
func (e *lostAnswer) Unwrap() []error { return []error{errUnanswered, e.cause} }

// Sentence is the error in the reader's language.
func (e *lostAnswer) Sentence(lang string) string {
	again := [2]string{"", ""}
	if e.key != "" {
		again = [2]string{" với --key " + e.key, " with --key " + e.key}
	}
	if lang == "en" {
		return fmt.Sprintf("the serving process gave no answer (%v); whether it was carried out is not known. Give the same command again%s: it is carried out once", e.cause, again[1])
	}
	return fmt.Sprintf("tiến trình đang phục vụ không trả lời (%v); chưa rõ lệnh đã được thực hiện chưa. Hãy chạy lại đúng lệnh này%s: lệnh chỉ được thực hiện một lần", e.cause, again[0])
}
