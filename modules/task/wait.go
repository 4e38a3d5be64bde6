package task

import (
	"time"

	"github.com/tidewire/tidewire/lua"
)

// Waiting describes a wait for Await.
type Waiting struct {
	// Name is the function's name, as in the error "'receive' waits: call it inside
	// tide.task.go".
	Name string

	// InEnding makes a wait go on while the run ends, because its end will come: that of
	// a socket does. Others raise "cancelled".
	InEnding bool
}

// A Wait is a task's wait under way. It belongs to the goroutine that owns the state.
type Wait struct {
	sched   *Scheduler
	running *running
	kind    *waitKind

	settled   bool // whichever way
	timedOut  bool
	cancelled bool
	suspended bool // the task is: it goes on when the wait is settled
	again     bool // the task goes on behind the others that can

	stopTimer func()

	in            *waits // that it is in, or nil
	before, after *Wait
}

// waitKind is what waits of one function have in common, or belongs to one made by Await.
type waitKind struct {
	Waiting
	giveUp func() // called if a wait ends without Settle, or nil
}

// Await makes the Go function that calls it wait in its task: begin gets the Wait and
// arranges for its end. If the wait is settled when begin returns, then is called at
// once; otherwise the whole task is suspended, and then is called, as the rest of the
// function, when a Run lets the task go on. then makes the function's results; it has no
// arguments to read. The function must return Await's error.
//
// Where the function does not run in a task, or a Go function within the task waits for a
// call, Await returns an error without calling begin, and so it does in a task that was
// cancelled or, unless InEnding is set, while the host ends. So call it last, after the
// arguments were looked at.
func (s *Scheduler) Await(
	c *lua.Call, waiting Waiting, begin func(w *Wait), then func(c *lua.Call) error,
) error {
	if err := s.mayWait(c, &waiting); err != nil {
		return err
	}
	made := &struct {
		wait Wait
		kind waitKind
	}{kind: waitKind{Waiting: waiting}}
	w := &made.wait
	w.begin(s, &made.kind)
	begin(w)
	if w.settled {
		return then(c)
	}
	return w.suspend(c, then)
}

// mayWait is the checks of Await.
func (s *Scheduler) mayWait(c *lua.Call, waiting *Waiting) error {
	co, err := c.Task()
	r := s.current
	switch {
	case r == nil || co != &r.co:
		return c.Errorf("'%s' waits: call it inside tide.task.go", waiting.Name)
	case err != nil:
		return err
	case r.cancelled || !waiting.InEnding && s.ending:
		return s.state.Raise(s.cancelled)
	}
	return nil
}

// newWait returns a wait of the task that runs, which nothing may refer to once it is
// settled: each task has one for all waits of this package.
func (s *Scheduler) newWait(kind *waitKind) *Wait {
	w := &s.current.own
	w.settled, w.timedOut, w.cancelled, w.suspended, w.again = false, false, false, false, false
	w.begin(s, kind)
	return w
}

func (w *Wait) begin(s *Scheduler, kind *waitKind) {
	if w.sched == nil {
		w.sched, w.running = s, s.current
	}
	if w.kind != kind {
		w.kind = kind
	}
}

// suspend suspends the task for a wait that is not settled. then finds a wait of newWait
// in running.own; nil is for a function without results.
func (w *Wait) suspend(c *lua.Call, then func(c *lua.Call) error) error {
	w.running.wait, w.suspended = w, true
	if w.again {
		w.Settle()
	}
	return c.SuspendFor(then, w.sched.then.next)
}

// Settle ends the wait: the task goes on in the order of such ends. Only the first end of
// a wait counts, whichever it is: Settle, the timeout, or a cancellation.
func (w *Wait) Settle() {
	if !w.settled {
		w.settle()
	}
}

func (w *Wait) settle() {
	w.settled = true
	if w.stopTimer != nil {
		w.stopTimer()
		w.stopTimer = nil
	}
	if w.suspended {
		w.sched.ready.push(w.running)
	}
}

// Settled reports whether the wait is over.
func (w *Wait) Settled() bool { return w.settled }

// TimedOut reports whether the wait ended because its time was up.
func (w *Wait) TimedOut() bool { return w.timedOut }

// Timeout ends the wait d from now, if nothing has by then. 0 or less ends it at once. It
// is called at most once for a wait.
func (w *Wait) Timeout(d time.Duration) {
	if w.settled {
		return
	}
	if d <= 0 {
		w.timeOut()
		return
	}
	w.stopTimer = w.sched.host.After(d, w.timeOut)
}

func (w *Wait) timeOut() {
	if !w.settled {
		w.timedOut = true
		w.abandon()
	}
}

// OnGiveUp has f called if the wait ends without Settle: its time is up, or the task was
// cancelled, or the run ends. f takes back what begin has arranged.
func (w *Wait) OnGiveUp(f func()) { w.kind.giveUp = f }

// cancel ends the wait with an error in the task.
func (w *Wait) cancel() {
	if !w.settled {
		w.cancelled = true
		w.abandon()
	}
}

func (w *Wait) abandon() {
	if w.in != nil {
		w.in.remove(w)
		w.running.hold(lua.Nil)
	}
	w.settle()
	if giveUp := w.kind.giveUp; giveUp != nil {
		giveUp()
	}
}
