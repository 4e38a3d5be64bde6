package lua_test

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// mutator moves objects about between tables, variables, closures and coroutines, and
// keeps each in a weak table, too. Whatever it can reach in another way must be there.
const mutator = `
	local seed = 42
	local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return seed % n + 1 end
	local weak, keys = setmetatable({}, {__mode = "v"}), setmetatable({}, {__mode = "k"})
	local tables, cells, threads, id = {}, {}, {}, 0
	for i = 1, 8 do
		tables[i] = {}
		local held
		cells[i] = function(new) local old = held held = new return old end
		threads[i] = wrap(function(new) local old while true do new, old = yield(old), new end end)
	end
	local function check(object)
		if object and (weak[object.id] ~= object or keys[object] ~= object.id) then error("object " .. object.id .. " was lost") end
		return object
	end
	local function new() id = id + 1 local object = {id = id} weak[id] = object keys[object] = id return object end
	for step = 1, steps do
		local t, u, key = tables[random(8)], tables[random(8)], random(20)
		local what = random(13)
		if what == 1 then t[key] = new()
		elseif what == 2 then u["f" .. random(20)] = check(t[key]) t[key] = nil
		elseif what == 3 then t[key] = check(cells[random(8)](check(u[key]))) u[key] = nil
		elseif what == 4 then local o = new() o.next = check(t[key]) t[key] = o
		elseif what == 5 then local o = t[key] if o then t[key] = check(o.next) u[key] = o o.next = nil end
		elseif what == 6 then check(cells[random(8)](new()))
		elseif what == 7 then local k = "f" .. random(20) t[key] = check(t[k]) t[k] = nil
		elseif what == 8 then local i = random(8) local o = check(t[key]) t[key] = nil tables[i] = {o, check(tables[i][1]), f1 = check(tables[i].f1)}
		elseif what <= 10 then local i, j = random(8), random(8) local o = cells[i](nil) if o then cells[j](check(o)) end
		elseif what <= 12 then local i = random(8) local o = threads[i](check(u[key])) u[key] = nil t[key] = check(o)
		else local i = random(8) setmetatable(tables[i], {object = new()}) end
		if step % 50 == 0 then
			for i = 1, 8 do for _, object in pairs(tables[i]) do
				while object do check(object) object = object.next end
			end end
		end
	end
	local n = 0
	for _ in pairs(weak) do n = n + 1 end
	print(n < id / 2, id)`

