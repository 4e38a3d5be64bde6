package lualib

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// errExit is what host.Exit unwinds the running code with. Call does not report it.
var errExit = errors.New("the script has called Exit")

// phase is the state of an Interrupt, in the low bits of a word that counts the calls above them, so that what stops one
// call cannot hit the next.
type phase uint64

const (
	idle    phase = iota // no Lua code runs
	running              // inside Call
	stopped              // inside Call, which is being unwound
	killed               // no Lua code runs any more

	phaseMask phase = 3
	oneCall   phase = 4
)

// is reports whether the low bits are those of which.
func (p phase) is(which phase) bool { return p&phaseMask == which }

// as is p with the low bits of which.
func (p phase) as(which phase) phase { return p&^phaseMask | which }

// Interrupt unwinds Lua code in a way that no pcall, xpcall or coroutine can catch. It is the context of a state and of
// all its coroutines: once it is done, each further VM instruction raises. Other than a context of the standard library
// it can be armed again, so that callbacks run after one of them was unwound.
//
// Stop and Kill may be called from any goroutine. A library call that runs long without executing Lua instructions,
// such as a backtracking pattern, is unwound when it returns and not before.
type Interrupt struct {
	maxString int // constant once the state is made; see CheckSize

	// These belong to the goroutine that owns the state.
	begins *lua.LState // in a call that has not executed an instruction
	stack  string      // a traceback of where the call was stopped, "" as long as it has not noticed

	state atomic.Uint64 // a phase; changed without mu only between idle and running

	// Written by enter before the phase is running, read under mu once it is stopped; leave waits for mu then.
	watch  *watch // nil if nobody looks; constant after Watch
	where  string
	called lua.LValue

	mu     sync.Mutex // leaf; guards what follows
	done   chan struct{}
	reason error // nil until stopped or killed
}

// phase returns the state as it is now.
func (in *Interrupt) phase() phase { return phase(in.state.Load()) }

// change makes one state the next, unless it is another one meanwhile.
func (in *Interrupt) change(from, to phase) bool {
	return in.state.CompareAndSwap(uint64(from), uint64(to))
}

func newInterrupt() *Interrupt { return &Interrupt{done: make(chan struct{})} }

// InterruptOf returns the Interrupt of a state made by NewState, or nil.
func InterruptOf(L *lua.LState) *Interrupt {
	in, _ := L.Context().(*Interrupt)
	return in
}

// Stop unwinds the Lua code that is running now, if any; reason says why. What is called later runs as usual.
func (in *Interrupt) Stop(reason error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for now := in.phase(); now.is(running); now = in.phase() {
		if in.stopLocked(now, reason) {
			return
		}
	}
}

// stopCall is Stop for one call alone. It returns the name of what was stopped, or "" if that call had ended.
func (in *Interrupt) stopCall(call phase, reason func(name string) error) string {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.stopLocked(call, nil) {
		return ""
	}
	name := callName(in.where, in.called)
	in.reason = reason(name)
	return name
}

func (in *Interrupt) stopLocked(call phase, reason error) bool {
	if !in.change(call, call.as(stopped)) {
		return false
	}
	in.reason = reason
	close(in.done)
	return true
}

// Kill unwinds the Lua code that is running now and lets no other begin.
func (in *Interrupt) Kill(reason error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	before := in.phase()
	for !in.change(before, before.as(killed)) {
		before = in.phase()
	}
	if before.is(killed) {
		return
	}
	if !before.is(stopped) {
		close(in.done)
	}
	in.reason = reason
}

// Exit unwinds the code that calls it, without an error to report. It does not return.
func (in *Interrupt) Exit(L *lua.LState) {
	in.Stop(errExit)
	L.Error(lua.LString(errExit.Error()), 0)
}

// enter says that Lua code is about to run: called, as where. It reports false if none may.
func (in *Interrupt) enter(where string, called lua.LValue) bool {
	before := in.phase()
	if !before.is(idle) {
		return false
	}
	in.stack = ""
	if in.watch == nil {
		return in.change(before, (before + oneCall).as(running))
	}
	in.where, in.called = where, called
	entered := in.change(before, (before + oneCall).as(running))
	in.watch.wakeUp()
	return entered
}

// leave says that the Lua code has returned, and why it was unwound, if it was.
func (in *Interrupt) leave() error {
	defer func() { in.called = nil }() // by now nobody reads it
	if now := in.phase(); now.is(running) && in.change(now, now.as(idle)) {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	reason := in.reason
	if now := in.phase(); now.is(stopped) && in.change(now, now.as(idle)) {
		in.done, in.reason = make(chan struct{}), nil
	}
	return reason
}

// Done is asked by the VM before each instruction, on the goroutine that owns the state. Only that goroutine ever
// writes the fields, so it needs no lock to read them.
func (in *Interrupt) Done() <-chan struct{} {
	if in.begins != nil {
		in.begins.Panic = raise
		in.begins = nil
	}
	return in.done
}

// Err gives the VM the text to raise.
func (in *Interrupt) Err() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.reason
}

// raised is told of each error on its way, with the stack of L still there. The first one after the call was stopped
// shows where that was; then pcall and others that the error passes raise it anew, further up.
func (in *Interrupt) raised(L *lua.LState) {
	if in != nil && vm.known && in.stack == "" && (in.phase().is(stopped) || in.phase().is(killed)) {
		in.stack = tracebackOfAll(L)
	}
}

// Deadline implements context.Context.
func (in *Interrupt) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value implements context.Context.
func (in *Interrupt) Value(any) any { return nil }

// AfterFunc keeps the standard library from starting a goroutine, or holding an entry, for each coroutine: the VM
// derives a context for it, which shareInterrupt replaces by this one before it is ever looked at.
func (in *Interrupt) AfterFunc(func()) (stop func() bool) { return func() bool { return true } }

var _ context.Context = (*Interrupt)(nil)

// shareInterrupt makes the coroutine library give each new coroutine the Interrupt of the state that creates it. A
// derived context, as the VM sets it, could not be armed again: a coroutine that was suspended while another piece of
// code was unwound would raise for ever. From its first instruction on, the coroutine words errors as LuaJIT does.
func shareInterrupt(L *lua.LState) {
	lib := L.GetGlobal(lua.CoroutineLibName).(*lua.LTable)
	create := lib.RawGetString("create").(*lua.LFunction).GFunction
	L.SetFuncs(lib, map[string]lua.LGFunction{
		"create": func(L *lua.LState) int {
			results := create(L)
			coroutine := L.Get(-1).(*lua.LState)
			coroutine.SetContext(&firstInstruction{L.Context(), coroutine})
			return results
		},
	})
}
