package engine_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"covenant/workflow"
)

// dropTriggers is what an owner of the database does first.
func dropTriggers(t *testing.T, o *office, raw *sql.DB) {
	t.Helper()
	query, statement := "SELECT name FROM sqlite_master WHERE type = 'trigger'", "DROP TRIGGER %"
	if o.url != "" {
		query = "SELECT DISTINCT relname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_proc p ON " +
			"p.oid = tgfoid WHERE proname = 'covenant_append_only'"
		statement = "ALTER TABLE % DISABLE TRIGGER USER"
	}
	rows, err := raw.Query(query)
	check(t, err)
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		check(t, rows.Scan(&name))
		names = append(names, name)
	}
	check(t, rows.Err())
	check(t, rows.Close()) // before it is written
	for _, name := range names {
		_, err := raw.Exec(strings.Replace(statement, "%", name, 1))
		check(t, err)
	}
}

// Whatever the log implies and is not there any more, or says something else, is found, one kind at a time; and what
// can
// be made anew is there after a rebuild.
func TestAuditWalksFromTheLog(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		o.upTo(workflow.AwaitingReports)
		ctx := context.Background()
		clerk := o.who("so-gddt", workflow.DutyNumber)
		_, err := o.Do(ctx, "", workflow.ReserveNumber{RegisterEntry: workflow.RegisterEntry{
			Book: o.numbers(t)[0].Book, Year: 2026, Number: 9}, Agency: "so-gddt", For: "giữ"}, o.as(clerk, "reserve"))
		check(t, err)
		check(t, o.AwaitMails(ctx))
		implied := func() []string {
			problems, err := o.AuditImplied(ctx)
			check(t, err)
			return problems
		}
		if problems := implied(); len(problems) > 0 {
			t.Fatalf("an honest installation: %v", problems)
		}
		raw := o.raw(t)
		dropTriggers(t, o, raw)
		for _, c := range []struct{ statement, want string }{
			{"DELETE FROM occurrences", "steps that fall due are missing"},
			{"DELETE FROM occurrences WHERE rung = 1", "steps that fall due are missing"},
			{"UPDATE occurrences SET due_at = due_at + 86400000", "is not one that the log implies"},
			{"UPDATE occurrences SET state = 'skipped', settled_at = 1", "settled before it is due"},
			{"DELETE FROM obligations", "duties are missing"},
			{"UPDATE obligations SET schedule = 'never'", "is not one that the log implies"},
			{"DELETE FROM covenants", "its row is missing"},
			{"UPDATE covenants SET version = 1", "its row is missing or says something else"},
			{"UPDATE covenants SET status = 'closed'", "its row is missing or says something else"},
		} {
			before := o.derived(t)
			_, err := raw.Exec(c.statement)
			check(t, err)
			if problems := implied(); !strings.Contains(strings.Join(problems, "\n"), c.want) {
				t.Errorf("%s: %v, want %q", c.statement, problems, c.want)
			}
			_, err = o.Rebuild(ctx)
			check(t, err)
			if problems := implied(); len(problems) > 0 {
				t.Errorf("%s, rebuilt: %v", c.statement, problems)
			}
			for table, rows := range o.derived(t) {
				if !slices.Equal(rows, before[table]) {
					t.Errorf("%s: %s rebuilt to\n%s\nwant\n%s", c.statement, table, strings.Join(rows, "\n"),
						strings.Join(before[table], "\n"))
				}
			}
		}
		o.forged = true // what follows cannot be made anew
		for _, c := range []struct{ statement, want string }{
			{"UPDATE register_numbers SET state = 'void' WHERE covenant <> ''",
				"is not in the register as the log has it"},
			{"DELETE FROM register_numbers", "taken by hand, is not in the register"},
		} {
			_, err := raw.Exec(c.statement)
			check(t, err)
			if problems := implied(); !strings.Contains(strings.Join(problems, "\n"), c.want) {
				t.Errorf("%s: %v, want %q", c.statement, problems, c.want)
			}
		}
		loseFiles(t, o, implied)
	})
}

// loseFiles changes and removes each kept file that the log names.
func loseFiles(t *testing.T, o *office, implied func() []string) {
	t.Helper()
	var files []string
	check(t, filepath.WalkDir(filepath.Join(o.dir, "blobs"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	named := 0
	for i, file := range files {
		content, err := os.ReadFile(file)
		check(t, err)
		check(t, os.Chmod(file, 0o600))
		if i%2 == 0 {
			check(t, os.Remove(file))
		} else {
			check(t, os.WriteFile(file, append(content[:len(content)-1], content[len(content)-1]^1), 0o600))
		}
		if strings.Contains(strings.Join(implied(), "\n"), filepath.Base(file)) {
			named++
		}
	}
	if revision := 4; len(files) < revision || named < len(files)*2/3 { // others are previews that no event names
		t.Errorf("of %d files that were lost or altered %d are found", len(files), named)
	}
}
