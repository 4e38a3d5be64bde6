package lua_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// defineTimes defines times(n, f): it calls f(1) to f(n) by CallMany, and returns the sum
// of the results. It looks at its arguments afterwards, and raises on a sum of 0.
func defineTimes(t *testing.T, s *lua.State) {
	t.Helper()
	times := func(c *lua.Call) error {
		n, f, sum := c.Int(1), c.Arg(2), 0.0
		err := c.CallMany(f, func(k *lua.Caller) error {
			for i := range n {
				v, err := k.Call1(lua.Int(i + 1))
				if err != nil {
					return err
				}
				f, _ := lua.ToNumber(v)
				sum += f
			}
			return nil
		})
		if err != nil {
			return err
		}
		if c.Arg(2) != f || c.Int(1) != n {
			return c.Errorf("the arguments have changed")
		}
		if sum == 0 {
			return c.Errorf("the sum is 0")
		}
		return c.Return(lua.Number(sum))
	}
	if err := s.SetGlobal("times", s.NewFunction("times", times)); err != nil {
		t.Fatal(err)
	}
}

func TestCallMany(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"first results", `print(times(4, function(i) return i, 100 end))`, "10"},
		{"no results", `print(pcall(times, 3, function() end)) print(pcall(function() local x = times(3, function() ` +
			`end) end))`,
			"false the sum is 0\nfalse test:1: the sum is 0"},
		{"a function of Go", `print(times(5, count))`, "5"},
		{"a callable table", `print(times(3, setmetatable({}, {__call = function(self, i) return i * 2 end})))`, "12"},
		{"something else", `print(pcall(times, 1, 5))`, "false attempt to call a number value"},
		{"an error", `print(pcall(times, 5, function(i) if i == 3 then error("at " .. i, 0) end end)) print(times(1, ` +
			`function() return 7 end))`,
			"false at 3\n7"},
		{"within", `print(times(3, function(i) return times(i, function(j) return j end) end))`, "10"},
		{"deep", `local function f() local r = times(1, f) return r end print(pcall(f)) print(times(1, function() ` +
			`return 1 end))`,
			"false test:1: C stack overflow\n1"},
		{"a stack that moves", `local function deep(n) if n == 0 then return 1 end return 1 + deep(n - 1) end
			print(times(3, function(i) return deep(i * 100) end))`, "603"},
		{"yield", `print(resume(create(function() times(1, yield) end))) print(resume(create(function() times(1, ` +
			`function() yield() end) end)))`,
			"false attempt to yield across C-call boundary\nfalse test:1: attempt to yield across C-call boundary"},
		{"a coroutine within", `print(times(2, function(i) local co = wrap(function() yield(i) yield(i * 10) end) ` +
			`return co() + co() end))`, "33"},
		{"in a coroutine", `local co = create(function() yield(times(2, function(i) return i end)) yield(times(3, function(i) return i end)) end)
			print(resume(co)) print(resume(co))`, "true 3\ntrue 6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, stress := range []bool{false, true} {
				s, printed := newState(t, lua.Options{})
				if stress {
					s.Stress()
				}
				defineTimes(t, s)
				if _, err := s.Run([]byte(c.source), "=test"); err != nil {
					t.Fatal(err)
				}
				if got := strings.TrimSuffix(printed.String(), "\n"); got != c.want {
					t.Errorf("stress %v: printed\n%s\nwant\n%s", stress, got, c.want)
				}
			}
		})
	}
}

// A panic in a function that CallMany calls ends the outermost call, no script catches
// it, and the state goes on.
func TestCallManyStopsPanics(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	defineTimes(t, s)
	if err := s.SetGlobal("bad", s.NewFunction("bad", func(c *lua.Call) error { panic("no good") })); err != nil {
		t.Fatal(err)
	}
	for range 300 { // more often than calls may nest
		_, err := s.Run([]byte(`pcall(wrap(function() pcall(times, 3, function(i) times(1, bad) end) `+
			`print("caught") end))`), "=test")
		var e *lua.Error
		if !errors.As(err, &e) || e.Kind != lua.KindPanic {
			t.Fatalf("error %v, want the panic's", err)
		}
	}
	if s.Thread() != s.MainThread() {
		t.Error("the state is left in a coroutine")
	}
	if _, err := s.Run([]byte(`print(times(2, function(i) return i end))`), "=test"); err != nil {
		t.Fatal(err)
	}
	if printed.String() != "3\n" {
		t.Errorf("printed %q", printed)
	}
}

// Each call by CallMany counts a step.
func TestCallManyCountsSteps(t *testing.T) {
	s, _ := newState(t, lua.Options{MaxSteps: 20_000})
	defineTimes(t, s)
	if _, err := s.Run([]byte(`times(1e9, count)`), "=test"); !errors.Is(err, lua.ErrSteps) {
		t.Errorf("error %v, want that of the step limit", err)
	}
}

// A Go function that calls and goes on, again and again, does not climb up the stack.
func TestCallThenInALoop(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	loop := func(c *lua.Call) error { // loop(n, f)
		n, f, i := c.Int(1), c.Arg(2), 0
		var then func(c *lua.Call) error
		then = func(c *lua.Call) error {
			if i == n {
				return c.Return(c.Arg(1))
			}
			i++
			return c.CallThen(then, false, f, lua.Int(i))
		}
		return then(c)
	}
	if err := s.SetGlobal("loop", s.NewFunction("loop", loop)); err != nil {
		t.Fatal(err)
	}
	_, err := s.Run([]byte(`print(loop(300000, function(i) return i, i end)) print(loop(300000, count))
		local co = wrap(function() return loop(3, function(i) return yield(i) end) end) print(co(), co("a"), co("b"), co("c"))`), "=test")
	if err != nil {
		t.Fatal(err)
	}
	if want := "300000\n1\n1 2 3 c\n"; printed.String() != want {
		t.Errorf("printed %q, want %q", printed, want)
	}
}

// Frames that stop an error and fail in turn do not nest on Go's stack.
func TestFailuresInARowDoNotNest(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	deepest, calls := 0, 0
	var pcs [4096]uintptr
	guard := func(c *lua.Call) error {
		return c.CallThen(func(c *lua.Call) error {
			calls++
			deepest = max(deepest, runtime.Callers(0, pcs[:]))
			if err := c.Failed(); err != nil {
				return err
			}
			return c.Return()
		}, true, c.Arg(1))
	}
	if err := s.SetGlobal("guard", s.NewFunction("guard", guard)); err != nil {
		t.Fatal(err)
	}
	_, err := s.Run([]byte(`local function deep(n) if n == 0 then error("down here", 0) end guard(function() deep(n - 1) end) end
		print(pcall(deep, 5000))
		print(pcall(wrap(function() deep(5000) end)))`), "=test")
	if err != nil || printed.String() != "false down here\nfalse down here\n" {
		t.Errorf("printed %q, error %v", printed, err)
	}
	if calls != 10_000 || deepest > 30 {
		t.Errorf("%d calls, the deepest under %d functions of Go", calls, deepest)
	}
}
