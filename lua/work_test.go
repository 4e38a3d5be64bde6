package lua_test

import (
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// What one operation looks at, or compares, counts as steps: else a loop would wait long between two looks at an interrupt.
func TestWorkOfOperatorsCounts(t *testing.T) {
	for _, c := range []struct {
		name, prepare, source string
		least                 int64
	}{
		{"next behind removed keys", `t = {} for i = 1, 10000 do t["k" .. i] = i end for i = 1, 9999 do t["k" .. i] = nil end`,
			`for i = 1, 100 do next(t) end`, 100 * 9999 / 16},
		{"a loop behind removed keys", `t = {} for i = 1, 10000 do t["k" .. i] = i end for i = 2, 9999 do t["k" .. i] = nil end`,
			`for i = 1, 100 do for k in next, t do end end`, 100 * 9998 / 16},
		{"an array full of holes", `t = {} for i = 1, 10000 do t[i] = i end for i = 1, 9999 do t[i] = nil end`,
			`for i = 1, 100 do next(t) end`, 100 * 9999 / 16},
		{"keys that make a large table look for room", `t = {[-1] = 1} for i = 1, 10000 do t[i] = i end`,
			`for i = 1, 400 do t["k" .. i] = i t["k" .. i] = nil end`, 50 * 10000 / 16},
		{"long keys", `a, b = "x", "x" for i = 1, 16 do a, b = a .. a, b .. b end t = {[a] = 1}`,
			`for i = 1, 100 do local v = t[b] end`, 100 * 65536 / 64},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := newState(t, lua.Options{})
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
