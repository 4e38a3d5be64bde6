// Package script runs a Lua script from its first line to the end of its last connection:
// one Lua state, its modules, its engine and its loop, wired together.
package script

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tidewire/tidewire/engine"
)

// ExitCode is the cause with which a script's context is cancelled to end it with that
// exit code, as a signal does.
type ExitCode int

func (c ExitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

const (
	// exitCancelled is the exit code of a script whose context ended without an ExitCode.
	exitCancelled ExitCode = 130

	// exitFailed is the exit code after a Lua error or an unheard failure, if nothing
	// says another.
	exitFailed = 1
)

// exitCode is the exit code that a done context means.
func exitCode(ctx context.Context) int {
	code := exitCancelled
	errors.As(context.Cause(ctx), &code)
	return int(code)
}

// Result is how a script ended.
type Result struct {
	// ExitCode is that of host.Exit, or of the ExitCode that ended the context (130 if it
	// ended otherwise), whichever came first; else 1 if there was any Lua error or an
	// unheard failure, else 0.
	ExitCode int

	// Errors counts the Lua errors that the script did not catch: of the main chunk, of
	// callbacks, handlers and timers.
	Errors int

	// Unheard counts the connections that failed before the ending without an onError to
	// see it. Those with onError = false are not counted.
	Unheard int

	// Err is the error of the main chunk, if it was one that ended the script.
	Err error
}

// StuckError is the error of Lua code that could not be stopped, with the reason to stop
// it. See Options.GiveUp.
type StuckError struct{ Err error }

func (e *StuckError) Error() string { return e.Err.Error() }

// Unwrap gives the reason to errors.Is and errors.As.
func (e *StuckError) Unwrap() error { return e.Err }

// errOverdue is the reason to give up a script that outlives its ending.
var errOverdue = errors.New("the script is still running 1s after the grace, and cannot be interrupted")

// Script is a script that was started. Its methods may be called from any goroutine, and
// more than once.
type Script struct {
	run  *run          // its fields belong to loop, except for engine and those that giveUp and FlushLast name
	done chan struct{} // closed by settle

	mu      sync.Mutex // leaf; guards the fields below
	settled bool
	result  Result
	err     error
}

// Start begins to run a script on a goroutine of its own. The script goes on until it
// ends by itself, calls host.Exit, fails in its main chunk, or ctx is done. The last is
// like a signal: shutdown handlers run, connections are closed, and Options.Grace bounds
// all of it. Cancel with an ExitCode as the cause to choose the exit code.
//
// The error says that nothing was run, because the script could not be read. Lua errors
// are in the log and in the Result. Every script that was started ends: call Wait to
// learn how.
func Start(ctx context.Context, opts Options) (*Script, error) {
	opts = opts.withDefaults()
	chunks, err := opts.chunks()
	if err != nil {
		return nil, err
	}
	s := &Script{done: make(chan struct{})}
	if s.run, err = newRun(opts, s.giveUp); err != nil {
		return nil, err
	}
	go s.loop(ctx, chunks) // ended by the script's end, joined by Wait
	return s, nil
}

// Run is Start and Wait in one.
func Run(ctx context.Context, opts Options) (Result, error) {
	s, err := Start(ctx, opts)
	if err != nil {
		return Result{}, err
	}
	return s.Wait()
}

// Stats counts the connections and messages that the script's engine holds now. After the
// end there are none.
func (s *Script) Stats() engine.Stats { return s.run.engine.Stats() }

// Counters counts what the script's engine has done since Start. Requests of tide.http are
// not in it.
func (s *Script) Counters() engine.Counters { return s.run.engine.Counters() }

// Done returns a channel that is closed when Wait returns at once.
func (s *Script) Done() <-chan struct{} { return s.done }

// Wait waits until the script has ended and returns how. Without an error the Lua state
// is closed then, every connection has ended, everything that the script printed is
// written, and no goroutine is left; but a Write or Read of Options that does not return
// lives on.
//
// The error is a *StuckError, which only Options.GiveUp lets happen: the connections have
// ended and nothing more is written to the output, but a goroutine is left inside the
// call that did not return. When it does, the code after it is interrupted, no other
// begins, and the goroutine ends; until then it may write to Options.Logger.
func (s *Script) Wait() (Result, error) {
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.result, s.err
}

// FlushLast writes everything that the script has printed so far and drops later output,
// whatever the script is doing. It is for a program that is about to end without waiting
// for the script. It returns when all is written, or when patience is over, with an error
// then.
func (s *Script) FlushLast(patience time.Duration) error { return s.run.output.finish(patience) }

// loop runs the script to its end.
func (s *Script) loop(ctx context.Context, chunks []chunk) {
	r := s.run
	if ctx.Err() != nil {
		r.loop.Exit(exitCode(ctx)) // for certain before the first line
	}
	stop := context.AfterFunc(ctx, func() { r.loop.Exit(exitCode(ctx)) })
	if r.opts.For > 0 {
		timeUp := time.AfterFunc(r.opts.For, r.loop.End)
		defer timeUp.Stop()
	}
	ended := r.loop.Run(func() error { return r.main(chunks) })
	stop()
	r.finalize(ended)
	r.flushRest()
	result := r.result(ended)
	r.close()
	s.settle(result, nil)
}

// giveUp ends the wait for a script that cannot be stopped, unless Options wants to wait
// on. It is called from any goroutine but the script's.
func (s *Script) giveUp(code int, reason error) {
	r := s.run
	if !r.opts.GiveUp {
		return
	}
	r.loop.Exit(code)
	r.gate.Kill(reason)
	_ = r.output.finish(givenUpFlush) // the reason for the end is more than that
	r.shutdown()
	s.settle(Result{ExitCode: code, Errors: r.errors.Count(), Unheard: int(r.unheard.Load())}, &StuckError{reason})
}

// settle sets the results of Wait, once.
func (s *Script) settle(result Result, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settled {
		return
	}
	s.settled, s.result, s.err = true, result, err
	close(s.done)
}
