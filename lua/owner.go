package lua

import (
	"runtime"
	"sync/atomic"
)

// owner is how a state notices that a second goroutine uses it. A call that finds the
// state at work must come from below the function that runs it: from a Go function that
// Lua code has called. That is seen in the goroutine's stack, which takes a microsecond
// to look at, so the calls that can only come from there use callWithin.
type owner struct {
	// running is 1 while the state is at work. Only the way from 0 to 1 must be atomic:
	// the state's next user has synchronized with the goroutine that wrote 0, and an
	// atomic store would take a tenth of a short call's time.
	running uint32
}

// claim begins a call, and reports whether it is the outermost one. It panics if another
// goroutine runs the state.
func (o *owner) claim() (outermost bool) {
	if atomic.CompareAndSwapUint32(&o.running, 0, 1) {
		return true
	}
	o.checkOwner()
	return false
}

func (o *owner) release() { o.running = 0 }

// atWork reports whether the state is at work, for this goroutine or another.
func (o *owner) atWork() bool { return atomic.LoadUint32(&o.running) != 0 }

// checkOwner panics if the state is at work for another goroutine.
func (o *owner) checkOwner() {
	if o.atWork() && !runsLua() {
		panic("lua: a State is used by two goroutines at once")
	}
}

// runsLua reports whether State.enterRun is among the functions that wait on the
// goroutine's stack.
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
