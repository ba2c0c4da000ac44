package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"covenant/internal/lock"
	"covenant/workflow"
	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

// The control channel: over a socket in the data directory the command line has the serving process carry out its
// orders. Whoever may open the socket is the user that serves, or root: they may write to the database without it, so
// it gives no right that the command line has not. HTTP over a Unix-domain socket; one request, POST /v1/orders: an
// [order], answered by a [catalogue.Answer] or, with another status than 200, a [catalogue.Failure].

const (
	ordersPath = "/v1/orders"
	// maxOrder bounds an order, in bytes: a scan of 20 MB in base64, and room.
	maxOrder  = 48 << 20
	maxFields = maxOrder - 64<<10 // of an order, and room for the rest of it
	// longestOrder is how long an order may take; signing asks time-stamp authorities.
	longestOrder = 5 * time.Minute
	// longestSocketPath is what every system takes (104 bytes on BSD with the final zero, 108 on Linux).
	longestSocketPath = 103
)

// controlDir holds the socket: a directory of its own, because the data directory may be readable for others.
func controlDir(data string) string { return filepath.Join(data, "control") }

// socketPath is an address of the socket that is short enough. Where the path itself is too long it leads through the
// directory, which stays open until done is called.
func socketPath(data string) (path string, done func() error, err error) {
	dir, err := filepath.Abs(controlDir(data))
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, "socket")
	if len(path) <= longestSocketPath {
		return path, func() error { return nil }, nil
	}
	opened, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	path = fmt.Sprintf("/proc/self/fd/%d/socket", opened.Fd())
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return "", nil, errors.Join(fmt.Errorf("path of the data directory is too long for a socket in it (%d bytes, "+
			"at most %d); choose a shorter one",
			len(dir)+len("/socket"), longestSocketPath), opened.Close())
	}
	return path, opened.Close, nil
}

// control is the serving side of the channel.
type control struct {
	listener *net.UnixListener
	lock     *os.File
	release  func() error // of the socket's directory
	path     string       // of the socket itself, however long
	engine   *engine.Engine
	database string
	policy   workflow.ConsolePolicy
	logger   *slog.Logger
}

// peerKey is under which a request's context names the user who sent it.
type peerKey struct{}

// withPeer notes who is at the other end of a connection.
func withPeer(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, peerUser(conn))
}

// openControl makes the socket. One that a killed process left is removed; while another process has it, it is an
// error.
func openControl(i *installation) (_ *control, err error) {
	c := &control{engine: i.engine, logger: i.logger, database: databaseName(i.config.Database),
		policy: i.config.console()}
	dir := controlDir(i.config.Data)
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("control channel in %s: %w", dir, err), c.close())
		}
	}()
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a directory must be entered
		return nil, err
	}
	if c.lock, err = lockControl(dir); err != nil {
		return nil, err
	}
	c.path = filepath.Join(dir, "socket")
	if err := os.Remove(c.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	address, release, err := socketPath(i.config.Data)
	if err != nil {
		return nil, err
	}
	c.release = release
	if c.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"}); err != nil {
		return nil, err
	}
	c.listener.SetUnlinkOnClose(false) // close removes it by its own path
	return c, os.Chmod(c.path, 0o600)
}

// lockControl makes sure that one process has the channel. The lock goes when the process ends, however it ends.
func lockControl(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock.Try(file); err != nil {
		if errors.Is(err, lock.ErrHeld) {
			err = errors.New("another process serves with this data directory; give each node one of its own")
		}
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// close removes the socket and lets the lock go.
func (c *control) close() error {
	var errs []error
	if c.listener != nil {
		if err := os.Remove(c.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
		if err := c.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if c.release != nil {
		errs = append(errs, c.release())
	}
	if c.lock != nil {
		errs = append(errs, c.lock.Close())
	}
	return errors.Join(errs...)
}

// ServeHTTP carries out one order. It is carried out to its end also when the asker goes away: under its key it can be
// asked for again.
func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != ordersPath {
		http.NotFound(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), longestOrder)
	defer cancel()
	var o order
	started := time.Now()
	a, err := func() (catalogue.Answer, error) {
		if r.ContentLength > maxOrder {
			return catalogue.Answer{}, tooLarge(r.ContentLength)
		}
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder))
		d.DisallowUnknownFields()
		if err := d.Decode(&o); err != nil {
			return catalogue.Answer{}, sentence("lệnh gửi đến không đọc được: %v", "the order cannot be read: %v", err)
		}
		if o.Database != "" && o.Database != c.database {
			return catalogue.Answer{}, sentence("thư mục dữ liệu này đang được phục vụ trên cơ sở dữ liệu %s, không "+
				"phải %s; hãy bỏ --database",
				"this data directory is served on the database %s, not %s; leave --database out", c.database,
				o.Database)
		}
		user, _ := ctx.Value(peerKey{}).(string)
		return carryOut(ctx, c.engine, o, user, c.policy)
	}()
	status, body := http.StatusOK, any(a)
	if err != nil {
		body, status = catalogue.FailureOf(err), engine.HTTPStatus(err)
	}
	level := slog.LevelInfo
	switch {
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
	case o.Command == "show":
		level = slog.LevelDebug
	}
	c.logger.Log(ctx, level, "order", "order", o, "status", status, "took", time.Since(started).Round(time.Millisecond),
		"error", err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		c.logger.WarnContext(ctx, "the answer to an order did not arrive; it can be asked for again under its key",
			"order", o, "error", err)
	}
}

func tooLarge(size int64) error {
	return sentence("lệnh quá lớn (%d byte, tối đa %d)", "the order is too large (%d bytes, at most %d)", size,
		maxOrder)
}

// databaseName is a database without user and password: “sqlite”, or host, port and name of a PostgreSQL address.
func databaseName(address string) string {
	if address == "" {
		return "sqlite"
	}
	c, err := pgconn.ParseConfig(address)
	if err != nil {
		return "?"
	}
	return (&url.URL{Scheme: "postgres", Host: fmt.Sprintf("%s:%d", strings.ToLower(c.Host), c.Port),
		Path: c.Database}).String()
}
