package task

import (
	"cmp"
	"container/list"
	"slices"

	"github.com/tidewire/tidewire/lua"
)

// task is the part of a task that scripts have: it is there for as long as they hold it.
type task struct {
	handle  lua.Userdata
	running *running // nil once it has ended
	origin  *origin
	outcome outcome // until the task has ended its value is the one that a wait needs, or has brought
}

// running is the part of a task that is there until it has ended: one struct, because
// there may be many thousands.
type running struct {
	co        lua.Task
	task      *task
	number    uint64
	at        int32 // in Scheduler.live
	cancelled bool
	wait      *Wait      // that it is in, or nil
	own       Wait       // of functions of this package
	waiters   *list.List // of *Wait, gathered or *goWaiter: those that wait for its end; nil for none
}

const (
	// handleBytes is the charge for a task as long as scripts hold it, beyond its userdata.
	handleBytes = 32

	// runningBytes is the charge for a task until it has ended, beyond that and its
	// coroutine: the rest of running, and the places in the scheduler's lists.
	runningBytes = 104 + 16
)

// Size implements lua.Sized.
func (t *task) Size() int { return handleBytes }

// value is the userdata of the task.
func (t *task) value() lua.Value { return t.handle.Value() }

// hold keeps the value that the task's wait needs, or has brought.
func (r *running) hold(v lua.Value) { r.task.outcome.value = v }

// held returns the value, or nil.
func (r *running) held() lua.Value { return r.task.outcome.value }

// release is held, and drops the value.
func (r *running) release() lua.Value {
	v := r.held()
	r.hold(lua.Nil)
	return v
}

// awaited adds to those that wait for the task's end.
func (r *running) awaited(by any) *list.Element {
	if r.waiters == nil {
		r.waiters = list.New()
	}
	return r.waiters.PushBack(by)
}

// endAwaited takes back what awaited has added, unless the task has ended.
func (r *running) endAwaited(place *list.Element) { r.waiters.Remove(place) }

// nextAwaited takes out the first of those that wait, or returns nil.
func (r *running) nextAwaited() any {
	if r.waiters == nil || r.waiters.Len() == 0 {
		return nil
	}
	return r.waiters.Remove(r.waiters.Front())
}

// Mark implements lua.Marker.
func (t *task) Mark(mark func(lua.Value)) {
	mark(t.outcome.value)
	if r := t.running; r != nil {
		mark(r.co.Value())
	}
}

// outcome is how a task has ended: with results, which are one value or a table of them,
// or with an error value.
type outcome struct {
	value    lua.Value
	count    int32
	finished bool // its function has returned
	noticed  bool // someone has asked for the error: it need not be reported
}

// first returns the first result, or nil.
func (o outcome) first() lua.Value {
	if o.count > 1 {
		table, _ := o.value.AsTable()
		return table.GetInt(1)
	}
	return o.value
}

// keep makes an outcome of the results of a task, which are a call's arguments.
func keep(s *lua.State, c *lua.Call) (outcome, error) {
	count := c.Count()
	if count <= 1 {
		return outcome{value: c.Arg(1), count: int32(count), finished: true}, nil
	}
	table, err := s.NewTable(count, 0)
	if err != nil {
		return outcome{}, err
	}
	for i := 1; i <= count; i++ {
		if v := c.Arg(i); !v.IsNil() { // nil is as a value that is not there
			if err := table.SetInt(i, v); err != nil {
				return outcome{}, err
			}
		}
	}
	return outcome{value: table.Value(), count: int32(count), finished: true}, nil
}

// start is go(f, …).
func (s *Scheduler) start(c *lua.Call) error {
	f := c.Arg(1)
	if !f.IsFunction() && !s.state.Metamethod(f, "__call").IsFunction() {
		return c.TypeError(1, "function")
	}
	t := &task{origin: s.origin()}
	if s.host.Ending() {
		t.outcome.value = s.cancelled
		if err := s.state.Charge(handleBytes); err != nil {
			return err
		}
		s.state.InitUserdata(&t.handle, t, s.taskMeta)
		return c.Return(t.value())
	}
	var few [4]lua.Value
	args := few[:0]
	for i := 2; i <= c.Count(); i++ {
		args = append(args, c.Arg(i))
	}
	if _, err := s.begin(t, f, args); err != nil {
		return err
	}
	return c.Return(t.value())
}

// begin makes a task run.
func (s *Scheduler) begin(t *task, f lua.Value, args []lua.Value) (*running, error) {
	if err := s.state.Reserve(runningBytes); err != nil {
		return nil, err
	}
	s.started++
	r := &running{task: t, number: s.started, at: int32(len(s.live))}
	err := s.state.Charge(handleBytes)
	if err == nil {
		err = s.state.InitTask(&r.co, f, args...)
	}
	if err != nil {
		s.state.Unreserve(runningBytes)
		return nil, err
	}
	t.running = r
	s.state.InitUserdata(&t.handle, t, s.taskMeta)
	s.live = append(s.live, r)
	s.ready.push(r)
	return r, nil
}

// cancel is task:cancel().
func (s *Scheduler) cancel(c *lua.Call) error {
	t := taskAt(c)
	if err := c.Err(); err != nil {
		return err
	}
	if r := t.running; r != nil {
		r.cancel()
	}
	return c.Return()
}

// cancel is task:cancel() while the task runs.
func (r *running) cancel() {
	r.cancelled = true
	if r.wait != nil {
		r.wait.cancel()
	}
}

// wait is task:wait([seconds]).
func (s *Scheduler) wait(c *lua.Call) error {
	t := taskAt(c)
	d, limited := Seconds(c, 2)
	if err := c.Err(); err != nil {
		return err
	}
	if s.current != nil && t.running == s.current {
		return c.Errorf("a task cannot wait for its own end")
	}
	var w *Wait
	return s.Await(c, Waiting{Name: "wait"}, func(begun *Wait) {
		w = begun
		if t.running == nil {
			w.Settle()
			return
		}
		r := t.running
		place := r.awaited(w)
		w.OnGiveUp(func() { r.endAwaited(place) })
		if limited {
			w.Timeout(d)
		}
	}, func(c *lua.Call) error {
		if w.timedOut {
			return s.word(c, "timeout")
		}
		return s.returnOutcome(c, t)
	})
}

// returnOutcome returns true and the results of a task that has ended, or false and the
// error value. The error counts as noticed.
func (s *Scheduler) returnOutcome(c *lua.Call, t *task) error {
	o := &t.outcome
	o.noticed = true
	if !o.finished {
		return c.Return(lua.False, o.value)
	}
	count := int(o.count)
	if count <= 1 {
		return c.Return([]lua.Value{lua.True, o.value}[:1+count]...)
	}
	values := make([]lua.Value, 1, 1+count)
	values[0] = lua.True
	table, _ := o.value.AsTable()
	for i := range count {
		values = append(values, table.GetInt(i+1))
	}
	return c.Return(values...)
}

// word returns nil and a word, such as "timeout".
func (s *Scheduler) word(c *lua.Call, word string) error {
	made, err := s.state.Piece(word)
	if err != nil {
		return err
	}
	return c.Return(lua.Nil, made)
}

// taskAt returns the first argument, which must be a task.
func taskAt(c *lua.Call) *task {
	if t := lua.Receiver[*task](c, "task"); t != nil {
		return t
	}
	return &task{} // after a misfit
}

func byNumber(list []*running) {
	slices.SortFunc(list, func(a, b *running) int { return cmp.Compare(a.number, b.number) })
}
