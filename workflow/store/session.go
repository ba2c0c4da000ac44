package store

import (
	"context"
	"time"

	"covenant/workflow/store/db"
)

// Session is somebody's being signed in with one browser. The store has the hash of its token only, so that who reads
// the database cannot sign in as anybody.
type Session struct {
	ID        string // the part that may be shown
	Person    string
	Method    string // how they proved who they are
	Network   string // the address that they signed in from
	Agent     string // as the browser calls itself; whoever signs in may have forged it
	CreatedAt time.Time
	SeenAt    time.Time // about when it was used last
	ExpiresAt time.Time
}

func sessionOf(r db.Session) Session {
	return Session{ID: r.ID, Person: r.Person, Method: r.Method, Network: r.Network, Agent: r.Agent,
		CreatedAt: instant(r.CreatedAt), SeenAt: instant(r.SeenAt), ExpiresAt: instant(r.ExpiresAt)}
}

// SaveSession adds a session, made now, under the hash of its token.
func (tx accounts) SaveSession(ctx context.Context, hash []byte, s Session) error {
	now := millis(tx.Now())
	err := tx.q.InsertSession(ctx, db.InsertSessionParams{Hash: hash, ID: s.ID, Person: s.Person, Method: s.Method,
		Network: s.Network, Agent: s.Agent, CreatedAt: now, SeenAt: now, ExpiresAt: millis(s.ExpiresAt)})
	return classify(err, "save session")
}

// Session finds a session by the hash of its token. ErrNotFound if there is none, it has expired, or it has not been
// used since idle.
func (tx accounts) Session(ctx context.Context, hash []byte, idle time.Time) (Session, error) {
	row, err := tx.q.Session(ctx, db.SessionParams{Hash: hash, Now: millis(tx.Now()), Idle: millis(idle)})
	return sessionOf(row), classify(err, "session")
}

// SessionsOf lists the sessions of a person that hold, the oldest first.
func (tx accounts) SessionsOf(ctx context.Context, person string, idle time.Time) ([]Session, error) {
	rows, err := tx.q.SessionsOfPerson(ctx, db.SessionsOfPersonParams{
		Person: person, Now: millis(tx.Now()), Idle: millis(idle)})
	return convert(rows, sessionOf), classify(err, "sessions of "+person)
}

// SessionSeen notes that a session is being used.
func (tx accounts) SessionSeen(ctx context.Context, hash []byte) error {
	return classify(tx.q.SessionSeen(ctx, db.SessionSeenParams{Hash: hash, SeenAt: millis(tx.Now())}), "session")
}

// EndSession ends one session of a person. ErrNotFound if there is none.
func (tx accounts) EndSession(ctx context.Context, person, id string) error {
	n, err := tx.q.DeleteSession(ctx, db.DeleteSessionParams{Person: person, ID: id})
	return exactly(n, err, "session "+id)
}

// EndSessionsOf ends all sessions of a person.
func (tx accounts) EndSessionsOf(ctx context.Context, person string) error {
	return classify(tx.q.DeleteSessionsOfPerson(ctx, person), "sessions of "+person)
}

// HasExpired reports whether there is anything that DeleteExpired would remove.
func (tx accounts) HasExpired(ctx context.Context, forgotten time.Time) (bool, error) {
	expired, err := tx.q.HasExpired(ctx, db.HasExpiredParams{Now: millis(tx.Now()), Forgotten: millis(forgotten)})
	return expired.Bool, classify(err, "ended sessions")
}

// DeleteExpired removes sessions that have ended, and forgets tries that began before a moment.
func (tx accounts) DeleteExpired(ctx context.Context, forgotten time.Time) error {
	if err := tx.q.DeleteExpiredSessions(ctx, millis(tx.Now())); err != nil {
		return classify(err, "delete ended sessions")
	}
	return classify(tx.q.DeleteTries(ctx, millis(forgotten)), "forget tries")
}

// Try counts one more try about a subject, and says how many there have been since the first of them; those that began
// before forgotten no longer count. Commit it before looking whether the try is right, so that whoever makes a hundred
// at once is held to the same number. TakeBackTry takes a right one back.
func (tx accounts) Try(
	ctx context.Context, subject string, forgotten time.Time,
) (tried int, since time.Time, err error) {
	row, err := tx.q.Try(ctx, db.TryParams{Subject: subject, Now: millis(tx.Now()), Forgotten: millis(forgotten)})
	return int(row.Tried), instant(row.Since), classify(err, "try")
}

// TakeBackTry takes one try back that was right.
func (tx accounts) TakeBackTry(ctx context.Context, subject string) error {
	return classify(tx.q.TakeBackTry(ctx, subject), "try")
}
