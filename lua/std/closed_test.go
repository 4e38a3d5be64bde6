package std_test

import (
	"strings"
	"testing"
)

// A function that is interrupted at a jump, for finalizers here, shows no variable that
// another one's register holds: a variable's description and the content of its register
// may differ then, and a cell is nothing that a script may see.
func TestLocalsOfInterruptedFunctions(t *testing.T) {
	got := run(t, `
		local seen = 0
		local template = newproxy(true)
		getmetatable(template).__gc = function()
			seen = seen + 1
			for n = 1, 9 do
				local name, v = debug.getlocal(2, n)
				if name then print(name, type(v)) end
				debug.setlocal(2, n, v)
			end
		end
		newproxy(template)
		local i, f = 0
		do local x = 0 f = function() x = x + 1 end end
		while seen == 0 and i < 1e7 do local y = {1, 2, 3, 4, 5, 6, 7, 8} i = i + 1 end
		print("seen", seen)`)
	if want := "seen\tnumber\ntemplate\tuserdata\ni\tnumber\nf\tfunction\ny\ttable\nseen\t1\n"; got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

// Functions of Go, and the values that they share with scripts, are closed to debug.
func TestDebugIsClosed(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"upvalues and locals of functions of Go",
			`print(debug.getupvalue(print, 1)) print(debug.setupvalue(print, 1, 2))
			print(debug.getlocal(0, 1)) print(debug.setlocal(0, 1, 5)) print(pcall(debug.upvalueid, print, 1))
			print(pcall(debug.upvaluejoin, print, 1, function() return print end, 1))`,
			"\n\nnil\nnil\nfalse\tbad argument #2 to '?' (index out of range)\nfalse\tbad argument #1 to '?' (Lua " +
				"function expected)\n"},
		{"environments", `print(pcall(debug.setfenv, print, {})) print(pcall(debug.setfenv, io.stdout, {})) ` +
			`print(debug.getfenv(print) == _G, debug.getfenv(1))`,
			"false\t'setfenv' cannot change environment of given object\nfalse\t'setfenv' cannot change " +
				"environment of " +
				"given object\ntrue\tnil\n"},
		{"metatables of shared types", `for _, v in ipairs{1, true, print, function() end, coroutine.create(print)} do print(pcall(debug.setmetatable, v, {})) end
			print(pcall(debug.setmetatable, nil, {}))`,
			strings.Repeat("false\tbad argument #1 to '?' (table expected: the metatables of other types are "+
				"closed to "+
				"scripts)\n", 6)},
		{"metatables of the script's own", `local t = {} print(debug.setmetatable(t, {__metatable = "shut"}), getmetatable(t), type(debug.getmetatable(t)))
			local p = newproxy() debug.setmetatable(p, {__index = function() return "proxy" end}) print(p.x) debug.setmetatable(p, nil) print(debug.getmetatable(p))
			debug.setmetatable("", {__index = {up = "string"}}) print(("").up)`,
			"true\tshut\ttable\nproxy\nnil\nstring\n"},
		{"hooks and the registry", `print(pcall(debug.sethook, print, "c")) print(pcall(debug.sethook, ` +
			`coroutine.create(print), print, "c")) print(debug.getregistry)`,
			"false\thooks are closed to scripts\nfalse\thooks are closed to scripts\nnil\n"},
		{"a function of Go is known by what it is",
			`local f = loadstring("local x = 1 local name, v = debug.getlocal(1, 1) return name, v", "=[C]") print(f())
			local g = loadstring("return function() return x end", "==[Go]")() setfenv(g, {x = 1}) print(g())
			xpcall(function() error("q") end, function() print(debug.getinfo(2, "f").func == error) end)`,
			"x\t1\n1\ntrue\n"},
		{"jit is honest, and no global", `print(jit, require "jit".status()) print(require "jit".version_num, ` +
			`package.loaded.jit == require "jit")`,
			"nil\tfalse\n0\ttrue\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := run(t, c.source); got != c.want {
				t.Errorf("printed\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
