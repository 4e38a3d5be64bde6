package lua_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// newState returns a state with the few functions that the tests of the VM itself need: a
// print that keeps its output, and the primitives.
func newState(t *testing.T, opts lua.Options) (s *lua.State, printed *strings.Builder) {
	t.Helper()
	s, printed = lua.NewState(opts), &strings.Builder{}
	define := func(name string, f lua.GoFunction) {
		if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
			t.Fatal(err)
		}
	}
	define("print", func(c *lua.Call) error {
		for i := 1; i <= c.Count(); i++ {
			if i > 1 {
				printed.WriteByte(' ')
			}
			printed.WriteString(show(c.Arg(i)))
		}
		printed.WriteByte('\n')
		return c.Return()
	})
	define("setmetatable", func(c *lua.Call) error {
		c.Table(1).SetMetatable(c.OptTable(2))
		return c.Return(c.Arg(1))
	})
	define("select", func(c *lua.Call) error { return c.ReturnArgs(c.Int(1) + 1) })
	define("pairs", func(c *lua.Call) error { return c.Return(s.Primitive(lua.Next), c.Arg(1), lua.Nil) })
	define("ipairs", func(c *lua.Call) error { return c.Return(s.Primitive(lua.IPairsNext), c.Arg(1), lua.Int(0)) })
	define("count", func(c *lua.Call) error { return c.Return(lua.Int(c.Count())) })
	define("error", func(c *lua.Call) error {
		if text, isText := c.Arg(1).AsString(); isText {
			v, err := s.String(s.Where(c.OptInt(2, 1)) + text)
			if err != nil {
				return err
			}
			return s.Raise(v)
		}
		return s.Raise(c.Arg(1))
	})
	define("nested", func(c *lua.Call) error { // calls its argument from Go
		results, err := c.Call(c.Function(1))
		if err != nil {
			return err
		}
		return c.Return(results...)
	})
	define("create", func(c *lua.Call) error {
		th, err := s.NewThread(c.Function(1))
		if err != nil {
			return err
		}
		return c.Return(th.Value())
	})
	define("wrap", func(c *lua.Call) error {
		f, err := s.Wrap(c.Function(1))
		if err != nil {
			return err
		}
		return c.Return(f)
	})
	for name, p := range map[string]lua.Primitive{
		"pcall": lua.PCall, "xpcall": lua.XPCall, "resume": lua.Resume, "yield": lua.Yield, "next": lua.Next,
	} {
		if err := s.SetGlobal(name, s.Primitive(p)); err != nil {
			t.Fatal(err)
		}
	}
	return s, printed
}

func show(v lua.Value) string {
	if text, isText := lua.ToText(v); isText {
		return text
	}
	if v.Kind() == lua.KindBool {
		return fmt.Sprint(v.Truth())
	}
	return v.TypeName()
}

