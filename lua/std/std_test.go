package std_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// run runs a chunk in a state with all libraries, and returns its output.
func run(t *testing.T, source string) string {
	t.Helper()
	var printed strings.Builder
	s := lua.NewState(lua.Options{})
	defer s.Close()
	if err := std.Open(s, std.Options{Stdout: &printed}); err != nil {
		t.Fatal(err)
	}
	if err := verified(source); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run([]byte(source), "=test"); err != nil {
		t.Fatalf("%v\nprinted:\n%s", err, printed.String())
	}
	return printed.String()
}

// Each line is LuaJIT's.
func TestBasicFunctions(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"print", `print() print(1, "a", nil, true)`, "\n1\ta\tnil\ttrue\n"},
		{"print calls the global tostring", `local f = tostring tostring = function(v) return "<" .. f(v) .. ">" end ` +
			`print(1, 2)`,
			"<1>\t<2>\n"},
		{"a tostring of no text", `local print = print tostring = function() return {} end local ok, e = pcall(print, 1)
			tostring = function(v) return v end print(e)`, "'tostring' must return a string to 'print'\n"},
		{"__tostring may yield", `local t = setmetatable({}, {__tostring = function() return coroutine.yield("asked") end})
			local co = coroutine.wrap(function() return tostring(t) end) print(co()) print(co("answer"))`,
			"asked\nanswer\n"},
		{"assert", `print(pcall(assert)) print(pcall(assert, nil)) print(pcall(assert, false, "m")) print(assert(1, 2, 3))
			print(pcall(function() assert(false, "m") end)) print(pcall(function() assert(nil) end))`,
			"false\tbad argument #1 to '?' (value expected)\nfalse\tassertion " +
				"failed!\nfalse\tm\n1\t2\t3\nfalse\ttest:2: " +
				"m\nfalse\ttest:2: assertion failed!\n"},
		{"error and its levels", `local function f(l) error("m", l) end print(pcall(function() f(1) end)) print(pcall(function()
			f(2) end)) print(pcall(f, 0)) print(pcall(f, 9)) print(pcall(error))`,
			"false\ttest:1: m\nfalse\ttest:2: m\nfalse\tm\nfalse\tm\nfalse\tnil\n"},
		{"environments", `local function f() return x end setfenv(f, {x = 5}) print(f(), getfenv(f).x, getfenv(print) == _G, getfenv(0) == _G)
			print(pcall(setfenv, print, {})) print(pcall(getfenv, 99))
			local function g() setfenv(1, {print = print}) print(_G) end g()`,
			"5\t5\ttrue\ttrue\nfalse\t'setfenv' cannot change environment of given object\n" +
				"false\tbad argument #1 to '?' (invalid level)\nnil\n"},
		{"metatables", `local t = setmetatable({}, {__metatable = "shut"}) print(getmetatable(t), getmetatable({})) print(pcall(setmetatable, t, {}))
			print(pcall(setmetatable, {}, 1))`,
			"shut\tnil\nfalse\tcannot change a protected metatable\nfalse\tbad argument #2 to '?' (nil or table " +
				"expected)\n"},
		{"one result", `print(select("#", setmetatable({}, {}, 1)), select("#", rawset({}, 1, 2, 3)))`, "1\t1\n"},
		{"collectgarbage in steps", `local function steps(size)
				collectgarbage() local w, n = setmetatable({}, {__mode = "v"}), 0
				for i = 1, 100 do w[i] = {{}} end
				repeat n = n + 1 until collectgarbage("step", size)
				return n, next(w)
			end
			print(steps(0) > 10, steps(6) < steps(2), steps(10000))`, "true\ttrue\t1\tnil\n"},
		{"select", `print(select("#", 1, nil)) print(select(2, 1, 2, 3)) print(select(-1, 1, 2, 3)) ` +
			`print(pcall(select, 0)) print(pcall(select, -9, 1))`,
			"2\n2\t3\n3\nfalse\tbad argument #1 to '?' (index out of range)\nfalse\tbad argument #1 to '?' " +
				"(index out of " +
				"range)\n"},
		{"unpack", `print(unpack({1, 2, 3}, 2)) print(pcall(unpack, {}, 1, 1e8)) print((select("#", unpack({}, ` +
			`1, 7000))))`,
			"2\t3\nfalse\ttoo many results to unpack\n7000\n"},
		{"load", `print(load("return ...", "=n")(7)) print(load("x x", "=n")) print(load(function() end)) print(load("return y", "=n", "t", {y = 3})())
			local p = {"return", " 4", ""} local i = 0 print(load(function() i = i + 1 return p[i] end)())
			print(load(function() return {} end)) print(load(function() error("m", 0) end)) print(load("return 1", "=n", "b"))`,
			"7\nnil\tn:1: '=' expected near 'x'\nFUNCTION\n3\n4\nnil\ttest:3: reader function must return a " +
				"string\nnil\tm\n" +
				"nil\tattempt to load chunk with wrong mode\n"},
		{"newproxy", `print(getmetatable(newproxy())) local p = newproxy(true) print(getmetatable(newproxy(p)) == getmetatable(p))
			print(pcall(newproxy, newproxy())) print(pcall(newproxy, 1))`,
			"nil\ntrue\nfalse\tbad argument #1 to '?' (boolean or proxy expected)\nfalse\tbad argument #1 to '?' " +
				"(boolean or proxy expected)\n"},
		{"collectgarbage", `print(collectgarbage("count") > 0, collectgarbage(), collectgarbage("step", 1e6), collectgarbage("isrunning"))
			local t = setmetatable({{}}, {__mode = "v"}) collectgarbage() print(t[1]) print(pcall(collectgarbage, "x"))
			print(collectgarbage("setpause", 7), collectgarbage("setpause", 8))`,
			"true\t0\ttrue\ttrue\nnil\nfalse\tbad argument #1 to '?' (invalid option 'x')\n200\t7\n"},
		{"coroutine", `print(coroutine.running()) print(coroutine.isyieldable()) local co co = coroutine.create(function()
			print(coroutine.running() == co, coroutine.isyieldable(), coroutine.status(co)) end) print(coroutine.status(co), coroutine.resume(co))
			print(coroutine.status(co)) print(pcall(coroutine.status, 1))`,
			"nil\nfalse\ntrue\ttrue\trunning\nsuspended\ttrue\ndead\nfalse\tbad argument #1 to '?' (coroutine " +
				"expected)\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := run(t, c.source)
			if _, rest, found := strings.Cut(got, "function: 0x"); found { // an address
				_, rest, _ = strings.Cut(rest, "\n")
				got = got[:strings.Index(got, "function: 0x")] + "FUNCTION\n" + rest
			}
			if got != c.want {
				t.Errorf("printed\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// print of many long strings holds none of them twice, and joins none.
func TestPrintOfLongStrings(t *testing.T) {
	printed, largest := 0, 0
	s := lua.NewState(lua.Options{MaxMemory: 64 << 20})
	defer s.Close()
	out := writer(func(p []byte) { largest = max(largest, len(p)); printed += len(p) })
	if err := std.Open(s, std.Options{Stdout: out}); err != nil {
		t.Fatal(err)
	}
	long, err := s.String(strings.Repeat("x", 4<<20))
	if err != nil {
		t.Fatal(err)
	}
	args := make([]lua.Value, 50)
	for i := range args {
		args[i] = long
	}
	if err := s.Call0(s.Global("print"), args...); err != nil {
		t.Fatal(err)
	}
	if want := 50*(4<<20) + 50; printed != want || largest > 1<<20 {
		t.Errorf("printed %d bytes, at most %d at once; want %d and at most 1 MiB", printed, largest, want)
	}
}

type writer func(p []byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }
