package std_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// deepening is recursion of every kind. Each script ends by an error that it has caught,
// or comes to its end: want is part of its output.
var deepening = []struct{ name, source, want string }{
	{"calls", `local function f() return 1 + f() end print(pcall(f))`, "stack overflow"},
	{"calls with many arguments", `local function f(...) return 1 + f(1, 2, 3, ...) end ` +
		`print(pcall(f))`, "stack overflow"},
	{"methods", `local o = {} function o:f() return self:f() .. "" end print(pcall(o.f, o))`, "stack overflow"},
	{"pcall in pcall", `local function f() return pcall(f) end print(f())`, "true"},
	{"pcall of pcall", `local t = {} for i = 1, 7000 do t[i] = pcall end print((pcall(unpack(t))))`, "true"},
	{"xpcall in handlers", `local function h() return xpcall(error, h) end print(xpcall(error, h))`, "false"},
	{"errors in handlers", `local function h(e) error(e) end print(xpcall(error, h, 1))`, "error in error handling"},

	{"__index of tables", `local t = {} for i = 1, 1e5 do t = setmetatable({}, {__index = t}) end ` +
		`print(pcall(function() return t.x end))`, "loop in gettable"},
	{"__index of functions", `local t = setmetatable({}, {__index = function(t, k) return t[k] end}) ` +
		`print(pcall(function() return t.x end))`, "stack overflow"},
	{"__newindex", `local t = setmetatable({}, {__newindex = function(t, k, v) t[k] = v end}) ` +
		`print(pcall(function() t.x = 1 end))`, "stack overflow"},
	{"__call", `local t = setmetatable({}, {__call = function(t) return 1 + t() end}) ` +
		`print(pcall(t))`, "stack overflow"},
	{"__add", `local t = setmetatable({}, {__add = function(a, b) return a + b end}) print(pcall(function() return ` +
		`t + 1 end))`, "stack overflow"},
	{"__concat", `local t = setmetatable({}, {__concat = function(a, b) return a .. b end}) print(pcall(function() ` +
		`return t .. 1 end))`, "stack overflow"},
	{"__eq", `local m = {__eq = function(a, b) return a == b end} local a, b = setmetatable({}, m), setmetatable({}, m)
		print(pcall(function() return a == b end))`, "stack overflow"},
	{"__lt", `local m = {__lt = function(a, b) return a < b end} local a, b = setmetatable({}, m), setmetatable({}, m)
		print(pcall(function() return a < b end))`, "stack overflow"},
	{"__le", `local m = {__le = function(a, b) return not (b <= a) end} local a, b = setmetatable({}, m), setmetatable({}, m)
		print(pcall(function() return a <= b end))`, "stack overflow"},
	{"__unm", `local t = setmetatable({}, {__unm = function(a) return -a end}) print(pcall(function() return -t end))`,
		"stack overflow"},
	{"__tostring", `local t = setmetatable({}, {__tostring = function(t) return tostring(t) .. "" end}) ` +
		`print(pcall(tostring, t))`, "overflow"},
	{"__tostring through format", `local t = setmetatable({}, {__tostring = function(t) return ("%s"):format(t) ` +
		`end}) print(pcall(tostring, t))`, "C stack overflow"},
	{"__tostring through print", `local t = setmetatable({}, {__tostring = function(t) print(t) return "" end}) ` +
		`io.write(select(2, pcall(print, t)))`, "C stack overflow"},
	{"__gc", `local n = 0 local function make() getmetatable(newproxy(true)).__gc = function() n = n + 1 if n < 1e4 then make() collectgarbage() end end end
		make() collectgarbage() print(n > 0)`, "true"},
	{"__index through Go", `local t = {} setmetatable(t, {__index = function(_, k) return (("x"):gsub("x", t)) ` +
		`end}) print(pcall(function() return t.x end))`, "C stack overflow"},

	{"sort", `local function f() table.sort({1, 2, 3}, f) end print(pcall(f))`, "C stack overflow"},
	{"gsub", `local function f() return (("x"):gsub("x", f)) end print(pcall(f))`, "C stack overflow"},
	{"foreach", `local function f() table.foreach({1}, f) return 1 end print(pcall(f))`, ""},
	{"foreachi", `local function f() table.foreachi({1}, f) return 1 end print(pcall(f))`, ""},
	{"load's reader", `local function f() load(f) end print(pcall(f))`, ""},
	{"load in load", `function f(n) if n == 0 then return 0 end return assert(load("return 1 + f(...)"))(n - 1) ` +
		`end print(f(2000))`, "2000"},
	{"require", `package.loaders[2] = function(name) return function() return require(name .. "x") end end ` +
		`print(pcall(require, "x"))`, ""},
	{"iterators", `local function f() for x in f do end end print(pcall(f))`, "stack overflow"},
	{"setfenv and getfenv", `local function f() setfenv(1, setmetatable({}, {__index = function() return f() ` +
		`end})) return x end print(pcall(f))`, "overflow"},
	{"traceback in handlers", `local function f() return 1 + f() end print(#select(2, xpcall(f, function() return ` +
		`debug.traceback() end)) > 100)`, "true"},

	{"resume in resume", `local function f() return coroutine.resume(coroutine.create(f)) end print(f())`, "true"},
	{"wrap in wrap", `local function f() return coroutine.wrap(f)() end print(pcall(f))`, "C stack overflow"},
	{"coroutines and sort", `local function f() local co = coroutine.wrap(function() table.sort({1, 2}, f) end) ` +
		`co() end print(pcall(f))`, "C stack overflow"},
	{"coroutines and gsub", `local function f() return (("x"):gsub("x", coroutine.wrap(f))) end ` +
		`print(pcall(f))`, "C stack overflow"},
	{"coroutines that overflow", `local function g() return 1 + g() end local function f(n) if n > 0 then ` +
		`coroutine.wrap(f)(n - 1) end return g() end print(pcall(f, 150))`, "overflow"},
	{"yields across all", `local co = coroutine.wrap(function() local function f(n) if n == 0 then ` +
		`coroutine.yield(1) else pcall(f, n - 1) end end f(1e4) return 2 end) print(co(), co())`, "1\t2"},

	{"a set", `print(pcall(string.find, "x", ("["):rep(1e5)))`, "malformed"},
	{"captures", `print(pcall(string.find, "x", ("("):rep(1e5)))`, "too many captures"},
	{"optional items", `print(pcall(string.find, ("a"):rep(1e5), ("a?"):rep(1e5) .. ("a"):rep(1e5)))`, "too complex"},
	{"lazy items", `print(pcall(string.find, ("a"):rep(1e5), (".-"):rep(1e5) .. "b"))`, "too complex"},
	{"balanced text", `print(("("):rep(1e6):find("^%b()"))`, "nil"},
	{"a template", `print(pcall(string.gsub, "x", "x", ("%1"):rep(1e5)))`, ""},
}

