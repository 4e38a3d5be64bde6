package engine

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/ws/deflate"
	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/pace"
	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/transport"
	"github.com/tidewire/tidewire/internal/ws/wire"
	"github.com/tidewire/tidewire/memory"
)

// connection is one WebSocket connection, from Connect to its terminal event.
type connection struct {
	// Constant after newConnection:
	engine      *Engine
	id          ID
	opts        settings
	target      *dial.Target // nil if the URL is malformed
	url         string       // without user name and password
	writeLoopFn func()       // writeLoop as a value that is made once
	readyFn     func()       // enters the connection into the ready list; also made once

	// Guarded elsewhere:
	inbox     inbox        // has its own lock
	nextReady *connection  // guarded by the ready list's lock
	heard     atomic.Int64 // when bytes came last, in nanoseconds after opened; written by readLoop

	// Owned by connectLoop, to its last act; constant before:
	dialing *ConnectOptions // nil once the connection is open

	// Owned by readLoop, from connectLoop's last act on:
	reader  proto.Reader
	pace    pace.Control // of the peer's control frames
	flooded bool         // the log has it that they are too many

	// closeCalled says that Close, CloseAll or Abort was called: from then on nothing is
	// delivered but the terminal event. It is written by close alone, under mu, so that
	// it does not change while mu is held; the inbox and Dispatch read it without mu.
	closeCalled atomic.Bool

	mu sync.Mutex // leaf; guards the fields below, with the exceptions named; after a step of the state release it with unlock

	// Written once, by start; stop, cut and finish find them zero before:
	cancel  context.CancelFunc // ends the dial; does nothing once the connection is open
	started time.Time          // of the dial

	// Written once, by connectLoop with the step to open. Goroutines that have seen that
	// step, readLoop and writeLoop among them, read them without the lock:
	opened     time.Time
	transport  transport.Conn      // carries the frames
	compressor *deflate.Compressor // nil if nothing is compressed; used by writeLoop alone

	// Written by connectLoop alone:
	connectPhase failure.Phase // how far it has come while connecting
	facts        facts

	// Written by the goroutine that writes, in writeLoop or tryWritingLocked, while writing
	// is true:
	writeErr     error        // why writing ended
	begun        *writeBuffer // for writeLoop, if tryWritingLocked has begun with it
	writingEnded condition    // signalled with writing false
	closeWritten bool         // our close frame was handed to the operating system

	// Written by readLoop alone:
	readEnded bool          // it has met its end, and is about to say how the connection ends
	roundTrip time.Duration // of the newest answered ping; 0 before

	// Written by every goroutine:
	state        lifecycle // in state.go only
	outcome      *outcome  // how it ends; the first one stays; nil until then; in state.go only
	outbox       proto.Outbox
	outboxMemory memory.Share // see chargeOutboxLocked
	base         memory.Share // see account.go; closed by release, for good
	mark         int64        // see Engine.Mark; noMark if there is none
	writing      bool         // somebody writes, without the lock
	isQueued     bool         // in the engine's queueList, or on the way there
	keepalive    keepalive
	violation    violation
	closingTimer *time.Timer
	closingUntil time.Time
}

// settings is the part of ConnectOptions that an open connection has use for.
type settings struct {
	Header     http.Header // for its secrets
	Kind       Kind
	Closing    time.Duration // of Timeouts
	MaxMessage int64
	SendQueue  int64
	Ping, Pong time.Duration
	Caller     string

	OffersCompression bool
}

func newSettings(opts *ConnectOptions) settings {
	return settings{
		Header:     opts.Header,
		Kind:       opts.Kind,
		Closing:    opts.Timeouts.Closing,
		MaxMessage: opts.MaxMessage,
		SendQueue:  opts.SendQueue,
		Ping:       opts.Ping,
		Pong:       opts.Pong,
		Caller:     opts.Caller,

		OffersCompression: opts.Compression != nil,
	}
}

// facts is the part of Info that is learned while connecting.
type facts struct {
	protocol   string
	extensions string
	remote     string
	http       *answer // nil if none came
	tls        *TLSInfo
}

func newConnection(e *Engine, id ID, target *dial.Target, url string, opts ConnectOptions) *connection {
	c := &connection{engine: e, id: id, opts: newSettings(&opts), dialing: &opts, target: target,
		connectPhase: failure.PhaseTCP}
	if target != nil {
		c.url = target.Redacted
	} else {
		c.url = dial.RedactUnread(url)
	}
	c.writeLoopFn = c.writeLoop
	c.readyFn = func() { c.engine.ready.push(c) }
	c.inbox.init(opts.ReceiveQueue, e.opts.Memory, &c.closeCalled)
	c.outboxMemory = e.opts.Memory.Share()
	c.mark = noMark
	return c
}

