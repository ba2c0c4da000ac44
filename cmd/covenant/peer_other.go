//go:build !linux

package main

import (
	"net"
	"os"
	"strconv"
)

// peerUser is the user at the other end of a Unix-domain socket. This system does not tell; whoever may open the socket
// is the user that serves, or root.
func peerUser(net.Conn) string { return userName(strconv.Itoa(os.Getuid())) }
