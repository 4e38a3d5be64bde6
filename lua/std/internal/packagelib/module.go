package packagelib

import "github.com/tidewire/tidewire/lua"

// module is module(name, ...): it makes a table the module's and the environment of the
// calling function.
func module(c *lua.Call) error {
	name := c.StringValue(1)
	if err := c.Err(); err != nil {
		return err
	}
	s := c.State()
	m, err := findModule(c, name)
	if err != nil {
		return err
	}
	known, err := s.Field(m.Value(), "_NAME")
	if err != nil {
		return err
	}
	if known.IsNil() {
		if err := nameModule(s, m, name); err != nil {
			return err
		}
	}
	caller, found := s.Activation(s.Thread(), 1)
	if !found || !s.SetEnv(caller.Function(), m) {
		return c.Errorf("'module' not called from a Lua function")
	}
	for i := 2; i <= c.Count(); i++ {
		if option := c.Arg(i); option.IsFunction() {
			if err := s.Call0(option, m.Value()); err != nil {
				return err
			}
		}
	}
	return c.Return()
}

// findModule returns the table of a module: that in package.loaded, or else that in the
// coroutine's environment, which is made if there is none.
func findModule(c *lua.Call, name lua.Value) (*lua.Table, error) {
	s := c.State()
	loaded := s.Loaded().Value()
	v, err := s.Index(loaded, name)
	if err != nil {
		return nil, err
	}
	if m, isTable := v.AsTable(); isTable {
		return m, nil
	}
	m, err := findTable(c, s.Env(s.Thread().Value()), name)
	if err != nil {
		return nil, err
	}
	return m, s.SetIndex(loaded, name, m.Value())
}

// findTable follows a name with dots through tables, and makes those that are missing.
func findTable(c *lua.Call, t *lua.Table, name lua.Value) (*lua.Table, error) {
	s := c.State()
	rest, _ := name.AsString()
	for more := true; more; {
		part := ""
		var err error
		if part, rest, more, err = cut(s, rest, '.'); err != nil {
			return nil, err
		}
		field, err := s.String(part)
		if err != nil {
			return nil, err
		}
		next := t.Get(field)
		if next.IsNil() {
			made, err := s.NewTable(0, 1)
			if err != nil {
				return nil, err
			}
			if err := s.SetIndex(t.Value(), field, made.Value()); err != nil {
				return nil, err
			}
			t = made
			continue
		}
		var isTable bool
		if t, isTable = next.AsTable(); !isTable {
			return nil, fail(c, "name conflict for module '", name, "'")
		}
	}
	return t, nil
}

// nameModule sets the fields that a module has of itself.
func nameModule(s *lua.State, m *lua.Table, name lua.Value) error {
	text, _ := name.AsString()
	end, rest := 0, text
	for more := true; more; {
		part := ""
		var err error
		if part, rest, more, err = cut(s, rest, '.'); err != nil {
			return err
		}
		if more {
			end += len(part) + 1
		}
	}
	parent, err := s.String(text[:end])
	if err != nil {
		return err
	}
	for _, field := range []struct {
		name  string
		value lua.Value
	}{{"_M", m.Value()}, {"_NAME", name}, {"_PACKAGE", parent}} {
		if err := s.SetField(m.Value(), field.name, field.value); err != nil {
			return err
		}
	}
	return nil
}
