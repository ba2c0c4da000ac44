package lock_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"covenant/internal/lock"
)

func TestTry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	first, second := open(), open()
	defer second.Close()
	if err := lock.Try(first); err != nil {
		t.Fatal(err)
	}
	if err := lock.Try(second); !errors.Is(err, lock.ErrHeld) {
		t.Fatalf("held by another: %v", err)
	}
	// the lock is on the file's name, so to say, not on what is in it
	if _, err := second.WriteAt([]byte("note"), 0); err != nil {
		t.Error(err)
	}
	first.Close()
	if err := lock.Try(second); err != nil {
		t.Errorf("after it was let go: %v", err)
	}
}
