package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"covenant/workflow/store"
)

func TestAppendAndRead(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		env := store.Envelope{At: clock(), Actor: "p1", OnBehalf: "p2", Origin: "web", Address: "192.0.2.7",
			CommandKey: "k1"}
		update(t, s, func(tx *store.Tx) error {
			_, err := tx.Append(t.Context(), "covenant/1", 0, env, []store.Payload{
				payload("drafted", `{"b": 1, "a": "Giao ước thi đua"}`), payload("sent", `{}`)})
			return err
		})
		view(t, s, func(tx *store.Tx) error {
			events, err := tx.Events(t.Context(), "covenant/1", 1)
			if err != nil {
				return err
			}
			if len(events) != 2 || events[0].Version != 1 || events[1].Version != 2 ||
				events[1].Position <= events[0].Position {
				t.Fatalf("events: %+v", events)
			}
			if got := string(events[0].JSON); got != `{"a":"Giao ước thi đua","b":1}` {
				t.Errorf("payload %s", got)
			}
			if e := events[0].Envelope; !e.At.Equal(env.At) || e.Actor != "p1" || e.OnBehalf != "p2" ||
				e.Address != "192.0.2.7" || e.CommandKey != "k1" || e.Origin != "web" {
				t.Errorf("envelope %+v", e)
			}
			if strings.Contains(fmt.Sprintf("%+v", events[0].Sealed), "192.0.2.7") {
				t.Error("the address is in the chain")
			}
			if at, found, err := tx.LastEventTime(t.Context()); !found || !at.Equal(env.At) || err != nil {
				t.Errorf("last event at %v %v (%v)", at, found, err)
			}
			head, err := tx.Head(t.Context(), "covenant/1")
			if head.Version != 2 || string(head.Hash) != string(events[1].Sealed.Hash) {
				t.Errorf("head %+v", head)
			}
			return errors.Join(err, store.VerifyChain([]store.Sealed{events[0].Sealed, events[1].Sealed}))
		})
	})
}

func TestAppendConflict(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		appendEvents(t, s, "c", 0, payload("a", `{}`))
		for _, expected := range []int64{0, 2, 7} {
			err := s.Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Append(t.Context(), "c", expected, envelope(), []store.Payload{payload("b", `{}`)})
				return err
			})
			wantError(t, err, store.ErrConflict)
		}
		appendEvents(t, s, "c", store.AnyVersion, payload("c", `{}`))
		appendEvents(t, s, "c", 2, payload("d", `{}`))
	})
}

