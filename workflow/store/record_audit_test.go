package store_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"covenant/workflow/store"
)

// Of each table that is kept append-only the audit says when it no longer is.
func TestAuditMissesTriggers(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s, raw := d.open(t), d.raw(t)
		mustAudit(t, s)
		query := "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
		if !d.sqlite() {
			query = "SELECT tgname, relname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_proc p " +
				"ON p.oid = tgfoid WHERE proname = 'covenant_append_only'"
		}
		rows, err := raw.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		triggers := map[string]string{}
		for rows.Next() {
			var name, table string
			if err := rows.Scan(&name, &table); err != nil {
				t.Fatal(err)
			}
			triggers[name] = table
		}
		if err := rows.Err(); err != nil || len(triggers) < 9 {
			t.Fatalf("triggers %v, %v", triggers, err)
		}
		lost := 0
		for name, table := range triggers {
			if d.sqlite() {
				run(t, raw, "DROP TRIGGER "+name)
			} else {
				run(t, raw, "ALTER TABLE "+table+" DISABLE TRIGGER "+name)
			}
			lost++
			report, err := s.Audit(t.Context())
			if err != nil || report.OK() || len(report.SchemaBreaks) != lost ||
				!strings.Contains(strings.Join(report.SchemaBreaks, "\n"), name) {
				t.Errorf("without %s: %v, %v", name, report.SchemaBreaks, err)
			}
		}
		if d.sqlite() {
			run(t, raw, "CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT 1; END")
		} else {
			run(t, raw, "CREATE OR REPLACE FUNCTION covenant_append_only() RETURNS trigger LANGUAGE plpgsql AS "+
				"$$ BEGIN RETURN NEW; END $$")
			lost++
		}
		if report, err := s.Audit(t.Context()); err != nil || len(report.SchemaBreaks) != lost {
			t.Errorf("with a trigger that does nothing: %v, %v", report.SchemaBreaks, err)
		}
	})
}

// Personal data that are erased without an event that says so were not erased by right; and words that were moved
// between salt and text do not pass, in neither form of commitments.
func TestAuditOfPersonalData(t *testing.T) {
	old := func(t *testing.T, raw *sql.DB, salt, text string) {
		t.Helper()
		sum := sha256.Sum256([]byte(salt + text))
		if _, err := raw.ExecContext(t.Context(), "INSERT INTO personal_data (commitment, stream, subject, salt, "+
			"body, "+
			"recorded_at, erased_at, reason) VALUES ($1, 'old', '', $2, $3, 1, 0, '')", hex.EncodeToString(sum[:]),
			[]byte(salt), text); err != nil {
			t.Fatal(err)
		}
		e := store.Sealed{Stream: "old", Version: 1, AtMillis: 1, Actor: "a", Kind: "k", Prev: make([]byte, 32),
			Payload: json.RawMessage(`{"n":{"commitment":"` + hex.EncodeToString(sum[:]) + `"}}`)}
		if _, err := raw.ExecContext(t.Context(), "INSERT INTO events (stream, version, at, actor, on_behalf, origin, "+
			"address, command_key, kind, payload, prev, hash) VALUES ('old', 1, 1, 'a', '', '', '', '', 'k', $1, $2, "+
			"$3)", string(e.Payload), e.Prev, e.Sum()); err != nil {
			t.Fatal(err)
		}
		if _, err := raw.ExecContext(t.Context(), "INSERT INTO streams (stream, version, hash, updated_at) VALUES "+
			"('old', 1, $1, 1)", e.Sum()); err != nil {
			t.Fatal(err)
		}
	}
	salt := strings.Repeat("s", 32)
	for name, c := range map[string]struct {
		forge func(t *testing.T, raw *sql.DB)
		want  string
	}{
		"nothing":          {func(*testing.T, *sql.DB) {}, ""},
		"the old form":     {func(t *testing.T, raw *sql.DB) { old(t, raw, salt, "Lê Văn Cam") }, ""},
		"old, a word more": {func(t *testing.T, raw *sql.DB) { old(t, raw, salt[:30], "ss Lê Văn Cam") }, "ambiguous"},
		"old, a word less": {func(t *testing.T, raw *sql.DB) { old(t, raw, salt+"Lê Văn ", "Cam") }, "ambiguous"},
		"erased by nobody": {func(t *testing.T, raw *sql.DB) {
			run(t, raw, "UPDATE personal_data SET salt = X'', body = '', erased_at = 7, reason = 'asked for'")
		}, "no event says so"},
		"another subject": {func(t *testing.T, raw *sql.DB) {
			run(t, raw, "UPDATE personal_data SET subject = 'p8'")
		}, "altered"},
		"a word moved into the salt": {func(t *testing.T, raw *sql.DB) {
			run(t, raw, "UPDATE personal_data SET salt = CAST(salt || SUBSTR(body, 1, 3) AS BLOB), body = "+
				"SUBSTR(body, 4)")
		}, "altered"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newSQLite(t)
			s := d.open(t)
			appendEvents(t, s, "c", 0, payload("k", `{"n":{"personal":"Le Van Cam","subject":"p7"}}`))
			raw := d.raw(t)
			c.forge(t, raw)
			report, err := s.Audit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			found := fmt.Sprint(report.Breaks)
			if c.want == "" && !report.OK() || c.want != "" && !strings.Contains(found, c.want) {
				t.Errorf("%s, want %q", found, c.want)
			}
			if got := report.OldForm > 0; got != strings.HasPrefix(name, "the old") && !strings.HasPrefix(name,
				"old,") {
				t.Errorf("%d commitments of the old form", report.OldForm)
			}
		})
	}
}
