package main

import (
	"net"
	"strconv"
	"syscall"
)

// peerUser is the user at the other end of a Unix-domain socket, as the kernel knows it (SO_PEERCRED): nobody can claim
// another.
func peerUser(conn net.Conn) string {
	unix, ok := conn.(*net.UnixConn)
	if !ok {
		return "?"
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return "?"
	}
	var cred *syscall.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) {
		cred, failed = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err != nil || failed != nil {
		return "?"
	}
	return userName(strconv.FormatUint(uint64(cred.Uid), 10))
}
