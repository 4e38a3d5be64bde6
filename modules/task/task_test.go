package task_test

import (
	"container/heap"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/task"
)

// pump is a host whose time passes at once when nothing else is to be done.
type pump struct {
	*lua.State
	t       testing.TB
	sched   *task.Scheduler
	printed strings.Builder
	errors  []string
	now     time.Duration
	timers  timers
	made    int
	ending  bool
}

func newPump(t testing.TB, opts lua.Options, more ...task.Options) *pump {
	t.Helper()
	taskOpts := task.Options{}
	for _, taskOpts = range more {
	}
	opts.Tracebacks = true
	p := &pump{State: lua.NewState(opts), t: t}
	t.Cleanup(p.Close)
	if err := std.Open(p.State, std.Options{Stdout: &p.printed}); err != nil {
		t.Fatal(err)
	}
	taskOpts.Errors = p
	var err error
	if p.sched, err = task.Open(p.State, p, taskOpts); err != nil {
		t.Fatal(err)
	}
	now := p.NewFunction("now", func(c *lua.Call) error { return c.Return(lua.Number(p.now.Seconds())) })
	if err := p.SetGlobal("now", now); err != nil {
		t.Fatal(err)
	}
	p.run(`task = require "tide.task"`)
	return p
}

// Report implements task.Reporter.
func (p *pump) Report(where string, err error, _ ...any) {
	text, _, _ := strings.Cut(err.Error(), "\n")
	p.errors = append(p.errors, where+": "+text)
}

// After implements task.Host.
func (p *pump) After(d time.Duration, f func()) (cancel func()) {
	p.made++
	t := &timer{at: p.now + d, number: p.made, f: f}
	heap.Push(&p.timers, t)
	return func() { t.f = nil }
}

// Ending implements task.Host.
func (p *pump) Ending() bool { return p.ending }

// run runs a chunk that must not fail.
func (p *pump) run(source string) {
	p.t.Helper()
	if _, err := p.Run([]byte(source), "=test"); err != nil {
		p.t.Fatalf("%.200s: %v", source, err)
	}
}

// drive runs a chunk, and then tasks until none can go on any longer.
func (p *pump) drive(source string) {
	p.t.Helper()
	p.run(source)
	p.idle()
}

func (p *pump) idle() {
	for {
		for p.sched.Runnable() {
			p.sched.Run(task.Budget{})
		}
		p.sched.EndTurn()
		if len(p.timers) == 0 {
			return
		}
		t := heap.Pop(&p.timers).(*timer)
		if t.f != nil {
			p.now = max(p.now, t.at)
			t.f()
		}
	}
}

// want compares the output so far, and the errors that were reported.
func (p *pump) want(printed string, reported ...string) {
	p.t.Helper()
	if got := p.printed.String(); got != printed {
		p.t.Errorf("printed\n%s\nwant\n%s", got, printed)
	}
	if fmt.Sprint(p.errors) != fmt.Sprint(reported) {
		p.t.Errorf("reported %q, want %q", p.errors, reported)
	}
	p.printed.Reset()
	p.errors = nil
}

type timer struct {
	at     time.Duration
	number int
	f      func()
}

type timers []*timer

func (q timers) Len() int { return len(q) }
func (q timers) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].number < q[j].number
}
func (q timers) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *timers) Push(x any)   { *q = append(*q, x.(*timer)) }
func (q *timers) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	*q = (*q)[:last]
	return t
}

// Tasks start in the order of their calls, when the running code has ended or waits.
func TestGo(t *testing.T) {
	p := newPump(t, lua.Options{})
	p.drive(`
		task.go(function(...) print("first", select("#", ...), ...)
			task.go(function() print "third" end)
			task.sleep(0)
			print "fourth" end, 1, nil, 3, nil)
		task.go(setmetatable({}, {__call = function(_, x) print("second", x) end}), 5)
		print "main"`)
	p.want("main\nfirst\t4\t1\tnil\t3\tnil\nsecond\t5\nthird\nfourth\n")
	for source, want := range map[string]string{
		`print(pcall(task.go))`:                    "false\tbad argument #1 to '?' (function expected, got no value)\n",
		`print(pcall(task.go, 5))`:                 "false\tbad argument #1 to '?' (function expected, got number)\n",
		`print(pcall(function() task.go({}) end))`: "false\ttest:1: bad argument #1 to 'go' (function expected, got table)\n",
		`print(require "tide.task" == task)`:       "true\n",
		`local t = task.go(function() end) print(tostring(t), getmetatable(t), type(t))`: "task\ttask\tuserdata\n",
	} {
		p.drive(source)
		p.want(want)
	}
}

