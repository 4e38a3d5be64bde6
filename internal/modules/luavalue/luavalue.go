// Package luavalue is how the modules of our own VM give Lua values to package wsapi, which
// knows no VM, and make Lua values of its answers.
package luavalue

import (
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/lua"
)

// table is a Lua table as wsapi reads it.
type table struct {
	state *lua.State
	table *lua.Table
}

// Table returns a Lua table as wsapi reads it. nil stays nil.
func Table(s *lua.State, t *lua.Table) wsapi.Table {
	if t == nil {
		return nil
	}
	return table{s, t}
}

// Field implements wsapi.Table.
func (t table) Field(name string) (wsapi.Value, error) {
	value, err := t.state.Field(t.table.Value(), name)
	return t.value(value), err
}

// Index implements wsapi.Table.
func (t table) Index(i int) (wsapi.Value, error) { return t.value(t.table.GetInt(i)), nil }

// Pairs implements wsapi.Table.
func (t table) Pairs(yield func(key, value wsapi.Value) bool) error {
	if err := t.state.Step(t.table.Slots()); err != nil {
		return err
	}
	for key, value := range t.table.All {
		if !yield(t.value(key), t.value(value)) {
			break
		}
	}
	return nil
}

func (t table) value(value lua.Value) wsapi.Value {
	v := wsapi.Value{Type: wsapi.Type(value.TypeName()), Bool: value == lua.True}
	v.Number, _ = value.AsNumber()
	v.Text, _ = value.AsString()
	if inner, isTable := value.AsTable(); isTable {
		v.Table = table{t.state, inner}
	}
	return v
}

// Make makes a Lua value of an argument or a field of wsapi.
func Make(s *lua.State, value any) (lua.Value, error) {
	switch value := value.(type) {
	case string:
		return s.String(value)
	case float64:
		return lua.Number(value), nil
	case bool:
		return lua.Bool(value), nil
	case wsapi.Fields:
		made, err := s.NewTable(0, len(value))
		if err != nil {
			return lua.Nil, err
		}
		for _, field := range value {
			v, err := Make(s, field.Value)
			if err != nil {
				return lua.Nil, err
			}
			if err := made.SetString(field.Name, v); err != nil {
				return lua.Nil, err
			}
		}
		return made.Value(), nil
	}
	return lua.Nil, nil
}
