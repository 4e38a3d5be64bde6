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

// readLoop puts messages into the inbox until the transport ends, then the one terminal
// event. buffered holds the bytes that came after the server's answer. Ended by cutting
// the transport, joined by Engine.Shutdown.
func (c *connection) readLoop(buffered []byte, compression deflate.Params) {
	defer c.engine.setRunning(c, false)
	reader := proto.NewReader(proto.ReaderOptions{
		Role:       proto.Client,
		MaxMessage: c.opts.MaxMessage,
		Inflater:   c.inflater(compression),
		Alloc:      c.engine.blocks.alloc,
		Spare:      c.engine.blocks.spare,
		Free:       c.engine.blocks.free,
	})
	byCloseFrame := c.receive(reader, buffered)
	c.joinWriteLoop()

	var lost Tally
	if bytes, unfinished := reader.Unfinished(); unfinished {
		lost = Tally{Messages: 1, Bytes: bytes}
	}
	reader.Drop()
	c.finish(lost)
	if byCloseFrame {
		c.linger()
	}
	c.transport.Cut()
}

// receive reads until the connection ends. It reports whether the end is by close frame,
// the peer's or, after a violation, ours, rather than by the transport.
func (c *connection) receive(reader *proto.Reader, buffered []byte) (byCloseFrame bool) {
	for {
		byCloseFrame, readErr := c.receiveOnce(reader, buffered)
		if byCloseFrame {
			return true
		}
		if readErr != nil {
			c.transportEnded(readErr)
			return false
		}
		buffered = nil
	}
}

// receiveOnce handles the bytes of one read, or those that are buffered if there are any.
// byCloseFrame is as receive has it; readErr is why nothing more comes.
func (c *connection) receiveOnce(reader *proto.Reader, buffered []byte) (byCloseFrame bool, readErr error) {
	p, violation, readErr := c.read(reader, buffered)
	if p == nil { // a panic
		return false, readErr
	}
	controls := p.found.Controls()
	byCloseFrame = c.handle(p, violation)
	if !byCloseFrame && readErr == nil {
		c.holdBack(controls)
	}
	return byCloseFrame, readErr
}

// read reads once, unless bytes are buffered, and gives them to the reader. After a panic
// there is no parcel, and readErr is its failure.
func (c *connection) read(reader *proto.Reader, buffered []byte) (p *parcel, violation, readErr error) {
	defer func() {
		if value := recover(); value != nil {
			c.engine.opts.Memory.Release(int64(reader.Abandon()))
			if p != nil {
				p.chargeOwned()
				c.engine.opts.Memory.Release(p.charged)
			}
			p, readErr = nil, c.panicked(value)
		}
	}()
	if space := reader.Space(); space != nil {
		n, readErr := c.transport.ReadInto(space)
		c.hear()
		p := newParcel(nil)
		return p, reader.Filled(n, &p.found), readErr
	}
	got, lent := buffered, false
	if len(got) == 0 {
		got, lent, readErr = c.transport.ReadBlock(lender{})
		c.hear()
	}
	if !lent { // it is good until the next read
		got = append(allocBytes(len(got)), got...)
	}
	p = newParcel(got)
	return p, reader.Feed(got, &p.found), readErr
}

// handle answers the control frames of a parcel and puts it into the inbox. violation is
// the rule that the peer broke after it. handle reports whether the connection is over.
//
// Pings and pongs come first, although messages may be before them: they show that the
// peer is alive, and wait for no Handler.
func (c *connection) handle(p *parcel, violation error) (byCloseFrame bool) {
	if violation != nil {
		c.foundViolation(failure.From(failure.PhaseOpen, violation))
	}
	var (
		code   int // of the peer's close frame
		reason string
	)
	if p.found.Controls() > 0 {
		for _, event := range p.found.Events {
			switch event.Opcode {
			case wire.Ping:
				c.pinged(p.payload(event))
			case wire.Pong:
				c.ponged(p.payload(event))
			case wire.Close:
				code, reason, _ = wire.ParseClose(p.payload(event)) // the reader has checked it
			}
		}
	}
	waited, noMemory := c.inbox.put(p, c.readyFn)
	if waited {
		c.hear()
	}
	if noMemory != nil && violation == nil {
		violation, code = noMemory, 0
		c.foundViolation(failure.From(failure.PhaseOpen, violation))
	}
	switch {
	case code != 0:
		c.peerClosed(code, reason)
	case violation != nil:
		c.inbox.awaitDelivery()
		c.failViolated()
	default:
		return false
	}
	return true
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
		c.writingEnded.Wait()
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
