package lualib_test

import "testing"

// Assignments of several values, each with what LuaJIT prints.
func TestAssignTogether(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"swap of locals":          {`local a, b = 1, 2 a, b = b, a print(a, b)`, "2\t1\n"},
		"swap of parameters":      {`local function f(p, q) p, q = q, p return p, q end print(f(7, 1))`, "1\t7\n"},
		"greatest common divisor": {`local a, b = 48, 18 while b ~= 0 do a, b = b, a % b end print(a)`, "6\n"},
		"rotation of three":       {`local a, b, c = 1, 2, 3 a, b, c = c, a, b print(a, b, c)`, "3\t1\t2\n"},
		"call and operation":      {`local function f(c) local a = 64 c, a = math.floor(c / 64), a / 2 return c, a end print(f(1000))`, "15\t32\n"},
		"call and concatenation":  {`local function f(p) local q = 5 p, q = tostring(p), q .. "x" return p, q end print(f(7))`, "7\t5x\n"},
		"variable and field":      {`local i, t = 1, {} i, t[i] = i + 1, 20 print(i, t[1], t[2])`, "2\t20\tnil\n"},
		"field and variable":      {`local t, a = {}, 1 t.x, a = a, 5 print(t.x, a)`, "1\t5\n"},
		"table exchanged":         {`local t, u = {}, {} local first = t t, t.x = u, 1 print(first.x, t == u, u.x)`, "1\ttrue\tnil\n"},
		"two fields":              {`local t = {1, 2} t[1], t[2] = t[2], t[1] print(t[1], t[2])`, "2\t1\n"},
		"upvalues":                {`local a, b = 1, 2 local function f() a, b = b, a end f() print(a, b)`, "2\t1\n"},
		"captured locals":         {`local a, b = 1, 2 local function f() return a, b end a, b = b, a print(f())`, "2\t1\n"},
		"globals":                 {`x, y = 1, 2 x, y = y, x print(x, y)`, "2\t1\n"},
		"too few values":          {`local a, b, c = 1, 2, 3 a, b, c = b, a print(a, b, c)`, "2\t1\tnil\n"},
		"too many values":         {`local a, b = 1, 2 a, b = b, a, print("evaluated") print(a, b)`, "evaluated\n2\t1\n"},
		"the last one expands":    {`local a, b, c = 1, 2, 3 a, b, c = c, (function() return a, b end)() print(a, b, c)`, "3\t1\t2\n"},
		"one to the same place":   {`local t = {} local a a, t.x, t.x = 1, 2, 3 print(a, t.x)`, "1\t2\n"},
		"in a loop with a jump":   {`local a, b = 1, 2 for n = 1, 3 do if n == 2 then a, b = b, a break end end print(a, b)`, "2\t1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newVM(t)
			if out, err := m.run(t, c.source); err != nil || out != c.want {
				t.Errorf("prints %q, %v, want %q", out, err, c.want)
			}
		})
	}
}

// A constructor's call gives one value unless it is the last field.
func TestConstructorFields(t *testing.T) {
	for source, want := range map[string]string{
		`local function v(...) return ... end local t = {1, v(2, 3), x = 4} print(t[2], t[3], t.x)`:               "2\tnil\t4\n",
		`local function v(...) local t = {x = 1, ..., y = 2} return t[1], t[2] end print(v(7, 8))`:                "7\tnil\n",
		`local function v(...) return ... end local t = {x = 4, v(2, 3)} print(t[1], t[2], t.x)`:                  "2\t3\t4\n",
		`local function v(...) return ... end local t = {v(1, 2), v(3, 4)} print(t[1], t[2], t[3], #t)`:           "1\t3\t4\t3\n",
		`local function v(...) return ... end local t = {(v(1, 2)), [5] = v(6, 7)} print(t[1], t[2], t[5], t[6])`: "1\tnil\t6\tnil\n",
	} {
		m := newVM(t)
		if out, err := m.run(t, source); err != nil || out != want {
			t.Errorf("%s\nprints %q, %v, want %q", source, out, err, want)
		}
	}
}
