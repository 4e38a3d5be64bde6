package lua_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// walker is a state for tests of walks in slices. Its functions: proxy() makes a userdata
// with a finalizer, dead(u) says whether that has run, collect() walks, box() makes a
// userdata that holds a value of Go's, put(box, v) and unbox(box) change that, hold(v)
// keeps a value by a Ref and drop() returns it, array(...) is NewArray, closure(v) a
// function that returns v, strings(meta) sets the metatable of strings.
func walker(t *testing.T) (*lua.State, *strings.Builder) {
	t.Helper()
	s, printed := newState(t, lua.Options{})
	meta, err := s.NewTable(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	dead, ref := map[lua.Value]bool{}, (*lua.Ref)(nil)
	if err := meta.SetString("__gc", s.NewFunction("gc", func(c *lua.Call) error {
		dead[c.Arg(1)] = true
		return c.Return()
	})); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]lua.GoFunction{
		"proxy": func(c *lua.Call) error { return c.Return(s.NewUserdata(nil, meta)) },
		"dead":  func(c *lua.Call) error { return c.Return(lua.Bool(dead[c.Arg(1)])) },
		"collect": func(c *lua.Call) error {
			if _, err := s.Collect(); err != nil {
				return err
			}
			return c.Return()
		},
		"getmetatable": func(c *lua.Call) error { return c.Return(c.Table(1).Metatable().Value()) },
		"box":          func(c *lua.Call) error { return c.Return(s.NewUserdata(&box{}, nil)) },
		"put": func(c *lua.Call) error {
			lua.UserdataAs[*box](c, 1, "box").held = c.Arg(2)
			return c.Return()
		},
		"unbox": func(c *lua.Call) error { return c.Return(lua.UserdataAs[*box](c, 1, "box").held) },
		"hold":  func(c *lua.Call) error { ref = s.Ref(c.Arg(1)); return c.Return() },
		"drop": func(c *lua.Call) error {
			v := ref.Value()
			ref.Release()
			return c.Return(v)
		},
		"array": func(c *lua.Call) error {
			made, err := s.NewArray(c.Args(1)...)
			if err != nil {
				return err
			}
			return c.Return(made.Value())
		},
		"closure": func(c *lua.Call) error {
			v := c.Arg(1)
			return c.Return(s.NewClosure("f", func(c *lua.Call) error { return c.Return(v) }, v))
		},
		"strings": func(c *lua.Call) error {
			s.SetTypeMetatable(lua.KindString, c.OptTable(1))
			return c.Return()
		},
	} {
		if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
			t.Fatal(err)
		}
	}
	return s, printed
}

type box struct{ held lua.Value }

func (b *box) Mark(mark func(lua.Value)) { mark(b.held) }

// A weak table that is made strong while a walk is under way keeps all that it has by
// then.
func TestModeChangesDuringAWalk(t *testing.T) {
	for _, c := range []struct{ name, change string }{
		{"no metatable", `setmetatable(w, nil)`},
		{"another metatable", `setmetatable(w, {})`},
		{"another mode", `getmetatable(w).__mode = "" w[1] = w[1]`},
		{"no mode", `getmetatable(w).__mode = nil`},
		{"no mode by rawset of a field", `local m, k = getmetatable(w), "__mode" m[k] = nil`},
		{"a stronger mode, then none", `getmetatable(w).__mode = "k" for j = 1, 7 do local x = j end ` +
			`setmetatable(w, nil)`},
		{"to and fro", `local m = getmetatable(w) setmetatable(w, nil) for j = 1, i % 50 do local x = j end setmetatable(w, m)
			for j = 1, 5 do local x = j end setmetatable(w, nil)`},
	} {
		for _, mode := range []string{"v", "k", "kv"} {
			t.Run(c.name+" of "+mode, func(t *testing.T) {
				rounds := detector.Part(400)
				s, printed := walker(t)
				s.SmallSlices()
				_, err := s.Run([]byte(`
					local mode = "`+mode+`"
					local lost, kept = 0, 0
					local track, keys = setmetatable({}, {__mode = "v"}), setmetatable({}, {__mode = "k"})
					local bulk = {} for i = 1, 60 do bulk[i] = {{}} end
					for i = 1, `+strconv.Itoa(rounds)+` do
						local w = setmetatable({}, {__mode = mode})
						for j = 1, 6 do local u = proxy()
							if mode == "v" then w[j] = u w["f" .. j] = {u} else w[u] = j w[{u}] = "f" end
							track[i * 10 + j] = u keys[u] = i * 10 + j u = nil
						end
						for j = 1, i * 7 % 300 do local x = j end
						`+c.change+`
						local function all(f)
							for k, v in pairs(w) do if mode == "v" then f(k, v) else f(v, k) end end
						end
						local n, sum = 0, 0
						all(function() n = n + 1 end)
						for j = 1, 3 do local junk = {} for k = 1, 300 do junk[k % 10] = {k} end end
						all(function(j, u) sum = sum + 1
							if count(u) and j ~= "f" and track[i * 10 + 1] ~= 0 then
								local id = keys[u]
								if id and (dead(u) or track[id] ~= u) then lost = lost + 1 end
							end
						end)
						if sum ~= n then lost = lost + 1 end
						kept = kept + n
					end
					print(lost, kept > `+strconv.Itoa(rounds*3/4)+`)`), "=test")
				if err != nil || printed.String() != "0 true\n" {
					t.Errorf("lost, some kept: %s, error %v, %d walks", printed, err, s.Walks())
				}
			})
		}
	}
}