// nesting is source that nests, or is long where the tree is deep: head, then piece many
// times, then middle, then close as many times.
var nesting = []struct{ name, head, piece, middle, close string }{
	{"parentheses", "return ", "(", "1", ")"},
	{"tables", "return ", "{", "1", "}"},
	{"keys", "return ", "{[", "1", "]=1}"},
	{"functions", "return ", "function() return ", "1", " end"},
	{"blocks", "", "do ", "", " end"},
	{"loops", "", "while x do ", "", " end"},
	{"for loops", "", "for i = 1, 2 do ", "", " end"},
	{"branches", "", "if x then ", "", " end"},
	{"branches of else", "", "if x then else ", "", " end"},
	{"elseif", "if x then ", "elseif x then ", " end", ""},
	{"labels", "", "::a:: do ", "", " end"},
	{"indices", "return ", "a[", "1", "]"},
	{"arguments", "return ", "f(", "1", ")"},
	{"not", "return ", "not ", "x", ""},
	{"minus", "return ", "- ", "x", ""},
	{"lengths", "return ", "#", "x", ""},
	{"minus of a numeral", "return ", "- ", "1", ""},
	{"sums", "return ", "x + ", "x", ""},
	{"sums of numerals", "return ", "1 + ", "x", ""},
	{"sums of sums", "return ", "(x + ", "x", ")"},
	{"differences of fields", "return ", "a.b - ", "x", ""},
	{"products of calls", "return ", "f() * ", "x", ""},
	{"powers", "return ", "x ^ ", "x", ""},
	{"texts", "return ", "x .. ", "x", ""},
	{"comparisons", "return ", "x < ", "x", ""},
	{"equalities", "return ", "x == ", "x", ""},
	{"and", "return ", "x and ", "x", ""},
	{"or", "return ", "x or ", "x", ""},
	{"and, or", "return ", "x and x or ", "x", ""},
	{"and of comparisons", "return ", "x < 1 and ", "x", ""},
	{"conditions", "if ", "x and ", "x then end", ""},
	{"conditions of not", "if not (", "x or ", "x) then end", ""},
	{"fields", "return a", ".b", "", ""},
	{"fields that are assigned", "a", ".b", " = 1", ""},
	{"elements", "return a", "[x]", "", ""},
	{"elements under elements", "return a", "[a.b.c]", "", ""},
	{"calls", "return f", "()", "", ""},
	{"calls with a text", "return f", "''", "", ""},
	{"methods", "return o", ":m()", "", ""},
	{"methods of sums", "return o", ":m(x + x + x)", "", ""},
	{"captured variables", "local x ", "local function f() x = 1 ", "", " end"},
	{"statements", "", "x = 1 ", "", ""},
	{"values", "return 1", ", 1", "", ""},
}

