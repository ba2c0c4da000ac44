package store_test

import (
	"fmt"
	"slices"
	"testing"

	"covenant/workflow/store"
)

// Sixty parties and more are written, changed, dropped and reordered; what is read back is what was given last.
func TestParties(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		c := store.Covenant{ID: "1", Slug: "s", UpdatedAt: clock()}
		var parties []store.Party
		for i := range 70 {
			parties = append(parties, store.Party{ID: fmt.Sprintf("agency-%02d", i), Seq: i, Name: "Sở", State: "waiting", Detail: []byte(`{"a":1}`)})
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
		if err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.SaveCovenant(t.Context(), c, parties) }); err == nil {
			t.Error("one party was given twice")
		}
	})
}
