package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"modernc.org/sqlite"
)

// SQLite compiles a statement anew each time that database/sql runs it; here that is about a third of a command's
// work. So our connections keep what they compiled, by its text. database/sql's own Stmt cannot do that for us: the
// job engine's statements and ours share the one writing connection inside transactions.

// maxStatements bounds what a connection keeps; there are about 150 statements in all.
const maxStatements = 400

// statementConnector opens SQLite connections that keep their compiled statements.
type statementConnector struct {
	dsn    string
	driver sqlite.Driver
}

// openStatementPool is sql.Open with such connections.
func openStatementPool(dsn string) *sql.DB { return sql.OpenDB(&statementConnector{dsn: dsn}) }

// Connect opens one connection.
func (c *statementConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	inner, ok := conn.(sqliteConn)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver lacks what its connections need"), conn.Close())
	}
	return &statementConn{sqliteConn: inner, kept: map[string]*keptStatement{}}, nil
}

// Driver is the driver beneath.
func (c *statementConnector) Driver() driver.Driver { return &c.driver }

// sqliteConn is what the driver's connections can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// statementConn is used by one goroutine at a time, as database/sql promises.
type statementConn struct {
	sqliteConn
	kept map[string]*keptStatement
}

type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type keptStatement struct {
	statement
	busy bool // its rows are being read
}

// statement finds or compiles a statement. One that is being read, or holds several, is compiled for this use only.
func (c *statementConn) statement(ctx context.Context, query string) (s *keptStatement, once bool, err error) {
	s, found := c.kept[query]
	if found && !s.busy {
		return s, false, nil
	}
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, false, err
	}
	inner, ok := prepared.(statement)
	if !ok {
		return nil, false, errors.Join(driver.ErrSkip, prepared.Close())
	}
	s = &keptStatement{statement: inner}
	if found || len(c.kept) >= maxStatements || strings.Contains(strings.TrimRight(query, "; \t\n"), ";") {
		return s, true, nil
	}
	c.kept[query] = s
	return s, false, nil
}

// ExecContext runs a statement that gives no rows.
func (c *statementConn) ExecContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (driver.Result, error) {
	s, once, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := s.ExecContext(ctx, args)
	if once {
		err = errors.Join(err, s.Close())
	}
	return result, err
}

// QueryContext runs a statement that gives rows; it can be used again once they are closed.
func (c *statementConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, once, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		if once {
			err = errors.Join(err, s.Close())
		}
		return nil, err
	}
	s.busy = true
	return &statementRows{rows, s, once}, nil
}

// Close frees the statements before the connection.
func (c *statementConn) Close() error {
	var errs []error
	for _, s := range c.kept {
		errs = append(errs, s.Close())
	}
	c.kept = nil
	return errors.Join(append(errs, c.sqliteConn.Close())...)
}

type statementRows struct {
	driver.Rows
	s    *keptStatement
	once bool
}

// Close ends the reading.
func (r *statementRows) Close() error {
	err := r.Rows.Close()
	r.s.busy = false
	if r.once {
		err = errors.Join(err, r.s.Close())
	}
	return err
}
