package engine

import (
	"sync"
	"sync/atomic"

	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/wire"
	"github.com/tidewire/tidewire/memory"
)

// entry is a message in the inbox.
type entry struct {
	// payload lies in block. Dispatch reads it without the inbox's lock, and so must not
	// come by it through block.buf, whose length changes as readLoop copies the next
	// message behind.
	payload []byte
	block   *block
	kind    Kind
}

func (en entry) bytes() int64 { return int64(len(en.payload)) }

// inbox holds messages that a connection has received and the script has not yet seen. It
// is bounded: when a message does not fit, readLoop waits in put until half of the room
// is free, so that TCP holds the peer back; an empty inbox takes one message of any size.
// The opening and the terminal event need no room.
type inbox struct {
	limit       int64        // in bytes, each message counted with messageOverhead; constant
	closeCalled *atomic.Bool // the connection's: from then on messages are dropped and counted; constant

	mu   sync.Mutex // leaf; guards the fields below
	room sync.Cond  // readLoop waits here; signalled when there is room, or no need for any

	entries []entry // from head on
	head    int
	list    *[]entry // in which entries goes back to the pool without an allocation; nil unless borrowed
	inHand  int      // of these, how many Dispatch is delivering
	counted int64    // what the entries count towards limit
	memory  memory.Share
	tail    *block
	full    bool // readLoop waits for room
	dropped Tally

	awaited   bool // readLoop waits until everything is delivered
	awaitOver bool // stopAwaiting was called: readLoop waits no longer
	resting   bool // readLoop waits until a flood of control frames has been read at the pace

	openPending bool // the opening event waits before the entries
	endPending  bool // the terminal event waits behind the entries
	scheduled   bool // in the ready list, or in Dispatch's hands
}

// entryLists are lent to inboxes: one that is empty holds none, and a busy one does not
// grow another one with each read.
var entryLists = sync.Pool{New: func() any { return new([]entry) }}

func (in *inbox) init(limit int64, account *memory.Account, closeCalled *atomic.Bool) {
	in.limit, in.memory, in.closeCalled = limit, account.Share(), closeCalled
	in.room.L = &in.mu
}

// putOpened puts the opening event in and reports whether the connection must enter the
// ready list.
func (in *inbox) putOpened() (schedule bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.openPending = !in.closeCalled.Load()
	return in.scheduleLocked()
}

// putEnd puts the terminal event in, which counts lost messages as dropped, and reports
// whether the connection must enter the ready list.
func (in *inbox) putEnd(lost Tally) (schedule bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.endPending = true
	in.dropped.Messages += lost.Messages
	in.dropped.Bytes += lost.Bytes
	in.room.Broadcast()
	return in.scheduleLocked()
}

// put queues messages in order. If from is not nil their payloads lie in it, and put
// keeps it as long as need be when it is worth it; otherwise they are copied, except
// owned ones that fill their memory. It waits while there is no room, calls schedule each
// time the connection must enter the ready list, with the lock free, and reports whether
// it waited.
func (in *inbox) put(events []proto.Event, from *block, schedule func()) (waited bool) {
	in.mu.Lock()
	for _, event := range events {
		n := int64(len(event.Data))
		for in.counted > 0 && (in.full || in.counted+n+messageOverhead > in.limit) && !in.closeCalled.Load() {
			in.full, waited = true, true
			in.memory.Set(in.counted)
			if in.scheduleLocked() {
				in.mu.Unlock()
				schedule()
				in.mu.Lock()
				continue
			}
			in.room.Wait()
		}
		if in.closeCalled.Load() {
			in.dropped.Messages++
			in.dropped.Bytes += n
			if event.Owned {
				freeBytes(event.Data)
			}
			continue
		}
		if in.list == nil {
			in.list = entryLists.Get().(*[]entry)
			in.entries = *in.list
		}
		in.entries = append(in.entries, in.place(event, from))
		in.counted += n + messageOverhead
	}
	in.memory.Set(in.counted)
	enter := in.scheduleLocked()
	in.mu.Unlock()
	if enter {
		schedule()
	}
	return waited
}

// place finds a home for an event's payload.
func (in *inbox) place(event proto.Event, from *block) entry {
	en := entry{kind: Binary}
	if event.Opcode == wire.Text {
		en.kind = Text
	}
	switch {
	case event.Owned && len(event.Data)+messageOverhead >= cap(event.Data)/4:
		en.block, en.payload = wrapBlock(event.Data), event.Data
	case from != nil && !event.Owned:
		en.block, en.payload = from, event.Data // which is a part of from.buf
	default:
		if in.tail == nil || cap(in.tail.buf)-len(in.tail.buf) < len(event.Data) {
			in.newTail(len(event.Data))
		}
		start := len(in.tail.buf)
		in.tail.buf = append(in.tail.buf, event.Data...)
		en.block, en.payload = in.tail, in.tail.buf[start:]
		if event.Owned { // its memory was made for more than came
			freeBytes(event.Data)
		}
	}
	en.payload = en.payload[:len(en.payload):len(en.payload)]
	en.block.pending++
	return en
}

// newTail begins a small block for copies, the larger the more is waiting.
func (in *inbox) newTail(n int) {
	if in.tail != nil && in.tail.pending == 0 {
		in.tail.free()
	}
	in.tail = newBlock(max(n, int(min(in.counted, largestTail))))
}

