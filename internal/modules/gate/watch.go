package gate

import (
	"cmp"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// stuckAfter is how long after it was stopped code may still be inside one call of a
	// library.
	stuckAfter = 2 * time.Second

	// The watch looks every lookInterval, or more often for a short CallTime. It sleeps
	// once no code has run for sleepAfter such looks: an idle script takes no CPU.
	lookInterval    = 5 * time.Millisecond
	minLookInterval = time.Millisecond
	sleepAfter      = 100
)

// watch is the goroutine that holds the calls of one Gate to CallTime.
type watch struct {
	gate   *Gate
	wake   chan struct{}
	asleep atomic.Bool

	// Owned by loop:
	call      phase     // the running call that was seen last
	since     time.Time // when it was first seen
	stoppedAt time.Time // zero if it was not stopped
	reason    error     // why it was
	stuck     bool      // Stuck was called
	idleLooks int
}

// Watch holds calls to CallTime until stop is called, which waits for the watch's
// goroutine. It must be called before the first Call, once, and stop after the last.
// Without a CallTime it does nothing.
func (g *Gate) Watch() (stop func()) {
	if g.limits.CallTime <= 0 {
		return func() {}
	}
	w := &watch{gate: g, wake: make(chan struct{}, 1)}
	g.watch = w
	over := make(chan struct{})
	var loop sync.WaitGroup
	loop.Go(func() { w.loop(over) }) // ended and joined by stop
	return func() {
		close(over)
		loop.Wait()
	}
}

// wakeUp is called at the beginning of a call.
func (w *watch) wakeUp() {
	if w.asleep.Load() && w.asleep.CompareAndSwap(true, false) {
		w.wake <- struct{}{} // there is room: only one at a time wakes it, and asleep was set after it was taken
	}
}

// loop looks now and then while code runs. Ended by closing over, joined by stop.
func (w *watch) loop(over <-chan struct{}) {
	interval := max(min(lookInterval, w.gate.limits.CallTime/4), minLookInterval)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-over:
			return
		case <-ticker.C:
			w.look()
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
	if !w.gate.phase().is(idle) && w.asleep.CompareAndSwap(true, false) {
		return true // it began before it could know
	}
	select {
	case <-over:
		return false
	case <-w.wake:
		return true
	}
}

// look compares the running call's time with the limit. The clock is read after the phase:
// a call began before it was seen, so it is never taken for older than it is, however late
// the watch is.
func (w *watch) look() {
	phase := w.gate.phase()
	now := time.Now()
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
		w.call, w.since, w.stoppedAt, w.stuck = call, now, time.Time{}, false
	}
	switch limits := w.gate.limits; {
	case phase.is(stopped):
		w.lookAtStopped(now)
	case now.Sub(w.since) >= limits.CallTime:
		w.stop(now)
	}
}

// stop unwinds the running call, if it still is that one.
func (w *watch) stop(now time.Time) {
	limits := w.gate.limits
	reason := w.gate.stopCall(w.call, func(name string) error {
		return fmt.Errorf("%s was stopped: it ran for more than %v, the limit of %s", name, limits.CallTime,
			cmp.Or(limits.CallTimeName, "CallTime"))
	})
	if reason == nil {
		return
	}
	w.stoppedAt, w.reason = now, reason
	if limits.Exceeded != nil {
		limits.Exceeded(reason)
	}
}

// lookAtStopped looks whether a call that this watch stopped does end.
func (w *watch) lookAtStopped(now time.Time) {
	limits := w.gate.limits
	if w.stoppedAt.IsZero() || w.stuck || limits.Stuck == nil {
		return
	}
	if now.Sub(w.stoppedAt) >= stuckAfter {
		w.stuck = true
		limits.Stuck(fmt.Errorf("%w; it cannot be interrupted inside one call of a library", w.reason))
	}
}
