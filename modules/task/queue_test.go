package task_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/modules/task"
)

func TestQueue(t *testing.T) {
	p := newPump(t, lua.Options{})
	for _, test := range []struct{ name, source, want string }{
		{"first in, first out, up to its bound", `local q = task.queue(3)
			print(q:push(1), q:push(false), q:push("c"), q:count()) print(q:push(4)) print(q:count())
			task.go(function() print(q:pop(), q:pop(), q:pop()) print(q:pop(0)) end)`,
			"true\ttrue\ttrue\t3\nnil\tfull\n3\n1\tfalse\tc\nnil\ttimeout\n"},
		{"pop waits for a value", `local q = task.queue(1)
			task.go(function() print(q:pop(), now()) print(q:pop(1)) print(now()) end)
			task.go(function() task.sleep(2) print(q:push "x") print(q:count()) end)`,
			"true\n0\nx\t2\nnil\ttimeout\n3\n"},
		{"poppers are served in order", `local q = task.queue(1)
			for i = 1, 3 do task.go(function() print(i, q:pop(i == 2 and 0.5 or nil)) end) end
			task.go(function() task.sleep(1) q:push "a" q:push "b" print(q:push "c", q:push "d") end)`,
			"2\tnil\ttimeout\ntrue\tnil\tfull\n1\ta\n3\tb\n"},
		{"put waits for room", `local q = task.queue(1)
			task.go(function() for i = 1, 3 do print("put", i, q:put(i), now()) end end)
			task.go(function() for i = 1, 3 do task.sleep(1) print("pop", q:pop()) end end)`,
			"put\t1\ttrue\t0\npop\t1\nput\t2\ttrue\t1\npop\t2\nput\t3\ttrue\t2\npop\t3\n"},
		{"put in time, and put too late", `local q = task.queue(1) q:push(0)
			task.go(function() print(q:put(1, 0)) print(q:put(1, 0.5)) print(q:put(1, 2)) end)
			task.go(function() task.sleep(1) print(q:pop(), q:pop()) print(q:pop(0)) end)`,
			"nil\ttimeout\nnil\ttimeout\n0\t1\nnil\ttimeout\ntrue\n"},
		{"putters are served in order", `local q = task.queue(1) q:push(0)
			for i = 1, 3 do task.go(function() print(i, q:put(i, i == 2 and 0.5 or nil)) end) end
			task.go(function() task.sleep(1) print(q:pop(), q:pop(), q:pop()) print(q:count()) end)`,
			"2\tnil\ttimeout\n0\t1\t3\n0\n1\ttrue\n3\ttrue\n"},
		{"one without room hands over", `local q = task.queue(0)
			print(q:push(1))
			task.go(function() print("put", q:put(1)) print("put", q:put(2)) end)
			task.go(function() print("pop", q:pop()) print("pop", q:pop()) print(q:pop(0)) end)`,
			"nil\tfull\npop\t1\nput\ttrue\nput\ttrue\npop\t2\nnil\ttimeout\n"},
		{"closed: its values are there, and then no more", `local q = task.queue(5) q:push(1) q:close() q:close()
			print(q:push(2))
			task.go(function() print(q:put(2)) print(q:pop()) print(q:pop()) print(q:pop(1)) end)`,
			"nil\tclosed\nnil\tclosed\n1\nnil\tclosed\nnil\tclosed\n"},
		{"closed while tasks wait", `local full, empty = task.queue(1), task.queue(1) full:push(0)
			task.go(function() print(full:put(1)) end) task.go(function() print(empty:pop()) end)
			task.go(function() full:close() empty:close() print(full:pop()) print(full:pop()) end)`,
			"0\nnil\tclosed\nnil\tclosed\nnil\tclosed\n"},
		{"a cancelled popper takes nothing", `local q = task.queue(1)
			local t = task.go(function() print(pcall(q.pop, q)) end)
			task.go(function() t:cancel() print(q:push(1), q:count()) end)`, "true\t1\nfalse\tcancelled\n"},
		{"one that has its value already keeps it", `local q = task.queue(1)
			local t = task.go(function() print(q:pop()) print(pcall(q.pop, q)) end)
			task.go(function() q:push(1) t:cancel() end)`, "1\nfalse\tcancelled\n"},
		{"a cancelled putter leaves nothing", `local q = task.queue(1) q:push(0)
			local t = task.go(function() print(pcall(q.put, q, 1)) end)
			task.go(function() t:cancel() print(q:pop(), q:count()) end)`, "0\t0\nfalse\tcancelled\n"},
		{"misuse", `local q = task.queue(1)
			print(pcall(q.push, q)) print(pcall(q.push, q, nil)) print(pcall(function() q:push(nil) end))
			print(pcall(task.queue)) print(pcall(task.queue, -1)) print(pcall(task.queue, 1.5)) print(pcall(task.queue, 0/0))
			print(pcall(q.pop, q)) print(pcall(q.put, q, 1)) print(pcall(q.count, 1)) print(tostring(q))
			task.go(function() print(pcall(q.put, q, nil)) end)`,
			"false\tbad argument #2 to '?' (value expected)\nfalse\tbad argument #2 to '?' (value other than nil expected)\n" +
				"false\ttest:2: bad argument #1 to 'push' (value other than nil expected)\n" +
				"false\tbad argument #1 to '?' (number expected, got no value)\n" +
				"false\tbad argument #1 to '?' (whole number of values expected, got -1)\n" +
				"false\tbad argument #1 to '?' (whole number of values expected, got 1.5)\n" +
				"false\tbad argument #1 to '?' (whole number of values expected, got nan)\n" +
				"false\t'pop' waits: call it inside tide.task.go\nfalse\t'put' waits: call it inside tide.task.go\n" +
				"false\tbad argument #1 to '?' (queue expected, got number)\nqueue\n" +
				"false\tbad argument #2 to '?' (value other than nil expected)\n"},
	} {
		p.now = 0
		p.drive(test.source)
		t.Log(test.name)
		p.want(test.want)
	}
	if n := p.sched.Live(); n != 0 {
		t.Errorf("%d tasks are left", n)
	}
}

