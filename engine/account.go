package engine

// Memory that is charged, and where. The account (Options.Memory) is charged for:
//
//   - each connection, flat, with its request, its answer and the state of its compression:
//     by connection.base, from Connect to the terminal event
//   - the message that arrives in pieces, or is being inflated: by blocks, from its Alloc
//     until it is delivered
//   - messages that wait for Dispatch: by inbox, a parcel at a time
//   - messages that wait to be written: by connection.outboxMemory, rounded up
//   - write buffers, while they are lent
//   - the block that a transport waits with, if it cannot wait without one (TLS, or what an
//     embedder dials)
//   - inflaters and compressors, for the message that they are borrowed for
//
// It is charged for the blocks themselves, not for the payloads in them. A block that is lent
// for a read that does not wait, and not kept after it, is not charged: there are as many as
// there are goroutines that run.

import (
	"io"
	"net/http"
	"strings"

	"github.com/tidewire/tidewire/internal/ws/deflate"
	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/rule"
	"github.com/tidewire/tidewire/memory"
)

const (
	// plainCost and secureCost are charged for each connection, of ws and of wss: its
	// goroutine's stack, its part of the maps, and with TLS the state and buffers of that.
	plainCost  = 8 << 10
	secureCost = 24 << 10

	// pemCost is how much memory a byte of PEM text takes, at most: certificates are parsed
	// and kept for the connection's life.
	pemCost = 16

	// headerCost is the same for a byte of a header, as text and in a map.
	headerCost = 3

	// freeAnswer is how many bytes of an answer to the opening handshake are part of the
	// flat cost.
	freeAnswer = 2 << 10

	// compressorCost is the memory of compression for a direction with takeover, beyond the
	// window of what arrives.
	compressorCost = 8 << 10

	// outboxStep is what the charge for an outbox is rounded up to: the account is shared by
	// all goroutines of the script, and a message is less work than a visit there.
	outboxStep = 4 << 10
)

// blocks are allocBytes, spareBytes and freeBytes with an account, for blocks that a
// connection keeps. It is an Engine's, so that an idle connection has no functions of its
// own.
type blocks struct {
	alloc func(n int) ([]byte, error) // the error is of rule.Memory
	spare func(n int) []byte
	free  func([]byte)
}

func newBlocks(account *memory.Account) blocks {
	free := func(b []byte) {
		account.Release(int64(cap(b)))
		freeBytes(b)
	}
	return blocks{
		alloc: func(n int) ([]byte, error) {
			if err := account.Charge(blockBytes(n)); err != nil {
				return nil, noMemory(err)
			}
			return allocBytes(n), nil
		},
		spare: func(n int) []byte {
			b := spareBytes(n)
			if b != nil && account.Charge(int64(cap(b))) != nil {
				freeBytes(b)
				return nil
			}
			return b
		},
		free: free,
	}
}

// noMemory is the end of receiving for a charge that was refused.
func noMemory(refused error) error { return &rule.Violation{Rule: rule.Memory, Err: refused} }

// noMemoryTo is the same for a connection that cannot do something else.
func noMemoryTo(do string, phase failure.Phase, message string, refused error) *failure.Error {
	return failure.Explain(phase, failure.Memory, message, refused, "no memory to %s: %v", do, refused)
}

// cost is how much a connection takes with its request, before it is made. Text in files is
// charged when it is read.
func (o *ConnectOptions) cost(url string, secure bool) int64 {
	cost := int64(plainCost)
	if secure {
		cost = secureCost
	}
	for _, text := range []string{o.TLS.CA, o.TLS.Cert, o.TLS.Key} {
		factor := 1
		if strings.Contains(text, "-----BEGIN") {
			factor = pemCost
		}
		cost += int64(factor * len(text))
	}
	texts := len(url) + len(o.Origin) + len(o.Proxy) + len(o.TLS.ServerName)
	for _, protocol := range o.Protocols {
		texts += len(protocol)
	}
	return cost + int64(headerCost*(texts+headerBytes(o.Header)))
}

// longestRefused is how much is kept of the URL of a connection that did not fit.
const longestRefused = 1 << 10

