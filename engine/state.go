package engine

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

// state is how far a connection has come (RFC 6455 §4.1, §7.1.3, §7.1.4). This file alone
// writes it; TestStateHasOneKeeper holds every other file to that.
//
//	               the opening handshake is done
//	connecting ─────────────────────────────────► open
//	  │    │                                       │
//	  │    │ Close, CloseAll, Abort, a failure     │ Close, CloseAll, Abort, the peer's
//	  │    │                                       │ close frame, a failure
//	  │    └────────────────► closing ◄────────────┘
//	  │                          │
//	  │ Connect withdraws it     │ the terminal event is in the inbox
//	  └───────► closed ◄─────────┘
//
// Each step is one line of the log at level debug.
type state uint8

const (
	connecting state = iota
	open
	closing
	closed
)

func (s state) String() string {
	switch s {
	case connecting:
		return "connecting"
	case open:
		return "open"
	case closing:
		return "closing"
	case closed:
		return "closed"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// mayBecome reports whether the diagram has an edge from s to the next state.
func (s state) mayBecome(next state) bool {
	switch s {
	case connecting:
		return next == open || next == closing || next == closed
	case open:
		return next == closing
	case closing:
		return next == closed
	}
	return false
}

// step is a change of state that waits to be logged.
type step struct {
	from, to state
	cause    string
}

// lifecycle is a connection's state and the steps that led to it.
type lifecycle struct {
	now state

	steps   []step // to be logged; nil unless the log wants debug lines
	logging bool   // a goroutine is logging steps, and takes new ones, too
}

// openLocked makes a connection that is still connecting open, and reports whether it
// was.
func (c *connection) openLocked() bool {
	if c.state.now != connecting {
		return false
	}
	c.stepLocked(open, "the opening handshake is done")
	c.opened = time.Now()
	return true
}

// closingLocked begins the end of a connection. How it ends may still be open: a closing
// handshake decides that. It does nothing once the connection is closing.
func (c *connection) closingLocked(cause string) {
	if c.state.now < closing {
		c.stepLocked(closing, cause)
	}
}

// decideLocked decides how a connection ends, and begins its end if that has not begun.
// The first outcome stays; one that comes later is dropped.
func (c *connection) decideLocked(o *outcome) {
	if c.outcome == nil {
		c.outcome = o
	}
	c.closingLocked(o.detail)
}

// fail is failLocked for callers without the lock.
func (c *connection) fail(err *failure.Error) {
	c.mu.Lock()
	defer c.unlock()
	c.failLocked(err)
}

// failLocked is decideLocked for a failure that queued messages do not outlive: they are
// not written.
func (c *connection) failLocked(err *failure.Error) {
	c.decideLocked(c.failureLocked(err))
	c.clearLocked()
}

// closedLocked makes a closing connection closed, and reports whether it was not before.
func (c *connection) closedLocked() bool {
	if c.state.now == closed {
		return false
	}
	c.stepLocked(closed, c.outcome.detail)
	return true
}

// withdraw ends a connection that has not started without an event, and reports whether
// there is none yet.
func (c *connection) withdraw() bool {
	c.mu.Lock()
	defer c.unlock()
	if c.state.now != connecting {
		return false
	}
	c.stepLocked(closed, "withdrawn: too many connections wait for their dial")
	return true
}

// stepLocked is the one writer of the state.
func (c *connection) stepLocked(to state, cause string) {
	from := c.state.now
	if !from.mayBecome(to) {
		panic(fmt.Sprintf("engine: connection %d: %v cannot become %v", c.id, from, to))
	}
	c.state.now = to
	if c.engine.opts.Logger.Enabled(context.Background(), slog.LevelDebug) {
		c.state.steps = append(c.state.steps, step{from, to, cause})
	}
}

// unlock releases the connection's lock and logs the steps that were taken under it. No
// lock is held while the log is written, and the lines come in the order of the steps: a
// goroutine that finds another one logging leaves its own to that one.
func (c *connection) unlock() {
	if len(c.state.steps) == 0 || c.state.logging {
		c.mu.Unlock()
		return
	}
	c.state.logging = true
	for len(c.state.steps) > 0 {
		steps := c.state.steps
		c.state.steps = nil
		c.mu.Unlock()
		for _, s := range steps {
			c.engine.opts.Logger.Debug("connection: "+s.from.String()+" → "+s.to.String(),
				"id", uint64(c.id), "cause", s.cause)
		}
		c.mu.Lock()
	}
	c.state.logging = false
	c.mu.Unlock()
}