func TestSleep(t *testing.T) {
	p := newPump(t, lua.Options{})
	p.drive(`
		for i = 5, 1, -1 do task.go(function() task.sleep(i / 4) print(i, now()) end) end
		task.go(function() task.sleep(-1) print("at once", now()) end)`)
	p.want("at once\t0\n1\t0.25\n2\t0.5\n3\t0.75\n4\t1\n5\t1.25\n")
	for source, want := range map[string]string{
		`print(pcall(task.sleep))`:                   "false\tbad argument #1 to '?' (number expected, got no value)\n",
		`print(pcall(task.sleep, nil))`:              "false\tbad argument #1 to '?' (number expected, got nil)\n",
		`print(pcall(task.sleep, 0/0))`:              "false\tbad argument #1 to '?' (at most 1e9 seconds expected, got nan)\n",
		`print(pcall(task.sleep, math.huge))`:        "false\tbad argument #1 to '?' (at most 1e9 seconds expected, got inf)\n",
		`print(pcall(task.sleep, 1))`:                "false\t'sleep' waits: call it inside tide.task.go\n",
		`print(pcall(function() task.sleep(1) end))`: "false\ttest:1: 'sleep' waits: call it inside tide.task.go\n",
		`print(coroutine.resume(coroutine.create(function() task.sleep(1) end)))`: "false\ttest:1: 'sleep' waits: " +
			"call it inside tide.task.go\n",
		`task.go(function() print(pcall(table.sort, {1, 2}, function() task.sleep(1) end)) end)`: "false\ttest:1: " +
			"attempt to yield across C-call boundary\n",
		`task.go(function() print(pcall(coroutine.yield)) end)`:                                                     "false\tattempt to yield across C-call boundary\n",
		`task.go(function() print(coroutine.isyieldable(), coroutine.running() ~= nil) end)`:                        "false\ttrue\n",
		`task.go(function() print(coroutine.wrap(function() task.sleep(1) coroutine.yield(now() >= 1) end)()) end)`: "true\n",
	} {
		p.drive(source)
		p.want(want)
	}
}

func TestWait(t *testing.T) {
	p := newPump(t, lua.Options{})
	for source, want := range map[string]string{
		`local t = task.go(function() return end) task.go(function() print(t:wait()) print(t:wait(0)) end)`: "true\ntrue\n",
		`local t = task.go(function() task.sleep(1) return 1 end)
			task.go(function() print(t:wait()) print(t:wait()) end)
			task.go(function() print(t:wait(0)) print(t:wait(0.5)) print(t:wait(10)) end)`: "nil\ttimeout\nnil\ttimeout\n" +
			"true\t1\ntrue\t1\ntrue\t1\n",
		`local t = task.go(function() return nil, 2, nil, nil end)
			task.go(function() print(t:wait()) print(select("#", t:wait())) end)`: "true\tnil\t2\tnil\tnil\n5\n",
		`local t = task.go(function() error "boom" end) task.go(function() print(t:wait()) print(t:wait()) end)`: "false\ttest:1: boom\nfalse\ttest:1: boom\n",
		`local e = {} local t = task.go(function() task.sleep(1) error(e) end)
			task.go(function() local ok, got = t:wait() print(ok, got == e) end)`: "false\ttrue\n",
		`local t t = task.go(function() print(pcall(t.wait, t)) print(pcall(t.wait, t, 0)) end)`: "false\ta task cannot wait for its own end\nfalse\ta task cannot wait for its own end\n",
		`local t = task.go(function() end) print(pcall(t.wait, t)) print(pcall(t.wait)) print(pcall(t.wait, 1))`: "false\t'wait' waits: call it inside tide.task.go\n" +
			"false\tbad argument #1 to '?' (task expected, got no value)\n" +
			"false\tbad argument #1 to '?' (task expected, got number)\n",
		`local t = task.go(function() end) task.go(function() print(pcall(t.wait, t, "x"))
			print(pcall(function() t:wait(2e9) end)) end)`: "false\tbad argument #2 to '?' (number expected, got string)\n" +
			"false\ttest:2: bad argument #1 to 'wait' (at most 1e9 seconds expected, got 2000000000)\n",
	} {
		p.drive(source)
		p.want(want)
	}
	// many results
	p.drive(`local t = task.go(function() local t = {} for i = 1, 5000 do t[i] = i end return unpack(t) end)
		task.go(function() local r = {t:wait()} print(#r, r[2], r[5001]) end)`)
	p.want("5001\t1\t5000\n")
}

