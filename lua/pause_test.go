package lua_test

import (
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// constants returns so many strings, all different, for a table constructor.
func constants(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "'constant %d',", i)
	}
	return b.String()
}

// A walk holds Lua code up for less than two milliseconds at a time, however large the
// state is. The same program runs several times, and the shortest pause at each place
// counts: those of other work on the machine fall on other places. On a busy machine it
// takes more runs to see that.
func TestPausesOfTheWalk(t *testing.T) {
	if testing.Short() || detector.Race {
		t.Skip("takes seconds, and says nothing under the race detector")
	}
	const most = 2 * time.Millisecond
	for _, c := range []struct{ name, prepare string }{
		{"a large array", `for i = 1, 120000 do keep[i] = {i} end`},
		{"a large table of fields", `for i = 1, 100000 do keep["k" .. i] = {i} end`},
		{"strings", `for i = 1, 120000 do keep[i] = "s" .. i end`},
		{"closures", `for i = 1, 100000 do local n = i keep[i] = function() n = n + 1 end end`},
		{"many weak tables", `for i = 1, 60000 do keep[i] = setmetatable({i, {}, x = {}}, {__mode = i % 2 == 0 and ` +
			`"v" or "k"}) end`},
		{"a large weak table", `local w = setmetatable({}, {__mode = "v"}) keep.w = w
			for i = 1, 150000 do w[i] = {} if i % 2 == 0 then keep[i] = w[i] end end`},
		{"a large table of weak keys", `local w = setmetatable({}, {__mode = "k"}) keep.w = w
			for i = 1, 100000 do local k = {} w[k] = i if i % 2 == 0 then keep[i] = k end end`},
		{"as much as is swept at once", `local w = setmetatable({}, {__mode = "v"}) keep.w = w for i = 1, 39000 do ` +
			`w[i] = {} end`},
		{"dead userdata", `for i = 1, 50000 do proxy() end`},
		{"a finalizer that finds much", `local t = {} for i = 1, 100000 do t[i] = {i} end weighty(t)`},
		{"coroutines", `for i = 1, 20000 do local co = create(function() yield() end) resume(co) keep[i] = co end`},
		{"a deep stack", `function spin(f) local function deep(n) local a, b, c, d, e, g = {}, {}, {}, {}, {}, {}
			if n == 0 then f() else deep(n - 1) end return a end deep(12000) end`},
		{"a function with many constants", "keep.f = function() return {" + constants(150_000) + "} end"},
		{"references", `for i = 1, 100000 do hold({}) end`},
		{"tables made meanwhile", `function spin(f) f(1) local t for i = 1, 60 do for j = 1, 5000 do t = {t, {}, {}} tick() end t = nil end end
			for i = 1, 100000 do keep[i] = {i} end`},
	} {
		t.Run(c.name, func(t *testing.T) {
			const block = 500
			var least []time.Duration
			walks, longest := 0, time.Duration(math.MaxInt64)
			for run := 0; run < 3 || run < 15 && longest > most; run++ {
				var pauses []time.Duration
				s, _ := walker(t)
				var last time.Time
				n := 0
				tick := s.NewFunction("tick", func(c *lua.Call) error {
					if n%block == 0 {
						pauses = append(pauses, 0)
					}
					n++
					now := time.Now()
					at := &pauses[len(pauses)-1]
					*at = max(*at, now.Sub(last))
					last = now
					return c.Return()
				})
				begin := s.NewFunction("begin", func(c *lua.Call) error {
					debug.SetGCPercent(-1)
					if _, err := s.CollectStep(1); err != nil {
						return err
					}
					last = time.Now()
					return c.Return()
				})
				weighty := s.NewFunction("weighty", func(c *lua.Call) error {
					meta, err := s.NewTable(0, 2)
					if err != nil {
						return err
					}
					if err := meta.SetString("__gc", s.NewFunction("gc",
						func(c *lua.Call) error { return c.Return() })); err != nil {
						return err
					}
					if err := meta.SetString("held", c.Arg(1)); err != nil {
						return err
					}
					s.NewUserdata(nil, meta)
					return c.Return()
				})
				for name, v := range map[string]lua.Value{"tick": tick, "begin": begin, "weighty": weighty} {
					if err := s.SetGlobal(name, v); err != nil {
						t.Fatal(err)
					}
				}
				_, err := s.Run([]byte(`keep = {} `+c.prepare), "=prepare")
				if err != nil {
					t.Fatal(err)
				}
				_, err = s.Run([]byte(`local function loop(n) for i = 1, n or 300000 do tick() end end
					local function all(n) if begin then begin() begin = nil end loop(n) end
					if spin then spin(all) else all() end`), "=spin")
				debug.SetGCPercent(100)
				if err != nil {
					t.Fatal(err)
				}
				walks = s.Walks()
				if least == nil {
					least = pauses
				}
				for i, p := range pauses[:min(len(pauses), len(least))] {
					least[i] = min(least[i], p)
				}
				longest = slices.Max(least)
			}
			t.Logf("longest pause %v, %d walks", longest, walks)
			if longest > 2*most { // machines are shared
				t.Errorf("longest pause %v, want at most %v", longest, most)
			}
		})
	}
}
