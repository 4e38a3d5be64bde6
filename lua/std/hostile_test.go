package std_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// On the VM used earlier, each of these small scripts ended the process or passed its
// limits. They are whole scripts. want is part of the output or of the error.
var hostile = []struct{ name, source, want string }{
	{"a global function without a name", `local t = {} t[""] = function() local x = t[""]() return x end ` +
		`print(pcall(t[""]))`, "stack overflow"},
	{"the same uncaught", `local t = {} t[""] = function() local x = t[""]() return x end t[""]()`, "stack overflow"},
	{"handlers in handlers", `local n = 0
		local function h()
			n = n + 1
			if n > 20000 then return "end" end
			if n % 4000 == 0 then return select(2, coroutine.resume(coroutine.create(function() return xpcall(string.find, h, ("a"):rep(300), ("a?"):rep(300)) end))) end
			return xpcall(string.find, h, ("a"):rep(300), ("a?"):rep(300))
		end
		print(xpcall(string.find, h, ("a"):rep(300), ("a?"):rep(300)))`, "false"},
	{"pcall of pcall of pcall", `local t = {} for i = 1, 7000 do t[i] = pcall end print(select("#", ` +
		`pcall(unpack(t))))`, ""},
	{"an overflow in a coroutine", `local co = coroutine.create(function() local function f() return 1 + f() end f() end)
		print(coroutine.resume(co)) print(coroutine.resume(co)) print(coroutine.status(co))`, "stack overflow"},
	{"closures after an overflow", `local function f() return 1 + f() end pcall(f)
		local a = 1 local function get() return a end local function other() local x, y, z = 7, 8, 9 return x end
		other() print(get(), a)`, "1\t1"},
	{"tail calls and a resume", `local function loop(n) if n == 0 then return coroutine.wrap(function() return "resumed" end)() end return loop(n - 1) end
		print(loop(300000))`, "resumed"},
	{"yields and tail calls", `local function step(n) coroutine.yield(n) return step(n + 1) end
		local next = coroutine.wrap(step) for i = 1, 200000 do next(i) end print "done"`, "done"},
	{"a chunk that claims to be Go's", `local f = load("return debug and debug.getinfo(1, 'S').what or 'Lua'", ` +
		`"==[Go]") print(f())`, ""},
	{"a set of a million bytes", `print(pcall(string.find, ("x"):rep(20000), "[" .. ("a"):rep(1e6) .. "]"))`, ""},
	{"a back reference", `print(pcall(string.find, ("a"):rep(2000), "(a*)%1b"))`, ""},
	{"growth by gsub", `local s = ("x"):rep(2^20) print(pcall(string.gsub, s, "x", ("%0"):rep(2000)))`, "false"},
	{"printing much", `local s = ("x"):rep(2^20) local t = {} for i = 1, 200 do t[i] = s end print(#t)`, "200"},
	{"a string for each turn", `local keep = {} while true do keep[#keep + 1] = ("x"):rep(3 * 2^20 + #keep) end`,
		"not enough memory"},
	{"doubling", `local s = "x" while true do s = s .. s end`, "string length overflow"},
	{"tables in tables", `local t = {} while true do t = {t} end`, "not enough memory"},
	{"a sparse key", `for i = 1, 20 do local t = {} t[999999] = 1 t[2^40] = 2 t[-5] = 3 end ` +
		`print(collectgarbage("count") < 1024)`, "true"},
	{"deep __index", `local t = {} for i = 1, 100000 do t = setmetatable({}, {__index = t}) end ` +
		`print(pcall(function() return t.x end))`, "loop in gettable"},
	{"deep __tostring", `local t = setmetatable({}, {}) getmetatable(t).__tostring = function(x) local s = ` +
		`tostring(x) return s end print(pcall(tostring, t))`, "overflow"},
	{"gsub in gsub", `local function f() return (("x"):gsub("x", f)) end print(pcall(f))`, "C stack overflow"},
	{"coroutines in coroutines", `local function f() return coroutine.wrap(f)() end print(#select(2, pcall(f)) > 0)`,
		"true"},
	{"a million coroutines", `local keep = {} for i = 1, 1e6 do local co = coroutine.wrap(function() ` +
		`coroutine.yield() end) co() keep[i] = co end`, "not enough memory"},
	{"nested syntax", `print(load(("("):rep(1e5) .. "1"))`, "too many syntax levels"},
	{"a long chain of operators", `print(load("return " .. ("1 + "):rep(1e5) .. "x"))`, ""},
	{"much source", `local n = 0 print(pcall(load, function() n = n + 1 return "x = 1 " end))`,
		"string length overflow"},
	{"errors of errors", `print(xpcall(error, function(e) error(e) end))`, "error in error handling"},
	{"small pieces of large strings", `local keep = {} for i = 1, 100 do keep[i] = ("x"):rep(2^20):sub(1, 10) end ` +
		`collectgarbage() print(collectgarbage("count") < 2048)`, "true"},
}

func TestHostileScripts(t *testing.T) {
	const limit = 64 << 20
	for _, c := range detector.Some(hostile) {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			s := lua.NewState(lua.Options{MaxMemory: limit, Tracebacks: true})
			defer s.Close()
			if err := std.Open(s, std.Options{Stdout: &out}); err != nil {
				t.Fatal(err)
			}
			s.SetDeadline(time.Now().Add(2 * time.Minute))
			_, err := s.Run([]byte(c.source), "@hostile.lua")
			var e *lua.Error
			if errors.As(err, &e) && (e.Kind == lua.KindPanic || e.Kind == lua.KindInterrupt) {
				t.Fatalf("%v\n%s", err, out.String())
			}
			said := out.String()
			if err != nil {
				said += err.Error()
			}
			if !strings.Contains(said, c.want) {
				t.Errorf("said %.300q, want %q", said, c.want)
			}
			if used := s.Memory(); used > limit {
				t.Errorf("%d bytes charged", used)
			}
			if _, err := s.Run([]byte(`return 1`), "@after.lua"); err != nil {
				t.Errorf("the state is of no use afterwards: %v", err)
			}
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			if stats.StackInuse > 128<<20 {
				t.Errorf("%d MiB of Go's stack", stats.StackInuse>>20)
			}
		})
	}
}
