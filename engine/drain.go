package engine

import (
	"errors"
	"math"
)

var (
	// ErrQueueFull is returned by Offer for a message that does not fit the send queue.
	ErrQueueFull = errors.New("the send queue is full")

	// ErrNotOpen is returned by Offer for a message that could not leave any longer.
	ErrNotOpen = errors.New("the connection is closing, has ended, or never was")
)

// noMark is a mark that no queue falls to.
const noMark = math.MinInt64

// Offer is Queue for a message that may be refused: it never makes a connection fail, and
// an error means that the message was not taken. The error is ErrInvalidUTF8,
// ErrQueueFull, ErrNotOpen or nil.
func (e *Engine) Offer(id ID, kind Kind, data string) error {
	return e.send(id, kind, data, sending{later: true, offered: true})
}

// Buffered counts the messages that wait to be written to a connection, and their bytes
// as SendQueue counts them. An ended or unknown id has none.
func (e *Engine) Buffered(id ID) (messages int, bytes int64) {
	c := e.find(id)
	if c == nil {
		return 0, 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	held := Tally(c.outbox.Held())
	return held.Messages, held.counted()
}

// Mark asks for one Drained event: when at most so many bytes wait to be written, counted
// as SendQueue counts them, or when the connection has ended. It takes the place of a mark
// before; with negative bytes only the end is told. The event comes while a connection is
// paused, too. For an ended or unknown id, and for one that Connect gave out in the
// ending, live is false and no event comes.
func (e *Engine) Mark(id ID, bytes int64) (live bool) {
	c := e.find(id)
	if c == nil {
		return false
	}
	c.mu.Lock()
	over := c.state.now == closed
	if !over {
		c.mark = max(bytes, -1)
	}
	reached := c.takeMarkLocked()
	c.mu.Unlock()
	if reached || over {
		c.tellDrained(over)
	}
	return true
}

// takeMarkLocked reports whether the outbox has fallen to the mark, once.
func (c *connection) takeMarkLocked() bool {
	if c.mark == noMark || Tally(c.outbox.Held()).counted() > c.mark {
		return false
	}
	c.mark = noMark
	return true
}

// tellDrained enters the Drained event.
func (c *connection) tellDrained(over bool) {
	if c.inbox.putDrained(over) {
		c.engine.ready.push(c)
	}
}
