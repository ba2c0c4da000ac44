package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"covenant/workflow/store"
)

// Sixty parties and more are written, changed, dropped and reordered; what is read back is what was given last.
func TestParties(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		c := store.Covenant{ID: "1", Slug: "s", UpdatedAt: clock()}
		var parties []store.Party
		for i := range 70 {
			parties = append(parties, store.Party{ID: fmt.Sprintf("agency-%02d", i), Seq: i, Name: "Sở",
				State: "waiting", Detail: []byte(`{"a":1}`)})
		}
		check := func() {
			t.Helper()
			update(t, s, func(tx *store.Tx) error { return tx.SaveCovenant(t.Context(), c, parties) })
			view(t, s, func(tx *store.Tx) error {
				got, err := tx.Parties(t.Context(), "1")
				if fmt.Sprint(got) != fmt.Sprint(parties) {
					t.Errorf("got  %v\nwant %v", got, parties)
				}
				return err
			})
		}
		check()
		check() // nothing to write
		parties[3].State, parties[69].At = "signed", clock()
		check()
		parties = slices.Delete(parties, 10, 20)
		for i := range parties {
			parties[i].Seq = i
		}
		check()
		parties = append(parties, store.Party{ID: "agency-03", Seq: 99})
		if err := s.Update(t.Context(), func(tx *store.Tx) error {
			return tx.SaveCovenant(t.Context(), c,
				parties)
		}); err == nil {
			t.Error("one party was given twice")
		}
	})
}

// Moving a covenant's rows leaves the same as writing them anew does, also where they were not there or are out of
// step.
func TestMoveCovenant(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		at := clock()
		before := store.Covenant{ID: "c", Slug: "2026/c", Title: "Giao ước", Block: "b", Year: 2026, Status: "reviews",
			Version: 1, UpdatedAt: at}
		were := []store.Party{{ID: "a", Seq: 1, Name: "A", State: "asked"},
			{ID: "b", Seq: 2, Name: "B", State: "asked"}, {ID: "gone", Seq: 3, Name: "C"}}
		after := before
		after.Status, after.Version, after.Words, after.NextActor = "votes", 2, "Khối mới", "b"
		are := []store.Party{{ID: "a", Seq: 1, Name: "A", State: "signed", At: at},
			{ID: "b", Seq: 2, Name: "B", State: "asked"}}
		for _, known := range []bool{false, true} { // first there is nothing to move
			if known {
				update(t, s, func(tx *store.Tx) error { return tx.SaveCovenant(t.Context(), before, were) })
			}
			update(t, s, func(tx *store.Tx) error { return tx.MoveCovenant(t.Context(), before, after, were, are) })
			view(t, s, func(tx *store.Tx) error {
				found, err := tx.Covenants(t.Context(), store.CovenantFilter{Search: "khoi moi"})
				if err != nil || len(found) != 1 || found[0].Status != "votes" || found[0].Version != 2 ||
					found[0].NextActor != "b" {
					t.Errorf("rows that were there %v: %+v, %v", known, found, err)
				}
				parties, err := tx.Parties(t.Context(), "c")
				if len(parties) != 2 || parties[0].State != "signed" ||
					!parties[0].At.Equal(at.Truncate(time.Millisecond)) || parties[1].State != "asked" {
					t.Errorf("rows that were there %v: parties %+v", known, parties)
				}
				return err
			})
		}
	})
}
