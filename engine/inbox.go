package engine

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/memory"
)

// inbox holds messages that a connection has received and Dispatch has not delivered. It
// is bounded: when a message does not fit, readLoop waits in put until half of the room
// is free, so that TCP holds the peer back; an empty inbox takes one message of any size.
// The opening and the terminal event need no room.
type inbox struct {
	limit       int64           // in bytes, each message counted with messageOverhead; constant
	account     *memory.Account // is charged for the parcels; constant
	closeCalled *atomic.Bool    // the connection's: from then on messages are dropped and counted; constant
	onHold      atomic.Bool     // nothing is delivered, not even the terminal event; written under mu

	mu   sync.Mutex // leaf; guards the fields below
	room condition  // readLoop waits here; signalled when there is room, or no need for any

	first, last *parcel // messages wait in; the next event of the first one is one
	inHand      int     // how many of first's events Dispatch is delivering
	waiting     Tally   // messages, those in hand included
	dropped     Tally

	full      bool // readLoop waits for room
	awaited   bool // readLoop waits until everything is delivered
	awaitOver bool // stopAwaiting was called: readLoop waits no longer
	pausing   bool // readLoop is in pauseReading

	drained     drained // waits before the messages, and is delivered on hold, too
	openPending bool    // the opening event waits before the messages
	endPending  bool    // the terminal event waits after the messages
	scheduled   bool    // in the ready list, or in Dispatch's hands
}

// drained is a Drained event that waits, or none.
type drained uint8

const (
	notDrained drained = iota
	drainedToMark
	drainedForGood // over
)

const (
	// smallestKept is the smallest memory that a parcel keeps for itself: with less
	// memory the parcel would be the larger part.
	smallestKept = 1 << 10

	// largestPacked is the largest memory for messages that are packed together, and
	// mostPacked how many of them that may be.
	largestPacked = 16 << 10
	mostPacked    = 1 << 10

	// worth is how many times as large as its counted messages a block may be that is kept
	// for them. The account has the block, so defaults of a quarter of it hold what they
	// count.
	worth = 2
)

func (in *inbox) init(limit int64, account *memory.Account, closeCalled *atomic.Bool) {
	in.limit, in.account, in.closeCalled = limit, account, closeCalled
}

// putOpened puts the opening event in and reports whether the connection must enter the
// ready list.
func (in *inbox) putOpened() (schedule bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.openPending = !in.closeCalled.Load()
	return in.scheduleLocked()
}

// putDrained puts a Drained event in and reports whether the connection must enter the
// ready list.
func (in *inbox) putDrained(over bool) (schedule bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.setDrainedLocked(over)
	return in.scheduleLocked()
}

func (in *inbox) setDrainedLocked(over bool) {
	in.drained = max(in.drained, drainedToMark)
	if over {
		in.drained = drainedForGood
	}
}

// putEnd puts the terminal event in, which counts lost messages as dropped, and reports
// whether the connection must enter the ready list. marked says that a Drained event
// comes before it.
func (in *inbox) putEnd(lost Tally, marked bool) (schedule bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if marked {
		in.setDrainedLocked(true)
	}
	in.endPending = true
	in.dropped.add(lost)
	in.room.Broadcast()
	return in.scheduleLocked()
}

// put takes a parcel over. It waits while there is no room for the next message, calls
// schedule each time the connection must enter the ready list, with the lock free, and
// reports whether it waited. The error is of rule.Memory: from some message on they did not
// fit into the account and were dropped.
func (in *inbox) put(p *parcel, schedule func()) (waited bool, err error) {
	if p.found.Messages.Messages == 0 {
		p.free(in.account)
		return false, nil
	}
	p.chargeOwned()
	keep := cap(p.buf) >= smallestKept && p.fills()
	if keep {
		p.trim()
	}
	in.mu.Lock()
	fits := !in.full && in.countedLocked()+Tally(p.found.Messages).counted() <= in.limit
	switch {
	case in.closeCalled.Load():
		in.dropped.add(Tally(p.found.Messages))
		p.free(in.account)
	case fits && keep && in.chargeLocked(p) == nil:
		in.appendLocked(p)
		p.admitted = len(p.found.Events)
		in.waiting.add(Tally(p.found.Messages))
	case fits:
		_, err = in.packLocked(p, schedule)
	default:
		p.shrink()
		switch err = in.chargeLocked(p); {
		case err != nil:
			in.dropped.add(Tally(p.found.Messages))
			p.free(in.account)
		case keep:
			waited = in.admitLocked(p, schedule)
		default:
			waited, err = in.packLocked(p, schedule)
		}
	}
	enter := in.scheduleLocked()
	in.mu.Unlock()
	if enter {
		schedule()
	}
	return waited, err
}

