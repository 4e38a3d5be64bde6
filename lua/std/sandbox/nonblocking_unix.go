//go:build unix

package sandbox

import "syscall"

// nonblocking keeps the opening of a named pipe from waiting for its writer.
const nonblocking = syscall.O_NONBLOCK
