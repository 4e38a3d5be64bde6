package engine

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

const (
	// quickEnd: a connection that ended so soon after opening counts as failed for the
	// guard.
	quickEnd = time.Second

	// calm is how long a host and port must have been without a failure to be dialled
	// freely again.
	calm = 10 * time.Second
)

// guard paces dials to where connections fail, so that a program that reconnects without
// end floods nobody. Once a connection to a host and port failed, or ended within 1 s of
// opening, connections to it wait in line and start one by one, until the line is empty
// and 10 s passed without another failure. Where nothing fails it costs a map look-up.
type guard struct {
	pace      time.Duration // between two starts; 0 switches the guard off; constant
	perSecond int           // starts, at most; constant

	mu      sync.Mutex // leaf; guards the fields below
	lines   map[string]*line
	stopped bool
}

// line is a host and port under guard. At its bound, maxWaitingDials, Connect is refused.
type line struct {
	waiting []*connection // first in, first out; those cancelled meanwhile are taken out
	started time.Time     // the latest start known
	failed  time.Time     // the latest failure
	timer   *time.Timer   // the next start, or the end of the guard
	warned  bool
}

func (g *guard) init(opts Options) {
	if opts.DialsPerSecond > 0 {
		g.perSecond = opts.DialsPerSecond
		g.pace = (time.Second + time.Duration(g.perSecond) - 1) / time.Duration(g.perSecond)
	}
	g.lines = make(map[string]*line)
}

// admit reports whether c may start now; if not, it waits in line and will be started.
// The error is ErrTooManyConnections.
func (g *guard) admit(c *connection) (start bool, err error) {
	if g.pace == 0 {
		return true, nil
	}
	address := c.target.Address()
	now := time.Now()
	g.mu.Lock()
	l := g.lines[address]
	switch {
	case l == nil || g.stopped:
		g.mu.Unlock()
		return true, nil
	case len(l.waiting) >= maxWaitingDials:
		g.mu.Unlock()
		return false, ErrTooManyConnections
	case len(l.waiting) == 0 && now.Sub(l.started) >= g.pace:
		l.started = now
		g.mu.Unlock()
		return true, nil
	}
	l.waiting = append(l.waiting, c)
	if len(l.waiting) == 1 {
		l.timer.Reset(l.started.Add(g.pace).Sub(now))
	}
	warn := !l.warned
	l.warned = true
	g.mu.Unlock()
	if warn {
		c.engine.opts.Logger.Warn(fmt.Sprintf("connections to %s keep failing: dials there start at most %d a second",
			failure.Bounded(address), g.perSecond), "caller", c.opts.Caller)
	}
	return false, nil
}

// failed notes that a connection to address failed; its dial began at started.
func (g *guard) failed(address string, started time.Time) {
	if g.pace == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return
	}
	l := g.lines[address]
	if l == nil {
		l = &line{}
		l.timer = time.AfterFunc(calm, func() { g.next(address, l) })
		g.lines[address] = l
	}
	l.failed = time.Now()
	if started.After(l.started) {
		l.started = started
	}
}

// cancel takes c out of its line, if it is in one.
func (g *guard) cancel(c *connection) {
	if g.pace == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if l := g.lines[c.target.Address()]; l != nil {
		l.waiting = slices.DeleteFunc(l.waiting, func(waiting *connection) bool { return waiting == c })
	}
}

// next starts the first one of a line, or ends the guard of its address. It is the body
// of the line's timer.
func (g *guard) next(address string, l *line) {
	g.mu.Lock()
	if g.stopped || g.lines[address] != l {
		g.mu.Unlock()
		return
	}
	now := time.Now()
	if len(l.waiting) == 0 {
		if left := calm - now.Sub(l.failed); left > 0 {
			l.timer.Reset(left)
		} else {
			delete(g.lines, address)
		}
		g.mu.Unlock()
		return
	}
	if left := g.pace - now.Sub(l.started); left > 0 {
		l.timer.Reset(left)
		g.mu.Unlock()
		return
	}
	c := l.waiting[0]
	l.waiting = l.waiting[1:]
	l.started = now
	if len(l.waiting) > 0 {
		l.timer.Reset(g.pace)
	} else {
		l.timer.Reset(max(g.pace, calm-now.Sub(l.failed)))
	}
	g.mu.Unlock()
	c.start()
}

// waiting counts the connections in all lines.
func (g *guard) waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, l := range g.lines {
		n += len(l.waiting)
	}
	return n
}

// stop makes the guard start no more connections.
func (g *guard) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = true
	for _, l := range g.lines {
		l.timer.Stop()
	}
	clear(g.lines)
}
