package luaws

import (
	"errors"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/wsapi"
	"github.com/tidewire/tidewire/lualib"
)

// connect is websocket.Connect(url, callbacks [, options]).
func (m *Module) connect(L *lua.LState) int {
	call := wsapi.ConnectCall[held]{URL: lualib.CheckString(L, 1)}
	callbacks := lualib.CheckTable(L, 2)
	if options := lualib.OptTable(L, 3); options != nil {
		call.Options = table{L, options}
	}
	call.Callbacks, call.Identity = table{L, callbacks}, wsapi.IdentityOf(callbacks)
	call.Caller = lualib.Caller(L)
	call.Door = held{callbacks: callbacks}

	c, err := m.session.Connect(call)
	if err != nil {
		raise(L, err)
	}
	c.Door.id = lua.LNumber(c.Number)
	L.Push(c.Door.id)
	return 1
}

// send is websocket.Send(id, data [, kind]).
func (m *Module) send(L *lua.LState) int {
	number, data, kind := lualib.CheckNumber(L, 1), lualib.CheckString(L, 2), engine.DefaultKind
	var err error
	if L.Get(3) != lua.LNil {
		kind, err = wsapi.ParseKind(lualib.CheckString(L, 3))
	}
	if err == nil {
		err = m.session.Send(number, data, kind)
	}
	return pushNil(L, err)
}

// close is websocket.Close(id [, code [, reason]]).
func (m *Module) close(L *lua.LState) int {
	number := lualib.CheckNumber(L, 1)
	code := lualib.OptNumber(L, 2, wsapi.DefaultCloseCode)
	reason := lualib.OptString(L, 3, "")
	return pushNil(L, m.session.Close(number, code, reason))
}

// pushNil returns the one nil of a call that went well, and raises err otherwise.
func pushNil(L *lua.LState, err error) int {
	if err != nil {
		raise(L, err)
	}
	L.Push(lua.LNil)
	return 1
}

// raise raises an error of the session.
func raise(L *lua.LState, err error) {
	var bad *wsapi.ArgumentError
	if errors.As(err, &bad) {
		lualib.ArgError(L, bad.Argument, bad.Problem)
	}
	lualib.Errorf(L, "%v", err)
}
