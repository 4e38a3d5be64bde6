package lua_test

import (
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// A callback as the websocket module makes one: three arguments, one of them a string of
// 32 received bytes.
func BenchmarkCallback(b *testing.B) {
	s := lua.NewState(lua.Options{Tracebacks: true})
	if _, err := s.Run([]byte(`function f(data, isBinary, id) end`), "=bench"); err != nil {
		b.Fatal(err)
	}
	f, data := s.Global("f"), make([]byte, 32)
	b.ReportAllocs()
	for b.Loop() {
		text, err := s.Bytes(data)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Call0(f, text, lua.False, lua.Int(1)); err != nil {
			b.Fatal(err)
		}
	}
}

func TestCallbackAllocations(t *testing.T) {
	s := lua.NewState(lua.Options{Tracebacks: true})
	if _, err := s.Run([]byte(`function f(data, isBinary, id) end`), "=test"); err != nil {
		t.Fatal(err)
	}
	f, data := s.Global("f"), make([]byte, 32)
	allocations := testing.AllocsPerRun(1000, func() {
		text, err := s.Bytes(data)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Call0(f, text, lua.False, lua.Int(1)); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 1 {
		t.Errorf("%.1f allocations, want 1", allocations)
	}
}

func BenchmarkNewState(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		lua.NewState(lua.Options{})
	}
}
