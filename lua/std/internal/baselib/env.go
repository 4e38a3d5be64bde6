package baselib

import "github.com/tidewire/tidewire/lua"

// ownerAt returns the owner of the environment at a level of the stack: a function, or
// for level 0 the coroutine itself.
func ownerAt(c *lua.Call, level int) lua.Value {
	s := c.State()
	if level == 0 {
		return s.Thread().Value()
	}
	a, found := s.Activation(s.Thread(), level)
	if !found {
		c.Fail(c.ArgError(1, "invalid level"))
	}
	return a.Function()
}

// getfenv returns the environment of a function of Lua. A function of Go has that of the
// coroutine, as in LuaJIT.
func getfenv(c *lua.Call) error {
	f := c.Arg(1)
	if !f.IsFunction() {
		level := optInt32(c, 1, 1)
		if err := c.Err(); err != nil {
			return err
		}
		f = ownerAt(c, level)
	}
	if f.IsGoFunction() {
		f = c.State().Thread().Value()
	}
	return c.Return(c.State().Env(f).Value())
}

// setfenv changes the environment of a function of Lua, or for level 0 that of the
// coroutine: code that is loaded while it runs begins there. Functions of Go have none of
// their own.
func setfenv(c *lua.Call) error {
	env := c.Table(2)
	owner, level := c.Arg(1), 1
	if !owner.IsFunction() {
		level = int32Of(c.Number(1))
		if err := c.Err(); err != nil {
			return err
		}
		owner = ownerAt(c, level)
	}
	if err := c.Err(); err != nil {
		return err
	}
	if !c.State().SetEnv(owner, env) {
		return c.Errorf("'setfenv' cannot change environment of given object")
	}
	if level == 0 {
		return c.Return()
	}
	return c.Return(owner)
}
