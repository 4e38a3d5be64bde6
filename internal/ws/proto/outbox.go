package proto

import (
	"unsafe"

	"github.com/tidewire/tidewire/internal/ws/wire"
)

const (
	// maxFrame is the longest frame that is written: a longer message leaves in several,
	// so that control frames pass between them (RFC 6455 §5.4).
	maxFrame = 1 << 20

	// maxPongs is how many answers to pings wait at most. A peer that sends more before
	// we get to write needs only the newest ones (RFC 6455 §5.5.3).
	maxPongs = 16
)

// Tally counts messages and the bytes of their payloads.
type Tally struct {
	Messages int
	Bytes    int64
}

func (t *Tally) add(u Tally) { t.Messages += u.Messages; t.Bytes += u.Bytes }
func (t *Tally) sub(u Tally) { t.Messages -= u.Messages; t.Bytes -= u.Bytes }

// Frame is one frame to write. Its payload is a reference, never a copy.
type Frame struct {
	Fin     bool
	RSV     byte // as in wire.Header
	Opcode  wire.Opcode
	Payload string

	ends int64 // payload bytes of the message that this frame ends; -1 if it ends none

	segment *segment // whose frames Payload is, as they leave; nil if it is one frame's payload
	encoded bool     // Payload is a whole frame, as it leaves
	owned   string   // the payload of the message that this frame ends, if it is to be freed
}

// Release gives the memory of frames back that have left the Encoder, and clears them. free
// takes the memory of PushOwned and PushEncoded; with nil it is garbage.
func Release(frames []Frame, free func([]byte)) {
	for i := range frames {
		f := &frames[i]
		if f.segment != nil {
			f.segment.free()
		}
		if f.owned != "" && free != nil {
			free(unsafe.Slice(unsafe.StringData(f.owned), len(f.owned)))
		}
	}
	clear(frames)
}

// Outbox holds messages and control frames to be written and hands them out in the order
// that RFC 6455 and good manners ask for:
//
//  1. the close frame that cannot wait: a failure's at once, the answer to the peer's
//     once the message being written is complete; messages queued after it are then
//     never written
//  2. pongs
//  3. our ping
//  4. messages in order, in frames of at most 1 MiB
//  5. the application's own close frame
//
// Nothing follows a close frame. An Outbox is not safe for concurrent use.
type Outbox struct {
	// Encodes says that short messages are encoded as a client's when they are pushed, or
	// when Packed brings them back.
	Encodes bool

	// Free takes the memory of PushOwned's messages that are encoded, brought back by Packed in
	// a shorter form, or not queued. nil leaves it to the collector.
	Free func([]byte)

	pongs []string
	ping  *string

	compresses bool     // Compress was called
	plain      messages // to be compressed
	messages   messages // to be handed out; they go before the plain ones
	offset     int      // bytes of the first of them that have been handed out

	close   *closeFrame // to be handed out
	urgency urgency     // of close
	closing bool        // nothing more is queued: a close frame is under way, or Clear was called
	sent    int         // the code of the close frame that was handed out; 0 before

	unsent Tally // pushed and not yet written
	held   Tally // of these, the ones that are queued here or in the writer's hands
}

// urgency is how long a close frame waits.
type urgency uint8

const (
	afterAll     urgency = iota // everything queued before it
	afterMessage                // the message that has been handed out in part
	atOnce
)

type closeFrame struct {
	code    int
	payload string
}

// Push queues a message after the others. Once a close frame is under way it only counts
// as unsent.
func (o *Outbox) Push(opcode wire.Opcode, payload string) { o.push(opcode, payload, false) }

// PushOwned is Push for a payload whose memory is freed as soon as it is not needed: by
// Release once the message is written, or by Free.
func (o *Outbox) PushOwned(opcode wire.Opcode, payload []byte) {
	o.push(opcode, unsafe.String(unsafe.SliceData(payload), len(payload)), true)
}

func (o *Outbox) push(opcode wire.Opcode, payload string, owned bool) {
	queued := o.count(len(payload))
	switch {
	case !queued:
		if owned {
			o.free(payload)
		}
	case o.compresses:
		o.plain.push(opcode, payload, owned)
	case o.isEncoded(len(payload)):
		o.encode(opcode, 0, payload, int64(len(payload)), owned)
	default:
		o.messages.push(opcode, payload, owned)
	}
}

// isEncoded reports whether a message of so many bytes is encoded as it is queued.
func (o *Outbox) isEncoded(bytes int) bool { return o.Encodes && bytes <= LargestEncoded }

