package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"covenant/workflow/store/db"
)

// Sessions keeps browser sessions; it has the methods that scs.CtxStore asks for.
type Sessions struct{ s *Store }

// Sessions is the session store of this database.
func (s *Store) Sessions() Sessions { return Sessions{s} }

// FindCtx reads a session that has not expired.
func (x Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	data, err = db.New(x.s.reader).Session(ctx, db.SessionParams{Token: token, Expiry: millis(x.s.now())})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, classify(err, "read session")
}

// CommitCtx writes a session.
func (x Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return x.s.Update(ctx, func(tx *Tx) error {
		return classify(tx.q.SaveSession(ctx, db.SaveSessionParams{Token: token, Data: notNil(data),
			Expiry: millis(expiry)}), "save session")
	})
}

// DeleteCtx ends a session.
func (x Sessions) DeleteCtx(ctx context.Context, token string) error {
	return x.s.Update(ctx, func(tx *Tx) error { return classify(tx.q.DeleteSession(ctx, token), "delete session") })
}

// Find, Commit and Delete are the forms without context that scs.Store asks for.
func (x Sessions) Find(token string) ([]byte, bool, error) {
	return x.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without context.
func (x Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return x.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without context.
func (x Sessions) Delete(token string) error { return x.DeleteCtx(context.Background(), token) }

// DeleteExpired removes sessions that have ended; the sweep calls it.
func (x Sessions) DeleteExpired(ctx context.Context) error {
	return x.s.Update(ctx, func(tx *Tx) error {
		_, err := tx.q.DeleteExpiredSessions(ctx, millis(tx.Now()))
		return classify(err, "delete ended sessions")
	})
}