// A finalizer finds weak tables, reachable by it alone, without the values that only they
// had.
func TestWeakTablesOfFinalizers(t *testing.T) {
	for _, small := range []bool{false, true} {
		s, printed := walker(t)
		if small {
			s.SmallSlices()
		}
		mt, err := s.NewTable(0, 2)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetGlobal("mt", mt.Value()); err != nil {
			t.Fatal(err)
		}
		if err := s.SetGlobal("make", s.NewFunction("make", func(c *lua.Call) error {
			return c.Return(s.NewUserdata(nil, mt))
		})); err != nil {
			t.Fatal(err)
		}
		_, err = s.Run([]byte(`
			local function fill(mode) return setmetatable({[{0}] = 1, [0] = {1}, {2}, x = {3}, [{4}] = {5}}, {__mode = mode}) end
			mt.kv, mt.k, mt.v = fill("kv"), fill("k"), fill("v")
			mt.__gc = function(u)
				local function size(t) local n = 0 for _ in pairs(t) do n = n + 1 end return n end
				print("gc", size(mt2.kv), size(mt2.k), size(mt2.v))
				mt2 = nil
			end
			u = make()
			mt.holder = setmetatable({}, {__gc = 1}) mt2 = nil
			local only = {mt = mt}
			mt.__gc = (function(m) return function(u)
				local function size(t) local n = 0 for _ in pairs(t) do n = n + 1 end return n end
				print(size(m.kv), size(m.k), size(m.v))
			end end)(mt)
			mt = nil only = nil u = nil`), "=test")
		if err != nil {
			t.Fatal(err)
		}
		mt = nil
		if _, err := s.Run([]byte(`collect() for i = 1, 3000 do local x = {i} end`), "=test"); err != nil {
			t.Fatal(err)
		}
		if want := "0 3 1\n"; printed.String() != want {
			t.Errorf("printed %q, want %q", printed, want)
		}
	}
}

// Objects that are born during a walk, or change hands by way of Go, are found in all
// that holds them.
func TestHoldersDuringAWalk(t *testing.T) {
	for _, c := range []struct{ name, hold, drop string }{
		{"a new table", `h = {o}`, `o = h[1]`},
		{"a new table with a field", `h = {x = o}`, `o = h.x`},
		{"a new array of Go", `h = array(1, o)`, `o = h[2]`},
		{"a large new table", `h = {1, 2, 3, 4, 5, 6, 7, 8, o, x = 1, y = 2, z = 3, a = 4, b = o}`,
			`if h[9] == h.b then o = h.b end`},
		{"a closure", `h = (function(o) return function() return o end end)(o)`, `o = h()`},
		{"a variable", `h = (function(o) return function(n) local p = o o = n return p end end)(o)`, `o = h()`},
		{"a coroutine", `h = wrap((function(o) return function() return o end end)(o))`, `o = h()`},
		{"a coroutine that has begun", `h = wrap(function(o) yield() return o end) h(o)`, `o = h()`},
		{"a closure of Go", `h = closure(o)`, `o = h()`},
		{"a reference", `hold(o)`, `o = drop()`},
		{"a box", `put(b, o)`, `o = unbox(b) put(b, nil)`},
		{"a new box", `h = box() put(h, o)`, `o = unbox(h)`},
		{"the metatable of strings", `strings({__index = {o = o}})`, `o = ("").o strings(nil)`},
		{"the environment", `h = {o = o} g.h = h`, `o = g.h.o g.h = nil`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, printed := walker(t)
			step := s.NewFunction("step", func(c *lua.Call) error {
				if _, err := s.CollectStep(c.Int(1)); err != nil {
					return err
				}
				return c.Return()
			})
			if err := s.SetGlobal("step", step); err != nil {
				t.Fatal(err)
			}
			_, err := s.Run([]byte(`
				local track, keys, lost = setmetatable({}, {__mode = "v"}), setmetatable({}, {__mode = "k"}), 0
				local bulk, b = {}, box()
				g = {}
				for i = 1, 20 do local o = proxy() bulk[i] = {o} track[i] = o keys[o] = i end
				local function give(i) local o = bulk[i][1] bulk[i][1] = nil local h `+c.hold+` return h end
				local function take(h) local o `+c.drop+` return o end
				for values = 0, 300 do
					local i = values % 20 + 1
					collect()
					step(values) -- a walk begins, and may have come to what holds the object
					local h = give(i)
					count(1, 1, 1, 1, 1, 1, 1, 1) -- no register has it by now
					step(1e6) -- and ends
					local o = take(h)
					if not o or dead(o) or track[i] ~= o or keys[o] ~= i then lost = lost + 1 end
					bulk[i][1] = o
					o = nil
				end
				print(lost)`), "=test")
			if err != nil || printed.String() != "0\n" {
				t.Errorf("lost %s, error %v", printed, err)
			}
		})
	}
}

// Close finalizes userdata that finalizers make, too, and comes to an end.
func TestCloseFinalizesWhatFinalizersMake(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	meta, err := s.NewTable(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	made, ran := 0, 0
	if err := meta.SetString("__gc", s.NewFunction("__gc", func(c *lua.Call) error {
		ran++
		if made < 50 {
			made++
			s.NewUserdata(&handle{"made", &order}, meta)
		}
		return c.Return()
	})); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s.NewUserdata(nil, meta)
	}
	s.Close()
	if ran != 30 || len(order) != made {
		t.Errorf("%d finalizers ran, %d of %d userdata that they made were let go", ran, len(order), made)
	}
}
