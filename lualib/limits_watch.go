package lualib

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"
)

const (
	// stuckAfter is how long after it was stopped code may still be inside one call of a library.
	stuckAfter = 2 * time.Second

	// The watch looks every lookInterval, or more often for a short CallTime. It sleeps once no code has run for
	// sleepAfter such looks: an idle script takes no CPU.
	lookInterval    = 5 * time.Millisecond
	minLookInterval = time.Millisecond
	sleepAfter      = 100

	// Over the limit, a garbage collection tells what is really in use. It may take one part in gcShare of the time; a
	// heap of hopeless times the limit needs none to tell, and one of fatal times the limit does not wait for stuckAfter.
	gcShare  = 10
	hopeless = 2
	fatal    = 4
)

// Limits bounds what the Lua code of a state takes while it runs. The zero value bounds nothing.
type Limits struct {
	// Memory is how large the heap of the process may be, in bytes, counted after a garbage collection: the memory of Lua
	// values cannot be told from the host's. It is looked at every 5 ms while Lua code runs, so it may be passed by what
	// is allocated in such a time. 0 means no limit.
	Memory int64

	// CallTime is how long a call of CallAs may take: a main chunk, a callback, a timer. 0 means no limit.
	CallTime time.Duration

	// Exceeded is called, from another goroutine, after code was stopped over a limit, which no pcall catches. nil does
	// nothing: the call returns the error.
	Exceeded func(error)

	// Stuck is called, from another goroutine, when such code is still running 2 s later, in one long call of a library,
	// or has grown the heap to four times the limit. A goroutine cannot be ended from outside, so all that is left is to
	// end the process, and that is the host's to decide. nil does nothing.
	Stuck func(error)
}

// watch is the goroutine that looks after one state.
type watch struct {
	interrupt *Interrupt
	limits    Limits
	wake      chan struct{}
	asleep    atomic.Bool

	// Owned by loop:
	call      phase     // the running call that was seen last
	since     time.Time // when it was first seen
	stoppedAt time.Time // zero if it was not stopped
	reason    error     // why it was
	stuck     bool      // Stuck was called
	idleLooks int
	nextGC    time.Time
	heap      []metrics.Sample
}

// Watch holds the code that CallAs runs in L to limits, until stop is called, which waits for the watch's goroutine. It
// must be called before the first CallAs, once, and stop after the last. L is the main coroutine of a state of New.
func Watch(L *lua.LState, limits Limits) (stop func()) {
	if limits.Memory <= 0 && limits.CallTime <= 0 {
		return func() {}
	}
	w := &watch{
		interrupt: InterruptOf(L),
		limits:    limits,
		wake:      make(chan struct{}, 1),
		heap:      []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}},
	}
	w.interrupt.watch = w
	over := make(chan struct{})
	var loop sync.WaitGroup
	loop.Go(func() { w.loop(over) }) // ended and joined by stop
	return func() {
		close(over)
		loop.Wait()
	}
}

// wakeUp is called by who begins a call.
func (w *watch) wakeUp() {
	if w.asleep.Load() && w.asleep.CompareAndSwap(true, false) {
		w.wake <- struct{}{} // there is room: only one at a time wakes it, and asleep was set after it was taken
	}
}

// loop looks now and then while code runs. Ended by closing over, joined by stop.
func (w *watch) loop(over <-chan struct{}) {
	interval := lookInterval
	if w.limits.CallTime > 0 {
		interval = max(min(interval, w.limits.CallTime/4), minLookInterval)
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-over:
			return
		case now := <-ticker.C:
			w.look(now)
		}
		if w.idleLooks < sleepAfter {
			continue
		}
		ticker.Stop()
		if !w.sleep(over) {
			return
		}
		w.idleLooks = 0
		ticker.Reset(interval)
	}
}

