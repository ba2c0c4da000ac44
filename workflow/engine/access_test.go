package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

var codeInMail = regexp.MustCompile(`[A-Z2-7]{4}(-[A-Z2-7]{4}){3}`)

// root is the console by itself; it acts for nobody.
var root = workflow.AtConsole("root", workflow.ConsoleOff)

// sentCode has a person sent a code, and reads it where it arrives.
func (o *office) sentCode(person workflow.PersonID) string {
	o.t.Helper()
	before := len(o.mails.Accepted())
	_, err := o.SendAccessCode(context.Background(), person, engine.Meta{Actor: root})
	check(o.t, err)
	check(o.t, o.mails.Wait(context.Background(), before+1))
	check(o.t, o.AwaitMails(context.Background()))
	mail := o.mails.Accepted()[before]
	text, err := os.ReadFile(filepath.Join(o.dir, "mail", mail.File))
	check(o.t, err)
	code := codeInMail.FindString(string(text))
	if code == "" || len(mail.To) != 1 || !strings.HasPrefix(mail.To[0], string(person)+"@") {
		o.t.Fatalf("to %v went\n%s", mail.To, text)
	}
	return code
}

func (o *office) redeem(person workflow.PersonID, code string) (string, error) {
	token, _, err := o.MakeAccessToken(context.Background(), engine.AccessRequest{
		Person: person, Code: code, Name: "máy ở cơ quan", Days: 30,
	})
	return token, err
}

func (o *office) tokens(person workflow.PersonID) []store.AccessToken {
	o.t.Helper()
	all, err := o.AccessTokens(context.Background(), person, root)
	check(o.t, err)
	return all
}

// A code reaches nobody but its person's mailbox, is good for one token, and the token makes whoever shows it that
// person until it expires or is revoked.
func TestAccessTokens(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		ctx := context.Background()
		o.apply(o.block)
		person, other := o.who("so-yte", workflow.DutyVote), o.who("so-gddt", workflow.DutyVote)
		code := o.sentCode(person)
		check(t, o.Store.View(ctx, func(tx *store.Tx) error {
			kept, err := tx.Mails(ctx, "", 0)
			for _, m := range kept {
				if strings.Contains(m.Body, code) {
					t.Errorf("the code stands in the kept mail\n%s", m.Body)
				}
			}
			return err
		}))
		if _, err := o.redeem(other, code); workflow.ErrorCode(err) != workflow.CodeForbidden {
			t.Errorf("another redeems it: %v", err)
		}
		token, err := o.redeem(person, strings.ToLower(code))
		check(t, err)
		if _, err := o.redeem(person, code); workflow.ErrorCode(err) != workflow.CodeForbidden {
			t.Errorf("redeemed twice: %v", err)
		}
		actor, err := o.ActorOf(ctx, token+"\n")
		check(t, err)
		kept := o.tokens(person)[0]
		if actor != workflow.ByToken(person, kept.ID) || kept.UsedAt.IsZero() ||
			strings.Contains(token, string(kept.Hash)) {
			t.Errorf("the token makes %+v of what is kept as %+v", actor, kept)
		}
		for _, wrong := range []string{"", "covenant_" + kept.ID + "_", token + "a", token[:len(token)-1],
			strings.Replace(token, kept.ID, "x", 1)} {
			if _, err := o.ActorOf(ctx, wrong); workflow.ErrorCode(err) != workflow.CodeForbidden {
				t.Errorf("by %q: %v", wrong, err)
			}
		}
		o.endToken(t, person, other, actor, kept.ID, token)
	})
}

// endToken: a person and administrators revoke a token, nobody else learns that there is one; a token ends by itself,
// too.
func (o *office) endToken(t *testing.T, person, other workflow.PersonID, actor workflow.Actor, id, token string) {
	ctx := context.Background()
	if err := o.RevokeAccessToken(ctx, id, signedIn(other)); workflow.ErrorCode(err) != workflow.CodeNotFound {
		t.Errorf("another revokes it: %v", err)
	}
	if _, err := o.AccessTokens(ctx, person, signedIn(other)); workflow.ErrorCode(err) != workflow.CodeForbidden {
		t.Errorf("another lists it: %v", err)
	}
	if _, err := o.SendAccessCode(ctx, person,
		engine.Meta{Actor: signedIn(other)}); workflow.ErrorCode(err) != workflow.CodeForbidden {
		t.Errorf("another has a code sent: %v", err)
	}
	second, err := o.redeem(person, o.sentCode(person))
	check(t, err)
	check(t, o.RevokeAccessToken(ctx, id, actor))
	if _, err := o.ActorOf(ctx, token); workflow.ErrorCode(err) != workflow.CodeForbidden {
		t.Errorf("revoked, it still holds: %v", err)
	}
	if kept := o.tokens(person); len(kept) != 2 || kept[0].RevokedBy != string(person) || kept[0].RevokedAt.IsZero() {
		t.Errorf("the tokens are %+v", kept)
	}
	_, err = o.ActorOf(ctx, second)
	check(t, err)
	o.ahead.Store(int64(30*24*time.Hour + time.Minute))
	if _, err := o.ActorOf(ctx, second); workflow.ErrorCode(err) != workflow.CodeForbidden {
		t.Errorf("expired, it still holds: %v", err)
	}
}

// Who guesses has five attempts, and as many hours as the code says; a new code begins anew and ends the one before.
func TestAccessCodeLocks(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.apply(o.block)
		person := o.who("so-yte", workflow.DutyVote)
		code := o.sentCode(person)
		for left := 4; left >= 0; left-- {
			_, err := o.redeem(person, "AAAA-AAAA-AAAA-AAAA")
			if workflow.ErrorCode(err) != workflow.CodeForbidden ||
				!strings.Contains(err.Error(), "one-time code; "+string(rune('0'+left))) {
				t.Errorf("%d left: %v", left, err)
			}
		}
		if _, err := o.redeem(person, code); workflow.ErrorCode(err) != workflow.CodeForbidden {
			t.Errorf("the right code after five wrong ones: %v", err)
		}
		next := o.sentCode(person)
		if _, err := o.redeem(person, code); next == code || workflow.ErrorCode(err) != workflow.CodeForbidden {
			t.Errorf("the code before (%s, now %s): %v", code, next, err)
		}
		o.ahead.Store(int64(72*time.Hour + time.Minute))
		if _, err := o.redeem(person, next); workflow.ErrorCode(err) != workflow.CodeForbidden {
			t.Errorf("after 72 hours: %v", err)
		}
		if _, err := o.redeem(person, o.sentCode(person)); err != nil {
			t.Error(err)
		}
	})
}
