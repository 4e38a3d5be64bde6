package loop

import (
	"container/heap"
	"time"
)

// minPeriod is the shortest period of Every.
const minPeriod = time.Millisecond

// After calls f once, d from now; a negative d counts as 0. It is called in the next turn
// at the earliest.
func (l *Loop) After(d time.Duration, f func()) Handle { return l.arm(max(d, 0), 0, f) }

// Every calls f each d, from d from now on; d is at least 1 ms. Periods that were missed
// are skipped: the calls stay on multiples of d.
func (l *Loop) Every(d time.Duration, f func()) Handle {
	d = max(d, minPeriod)
	return l.arm(d, d, f)
}

func (l *Loop) arm(d, period time.Duration, f func()) Handle {
	l.lastHandle++
	if !l.Ending() {
		l.timers.add(&timer{handle: l.lastHandle, due: time.Now().Add(d), period: period, f: f})
	}
	return l.lastHandle
}

// timer is one call to come, or with a period many.
type timer struct {
	handle  Handle // also the order of creation
	due     time.Time
	period  time.Duration // 0: once
	f       func()
	index   int // in the heap; -1 outside
	removed bool
	unref   bool // it does not keep the loop alive
}

// timers are the timers of a loop by due time, those due at once by order of creation. A
// timer armed during a turn waits in armed until admit.
type timers struct {
	queue    timerHeap
	armed    []*timer
	byHandle map[Handle]*timer
	unrefs   int // those of byHandle that do not keep the loop alive
}

// keeping counts the timers, neither done nor removed, that keep the loop alive.
func (s *timers) keeping() int { return len(s.byHandle) - s.unrefs }

func (s *timers) add(t *timer) {
	if s.byHandle == nil {
		s.byHandle = make(map[Handle]*timer)
	}
	t.index = -1
	s.byHandle[t.handle] = t
	s.armed = append(s.armed, t)
}

func (s *timers) remove(handle Handle) {
	t := s.byHandle[handle]
	if t == nil {
		return
	}
	s.forget(t)
	t.removed = true
	if t.index >= 0 {
		heap.Remove(&s.queue, t.index)
	}
}

func (s *timers) forget(t *timer) {
	delete(s.byHandle, t.handle)
	if t.unref {
		s.unrefs--
	}
}

// unref makes a timer one that does not keep the loop alive.
func (s *timers) unref(handle Handle) {
	if t := s.byHandle[handle]; t != nil && !t.unref {
		t.unref = true
		s.unrefs++
	}
}

// admit lets timers that were armed since the last call take part.
func (s *timers) admit() {
	for i, t := range s.armed {
		if !t.removed {
			heap.Push(&s.queue, t)
		}
		s.armed[i] = nil
	}
	s.armed = s.armed[:0]
}

// nextDue returns when the first of the admitted timers is due, if there is any.
func (s *timers) nextDue() (time.Time, bool) {
	if len(s.queue) == 0 {
		return time.Time{}, false
	}
	return s.queue[0].due, true
}

// takeDue takes out the admitted timers that are due at now, in order.
func (s *timers) takeDue(now time.Time) (due []*timer) {
	for len(s.queue) > 0 && !s.queue[0].due.After(now) {
		due = append(due, heap.Pop(&s.queue).(*timer))
	}
	return due
}

// done puts back a timer that has been called and has a period, due at the first multiple
// of the period after now.
func (s *timers) done(t *timer, now time.Time) {
	switch {
	case t.removed:
	case t.period == 0:
		s.forget(t)
	default:
		missed := max(now.Sub(t.due), 0) / t.period
		t.due = t.due.Add((missed + 1) * t.period)
		heap.Push(&s.queue, t)
	}
}

// timerHeap implements heap.Interface.
type timerHeap []*timer

func (q timerHeap) Len() int { return len(q) }

func (q timerHeap) Less(i, j int) bool {
	if !q[i].due.Equal(q[j].due) {
		return q[i].due.Before(q[j].due)
	}
	return q[i].handle < q[j].handle
}

func (q timerHeap) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *timerHeap) Push(x any) {
	t := x.(*timer)
	t.index = len(*q)
	*q = append(*q, t)
}

func (q *timerHeap) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	t.index = -1
	(*q)[last] = nil
	*q = (*q)[:last]
	return t
}
