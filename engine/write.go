package engine

import (
	cryptorand "crypto/rand"
	"math/rand/v2"
	"sync"

	"github.com/tidewire/tidewire/internal/proto"
)

// chunkSizes are the sizes in which bytes leave, chosen by how much is queued.
var chunkSizes = [...]int{4 << 10, 16 << 10, 64 << 10}

// chunk is what writeLoop needs while there is something to write.
type chunk struct {
	class   int
	buf     []byte
	packed  []byte // the last message that was compressed
	frames  []proto.Frame
	encoder proto.Encoder

	// keys gives masking keys that a peer cannot foresee (RFC 6455 §10.3): a generator of its own for each chunk, seeded
	// by the operating system.
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
	if c.writing || c.transport == nil || c.writeErr != nil || c.state == closed || !c.outbox.Waits() {
		return
	}
	c.writing = true
	c.engine.loops.Add(1)
	go c.writeLoopFn()
}

// writeLoop writes what the outbox holds until it is empty or the transport fails. Started by kickLocked, ended by
// closing the transport, joined by readLoop and by Engine.Shutdown.
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

// write writes ch's frames. A failure ends writing, not reading: what the peer had sent before is still there, and the
// read that comes after it tells the end.
func (c *connection) write(ch *chunk, closeIsLast bool) {
	ch.encoder.Load(ch.frames)
	piece := len(ch.buf)
	for !ch.encoder.Empty() {
		n, done := ch.encoder.Fill(ch.buf[:piece], ch.keys)
		written, err := c.transport.Write(ch.buf[:n])
		c.mu.Lock()
		if err != nil {
			c.outbox.Wrote(ch.encoder.DoneAfter(written))
			c.writeErr = err
			c.state = max(c.state, closing)
			c.outbox.Clear()
			c.armClosingLocked()
			c.mu.Unlock()
			return
		}
		c.outbox.Wrote(done)
		c.keepalive.wroteLocked(ch.encoder.Empty(), c.outbox.PingWaits())
		if c.state == closing {
			// The closing timer starts anew with each piece that leaves: small ones tell a slow peer from a dead one.
			piece = chunkSizes[0]
			c.armClosingLocked()
			c.closeWritten = closeIsLast && ch.encoder.Empty()
		}
		c.mu.Unlock()
	}
}
