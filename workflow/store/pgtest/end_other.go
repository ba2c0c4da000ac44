//go:build unix && !linux

package pgtest

import "syscall"

// endWithUs does nothing: this system does not tell a process that its parent has ended.
func endWithUs(*syscall.SysProcAttr) {}
