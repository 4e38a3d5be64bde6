package std_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
)

// A stack that is full is an ordinary error, with its position and a traceback, wherever
// it ends.
func TestStackOverflow(t *testing.T) {
	for _, c := range detector.Some([]struct{ name, source, want string }{
		{"caught", `print(pcall(f))`, "false\ttest.lua:1: stack overflow"},
		{"by a handler", `print(xpcall(f, function(e) return "handled: " .. e end))`, "false\thandled: test.lua:1: " +
			"stack overflow"},
		{"by a handler that calls", `print(xpcall(f, function(e) local function g(n) return n == 0 and e or g(n - 1) ` +
			`.. "!" end return g(3) end))`,
			"false\ttest.lua:1: stack overflow!!!"},
		{"by a handler, again and again", `for i = 1, 5 do local ok, e = xpcall(f, function(e) return "handled: " .. ` +
			`e end) print(e) end`,
			strings.TrimSuffix(strings.Repeat("handled: test.lua:1: stack overflow\n", 5), "\n")},
		{"a handler that overflows", `print(xpcall(f, f)) print(xpcall(f, function(e) return e end))`,
			"false\terror in error handling\nfalse\ttest.lua:1: stack overflow"},
		{"a handler that fails", `print(xpcall(f, function() error "x" end))`, "false\terror in error handling"},
		{"with its traceback", `local _, trace = xpcall(f, debug.traceback) print(select(2, trace:gsub("\n", "\n")))`, "23"},
		{"in a coroutine", `print(coroutine.resume(coroutine.create(f)))`, "false\ttest.lua:1: stack overflow"},
		{"of arguments", `local function g(...) return 1 + g(1, ...) end print(pcall(g))`, "false\ttest.lua:1: stack " +
			"overflow"},
		{"in a function of Go", `local function sort() table.sort({1, 2}, sort) end print(pcall(sort))`,
			"false\ttest.lua:1: C stack overflow"},
		{"of calls that catch", `local function call() local ok, e = pcall(call) if not ok then error(e, 0) end end
			for depth = 0, 8 do
				local function down(n) if n == 0 then return pcall(call) end local ok, e = down(n - 1) return ok, e end
				local ok, e = down(depth)
				if ok or not e:find "stack overflow$" then print(depth, ok, e) end
			end
			print "done"`, "done"},
		{"not of 15,000 calls that catch", `local function nest(n) if n == 0 then return "deep" end local ok, v = pcall(nest, n - 1) return v end
			print(nest(15000))`, "deep"},
		{"and goes on", `local n = 0 for i = 1, 3 do pcall(f) n = n + 1 end print(n, pcall(string.rep, "x", 2))`,
			"3\ttrue\txx"},
		{"leaves captured variables alone", `local kept local function deep() local x = 1 kept = function() return x end return 1 + deep() end
			pcall(deep) local a, b, c = 2, 3, 4 print(kept(), a, b, c)`, "1\t2\t3\t4"},
	}) {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			m.wantOutput(t, strings.TrimSpace("local function f() return 1 + f() end "+c.source), c.want+"\n")
		})
	}
}
