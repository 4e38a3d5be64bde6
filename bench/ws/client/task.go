package client

import (
	"bytes"
	"fmt"

	"github.com/tidewire/tidewire/bench/ws/payload"
	"github.com/tidewire/tidewire/bench/ws/server"
)

// A Role is the work of an App.
type Role string

// The roles.
const (
	Count Role = "count" // counts messages
	Echo  Role = "echo"  // sends each message back
	Mixed Role = "mixed" // counts messages of the first connection, sends back those of the second
	Burst Role = "burst" // sends bursts of messages, the next one when one is acknowledged
	Idle  Role = "idle"  // does nothing
)

// Window is how many bursts are on their way at any time.
const Window = 4

// A Task is the App of the contestants without Lua, and the description of it for those
// with. The same Task is played several times: to warm up, and to be measured.
type Task struct {
	Role   Role
	Burst  int      // messages
	Cycle  [][]byte // the messages that one end sends again and again
	Target int      // Play ends when Count has reached it,
	Frames *Frames  // or after enough of these, if not nil

	// Verify compares every message that is received with the one that was sent. Without
	// it the words of the messages have to do.
	Verify bool

	Count int   // messages of this Play
	Bytes int64 // of their payloads

	total  int         // messages before this Play
	sum    uint64      // payload.Word of all messages received
	next   map[int]int // Verify: each connection's next message
	echoed int         // messages, of all Plays
	bursts int         // acknowledged
	sent   int         // bursts
	want   uint64      // the checksum of the bursts acknowledged
	factor uint64      // takes a checksum past a burst,
	term   uint64      // together with this
	failed error
}

// Prepare computes a Task's data for Role. Call it once.
func (t *Task) Prepare() error {
	t.next = make(map[int]int)
	if t.Role != Burst {
		return nil
	}
	if t.Burst%len(t.Cycle) != 0 {
		return fmt.Errorf("a burst of %d messages does not hold whole cycles of %d", t.Burst, len(t.Cycle))
	}
	t.factor = 1
	for i := range t.Burst {
		t.factor *= 31
		t.term = payload.Sum(t.term, t.Cycle[i%len(t.Cycle)])
	}
	return nil
}

// Again makes a Task ready for another Play.
func (t *Task) Again(target int, verify bool) {
	t.total += t.Count
	t.Count, t.Bytes, t.Target, t.Verify = 0, 0, target, verify
}

// Played takes the counts of a client in Lua.
func (t *Task) Played(messages int, bytes int64) { t.Count, t.Bytes = messages, bytes }

// Done reports whether the Play has had enough.
func (t *Task) Done() bool {
	if t.Frames != nil {
		return t.Frames.Done()
	}
	return t.Count >= t.Target
}

// Fail makes the Play end with an error, as soon as there is a message.
func (t *Task) Fail(err error) {
	if t.failed == nil {
		t.failed = err
	}
}

// Begin sends the first bursts.
func (t *Task) Begin(s Sender) { t.bursting(s) }

// Owed reports whether another burst is due, which counts as sent then.
func (t *Task) Owed() bool {
	if t.Role != Burst || t.sent >= t.bursts+Window {
		return false
	}
	t.sent++
	return true
}

// Received counts a message and acts by the role.
func (t *Task) Received(s Sender, connection int, data []byte) (more bool) {
	switch t.Role {
	case Count, Echo, Mixed:
		if len(data) < payload.Least {
			t.Fail(fmt.Errorf("a message of %d bytes", len(data)))
			return false
		}
		if t.Role == Echo || t.Role == Mixed && connection == 1 {
			s.Send(connection, data)
			t.echoed++
		} else {
			t.sum = payload.Word(t.sum, data)
		}
		if t.Verify {
			t.Check(connection, data)
		}
		t.Count++
		t.Bytes += int64(len(data))
	case Burst:
		if err := t.Acknowledged(data); err != nil {
			t.Fail(err)
			return false
		}
		t.bursting(s)
	default:
		t.Fail(fmt.Errorf("a message in the role %s", t.Role))
	}
	return !t.Done() && t.failed == nil
}

func (t *Task) bursting(s Sender) {
	for t.Owed() {
		for n := t.Burst; n > 0; n -= len(t.Cycle) {
			for _, message := range t.Cycle {
				s.Send(0, message)
			}
		}
	}
}

// Check compares a message with the one that the server has sent.
func (t *Task) Check(connection int, data []byte) {
	n := t.next[connection]
	if want := t.Cycle[n%len(t.Cycle)]; !bytes.Equal(data, want) {
		t.Fail(fmt.Errorf("connection %d: message %d of %d bytes begins %.16q, want %d bytes and %.16q",
			connection, n, len(data), data, len(want), want))
	}
	t.next[connection] = n + 1
}

// Acknowledged counts a burst whose acknowledgement is right.
func (t *Task) Acknowledged(data []byte) error {
	t.bursts++
	t.want = t.want*t.factor + t.term
	if want := server.Acknowledgement(t.bursts, t.want); !bytes.Equal(data, want) {
		return fmt.Errorf("the server has received %q, want %q", data, want)
	}
	t.Count += t.Burst
	t.Bytes += int64(t.Burst * len(t.Cycle[0]))
	return nil
}

// Err returns the first fault in the messages so far. counted says that the words were
// added up, which Lua does not do.
func (t *Task) Err(counted bool) error {
	if t.failed != nil || t.Role != Count && t.Role != Mixed || !counted {
		return t.failed
	}
	var want uint64
	messages := t.total + t.Count - t.echoed
	for n := range messages {
		want = payload.Word(want, t.Cycle[n%len(t.Cycle)])
	}
	if t.sum != want {
		return fmt.Errorf("of %d messages some were lost or changed: sum %016x, want %016x", messages, t.sum, want)
	}
	return nil
}
