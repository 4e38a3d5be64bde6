// Package engine holds WebSocket connections by ID: it dials, frames, queues and fails on
// goroutines of its own, and Dispatch hands the events to a Handler on its caller's
// goroutine. It knows no Lua and no VM.
//
// An idle engine has no goroutine. A connection has one while it connects (connectLoop),
// then one that reads (readLoop) and, while there is something to write, one that writes
// (writeLoop). Shutdown returns after the last has ended.
//
// Locks are leaves: no two are held at once, and none across I/O, a callback or a log
// line. Under a connection's lock there are two short exceptions: the transport's Hurry
// has a lock of its own, and the logger is asked whether it wants debug lines.
package engine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

var (
	// ErrTooManyConnections is returned by Connect when the engine holds as many live
	// connections as it may, or the dial guard's line of that host and port is full.
	ErrTooManyConnections = errors.New("too many connections")

	// ErrInvalidUTF8 is returned by Send for text that is not valid UTF-8.
	ErrInvalidUTF8 = errors.New("valid UTF-8 expected")

	// ErrCloseCode is returned by Close for a code that an application may not send (RFC
	// 6455 §7.4).
	ErrCloseCode = errors.New("1000 or 3000 to 4999 expected")

	// ErrCloseReason is returned by Close for a reason that does not fit a control frame
	// (RFC 6455 §5.5).
	ErrCloseReason = errors.New("at most 123 bytes of UTF-8 expected")
)

// Engine is safe for concurrent use, except Dispatch, which one goroutine at a time may
// call.
type Engine struct {
	opts   Options // constant after New
	ready  readyList
	queued queueList
	guard  guard
	wake   wakeWatch
	blocks blocks // constant after New

	counters counters
	loops    sync.WaitGroup // every goroutine of every connection

	// attempt dials and shakes hands once. It is connection.attempt but in tests, which
	// have transports of their own; constant before the first Connect.
	attempt func(*connection, context.Context, route) (attemptResult, error)

	tookLong bool // owned by Dispatch

	// found is the connection that was looked up last, so that a program that sends much on
	// one takes neither the lock nor the map; nil if that one is forgotten. Written under mu.
	found atomic.Pointer[connection]

	mu          sync.Mutex // leaf; guards the fields below
	lastID      ID
	connections map[ID]*connection       // until the terminal event is delivered
	running     map[*connection]struct{} // while connectLoop or readLoop runs, which may be longer
	refusing    bool                     // Connect makes no more connections
	refusals    logLimit                 // of the line that Connect logs when there are too many
}

// Stats is a snapshot of an engine.
type Stats struct {
	Waiting     int   // connections in the dial guard's lines; they count as Connecting too
	Connecting  int   // RFC 6455 §4.1
	Open        int   // messages may be sent
	Closing     int   // ending or ended; the terminal event has not been delivered
	Unsent      Tally // accepted by Send and not completely handed to the operating system
	Undelivered Tally // received and not delivered

	// RoundTrip is the longest of the live connections' newest measured round trips, from
	// a keepalive ping written to its pong read. 0 means that none was measured.
	RoundTrip time.Duration
}

// New returns an Engine without connections. It starts no goroutine before the first
// Connect.
func New(opts Options) *Engine {
	e := &Engine{
		opts:        opts.withDefaults(),
		attempt:     (*connection).attempt,
		connections: make(map[ID]*connection),
		running:     make(map[*connection]struct{}),
	}
	e.counters.ended = make(map[Category]int64)
	e.blocks = newBlocks(e.opts.Memory)
	e.ready.signal = make(chan struct{}, 1)
	e.guard.init(e.opts)
	e.wake.init(e.Live, e.pingAll)
	return e
}

