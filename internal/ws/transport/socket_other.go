//go:build !unix

package transport

import (
	"net"
	"syscall"
)

// newSocket returns nil: here a RawConn's Read does not wait as a socket needs it to.
func newSocket(net.Conn, syscall.RawConn) Conn { return nil }