func TestCancel(t *testing.T) {
	p := newPump(t, lua.Options{})
	for source, want := range map[string]string{
		// the wait that it is in, and each later one
		`local t = task.go(function() print(pcall(task.sleep, 100)) print(pcall(task.sleep, 0)) print(now()) return "end" end)
			task.go(function() t:cancel() t:cancel() print(t:wait()) end)`: "false\tcancelled\nfalse\tcancelled\n0\ntrue\tend\n",
		// its next one
		`local t = task.go(function() print "begins" task.sleep(0) print "never" end) t:cancel()
			task.go(function() print(t:wait()) end)`: "begins\nfalse\tcancelled\n",
		// from itself
		`local t t = task.go(function() t:cancel() print "goes on" task.sleep(1) end)
			task.go(function() print(t:wait()) end)`: "goes on\nfalse\tcancelled\n",
		// a wait that is over already is over
		`local a = task.go(function() task.sleep(0) print "a" task.sleep(1) print "never" end)
			task.go(function() task.sleep(0) a:cancel() print "cancelled a" end)`: "a\ncancelled a\n",
		`local b local a = task.go(function() task.sleep(0) b:cancel() print "b was cancelled" end)
			b = task.go(function() task.sleep(0) print "b was ready" task.sleep(1) print "never" end)`: "b was cancelled\nb was ready\n",
		// one that waits for another one, which goes on
		`local a = task.go(function() task.sleep(1) print "a ends" end)
			local b = task.go(function() print(pcall(a.wait, a)) end) task.go(function() b:cancel() end)`: "false\tcancelled\na ends\n",
		// an ended one
		`local a = task.go(function() return 5 end) task.go(function() a:cancel() print(a:wait()) end)`: "true\t5\n",
		// through coroutines
		`local t = task.go(function() print(coroutine.resume(coroutine.create(function() task.sleep(9) end))) end)
			task.go(function() t:cancel() end)`: "false\tcancelled\n",
	} {
		p.now = 0
		p.drive(source)
		p.want(want)
	}
	if n := p.sched.Live(); n != 0 {
		t.Errorf("%d tasks are left", n)
	}
}

// The error of a task goes to those that wait for it; if there are none by the end of the
// turn it is reported, with the task's start.
func TestFailures(t *testing.T) {
	p := newPump(t, lua.Options{})
	p.drive("local t = task.go(function()\n  task.sleep(1)\n  error 'boom'\nend)\n" +
		"task.go(function() print(t:wait(0.5)) task.sleep(5) print(t:wait()) end)")
	p.want("nil\ttimeout\nfalse\ttest:3: boom\n", "task started at test:1: test:3: boom")

	p.drive(`local t = task.go(function() error "asked for" end)
		task.go(function() print(t:wait()) end)`) // in the same turn
	p.want("false\ttest:1: asked for\n")

	p.drive(`task.go(function() task.go(error, "of a Go function", 0) end)`)
	p.want("", "task started at test:1: of a Go function")
	if _, err := p.Run([]byte(`task.go(error, setmetatable({}, {__tostring = function() return "text" end}))`), "=x"); err != nil {
		t.Fatal(err)
	}
	p.idle()
	p.want("", "task started at x:1: text")
}

// While the host ends nothing begins or goes on to wait; the scheduler ends the waits
// under way.
func TestEnding(t *testing.T) {
	p := newPump(t, lua.Options{})
	p.run(`waits = task.go(function() print(pcall(task.sleep, 100)) print(pcall(task.sleep, 0)) end)
		quiet = task.go(function() task.sleep(100) end)
		task.go(function() print(waits:wait()) end)`)
	p.sched.Run(task.Budget{})
	p.ending = true
	p.sched.CancelAll()
	p.run(`print(tostring(task.go(print, "never")))`)
	p.idle()
	p.want("task\nfalse\tcancelled\nfalse\tcancelled\n")
	if n := p.sched.Live(); n != 0 {
		t.Errorf("%d tasks are left", n)
	}
}

func TestDeadlock(t *testing.T) {
	p := newPump(t, lua.Options{})
	if err := p.sched.Deadlock(); err != nil {
		t.Error(err)
	}
	p.drive("local a, b\na = task.go(function()\n  b:wait()\nend)\n" +
		"b = task.go(function() coroutine.wrap(function()\n  pcall(a.wait, a) end)() end)")
	const want = "deadlock: 2 tasks wait, and nothing is left that could wake one of them\n" +
		"\ttask started at test:2 waits in 'wait' at test:3\n\ttask started at test:5 waits in 'wait' at test:6"
	if err := p.sched.Deadlock(); err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	p.drive(`for i = 1, 30 do local t t = task.go(function() a:wait() end) end a = task.go(function() task.go(a.wait, a):wait() end)`)
	if err := p.sched.Deadlock(); err == nil || !strings.Contains(err.Error(), "\n\tand 14 more") {
		t.Error(err)
	}
}

