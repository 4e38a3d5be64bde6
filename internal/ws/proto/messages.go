package proto

import (
	"sync"

	"github.com/tidewire/tidewire/internal/ws/wire"
)

// message is one that waits to be written; or a segment of several, and then it has none
// of the other fields.
type message struct {
	payload string
	size    int64 // of the payload before it was compressed
	segment *segment
	opcode  wire.Opcode
	rsv     byte
	owned   bool // the payload's memory is to be freed
	encoded bool // payload is the frames, as they leave
}

// messages is a queue of messages. It has pages of one size, which go from one queue to
// the next: a queue that grows copies nothing, one that fills and empties all the time
// makes no garbage and stays in the processor's cache, and an empty one holds no page.
type messages struct {
	first, last *page
	count       int
	keys        *maskingKeys // nil while nothing that pushEncoded has added is here
}

// page is a part of the queue: the messages from head on, up to tail.
type page struct {
	next       *page
	head, tail int
	messages   [32]message
}

var pages = sync.Pool{New: func() any { return new(page) }}

func (q *messages) push(opcode wire.Opcode, payload string, owned bool) {
	m := q.add()
	m.payload, m.size, m.opcode, m.rsv, m.owned = payload, int64(len(payload)), opcode, 0, owned
	m.encoded = false
}

// pushEncoded puts in a short message, which is encoded into the last segment. size is that
// of its payload before it was compressed.
func (q *messages) pushEncoded(opcode wire.Opcode, rsv byte, payload string, size int64) {
	var last *segment
	if q.count > 0 {
		last = q.last.messages[q.last.tail-1].segment
	}
	if last == nil || !last.fits(len(payload)) {
		last = newSegment()
		q.add().segment = last
	}
	if q.keys == nil {
		q.keys = borrowKeys()
	}
	last.add(wire.Header{Fin: true, RSV: rsv, Opcode: opcode, Masked: true, Key: q.keys.next(),
		Length: int64(len(payload))}, payload, size)
}

// add adds an entry, whose fields are to be set.
func (q *messages) add() *message {
	p := q.last
	if p == nil || p.tail == len(p.messages) {
		p = q.grow()
	}
	p.tail++
	q.count++
	return &p.messages[p.tail-1]
}

// grow adds a page.
func (q *messages) grow() *page {
	p := pages.Get().(*page)
	if q.last == nil {
		q.first = p
	} else {
		q.last.next = p
	}
	q.last = p
	return p
}

// front returns the first message. There is one.
func (q *messages) front() *message { return &q.first.messages[q.first.head] }

// pop removes the first message. There is one.
func (q *messages) pop() {
	p := q.first
	p.messages[p.head].payload, p.messages[p.head].segment = "", nil // drops the references
	p.head++
	if q.count--; q.count == 0 && q.keys != nil {
		q.keys.giveBack()
		q.keys = nil
	}
	if p.head < p.tail {
		return
	}
	q.first = p.next
	if q.first == nil {
		q.last = nil
	}
	p.next, p.head, p.tail = nil, 0, 0
	pages.Put(p)
}
