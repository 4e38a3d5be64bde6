package engine

// The memory of messages and how it goes round. A connection that waits holds none of it:
//
//   - Blocks, in classes of 64 bytes to 64 MiB, hold bytes on their way in: readLoop
//     borrows one of 64 to 256 KiB for a read, a parcel keeps it while it holds messages, and
//     a message that comes in pieces grows from class to class. SendBytes copies long
//     messages into one, as frames that are masked already, or messages that are to be
//     compressed. Up to 64 KiB they are in a sync.Pool for each class; beyond, largeBlocks
//     keeps a bounded number of free bytes.
//   - Parcels (parcel.go) are lent from a read until the last of its messages is delivered.
//   - Write buffers (write.go) are lent to the writer, until nothing is left to write.
//   - Pages and segments (internal/ws/proto) hold messages on their way out, from Send until
//     they are written. A queue of short ones borrows a generator of masking keys.
//   - Inflaters and compressors (internal/ws/deflate) are borrowed for one message.

import (
	"math"
	"math/bits"
	"runtime"
	"sync"
	"unsafe"
)

// smallestBlock is the size of class 0. Each class is twice as large as the one before, and
// the large ones have headroom on top, so that a message of a round size fits into one with
// its frames' headers.
const (
	smallestBlock = 64
	smallClasses  = 11 // up to 64 KiB; beyond, largeBlocks keeps free ones
	headroomClass = 10 // the first with headroom
	largestPlain  = smallestBlock << (headroomClass - 1)
	largestClass  = 20
	largestBlock  = smallestBlock<<largestClass + headroom
	headroom      = 8 << 10
)

var (
	// pools hold blocks by class. A pointer to the first byte goes into an interface without
	// an allocation, a slice does not.
	pools [smallClasses]sync.Pool

	// parcels are lent to readLoop for as long as it takes to handle one read, and to the
	// inbox while they hold messages: a connection that waits for its peer holds none.
	parcels = sync.Pool{New: func() any { return new(parcel) }}

	// packs are the parcels that messages of several reads are packed into. Their lists are
	// shorter, and not for one message of a connection should one of thousands be kept.
	packs = sync.Pool{New: func() any { return new(parcel) }}

	writeBuffers [len(writeBufferSizes)]sync.Pool
)

func blockSize(class int) int {
	if class >= headroomClass {
		return smallestBlock<<class + headroom
	}
	return smallestBlock << class
}

// sizeClass returns the class whose blocks have at least n bytes, or -1 if n is too large
// for all.
func sizeClass(n int) int {
	switch {
	case n > largestBlock:
		return -1
	case n <= smallestBlock:
		return 0
	case n > largestPlain:
		n = max(n-headroom, largestPlain+1)
	}
	return bits.Len(uint(n-1)) - bits.Len(uint(smallestBlock-1))
}

// blockBytes returns how much memory allocBytes(n) takes.
func blockBytes(n int) int64 {
	if class := sizeClass(n); class >= 0 {
		return int64(blockSize(class))
	}
	return int64(n)
}

// allocBytes returns an empty slice with a capacity of at least n bytes. The bytes have
// old content.
func allocBytes(n int) []byte {
	class := sizeClass(n)
	switch {
	case class < 0:
		return make([]byte, 0, n)
	case class >= smallClasses:
		if b := large.take(class); b != nil {
			return b
		}
	default:
		if first, ok := pools[class].Get().(*byte); ok {
			return unsafe.Slice(first, blockSize(class))[:0]
		}
	}
	return make([]byte, 0, blockSize(class))
}

// spareBytes is allocBytes for memory that is free already, and nil if there is none.
func spareBytes(n int) []byte {
	if class := sizeClass(n); class >= smallClasses {
		return large.take(class)
	}
	return nil
}

// freeBytes takes back memory from allocBytes, which nobody may use from then on.
func freeBytes(b []byte) {
	class := sizeClass(cap(b))
	switch {
	case class < 0 || cap(b) != blockSize(class):
	case class >= smallClasses:
		large.put(class, unsafe.SliceData(b))
	default:
		pools[class].Put(unsafe.SliceData(b))
	}
}

