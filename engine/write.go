package engine

import (
	cryptorand "crypto/rand"
	"errors"
	"math"
	"math/rand/v2"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/proto"
)

// writeBufferSizes are the sizes in which bytes leave, chosen by how much is queued: a
// write wakes the peer, and is much cheaper for each byte if it is long. A message that
// fills a buffer leaves in one, header included.
var writeBufferSizes = [...]int{4 << 10, 16 << 10, 64<<10 + headroom, 256<<10 + headroom, 1<<20 + headroom}

// writeBuffer is the memory of the goroutine that writes, while there is something to
// write.
type writeBuffer struct {
	class   int
	bytes   []byte
	packed  []byte // the last message that was compressed
	frames  []proto.Frame
	encoder proto.Encoder

	piece       int         // how many bytes are written at once, at most
	left        []byte      // encoded bytes that are not written yet
	done        proto.Tally // the messages that end in the bytes encoded last
	encoded     int         // how many bytes these are
	closeIsLast bool        // the frames end with the close frame

	// keys gives masking keys that a peer cannot foresee (RFC 6455 §10.3): a generator of
	// its own for each buffer, seeded by the operating system.
	keys *rand.ChaCha8
}

// mostPackedClass is the class of the largest buffer of messages that are compressed: they
// take long, so that the peer has something to do meanwhile.
const mostPackedClass = 2

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
	return &writeBuffer{class: class, bytes: make([]byte, writeBufferSizes[class]), keys: rand.NewChaCha8(seed),
		encoder: proto.Encoder{Free: freePayload}}
}

func (wb *writeBuffer) free() {
	proto.Release(wb.frames, freePayload)
	wb.frames = wb.frames[:0]
	wb.encoder, wb.left = proto.Encoder{Free: freePayload}, nil
	writeBuffers[wb.class].Put(wb)
}

// load takes the next frames from an outbox, about as many as the buffer holds.
func (wb *writeBuffer) load(outbox *proto.Outbox) {
	proto.Release(wb.frames, freePayload)
	wb.frames = outbox.Next(wb.frames[:0], len(wb.bytes))
	wb.encoder.Load(wb.frames)
	wb.closeIsLast = outbox.SentCode() != 0
	wb.piece = math.MaxInt
}

// empty reports whether everything that was loaded is written.
func (wb *writeBuffer) empty() bool { return len(wb.left) == 0 && wb.encoder.Empty() }

// mayWriteLocked reports whether there is something to write and nobody does.
func (c *connection) mayWriteLocked() bool {
	return !c.writing && c.transport != nil && c.writeErr == nil && c.state.now != closed && c.outbox.Waits()
}

// kickLocked starts writeLoop if there is something to write and nobody does.
func (c *connection) kickLocked() {
	if c.mayWriteLocked() {
		c.writing = true
		c.startWriteLoopLocked()
	}
}

func (c *connection) startWriteLoopLocked() {
	c.engine.loops.Add(1)
	go c.writeLoopFn()
}

// writeLoop writes the outbox's messages and control frames until it is empty or the
// transport fails. Started by kickLocked or, with a partly written buffer, by
// tryWritingLocked; ended by cutting the transport; joined by readLoop and by
// Engine.Shutdown.
func (c *connection) writeLoop() {
	defer c.engine.loops.Done()
	c.mu.Lock()
	wb := c.begun
	c.begun = nil
	c.mu.Unlock()
	if wb == nil {
		wb = c.newWriteBuffer(0)
	}
	for {
		c.write(wb)
		c.mu.Lock()
		if !c.outbox.Waits() || c.writeErr != nil {
			c.endWritingLocked(wb)
			c.mu.Unlock()
			return
		}
		class := writeBufferClass(c.outbox.WaitingBytes())
		if c.outbox.Compresses() {
			class = min(class, mostPackedClass)
		}
		if class != wb.class {
			c.mu.Unlock()
			c.freeWriteBuffer(wb, true)
			wb = c.newWriteBuffer(class)
			c.mu.Lock()
		}
		if err := c.packLocked(wb); err != nil {
			c.mu.Unlock()
			c.writeFailed(err, proto.Tally{})
			continue
		}
		wb.load(&c.outbox)
		c.mu.Unlock()
	}
}