// A queue agrees with a list, whatever is done with it, and the ring may wrap around, grow
// and be dropped.
func TestQueueIsAList(t *testing.T) {
	p := newPump(t, lua.Options{})
	p.drive(`
		local seed = 1
		local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return math.floor(seed / 65536) % n end
		for round = 1, 20 do
			local max = ({0, 1, 3, 8, 9, 100, 2000})[round % 7 + 1]
			local q, list, n = task.queue(max), {}, 0
			task.go(function()
				for step = 1, 3000 do
					if random(100) < (step % 1000 < 500 and 70 or 30) then
						n = n + 1
						local taken = q:push(n)
						assert((taken == true) == (#list < max), "push")
						if taken then list[#list + 1] = n end
					else
						local want = table.remove(list, 1)
						assert(q:pop(0) == want, "pop")
					end
					assert(q:count() == #list)
				end
				done = (done or 0) + 1
			end)
		end`)
	p.run(`assert(done == 20, done)`)
	p.want("")
}

// The values of a queue, those that tasks bring and those that they take, live, and count
// as the state's memory; those of a queue that nothing holds do not.
func TestQueueMemory(t *testing.T) {
	p := newPump(t, lua.Options{MaxMemory: 16 << 20})
	p.drive(`
		local weak = setmetatable({}, {__mode = "v"})
		local function new(i) local v = {i} weak[i] = v return v end
		local q, small = task.queue(100), task.queue(1)
		for i = 1, 100 do q:push(new(i)) end
		small:push(new(101))
		task.go(function() small:put(new(102)) end)
		task.go(function()
			collectgarbage()
			for i = 1, 102 do assert(weak[i], i) end
			for i = 1, 50 do assert(q:pop()[1] == i) end
			assert(small:pop()[1] == 101) task.sleep(0) collectgarbage()
			assert(small:pop()[1] == 102)
			local got task.go(function() got = small:pop() end) task.sleep(0)
			small:push(new(103)) collectgarbage() assert(weak[103]) task.sleep(0) assert(got == weak[103])
			q, small, got = nil, nil, nil collectgarbage()
			assert(next(weak) == nil, "values of dropped queues live")
		end)`)
	p.drive(`for i = 1, ` + strconv.Itoa(detector.Part(100)) + ` do local q = task.queue(1e6) for i = 1, 10000 do q:push(i) end end`) // 16 MB each: dropped ones count for nothing
	if _, err := p.Run([]byte(`local q = task.queue(1e9) while true do assert(q:push {}) end`), "=test"); err == nil ||
		!strings.Contains(err.Error(), "not enough memory") {
		t.Errorf("an endless queue: %v", err)
	}
	p.want("")
}

