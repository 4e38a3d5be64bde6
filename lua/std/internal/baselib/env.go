package baselib

import "github.com/tidewire/tidewire/lua"

// functionAt returns argument 1 if it is a function, or else the function at that level of the stack.
func functionAt(c *lua.Call, level int) lua.Value {
	s := c.State()
	a, found := s.Activation(s.Thread(), level)
	if !found {
		c.Fail(c.ArgError(1, "invalid level"))
	}
	return a.Function()
}

func getfenv(c *lua.Call) error {
	f := c.Arg(1)
	if !f.IsFunction() {
		level := optInt32(c, 1, 1)
		if err := c.Err(); err != nil {
			return err
		}
		f = functionAt(c, level)
	}
	return c.Return(c.State().Env(f).Value())
}

// setfenv leaves the functions of Go alone, and with them level 0, the coroutine itself: all libraries share its
// environment.
func setfenv(c *lua.Call) error {
	env := c.Table(2)
	f := c.Arg(1)
	if !f.IsFunction() {
		level := int32Of(c.Number(1))
		if err := c.Err(); err != nil {
			return err
		}
		f = functionAt(c, level)
	}
	if err := c.Err(); err != nil {
		return err
	}
	if !c.State().SetEnv(f, env) {
		return c.Errorf("'setfenv' cannot change environment of given object")
	}
	return c.Return(f)
}