// freePayload is freeBytes for bytes that were copied to memory from allocBytes, which had
// to have room for just these.
func freePayload(b []byte) {
	if class := sizeClass(len(b)); class >= 0 {
		freeBytes(unsafe.Slice(unsafe.SliceData(b), blockSize(class))[:0])
	}
}

// lender is a connection that lends its transport the memory to read into. A pointer has its
// methods without a call in between.
type lender connection

// lentAlways is how large a block may be however small the queue is for its messages, and
// partLent the part of the queue that another one may be.
const (
	lentAlways = 64 << 10
	partLent   = 4
)

func (l *lender) Borrow(n int) ([]byte, error) {
	return allocBytes(min(n, max(lentAlways, int(min(l.inbox.limit/partLent, math.MaxInt32))))), nil
}

func (l *lender) Return(b []byte) { freeBytes(b) }

func (l *lender) BorrowToWait(n int) []byte {
	if l.engine.opts.Memory.Charge(blockBytes(n)) != nil {
		return nil
	}
	return allocBytes(n)
}

func (l *lender) Waited(b []byte) { l.engine.opts.Memory.Release(int64(cap(b))) }

// bytesOf views a string as bytes, which must not be written to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// textOf views bytes as a string, which is good as long as they do not change.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

const (
	// mostFree is how many bytes of free blocks largeBlocks keeps in all, headroom aside: two of
	// 16 MiB, and the smaller ones that such a message grows through.
	mostFree = 48 << 20

	// freeCycles is how many of the collector's cycles a free block stays.
	freeCycles = 3
)

// large keeps free blocks from 128 KiB on, for all engines of the process. A sync.Pool
// forgets its contents after two cycles of the collector, and messages of that size make
// cycles: each one would be new memory, which has to be cleared and paged in. Here the
// bytes are bounded, and a block that nobody has wanted for three cycles goes.
var large largeBlocks

// largeBlocks is safe for concurrent use. Its lock may be taken with another one held.
type largeBlocks struct {
	mu       sync.Mutex                    // leaf; guards the fields below
	free     [largestClass + 1][]freeBlock // by class, the one freed last at the end
	bytes    int
	cycle    int
	watching bool // collected is called after the present cycle
}

type freeBlock struct {
	first *byte
	cycle int // in which it was freed
}

// take returns a free block of a class, or nil.
func (l *largeBlocks) take(class int) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	blocks := l.free[class]
	if len(blocks) == 0 {
		return nil
	}
	last := len(blocks) - 1
	first := blocks[last].first
	blocks[last] = freeBlock{}
	l.free[class] = blocks[:last]
	l.bytes -= smallestBlock << class
	return unsafe.Slice(first, blockSize(class))[:0]
}

// put keeps a block, unless there are enough.
func (l *largeBlocks) put(class int, first *byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bytes+smallestBlock<<class > mostFree {
		return
	}
	l.free[class] = append(l.free[class], freeBlock{first, l.cycle})
	l.bytes += smallestBlock << class
	l.watchLocked()
}

// cycleEnd is found dead by each cycle of the collector. The pointer keeps it from lying in
// one piece of memory with other small values, which would keep it alive.
type cycleEnd struct{ _ *cycleEnd }

func (l *largeBlocks) watchLocked() {
	if !l.watching {
		l.watching = true
		runtime.AddCleanup(new(cycleEnd), func(l *largeBlocks) { l.collected() }, l)
	}
}

// collected drops the blocks that have been free for long. It is called after a cycle of
// the collector, on the runtime's goroutine.
func (l *largeBlocks) collected() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cycle++
	l.watching = false
	for class, blocks := range l.free {
		old := 0
		for old < len(blocks) && l.cycle-blocks[old].cycle >= freeCycles {
			old++
		}
		kept := copy(blocks, blocks[old:])
		clear(blocks[kept:])
		l.free[class] = blocks[:kept]
		l.bytes -= old * (smallestBlock << class)
	}
	if l.bytes > 0 {
		l.watchLocked()
	}
}
