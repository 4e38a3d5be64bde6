package lua

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// owner is how a state notices that a second goroutine uses it. A call that finds the state at work must come from below
// the function that runs it: from a Go function that Lua code has called. That is seen in the goroutine's stack, which
// takes a microsecond to look at. A call's place on the stack, which is had for nothing, says the same if it was looked at
// before: no two goroutines have the same place. What a second goroutine reads here, it reads atomically.
type owner struct {
	running atomic.Bool
	known   [knownPlaces]atomic.Uintptr // places of calls that came from the goroutine at work
	outer   uintptr                     // the place of the outermost call: another one may be another goroutine's
}

const knownPlaces = 16

// claim begins a call, and reports whether it is the outermost one. It panics if another goroutine runs the state.
func (o *owner) claim() (outermost bool) {
	at := place()
	if o.running.Load() {
		o.check(at)
		return false
	}
	if !o.running.CompareAndSwap(false, true) {
		panic(twoGoroutines)
	}
	if at != o.outer {
		o.outer = at
		for i := range o.known {
			o.known[i].Store(0)
		}
	}
	return true
}

func (o *owner) release() { o.running.Store(false) }

const twoGoroutines = "lua: a State is used by two goroutines at once"

// check panics if the state is at work for another goroutine.
func (o *owner) check(at uintptr) {
	known := &o.known[at/64%knownPlaces]
	if known.Load() == at {
		return
	}
	if !runsLua() {
		panic(twoGoroutines)
	}
	known.Store(at)
}

// checkOwner is for what is not a call.
func (s *State) checkOwner() {
	if s.running.Load() && !runsLua() {
		panic(twoGoroutines)
	}
}

// place returns an address in the frame of the function that calls it, as a number: nothing is read there. The stack may
// move afterwards, which only makes a place unknown.
//
//go:noinline
func place() uintptr {
	var here byte
	return uintptr(unsafe.Pointer(&here))
}

// runsLua reports whether State.enterRun is among the functions that wait on the goroutine's stack.
func runsLua() bool {
	want := enterRunAt.Load()
	var pcs [32]uintptr
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		for _, pc := range pcs[:n] {
			if f := runtime.FuncForPC(pc - 1); f != nil && f.Entry() == want {
				return true
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}

// enterRunAt is the address of State.enterRun, which its first call stores.
var enterRunAt atomic.Uintptr

func noteEnterRun() {
	var pcs [1]uintptr
	if runtime.Callers(2, pcs[:]) == 1 {
		enterRunAt.Store(runtime.FuncForPC(pcs[0] - 1).Entry())
	}
}
