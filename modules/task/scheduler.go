package task

import (
	"errors"
	"time"

	"github.com/tidewire/tidewire/internal/modules/gate"
	"github.com/tidewire/tidewire/lua"
)

// A Scheduler runs the tasks of one state. It belongs to the goroutine that owns the
// state. The embedder's pump calls Run, in each of its turns, for as long as Runnable
// says so, and EndTurn when a turn is over.
type Scheduler struct {
	state *lua.State
	host  Host
	opts  Options

	module    lua.Value // the result of require, once it was asked for
	taskMeta  *lua.Table
	queueMeta *lua.Table
	cancelled lua.Value // the error of a cancelled wait
	step      lua.Value // the function that resumes a task, and takes its results

	live    []*running // tasks that have not ended, in no order
	ready   ready      // those of them that can go on
	current *running   // the one that runs
	started uint64     // how many tasks have been started
	origins origins
	lines   lines
	then    continuations

	// Of the Run under way:
	running bool
	ending  bool // the host was, when it began
	left    int  // of its budget, tasks
	clock   clock
	before  int64     // the state's steps before the task that runs
	failed  []failure // in this turn
}

// continuations are methods of the scheduler, which would be made anew at each use.
type continuations struct {
	resumed, hasPut, hasPopped, nextLine func(c *lua.Call) error

	next func() *lua.Task
}

// Budget bounds one Run; whichever of the two is used up first ends it. The zero value
// means 256 tasks and 4 ms.
type Budget struct {
	Tasks int           // that go on; one that goes on twice counts twice
	Time  time.Duration // which the task that runs when it is over exceeds
}

const (
	defaultBudgetTasks = 256
	defaultBudgetTime  = 4 * time.Millisecond
)

// Runnable reports whether there is a task for Run to let go on.
func (s *Scheduler) Runnable() bool { return s.ready.len() > 0 }

// Live returns the number of tasks that have not ended: those that run, can go on, or
// wait.
func (s *Scheduler) Live() int { return len(s.live) }

// Run lets tasks go on that have been started, or whose wait is over, in the order in
// which that happened, until there are none or the budget is spent. It returns how many
// times a task has gone on. Called from within a task or another function that Lua code
// has called, it does nothing. If the host's ending begins meanwhile the rest is left for
// the next Run.
func (s *Scheduler) Run(budget Budget) (resumed int) {
	if s.running || s.ready.len() == 0 || s.state.Thread() != s.state.MainThread() {
		return 0
	}
	if budget.Tasks <= 0 {
		budget.Tasks = defaultBudgetTasks
	}
	if budget.Time <= 0 {
		budget.Time = defaultBudgetTime
	}
	s.ending = s.host.Ending()
	s.clock = newClock(budget.Time)
	s.running, s.left = true, budget.Tasks
	for s.left > 0 && s.ready.len() > 0 && !s.clock.isOver && s.host.Ending() == s.ending {
		if !s.runSome() {
			break
		}
	}
	s.running = false
	return budget.Tasks - s.left
}

// runSome lets tasks go on in one call of the state, which ends early if one of them is
// stopped from outside. Without any the state is closed, or nothing may run any longer.
func (s *Scheduler) runSome() (any bool) {
	left := s.left
	err := s.opts.Call("task", s.step)
	r := s.current
	s.current = nil
	var failed *lua.Error
	switch {
	case r != nil && r.co.Ended():
		s.ended(r, err)
	case r != nil && errors.As(err, &failed): // on the way to the task
		r.co.Fail(failed)
		s.ready.push(r)
	case err != nil: // between two tasks; it has ended the run
		s.opts.Errors.Report("", gate.Describe(s.state, err))
	}
	return s.left < left
}

// resumeNext lets the first task go on that can, as a Go function that Options.Call has
// called.
func (s *Scheduler) resumeNext(c *lua.Call) error { return c.Resume(s.takeNext(), s.then.resumed) }

// takeNext prepares the first task that can go on.
func (s *Scheduler) takeNext() *lua.Task {
	r := s.ready.pop()
	s.left--
	w := r.wait
	r.wait, s.lines.row = nil, 0
	if w != nil && w.cancelled {
		r.co.Fail(s.state.Raise(s.cancelled))
	}
	s.current = r
	s.before = s.state.Steps()
	if s.opts.Each != nil {
		s.opts.Each(r.task.origin.where)
	}
	return &r.co
}

// next returns the task that goes on in place of one that is suspended: without a detour
// by resumed. It returns nil if this Run is over.
func (s *Scheduler) next() *lua.Task {
	if s.runIsOver() {
		return nil
	}
	return s.takeNext()
}

// runIsOver looks at the budget after a task that has gone on.
func (s *Scheduler) runIsOver() bool {
	return s.left == 0 || s.ready.len() == 0 || s.clock.over(s.state.Steps()-s.before)
}

