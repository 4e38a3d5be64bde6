package engine

import (
	"math/bits"
	"sync"
	"unsafe"
)

const (
	smallestBlock = 64
	largestBlock  = 4 << 20
)

// pools hold memory by size: pools[i] has pieces of smallestBlock<<i bytes. A pointer to
// the first byte goes into an interface without an allocation, a slice does not.
var pools [17]sync.Pool

// sizeClass returns the pool whose pieces have at least n bytes, or -1 if n is too large
// for all.
func sizeClass(n int) int {
	if n > largestBlock {
		return -1
	}
	if n <= smallestBlock {
		return 0
	}
	return bits.Len(uint(n-1)) - bits.Len(uint(smallestBlock-1))
}

// allocBytes returns an empty slice with a capacity of at least n bytes.
func allocBytes(n int) []byte {
	class := sizeClass(n)
	if class < 0 {
		return make([]byte, 0, n)
	}
	size := smallestBlock << class
	if first, ok := pools[class].Get().(*byte); ok {
		return unsafe.Slice(first, size)[:0]
	}
	return make([]byte, 0, size)
}

// freeBytes takes back memory from allocBytes, which nobody may use from then on.
func freeBytes(b []byte) {
	if class := sizeClass(cap(b)); class >= 0 && cap(b) == smallestBlock<<class {
		pools[class].Put(unsafe.SliceData(b))
	}
}

// lender lends readLoop's transport the memory that it reads into.
type lender struct{}

func (lender) Borrow(n int) ([]byte, error) { return allocBytes(n), nil }
func (lender) Return(b []byte)              { freeBytes(b) }

// bytesOf views a string as bytes, which must not be written to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// textOf views bytes as a string, which is good as long as they do not change.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
