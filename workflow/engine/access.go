package engine

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"covenant/internal/address"
	"covenant/internal/words"
	"covenant/workflow"
	"covenant/workflow/notify"
	"covenant/workflow/store"
)

// People use the command line as themselves by an access token. The first one is made of a one-time code that goes by
// mail to the person's own address: whoever sends it, an administrator or the console, does not see it. The code
// follows from the server's secret and is filled into the mail as it is handed over, so that no table holds it.

const (
	accessKind = "access" // of mails with a code
	// hiddenCode stands in kept mails where the code goes.
	hiddenCode      = "••••-••••-••••-••••"
	accessCodeHolds = 72 * time.Hour
	allowedCodes    = 5
	tokenPrefix     = "covenant_"
	longestToken    = 366 // days that a token may hold
	// usedEvery is how exactly the last use of a token is known.
	usedEvery = time.Minute
)

var tokenText = base32.StdEncoding.WithPadding(base32.NoPadding)

// SendAccessCode sends a person the one-time code of which they make an access token. A code sent before holds no more.
func (e access) SendAccessCode(ctx context.Context, person workflow.PersonID, meta Meta) (until time.Time, err error) {
	if len(e.Secret) < 32 {
		return until, errors.New("access code: the server has no secret of 32 bytes or more to make codes with")
	}
	d, err := e.readDirectory(ctx)
	if err != nil {
		return until, err
	}
	if err := mayKeepAccess(d, meta.Actor, person); err != nil {
		return until, err
	}
	if _, ok := d.People[person]; !ok {
		return until, workflow.Refusal(workflow.CodeNotFound,
			"chưa có người %q trong danh bạ", "person %q is not in the directory", person)
	}
	if d.People[person].Email.Text == "" {
		return until, workflow.Refusal(workflow.CodeInvalid,
			"danh bạ chưa có địa chỉ thư của %s; bổ sung địa chỉ trong tệp khối rồi gửi lại",
			"the directory has no mail address of %s; add it in the block file and send the code again",
			d.PersonName(person))
	}
	return e.sendCode(ctx, d, person, actorName(meta.Actor))
}

// sendCode sends a person who has a mail address a code; by says in the table who asked for it.
func (e access) sendCode(
	ctx context.Context, d *workflow.Directory, person workflow.PersonID, by string,
) (until time.Time, err error) {
	p, id := d.People[person], uuid.NewString()
	until = e.Now().Add(accessCodeHolds)
	mail, err := e.compose(store.Mail{
		Key: store.MailKey(strings.Join([]string{accessKind, string(person), id}, "/")), Kind: accessKind,
		To:     p.Email.Text,
		NextAt: e.Now(),
	}, p.Language, func(words.Language) notify.Letter {
		return notify.AccessCode{
			To: d.PersonName(person), Person: string(person), Code: hiddenCode,
			Address: address.On(e.PublicURL, address.Password.Of()+"?"+url.Values{"login": {p.Email.Text}}.Encode()),
			Until:   until.In(e.Calendar.Zone()).Format("15:04 02/01/2006"),
		}
	})
	if err != nil {
		return until, err
	}
	return until, e.Store.Update(ctx, func(tx *store.Tx) error {
		tx.OnCommit(e.telling(""))
		if err := tx.SaveAccessCode(ctx, string(person), id, by, until); err != nil {
			return err
		}
		return queueMail(ctx, tx, mail)
	})
}

// mayKeepAccess: a person's codes and tokens are kept by themselves and by administrators.
func mayKeepAccess(d *workflow.Directory, by workflow.Actor, person workflow.PersonID) error {
	if !by.IsConsole() && by.Person() == person && person != "" {
		return nil
	}
	return d.Administers(by)
}

// actorName is how the log names an actor, in one text.
func actorName(by workflow.Actor) string {
	actor, onBehalf := by.Recorded()
	if onBehalf != "" {
		return actor + " for " + onBehalf
	}
	return actor
}

// accessCode is the code of an id: 80 bits, in four groups.
func (e access) accessCode(person, id string) string {
	mac := hmac.New(sha256.New, e.Secret)
	fmt.Fprintf(mac, "access code\x00%s\x00%s", person, id)
	code := tokenText.EncodeToString(mac.Sum(nil)[:10])
	return strings.Join([]string{code[:4], code[4:8], code[8:12], code[12:]}, "-")
}

// withCode is the body of a mail as it goes out: with its code, if it is to hold one.
func (e access) withCode(m store.Mail) string {
	if m.Kind != accessKind {
		return m.Body
	}
	_, rest, _ := strings.Cut(string(m.Key), "/")
	i := strings.LastIndexByte(rest, '/')
	return strings.ReplaceAll(m.Body, hiddenCode, e.accessCode(rest[:i], rest[i+1:]))
}

// AccessRequest asks for an access token for a one-time code.
type AccessRequest struct {
	Person workflow.PersonID `json:"person,omitzero"`
	Code   string            `json:"code,omitzero" secret:"true"`
	Name   string            `json:"name,omitzero"` // what its person calls it
	Days   int               `json:"days,omitzero"` // that it holds; default 90, at most 366
}