// newConnection makes a connection, if its request fits into the account. If it does not,
// the connection has nothing of it and is to end with the error, which Connect cannot
// return: it is an event, and the next Connect may fit.
func (e *Engine) newConnection(id ID, target *dial.Target, url string, opts ConnectOptions) (*connection, error) {
	base := e.opts.Memory.Share()
	refused := base.Resize(opts.cost(url, target != nil && target.Secure))
	if refused != nil {
		refused = noMemoryTo("connect", failure.PhaseTCP, failure.MsgTransport, refused)
		opts = ConnectOptions{Kind: opts.Kind, Caller: opts.Caller}
	}
	c := newConnection(e, id, target, url, opts.withDefaults(e.opts.Memory))
	c.base = base
	if refused != nil {
		c.target = nil
		c.url = strings.Clone(c.url[:min(len(c.url), longestRefused)])
	}
	return c, refused
}

// headerBytes is about how many bytes a header has.
func headerBytes(header http.Header) (n int) {
	for name, values := range header {
		n += len(name)
		for _, value := range values {
			n += len(value) + 16
		}
	}
	return n
}

// growBase charges for something that the connection keeps to its end.
func (c *connection) growBase(do string, bytes int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.base.Grow(bytes); err != nil {
		return noMemoryTo(do, c.phaseLocked(), failure.MsgTransport, err)
	}
	return nil
}

// release gives back the charge for the connection itself. Nothing is charged to it from
// then on.
func (c *connection) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base.Close()
}

// chargedReader charges for an answer to the opening handshake as it arrives: its header is
// kept.
type chargedReader struct {
	io.ReadWriter
	charge func(do string, bytes int64) error
	read   int
}

func (r *chargedReader) Read(p []byte) (int, error) {
	n, err := r.ReadWriter.Read(p)
	before := max(r.read, freeAnswer)
	r.read += n
	if grown := r.read - before; grown > 0 {
		if err := r.charge("read the server's answer", int64(headerCost*grown)); err != nil {
			return 0, err
		}
	}
	return n, err
}

// compressionCost is how much the states of compression take.
func compressionCost(agreed deflate.Params) (cost int64) {
	if agreed.InUse && agreed.Server.Takeover {
		cost += 1 << agreed.Server.WindowBits
	}
	if agreed.InUse && agreed.Client.Takeover {
		cost += compressorCost
	}
	return cost
}

// chargeOutboxLocked charges for the messages in the outbox. It is called after each change
// of it; the error says that they have become too many.
func (c *connection) chargeOutboxLocked() error {
	held, charged := Tally(c.outbox.Held()).counted(), c.outboxMemory.Charged()
	if held <= charged && held > charged-2*outboxStep && (held > 0 || charged == 0) {
		return nil
	}
	if c.outboxMemory.Resize((held+outboxStep-1)/outboxStep*outboxStep) == nil {
		return nil
	}
	return c.outboxMemory.Resize(held)
}

// newWriteBuffer lends a buffer of a class, or of the largest one that fits. The smallest
// is always lent, also beyond the limit: without it nothing of what is charged would go.
func (c *connection) newWriteBuffer(class int) *writeBuffer {
	for class > 0 && c.engine.opts.Memory.Charge(int64(writeBufferSizes[class])) != nil {
		class--
	}
	if class == 0 {
		c.engine.opts.Memory.Take(int64(writeBufferSizes[0]))
	}
	return newWriteBuffer(class)
}

// freeWriteBuffer takes a buffer of newWriteBuffer back; not if after a panic nobody knows
// who holds its memory.
func (c *connection) freeWriteBuffer(wb *writeBuffer, known bool) {
	c.engine.opts.Memory.Release(int64(writeBufferSizes[wb.class]))
	if known {
		wb.free()
	}
}

// eventBytes is the memory of one event in the list of a parcel.
const eventBytes = 12

// parcelBytes is the memory of a parcel around its block and its list.
const parcelBytes = 128

// listBytes is the memory of a parcel's list of events.
func listBytes(b *proto.Batch) int64 { return int64(cap(b.Events)) * eventBytes }
