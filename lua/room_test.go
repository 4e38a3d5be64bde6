package lua_test

import (
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// newTight returns a state like newState, with the function leave(n): n bytes of the
// memory limit are left from then on. leave(-1) gives all of it back.
func newTight(t *testing.T, limit int64) (s *lua.State, run func(source string) string) {
	t.Helper()
	s, printed := newState(t, lua.Options{MaxMemory: limit})
	held := 0
	define := func(name string, f lua.GoFunction) {
		if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
			t.Fatal(err)
		}
	}
	define("leave", func(c *lua.Call) error {
		s.Unreserve(held)
		held = 0
		if c.Int(1) < 0 {
			return c.Return()
		}
		if _, err := s.Collect(); err != nil {
			return err
		}
		held = int(limit-s.Memory()) - c.Int(1) - 1
		if err := s.Reserve(held); err != nil {
			return err
		}
		return c.Return()
	})
	define("insert", func(c *lua.Call) error {
		if err := c.Table(1).InsertAt(c.Int(2), c.Arg(3)); err != nil {
			return err
		}
		return c.Return()
	})
	return s, func(source string) string {
		t.Helper()
		if _, err := s.Run([]byte(source), "=test"); err != nil {
			t.Fatalf("%v\n%s", err, printed)
		}
		return printed.String()
	}
}

// A coroutine that has not begun, and whose stack cannot take the arguments, stays as it
// is.
func TestNoRoomToResume(t *testing.T) {
	_, run := newTight(t, 16<<20)
	got := run(`local function many(n, ...) if n == 0 then return ... end return many(n - 1, n, ...) end
		local co = create(function(...) return count(...) end)
		local function try() return resume(co, many(250)) end
		pcall(try)
		co = create(function(...) return count(...) end)
		leave(1000) local ok, failed, e = pcall(try) leave(-1)
		print(ok, failed, e) print(try())`)
	if want := "false not enough memory nil\ntrue 250\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// A weak table that a walk at the limit makes shorter, while it is to become longer, has
// the new value under its key.
func TestWeakArrayGrowsAtTheLimit(t *testing.T) {
	_, run := newTight(t, 8<<20)
	got := run(`local kept, w = {}
		local function append() w[64] = kept end
		local function add() insert(w, 20, kept) end
		local function try(f, free)
			w = setmetatable({}, {__mode = "v"})
			for i = 1, 63 do w[i] = kept end
			leave(free) for i = 4, 63 do w[i] = {} end
			local ok = pcall(f)
			leave(-1) return ok
		end
		try(append, 7000) try(add, 7000)
		print(try(append, 7000), w[64] == kept, w[3] == kept) print(try(add, 7000), w[20] == kept, w[3] == kept)`)
	if want := "true true true\ntrue true true\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// Strings stay in weak tables, and are charged.
func TestStringsInWeakTablesCount(t *testing.T) {
	for _, mode := range []string{"k", "v", "kv"} {
		_, run := newTight(t, 4<<20)
		got := run(`local w, long = setmetatable({}, {__mode = "` + mode + `"}), "x"
			for i = 1, 16 do long = long .. long end
			print(pcall(function() for i = 1, 1000 do w["k" .. i] = long .. i end end))`)
		if want := "false not enough memory\n"; got != want {
			t.Errorf("%s: printed %q, want %q", mode, got, want)
		}
	}
}

// A table whose dead entries a walk drops is charged once.
func TestWeakTablesCountOnce(t *testing.T) {
	s, run := newTight(t, 16<<20)
	run(`keys, weak = {}, setmetatable({}, {__mode = "k"})
		for i = 1, 10000 do local k = {} keys[i] = k weak[k] = i end keys[10000] = nil`)
	first := collect(t, s)
	if second := collect(t, s); second-first > 1000 || first-second > 1000 {
		t.Errorf("%d bytes after one walk, %d after two", first, second)
	}
}