func TestAll(t *testing.T) {
	p := newPump(t, lua.Options{})
	for _, test := range []struct{ name, source, want string }{
		{"first results", `local l = {}
			for i = 1, 4 do l[i] = task.go(function() task.sleep(5 - i) if i ~= 2 then return i, "second" end end) end
			task.go(function() local ok, r = task.all(l) print(ok, r[1], r[2], r[3], r[4], now())
				print(task.all(l, 0)) end)`, "true\t1\tnil\t3\t4\t4\ntrue\ttable\n"},
		{"none", `task.go(function() local ok, r = task.all {} print(ok, #r) end)`, "true\t0\n"},
		{"the first failure in time", `local l = {}
			for i = 1, 3 do l[i] = task.go(function() task.sleep(4 - i) if i > 1 then error(i, 0) end print "goes on" end) end
			task.go(function() print(task.all(l)) print(now()) print(l[2]:wait()) end)`,
			"false\t3\t3\n1\nfalse\t2\ngoes on\n"},
		{"a failure before", `local l = {task.go(task.sleep, 1), task.go(error, "boom", 0)}
			task.go(function() print(task.all(l)) end)`, "false\tboom\t2\n"},
		{"a timeout", `local l = {task.go(task.sleep, 1), task.go(task.sleep, 2)}
			task.go(function() print(task.all(l, 0)) print(task.all(l, 1.5)) print(task.all(l, 1)) end)`,
			"nil\ttimeout\nnil\ttimeout\ntrue\ttable\n"},
		{"the same task twice", `local t = task.go(function() task.sleep(1) return 7 end)
			task.go(function() local ok, r = task.all {t, t} print(ok, r[1], r[2]) end)`, "true\t7\t7\n"},
		{"a table that changes", `local l = {task.go(function() task.sleep(1) return {} end)}
			task.go(function() local ok, r = task.all(l) print(ok, #r) end)
			task.go(function() l[1] = nil collectgarbage() task.sleep(2) end)`, "true\t1\n"},
		{"cancelled", `local l = {task.go(task.sleep, 1)}
			local t = task.go(function() print(pcall(task.all, l)) end)
			task.go(function() t:cancel() task.sleep(0) l[1]:cancel() task.sleep(0) print(task.all(l)) end)`,
			"false\tcancelled\nfalse\tcancelled\t1\n"},
		{"misuse", `print(pcall(task.all, {})) task.go(function()
			print(pcall(task.all)) print(pcall(task.all, {task.go(print), 5})) end)
			local t t = task.go(function() print(pcall(task.all, {t})) end)`,
			"false\t'all' waits: call it inside tide.task.go\n" +
				"false\tbad argument #1 to '?' (table expected, got no value)\n" +
				"false\tbad argument #1 to '?' (task expected at index 2, got number)\n" +
				"false\ta task cannot wait for its own end\n\n"},
	} {
		p.now = 0
		p.run(`print = function(...) local t = {...} for i = 1, select("#", ...) do
			t[i] = type(t[i]) == "table" and "table" or tostring(t[i]) end io.write(table.concat(t, "\t"), "\n") end`)
		p.drive(test.source)
		t.Log(test.name)
		p.errors = nil
		p.want(test.want)
	}
	if n := p.sched.Live(); n != 0 {
		t.Errorf("%d tasks are left", n)
	}
}

// input is an Input of the test: it has the lines that it was given so far.
type input struct {
	lines  []string
	ended  bool
	opened int
	held   int
	wake   func()
	err    error
}

func (i *input) Open(wake func()) error { i.opened++; i.wake = wake; return i.err }
func (i *input) Next() (line []byte, found, ended bool, err error) {
	if len(i.lines) == 0 {
		return nil, false, i.ended, i.err
	}
	line = []byte(i.lines[0])
	i.lines = i.lines[1:]
	return line, true, false, nil
}
func (i *input) Hold()    { i.held++ }
func (i *input) Release() { i.held-- }

func TestLines(t *testing.T) {
	in := &input{lines: []string{"a", "", "c"}}
	p := newPump(t, lua.Options{}, task.Options{Input: in})
	p.drive(`print(pcall(task.lines))
		task.go(function() for line in task.lines() do print("[" .. line .. "]") end print "end" end)`)
	p.want("false\t'lines' waits: call it inside tide.task.go\n[a]\n[]\n[c]\n")
	if in.held != 1 || in.opened != 1 {
		t.Errorf("held %d times, opened %d times", in.held, in.opened)
	}
	in.lines = []string{"d"}
	in.wake()
	p.idle()
	p.want("[d]\n")
	p.drive(`second = task.go(function() for line in task.lines() do print("second", line) end end)`)
	in.lines = []string{"e", "f"}
	in.wake()
	p.idle()
	p.want("[e]\n[f]\n") // they take turns as they wait
	p.drive(`second:cancel()`)
	if in.held != 1 {
		t.Errorf("held %d times after a cancellation", in.held)
	}
	in.ended = true
	in.wake()
	p.idle()
	p.want("end\n")
	if in.held != 0 || in.opened != 1 {
		t.Errorf("held %d times, opened %d times", in.held, in.opened)
	}
	p.drive(`task.go(function() for line in task.lines() do print "never" end print "at the end" end)`)
	p.want("at the end\n")

	// many lines that are there: others run in between
	many := &input{ended: true}
	for range 1000 {
		many.lines = append(many.lines, "x")
	}
	p = newPump(t, lua.Options{}, task.Options{Input: many})
	p.drive(`local over task.go(function() local n = 0 for line in task.lines() do n = n + 1 end print(n) over = true end)
		task.go(function() local n = 0 while not over do n = n + 1 task.sleep(0) end print(n > 10) end)`)
	p.want("1000\ntrue\n")

	p = newPump(t, lua.Options{})
	p.drive(`task.go(function() for line in task.lines() do print "never" end print "no input" end)`)
	p.want("no input\n")
}
