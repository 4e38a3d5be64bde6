package lua_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// tasks is a state whose scripts can suspend the task that they run in: wait(...) until
// the test resumes it, and waitThen(...), which goes on with a continuation.
type tasks struct {
	*lua.State
	t       *testing.T
	printed *strings.Builder
}

func newTasks(t *testing.T, opts lua.Options) tasks {
	t.Helper()
	s, printed := newState(t, opts)
	for name, f := range map[string]lua.GoFunction{
		"wait": func(c *lua.Call) error { return c.Suspend(nil) },
		"waitThen": func(c *lua.Call) error {
			return c.Suspend(func(c *lua.Call) error { return c.Return(append(c.Args(1), lua.Int(c.Count()))...) })
		},
		"waitTwice": func(c *lua.Call) error {
			return c.Suspend(func(c *lua.Call) error {
				first := c.Arg(1)
				return c.Suspend(func(c *lua.Call) error { return c.Return(first, c.Arg(1)) })
			})
		},
		"inTask": func(c *lua.Call) error {
			task, err := c.Task()
			if err != nil {
				return c.ReturnString(err.Error())
			}
			return c.Return(lua.Bool(task != nil))
		},
		"status":  func(c *lua.Call) error { return c.ReturnString(c.Thread(1).Status()) },
		"running": func(c *lua.Call) error { return c.Return(s.Thread().Value()) },
	} {
		if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
			t.Fatal(err)
		}
	}
	return tasks{s, t, printed}
}

// task makes a task of the body of a function.
func (s tasks) task(source string) *lua.Task {
	s.t.Helper()
	f, err := s.LoadString(source, "=test")
	if err != nil {
		s.t.Fatal(err)
	}
	task, err := s.NewTask(f)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Ref(task.Value())
	return task
}

// starter makes a function that lets a task begin or go on, and passes on how that ends.
func starter(s *lua.State, task *lua.Task) lua.Value {
	return s.NewFunction("task", func(c *lua.Call) error {
		return c.Resume(task, func(c *lua.Call) error {
			if failed := c.Failed(); failed != nil {
				return failed
			}
			return c.Return(c.Args(1)...)
		}, c.Args(1)...)
	})
}

// resume lets a task go on, and adds the call's results or its error to the output.
func (s tasks) resume(task *lua.Task, args ...lua.Value) {
	results, err := s.Call(starter(s.State, task), args...)
	s.printed.WriteString("go:")
	if err != nil {
		s.printed.WriteString(" " + err.Error())
	}
	for _, v := range results {
		s.printed.WriteString(" " + show(v))
	}
	s.printed.WriteByte('\n')
}

