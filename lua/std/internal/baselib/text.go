package baselib

import (
	"github.com/tidewire/tidewire/internal/lua/number"
	"github.com/tidewire/tidewire/lua"
)

// tostring leaves a metamethod to run in its place, which may yield then.
func tostring(c *lua.Call) error {
	v := c.Any(1)
	if err := c.Err(); err != nil {
		return err
	}
	s := c.State()
	if v.Kind() == lua.KindString {
		return c.Return(v)
	}
	if handler := s.Metamethod(v, "__tostring"); !handler.IsNil() {
		return c.TailCall(handler, v)
	}
	return c.ReturnString(v.Describe())
}

// typeNames makes type: the names are made once for a state.
func typeNames(s *lua.State) lua.GoFunction {
	var names [lua.KindNumber + 1]lua.Value
	return func(c *lua.Call) error {
		kind := c.Any(1).Kind()
		if names[kind].IsNil() {
			name, err := s.String(kind.String())
			if err != nil {
				return err
			}
			names[kind] = name
		}
		return c.Return(names[kind])
	}
}

// longNumeral is the length from which on a text's work counts steps.
const longNumeral = 256

func tonumber(c *lua.Call) error {
	base := optInt32(c, 2, 10)
	if base == 10 {
		if text, isString := c.Arg(1).AsString(); isString && len(text) >= longNumeral {
			if err := c.State().Step(len(text) / 64); err != nil {
				return err
			}
		}
		if f, ok := lua.ToNumber(c.Any(1)); ok {
			return c.Return(lua.Number(f))
		}
		return c.Return(lua.Nil)
	}
	text := c.String(1)
	if c.Err() == nil && (base < 2 || base > 36) {
		return c.ArgError(2, "base out of range")
	}
	if err := c.Err(); err != nil {
		return err
	}
	if err := c.State().Step(len(text) / 64); err != nil {
		return err
	}
	if f, ok := number.ParseBase(text, base); ok {
		return c.Return(lua.Number(f))
	}
	return c.Return(lua.Nil)
}
