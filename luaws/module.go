// Package luaws gives Lua scripts on gopher-lua the websocket module: it checks arguments, passes calls to an engine,
// and hands the engine's events to the script's callbacks. It knows no network.
package luaws

import (
	"log/slog"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/lualib"
)

// moduleName is the global, and what a script may require.
const moduleName = "websocket"

// Options configures a Module. The zero value works.
type Options struct {
	// Logger receives what a script's author should know: unhandled onError events, misspelt callbacks. nil discards it.
	Logger *slog.Logger

	// Errors receives the errors of callbacks. nil makes one over Logger.
	Errors *lualib.ErrorLog
}

// Module is the websocket table of one Lua state. It belongs to the goroutine that owns the state, as do the callbacks,
// which run inside Pump and nowhere else.
//
// The script's ids are the module's own: 1, 2, 3 … for each Lua state, and a script reaches no other connection of the
// engine. The engine hands all its events to whoever calls Dispatch, so each Lua state wants an engine of its own.
//
// A host that ends calls Engine.Shutdown, and Pump no more, before it closes the Lua state. On a closed state Pump does
// nothing.
type Module struct {
	main   *lua.LState // the main coroutine, on which all callbacks run
	engine connections
	logger *slog.Logger
	errors *lualib.ErrorLog

	lastNumber lua.LNumber // the id given last
	byNumber   map[lua.LNumber]*connection
	byID       map[engine.ID]*connection

	lookUp     *lua.LFunction // reads a callback through __index, under Call
	found      lua.LValue     // what lookUp found; nil or LNil in between
	pumping    bool
	lookAlikes warnedTables
}

// connections is what the module needs of an engine. Tests give it events to deliver, and ids that no script has.
type connections interface {
	Connect(url string, opts engine.ConnectOptions) (engine.ID, error)
	Send(id engine.ID, kind engine.Kind, data string) error
	Close(id engine.ID, code int, reason string) error
	Dispatch(h engine.Handler, budget engine.Budget) int
}

// connection is what the module holds from Connect until the terminal event is dispatched. A later event cannot find
// it, and its callback table is the script's again.
type connection struct {
	number    lua.LNumber // what the script calls it
	value     lua.LValue  // number, boxed once for all messages
	id        engine.ID   // what the engine calls it
	callbacks *lua.LTable
}

// Open sets the global websocket of L, also for require, and returns the module behind it. L may be any coroutine of
// the state; eng should serve no other.
func Open(L *lua.LState, eng *engine.Engine, opts Options) *Module { return open(L, eng, opts) }

func open(L *lua.LState, eng connections, opts Options) *Module {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Errors == nil {
		opts.Errors = lualib.NewErrorLog(opts.Logger)
	}
	m := &Module{
		main:     mainCoroutine(L),
		engine:   eng,
		logger:   opts.Logger,
		errors:   opts.Errors,
		byNumber: make(map[lua.LNumber]*connection),
		byID:     make(map[engine.ID]*connection),
	}
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

// mainCoroutine returns the coroutine that a state began with. The VM notes it at the first call.
func mainCoroutine(L *lua.LState) *lua.LState {
	if L.G.MainThread != nil {
		return L.G.MainThread
	}
	return L
}

// Pump runs callbacks until there are no more events or the budget is spent, and returns how many events it took; when
// some are left the engine's Ready has a value. From within a callback it raises a Lua error instead.
func (m *Module) Pump(budget engine.Budget) int {
	if m.pumping {
		lualib.Errorf(m.main.G.CurrentThread, "the pump was called from a callback")
	}
	if m.main.IsClosed() {
		return 0
	}
	m.pumping = true
	defer func() { m.pumping = false }()
	return m.engine.Dispatch((*handler)(m), budget)
}

// add takes a connection in and gives it the next number.
func (m *Module) add(id engine.ID, callbacks *lua.LTable) *connection {
	m.lastNumber++
	c := &connection{number: m.lastNumber, value: m.lastNumber, id: id, callbacks: callbacks}
	m.byNumber[c.number] = c
	m.byID[id] = c
	return c
}

// remove forgets a connection at its terminal event.
func (m *Module) remove(c *connection) {
	delete(m.byNumber, c.number)
	delete(m.byID, c.id)
}
