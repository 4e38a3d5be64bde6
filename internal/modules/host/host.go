// Package host gives Lua scripts the host and utility tables: handlers, timers and the
// end of the run, over the loop of internal/loop. It knows no connections.
package host

import (
	"log/slog"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/inlet"
	"github.com/tidewire/tidewire/internal/loop"
	"github.com/tidewire/tidewire/internal/modules/errorlog"
	"github.com/tidewire/tidewire/internal/modules/gate"
	"github.com/tidewire/tidewire/internal/modules/handle"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/memory"
)

// Options configures Open. The zero value works.
type Options struct {
	// Logger receives messages for a script's author. nil discards them.
	Logger *slog.Logger

	// Errors receives the errors of handlers and timers. nil logs them to Logger, an
	// identical one at most once a second, with a count.
	Errors Reporter

	// Call calls a handler or timer on the state's main coroutine; where is as for
	// Report. nil means State.Call0, with a traceback in the error's text if the state
	// makes Tracebacks.
	Call func(where string, f lua.Value, args ...lua.Value) error

	// Exit returns the error that unwinds the code that has called host.Exit or os.exit,
	// and that Call does not return. nil means State.Unwind, which ends State.Call with
	// an error of lua.KindUnwind.
	Exit func() error

	// Stdin is the input of host.OnLine, which other readers of the script may share. nil
	// is an empty one.
	Stdin *inlet.Stdin

	// MaxLine is the longest line of Stdin, in bytes; a longer one is an error, and the
	// end of the input. 0 means no limit.
	MaxLine int64

	// Memory is charged for lines of Stdin that are longer than 64 KiB.
	Memory *memory.Account

	// Echo is the URL of an echo server, for the field host.echo. Empty leaves it nil.
	Echo string
}

// Reporter receives the errors of handlers and timers, on the loop's goroutine.
type Reporter interface {
	// Report is called for an error in where: the event's name, or "timer". errors.As
	// finds the *lua.Error in err, if Options.Call leaves it there. attrs are slog
	// attributes.
	Report(where string, err error, attrs ...any)
}

func (o Options) withDefaults(s *lua.State) Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Errors == nil {
		o.Errors = errorlog.New(o.Logger)
	}
	if o.Stdin == nil {
		o.Stdin = inlet.New(nil)
	}
	if o.Call == nil || o.Exit == nil {
		way := gate.New(s, gate.Limits{})
		if o.Call == nil {
			o.Call = way.Call
		}
		if o.Exit == nil {
			o.Exit = way.Exit
		}
	}
	return o
}

// module is the data of the functions of the host table. It belongs to the goroutine that
// owns the state.
type module struct {
	s      *lua.State
	loop   *loop.Loop
	opts   Options
	events UnknownEvents
	begun  time.Time // when host.Clock was 0
	lines  lines
}

// Open sets the globals host, its alias cheat, and utility of a state, and makes os.exit
// end the host. The library os, if the script is to have it, is opened before.
func Open(s *lua.State, h *loop.Loop, opts Options) error {
	m := &module{s: s, loop: h, opts: opts.withDefaults(s), begun: time.Now()}
	m.lines.module = m
	table, err := s.NewTable(0, 16)
	if err != nil {
		return err
	}
	if err := s.SetFuncs(table,
		lua.Func{Name: "Register", Call: m.register},
		lua.Func{Name: "Unregister", Call: m.unregister},
		lua.Func{Name: "After", Call: m.after},
		lua.Func{Name: "Every", Call: m.every},
		lua.Func{Name: "OnLine", Call: m.onLine},
		lua.Func{Name: "Unref", Call: m.unref},
		lua.Func{Name: "Time", Call: m.time},
		lua.Func{Name: "Clock", Call: m.clock},
		lua.Func{Name: "Ending", Call: m.ending},
		lua.Func{Name: "Exit", Call: m.exit},
	); err != nil {
		return err
	}
	if opts.Echo != "" {
		url, err := s.String(opts.Echo)
		if err != nil {
			return err
		}
		if err := table.SetString("echo", url); err != nil {
			return err
		}
	}
	for _, name := range []string{"host", "cheat"} {
		if err := s.SetGlobal(name, table.Value()); err != nil {
			return err
		}
	}
	if err := openUtility(s); err != nil {
		return err
	}
	if library, isTable := s.Global("os").AsTable(); isTable {
		return s.SetFuncs(library, lua.Func{Name: "exit", Call: m.osExit})
	}
	return nil
}

