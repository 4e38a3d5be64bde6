package script

import (
	"time"

	"github.com/tidewire/tidewire/internal/inlet"
	"github.com/tidewire/tidewire/internal/loop"
	"github.com/tidewire/tidewire/modules/task"
)

// taskHost is the loop as tasks see it.
type taskHost struct{ run *run }

// After implements task.Host.
func (h taskHost) After(d time.Duration, f func()) (cancel func()) {
	handle := h.run.loop.After(d, f)
	return func() { h.run.loop.Unregister(handle) }
}

// Ending implements task.Host.
func (h taskHost) Ending() bool { return h.run.loop.Ending() }

// taskSource is the scheduler of tasks as the loop sees it.
type taskSource struct {
	*task.Scheduler
	errors reports
}

var _ loop.TaskSource = taskSource{}

// Run implements loop.TaskSource.
func (s taskSource) Run(most int, d time.Duration) (ran int) {
	return s.Scheduler.Run(task.Budget{Tasks: most, Time: d})
}

// Deadlocked implements loop.TaskSource: the run fails.
func (s taskSource) Deadlocked() { s.errors.Report("", s.Deadlock()) }

// taskInput is standard input as tasks read it, beside host.OnLine.
type taskInput struct {
	run   *run
	lines *inlet.Lines // set by Open
}

// Open implements task.Input.
func (i *taskInput) Open(wake func()) (err error) {
	i.lines, err = i.run.stdin.Lines("the lines of tide.task", inlet.Options{
		Wake: i.run.loop.NewSignal(wake).Set, MaxLine: i.run.opts.maxString(), Memory: i.run.opts.Memory,
	})
	return err
}

// Next implements task.Input.
func (i *taskInput) Next() (line []byte, found, ended bool, err error) { return i.lines.Next() }

// Hold implements task.Input.
func (i *taskInput) Hold() { i.run.loop.Hold() }

// Release implements task.Input.
func (i *taskInput) Release() { i.run.loop.Release() }
