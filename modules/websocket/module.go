// Package websocket gives the scripts of a lua.State the websocket module: a table of
// Connect, Send and Close for the script, and a Pump for the embedder, which runs the
// script's callbacks. It knows no network: internal/modules/wsapi has the rules that all
// doors share, and package engine the connections.
package websocket

import (
	"errors"
	"log/slog"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/gate"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/lua"
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

	// Limits bounds the options that the script may give to Connect, and to tide.ws over this
	// Module. The zero value limits nothing.
	Limits permission.Limits

	// Call calls a callback, or looks one up through __index, on the state's main
	// coroutine; where is its key. It must not keep args. Its error goes to Errors. nil
	// means State.Call0, with a traceback in the error's text if the state makes
	// Tracebacks.
	Call func(where string, f lua.Value, args ...lua.Value) error

	// Unheard is called, on the goroutine that called Pump, for a failure that no onError
	// has seen, after it was logged: a program may count it as its script's fault. A
	// script that sets onError = false wants none to be known. nil does nothing.
	Unheard func(end *engine.End)
}

// Reporter receives the errors of callbacks, on the goroutine that called Pump.
type Reporter interface {
	// Report is called for an error in the callback where, such as "onMessage". errors.As
	// finds the *lua.Error in err, if Options.Call leaves it there. attrs are slog
	// attributes: the connection's id.
	Report(where string, err error, attrs ...any)
}

// Module is the websocket table of one state. It belongs to the goroutine that owns the
// state, as do the callbacks, which run inside Pump and nowhere else.
//
// The engine hands all its events to the caller of Dispatch, so each state wants an
// engine of its own.
//
// Before an embedder closes the state it calls Engine.Shutdown, and from then on not
// Pump. On a closed state Pump does nothing.
type Module struct {
	state   *lua.State
	session *wsapi.Session[held]
	limits  permission.Limits
	call    func(where string, f lua.Value, args ...lua.Value) error
	unheard func(end *engine.End)
	closed  bool // the state is

	keys      map[string]lua.Value // of the callback table
	onMessage lua.Value            // the key that is looked up for each message

	arguments [3]lua.Value // of a call under way: a slice made for each message would be on the heap
	lookUp    lua.Value    // a function that reads a callback through __index
	found     lua.Value    // by lookUp; nil in between
}

// held has the state's values that a connection holds until its terminal event is
// dispatched.
type held struct {
	callbacks *lua.Table
	ref       *lua.Ref // keeps them

	handler engine.Handler // of Go code, for a connection without callbacks; nil otherwise
}

type connection = wsapi.Connection[held]

// Open sets the global websocket of a state, also for require, and returns the module
// behind it. eng should serve no other state. The error is of the state's memory limit.
func Open(s *lua.State, eng *engine.Engine, opts Options) (*Module, error) { return open(s, eng, opts) }

func open(s *lua.State, eng wsapi.Engine, opts Options) (*Module, error) {
	m := &Module{
		state: s,
		session: wsapi.NewSession[held](eng, wsapi.Options{
			Logger: opts.Logger, Errors: opts.Errors, Limits: opts.Limits,
		}),
		limits:  opts.Limits,
		call:    opts.Call,
		unheard: opts.Unheard,
		keys:    make(map[string]lua.Value),
	}
	if m.call == nil {
		m.call = gate.New(s, gate.Limits{}).Call
	}
	if m.unheard == nil {
		m.unheard = func(*engine.End) {}
	}
	s.OnClose(func() { m.closed = true })
	m.lookUp = s.NewFunction("", m.lookUpCallback)
	s.Ref(m.lookUp)
	for _, name := range wsapi.Keys() {
		key, err := s.Key(name)
		if err != nil {
			return nil, err
		}
		s.Ref(key)
		m.keys[name] = key
	}
	m.onMessage = m.keys[wsapi.OnMessage]
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

// errInCoroutine is returned by Pump where a callback would not run on the main
// coroutine.
var errInCoroutine = errors.New("the pump was called from a coroutine")

// Pump runs callbacks until there are no more events or the budget is spent, and returns
// how many events it took. When some are left the engine's Ready has a value. From within
// a callback or a coroutine it returns an error instead, and takes none.
func (m *Module) Pump(budget engine.Budget) (events int, err error) {
	switch {
	case m.closed:
		return 0, nil
	case m.state.Thread() != m.state.MainThread():
		return 0, errInCoroutine
	}
	return m.session.Dispatch((*handler)(m), budget)
}
