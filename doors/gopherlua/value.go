package gopherlua

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/internal/modules/wsapi"
)

// table is a Lua table as wsapi reads it. Errors of metamethods are raised in L.
type table struct {
	L     *lua.LState
	table *lua.LTable
}

// Field implements wsapi.Table.
func (t table) Field(name string) (wsapi.Value, error) {
	return t.value(t.L.GetField(t.table, name)), nil
}

// Index implements wsapi.Table.
func (t table) Index(i int) (wsapi.Value, error) { return t.value(t.table.RawGetInt(i)), nil }

// Pairs implements wsapi.Table. LTable.ForEach knows no order.
func (t table) Pairs(yield func(key, value wsapi.Value) bool) error {
	for key, value := t.table.Next(lua.LNil); key != lua.LNil; key, value = t.table.Next(key) {
		if !yield(t.value(key), t.value(value)) {
			break
		}
	}
	return nil
}

func (t table) value(value lua.LValue) wsapi.Value {
	if value == nil { // the VM leaves it in some places after a stack overflow
		value = lua.LNil
	}
	v := wsapi.Value{Type: wsapi.Type(value.Type().String())}
	switch value := value.(type) {
	case lua.LBool:
		v.Bool = bool(value)
	case lua.LNumber:
		v.Number = float64(value)
	case lua.LString:
		v.Text = string(value)
	case *lua.LTable:
		v.Table = table{t.L, value}
	}
	return v
}

// luaValue makes a Lua value of an argument or a field of wsapi.
func luaValue(L *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case string:
		return lua.LString(value)
	case float64:
		return lua.LNumber(value)
	case bool:
		return lua.LBool(value)
	case wsapi.Fields:
		made := L.CreateTable(0, len(value))
		for _, field := range value {
			made.RawSetString(field.Name, luaValue(L, field.Value))
		}
		return made
	}
	return lua.LNil
}
