//go:build unix

package oslib

import (
	"syscall"
	"time"
)

// processTime is the processor time that the process has used, as C's clock.
func processTime(started time.Time) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return time.Since(started)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
