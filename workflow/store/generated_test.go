package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The committed code in db/ is what sqlc makes of queries/ (make generate): every query is there with the same text.
func TestGeneratedCodeIsCurrent(t *testing.T) {
	generated := map[string]string{}
	constant := regexp.MustCompile("(?s)const \\w+ = `-- name: (\\w+) :\\w+\n(.*?)`")
	for _, name := range globbed(t, "db/*.sql.go") {
		for _, m := range constant.FindAllStringSubmatch(readFile(t, name), -1) {
			generated[m[1]] = normalSQL(m[2])
		}
	}
	written := 0
	for _, name := range globbed(t, "queries/*.sql") {
		for block := range strings.SplitSeq(readFile(t, name), "-- name: ") {
			head, query, found := strings.Cut(block, "\n")
			if !found || strings.TrimSpace(head) == "" {
				continue
			}
			written++
			name, _, _ := strings.Cut(head, " ")
			if got, want := generated[name], normalSQL(query); got != want {
				t.Errorf("query %s: run make generate\n in queries: %s\n in db:      %s", name, want, got)
			}
		}
	}
	if written != len(generated) || written == 0 {
		t.Errorf("%d queries are written, %d generated: run make generate", written, len(generated))
	}
}

func globbed(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatal(pattern, err)
	}
	return names
}

// normalSQL makes parameters and white space alike; sqlc numbers the parameters in its own order.
func normalSQL(query string) string {
	query = regexp.MustCompile(`@\w+|\$\d+`).ReplaceAllString(query, "?")
	return strings.TrimSuffix(strings.Join(strings.Fields(query), " "), ";")
}

// Both databases have the same tables and columns, in the same order, but for what PostgreSQL alone needs.
func TestMigrationsAgree(t *testing.T) {
	for _, name := range globbed(t, "migrations/postgres/*.sql") {
		postgres := tablesIn(t, name)
		sqlite := tablesIn(t, strings.Replace(name, "postgres", "sqlite", 1))
		delete(postgres, "events.xid")
		if fmt.Sprint(postgres) != fmt.Sprint(sqlite) {
			t.Errorf("%s:\npostgres %v\nsqlite   %v", name, postgres, sqlite)
		}
	}
	if sqlite, postgres := globbed(t, "migrations/sqlite/*.sql"), globbed(t,
		"migrations/postgres/*.sql"); len(sqlite) != len(postgres) {
		t.Errorf("%d migrations of SQLite, %d of PostgreSQL", len(sqlite), len(postgres))
	}
}

// tablesIn finds table.column and index names in the up part of a migration.
func tablesIn(t *testing.T, name string) map[string]bool {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	up, _, _ := strings.Cut(string(data), "-- +goose Down")
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?ms)^CREATE TABLE (\w+) \(\n(.*?)^\)`).FindAllStringSubmatch(up, -1) {
		for _, column := range regexp.MustCompile(`(?m)^    ([a-z]\w*) `).FindAllStringSubmatch(m[2], -1) {
			found[m[1]+"."+column[1]] = true
		}
	}
	for _, m := range regexp.MustCompile(`CREATE INDEX (\w+ ON [^;]*);`).FindAllStringSubmatch(up, -1) {
		found["index "+m[1]] = true
	}
	return found
}
