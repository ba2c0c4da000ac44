// Package scratch gives tests directories that outlive one test: for a program that is built once, a database server, a
// browser's profile. Whoever made one removes it; what a process left behind that was killed, the next one removes.
package scratch

import (
	"fmt"

	"covenant/internal/lock"
)

// held are this process's directories. They are let go with the process.
var held []*lock.Dir

// Dir makes a temporary directory, after it has removed those of the same name whose processes are gone.
func Dir(name string) (string, error) {
	prefix := "covenant-" + name + "-"
	if err := lock.Sweep("", prefix); err != nil {
		return "", err
	}
	dir, err := lock.Hold("", prefix)
	if err != nil {
		return "", fmt.Errorf("temporary directory: %w", err)
	}
	held = append(held, dir) // an open file that nobody knows is closed
	return dir.Path, nil
}