func (s tasks) text(text string) lua.Value {
	s.t.Helper()
	v, err := s.String(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s tasks) run(source string) {
	s.t.Helper()
	if _, err := s.Run([]byte(source), "=host"); err != nil {
		s.t.Fatalf("%s: %v", source, err)
	}
}

func (s tasks) want(want string) {
	s.t.Helper()
	if got := s.printed.String(); got != want {
		s.t.Errorf("printed\n%swant\n%s", got, want)
	}
	s.printed.Reset()
}

// A task is suspended as a whole, wherever in it the function is called.
func TestSuspend(t *testing.T) {
	for _, test := range []struct{ name, source, want string }{
		{"its own function", `print("got", ...) print("then", wait()) return "end", 1`,
			"got 1 2\ngo:\nthen a b\ngo: end 1\n"},
		{"no value where one is wanted", `local a = wait() print(a) local b, c = wait() print(b, c)`,
			"go:\na\ngo:\na b\ngo:\n"},
		{"a tail call", `return wait()`, "go:\ngo: a b\n"},
		{"pcall", `print(pcall(function() local a = wait() error(a, 0) end)) print(pcall(wait))`,
			"go:\nfalse a\ngo:\ntrue a b\ngo:\n"},
		{"xpcall", `print(xpcall(function() error(wait(), 0) end, function(e) return "handled " .. e end))`,
			"go:\nfalse handled a\ngo:\n"},
		{"a metamethod", `local t = setmetatable({}, {__index = function(t, k) return k .. wait() end,
			__add = function() return wait() end, __lt = function() return wait() == "a" end,
			__concat = function() return wait() end, __call = function(_, x) return x, wait() end})
			print(t.x, t + 1, t < t, t .. "x" .. t, t(5))`, "go:\ngo:\ngo:\ngo:\ngo:\ngo:\nxa a true a 5 a b\ngo:\n"},
		{"an iterator", `local function each(n, i) if i < n then return i + 1, wait() end end
			for i, v in each, 2, 0 do print(i, v) end`, "go:\n1 a\ngo:\n2 a\ngo:\n"},
		{"the iterator itself", `for a, b in wait do print(a, b) if once then break end once = true end`,
			"go:\na b\ngo:\na b\ngo:\n"},
		{"a coroutine", `local co = create(function(x) print("in", x) local a = wait() print("still in", a)
			print("yielded", yield(a .. 2)) return wait() end)
			print(resume(co, 1)) print(status(co)) print(resume(co, 3)) print(status(co))`,
			"in 1\ngo:\nstill in a\ntrue a2\nsuspended\nyielded 3\ngo:\ntrue a b\ndead\ngo:\n"},
		{"wrap, three deep", `local f = wrap(function() return wrap(function() return wrap(function()
			local t = setmetatable({}, {__index = function() return wait() end})
			return pcall(function() return t.x, t.y end) end)() end)() end) print(f())`,
			"go:\ngo:\ntrue a a\ngo:\n"},
		{"a continuation", `print(waitThen()) print(pcall(waitThen)) print(waitTwice())`,
			"go:\na b 2\ngo:\ntrue a b 2\ngo:\ngo:\na a\ngo:\n"},
		{"a continuation in a coroutine", `print(wrap(function() return waitThen() end)()) print(wrap(waitTwice)())`,
			"go:\na b 2\ngo:\ngo:\na a\ngo:\n"},
		{"a loop", `local s = "" for i = 1, 5 do s = s .. wait() end return s`,
			"go:\ngo:\ngo:\ngo:\ngo:\ngo: aaaaa\n"},
		{"an error afterwards", `wait() local x = nil + 1`,
			"go:\ngo: test:1: attempt to perform arithmetic on a nil value\n"},
	} {
		for _, stress := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				s := newTasks(t, lua.Options{})
				if stress {
					s.Stress()
				}
				task := s.task(test.source)
				for s.resume(task, lua.Int(1), lua.Int(2)); !task.Ended(); {
					s.resume(task, s.text("a"), s.text("b"))
				}
				s.want(test.want)
			})
		}
	}
}

// An error that a task is resumed with is raised where it waits.
func TestTaskFails(t *testing.T) {
	for _, test := range []struct{ name, source, want string }{
		{"not caught", `wait()`, "go:\ngo: cancelled\n"},
		{"caught by pcall", `print(pcall(wait)) return "end"`, "go:\nfalse cancelled\ngo: end\n"},
		{"caught by xpcall, whose handler sees the frames", `print(xpcall(function() wait() end, function(e)
			return e .. " in " .. where() end))`, "go:\nfalse cancelled in test:1: \ngo:\n"},
		{"caught by resume", `local co = create(function() wait() end) print(resume(co)) print(status(co))`,
			"go:\nfalse cancelled\ndead\ngo:\n"},
		{"raised again by wrap", `wrap(function() wait() end)()`, "go:\ngo: test:1: cancelled\n"},
		{"past a continuation", `print(pcall(waitThen)) return "end"`, "go:\nfalse cancelled\ngo: end\n"},
		{"past a metamethod", `return setmetatable({}, {__index = function() wait() end}).x`, "go:\ngo: cancelled\n"},
		{"and waits again", `print(pcall(wait)) print(pcall(wait)) return "end"`,
			"go:\nfalse cancelled\ngo:\nfalse cancelled\ngo: end\n"},
	} {
		for _, stress := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				s := newTasks(t, lua.Options{})
				where := s.NewFunction("where", func(c *lua.Call) error { return c.ReturnString(s.Where(3)) })
				if err := s.SetGlobal("where", where); err != nil {
					t.Fatal(err)
				}
				if stress {
					s.Stress()
				}
				task := s.task(test.source)
				for s.resume(task); !task.Ended(); s.resume(task) {
					task.Fail(s.Raise(s.text("cancelled")))
				}
				s.want(test.want)
				if n := s.Continuations(); n != 0 {
					t.Errorf("%d continuations are left", n)
				}
			})
		}
	}
	s := newTasks(t, lua.Options{})
	task := s.task(`print "never"`)
	task.Fail(s.Raise(s.text("cancelled")))
	s.resume(task)
	s.want("go: cancelled\n")
	if !task.Ended() || task.Suspended() {
		t.Error("a task that failed before it began has not ended")
	}
	s.resume(task)
	s.want("go: cannot resume dead task\n")
}