// count counts a message that is pushed, and reports whether it is to be queued.
func (o *Outbox) count(bytes int) bool {
	size := Tally{1, int64(bytes)}
	o.unsent.add(size)
	if !o.closing {
		o.held.add(size)
	}
	return !o.closing
}

// PushBytes is Push for a payload that may change once it has returned.
func (o *Outbox) PushBytes(opcode wire.Opcode, payload []byte) {
	if o.closing || !o.compresses && o.isEncoded(len(payload)) {
		o.Push(opcode, unsafe.String(unsafe.SliceData(payload), len(payload))) // which keeps no reference
		return
	}
	o.Push(opcode, string(payload))
}

// Pong queues the answer to a ping with the given payload, which it copies. Beyond 16 the
// oldest one is dropped.
func (o *Outbox) Pong(payload []byte) {
	if len(o.pongs) == maxPongs {
		copy(o.pongs, o.pongs[1:])
		o.pongs = o.pongs[:maxPongs-1]
	}
	o.pongs = append(o.pongs, string(payload))
}

// Ping queues a ping of at most 125 bytes. It takes the place of one that still waits.
func (o *Outbox) Ping(payload string) { o.ping = &payload }

// PingWaits reports whether a ping has not been handed out yet.
func (o *Outbox) PingWaits() bool { return o.ping != nil }

// Compress makes messages leave compressed (RFC 7692), those that wait among them: each
// one waits until Plain has handed it out and Packed has brought it back. Called before
// the first Next, and before short messages are encoded.
func (o *Outbox) Compress() {
	o.compresses = true
	o.plain, o.messages = o.messages, messages{}
}

// Compresses reports whether Compress was called.
func (o *Outbox) Compresses() bool { return o.compresses }

// Plain returns the next message that is still to be compressed.
func (o *Outbox) Plain() (payload string, ok bool) {
	if o.plain.count == 0 || o.urgency != afterAll || o.sent != 0 {
		return "", false
	}
	return o.plain.front().payload, true
}

// Packed brings back the message that Plain handed out: compressed, or as it was if
// packed is nil, because compression does not pay. A packed message that is owned is as
// PushOwned's, another one may change once Packed has returned. Between the two calls the
// outbox may have been cleared: then the collector takes what is owned.
func (o *Outbox) Packed(packed []byte, owned bool) {
	if o.plain.count == 0 {
		return
	}
	m := *o.plain.front()
	o.plain.pop()
	if packed != nil {
		if m.owned {
			o.free(m.payload)
		}
		m.payload, m.rsv, m.owned = unsafe.String(unsafe.SliceData(packed), len(packed)), rsv1, owned
	}
	if o.isEncoded(len(m.payload)) {
		o.encode(m.opcode, m.rsv, m.payload, m.size, m.owned)
		return
	}
	if packed != nil && !owned {
		m.payload = string(packed)
	}
	*o.messages.add() = m
}

// encode queues a message that isEncoded, whose payload is not needed from then on. size is
// that from before it was compressed.
func (o *Outbox) encode(opcode wire.Opcode, rsv byte, payload string, size int64, owned bool) {
	o.messages.pushEncoded(opcode, rsv, payload, size)
	if owned {
		o.free(payload)
	}
}

func (o *Outbox) free(payload string) {
	if o.Free != nil && payload != "" {
		o.Free(unsafe.Slice(unsafe.StringData(payload), len(payload)))
	}
}

// Close queues the close frame that begins the closing handshake, after everything queued
// (RFC 6455 §7.1.2). It does nothing if a close frame is under way. The caller has
// checked code and reason.
func (o *Outbox) Close(code int, reason string) {
	if !o.closing {
		o.setClose(code, reason)
	}
}

// CloseNow puts a close frame before everything queued, to fail the connection (RFC 6455
// §7.1.7). It takes the place of a close frame that still waits; it does nothing if one
// has been handed out.
func (o *Outbox) CloseNow(code int, reason string) {
	if o.sent == 0 {
		o.setClose(code, reason)
		o.urgency = atOnce
	}
}

// Answer puts the answer to the peer's close frame after the message that has been handed
// out in part, if there is one, and before all others (RFC 6455 §5.5.1). A close frame of
// our own that still waits is the answer, with its own code; one that has been handed out
// needs no other.
func (o *Outbox) Answer(code int, reason string) {
	if !o.closing {
		o.setClose(code, reason)
	}
	o.urgency = max(o.urgency, afterMessage)
}

