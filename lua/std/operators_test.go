package std_test

import (
	"fmt"
	"strings"
	"testing"
)

// Each text is luajit's for the same function; the interop tests ask one about many more.
func TestErrorsOfOperators(t *testing.T) {
	m := newMachine(t)
	for _, c := range []struct{ body, want string }{
		{"local t return t.x", "attempt to index local 't' (a nil value)"},
		{"return up.x", "attempt to index upvalue 'up' (a nil value)"},
		{"return nope[1]", "attempt to index global 'nope' (a nil value)"},
		{"return object.nope.x", "attempt to index field 'nope' (a nil value)"},
		{"return object['no pe'].x", "attempt to index field 'no pe' (a nil value)"},
		{"return object[1].x", "attempt to index a nil value"},
		{"local k = 'x' return object[k].x", "attempt to index a nil value"},
		{"return nothing().x", "attempt to index a nil value"},
		{"return (...).x", "attempt to index a nil value"},
		{"return (not up).x", "attempt to index a boolean value"},
		{"local n = 5 n.x = 1", "attempt to index local 'n' (a number value)"},
		{"object.nope.x = 1", "attempt to index field 'nope' (a nil value)"},
		{"local a return (a or nope).x", "attempt to index global 'nope' (a nil value)"},
		{"local a return (a or 5).x", "attempt to index a number value"},
		{"local a, b = 1 return (a and b).x", "attempt to index local 'b' (a nil value)"},
		{"local a return (a or nothing()).x", "attempt to index a nil value"},
		{"return setmetatable({}, {__index = 5}).x", "attempt to index a number value"},
		{"local t = setmetatable({}, {__newindex = 5}) t.x = 1", "attempt to index a number value"},
		{"local t = {} setmetatable(t, {__index = t}) return t.x", "loop in gettable"},
		{"local t = {} setmetatable(t, {__newindex = t}) t.x = 1", "loop in settable"},
		{"setfenv(1, setmetatable({}, {__index = 5})) return x", "attempt to index a number value"},
		{"object[nil] = 1", "table index is nil"},

		{"nope()", "attempt to call global 'nope' (a nil value)"},
		{"up()", "attempt to call upvalue 'up' (a nil value)"},
		{"local f = 'x' f()", "attempt to call local 'f' (a string value)"},
		{"object.nope(1, 2)", "attempt to call field 'nope' (a nil value)"},
		{"object:nope(1, 2)", "attempt to call method 'nope' (a nil value)"},
		{"object.field:nope(up)", "attempt to call method 'nope' (a nil value)"},
		{"nothing()()", "attempt to call a nil value"},
		{"return object:nope()", "attempt to call method 'nope' (a nil value)"},
		{"return nope(nothing())", "attempt to call global 'nope' (a nil value)"},
		{"local x = setmetatable({}, {__call = 5}) x()", "attempt to call local 'x' (a table value)"},
		{"for i in nope do end", "attempt to call a nil value"},
		{"for i in object, 1 do end", "attempt to call a table value"},

		{"local a, b = 1, {} return a + b", "attempt to perform arithmetic on local 'b' (a table value)"},
		{"local a, b = {}, {} return a - b", "attempt to perform arithmetic on local 'a' (a table value)"},
		{"local a, b = '1', {} return a * b", "attempt to perform arithmetic on local 'b' (a table value)"},
		{"local a, b = 'x', {} return a / b", "attempt to perform arithmetic on local 'a' (a string value)"},
		{"return 2 % object.nope", "attempt to perform arithmetic on field 'nope' (a nil value)"},
		{"return nope ^ 2", "attempt to perform arithmetic on global 'nope' (a nil value)"},
		{"return 1 + nil", "attempt to perform arithmetic on a nil value"},
		{"return 'x' + 1", "attempt to perform arithmetic on a string value"},
		{"return -up", "attempt to perform arithmetic on upvalue 'up' (a nil value)"},
		{"return -'x'", "attempt to perform arithmetic on a string value"},
		{"return #nope", "attempt to get length of global 'nope' (a nil value)"},
		{"local n = 5 return #n", "attempt to get length of local 'n' (a number value)"},

		{"return 1 < up", "attempt to compare number with nil"},
		{"return 1 > up", "attempt to compare nil with number"},
		{"return {} < {}", "attempt to compare two table values"},
		{"if nothing >= print then end", "attempt to compare two function values"},
		{"return up <= nil", "attempt to compare two nil values"},

		{"for i = up, {} do end", "'for' initial value must be a number"},
		{"for i = 1, {}, {} do end", "'for' limit must be a number"},
		{"for i = '1', 'x' do end", "'for' limit must be a number"},
		{"for i = 1, 2, true do end", "'for' step must be a number"},

		// A closure's captures and a move of several registers look like other
		// instructions.
		{"local t local function f() return t, up end return t.x", "attempt to index local 't' (a nil value)"},
		{"return (function() return up, object end).x.y", "attempt to index a function value"},
		{"local a, b, c = 1, 2 object.nope(a, b, c)", "attempt to call field 'nope' (a nil value)"},
		{"local a, b = nil, 'x' return a .. b", "attempt to concatenate local 'a' (a nil value)"},
	} {
		m.wantOutput(t, "local up, object = nil, {field = {}} local function nothing() end "+
			"print(select(2, pcall(function(...) "+c.body+" end)))", "test.lua:1: "+c.want+"\n")
	}
}