// A task has the arguments that it was made with, and further ones of its first call.
func TestTaskArguments(t *testing.T) {
	for _, stress := range []bool{false, true} {
		s := newTasks(t, lua.Options{})
		if stress {
			s.Stress()
		}
		f, err := s.LoadString(`print(count(...), ...) print(wait())`, "=test")
		if err != nil {
			t.Fatal(err)
		}
		many := make([]lua.Value, 100)
		for i := range many {
			many[i] = lua.Int(i)
		}
		for _, test := range []struct {
			made, called []lua.Value
			want         string
		}{
			{nil, nil, "0\n"},
			{many[:2], nil, "2 0 1\n"},
			{nil, many[1:2], "1 1\n"},
			{many[:3], many[3:5], "5 0 1 2 3 4\n"},
		} {
			task, err := s.NewTask(f, test.made...)
			if err != nil {
				t.Fatal(err)
			}
			s.Ref(task.Value())
			s.resume(task, test.called...)
			s.resume(task, many[7])
			s.want(test.want + "go:\n7\ngo:\n")
		}
		task, err := s.NewTask(s.Global("count"), many...)
		if err != nil {
			t.Fatal(err)
		}
		s.resume(task, many...)
		s.want("go: 200\n")
	}
}

// Where a Go function waits for a call within the task, and outside of tasks, nothing can
// be suspended: the function fails, and the task goes on.
func TestSuspendRefused(t *testing.T) {
	const boundary = "test:1: attempt to yield across C-call boundary"
	for _, test := range []struct{ source, want string }{
		{`print(inTask(), pcall(nested, function() wait() end)) print(inTask(), wait())`,
			"true false " + boundary + "\ngo:\ntrue\ngo:\n"},
		{`print(pcall(nested, function() return inTask() end))`, "true attempt to yield across C-call boundary\ngo:\n"},
		{`print(pcall(nested, function() wrap(function() wait() end)() end))`,
			"false test:1: " + boundary + "\ngo:\n"},
		{`print(pcall(nested, function() wrap(waitThen)() end))`,
			"false test:1: attempt to yield across C-call boundary\ngo:\n"},
		{`print(wrap(function() return pcall(nested, function() wait() end) end)())`,
			"false " + boundary + "\ngo:\n"},
		{`print(pcall(yield))`, "false attempt to yield across C-call boundary\ngo:\n"},
		{`wrap(function() wait() end)() nested(function() print(inTask()) end)`, "go:\n" + boundary + "\ngo:\n"},
	} {
		s := newTasks(t, lua.Options{})
		task := s.task(test.source)
		for s.resume(task); !task.Ended(); {
			s.resume(task)
		}
		s.want(test.want)
	}
	s := newTasks(t, lua.Options{})
	s.run(`print(inTask(), pcall(wait)) print(pcall(function() wait() end)) print(wrap(function() return inTask() end)())
		print(resume(create(function() wait() end)))`)
	s.want("false false attempt to suspend outside of a task\nfalse host:1: attempt to suspend outside of a task\n" +
		"false\nfalse host:2: attempt to suspend outside of a task\n")
}

