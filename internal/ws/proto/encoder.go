package proto

import (
	"math/rand/v2"
	"unsafe"

	"github.com/tidewire/tidewire/internal/ws/wire"
)

// Encoder turns frames into bytes, in pieces of any size of at least wire.MaxHeader+1. It
// is not safe for concurrent use.
type Encoder struct {
	// Free takes the memory of PushOwned's and PushEncoded's messages that are encoded, and
	// gone by the next Fill or Direct. nil leaves it to the collector.
	Free func([]byte)

	frames []Frame // from next on
	next   int
	inside bool // the header of frames[next] has been written
	offset int  // bytes of its payload that have been written
	key    uint32

	// The last Fill or Direct, for DoneAfter:
	masked  bool
	begin   int // e.next when it began
	written int // bytes of that frame, header included, that earlier ones had encoded
}

// Load takes the frames to encode next. The Encoder is empty before.
func (e *Encoder) Load(frames []Frame) {
	e.frames, e.next, e.begin = frames, 0, 0
}

// Empty reports whether everything has been encoded.
func (e *Encoder) Empty() bool { return e.next == len(e.frames) }

// Fill encodes as much as fits into dst and returns how many bytes that are, and which
// messages end in them. A client gives keys, from which each frame takes a fresh masking
// key (RFC 6455 §5.3, §10.3); a server gives nil.
func (e *Encoder) Fill(dst []byte, keys rand.Source) (n int, done Tally) {
	e.begins(keys != nil)
	for e.next < len(e.frames) {
		frame := &e.frames[e.next]
		if n > 0 && frame.isDirect(e.offset) {
			return n, done
		}
		if frame.leavesAsIs() {
			before := e.offset
			part := copy(dst[n:], frame.Payload[before:])
			n += part
			e.inside, e.offset = true, before+part
			done.add(frame.endsWithin(before, e.offset))
			if e.offset < len(frame.Payload) {
				return n, done
			}
			e.next, e.inside, e.offset = e.next+1, false, 0
			continue
		}
		if !e.inside {
			if len(dst)-n <= wire.MaxHeader {
				return n, done
			}
			h := wire.Header{Fin: frame.Fin, RSV: frame.RSV, Opcode: frame.Opcode, Length: int64(len(frame.Payload))}
			if keys != nil {
				h.Masked, h.Key = true, uint32(keys.Uint64())
			}
			n += len(wire.AppendHeader(dst[n:n], h))
			e.inside, e.key = true, h.Key
		}
		part := frame.Payload[e.offset:]
		part = part[:min(len(part), len(dst)-n)]
		if keys != nil {
			// The view lives for this call only and is not written to.
			e.key = wire.Mask(dst[n:], unsafe.Slice(unsafe.StringData(part), len(part)), e.key)
		} else {
			copy(dst[n:], part)
		}
		n += len(part)
		e.offset += len(part)
		if e.offset < len(frame.Payload) {
			return n, done
		}
		if frame.ends >= 0 {
			done.add(Tally{1, frame.ends})
		}
		e.next, e.inside, e.offset = e.next+1, false, 0
	}
	return n, done
}

// begins frees what the last Fill or Direct has encoded, and notes where the next begins.
func (e *Encoder) begins(masked bool) {
	Release(e.frames[e.begin:e.next], e.Free)
	e.begin, e.written, e.masked = e.next, 0, masked
	if e.inside {
		e.written = e.headerLen(e.frames[e.next]) + e.offset
	}
}

// DoneAfter returns which messages ended in the first n bytes of the last Fill or Direct,
// for a write that failed half-way.
func (e *Encoder) DoneAfter(n int) (done Tally) {
	n += e.written
	for i, frame := range e.frames[e.begin:min(e.next+1, len(e.frames))] {
		size := e.headerLen(frame) + len(frame.Payload)
		switch {
		case frame.leavesAsIs():
			before := 0
			if i == 0 {
				before = e.written
			}
			done.add(frame.endsWithin(before, min(n, size)))
		case n >= size && frame.ends >= 0:
			done.add(Tally{1, frame.ends})
		}
		if n -= size; n <= 0 {
			break
		}
	}
	return done
}

// leavesAsIs reports whether Payload is encoded already.
func (f *Frame) leavesAsIs() bool { return f.segment != nil || f.encoded }

// endsWithin counts the messages whose last byte lies between two places of a frame that is
// encoded already, or of a segment.
func (f *Frame) endsWithin(from, to int) Tally {
	if f.encoded {
		if f.ends >= 0 && from < to && to == len(f.Payload) {
			return Tally{1, f.ends}
		}
		return Tally{}
	}
	if from == 0 && to == len(f.Payload) {
		return f.segment.messages
	}
	t := f.segment.wholeMessages(to)
	t.sub(f.segment.wholeMessages(from))
	return t
}

// headerLen returns the length of a frame's header; those that are encoded already have it
// within.
func (e *Encoder) headerLen(frame Frame) int {
	if frame.leavesAsIs() {
		return 0
	}
	return headerLen(len(frame.Payload), e.masked)
}
