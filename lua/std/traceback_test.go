package std_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/lua"
)

// Tracebacks, each as LuaJIT writes it except for the call of its own main function at
// the end.
func TestTraceback(t *testing.T) {
	m := newMachine(t)
	for _, c := range []struct {
		name, source string
		want         []string
	}{
		{"names", `local T = {}
			function T.field() local r = debug.traceback("msg") return r end
			function T:meth() local r = T.field() return r end
			local function loc() local r = T:meth() return r end
			function glob() local r = loc() return r end
			print((glob()))`,
			[]string{"msg", "stack traceback:", "\ttest.lua:2: in function 'field'", "\ttest.lua:3: in function 'meth'",
				"\ttest.lua:4: in function 'loc'", "\ttest.lua:5: in function 'glob'", "\ttest.lua:6: in main chunk"}},
		{"functions of Go", `table.sort({2, 1}, function(a, b) print(debug.traceback()) return a < b end)`,
			[]string{"stack traceback:", "\ttest.lua:1: in function <test.lua:1>", "\t[C]: in function 'sort'",
				"\ttest.lua:1: in main chunk"}},
		{"iterators", `for x in function() print(debug.traceback("t")) end do end`,
			[]string{"t", "stack traceback:", "\ttest.lua:1: in function '(for generator)'",
				"\ttest.lua:1: in main chunk"}},
		{"pcall", `pcall(function() print(debug.traceback("t")) end)`,
			[]string{"t", "stack traceback:", "\ttest.lua:1: in function <test.lua:1>", "\t[C]: in function 'pcall'",
				"\ttest.lua:1: in main chunk"}},
		{"handler", `print(select(2, xpcall(function() error("boom") end, debug.traceback)))`,
			[]string{"test.lua:1: boom", "stack traceback:", "\t[C]: in function 'error'",
				"\ttest.lua:1: in function " +
					"<test.lua:1>",
				"\t[C]: in function 'xpcall'", "\ttest.lua:1: in main chunk"}},
		{"handler in Lua, with a level", `print(select(2, xpcall(function() error("boom") end, function(e) return ` +
			`debug.traceback(e, 2) end)))`,
			[]string{"test.lua:1: boom", "stack traceback:", "\ttest.lua:1: in function <test.lua:1>",
				"\t[C]: in function 'xpcall'", "\ttest.lua:1: in main chunk"}},
		{"operators", `local m = setmetatable({}, {__concat = function() print(debug.traceback("t")) return "" end}) local s = m .. "x"
			print(select(2, xpcall(function() return "a" .. nil end, debug.traceback)))`,
			[]string{"t", "stack traceback:", "\ttest.lua:1: in function '__concat'", "\ttest.lua:1: in main chunk",
				"test.lua:2: attempt to concatenate a nil value", "stack traceback:",
				"\ttest.lua:2: in function <test.lua:2>",
				"\t[C]: in function 'xpcall'", "\ttest.lua:2: in main chunk"}},
		{"level 0", `print(debug.traceback("t", 0))`,
			[]string{"t", "stack traceback:", "\t[C]: in function 'traceback'", "\ttest.lua:1: in main chunk"}},
		{"inside a coroutine", `coroutine.wrap(function() print(debug.traceback("t")) end)()`,
			[]string{"t", "stack traceback:", "\ttest.lua:1: in function <test.lua:1>"}},
		{"of a coroutine", `local co = coroutine.create(function() local x = 1
			coroutine.yield() end) coroutine.resume(co) print(debug.traceback(co)) print(debug.traceback(co, "t", 1))`,
			[]string{"stack traceback:", "\t[C]: in function 'yield'", "\ttest.lua:2: in function <test.lua:1>",
				"t", "stack traceback:", "\ttest.lua:2: in function <test.lua:1>"}},
		{"what is no text", `print(debug.traceback(nil), debug.traceback(true), ` +
			`(debug.traceback(5):match("^5\n")))`, []string{"nil\ttrue\t5", ""}},
		{"a deep stack", `local function f(n) if n == 0 then local r = debug.traceback("t") return r end
			local r = f(n - 1) return r end
			print(f(50))`,
			append(append([]string{"t", "stack traceback:", "\ttest.lua:1: in function 'f'"},
				repeated("\ttest.lua:2: in function 'f'", 10)...),
				append(append([]string{"\t..."}, repeated("\ttest.lua:2: in function 'f'", 9)...),
					"\ttest.lua:3: in main chunk")...)},
	} {
		t.Run(c.name, func(t *testing.T) { m.wantOutput(t, c.source, strings.Join(c.want, "\n")+"\n") })
	}
}

func repeated(line string, times int) []string {
	return strings.Split(strings.TrimSuffix(strings.Repeat(line+"\n", times), "\n"), "\n")
}

// The traceback of a stopped script shows where it was stopped, whatever the error passed
// on its way.
func TestTracebackOfWhatWasStopped(t *testing.T) {
	m := newMachine(t)
	for name, c := range map[string]struct{ source, want string }{
		"pcall": {`local function f() while true do end end
			pcall(f)`, "\ttest.lua:1: in function <test.lua:1>\n\t[C]: in function 'pcall'\n\ttest.lua:2: in " +
			"main chunk"},
		"pcall in a loop": {`local function f() while true do end end
			while true do pcall(function() f() end) end`,
			"\ttest.lua:1: in function 'f'\n\ttest.lua:2: in function <test.lua:2>\n\t[C]: in function " +
				"'pcall'\n\ttest.lua:2: in main chunk"},
		"coroutine": {`local co = coroutine.wrap(function() while true do end end)
			co()`, "\ttest.lua:1: in function <test.lua:1>\n\t[C]: in function 'co'\n\ttest.lua:2: in main chunk"},
	} {
		m.SetDeadline(time.Now().Add(20 * time.Millisecond))
		_, err := m.run(c.source)
		var failed *lua.Error
		if want := "stack traceback:\n" + c.want; !errors.As(err, &failed) || failed.Traceback != want {
			t.Errorf("%s: %v\nwant %s", name, err, want)
		}
	}
}