func openUtility(s *lua.State) error {
	count := NewTickCount()
	table, err := s.NewTable(0, 1)
	if err != nil {
		return err
	}
	if err := s.SetFuncs(table, lua.Func{Name: "GetTickCount", Call: func(c *lua.Call) error {
		return c.Return(lua.Number(count.Now()))
	}}); err != nil {
		return err
	}
	return s.SetGlobal("utility", table.Value())
}

// register is host.Register(event, f).
func (m *module) register(c *lua.Call) error {
	name, f := c.String(1), c.Function(2)
	if err := c.Err(); err != nil {
		return err
	}
	name = strings.Clone(name) // it outlives the call
	event := loop.Event(name)
	if !event.Known() {
		if warning := m.events.Warning(name); warning != "" {
			m.opts.Logger.Warn(warning, "event", name, "at", gate.Caller(m.s))
		}
		return c.Return(handle.New(m.s, new(handle.Ended)))
	}
	e, err := m.newEntry(name, f)
	if err != nil {
		return err
	}
	e.number = m.loop.Register(event, e.call)
	return c.Return(handle.New(m.s, e))
}

// after is host.After(ms, f).
func (m *module) after(c *lua.Call) error {
	return m.arm(c, func(e *entry, delay time.Duration) loop.Handle {
		e.once = true
		return m.loop.After(delay, e.call)
	})
}

// every is host.Every(ms, f).
func (m *module) every(c *lua.Call) error {
	return m.arm(c, func(e *entry, period time.Duration) loop.Handle { return m.loop.Every(period, e.call) })
}

func (m *module) arm(c *lua.Call, arm func(e *entry, delay time.Duration) loop.Handle) error {
	milliseconds := c.Number(1)
	if err := c.Err(); err != nil {
		return err
	}
	delay, err := Delay(milliseconds)
	if err != nil {
		return c.ArgError(1, err.Error())
	}
	f := c.Function(2)
	if err := c.Err(); err != nil {
		return err
	}
	if m.loop.Ending() { // it would never be called
		return c.Return(handle.New(m.s, new(handle.Ended)))
	}
	e, err := m.newEntry("timer", f)
	if err != nil {
		return err
	}
	e.number = arm(e, delay)
	return c.Return(handle.New(m.s, e))
}

// time is host.Time().
func (m *module) time(c *lua.Call) error {
	now := time.Now()
	return c.Return(lua.Number(float64(now.Unix()) + float64(now.Nanosecond())/1e9))
}

// clock is host.Clock().
func (m *module) clock(c *lua.Call) error { return c.Return(lua.Number(time.Since(m.begun).Seconds())) }

// ending is host.Ending().
func (m *module) ending(c *lua.Call) error { return c.Return(lua.Bool(m.loop.Ending())) }

// exit is host.Exit([code]).
func (m *module) exit(c *lua.Call) error {
	if c.Arg(1).IsNil() {
		m.loop.End()
		return m.opts.Exit()
	}
	number := c.Number(1)
	if err := c.Err(); err != nil {
		return err
	}
	code, err := ExitCode(number)
	if err != nil {
		return c.ArgError(1, err.Error())
	}
	return m.leave(code)
}

// osExit is os.exit([code]).
func (m *module) osExit(c *lua.Call) error {
	if success := c.Arg(1); success.Kind() == lua.KindBool {
		return m.leave(OSExitSuccess(success.Truth()))
	}
	number := c.OptNumber(1, 0)
	if err := c.Err(); err != nil {
		return err
	}
	return m.leave(OSExitCode(number))
}

// leave ends the host and unwinds the running code.
func (m *module) leave(code int) error {
	m.loop.Exit(code)
	return m.opts.Exit()
}
