package client

import (
	"io"
	"sync"
)

// A batch ends at so many messages or bytes.
const (
	batchMessages = 128
	batchBytes    = 256 << 10
)

// batchesOut is how many batches of a connection may wait for the App.
const batchesOut = 2

// Buffers of messages larger than largeBytes are shared by all connections, and keptBytes
// of them are kept.
const (
	largeBytes = 64 << 10
	keptBytes  = 64 << 20
)

// A Message is one message in a Queue.
type Message struct {
	Connection int
	Data       []byte
	Held       io.Closer // gives back the memory of Data if that is a library's
}

// A Queue hands messages from the readers of all connections to one goroutine, in
// batches. It is the best that an engine-shaped program around a library can do: one lock
// for many messages, and buffers that are used again.
type Queue struct {
	mu      sync.Mutex // leaf; guards the fields below
	some    *sync.Cond // a batch waits, a reader has failed, or a frame is due
	free    *sync.Cond // a batch has come back
	waiting []*batch
	large   [][]byte
	kept    int  // bytes of large
	frame   bool // one is due
	err     error
}

type batch struct {
	feed     *Feed
	messages []Message
	bytes    int
}

// NewQueue returns an empty Queue.
func NewQueue() *Queue {
	q := new(Queue)
	q.some, q.free = sync.NewCond(&q.mu), sync.NewCond(&q.mu)
	return q
}

// A Feed is one connection's end of a Queue. It belongs to the goroutine that reads.
type Feed struct {
	queue      *Queue
	connection int
	batch      *batch
	last       int // Read: the length of the last message, and a byte

	// Guarded by queue.mu:
	back []*batch // empty, ready to be used again
	out  int      // batches that wait for the App or are with it
}

// Feed returns the end for a connection.
func (q *Queue) Feed(connection int) *Feed { return &Feed{queue: q, connection: connection} }

// Buffer returns a buffer of n bytes for the next message, one that was used before if
// it can. Add takes it back.
func (f *Feed) Buffer(n int) []byte {
	if n > largeBytes {
		return f.queue.largeBuffer(n)
	}
	if f.batch == nil {
		f.batch = f.queue.batch(f)
	}
	if used := len(f.batch.messages); used < cap(f.batch.messages) {
		slot := &f.batch.messages[:used+1][used]
		if data := slot.Data; cap(data) >= n {
			slot.Data = nil
			return data[:n]
		}
	}
	return make([]byte, n, max(n, 64))
}

// Read reads a message to its end.
func (f *Feed) Read(r io.Reader) error {
	data := f.Buffer(max(f.last, 512))[:0]
	for {
		if len(data) == cap(data) {
			more := f.Buffer(2 * len(data))
			data = more[:copy(more, data)]
		}
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			f.last = len(data) + 1 // the end is noticed without growing
			f.Add(data)
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Add adds a whole message in a buffer of Buffer's. It waits while the queue is full.
func (f *Feed) Add(data []byte) { f.Hold(data, nil) }

// Hold adds a whole message in memory of a library.
func (f *Feed) Hold(data []byte, held io.Closer) {
	if f.batch == nil {
		f.batch = f.queue.batch(f)
	}
	b := f.batch
	b.messages = append(b.messages, Message{Connection: f.connection, Data: data, Held: held})
	b.bytes += len(data)
	if len(b.messages) >= batchMessages || b.bytes >= batchBytes {
		f.Hand()
	}
}

// batch returns an empty batch, one that was used before if there is one.
func (q *Queue) batch(f *Feed) *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(f.back); n > 0 {
		b := f.back[n-1]
		f.back = f.back[:n-1]
		return b
	}
	return &batch{feed: f}
}

// Hand hands the batch over. It waits while too many wait already.
func (f *Feed) Hand() {
	b := f.batch
	if b == nil || len(b.messages) == 0 {
		return
	}
	f.batch = nil
	q := f.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	for f.out >= batchesOut {
		q.free.Wait()
	}
	f.out++
	q.waiting = append(q.waiting, b)
	if len(q.waiting) == 1 {
		q.some.Signal()
	}
}

// Fail makes Take return an error.
func (f *Feed) Fail(err error) {
	q := f.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
	}
	q.some.Signal()
}

// wake makes take return without batches, for a frame.
func (q *Queue) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.frame = true
	q.some.Signal()
}

// take waits for batches and returns all, in the room of spare; none if a frame is due.
// The error comes after the last of them.
func (q *Queue) take(spare []*batch) ([]*batch, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && q.err == nil && !q.frame {
		q.some.Wait()
	}
	q.frame = false
	if len(q.waiting) == 0 {
		return nil, q.err
	}
	taken := q.waiting
	q.waiting = spare[:0]
	return taken, nil
}

// giveBack makes a batch's buffers ready to be used again.
func (q *Queue) giveBack(b *batch) error {
	for i := range b.messages {
		m := &b.messages[i]
		if m.Held != nil {
			if err := m.Held.Close(); err != nil {
				return err
			}
			m.Data, m.Held = nil, nil
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if b.bytes > largeBytes {
		q.keepLarge(b)
	}
	b.messages, b.bytes = b.messages[:0], 0
	f := b.feed
	f.out--
	f.back = append(f.back, b)
	if f.out == batchesOut-1 {
		q.free.Broadcast()
	}
	return nil
}

func (q *Queue) keepLarge(b *batch) {
	for i := range b.messages {
		if data := b.messages[i].Data; cap(data) > largeBytes {
			b.messages[i].Data = nil
			if q.kept+cap(data) <= keptBytes {
				q.large = append(q.large, data)
				q.kept += cap(data)
			}
		}
	}
}

// largeBuffer returns the kept buffer that was used last, if it is large enough.
func (q *Queue) largeBuffer(n int) []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if last := len(q.large) - 1; last >= 0 && cap(q.large[last]) >= n {
		data := q.large[last]
		q.large[last] = nil
		q.large = q.large[:last]
		q.kept -= cap(data)
		return data
	}
	return make([]byte, n)
}