// MakeAccessToken makes a token of a one-time code and returns it; it cannot be shown again. The code is what proves
// who asks. Attempts are counted before the code is looked at, so that nobody tries more than are allowed.
func (e access) MakeAccessToken(
	ctx context.Context, r AccessRequest,
) (token string, kept store.AccessToken, err error) {
	if r.Days == 0 {
		r.Days = 90
	}
	if r.Name == "" || r.Days < 0 || r.Days > longestToken {
		return "", kept, workflow.Refusal(workflow.CodeInvalid,
			"cần đặt tên cho mã truy cập, và thời hạn từ 1 đến %d ngày",
			"an access token needs a name, and holds from 1 to %d days", longestToken)
	}
	id, err := e.tryCode(ctx, r)
	if err != nil {
		return "", kept, err
	}
	random := make([]byte, 8+32)
	if _, err := rand.Read(random); err != nil {
		return "", kept, fmt.Errorf("access token: %w", err)
	}
	text := strings.ToLower(tokenText.EncodeToString(random[8:]))
	hash := sha256.Sum256([]byte(text))
	kept = store.AccessToken{
		ID: strings.ToLower(tokenText.EncodeToString(random[:8])), Person: string(r.Person), Name: r.Name,
		Hash:      hash[:],
		ExpiresAt: e.Now().AddDate(0, 0, r.Days),
	}
	err = e.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.UseAccessCode(ctx, string(r.Person), id); err != nil {
			return err
		}
		return tx.SaveAccessToken(ctx, kept)
	})
	if errors.Is(err, store.ErrNotFound) {
		return "", kept, noCode()
	}
	return tokenPrefix + kept.ID + "_" + text, kept, err
}

// tryCode is the id of a person's code, if it is the one that was given.
func (e access) tryCode(ctx context.Context, r AccessRequest) (id string, err error) {
	var attempts int
	err = e.Store.Update(ctx, func(tx *store.Tx) (err error) {
		id, attempts, err = tx.TryAccessCode(ctx, string(r.Person), allowedCodes)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return "", noCode()
	}
	if err != nil {
		return "", err
	}
	given := strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(r.Code))
	want := strings.ReplaceAll(e.accessCode(string(r.Person), id), "-", "")
	if subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1 {
		return id, nil
	}
	return "", workflow.Refusal(workflow.CodeForbidden,
		"mã một lần không đúng; còn %d lần thử", "this is not the one-time code; %d attempts are left",
		allowedCodes-attempts)
}

func noCode() error {
	return workflow.Refusal(workflow.CodeForbidden,
		"không có mã một lần nào còn hiệu lực cho người này: mã đã dùng, đã quá 72 giờ, hoặc đã thử sai quá số lần; "+
			"đề nghị quản trị gửi mã mới",
		"this person has no one-time code that holds: it has been used, is older than 72 hours, or was tried too "+
			"often; "+
			"ask the administrator to send a new one")
}

// AccessTokens lists a person's tokens, the oldest first, also those that hold no more.
func (e access) AccessTokens(
	ctx context.Context, person workflow.PersonID, by workflow.Actor,
) ([]store.AccessToken, error) {
	var out []store.AccessToken
	err := e.Store.View(ctx, func(tx *store.Tx) error {
		d, err := e.directory(ctx, tx)
		if err != nil {
			return err
		}
		if err := mayKeepAccess(d, by, person); err != nil {
			return err
		}
		out, err = tx.AccessTokensOf(ctx, string(person))
		return err
	})
	return out, err
}

// RevokeAccessToken ends a token for good.
func (e access) RevokeAccessToken(ctx context.Context, id string, by workflow.Actor) error {
	missing := workflow.Refusal(workflow.CodeNotFound,
		"không có mã truy cập %q còn hiệu lực", "there is no access token %q that holds", id)
	err := e.Store.Update(ctx, func(tx *store.Tx) error {
		t, err := tx.AccessToken(ctx, id)
		if err != nil {
			return err
		}
		d, err := e.directory(ctx, tx)
		if err != nil {
			return err
		}
		if mayKeepAccess(d, by, workflow.PersonID(t.Person)) != nil {
			return missing // whose it is is nobody else's business
		}
		return tx.RevokeAccessToken(ctx, id, actorName(by))
	})
	if errors.Is(err, store.ErrNotFound) {
		return missing
	}
	return err
}

// ActorOf is the person who holds an access token. On a store that is only read its use is not noted.
func (e access) ActorOf(ctx context.Context, token string) (workflow.Actor, error) {
	id, text, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(token), tokenPrefix), "_")
	var t store.AccessToken
	err := e.Store.View(ctx, func(tx *store.Tx) (err error) {
		t, err = tx.AccessToken(ctx, id)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return workflow.Actor{}, err
	}
	hash := sha256.Sum256([]byte(text))
	now := e.Now()
	if err != nil || subtle.ConstantTimeCompare(hash[:], t.Hash) != 1 || !t.RevokedAt.IsZero() ||
		!now.Before(t.ExpiresAt) {
		return workflow.Actor{}, workflow.Refusal(workflow.CodeForbidden,
			"mã truy cập không đúng, đã hết hạn hoặc đã bị thu hồi; đề nghị quản trị gửi mã một lần để lập mã mới",
			"the access token is wrong, has expired or was revoked; ask the administrator for a one-time code for a "+
				"new one")
	}
	if now.Sub(t.UsedAt) >= usedEvery {
		err = e.Store.Update(ctx, func(tx *store.Tx) error { return tx.UseAccessToken(ctx, id) })
		if err != nil && !errors.Is(err, store.ErrReadOnly) {
			return workflow.Actor{}, err
		}
	}
	return workflow.ByToken(workflow.PersonID(t.Person), id), nil
}
