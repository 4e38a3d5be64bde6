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

// Budget bounds one Dispatch. The zero value means 256 events and 4 ms. The event under
// way when the time is up is the last one; after events that took next to no time 15 more
// may follow, unless one of them calls TookLong.
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

	e.tookLong = false
	m := meter{engine: e, events: budget.Events, time: budget.Time, stop: budget.Stop, began: time.Now()}
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

// TookLong says that the present event has taken its handler long, so that Dispatch looks
// at the clock after it. Between events that take next to nothing it mostly does not: 16
// of them go by at most. Called by a Handler.
func (e *Engine) TookLong() { e.tookLong = true }

// meter measures one Dispatch against its budget.
type meter struct {
	engine    *Engine
	events    int
	time      time.Duration
	stop      func() bool
	began     time.Time
	delivered int

	// The clock takes as long to read as a small message to deliver. It is read after
	// each pause events, and pause grows while these take next to nothing.
	pause, left int
	read        time.Duration // after began: when it was last read
	over        bool          // the time is up: late has said so
}

const (
	longestPause = 16
	shortPause   = 100 * time.Microsecond
)

// spent reports whether the Dispatch is over. It is asked after each event, and after the
// last one more than once.
func (m *meter) spent() bool {
	return m.delivered > 0 && (m.delivered >= m.events || m.late() || m.stop != nil && m.stop())
}

// late reports whether the time is up.
func (m *meter) late() bool {
	if m.left--; m.over || m.left > 0 && !m.engine.tookLong {
		return m.over
	}
	now := time.Since(m.began) // which costs half as much as Now
	if now-m.read < shortPause && !m.engine.tookLong {
		m.pause = min(max(2*m.pause, 1), longestPause)
	} else {
		m.pause = 1
	}
	m.read, m.left, m.engine.tookLong = now, m.pause, false
	m.over = now >= m.time
	return m.over
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
	limit := min(m.events, m.delivered+turnMessages)
	c.deliver(h, m, limit)
	left := c.inbox.afterTurn()
	unwound = false
	switch {
	case left == eventsWait, left == endWaits && (m.spent() || m.delivered == limit):
		c.engine.ready.push(c)
	case left == endWaits:
		m.delivered++
		c.deliverEnd(h)
	}
}

// deliver delivers the opening event and messages, until the Dispatch has delivered limit
// events in all.
func (c *connection) deliver(h Handler, m *meter, limit int) {
	drained, open := c.inbox.takeNotices()
	if drained != notDrained {
		m.delivered++
		h.Drained(c.id, drained == drainedForGood)
	}
	if open {
		m.delivered++
		h.Opened(c.id, c.info())
		if m.spent() {
			return
		}
	}
	for bytes := int64(turnBytes); m.delivered < limit && bytes > 0; {
		hand := c.inbox.take(limit-m.delivered, bytes)
		if len(hand.found.Events) == 0 {
			return
		}
		done, goOn := c.deliverHand(h, m, &hand)
		if !goOn {
			return
		}
		bytes -= done
	}
}

// deliverHand delivers messages that were taken from the inbox, until the budget is spent
// or Close is called: then goOn is false. The message that a handler was given counts as
// delivered even if the handler unwinds.
func (c *connection) deliverHand(h Handler, m *meter, hand *hand) (bytes int64, goOn bool) {
	handled, done := 0, Tally{}
	defer func() {
		c.inbox.settle(handled, done)
		c.engine.counters.received.add(done)
	}()
	for i, event := range hand.found.Events {
		handled = i + 1
		if event.Opcode.IsControl() {
			continue
		}
		payload := hand.found.Payload(event, hand.buf)
		m.delivered++
		done.add(Tally{1, int64(len(payload))})
		h.Received(c.id, payload, kindOf(event.Opcode))
		if c.closeCalled.Load() || c.inbox.onHold.Load() || m.spent() {
			return done.Bytes, false
		}
	}
	return done.Bytes, true
}

// takeOne delivers one message of a connection that is paused.
func (c *connection) takeOne(h Handler) bool {
	hand := c.inbox.takeOnHold()
	if len(hand.found.Events) == 0 {
		return false
	}
	first, payload := hand.found.Events[0], hand.found.Payload(hand.found.Events[0], hand.buf)
	defer c.inbox.settle(1, Tally{1, int64(len(payload))}) // deferred, as in deliverHand
	h.Received(c.id, payload, kindOf(first.Opcode))
	return true
}

func kindOf(opcode wire.Opcode) Kind {
	if opcode == wire.Text {
		return Text
	}
	return Binary
}

// deliverEnd delivers the terminal event. From then on nobody finds the connection.
func (c *connection) deliverEnd(h Handler) {
	c.engine.forget(c)
	end := c.terminalEvent()
	c.engine.countEnd(end.Category)
	h.Ended(c.id, end)
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
	dispatching bool // Dispatch runs: it finds pushed connections by itself
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
