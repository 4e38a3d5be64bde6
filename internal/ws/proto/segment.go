package proto

import (
	"sync"
	"unsafe"

	"github.com/tidewire/tidewire/internal/ws/wire"
)

const (
	segmentSize = 4 << 10

	// largestEncoded is the longest message that Push encodes. Beyond, the second copy
	// costs more than a reference.
	largestEncoded = 1 << 10
)

// segment holds short messages of a client as the frames that they leave in: a reference
// for each of them, in the queue and on the way through the writer, would cost more than
// their bytes. Segments go from one queue to the next.
type segment struct {
	frames   []byte // of at most segmentSize bytes
	messages Tally
}

var segments = sync.Pool{New: func() any {
	return &segment{frames: make([]byte, 0, segmentSize)}
}}

func newSegment() *segment { return segments.Get().(*segment) }

// free gives the segment back. Nobody may use it or its frames from then on.
func (s *segment) free() {
	s.frames, s.messages = s.frames[:0], Tally{}
	segments.Put(s)
}

// fits reports whether there is room for a message of so many bytes.
func (s *segment) fits(n int) bool { return cap(s.frames)-len(s.frames) >= wire.MaxHeader+n }

// add encodes a message, for which there is room.
func (s *segment) add(opcode wire.Opcode, payload string, key uint32) {
	h := wire.Header{Fin: true, Opcode: opcode, Masked: true, Key: key, Length: int64(len(payload))}
	s.frames = wire.AppendHeader(s.frames, h)
	start := len(s.frames)
	s.frames = s.frames[:start+len(payload)]
	wire.Mask(s.frames[start:], unsafe.Slice(unsafe.StringData(payload), len(payload)), key)
	s.messages.add(Tally{1, int64(len(payload))})
}

// text is the frames as a Frame carries them. Nothing is added from then on.
func (s *segment) text() string { return unsafe.String(unsafe.SliceData(s.frames), len(s.frames)) }

// wholeMessages counts the messages that end in the first bytes of a segment.
func wholeMessages(frames string) (t Tally) {
	bytes := unsafe.Slice(unsafe.StringData(frames), len(frames))
	for {
		h, n, _ := wire.ParseHeader(bytes)
		if n == 0 || h.Length > int64(len(bytes)-n) {
			return t
		}
		t.add(Tally{1, h.Length})
		bytes = bytes[n+int(h.Length):]
	}
}
