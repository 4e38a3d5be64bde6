package engine

import (
	cryptorand "crypto/rand"
	"math/rand/v2"
	"sync"

	"github.com/tidewire/tidewire/internal/ws/proto"
)

// chunkSizes are the sizes in which bytes leave, chosen by how much is queued.
var chunkSizes = [...]int{4 << 10, 16 << 10, 64 << 10}

// chunk is writeLoop's memory while there is something to write.
type chunk struct {
	class   int
	buf     []byte
	packed  []byte // the last message that was compressed
	frames  []proto.Frame
	encoder proto.Encoder

	// keys gives masking keys that a peer cannot foresee (RFC 6455 §10.3): a generator of
	// its own for each chunk, seeded by the operating system.
	keys *rand.ChaCha8
}

var chunks [len(chunkSizes)]sync.Pool

// chunkClass returns which size suits so many bytes.
func chunkClass(bytes int64) int {
	class := 0
	for class < len(chunkSizes)-1 && bytes > int64(chunkSizes[class]) {
		class++
	}
	return class
}

func newChunk(class int) *chunk {
	if ch, ok := chunks[class].Get().(*chunk); ok {
		return ch
	}
	var seed [32]byte
	cryptorand.Read(seed[:])
	return &chunk{class: class, buf: make([]byte, chunkSizes[class]), keys: rand.NewChaCha8(seed)}
}

func (ch *chunk) free() {
	clear(ch.frames)
	ch.frames = ch.frames[:0]
	ch.encoder = proto.Encoder{}
	chunks[ch.class].Put(ch)
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
// transport fails. Started by kickLocked, ended by closing the transport, joined by
// readLoop and by Engine.Shutdown.
func (c *connection) writeLoop() {
	defer c.engine.loops.Done()
	ch := newChunk(0)
	for {
		c.mu.Lock()
		if !c.outbox.Waits() || c.writeErr != nil {
			c.writing = false
			c.wrote.Broadcast()
			c.mu.Unlock()
			ch.free()
			return
		}
		class := chunkClass(c.outbox.WaitingBytes())
		if class != ch.class {
			c.mu.Unlock()
			ch.free()
			ch = newChunk(class)
			c.mu.Lock()
		}
		c.packLocked(ch)
		ch.frames = c.outbox.Next(ch.frames[:0], len(ch.buf))
		closeIsLast := c.outbox.SentCode() != 0
		c.mu.Unlock()
		c.write(ch, closeIsLast)
	}
}

// closingPiece is how much is written at once while closing: the closing timer starts
// again with each piece that leaves, so small ones distinguish a slow peer from a dead
// one.
const closingPiece = 1 << 10

// write writes ch's frames. A failure ends writing, not reading: bytes that the peer had
// sent before are still there, and the read that comes after them finds the end.
func (c *connection) write(ch *chunk, closeIsLast bool) {
	piece := len(ch.buf)
	ch.encoder.Load(ch.frames)
	for !ch.encoder.Empty() {
		n, done := ch.encoder.Fill(ch.buf[:piece], ch.keys)
		for left := ch.buf[:n]; len(left) > 0; {
			written, err := c.transport.Write(left[:min(len(left), piece)])
			left = left[written:]
			c.mu.Lock()
			if err != nil {
				c.writeFailedLocked(err, ch.encoder.DoneAfter(n-len(left)))
				c.unlock()
				return
			}
			if c.state.now == closing {
				piece = closingPiece
			}
			if written > 0 {
				c.wroteLocked(ch.encoder.Empty() && len(left) == 0, closeIsLast)
			}
			if len(left) == 0 {
				c.outbox.Wrote(done)
				c.chargeLocked()
			}
			c.mu.Unlock()
		}
	}
}

// wroteLocked notes that bytes have left; all is true for the last bytes that the outbox
// had handed out.
func (c *connection) wroteLocked(all, closeIsLast bool) {
	c.keepalive.wroteLocked(all, c.outbox.PingWaits())
	if c.state.now == closing {
		if !c.violation.answered { // a peer that broke a rule is not waited for as long as it pleases
			c.armClosingLocked()
		}
		c.closeWritten = all && closeIsLast
	}
}

func (c *connection) writeFailedLocked(err error, done proto.Tally) {
	c.outbox.Wrote(done)
	c.writeErr = err
	c.closingLocked("write: " + err.Error())
	c.clearLocked()
	c.armClosingLocked()
}

// hurryLocked makes a write that is under way return early, now that the connection is
// closing: a slow peer would otherwise take longer for one large piece than the closing
// timer gives it.
func (c *connection) hurryLocked() {
	if c.writing {
		c.transport.Hurry()
	}
}
