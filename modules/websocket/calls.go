package websocket

import (
	"github.com/tidewire/tidewire/internal/modules/gate"
	"github.com/tidewire/tidewire/internal/modules/luavalue"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/lua"
)

// connect is websocket.Connect(url, callbacks [, options]).
func (m *Module) connect(c *lua.Call) error {
	url, callbacks, options := c.String(1), c.Table(2), c.OptTable(3)
	if err := c.Err(); err != nil {
		return err
	}
	made, err := m.session.Connect(wsapi.ConnectCall[held]{
		URL:       url,
		Callbacks: luavalue.Table(m.state, callbacks),
		Options:   luavalue.Table(m.state, options),
		Identity:  wsapi.IdentityOf(callbacks),
		Caller:    gate.Caller(m.state),
		Door:      held{callbacks: callbacks},
	})
	if err != nil {
		return luavalue.Raised(c, err)
	}
	made.Door.ref = m.state.Ref(callbacks.Value())
	return c.Return(lua.Number(made.Number))
}

// send is websocket.Send(id, data [, kind]).
func (m *Module) send(c *lua.Call) error {
	number, data := c.Number(1), c.String(2)
	kind, err := luavalue.Kind(c, 3)
	if err != nil {
		return err
	}
	return returnNil(c, m.session.Send(number, data, kind))
}

// close is websocket.Close(id [, code [, reason]]).
func (m *Module) close(c *lua.Call) error {
	number, code, reason := c.Number(1), c.OptNumber(2, wsapi.DefaultCloseCode), c.OptString(3, "")
	if err := c.Err(); err != nil {
		return err
	}
	return returnNil(c, m.session.Close(number, code, reason))
}

// returnNil returns the one nil of a call that went well.
func returnNil(c *lua.Call, err error) error {
	if err != nil {
		return luavalue.Raised(c, err)
	}
	return c.Return(lua.Nil)
}
