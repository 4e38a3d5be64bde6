package std_test

import "testing"

// Libraries count steps for the work that a call does beyond itself.
func TestLibrariesCountSteps(t *testing.T) {
	for _, c := range []struct {
		name, prepare, source string
		least                 int64
	}{
		{"long numbers", ``, `for i = 1, 1000 do ("%99.99f"):format(1.5e300) end`, 1000 * 400 / 8},
		{"insert in front", `list = {} for i = 1, 10000 do list[i] = i end`,
			`for i = 1, 100 do table.insert(list, 1, 1) end`, 100 * 10_000},
		{"remove in front", `list = {} for i = 1, 10000 do list[i] = i end`,
			`for i = 1, 100 do table.remove(list, 1) end`, 100 * 9900},
		{"table.new", `new = require "table.new"`, `for i = 1, 10 do new(2^16, 2^16) end`, 10 * 2 * 65536 / 16},
		{"table.clear", `clear = require "table.clear" list = {} for i = 1, 10000 do list[i] = i end`, `clear(list)`,
			10_000},
		{"collectgarbage", `kept = ("x"):rep(2^22)`, `collectgarbage()`, 1 << 22 / 64},
		{"a step of collectgarbage", `kept = {} for i = 1, 100000 do kept[i] = {} end`,
			`collectgarbage("step", 1000)`, 256_000 / 4},
		{"unpack", `list = {} for i = 1, 7000 do list[i] = i end`, `for i = 1, 100 do unpack(list) end`, 100 * 7000},
		{"byte", `text = ("x"):rep(8000)`, `for i = 1, 100 do text:byte(1, -1) end`, 100 * 8000 / 8},
		{"long patterns", `pattern = ("%a"):rep(10000)`, `for i = 1, 100 do ("x"):find(pattern) end`, 100 * 16_384},
		{"a long mode of load", `mode = ("x"):rep(2^20)`, `for i = 1, 100 do load("", "=x", mode) end`, 100 * 1 << 20 / 64},
		{"files that are looked for", `path = ("nowhere/?;"):rep(100)`, `package.searchpath("x", path)`, 100 * 100},
		{"options of getinfo", `options = ("n"):rep(2^20)`, `debug.getinfo(1, options)`, 1 << 20 / 16},
	} {
		m := newMachine(t)
		if _, err := m.run(c.prepare); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		before := m.Steps()
		if _, err := m.run(c.source); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if steps := m.Steps() - before; steps < c.least {
			t.Errorf("%s: %d steps, want at least %d", c.name, steps, c.least)
		}
	}
}
