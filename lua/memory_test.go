package lua_test

import (
	"runtime"
	"strconv"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// The charge after a walk is within 10 % of Go's heap for each kind of object. Charges
// are the same on all systems: where pointers are short, the heap holds less.
func TestChargesAreTheHeaps(t *testing.T) {
	for _, c := range detector.Some([]struct{ name, source string }{
		{"empty tables", `for i = 1, 50000 do keep[i] = {} end`},
		{"pairs of fields", `for i = 1, 50000 do keep[i] = {x = i, y = i} end`},
		{"four fields", `for i = 1, 50000 do keep[i] = {a = i, b = i, c = i, d = i} end`},
		{"grown tables", `for i = 1, 20000 do local t = {} for j = 1, 12 do t["k" .. j] = j end keep[i] = t end`},
		{"triples", `for i = 1, 50000 do keep[i] = {i, i, i} end`},
		{"arrays", `for i = 1, 10000 do local t = {} for j = 1, 100 do t[j] = j end keep[i] = t end`},
		{"large tables", `for i = 1, 20 do local t = {} for j = 1, 10000 do t["k" .. j] = j end keep[i] = t end`},
		{"short strings", `for i = 1, 100000 do keep[i] = "s" .. i end`},
		{"long strings", `for i = 1, 2000 do local s = "x" for j = 1, 12 do s = s .. s end keep[i] = s end`},
		{"closures", `for i = 1, 50000 do keep[i] = function() return i, keep end end`},
		{"captured variables", `for i = 1, 50000 do local n = i keep[i] = function() n = n + 1 end end`},
		{"coroutines", `for i = 1, 10000 do local co = create(function() yield() end) resume(co) keep[i] = co end`},
	}) {
		t.Run(c.name, func(t *testing.T) {
			s, _ := newState(t, lua.Options{})
			keep, err := s.NewTable(0, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.SetGlobal("keep", keep.Value()); err != nil {
				t.Fatal(err)
			}
			before, chargedBefore := heap(), collect(t, s)
			if _, err := s.Run([]byte(c.source), "=test"); err != nil {
				t.Fatal(err)
			}
			charged, held := collect(t, s)-chargedBefore, heap()-before
			runtime.KeepAlive(s)
			if ratio := float64(charged) / float64(held); ratio < 0.9 || ratio > 1.1 && strconv.IntSize == 64 {
				t.Errorf("charged %d bytes for %d on the heap: %.2f", charged, held, ratio)
			}
		})
	}
}

func collect(t *testing.T, s *lua.State) int64 {
	t.Helper()
	live, err := s.Collect()
	if err != nil {
		t.Fatal(err)
	}
	return live
}

func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
