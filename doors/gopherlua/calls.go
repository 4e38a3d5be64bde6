package gopherlua

import (
	"errors"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
)

// connect is websocket.Connect(url, callbacks [, options]).
func (m *Module) connect(L *lua.LState) int {
	call := wsapi.ConnectCall[held]{URL: checkString(L, 1)}
	callbacks := checkTable(L, 2)
	if options := optTable(L, 3); options != nil {
		call.Options = table{L, options}
	}
	call.Callbacks, call.Identity = table{L, callbacks}, wsapi.IdentityOf(callbacks)
	call.Caller = caller(L)
	call.Door = held{callbacks: callbacks}

	c, err := m.session.Connect(call)
	if err != nil {
		raiseError(L, err)
	}
	c.Door.id = lua.LNumber(c.Number)
	L.Push(c.Door.id)
	return 1
}

// send is websocket.Send(id, data [, kind]).
func (m *Module) send(L *lua.LState) int {
	number, data, kind := checkNumber(L, 1), checkString(L, 2), engine.DefaultKind
	var err error
	if L.Get(3) != lua.LNil {
		kind, err = wsapi.ParseKind(checkString(L, 3))
	}
	if err == nil {
		err = m.session.Send(number, data, kind)
	}
	return pushNil(L, err)
}

// close is websocket.Close(id [, code [, reason]]).
func (m *Module) close(L *lua.LState) int {
	number := checkNumber(L, 1)
	code := optNumber(L, 2, wsapi.DefaultCloseCode)
	reason := optString(L, 3, "")
	return pushNil(L, m.session.Close(number, code, reason))
}

// pushNil returns the one nil of a call that went well, and raises err otherwise.
func pushNil(L *lua.LState, err error) int {
	if err != nil {
		raiseError(L, err)
	}
	L.Push(lua.LNil)
	return 1
}

// raiseError raises an error of the session.
func raiseError(L *lua.LState, err error) {
	var bad *wsapi.ArgumentError
	if errors.As(err, &bad) {
		argumentError(L, bad.Argument, bad.Problem)
	}
	raise(L, err.Error())
}