// Connect begins a connection and returns its ID at once; everything about the URL and
// the network comes later as an event. An error means that there is no connection:
// *OptionError, or ErrTooManyConnections. After Refuse or CloseAll the ID is never
// dialled and gets no event.
func (e *Engine) Connect(url string, opts ConnectOptions) (ID, error) {
	if err := opts.validate(); err != nil {
		return 0, err
	}
	target, parseErr := dial.ParseURL(url)

	e.mu.Lock()
	if e.refusing {
		e.lastID++
		id := e.lastID
		e.mu.Unlock()
		return id, nil
	}
	if len(e.connections) >= e.opts.MaxConnections {
		e.mu.Unlock()
		return 0, e.tooMany(opts.Caller, "the engine holds as many live connections as it may", e.opts.MaxConnections)
	}
	e.lastID++
	c, refused := e.newConnection(e.lastID, target, url, opts)
	e.connections[c.id] = c
	e.mu.Unlock()

	// From here on CloseAll may end it on another goroutine.
	if refused != nil {
		c.fail(failure.From(failure.PhaseTCP, refused))
		c.stop()
		return c.id, nil
	}
	if parseErr != nil {
		c.fail(failure.From(failure.PhaseURI, parseErr))
		c.stop()
		return c.id, nil
	}
	start, err := e.guard.admit(c)
	if err != nil && c.withdraw() { // otherwise CloseAll has ended it, which is an event
		e.takeBack(c)
		why := "as many connections to " + failure.Bounded(target.Address()) + " wait as may"
		return 0, e.tooMany(opts.Caller, why, maxWaitingDials)
	}
	if start {
		c.start()
	}
	return c.id, nil
}

// Send queues a message; it never blocks. A message for an ended or unknown id is
// discarded with a debug line. The error is ErrInvalidUTF8 or nil.
func (e *Engine) Send(id ID, kind Kind, data string) error {
	return e.send(id, kind, data, sending{})
}

// SendBytes is Send for bytes, which it copies.
func (e *Engine) SendBytes(id ID, kind Kind, data []byte) error {
	return e.send(id, kind, textOf(data), sending{borrowed: true})
}

// Queue is Send without hurry, for handlers: the message leaves with the next Flush, so that
// others can join it in one write; 64 KiB of them leave at once. Where Flush is not called
// it leaves after 1 ms, where it was called lately after 16 at most. In all else it is as
// Send.
func (e *Engine) Queue(id ID, kind Kind, data string) error {
	return e.send(id, kind, data, sending{later: true})
}

// QueueBytes is Queue for bytes, which it copies.
func (e *Engine) QueueBytes(id ID, kind Kind, data []byte) error {
	return e.send(id, kind, textOf(data), sending{later: true, borrowed: true})
}

func (e *Engine) send(id ID, kind Kind, data string, how sending) error {
	c := e.find(id)
	if kind == DefaultKind && c != nil {
		kind = c.opts.Kind
	}
	opcode := wire.Binary
	if kind != Binary {
		if wire.ValidUTF8(bytesOf(data)) {
			opcode = wire.Text
		} else if kind == Text {
			return ErrInvalidUTF8
		}
	}
	if c == nil {
		if how.offered {
			return ErrNotOpen
		}
		e.opts.Logger.Debug("message discarded: no such connection", "id", id, "bytes", len(data))
		return nil
	}
	switch {
	case !how.borrowed:
	case c.opts.OffersCompression:
		how.owned, data = true, textOf(append(allocBytes(len(data)), data...))
	case len(data) > proto.LargestEncoded: // the outbox copies less, under the connection's lock
		how.encoded = proto.AppendEncoded(allocBytes(proto.EncodedLen(len(data))), opcode, bytesOf(data))
	}
	enter, err := c.send(opcode, data, how)
	if enter {
		e.queued.add(c)
	}
	return err
}

// Close begins the closing handshake (RFC 6455 §7.1.2) after the queued messages, or
// cancels a connection that is not open yet. code 0 means 1000. It does nothing to an
// ended or unknown id. The error is ErrCloseCode, ErrCloseReason or nil.
func (e *Engine) Close(id ID, code int, reason string) error {
	if code == 0 {
		code = wire.CloseNormal
	}
	if code != wire.CloseNormal && (code < 3000 || code > 4999) {
		return ErrCloseCode
	}
	if !wire.ValidReason(reason) {
		return ErrCloseReason
	}
	if c := e.find(id); c != nil {
		c.close(code, reason)
	}
	return nil
}

// Live returns how many connections have not yet had their terminal event delivered.
func (e *Engine) Live() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.connections)
}

// Stats counts connections and messages that the engine holds.
func (e *Engine) Stats() Stats {
	var s Stats
	s.Waiting = e.guard.waiting()
	for _, c := range e.all() {
		c.addStats(&s)
	}
	return s
}

