package baselib

import (
	"math"

	"github.com/tidewire/tidewire/lua"
)

func getmetatable(c *lua.Call) error {
	v := c.Any(1)
	meta := c.State().Metatable(v)
	if meta == nil {
		return c.Return(lua.Nil)
	}
	if shown := meta.GetString("__metatable"); !shown.IsNil() {
		return c.Return(shown)
	}
	return c.Return(meta.Value())
}

func setmetatable(c *lua.Call) error {
	t := c.Table(1)
	meta, isTable := c.Arg(2).AsTable()
	if c.Err() == nil && !isTable && (!c.Has(2) || !c.Arg(2).IsNil()) {
		return c.ArgError(2, "nil or table expected")
	}
	if err := c.Err(); err != nil {
		return err
	}
	if old := t.Metatable(); old != nil && !old.GetString("__metatable").IsNil() {
		return c.Errorf("cannot change a protected metatable")
	}
	t.SetMetatable(meta)
	return c.Return(t.Value())
}

func rawequal(c *lua.Call) error {
	return c.Return(lua.Bool(c.State().RawEqual(c.Any(1), c.Any(2))))
}

func rawget(c *lua.Call) error {
	t, key := c.Table(1), c.Any(2)
	return c.Return(t.Get(key))
}

// rawset reports a key that no table takes without a position, as LuaJIT does.
func rawset(c *lua.Call) error {
	t, key, value := c.Table(1), c.Any(2), c.Any(3)
	if err := c.Err(); err != nil {
		return err
	}
	err := t.Set(key, value)
	if f, isNumber := key.AsNumber(); err != nil && (key.IsNil() || isNumber && math.IsNaN(f)) {
		message, failed := c.State().String(err.Error())
		if failed != nil {
			return failed
		}
		return c.State().Raise(message)
	}
	if err != nil {
		return err
	}
	return c.Return(t.Value())
}

// pairs returns next itself, as scripts expect that compare the two.
func pairs(c *lua.Call) error {
	c.Any(1)
	t := c.Table(1)
	return c.Return(c.State().Primitive(lua.Next), t.Value(), lua.Nil)
}

func ipairs(c *lua.Call) error {
	c.Any(1)
	t := c.Table(1)
	return c.Return(c.State().Primitive(lua.IPairsNext), t.Value(), lua.Int(0))
}

// choose is select.
func choose(c *lua.Call) error {
	n := c.Count()
	if text, isString := c.Arg(1).AsString(); isString && text != "" && text[0] == '#' {
		return c.Return(lua.Int(n - 1))
	}
	i := int32Of(c.Number(1))
	if i < 0 {
		i += n
	}
	if i < 1 && c.Err() == nil {
		return c.ArgError(1, "index out of range")
	}
	return c.ReturnArgs(i + 1)
}

// maxStack is how many arguments and results LuaJIT's unpack has at the most.
const maxStack = 8000

func unpack(c *lua.Call) error {
	t, first := c.Table(1), optInt32(c, 2, 1)
	last := 0
	if c.Arg(3).IsNil() {
		last = t.Len()
	} else {
		last = int32Of(c.Number(3))
	}
	if err := c.Err(); err != nil {
		return err
	}
	if first > last {
		return c.Return()
	}
	if last-first+1+c.Count() > maxStack {
		return c.Errorf("too many results to unpack")
	}
	count := last - first + 1
	if err := c.State().Step(count); err != nil {
		return err
	}
	for i := range count {
		if err := c.Push(t.GetInt(first + i)); err != nil {
			return err
		}
	}
	return c.ReturnPushed()
}

// newproxy shares the metatables of its own userdata alone.
func newproxy(c *lua.Call) error {
	s := c.State()
	var meta *lua.Table
	switch v := c.Arg(1); {
	case !v.Truth():
	case v.Kind() == lua.KindBool:
		var err error
		if meta, err = s.NewTable(0, 0); err != nil {
			return err
		}
	default:
		u, isUserdata := v.AsUserdata()
		if isUserdata {
			_, isUserdata = u.Data().(lua.Proxy)
		}
		if !isUserdata || u.Metatable() == nil {
			return c.ArgError(1, "boolean or proxy expected")
		}
		meta = u.Metatable()
	}
	if err := s.Charge(0); err != nil { // a userdata is charged, but asks for no room
		return err
	}
	return c.Return(s.NewUserdata(lua.Proxy{}, meta))
}