// TestPrograms runs small programs and compares their output with LuaJIT's.
func TestPrograms(t *testing.T) {
	for _, c := range detector.Some([]struct {
		name, source, want string
		long               bool // too long for the stress mode, which takes microseconds a step
	}{
		{"constructors", `local t = {1, 2, 3, x = 4, ["y z"] = 5, count(1, 2)} print(#t, t.x, t["y z"], t[4], t[9])`,
			"4 4 5 2 nil", false},
		{"order of pairs", `local t = {b = 1, [0] = 0, 7, a = 2} t.c = 3 t.b = nil t.b = 4
			for k, v in pairs(t) do print(k, v) end`, "0 0\n1 7\nb 4\na 2\nc 3", false},
		{"removal during traversal", `local t = {1, 2, 3, a = 1, b = 2} local n = 0
			for k in pairs(t) do t[k] = nil n = n + 1 end print(n, next(t))`, "5 nil", false},
		{"an unknown key", `print(pcall(next, {a = 1}, "zz"))`, "false invalid key to 'next'", false},
		{"an index that was never there", `print(pcall(next, {1, 2}, 3)) print(pcall(next, {1, 2, 3, 4, 5}, 6)) print(pcall(next, {1, 2}, 1e300))
			local t = {1, 2, 3} t[3] = nil print(pcall(next, t, 3)) print(pcall(next, t, 4))`,
			"false invalid key to 'next'\nfalse invalid key to 'next'\nfalse invalid key to 'next'\ntrue nil\nfalse " +
				"invalid key to 'next'", false},
		{"a loop that removes what it finds", `local n, t = 0, {1, 2, 3, 4, 5, 6, 7, 8, 9, x = 1}
			for k in pairs(t) do t[k] = nil n = n + 1 end print(n, next(t))`, "10 nil", false},
		{"a sparse array", `local t = {} t[1000] = 1 print(#t) t[1] = 1 print(#t)`, "0\n1", false},
		{"a list with nil in it", `local list = {} for i = 1, 5 do list[i] = i ~= 2 and i or nil end print(#list)
			local t = {} t[1] = 1 t[3] = 3 t[4] = 4 print(#t)`, "5\n4", false},
		{"arrays with holes", `local t = {1, 2, nil, 4} print(t[4], t[3], next(t, 2)) t = {1, nil, 3} print(t[3]) t = {nil, nil, 3} print(t[3])
			t = {} t[1] = 1 t[2] = 2 t[4] = 4 t.x = 5 t[6] = 6 t[7] = 7 t[9] = 9 local n = 0 for k in pairs(t) do n = n + 1 end print(n, t[4], t[9])`,
			"4 nil 4 4\n3\n3\n7 4 9", false},
		{"an array filled backwards", `local t = {} for i = 40, 1, -1 do t[i] = i end print(#t) local s = 0
			for i, v in ipairs(t) do s = s + v end print(s)`, "40\n820", false},
		{"numeric for", `for i = 0.1, 1 do print(i == 0.1) end for i = 3, 1, -1 do print(i) end
			for i = 1, 0 do print("never") end local n = 0 for i = 1, 3, 0 do n = n + 1 if n > 3 then break end end print(n)`,
			"true\n3\n2\n1\n4", false},
		{"modulo", `print(5 % 3, -5 % 3, 5 % -3, 5.5 % 2, 1 % 0.1)`, "2 1 -1 1.5 0", false},
		{"signed zeros", `local z = 0 print(1 / (z * -1), 1 / (z / -5), 1 / -z)`, "-inf -inf -inf", false},
		{"varargs", `local function f(a, ...) local b, c = ... return count(...), a, b, c, ... end print(f(1, nil, ` +
			`3)) print((f(1)))`,
			"2 1 nil 3 nil 3\n0", false},
		{"closures in a loop", `local fs = {} for i = 1, 3 do local j = i fs[i] = function() j = j + 1 return j end end
			print(fs[1](), fs[1](), fs[2](), fs[3]())`, "2 3 3 4", false},
		{"a variable is shared", `local n = 0 local function inc() n = n + 1 end local function get() return n end
			inc() inc() n = n * 10 print(get(), n)`, "20 20", false},
		{"an operand read late", `local a = 1 local function inc() a = a + 1 return 10 end print(a + inc(), a ` +
			`.. inc())`,
			"12 210", false},
		{"recursion", `local function f(n) if n < 2 then return n end return f(n - 1) + f(n - 2) end ` +
			`print(f(20))`, "6765", true},
		{"tail calls", `local function loop(n) if n == 0 then return "end" end return loop(n - 1) end ` +
			`print(loop(300000))`, "end", true},
		{"a goto to the nearest label", `local n = 0 ::a:: n = n + 1 if n > 3 then print("again") return end
			do goto a ::a:: end print(n) do do goto a end ::a:: end print(n)
			local function f() ::b:: n = n + 1 do do if n < 9 then goto b end end end return n end print(f())`,
			"1\n1\n9",
			false},
		{"goto", `for i = 1, 3 do if i == 2 then goto continue end print(i) ::continue:: end`, "1\n3", false},
		{"multiple assignment", `local a, b = 1, 2 a, b = b, a print(a, b) local t = {} local i = 1 i, t[i] = i + 1, ` +
			`20 print(i, t[1], t[2])`,
			"2 1\n2 20 nil", false},
		{"and, or", `local x = 1 x = nil and x or 5 print(x, false or nil, 1 and 2)`, "5 nil 2", false},
		{"comparison", `print(1 < 2, "a" < "b", not (1 > 2), 2 <= 2, "x" == "x", 1 ~= 1)`,
			"true true true true true false", false},
		{"concatenation", `print("a" .. 1 .. 2.5 .. -0 .. "z")`, "a12.5-0z", false},

		{"__index", `local C = {} C.__index = C function C:get() return self.v end print(setmetatable({v = 42}, C):get())
			print(setmetatable({}, {__index = function(t, k) return k .. "!" end}).foo)`, "42\nfoo!", false},
		{"__newindex", `local log = {} local t = setmetatable({}, {__newindex = log}) t.x = 1 print(t.x, log.x)`,
			"nil 1",
			false},
		{"__call of any kind", `local m = setmetatable({}, {__call = function(self, a) return a * 2 end}) ` +
			`print(m(21), pcall(m, 4))`, "42 true 8", false},
		{"a callable table as metamethod", `local add = setmetatable({}, {__call = function(_, a, b) return count(_, a, b) end})
			print(setmetatable({}, {__add = add}) + 1)`, "3", false},
		{"__unm gets two operands", `print(-setmetatable({}, {__unm = function(...) return count(...) end}))`, "2",
			false},
		{"__len is ignored on tables", `print(#setmetatable({1, 2}, {__len = function() return 9 end}))`, "2", false},
		{"__eq, __lt, __le", `local m = {__eq = function() return true end, __lt = function(a, b) return a.v < b.v end}
			local a, b = setmetatable({v = 1}, m), setmetatable({v = 2}, m) print(a == b, a < b, a <= b, a > b, a ~= b)`,
			"true true true false false", false},
		{"__concat", `local m = setmetatable({}, {__concat = function(a, b) return "<" .. (a == nil and "" or "m") .. ">" end})
			print("a" .. "b" .. m .. "c")`, "ab<m>", false},

		{"pcall", `print(pcall(function() error("boom") end)) print(pcall(function() error({}) end)) ` +
			`print(pcall(count, 1, 2))`,
			"false test:1: boom\nfalse table\ntrue 2", false},
		{"xpcall", `print(xpcall(function() error("q") end, function(e) return "H:" .. e end))`, "false H:test:1: q",
			false},
		{"a handler that fails", `print(xpcall(error, function(e) error("again") end, "x"))`, "false error in error " +
			"handling", false},
		{"stack overflow", `local function f() return 1 + f() end print(pcall(f))`,
			"false test:1: stack overflow", true},
		{"handlers of overflows leave variables alone", `local bad = 0
			local function f(n) local a, b, c = n, n * 2, {n}
				local ok, e = xpcall(f, function(m) local x1, x2, x3, x4, x5, x6 = 1, 2, 3, 4, 5, 6 return m end, n + 1)
				if a ~= n or b ~= n * 2 or c[1] ~= n then bad = bad + 1 end return ok, e end
			f(1) print(bad)`, "0", true},
		{"handlers of overflows run", `local function f() f() end local function h(m) return "H:" .. m end
			local function g(...) return 1 + g(1, ...) end print(xpcall(f, h)) print(xpcall(g, h)) print(xpcall(f, h))`,
			"false H:test:1: stack overflow\nfalse H:test:2: stack overflow\nfalse H:test:1: stack overflow", true},
		{"nested pcall", `local function f(n) if n == 0 then return "deep" end return select(2, pcall(f, n - 1)) end
			local function g(n) if n == 0 then return true end local ok = pcall(g, n - 1) return ok end print(g(15000))`,
			"true", true},
		{"nested calls from Go", `local function f() local r = nested(f) return r end print(pcall(f))`,
			"false test:1: C stack overflow", false},

		{"names in errors", `local l print(pcall(function() l.x = 1 end)) print(pcall(function() local v; v() end)) print(pcall(function() g() end))
			print(pcall(function() local t = {} return t.a.b end)) print(pcall(function() return ("x"):nope() end))
			print(pcall(function() return {} + 1 end)) print(pcall(function() return {} < {} end)) print(pcall(function() return 1 < "2" end))`,
			"false test:1: attempt to index upvalue 'l' (a nil value)\nfalse test:1: attempt to call local 'v' " +
				"(a nil value)\n" +
				"false test:1: attempt to call global 'g' (a nil value)\nfalse test:2: attempt to index field " +
				"'a' (a nil value)\n" +
				"false test:2: attempt to index a string value\nfalse test:3: attempt to perform arithmetic on " +
				"a table value\n" +
				"false test:3: attempt to compare two table values\nfalse test:3: attempt to compare number " +
				"with string", false},

		{"coroutines", `local co = create(function(a) local b = yield(a + 1) return b * 2 end) print(resume(co, 1)) ` +
			`print(resume(co, 5)) print(resume(co))`,
			"true 2\ntrue 10\nfalse cannot resume dead coroutine", false},
		{"yield across pcall", `local co = wrap(function() return pcall(function() return yield(1) + yield(2) end) ` +
			`end) print(co()) print(co(10)) print(co(20))`,
			"1\n2\ntrue 30", false},
		{"an error after a yield in pcall", `local co = wrap(function() return pcall(function() yield(1) ` +
			`error("late", 0) end) end) print(co()) print(co())`,
			"1\nfalse late", false},
		{"yield across metamethods", `local y = function() return yield("y") end
			local m = setmetatable({}, {__index = y, __newindex = y, __add = y, __lt = y, __le = y, __concat = y, __eq = y, __unm = y, __call = y})
			local co = wrap(function() local r = {m.x, m + 1, -m, m < m, m <= m, m(), "a" .. "b" .. m .. "c"} m.z = 1 return count(r[1], r[2]), r[1], r[2], r[3], r[4], r[5], r[6], r[7] end)
			co() for i = 1, 7 do co(i) end print(co("end"))`,
			"2 1 2 3 true true 6 ab7", false},
		{"yield in an iterator", `local co = wrap(function() for x in function() return yield("it") end do print(x) end return "done" end)
			print(co()) print(co(1)) print(co(2)) print(co(nil))`, "it\n1\nit\n2\nit\ndone", false},
		{"yield in a nested call from Go", `print(resume(create(function() nested(function() yield(1) end) end)))`,
			"false test:1: attempt to yield across C-call boundary", false},
		{"yield outside", `print(pcall(yield, 1))`, "false attempt to yield across C-call boundary", false},
		{"wrap passes errors on", `print(pcall(wrap(function() error("x", 0) end))) print(pcall(wrap(function() ` +
			`error({}) end)))`, "false x\nfalse table", false},
		{"coroutines in coroutines", `local function f(n) if n == 0 then return "bottom" end return wrap(f)(n - 1) ` +
			`end print(f(150)) print((pcall(f, 250)))`,
			"bottom\nfalse", false},
		{"an __index that leads to itself", `local t = setmetatable({}, {}) local m = {__index = t} setmetatable(t, ` +
			`m) print(pcall(function() return t.x end))`,
			"false test:1: loop in gettable", false},
		{"a coroutine that resumes who waits for it", `local co co = create(function() return resume(co) end) ` +
			`print(resume(co))`,
			"true false cannot resume running coroutine", false},
	}) {
		run := func(t *testing.T, stress bool) {
			s, printed := newState(t, lua.Options{})
			if stress {
				s.Stress()
			}
			if _, err := s.Run([]byte(c.source), "=test"); err != nil {
				t.Fatalf("%v\n%s", err, printed)
			}
			if got := strings.TrimSuffix(printed.String(), "\n"); got != c.want {
				t.Errorf("printed\n%s\nwant\n%s", got, c.want)
			}
		}
		t.Run(c.name, func(t *testing.T) { run(t, false) })
		if !c.long {
			t.Run(c.name+" under stress", func(t *testing.T) { run(t, true) })
		}
	}
}