func (o *Outbox) setClose(code int, reason string) {
	o.close = &closeFrame{code, string(wire.AppendClose(nil, code, reason))}
	o.closing = true
}

// Next appends the next frames to be written, about maxBytes of them, one of any size at
// least if there is one.
func (o *Outbox) Next(frames []Frame, maxBytes int) []Frame {
	if o.sent != 0 {
		return frames
	}
	size := 0
	if o.urgency == afterAll {
		for _, payload := range o.pongs {
			frames = append(frames, Frame{Fin: true, Opcode: wire.Pong, Payload: payload, ends: -1})
			size += wire.MaxHeader + len(payload)
		}
		o.pongs = o.pongs[:0]
		if o.ping != nil {
			frames = append(frames, Frame{Fin: true, Opcode: wire.Ping, Payload: *o.ping, ends: -1})
			size += wire.MaxHeader + len(*o.ping)
			o.ping = nil
		}
	}
	for o.messageWaits() {
		frame := o.peekFrame()
		if len(frames) > 0 && size+wire.MaxHeader+len(frame.Payload) > maxBytes {
			return frames
		}
		o.takeFrame(frame)
		frames = append(frames, frame)
		size += wire.MaxHeader + len(frame.Payload)
	}
	if !o.closeWaits() {
		return frames
	}
	frames = append(frames, Frame{Fin: true, Opcode: wire.Close, Payload: o.close.payload, ends: -1})
	o.sent, o.close = o.close.code, nil
	return frames
}

// messageWaits reports whether a frame of a message goes before the close frame, if there
// is one.
func (o *Outbox) messageWaits() bool {
	switch o.urgency {
	case afterAll:
		return o.messages.count > 0
	case afterMessage:
		return o.offset > 0
	}
	return false
}

// closeWaits reports whether the close frame is next, all that goes before it having been
// handed out.
func (o *Outbox) closeWaits() bool {
	return o.close != nil && (o.urgency != afterAll || o.messages.count == 0 && o.plain.count == 0)
}

// peekFrame returns the next frame of the first message.
func (o *Outbox) peekFrame() Frame {
	m := o.messages.front()
	switch {
	case m.segment != nil:
		return Frame{Fin: true, Payload: m.segment.text(), segment: m.segment}
	case m.encoded:
		return m.encodedFrame(o.offset)
	}
	frame := Frame{Fin: true, RSV: m.rsv, Opcode: m.opcode, Payload: m.payload[o.offset:], ends: m.size}
	if o.offset > 0 {
		frame.Opcode, frame.RSV = wire.Continuation, 0
	}
	if len(frame.Payload) > maxFrame {
		frame.Fin, frame.Payload, frame.ends = false, frame.Payload[:maxFrame], -1
	} else if m.owned {
		frame.owned = m.payload
	}
	return frame
}

func (o *Outbox) takeFrame(frame Frame) {
	o.offset += len(frame.Payload)
	if frame.Fin {
		o.messages.pop()
		o.offset = 0
	}
}

// Wrote notes that the messages of done have been written completely.
func (o *Outbox) Wrote(done Tally) {
	o.unsent.sub(done)
	if o.held.Messages > 0 { // not cleared meanwhile
		o.held.sub(done)
	}
}

// Unsent counts the messages pushed and not written completely.
func (o *Outbox) Unsent() Tally { return o.unsent }

// Held counts the messages that take memory: those of Unsent that were not refused by
// Push or forgotten by Clear. The size is that before compression.
func (o *Outbox) Held() Tally { return o.held }

// Waits reports whether Next has something to hand out.
func (o *Outbox) Waits() bool {
	if o.sent != 0 {
		return false
	}
	if _, plain := o.Plain(); plain {
		return true
	}
	return o.close != nil || len(o.pongs) > 0 || o.ping != nil || o.messageWaits()
}

// WaitingBytes estimates how much Next would hand out in all, headers included, for the
// choice of a buffer.
func (o *Outbox) WaitingBytes() int64 {
	return o.held.Bytes + int64(wire.MaxHeader*(o.held.Messages+len(o.pongs)+2))
}

// SentCode returns the code of the close frame that Next handed out (1005 for one without
// a code), or 0.
func (o *Outbox) SentCode() int { return o.sent }

// Clear forgets the queued messages, to free their memory; they stay counted as unsent.
// Messages pushed from now on are counted only.
func (o *Outbox) Clear() {
	o.closing = true
	o.pongs, o.ping, o.plain, o.messages, o.offset = nil, nil, messages{}, messages{}, 0
	o.held = Tally{}
}
