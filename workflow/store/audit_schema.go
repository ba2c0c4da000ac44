package store

import (
	"context"
	"io/fs"
	"regexp"
	"strings"
)

var (
	triggerText = map[dialect]*regexp.Regexp{
		sqliteDialect:   regexp.MustCompile(`(?s)CREATE TRIGGER (\w+) [^;]*? ON (\w+)\b.*?\nEND;`),
		postgresDialect: regexp.MustCompile(`(?s)CREATE TRIGGER (\w+) [^;]*? ON (\w+)\b[^;]*;`),
	}
	functionText = regexp.MustCompile(`(?s)CREATE FUNCTION covenant_append_only\(\).*?\$\$(.*?)\$\$`)
)

// schema checks that the triggers that keep tables append-only are there, as the migrations made them, and on.
func (a *auditor) schema(ctx context.Context) error {
	dir := "migrations/" + a.tx.s.Database()
	files, err := fs.Glob(migrations, dir+"/*.sql")
	if err != nil {
		return err
	}
	kept, function, err := a.triggers(ctx)
	if err != nil {
		return classify(err, "triggers of the database")
	}
	for _, file := range files {
		source, err := fs.ReadFile(migrations, file)
		if err != nil {
			return err
		}
		up, _, _ := strings.Cut(string(source), "-- +goose Down")
		for _, m := range triggerText[a.tx.s.dialect].FindAllStringSubmatch(up, -1) {
			have, ok := kept[m[1]]
			sqlite := a.tx.s.dialect == sqliteDialect
			if !ok || sqlite && squeezed(have) != squeezed(m[0]) || !sqlite && have != m[2] {
				a.report.SchemaBreaks = append(a.report.SchemaBreaks, "the trigger "+m[1]+" that keeps table "+m[2]+
					" append-only is missing, switched off or another one: somebody prepared to rewrite it")
			}
		}
		if m := functionText.FindStringSubmatch(up); m != nil && squeezed(m[1]) != squeezed(function) {
			a.report.SchemaBreaks = append(a.report.SchemaBreaks,
				"the function covenant_append_only is another one: tables can be rewritten")
		}
	}
	return nil
}

func squeezed(sql string) string {
	return strings.TrimSuffix(strings.Join(strings.Fields(sql), " "), ";")
}

// triggers are those of the database by name: on SQLite their text, on PostgreSQL, where they are on, their table; and
// the source of the function that they call.
func (a *auditor) triggers(ctx context.Context) (kept map[string]string, function string, err error) {
	query := "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
	if a.tx.s.dialect == postgresDialect {
		query = "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid " +
			"JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') " +
			"AND p.proname = 'covenant_append_only' AND pg_table_is_visible(c.oid)"
		err := a.tx.tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(prosrc), '') FROM pg_proc WHERE proname = "+
			"'covenant_append_only' AND pg_function_is_visible(oid)").Scan(&function)
		if err != nil {
			return nil, "", err
		}
	}
	rows, err := a.tx.tx.QueryContext(ctx, query)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports
	kept = map[string]string{}
	for rows.Next() {
		var name, what string
		if err := rows.Scan(&name, &what); err != nil {
			return nil, "", err
		}
		kept[name] = what
	}
	return kept, function, rows.Err()
}