// Nobody but the scheduler lets a suspended task's coroutines go on.
func TestCoroutinesOfTasks(t *testing.T) {
	s := newTasks(t, lua.Options{})
	task := s.task(`own = running() inner = create(function() innermost = create(function() return wait() end)
		return resume(innermost) end) return resume(inner)`)
	s.resume(task)
	other := s.task(`for _, co in ipairs{own, inner, innermost} do print(status(co), resume(co)) end
		print(pcall(wrap(function() return resume(inner) end))) wait()`)
	const want = "normal false cannot resume running coroutine\n"
	s.resume(other)
	s.want("go:\n" + want + want + want + "true false cannot resume running coroutine\ngo:\n")
	s.run(`print(status(own), status(inner), status(innermost), resume(innermost))`)
	s.want("normal normal normal false cannot resume running coroutine\n")
	s.resume(task, lua.Int(7))
	s.resume(other)
	s.run(`print(status(own), status(inner), status(innermost), resume(innermost))`)
	s.want("go: true true 7\ngo:\ndead dead dead false cannot resume dead coroutine\n")
}

// A task resumed by a Go function within another one is suspended alone.
func TestTaskWithinTask(t *testing.T) {
	s := newTasks(t, lua.Options{})
	within := s.task(`print("within", wait()) print("again", wait()) return "end"`)
	if err := s.SetGlobal("within", starter(s.State, within)); err != nil {
		t.Fatal(err)
	}
	task := s.task(`print(within()) print(wait()) print(within(1)) print(wait()) print(within(2))
		print(pcall(within)) print(pcall(nested, myself))`)
	if err := s.SetGlobal("myself", starter(s.State, task)); err != nil {
		t.Fatal(err)
	}
	for s.resume(task); !task.Ended(); {
		s.resume(task, s.text("outer"))
	}
	s.want("\ngo:\nouter\nwithin 1\n\ngo:\nouter\nagain 2\nend\nfalse cannot resume dead task\n" +
		"false cannot resume running task\ngo:\n")
}

// The traceback of a task's error is that of the task, from its innermost coroutine to
// its function.
func TestTracebackOfTask(t *testing.T) {
	s := newTasks(t, lua.Options{Tracebacks: true})
	task := s.task("local function inner()\n  wait()\n  error 'boom'\nend\nwrap(function()\n  inner()\nend)()")
	s.resume(task)
	_, err := s.Call(starter(s.State, task))
	var e *lua.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	const want = "stack traceback:\n\t[C]: in function 'error'\n\ttest:3: in function 'inner'\n" +
		"\ttest:6: in function <test:5>\n\t[C]: ?\n\ttest:7: in main chunk"
	if e.Message != "test:7: test:3: boom" || e.Traceback != want {
		t.Errorf("%s\n%s", e.Message, e.Traceback)
	}
	waiting := s.task("local function inner()\n  wait()\nend\nwrap(function()\n  inner()\nend)()")
	s.resume(waiting)
	var lines []int
	for level := 0; ; level++ {
		a, found := s.Activation(waiting.Innermost(), level)
		if !found {
			break
		}
		lines = append(lines, a.Line())
	}
	if len(lines) != 3 || lines[1] != 2 || lines[2] != 5 {
		t.Errorf("a suspended task is at lines %v", lines)
	}
}

// Interrupts, limits and panics end a task as they end any call, and the state goes on.
func TestTaskStopped(t *testing.T) {
	s := newTasks(t, lua.Options{})
	stop := errors.New("stop")
	for name, f := range map[string]lua.GoFunction{
		"interrupt": func(c *lua.Call) error { s.Interrupt(stop); return nil },
		"exit":      func(c *lua.Call) error { return s.Unwind(stop) },
		"panics":    func(c *lua.Call) error { panic(stop) },
	} {
		if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"interrupt", "exit", "panics"} {
		task := s.task(`inner = create(function() wait() ` + name + `() while true do end end)
			print(pcall(resume, inner)) print "never"`)
		s.resume(task)
		s.want("go:\n")
		if _, err := s.Call(starter(s.State, task)); !errors.Is(err, stop) {
			t.Errorf("%s: %v", name, err)
		}
		s.ClearInterrupt()
		if !task.Ended() {
			t.Errorf("%s has not ended the task", name)
		}
		s.run(`print(status(inner))`)
		s.want("dead\n")
		s.resume(task)
		s.want("go: cannot resume dead task\n")
	}
}

