package json_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/modules/json"
)

// newState returns a state with the module as the global json, and the few functions of Lua's that the tests use.
func newState(t testing.TB, opts lua.Options) *lua.State {
	t.Helper()
	s := lua.NewState(opts)
	t.Cleanup(s.Close)
	if err := openBasics(s); err != nil {
		t.Fatal(err)
	}
	if err := json.Open(s); err != nil {
		t.Fatal(err)
	}
	run(t, s, `json = require "json"`)
	return s
}

// run runs a chunk that must not fail, and returns its results.
func run(t testing.TB, s *lua.State, source string) []lua.Value {
	t.Helper()
	results, err := s.Run([]byte(source), "=test")
	if err != nil {
		t.Fatalf("%.200s: %v", source, err)
	}
	return results
}

// evaluate is run for one result, as text.
func evaluate(t testing.TB, s *lua.State, source string) string {
	t.Helper()
	if results := run(t, s, source); len(results) > 0 {
		if text, ok := lua.ToText(results[0]); ok {
			return text
		}
		return results[0].TypeName()
	}
	return "nothing"
}

// recode is json.encode(json.decode(text)); the error is the text that was raised.
func recode(t testing.TB, s *lua.State, text string) (string, error) {
	t.Helper()
	value, err := s.String(text)
	if err == nil {
		err = s.SetGlobal("text", value)
	}
	if err != nil {
		t.Fatal(err)
	}
	results := run(t, s, `
		local ok, value = pcall(json.decode, text)
		if ok then ok, value = pcall(json.encode, value) end
		return ok, value`)
	result, _ := lua.ToText(results[1])
	if !results[0].Truth() {
		return "", errors.New(result)
	}
	return result, nil
}

func openBasics(s *lua.State) error {
	preload, err := s.NewTable(0, 0)
	if err != nil {
		return err
	}
	library, err := s.NewModule("package")
	if err != nil {
		return err
	}
	if err := library.SetString("preload", preload.Value()); err != nil {
		return err
	}
	strings, err := s.NewModule("string", lua.Func{Name: "rep", Call: rep})
	if err != nil {
		return err
	}
	meta, err := s.NewTable(0, 1)
	if err != nil {
		return err
	}
	if err := meta.SetString("__index", strings.Value()); err != nil {
		return err
	}
	s.SetTypeMetatable(lua.KindString, meta)
	files, err := s.NewModule("io")
	if err != nil {
		return err
	}
	if err := files.SetString("stdout", s.NewUserdata(nil, nil)); err != nil {
		return err
	}
	if _, err := s.NewModule("table", lua.Func{Name: "remove", Call: func(c *lua.Call) error {
		return c.Table(1).SetInt(c.Table(1).Len(), lua.Nil)
	}}); err != nil {
		return err
	}
	if _, err := s.NewModule("coroutine", lua.Func{Name: "create", Call: func(c *lua.Call) error {
		th, err := s.NewThread(c.Function(1))
		if err != nil {
			return err
		}
		return c.Return(th.Value())
	}}); err != nil {
		return err
	}
	for name, p := range map[string]lua.Primitive{"pcall": lua.PCall, "next": lua.Next} {
		if err := s.SetGlobal(name, s.Primitive(p)); err != nil {
			return err
		}
	}
	return s.SetFuncs(s.Globals(),
		lua.Func{Name: "require", Call: func(c *lua.Call) error {
			name := c.String(1)
			if loaded := s.Loaded().GetString(name); loaded.Truth() {
				return c.Return(loaded)
			}
			loaded, err := c.Call(preload.GetString(name), c.Arg(1))
			if err != nil {
				return err
			}
			if err := s.Loaded().SetString(name, loaded[0]); err != nil {
				return err
			}
			return c.Return(loaded[0])
		}},
		lua.Func{Name: "type", Call: func(c *lua.Call) error { return c.ReturnString(c.Arg(1).TypeName()) }},
		lua.Func{Name: "print", Call: func(c *lua.Call) error { return c.Return() }},
		lua.Func{Name: "error", Call: func(c *lua.Call) error { return s.Raise(c.Arg(1)) }},
		lua.Func{Name: "ipairs", Call: func(c *lua.Call) error {
			return c.Return(s.Primitive(lua.IPairsNext), c.Arg(1), lua.Int(0))
		}},
		lua.Func{Name: "select", Call: func(c *lua.Call) error { return c.ReturnArgs(c.Int(1) + 1) }},
		lua.Func{Name: "assert", Call: func(c *lua.Call) error {
			if !c.Arg(1).Truth() {
				return c.Errorf("%s", c.OptString(2, "assertion failed!"))
			}
			return c.ReturnArgs(1)
		}},
		lua.Func{Name: "loadstring", Call: func(c *lua.Call) error {
			f, err := s.LoadString(c.String(1), c.String(2))
			if err != nil {
				return err
			}
			return c.Return(f)
		}},
		lua.Func{Name: "tostring", Call: func(c *lua.Call) error {
			if u, ok := c.Arg(1).AsUserdata(); ok && u.Metatable() != nil {
				return c.TailCall(u.Metatable().GetString("__tostring"), c.Arg(1))
			}
			text, ok := lua.ToText(c.Arg(1))
			if !ok {
				text = c.Arg(1).TypeName()
			}
			return c.ReturnString(text)
		}},
		lua.Func{Name: "getmetatable", Call: func(c *lua.Call) error {
			if u, ok := c.Arg(1).AsUserdata(); ok && u.Metatable() != nil {
				return c.Return(u.Metatable().GetString("__metatable"))
			}
			meta := c.Table(1).Metatable()
			if meta == nil {
				return c.Return(lua.Nil)
			}
			return c.Return(meta.Value())
		}},
		lua.Func{Name: "setmetatable", Call: func(c *lua.Call) error {
			t, meta := c.Table(1), c.OptTable(2)
			if err := c.Err(); err != nil {
				return err
			}
			t.SetMetatable(meta)
			return c.Return(t.Value())
		}},
	)
}

func rep(c *lua.Call) error {
	text, n := c.String(1), c.Int(2)
	if err := c.Err(); err != nil {
		return err
	}
	return c.ReturnString(strings.Repeat(text, n))
}
