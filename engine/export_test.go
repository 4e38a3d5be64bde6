package engine

import (
	"context"
	"time"
	"unsafe"

	"github.com/tidewire/tidewire/internal/ws/handshake"
	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/transport"
)

// UseTransport makes e carry its connections over the transports that open returns,
// without a dial and without a handshake over HTTP/1.1.
func (e *Engine) UseTransport(open func(url string) transport.Conn) {
	e.attempt = func(_ *connection, _ context.Context, at route) (attemptResult, error) {
		return attemptResult{transport: open(at.target.Redacted), response: &handshake.Response{}}, nil
	}
}

// BreakCompressor makes the compression of an open connection panic.
func (e *Engine) BreakCompressor(id ID) {
	c := e.find(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.compressor = nil
	c.outbox.Compress()
}

// SetWallClock replaces the wall clock that is compared with the monotonic one.
func (e *Engine) SetWallClock(now func() time.Time) { e.wake.wallClock = now }

// ComparesClocks reports whether the engine looks out for a sleep of the machine.
func (e *Engine) ComparesClocks() bool {
	e.wake.mu.Lock()
	defer e.wake.mu.Unlock()
	return e.wake.running
}

// ExpireKeepalive runs keepalive's timer as if the time for an answer had just ended, and
// the timer had come so much later than it was due.
func (e *Engine) ExpireKeepalive(id ID, late time.Duration) {
	c := e.find(id)
	c.mu.Lock()
	k := &c.keepalive
	k.asked = time.Now().Add(-c.opts.Pong - late)
	k.since, k.due = k.asked, time.Now().Add(-late)
	c.mu.Unlock()
	c.keepaliveDue()
}

// ExpireClosing runs the body of the closing handshake's timer now, as if the timer had
// fired just before it was armed again.
func (e *Engine) ExpireClosing(id ID) { e.find(id).closingExpired() }

// PoisonFreeMemory takes free blocks of every size out of the pools, overwrites them and
// gives them back, again and again until stop is closed: code that still uses memory
// which it has given back sees it change, and so does the race detector.
func PoisonFreeMemory(stop <-chan struct{}) {
	var taken [][]byte
	for {
		select {
		case <-stop:
			return
		default:
		}
		for class := range pools {
			if smallestBlock<<class > 256<<10 {
				break
			}
			for range 3 {
				b := allocBytes(smallestBlock << class)
				b = b[:cap(b)]
				for i := range b {
					b[i] = 0xDB
				}
				taken = append(taken, b)
			}
		}
		for _, b := range taken {
			freeBytes(b)
		}
		taken = taken[:0]
		time.Sleep(200 * time.Microsecond)
	}
}

// GuardLines returns how many hosts and ports the dial guard remembers.
func (e *Engine) GuardLines() int {
	e.guard.mu.Lock()
	defer e.guard.mu.Unlock()
	return len(e.guard.lines)
}

// Running returns how many connections have a goroutine that connects, reads or waits for
// the peer's FIN.
func (e *Engine) Running() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.running)
}

// StateEdges returns every step that the diagram of states has, as the log writes them.
func StateEdges() (edges []string) {
	for from := connecting; from <= closed; from++ {
		for to := connecting; to <= closed; to++ {
			if from.mayBecome(to) {
				edges = append(edges, from.String()+" → "+to.String())
			}
		}
	}
	return edges
}

// ForceStep takes a step that the diagram does not have, from closed to open.
func ForceStep() {
	c := newConnection(New(Options{}), 1, nil, "", ConnectOptions{})
	c.stepLocked(closed, "")
	c.stepLocked(open, "")
}

// DropFreeBlocks gives the free large blocks to the collector.
func DropFreeBlocks() {
	large.mu.Lock()
	defer large.mu.Unlock()
	clear(large.free[:])
	large.bytes = 0
}

// FreeBlocks returns how many bytes of large blocks are free.
func FreeBlocks() int {
	large.mu.Lock()
	defer large.mu.Unlock()
	return large.bytes
}

// Headroom is how much larger than a round size a large block is.
const Headroom = headroom

// AllocBytes and FreeBytes are those of the pools.
func AllocBytes(n int) []byte { return allocBytes(n) }
func FreeBytes(b []byte)      { freeBytes(b) }

// Finds reports whether an id names a connection.
func (e *Engine) Finds(id ID) bool { return e.find(id) != nil }

// Lent returns how many bytes a connection lends that is asked for n, with a receive queue
// of some size.
func Lent(receiveQueue int64, n int) int {
	c := new(connection)
	c.inbox.limit = receiveQueue
	b, err := (*lender)(c).Borrow(n)
	if err != nil {
		return 0
	}
	defer freeBytes(b)
	return cap(b)
}

// TrimmedList returns room for how many events a parcel has after trim: with a block of so
// many bytes, and events in a list with room for more.
func TrimmedList(block, events, room int) int {
	p := &parcel{buf: make([]byte, 0, block)}
	p.found.Events = make([]proto.Event, events, room)
	p.trim()
	return cap(p.found.Events)
}

// ConnectionBytes is the size of a connection, its reader of frames and its queues included.
const ConnectionBytes = int(unsafe.Sizeof(connection{}))