const maxStack = "TIDEWIRE_TEST_MAX_STACK"

// Recursion of any kind stays far from the size at which Go ends a process: 8 MiB of a
// goroutine's stack are enough.
func TestDepth(t *testing.T) {
	if os.Getenv(maxStack) != "" {
		most := 8 << 20
		if detector.Race { // whose frames are larger
			most *= 4
		}
		debug.SetMaxStack(most)
		for _, c := range detector.Some(deepening) {
			t.Run(c.name, func(t *testing.T) { holdDepth(t, c.source, c.want) })
		}
		for _, c := range detector.Some(nesting) {
			for _, n := range []int{150, 1000, 9_900, 100_000} {
				source := c.head + strings.Repeat(c.piece, n) + c.middle + strings.Repeat(c.close, n)
				t.Run(c.name, func(t *testing.T) { holdNesting(t, source) })
			}
		}
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestDepth$", "-test.v")
	child.Env = append(os.Environ(), maxStack+"=yes")
	output, err := child.CombinedOutput()
	if err != nil {
		lines := bytes.Split(output, []byte("\n"))
		var last, failed []byte // the newest test, and the output of those that failed
		for i, line := range lines {
			switch {
			case bytes.HasPrefix(line, []byte("=== RUN")):
				last = line
			case bytes.Contains(line, []byte("--- FAIL")), bytes.Contains(line, []byte("_test.go:")):
				failed = append(append(failed, line...), '\n')
			case bytes.HasPrefix(line, []byte("runtime: goroutine stack exceeds")):
				t.Fatalf("%s\n%s", last, bytes.Join(lines[i:min(i+40, len(lines))], []byte("\n")))
			}
		}
		t.Fatalf("%v, last %s\n%s", err, last, failed)
	}
	want := detector.Part(len(deepening)) + 4*detector.Part(len(nesting))
	if ran := bytes.Count(output, []byte("    --- PASS")); ran != want {
		t.Errorf("%d scripts ran, want %d", ran, want)
	}
}

// holdDepth runs a script under limits that it does not reach.
func holdDepth(t *testing.T, source, want string) {
	t.Helper()
	var out strings.Builder
	s := lua.NewState(lua.Options{MaxMemory: 256 << 20, MaxSteps: 1 << 30})
	defer s.Close()
	if err := std.Open(s, std.Options{Stdout: &out}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run([]byte(source), "=depth"); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, want) {
		t.Errorf("%s\nprints %.300q, want %q", source, got, want)
	}
}

// holdNesting compiles source, with the host's compiler and the script's: both take it,
// or refuse it as too deep.
func holdNesting(t *testing.T, source string) {
	t.Helper()
	_, err := lua.Compile([]byte(source), "=depth")
	s := lua.NewState(lua.Options{})
	defer s.Close()
	_, failed := s.LoadString(source, "=depth")
	if (err == nil) != (failed == nil) || err != nil && !strings.Contains(failed.Error(), err.Error()) {
		t.Errorf("the host is told %v, the script %v", err, failed)
	}
	if err == nil {
		return
	}
	for _, reason := range []string{"too many syntax levels", "too complex", "has more than", "too long"} {
		if strings.Contains(err.Error(), reason) {
			return
		}
	}
	var e *lua.Error
	t.Errorf("%v (of ours: %v)", err, errors.As(err, &e))
}
