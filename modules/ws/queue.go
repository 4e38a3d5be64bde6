package ws

import (
	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/memory"
)

// messageOverhead is how much each message counts on top of its payload, as in the send
// queue.
const messageOverhead = 64

// queue holds the messages that a kept socket is sent while it is down. It is bounded:
// push refuses, or drops the oldest ones.
type queue struct {
	limit  int64 // in bytes, as they are counted; 0 holds nothing
	oldest bool  // the oldest ones make room
	memory memory.Share

	messages []message
	counted  int64
}

type message struct {
	kind engine.Kind
	data string
}

func (m message) counted() int64 { return int64(len(m.data)) + messageOverhead }

// push takes a message, and reports how many it has dropped for it, or that it does not
// fit.
func (q *queue) push(m message) (dropped int, fits bool) {
	if m.counted() > q.limit {
		return 0, false
	}
	counted := q.counted + m.counted()
	for counted > q.limit {
		if !q.oldest {
			return 0, false
		}
		counted -= q.messages[dropped].counted()
		dropped++
	}
	if q.memory.Resize(counted) != nil {
		return 0, false
	}
	clear(q.messages[:dropped])
	q.messages, q.counted = append(q.messages[dropped:], m), counted
	return dropped, true
}

// pop takes out the first message.
func (q *queue) pop() {
	q.counted -= q.messages[0].counted()
	q.messages[0] = message{}
	if q.messages = q.messages[1:]; len(q.messages) == 0 {
		q.messages = nil
	}
	q.memory.Set(q.counted)
}

func (q *queue) empty() bool { return len(q.messages) == 0 }

// clear drops every message and returns how many they were.
func (q *queue) clear() (t engine.Tally) {
	t.Messages = len(q.messages)
	t.Bytes = q.counted - int64(t.Messages)*messageOverhead
	q.messages, q.counted = nil, 0
	q.memory.Set(0)
	return t
}
