// Package outlet puts a queue between a program and a stream that somebody reads: a pipe,
// a terminal, a file. A reader that does not read, a full disk or a hung terminal then
// holds up only callers that choose to wait, and never the program's end.
package outlet

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// maxQueued is how many bytes wait at most for a reader.
	maxQueued = 1 << 20

	// maxPiece is how much of one Write is queued at a time while Write waits.
	maxPiece = 64 << 10
)

// ErrUnread marks bytes that were given up because nobody read those before them in time.
var ErrUnread = errors.New("nobody reads it")

// Outlet writes to a stream in order, on a goroutine that exists only while there is
// something to write. Its methods may be called from any goroutine.
type Outlet struct {
	w    io.Writer              // constant after New; written to by writeLoop alone
	lost func(lines int) string // constant after New; may be nil

	mu      sync.Mutex // leaf; guards the fields below
	changed sync.Cond  // broadcast after each change that somebody waits for

	queue   []byte // not yet in writeLoop's hands
	spare   []byte // an empty queue's memory
	running bool   // writeLoop exists
	hurried bool

	// Positions in the stream of all bytes that were ever queued:
	queued   int64
	written  int64 // bytes before have been written, or their write has failed
	failedTo int64 // the end of the last write that failed
	err      error // of that write

	lostLines int // that Offer dropped since the last line of lost
}

// New returns an Outlet that writes to w. lost returns the line that takes the place of
// lines that Offer had to drop; nil means that none does.
func New(w io.Writer, lost func(lines int) string) *Outlet {
	o := &Outlet{w: w, lost: lost}
	o.changed.L = &o.mu
	return o
}

// Write waits until p has been written, as to the stream itself. After Hurry it queues p
// and returns at once, or returns ErrUnread if there is no room.
func (o *Outlet) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for done := 0; done < len(p); {
		piece := p[done:min(len(p), done+maxPiece)]
		if o.hurried && len(o.queue)+len(piece) > maxQueued {
			return done, ErrUnread
		}
		from := o.queued
		o.putLocked(piece)
		for to := o.queued; o.written < to && !o.hurried; {
			o.changed.Wait()
		}
		if o.failedTo > from {
			return done, o.err
		}
		done += len(piece)
	}
	return len(p), nil
}

// Offer queues p, one or several whole lines, and never waits. It drops p if there is no
// room, and then everything until there is again.
func (o *Outlet) Offer(p []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lostLines > 0 || len(o.queue)+len(p) > maxQueued {
		o.lostLines++
		return
	}
	o.putLocked(p)
}

// Hurry ends the wait of each Write, now and from now on: for a program that is about to
// end.
func (o *Outlet) Hurry() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hurried = true
	o.changed.Broadcast()
}

// Flush waits until everything has been written, at most for patience. The error wraps
// ErrUnread, or is that of a write that failed meanwhile.
func (o *Outlet) Flush(patience time.Duration) error {
	overdue := false
	timer := time.AfterFunc(patience, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		overdue = true
		o.changed.Broadcast()
	})
	defer timer.Stop()

	o.mu.Lock()
	defer o.mu.Unlock()
	from, to := o.written, o.queued
	for o.written < to && !overdue {
		o.changed.Wait()
	}
	switch {
	case o.written < to:
		return fmt.Errorf("%w: %d bytes were left when the time was over", ErrUnread, to-o.written)
	case o.failedTo > from:
		return o.err
	}
	return nil
}

// putLocked queues p and starts writeLoop if there is none.
func (o *Outlet) putLocked(p []byte) {
	o.queue = append(o.queue, p...)
	o.queued += int64(len(p))
	if !o.running {
		o.running = true
		go o.writeLoop()
	}
}

// writeLoop writes until nothing is queued, which ends it. Nobody waits for it beyond
// Flush: a write that no reader ends cannot be taken back, and ends with the process.
func (o *Outlet) writeLoop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queue) > 0 {
		batch := o.queue
		o.queue, o.spare = o.spare[:0], nil
		end := o.queued
		var note string
		if o.lostLines > 0 && o.lost != nil {
			note = o.lost(o.lostLines)
		}
		o.lostLines = 0

		o.mu.Unlock()
		_, err := o.w.Write(batch)
		if note != "" {
			_, _ = io.WriteString(o.w, note) // there is no other place to report an error
		}
		o.mu.Lock()

		o.written = end
		if err != nil {
			o.failedTo, o.err = end, err
		}
		if cap(batch) <= maxPiece {
			o.spare = batch[:0]
		}
		o.changed.Broadcast()
	}
	o.running = false
}
