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
	finalizer := s.NewFunction("__gc", func(c *lua.Call) error {
		order = append(order,
			"finalizer")
		return c.Return()
	})
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

// The value that a function of Go goes on with is finalized after the function, not
// before.
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
	finalizer := s.NewFunction("__gc", func(c *lua.Call) error {
		order = append(order,
			"__gc")
		return s.Raise(lua.Nil)
	})
	if err := meta.SetString("__gc", finalizer); err != nil {
		t.Fatal(err)
	}
	s.Interrupt(errors.New("stop")) // which __gc does not get past, and the Go value does
	s.Close()
	if want := []string{"b", "a", "__gc", "held"}; !slices.Equal(order, want) {
		t.Errorf("after Close: %v, want %v", order, want)
	}
}

// A __gc that SetFinalizer has set is called like any other, and makes no walk happen by
// itself, which one that a script sets does.
func TestSetFinalizer(t *testing.T) {
	const garbage = `for i = 1, 20000 do local t = {i, i, i, i} end`
	for _, c := range []struct {
		name  string
		by    func(s *lua.State, meta *lua.Table, f lua.GoFunction) error
		walks bool
	}{
		{"SetFinalizer", (*lua.State).SetFinalizer, false},
		{"SetString", func(s *lua.State, meta *lua.Table, f lua.GoFunction) error {
			return meta.SetString("__gc", s.NewFunction("__gc", f))
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := newState(t, lua.Options{})
			meta, err := s.NewTable(0, 1)
			if err != nil {
				t.Fatal(err)
			}
			calls := 0
			if err := c.by(s, meta, func(c *lua.Call) error { calls++; return c.Return() }); err != nil {
				t.Fatal(err)
			}
			s.NewUserdata(nil, meta)
			if _, err := s.Run([]byte(garbage), "=test"); err != nil {
				t.Fatal(err)
			}
			if walked := calls == 1; walked != c.walks {
				t.Errorf("a walk has happened: %v, want %v", walked, c.walks)
			}
			if _, err := s.Collect(); err != nil {
				t.Fatal(err)
			}
			if calls != 1 {
				t.Errorf("called %d times, want once", calls)
			}
		})
	}
}

// The environment of a coroutine is held by it.
func TestEnvironmentOfCoroutine(t *testing.T) {
	s, _ := newState(t, lua.Options{})
	co, err := s.NewThread(lua.Nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Env(co.Value()) != s.Globals() {
		t.Error("it does not begin with the globals")
	}
	finalized := false
	meta, err := s.NewTable(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetFinalizer(meta, func(c *lua.Call) error { finalized = true; return c.Return() }); err != nil {
		t.Fatal(err)
	}
	env, err := s.NewTable(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := env.SetString("x", s.NewUserdata(nil, meta)); err != nil {
		t.Fatal(err)
	}
	if !s.SetEnv(co.Value(), env) || s.Env(co.Value()) != env {
		t.Error("it does not have what was set")
	}
	if err := s.SetGlobal("co", co.Value()); err != nil {
		t.Fatal(err)
	}
	for _, held := range []bool{true, false} {
		if _, err := s.Collect(); err != nil {
			t.Fatal(err)
		}
		if finalized == held {
			t.Errorf("finalized: %v while it is held: %v", finalized, held)
		}
		if err := s.SetGlobal("co", lua.Nil); err != nil {
			t.Fatal(err)
		}
	}
}