// Pause stops the delivery of a connection's events, until Resume. Messages that arrive
// wait in its inbox; when that is full its peer is held back. The handler that is being
// called returns first. Close, CloseAll and Abort resume, since only the terminal event is
// left. It does nothing to an ended or unknown id.
func (e *Engine) Pause(id ID) {
	if c := e.find(id); c != nil {
		c.inbox.hold()
	}
}

// Resume ends a Pause.
func (e *Engine) Resume(id ID) {
	if c := e.find(id); c != nil && c.inbox.resume() {
		e.ready.push(c)
	}
}

// Take gives h the next message of a paused connection at once, outside of Dispatch, and
// reports whether one had arrived. The connection stays paused. It belongs to the
// goroutine that dispatches; a handler may call it for another connection than its own.
func (e *Engine) Take(id ID, h Handler) bool {
	c := e.find(id)
	return c != nil && c.takeOne(h)
}

// Refuse makes Connect give out IDs that are never dialled and get no event, from now on.
func (e *Engine) Refuse() {
	e.mu.Lock()
	e.refusing = true
	e.mu.Unlock()
}

// CloseAll refuses as Refuse does, and closes every connection as Close would, but with
// any code of RFC 6455 §7.4.1 such as 1001. The reason is at most 123 bytes of UTF-8.
func (e *Engine) CloseAll(code int, reason string) {
	e.Refuse()
	for _, c := range e.all() {
		c.close(code, reason)
	}
}

// Abort cuts the transports of live connections; their terminal events, "The closing
// handshake timed out", are ready for Dispatch as soon as the goroutines have noticed.
// Call it after CloseAll, from outside of a Handler.
func (e *Engine) Abort() {
	e.Refuse()
	for _, c := range e.all() {
		c.abort()
	}
}

// Shutdown aborts, cuts connections that still wait for the peer's FIN, and returns when
// every goroutine of the engine has ended, or with ctx's error. It delivers nothing: a
// Dispatch after it delivers the terminal events that are left, and no other event. Call
// it from outside of a Handler.
func (e *Engine) Shutdown(ctx context.Context) error {
	e.Abort()
	e.guard.stop()
	e.wake.stop()
	e.queued.stop()
	e.mu.Lock()
	lingering := make([]*connection, 0, len(e.running))
	for c := range e.running {
		lingering = append(lingering, c)
	}
	e.mu.Unlock()
	for _, c := range lingering {
		c.cut()
	}
	ended := make(chan struct{})
	go func() {
		e.loops.Wait()
		for _, c := range e.all() { // their terminal events may never be delivered
			c.release()
		}
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *Engine) find(id ID) *connection {
	if c := e.found.Load(); c != nil && c.id == id {
		return c
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.connections[id]
	if c != nil {
		e.found.Store(c)
	}
	return c
}

func (e *Engine) all() []*connection {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]*connection, 0, len(e.connections))
	for _, c := range e.connections {
		all = append(all, c)
	}
	return all
}

// forget takes c out of the live connections.
func (e *Engine) forget(c *connection) {
	e.mu.Lock()
	e.forgetLocked(c)
	e.mu.Unlock()
	c.release()
}

func (e *Engine) forgetLocked(c *connection) {
	delete(e.connections, c.id)
	e.found.CompareAndSwap(c, nil)
}

// takeBack forgets c, whose ID nobody has seen. The next connection takes the ID, unless
// another Connect came meanwhile, so that a door that numbers its connections counts as
// the log does.
func (e *Engine) takeBack(c *connection) {
	c.release()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forgetLocked(c)
	if e.lastID == c.id {
		e.lastID--
	}
}

func (e *Engine) setRunning(c *connection, running bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if running {
		e.running[c] = struct{}{}
	} else {
		delete(e.running, c)
	}
}

// tooMany logs a refused Connect, at most once a second for each caller.
func (e *Engine) tooMany(caller, why string, limit int) error {
	e.mu.Lock()
	log := e.refusals.allow(caller, time.Now())
	e.mu.Unlock()
	if log {
		e.opts.Logger.Warn("too many connections: "+why, "limit", limit, "caller", caller)
	}
	return ErrTooManyConnections
}
