package std_test

import (
	"sync"
	"testing"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
)

// Two states that run at the same time count apart: one that is refused all it asks for
// takes nothing from the other, which gets its whole limit.
func TestStatesHaveTheirOwnMemory(t *testing.T) {
	const limit = 8 << 20
	run := func(source string) (memory int64) {
		s := lua.NewState(lua.Options{MaxMemory: limit})
		defer s.Close()
		if err := std.Open(s, std.Options{}); err != nil {
			t.Error(err)
			return 0
		}
		if _, err := s.Run([]byte(source), "@states.lua"); err != nil {
			t.Error(err)
		}
		return s.Memory()
	}
	const modest = `kept = {} for i = 1, 70 do kept[i] = ("x"):rep(1e5) .. i collectgarbage() end`
	alone := run(modest)
	if alone < 7_000_000 || alone > limit {
		t.Fatalf("%d bytes are charged", alone)
	}
	var states sync.WaitGroup
	states.Go(func() {
		run(`for i = 1, 100 do
			local kept = {}
			repeat local ok = pcall(function() kept[#kept + 1] = ("y"):rep(1e6) .. i end) until not ok
		end`)
	})
	for range 10 {
		if got := run(modest); got != alone {
			t.Errorf("%d bytes are charged beside another state, %d alone", got, alone)
		}
	}
	states.Wait()
}