func TestLimitOfSteps(t *testing.T) {
	s, _ := newState(t, lua.Options{MaxSteps: 100_000})
	_, err := s.Run([]byte(`while true do pcall(function() while true do end end) end`), "=test")
	if !errors.Is(err, lua.ErrSteps) {
		t.Fatalf("error %v, want the step limit", err)
	}
}

func TestInterruptStays(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	cause := errors.New("stop")
	s.Interrupt(cause)
	for range 2 {
		if _, err := s.Run([]byte(`while true do end`), "=test"); !errors.Is(err, cause) {
			t.Fatalf("error %v, want the interrupt", err)
		}
	}
	s.ClearInterrupt()
	if _, err := s.Run([]byte(`for i = 1, 30000 do end`), "=test"); err != nil {
		t.Fatal(err)
	}
}

func TestMemoryLimit(t *testing.T) {
	s, printed := newState(t, lua.Options{MaxMemory: 4 << 20})
	_, err := s.Run([]byte(`local ok, e = pcall(function() local t = {} for i = 1, 1e9 do t[i] = {} end end) print(ok, e)
		for i = 1, 1e5 do local garbage = {i, i, i} end print("alive")`), "=test")
	if err != nil || printed.String() != "false not enough memory\nalive\n" {
		t.Fatalf("printed %q, error %v", printed, err)
	}
}

