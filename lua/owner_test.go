package lua_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// elsewhere runs f in a goroutine of its own, and returns the value of its panic.
func elsewhere(f func()) (panicked any) {
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		f()
	}()
	return <-done
}

func wantTwoGoroutines(t *testing.T, panicked any) {
	t.Helper()
	if text, _ := panicked.(string); !strings.Contains(text, "two goroutines") {
		t.Errorf("panicked with %v, want the report of two goroutines", panicked)
	}
}

// A second goroutine that uses a state is noticed wherever the first one is: in Lua code,
// or in a Go function that waits.
func TestTwoGoroutinesAreReported(t *testing.T) {
	uses := map[string]func(s *lua.State, f lua.Value){
		"Call":    func(s *lua.State, f lua.Value) { _, _ = s.Call(f) },
		"Call0":   func(s *lua.State, f lua.Value) { _ = s.Call0(f) },
		"Run":     func(s *lua.State, f lua.Value) { _, _ = s.Run([]byte(`return 1`), "=second") },
		"Collect": func(s *lua.State, f lua.Value) { _, _ = s.Collect() },
		"Close":   func(s *lua.State, f lua.Value) { s.Close() },
		"Discard": func(s *lua.State, f lua.Value) { s.Discard() },
	}
	for name, use := range uses {
		t.Run(name+" while a Go function waits", func(t *testing.T) {
			s, printed := newState(t, lua.Options{})
			noop := s.NewFunction("noop", func(c *lua.Call) error { return c.Return() })
			wait := s.NewFunction("wait", func(c *lua.Call) error {
				wantTwoGoroutines(t, elsewhere(func() { use(s, noop) }))
				_, err := c.Call(noop) // this goroutine may
				if err != nil {
					return err
				}
				return c.Return(lua.True)
			})
			if err := s.SetGlobal("wait", wait); err != nil {
				t.Fatal(err)
			}
			// The second time the places of its calls are known.
			if _, err := s.Run([]byte(`print(wait(), wait(), nested(function() return wait() end))`),
				"=test"); err != nil {
				t.Fatal(err)
			}
			if printed.String() != "true true true\n" {
				t.Errorf("printed %q", printed)
			}
		})
		t.Run(name+" while Lua code runs", func(t *testing.T) {
			s, _ := newState(t, lua.Options{})
			noop := s.NewFunction("noop", func(c *lua.Call) error { return c.Return() })
			begun, ended := make(chan struct{}), make(chan error)
			begin := s.NewFunction("begin", func(c *lua.Call) error { close(begun); return c.Return() })
			if err := s.SetGlobal("begin", begin); err != nil {
				t.Fatal(err)
			}
			go func() {
				_, err := s.Run([]byte(`begin() while true do end`), "=test")
				ended <- err
			}()
			<-begun
			wantTwoGoroutines(t, elsewhere(func() { use(s, noop) }))
			s.Interrupt(nil)
			if err := <-ended; !errors.Is(err, lua.ErrInterrupted) {
				t.Errorf("the loop has ended with %v", err)
			}
		})
	}
}

// A state may go from one goroutine to another between two calls, and a Go function may
// call from wherever it is.
func TestGoroutinesInTurn(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	var deep func(c *lua.Call, n int) error
	deep = func(c *lua.Call, n int) error {
		if n > 0 {
			return deep(c, n-1)
		}
		_, err := c.Call(c.Arg(1))
		return err
	}
	if err := s.SetGlobal("deep", s.NewFunction("deep", func(c *lua.Call) error {
		if err := deep(c, c.Int(2)); err != nil {
			return err
		}
		return c.Return()
	})); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if p := elsewhere(func() {
			_, err := s.Run([]byte(`local n = 0 for i = 0, 100 do deep(function() n = n + 1 end, i) end print(n)`),
				"=test")
			if err != nil {
				t.Error(err)
			}
		}); p != nil {
			t.Fatal(p)
		}
	}
	if printed.String() != "101\n101\n101\n" {
		t.Errorf("printed %q", printed)
	}
}

// A goroutine that ends within a Go function leaves a state that can be used.
func TestGoexitWithinAFunction(t *testing.T) {
	s, printed := newState(t, lua.Options{})
	if err := s.SetGlobal("leave", s.NewFunction("leave",
		func(c *lua.Call) error { runtime.Goexit(); return nil })); err != nil {
		t.Fatal(err)
	}
	sources := []string{`leave()`, `nested(leave)`, `resume(create(function() pcall(nested, leave) end))`}
	for i := range 300 { // more often than calls may nest
		source := sources[i%len(sources)]
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = s.Run([]byte(source), "=test")
		}()
		<-done
		if _, err := s.Run([]byte(`print(resume(create(function() return nested(function() return 7 end) end)))`),
			"=test"); err != nil {
			t.Fatal(err)
		}
	}
	if printed.String() != strings.Repeat("true 7\n", 300) {
		t.Errorf("printed %q", printed)
	}
}

// To look for a second goroutine costs nothing that a callback would notice.
func BenchmarkNestedCall(b *testing.B) {
	s := lua.NewState(lua.Options{})
	noop := s.NewFunction("noop", func(c *lua.Call) error { return c.Return() })
	f := s.NewFunction("f", func(c *lua.Call) error {
		for b.Loop() {
			if err := s.Call0(noop); err != nil {
				return err
			}
		}
		return c.Return()
	})
	if err := s.Call0(f); err != nil {
		b.Fatal(err)
	}
}
