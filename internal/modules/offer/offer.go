// Package offer lets require find the modules of ours that are not globals.
package offer

import "github.com/tidewire/tidewire/lua"

// Module lets require find a module under its names. open makes the module's table when
// the script first asks for it, once for each name, and once more if the script has taken
// the result out of package.loaded. In a state without the library package the table is
// made, and is a loaded module, at once.
func Module(s *lua.State, open func() (lua.Value, error), names ...string) error {
	preload, found := preloadOf(s)
	for _, name := range names {
		if !found {
			table, err := open()
			if err != nil {
				return err
			}
			if err := s.Loaded().SetString(name, table); err != nil {
				return err
			}
			continue
		}
		loader := s.NewFunction(name, func(c *lua.Call) error {
			table, err := open()
			if err != nil {
				return err
			}
			return c.Return(table)
		})
		if err := preload.SetString(name, loader); err != nil {
			return err
		}
	}
	return nil
}

// preloadOf returns package.preload.
func preloadOf(s *lua.State) (*lua.Table, bool) {
	library, found := s.Loaded().GetString("package").AsTable()
	if !found {
		return nil, false
	}
	return library.GetString("preload").AsTable()
}