// Whatever catches an error sees the same text.
func TestErrorsOfOperatorsEverywhere(t *testing.T) {
	m := newMachine(t)
	for _, c := range []struct{ source, want string }{
		{"print(xpcall(function() nope() end, function(e) return e end))", "false\ttest.lua:1: $"},
		{"print(coroutine.resume(coroutine.create(function() nope() end)))", "false\ttest.lua:1: $"},
		{"print(pcall(coroutine.wrap(function() coroutine.yield() nope() end)))", "true"},
		{"local f = coroutine.wrap(function() coroutine.yield() nope() end) f() print(pcall(f))",
			"false\ttest.lua:1: $"},
		{"coroutine.wrap(function() print(pcall(function() nope() end)) end)()", "false\ttest.lua:1: $"},
		{"print(pcall(table.sort, {1, 2}, function() nope() end))", "false\ttest.lua:1: $"},
		{"print(pcall(string.gsub, 'x', '.', function() nope() end))", "false\ttest.lua:1: $"},
		{"print(pcall(setmetatable({}, {__call = function() nope() end})))", "false\ttest.lua:1: $"},
		{"print(pcall(function() return setmetatable({}, {__index = function() nope() end}).x end))",
			"false\ttest.lua:1: $"},
		{"print(pcall(load, function() nope() end))", "true\tnil\ttest.lua:1: $"},
	} {
		want := strings.Replace(c.want, "$", "attempt to call global 'nope' (a nil value)", 1)
		m.wantOutput(t, c.source, want+"\n")
	}
}

// A script may raise an error with a text of the VM's. That text is not changed.
func TestErrorsOfScriptsStay(t *testing.T) {
	m := newMachine(t)
	for _, text := range []string{
		"attempt to index a non-table object(nil) with key 'x'", "attempt to call a non-function object",
		"cannot perform add operation between nil and nil", "__unm undefined", "__len undefined",
		"attempt to compare nil with nil", "for statement init must be a number", "stack overflow", "not enough memory",
	} {
		m.wantOutput(t, fmt.Sprintf("print(pcall(function() error(%q) end))", text), "false\ttest.lua:1: "+text+"\n")
		m.wantOutput(t, fmt.Sprintf("print(pcall(function() return error(%q, 0) end))", text), "false\t"+text+"\n")
		m.wantOutput(t, fmt.Sprintf("print(coroutine.resume(coroutine.create(function() error(%q, 0) end)))", text),
			"false\t"+text+"\n")
	}
}

// So does the host, with the traceback of the place.
func TestErrorsOfOperatorsReachTheHost(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"local t\nt.x = 1", "test.lua:2: attempt to index local 't' (a nil value)\nstack traceback:\n\ttest.lua:2: " +
			"in main chunk"},
		{"local function f() nope() end\nf()", "test.lua:1: attempt to call global 'nope' (a nil value)\n" +
			"stack traceback:\n\ttest.lua:1: in function 'f'\n\ttest.lua:2: in main chunk"},
		{"pcall(error) coroutine.wrap(print)() local n = {} + 1",
			"\ntest.lua:1: attempt to perform arithmetic on a table value\nstack traceback:\n\ttest.lua:1: in " +
				"main chunk"},
		{"coroutine.wrap(function() nope() end)()", "test.lua:1: test.lua:1: attempt to call global 'nope' (a " +
			"nil value)\n" +
			"stack traceback:\n\ttest.lua:1: in function <test.lua:1>\n\t[C]: ?\n\ttest.lua:1: in main chunk"},
	} {
		printed, err := newMachine(t).run(c.source)
		if err == nil || printed+described(err) != c.want {
			t.Errorf("%s\nraises %q, want %q", c.source, printed+described(err), c.want)
		}
	}
}