func TestAppendRefusesBadInput(t *testing.T) {
	s := newSQLite(t).open(t)
	for name, c := range map[string]struct {
		stream store.Stream
		env    store.Envelope
		body   string
	}{
		"no stream":       {"", envelope(), `{}`},
		"no time":         {"c", store.Envelope{Actor: "p"}, `{}`},
		"no actor":        {"c", store.Envelope{At: clock()}, `{}`},
		"not JSON":        {"c", envelope(), `{`},
		"two values":      {"c", envelope(), `{} {}`},
		"not UTF-8":       {"c", envelope(), "{\"a\":\"\xff\"}"},
		"own commitment":  {"c", envelope(), `{"a":{"commitment":"00"}}`},
		"personal mixed":  {"c", envelope(), `{"a":{"personal":"x","other":1}}`},
		"personal number": {"c", envelope(), `{"a":{"personal":1}}`},
		"personal NUL":    {"c", envelope(), `{"a":{"personal":"\u0000"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			err := s.Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Append(t.Context(), c.stream, 0, c.env, []store.Payload{payload("k", c.body)})
				return err
			})
			if err == nil {
				t.Fatal("accepted")
			}
		})
	}
	view(t, s, func(tx *store.Tx) error {
		events, err := tx.AllEvents(t.Context(), 0, 0)
		if len(events) != 0 {
			t.Errorf("%d events were left behind", len(events))
		}
		return err
	})
}

// Many writers on one stream: each version is taken once, and everybody gets in by trying again.
func TestConcurrentAppend(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		const writers, each = 8, 5
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range each {
					if err := appendRetrying(s, "c"); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		view(t, s, func(tx *store.Tx) error {
			events, err := tx.Events(t.Context(), "c", 1)
			if len(events) != writers*each {
				t.Errorf("%d events, want %d", len(events), writers*each)
			}
			return err
		})
		mustAudit(t, s)
	})
}

func appendRetrying(s *store.Store, stream store.Stream) error {
	ctx := context.Background()
	for {
		err := s.Update(ctx, func(tx *store.Tx) error {
			head, err := tx.Head(ctx, stream)
			if err != nil {
				return err
			}
			_, err = tx.Append(ctx, stream, head.Version, envelope(), []store.Payload{payload("k", `{}`)})
			return err
		})
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrBusy) {
			return err
		}
	}
}

func TestRollback(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		cause := errors.New("no")
		committed := false
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			tx.OnCommit(func() { committed = true })
			if _, err := tx.Append(t.Context(), "c", 0, envelope(), []store.Payload{payload("k", `{}`)}); err != nil {
				return err
			}
			return cause
		})
		wantError(t, err, cause)
		func() {
			defer func() { _ = recover() }()
			_ = s.Update(t.Context(), func(tx *store.Tx) error { panic("in a transaction") })
		}()
		if committed {
			t.Error("OnCommit ran")
		}
		appendEvents(t, s, "c", 0, payload("k", `{}`)) // neither left anything, nor holds the connection
	})
}

// A context that ends in the middle is named as the cause, and nothing is written.
func TestContextEnds(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Update(ctx, func(tx *store.Tx) error {
			if _, err := tx.Append(ctx, "c", 0, envelope(), []store.Payload{payload("k", `{}`)}); err != nil {
				return err
			}
			cancel()
			_, err := tx.Append(ctx, "c", 1, envelope(), []store.Payload{payload("k", `{}`)})
			return err
		})
		wantError(t, err, context.Canceled)
		wantError(t, s.View(ctx, func(*store.Tx) error { return nil }), context.Canceled)
		appendEvents(t, s, "c", 0, payload("k", `{}`))
	})
}

func TestViewDoesNotWrite(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		err := s.View(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Append(t.Context(), "c", 0, envelope(), []store.Payload{payload("k", `{}`)})
			return err
		})
		wantError(t, err, store.ErrReadOnly)
		if err := s.View(t.Context(), func(tx *store.Tx) error {
			return tx.SaveSetting(t.Context(), "k",
				nil)
		}); err == nil {
			t.Error("a view wrote a setting")
		}
	})
}

func TestAllEvents(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		for i := range 7 {
			appendEvents(t, s, store.Stream(fmt.Sprintf("c%d", i%2)), store.AnyVersion,
				payload("k", fmt.Sprintf(`{"i":%d}`, i)))
		}
		var got []string
		view(t, s, func(tx *store.Tx) error {
			for after := int64(0); ; {
				events, err := tx.AllEvents(t.Context(), after, 3)
				if err != nil || len(events) == 0 {
					return err
				}
				for _, e := range events {
					got = append(got, string(e.JSON))
					after = e.Position
				}
			}
		})
		if strings.Join(got, "") != `{"i":0}{"i":1}{"i":2}{"i":3}{"i":4}{"i":5}{"i":6}` {
			t.Errorf("got %v", got)
		}
	})
}

// On PostgreSQL a transaction that began earlier may commit a lower position later; a reader must not have passed it.
func TestAllEventsSkipsNothing(t *testing.T) {
	d := newPostgresUnlessShort(t)
	s := d.open(t)
	began, finish, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- s.Update(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Append(context.Background(), "slow", 0, envelope(), []store.Payload{payload("k", `{}`)})
			close(began)
			<-finish
			return err
		})
	}()
	<-began
	appendEvents(t, s, "fast", 0, payload("k", `{}`))
	count := func() (n int) {
		view(t, s, func(tx *store.Tx) error {
			events, err := tx.AllEvents(t.Context(), 0, 0)
			n = len(events)
			return err
		})
		return n
	}
	if n := count(); n != 0 {
		t.Errorf("%d events shown while an earlier one is still open", n)
	}
	close(finish)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
}

func newPostgresUnlessShort(t testing.TB) database {
	if testing.Short() {
		t.Skip("-short: starts no PostgreSQL")
	}
	return newPostgres(t)
}

func TestPersonalData(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		events := appendEvents(t, s, "c", 0,
			payload("k",
				`{"signers":[{"name":{"personal":"Trần Thị Bưởi","subject":"p7"}},{"name":{"personal":"Lê Văn Cam"}}]}`))
		if strings.Contains(string(events[0].Sealed.Payload), "Bưởi") {
			t.Fatal("personal data in the chain")
		}
		load := func() (got string) {
			view(t, s, func(tx *store.Tx) error {
				events, err := tx.Events(t.Context(), "c", 1)
				if err == nil {
					got = string(events[0].JSON)
				}
				return err
			})
			return got
		}
		if got := load(); got != `{"signers":[{"name":{"personal":"Trần Thị Bưởi","subject":"p7"}},{"name":{"personal":"Lê Văn Cam"}}]}` {
			t.Errorf("loaded %s", got)
		}
		update(t, s, func(tx *store.Tx) error {
			n, err := tx.EraseSubject(t.Context(), envelope(), "p7", "left the service")
			if n != 1 {
				t.Errorf("erased %d", n)
			}
			return err
		})
		if got := load(); got != `{"signers":[{"name":{"erased":true,"personal":""}},{"name":{"personal":"Lê Văn Cam"}}]}` {
			t.Errorf("after erasing: %s", got)
		}
		if report := mustAudit(t, s); report.Erased != 1 {
			t.Errorf("audit counts %d erased", report.Erased)
		}
		testReappendErased(t, s, load())
		testManyPersonal(t, s)
		testEraseOne(t, s, events[0])
	})
}

// A stream with many pieces reads the same as one by one.
func testManyPersonal(t *testing.T, s *store.Store) {
	env := envelope()
	env.Address = "192.0.2.1"
	for i := range 4 {
		update(t, s, func(tx *store.Tx) error {
			_, err := tx.Append(t.Context(), "many", int64(i), env,
				[]store.Payload{payload("k", fmt.Sprintf(`{"n":{"personal":"n%d","subject":"s%d"}}`, i, i))})
			return err
		})
	}
	update(t, s, func(tx *store.Tx) error {
		_, err := tx.EraseSubject(t.Context(), envelope(), "s2", "asked for")
		return err
	})
	view(t, s, func(tx *store.Tx) error {
		events, err := tx.Events(t.Context(), "many", 1)
		for i, e := range events {
			one, oneErr := tx.Events(t.Context(), "many", e.Version) // the last ones are few
			err = errors.Join(err, oneErr)
			if string(one[0].JSON) != string(e.JSON) || e.Address != "192.0.2.1" || one[0].Address != e.Address ||
				strings.Contains(string(e.JSON), "erased") != (i == 2) {
				t.Errorf("event %d: %s and %s from %q", i, e.JSON, one[0].JSON, e.Address)
			}
		}
		return err
	})
}

// What was loaded may be recorded again in another event.
func testReappendErased(t *testing.T, s *store.Store, loaded string) {
	appendEvents(t, s, "c2", 0, payload("k", loaded))
	view(t, s, func(tx *store.Tx) error {
		again, err := tx.Events(t.Context(), "c2", 1)
		if err == nil && string(again[0].JSON) != loaded {
			t.Errorf("recorded again: %s", again[0].JSON)
		}
		return err
	})
}

func testEraseOne(t *testing.T, s *store.Store, e store.Recorded) {
	var sealed struct {
		Signers []struct {
			Name struct{ Commitment store.Commitment }
		}
	}
	if err := json.Unmarshal(e.Sealed.Payload, &sealed); err != nil {
		t.Fatal(err)
	}
	cam := sealed.Signers[1].Name.Commitment
	view(t, s, func(tx *store.Tx) error {
		o, err := tx.Open(t.Context(), cam)
		if !o.Holds() || o.Text != "Lê Văn Cam" {
			t.Errorf("opening %+v", o)
		}
		return err
	})
	update(t, s, func(tx *store.Tx) error { return tx.Erase(t.Context(), envelope(), cam, "asked for") })
	err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.Erase(t.Context(), envelope(), cam, "twice") })
	wantError(t, err, store.ErrNotFound)
}

// The bytes of erased data are gone from the database file, not only unlinked.
func TestErasedBytesAreGone(t *testing.T) {
	d := newSQLite(t)
	s := d.open(t)
	e := appendEvents(t, s, "c", 0, payload("k", `{"n":{"personal":"Zachariasbaumgartner","subject":"z"}}`))
	if e[0].Version != 1 {
		t.Fatal(e)
	}
	update(t, s, func(tx *store.Tx) error {
		_, err := tx.EraseSubject(t.Context(), envelope(), "z", "asked for")
		return err
	})
	for _, name := range dataFiles(t, d.opts.Dir) {
		if strings.Contains(readFile(t, name), "Zachariasbaumgartner") {
			t.Errorf("%s still holds the erased text", name)
		}
	}
}

// Whatever JSON goes in with personal data at any depth comes back, and the chain holds none of it.
func TestPersonalRoundTrip(t *testing.T) {
	s := newSQLite(t).open(t)
	var streams atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		body, err := json.Marshal(map[string]any{"root": drawJSON(t, 4)})
		if err != nil {
			t.Fatal(err)
		}
		want, err := store.Canonical(body)
		if err != nil {
			t.Fatal(err)
		}
		stream := store.Stream(fmt.Sprint(streams.Add(1)))
		ctx := context.Background()
		var got []store.Recorded
		err = s.Update(ctx, func(tx *store.Tx) error {
			if _, err := tx.Append(ctx, stream, 0, envelope(),
				[]store.Payload{payload("k", string(body))}); err != nil {
				return err
			}
			got, err = tx.Events(ctx, stream, 1)
			return err
		})
		if err != nil || string(got[0].JSON) != string(want) ||
			strings.Contains(string(got[0].Sealed.Payload), "secret") {
			t.Fatalf("in  %s\nout %s\nsealed %s (%v)", want, got[0].JSON, got[0].Sealed.Payload, err)
		}
		var again store.Sealed
		data, err := json.Marshal(got[0].Sealed)
		if err = errors.Join(err, json.Unmarshal(data, &again)); err != nil ||
			store.VerifyChain([]store.Sealed{again}) != nil {
			t.Fatalf("through JSON: %v, %v", err, store.VerifyChain([]store.Sealed{again}))
		}
	})
}

func drawJSON(t *rapid.T, depth int) any {
	kinds := 5
	if depth > 0 {
		kinds = 7
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Int64().Draw(t, "int")
	case 3:
		return rapid.Float64().Draw(t, "float")
	case 4:
		return strings.ToValidUTF8(rapid.String().Draw(t, "string"), "") + "<&>\u2028"
	case 5:
		return map[string]any{"personal": "secret " +
			strings.ReplaceAll(rapid.StringMatching(`[a-zđ ]*`).Draw(t, "name"), "\x00", "")}
	case 6:
		return []any{drawJSON(t, depth-1), drawJSON(t, depth-1)}
	}
	return map[string]any{"a": drawJSON(t, depth-1),
		rapid.StringMatching(`[b-oq-z]+`).Draw(t, "key"): drawJSON(t, depth-1)}
}
