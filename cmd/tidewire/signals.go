package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/tidewire/tidewire/script"
)

// The exit codes of signals are 128 and the signal's number, as shells have it.
const (
	exitHungUp      script.ExitCode = 129
	exitInterrupted script.ExitCode = 130
	exitTerminated  script.ExitCode = 143
)

// endingSignals are the signals that end a run, with their names and exit codes.
var endingSignals = []struct {
	signal os.Signal
	name   string
	code   script.ExitCode
}{
	{os.Interrupt, "SIGINT", exitInterrupted},
	{syscall.SIGTERM, "SIGTERM", exitTerminated},
	{syscall.SIGHUP, "SIGHUP", exitHungUp},
}

func signalName(code script.ExitCode) string {
	for _, s := range endingSignals {
		if s.code == code {
			return s.name
		}
	}
	return "a signal"
}

// sameKey is how soon after a SIGINT another one is taken for the same: a shell and
// timeout(1) may both pass on one ctrl-C.
const sameKey = 300 * time.Millisecond

// signalCount gives a signal its meaning after those before it.
type signalCount struct {
	begun   bool
	byKey   time.Time // when the first signal was a SIGINT, as long as it may come twice
	ignored bool
}

// reaction is the effect of a signal.
type reaction uint8

const (
	ignore reaction = iota
	begin           // the ending
	atOnce          // the end of the process
)

// react is called once for each signal, in order.
func (c *signalCount) react(s os.Signal, now time.Time) reaction {
	interrupt := s == os.Interrupt
	switch {
	case !c.begun:
		c.begun = true
		if interrupt {
			c.byKey = now
		}
		return begin
	case !interrupt:
		c.byKey = time.Time{} // a later SIGINT is not an echo
		return ignore
	case !c.byKey.IsZero() && !c.ignored && now.Sub(c.byKey) < sameKey:
		c.ignored = true
		return ignore
	}
	return atOnce
}

// catchSignals returns a context that the first SIGINT, SIGTERM or SIGHUP cancels, with
// the exit code as its cause, before it calls begun. A SIGINT after that calls quit,
// which ends the process, unless it is taken for the first one; further ones of the
// others change nothing. A signal that was ignored when the program began stays so. stop
// gives signals back to the system.
func catchSignals(
	parent context.Context,
	begun func(script.ExitCode),
	quit func(code int),
) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 4)
	codes := make(map[os.Signal]script.ExitCode)
	for _, s := range endingSignals {
		if !signal.Ignored(s.signal) { // as nohup does with SIGHUP
			codes[s.signal] = s.code
			signal.Notify(signals, s.signal)
		}
	}
	var loop sync.WaitGroup
	loop.Go(func() { // ended by closing signals, joined by stop
		var count signalCount
		for s := range signals {
			switch count.react(s, time.Now()) {
			case begin:
				cancel(codes[s])
				begun(codes[s])
			case atOnce:
				quit(int(exitInterrupted))
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
