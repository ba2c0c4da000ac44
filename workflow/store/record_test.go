package store_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	sumdb "golang.org/x/mod/sumdb/note"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"

	"covenant/workflow/store"
)

// recordTestKey signs checkpoints with a key that is the same in every test.
type recordTestKey struct {
	sumdb.Verifier
	sumdb.Signer
}

func (k recordTestKey) Name() string    { return k.Signer.Name() }
func (k recordTestKey) KeyHash() uint32 { return k.Signer.KeyHash() }

func testSigner(t testing.TB) store.RecordKey { return newTestKey(t, 'k') }

func testVerifier(t testing.TB) sumdb.Verifier { return newTestKey(t, 'k').Verifier }

func newTestKey(t testing.TB, seed byte) recordTestKey {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32))
	public, err := sumdb.NewEd25519VerifierKey("record.example", ed25519.PublicKey(key[32:]))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := sumdb.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return recordTestKey{verifier, testSignature{verifier, key}}
}

type testSignature struct {
	sumdb.Verifier
	key ed25519.PrivateKey
}

func (s testSignature) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

func closeCheckpoint(
	t testing.TB, s *store.Store, signer store.RecordKey, day string, said ...store.Statement,
) (c store.Checkpoint, made []store.Statement) {
	t.Helper()
	update(t, s, func(tx *store.Tx) (err error) {
		c, made, err = tx.CloseCheckpoint(t.Context(), signer, day, said...)
		return err
	})
	return c, made
}

// proofs proves the heads of streams and the statements given under the newest checkpoint.
type proofs struct {
	checkpoint log.Checkpoint
	heads      []byte
	streams    map[store.Stream]store.StreamProof
	statements []store.StatementProof
}

func prove(
	t testing.TB, s *store.Store, c store.Checkpoint, said []store.Statement, streams ...store.Stream,
) (p proofs) {
	t.Helper()
	var err error
	if p.checkpoint, _, err = store.OpenCheckpoint(c.Note, testVerifier(t)); err != nil {
		t.Fatal(err)
	}
	p.streams = map[store.Stream]store.StreamProof{}
	view(t, s, func(tx *store.Tx) error {
		for _, stream := range streams {
			one, err := tx.ProveStream(t.Context(), c, stream)
			if err != nil {
				return fmt.Errorf("%s: %w", stream, err)
			}
			p.streams[stream] = one
		}
		for _, st := range said {
			one, err := tx.ProveStatement(t.Context(), c, st)
			if err != nil {
				return err
			}
			p.statements = append(p.statements, one)
			if st.Kind == store.StatementHeads {
				p.heads, _ = hex.DecodeString(st.Heads)
			}
		}
		return nil
	})
	return p
}

// The root is that of RFC 6962 over the leaves in their order, however the tiles fill up, and each proof holds for what
// it says and for nothing else.
func TestRecord(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s, signer := d.open(t), testSigner(t)
		reference := testonly.New(rfc6962.DefaultHasher)
		heads := map[store.Stream]store.Head{}
		var streams []store.Stream
		for round, events := range []int{1, 254, 3, 0, 300, 70} {
			stream := store.Stream(fmt.Sprintf("covenant/%d", round/2))
			if len(streams) == 0 || streams[len(streams)-1] != stream {
				streams = append(streams, stream)
			}
			for _, e := range appendMany(t, s, stream, heads[stream].Version, events) {
				heads[stream] = store.Head{Stream: stream, Version: e.Version, Hash: e.Sealed.Hash}
				reference.AppendData(store.EventLeaf(reference.Size(), heads[stream]))
			}
			c, said := closeCheckpoint(t, s, signer, "", store.Statement{Kind: store.StatementBundle, Covenant: "c",
				Manifest: strings.Repeat("0", 64)})
			for _, st := range said {
				reference.AppendData(st.Image())
			}
			p := prove(t, s, c, said, streams...)
			if p.checkpoint.Size != reference.Size() || !bytes.Equal(p.checkpoint.Hash, reference.Hash()) {
				t.Fatalf("round %d: checkpoint %+v, reference size %d", round, p.checkpoint, reference.Size())
			}
			p.check(t, heads)
		}
		if report := mustAudit(t, s); len(report.Checkpoints) != 6 || report.Unproven != 0 {
			t.Errorf("%d checkpoints, %d events unproven", len(report.Checkpoints), report.Unproven)
		}
		appendEvents(t, s, "later", 0, payload("k", `{}`))
		view(t, s, func(tx *store.Tx) error {
			_, err := tx.ProveStream(t.Context(), store.Checkpoint{Size: reference.Size()}, "later")
			wantError(t, err, store.ErrNotFound)
			return nil
		})
		if report := mustAudit(t, s); report.Unproven != 1 {
			t.Errorf("%d events unproven, want 1", report.Unproven)
		}
	})
}