// A walk in slices, with Lua code in between, loses no object that can be reached, and
// drops all others in the end.
func TestWalkInSlices(t *testing.T) {
	for _, c := range []struct {
		name          string
		steps         int
		stress, every bool
	}{{"stress", 1500, true, false}, {"slices of a few values", 60_000, false, true},
		{"as shipped", 60_000, false, false}} {
		t.Run(c.name, func(t *testing.T) {
			s, printed := newState(t, lua.Options{})
			if c.stress {
				s.Stress()
			}
			if c.every {
				s.SmallSlices()
			}
			if err := s.SetGlobal("steps", lua.Int(c.steps)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Run([]byte(mutator), "=mutator"); err != nil {
				t.Fatal(err)
			}
			t.Log(printed.String(), s.Walks())
			if c.steps > 10_000 && s.Walks() < 2 {
				t.Errorf("%d walks, want some", s.Walks())
			}
		})
	}
}

// A walk that is interrupted within a table goes on at the right place although the table
// has become shorter, or its values have moved.
func TestWalkOfTablesThatShrink(t *testing.T) {
	for _, c := range []struct{ name, change string }{
		{"the last value goes", `keep[n] = nil`},
		{"the first value goes", `remove(keep, 1)`},
		{"values come and go", `insert(keep, 1, keep[n]) remove(keep, 2) remove(keep, n)`},
		{"values come from elsewhere", `remove(keep, n) local o = store[i] store[i] = nil insert(keep, 1, o) n ` +
			`= n + 1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, printed := newState(t, lua.Options{})
			s.SmallSlices()
			for name, f := range map[string]lua.GoFunction{
				"insert": func(c *lua.Call) error {
					if err := c.Table(1).InsertAt(c.Int(2), c.Arg(3)); err != nil {
						return err
					}
					return c.Return()
				},
				"remove": func(c *lua.Call) error { return c.Return(c.Table(1).RemoveAt(c.Int(2))) },
			} {
				if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
					t.Fatal(err)
				}
			}
			_, err := s.Run([]byte(`
				local weak, lost = setmetatable({}, {__mode = "v"}), 0
				for round = 1, `+strconv.Itoa(detector.Part(30))+` do
					local keep, n = {}, 400
					for i = 1, n do keep[i] = {id = i} weak[i] = keep[i] end
					for i = 1, n do keep["k" .. i] = {} weak["k" .. i] = keep["k" .. i] end
					local store = {}
					for i = 1, n do store[i] = {id = n + i} weak[n + i] = store[i] end
					for i = 1, n do
						`+c.change+` n = n - 1
						for i = 1, 20 do local junk = {i, {}} end
						if i % 20 == 0 then for _, v in ipairs(keep) do if weak[v.id] ~= v then lost = lost + 1 end end end
					end
					for i = 1, 400 do if weak["k" .. i] ~= keep["k" .. i] then lost = lost + 1 end end
				end
				print(lost)`), "=test")
			if err != nil {
				t.Fatal(err)
			}
			if printed.String() != "0\n" || s.Walks() < detector.Part(20) {
				t.Errorf("%d walks, lost %s", s.Walks(), printed)
			}
		})
	}
}

func TestWeakTables(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	_, err := s.Run([]byte(`
		local strong = {}
		weakValues = setmetatable({strong, {}, "text", 7, f = function() end}, {__mode = "v"})
		weakKeys = setmetatable({[strong] = 1, [{}] = 2, text = 3}, {__mode = "k"})
		kept = strong`), "=test")
	if err != nil {
		t.Fatal(err)
	}
	collect(t, s)
	_, err = s.Run([]byte(`print(weakValues[1] == kept, weakValues[2], weakValues[3], weakValues[4], weakValues.f)
		local n = 0 for k, v in pairs(weakKeys) do n = n + v end print(n)`), "=test")
	if err != nil {
		t.Fatal(err)
	}
	if want := "true nil text 7 nil\n4\n"; printed.String() != want {
		t.Errorf("printed %q, want %q", printed, want)
	}
}

// A weak table as a cache takes little, however much goes through it.
func TestWeakCacheStaysSmall(t *testing.T) {
	s, _ := newState(t, lua.Options{MaxMemory: 64 << 20})
	_, err := s.Run([]byte(`local cache = setmetatable({}, {__mode = "k"}) for i = 1, 300000 do cache[{}] = i end`),
		"=test")
	if err != nil {
		t.Fatal(err)
	}
	if used := s.Memory(); used > 8<<20 {
		t.Errorf("%d bytes in use", used)
	}
}

func TestFinalizers(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	define := func(name string, f lua.GoFunction) {
		if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
			t.Fatal(err)
		}
	}
	meta, err := s.NewTable(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	define("proxy", func(c *lua.Call) error { return c.Return(s.NewUserdata(c.Arg(1), meta)) })
	define("collect", func(c *lua.Call) error {
		_, err := s.Collect()
		if err != nil {
			return err
		}
		return c.Return()
	})
	if err := meta.SetString("__gc", s.NewFunction("gc", func(c *lua.Call) error {
		u, _ := c.Arg(1).AsUserdata()
		printed.WriteString("gc " + show(u.Data().(lua.Value)) + "\n")
		return c.Return()
	})); err != nil {
		t.Fatal(err)
	}
	_, err = s.Run([]byte(`local weak = setmetatable({}, {__mode = "v"})
		local function make() proxy(1) weak[1] = proxy(2) kept = proxy(3) end
		make() collect() print(weak[1], kept ~= nil) kept = nil collect()
		left = proxy(4)`), "=test")
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if want := "gc 2\ngc 1\nnil true\ngc 3\ngc 4\n"; printed.String() != want {
		t.Errorf("printed %q, want %q", printed, want)
	}
	if _, err := s.Run([]byte(`return 1`), "=test"); err == nil {
		t.Error("a closed state runs code")
	}
}

// Userdata whose metatable no script can reach, and that has no finalizer, is Go's to free
// without a walk: a state that walks seldom would hold all of it.
func TestUserdataWithoutFinalizer(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	hidden, err := s.NewTable(0, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := hidden.SetString("__metatable", lua.False); err != nil {
		t.Fatal(err)
	}
	open, err := s.NewTable(0, 2)
	if err != nil {
		t.Fatal(err)
	}
	type payload [1 << 10]byte
	for _, test := range []struct {
		name string
		meta *lua.Table
		gc   bool
		held bool
	}{
		{"hidden", hidden, false, false},
		{"open", open, false, true}, // it may get a __gc
		{"hidden with __gc", hidden, true, true},
	} {
		if test.gc {
			if err := test.meta.SetString("__gc", s.NewFunction("gc", func(c *lua.Call) error { return c.Return() })); err != nil {
				t.Fatal(err)
			}
		}
		data := &payload{}
		left := weak.Make(data)
		s.NewUserdata(data, test.meta)
		data = nil
		runtime.GC()
		if held := left.Value() != nil; held != test.held {
			t.Errorf("%s: held %t, want %t", test.name, held, test.held)
		}
	}
	runtime.KeepAlive(s)
}

// A coroutine that was looked into, and is then given a value by resume alone, is looked
// into again.
func TestWalkLooksIntoResumedCoroutines(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	s.SmallSlices()
	_, err := s.Run([]byte(`
		local weak, bulk = setmetatable({}, {__mode = "v"}), {}
		for i = 1, 300 do bulk[i] = {id = i} weak[i] = bulk[i] end
		local swap = wrap(function(new) local old while true do new, old = yield(old), new end end)
		local lost = 0
		local function overwrite() local a, b, c, d, e, f, g, h = 1, 1, 1, 1, 1, 1, 1, 1 end
		local function give(i) local o = bulk[i] bulk[i] = nil swap(o) end
		local function take(i) local o = swap(nil) or swap(nil) if weak[i] ~= o then lost = lost + 1 end bulk[i] = o end
		for round = 1, 20 do for i = 1, 300 do
			give(i) overwrite()
			for j = 1, (i * round) % 400 do local x = j end
			take(i)
		end end
		print(lost)`), "=test")
	if err != nil || printed.String() != "0\n" {
		t.Errorf("lost %s, error %v", printed, err)
	}
}

// Registers above a call are not in use while it runs: values that an earlier call left
// there are forgotten.
func TestCollectForgetsStaleRegisters(t *testing.T) {
	s, printed := newState(t, lua.Options{MaxMemory: 4 << 20})
	if err := s.SetGlobal("collect", s.NewFunction("collect", func(c *lua.Call) error {
		if _, err := s.Collect(); err != nil {
			return err
		}
		return c.Return()
	})); err != nil {
		t.Fatal(err)
	}
	times := detector.Part(100)
	_, err := s.Run([]byte(`
		local weak = setmetatable({}, {__mode = "v"})
		local function look() collect() return (weak.a and "held" or "gone") .. (weak.b and ", held" or ", gone") end
		do local b = {} weak.b = b look() end
		print(look())
		local failed = 0
		for i = 1, `+strconv.Itoa(times)+` do if not pcall(function() local t while true do t = {t} end end) then failed = failed + 1 end end
		print(failed)`), "=test")
	if want := fmt.Sprintf("gone, gone\n%d\n", times); err != nil || printed.String() != want {
		t.Errorf("printed %q, error %v", printed, err)
	}
}

// The error that ends a loop names a line of the loop.
func TestInterruptNamesTheLoop(t *testing.T) {
	s, _ := newState(t, lua.Options{MaxSteps: 50_000})
	_, err := s.Run([]byte("local x = 1\n\n\nwhile true do\nx = x + 1\nend"), "=test")
	if err == nil || err.Error() != "test:6: step limit exceeded" {
		t.Errorf("error %v", err)
	}
}

// A loop may remove keys of a weak table, and collect.
func TestWalkKeepsThePlaceOfALoop(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	if err := s.SetGlobal("collect", s.NewFunction("collect", func(c *lua.Call) error {
		if _, err := s.Collect(); err != nil {
			return err
		}
		return c.Return()
	})); err != nil {
		t.Fatal(err)
	}
	_, err := s.Run([]byte(`for _, mode in ipairs{"k", "v"} do
			local kept, w, n = {}, setmetatable({}, {__mode = mode}), 0
			for i = 1, 5 do kept[i] = {} if mode == "k" then w[kept[i]] = i else w["k" .. i] = kept[i] end end
			for k in pairs(w) do w[k] = nil collect() n = n + 1 end
			print(n)
		end`), "=test")
	if err != nil || printed.String() != "5\n5\n" {
		t.Errorf("printed %q, error %v", printed, err)
	}
}

// A value that Lua code takes out of a weak table while a walk sweeps is neither removed
// nor finalized.
func TestSweepLeavesWhatIsTaken(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	s.SmallSlices()
	meta, err := s.NewTable(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	dead := map[lua.Value]bool{}
	for name, f := range map[string]lua.GoFunction{
		"proxy": func(c *lua.Call) error { return c.Return(s.NewUserdata(nil, meta)) },
		"dead":  func(c *lua.Call) error { return c.Return(lua.Bool(dead[c.Arg(1)])) },
	} {
		if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
			t.Fatal(err)
		}
	}
	if err := meta.SetString("__gc", s.NewFunction("gc", func(c *lua.Call) error {
		dead[c.Arg(1)] = true
		return c.Return()
	})); err != nil {
		t.Fatal(err)
	}
	_, err = s.Run([]byte(`local w, seen, lost = setmetatable({}, {__mode = "v"}), 0, 0
		for round = 1, 200 do
			for i = 1, 30 do w[i] = proxy() end
			for j = 1, 40 do
				local k = (round * 7 + j) % 30 + 1
				local u = w[k]
				if u then
					seen = seen + 1
					for n = 1, 60 do local x = n end
					if w[k] ~= u or dead(u) then lost = lost + 1 end
				end
			end
		end
		print(seen > 100, lost)`), "=test")
	if err != nil || printed.String() != "true 0\n" {
		t.Errorf("printed %q, error %v", printed, err)
	}
}

// A walk that another one replaces in the middle of the list of userdata has each
// finalizer run once.
func TestFinalizersRunOnce(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	meta, err := s.NewTable(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	made, ran := 0, map[int]int{}
	for name, f := range map[string]lua.GoFunction{
		"proxy": func(c *lua.Call) error { made++; return c.Return(s.NewUserdata(made, meta)) },
		"collect": func(c *lua.Call) error {
			if _, err := s.Collect(); err != nil {
				return err
			}
			return c.Return()
		},
	} {
		if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
			t.Fatal(err)
		}
	}
	if err := meta.SetString("__gc", s.NewFunction("gc", func(c *lua.Call) error {
		u, _ := c.Arg(1).AsUserdata()
		ran[u.Data().(int)]++
		return c.Return()
	})); err != nil {
		t.Fatal(err)
	}
	s.SmallSlices()
	// More than are swept at once, so that the sweep goes on in slices, and is half done
	// after so many steps.
	_, err = s.Run([]byte(`local keep = {} for i = 1, 85000 do keep[i] = proxy() end
		for round = 1, 4 do
			collect()
			for i = round, 85000, 17 do keep[i] = proxy() end
			for i = 1, 190000 + round * 10000 do end
		end`), "=test")
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	s.Close()
	if len(ran) != made {
		t.Errorf("%d of %d finalizers ran", len(ran), made)
	}
	for id, n := range ran {
		if n != 1 {
			t.Fatalf("the finalizer of %d ran %d times", id, n)
		}
	}
}

// Keys that move from the entries to the array in the middle of a walk are found.
func TestWalkOfKeysThatMove(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	s.SmallSlices()
	_, err := s.Run([]byte(`
		local weak, lost, places = setmetatable({}, {__mode = "v"}), 0, 0
		for round = 1, 300 do
			local keep = {}
			for i = 2, 126, 2 do weak[i] = {i} keep[i] = weak[i] end -- half of an array, and so none
			for i = 1, 1500 + round * 7 % 1000 do end
			keep[3] = {} keep[5] = {} -- more than half
			for i = 1, 3000 do end
			for i = 2, 126, 2 do if weak[i] ~= keep[i] then lost = lost + 1 end weak[i] = nil end
		end
		print(lost)`), "=test")
	if err != nil || printed.String() != "0\n" || s.Walks() < 300 {
		t.Errorf("%d walks, lost %s, error %v", s.Walks(), printed, err)
	}
}

// The caches of short strings let those go that a walk has found nowhere else, since they
// are not charged any longer.
func TestCachesForgetStrings(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	keep, err := s.NewTable(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.Ref(keep.Value())
	for name, make := range map[string]func(string) (lua.Value, error){"Key": s.Key, "Piece": s.Piece} {
		made := func(text string, kept bool) weak.Pointer[byte] {
			v, err := make(text)
			if err != nil {
				t.Fatal(err)
			}
			if kept {
				err = keep.Set(v, lua.True)
			}
			if err != nil {
				t.Fatal(err)
			}
			bytes, _ := v.AsString()
			return weak.Make(unsafe.StringData(bytes))
		}
		dead, held := made(name+" dead", false), made(name+" held", true)
		collect(t, s)
		runtime.GC()
		if dead.Value() != nil {
			t.Errorf("%s: a string that nothing holds is not freed", name)
		}
		if again := made(name+" held", false); again != held {
			t.Errorf("%s: a string that is held is made twice", name)
		}
	}
}

// A value that moves to a place that a walk may have looked into already is found there.
func TestWalkOfValuesThatMove(t *testing.T) {
	self := func(c *lua.Call) error { return c.Return(c.Arg(1)) }
	for _, c := range []struct {
		name, holder string
		put          func(s *lua.State, holder, v lua.Value) (lua.Value, error) // returns the holder
		take         func(s *lua.State, holder lua.Value) lua.Value
	}{
		{"an environment", `function() end`,
			func(s *lua.State, holder, v lua.Value) (lua.Value, error) {
				env, _ := v.AsTable()
				s.SetEnv(holder, env)
				return holder, nil
			},
			func(s *lua.State, holder lua.Value) lua.Value {
				v := s.Env(holder).Value()
				s.SetEnv(holder, s.Globals())
				return v
			}},
		{"an upvalue", `(function() local x = {} return function() return x end end)()`,
			func(s *lua.State, holder, v lua.Value) (lua.Value, error) {
				holder.SetUpvalue(1, v)
				return holder, nil
			},
			func(s *lua.State, holder lua.Value) lua.Value {
				_, v, _ := holder.Upvalue(1)
				holder.SetUpvalue(1, lua.Nil)
				return v
			}},
		{"an array", `nil`,
			func(s *lua.State, holder, v lua.Value) (lua.Value, error) {
				made, err := s.NewArray(v)
				if err != nil {
					return lua.Nil, err
				}
				return made.Value(), nil
			},
			func(s *lua.State, holder lua.Value) lua.Value {
				array, _ := holder.AsTable()
				return array.GetInt(1)
			}},
		{"a metatable", `{}`,
			func(s *lua.State, holder, v lua.Value) (lua.Value, error) {
				meta, _ := v.AsTable()
				table, _ := holder.AsTable()
				table.SetMetatable(meta)
				return holder, nil
			},
			func(s *lua.State, holder lua.Value) lua.Value {
				table, _ := holder.AsTable()
				v := table.Metatable().Value()
				table.SetMetatable(nil)
				return v
			}},
		{"a userdata's metatable", `nil`,
			func(s *lua.State, holder, v lua.Value) (lua.Value, error) {
				meta, _ := v.AsTable()
				return s.NewUserdata(nil, meta), nil
			},
			func(s *lua.State, holder lua.Value) lua.Value {
				u, _ := holder.AsUserdata()
				return u.Metatable().Value()
			}},
		{"a key", `{}`,
			func(s *lua.State, holder, v lua.Value) (lua.Value, error) {
				table, _ := holder.AsTable()
				return holder, table.Set(v, lua.True)
			},
			func(s *lua.State, holder lua.Value) lua.Value {
				table, _ := holder.AsTable()
				key, _, _ := table.Next(lua.Nil)
				_ = table.Set(key, lua.Nil) // takes no memory
				return key
			}},
		{"a list, within", `{1, 2, 3}`,
			func(s *lua.State, holder, v lua.Value) (lua.Value, error) {
				list, _ := holder.AsTable()
				return holder, list.InsertAt(2, v)
			},
			func(s *lua.State, holder lua.Value) lua.Value {
				list, _ := holder.AsTable()
				return list.RemoveAt(2)
			}},
		{"the metatable of booleans", `nil`,
			func(s *lua.State, holder, v lua.Value) (lua.Value, error) {
				meta, _ := v.AsTable()
				s.SetTypeMetatable(lua.KindBool, meta)
				return holder, nil
			},
			func(s *lua.State, holder lua.Value) lua.Value {
				v := s.TypeMetatable(lua.KindBool).Value()
				s.SetTypeMetatable(lua.KindBool, nil)
				return v
			}},
		{"a coroutine", `nil`,
			func(s *lua.State, holder, v lua.Value) (lua.Value, error) {
				th, err := s.NewThread(v) // which is no function, and not called
				if err != nil {
					return lua.Nil, err
				}
				return s.NewUserdata(held{th, v}, nil), nil
			},
			func(s *lua.State, holder lua.Value) lua.Value {
				u, _ := holder.AsUserdata()
				return u.Data().(held).v
			}},
		{"a function of Go, and its coroutine", `nil`,
			func(s *lua.State, holder, v lua.Value) (lua.Value, error) {
				th, err := s.NewThread(s.NewClosure("self", self, v))
				if err != nil {
					return lua.Nil, err
				}
				return s.NewUserdata(held{th, v}, nil), nil
			},
			func(s *lua.State, holder lua.Value) lua.Value {
				u, _ := holder.AsUserdata()
				return u.Data().(held).v
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, printed := newState(t, lua.Options{})
			s.SmallSlices()
			for name, f := range map[string]lua.GoFunction{
				"put": func(k *lua.Call) error {
					holder, err := c.put(s, k.Arg(1), k.Arg(2))
					if err != nil {
						return err
					}
					return k.Return(holder)
				},
				"take": func(k *lua.Call) error { return k.Return(c.take(s, k.Arg(1))) },
			} {
				if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
					t.Fatal(err)
				}
			}
			_, err := s.Run([]byte(`
				local weak, bulk, holders, lost = setmetatable({}, {__mode = "v"}), {}, {}, 0 -- a walk looks into the last one first
				for i = 1, 100 do holders[i] = `+c.holder+` bulk[i] = {} weak[i] = bulk[i] end
				for round = 1, `+strconv.Itoa(detector.Part(20))+` do for i = 1, 100 do
					holders[i] = put(holders[i], bulk[i]) bulk[i] = nil
					for j = 1, 300 + i * round % 1500 do end
					if weak[i] == nil or take(holders[i]) ~= weak[i] then lost = lost + 1 bulk[i] = {} weak[i] = bulk[i] end
					bulk[i] = weak[i]
				end end
				print(lost)`), "=test")
			if err != nil || printed.String() != "0\n" {
				t.Errorf("lost %s, error %v", printed, err)
			}
		})
	}
}

// held is a coroutine that a userdata shows to walks, and a value that it alone holds.
type held struct {
	th *lua.Thread
	v  lua.Value
}

// Mark implements lua.Marker.
func (h held) Mark(mark func(lua.Value)) { mark(h.th.Value()) }

// A builder whose charge a walk has dropped does not take it back once more.
func TestBuilderAfterAWalk(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	b := s.NewBuilder()
	b.WriteString(strings.Repeat("x", 3000))
	live := collect(t, s)
	b.WriteString(strings.Repeat("x", 30_000))
	b.Reset()
	if used := s.Memory(); used != live {
		t.Errorf("%d bytes are charged, want %d", used, live)
	}
}
