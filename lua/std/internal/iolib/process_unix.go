//go:build unix

package iolib

import (
	"os"
	"syscall"
)

// A process is a program that nobody waits for.
type process struct{ *os.Process }

// ended reports whether the program has ended; the system then forgets it.
func (p *process) ended() bool {
	var status syscall.WaitStatus
	id, err := syscall.Wait4(p.Pid, &status, syscall.WNOHANG, nil)
	if id != p.Pid && err == nil || err == syscall.EINTR {
		return false
	}
	p.release()
	return true
}

// release leaves the program to the system.
func (p *process) release() { _ = p.Release() }
