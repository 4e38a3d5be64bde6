package luaws

import (
	"maps"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
)

// OpenOn is Open on anything that behaves like an engine.
var OpenOn = open

// Held returns how many connections the module holds callback tables of, and how many misspelt tables it remembers.
func (m *Module) Held() (connections, misspelt int) {
	return len(m.byID), len(m.lookAlikes.tables)
}

// CallbackMeantBy is what the warning of misspelt callbacks goes by.
var CallbackMeantBy = callbackMeantBy

// The names that scripts may use.
var (
	OptionNames  = optionNames
	CallbackKeys = callbackKeys
)

// KindNames are the words for kinds, sorted.
func KindNames() []string { return slices.Sorted(maps.Keys(kinds)) }

// EndTable is the info argument of onError for an end of a connection of number 1.
func EndTable(L *lua.LState, end *engine.End) *lua.LTable {
	return endTable(L, &connection{number: 1, value: lua.LNumber(1)}, end)
}
