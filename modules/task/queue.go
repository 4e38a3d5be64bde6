package task

import (
	"math"

	"github.com/tidewire/tidewire/lua"
)

// queue is the Go value of a queue. Its values are in a ring, which is a Lua table: so
// their memory is the state's, and walks look into it as they do into any table.
type queue struct {
	max    int
	closed bool

	ring  *lua.Table // its places from 1 to size; nil before the first value
	size  int
	head  int // the place of the first value, counted from 0
	count int

	pops, puts waits // the tasks that wait for a value, or with one for room
}

const (
	maxQueue  = math.MaxInt32
	firstRing = 8 // places

	// queueBytes is the charge for a queue beyond its userdata, until a walk.
	queueBytes = 256
)

var (
	waitPut = waitKind{Waiting: Waiting{Name: "put"}}
	waitPop = waitKind{Waiting: Waiting{Name: "pop"}}
)

// newQueue is queue(n).
func (s *Scheduler) newQueue(c *lua.Call) error {
	n := c.Number(1)
	if err := c.Err(); err != nil {
		return err
	}
	if !(n >= 0 && n <= maxQueue) || n != math.Trunc(n) {
		text, _ := lua.ToText(lua.Number(n))
		return c.ArgError(1, "whole number of values expected, got "+text)
	}
	if err := s.state.Charge(queueBytes); err != nil {
		return err
	}
	return c.Return(s.state.NewUserdata(&queue{max: int(n)}, s.queueMeta))
}

// Mark implements lua.Marker. Tasks that wait hold their values themselves.
func (q *queue) Mark(mark func(lua.Value)) {
	if q.ring != nil {
		mark(q.ring.Value())
	}
}

func queueAt(c *lua.Call) *queue {
	if q := lua.Receiver[*queue](c, "queue"); q != nil {
		return q
	}
	return &queue{} // after a misfit
}

// value returns argument n, which must not be nil.
func value(c *lua.Call, n int) lua.Value {
	v := c.Any(n)
	if v.IsNil() && c.Err() == nil {
		c.Fail(c.ArgError(n, "value other than nil expected"))
	}
	return v
}

// push is q:push(v).
func (s *Scheduler) push(c *lua.Call) error {
	q, v := queueAt(c), value(c, 2)
	if err := c.Err(); err != nil {
		return err
	}
	if q.closed {
		return s.word(c, "closed")
	}
	switch taken, err := q.offer(s, v); {
	case err != nil:
		return err
	case !taken:
		return s.word(c, "full")
	}
	return c.Return(lua.True)
}

// put is q:put(v [, seconds]).
func (s *Scheduler) put(c *lua.Call) error {
	q, v := queueAt(c), value(c, 2)
	d, limited := Seconds(c, 3)
	if err := c.Err(); err != nil {
		return err
	}
	if err := s.mayWait(c, &waitPut.Waiting); err != nil {
		return err
	}
	if q.closed {
		return s.word(c, "closed")
	}
	switch taken, err := q.offer(s, v); {
	case err != nil:
		return err
	case taken:
		return c.Return(lua.True)
	case limited && d == 0:
		return s.word(c, "timeout")
	}
	w := s.newWait(&waitPut)
	w.running.hold(v)
	q.puts.push(w)
	if limited {
		w.Timeout(d)
	}
	return w.suspend(c, s.then.hasPut)
}

// hasPut is the rest of put: its value is in the queue, its time is up, or the queue was
// closed.
func (s *Scheduler) hasPut(c *lua.Call) error {
	r := s.current
	kept := !r.release().IsNil()
	switch {
	case r.own.timedOut:
		return s.word(c, "timeout")
	case kept:
		return s.word(c, "closed")
	}
	return c.Return(lua.True)
}

