// Package luahost gives Lua scripts the host and utility tables: handlers, timers and the end of the run, over a
// host.Host. It knows no connections.
package luahost

import (
	"log/slog"
	"math"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/host"
	"github.com/tidewire/tidewire/internal/hostapi"
	"github.com/tidewire/tidewire/lualib"
)

// Options configures Open. The zero value works.
type Options struct {
	// Logger receives what a script's author should know. nil discards it.
	Logger *slog.Logger

	// Errors receives the errors of handlers and timers. nil makes one over Logger.
	Errors *lualib.ErrorLog

	// Echo is the URL of an echo server, for the field host.echo. Empty leaves it nil.
	Echo string
}

// module is what the functions of the host table work on. It belongs to the goroutine that owns the state.
type module struct {
	main   *lua.LState // the main coroutine, on which all handlers run
	host   *host.Host
	logger *slog.Logger
	errors *lualib.ErrorLog
	events hostapi.UnknownEvents
}

// Open sets the globals host, its alias cheat, and utility of L, and makes os.exit end the host. L is the main
// coroutine of a state of lualib.NewState.
func Open(L *lua.LState, h *host.Host, opts Options) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Errors == nil {
		opts.Errors = lualib.NewErrorLog(opts.Logger)
	}
	m := &module{main: L, host: h, logger: opts.Logger, errors: opts.Errors}
	table := L.SetFuncs(L.NewTable(), map[string]lua.LGFunction{
		"Register":   m.register,
		"Unregister": m.unregister,
		"After":      m.after,
		"Every":      m.every,
		"Exit":       m.exit,
	})
	if opts.Echo != "" {
		table.RawSetString("echo", lua.LString(opts.Echo))
	}
	L.SetGlobal("host", table)
	L.SetGlobal("cheat", table)
	L.SetGlobal("utility", L.SetFuncs(L.NewTable(), map[string]lua.LGFunction{
		"GetTickCount": newTickCount(),
	}))
	if lib, ok := L.GetGlobal(lua.OsLibName).(*lua.LTable); ok {
		lib.RawSetString("exit", L.NewFunction(m.osExit))
	}
}

// register is host.Register(event, f).
func (m *module) register(L *lua.LState) int {
	event, f := host.Event(lualib.CheckString(L, 1)), lualib.CheckFunction(L, 2)
	if !event.Known() {
		if warning := m.events.Warning(string(event)); warning != "" {
			m.logger.Warn(warning, "event", event, "at", lualib.Caller(L))
		}
	}
	return pushHandle(L, m.host.Register(event, m.caller(string(event), f)))
}

// unregister is host.Unregister(handle).
func (m *module) unregister(L *lua.LState) int {
	number := lualib.CheckNumber(L, 1)
	if number >= 1 && number < 1<<53 && number == math.Trunc(number) {
		m.host.Unregister(host.Handle(number))
	}
	return 0
}

// caller returns a function that calls f and reports its error as one of where.
func (m *module) caller(where string, f *lua.LFunction) func() {
	return func() {
		m.main.Push(f)
		if err := lualib.CallAs(m.main, where, 0); err != nil {
			m.errors.Report(where, err)
		}
	}
}

func pushHandle(L *lua.LState, handle host.Handle) int {
	L.Push(lua.LNumber(handle))
	return 1
}
