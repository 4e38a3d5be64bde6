package baselib

import "github.com/tidewire/tidewire/lua"

// assert puts the position before a text, as LuaJIT does and PUC Lua does not.
func assert(c *lua.Call) error {
	if c.Any(1).Truth() || c.Err() != nil {
		return c.ReturnArgs(1)
	}
	if c.Count() == 1 {
		return c.Errorf("assertion failed!")
	}
	return withPosition(c, 1, c.Arg(2))
}

// raise is error.
func raise(c *lua.Call) error {
	level := optInt32(c, 2, 1)
	if err := c.Err(); err != nil {
		return err
	}
	return withPosition(c, level, c.Arg(1))
}

// short is how long a text may be that is joined with a position without charging for
// that.
const short = 1 << 10

// withPosition raises an object, a text with the position of the call at a level in
// front. Level 0 has none.
func withPosition(c *lua.Call, level int, object lua.Value) error {
	s := c.State()
	text, isText := lua.ToText(object)
	if !isText || level <= 0 {
		return s.Raise(object)
	}
	position := s.Where(level)
	if position == "" && object.Kind() == lua.KindString {
		return s.Raise(object)
	}
	var message lua.Value
	var err error
	if len(text) <= short {
		message, err = s.String(position + text)
	} else {
		b := s.NewBuilder()
		b.WriteString(position)
		b.WriteString(text)
		message, err = b.Value()
	}
	if err != nil {
		return err
	}
	return s.Raise(message)
}
