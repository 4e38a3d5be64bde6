// Package gopherlua gives a program with a gopher-lua state the websocket module of
// tidewire: a table of Connect, Send and Close for the script, and a Pump for the
// embedder, which runs the script's callbacks.
//
// The rules that a script sees are those of tidewire's own runner; only the VM is
// another.
package gopherlua

import (
	"log/slog"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/permission"
)

// moduleName is the global, and the name for require.
const moduleName = "websocket"

// Options configures a Module. The zero value works.
type Options struct {
	// Logger receives messages for a script's author: failures that no onError sees,
	// misspelt callbacks. nil discards them.
	Logger *slog.Logger

	// Errors receives the errors of callbacks. nil logs them to Logger, an identical one
	// at most once a second, with a count.
	Errors Reporter

	// Limits bounds the options that the script may give to Connect. The zero value limits nothing.
	Limits permission.Limits
}

// Reporter receives the errors of callbacks, on the goroutine that called Pump.
type Reporter interface {
	// Report is called for an error in the callback where, such as "onMessage". err is an
	// *Error. attrs are slog attributes: the connection's id.
	Report(where string, err error, attrs ...any)
}

// Module is the websocket table of one Lua state. It belongs to the goroutine that owns
// the state, as do the callbacks, which run inside Pump and nowhere else.
//
// The engine hands all its events to the caller of Dispatch, so each Lua state wants an
// engine of its own.
//
// Before an embedder closes the Lua state it calls Engine.Shutdown, and from then on not
// Pump. On a closed state Pump does nothing.
type Module struct {
	main    *lua.LState // the main coroutine, on which all callbacks run
	session *wsapi.Session[held]

	guard  *lua.LFunction // calls callbacks: see callGuarded
	lookUp *lua.LFunction // reads a callback through __index
	found  lua.LValue     // by lookUp; nil or LNil in between
}

// held has the Lua values that a connection keeps until its terminal event is dispatched.
type held struct {
	id        lua.LValue // the script's, boxed once for all messages
	callbacks *lua.LTable
}

type connection = wsapi.Connection[held]

// Open sets the global websocket of L, also for require, and returns the module behind
// it. L may be any coroutine of the state; eng should serve no other state.
func Open(L *lua.LState, eng *engine.Engine, opts Options) *Module { return open(L, eng, opts) }

func open(L *lua.LState, eng wsapi.Engine, opts Options) *Module {
	m := &Module{
		main: mainCoroutine(L),
		session: wsapi.NewSession[held](eng, wsapi.Options{
			Logger: opts.Logger, Errors: opts.Errors, Limits: opts.Limits,
		}),
	}
	m.guard = L.NewFunction(m.callGuarded)
	m.lookUp = L.NewFunction(m.lookUpCallback)
	table := L.NewTable()
	for _, function := range []struct {
		name, alias string
		call        lua.LGFunction
	}{
		{"Connect", "connect", m.connect},
		{"Send", "send", m.send},
		{"Close", "close", m.close},
	} {
		value := L.NewFunction(function.call)
		table.RawSetString(function.name, value)
		table.RawSetString(function.alias, value)
	}
	L.SetGlobal(moduleName, table)
	if loaded, ok := L.G.Registry.RawGetString("_LOADED").(*lua.LTable); ok {
		loaded.RawSetString(moduleName, table)
	}
	return m
}

// mainCoroutine returns the coroutine that a state began with. The VM notes it at the
// first call.
func mainCoroutine(L *lua.LState) *lua.LState {
	if L.G.MainThread != nil {
		return L.G.MainThread
	}
	return L
}

// Pump runs callbacks until there are no more events or the budget is spent, and returns
// how many events it took. When some are left the engine's Ready has a value. From within
// a callback it raises a Lua error instead.
func (m *Module) Pump(budget engine.Budget) int {
	if m.main.IsClosed() {
		return 0
	}
	taken, err := m.session.Dispatch((*handler)(m), budget)
	if err != nil {
		raise(m.main.G.CurrentThread, err.Error())
	}
	return taken
}
