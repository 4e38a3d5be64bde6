package proto

import (
	"sync"
	"unsafe"

	"github.com/tidewire/tidewire/internal/ws/wire"
)

// LargestEncoded is the longest message in bytes that Push and Packed encode, which copies
// it. Beyond, the second copy costs more than a reference.
const LargestEncoded = 1 << 10

const segmentSize = 4 << 10

// segment holds short messages of a client as the frames that they leave in: a reference
// for each of them, in the queue and on the way through the writer, would cost more than
// their bytes. Segments go from one queue to the next.
type segment struct {
	frames   []byte // of at most segmentSize bytes
	messages Tally
	sizes    []int32 // of the messages before they were compressed; none if none was
}

var segments = sync.Pool{New: func() any {
	return &segment{frames: make([]byte, 0, segmentSize)}
}}

func newSegment() *segment { return segments.Get().(*segment) }

// free gives the segment back. Nobody may use it or its frames from then on.
func (s *segment) free() {
	s.frames, s.messages, s.sizes = s.frames[:0], Tally{}, s.sizes[:0]
	segments.Put(s)
}

// fits reports whether there is room for a message of so many bytes.
func (s *segment) fits(n int) bool { return cap(s.frames)-len(s.frames) >= wire.MaxHeader+n }

// add encodes a message, for which there is room. size is that of its payload before it
// was compressed.
func (s *segment) add(h wire.Header, payload string, size int64) {
	s.frames = wire.AppendHeader(s.frames, h)
	start := len(s.frames)
	s.frames = s.frames[:start+len(payload)]
	wire.Mask(s.frames[start:], unsafe.Slice(unsafe.StringData(payload), len(payload)), h.Key)
	if h.RSV != 0 || len(s.sizes) > 0 {
		s.addSize(size)
	}
	s.messages.add(Tally{1, size})
}

// addSize notes the size of a message that is not that of its frame, or comes after one
// such. A compressed message that fits had about 1 MiB at most.
func (s *segment) addSize(size int64) {
	if len(s.sizes) == 0 { // those before it were not compressed
		for rest := s.frames; len(s.sizes) < s.messages.Messages; {
			h, n, _ := wire.ParseHeader(rest)
			s.sizes = append(s.sizes, int32(h.Length))
			rest = rest[n+int(h.Length):]
		}
	}
	s.sizes = append(s.sizes, int32(size))
}

// text is the frames as a Frame carries them. Nothing is added from then on.
func (s *segment) text() string { return unsafe.String(unsafe.SliceData(s.frames), len(s.frames)) }

// wholeMessages counts the messages that end in the first n bytes of a segment.
func (s *segment) wholeMessages(n int) (t Tally) {
	for rest := s.frames[:n]; ; {
		h, header, _ := wire.ParseHeader(rest)
		if header == 0 || h.Length > int64(len(rest)-header) {
			return t
		}
		size := h.Length
		if len(s.sizes) > 0 {
			size = int64(s.sizes[t.Messages])
		}
		t.add(Tally{1, size})
		rest = rest[header+int(h.Length):]
	}
}
