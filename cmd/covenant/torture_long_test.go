//go:build torture

package main

import (
	"testing"
	"time"
)

// TestTortureKilledDrivers kills 200 times on SQLite, and 50 times on PostgreSQL with two nodes at once.
func TestTortureKilledDrivers(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { newOrdeal(t, "").suffer(200, 1, 20, 2*time.Second) })
	t.Run("postgres", func(t *testing.T) { newOrdeal(t, postgresURL(t)).suffer(50, 2, 20, 4*time.Second) })
}
