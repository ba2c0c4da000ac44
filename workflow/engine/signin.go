package engine

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"covenant/workflow"
	"covenant/workflow/store"
)

// People sign in to the pages with a password, which they set with a one-time code that goes to their own mail address:
// the first time, and whenever it is forgotten. So an administrator who invites somebody never knows their password,
// and recovering an account gives back none of the keys that sign. Every try is counted before it is looked at, for the
// account and for the address that it comes from, in the database: it holds over restarts and on all nodes.

// Session is somebody's being signed in with one browser.
type Session = store.Session

// The ways to sign in.
const (
	ByPassword = "password"
	ByLink     = "link" // a demonstration's, on the machine itself
)

const (
	sessionHolds = 12 * time.Hour
	sessionIdle  = 4 * time.Hour
	// sessionSeenEvery is how exactly the last use of a session is known.
	sessionSeenEvery = 5 * time.Minute

	triesForgotten  = 15 * time.Minute
	triesOfAccount  = 10
	triesOfNetwork  = 60 // an office may share one address
	codesOfPerson   = 3  // that are sent within triesForgotten
	codesOfNetwork  = 20
	shortestSecret  = 10 // characters of a password
	longestSecret   = 200
	longestLogin    = 320
	networkSubject  = "network/"
	accountSubject  = "account/"
	codeSubject     = "code/"
	codeFromSubject = "code from/"
)

// SignInRequest is what somebody enters to sign in, and where from.
type SignInRequest struct {
	Login    string // a mail address, or a person's id
	Password string
	Network  string // the connection's other end; a proxy's address where there is one
	Agent    string // as the browser calls itself
}

// String leaves the password out.
func (r SignInRequest) String() string { return "sign in " + r.Login }

// errSignIn is said whether the account exists or not, and whatever was wrong.
func errSignIn() error {
	return workflow.Refusal(workflow.CodeForbidden,
		"địa chỉ thư điện tử hoặc mật khẩu không đúng; nếu chưa đặt mật khẩu hoặc đã quên, hãy lấy mã qua thư",
		"the mail address or the password is wrong; if there is no password yet, or it is forgotten, have a code "+
			"sent by mail")
}