func appendMany(t testing.TB, s *store.Store, stream store.Stream, version int64, n int) []store.Recorded {
	t.Helper()
	if n == 0 {
		return nil
	}
	payloads := make([]store.Payload, n)
	for i := range payloads {
		payloads[i] = payload("k", fmt.Sprintf(`{"n":%d}`, i))
	}
	return appendEvents(t, s, stream, version, payloads...)
}

func (p proofs) check(t *testing.T, heads map[store.Stream]store.Head) {
	t.Helper()
	for stream, proof := range p.streams {
		if proof.Version != heads[stream].Version || !bytes.Equal(proof.Hash, heads[stream].Hash) {
			t.Errorf("%s is proven at version %d, it is at %d", stream, proof.Version, heads[stream].Version)
		}
		for name, forge := range map[string]func(*store.StreamProof){
			"":                   func(*store.StreamProof) {},
			"an earlier version": func(p *store.StreamProof) { p.Version-- },
			"another stream":     func(p *store.StreamProof) { p.Stream += "x" },
			"another hash":       func(p *store.StreamProof) { p.Hash = bytes.Repeat([]byte{1}, 32) },
			"another place":      func(p *store.StreamProof) { p.Index++ },
			"no bucket":          func(p *store.StreamProof) { p.Bucket = nil },
			"a bucket twice":     func(p *store.StreamProof) { p.Bucket = append(bytes.Clone(p.Bucket), p.Bucket...) },
			"a longer bucket":    func(p *store.StreamProof) { p.Bucket = append(bytes.Clone(p.Bucket), 0) },
			"no path of heads":   func(p *store.StreamProof) { p.HeadsPath = nil },
			"a longer path": func(p *store.StreamProof) {
				p.Path = append(append([][]byte{}, p.Path...), make([]byte, 32))
			},
		} {
			forged := proof
			forge(&forged)
			if got := forged.Verify(p.checkpoint.Size, p.checkpoint.Hash, p.heads); got != (name == "") {
				t.Errorf("%s with %q: %t", stream, name, got)
			}
		}
	}
	for _, proof := range p.statements {
		if !proof.Verify(p.checkpoint.Size, p.checkpoint.Hash) {
			t.Errorf("statement %+v is not proven", proof.Statement)
		}
		proof.Statement.Index++
		if proof.Verify(p.checkpoint.Size, p.checkpoint.Hash) {
			t.Errorf("statement %+v is proven in another place", proof.Statement)
		}
	}
}

// A day has one checkpoint, and one time-stamp.
func TestCheckpointOfADay(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s, signer := d.open(t), testSigner(t)
		appendEvents(t, s, "a", 0, payload("k", `{}`))
		first, _ := closeCheckpoint(t, s, signer, "2026-03-26")
		appendEvents(t, s, "a", 1, payload("k", `{}`))
		if again, said := closeCheckpoint(t, s, signer, "2026-03-26"); !bytes.Equal(again.Note, first.Note) ||
			said != nil {
			t.Error("a second checkpoint of the same day")
		}
		stamp := func() error {
			return s.Update(t.Context(), func(tx *store.Tx) error {
				return tx.StampCheckpoint(t.Context(), first.Size, []byte("token"))
			})
		}
		wantError(t, stamp(), nil)
		wantError(t, stamp(), store.ErrNotFound)
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			_, _, err := tx.CloseCheckpoint(t.Context(), signer, "26/03/2026")
			return err
		})
		if err == nil {
			t.Error("a day in another form is taken")
		}
		mustAudit(t, s)
	})
}

