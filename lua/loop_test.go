package lua_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// Each turn of each kind of loop is a step, whatever instruction jumps back.
func TestEveryLoopCounts(t *testing.T) {
	const turns = 1000
	for _, source := range []string{
		`local n = 0 while n < 1000 do n = n + 1 end`,
		`local n = 0 while n <= 999 do n = n + 1 end`,
		`local n, most = 0, 1000 while n < most do n = n + 1 end`,
		`local n, most = 0, 999 while n <= most do n = n + 1 end`,
		`local n, most = 0, 1000 while n ~= most do n = n + 1 end`,
		`local n = 0 while true do n = n + 1 if n == 1000 then break end end`,
		`local n = 0 while true do n = n + 1 local x = n or 5 if n == 1000 then break end x = x and n or 5 end`,
		`local n = 0 while n < 1000 do n = n + 1 local x = n or 5 end`,
		`local n = 0 while n < 1000 do n = n + 1 local x = nil and 5 end`,
		`local n, x = 0 while n < 1000 do n = n + 1 x = x and n end`,
		`local n, x = 0, 1 while n < 1000 do n = n + 1 if x then x = n end end`,
		`local n, x = 0 while n < 1000 do n = n + 1 if x then x = n else x = x or n end end`,
		`local n, x = 0 while n < 1000 do n = n + 1 if n == 5 then goto continue end x = n ::continue:: end`,
		`local n, done = 0 repeat n = n + 1 done = n == 1000 until done`,
		`local n, more = 0 repeat n = n + 1 more = n < 1000 until not more`,
		`local n = 0 repeat n = n + 1 until n == 1000`,
		`local n = 0 repeat n = n + 1 until n >= 1000`,
		`local n = 0 repeat n = n + 1 until n > 999`,
		`local n, most = 0, 1000 repeat n = n + 1 until n == most`,
		`local n, most = 0, 1000 repeat n = n + 1 until most <= n`,
		`local n, most = 0, 999 repeat n = n + 1 until most < n`,
		`local n, all = 0, true repeat n = n + 1 until all and n == 1000`,
		`local n, s = 0, "k0" repeat n = n + 1 s = "k" .. n until s == "k1000"`,
		`local n, s = 0, "k0" repeat n = n + 1 s = "k" .. n until not (s ~= "k1000")`,
		`local n, s = 0, "a" repeat n = n + 1 if n == 1000 then s = "c" end until s > "b"`,
		`local n, s = 0, "a" repeat n = n + 1 if n == 1000 then s = "c" end until s >= "b"`,
		`local n, s, b = 0, "a", "b" repeat n = n + 1 if n == 1000 then s = "c" end until b < s`,
		`local n, s, b = 0, "a", "b" repeat n = n + 1 if n == 1000 then s = "c" end until b <= s`,
		`local n, a, b = 0, {}, {} repeat n = n + 1 if n == 1000 then b = a end until a == b`,
		`local n, none = 0, false repeat n = n + 1 until none or n == 1000`,
		`local n = 0 ::again:: n = n + 1 if n < 1000 then goto again end`,
		`local n = 0 ::again:: n = n + 1 if n == 1000 then return end goto again`,
		`for i = 1, 1000 do end`,
		`for i = 1000, 1, -1 do end`,
		`local t = {} for i = 1, 1000 do t[i] = i end for i, v in ipairs(t) do end`,
		`local t = {} for i = 1, 1000 do t["k" .. i] = i end for k, v in pairs(t) do end`,
		`local function f(n) if n > 0 then return f(n - 1) end end f(1000)`,
		`local function f(n) if n > 0 then f(n - 1) end end f(1000)`,
		`local o = {f = function(o, n) if n > 0 then return o:f(n - 1) end end} o:f(1000)`,
		`local t = setmetatable({}, {__index = function() return 1 end}) local n = 0 for i = 1, 1000 do n = n + ` +
			`t.x end`,
	} {
		s, _ := newState(t, lua.Options{MaxSteps: 100 * turns})
		if _, err := s.Run([]byte(source), "=test"); err != nil {
			t.Errorf("%s: %v", source, err)
		}
		if steps := s.Steps(); steps < turns-1 {
			t.Errorf("%s\ntakes %d steps", source, steps)
		}
	}
}