// SignIn checks a password and begins a session. Its token is shown to the browser alone.
func (e doors) SignIn(ctx context.Context, r SignInRequest) (token string, s Session, err error) {
	d, err := e.readDirectory(ctx)
	if err != nil {
		return "", s, err
	}
	person := personByLogin(d, r.Login)
	account := accountSubject + accountName(r.Login, person)
	if err := e.count(ctx, limit{networkSubject + r.Network, triesOfNetwork},
		limit{account, triesOfAccount}); err != nil {
		return "", s, err
	}
	var kept store.Account
	err = e.Store.View(ctx, func(tx *store.Tx) (err error) {
		kept, err = tx.Account(ctx, string(person))
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", s, err
	}
	// A password is hashed whether there is an account or not, so that the time tells nobody which there are.
	if right := e.isPassword(r.Password, kept.PasswordHash); !right || err != nil || kept.Disabled {
		return "", s, errSignIn()
	}
	if err := e.takeBack(ctx, networkSubject+r.Network, account); err != nil {
		return "", s, err
	}
	return e.begin(ctx, Session{Person: string(person), Method: ByPassword, Network: r.Network, Agent: r.Agent})
}

// begin makes a session of somebody whose proof has been looked at.
func (e doors) begin(ctx context.Context, s Session) (token string, _ Session, err error) {
	var random [32]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", s, fmt.Errorf("session: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(random[:])
	hash := sha256.Sum256([]byte(token))
	s.ID, s.ExpiresAt = hex.EncodeToString(hash[:6]), e.Now().Add(sessionHolds)
	s.Agent = firstRunes(s.Agent, 200)
	return token, s, e.Store.Update(ctx, func(tx *store.Tx) error { return tx.SaveSession(ctx, hash[:], s) })
}

// SignInByLink begins a session for whoever opened a link of a demonstration. Only the process that made the link knows
// it, and it is opened on the machine itself: that is all its proof, so serve has no such links.
func (e doors) SignInByLink(
	ctx context.Context, person workflow.PersonID, network, agent string,
) (string, Session, error) {
	return e.begin(ctx, Session{Person: string(person), Method: ByLink, Network: network, Agent: agent})
}

// Visitor is who asks for a page, being signed in.
type Visitor struct {
	Actor   workflow.Actor
	Name    string
	Session Session
}

// Visitor is who holds a session's token; the zero value if it is none that holds. A person who has left the directory,
// or whose account was switched off, is nobody.
func (e doors) Visitor(ctx context.Context, token string) (v Visitor, err error) {
	hash := sha256.Sum256([]byte(token))
	err = e.Store.View(ctx, func(tx *store.Tx) (err error) {
		v.Session, err = tx.Session(ctx, hash[:], e.Now().Add(-sessionIdle))
		if err != nil {
			return err
		}
		account, err := tx.Account(ctx, v.Session.Person)
		switch {
		case err == nil && account.Disabled:
			return store.ErrNotFound
		case errors.Is(err, store.ErrNotFound):
			return nil // signed in by a link
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return Visitor{}, nil
	}
	if err != nil {
		return Visitor{}, err
	}
	d, err := e.readDirectory(ctx)
	if err != nil {
		return Visitor{}, err
	}
	person := workflow.PersonID(v.Session.Person)
	if _, there := d.People[person]; !there {
		return Visitor{}, nil
	}
	if e.Now().Sub(v.Session.SeenAt) >= sessionSeenEvery {
		err := e.Store.Update(ctx, func(tx *store.Tx) error { return tx.SessionSeen(ctx, hash[:]) })
		if err != nil && !errors.Is(err, store.ErrReadOnly) {
			return Visitor{}, err
		}
	}
	v.Actor, v.Name = workflow.SignedIn(person), d.PersonName(person)
	return v, nil
}

// Sessions are those in which somebody is signed in, the oldest first.
func (e doors) Sessions(ctx context.Context, by workflow.Actor) (out []Session, err error) {
	err = e.Store.View(ctx, func(tx *store.Tx) (err error) {
		out, err = tx.SessionsOf(ctx, string(by.Person()), e.Now().Add(-sessionIdle))
		return err
	})
	return out, err
}

// EndSession ends one of an actor's own sessions; one that has ended is none.
func (e doors) EndSession(ctx context.Context, by workflow.Actor, id string) error {
	err := e.Store.Update(ctx, func(tx *store.Tx) error { return tx.EndSession(ctx, string(by.Person()), id) })
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// SendPasswordCode sends the one-time code with which a password is set to the person who has a login, if there is one;
// whoever asks is told the same in either case.
func (e doors) SendPasswordCode(ctx context.Context, login, network string) error {
	d, err := e.readDirectory(ctx)
	if err != nil {
		return err
	}
	person := personByLogin(d, login)
	if err := e.count(ctx, limit{codeFromSubject + network, codesOfNetwork},
		limit{codeSubject + accountName(login, person), codesOfPerson}); err != nil {
		return err
	}
	if p, ok := d.People[person]; !ok || p.Email.Text == "" {
		return nil
	}
	_, err = e.sendCode(ctx, d, person, "self from "+network)
	return err
}

// NewPassword sets a password by a one-time code.
type NewPassword struct {
	Login    string
	Code     string
	Password string
	Network  string
	Agent    string
}

// String leaves code and password out.
func (p NewPassword) String() string { return "password of " + p.Login }

// SetPassword sets the password of the person whose one-time code was given, ends every session that they have, and
// begins a new one. The code is what proves who asks; the keys that sign stay under their PINs.
func (e doors) SetPassword(ctx context.Context, p NewPassword) (token string, s Session, err error) {
	if err := goodPassword(p.Password, p.Login, p.Code); err != nil {
		return "", s, err
	}
	if err := e.count(ctx, limit{networkSubject + p.Network, triesOfNetwork}); err != nil {
		return "", s, err
	}
	d, err := e.readDirectory(ctx)
	if err != nil {
		return "", s, err
	}
	person := personByLogin(d, p.Login)
	id, err := e.tryCode(ctx, AccessRequest{Person: person, Code: p.Code})
	if err != nil {
		return "", s, err
	}
	hash, err := e.hashPassword(p.Password)
	if err != nil {
		return "", s, err
	}
	err = e.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.UseAccessCode(ctx, string(person), id); err != nil {
			return err
		}
		if err := tx.EndSessionsOf(ctx, string(person)); err != nil {
			return err
		}
		a, err := tx.Account(ctx, string(person))
		if errors.Is(err, store.ErrNotFound) {
			a, err = store.Account{ID: string(person), Login: string(person), Person: string(person)}, nil
		}
		if err != nil {
			return err
		}
		a.PasswordHash = hash
		return tx.SaveAccount(ctx, a)
	})
	if errors.Is(err, store.ErrNotFound) {
		return "", s, noCode()
	}
	if err != nil {
		return "", s, err
	}
	if err := e.takeBack(ctx, networkSubject+p.Network); err != nil {
		return "", s, err
	}
	return e.begin(ctx, Session{Person: string(person), Method: ByPassword, Network: p.Network, Agent: p.Agent})
}

// goodPassword refuses what is guessed first: NIST SP 800-63B-4 section 3.1.1 asks for length, not for kinds of
// characters.
func goodPassword(password, login, code string) error {
	name, _, _ := strings.Cut(strings.ToLower(login), "@")
	lower := strings.ToLower(password)
	switch n := utf8.RuneCountInString(password); {
	case n < shortestSecret || n > longestSecret:
		return workflow.Refusal(workflow.CodeInvalid, "mật khẩu cần từ %d đến %d ký tự",
			"a password has from %d to %d characters", shortestSecret, longestSecret)
	case name != "" && strings.Contains(lower, name), code != "" && strings.Contains(lower, strings.ToLower(code)),
		len(strings.Trim(lower, lower[:1])) == 0, strings.Contains("01234567890123456789", lower):
		return workflow.Refusal(workflow.CodeInvalid,
			"mật khẩu này dễ đoán: chứa tên đăng nhập hoặc mã, hoặc chỉ là một dãy số hay một ký tự lặp lại; hãy "+
				"chọn câu khác",
			"this password is easily guessed: it holds the login or the code, or is a row of numbers or one "+
				"character repeated; "+
				"choose another")
	}
	return nil
}

// passwordVersion is the form of a kept password: version, salt and the HMAC-SHA-256, under the server's secret, of its
// argon2id. Without that secret, which no backup holds, a kept password cannot be tried.
const passwordVersion = "1"

func (e doors) hashPassword(password string) (string, error) {
	if len(e.Secret) < 32 {
		return "", errors.New("password: the server has no secret of 32 bytes or more to keep passwords with")
	}
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	text := base64.RawStdEncoding.EncodeToString
	return strings.Join([]string{passwordVersion, text(salt), text(e.passwordMAC(password, salt))}, "$"), nil
}

func (e doors) passwordMAC(password string, salt []byte) []byte {
	mac := hmac.New(sha256.New, sealingKey(e.Secret, password, salt))
	mac.Write([]byte("password"))
	return mac.Sum(nil)
}

// isPassword takes the same time whatever is kept.
func (e doors) isPassword(password, kept string) bool {
	version, rest, _ := strings.Cut(kept, "$")
	saltText, macText, _ := strings.Cut(rest, "$")
	salt, saltErr := base64.RawStdEncoding.DecodeString(saltText)
	want, macErr := base64.RawStdEncoding.DecodeString(macText)
	if version != passwordVersion || saltErr != nil || macErr != nil || len(salt) != saltSize ||
		len(want) != sha256.Size {
		salt, want = make([]byte, saltSize), nil
	}
	if utf8.RuneCountInString(password) > longestSecret {
		password = ""
	}
	return subtle.ConstantTimeCompare(e.passwordMAC(password, salt), want) == 1
}

// limit is how often something may be tried within triesForgotten.
type limit struct {
	subject string
	allowed int
}

// count counts a try at each limit, and refuses it where there were too many.
func (e doors) count(ctx context.Context, limits ...limit) error {
	var again time.Time
	err := e.Store.Update(ctx, func(tx *store.Tx) error {
		again = time.Time{}
		for _, l := range limits {
			tried, since, err := tx.Try(ctx, l.subject, tx.Now().Add(-triesForgotten))
			if err != nil {
				return err
			}
			if free := since.Add(triesForgotten); tried > l.allowed && free.After(again) {
				again = free
			}
		}
		return nil
	})
	if err != nil || again.IsZero() {
		return err
	}
	return workflow.Refusal(workflow.CodeForbidden,
		"đã thử quá nhiều lần; hãy thử lại sau %s", "there were too many tries; try again after %s",
		again.In(e.Calendar.Zone()).Format("15:04"))
}

func (e doors) takeBack(ctx context.Context, subjects ...string) error {
	return e.Store.Update(ctx, func(tx *store.Tx) error {
		for _, s := range subjects {
			if err := tx.TakeBackTry(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// personByLogin is the person with a mail address or id; nobody where an address belongs to several, since it proves
// none of them.
func personByLogin(d *workflow.Directory, login string) (found workflow.PersonID) {
	login = strings.ToLower(strings.TrimSpace(login))
	if login == "" {
		return ""
	}
	if _, ok := d.People[workflow.PersonID(login)]; ok {
		return workflow.PersonID(login)
	}
	for id, p := range d.People {
		if strings.ToLower(p.Email.Text) != login {
			continue
		}
		if found != "" {
			return ""
		}
		found = id
	}
	return found
}

// accountName names an account in counts: also one that there is not, whose login may be anything.
func accountName(login string, person workflow.PersonID) string {
	if person != "" {
		return string(person)
	}
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(firstRunes(login, longestLogin)))))
	return "?" + hex.EncodeToString(sum[:8])
}

func firstRunes(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n])
	}
	return text
}

// CertificatesOf are the certificates that are, or were, bound to an actor themselves, the oldest first.
func (e doors) CertificatesOf(ctx context.Context, by workflow.Actor) ([]workflow.CertificateBinding, error) {
	d, err := e.readDirectory(ctx)
	if err != nil {
		return nil, err
	}
	var out []workflow.CertificateBinding
	for _, b := range d.Bindings {
		if b.Person == by.Person() && b.Person != "" {
			out = append(out, b)
		}
	}
	return out, nil
}
