package lualib

import lua "github.com/yuin/gopher-lua"

// maxPresize bounds what table.new prepares a table for. Larger ones grow as they are filled.
const maxPresize = 1 << 16

// openTableModules makes require "table.new" and require "table.clear" known, which LuaJIT adds to table when asked.
func openTableModules(L *lua.LState, lib *lua.LTable) {
	preload, ok := L.GetField(L.GetGlobal(lua.LoadLibName), "preload").(*lua.LTable)
	if !ok {
		return
	}
	for name, function := range map[string]lua.LGFunction{"new": tableNew, "clear": tableClear} {
		preload.RawSetString("table."+name, L.NewFunction(func(L *lua.LState) int {
			added := L.NewFunction(function)
			lib.RawSetString(name, added)
			L.Push(added)
			return 1
		}))
	}
}

// tableNew is table.new(items, fields): an empty table with room for so many.
func tableNew(L *lua.LState) int {
	items, fields := checkInt(L, 1), checkInt(L, 2)
	L.Push(L.CreateTable(min(max(items, 0), maxPresize), min(max(fields, 0), maxPresize)))
	return 1
}

// tableClear is table.clear(t): it takes all keys out, and leaves the metatable.
func tableClear(L *lua.LState) int {
	table := CheckTable(L, 1)
	var keys []lua.LValue
	table.ForEach(func(key, _ lua.LValue) { keys = append(keys, key) })
	for i := len(keys) - 1; i >= 0; i-- { // from an array's end, which then shrinks instead of getting holes
		table.RawSet(keys[i], lua.LNil)
	}
	return 0
}