func TestPanicEndsTheCallAlone(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	if err := s.SetGlobal("burst", s.NewFunction("burst", func(*lua.Call) error { panic("boom") })); err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{`burst()`, `pcall(burst)`, `wrap(function() pcall(nested, burst) end)()`} {
		_, err := s.Run([]byte(source), "=test")
		var e *lua.Error
		var p *lua.PanicError
		if !errors.As(err, &e) || e.Kind != lua.KindPanic || !errors.As(err, &p) || p.Value != "boom" ||
			len(p.Stack) == 0 {
			t.Fatalf("%s: error %#v, want the panic", source, err)
		}
		if _, err := s.Run([]byte(`print("still here")`), "=test"); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Count(printed.String(), "still here"); got != 3 {
		t.Fatalf("ran %d times afterwards, want 3", got)
	}
}

// A Go function that calls, goes on and calls again, as often as it likes, and Go
// functions that call Go functions, nest neither on Go's stack nor on Lua's.
func TestContinuationsDoNotNest(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	define := func(name string, f lua.GoFunction) {
		if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
			t.Fatal(err)
		}
	}
	define("chain", func(c *lua.Call) error { // chain(n): n Go functions, each of which ends in a call of the next one
		if c.Int(1) == 0 {
			return c.Return(lua.Int(int(c.Number(2))))
		}
		return c.TailCall(s.Global("chain"), lua.Int(c.Int(1)-1), lua.Int(c.Int(2)+1))
	})
	define("nest", func(c *lua.Call) error { // nest(n): n Go functions, each of which waits for the next one
		n := c.Int(1)
		if n == 0 {
			return c.Return(lua.Int(0))
		}
		return c.CallThen(func(c *lua.Call) error { return c.Return(lua.Int(c.Int(1) + 1)) }, false, s.Global("nest"),
			lua.Int(n-1))
	})
	if _, err := s.Run([]byte(`print(chain(1e6, 0)) print(nest(50000)) print(pcall(nest, 1e6))`), "=test"); err != nil {
		t.Fatal(err)
	}
	if want := "1000000\n50000\nfalse stack overflow\n"; printed.String() != want {
		t.Errorf("printed %q, want %q", printed, want)
	}
}
