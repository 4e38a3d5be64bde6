package proto

import "github.com/tidewire/tidewire/internal/ws/wire"

// Event is a whole message or a control frame that a peer sent. It has the payload's
// place and no pointer, so that the collector skips a list of thousands; Batch.Payload
// finds the bytes.
type Event struct {
	Opcode wire.Opcode // Text, Binary, Ping, Pong or Close

	// Owned: the payload is memory of its own, made by ReaderOptions.Alloc if it is a
	// message's, and the receiver's now: the one at Start in Batch.Owned. Otherwise it is
	// in the bytes that were fed, from Start on.
	Owned bool

	Start, Length uint32 // Length only if it is not Owned
}

// Batch has the events that a Reader has found in the bytes that it was fed, in order.
type Batch struct {
	Events   []Event
	Owned    [][]byte
	Messages Tally // that are among the events
}

// Controls returns how many control frames are among the events.
func (b *Batch) Controls() int { return len(b.Events) - b.Messages.Messages }

// Payload returns an event's payload, whose capacity ends with it. fed has the bytes
// that were fed, in the same place or another.
func (b *Batch) Payload(event Event, fed []byte) []byte {
	if event.Owned {
		return b.Owned[event.Start]
	}
	end := event.Start + event.Length
	return fed[event.Start:end:end]
}

// Reset empties the batch, and keeps its memory for the next one.
func (b *Batch) Reset() {
	clear(b.Owned)
	b.Events, b.Owned, b.Messages = b.Events[:0], b.Owned[:0], Tally{}
}

// found adds an event whose payload is in the bytes fed.
func (b *Batch) found(opcode wire.Opcode, start, length int) {
	b.Events = append(b.Events, Event{Opcode: opcode, Start: uint32(start), Length: uint32(length)})
	b.count(opcode, length)
}

// made adds an event with memory of its own.
func (b *Batch) made(opcode wire.Opcode, payload []byte) {
	b.Events = append(b.Events, Event{Opcode: opcode, Owned: true, Start: uint32(len(b.Owned))})
	b.Owned = append(b.Owned, payload)
	b.count(opcode, len(payload))
}

func (b *Batch) count(opcode wire.Opcode, length int) {
	if !opcode.IsControl() {
		b.Messages.add(Tally{1, int64(length)})
	}
}
