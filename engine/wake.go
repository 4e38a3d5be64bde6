package engine

import (
	"sync"
	"time"
)

const (
	// clockPeriod is how often the clocks are compared while there is a connection, and so
	// how long after waking a ping leaves at the latest.
	clockPeriod = 2 * time.Second

	// sleepJump is how far the wall clock must have run ahead of the monotonic one to be
	// taken for a sleep of the machine. Setting the clock may do the same, and costs a ping.
	sleepJump = 5 * time.Second
)

// wakeWatch notices that the machine has slept. On most systems the monotonic clock stops
// for that time, and with it every timer: the peer may have given us up long ago, and
// keepalive would take its whole time to notice. Where the monotonic clock goes on the
// timers are late, which keepaliveDue looks at.
type wakeWatch struct {
	wallClock func() time.Time // without a monotonic reading; constant before the first Connect
	pingAll   func()           // constant after New
	live      func() int       // constant after New

	mu       sync.Mutex // leaf; guards the fields below
	timer    *time.Timer
	wanted   bool      // watch was called since the last comparison
	running  bool      // timer is armed, or compare runs
	stopped  bool      // for good
	wall     time.Time // both clocks at the last comparison
	monotone time.Time
}

func (w *wakeWatch) init(live func() int, pingAll func()) {
	w.wallClock = func() time.Time { return time.Now().Round(0) }
	w.live, w.pingAll = live, pingAll
}

// watch begins to compare the clocks, as long as there is a connection.
func (w *wakeWatch) watch() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted = true
	if w.running || w.stopped {
		return
	}
	w.running = true
	w.wall, w.monotone = w.wallClock(), time.Now()
	if w.timer == nil {
		w.timer = time.AfterFunc(clockPeriod, w.compare)
	} else {
		w.timer.Reset(clockPeriod)
	}
}

// compare is the body of timer.
func (w *wakeWatch) compare() {
	w.mu.Lock()
	wall, monotone := w.wallClock(), time.Now()
	slept := wall.Sub(w.wall) - monotone.Sub(w.monotone)
	w.wall, w.monotone = wall, monotone
	w.wanted = false
	w.mu.Unlock()

	if slept >= sleepJump {
		w.pingAll()
	}
	anyLive := w.live() > 0
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running = (anyLive || w.wanted) && !w.stopped; w.running {
		w.timer.Reset(clockPeriod)
	}
}

// stop ends the comparisons for good.
func (w *wakeWatch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

// pingAll pings the peers of all open connections, each once.
func (e *Engine) pingAll() {
	e.opts.Logger.Debug("the machine has slept, or its clock was set: every peer is pinged")
	for _, c := range e.all() {
		c.pingNow()
	}
}

// pingNow pings the peer, if the connection has keepalive and reads.
func (c *connection) pingNow() {
	paused := c.inbox.isPaused()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.now == open && c.keepalive.timer != nil && !paused {
		c.pingLocked(time.Now())
	}
}
