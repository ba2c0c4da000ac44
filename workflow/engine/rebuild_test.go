package engine_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// derived are the rows of every derived table, as the database holds them.
func (o *office) derived(t *testing.T) map[string][]string {
	t.Helper()
	db := o.raw(t)
	out := map[string][]string{}
	for _, table := range []string{"covenants", "parties", "projections", "obligations", "occurrences"} {
		out[table] = rowsOf(t, db, table)
	}
	return out
}

func rowsOf(t *testing.T, db *sql.DB, table string) (out []string) {
	t.Helper()
	rows, err := db.Query("SELECT * FROM " + table + " ORDER BY 1, 2")
	check(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	check(t, err)
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		check(t, rows.Scan(into...))
		out = append(out, fmt.Sprint(values...))
	}
	check(t, rows.Err())
	slices.Sort(out)
	return out
}

// The derived tables say nothing that the log does not: made anew from it after a rich history, they are the same,
// row for row.
func TestRebuildGivesTheSameRows(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o *office) {
		o.shrink()
		ctx := context.Background()
		o.upTo(workflow.AwaitingReports)
		first, drafter := o.id, o.who("so-gddt", workflow.DutyDraft)
		amending, err := o.Amend(ctx, engine.AmendRequest{Covenant: first, Slug: "2026/sua-doi", Title: "Sửa đổi",
			Year: 2026, Values: o.values}, o.as(drafter, "amend"))
		check(t, err)
		_, err = o.Do(ctx, amending, workflow.Withdraw{Reason: "thừa"}, o.as(drafter, "withdraw"))
		check(t, err)
		o.nextNumber(t, 2)
		head := o.who("so-gddt", workflow.DutySign)
		_, err = o.Do(ctx, o.id, workflow.Cancel{Reason: "sắp xếp lại"}, o.as(head, "cancel"))
		check(t, err)
		clerk := o.who("so-gddt", workflow.DutyNumber)
		book := o.numbers(t)[0].Book
		_, err = o.Do(ctx, "", workflow.ReserveNumber{RegisterEntry: workflow.RegisterEntry{Book: book, Year: 2026,
			Number: 9}, Agency: "so-gddt", For: "giữ"}, o.as(clerk, "reserve"))
		check(t, err)
		renamed := *o.block
		renamed.Agencies = append([]workflow.BlockFileAgency(nil), o.block.Agencies...)
		renamed.Agencies[0].Name += " (tên mới)"
		o.apply(&renamed)
		check(t, o.AwaitMails(ctx))

		before := o.derived(t)
		n, err := o.Rebuild(ctx)
		if err != nil || n != 3 {
			t.Fatalf("%d covenants, %v", n, err)
		}
		after := o.derived(t)
		for table, rows := range before {
			if len(rows) == 0 || strings.Join(rows, "\n") != strings.Join(after[table], "\n") {
				t.Errorf("%s rebuilt\n%s\nwant\n%s", table, strings.Join(after[table], "\n"), strings.Join(rows, "\n"))
			}
		}
	})
}
