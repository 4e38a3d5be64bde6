// Package corolib is Lua's coroutine library.
package corolib

import "github.com/tidewire/tidewire/lua"

// Open sets the global coroutine.
func Open(s *lua.State) error {
	t, err := s.NewModule("coroutine",
		lua.Func{Name: "create", Call: create},
		lua.Func{Name: "isyieldable", Call: isYieldable},
		lua.Func{Name: "running", Call: running},
		lua.Func{Name: "status", Call: status},
		lua.Func{Name: "wrap", Call: wrap},
	)
	if err != nil {
		return err
	}
	if err := t.SetString("resume", s.Primitive(lua.Resume)); err != nil {
		return err
	}
	return t.SetString("yield", s.Primitive(lua.Yield))
}

func create(c *lua.Call) error {
	f := c.Function(1)
	if err := c.Err(); err != nil {
		return err
	}
	th, err := c.State().NewThread(f)
	if err != nil {
		return err
	}
	return c.Return(th.Value())
}

func wrap(c *lua.Call) error {
	f := c.Function(1)
	if err := c.Err(); err != nil {
		return err
	}
	wrapped, err := c.State().Wrap(f)
	if err != nil {
		return err
	}
	return c.Return(wrapped)
}

// running returns nil in the main coroutine, as in Lua 5.1.
func running(c *lua.Call) error {
	s := c.State()
	if s.Thread() == s.MainThread() {
		return c.Return(lua.Nil)
	}
	return c.Return(s.Thread().Value())
}

func isYieldable(c *lua.Call) error { return c.Return(lua.Bool(c.State().CanYield())) }

func status(c *lua.Call) error {
	th := c.Thread(1)
	if err := c.Err(); err != nil {
		return err
	}
	return c.ReturnString(th.Status())
}