// Run keeps to its budget, and does nothing within Lua code.
func TestBudget(t *testing.T) {
	p := newPump(t, lua.Options{})
	p.run(`n = 0 for i = 1, 10 do task.go(function() while true do n = n + 1 task.sleep(0) end end) end`)
	for _, budget := range []int{1, 7, 300} {
		if ran := p.sched.Run(task.Budget{Tasks: budget, Time: time.Hour}); ran != budget {
			t.Errorf("%d tasks went on, want %d", ran, budget)
		}
	}
	if ran := p.sched.Run(task.Budget{Time: time.Hour}); ran != 256 {
		t.Errorf("%d tasks went on, want 256", ran)
	}
	if n, _ := p.Global("n").AsNumber(); n != 1+7+300+256 {
		t.Errorf("n is %v", n)
	}
	p.run(`for i = 1, 10 do task.go(function() while true do for i = 1, 1e5 do end task.sleep(0) end end) end`)
	if ran := p.sched.Run(task.Budget{Tasks: 1e9, Time: 2 * time.Millisecond}); ran > 100 {
		t.Errorf("%d tasks went on in 2 ms", ran)
	}
	ran := -1
	nested := p.NewFunction("nested", func(*lua.Call) error { ran = p.sched.Run(task.Budget{}); return nil })
	if err := p.SetGlobal("nested", nested); err != nil {
		t.Fatal(err)
	}
	p.run(`task.go(nested) coroutine.wrap(nested)()`)
	if ran != 0 {
		t.Errorf("%d tasks went on within a coroutine", ran)
	}
	ran = -1
	for ran < 0 {
		p.sched.Run(task.Budget{})
	}
	if ran != 0 {
		t.Errorf("%d tasks went on within a task", ran)
	}
}

// A task that an interrupt, a panic or os.exit ends is over; the others go on.
func TestStopped(t *testing.T) {
	p := newPump(t, lua.Options{})
	stop := errors.New("stop")
	for name, f := range map[string]lua.GoFunction{
		"exit":   func(c *lua.Call) error { return p.Unwind(stop) },
		"panics": func(c *lua.Call) error { panic(stop) },
	} {
		if err := p.SetGlobal(name, p.NewFunction(name, f)); err != nil {
			t.Fatal(err)
		}
	}
	p.drive(`for _, f in ipairs{exit, panics} do
		local t = task.go(function() pcall(coroutine.wrap(function() task.sleep(1) f() end)) print "never" end)
		task.go(function() print((t:wait())) end) end`)
	p.want("false\nfalse\n")
	p.drive(`task.go(function() print "goes on" end)`)
	p.want("goes on\n")
}

// Tasks that have not ended live although the script has lost them; others do not.
func TestTasksAndWalks(t *testing.T) {
	p := newPump(t, lua.Options{MaxMemory: 8 << 20})
	p.drive(`
		local held = setmetatable({}, {__mode = "k"})
		for i = 1, 100 do
			local function body(value) task.sleep(1) collectgarbage() held[value] = true return value end
			task.go(body, {}) task.go(function() local t = task.go(body, {i}) print(t:wait()) end)
		end
		collectgarbage()`)
	if n := strings.Count(p.printed.String(), "true\ttable"); n != 100 {
		t.Errorf("%d tasks gave their value", n)
	}
	p.printed.Reset()
	for range 200 {
		p.drive(`for i = 1, 200 do task.go(function() return {} end) end`)
	}
}

// The same program has the same order of events each time.
func TestOrderIsTheSame(t *testing.T) {
	const source = `
		local seed = 7
		local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return seed % n end
		local tasks = {}
		for i = 1, 200 do
			tasks[i] = task.go(function()
				for step = 1, 10 do
					local what = random(5)
					if what < 3 then task.sleep(random(20) / 100)
					elseif what == 3 then local t = tasks[random(200) + 1] if t ~= tasks[i] then t:wait(random(10) / 100) end
					else tasks[random(200) + 1]:cancel() end
					print(i, step, now())
				end
			end)
		end`
	var first string
	for range 3 {
		p := newPump(t, lua.Options{})
		p.drive(source)
		if p.sched.Live() != 0 {
			t.Fatal("tasks are left")
		}
		if first == "" {
			first = p.printed.String()
		} else if p.printed.String() != first {
			t.Error("the order of events is another one")
		}
	}
	if strings.Count(first, "\n") < 300 {
		t.Errorf("only %d steps", strings.Count(first, "\n"))
	}
}

