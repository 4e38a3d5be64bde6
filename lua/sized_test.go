package lua_test

import (
	"testing"

	"github.com/tidewire/tidewire/lua"
)

type sized int

func (s sized) Size() int { return int(s) }

// Walks count the memory that a userdata's value says that it takes, while it lives.
func TestSizedUserdata(t *testing.T) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	live := func() int64 {
		t.Helper()
		bytes, err := s.Collect()
		if err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	if err := s.SetGlobal("u", s.NewUserdata(sized(0), nil)); err != nil {
		t.Fatal(err)
	}
	before := live()
	if err := s.SetGlobal("u", s.NewUserdata(sized(100_000), nil)); err != nil {
		t.Fatal(err)
	}
	if got := live() - before; got != 100_000 {
		t.Errorf("%d bytes more, want 100,000", got)
	}
	if err := s.SetGlobal("u", lua.Nil); err != nil {
		t.Fatal(err)
	}
	if got := live(); got > before {
		t.Errorf("%d bytes without the userdata, %d with a small one", got, before)
	}
}

// The charges for coroutines, tasks and userdata are their sizes.
func TestChargesAreSizes(t *testing.T) {
	for name, c := range lua.ChargedSizes() {
		if size, charge := c[0], c[1]; size != charge {
			t.Errorf("%s: %d bytes, %d are charged", name, size, charge)
		}
	}
}