// rechain is what an owner of the database does who changes one event: every hash after it computed anew, and the head.
func rechain(t testing.TB, raw *sql.DB, stream string, version int64, from, to string) {
	t.Helper()
	rows, err := raw.QueryContext(t.Context(), "SELECT version, at, actor, on_behalf, origin, address, command_key, "+
		"kind, payload, prev FROM events WHERE stream = $1 ORDER BY version", stream)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var events []store.Sealed
	for rows.Next() {
		e := store.Sealed{Stream: store.Stream(stream)}
		var text string
		if err := rows.Scan(&e.Version, &e.AtMillis, &e.Actor, &e.OnBehalf, &e.Origin, &e.Address, &e.CommandKey,
			&e.Kind, &text, &e.Prev); err != nil {
			t.Fatal(err)
		}
		if e.Payload = json.RawMessage(text); e.Version == version {
			e.Payload = json.RawMessage(strings.Replace(text, from, to, 1))
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	prev := make([]byte, store.HashSize)
	for _, e := range events {
		e.Prev = prev
		prev = e.Sum()
		for _, statement := range []string{
			"UPDATE events SET payload = $1, prev = $2, hash = $3 WHERE stream = $4 AND version = $5",
		} {
			if _, err := raw.ExecContext(t.Context(), statement, string(e.Payload), e.Prev, prev, stream,
				e.Version); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := raw.ExecContext(t.Context(), "UPDATE streams SET hash = $1 WHERE stream = $2", prev,
		stream); err != nil {
		t.Fatal(err)
	}
}

// Whatever is changed below a checkpoint is found, also where all hashes of the chains are computed anew; and a record
// that was made anew as a whole, without the installation's key, does not contain the checkpoint that was kept outside.
func TestAuditFindsForgedRecord(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		for name, forge := range map[string]func(t *testing.T, raw *sql.DB){
			"an event, all chained anew": func(t *testing.T, raw *sql.DB) { rechain(t, raw, "b", 2, `"n":1`, `"n":9`) },
			"the last event, its chain anew": func(t *testing.T, raw *sql.DB) {
				run(t, raw, "DELETE FROM events WHERE stream = 'b' AND version = 3",
					"UPDATE streams SET version = 2 WHERE stream = 'b'")
				rechain(t, raw, "b", 0, "", "")
			},
			"a stream left out": func(t *testing.T, raw *sql.DB) {
				run(t, raw, "DELETE FROM events WHERE stream = 'b'", "DELETE FROM streams WHERE stream = 'b'")
			},
			"two events change places": func(t *testing.T, raw *sql.DB) {
				run(t, raw, "UPDATE events SET position = -1 WHERE stream = 'a' AND version = 1",
					"UPDATE events SET position = 1000 WHERE stream = 'b' AND version = 3")
			},
			"a statement": func(t *testing.T, raw *sql.DB) {
				run(t, raw, `UPDATE record_statements SET body = REPLACE(body, 'bundle', 'bumble')`)
			},
			"a statement less": func(t *testing.T, raw *sql.DB) {
				run(t, raw, `DELETE FROM record_statements WHERE body LIKE '%bundle%'`)
			},
			"a statement more": func(t *testing.T, raw *sql.DB) {
				run(t, raw, `INSERT INTO record_statements (leaf, body) VALUES (99, '{}')`)
			},
			"the note": func(t *testing.T, raw *sql.DB) {
				run(t, raw, `UPDATE checkpoints SET note = REPLACE(note, 'record.example', 'another.example')`,
					`UPDATE checkpoints SET size = size + 1`)
			},
			"a tile": func(t *testing.T, raw *sql.DB) {
				run(t, raw, `UPDATE record_tiles SET level = 7 WHERE tree = 'log' AND level = 0`)
			},
			"a tile of heads": func(t *testing.T, raw *sql.DB) {
				run(t, raw, `DELETE FROM record_tiles WHERE tree = 'heads' AND level = 1`)
			},
			"a head": func(t *testing.T, raw *sql.DB) {
				run(t, raw, `UPDATE record_heads SET version = 2 WHERE stream = 'b'`)
			},
		} {
			t.Run(name, func(t *testing.T) {
				d := fresh(t, d)
				s := d.open(t)
				appendMany(t, s, "a", 0, 2)
				appendMany(t, s, "b", 0, 3)
				c, _ := closeCheckpoint(t, s, testSigner(t), "", store.Statement{Kind: store.StatementBundle})
				kept, _, err := store.OpenCheckpoint(c.Note, testVerifier(t))
				if err != nil {
					t.Fatal(err)
				}
				mustAudit(t, s)
				if problems, err := s.ContainsCheckpoint(t.Context(), kept); err != nil || len(problems) > 0 {
					t.Fatalf("the record that gave it: %v, %v", problems, err)
				}
				raw := d.raw(t)
				dropTriggers(t, d, raw)
				forge(t, raw)
				report, err := s.Audit(t.Context())
				if err != nil || len(report.RecordBreaks) == 0 {
					t.Errorf("audit finds nothing: %v", err)
				}
				// an honest event on top of the forgery, in the order in which a database would take it
				run(t, raw, "UPDATE events SET position = 999 WHERE position > 999")
				err = s.Update(t.Context(), func(tx *store.Tx) error {
					_, err := tx.Append(t.Context(), "b", store.AnyVersion, envelope(), []store.Payload{payload("k",
						`{}`)})
					if err == nil {
						_, _, err = tx.CloseCheckpoint(t.Context(), testSigner(t), "")
					}
					return err
				})
				if report, auditErr := s.Audit(t.Context()); auditErr != nil || err == nil && report.OK() {
					t.Errorf("a checkpoint was signed over the forgery, and the audit finds nothing: %v", auditErr)
				}
				if signsBlindly[name] != (err == nil) {
					t.Errorf("the next checkpoint: %v", err)
				}
			})
		}
	})
}

// signsBlindly are the forgeries over which the next checkpoint is signed all the same: what was said in statements
// before
// it says nothing of events, and no bundle shows it. The audit and checkpoints outside find them.
var signsBlindly = map[string]bool{"a statement": true, "a statement less": true, "a statement more": true}

// A record made anew after one change, with another key, is sound in itself; what was kept outside tells.
func TestCheckpointKeptOutside(t *testing.T) {
	ctx := context.Background()
	s := newSQLite(t).open(t)
	appendMany(t, s, "a", 0, 300)
	c, _ := closeCheckpoint(t, s, testSigner(t), "2026-03-26")
	kept, _, err := store.OpenCheckpoint(c.Note, testVerifier(t))
	if err != nil {
		t.Fatal(err)
	}
	appendMany(t, s, "a", 300, 10)
	closeCheckpoint(t, s, testSigner(t), "")
	if problems, err := s.ContainsCheckpoint(ctx, kept); err != nil || len(problems) > 0 {
		t.Errorf("the record that went on: %v %v", problems, err)
	}
	forged := newSQLite(t).open(t)
	appendMany(t, forged, "a", 0, 299)
	appendMany(t, forged, "a", 299, 1) // the last says {"n":0}
	closeCheckpoint(t, forged, testSigner(t), "2026-03-26")
	mustAudit(t, forged)
	if problems, err := forged.ContainsCheckpoint(ctx, kept); err != nil || len(problems) != 1 {
		t.Errorf("another record that is sound in itself: %v %v", problems, err)
	}
	if problems, err := newSQLite(t).open(t).ContainsCheckpoint(ctx, kept); err != nil || len(problems) != 1 {
		t.Errorf("an empty record: %v %v", problems, err)
	}
	for i := range c.Note {
		note := bytes.Clone(c.Note)
		note[i] ^= 1
		if opened, _, err := store.OpenCheckpoint(note, testVerifier(t)); err == nil {
			t.Errorf("byte %d changed: %+v", i, opened)
		}
	}
}
