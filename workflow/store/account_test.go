package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"covenant/workflow/store"
)

func TestAccounts(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		a := store.Account{ID: "1", Login: "ngoc", Person: "p1", PasswordHash: "$argon2id$…",
			Data: []byte(`{"roles":["clerk"]}`)}
		update(t, s, func(tx *store.Tx) error { return tx.SaveAccount(t.Context(), a) })
		a.Disabled, a.Failures = true, 3
		update(t, s, func(tx *store.Tx) error { return tx.SaveAccount(t.Context(), a) })
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			return tx.SaveAccount(t.Context(),
				store.Account{ID: "2", Login: "ngoc"})
		})
		wantError(t, err, store.ErrConflict)
		view(t, s, func(tx *store.Tx) error {
			got, err := tx.AccountByLogin(t.Context(), "ngoc")
			if !got.Disabled || got.Failures != 3 || string(got.Data) != `{"roles":["clerk"]}` ||
				got.CreatedAt.IsZero() {
				t.Errorf("account %+v", got)
			}
			of, ofErr := tx.AccountsOf(t.Context(), "p1")
			all, allErr := tx.Accounts(t.Context())
			if len(of) != 1 || len(all) != 1 {
				t.Error(of, all)
			}
			_, missing := tx.Account(t.Context(), "9")
			wantError(t, missing, store.ErrNotFound)
			return errors.Join(err, ofErr, allErr)
		})
	})
}

func TestKeys(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		update(t, s, func(tx *store.Tx) error {
			return tx.SaveKey(t.Context(), store.SealedKey{ID: "k1", Owner: "p1", Kind: "p256",
				Sealed: []byte{0, 1, 255}})
		})
		until := clock().Add(time.Hour)
		for want := 1; want <= 3; want++ {
			update(t, s, func(tx *store.Tx) error {
				tried, locked, err := tx.TryKey(t.Context(), "k1", 3, clock(), until)
				if tried != want || locked.IsZero() != (want < 3) {
					t.Errorf("tried %d times, locked until %v", tried, locked)
				}
				return err
			})
		}
		locked := s.Update(t.Context(), func(tx *store.Tx) error {
			_, _, err := tx.TryKey(t.Context(), "k1", 3, until.Add(-time.Second), until)
			return err
		})
		if !errors.Is(locked, store.ErrNotFound) {
			t.Errorf("a locked key was tried: %v", locked)
		}
		update(t, s, func(tx *store.Tx) error {
			_, _, err := tx.TryKey(t.Context(), "k1", 3, until, until.Add(time.Hour))
			return err
		})
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.UnlockKey(t.Context(), "k1"),
				tx.ResealKey(t.Context(), "k1", []byte{7}, []byte("chain")), tx.RetireKey(t.Context(), "k1"))
		})
		view(t, s, func(tx *store.Tx) error {
			keys, err := tx.KeysOf(t.Context(), "p1")
			if len(keys) != 1 || keys[0].Sealed[0] != 7 || keys[0].RetiredAt.IsZero() || keys[0].Failures != 0 ||
				!keys[0].LockedUntil.IsZero() {
				t.Errorf("keys %+v", keys)
			}
			return err
		})
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			return tx.ResealKey(t.Context(), "k1", []byte{8},
				nil)
		})
		wantError(t, err, store.ErrNotFound)
	})
}

func TestLease(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		var winners atomic.Int64
		var wg sync.WaitGroup
		for _, holder := range []string{"a", "b", "c", "d", "e"} {
			wg.Go(func() {
				err := s.Update(t.Context(), func(tx *store.Tx) error {
					held, ok, err := tx.TakeLease(t.Context(),
						store.Lease{Name: "head/1", Holder: holder, Expires: clock().Add(time.Hour)})
					if ok {
						winners.Add(1)
					} else if err == nil && (held.Holder == "" || held.Holder == holder) {
						t.Errorf("refused %s in favour of %+v", holder, held)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if winners.Load() != 1 {
			t.Errorf("%d got the lease", winners.Load())
		}
		update(t, s, func(tx *store.Tx) error {
			_, ok, err := tx.TakeLease(t.Context(), store.Lease{Name: "head/2", Holder: "x", Expires: clock()})
			if !ok {
				t.Error("a free lease is refused")
			}
			_, ok, err2 := tx.TakeLease(t.Context(),
				store.Lease{Name: "head/2", Holder: "y", Expires: clock().Add(time.Hour)})
			if !ok {
				t.Error("an expired lease is refused")
			}
			return errors.Join(err, err2, tx.ReleaseLease(t.Context(), "head/2", "x"),
				tx.ReleaseLease(t.Context(), "head/2", "y"))
		})
		view(t, s, func(tx *store.Tx) error {
			_, found, err := tx.Lease(t.Context(), "head/2")
			if found {
				t.Error("a released lease is held")
			}
			return err
		})
	})
}

func TestSettingsAndSessions(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.SaveSetting(t.Context(), "mail/from", []byte(`"a"`)),
				tx.SaveSetting(t.Context(), "mail/from", []byte(`"b"`)),
				tx.SaveSetting(t.Context(), "tsa", []byte(`1`)), tx.DeleteSetting(t.Context(), "tsa"))
		})
		view(t, s, func(tx *store.Tx) error {
			all, err := tx.Settings(t.Context(), "mail/")
			_, found, foundErr := tx.Setting(t.Context(), "tsa")
			if len(all) != 1 || string(all["mail/from"]) != `"b"` || found {
				t.Errorf("settings %s", all)
			}
			return errors.Join(err, foundErr)
		})
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(
				tx.SaveSession(t.Context(), []byte("live"),
					store.Session{ID: "1", Person: "p1", ExpiresAt: clock().Add(time.Hour)}),
				tx.SaveSession(t.Context(), []byte("ended"), store.Session{ID: "2", Person: "p1", ExpiresAt: clock()}),
				tx.SaveSession(t.Context(), []byte("other"),
					store.Session{ID: "3", Person: "p2", ExpiresAt: clock().Add(time.Hour)}),
				tx.DeleteExpired(t.Context(), clock()))
		})
		idle := clock().Add(-time.Hour)
		view(t, s, func(tx *store.Tx) error {
			live, err := tx.Session(t.Context(), []byte("live"), idle)
			of, ofErr := tx.SessionsOf(t.Context(), "p1", idle)
			if live.ID != "1" || live.Person != "p1" || len(of) != 1 {
				t.Errorf("live session %+v, of its person %v", live, of)
			}
			_, ended := tx.Session(t.Context(), []byte("ended"), idle)
			_, unused := tx.Session(t.Context(), []byte("live"), clock())
			if !errors.Is(ended, store.ErrNotFound) || !errors.Is(unused, store.ErrNotFound) {
				t.Errorf("a session that ended: %v; one that was not used: %v", ended, unused)
			}
			return errors.Join(err, ofErr)
		})
		update(t, s, func(tx *store.Tx) error {
			if err := tx.EndSession(t.Context(), "p2", "1"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("somebody else's session is ended: %v", err)
			}
			return errors.Join(tx.EndSession(t.Context(), "p1", "1"), tx.EndSessionsOf(t.Context(), "p2"))
		})
		view(t, s, func(tx *store.Tx) error {
			for _, token := range []string{"live", "other"} {
				if _, err := tx.Session(t.Context(), []byte(token), idle); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("session %s was ended: %v", token, err)
				}
			}
			return nil
		})
	})
}