// chargeLocked charges for a parcel that stays.
func (in *inbox) chargeLocked(p *parcel) error {
	bytes := p.bytes()
	if err := in.account.Charge(bytes); err != nil {
		return noMemory(err)
	}
	p.charged += bytes
	return nil
}

// appendLocked puts a parcel in.
func (in *inbox) appendLocked(p *parcel) {
	if in.last == nil {
		in.first = p
	} else {
		in.last.following = p
	}
	in.last = p
}

// admitLocked puts in a parcel, and lets one message after the other be delivered.
func (in *inbox) admitLocked(p *parcel, schedule func()) (waited bool) {
	in.appendLocked(p)
	p.held = true
	for i, event := range p.found.Events {
		if !event.Opcode.IsControl() {
			message := Tally{1, p.length(event)}
			waited = in.awaitRoomLocked(message, schedule) || waited
			if in.closeCalled.Load() {
				in.dropped.add(p.count(p.found.Events[i:]))
				break
			}
			in.waiting.add(message)
		}
		p.admitted = i + 1
	}
	p.held = false
	in.freeDoneLocked()
	return waited
}

// packLocked moves the messages of a parcel into one that takes little memory, and frees
// it.
func (in *inbox) packLocked(p *parcel, schedule func()) (waited bool, err error) {
	for i, event := range p.found.Events {
		if event.Opcode.IsControl() {
			continue
		}
		need := p.length(event)
		waited = in.awaitRoomLocked(Tally{1, need}, schedule) || waited
		if in.closeCalled.Load() {
			in.dropped.add(p.count(p.found.Events[i:]))
			break
		}
		if p.handsOver(event) {
			need = 0
		}
		if in.last == nil || !in.last.hasRoom(need) {
			if err = in.newPackLocked(int(need)); err != nil {
				in.dropped.add(p.count(p.found.Events[i:]))
				break
			}
		}
		if len(in.last.found.Events) == cap(in.last.found.Events) {
			in.lengthenLocked()
		}
		in.packOneLocked(p, event)
	}
	p.free(in.account)
	return waited, err
}

// packOneLocked moves a message of a parcel into the last one, which has room for it.
func (in *inbox) packOneLocked(p *parcel, event proto.Event) {
	payload, owned := p.payload(event), p.handsOver(event)
	if owned {
		p.found.Owned[event.Start] = nil
		p.charged -= int64(cap(payload))
	}
	in.last.add(event.Opcode, payload, owned)
	in.waiting.add(Tally{1, int64(len(payload))})
}

// lengthenLocked makes the last parcel's list longer, which has at most mostPacked events.
func (in *inbox) lengthenLocked() {
	found := &in.last.found
	before := listBytes(found)
	found.Events = slices.Grow(found.Events, 1)
	grown := listBytes(found) - before
	in.account.Take(grown)
	in.last.charged += grown
}

// newPackLocked begins a parcel to pack messages into, the next of which needs so many
// bytes.
func (in *inbox) newPackLocked(need int) error {
	pack := newPack(allocBytes(max(need, int(min(in.countedLocked(), largestPacked)))))
	err := in.chargeLocked(pack)
	if err != nil && int64(cap(pack.buf)) > blockBytes(need) {
		freeBytes(pack.buf)
		pack.buf = allocBytes(need)
		err = in.chargeLocked(pack)
	}
	if err != nil {
		pack.free(in.account)
		return err
	}
	in.appendLocked(pack)
	return nil
}

// awaitRoomLocked waits until a message fits, or until Close is called, and reports
// whether it had to.
func (in *inbox) awaitRoomLocked(message Tally, schedule func()) (waited bool) {
	for in.waiting.Messages > 0 && (in.full || in.countedLocked()+message.counted() > in.limit) && !in.closeCalled.Load() {
		in.full, waited = true, true
		if in.scheduleLocked() {
			in.mu.Unlock()
			schedule()
			in.mu.Lock()
			continue
		}
		in.room.Wait(&in.mu)
	}
	return waited
}

func (in *inbox) countedLocked() int64 { return in.waiting.counted() }

// hand holds the events of a parcel that Dispatch is delivering. It looks at them without
// the inbox's lock, and so must not come by them through the parcel, which may grow.
type hand struct {
	found proto.Batch
	buf   []byte
}

// take gives Dispatch messages to deliver, at most n and about bytes of them, one of any
// size at least; none if none wait. They stay in the inbox until settle.
func (in *inbox) take(n int, bytes int64) hand {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.waiting.Messages == 0 || in.onHold.Load() {
		return hand{}
	}
	return in.takeLocked(n, bytes)
}

// takeOnHold is take for one message of an inbox on hold, unless Dispatch has some in
// hand or the opening event is not delivered.
func (in *inbox) takeOnHold() hand {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.waiting.Messages == 0 || !in.onHold.Load() || in.inHand > 0 || in.openPending {
		return hand{}
	}
	return in.takeLocked(1, math.MaxInt64)
}

