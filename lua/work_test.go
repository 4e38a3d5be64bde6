package lua_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// The data that one operation reads or compares counts as steps. Else a loop would wait
// long between two looks at an interrupt.
func TestWorkOfOperatorsCounts(t *testing.T) {
	for _, c := range detector.Some([]struct {
		name, prepare, source string
		least                 int64
	}{
		{"next behind removed keys", `t = {} for i = 1, 10000 do t["k" .. i] = i end for i = 1, 9999 do t["k" ` +
			`.. i] = ` +
			`nil end`,
			`for i = 1, 100 do next(t) end`, 100 * 9999 / 16},
		{"a loop behind removed keys", `t = {} for i = 1, 10000 do t["k" .. i] = i end for i = 2, 9999 do t["k" ` +
			`.. i] ` +
			`= nil end`,
			`for i = 1, 100 do for k in next, t do end end`, 100 * 9998 / 16},
		{"an array full of holes", `t = {} for i = 1, 10000 do t[i] = i end for i = 1, 9999 do t[i] = nil end`,
			`for i = 1, 100 do next(t) end`, 100 * 9999 / 16},
		{"keys that make a large table look for room", `t = {[-1] = 1} for i = 1, 10000 do t[i] = i end`,
			`for i = 1, 400 do t["k" .. i] = i t["k" .. i] = nil end`, 50 * 10000 / 16},
		{"long keys", `a, b = "x", "x" for i = 1, 16 do a, b = a .. a, b .. b end t = {[a] = 1}`,
			`for i = 1, 100 do local v = t[b] end`, 100 * 65536 / 64},
		{"long strings that are equal", `a, b = "x", "x" for i = 1, 16 do a, b = a .. a, b .. b end`,
			`for i = 1, 100 do local v = a == b end`, 100 * 65536 / 64},
		{"long strings in order", `a, b = "x", "x" for i = 1, 16 do a, b = a .. a, b .. b end`,
			`for i = 1, 100 do local v = a < b end`, 100 * 65536 / 64},
		{"rawequal", `a, b = "x", "x" for i = 1, 16 do a, b = a .. a, b .. b end`,
			`for i = 1, 100 do rawequal(a, b) end`, 100 * 65536 / 64},
		{"equal of Go", `a, b = "x", "x" for i = 1, 16 do a, b = a .. a, b .. b end`,
			`for i = 1, 100 do equal(a, b) end`, 100 * 65536 / 64},
		{"__eq that are long strings", `a, b = "x", "x" for i = 1, 16 do a, b = a .. a, b .. b end
			t, u = setmetatable({}, {__eq = a}), setmetatable({}, {__eq = b})`,
			`for i = 1, 100 do pcall(function() return t == u end) end`, 100 * 65536 / 64},
		{"many arguments", `function f(...) return g(...) end function g(...) return end t = {}
			function h(n, ...) if n == 0 then return f(...) end return h(n - 1, 1, 2, 3, 4, 5, 6, 7, 8, ...) end`,
			`h(500)`, 500 * 500 * 8 / 2 * 2 / 16},
		{"many results", `function r(n, ...) if n == 0 then return ... end return r(n - 1, 1, 2, 3, 4, 5, 6, 7, 8, ...) end
			function pass(...) local a, b = 1, 2 return ... end`, `for i = 1, 100 do pass(r(100)) end`,
			100 * (100*100*4*2 + 3*800) / 16},
		{"many values in tables", `function l(n, ...) if n == 0 then return {...} end return l(n - 1, 1, 2, 3, 4, 5, ` +
			`6, 7, 8, ...) end`,
			`l(500)`, 500 * 500 * 8 / 2 * 2 / 16},
		{"the name of an operand", `long()`, `for i = 1, 100 do pcall(fails) end`, 100 * 20000 / 16},
		{"the name of a function", `long()`, `for i = 1, 100 do pcall(refuses) end`, 100 * 20000 / 16},
	}) {
		t.Run(c.name, func(t *testing.T) {
			s, _ := newState(t, lua.Options{})
			for name, f := range map[string]lua.GoFunction{
				"rawequal": func(c *lua.Call) error { return c.Return(lua.Bool(s.RawEqual(c.Arg(1), c.Arg(2)))) },
				"equal": func(c *lua.Call) error {
					equal, err := s.Equal(c.Arg(1), c.Arg(2))
					if err != nil {
						return err
					}
					return c.Return(lua.Bool(equal))
				},
				"text": func(c *lua.Call) error { c.String(1); return c.Return() },
				"long": func(c *lua.Call) error { // defines functions that do something wrong after many instructions
					body := "local x = n if x then " + strings.Repeat("x = n ", 20_000) + "end "
					_, err := s.Run([]byte("function fails() "+body+"return x.y.z end function refuses() "+body+
						"text() end"), "=long")
					if err != nil {
						return err
					}
					return c.Return()
				},
			} {
				if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Run([]byte(c.prepare), "=test"); err != nil {
				t.Fatal(err)
			}
			before := s.Steps()
			if _, err := s.Run([]byte(c.source), "=test"); err != nil {
				t.Fatal(err)
			}
			if steps := s.Steps() - before; steps < c.least {
				t.Errorf("%d steps, want at least %d", steps, c.least)
			}
		})
	}
}
