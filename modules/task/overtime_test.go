package task_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/modules/gate"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/modules/task"
)

// A piece that is stopped over the limit of its call ends the run, and so it is reported,
// also if it ends by itself before it notices.
func TestOvertime(t *testing.T) {
	for name, source := range map[string]string{
		"ends":    `task.go(function() hang() end)`,
		"waits":   `task.go(function() hang() task.sleep(1) end)`,
		"exits":   `task.go(function() hang() exit() end)`,
		"goes on": `task.go(function() hang() while true do end end)`,
		"yields":  `task.go(function() hang() task.sleep(0) end) task.go(function() end)`,
	} {
		t.Run(name, func(t *testing.T) {
			var g *gate.Gate
			p := newPump(t, lua.Options{}, task.Options{
				Call: func(where string, f lua.Value, args ...lua.Value) error { return g.Call(where, f, args...) },
				Each: func(where string) { g.Renew(where) },
			})
			exceeded := make(chan struct{})
			g = gate.New(p.State, gate.Limits{CallTime: time.Millisecond, Exceeded: func(error) { close(exceeded) }})
			functions := []lua.Func{
				{Name: "hang", Call: func(c *lua.Call) error {
					<-exceeded
					p.ending = true
					return c.Return()
				}},
				{Name: "exit", Call: func(*lua.Call) error { return g.Exit() }},
			}
			if err := p.SetFuncs(p.Globals(), functions...); err != nil {
				t.Fatal(err)
			}
			p.run(source)
			stop := g.Watch()
			p.sched.Run(task.Budget{})
			p.sched.EndTurn()
			stop()
			if len(p.errors) != 1 || !strings.Contains(p.errors[0], "task started at test:1 was stopped: it ran for more than 1ms") {
				t.Errorf("reported %q", p.errors)
			}
		})
	}
}
