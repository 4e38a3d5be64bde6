package lua

import (
	"hash/maphash"
	"unsafe"
)

// str is the header of a Lua string; its bytes follow in the same block, which holds no
// pointers and is never changed once it was made. A block is at least strHeader bytes
// long and 8-byte aligned, because Go aligns allocations of this size and type so.
// TestStringBlocks holds this under checkptr.
type str struct {
	hash   uint32 // of the bytes, seeded by the state; 0: not computed yet
	mark   uint32 // of the walk that last found it
	length int
}

const strHeader = unsafe.Sizeof(str{})

// MaxString is the largest length of a string, in bytes: the state's limit is usually
// smaller.
const maxStringLength = 1<<31 - 1

// newBlock allocates a string of a length. fill writes its bytes before anybody else sees
// it. The empty one has a byte, too: a pointer to its bytes must point into the block.
func newBlock(length int) (s *str, bytes []byte) {
	s = newWords((int(strHeader) + max(length, 1) + 7) / 8)
	s.length = length
	return s, unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(s), strHeader)), length)
}

// newWords allocates a block. Go takes less time for sizes that the compiler knows: these
// are the allocator's.
func newWords(n int) *str {
	switch {
	case n <= 3:
		return (*str)(unsafe.Pointer(new([3]uint64)))
	case n == 4:
		return (*str)(unsafe.Pointer(new([4]uint64)))
	case n <= 6:
		return (*str)(unsafe.Pointer(new([6]uint64)))
	case n <= 8:
		return (*str)(unsafe.Pointer(new([8]uint64)))
	case n <= 10:
		return (*str)(unsafe.Pointer(new([10]uint64)))
	case n <= 12:
		return (*str)(unsafe.Pointer(new([12]uint64)))
	}
	return (*str)(unsafe.Pointer(unsafe.SliceData(make([]uint64, n))))
}

// text is the string's bytes, as a Go string without a copy. It keeps the block alive.
func (s *str) text() string {
	return unsafe.String((*byte)(unsafe.Add(unsafe.Pointer(s), strHeader)), s.length)
}

func (s *str) equal(other *str) bool {
	if s == other {
		return true
	}
	if s.length != other.length || s.hash != other.hash && s.hash != 0 && other.hash != 0 {
		return false
	}
	return s.text() == other.text()
}

// hashOf returns the string's hash, which depends on each of its bytes and on the state's
// seed.
func (s *State) hashOf(text *str) uint32 {
	if text.hash == 0 {
		if text.length >= bigWork {
			s.budget -= int64(text.length / bytesPerStep / 4)
		}
		h := maphash.String(s.seed, text.text())
		text.hash = uint32(h^h>>32) | 1
	}
	return text.hash
}

// stringSize is the charge for a string: Go's size class for its block.
func stringSize(length int) int { return sizeClass(int(strHeader) + (max(length, 1)+7)&^7) }

// newString makes a string of text's bytes. Its memory is charged; over the limit the
// error is ErrMemory's.
func (s *State) newString(text string) (*str, error) {
	if err := s.charge(stringSize(len(text))); err != nil {
		return nil, err
	}
	made, bytes := newBlock(len(text))
	if len(text) > filledAtOnce && s.active != nil { // else it is the embedder's work: see beforeCopy
		return made, s.fill(bytes, text)
	}
	copy(bytes, text)
	return made, nil
}

// newStringBytes is newString for bytes, which need not stay as they are.
func (s *State) newStringBytes(text []byte) (*str, error) {
	return s.newString(textOf(text))
}

// textOf is bytes as a text, which is good until they change.
func textOf(bytes []byte) string { return unsafe.String(unsafe.SliceData(bytes), len(bytes)) }

// filledAtOnce is how many bytes are copied between two looks at an interrupt. In a
// virtual machine the first touch of fresh memory may take milliseconds for a MiB.
const filledAtOnce = 1 << 20

// fill copies a text to the beginning of fresh bytes. An interrupt ends it.
func (s *State) fill(bytes []byte, text string) error {
	for len(text) > filledAtOnce {
		n := copy(bytes, text[:filledAtOnce])
		bytes, text = bytes[n:], text[n:]
		if err := s.stopped(); err != nil {
			return err
		}
	}
	copy(bytes, text)
	return nil
}

// canonSlots is the size of the cache of keys, canonMax the length up to which strings
// are looked up there.
const (
	canonSlots = 1 << 10
	canonMax   = 40
)

// canonical returns the state's copy of a short string, so that strings with the same
// bytes mostly are the same block: the caches of instructions find keys by their address.
// The slot depends on the bytes alone, not on the seed, so that sharing, and thus the
// charge, is the same in each run.
func (s *State) canonical(text *str) *str {
	if text.length > canonMax {
		return text
	}
	slot := &s.canon[canonIndex(text.text())]
	if known := *slot; known != nil {
		if known == text || known.text() == text.text() {
			return known
		}
	}
	*slot = text
	return text
}

// canonicalText is canonical for bytes that are not a Lua string yet.
func (s *State) canonicalText(text string) (*str, error) {
	if len(text) <= canonMax {
		if known := s.canon[canonIndex(text)]; known != nil && known.text() == text {
			return known, nil
		}
	}
	made, err := s.newString(text)
	if err != nil {
		return nil, err
	}
	return s.canonical(made), nil
}

func canonIndex(text string) uint32 {
	h := uint32(len(text))
	for i := 0; i < len(text); i++ {
		h = (h ^ uint32(text[i])) * 16777619
	}
	return (h ^ h>>15) % canonSlots
}
