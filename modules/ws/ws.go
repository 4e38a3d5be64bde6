// Package ws gives the scripts of a lua.State the module tide.ws: sockets around those of
// the global websocket. keep is a socket that comes back; buffered and onDrain look at
// send queues. It knows no network: connections are those of modules/websocket.
package ws

import (
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/errorlog"
	"github.com/tidewire/tidewire/internal/modules/gate"
	"github.com/tidewire/tidewire/internal/modules/offer"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/modules/task"
	"github.com/tidewire/tidewire/modules/websocket"
)

// name is the module's name for require.
const name = "tide.ws"

// Host is the loop around the state. Its methods are called on the goroutine that owns
// the state.
type Host interface {
	// After has f called once, d from now, outside of all callbacks, unless cancel is
	// called before or the ending begins. Until then the run goes on.
	After(d time.Duration, f func()) (cancel func())

	// Ending reports whether the ending has begun.
	Ending() bool
}

// Reporter receives the errors of callbacks; see websocket.Reporter.
type Reporter interface {
	Report(where string, err error, attrs ...any)
}

// Options configures a Module. Engine, Sockets and Host are needed.
type Options struct {
	Engine  *engine.Engine
	Sockets *websocket.Module // of the same state, over Engine; its Limits are those of tide.ws, too
	Host    Host

	// Tasks are those of the state: sockets let them wait, and url and headers of keep may be
	// functions. nil lets open raise, and takes no such functions.
	Tasks *task.Scheduler

	// Memory is charged for the messages that kept sockets hold while they are down. nil
	// counts nothing.
	Memory *memory.Account

	// Logger receives messages for a script's author. nil discards them.
	Logger *slog.Logger

	// Errors receives the errors of callbacks. nil logs them to Logger, an identical one
	// at most once a second, with a count.
	Errors Reporter

	// Call calls a callback on the state's main coroutine; see websocket.Options.Call.
	Call func(where string, f lua.Value, args ...lua.Value) error

	// Unheard is called for the end of a kept socket by a failure that no onEnd has seen,
	// after it was logged. nil does nothing.
	Unheard func(end *engine.End)

	// Seed chooses the random pauses of kept sockets. 0 means another choice in each run.
	Seed uint64
}

// Module is tide.ws of one state. It belongs to the goroutine that owns the state.
type Module struct {
	s       *lua.State
	opts    Options
	class   *lua.Table // the metatable of kept sockets
	sockets *lua.Table // that of sockets
	kept    map[*keeper]struct{}
	last    uint64 // how many there were
	hosts   map[string]*host
	soon    []func() // for the next turn
	lookUp  lua.Value
	found   lua.Value // by lookUp; nil in between
	warned  time.Time // when a socket without onDown was logged last
	closing bool      // CloseAll was called
}

// Open lets require find the module. The error is of the state's memory limit.
func Open(s *lua.State, opts Options) (*Module, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Errors == nil {
		opts.Errors = errorlog.New(opts.Logger)
	}
	if opts.Call == nil {
		opts.Call = gate.New(s, gate.Limits{}).Call
	}
	if opts.Unheard == nil {
		opts.Unheard = func(*engine.End) {}
	}
	if opts.Seed == 0 {
		opts.Seed = rand.Uint64()
	}
	m := &Module{
		s:     s,
		opts:  opts,
		kept:  make(map[*keeper]struct{}),
		hosts: make(map[string]*host),
	}
	m.lookUp = s.NewFunction("", func(c *lua.Call) (err error) {
		m.found, err = s.Index(c.Arg(1), c.Arg(2))
		return err
	})
	s.Ref(m.lookUp)
	if err := m.openKept(); err != nil {
		return nil, err
	}
	if err := m.openSockets(); err != nil {
		return nil, err
	}
	return m, offer.Module(s, m.newTable, name)
}

func (m *Module) newTable() (lua.Value, error) {
	table, err := m.s.NewTable(0, 8)
	if err != nil {
		return lua.Nil, err
	}
	return table.Value(), m.s.SetFuncs(table,
		lua.Func{Name: "buffered", Call: m.buffered},
		lua.Func{Name: "onDrain", Call: m.onDrain},
		lua.Func{Name: "keep", Call: m.keep},
		lua.Func{Name: "open", Call: m.open},
	)
}

// CloseAll ends the kept sockets that have no connection just now, with their callbacks.
// Engine.CloseAll ends the others; from both on no socket comes back. Call it in the
// ending, outside of callbacks.
func (m *Module) CloseAll() {
	m.closing = true
	m.runSoon()
	for _, k := range m.inOrder() {
		k.endWithHost()
	}
}

// ending reports whether no socket comes back any longer.
func (m *Module) ending() bool { return m.closing || m.opts.Host.Ending() }

// later calls f in the next turn, or in CloseAll.
func (m *Module) later(f func()) {
	m.soon = append(m.soon, f)
	if len(m.soon) == 1 {
		m.opts.Host.After(0, m.runSoon)
	}
}

func (m *Module) runSoon() {
	soon := m.soon
	m.soon = nil
	for _, f := range soon {
		f()
	}
}

// longCallback is how many steps make a callback long for Engine.TookLong: some 20 µs.
const longCallback = 1000

// run calls a callback, and says so if it took long.
func (m *Module) run(where string, f lua.Value, args ...lua.Value) error {
	before := m.s.Steps()
	err := m.opts.Call(where, f, args...)
	if m.s.Steps()-before > longCallback {
		m.opts.Engine.TookLong()
	}
	return err
}

// callback returns the callback that a table has under a key now, or nil; declined says
// that false is there. An error on the way counts as the callback's own.
func (m *Module) callback(callbacks *lua.Table, key string) (callback lua.Value, declined bool) {
	value := callbacks.GetString(key)
	if value.IsNil() && callbacks.Metatable() != nil {
		name, err := m.s.String(key)
		if err == nil {
			err = m.opts.Call(key, m.lookUp, callbacks.Value(), name)
		}
		m.report(key, err)
		value, m.found = m.found, lua.Nil
	}
	if value.IsFunction() || m.s.Metamethod(value, "__call").IsFunction() {
		return value, false
	}
	return lua.Nil, value == lua.False
}

// report reports the error of a callback, if there is one.
func (m *Module) report(where string, err error, attrs ...any) {
	if err != nil {
		m.opts.Errors.Report(where, err, attrs...)
	}
}
