package proto

import (
	"slices"
	"unsafe"

	"github.com/tidewire/tidewire/internal/ws/wire"
)

// A long message of a client whose bytes have to be copied anyway is copied as the frames
// that it leaves in: the copy and the mask take one pass, and the frames are written from
// where they are.

// direct is how many bytes of such frames are worth a write of their own. Fewer are copied
// next to others.
const direct = 16 << 10

// EncodedLen returns how many bytes AppendEncoded appends for a payload of n.
func EncodedLen(n int) int {
	size := 0
	for n > maxFrame {
		size += wire.MaxHeader + maxFrame
		n -= maxFrame
	}
	return size + headerLen(n, true) + n
}

// AppendEncoded appends a message as a client's frames, for PushEncoded.
func AppendEncoded(dst []byte, opcode wire.Opcode, payload []byte) []byte {
	keys := borrowKeys()
	defer keys.giveBack()
	for {
		part := payload[:min(len(payload), maxFrame)]
		payload = payload[len(part):]
		h := wire.Header{Fin: len(payload) == 0, Opcode: opcode, Masked: true, Key: keys.next(),
			Length: int64(len(part))}
		dst = wire.AppendHeader(dst, h)
		start := len(dst)
		dst = slices.Grow(dst, len(part))[:start+len(part)]
		wire.Mask(dst[start:], part, h.Key)
		if h.Fin {
			return dst
		}
		opcode = wire.Continuation
	}
}

// PushEncoded is Push for a message of size bytes from AppendEncoded, whose memory Release
// frees once it is written. It leaves as it is, and before what waits to be compressed: it is
// not for an outbox that compresses.
func (o *Outbox) PushEncoded(frames []byte, size int) {
	if o.count(size) {
		m := o.messages.add()
		m.payload, m.size = unsafe.String(unsafe.SliceData(frames), len(frames)), int64(size)
		m.opcode, m.rsv, m.owned, m.encoded = 0, 0, true, true
	}
}

// encodedFrame returns the next frame of an encoded message, from a place on. Each one but
// the last is as long as frames may be.
func (m *message) encodedFrame(offset int) Frame {
	const longest = wire.MaxHeader + maxFrame
	rest := m.payload[offset:]
	if len(rest) > longest {
		return Frame{Payload: rest[:longest], encoded: true, ends: -1}
	}
	return Frame{Fin: true, Payload: rest, encoded: true, ends: m.size, owned: m.payload}
}

// Direct returns the bytes that Fill would encode next, if they are many and encoded
// already, and the messages that end in them. They are good until the next Direct or Fill,
// and must not be written to.
func (e *Encoder) Direct() (piece []byte, done Tally) {
	if e.Empty() || !e.frames[e.next].isDirect(e.offset) {
		return nil, Tally{}
	}
	e.begins(true)
	frame := &e.frames[e.next]
	rest := frame.Payload[e.offset:]
	done = frame.endsWithin(e.offset, len(frame.Payload))
	e.next, e.inside, e.offset = e.next+1, false, 0
	return unsafe.Slice(unsafe.StringData(rest), len(rest)), done
}

func (f *Frame) isDirect(offset int) bool { return f.encoded && len(f.Payload)-offset >= direct }

// headerLen returns the length of a frame's header.
func headerLen(payload int, masked bool) int {
	var b [wire.MaxHeader]byte
	return len(wire.AppendHeader(b[:0], wire.Header{Masked: masked, Length: int64(payload)}))
}
