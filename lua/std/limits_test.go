package std_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// A chunk wants more than there is.
type chunk struct {
	source string
	little bool // it needs less than 1 MiB of memory, but steps without end
	raises bool // it fails by itself, before any limit
}

// holdLimits runs chunks under a limit of 1 MiB of memory, at which they must fail by an
// error that Lua can catch, before Go has allocated many times as much, and under one of
// 50,000 steps, which must end them.
func holdLimits(t *testing.T, chunks map[string]chunk) {
	for name, c := range detector.SomeOf(chunks) {
		t.Run(name, func(t *testing.T) {
			if !c.little {
				const limit = 1 << 20
				allocated, err := limited(t, lua.Options{MaxMemory: limit}, c.source)
				var e *lua.Error
				if !errors.As(err, &e) || !e.Catchable() || e.Kind == lua.KindSyntax {
					t.Errorf("memory: error %v, want one that Lua can catch", err)
				}
				if allocated > 32*limit {
					t.Errorf("memory: Go allocated %d bytes before %v", allocated, err)
				}
			}
			if c.raises {
				return
			}
			allocated, err := limited(t, lua.Options{MaxSteps: 50_000}, c.source)
			if !errors.Is(err, lua.ErrSteps) {
				t.Errorf("steps: error %v, want that of the limit", err)
			}
			if allocated > 64<<20 {
				t.Errorf("steps: Go allocated %d bytes", allocated)
			}
		})
	}
}

// limited runs a chunk, and returns how many bytes Go has allocated meanwhile.
func limited(t *testing.T, opts lua.Options, source string) (allocated uint64, err error) {
	t.Helper()
	s := lua.NewState(opts)
	defer s.Close()
	if err := std.Open(s, std.Options{}); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = s.Run([]byte(source), "=test")
	runtime.ReadMemStats(&after)
	if used := s.Memory(); opts.MaxMemory > 0 && used > opts.MaxMemory {
		t.Errorf("%d bytes are charged, the limit is %d", used, opts.MaxMemory)
	}
	return after.TotalAlloc - before.TotalAlloc, err
}

// TestLimitsOfTables holds the functions of table to the limits.
func TestLimitsOfTables(t *testing.T) {
	item := strings.Repeat("x", 1000)
	holdLimits(t, map[string]chunk{
		"concat": {source: `local t = {} for i = 1, 4000 do t[i] = "` + item + `" end while true do table.concat(t, ` +
			`",") end`},
		"concat by separator": {source: `local s = table.concat({"` + item + `", "` + item + `"}) while true do
			s = table.concat({1, 2, 3, 4, 5}, s) end`},
		"concat of a huge range": {source: `table.concat(setmetatable({}, {}), "", -2^31, -2) `, raises: true},
		"insert":                 {source: `local t = {} while true do table.insert(t, 1, 1) end`},
		"insert far below":       {source: `table.insert({1}, -2^31, 2)`, little: true},
		"move":                   {source: `table.move({}, 1, 2^31 - 1, 2, {})`, little: true},
		"move upwards": {source: `table.move({1, 2, 3}, 1, 3, 2^20) local t = {1} while true do ` +
			`table.move(t, 1, #t, #t + 1) end`},
		"sort": {source: `local t = {} for i = 1, 20000 do t[i] = -i end while true do ` +
			`table.sort(t) end`, little: true},
		"sort by a function": {source: `local t = {} for i = 1, 1000 do t[i] = i end
			while true do table.sort(t, function(a, b) return a < b end) end`, little: true},
		"sort that recurses": {source: `local function f() table.sort({2, 1}, f) end f()`, raises: true},
		"foreach":            {source: `while true do table.foreach({1, 2, 3, 4, 5, 6}, type) end`, little: true},
		"foreachi": {source: `while true do table.foreachi({1, 2, 3, 4, 5, 6}, function() end) end`,
			little: true},
		"maxn": {source: `local t = {} for i = 1, 10000 do t[i] = i end while true do table.maxn(t) end`,
			little: true},
		"remove": {source: `local t = {} for i = 1, 20000 do t[i] = i end while true do table.remove(t, 1) end`,
			little: true},
	})
}

// TestLimitsOfLongStrings holds the functions that copy a piece of a long string to the
// step limit: a copy of 1 MiB is 16,384 steps, not one.
func TestLimitsOfLongStrings(t *testing.T) {
	for name, source := range map[string]string{
		"sub":      `while true do big:sub(2) end`,
		"match":    `while true do big:match("^(.*)$") end`,
		"gmatch":   `while true do for s in big:gmatch(".+") do end end`,
		"gsub":     `while true do big:gsub("^", "x") end`,
		"function": `while true do big:gsub("^.*", function(s) end) end`,
		"concat":   `while true do table.concat({big, "x"}) end`,
		"format":   `while true do ("%s"):format(big) end`,
		"upper":    `while true do big:upper() end`,
		"reverse":  `while true do big:reverse() end`,
	} {
		t.Run(name, func(t *testing.T) {
			allocated, err := limited(t, lua.Options{MaxSteps: 60_000}, `local big = ("x"):rep(2^20) `+source)
			if !errors.Is(err, lua.ErrSteps) {
				t.Fatalf("error %v, want that of the limit", err)
			}
			if allocated > 64<<20 {
				t.Errorf("Go allocated %d MiB in 60,000 steps", allocated>>20)
			}
		})
	}
}
