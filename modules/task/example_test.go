package task_test

import (
	"log"
	"os"
	"time"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/task"
)

// host is the pump of a program that embeds Lua: functions that other goroutines want to
// be called on the goroutine that owns the state.
type host struct{ calls chan func() }

// After implements task.Host.
func (h host) After(d time.Duration, f func()) (cancel func()) {
	over := false // the state's goroutine alone uses it
	timer := time.AfterFunc(d, func() {
		h.calls <- func() {
			if !over {
				f()
			}
		}
	})
	return func() { over = true; timer.Stop() }
}

// Ending implements task.Host.
func (host) Ending() bool { return false }

// A program with a pump of its own gives its state tide.task with Open, lets tasks go on
// with Run, and may add functions of its own that wait.
func ExampleOpen() {
	s := lua.NewState(lua.Options{Tracebacks: true})
	defer s.Close()
	if err := std.Open(s, std.Options{Stdout: os.Stdout}); err != nil {
		log.Fatal(err)
	}
	h := host{make(chan func(), 16)}
	tasks, err := task.Open(s, h, task.Options{})
	if err != nil {
		log.Fatal(err)
	}

	// ask(question) waits for an answer that another goroutine finds.
	ask := s.NewFunction("ask", func(c *lua.Call) error {
		question := c.String(1)
		if err := c.Err(); err != nil {
			return err
		}
		var answer string
		return tasks.Await(c, task.Waiting{Name: "ask"}, func(w *task.Wait) {
			go func(question string) { // ended by its answer
				found := question + " 42"
				h.calls <- func() { answer = found; w.Settle() }
			}("the answer to " + question + " is")
		}, func(c *lua.Call) error { return c.ReturnString(answer) })
	})
	if err := s.SetGlobal("ask", ask); err != nil {
		log.Fatal(err)
	}

	const source = `
local task = require "tide.task"
local asked = task.go(function() return ask "everything" end)
task.go(function()
	print(asked:wait())
	task.sleep(0.01)
	print "slept"
end)
`
	if _, err := s.Run([]byte(source), "@tasks.lua"); err != nil {
		log.Fatal(err)
	}
	for tasks.Live() > 0 { // or cases of your own loop's select
		if tasks.Run(task.Budget{}); !tasks.Runnable() && tasks.Live() > 0 {
			call := <-h.calls
			call()
		}
		tasks.EndTurn()
	}

	// Output:
	// true	the answer to everything is 42
	// slept
}