// hold keeps b while readLoop looks at it, until release.
func (in *inbox) hold(b *block) {
	in.mu.Lock()
	b.pending++
	in.mu.Unlock()
}

func (in *inbox) release(b *block) {
	in.mu.Lock()
	in.releaseLocked(b)
	in.mu.Unlock()
}

// take copies the next messages into batch for Dispatch to deliver, at most n and about
// turnBytes of them, one of any size at least. They stay in the inbox until settle.
func (in *inbox) take(batch []entry, n int) []entry {
	in.mu.Lock()
	defer in.mu.Unlock()
	size := int64(0)
	for _, en := range in.entries[in.head:] {
		size += en.bytes()
		if len(batch) == n || len(batch) > 0 && size > turnBytes {
			break
		}
		batch = append(batch, en)
	}
	in.inHand = len(batch)
	return batch
}

// settle takes the first n messages in hand out of the inbox as delivered. If the script
// closed the connection meanwhile the rest in hand is dropped; otherwise it stays.
func (in *inbox) settle(n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.inHand = 0
	in.removeLocked(n)
	if in.closeCalled.Load() {
		in.dropBehindLocked(0)
	}
	in.memory.Set(in.counted)
	if in.full && in.counted <= in.limit/2 {
		in.full = false
		in.room.Broadcast()
	}
}

// discard drops the events that wait, except messages in Dispatch's hands and the
// terminal event. closeCalled is set by then.
func (in *inbox) discard() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.openPending = false
	in.dropBehindLocked(in.inHand)
	in.memory.Set(in.counted)
	in.room.Broadcast()
}

// takeOpen reports once whether the opening event is to be delivered.
func (in *inbox) takeOpen() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	pending := in.openPending
	in.openPending = false
	return pending
}

// waiting is what a connection has to deliver when Dispatch has given it a turn.
type waiting uint8

const (
	nothingWaits waiting = iota // the next event enters the connection into the ready list again
	eventsWait                  // the opening event, or messages
	endWaits                    // the terminal event and nothing before it
)

// afterTurn is called when Dispatch has given the connection a turn.
func (in *inbox) afterTurn() waiting {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.openPending || in.head < len(in.entries):
		return eventsWait
	case in.endPending:
		return endWaits
	}
	in.scheduled = false
	if in.awaited {
		in.room.Broadcast()
	}
	return nothingWaits
}

// tally counts the messages that wait, and those dropped so far.
func (in *inbox) tally() (undelivered, dropped Tally) {
	in.mu.Lock()
	defer in.mu.Unlock()
	undelivered.Messages = len(in.entries) - in.head
	undelivered.Bytes = in.counted - int64(undelivered.Messages)*messageOverhead
	return undelivered, in.dropped
}

// awaitDelivery waits until everything is delivered and the last handler has returned,
// until Close is called, or until stopAwaiting is. Called by readLoop alone.
func (in *inbox) awaitDelivery() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.awaited = true
	for in.scheduled && !in.awaitOver && !in.closeCalled.Load() {
		in.room.Wait()
	}
	in.awaited = false
}

// stopAwaiting makes awaitDelivery return.
func (in *inbox) stopAwaiting() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.awaitOver = true
	in.room.Broadcast()
}

// isPaused reports whether nothing is read for now: until the script has seen the messages
// that wait, or because the peer is held back.
func (in *inbox) isPaused() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return (in.full || in.awaited || in.resting) && !in.closeCalled.Load()
}

func (in *inbox) scheduleLocked() bool {
	if in.scheduled || !in.openPending && !in.endPending && in.head == len(in.entries) {
		return false
	}
	in.scheduled = true
	return true
}

// removeLocked removes the first n messages.
func (in *inbox) removeLocked(n int) {
	for i := in.head; i < in.head+n; i++ {
		in.letGo(in.entries[i])
		in.entries[i] = entry{}
	}
	in.head += n
	if in.head > len(in.entries)/2 && in.head < len(in.entries) {
		waiting := copy(in.entries, in.entries[in.head:])
		clear(in.entries[waiting:])
		in.entries, in.head = in.entries[:waiting], 0
	}
	in.giveBackLocked()
}

// dropBehindLocked removes every message behind the first n, and counts them as dropped.
func (in *inbox) dropBehindLocked(n int) {
	behind := in.entries[in.head+n:]
	for _, en := range behind {
		in.dropped.Messages++
		in.dropped.Bytes += en.bytes()
		in.letGo(en)
	}
	clear(behind)
	in.entries = in.entries[:in.head+n]
	in.giveBackLocked()
}

// giveBackLocked gives back the memory of an inbox in which no message is left.
func (in *inbox) giveBackLocked() {
	if in.head < len(in.entries) {
		return
	}
	if in.list != nil {
		*in.list = in.entries[:0]
		entryLists.Put(in.list)
		in.list, in.entries, in.head = nil, nil, 0
	}
	if in.tail != nil && in.tail.pending == 0 {
		in.tail.free()
		in.tail = nil
	}
}

func (in *inbox) letGo(en entry) {
	in.counted -= en.bytes() + messageOverhead
	in.releaseLocked(en.block)
}

func (in *inbox) releaseLocked(b *block) {
	b.pending--
	if b.pending == 0 && b != in.tail {
		b.free()
	}
}
