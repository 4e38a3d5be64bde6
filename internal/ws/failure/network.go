package failure

import (
	"errors"
	"syscall"
)

// Network returns the category of an operating system's network error: Refused,
// Unreachable, Reset (the peer's reset, or a broken pipe), Timeout, or Internal for
// anything else, such as no descriptors left.
func Network(err error) Category {
	for _, known := range errnos {
		if errors.Is(err, known.errno) {
			return known.category
		}
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return Timeout
	}
	return Internal
}

// NoDescriptors reports whether err is the system's word that the process, or the whole
// machine, has no file descriptor left.
func NoDescriptors(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// NoLocalPort reports whether err is the system's word that it has no address or no port
// left to make a connection from.
func NoLocalPort(err error) bool { return errors.Is(err, syscall.EADDRNOTAVAIL) }