// The values of a suspended task live as long as something holds its function, and no
// longer: its coroutines are no roots.
func TestWalkOfTasks(t *testing.T) {
	s := newTasks(t, lua.Options{})
	s.run(`weak = setmetatable({}, {__mode = "v"})`)
	f, err := s.LoadString(`local own = {} weak.own = own wrap(function() local inner = {} weak.inner = inner
		wrap(function() local innermost = {} weak.innermost = innermost wait() print(innermost == weak.innermost) end)()
		print(inner == weak.inner) end)() print(own == weak.own) wait()`, "=test")
	if err != nil {
		t.Fatal(err)
	}
	task, err := s.NewTask(f)
	if err != nil {
		t.Fatal(err)
	}
	ref := s.Ref(task.Value())
	s.resume(task)
	collect := func() {
		t.Helper()
		if _, err := s.Collect(); err != nil {
			t.Fatal(err)
		}
	}
	collect()
	s.resume(task)
	s.want("go:\ntrue\ntrue\ntrue\ngo:\n")
	ref.Release()
	s.run(`weak.own = nil weak.inner = nil weak.innermost = nil weak.co = nil`)
	before := s.Memory()
	collect()
	if s.Memory() >= before {
		t.Errorf("a task that nothing holds is still charged: %d bytes, %d before", s.Memory(), before)
	}
	small := newTasks(t, lua.Options{MaxMemory: 300_000})
	for made := 0; ; made++ {
		_, err := small.NewTask(small.Primitive(lua.PCall))
		if err != nil {
			t.Fatalf("after %d tasks that nothing holds: %v", made, err)
		}
		if made == 10_000 {
			break
		}
	}
	for made := 0; ; made++ {
		task, err := small.NewTask(small.Primitive(lua.PCall))
		if errors.Is(err, lua.ErrMemory) {
			break
		}
		if small.Ref(task.Value()); made > 10_000 {
			t.Fatal("tasks are not charged")
		}
	}
}

// basket holds a value for Go code.
type basket struct{ held lua.Value }

func (b *basket) Mark(mark func(lua.Value)) { mark(b.held) }

