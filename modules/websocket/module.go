// Package websocket gives the scripts of a lua.State the websocket module: a table of Connect, Send and Close for the
// script, and a Pump for the host, which runs the script's callbacks. It knows no network: internal/wsapi has the rules
// that all doors share, and package engine the connections.
package websocket

import (
	"log/slog"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/wsapi"
	"github.com/tidewire/tidewire/lua"
)

// moduleName is the global, and the name for require.
const moduleName = "websocket"

// Options configures a Module. The zero value works.
type Options struct {
	// Logger receives what a script's author should know: failures that no onError sees, misspelt callbacks. nil
	// discards it.
	Logger *slog.Logger

	// Errors receives the errors of callbacks. nil logs them to Logger, an identical one at most once a second, with a
	// count.
	Errors Reporter
}

// Reporter receives the errors of callbacks, on the goroutine that called Pump.
type Reporter interface {
	// Report is called for an error in the callback where, such as "onMessage". err is a *lua.Error. attrs are slog
	// attributes: the connection's id.
	Report(where string, err error, attrs ...any)
}

// Module is the websocket table of one state. It belongs to the goroutine that owns the state, as do the callbacks, which
// run inside Pump and nowhere else.
//
// The engine hands all its events to whoever calls Dispatch, so each state wants an engine of its own.
//
// A host that ends calls Engine.Shutdown, and Pump no more, before it closes the state.
type Module struct {
	state   *lua.State
	session *wsapi.Session[held]
	keys    map[string]lua.Value // of the callback table
}

// held is what a connection holds of the state until its terminal event is dispatched.
type held struct {
	callbacks *lua.Table
	ref       *lua.Ref // keeps them
}

type connection = wsapi.Connection[held]

// Open sets the global websocket of a state, also for require, and returns the module behind it. eng should serve no other
// state. The error is of the state's memory limit.
func Open(s *lua.State, eng *engine.Engine, opts Options) (*Module, error) { return open(s, eng, opts) }

func open(s *lua.State, eng wsapi.Engine, opts Options) (*Module, error) {
	m := &Module{
		state:   s,
		session: wsapi.NewSession[held](eng, wsapi.Options{Logger: opts.Logger, Errors: opts.Errors}),
		keys:    make(map[string]lua.Value),
	}
	for _, name := range []string{wsapi.OnOpen, wsapi.OnMessage, wsapi.OnClose, wsapi.OnError} {
		key, err := s.Key(name)
		if err != nil {
			return nil, err
		}
		s.Ref(key)
		m.keys[name] = key
	}
	t, err := s.NewModule(moduleName)
	if err != nil {
		return nil, err
	}
	for _, f := range []struct {
		name, alias string
		call        lua.GoFunction
	}{
		{"Connect", "connect", m.connect},
		{"Send", "send", m.send},
		{"Close", "close", m.close},
	} {
		value := s.NewFunction(f.name, f.call)
		if err := t.SetString(f.name, value); err != nil {
			return nil, err
		}
		if err := t.SetString(f.alias, value); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Pump runs callbacks until there are no more events or the budget is spent, and returns how many events it took. When
// some are left the engine's Ready has a value. From within a callback it returns an error instead, and takes none.
func (m *Module) Pump(budget engine.Budget) (events int, err error) {
	return m.session.Dispatch((*handler)(m), budget)
}
