package store

import (
	"context"
	"encoding/json"
	"time"

	"covenant/workflow/store/db"
)

// Account lets a person log in.
type Account struct {
	ID           string
	Login        string // unique
	Person       string
	PasswordHash string // encoded by the web application; never a password
	Disabled     bool
	Failures     int
	LockedUntil  time.Time
	Data         json.RawMessage // second factors, roles, preferences
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// SaveAccount writes an account, replacing the one with the same id. ErrConflict if another has the login.
func (tx accounts) SaveAccount(ctx context.Context, a Account) error {
	now := tx.Now()
	if a.CreatedAt.IsZero() {
		a.CreatedAt = now
	}
	err := tx.q.SaveAccount(ctx, db.SaveAccountParams{ID: a.ID, Login: a.Login, Person: a.Person,
		PasswordHash: a.PasswordHash, Disabled: a.Disabled, Failures: int64(a.Failures),
		LockedUntil: millis(a.LockedUntil), Data: jsonText(a.Data),
		CreatedAt: millis(a.CreatedAt), UpdatedAt: millis(now)})
	return classify(err, "save account "+a.Login)
}

func accountOf(r db.Account) Account {
	return Account{ID: r.ID, Login: r.Login, Person: r.Person, PasswordHash: r.PasswordHash, Disabled: r.Disabled,
		Failures: int(r.Failures), LockedUntil: instant(r.LockedUntil), Data: json.RawMessage(r.Data),
		CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt)}
}

// Account reads an account by id.
func (tx accounts) Account(ctx context.Context, id string) (Account, error) {
	row, err := tx.q.Account(ctx, id)
	return accountOf(row), classify(err, "account "+id)
}

// AccountByLogin reads an account by its login.
func (tx accounts) AccountByLogin(ctx context.Context, login string) (Account, error) {
	row, err := tx.q.AccountByLogin(ctx, login)
	return accountOf(row), classify(err, "account "+login)
}

// AccountsOf lists a person's accounts.
func (tx accounts) AccountsOf(ctx context.Context, person string) ([]Account, error) {
	rows, err := tx.q.AccountsOfPerson(ctx, person)
	return convert(rows, accountOf), classify(err, "accounts of "+person)
}

// Accounts lists all accounts by login.
func (tx accounts) Accounts(ctx context.Context) ([]Account, error) {
	rows, err := tx.q.Accounts(ctx)
	return convert(rows, accountOf), classify(err, "list accounts")
}