// Code without loops and calls counts, too, where it is left.
func TestLongCodeCounts(t *testing.T) {
	const turns = 20
	body := strings.Repeat("x = y ", 5000)
	for _, c := range detector.Some([]struct{ name, source string }{
		{"for", `for i = 1, 20 do ` + body + `end`},
		{"in", `for k, v in pairs(list) do ` + body + `end`},
		{"while", `local n = 0 while n < 20 do n = n + 1 ` + body + `end`},
		{"repeat", `local n = 0 repeat n = n + 1 ` + body + `until n == 20`},
		{"repeat with strings", `local n = 0 repeat n = n + 1 ` + body + `until "k" .. n == "k20"`},
		{"goto", `local n = 0 ::again:: n = n + 1 ` + body + `if n == 20 then return end goto again`},
		{"a call", `local function f() ` + body + `end for i = 1, 20 do f() end`},
		{"a result", `local function f() ` + body + `return 1 end for i = 1, 20 do f() end`},
		{"results", `local function f() ` + body + `return 1, 2 end for i = 1, 20 do f() end`},
		{"a tail call", `local function g() end local function f() ` + body + `return g() end for i = 1, 20 do f() end`},
		{"an error", `local function f() ` + body + `error "x" end for i = 1, 20 do pcall(f) end`},
	}) {
		s, _ := newState(t, lua.Options{})
		if _, err := s.Run([]byte(`list = {} for i = 1, 20 do list[i] = i end`), "=test"); err != nil {
			t.Fatal(err)
		}
		before := s.Steps()
		if _, err := s.Run([]byte(c.source), "=test"); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if steps := s.Steps() - before; steps < turns*10_000/16-1 {
			t.Errorf("%s: %d steps", c.name, steps)
		}
	}
}

// An interrupt ends the steps that are counted at once, and counts none that were not
// made.
func TestStepsOfAnInterrupt(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	stop := errors.New("stop")
	s.Interrupt(stop)
	for range 3 {
		before := s.Steps()
		if _, err := s.Run([]byte(`while true do end`), "=test"); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		if steps := s.Steps() - before; steps > 10_001 {
			t.Errorf("%d steps", steps)
		}
	}
}

// Keys that differ far behind are as fast as others: the hash of a string depends on all
// of it.
func TestHashesOfLongKeys(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	const source = `local head = "x" for i = 1, 13 do head = head .. head end
		local t = {} for i = 1, 500 do t[head .. i] = i end
		for i = 1, 500 do if t[head .. i] ~= i then error "lost" end end`
	if _, err := s.Run([]byte(source), "=test"); err != nil {
		t.Fatal(err)
	}
	if steps := s.Steps(); steps > 500*500 { // a comparison of two of them is 128
		t.Errorf("%d steps", steps)
	}
}

// An error that passes a Go function which waits for Lua code leaves nothing behind.
func TestErrorsLeaveNoContinuation(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	then := s.NewFunction("then", func(c *lua.Call) error {
		return c.CallThen(func(c *lua.Call) error { return c.Return() }, false, c.Arg(1))
	})
	if err := s.SetGlobal("call", then); err != nil {
		t.Fatal(err)
	}
	const source = `for i = 1, 100 do pcall(call, error) pcall(call, function() call(function() call(error) end) end) end
		resume(create(function() call(function() call(error) end) end))`
	if _, err := s.Run([]byte(source), "=test"); err != nil {
		t.Fatal(err)
	}
	if n := s.Continuations(); n != 0 {
		t.Errorf("%d continuations are left", n)
	}
}

// Values that Go holds by a Ref, and the metatables of types, are roots of walks.
func TestRootsThatGoHolds(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	weak, err := s.NewTable(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	meta, err := s.NewTable(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	mode, err := s.String("v")
	if err != nil {
		t.Fatal(err)
	}
	if err := meta.SetString("__mode", mode); err != nil {
		t.Fatal(err)
	}
	weak.SetMetatable(meta)
	s.Ref(weak.Value())
	put := func(name string) lua.Value {
		made, err := s.NewTable(0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := weak.SetString(name, made.Value()); err != nil {
			t.Fatal(err)
		}
		return made.Value()
	}
	held := s.Ref(put("held"))
	ofNumbers, _ := put("metatable").AsTable()
	s.SetTypeMetatable(lua.KindNumber, ofNumbers)
	put("dropped")
	want := func(name string, live bool) {
		t.Helper()
		if _, err := s.Collect(); err != nil {
			t.Fatal(err)
		}
		if got := !weak.GetString(name).IsNil(); got != live {
			t.Errorf("%s is live: %v", name, got)
		}
	}
	want("held", true)
	want("metatable", true)
	want("dropped", false)
	held.Release()
	s.SetTypeMetatable(lua.KindNumber, nil)
	want("held", false)
	want("metatable", false)
}