// Ten thousand tasks sleep and wait for one another, each for its time.
func TestTenThousandTasks(t *testing.T) {
	p := newPump(t, lua.Options{MaxMemory: 64 << 20})
	p.drive(`
		local n, last = 0, 0
		for i = 1, 10000 do
			local t = task.go(function()
				for step = 1, 5 do
					local before, d = now(), (i * 7919 + step * 104729) % 10007 / 100
					task.sleep(d)
					assert(math.abs(now() - before - d) < 1e-6 and now() >= last)
					last = now()
				end
				return i
			end)
			if i % 10 == 0 then task.go(function() local ok, got = t:wait() assert(ok and got == i) n = n + 1 end) end
		end
		task.go(function() task.sleep(1000) print(n) end)`)
	p.want("1000\n")
	if n := p.sched.Live(); n != 0 {
		t.Errorf("%d tasks are left", n)
	}
}

// Tasks that wait are not looked at: neither the pump nor the VM has anything to do.
func TestWaitingCostsNothing(t *testing.T) {
	p := newPump(t, lua.Options{})
	p.drive(`q = task.queue(1) for i = 1, 10000 do task.go(function() while q:pop() do end end) end`)
	before := p.Steps()
	for range 100 {
		p.run(``)
		if p.sched.Runnable() || p.sched.Run(task.Budget{}) != 0 || len(p.timers) != 0 {
			t.Fatal("a waiting task goes on")
		}
	}
	if steps := p.Steps() - before; steps > 200 {
		t.Errorf("%d steps", steps)
	}
	p.drive(`q:push(1) q:close()`)
	if n := p.sched.Live(); n != 0 {
		t.Errorf("%d tasks are left", n)
	}
}

// Tasks are named by the place of their start, also where the places of many are kept.
func TestPlacesOfStarts(t *testing.T) {
	p := newPump(t, lua.Options{})
	var want []string
	for _, name := range []string{"one", "two"} {
		source := strings.Repeat("task.go(error, 'x')\n", 20)
		for range 2 {
			if _, err := p.Run([]byte(source), "="+name); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			for line := 1; line <= 20; line++ {
				want = append(want, fmt.Sprintf("task started at %s:%d: x", name, line))
			}
		}
	}
	for p.sched.Runnable() {
		p.sched.Run(task.Budget{})
	}
	p.sched.EndTurn()
	if got := strings.Join(p.errors, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("reported\n%s", got)
	}
}

// A task that waits takes little more than a coroutine that does.
func TestMemoryOfTasks(t *testing.T) {
	p := newPump(t, lua.Options{})
	const count = 1000
	charged := func(source string) int64 {
		t.Helper()
		before := p.Memory()
		p.run(source)
		for p.sched.Runnable() {
			p.sched.Run(task.Budget{})
		}
		live, err := p.Collect()
		if err != nil {
			t.Fatal(err)
		}
		return (live - before) / count
	}
	p.run(`kept, waiting = {}, task.queue(1) for i = 1, 2000 do kept[i] = false end`)
	coroutine := charged(`for i = 1, 1000 do kept[i] = coroutine.wrap(function() coroutine.yield() end) kept[i]() end`)
	waits := charged(`for i = 1001, 2000 do kept[i] = task.go(function() waiting:pop() end) end`)
	if p.sched.Live() != count {
		t.Fatalf("%d tasks wait", p.sched.Live())
	}
	if waits > coroutine*27/20 {
		t.Errorf("%d bytes for a task, %d for a coroutine", waits, coroutine)
	}
	held, live, heldCharge, liveCharge := task.Sizes()
	if held != heldCharge || live != liveCharge {
		t.Errorf("%d and %d bytes for a task, %d and %d are charged", held, live, heldCharge, liveCharge)
	}
	if held != 80 || live != 288 { // sizes of Go's allocator: the next ones are 96 and 320
		t.Errorf("%d and %d bytes for a task", held, live)
	}
}

// Tasks whose functions are of Go and wait at once follow one another without nesting on
// Go's stack.
func TestTasksDoNotNest(t *testing.T) {
	p := newPump(t, lua.Options{})
	var callers [200]uintptr
	depth := 0
	if err := p.SetGlobal("look", p.NewFunction("look", func(*lua.Call) error {
		depth = runtime.Callers(0, callers[:])
		return nil
	})); err != nil {
		t.Fatal(err)
	}
	p.drive(`for i = 1, 200 do task.go(task.sleep, 0) end task.go(look)`)
	if depth == 0 || depth > 50 {
		t.Errorf("%d functions wait for one another", depth)
	}
}