// Walks in slices find the values that tasks, suspended in the middle of coroutines, take
// from one another.
func TestWalkInSlicesFindsTasks(t *testing.T) {
	for _, every := range []bool{true, false} {
		s := newTasks(t, lua.Options{})
		if every {
			s.SmallSlices()
		}
		s.run(`weak, last = setmetatable({}, {__mode = "v"}), 0
			function new() last = last + 1 local object = {id = last} weak[last] = object return object end
			function check(object) if object and weak[object.id] ~= object then error("object " .. object.id .. " was lost") end
				return object end`)
		const direct = `local held while true do local got = wait() give(check(held)) held = check(got) got = nil end`
		const inner = `local held while true do local got = wrap(wait)() give(check(held)) held = check(got) got = nil end`
		bodies := []string{direct, inner, `wrap(function() ` + direct + ` end)()`, `wrap(function() ` + inner + ` end)()`}
		given := &basket{} // and no table, whose store would find the object
		s.Ref(s.NewUserdata(given, nil))
		give := s.NewFunction("give", func(c *lua.Call) error { given.held = c.Arg(1); return nil })
		if err := s.SetGlobal("give", give); err != nil {
			t.Fatal(err)
		}
		var list []*lua.Task
		for i := range 16 {
			task := s.task(bodies[i%len(bodies)])
			s.resume(task)
			list = append(list, task)
		}
		s.printed.Reset()
		seed := uint32(1)
		random := func(n int) int { seed = seed*1664525 + 1013904223; return int(seed>>8) % n }
		fresh := s.Global("new")
		for range 30_000 {
			object := given.held
			if object.IsNil() || random(100) == 0 {
				var err error
				if object, err = s.Call1(fresh); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Call0(starter(s.State, list[random(len(list))]), object); err != nil {
				t.Fatal(err)
			}
		}
		if every && s.Walks() < 100 {
			t.Errorf("%d walks", s.Walks())
		}
	}
}

// A task that has not begun takes no stack yet, but is charged for it: walks count the
// same, whatever its arguments, and find them.
func TestWalkOfTasksBeforeTheyBegin(t *testing.T) {
	s := newTasks(t, lua.Options{})
	s.run(`weak = setmetatable({}, {__mode = "v"})`)
	f, err := s.LoadString(`print(count(...), (...) == weak[1], ({...})[count(...)] == weak[count(...)])`, "=test")
	if err != nil {
		t.Fatal(err)
	}
	s.Ref(f)
	collect := func() int64 {
		t.Helper()
		live, err := s.Collect()
		if err != nil {
			t.Fatal(err)
		}
		return live
	}
	for _, count := range []int{1, 2, 3, 30} {
		s.run(fmt.Sprintf(`held = {} for i = 1, 30 do weak[i] = nil end
			for i = 1, %d do held[i] = {} weak[i] = held[i] end`, count))
		held, _ := s.Global("held").AsTable()
		args := make([]lua.Value, count)
		for i := range args {
			args[i] = held.GetInt(i + 1)
		}
		before := collect()
		task, err := s.NewTask(f, args...)
		if err != nil {
			t.Fatal(err)
		}
		s.Ref(task.Value())
		charged := s.Memory()
		if live := collect(); live != charged {
			t.Errorf("%d arguments: %d bytes are live, %d charged", count, live-before, charged-before)
		}
		s.run(`held = nil`)
		collect()
		s.resume(task)
		s.want(fmt.Sprintf("%d true true\ngo:\n", count))
	}
}

// A task that is suspended for another one leaves its place to it: the function that has
// resumed the first waits for the second, and gets its results or its error.
func TestSuspendFor(t *testing.T) {
	for _, test := range []struct{ name, second, want string }{
		{"a task that has not begun", `print("second") return "end"`, "first\nsecond\ngo: end\nthen\ngo:\n"},
		{"a function of Go", "", "first\ngo: function\nthen\ngo:\n"},
		{"a task that fails", `error("failed", 0)`, "first\ngo: failed\nthen\ngo:\n"},
		{"a task that is suspended for none", `wait() print("not here")`, "first\ngo:\nthen\ngo:\n"},
		{"a task that is suspended for the first", `give() print("not here")`, "first\nthen\ngo:\ngo: cannot resume dead task\n"},
		{"none", "none", "first\ngo:\nthen\ngo:\n"},
		{"one that runs", "ended", "first\ngo: cannot resume running task\nthen\ngo:\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newTasks(t, lua.Options{})
			var first, other *lua.Task
			next := func() *lua.Task {
				to := other
				other = first
				return to
			}
			give := s.NewFunction("give", func(c *lua.Call) error { return c.SuspendFor(nil, next) })
			if err := s.SetGlobal("give", give); err != nil {
				t.Fatal(err)
			}
			first = s.task(`print("first") give() print("then")`)
			switch test.second {
			case "none":
			case "ended":
				other = s.task(``)
				s.resume(other)
				s.printed.Reset()
			case "":
				made, err := s.NewTask(s.NewFunction("f", func(c *lua.Call) error { return c.ReturnString("function") }))
				if err != nil {
					t.Fatal(err)
				}
				s.Ref(made.Value())
				other = made
			default:
				other = s.task(test.second)
			}
			s.resume(first)
			s.resume(first)
			s.want(test.want)
		})
	}
}
