package engine

import (
	cryptorand "crypto/rand"
	"errors"
	"math/rand/v2"
	"sync"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/proto"
)

// writeBufferSizes are the sizes in which bytes leave, chosen by how much is queued.
var writeBufferSizes = [...]int{4 << 10, 16 << 10, 64 << 10}

// writeBuffer is writeLoop's memory while there is something to write.
type writeBuffer struct {
	class   int
	bytes   []byte
	packed  []byte // the last message that was compressed
	frames  []proto.Frame
	encoder proto.Encoder

	// keys gives masking keys that a peer cannot foresee (RFC 6455 §10.3): a generator of
	// its own for each buffer, seeded by the operating system.
	keys *rand.ChaCha8
}

var writeBuffers [len(writeBufferSizes)]sync.Pool

// writeBufferClass returns which size suits so many bytes.
func writeBufferClass(bytes int64) int {
	class := 0
	for class < len(writeBufferSizes)-1 && bytes > int64(writeBufferSizes[class]) {
		class++
	}
	return class
}

func newWriteBuffer(class int) *writeBuffer {
	if wb, ok := writeBuffers[class].Get().(*writeBuffer); ok {
		return wb
	}
	var seed [32]byte
	cryptorand.Read(seed[:])
	return &writeBuffer{class: class, bytes: make([]byte, writeBufferSizes[class]), keys: rand.NewChaCha8(seed)}
}

func (wb *writeBuffer) free() {
	clear(wb.frames)
	wb.frames = wb.frames[:0]
	wb.encoder = proto.Encoder{}
	writeBuffers[wb.class].Put(wb)
}

// kickLocked starts writeLoop if there is something to write and nobody does.
func (c *connection) kickLocked() {
	if c.writing || c.transport == nil || c.writeErr != nil || c.state.now == closed || !c.outbox.Waits() {
		return
	}
	c.writing = true
	c.engine.loops.Add(1)
	go c.writeLoopFn()
}

// writeLoop writes the outbox's messages and control frames until it is empty or the
// transport fails. Started by kickLocked, ended by cutting the transport, joined by
// readLoop and by Engine.Shutdown.
func (c *connection) writeLoop() {
	defer c.engine.loops.Done()
	wb := newWriteBuffer(0)
	for {
		c.mu.Lock()
		if !c.outbox.Waits() || c.writeErr != nil {
			c.writing = false
			c.writeLoopEnded.Broadcast()
			whole := !errors.Is(c.writeErr, errPanic)
			c.mu.Unlock()
			if whole { // after a panic nobody knows who holds its memory
				wb.free()
			}
			return
		}
		class := writeBufferClass(c.outbox.WaitingBytes())
		if class != wb.class {
			c.mu.Unlock()
			wb.free()
			wb = newWriteBuffer(class)
			c.mu.Lock()
		}
		if err := c.packLocked(wb); err != nil {
			c.mu.Unlock()
			c.writeFailed(err, proto.Tally{})
			continue
		}
		wb.frames = c.outbox.Next(wb.frames[:0], len(wb.bytes))
		closeIsLast := c.outbox.SentCode() != 0
		c.mu.Unlock()
		c.write(wb, closeIsLast)
	}
}

// closingPiece is how much is written at once while closing: the closing timer starts
// again with each piece that leaves, so small ones distinguish a slow peer from a dead
// one.
const closingPiece = 1 << 10

// write writes the frames in wb. A failure ends writing, not reading: bytes that the peer
// had sent before are still there, and the read that comes after them finds the end.
func (c *connection) write(wb *writeBuffer, closeIsLast bool) {
	piece := len(wb.bytes)
	wb.encoder.Load(wb.frames)
	for !wb.encoder.Empty() {
		n, done, err := c.fill(wb, piece)
		if err != nil {
			c.writeFailed(err, proto.Tally{})
			return
		}
		for left := wb.bytes[:n]; len(left) > 0; {
			written, err := c.writeOnce(left[:min(len(left), piece)])
			left = left[written:]
			if err != nil {
				c.writeFailed(err, wb.encoder.DoneAfter(n-len(left)))
				return
			}
			c.mu.Lock()
			if c.state.now == closing {
				piece = closingPiece
			}
			if written > 0 {
				c.noteWriteLocked(wb.encoder.Empty() && len(left) == 0, closeIsLast)
			}
			if len(left) == 0 {
				c.outbox.Wrote(done)
				c.chargeLocked()
			}
			c.mu.Unlock()
		}
	}
}

// noteWriteLocked notes that bytes were written; all is true for the last bytes that the
// outbox had handed out.
func (c *connection) noteWriteLocked(all, closeIsLast bool) {
	c.keepalive.noteWriteLocked(all, c.outbox.PingWaits())
	if c.state.now == closing {
		if !c.violation.answered { // a peer that broke a rule is not waited for as long as it pleases
			c.armClosingLocked()
		}
		c.closeWritten = all && closeIsLast
	}
}

// fill encodes the next frames of wb into its first size bytes, as Encoder.Fill does.
func (c *connection) fill(wb *writeBuffer, size int) (n int, done proto.Tally, err error) {
	defer c.caught(&err)
	n, done = wb.encoder.Fill(wb.bytes[:size], wb.keys)
	return n, done, nil
}

// writeOnce is the transport's Write.
func (c *connection) writeOnce(p []byte) (n int, err error) {
	defer c.caught(&err)
	return c.transport.Write(p)
}

// writeFailed ends writing, after done had left; a panic ends the connection.
func (c *connection) writeFailed(err error, done proto.Tally) {
	c.mu.Lock()
	c.outbox.Wrote(done)
	c.writeErr = err
	if errors.Is(err, errPanic) {
		c.failLocked(failure.From(failure.PhaseOpen, err))
		c.unlock()
		c.cut()
		return
	}
	c.closingLocked("write: " + err.Error())
	c.clearLocked()
	c.armClosingLocked()
	c.unlock()
}

// hurryWriteLocked makes a write that is under way return early, now that the connection
// is closing: a slow peer would otherwise take longer for one large piece than the
// closing timer gives it.
func (c *connection) hurryWriteLocked() {
	if c.writing {
		c.transport.Hurry()
	}
}
