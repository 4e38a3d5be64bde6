package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/tidewire/tidewire/script"
)

// The exit codes of signals are 128 and the signal's number, as shells have it.
const (
	exitInterrupted script.ExitCode = 130
	exitTerminated  script.ExitCode = 143
)

func signalName(code script.ExitCode) string {
	if code == exitTerminated {
		return "SIGTERM"
	}
	return "SIGINT"
}

// catchSignals returns a context that the first SIGINT or SIGTERM cancels, with the exit code as its cause, before caught
// is called. A SIGINT after that ends the process, after quitting was called; a further SIGTERM changes nothing. stop
// gives signals back to the system.
func catchSignals(parent context.Context, caught func(script.ExitCode), quitting func()) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	var loop sync.WaitGroup
	loop.Go(func() { // ended by closing signals, joined by stop
		for s := range signals {
			code := exitTerminated
			if s == os.Interrupt {
				code = exitInterrupted
			}
			switch {
			case ctx.Err() == nil:
				cancel(code)
				caught(code)
			case s == os.Interrupt:
				quitting()
				exit(int(exitInterrupted))
			}
		}
	})
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		loop.Wait()
		cancel(nil)
	}
}
