package luaws

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/failure"
	"github.com/tidewire/tidewire/lualib"
)

// handler is the Module as the engine's Dispatch sees it.
type handler Module

// Opened calls onOpen(info).
func (h *handler) Opened(id engine.ID, info *engine.Info) {
	m := (*Module)(h)
	c := m.connectionOf(id)
	if c == nil {
		return
	}
	if callback := m.callback(c, "onOpen"); callback != nil {
		m.main.Push(callback)
		m.main.Push(infoTable(m.main, c, info))
		m.run(c, "onOpen", 1)
	}
}

// Received calls onMessage(data, isBinary, id). It allocates the string and its box and no more.
func (h *handler) Received(id engine.ID, data []byte, kind engine.Kind) {
	m := (*Module)(h)
	c := m.connectionOf(id)
	if c == nil {
		return
	}
	if callback := m.callback(c, "onMessage"); callback != nil {
		m.main.Push(callback)
		m.main.Push(lua.LString(data))
		m.main.Push(lua.LBool(kind == engine.Binary))
		m.main.Push(c.value)
		m.run(c, "onMessage", 3)
	}
}

// Ended calls onClose(code, reason, wasClean, info) or onError(message, info). By then the connection's id is an
// unknown one, and its callbacks are let go.
func (h *handler) Ended(id engine.ID, end *engine.End) {
	m := (*Module)(h)
	c := m.connectionOf(id)
	if c == nil {
		return
	}
	m.remove(c)
	if end.Failed {
		m.failed(c, end)
		return
	}
	if callback := m.callback(c, "onClose"); callback != nil {
		m.main.Push(callback)
		m.main.Push(lua.LNumber(end.Code))
		m.main.Push(lua.LString(end.Reason))
		m.main.Push(lua.LBool(end.Clean))
		m.main.Push(endTable(m.main, c, end))
		m.run(c, "onClose", 4)
	}
}

func (m *Module) failed(c *connection, end *engine.End) {
	callback := m.callback(c, "onError")
	if callback == nil {
		m.logger.Warn("a connection failed and no onError is there to see it",
			"id", int64(c.number), "url", failure.Bounded(end.URL), "error", end.Message, "detail", end.Detail)
		return
	}
	m.main.Push(callback)
	m.main.Push(lua.LString(end.Message))
	m.main.Push(endTable(m.main, c, end))
	m.run(c, "onError", 2)
}

// connectionOf returns the connection that an event is for, or nil for one that another user of the engine began.
func (m *Module) connectionOf(id engine.ID) *connection {
	c := m.byID[id]
	if c == nil {
		m.logger.Debug("event of a connection that no script of this state began", "engine_id", uint64(id))
	}
	return c
}

// callback returns what can be called under key now, or nil. Only a table with a metatable may run Lua code here.
func (m *Module) callback(c *connection, key string) lua.LValue {
	value := c.callbacks.RawGetString(key)
	if value == lua.LNil && c.callbacks.Metatable != lua.LNil {
		value = m.inherited(c, key)
	}
	switch value.(type) {
	case *lua.LFunction:
		return value
	case *lua.LNilType:
		return nil
	}
	if _, ok := m.main.GetMetaField(value, "__call").(*lua.LFunction); ok {
		return value
	}
	return nil
}

// inherited looks a callback up through __index. An error on the way counts as the callback's own.
func (m *Module) inherited(c *connection, key string) lua.LValue {
	m.found = lua.LNil
	m.main.Push(m.lookUp)
	m.main.Push(c.callbacks)
	m.main.Push(lua.LString(key))
	m.run(c, key, 2)
	found := m.found
	m.found = lua.LNil
	return found
}

// lookUpCallback is lookUp's body: it leaves in found what its first argument has under its second.
func (m *Module) lookUpCallback(L *lua.LState) int {
	m.found = L.GetField(L.Get(1), string(L.Get(2).(lua.LString)))
	return 0
}

// run calls the function below the top nargs values for the callback under key, and reports its error.
func (m *Module) run(c *connection, key string, nargs int) {
	if err := lualib.CallAs(m.main, key, nargs); err != nil {
		m.errors.Report(key, err, "id", int64(c.number))
	}
}
