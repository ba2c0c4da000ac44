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

	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

// place names the installation that a command works on. Commands that write are carried out by the process that serves
// it, if one does, else by the command itself.
type place struct {
	Data     string `help:"Data directory. Default: ./data" placeholder:"DIR"`
	Database string `help:"PostgreSQL address; default is SQLite in the data directory." placeholder:"URL"`
	Config   string `help:"Configuration file (YAML), as serve has it." type:"existingfile" env:"COVENANT_CONFIG" placeholder:"FILE"`
	// Token is a file, so that no token stands in the list of processes.
	Token string `name:"token-file" help:"File with the access token of who gives the command. Default: the console gives it." env:"COVENANT_TOKEN_FILE" placeholder:"FILE"`
}

// answers are the questions about what a command says that whoever gives it answers with yes beforehand.
type answers struct {
	Mean []string `help:"Answer a question about unusual content, such as a year far ahead, with yes: the key that the question names. May be repeated." placeholder:"KEY"`
}

func (p place) settings() (config, error) {
	return loadConfig(p.Config, config{Data: p.Data, Database: p.Database})
}

// token is the access token of who gives a command; none: the console does.
func (p place) token() (string, error) {
	if p.Token == "" {
		return "", nil
	}
	return password(p.Token)
}

// read runs do on the installation opened read-only, also beside a process that serves it, as who has the token, or as
// the console by itself.
func (p place) read(e *env, do func(*engine.Engine, workflow.Actor) error) error {
	return p.readAs(e, "", do)
}

// readAs is read in a person's name, where the console may do that.
func (p place) readAs(e *env, person workflow.PersonID, do func(*engine.Engine, workflow.Actor) error) error {
	c, err := p.settings()
	if err != nil {
		return err
	}
	token, err := p.token()
	if err != nil {
		return err
	}
	return readOnlyWith(e, c.Data, c.Database, c.Blobs, func(eng *engine.Engine) error {
		by, err := giver(e.ctx, eng, token, person, workflow.AtConsole(thisUser(), c.console()))
		if err != nil {
			return err
		}
		return do(eng, by)
	})
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
func (p place) result(e *env, o order, fields any) (catalogue.Answer, error) {
	c, err := p.settings()
	if err != nil {
		return catalogue.Answer{}, err
	}
	if _, err := os.Stat(c.Data); err != nil {
		return catalogue.Answer{}, fmt.Errorf("data directory: %w", err)
	}
	if o, err = p.complete(e, o, fields); err != nil {
		return catalogue.Answer{}, err
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
	o.Language = e.lang
	if p.Database != "" {
		o.Database = databaseName(p.Database)
	}
	if o.Token, err = p.token(); err != nil {
		return o, err
	}
	o.Fields, err = catalogue.Encode(fields)
	return o, err
}

// ask has an order carried out that only reads: by the process that serves, else on the directory opened read-only.
func (p place) ask(e *env, asked order, fields catalogue.Show) (catalogue.Answer, error) {
	c, err := p.settings()
	if err != nil {
		return catalogue.Answer{}, err
	}
	o, err := p.complete(e, asked, fields)
	if err != nil {
		return catalogue.Answer{}, err
	}
	a, err := send(e.ctx, c.Data, o)
	if !errors.Is(err, errNotServed) {
		return a, err
	}
	if fields.Wait {
		return catalogue.Answer{}, sentence("không có tiến trình nào phục vụ thư mục %s nên không có gì để chờ",
			"nothing serves the directory %s, so there is nothing to wait for", c.Data)
	}
	err = p.read(e, func(eng *engine.Engine, _ workflow.Actor) (err error) {
		a, err = carryOut(e.ctx, eng, o, thisUser(), c.console())
		return err
	})
	return a, err
}

// here carries an order out in this process, on the installation opened for it alone. Nothing runs in the background:
// what is to follow waits for a process that serves.
func here(e *env, c config, o order) (a catalogue.Answer, err error) {
	i, err := openInstallationWith(e.ctx, c, time.Now, slog.New(slog.DiscardHandler), keptSecret)
	if err != nil {
		return catalogue.Answer{}, err
	}
	a, err = carryOut(e.ctx, i.engine, o, thisUser(), c.console())
	return a, errors.Join(err, i.close())
}

// errNotServed: no process has the control channel of the directory; nothing was sent.
var errNotServed = errors.New("no process serves this data directory")

// errUnanswered: the order was sent and no answer came. Whether it was carried out is not known.
var errUnanswered = errors.New("the serving process ended before it answered")

// send gives an order to the process that serves the data directory.
func send(ctx context.Context, data string, o order) (catalogue.Answer, error) {
	if len(o.Fields) > maxFields {
		return catalogue.Answer{}, tooLarge(int64(len(o.Fields)))
	}
	body, err := json.Marshal(o)
	if err != nil {
		return catalogue.Answer{}, fmt.Errorf("%s: %w", o.Command, err)
	}
	conn, err := dial(ctx, data)
	if err != nil {
		return catalogue.Answer{}, err
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://covenant"+ordersPath,
		bytes.NewReader(body))
	if err != nil {
		return catalogue.Answer{}, errors.Join(err, conn.Close())
	}
	request.GetBody = nil // never sent twice by itself
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return catalogue.Answer{}, unanswered(ctx, o, err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		var a catalogue.Answer
		if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
			return catalogue.Answer{}, unanswered(ctx, o, err)
		}
		return a, nil
	}
	if kind := response.Header.Get("Content-Type"); kind != "application/json" {
		return catalogue.Answer{}, sentence("tiến trình đang phục vụ thuộc phiên bản khác (%s); hãy khởi động lại nó "+
			"bằng chương trình này",
			"the process that serves is of another release (%s); start it again with this program", response.Status)
	}
	var f catalogue.Failure
	if err := json.NewDecoder(response.Body).Decode(&f); err != nil {
		return catalogue.Answer{}, unanswered(ctx, o, fmt.Errorf("%s: %w", response.Status, err))
	}
	return catalogue.Answer{}, f.Err()
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

func (e *lostAnswer) Error() string   { return e.In(words.English) }
func (e *lostAnswer) Unwrap() []error { return []error{errUnanswered, e.cause} }

// In is the error in the reader's language.
func (e *lostAnswer) In(l words.Language) string {
	again := ""
	if e.key != "" {
		again = " --key " + e.key
	}
	return words.F(
		"tiến trình đang phục vụ không trả lời (%v); chưa rõ lệnh đã được thực hiện chưa. Hãy chạy lại đúng lệnh "+
			"này%s: "+
			"lệnh chỉ được thực hiện một lần",
		"the serving process gave no answer (%v); whether it was carried out is not known. Give the same command "+
			"again%s: "+
			"it is carried out once", e.cause, words.Of(with(" với", again), with(" with", again))).In(l)
}

func with(word, what string) string {
	if what == "" {
		return ""
	}
	return word + what
}