// pop is q:pop([seconds]).
func (s *Scheduler) pop(c *lua.Call) error {
	q := queueAt(c)
	d, limited := Seconds(c, 2)
	if err := c.Err(); err != nil {
		return err
	}
	if err := s.mayWait(c, &waitPop.Waiting); err != nil {
		return err
	}
	v, err := q.take(s)
	switch {
	case err != nil:
		return err
	case !v.IsNil():
		return c.Return(v)
	case q.closed:
		return s.word(c, "closed")
	case limited && d == 0:
		return s.word(c, "timeout")
	}
	w := s.newWait(&waitPop)
	q.pops.push(w)
	if limited {
		w.Timeout(d)
	}
	return w.suspend(c, s.then.hasPopped)
}

// hasPopped is the rest of pop.
func (s *Scheduler) hasPopped(c *lua.Call) error {
	r := s.current
	v := r.release()
	switch {
	case !v.IsNil():
		return c.Return(v)
	case r.own.timedOut:
		return s.word(c, "timeout")
	}
	return s.word(c, "closed")
}

// closeQueue is q:close(): its values can still be taken.
func (s *Scheduler) closeQueue(c *lua.Call) error {
	q := queueAt(c)
	if err := c.Err(); err != nil {
		return err
	}
	q.closed = true
	for _, waiting := range []*waits{&q.puts, &q.pops} {
		for w := waiting.pop(); w != nil; w = waiting.pop() {
			w.Settle()
		}
	}
	return c.Return()
}

// count is q:count().
func (s *Scheduler) count(c *lua.Call) error {
	q := queueAt(c)
	if err := c.Err(); err != nil {
		return err
	}
	return c.Return(lua.Int(q.count))
}

// offer gives a value to the first task that waits for one, or puts it into the queue if
// there is room.
func (q *queue) offer(s *Scheduler, v lua.Value) (taken bool, err error) {
	if w := q.pops.pop(); w != nil {
		w.running.hold(v)
		w.Settle()
		return true, nil
	}
	if q.count >= q.max {
		return false, nil
	}
	return true, q.add(s, v)
}

// take returns the first value, or nil, and lets the first task go on that waits for
// room.
func (q *queue) take(s *Scheduler) (v lua.Value, err error) {
	if q.count == 0 {
		w := q.puts.pop() // of a queue without room
		if w == nil {
			return lua.Nil, nil
		}
		v = w.running.release()
		w.Settle()
		return v, nil
	}
	v = q.ring.GetInt(q.head + 1)
	if err := q.ring.SetInt(q.head+1, lua.False); err != nil {
		return lua.Nil, err
	}
	q.head = (q.head + 1) % q.size
	q.count--
	if w := q.puts.pop(); w != nil {
		err := q.add(s, w.running.release()) // into the place that is free now
		w.Settle()
		return v, err
	}
	if q.count == 0 && q.size > maxKept { // what a burst has taken is given back
		q.ring, q.size, q.head = nil, 0, 0
	}
	return v, nil
}

// maxKept is how many places an empty queue keeps.
const maxKept = 256

// add puts a value behind the others.
func (q *queue) add(s *Scheduler, v lua.Value) error {
	if q.count == q.size {
		if err := q.grow(s); err != nil {
			return err
		}
	}
	if err := q.ring.SetInt((q.head+q.count)%q.size+1, v); err != nil {
		return err
	}
	q.count++
	return nil
}

// grow gives the queue a ring of twice as many places.
func (q *queue) grow(s *Scheduler) error {
	size := min(max(2*q.size, firstRing), max(q.max, 1))
	if err := s.state.Step(size / placesPerStep); err != nil {
		return err
	}
	ring, err := s.state.NewTable(size, 0)
	if err != nil {
		return err
	}
	for i := range size {
		v := lua.False // not nil, so that the places stay in the table's array
		if i < q.count {
			v = q.ring.GetInt((q.head+i)%q.size + 1)
		}
		if err := ring.SetInt(i+1, v); err != nil {
			return err
		}
	}
	q.ring, q.size, q.head = ring, size, 0
	return nil
}

// placesPerStep is how many places of a ring that grows count as a step.
const placesPerStep = 16
