package store

import (
	"context"
	"time"

	"covenant/workflow/store/db"
)

// AccessToken lets a program act as a person. The store has the hash of its secret part only.
type AccessToken struct {
	ID        string // the part that may be shown
	Person    string
	Name      string // what its person calls it
	Hash      []byte
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time
	RevokedAt time.Time
	RevokedBy string // as the log names actors
}

func accessTokenOf(r db.AccessToken) AccessToken {
	return AccessToken{ID: r.ID, Person: r.Person, Name: r.Name, Hash: r.Hash,
		CreatedAt: instant(r.CreatedAt), ExpiresAt: instant(r.ExpiresAt), UsedAt: instant(r.UsedAt),
		RevokedAt: instant(r.RevokedAt), RevokedBy: r.RevokedBy}
}

// SaveAccessToken adds a token, made now. ErrConflict if the id exists.
func (tx accounts) SaveAccessToken(ctx context.Context, t AccessToken) error {
	err := tx.q.InsertAccessToken(ctx, db.InsertAccessTokenParams{ID: t.ID, Person: t.Person, Name: t.Name,
		Hash: notNil(t.Hash), CreatedAt: millis(tx.Now()), ExpiresAt: millis(t.ExpiresAt)})
	return classify(err, "save access token "+t.ID)
}

// AccessToken reads a token, whether it still holds or not.
func (tx accounts) AccessToken(ctx context.Context, id string) (AccessToken, error) {
	row, err := tx.q.AccessToken(ctx, id)
	return accessTokenOf(row), classify(err, "access token "+id)
}

// AccessTokensOf lists a person's tokens, the oldest first, those that hold no more, too.
func (tx accounts) AccessTokensOf(ctx context.Context, person string) ([]AccessToken, error) {
	rows, err := tx.q.AccessTokensOfPerson(ctx, person)
	return convert(rows, accessTokenOf), classify(err, "access tokens of "+person)
}

// UseAccessToken notes that a token is being used.
func (tx accounts) UseAccessToken(ctx context.Context, id string) error {
	err := tx.q.AccessTokenUsed(ctx, db.AccessTokenUsedParams{ID: id, UsedAt: millis(tx.Now())})
	return classify(err, "access token "+id)
}

// RevokeAccessToken ends a token for good. ErrNotFound if there is none, or it has been revoked.
func (tx accounts) RevokeAccessToken(ctx context.Context, id, by string) error {
	n, err := tx.q.RevokeAccessToken(ctx, db.RevokeAccessTokenParams{ID: id, RevokedAt: millis(tx.Now()),
		RevokedBy: by})
	return exactly(n, err, "access token "+id)
}

// SaveAccessCode notes that a person is being sent the code of an id; one sent before holds no more.
func (tx accounts) SaveAccessCode(ctx context.Context, person, id, sentBy string, expires time.Time) error {
	err := tx.q.SaveAccessCode(ctx, db.SaveAccessCodeParams{Person: person, ID: id, SentBy: sentBy,
		CreatedAt: millis(tx.Now()), ExpiresAt: millis(expires)})
	return classify(err, "access code of "+person)
}

// TryAccessCode counts an attempt at a person's code, and says which it is. Commit it before looking whether the
// attempt is right. ErrNotFound if there is no code, it has expired, or there have been as many attempts as are
// allowed.
func (tx accounts) TryAccessCode(ctx context.Context, person string, allowed int) (id string, attempts int, err error) {
	row, err := tx.q.TryAccessCode(ctx, db.TryAccessCodeParams{Person: person, Now: millis(tx.Now()),
		Allowed: int64(allowed)})
	return row.ID, int(row.Attempts), classify(err, "access code of "+person)
}

// UseAccessCode ends a code that was right. ErrNotFound if it has been used meanwhile.
func (tx accounts) UseAccessCode(ctx context.Context, person, id string) error {
	n, err := tx.q.UseAccessCode(ctx, db.UseAccessCodeParams{Person: person, ID: id})
	return exactly(n, err, "access code of "+person)
}
