// Package luahost gives Lua scripts the host and utility tables: handlers, timers and the end of the run, over a
// host.Host. It knows no connections.
package luahost

import (
	"log/slog"
	"math"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/host"
	"github.com/tidewire/tidewire/lualib"
)

const (
	// maxMilliseconds bounds the delays of timers, at some 31 years: what is larger is a slip.
	maxMilliseconds = 1e12

	// maxWarnedEvents bounds the unknown event names remembered. A script that makes up more of them gets no more
	// warnings.
	maxWarnedEvents = 64
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
	warned map[string]bool // unknown event names
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
	m := &module{main: L, host: h, logger: opts.Logger, errors: opts.Errors, warned: make(map[string]bool)}
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
		m.warnUnknown(L, string(event))
	}
	return pushHandle(L, m.host.Register(event, m.caller(string(event), f)))
}

func (m *module) warnUnknown(L *lua.LState, event string) {
	if m.warned[event] || len(m.warned) >= maxWarnedEvents {
		return
	}
	m.warned[event] = true
	m.logger.Warn("unknown event: its handlers never run; the events are onUpdate and shutdown",
		"event", event, "at", lualib.Caller(L))
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