func (in *inbox) takeLocked(n int, bytes int64) hand {
	p := in.first // whose next event is a message
	events := p.next(n, bytes)
	in.inHand = len(events)
	return hand{proto.Batch{Events: events, Owned: p.found.Owned}, p.buf}
}

// settle takes the first n events in hand out of the inbox, as delivered; done are the
// messages among them. If Close was called meanwhile all others are dropped; otherwise
// they stay.
func (in *inbox) settle(n int, done Tally) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if n > 0 {
		in.first.remove(n, in.account)
		in.waiting.sub(done)
	}
	in.inHand = 0
	if in.closeCalled.Load() {
		in.dropLocked()
	}
	in.freeDoneLocked()
	if in.full && in.countedLocked() <= in.limit/2 {
		in.full = false
		in.room.Broadcast()
	}
	if in.awaited && !in.undeliveredLocked() {
		in.room.Broadcast()
	}
}

// discard drops the events that wait, except messages in Dispatch's hands and the
// terminal event. closeCalled is set by then.
func (in *inbox) discard() (schedule bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.onHold.Store(false)
	in.openPending = false
	in.dropLocked()
	in.freeDoneLocked()
	in.room.Broadcast()
	return in.scheduleLocked()
}

// hold stops the delivery, until resume or discard. An event in Dispatch's hands is
// delivered.
func (in *inbox) hold() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.onHold.Store(!in.closeCalled.Load())
}

// resume reports whether the connection must enter the ready list.
func (in *inbox) resume() (schedule bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.onHold.Store(false)
	in.room.Broadcast()
	return in.scheduleLocked()
}

// dropLocked counts every message that is not in Dispatch's hands as dropped.
func (in *inbox) dropLocked() {
	inHand := in.inHand // in the first parcel
	for p := in.first; p != nil; p = p.following {
		kept := p.delivered + inHand
		lost := p.count(p.found.Events[kept:p.admitted])
		p.admitted, inHand = kept, 0
		in.dropped.add(lost)
		in.waiting.sub(lost)
	}
}

// freeDoneLocked frees the first parcels, as far as they are delivered, so that the next
// event of the first one left is a message, unless none waits.
func (in *inbox) freeDoneLocked() {
	for p := in.first; p != nil && in.inHand == 0; p = in.first {
		p.passControl()
		if p.delivered < p.admitted || p.held {
			return
		}
		in.first = p.following
		if in.first == nil {
			in.last = nil
		}
		p.free(in.account)
	}
}

// takeNotices returns once which events before the messages are to be delivered.
func (in *inbox) takeNotices() (drained drained, open bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	drained, in.drained = in.drained, notDrained
	if in.onHold.Load() {
		return drained, false
	}
	open, in.openPending = in.openPending, false
	return drained, open
}

// contents says which events wait in an inbox.
type contents uint8

const (
	nothingWaits contents = iota
	eventsWait            // the opening event, or messages
	endWaits              // the terminal event and nothing before it
)

// afterTurn is called when Dispatch has given the connection a turn. Once nothing waits,
// the next event enters the connection into the ready list again.
func (in *inbox) afterTurn() contents {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.drained != notDrained:
		return eventsWait
	case in.onHold.Load():
		// resume or discard enters the connection into the ready list again.
	case in.openPending || in.waiting.Messages > 0:
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
	return in.waiting, in.dropped
}

// awaitDelivery waits until everything is delivered and the last handler has returned,
// until Close is called, or until stopAwaiting is. Called by readLoop alone.
func (in *inbox) awaitDelivery() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.awaited = true
	for in.undeliveredLocked() && !in.awaitOver && !in.closeCalled.Load() {
		in.room.Wait(&in.mu)
	}
	in.awaited = false
}

// undeliveredLocked reports whether something waits, or a handler is being called.
func (in *inbox) undeliveredLocked() bool {
	return in.scheduled || in.onHold.Load() && (in.openPending || in.waiting.Messages > 0)
}

// stopAwaiting makes awaitDelivery return.
func (in *inbox) stopAwaiting() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.awaitOver = true
	in.room.Broadcast()
}

// isPaused reports whether nothing is read for now: until the messages that wait are
// delivered, or because the peer is held back.
func (in *inbox) isPaused() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return (in.full || in.awaited || in.pausing) && !in.closeCalled.Load()
}

func (in *inbox) scheduleLocked() bool {
	if in.scheduled || in.drained == notDrained &&
		(in.onHold.Load() || !in.openPending && !in.endPending && in.waiting.Messages == 0) {
		return false
	}
	in.scheduled = true
	return true
}
