// Package task gives the scripts of a lua.State the module tide.task: functions that run
// beside one another and wait for time, for one another and for queues. A task is a
// coroutine that a Scheduler resumes; other modules let a task wait for their own events
// with Scheduler.Await. The package knows no connections and starts no goroutine: the
// embedder's pump calls Run.
package task

import (
	"log/slog"
	"time"

	"github.com/tidewire/tidewire/internal/modules/errorlog"
	"github.com/tidewire/tidewire/internal/modules/gate"
	"github.com/tidewire/tidewire/internal/modules/offer"
	"github.com/tidewire/tidewire/lua"
)

// moduleName is the name for require.
const moduleName = "tide.task"

// A Host is the pump that tasks live on. Its methods are called on the goroutine that
// owns the state.
type Host interface {
	// After calls f on the goroutine that owns the state, d from now, between two pieces
	// of Lua code, unless cancel was called before. Timers that are due at once are called
	// in the order in which they were made.
	After(d time.Duration, f func()) (cancel func())

	// Ending reports whether the run is ending: then most functions that wait raise
	// "cancelled" instead, and no task starts.
	Ending() bool
}

// Options configures a Scheduler. The zero value works.
type Options struct {
	// Logger receives the errors of tasks that nobody waits for if Errors is nil. nil
	// discards them.
	Logger *slog.Logger

	// Errors receives the errors of tasks that nobody waits for, in EndTurn. nil logs them
	// to Logger, an identical one at most once a second, with a count.
	Errors Reporter

	// Input is standard input for lines. nil is an empty one.
	Input Input

	// Call calls a function on the state's main coroutine: it lets tasks go on, one after
	// the other. It must not keep args. nil means State.Call0.
	Call func(where string, f lua.Value, args ...lua.Value) error

	// Each is called within Call before each task that goes on, for limits on one piece of
	// Lua code. where names the task. nil does nothing.
	Each func(where string)
}

// Reporter receives the errors of tasks, on the goroutine that owns the state.
type Reporter interface {
	// Report is called for an error in where: a task, by the place of its start. errors.As
	// finds the *lua.Error in err, if Options.Call leaves it there. attrs are slog
	// attributes.
	Report(where string, err error, attrs ...any)
}

// Open lets require find the module tide.task, and returns the scheduler behind it. The
// module is made when it is first asked for; in a state without the library package it is
// a loaded module at once. The error is of the state's memory limit.
func Open(s *lua.State, host Host, opts Options) (*Scheduler, error) {
	if opts.Errors == nil {
		opts.Errors = errorlog.New(opts.Logger)
	}
	if opts.Call == nil {
		opts.Call = gate.New(s, gate.Limits{}).Call
	}
	if opts.Input == nil {
		opts.Input = noInput{}
	}
	sched := &Scheduler{state: s, host: host, opts: opts}
	sched.then = continuations{sched.resumed, sched.hasPut, sched.hasPopped, sched.nextLine, sched.next}
	cancelled, err := s.String("cancelled")
	if err != nil {
		return nil, err
	}
	sched.cancelled = cancelled
	s.Ref(s.NewUserdata(sched, nil)) // walks find the scheduler's values
	sched.step = s.NewFunction("task", sched.resumeNext)
	return sched, offer.Module(s, sched.open, moduleName)
}

// open returns the module's table, always the same one.
func (s *Scheduler) open() (lua.Value, error) {
	if !s.module.IsNil() {
		return s.module, nil
	}
	var err error
	if s.taskMeta, err = s.newClass("task",
		lua.Func{Name: "wait", Call: s.wait},
		lua.Func{Name: "cancel", Call: s.cancel},
	); err != nil {
		return lua.Nil, err
	}
	if s.queueMeta, err = s.newClass("queue",
		lua.Func{Name: "push", Call: s.push},
		lua.Func{Name: "put", Call: s.put},
		lua.Func{Name: "pop", Call: s.pop},
		lua.Func{Name: "close", Call: s.closeQueue},
		lua.Func{Name: "count", Call: s.count},
	); err != nil {
		return lua.Nil, err
	}
	module, err := s.state.NewTable(0, 8)
	if err != nil {
		return lua.Nil, err
	}
	if err := s.state.SetFuncs(module,
		lua.Func{Name: "go", Call: s.start},
		lua.Func{Name: "sleep", Call: s.sleep},
		lua.Func{Name: "all", Call: s.all},
		lua.Func{Name: "queue", Call: s.newQueue},
		lua.Func{Name: "lines", Call: s.newLines},
	); err != nil {
		return lua.Nil, err
	}
	s.module = module.Value()
	return s.module, nil
}

// newClass makes a metatable of userdata with methods. Scripts cannot reach it.
func (s *Scheduler) newClass(name string, methods ...lua.Func) (*lua.Table, error) {
	meta, err := s.state.NewTable(0, 3)
	if err != nil {
		return nil, err
	}
	index, err := s.state.NewTable(0, len(methods))
	if err != nil {
		return nil, err
	}
	if err := s.state.SetFuncs(index, methods...); err != nil {
		return nil, err
	}
	text, err := s.state.String(name)
	if err != nil {
		return nil, err
	}
	shown := s.state.NewFunction("__tostring", func(c *lua.Call) error { return c.Return(text) })
	for _, field := range []struct {
		key   string
		value lua.Value
	}{{"__index", index.Value()}, {"__metatable", text}, {"__tostring", shown}} {
		if err := meta.SetString(field.key, field.value); err != nil {
			return nil, err
		}
	}
	return meta, nil
}
