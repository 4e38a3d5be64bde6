package lualib_test

import (
	"strings"
	"testing"
)

// The stack ends at every place of the VM's segments of eight calls.
func TestStackOverflow(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"caught", `print(pcall(f))`, "false\tstack overflow"},
		{"by a handler", `print(xpcall(f, function(e) return "handled: " .. e end))`, "false\thandled: stack overflow"},
		{"a handler that fails", `print(xpcall(f, function() error "x" end))`, "false\terror in error handling"},
		{"in a coroutine", `print(coroutine.resume(coroutine.create(f)))`, "false\tstack overflow"},
		{"in a function of Go", `local function sort() table.sort({1, 2}, sort) end print(pcall(sort))`, "false\tstack overflow"},
		{"of calls that catch", `local function call() local ok, e = pcall(call) if not ok then error(e, 0) end end
			for depth = 0, 8 do
				local function down(n) if n == 0 then return pcall(call) end local ok, e = down(n - 1) return ok, e end
				local ok, e = down(depth)
				if ok or e ~= "stack overflow" then print(depth, ok, e) end
			end
			print "done"`, "done"},
		{"and goes on", `local n = 0 for i = 1, 3 do pcall(f) n = n + 1 end print(n, pcall(string.rep, "x", 2))`, "3\ttrue\txx"},
		{"leaves nothing behind that is neither", `local kept local function deep() local x = 1 kept = function() return x end return 1 + deep() end
			pcall(deep) print(tostring(kept()))`, "nil"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newVM(t)
			m.wantOutput(t, strings.TrimSpace("local function f() return 1 + f() end "+c.source), c.want+"\n")
		})
	}
}
