package websocket

import (
	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/luavalue"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/lua"
)

// handler is the Module as the engine's Dispatch sees it.
type handler Module

// Opened calls onOpen(info).
func (h *handler) Opened(id engine.ID, info *engine.Info) {
	m := (*Module)(h)
	c := m.session.Find(id)
	switch {
	case c == nil:
		return
	case c.Door.handler != nil:
		c.Door.handler.Opened(id, info)
		return
	}
	if callback, _ := m.callback(c, wsapi.OnOpen, m.keys[wsapi.OnOpen]); !callback.IsNil() {
		m.fire(c, wsapi.OnOpen, callback, wsapi.OpenArguments(c.Number, info))
	}
}

// Received calls onMessage(data, isBinary, id). It allocates the string and no more.
func (h *handler) Received(id engine.ID, data []byte, kind engine.Kind) {
	m := (*Module)(h)
	c := m.session.Find(id)
	switch {
	case c == nil:
		return
	case c.Door.handler != nil:
		c.Door.handler.Received(id, data, kind)
		return
	}
	callback, _ := m.callback(c, wsapi.OnMessage, m.onMessage)
	if callback.IsNil() {
		return
	}
	text, err := m.state.Bytes(data)
	if err == nil {
		m.arguments = [3]lua.Value{text, lua.Bool(kind == engine.Binary), lua.Number(c.Number)}
		err = m.run(wsapi.OnMessage, callback, m.arguments[:]...)
		m.arguments[0] = lua.Nil
	}
	m.report(c, wsapi.OnMessage, err)
}

// Drained calls those who wait for it, by OnDrain.
func (h *handler) Drained(id engine.ID, over bool) {
	m := (*Module)(h)
	if c := m.session.Drained(id, over); c != nil && over && c.Door.handler != nil {
		c.Door.handler.Drained(id, true)
	}
}

// Ended calls onClose(code, reason, wasClean, info) or onError(message, info). By then
// the connection's id is an unknown one, and the callback table is the script's again.
func (h *handler) Ended(id engine.ID, end *engine.End) {
	m := (*Module)(h)
	c := m.session.End(id)
	switch {
	case c == nil:
		return
	case c.Door.handler != nil:
		c.Door.handler.Ended(id, end)
		return
	}
	defer c.Door.ref.Release()
	key := wsapi.EndKey(end)
	callback, declined := m.callback(c, key, m.keys[key])
	if callback.IsNil() {
		if m.session.Unheard(c, end, declined) {
			m.unheard(end)
		}
		return
	}
	m.fire(c, key, callback, wsapi.EndArguments(c.Number, end))
}

// callback returns the callback under a key now, or nil; declined says that false is
// there. Only a table with a metatable may run Lua code here.
func (m *Module) callback(c *connection, name string, key lua.Value) (callback lua.Value, declined bool) {
	value := c.Door.callbacks.Get(key)
	if value.IsNil() && c.Door.callbacks.Metatable() != nil {
		value = m.inherited(c, name, key)
	}
	if value.IsFunction() || m.state.Metamethod(value, "__call").IsFunction() {
		return value, false
	}
	return lua.Nil, value == lua.False
}

// inherited looks a callback up through __index. An error on the way counts as the
// callback's own.
func (m *Module) inherited(c *connection, name string, key lua.Value) (found lua.Value) {
	m.arguments = [3]lua.Value{c.Door.callbacks.Value(), key}
	m.report(c, name, m.run(name, m.lookUp, m.arguments[:2]...))
	found, m.found, m.arguments[0] = m.found, lua.Nil, lua.Nil
	return found
}

// lookUpCallback is lookUp's body: it stores in found the value that its first argument
// has for its second.
func (m *Module) lookUpCallback(c *lua.Call) (err error) {
	m.found, err = m.state.Index(c.Arg(1), c.Arg(2))
	return err
}

// fire calls a callback with arguments from wsapi, and reports its error.
func (m *Module) fire(c *connection, key string, callback lua.Value, arguments []any) {
	values := make([]lua.Value, len(arguments))
	var err error
	for i, argument := range arguments {
		if values[i], err = luavalue.Make(m.state, argument); err != nil {
			break
		}
	}
	if err == nil {
		err = m.run(key, callback, values...)
	}
	m.report(c, key, err)
}

// longCallback is how many steps make a callback long for Engine.TookLong: some 20 µs.
const longCallback = 1000

// run calls a function, and says so if it took long.
func (m *Module) run(where string, f lua.Value, args ...lua.Value) error {
	before := m.state.Steps()
	err := m.call(where, f, args...)
	if m.state.Steps()-before > longCallback {
		m.session.TookLong()
	}
	return err
}

// report reports the error of the callback under a key, if there is one.
func (m *Module) report(c *connection, key string, err error) {
	if err != nil {
		m.session.CallbackFailed(c, key, err)
	}
}
