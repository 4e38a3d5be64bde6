//go:build !unix

package iolib

import "os"

// A process is a program that nobody waits for.
type process struct{ *os.Process }

// ended releases the program: other systems keep nothing of one that has ended.
func (p *process) ended() bool {
	p.release()
	return true
}

// release leaves the program to the system.
func (p *process) release() { _ = p.Release() }
