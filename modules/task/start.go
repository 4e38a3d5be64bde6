package task

import (
	"cmp"
	"container/list"
	"slices"

	"github.com/tidewire/tidewire/lua"
)

// task is the Go value of a task, as scripts have it.
type task struct {
	running  *running // nil once it has ended
	origin   *origin
	finished bool    // its function has returned
	results  outcome // its results, or the error value
	err      error   // to be reported, unless someone asks for it before
}

// running is the part of a task that is there until it has ended.
type running struct {
	task      *task
	value     lua.Value // the userdata of the task
	co        *lua.Task
	number    uint64
	at        int       // in Scheduler.live
	wait      *Wait     // that it is in, or nil
	over      *Wait     // the last one, once it is over
	own       Wait      // of functions of this package
	held      lua.Value // that the wait needs, or has brought
	cancelled bool
	waiters   *list.List // of *Wait, gathered or *goWaiter: those that wait for its end; nil for none
}

// runningBytes is the charge for a task until it has ended, beyond its coroutine and its
// userdata.
const runningBytes = 272

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
	mark(t.results.value)
	if r := t.running; r != nil {
		mark(r.co.Value())
		mark(r.held)
	}
}

// outcome holds the results of a task: one value, or a table of them.
type outcome struct {
	value lua.Value
	count int
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
		return outcome{c.Arg(1), count}, nil
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
	return outcome{table.Value(), count}, nil
}

// start is go(f, …).
func (s *Scheduler) start(c *lua.Call) error {
	f := c.Arg(1)
	if !f.IsFunction() && !s.state.Metamethod(f, "__call").IsFunction() {
		return c.TypeError(1, "function")
	}
	t := &task{origin: s.origin()}
	if s.host.Ending() {
		t.results = outcome{value: s.cancelled}
		return c.Return(s.state.NewUserdata(t, s.taskMeta))
	}
	var few [4]lua.Value
	args := few[:0]
	for i := 2; i <= c.Count(); i++ {
		args = append(args, c.Arg(i))
	}
	r, err := s.begin(t, f, args)
	if err != nil {
		return err
	}
	return c.Return(r.value)
}

// begin makes a task run.
func (s *Scheduler) begin(t *task, f lua.Value, args []lua.Value) (*running, error) {
	if err := s.state.Reserve(runningBytes); err != nil {
		return nil, err
	}
	co, err := s.state.NewTask(f, args...)
	if err != nil {
		s.state.Unreserve(runningBytes)
		return nil, err
	}
	s.started++
	r := &running{task: t, co: co, number: s.started, at: len(s.live)}
	t.running = r
	r.value = s.state.NewUserdata(t, s.taskMeta)
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
	t.err = nil
	if !t.finished {
		return c.Return(lua.False, t.results.value)
	}
	if t.results.count <= 1 {
		return c.Return([]lua.Value{lua.True, t.results.value}[:1+t.results.count]...)
	}
	values := make([]lua.Value, 1, 1+t.results.count)
	values[0] = lua.True
	table, _ := t.results.value.AsTable()
	for i := range t.results.count {
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
