//go:build !unix

package engine

import "syscall"

// newRawSource returns nil: here a RawConn's Read does not wait as rawSource needs it to.
func newRawSource(syscall.RawConn) source { return nil }
