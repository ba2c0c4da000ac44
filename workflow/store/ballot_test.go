package store_test

import (
	"slices"
	"testing"

	"covenant/workflow/store"
)

func TestBallots(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		for _, choice := range []string{"for", "against", "for", "abstain"} {
			update(t, s, func(tx *store.Tx) error { return tx.CastBallot(t.Context(), "m", choice) })
		}
		update(t, s, func(tx *store.Tx) error { return tx.CastBallot(t.Context(), "other", "for") })
		view(t, s, func(tx *store.Tx) error {
			boxed, err := tx.Box(t.Context(), "m")
			closed, _ := tx.Ballots(t.Context(), "m")
			if !slices.Equal(boxed, []string{"abstain", "against", "for", "for"}) || len(closed) != 0 {
				t.Errorf("in the box %v, closed %v", boxed, closed)
			}
			return err
		})
		update(t, s, func(tx *store.Tx) error { return tx.CloseBox(t.Context(), "m") })
		view(t, s, func(tx *store.Tx) error {
			boxed, _ := tx.Box(t.Context(), "m")
			closed, err := tx.Ballots(t.Context(), "m")
			other, _ := tx.Box(t.Context(), "other")
			if len(boxed) != 0 || !slices.Equal(closed, []string{"abstain", "against", "for", "for"}) ||
				len(other) != 1 {
				t.Errorf("in the box %v, closed %v, in the other %v", boxed, closed, other)
			}
			return err
		})
		update(t, s, func(tx *store.Tx) error { return tx.DropBox(t.Context(), "other") })
		for _, change := range []string{"DELETE FROM ballots", "UPDATE ballots SET choice = 'for'"} {
			if _, err := d.raw(t).Exec(change); err == nil {
				t.Errorf("%s was carried out", change)
			}
		}
	})
}

// A vote leaves no row that was there before it: by no id can two looks into the box be compared, and on PostgreSQL
// every row is of the last vote's transaction.
func TestEachVoteWritesTheBoxAnew(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		seen := map[string]bool{}
		for i := range 5 {
			update(t, s, func(tx *store.Tx) error { return tx.CastBallot(t.Context(), "m", "for") })
			ids := boxIDs(t, d)
			if len(ids) != i+1 {
				t.Fatalf("%d ballots, want %d", len(ids), i+1)
			}
			for _, id := range ids {
				if seen[id] {
					t.Errorf("the id %s lay in the box before", id)
				}
				seen[id] = true
			}
		}
		if d.kind == "postgres" {
			var ages int
			if err := d.raw(t).QueryRow("SELECT COUNT(DISTINCT xmin::text) FROM ballot_box").Scan(&ages); err != nil ||
				ages != 1 {
				t.Errorf("rows of %d transactions, %v; want 1", ages, err)
			}
		}
	})
}

func boxIDs(t *testing.T, d database) (ids []string) {
	t.Helper()
	rows, err := d.raw(t).Query("SELECT id FROM ballot_box")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}