// endWritingLocked says that nobody writes until the next kick.
func (c *connection) endWritingLocked(wb *writeBuffer) {
	c.writing = false
	c.writingEnded.Broadcast()
	c.freeWriteBuffer(wb, !errors.Is(c.writeErr, errPanic))
}

// closingPiece is how much is written at once while closing: the closing timer starts
// again with each piece that leaves, so small ones distinguish a slow peer from a dead
// one.
const closingPiece = 1 << 10

// write writes all that is loaded in wb, unless the transport fails.
func (c *connection) write(wb *writeBuffer) {
	for c.writeErr == nil && !wb.empty() { // which nobody else writes meanwhile
		if len(wb.left) == 0 && !c.fill(wb) {
			return
		}
		n, err := c.writeOnce(wb.left[:min(len(wb.left), wb.piece)])
		c.wrote(wb, n, err)
	}
}

// wrote notes that n bytes of wb were written. A failure ends writing, not reading: bytes
// that the peer had sent before are still there, and the read that comes after them finds
// the end.
func (c *connection) wrote(wb *writeBuffer, n int, err error) {
	wb.left = wb.left[n:]
	if err != nil {
		c.writeFailed(err, wb.encoder.DoneAfter(wb.encoded-len(wb.left)))
		return
	}
	c.mu.Lock()
	if c.state.now == closing {
		wb.piece = closingPiece
	}
	if n > 0 {
		c.noteWriteLocked(wb.empty(), wb.closeIsLast)
	}
	drained := false
	if len(wb.left) == 0 {
		c.outbox.Wrote(wb.done)
		c.engine.counters.sent.add(Tally(wb.done))
		_ = c.chargeOutboxLocked() // it shrinks, which is never refused
		drained = c.takeMarkLocked()
	}
	c.mu.Unlock()
	if drained {
		c.tellDrained(false)
	}
}

// noteWriteLocked notes that bytes were written; all is true for the last bytes that the
// outbox had handed out.
func (c *connection) noteWriteLocked(all, closeIsLast bool) {
	c.keepalive.noteWriteLocked(all, c.outbox.PingWaits())
	if c.state.now == closing {
		if !c.violation.answered { // the wait for a peer that broke a rule is bounded
			c.armClosingLocked()
		}
		c.closeWritten = all && closeIsLast
	}
}

// fill encodes the next bytes into wb, which is empty. It reports false after a panic.
func (c *connection) fill(wb *writeBuffer) (ok bool) {
	err := c.encode(wb)
	if err != nil {
		c.writeFailed(err, proto.Tally{})
	}
	return err == nil
}

func (c *connection) encode(wb *writeBuffer) (err error) {
	defer c.caught(&err)
	if wb.left, wb.done = wb.encoder.Direct(); wb.left != nil {
		wb.encoded = len(wb.left)
		return nil
	}
	wb.encoded, wb.done = wb.encoder.Fill(wb.bytes[:min(len(wb.bytes), wb.piece)], wb.keys)
	wb.left = wb.bytes[:wb.encoded]
	return nil
}

// writeOnce is the transport's Write.
func (c *connection) writeOnce(p []byte) (n int, err error) {
	defer c.caught(&err)
	return c.transport.Write(p)
}

// tryWrite is the transport's TryWrite.
func (c *connection) tryWrite(p []byte) (n int, err error) {
	defer c.caught(&err)
	return c.transport.TryWrite(p)
}

// writeFailed ends writing, after done had left; a panic ends the connection.
func (c *connection) writeFailed(err error, done proto.Tally) {
	c.mu.Lock()
	c.outbox.Wrote(done)
	c.engine.counters.sent.add(Tally(done))
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
