package engine

import (
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/tidewire/tidewire/internal/ws/deflate"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// lingerTime is how long the socket of an ended connection may wait for the peer's FIN
// (RFC 6455 §7.1.1).
const lingerTime = 2 * time.Second

// readerOptions returns the options for the reader of an open connection's frames.
func (c *connection) readerOptions(compression deflate.Params) proto.ReaderOptions {
	return proto.ReaderOptions{
		Role:       proto.Client,
		MaxMessage: c.opts.MaxMessage,
		Inflater:   c.inflater(compression),
		Alloc:      c.engine.blocks.alloc,
		Spare:      c.engine.blocks.spare,
		Free:       c.engine.blocks.free,
	}
}

// readLoop puts messages into the inbox until the transport ends, then the one terminal
// event. early holds the bytes that came after the server's answer, if any did. Ended by
// cutting the transport, joined by Engine.Shutdown.
//
// Over ws, ordinary messages and control frames do with the 2 KiB of stack that the
// goroutine begins with: a larger one stays for the life of the connection. So functions
// that it calls have small frames, and rare work is in functions of its own
// (TestStackOfAnIdleConnection).
func (c *connection) readLoop(early *parcel) {
	for {
		p, readErr := c.read(early)
		early = nil
		controls, byCloseFrame := 0, false
		if p != nil { // otherwise there was a panic
			controls = p.found.Controls()
			byCloseFrame = c.handle(p)
		}
		switch {
		case byCloseFrame:
			c.endReading(nil)
			return
		case readErr != nil:
			c.endReading(readErr)
			return
		case controls > 0:
			c.holdBack(controls)
		}
	}
}

// endReading ends readLoop: because of readErr, or if that is nil by a close frame, the
// peer's or, after a violation, ours.
func (c *connection) endReading(readErr error) {
	defer c.engine.loops.Done()
	defer c.engine.setRunning(c, false)
	if readErr != nil {
		c.transportEnded(readErr)
	}
	c.joinWriteLoop()

	var lost Tally
	if bytes, unfinished := c.reader.Unfinished(); unfinished {
		lost = Tally{Messages: 1, Bytes: bytes}
	}
	c.reader.Drop()
	c.finish(lost)
	if readErr == nil {
		c.linger()
	}
	c.transport.Cut()
}

// read reads once, unless bytes are there already, and gives them to the reader. After a
// panic there is no parcel, and readErr is its failure.
func (c *connection) read(early *parcel) (p *parcel, readErr error) {
	defer c.readPanicked(&p, &readErr)
	if space := c.reader.Space(); space != nil {
		var n int
		n, readErr = c.transport.ReadInto(space)
		c.hear()
		p = newParcel(nil, true)
		c.reader.Filled(n, &p.found)
		return p, readErr
	}
	p = early
	if p == nil {
		var (
			got  []byte
			lent bool // otherwise it is good until the next read
		)
		got, lent, readErr = c.transport.ReadBlock((*lender)(c))
		p = newParcel(got, lent)
		c.hear()
	}
	c.reader.Feed(p.buf, &p.found)
	return p, readErr
}

// readPanicked is deferred by read, whose results it changes after a panic.
func (c *connection) readPanicked(p **parcel, readErr *error) {
	if value := recover(); value != nil {
		c.engine.opts.Memory.Release(int64(c.reader.Abandon()))
		if *p != nil {
			(*p).chargeOwned()
			c.engine.opts.Memory.Release((*p).charged)
		}
		*p, *readErr = nil, c.panicked(value)
	}
}

// handle answers the control frames of a parcel and puts it into the inbox, after a
// violation the last one. It reports whether the connection is over.
//
// Pings and pongs come first, although messages may be before them: they show that the
// peer is alive, and wait for no Handler.
func (c *connection) handle(p *parcel) (byCloseFrame bool) {
	if violation := c.reader.Violation(); violation != nil {
		c.foundViolation(violation)
	}
	var theirs *closeFrame
	if p.found.Controls() > 0 {
		theirs = c.answer(p)
	}
	waited, noMemory := c.inbox.put(p, c.readyFn)
	if waited {
		c.hear()
	}
	if theirs == nil && noMemory == nil && c.reader.Violation() == nil {
		return false
	}
	c.sawEnd(theirs, noMemory)
	return true
}

// closeFrame is a close frame that the peer has sent.
type closeFrame struct {
	code   int
	reason string
}

// sawEnd answers the peer's close frame, or if there is none, a violation; noMemory is one
// that the inbox has found.
func (c *connection) sawEnd(theirs *closeFrame, noMemory error) {
	if noMemory != nil && c.reader.Violation() == nil {
		theirs = nil
		c.foundViolation(noMemory)
	}
	if theirs != nil {
		c.peerClosed(theirs.code, theirs.reason)
		return
	}
	c.inbox.awaitDelivery()
	c.failViolated()
}

// answer answers the control frames of a parcel, but for a close frame, which it returns.
func (c *connection) answer(p *parcel) (theirs *closeFrame) {
	for _, event := range p.found.Events {
		switch event.Opcode {
		case wire.Ping:
			c.pinged(p.payload(event))
		case wire.Pong:
			c.ponged(p.payload(event))
		case wire.Close:
			code, reason, _ := wire.ParseClose(p.payload(event)) // the reader has checked it
			theirs = &closeFrame{code, reason}
		}
	}
	return theirs
}

// pinged answers a ping (RFC 6455 §5.5.2).
func (c *connection) pinged(payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outbox.Pong(payload)
	c.kickLocked()
}

// peerClosed answers the peer's close frame, or completes the closing handshake that we
// began (RFC 6455 §5.5.1).
func (c *connection) peerClosed(code int, reason string) {
	c.mu.Lock()
	defer c.unlock()
	c.decideLocked(c.cleanLocked(code, reason))
	c.outbox.Answer(code, "")
	c.armClosingLocked()
	c.hurryWriteLocked()
	c.kickLocked()
}

// transportEnded ends the connection because there is nothing more to read. If it was
// ended on purpose, the outcome is decided already. The system reports a reset once: if a
// write met it first, the read that comes after finds an end like that after a FIN. So
// the last write is waited for.
func (c *connection) transportEnded(err error) {
	c.mu.Lock()
	c.readEnded = true
	c.mu.Unlock()
	c.transport.Cut()
	c.joinWriteLoop()

	c.mu.Lock()
	defer c.unlock()
	cause := transportFailure("read", err)
	reset := failure.Network(c.writeErr) == failure.Reset &&
		!errors.Is(c.writeErr, syscall.EPIPE) // which follows a FIN
	if c.writeErr != nil && (errors.Is(err, net.ErrClosed) || reset) {
		cause = transportFailure("write", c.writeErr)
	}
	c.failLocked(cause)
}

// joinWriteLoop waits until nothing is being written. The closing timer bounds it.
func (c *connection) joinWriteLoop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.writing {
		c.writingEnded.Wait(&c.mu)
	}
}

// linger leaves the peer time to end the transport, as a client should (RFC 6455 §7.1.1):
// closing at once, with bytes unread, would reset the connection, and the peer might
// never see our close frame.
func (c *connection) linger() {
	defer c.caught(new(error)) // the terminal event is out
	timer := time.AfterFunc(lingerTime, c.transport.Cut)
	defer timer.Stop()
	if c.transport.CloseWrite() == nil {
		c.transport.Drain()
	}
}
