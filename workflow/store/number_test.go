package store_test

import (
	"errors"
	"slices"
	"testing"

	"covenant/workflow/store"
)

// What the register lists: its books, and every number that was ever kept for a covenant, void ones too.
func TestRegisterLists(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) {
		s := d.open(t)
		for _, n := range []struct {
			book     string
			year     int
			covenant string
			key      store.NumberKey
		}{{"b", 2026, "c1", "k1"}, {"a", 2027, "c1", "k2"}, {"a", 2026, "c2", "k3"}, {"a", 2027, "c2", "k4"}} {
			update(t, s, func(tx *store.Tx) error {
				_, err := tx.NextNumber(t.Context(), n.book, n.year, n.covenant, n.key, clock())
				return err
			})
		}
		update(t, s, func(tx *store.Tx) error { return tx.VoidNumber(t.Context(), "k1", "withdrawn", clock()) })
		view(t, s, func(tx *store.Tx) error {
			books, err := tx.Books(t.Context())
			if want := []store.Book{{"a", 2026}, {"a", 2027}, {"b", 2026}}; !slices.Equal(books, want) {
				t.Errorf("books %v, want %v", books, want)
			}
			for covenant, want := range map[string][]store.NumberKey{"c1": {"k1", "k2"}, "c2": {"k3", "k4"},
				"c3": nil} {
				numbers, listErr := tx.NumbersOfCovenant(t.Context(), covenant)
				err = errors.Join(err, listErr)
				var keys []store.NumberKey
				for _, n := range numbers {
					keys = append(keys, n.Key)
				}
				if slices.Sort(keys); !slices.Equal(keys, want) {
					t.Errorf("numbers of %s: %v, want %v", covenant, keys, want)
				}
			}
			return err
		})
	})
}
