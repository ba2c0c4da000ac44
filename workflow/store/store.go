package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"covenant/workflow/store/db"
)

// Options say where the store lives. Dir is required; everything else has a default.
type Options struct {
	// Dir is the data directory: the SQLite database, the blobs and the lock. Created if missing.
	Dir string
	// DatabaseURL is a PostgreSQL URL (postgres://…). Empty: SQLite in Dir.
	DatabaseURL string
	// ReadOnly opens without the lock and without migrating, beside a process that serves. SQLite and
	// PostgreSQL both refuse to write then.
	ReadOnly bool
	// Blobs keeps the files. Default: the directory Dir/blobs.
	Blobs Blobs
	// MailDomain is the right-hand side of Message-IDs. Default: covenant.invalid.
	MailDomain string
	// Readers is the number of connections that read (SQLite) or of all connections (PostgreSQL). Default: 8,
	// on PostgreSQL 16.
	Readers int
	// Logger receives migrations and what the job engine says. Default: nothing is logged.
	Logger *slog.Logger
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Store is an open database with its blobs. It is safe for concurrent use.
type Store struct {
	dialect    dialect
	writer     *sql.DB // SQLite: one connection. PostgreSQL: the pool.
	reader     *sql.DB
	pool       *pgxpool.Pool // PostgreSQL only
	lock       *dirLock
	jobs       inserter
	dir        string
	blobs      Blobs
	mailDomain string
	// installation names the installation, at random; empty in a database of an earlier program that is only read.
	installation string
	readOnly     bool
	afterClose   func() error // removes what a database on a read-only medium is read from; may be nil
	claimed      atomic.Bool  // a mail was claimed for sending by this process
	logger       *slog.Logger
	now          func() time.Time
}

type dialect int

const (
	sqliteDialect dialect = iota
	postgresDialect
)

// Open opens the store, creating and migrating the database unless it is opened read-only. The error is
// ErrServed if another process serves the same data directory.
func Open(ctx context.Context, opts Options) (*Store, error) {
	if opts.Dir == "" {
		return nil, errors.New("open store: no data directory given")
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", opts.Dir, err)
	}
	s := &Store{dir: dir, readOnly: opts.ReadOnly, blobs: opts.Blobs, mailDomain: opts.MailDomain,
		logger: opts.Logger, now: opts.Now}
	if opts.DatabaseURL != "" {
		s.dialect = postgresDialect
	}
	s.setDefaults()
	if err := s.belongs(); err != nil {
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	if !opts.ReadOnly {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, &storeError{ErrStorage, fmt.Errorf("create data directory: %w", err)}
		}
	}
	if err := s.open(ctx, opts); err != nil {
		_ = s.Close() // the first error is the one to tell
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	return s, nil
}

func (s *Store) setDefaults() {
	if s.blobs == nil {
		s.blobs = NewDirectory(filepath.Join(s.dir, "blobs"))
	}
	if s.mailDomain == "" {
		s.mailDomain = "covenant.invalid"
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
}

func (s *Store) open(ctx context.Context, opts Options) error {
	var err error
	if s.dialect == postgresDialect {
		err = s.openPostgres(ctx, opts.DatabaseURL, opts.Readers)
	} else {
		err = s.openSQLite(ctx, opts.Readers)
	}
	if err == nil && !s.readOnly {
		err = s.clearLeft()
	}
	if err != nil {
		return err
	}
	return s.settle(ctx)
}

// Close releases the database and the lock. Stop the jobs first.
func (s *Store) Close() error {
	var errs []error
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	if s.reader != nil && s.reader != s.writer {
		errs = append(errs, s.reader.Close())
	}
	if s.pool != nil {
		s.pool.Close()
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	if s.afterClose != nil {
		errs = append(errs, s.afterClose())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store %s: %w", s.dir, err)
	}
	return nil
}

// Blobs is where the files of this store lie.
func (s *Store) Blobs() Blobs { return s.blobs }

// Dir is the absolute path of the data directory.
func (s *Store) Dir() string { return s.dir }

// Names of the databases.
const (
	DatabaseSQLite   = "sqlite"
	DatabasePostgres = "postgres"
)

// Database names the database in use: DatabaseSQLite or DatabasePostgres.
func (s *Store) Database() string {
	if s.dialect == postgresDialect {
		return DatabasePostgres
	}
	return DatabaseSQLite
}

// Tx is one transaction. It must not be kept after the function that it was given to, nor shared by
// goroutines. After any error from a writing method return that error: the transaction is lost.
type Tx struct {
	s        *Store
	tx       *sql.Tx
	conn     *sql.Conn // PostgreSQL only: the connection of tx, for the job engine
	q        *db.Queries
	writes   bool
	ahead    ahead
	onCommit []func()
	rooms
}

// rooms hold what a transaction can do, grouped by what it is about; each works on the transaction that it is part of.
type rooms struct {
	occurrences
	mails
	covenants
	numbers
	keys
	accounts
	ballots
	subjects
	records
	workings
}

type (
	occurrences struct{ *Tx } // duties and when their steps fall due
	mails       struct{ *Tx } // letters and what became of them
	covenants   struct{ *Tx } // the derived rows of covenants and their parties
	numbers     struct{ *Tx } // the register of documents
	keys        struct{ *Tx } // sealed keys
	accounts    struct{ *Tx } // accounts and settings
	ballots     struct{ *Tx } // secret ballots
	subjects    struct{ *Tx } // personal data and their commitments
	records     struct{ *Tx } // the record: tree, checkpoints, and the daily roots of v0.1
)

// furnish gives a transaction its rooms.
func (tx *Tx) furnish() *Tx {
	tx.rooms = rooms{occurrences{tx}, mails{tx}, covenants{tx}, numbers{tx}, keys{tx}, accounts{tx}, ballots{tx},
		subjects{tx}, records{tx}, workings{tx}}
	return tx
}

// OnCommit registers fn to run once the transaction is durable, in order of registration.
func (tx *Tx) OnCommit(fn func()) { tx.onCommit = append(tx.onCommit, fn) }

// Now is the store's clock.
func (tx *Tx) Now() time.Time { return tx.s.now() }

// Update runs fn in one writing transaction and commits if it returns nil. On an error or a panic in fn, or when ctx
// ends before the commit, nothing is written.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	if s.readOnly {
		return ErrReadOnly
	}
	stopWatch := s.watchWait(ctx)
	tx, err := s.begin(ctx, s.writer, true)
	stopWatch()
	if err != nil {
		return err
	}
	return tx.run(ctx, fn)
}

// slowWait is how long an Update may wait for its turn before the log says so.
const slowWait = 15 * time.Second

// watchWait warns of an Update that waits long for a connection: most likely one that was called inside another, which
// on SQLite waits for itself.
func (s *Store) watchWait(ctx context.Context) (stop func()) {
	_, file, line, _ := runtime.Caller(2)
	timer := time.AfterFunc(slowWait, func() {
		s.logger.WarnContext(ctx, "an update waits for its turn to write; is it called inside another update?",
			"waits", fmt.Sprintf("%s:%d", file, line), "since", slowWait)
	})
	return func() { timer.Stop() }
}

// View runs fn in a reading transaction: all its reads see one state of the database.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	tx, err := s.begin(ctx, s.reader, false)
	if err != nil {
		return err
	}
	return tx.run(ctx, fn)
}

func (s *Store) begin(ctx context.Context, pool *sql.DB, writes bool) (*Tx, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, classify(err, "connect to database")
	}
	var opts *sql.TxOptions
	if !writes && s.dialect == postgresDialect {
		opts = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	tx, err := conn.BeginTx(ctx, opts)
	if err != nil {
		_ = conn.Close() // returns it to the pool; the first error is the one to tell
		return nil, classify(err, "begin transaction")
	}
	made := &Tx{s: s, tx: tx, conn: conn, q: db.New(tx), writes: writes}
	return made.furnish(), nil
}

func (tx *Tx) run(ctx context.Context, fn func(*Tx) error) error {
	defer tx.conn.Close()  //nolint:errcheck // only gives the connection back; commit and rollback report
	defer tx.tx.Rollback() //nolint:errcheck // after a commit it does nothing, else fn's error is the one to tell
	if err := fn(tx); err != nil {
		return ended(ctx, classify(err, ""))
	}
	if !tx.writes {
		return nil
	}
	if err := tx.tx.Commit(); err != nil {
		return ended(ctx, classify(err, "commit"))
	}
	for _, done := range tx.onCommit {
		done()
	}
	return nil
}

// ended adds why a context ended to an error that came of it: drivers say only that they were interrupted.
func ended(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause == nil || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w (%w)", err, cause)
}

// millis and instant convert between time.Time and the Unix milliseconds of the database; zero is zero.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// one turns the result of a single-row query into (value, found, error).
func one[T any](v T, err error, about string) (T, bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		var none T
		return none, false, nil
	}
	return v, err == nil, classify(err, about)
}

// exactly turns "how many rows changed" into ErrNotFound if none did.
func exactly(n int64, err error, about string) error {
	if err != nil {
		return classify(err, about)
	}
	if n == 0 {
		return fmt.Errorf("%s: %w", about, ErrNotFound)
	}
	return nil
}
