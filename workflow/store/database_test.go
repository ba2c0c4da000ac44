package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"covenant/workflow/store"
	"covenant/workflow/store/pgtest"
)

// database is one empty database of a kind, which a test opens through the store, or raw to tamper with it.
type database struct {
	kind string
	opts store.Options
	raw  func(t testing.TB) *sql.DB
}

func (d database) open(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), d.opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // many tests close it themselves
	return s
}

func (d database) sqlite() bool { return d.kind == "sqlite" }

// eachDatabase runs the same test on SQLite and on PostgreSQL.
func eachDatabase(t *testing.T, test func(t *testing.T, d database)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newSQLite(t)) })
	t.Run("postgres", func(t *testing.T) {
		if testing.Short() {
			t.Skip("-short: starts no PostgreSQL")
		}
		test(t, newPostgres(t))
	})
}

// newSQLite is a database that is migrated already, by copying one that is: that saves most of a test's time.
func newSQLite(t testing.TB) database {
	d := emptySQLite(t)
	migrated.Do(func() { migrated.data = migratedSQLite(t) })
	if err := os.WriteFile(filepath.Join(d.opts.Dir, "covenant.db"), migrated.data, 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

var migrated struct {
	sync.Once
	data []byte
}

func migratedSQLite(t testing.TB) []byte {
	d := emptySQLite(t)
	if err := d.open(t).Close(); err != nil {
		t.Fatal(err)
	}
	return []byte(readFile(t, filepath.Join(d.opts.Dir, "covenant.db")))
}

func emptySQLite(t testing.TB) database {
	dir := t.TempDir()
	return database{"sqlite", store.Options{Dir: dir, Now: clock}, func(t testing.TB) *sql.DB {
		return rawDB(t, "sqlite", "file:"+filepath.Join(dir, "covenant.db")+"?_pragma=busy_timeout(10000)")
	}}
}

var databases atomic.Int64

const migratedName = "migrated"

// newPostgres is a database that is migrated already.
func newPostgres(t testing.TB) database {
	base := cluster(t)
	migratedOnce.Do(func() {
		createDatabase(t, migratedName, "template0 LOCALE 'C.UTF-8'")
		d := database{opts: store.Options{Dir: t.TempDir(), DatabaseURL: base + "dbname=" + migratedName}}
		if err := d.open(t).Close(); err != nil {
			t.Fatal(err)
		}
	})
	return createDatabase(t, fmt.Sprintf("covenant%d", databases.Add(1)), migratedName)
}

var migratedOnce sync.Once

func emptyPostgres(t testing.TB) database {
	return createDatabase(t, fmt.Sprintf("covenant%d", databases.Add(1)), "template0 LOCALE 'C.UTF-8'")
}

func createDatabase(t testing.TB, name, template string) database {
	base := cluster(t)
	admin := rawDB(t, "pgx", base+"dbname=postgres")
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatal(err)
	}
	url := base + "dbname=" + name
	return database{"postgres", store.Options{Dir: t.TempDir(), DatabaseURL: url, Now: clock},
		func(t testing.TB) *sql.DB {
			return rawDB(t, "pgx", url)
		}}
}

func rawDB(t testing.TB, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// run runs statements on a raw connection.
func run(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(context.Background(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// The clock of tests starts at a fixed time and moves a second a call, so that order shows.
var ticks atomic.Int64

func clock() time.Time {
	return time.Date(2026, 3, 26, 8, 0, 0, 0, time.UTC).Add(time.Duration(ticks.Add(1)) * time.Second)
}

// cluster starts PostgreSQL once for all tests and gives the beginning of its connection string.
func cluster(t testing.TB) string {
	c, err := pgtest.Shared()
	if err != nil {
		t.Fatal(err)
	}
	return c.DSN()
}

func TestMain(m *testing.M) {
	if helper := os.Getenv("COVENANT_STORE_HELPER"); helper != "" {
		os.Exit(runHelper(helper))
	}
	code := m.Run()
	pgtest.Remove()
	os.Exit(code)
}

// update and view run fn in a transaction that must succeed.
func update(t testing.TB, s *store.Store, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s *store.Store, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

func envelope() store.Envelope {
	return store.Envelope{At: clock(), Actor: "person-1", Origin: "web", CommandKey: "cmd"}
}

func payload(kind, json string) store.Payload {
	return store.Payload{Kind: kind, JSON: []byte(json)}
}

func appendEvents(t testing.TB, s *store.Store, stream store.Stream, expected int64,
	payloads ...store.Payload) []store.Recorded {
	t.Helper()
	var events []store.Recorded
	update(t, s, func(tx *store.Tx) (err error) {
		events, err = tx.Append(t.Context(), stream, expected, envelope(), payloads)
		return err
	})
	return events
}

func put(t testing.TB, s *store.Store, text string) store.BlobInfo {
	t.Helper()
	info, err := s.PutBlob(t.Context(), strings.NewReader(text), "text/plain")
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// runHelper is what this test binary does when a test starts it as another process.
func runHelper(name string) int {
	var err error
	switch name {
	case "append":
		err = helperAppend(os.Stdout)
	case "hold":
		err = helperHold()
	case "full":
		err = helperFull()
	case "open":
		_, err = store.Open(context.Background(), store.Options{Dir: os.Getenv("COVENANT_STORE_DIR")})
	default:
		err = fmt.Errorf("no helper %s", name)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// helperAppend appends to streams for ever and writes a line for each event that was committed.
func helperAppend(out io.Writer) error {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: os.Getenv("COVENANT_STORE_DIR"),
		DatabaseURL: os.Getenv("COVENANT_STORE_URL")})
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		stream := store.Stream(fmt.Sprintf("s%d", i%3))
		var last store.Recorded
		err := s.Update(ctx, func(tx *store.Tx) error {
			env := store.Envelope{At: time.Now(), Actor: "helper"}
			events, err := tx.Append(ctx, stream, store.AnyVersion, env, []store.Payload{
				{Kind: "a", JSON: []byte(fmt.Sprintf(`{"i":%d,"who":{"personal":"Nguyễn Văn %d"}}`, i, i))},
				{Kind: "b", JSON: []byte(`{}`)}})
			if err != nil {
				return err
			}
			last = events[1]
			return tx.SaveProjection(ctx, "last", string(stream), []byte(fmt.Sprintf(`%d`, last.Version)))
		})
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s %d\n", last.Stream, last.Version); err != nil {
			return err
		}
	}
}

// helperHold opens the store, says so and waits.
func helperHold() error {
	s, err := store.Open(context.Background(), store.Options{Dir: os.Getenv("COVENANT_STORE_DIR")})
	if err != nil {
		return err
	}
	defer s.Close() // the process ends
	fmt.Println("open")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
