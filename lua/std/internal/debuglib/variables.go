package debuglib

import "github.com/tidewire/tidewire/lua"

// getlocal returns the name and the value of a local variable: of the call at a level, or
// of a function. Of a function only the parameters' names are known. A negative number is
// of an argument beyond the parameters. A call of a function of Go has none.
func getlocal(c *lua.Call) error {
	th, at := thread(c)
	n := int32Of(c.Number(at + 2))
	if f := c.Arg(at + 1); f.IsFunction() {
		if err := c.Err(); err != nil {
			return err
		}
		if name := f.Param(n); name != "" {
			return c.ReturnString(name)
		}
		return c.Return(lua.Nil)
	}
	a := activation(c, th, at+1)
	if err := c.Err(); err != nil {
		return err
	}
	name, value := a.Local(n)
	if n < 0 {
		var found bool
		if value, found = a.Vararg(-n); found {
			name = "(*vararg)"
		}
	}
	return named(c, name, value)
}

// named returns a name and a value; nil if there is no name.
func named(c *lua.Call, name string, value lua.Value) error {
	if name == "" {
		return c.Return(lua.Nil)
	}
	text, err := c.State().String(name)
	if err != nil {
		return err
	}
	return c.Return(text, value)
}

func setlocal(c *lua.Call) error {
	th, at := thread(c)
	a := activation(c, th, at+1)
	n, value := int32Of(c.Number(at+2)), c.Any(at+3)
	if err := c.Err(); err != nil {
		return err
	}
	name := ""
	switch {
	case n > 0:
		name = a.SetLocal(n, value)
	case a.SetVararg(-n, value):
		name = "(*vararg)"
	}
	if name == "" {
		return c.Return(lua.Nil)
	}
	return c.ReturnString(name)
}

func getupvalue(c *lua.Call) error {
	n, f := int32Of(c.Number(2)), c.Function(1) // LuaJIT's order, which errors show
	if err := c.Err(); err != nil {
		return err
	}
	name, value, found := f.Upvalue(n)
	if !found {
		return c.Return()
	}
	return named(c, name, value)
}

func setupvalue(c *lua.Call) error {
	value := c.Any(3)
	n, f := int32Of(c.Number(2)), c.Function(1) // LuaJIT's order, which errors show
	if err := c.Err(); err != nil {
		return err
	}
	name, found := f.SetUpvalue(n, value)
	if !found {
		return c.Return()
	}
	return c.ReturnString(name)
}

// upvalueID returns a userdata that is the same for the same variable.
func upvalueID(c *lua.Call) error {
	n, f := int32Of(c.Number(2)), c.Function(1) // LuaJIT's order, which errors show
	if err := c.Err(); err != nil {
		return err
	}
	id, found := f.UpvalueID(n)
	if !found {
		return c.ArgError(2, "index out of range")
	}
	s := c.State()
	known, err := identities(s)
	if err != nil {
		return err
	}
	v := known.GetString(id)
	if v.IsNil() {
		v = s.NewUserdata(identity{}, nil)
		if err := known.SetString(id, v); err != nil {
			return err
		}
	}
	return c.Return(v)
}

// identity is the content of a userdata that identifies a variable.
type identity struct{}

// identities is a table with weak values: the userdata that identify variables, by
// variable.
func identities(s *lua.State) (*lua.Table, error) {
	const key = "_UPVALUES"
	if t, isTable := s.Registry().GetString(key).AsTable(); isTable {
		return t, nil
	}
	t, err := s.NewTable(0, 0)
	if err != nil {
		return nil, err
	}
	meta, err := s.NewTable(0, 1)
	if err != nil {
		return nil, err
	}
	mode, err := s.String("v")
	if err != nil {
		return nil, err
	}
	if err := meta.SetString("__mode", mode); err != nil {
		return nil, err
	}
	t.SetMetatable(meta)
	return t, s.Registry().SetString(key, t.Value())
}

func upvalueJoin(c *lua.Call) error {
	f, n := luaFunction(c, 1), int32Of(c.Number(2))
	other, m := luaFunction(c, 3), int32Of(c.Number(4))
	if err := c.Err(); err != nil {
		return err
	}
	for _, arg := range []struct {
		number, index int
		f             lua.Value
	}{{2, n, f}, {4, m, other}} {
		if _, _, found := arg.f.Upvalue(arg.index); !found {
			return c.ArgError(arg.number, "index out of range")
		}
	}
	f.JoinUpvalue(n, other, m)
	return c.Return()
}

func luaFunction(c *lua.Call, n int) lua.Value {
	f := c.Function(n)
	if f.IsGoFunction() {
		c.Fail(c.ArgError(n, "Lua function expected"))
	}
	return f
}
