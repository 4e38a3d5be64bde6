package std_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// shared is a chunk that uses all parts of a prototype: constants, upvalues, places that
// instructions remember, functions that are made when they are first needed, names for
// errors. n is how often; 0 is for ever.
const shared = `local n, name = ...
	local class = {} class.__index = class
	function class:add(k) self[name] = (self[name] or 0) + k self.total = self.total + k return self end
	local o = setmetatable({total = 0}, class)
	local co = coroutine.wrap(function() while true do coroutine.yield(o.total) end end)
	local texts, i = {}, 0
	while n == 0 or i < n do
		i = i + 1
		o:add(i)
		texts[i % 50 + 1] = name .. ":" .. i .. ("x"):rep(i % 7)
		if i % 100 == 0 then
			local ok, e = pcall(function() return o.none.field end)
			assert(not ok and e:find "attempt to index field 'none'", e)
			assert(load("return ...", "=loaded")(co()) == o.total)
		end
		global = (global or 0) + 1
	end
	table.sort(texts)
	return o[name], o.total, global, texts[1], select("#", string.byte(texts[2], 1, -1))`

// One chunk runs in many states at the same time, under limits of all kinds; each state
// behaves as it does alone.
func TestChunkIsShared(t *testing.T) {
	chunk, err := lua.Compile([]byte(shared), "@shared.lua")
	if err != nil {
		t.Fatal(err)
	}
	alone := runShared(chunk, lua.Options{}, 1000, nil)
	if !strings.HasPrefix(alone, "500500 500500 1000 state:") {
		t.Fatalf("alone it returns %s", alone)
	}
	stop := errors.New("stop")
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			opts, n, want := lua.Options{}, 1000, alone
			interrupted := func(*lua.State) {}
			switch i % 4 {
			case 1:
				opts, n, want = lua.Options{MaxSteps: int64(20_000 + 1000*i)}, 0, lua.ErrSteps.Error()
			case 2:
				opts.MaxMemory = int64(1+i) << 20
			case 3:
				n, want = 0, stop.Error()
				interrupted = func(s *lua.State) { s.Interrupt(stop) }
			}
			for range 3 {
				if got := runShared(chunk, opts, n, interrupted); got != want {
					t.Errorf("state %d: %s, want %s", i, got, want)
				}
			}
		})
	}
	all.Wait()
}

// runShared returns the chunk's result in a state of its own, or the error's cause.
// interrupt, if it is not nil, is called in another goroutine while the chunk runs.
func runShared(chunk *lua.Chunk, opts lua.Options, n int, interrupt func(*lua.State)) string {
	s := lua.NewState(opts)
	defer s.Close()
	if err := std.Open(s, std.Options{}); err != nil {
		return err.Error()
	}
	f, err := s.Load(chunk)
	if err != nil {
		return err.Error()
	}
	name, err := s.String("state")
	if err != nil {
		return err.Error()
	}
	if interrupt != nil {
		var other sync.WaitGroup
		defer other.Wait()
		other.Go(func() { interrupt(s) })
	}
	results, err := s.Call(f, lua.Int(n), name)
	var e *lua.Error
	if errors.As(err, &e) && errors.Unwrap(e) != nil {
		return errors.Unwrap(e).Error()
	}
	if err != nil {
		return err.Error()
	}
	texts := make([]string, len(results))
	for i, v := range results {
		texts[i] = v.Describe()
	}
	return strings.Join(texts, " ")
}
