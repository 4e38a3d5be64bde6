package engine

import (
	"slices"

	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/wire"
	"github.com/tidewire/tidewire/memory"
)

// parcel holds the messages of one read, in order, and their memory. Messages that do not
// fill the memory they came in move into a small parcel, which several reads share
// (inbox.packLocked).
type parcel struct {
	buf    []byte      // from allocBytes; the bytes that were fed
	isPack bool        // from newPack; constant
	found  proto.Batch // in buf; readLoop has seen to its control frames, and Dispatch passes them over
	delivery
}

// delivery is how far a parcel has come. It is guarded by the inbox's lock, once the parcel
// is there.
type delivery struct {
	admitted  int   // of the events: how many may be delivered
	delivered int   // of these: how many have been, or were passed over
	charged   int64 // to the account, payloads of their own included
	held      bool  // readLoop waits for room for the rest
	following *parcel
}

// keptEvents is how many events the list of a parcel may have room for that goes from one
// read to the next: as many as a block of 256 KiB holds of messages of 8 bytes.
const keptEvents = 26 << 10

// newParcel returns a parcel around bytes, or a copy of them unless they are in memory from
// allocBytes that is the parcel's now. It is not inlined into read, which would need more
// stack while it waits.
//
//go:noinline
func newParcel(buf []byte, ours bool) *parcel {
	if !ours {
		buf = append(allocBytes(len(buf)), buf...)
	}
	p := parcels.Get().(*parcel)
	p.buf = buf
	return p
}

// newPack returns a parcel to pack messages into, with memory from allocBytes.
func newPack(buf []byte) *parcel {
	p := packs.Get().(*parcel)
	p.buf, p.isPack = buf, true
	return p
}

// free gives the parcel's memory back, and its charge. Nobody may use the parcel from then
// on.
func (p *parcel) free(account *memory.Account) {
	account.Release(p.charged)
	for _, payload := range p.found.Owned {
		if payload != nil {
			freeBytes(payload)
		}
	}
	freeBytes(p.buf)
	p.found.Reset()
	p.buf, p.delivery = nil, delivery{}
	switch events := cap(p.found.Events); {
	case p.isPack && events <= mostPacked:
		packs.Put(p)
	case !p.isPack && events <= keptEvents:
		parcels.Put(p)
	}
}

// chargeOwned notes that the messages with memory of their own are charged: by the Reader's
// Alloc.
func (p *parcel) chargeOwned() {
	if len(p.found.Owned) == 0 {
		return
	}
	for _, event := range p.found.Events {
		if event.Owned && !event.Opcode.IsControl() {
			p.charged += int64(cap(p.found.Owned[event.Start]))
		}
	}
}

// shrink moves the bytes into a block that fits them: the parcel is kept for longer than
// expected, and they do not fill it.
func (p *parcel) shrink() {
	if blockBytes(len(p.buf)) < int64(cap(p.buf)) {
		smaller := append(allocBytes(len(p.buf)), p.buf...)
		freeBytes(p.buf)
		p.buf = smaller
	}
	p.shrinkList()
}

// shrinkList replaces the list by one for its events, unless it is full of them.
func (p *parcel) shrinkList() {
	if events := p.found.Events; cap(events) > 2*len(events) {
		p.found.Events = slices.Clone(events)
	}
}

// trim is shrinkList for a list that is larger than the block, from a flood of tiny
// messages. It is not inlined into put, whose frame is on the stack of most that a reader
// does.
//
//go:noinline
func (p *parcel) trim() {
	if listBytes(&p.found) > int64(cap(p.buf)) {
		p.shrinkList()
	}
}

// bytes is the memory of the parcel, without payloads that have their own.
func (p *parcel) bytes() int64 { return parcelBytes + int64(cap(p.buf)) + listBytes(&p.found) }

// fills reports whether the messages in the parcel's memory are worth its size. Other
// frames do not count: a server could send a byte among kilobytes of pongs, and the inbox
// would count a byte.
func (p *parcel) fills() bool {
	counted := Tally(p.found.Messages).counted()
	for _, payload := range p.found.Owned {
		counted -= int64(len(payload)) // at least: a control frame may be among them
	}
	return counted >= int64(cap(p.buf))/worth
}

// next returns the events that come next, up to n messages and about so many bytes of
// them, one of any size at least.
func (p *parcel) next(n int, bytes int64) []proto.Event {
	events, messages := p.found.Events[p.delivered:p.admitted], 0
	for i, event := range events {
		if event.Opcode.IsControl() {
			continue
		}
		bytes -= p.length(event)
		if messages == n || messages > 0 && bytes < 0 {
			return events[:i]
		}
		messages++
	}
	return events
}

// passControl passes over control frames that come next.
func (p *parcel) passControl() {
	for p.delivered < p.admitted && p.found.Events[p.delivered].Opcode.IsControl() {
		p.delivered++
	}
}

func (p *parcel) payload(event proto.Event) []byte { return p.found.Payload(event, p.buf) }

// length returns how many bytes the payload of an event has.
func (p *parcel) length(event proto.Event) int64 {
	if event.Owned {
		return int64(len(p.found.Owned[event.Start]))
	}
	return int64(event.Length)
}

// handsOver reports whether the message of an event has memory of its own that is worth
// to be kept: it may have been made for more than came.
func (p *parcel) handsOver(event proto.Event) bool {
	if !event.Owned {
		return false
	}
	payload := p.found.Owned[event.Start]
	return len(payload)+messageOverhead >= cap(payload)/worth
}

// hasRoom reports whether the parcel is a pack that takes a further message, which needs so
// many bytes.
func (p *parcel) hasRoom(need int64) bool {
	return p.isPack && int64(cap(p.buf)-len(p.buf)) >= need && len(p.found.Events) < mostPacked
}

// count counts the messages among events.
func (p *parcel) count(events []proto.Event) (t Tally) {
	for _, event := range events {
		if !event.Opcode.IsControl() {
			t.Messages++
			t.Bytes += p.length(event)
		}
	}
	return t
}

// remove takes out the next n events, and frees payloads of their own: those may be
// large, and the parcel may stay for long.
func (p *parcel) remove(n int, account *memory.Account) {
	if len(p.found.Owned) > 0 {
		for _, event := range p.found.Events[p.delivered : p.delivered+n] {
			if event.Owned {
				if payload := p.found.Owned[event.Start]; !event.Opcode.IsControl() {
					account.Release(int64(cap(payload)))
					p.charged -= int64(cap(payload))
					freeBytes(payload)
				}
				p.found.Owned[event.Start] = nil
			}
		}
	}
	p.delivered += n
}

// add copies a message into the parcel, or takes over its memory if that is worth it.
// There is room for it.
func (p *parcel) add(opcode wire.Opcode, payload []byte, owned bool) {
	event := proto.Event{Opcode: opcode, Owned: owned}
	if owned {
		p.charged += int64(cap(payload)) // which was charged already
		event.Start = uint32(len(p.found.Owned))
		p.found.Owned = append(p.found.Owned, payload)
	} else {
		event.Start, event.Length = uint32(len(p.buf)), uint32(len(payload))
		p.buf = append(p.buf, payload...)
	}
	p.found.Events = append(p.found.Events, event)
	p.admitted++
}
