package lua_test

import (
	"errors"
	"testing"

	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/lua"
)

// Functions and userdata that Go makes count like all else: the next jump or call after
// the limit raises the error, and so does Step in a Go function that makes many.
func TestObjectsOfGoReachTheLimit(t *testing.T) {
	limit := int64(detector.Part(4 << 20))
	nothing := func(c *lua.Call) error { return c.Return() }
	for name, kind := range map[string]func(s *lua.State, held lua.Value) lua.Value{
		"closures in a chain": func(s *lua.State, held lua.Value) lua.Value { return s.NewClosure("f", nothing, held) },
		"functions": func(s *lua.State,
			held lua.Value) lua.Value {
			return s.Ref(s.NewFunction("f", nothing)).Value()
		},
		"userdata": func(s *lua.State, held lua.Value) lua.Value { return s.Ref(s.NewUserdata(nil, nil)).Value() },
	} {
		for _, c := range []struct{ name, source string }{
			{"a loop of Lua", `local f for i = 1, 1e6 do f = make(f) end`},
			{"a loop of Go", `many(1e6)`},
		} {
			t.Run(name+" in "+c.name, func(t *testing.T) {
				s, printed := newState(t, lua.Options{MaxMemory: limit})
				most := int64(0)
				for name, f := range map[string]lua.GoFunction{
					"make": func(c *lua.Call) error {
						v := kind(s, c.Arg(1))
						most = max(most, s.Memory())
						return c.Return(v)
					},
					"many": func(c *lua.Call) error {
						chain := s.Ref(lua.Nil)
						defer chain.Release()
						for range c.Int(1) {
							if err := s.Step(1); err != nil {
								return err
							}
							next := s.Ref(kind(s, chain.Value()))
							chain.Release()
							chain = next
							most = max(most, s.Memory())
						}
						return c.Return()
					},
				} {
					if err := s.SetGlobal(name, s.NewFunction(name, f)); err != nil {
						t.Fatal(err)
					}
				}
				_, err := s.Run([]byte(`print(pcall(function() `+c.source+` end))`), "=test")
				if err != nil || printed.String() != "false not enough memory\n" {
					t.Errorf("printed %q, error %v", printed, err)
				}
				if most > limit+1024 {
					t.Errorf("%d bytes in use, more than the limit and an object", most)
				}
				if name == "closures in a chain" {
					return // all of them were dropped: the next run has room
				}
				_, err = s.Run([]byte(`while true do pcall(function() `+c.source+` end) end`), "=test")
				if !errors.Is(err, lua.ErrMemory) {
					t.Errorf("error %v, want that of the limit", err)
				}
			})
		}
	}
}
