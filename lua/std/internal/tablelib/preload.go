package tablelib

import "github.com/tidewire/tidewire/lua"

// preload makes require "table.new" and require "table.clear" known, which add a function
// to table, as in LuaJIT.
func preload(s *lua.State, lib *lua.Table) error {
	library, isTable := s.Loaded().GetString("package").AsTable()
	if !isTable {
		return nil
	}
	loaders, isTable := library.GetString("preload").AsTable()
	if !isTable {
		return nil
	}
	for _, f := range []lua.Func{{Name: "new", Call: newTable}, {Name: "clear", Call: clear}} {
		loader := s.NewFunction("table."+f.Name, func(c *lua.Call) error {
			added := s.NewFunction(f.Name, f.Call)
			if err := lib.SetString(f.Name, added); err != nil {
				return err
			}
			return c.Return(added)
		})
		if err := loaders.SetString("table."+f.Name, loader); err != nil {
			return err
		}
	}
	return nil
}

// newTable is table.new(items, fields): an empty table with room for so many.
func newTable(c *lua.Call) error {
	items, fields := c.Int32(1), c.Int32(2)
	if err := c.Err(); err != nil {
		return err
	}
	t, err := c.State().NewTable(items, fields)
	if err != nil {
		return err
	}
	return c.Return(t.Value())
}

// clear is table.clear(t): it removes all keys, and leaves the metatable and the room.
func clear(c *lua.Call) error {
	t := c.Table(1)
	if err := c.Err(); err != nil {
		return err
	}
	if err := c.State().Step(t.Slots()); err != nil {
		return err
	}
	t.Clear()
	return c.Return()
}