// start begins to connect, unless the connection has ended while it waited.
func (c *connection) start() {
	ctx, cancel := context.WithCancel(context.Background())
	c.engine.setRunning(c, true)
	c.mu.Lock()
	if c.state.now != connecting {
		c.mu.Unlock()
		cancel()
		c.engine.setRunning(c, false)
		return
	}
	c.cancel, c.started = cancel, time.Now()
	// Under the lock: Shutdown waits for the loops only after it has ended each
	// connection under its lock.
	c.engine.loops.Go(func() { c.connectLoop(ctx) })
	c.mu.Unlock()
}

// sending is how a message is to be sent.
type sending struct {
	later    bool   // it may wait for Flush
	offered  bool   // it is refused rather than that the connection fails
	borrowed bool   // its bytes are good for the call only
	owned    bool   // its bytes are in memory from allocBytes that is the connection's now
	encoded  []byte // it as frames, in such memory; its own bytes are not needed then
}

// send queues a message, or counts it as unsent if the connection is closing. enter says
// that the connection must enter the queueList. The error is about one that was offered.
func (c *connection) send(opcode wire.Opcode, data string, how sending) (enter bool, err error) {
	c.mu.Lock()
	before := c.outbox.Unsent().Messages
	if how.offered {
		if err := c.refusesLocked(len(data)); err != nil {
			c.mu.Unlock()
			return false, err
		}
	}
	switch {
	case how.encoded != nil:
		c.outbox.PushEncoded(how.encoded, len(data))
	case how.owned:
		c.outbox.PushOwned(opcode, bytesOf(data))
	case how.borrowed:
		c.outbox.PushBytes(opcode, bytesOf(data))
	default:
		c.outbox.Push(opcode, data)
	}
	if c.state.now >= closing {
		c.mu.Unlock()
		return false, nil
	}
	unsent := Tally(c.outbox.Unsent())
	full := c.chargeOutboxLocked()
	if full == nil && (before == 0 || unsent.counted() <= c.opts.SendQueue) {
		if how.later {
			enter = c.queueLocked()
		} else {
			c.kickLocked()
		}
		c.mu.Unlock()
		return enter, nil
	}
	if full != nil {
		c.failLocked(noMemoryTo("send a message", c.phaseLocked(), failure.MsgSendQueueFull, full))
	} else {
		c.failLocked(failure.New(c.phaseLocked(), failure.QueueFull, failure.MsgSendQueueFull,
			"send queue full: %d messages of %d bytes wait, the limit is %d bytes with %d for each message",
			unsent.Messages, unsent.Bytes, c.opts.SendQueue, messageOverhead))
	}
	c.unlock()
	c.stop()
	return false, nil
}

// refusesLocked returns why a message that is offered is not taken.
func (c *connection) refusesLocked(bytes int) error {
	if c.state.now >= closing {
		return ErrNotOpen
	}
	unsent := Tally(c.outbox.Unsent())
	unsent.add(Tally{1, int64(bytes)})
	if unsent.Messages > 1 && unsent.counted() > c.opts.SendQueue {
		return ErrQueueFull
	}
	return nil
}

// clearLocked forgets the messages in the outbox.
func (c *connection) clearLocked() {
	c.outbox.Clear()
	c.outboxMemory.Close()
}

// close begins the closing handshake, or ends a connection that is not open yet. From now
// on nothing but the terminal event is delivered.
func (c *connection) close(code int, reason string) {
	c.mu.Lock()
	already := c.closeCalled.Swap(true)
	before := c.state.now
	switch before {
	case connecting:
		c.decideLocked(&outcome{phase: c.phaseLocked(), category: failure.Closed, code: wire.CloseAbnormal,
			detail: "closed before the connection was open"})
		c.clearLocked()
	case open:
		if c.violation.err != nil { // its answer has only waited for this
			c.answerViolationLocked()
			break
		}
		c.closingLocked(fmt.Sprintf("Close was called with code %d", code))
		c.outbox.Close(code, reason)
		c.armClosingLocked()
		c.hurryWriteLocked()
		c.kickLocked()
	}
	c.unlock()
	if already {
		return
	}
	if c.inbox.discard() {
		c.engine.ready.push(c)
	}
	if before == connecting {
		c.stop()
	}
}

