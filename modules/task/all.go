package task

import (
	"container/list"
	"fmt"

	"github.com/tidewire/tidewire/lua"
)

// gathering is a wait for several tasks.
type gathering struct {
	w      *Wait
	tasks  []*task
	left   int             // that have not ended
	failed int             // the first one that has, from 1
	places []gatheredPlace // where it is among the waiters of tasks
}

type gatheredPlace struct {
	of   *running
	here *list.Element
}

// gatheredBytes is the charge for each task of a gathering.
const gatheredBytes = 128

// all is all(tasks [, seconds]).
func (s *Scheduler) all(c *lua.Call) error {
	from := c.Table(1)
	d, limited := Seconds(c, 2)
	if err := c.Err(); err != nil {
		return err
	}
	n := from.Len()
	if err := s.state.Step(n); err != nil {
		return err
	}
	if err := s.mayWait(c, &waitAll); err != nil {
		return err
	}
	// The script may change its table meanwhile.
	copied, err := s.state.NewTable(n, 0)
	if err != nil {
		return err
	}
	g := &gathering{tasks: make([]*task, n), left: n}
	for i := range n {
		v := from.GetInt(i + 1)
		u, _ := v.AsUserdata()
		var t *task
		if u != nil {
			t, _ = u.Data().(*task)
		}
		switch {
		case t == nil:
			return c.ArgError(1, fmt.Sprintf("task expected at index %d, got %s", i+1, v.TypeName()))
		case t.running == s.current:
			return c.Errorf("a task cannot wait for its own end")
		}
		g.tasks[i] = t
		if err := copied.SetInt(i+1, v); err != nil {
			return err
		}
	}
	if err := s.state.Reserve(n * gatheredBytes); err != nil {
		return err
	}
	s.current.hold(copied.Value())
	return s.Await(c, waitAll, func(w *Wait) {
		g.begin(w)
		w.OnGiveUp(g.end)
		if limited {
			w.Timeout(d)
		}
	}, func(c *lua.Call) error {
		s.state.Unreserve(n * gatheredBytes)
		s.current.release()
		return s.returnAll(c, g)
	})
}

var waitAll = Waiting{Name: "all"}

func (g *gathering) begin(w *Wait) {
	g.w = w
	for i, t := range g.tasks {
		if t.running == nil && !t.outcome.finished {
			g.failed = i + 1
			w.Settle()
			return
		}
	}
	for i, t := range g.tasks {
		if t.running == nil {
			g.left--
			continue
		}
		g.places = append(g.places, gatheredPlace{t.running, t.running.awaited(gathered{g, i + 1})})
	}
	if g.left == 0 {
		w.Settle()
	}
}

// end takes the gathering out of the tasks that have not ended.
func (g *gathering) end() {
	for _, p := range g.places {
		p.of.endAwaited(p.here) // does nothing if it is taken out already
	}
	g.places = nil
}

// gathered waits for one task of a gathering.
type gathered struct {
	*gathering
	index int
}

func (e gathered) ended(t *task) {
	switch e.left--; {
	case !t.outcome.finished:
		e.failed = e.index
		e.end()
		e.w.Settle()
	case e.left == 0:
		e.w.Settle()
	}
}

// returnAll returns true and a list of first results, false with the first error and its
// index, or nil and "timeout".
func (s *Scheduler) returnAll(c *lua.Call, g *gathering) error {
	switch {
	case g.w.timedOut:
		return s.word(c, "timeout")
	case g.failed > 0:
		t := g.tasks[g.failed-1]
		t.outcome.noticed = true
		return c.Return(lua.False, t.outcome.value, lua.Int(g.failed))
	}
	results, err := s.state.NewTable(len(g.tasks), 0)
	if err != nil {
		return err
	}
	for i, t := range g.tasks {
		if v := t.outcome.first(); !v.IsNil() {
			if err := results.SetInt(i+1, v); err != nil {
				return err
			}
		}
	}
	return c.Return(lua.True, results.Value())
}
