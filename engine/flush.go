package engine

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// flushDelay is how long a message waits for Flush. A timer costs each wait of Go's poller,
	// so the delay doubles, promptDoublings times at most, as long as Flush comes before it.
	flushDelay      = time.Millisecond
	promptDoublings = 3

	// enoughQueued is how many bytes of a connection do not wait for Flush: Queue writes them
	// itself, but no more than turnWrites times between two calls of Flush, since a handler
	// may send to all connections. A longer write costs as much for each byte, and the peer
	// has something to do.
	enoughQueued = 64 << 10
	turnWrites   = 8

	// mostWritten is how many bytes Flush and Queue write themselves: more is written on
	// another goroutine.
	mostWritten = 256 << 10

	// triedConnections is for how many connections Flush itself writes, and triedTime for
	// how long: the rest is written on another goroutine.
	triedConnections = 32
	triedTime        = 200 * time.Microsecond
)

// Flush writes the messages from Queue, as far as the transports take them without
// waiting; goroutines do the rest. It never blocks. The goroutine that dispatches calls it
// when it has done its round, before it sleeps.
func (e *Engine) Flush() {
	waiting := e.queued.take()
	if len(waiting) == 0 {
		return
	}
	began := time.Now()
	for i, c := range waiting {
		if i == triedConnections || i > 0 && time.Since(began) >= triedTime {
			e.queued.putBack(waiting[i:])
			break
		}
		c.tryFlush()
	}
	e.queued.giveBack(waiting)
}

// queueList holds the connections that have messages for Flush, each once. Its timer is
// the Flush of an embedder that is late with it, and writes what Flush has left. An armed
// timer is left alone: it may find nothing.
type queueList struct {
	writes atomic.Int32 // by Queue since the last Flush

	mu      sync.Mutex // leaf; guards the fields below
	waiting []*connection
	spare   []*connection // the memory of the list before
	timer   *time.Timer
	armed   bool
	flushed bool // Flush was called since the timer was armed
	left    bool // the timer is armed for what Flush has left
	prompt  int  // how often in a row Flush came before the timer
}

// add puts in a connection that is not there (connection.isQueued).
func (l *queueList) add(c *connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, c)
	if !l.armed {
		l.armLocked()
	}
}

func (l *queueList) armLocked() {
	l.armed, l.flushed = true, false
	delay := flushDelay << min(l.prompt, promptDoublings)
	if l.timer == nil {
		l.timer = time.AfterFunc(delay, l.late)
	} else {
		l.timer.Reset(delay)
	}
}

// putBack leaves connections that were taken to the timer, at once.
func (l *queueList) putBack(rest []*connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, rest...)
	l.armed, l.left = true, true
	l.timer.Reset(0) // it is there since the first add
}

// take empties the list, for Flush: Queue may write again.
func (l *queueList) take() []*connection {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flushed = true
	return l.takeLocked()
}

func (l *queueList) takeLocked() []*connection {
	l.writes.Store(0)
	if len(l.waiting) == 0 {
		return nil // and its memory stays
	}
	waiting := l.waiting
	l.waiting, l.spare = l.spare, nil
	return waiting
}

// giveBack takes the memory of a list back.
func (l *queueList) giveBack(list []*connection) {
	clear(list)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spare = list[:0]
}

// late is the body of the timer.
func (l *queueList) late() {
	waiting := l.takeLate()
	if len(waiting) == 0 {
		return
	}
	for _, c := range waiting {
		c.tryFlush()
	}
	l.giveBack(waiting)
}

// takeLate is take for the timer. If Flush was called meanwhile, the next one is waited for.
func (l *queueList) takeLate() []*connection {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = false
	if l.flushed && !l.left {
		l.prompt++
		if len(l.waiting) > 0 {
			l.armLocked()
		}
		return nil
	}
	if !l.left {
		l.prompt = 0
	}
	l.left = false
	return l.takeLocked()
}

// stop stops the timer: the connections have ended.
func (l *queueList) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
}

// queueLocked leaves the messages in the outbox to Flush, and reports whether the
// connection must enter the queueList. If they are enough for a write it tries to write
// them, and gives up the lock meanwhile.
func (c *connection) queueLocked() (enter bool) {
	bytes := c.outbox.WaitingBytes()
	switch {
	case !c.mayWriteLocked(): // the goroutine that writes sees to them, or connectLoop does
		return false
	case bytes >= mostWritten:
		c.kickLocked()
		return false
	case bytes >= enoughQueued && c.engine.queued.writes.Add(1) <= turnWrites:
		c.tryWritingLocked()
		return false
	}
	enter, c.isQueued = !c.isQueued, true
	return enter
}

// tryFlush writes the messages of a connection that was taken out of the queueList.
func (c *connection) tryFlush() {
	c.mu.Lock() // without defer: a Logger may panic where tryWritingLocked has given it up
	c.isQueued = false
	c.tryWritingLocked()
	c.mu.Unlock()
}

// tryWritingLocked writes as many of a connection's messages as the transport takes without
// waiting, and leaves the rest to writeLoop. It gives up the lock meanwhile; while it
// writes, nobody else does (c.writing).
func (c *connection) tryWritingLocked() {
	if !c.mayWriteLocked() || c.outbox.Compresses() || c.outbox.WaitingBytes() > mostWritten {
		c.kickLocked()
		return
	}
	c.writing = true
	wb := c.newWriteBuffer(writeBufferClass(c.outbox.WaitingBytes()))
	wb.load(&c.outbox)
	c.mu.Unlock()
	for c.writeErr == nil && !wb.empty() && len(wb.left) == 0 && c.fill(wb) { // which nobody else writes meanwhile
		n, err := c.tryWrite(wb.left)
		c.wrote(wb, n, err)
	}
	c.mu.Lock()
	if c.writeErr != nil || wb.empty() && !c.outbox.Waits() {
		c.endWritingLocked(wb)
		return
	}
	c.begun = wb
	c.startWriteLoopLocked()
}
