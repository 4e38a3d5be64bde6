package engine

import (
	"maps"
	"sync/atomic"
)

// Counters says what an engine has done since New.
type Counters struct {
	Received Tally              // messages that Dispatch has delivered
	Sent     Tally              // messages completely handed to the operating system
	Dialed   int64              // attempts at an opening handshake, each redirect one more
	Opened   int64              // connections that were established
	Ended    map[Category]int64 // terminal events that were delivered; the receiver's
}

// counters are counted once for each turn of a connection, write or step of its state, not
// for each message.
type counters struct {
	received, sent counted
	dialed, opened atomic.Int64
	ended          map[Category]int64 // guarded by Engine.mu
}

// counted is a Tally that goroutines share.
type counted struct{ messages, bytes atomic.Int64 }

func (c *counted) add(t Tally) {
	if t.Messages != 0 {
		c.messages.Add(int64(t.Messages))
		c.bytes.Add(t.Bytes)
	}
}

func (c *counted) tally() Tally { return Tally{int(c.messages.Load()), c.bytes.Load()} }

// Counters counts what the engine has done so far. It is safe for concurrent use.
func (e *Engine) Counters() Counters {
	e.mu.Lock()
	ended := maps.Clone(e.counters.ended)
	e.mu.Unlock()
	return Counters{
		Received: e.counters.received.tally(),
		Sent:     e.counters.sent.tally(),
		Dialed:   e.counters.dialed.Load(),
		Opened:   e.counters.opened.Load(),
		Ended:    ended,
	}
}

// countEnd counts a terminal event.
func (e *Engine) countEnd(category Category) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counters.ended[category]++
}
