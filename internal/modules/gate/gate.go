// Package gate is the one way into a Lua state of ours: for the main chunk, callbacks,
// timers. It makes errors text with a traceback, and lets running code be stopped from
// outside, by the ending of a run or over a limit.
package gate

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/lua"
)

// errExit unwinds the running code for Exit. Call does not report it.
var errExit = errors.New("the script has called Exit")

// Limits bounds the time of one call. The zero value bounds nothing.
type Limits struct {
	// CallTime is how long a call may take: a main chunk, a callback, a timer. 0 means no
	// limit.
	CallTime time.Duration

	// CallTimeName is the limit's name in the error of a call over CallTime. Empty means
	// CallTime.
	CallTimeName string

	// Exceeded is called after code was stopped over CallTime, or because it has used up
	// the state's memory again and again, which no pcall catches; from any goroutine. nil
	// does nothing: the call returns the error.
	Exceeded func(error)

	// Stuck is called, from another goroutine, when code that was stopped over CallTime
	// still runs 2 s later, in one long call that waits for the operating system. A
	// goroutine cannot be ended from outside, so all that is left is to end the process,
	// and that is the embedder's to decide. nil does nothing.
	Stuck func(error)
}

// phase is the state of a Gate, in the low bits of a word that counts the calls above
// them, so that a stop meant for one call cannot hit the next.
type phase uint64

const (
	idle    phase = iota // no Lua code runs
	running              // inside Call
	stopped              // inside Call, which is being unwound
	killed               // no Lua code runs from now on

	phaseMask phase = 3
	oneCall   phase = 4
)

// is reports whether the low bits are those of the given phase.
func (p phase) is(which phase) bool { return p&phaseMask == which }

// as is p with the low bits of the given phase.
func (p phase) as(which phase) phase { return p&^phaseMask | which }

// A Gate is the one way into a state. It belongs to the goroutine that owns the state;
// Stop and Kill may be called from any.
type Gate struct {
	s      *lua.State
	limits Limits
	watch  *watch // nil if nobody looks; constant after Watch

	word atomic.Uint64 // a phase; changed without mu only between idle and running

	// Written by enter before the phase is running, read under mu once it is stopped;
	// leave waits for mu then.
	where  string
	called lua.Value

	mu      sync.Mutex // leaf; who stops a call and who ends it take turns
	overrun error      // why the call is stopped, if it is over CallTime; guarded by mu
}

// New returns the Gate of a state. The state should be made with Options.Tracebacks.
func New(s *lua.State, limits Limits) *Gate { return &Gate{s: s, limits: limits} }

// Call calls a function on the main coroutine, drops its results, and turns an error into
// an *Error.
//
// where is the script author's name for the function, such as "onMessage". The errors of
// Limits contain it. Code unwound by Exit is not an error; code unwound by Stop or Kill
// is one, whose text is the reason and whose traceback says where it ran. A call that was
// stopped over CallTime, and ended by itself before it noticed, returns the reason. After
// Kill, and in a closed state, nothing is called at all.
func (g *Gate) Call(where string, f lua.Value, args ...lua.Value) error {
	before := g.phase()
	if !before.is(idle) {
		if before.is(killed) {
			return nil
		}
		return g.textOf(g.s.Call0(f, args...)) // nested: the outer Call deals with errors that end it
	}
	if g.watch != nil {
		g.where, g.called = where, f
	}
	if !g.change(before, (before + oneCall).as(running)) {
		return nil // killed just now
	}
	if g.watch != nil {
		g.watch.wakeUp()
	}
	err := g.s.Call0(f, args...)
	if err != nil {
		err = g.textOf(err)
	}
	if now := g.phase(); now.is(running) && g.change(now, now.as(idle)) && err == nil {
		return nil
	}
	return g.leave(err)
}

// Renew begins a call anew for its limits, under another name: for functions that call
// several pieces of code one after the other. It is called by a Go function between two
// of them. If the call is being stopped it does nothing.
func (g *Gate) Renew(where string) {
	before := g.phase()
	if g.watch == nil || !before.is(running) || !g.change(before, before.as(idle)) {
		return
	}
	g.where, g.called = where, lua.Nil
	g.change(before.as(idle), before+oneCall)
}

// leave ends a call that was stopped, killed or has failed.
func (g *Gate) leave(err error) error {
	g.mu.Lock()
	if now := g.phase(); now.is(stopped) {
		g.s.ClearInterrupt()
		g.change(now, now.as(idle))
	}
	overrun := g.overrun // the embedder has heard of it by Exceeded, so nobody may keep it back
	g.overrun, g.called = nil, lua.Nil
	g.mu.Unlock()
	switch {
	case err == nil, errors.Is(err, errExit), errors.Is(err, lua.ErrClosed):
		return overrun
	case errors.Is(err, lua.ErrExhausted) && g.limits.Exceeded != nil:
		g.limits.Exceeded(err)
	}
	return err
}

// Exit returns the error with which a Go function of the state unwinds all code that
// runs, uncatchably. Call does not report it.
func (g *Gate) Exit() error { return g.s.Unwind(errExit) }

// Stop unwinds the Lua code that is running now, if any; reason says why. Later calls run
// as usual.
func (g *Gate) Stop(reason error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for now := g.phase(); now.is(running); now = g.phase() {
		if g.change(now, now.as(stopped)) {
			g.s.Interrupt(reason)
			return
		}
	}
}

// stopCall is Stop for one call alone, whose name the reason says. It returns the reason,
// or nil if that call had ended.
func (g *Gate) stopCall(call phase, reason func(name string) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.change(call, call.as(stopped)) {
		return nil
	}
	why := reason(callName(g.where, g.called))
	g.s.Interrupt(why)
	g.overrun = why
	return why
}

// Kill unwinds the Lua code that is running now and lets no other begin. The reason of
// code that is being stopped stays the earlier one.
func (g *Gate) Kill(reason error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before := g.phase()
	for !g.change(before, before.as(killed)) {
		before = g.phase()
	}
	if !before.is(killed) && !before.is(stopped) {
		g.s.Interrupt(reason)
	}
}

// phase returns the state as it is now.
func (g *Gate) phase() phase { return phase(g.word.Load()) }

// change replaces one state by the next, unless it is another one by now.
func (g *Gate) change(from, to phase) bool { return g.word.CompareAndSwap(uint64(from), uint64(to)) }
