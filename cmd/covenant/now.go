//go:build !torture

package main

import "time"

// machineNow is the clock of a process that serves: the machine's. Only the build of `make torture` has one that can be
// set.
func machineNow() time.Time { return time.Now() }
