package store_test

import (
	"testing"

	"covenant/workflow/store"
)

// What the program says of its tables is what a new database has, on both.
func TestSchema(t *testing.T) {
	want, err := store.Schema()
	if err != nil || want < 2 {
		t.Fatalf("schema %d, %v", want, err)
	}
	eachDatabase(t, func(t *testing.T, d database) {
		d.open(t)
		var got int64
		if err := d.raw(t).QueryRowContext(t.Context(),
			"SELECT MAX(version_id) FROM goose_db_version").Scan(&got); err != nil || got != want {
			t.Errorf("a new database has version %d, the program says %d (%v)", got, want, err)
		}
	})
}
