package task_test

import (
	"testing"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/modules/task"
)

// BenchmarkSwitches compares the ways in which two functions take turns: by the
// coroutines of Lua alone, and as tasks. An operation is two switches, to the other
// function and back.
func BenchmarkSwitches(b *testing.B) {
	for _, c := range []struct{ name, source string }{
		{"coroutines", `
			local wrapped = coroutine.wrap(function() while true do coroutine.yield(1) end end)
			function run(n) for i = 1, n do wrapped() end end`},
		{"sleep", `
			function run(n) local function f() for i = 1, n do task.sleep(0) end end task.go(f) task.go(f) end`},
		{"queues", `
			function run(n)
				local to, back = task.queue(1), task.queue(1)
				task.go(function() for i = 1, n do to:push(i) back:pop() end end)
				task.go(function() for i = 1, n do back:push(to:pop()) end end)
			end`},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			p := newPump(b, lua.Options{})
			p.run(c.source)
			run := p.Global("run")
			b.ResetTimer()
			if err := p.Call0(run, lua.Int(b.N)); err != nil {
				b.Fatal(err)
			}
			for p.sched.Runnable() {
				p.sched.Run(task.Budget{})
			}
			if n := p.sched.Live(); n != 0 {
				b.Fatalf("%d tasks are left", n)
			}
		})
	}
}

// BenchmarkStart compares coroutines that are made and run to their end with tasks: one
// after the other, or a thousand at once.
func BenchmarkStart(b *testing.B) {
	for _, c := range []struct{ name, source string }{
		{"coroutines", `local function f(x) return x end function run(n) for i = 1, n do coroutine.wrap(f)(i) end end`},
		{"many coroutines", `local f = function(x) return x end function run(n) local made = {}
			for i = 1, n do made[i] = coroutine.create(f) end
			for i = 1, n do coroutine.resume(made[i], i) end end`},
		{"many tasks", `local function f(x) return x end function run(n) for i = 1, n do task.go(f, i) end end`},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			p := newPump(b, lua.Options{})
			p.run(c.source)
			run := p.Global("run")
			b.ResetTimer()
			const atOnce = 1000
			for left := b.N; left > 0; left -= atOnce {
				if err := p.Call0(run, lua.Int(min(left, atOnce))); err != nil {
					b.Fatal(err)
				}
				for p.sched.Runnable() {
					p.sched.Run(task.Budget{})
				}
			}
		})
	}
}
