package main

import (
	"os"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/script"
)

const (
	// stderrPatience is how long the end of the process waits for a reader of standard
	// error.
	stderrPatience = 250 * time.Millisecond

	// outputPatience is the same for the output of a script that the process does not
	// wait for.
	outputPatience = 500 * time.Millisecond
)

// quit ends the process. Nothing else in this Go module does so, tests apart.
func quit(code int) {
	log.Flush()
	stderr.Flush(stderrPatience) //nolint:errcheck // nobody is left who could see the error
	os.Exit(code)
}

// bystander is the script that may be running when the process ends around it. The zero
// value is none. Its methods may be called from any goroutine.
type bystander struct{ script atomic.Pointer[script.Script] }

// quit flushes the script's output, and ends the process.
func (b *bystander) quit(code int) {
	if running := b.script.Load(); running != nil {
		running.FlushLast(outputPatience) //nolint:errcheck // nobody is left who could see the error
	}
	quit(code)
}
