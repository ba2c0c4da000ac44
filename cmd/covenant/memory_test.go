package main

import (
	"math"
	"runtime/debug"
	"testing"
)

// The memory of the process is bounded by itself, by the configuration, and, before both, by the environment.
func TestMemoryIsBounded(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	t.Setenv("GOMEMLIMIT", "")
	for text, want := range map[string]int64{"800MiB": 800 << 20, "3GiB": 3 << 30} {
		if err := boundMemory(text); err != nil || debug.SetMemoryLimit(-1) != want {
			t.Errorf("%s: %d (%v)", text, debug.SetMemoryLimit(-1), err)
		}
	}
	for _, text := range []string{"much", "12", "-1GiB", "1KiB", "0MiB", "9999999999999TiB"} {
		if err := boundMemory(text); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
	debug.SetMemoryLimit(math.MaxInt64)
	if err := boundMemory(""); err != nil {
		t.Fatal(err)
	}
	if n := debug.SetMemoryLimit(-1); n < leastMemory || n > mostMemory {
		t.Errorf("by itself: %d", n)
	}
	debug.SetMemoryLimit(math.MaxInt64)
	t.Setenv("GOMEMLIMIT", "5GiB")
	if err := boundMemory("800MiB"); err != nil || debug.SetMemoryLimit(-1) != math.MaxInt64 {
		t.Errorf("what the environment says was changed to %d (%v)", debug.SetMemoryLimit(-1), err)
	}
}
