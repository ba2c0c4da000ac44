package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// migrationLock is the key of the advisory lock under which one node migrates; "covenant" in ASCII.
const migrationLock int64 = 0x636f76656e616e74

func (s *Store) openPostgres(ctx context.Context, url string, connections int) error {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("database address: %w", err) // pgx leaves the password out of its message
	}
	if connections <= 0 {
		connections = 16
	}
	config.MaxConns = int32(min(connections, 1000)) // an int32 by the bound
	config.ConnConfig.ConnectTimeout = 10 * time.Second
	if s.readOnly {
		config.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	s.writer = stdlib.OpenDBFromPool(s.pool)
	s.reader = s.writer
	if err := s.pool.Ping(ctx); err != nil {
		return classify(err, "connect to database")
	}
	if s.readOnly {
		return s.checkMigrated(ctx)
	}
	return s.migrateLocked(ctx)
}

// migrateLocked lets only one of several nodes migrate at a time.
func (s *Store) migrateLocked(ctx context.Context) (err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return classify(err, "connect to database")
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return classify(err, "wait for another node's migration")
	}
	defer func() {
		_, unlockErr := conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock)
		err = errors.Join(err, unlockErr)
	}()
	return s.migrate(ctx)
}

// pgxTx lends the transaction that database/sql opened on a connection to the job engine, which speaks
// pgx. Ending it stays with database/sql; nested transactions are savepoints.
type pgxTx struct {
	conn  *pgx.Conn
	depth int
}

var errNotOurs = errors.New("this transaction is ended by the store that opened it")

// withPgx calls fn with the transaction tx as a pgx.Tx.
func withPgx(conn *sql.Conn, fn func(pgx.Tx) error) error {
	return conn.Raw(func(driverConn any) error {
		c, ok := driverConn.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("unexpected driver connection %T", driverConn)
		}
		return fn(&pgxTx{conn: c.Conn()})
	})
}

func (t *pgxTx) savepoint() string { return fmt.Sprintf("covenant_sp_%d", t.depth) }

func (t *pgxTx) Begin(ctx context.Context) (pgx.Tx, error) {
	nested := &pgxTx{conn: t.conn, depth: t.depth + 1}
	if _, err := t.conn.Exec(ctx, "SAVEPOINT "+nested.savepoint()); err != nil {
		return nil, err
	}
	return nested, nil
}

func (t *pgxTx) Commit(ctx context.Context) error {
	if t.depth == 0 {
		return errNotOurs
	}
	_, err := t.conn.Exec(ctx, "RELEASE SAVEPOINT "+t.savepoint())
	t.depth = -1
	return err
}

func (t *pgxTx) Rollback(ctx context.Context) error {
	switch {
	case t.depth < 0:
		return pgx.ErrTxClosed
	case t.depth == 0:
		return errNotOurs
	}
	_, err := t.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT "+t.savepoint())
	t.depth = -1
	return err
}

func (t *pgxTx) CopyFrom(
	ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource,
) (int64, error) {
	return t.conn.CopyFrom(ctx, table, columns, src)
}

func (t *pgxTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return t.conn.SendBatch(ctx, b)
}

func (t *pgxTx) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

func (t *pgxTx) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	return t.conn.Prepare(ctx, name, sql)
}

func (t *pgxTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return t.conn.Exec(ctx, sql, args...)
}

func (t *pgxTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return t.conn.Query(ctx, sql, args...)
}

func (t *pgxTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return t.conn.QueryRow(ctx, sql, args...)
}

func (t *pgxTx) Conn() *pgx.Conn { return t.conn }
