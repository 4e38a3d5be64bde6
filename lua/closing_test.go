package lua_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

func TestOnClose(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	var order []string
	meta, err := s.NewTable(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	finalizer := s.NewFunction("__gc", func(c *lua.Call) error { order = append(order, "finalizer"); return c.Return() })
	if err := meta.SetString("__gc", finalizer); err != nil {
		t.Fatal(err)
	}
	s.NewUserdata(nil, meta)
	s.OnClose(func() { order = append(order, "first") })
	s.OnClose(func() { order = append(order, "second") })
	s.Close()
	s.Close()
	if want := []string{"finalizer", "second", "first"}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v", order, want)
	}
}

// The value that a function of Go goes on with is finalized after the function, not before.
func TestClosureHoldsItsValue(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	finalized := false
	meta, err := s.NewTable(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	finalizer := s.NewFunction("__gc", func(c *lua.Call) error { finalized = true; return c.Return() })
	if err := meta.SetString("__gc", finalizer); err != nil {
		t.Fatal(err)
	}
	held := s.NewUserdata(nil, meta)
	if err := s.SetGlobal("f", s.NewClosure("f", func(c *lua.Call) error { return c.Return(held) }, held)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{false, true} {
		if _, err := s.Collect(); err != nil {
			t.Fatal(err)
		}
		if finalized != want {
			t.Errorf("finalized: %v, want %v", finalized, want)
		}
		if err := s.SetGlobal("f", lua.Nil); err != nil {
			t.Fatal(err)
		}
	}
}

// handle is a Go value that is to be finalized.
type handle struct {
	name  string
	order *[]string
}

func (h *handle) Finalize() { *h.order = append(*h.order, h.name) }

func TestFinalizer(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	var order []string
	meta, err := s.NewTable(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		s.NewUserdata(&handle{name, &order}, meta)
	}
	if err := s.SetGlobal("held", s.NewUserdata(&handle{"held", &order}, meta)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Collect(); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"b", "a"}; !slices.Equal(order, want) {
		t.Errorf("after the walks: %v, want %v", order, want)
	}
	finalizer := s.NewFunction("__gc", func(c *lua.Call) error { order = append(order, "__gc"); return s.Raise(lua.Nil) })
	if err := meta.SetString("__gc", finalizer); err != nil {
		t.Fatal(err)
	}
	s.Interrupt(errors.New("stop")) // which __gc does not get past, and the Go value does
	s.Close()
	if want := []string{"b", "a", "__gc", "held"}; !slices.Equal(order, want) {
		t.Errorf("after Close: %v, want %v", order, want)
	}
}
