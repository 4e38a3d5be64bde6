package engine

import (
	"errors"
	"net"
	"sync"
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

// readLoop posts events until the transport ends, then the one terminal event. buffered
// holds the bytes that came behind the server's answer. Ended by cutting the transport,
// joined by Engine.Shutdown.
func (c *connection) readLoop(buffered []byte, compression deflate.Params) {
	defer c.engine.setRunning(c, false)
	reader := proto.NewReader(proto.ReaderOptions{
		Role:       proto.Client,
		MaxMessage: c.opts.MaxMessage,
		Inflater:   inflater(compression),
		Alloc:      allocBytes,
		Free:       freeBytes,
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

// eventLists are borrowed for as long as it takes to handle one read: a connection that
// waits for the next holds none.
var eventLists = sync.Pool{New: func() any { return new([]proto.Event) }}

// receive reads until the connection ends. It reports whether the end is by close frame,
// the peer's or, after a violation, ours, rather than by the transport.
func (c *connection) receive(reader *proto.Reader, buffered []byte) (byCloseFrame bool) {
	events, err := reader.Feed(buffered, nil)
	if c.handle(events, nil, err) {
		return true
	}
	for {
		byCloseFrame, readErr := c.receiveOnce(reader)
		if byCloseFrame {
			return true
		}
		if readErr != nil {
			c.transportEnded(readErr)
			return false
		}
	}
}

// receiveOnce reads once and handles the bytes. byCloseFrame is as receive has it;
// readErr is why nothing more comes.
func (c *connection) receiveOnce(reader *proto.Reader) (byCloseFrame bool, readErr error) {
	var (
		got   []byte
		from  *block // in which got lies; nil if it is valid until the next read only
		n     int
		space = reader.Space()
	)
	if space != nil {
		n, readErr = c.transport.ReadInto(space)
	} else {
		var lent bool
		if got, lent, readErr = c.transport.ReadBlock(lender{}); lent {
			from = wrapBlock(got)
		}
	}
	c.hear()
	list := eventLists.Get().(*[]proto.Event)
	events, err := *list, error(nil)
	if space != nil {
		events, err = reader.Filled(n, events)
	} else {
		events, err = reader.Feed(got, events)
	}
	byCloseFrame = c.handle(events, from, err)
	flood := controlFrames(events)
	clear(events)
	*list = events[:0]
	eventLists.Put(list)
	if !byCloseFrame && readErr == nil {
		c.holdBack(flood)
	}
	return byCloseFrame, readErr
}

// handle posts events in order. from is the block in which their payloads lie, if there
// is one. violation is the rule that the peer broke after them. It reports whether the
// connection is over.
func (c *connection) handle(events []proto.Event, from *block, violation error) (byCloseFrame bool) {
	if violation != nil {
		c.foundViolation(failure.From(failure.PhaseOpen, violation))
	}
	// A block that messages fill well is handed over with them; otherwise they are
	// copied, and it is free again.
	keep := from
	if from != nil {
		if fills(events, from) {
			c.inbox.hold(from)
			defer c.inbox.release(from)
		} else {
			keep = nil
			defer from.free()
		}
	}
	for len(events) > 0 {
		messages := 0
		for messages < len(events) && !events[messages].Opcode.IsControl() {
			messages++
		}
		if messages > 0 {
			if waited := c.inbox.put(events[:messages], keep, c.readyFn); waited {
				c.hear()
			}
			events = events[messages:]
			continue
		}
		switch event := events[0]; event.Opcode {
		case wire.Ping:
			c.pinged(event.Data)
		case wire.Pong:
			c.ponged(event.Data)
		case wire.Close:
			code, reason, _ := wire.ParseClose(event.Data) // the reader has checked it
			c.peerClosed(code, reason)
			return true
		}
		events = events[1:]
	}
	if violation != nil {
		c.inbox.awaitDelivery()
		c.failViolated()
		return true
	}
	return false
}

// fills reports whether the messages that lie in a block are worth its size. Other frames
// in the block do not count: a server could send a byte among kilobytes of pongs, and the
// inbox would count a byte.
func fills(events []proto.Event, from *block) bool {
	counted := 0
	for _, event := range events {
		if !event.Owned && !event.Opcode.IsControl() {
			counted += len(event.Data) + messageOverhead
		}
	}
	return counted >= cap(from.buf)/4
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
	c.decideLocked(closedByPeer(code, reason))
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
		c.writeLoopEnded.Wait()
	}
}

// linger leaves the peer time to end the transport, as a client should (RFC 6455 §7.1.1):
// closing at once, with bytes unread, would reset the connection, and the peer might
// never see our close frame.
func (c *connection) linger() {
	timer := time.AfterFunc(lingerTime, c.transport.Cut)
	defer timer.Stop()
	if c.transport.CloseWrite() == nil {
		c.transport.Drain()
	}
}