// sleep returns when a call begins. It reports false if the watch is over.
func (w *watch) sleep(over <-chan struct{}) bool {
	w.asleep.Store(true)
	if !w.interrupt.phase().is(idle) && w.asleep.CompareAndSwap(true, false) {
		return true // it began before it could know
	}
	select {
	case <-over:
		return false
	case <-w.wake:
		return true
	}
}

// look holds what runs now to the limits.
func (w *watch) look(now time.Time) {
	phase := w.interrupt.phase()
	call := phase.as(running)
	if phase.is(idle) || phase.is(killed) {
		if call == w.call {
			w.idleLooks++
		} else {
			w.call, w.idleLooks = call, 0
		}
		return
	}
	w.idleLooks = 0
	if call != w.call || w.since.IsZero() {
		if w.limits.Memory > 0 && !w.stoppedAt.IsZero() {
			runtime.GC() // what the stopped call has left is not this one's
		}
		w.call, w.since, w.stoppedAt, w.stuck = call, now, time.Time{}, false
	}
	if phase.is(stopped) {
		w.lookAtStopped(now)
		return
	}
	if w.limits.CallTime > 0 && now.Sub(w.since) >= w.limits.CallTime {
		w.stop(now, func(name string) error {
			return fmt.Errorf("%s was stopped: it ran for more than %v, the limit of --callback-timeout", name, w.limits.CallTime)
		})
		return
	}
	if w.limits.Memory > 0 {
		if inUse, over := w.overMemory(now); over {
			w.stop(now, func(name string) error {
				return fmt.Errorf("not enough memory: %s was stopped: %d MB are in use, the limit of --max-memory is %d MB",
					name, inUse>>20, w.limits.Memory>>20)
			})
		}
	}
}

// stop unwinds the running call, if it still is that one.
func (w *watch) stop(now time.Time, reason func(name string) error) {
	name := w.interrupt.stopCall(w.call, func(name string) error {
		w.reason = reason(name)
		return w.reason
	})
	if name == "" {
		return
	}
	w.stoppedAt = now
	if w.limits.Exceeded != nil {
		w.limits.Exceeded(w.reason)
	}
}

// lookAtStopped looks whether a call that this watch stopped does end.
func (w *watch) lookAtStopped(now time.Time) {
	if w.stoppedAt.IsZero() || w.stuck || w.limits.Stuck == nil {
		return
	}
	tooLate := now.Sub(w.stoppedAt) >= stuckAfter
	if tooLate || w.limits.Memory > 0 && w.inUse() > fatal*w.limits.Memory {
		w.stuck = true
		w.limits.Stuck(fmt.Errorf("%w; it cannot be interrupted inside one call of a library", w.reason))
	}
}

// overMemory returns how many bytes are in use, and whether that is more than the limit.
func (w *watch) overMemory(now time.Time) (inUse int64, over bool) {
	inUse = w.inUse()
	if inUse <= w.limits.Memory || inUse <= hopeless*w.limits.Memory && now.Before(w.nextGC) {
		return inUse, false
	}
	if inUse <= hopeless*w.limits.Memory {
		begin := time.Now()
		runtime.GC()
		w.nextGC = time.Now().Add(gcShare * time.Since(begin))
		inUse = w.inUse()
	}
	return inUse, inUse > w.limits.Memory
}

// inUse is what the objects on the heap and the stacks take.
func (w *watch) inUse() int64 {
	metrics.Read(w.heap)
	sum := int64(0)
	for _, sample := range w.heap {
		sum += int64(sample.Value.Uint64())
	}
	return sum
}

// callName is what a person calls what runs: "onMessage (bot.lua:12)".
func callName(where string, called lua.LValue) string {
	f, ok := called.(*lua.LFunction)
	switch {
	case !ok || f.IsG:
		if where == "" {
			return "a function"
		}
		return where
	case f.Proto.LineDefined == 0:
		return fmt.Sprintf("the main chunk (%s)", f.Proto.SourceName)
	case where == "":
		where = "a function"
	}
	return fmt.Sprintf("%s (%s:%d)", where, f.Proto.SourceName, f.Proto.LineDefined)
}
