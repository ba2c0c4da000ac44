package engine_test

import (
	"context"
	"testing"
)

// What BenchmarkCommand is held against is fair: per table a bare transaction writes as many rows as the command
// does, and they are as long, within a tenth.
func TestBareTransactionWritesTheSameRows(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			if database == "postgres" && testing.Short() {
				t.Skip("-short: starts no PostgreSQL")
			}
			c := newCommands(t, database)
			c.forged = true
			check(t, c.Stop(context.Background())) // nothing else writes
			for _, load := range []load{{name: "comment"}, {name: "review"}} {
				ids := c.fresh(2)
				check(t, c.give(ids[0], load, 0)) // the first of a load prepares nothing that the second needs
				before := c.rows()
				check(t, c.give(ids[0], load, 1))
				between := c.rows()
				check(t, c.bare.write(ids[1], load, c.agency(1)))
				got, want := written(between, c.rows()), written(before, between)
				if len(want) < 5 {
					t.Errorf("%s wrote rows of %d tables: %v", load.name, len(want), want)
				}
				for table := range merged(got, want) {
					if g, w := got[table], want[table]; g.rows != w.rows || g.bytes*10 < w.bytes*9 ||
						g.bytes*9 > w.bytes*10 {
						t.Errorf("%s, table %s: the bare transaction wrote %+v, the command %+v", load.name, table,
							g, w)
					}
				}
			}
		})
	}
}

// volume is what was written of a table: rows that are new or changed, and their length.
type volume struct{ rows, bytes int }

func written(before, after map[string][]string) map[string]volume {
	out := map[string]volume{}
	for table, rows := range after {
		was := map[string]bool{}
		for _, r := range before[table] {
			was[r] = true
		}
		for _, r := range rows {
			if !was[r] {
				v := out[table]
				out[table] = volume{v.rows + 1, v.bytes + len(r)}
			}
		}
	}
	return out
}

func merged(a, b map[string]volume) map[string]bool {
	out := map[string]bool{}
	for _, m := range []map[string]volume{a, b} {
		for table := range m {
			out[table] = true
		}
	}
	return out
}
