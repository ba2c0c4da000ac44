package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

const goodSentence = "mùa xuân ở vùng cao"

// withPassword gives a person a password by a code, as they do themselves.
func withPassword(o *office, person workflow.PersonID, password string) (token string) {
	o.t.Helper()
	token, _, err := o.SetPassword(context.Background(), engine.NewPassword{Login: string(person),
		Code: o.sentCode(person), Password: password, Network: "192.0.2.1"})
	check(o.t, err)
	return token
}

func visitorBy(o *office, token string) workflow.PersonID {
	o.t.Helper()
	v, err := o.Visitor(context.Background(), token)
	check(o.t, err)
	return v.Actor.Person()
}

func signInTo(o *office, login, password string) (string, error) {
	token, _, err := o.SignIn(context.Background(), engine.SignInRequest{Login: login, Password: password,
		Network: "192.0.2.1", Agent: "test"})
	return token, err
}

// Whoever has set a password signs in by mail address or id; whatever is wrong, the answer is the same.
func TestSignIn(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.apply(o.block)
		person, other := o.who("so-yte", workflow.DutyVote), o.who("so-gddt", workflow.DutyVote)
		first := withPassword(o, person, goodSentence)
		if visitorBy(o, first) != person {
			t.Error("setting a password does not sign in")
		}
		d, err := o.Directory(context.Background(), root)
		check(t, err)
		mail := d.People[person].Email.Text
		for _, login := range []string{string(person), mail, "  " + strings.ToUpper(mail) + " "} {
			token, err := signInTo(o, login, goodSentence)
			check(t, err)
			if visitorBy(o, token) != person {
				t.Errorf("%q is signed in as %q", login, visitorBy(o, token))
			}
		}
		_, wrong := signInTo(o, string(person), goodSentence+"!")
		for what, try := range map[string][2]string{
			"somebody without a password": {string(other), goodSentence}, "nobody": {"khong-co", goodSentence},
			"no login": {"", goodSentence}, "no password": {string(person), ""},
			"a password without end": {string(person), strings.Repeat("a", 1<<20)},
		} {
			if _, err := signInTo(o, try[0], try[1]); workflow.ErrorCode(err) != workflow.CodeForbidden ||
				err.Error() != wrong.Error() {
				t.Errorf("%s: %v; with a wrong password: %v", what, err, wrong)
			}
		}
		for _, token := range []string{"", first + "x", strings.ToUpper(first)} {
			if visitorBy(o, token) != "" {
				t.Errorf("the token %q is somebody", token)
			}
		}
	})
}

// A new password ends every session, a session ends by itself, and nobody ends another's.
func TestSessionsEnd(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		ctx := context.Background()
		o.apply(o.block)
		person, other := o.who("so-yte", workflow.DutyVote), o.who("so-gddt", workflow.DutyVote)
		first := withPassword(o, person, goodSentence)
		theirs := withPassword(o, other, goodSentence)
		second, err := signInTo(o, string(person), goodSentence)
		check(t, err)
		mine, err := o.Sessions(ctx, signedIn(person))
		check(t, err)
		if len(mine) != 2 || mine[1].Method != engine.ByPassword || mine[1].Network != "192.0.2.1" ||
			mine[1].Agent != "test" {
			t.Fatalf("sessions %+v", mine)
		}
		check(t, o.EndSession(ctx, signedIn(other), mine[0].ID))
		if visitorBy(o, first) != person {
			t.Error("somebody else ended it")
		}
		check(t, o.EndSession(ctx, signedIn(person), mine[0].ID))
		if visitorBy(o, first) != "" || visitorBy(o, second) != person {
			t.Error("the session goes on, or another ended")
		}
		third := withPassword(o, person, goodSentence+"?")
		if visitorBy(o, second) != "" || visitorBy(o, third) != person || visitorBy(o, theirs) != other {
			t.Error("a new password left a session, or ended another person's")
		}
		if _, err := signInTo(o, string(person), goodSentence); err == nil {
			t.Error("the old password holds")
		}
	})
}

// A sweep forgets sessions that ended and tries that no longer count, and leaves the others.
func TestSweepForgetsSessions(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		ctx := context.Background()
		o.apply(o.block)
		withPassword(o, o.who("so-yte", workflow.DutyVote), goodSentence)
		_, _ = signInTo(o, "khong-co", "sai")
		expired := func() (found bool) {
			check(t, o.Store.View(ctx, func(tx *store.Tx) (err error) {
				found, err = tx.HasExpired(ctx, o.now().Add(-15*time.Minute))
				return err
			}))
			return found
		}
		if expired() {
			t.Fatal("what has just begun has ended")
		}
		o.ahead.Add(int64(5 * time.Hour))
		theirs := withPassword(o, o.who("so-gddt", workflow.DutyVote), goodSentence)
		o.ahead.Add(int64(8 * time.Hour))
		if !expired() {
			t.Fatal("after 13 hours nothing has ended")
		}
		check(t, o.Sweep(ctx))
		if expired() {
			t.Error("a sweep left what had ended")
		}
		o.ahead.Add(-int64(7 * time.Hour))
		if visitorBy(o, theirs) == "" {
			t.Error("a sweep ended a session that held")
		}
	})
}

