//go:build torture

package store_test

import "testing"

// TestTortureKilled kills a process that appends 200 times on SQLite and 50 times on PostgreSQL.
func TestTortureKilled(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { testKilled(t, newSQLite(t), 200) })
	t.Run("postgres", func(t *testing.T) { testKilled(t, newPostgres(t), 50) })
}
