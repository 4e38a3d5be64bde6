package engine

import (
	"sync"
	"time"

	"github.com/tidewire/tidewire/internal/ws/wire"
)

const (
	// A turn of one connection ends after so many events, or so many bytes (one message
	// may be larger).
	turnMessages = 64
	turnBytes    = 256 << 10

	defaultBudgetEvents = 256
	defaultBudgetTime   = 4 * time.Millisecond
)

// Budget bounds one Dispatch. The zero value means 256 events and 4 ms.
type Budget struct {
	Events int
	Time   time.Duration

	// Stop, if not nil, is asked after each event; true ends the Dispatch.
	Stop func() bool
}

// Ready receives a value when Dispatch has something to deliver.
func (e *Engine) Ready() <-chan struct{} { return e.ready.signal }

// Dispatch delivers events to h until there are none or the budget is spent, and returns
// how many it delivered. If any are left, Ready has a value again. Connections take turns
// of at most 64 events. Called from within a handler it does nothing and returns 0.
func (e *Engine) Dispatch(h Handler, budget Budget) int {
	if !e.ready.beginDispatch() {
		return 0
	}
	defer e.ready.endDispatch() // deferred, because a handler may unwind this goroutine

	m := meter{events: budget.Events, time: budget.Time, stop: budget.Stop, began: time.Now()}
	if m.events <= 0 {
		m.events = defaultBudgetEvents
	}
	if m.time <= 0 {
		m.time = defaultBudgetTime
	}
	for !m.spent() {
		c := e.ready.pop()
		if c == nil {
			break
		}
		c.takeTurn(h, &m)
	}
	return m.delivered
}

// meter measures one Dispatch against its budget.
type meter struct {
	events    int
	time      time.Duration
	stop      func() bool
	began     time.Time
	delivered int
}

func (m *meter) spent() bool {
	if m.delivered == 0 {
		return false
	}
	// Since costs half as much as Now.
	return m.delivered >= m.events || time.Since(m.began) >= m.time || m.stop != nil && m.stop()
}

// takeTurn delivers the next events of c, at most turnMessages and as many as the budget
// allows, and puts c back into the ready list if more wait.
func (c *connection) takeTurn(h Handler, m *meter) {
	unwound := true // by a panic in the handler: the rest is for the next Dispatch
	defer func() {
		if unwound {
			c.engine.ready.push(c)
		}
	}()
	most := min(m.events, m.delivered+turnMessages)
	c.deliver(h, m, most)
	waits := c.inbox.afterTurn()
	unwound = false
	switch {
	case waits == eventsWait, waits == endWaits && (m.spent() || m.delivered == most):
		c.engine.ready.push(c)
	case waits == endWaits:
		m.delivered++
		c.deliverEnd(h)
	}
}

// deliver delivers the opening event and messages, until most events of this Dispatch are
// delivered. The message that a handler was given counts as delivered even if the handler
// unwinds.
func (c *connection) deliver(h Handler, m *meter, most int) {
	handled := 0
	defer func() {
		c.inbox.settle(handled)
		clear(c.engine.batch[:]) // drops the references to the payloads
	}()
	if c.inbox.takeOpen() {
		m.delivered++
		h.Opened(c.id, c.info())
		if m.spent() {
			return
		}
	}
	for _, en := range c.inbox.take(c.engine.batch[:0], most-m.delivered) {
		handled++
		m.delivered++
		h.Received(c.id, en.payload, en.kind)
		if c.closeCalled.Load() || m.spent() {
			return
		}
	}
}

// deliverEnd delivers the terminal event. From then on nobody finds the connection.
func (c *connection) deliverEnd(h Handler) {
	c.engine.forget(c)
	h.Ended(c.id, c.terminalEvent())
}

// terminalEvent makes the terminal event.
func (c *connection) terminalEvent() *End {
	_, dropped := c.inbox.tally()
	end := &End{Info: *c.info(), Dropped: dropped}

	c.mu.Lock()
	defer c.mu.Unlock()
	end.Unsent = Tally(c.outbox.Unsent())
	end.CloseCode = wire.CloseAbnormal
	if c.closeWritten {
		end.CloseCode = c.outbox.SentCode()
	}
	c.outcome.fill(end)
	return end
}

// readyList holds the connections with something to deliver, each once, first in, first
// out.
type readyList struct {
	signal chan struct{} // has a value while connections wait and nobody dispatches, moments excepted

	mu          sync.Mutex // leaf; guards the fields below, and nextReady of the connections in the list
	first, last *connection
	dispatching bool // Dispatch runs: it sees by itself what is pushed
}

// beginDispatch reports false if another Dispatch is running.
func (l *readyList) beginDispatch() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dispatching {
		return false
	}
	l.dispatching = true
	return true
}

// endDispatch signals if connections are left in the list.
func (l *readyList) endDispatch() {
	l.mu.Lock()
	l.dispatching = false
	empty := l.first == nil
	l.mu.Unlock()
	if !empty {
		l.wake()
	}
}

// push puts c at the end. The caller has made sure that c is not in the list
// (inbox.scheduled).
func (l *readyList) push(c *connection) {
	l.mu.Lock()
	sleeping := l.first == nil && !l.dispatching // with others in the list, its signal is given
	if l.first == nil {
		l.first = c
	} else {
		l.last.nextReady = c
	}
	l.last = c
	l.mu.Unlock()
	if sleeping {
		l.wake()
	}
}

// pop takes the first one out, or returns nil.
func (l *readyList) pop() *connection {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.first
	if c != nil {
		l.first, c.nextReady = c.nextReady, nil
	}
	return c
}

func (l *readyList) wake() {
	select {
	case l.signal <- struct{}{}:
	default:
	}
}