// Tokens, passwords and codes stand in no file of the installation.
func TestNothingToSignInWithIsKept(t *testing.T) {
	o := newOffice(t)
	o.apply(o.block)
	person := o.who("so-yte", workflow.DutyVote)
	code := o.sentCode(person)
	token, _, err := o.SetPassword(context.Background(), engine.NewPassword{Login: string(person), Code: code,
		Password: goodSentence, Network: "192.0.2.1"})
	check(t, err)
	_, _ = signInTo(o, string(person), goodSentence+" sai")
	files := 0
	check(t, filepath.WalkDir(o.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "mail" {
			return filepath.SkipDir // the server that mails go to
		}
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files++
		for what, secret := range map[string]string{"token": token, "password": goodSentence, "code": code} {
			if strings.Contains(string(data), secret) {
				t.Errorf("%s holds the %s", filepath.Base(path), what)
			}
		}
		return err
	}))
	if files == 0 {
		t.Error("no file was looked at")
	}
}

// Tries are counted before they are looked at: for an account whether there is one or not, and for an address; so are
// the codes that are sent. Who makes many at once gets as many as who makes them one after the other.
func TestTriesToSignInAreCounted(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.apply(o.block)
		person := o.who("so-yte", workflow.DutyVote)
		withPassword(o, person, goodSentence)
		for _, login := range []string{string(person), "khong-co"} {
			var wg sync.WaitGroup
			var looked, refused atomic.Int64
			for range 16 {
				wg.Go(func() {
					_, err := signInTo(o, login, "một mật khẩu sai")
					switch {
					case strings.Contains(err.Error(), "too many tries"):
						refused.Add(1)
					default:
						looked.Add(1)
					}
				})
			}
			wg.Wait()
			if looked.Load() != 10 || refused.Load() != 6 {
				t.Errorf("%s: of 16 passwords at once %d were tried, %d refused", login, looked.Load(), refused.Load())
			}
		}
		if _, err := signInTo(o, string(person), goodSentence); err == nil {
			t.Error("the right password after too many wrong ones")
		}
		o.ahead.Add(int64(16 * time.Minute))
		_, err := signInTo(o, string(person), goodSentence)
		check(t, err)
		for i := range 61 {
			_, err = signInTo(o, fmt.Sprintf("ai-do-%d", i), "x")
		}
		if !strings.Contains(err.Error(), "too many tries") {
			t.Errorf("the 61st login from one address: %v", err)
		}
	})
}

// A code is sent to who has a mail address, three in a quarter of an hour; whoever asks learns nothing.
func TestCodesAreCounted(t *testing.T) {
	o := newOffice(t)
	o.apply(o.block)
	person := o.who("so-yte", workflow.DutyVote)
	ctx := context.Background()
	for _, login := range []string{string(person), "khong-co", ""} {
		for i := range 5 {
			err := o.SendPasswordCode(ctx, login, "192.0.2.7")
			if (err != nil) != (i >= 3) {
				t.Errorf("%q, code %d: %v", login, i+1, err)
			}
		}
	}
	check(t, o.AwaitMails(ctx))
	sent := 0
	for _, m := range o.delivered() {
		if m.Kind == "access" {
			sent++
		}
	}
	if sent != 3 {
		t.Errorf("%d codes were sent", sent)
	}
}

// What is guessed first is no password, and a code is used once, for the person it was sent to.
func TestPasswordsThatAreNone(t *testing.T) {
	o := newOffice(t)
	o.apply(o.block)
	person, other := o.who("so-yte", workflow.DutyVote), o.who("so-gddt", workflow.DutyVote)
	code := o.sentCode(person)
	set := func(login, code, password string) error {
		_, _, err := o.SetPassword(context.Background(),
			engine.NewPassword{Login: login, Code: code, Password: password,
				Network: "192.0.2.1"})
		return err
	}
	for _, password := range []string{"", "ngắn quá", "aaaaaaaaaaaa", "1234567890", strings.ToLower(code) + "1",
		"mật khẩu của " + string(person), strings.Repeat("dài ", 60)} {
		if err := set(string(person), code, password); workflow.ErrorCode(err) != workflow.CodeInvalid {
			t.Errorf("%q: %v", password, err)
		}
	}
	if err := set(string(other), code, goodSentence); workflow.ErrorCode(err) != workflow.CodeForbidden {
		t.Errorf("with another's code: %v", err)
	}
	check(t, set(string(person), code, goodSentence))
	if err := set(string(person), code, goodSentence); workflow.ErrorCode(err) != workflow.CodeForbidden {
		t.Errorf("with a code that was used: %v", err)
	}
}

// An account that is switched off, and a person who is no longer in the directory, are nobody.
func TestWhoLeftIsNobody(t *testing.T) {
	o := newOffice(t)
	o.apply(o.block)
	person := o.who("so-yte", workflow.DutyVote)
	token := withPassword(o, person, goodSentence)
	check(t, o.Store.Update(context.Background(), func(tx *store.Tx) error {
		a, err := tx.Account(context.Background(), string(person))
		a.Disabled = true
		check(t, err)
		return tx.SaveAccount(context.Background(), a)
	}))
	if _, err := signInTo(o, string(person), goodSentence); workflow.ErrorCode(err) != workflow.CodeForbidden {
		t.Errorf("signed in: %v", err)
	}
	if visitorBy(o, token) == person {
		t.Error("who was signed in when the account was switched off stays so")
	}
}
