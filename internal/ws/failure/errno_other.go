//go:build !windows

package failure

import "syscall"

var errnos = []struct {
	errno    syscall.Errno
	category Category
}{
	{syscall.ECONNREFUSED, Refused},
	{syscall.ECONNRESET, Reset},
	{syscall.ECONNABORTED, Reset},
	{syscall.EPIPE, Reset},
	{syscall.ENETUNREACH, Unreachable},
	{syscall.EHOSTUNREACH, Unreachable},
	{syscall.ENETDOWN, Unreachable},
	{syscall.EHOSTDOWN, Unreachable},
	{syscall.EAFNOSUPPORT, Unreachable},  // no IPv6 on this machine
	{syscall.EADDRNOTAVAIL, Unreachable}, // no address, or no port left, to reach it from
	{syscall.ETIMEDOUT, Timeout},
}