// abort ends the connection at once, whatever its peer does.
func (c *connection) abort() {
	c.close(wire.CloseGoingAway, "")
	c.mu.Lock()
	err := closingTimeout(net.ErrClosed, "the host's grace ended before the closing handshake did")
	c.decideLocked(c.failureLocked(err))
	c.unlock()
	c.stop()
}

// stop makes a connection whose outcome is decided end. One that has not started has no
// goroutine that finishes it, and will never have one: stop does that.
func (c *connection) stop() {
	c.mu.Lock()
	started := c.cancel != nil
	c.mu.Unlock()
	if started {
		c.cut()
		return
	}
	if c.target != nil {
		c.engine.guard.cancel(c)
	}
	c.finish(Tally{})
}

// cut makes the goroutines of the connection end: its outcome is decided, or it is past
// its terminal event.
func (c *connection) cut() {
	c.mu.Lock()
	cancel, conn := c.cancel, c.transport
	c.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	if conn != nil {
		conn.Cut()
	}
}

// finish puts the terminal event into the inbox, once. Nothing of the connection is
// delivered after it, and writeLoop has ended.
func (c *connection) finish(lost Tally) {
	c.mu.Lock()
	if !c.closedLocked() {
		c.mu.Unlock()
		return
	}
	c.clearLocked()
	for _, timer := range []*time.Timer{c.closingTimer, c.keepalive.timer, c.violation.timer} {
		if timer != nil {
			timer.Stop()
		}
	}
	started := c.started
	failed := c.outcome.failed || !c.opened.IsZero() && time.Since(c.opened) < quickEnd
	marked := c.mark != noMark
	c.mark = noMark
	c.unlock()
	if failed && !started.IsZero() {
		c.engine.guard.failed(c.target.Address(), started)
	}
	if c.inbox.putEnd(lost, marked) {
		c.engine.ready.push(c)
	}
}

// armClosingLocked gives the closing handshake its time, from now on.
func (c *connection) armClosingLocked() {
	c.closingUntil = time.Now().Add(c.opts.Closing)
	if c.closingTimer == nil {
		c.closingTimer = time.AfterFunc(c.opts.Closing, c.closingExpired)
		return
	}
	c.closingTimer.Reset(c.opts.Closing)
}

// closingExpired ends a connection whose closing handshake took too long. It is the body
// of closingTimer.
func (c *connection) closingExpired() {
	paused := c.inbox.isPaused()
	c.mu.Lock()
	var err *failure.Error
	switch {
	case c.state.now == closed, c.readEnded, time.Now().Before(c.closingUntil):
		c.mu.Unlock()
		return
	case paused:
		// Writing has failed, and messages that the peer sent before wait for Dispatch to
		// make room.
		c.armClosingLocked()
		c.mu.Unlock()
		return
	case c.writeErr != nil:
		err = transportFailure("write", c.writeErr)
	case !c.closeWritten:
		err = closingTimeout(nil, "the peer reads nothing, and the close frame waits behind what was sent before it")
	default:
		err = closingTimeout(nil, "the peer did not answer the close frame in time")
	}
	c.decideLocked(c.failureLocked(err))
	c.unlock()
	c.cut()
}

// phaseLocked says how far the connection has come.
func (c *connection) phaseLocked() failure.Phase {
	switch c.state.now {
	case connecting:
		return c.connectPhase
	case open:
		return failure.PhaseOpen
	}
	return failure.PhaseClosing
}

// info makes the Info of an event.
func (c *connection) info() *Info {
	c.mu.Lock()
	defer c.mu.Unlock()
	info := &Info{ID: c.id, URL: c.url, Protocol: c.facts.protocol, Extensions: c.facts.extensions,
		Remote: c.facts.remote, HTTP: c.facts.http.info()}
	if c.facts.tls != nil {
		tls := *c.facts.tls
		info.TLS = &tls
	}
	return info
}

func (c *connection) addStats(s *Stats) {
	undelivered, _ := c.inbox.tally()
	s.Undelivered.Messages += undelivered.Messages
	s.Undelivered.Bytes += undelivered.Bytes
	c.mu.Lock()
	defer c.mu.Unlock()
	unsent := c.outbox.Unsent()
	s.Unsent.Messages += unsent.Messages
	s.Unsent.Bytes += unsent.Bytes
	s.RoundTrip = max(s.RoundTrip, c.roundTrip)
	switch c.state.now {
	case connecting:
		s.Connecting++
	case open:
		s.Open++
	default:
		s.Closing++
	}
}
