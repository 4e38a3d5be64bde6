package tablelib

import "github.com/tidewire/tidewire/lua"

// visit is a run of foreach or foreachi: f is called with each key and value of next,
// until the key is nil or f returns something. As in LuaJIT f may yield.
type visit struct {
	f    lua.Value
	next func(c *lua.Call) (key, value lua.Value, err error)
	then func(c *lua.Call) error // goOn
}

func foreach(c *lua.Call) error {
	t, f := c.Table(1), c.Function(2)
	last := lua.Nil
	return start(c, f, func(c *lua.Call) (key, value lua.Value, err error) {
		key, value, known := t.Next(last)
		if !known {
			return lua.Nil, lua.Nil, c.Errorf("invalid key to 'next'")
		}
		last = key
		return key, value, nil
	})
}

func foreachi(c *lua.Call) error {
	t, f := c.Table(1), c.Function(2)
	i, length := 0, t.Len()
	return start(c, f, func(c *lua.Call) (key, value lua.Value, err error) {
		if i == length {
			return lua.Nil, lua.Nil, nil
		}
		i++
		value, err = c.State().Index(t.Value(), lua.Int(i))
		return lua.Int(i), value, err
	})
}

func start(c *lua.Call, f lua.Value, next func(c *lua.Call) (key, value lua.Value, err error)) error {
	if err := c.Err(); err != nil {
		return err
	}
	v := &visit{f: f, next: next}
	v.then = v.goOn
	return v.step(c)
}

// step calls the function once.
func (v *visit) step(c *lua.Call) error {
	key, value, err := v.next(c)
	if err != nil {
		return err
	}
	if key.IsNil() {
		return c.Return()
	}
	if err := c.State().Step(1); err != nil {
		return err
	}
	return c.CallThen(v.then, false, v.f, key, value)
}

// goOn looks at the function's result.
func (v *visit) goOn(c *lua.Call) error {
	if result := c.Arg(1); !result.IsNil() {
		return c.Return(result)
	}
	return v.step(c)
}
