package baselib

import "github.com/tidewire/tidewire/lua"

// assert puts the position in front of a text, as LuaJIT does and PUC Lua does not.
func assert(c *lua.Call) error {
	if c.Any(1).Truth() || c.Err() != nil {
		return c.ReturnArgs(1)
	}
	if c.Count() == 1 {
		return c.Errorf("assertion failed!")
	}
	if text, isText := lua.ToText(c.Arg(2)); isText {
		return withPosition(c, 1, text)
	}
	return c.State().Raise(c.Arg(2))
}

// raise is error.
func raise(c *lua.Call) error {
	level := optInt32(c, 2, 1)
	if err := c.Err(); err != nil {
		return err
	}
	if text, isString := lua.ToText(c.Arg(1)); isString && level > 0 {
		return withPosition(c, level, text)
	}
	return c.State().Raise(c.Arg(1))
}

// withPosition raises a text with the position of the call at a level in front.
func withPosition(c *lua.Call, level int, text string) error {
	s := c.State()
	b := s.NewBuilder()
	b.WriteString(s.Where(level))
	b.WriteString(text)
	message, err := b.Value()
	if err != nil {
		return err
	}
	return s.Raise(message)
}
