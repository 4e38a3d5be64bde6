package gopherlua

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
)

// handler is the Module as the engine's Dispatch sees it.
type handler Module

// Opened calls onOpen(info).
func (h *handler) Opened(id engine.ID, info *engine.Info) {
	m := (*Module)(h)
	c := m.session.Find(id)
	if c == nil {
		return
	}
	if callback, _ := m.callback(c, wsapi.OnOpen); callback != nil {
		m.fire(c, wsapi.OnOpen, callback, wsapi.OpenArguments(c.Number, info))
	}
}

// Received calls onMessage(data, isBinary, id). It allocates the string and its box and
// no more.
func (h *handler) Received(id engine.ID, data []byte, kind engine.Kind) {
	m := (*Module)(h)
	c := m.session.Find(id)
	if c == nil {
		return
	}
	if callback, _ := m.callback(c, wsapi.OnMessage); callback != nil {
		m.main.Push(m.guard)
		m.main.Push(callback)
		m.main.Push(lua.LString(data))
		m.main.Push(lua.LBool(kind == engine.Binary))
		m.main.Push(c.Door.id)
		m.run(c, wsapi.OnMessage, 3)
	}
}

// Drained is an answer to Engine.Mark, which the module does not call.
func (h *handler) Drained(engine.ID, bool) {}

// Ended calls onClose(code, reason, wasClean, info) or onError(message, info). By then
// the connection's id is an unknown one, and the callback table is the script's again.
func (h *handler) Ended(id engine.ID, end *engine.End) {
	m := (*Module)(h)
	c := m.session.End(id)
	if c == nil {
		return
	}
	key := wsapi.EndKey(end)
	callback, declined := m.callback(c, key)
	if callback == nil {
		m.session.Unheard(c, end, declined)
		return
	}
	m.fire(c, key, callback, wsapi.EndArguments(c.Number, end))
}

// callback returns the callback under key now, or nil; declined says that false is there.
// Only a table with a metatable may run Lua code here.
func (m *Module) callback(c *connection, key string) (callback lua.LValue, declined bool) {
	value := c.Door.callbacks.RawGetString(key)
	if value == lua.LNil && c.Door.callbacks.Metatable != lua.LNil {
		value = m.inherited(c, key)
	}
	switch value.(type) {
	case *lua.LFunction:
		return value, false
	case *lua.LNilType, nil: // the VM leaves Go's nil in some places after a stack overflow
		return nil, false
	}
	if _, ok := m.main.GetMetaField(value, "__call").(*lua.LFunction); ok {
		return value, false
	}
	return nil, value == lua.LFalse
}

// inherited looks a callback up through __index. An error on the way counts as the
// callback's own.
func (m *Module) inherited(c *connection, key string) lua.LValue {
	m.found = lua.LNil
	m.main.Push(m.guard)
	m.main.Push(m.lookUp)
	m.main.Push(c.Door.callbacks)
	m.main.Push(lua.LString(key))
	m.run(c, key, 2)
	found := m.found
	m.found = lua.LNil
	return found
}

// lookUpCallback is lookUp's body: it stores in found the value that its first argument
// has for its second.
func (m *Module) lookUpCallback(L *lua.LState) int {
	m.found = L.GetField(L.Get(1), string(L.Get(2).(lua.LString)))
	return 0
}

// fire calls a callback with arguments from wsapi.
func (m *Module) fire(c *connection, key string, callback lua.LValue, arguments []any) {
	m.main.Push(m.guard)
	m.main.Push(callback)
	for _, argument := range arguments {
		m.main.Push(luaValue(m.main, argument))
	}
	m.run(c, key, len(arguments))
}

// run is call for the callback under key of a connection, and reports its error.
func (m *Module) run(c *connection, key string, nargs int) {
	if err := m.call(nargs); err != nil {
		m.session.CallbackFailed(c, key, err)
	}
	m.session.TookLong() // perhaps: this VM does not count its work
}