// resumed is the rest of resumeNext: the task waits, or has ended. Errors that Lua cannot
// catch end the call instead.
func (s *Scheduler) resumed(c *lua.Call) error {
	if r := s.current; r.co.Ended() {
		var err error
		if failed := c.Failed(); failed != nil {
			err = failed
		} else {
			r.task.outcome, err = keep(s.state, c)
		}
		s.ended(r, err)
	}
	if s.runIsOver() {
		s.current = nil
		return c.Return()
	}
	return s.resumeNext(c)
}

// clock looks at the time after a task that has taken long, and after so many that have
// not.
type clock struct {
	end    time.Time
	left   int
	isOver bool
}

const (
	looksEach = 16   // short tasks
	longTask  = 1000 // steps
)

func newClock(d time.Duration) clock { return clock{time.Now().Add(d), looksEach, false} }

func (c *clock) over(steps int64) bool {
	if c.isOver {
		return true
	}
	if c.left--; c.left > 0 && steps < longTask {
		return false
	}
	c.left = looksEach
	c.isOver = !time.Now().Before(c.end)
	return c.isOver
}

// ended takes a task out of the scheduler, and lets those go on that wait for it.
func (s *Scheduler) ended(r *running, err error) {
	t := r.task
	last := len(s.live) - 1
	s.live[r.at] = s.live[last]
	s.live[r.at].at = r.at
	s.live[last] = nil
	s.live = s.live[:last]
	s.state.Unreserve(runningBytes)
	t.running = nil
	if !t.outcome.finished {
		s.failedWith(r, err)
		if err == nil { // it has ended the run: those that wait for it are cancelled
			return
		}
	}
	for waiter := r.nextAwaited(); waiter != nil; waiter = r.nextAwaited() {
		switch waiter := waiter.(type) {
		case *Wait:
			waiter.Settle()
		case gathered:
			waiter.ended(t)
		case *goWaiter:
			waiter.ended(t)
		}
	}
}

// failedWith notes the error of a task. Without one it was ended from outside: by
// host.Exit, or because the run is over. One that no code has raised has ended the run.
func (s *Scheduler) failedWith(r *running, err error) {
	t := r.task
	t.outcome.value = s.cancelled
	var raised *lua.Error
	if errors.As(err, &raised) {
		t.outcome.value = raised.Value
	}
	text, isText := t.outcome.value.AsString()
	isCancelled := raised != nil && isText && text == "cancelled"
	if err == nil || isCancelled && (r.cancelled || s.host.Ending()) {
		return
	}
	endsRun := raised == nil || raised.Kind == lua.KindInterrupt || errors.Is(err, lua.ErrExhausted)
	if endsRun || r.waiters == nil || r.waiters.Len() == 0 { // those that wait never get to say it
		s.failed = append(s.failed, failure{t, err, endsRun})
	}
}

// failure is the error of a task that nobody waited for, or that ends the run.
type failure struct {
	task    *task
	err     error
	endsRun bool
}

// EndTurn reports the tasks that have failed in the turn while no one waited for them, or
// whose failure ends the run.
func (s *Scheduler) EndTurn() {
	if len(s.failed) == 0 {
		return
	}
	for i, f := range s.failed {
		if f.endsRun || !f.task.outcome.noticed {
			s.opts.Errors.Report(f.task.origin.where, gate.Describe(s.state, f.err))
		}
		s.failed[i] = failure{}
	}
	s.failed = s.failed[:0]
}

// CancelAll ends the waits of all tasks, with the error "cancelled", except for those
// that go on in an ending. The host calls it once, when Ending has become true.
func (s *Scheduler) CancelAll() {
	waiting := make([]*running, 0, len(s.live))
	for _, r := range s.live {
		if w := r.wait; w != nil && !w.kind.InEnding {
			waiting = append(waiting, r)
		}
	}
	byNumber(waiting)
	for _, r := range waiting {
		r.wait.cancel()
	}
}

// Mark implements lua.Marker.
func (s *Scheduler) Mark(mark func(lua.Value)) {
	mark(s.module)
	mark(s.cancelled)
	mark(s.step)
	if s.taskMeta != nil {
		mark(s.taskMeta.Value())
	}
	if s.queueMeta != nil {
		mark(s.queueMeta.Value())
	}
	for _, r := range s.live {
		mark(r.task.value())
	}
	for _, f := range s.failed {
		mark(f.task.outcome.value)
	}
}

// ready is the tasks that can go on, the first one first.
type ready struct {
	list []*running
	head int
}

func (q *ready) len() int { return len(q.list) - q.head }

func (q *ready) push(r *running) {
	if q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
	} else if q.head > 64 && q.head*2 > len(q.list) { // the front half is done
		n := copy(q.list, q.list[q.head:])
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
	q.list = append(q.list, r)
}

func (q *ready) pop() *running {
	r := q.list[q.head]
	q.list[q.head] = nil
	q.head++
	return r
}
