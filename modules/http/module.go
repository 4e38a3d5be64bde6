// Package http gives the scripts of a lua.State the module tide.http: requests that wait
// for their answer in a task, or call a function with it. It knows no network:
// internal/httpclient makes the requests, and internal/modules/wsapi reads the tables.
package http

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/httpclient"
	"github.com/tidewire/tidewire/internal/modules/errorlog"
	"github.com/tidewire/tidewire/internal/modules/gate"
	"github.com/tidewire/tidewire/internal/modules/offer"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/policy"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/modules/task"
	"github.com/tidewire/tidewire/permission"
)

// moduleName is the name for require.
const moduleName = "tide.http"

// The budget of a Pump that has none.
const (
	defaultEvents = 256
	defaultTime   = 4 * time.Millisecond
)

// Options configures a Module. The zero value works.
type Options struct {
	// Context ends all requests when it is done. nil means that Shutdown alone does.
	Context context.Context

	// Network is the way to servers, as an engine takes it: Policy, Proxy, TLSConfig,
	// RootsName, ReadFile, DialContext, Words, Memory and Logger. The other fields are
	// the engine's. A program with an engine gives both the same Options.
	Network engine.Options

	// Limits bounds the options that the script may give to a request. The zero value limits
	// nothing. Its Words default to those of Network.
	Limits permission.Limits

	// Tasks is the scheduler of the state's tasks, in which calls without onDone wait. nil
	// lets no call wait.
	Tasks *task.Scheduler

	// Notify is called when Ready is sent a value, from any goroutine, for a program that
	// waits for something else. It must not block. nil does nothing.
	Notify func()

	// Errors receives the errors of onDone. nil logs them to Network.Logger, an identical
	// one at most once a second, with a count.
	Errors Reporter

	// Call calls onDone on the state's main coroutine; where is "onDone". It must not keep
	// args. Its error goes to Errors. nil means State.Call0, with a traceback in the
	// error's text if the state makes Tracebacks.
	Call func(where string, f lua.Value, args ...lua.Value) error
}

// Reporter receives the errors of callbacks, on the goroutine that called Pump.
type Reporter interface {
	// Report is called for an error in onDone, which is where. errors.As finds the
	// *lua.Error in err, if Options.Call leaves it there. attrs are slog attributes.
	Report(where string, err error, attrs ...any)
}

// Module is tide.http in one state. It belongs to the goroutine that owns the state, as do
// the callbacks, which run inside Pump and nowhere else; Ready, Live, Refuse, CloseAll and
// Shutdown may be called from any.
//
// Before an embedder closes the state it calls Shutdown, and from then on not Pump. On a
// closed state Pump does nothing.
type Module struct {
	state  *lua.State
	client *httpclient.Client
	opts   Options
	table  *lua.Ref // of the module, once it was asked for

	inside bool // a Pump is under way
	closed bool // the state is
}

// Open lets require find the module, and returns the part of it that is Go's. The error is
// of the state's memory limit.
func Open(s *lua.State, opts Options) (*Module, error) {
	network := &opts.Network
	if network.Logger == nil {
		network.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Errors == nil {
		opts.Errors = errorlog.New(network.Logger)
	}
	if opts.Limits.Words == nil {
		opts.Limits.Words = network.Words
	}
	if opts.Call == nil {
		opts.Call = gate.New(s, gate.Limits{}).Call
	}
	m := &Module{state: s, opts: opts, client: httpclient.New(httpclient.Options{
		Context:     opts.Context,
		Logger:      network.Logger,
		Notify:      opts.Notify,
		Memory:      network.Memory,
		TLSConfig:   network.TLSConfig,
		ReadFile:    network.ReadFile,
		ProxyFor:    proxyFor(network.Proxy),
		DialContext: network.DialContext,
		Policy:      network.Policy,
		NamePolicy:  policy.OfName(network.Policy),
		Words:       network.Words,
		Names:       dial.Names{Field: wsapi.OptionName, Roots: network.RootsName},
	})}
	s.OnClose(func() { m.closed = true })
	return m, offer.Module(s, m.open, moduleName)
}

// proxyFor is the engine's option in dial's words.
func proxyFor(choose func(*url.URL) (engine.Proxy, error)) func(*url.URL) (httpclient.Proxy, error) {
	if choose == nil {
		return nil
	}
	return func(target *url.URL) (httpclient.Proxy, error) {
		chosen, err := choose(target)
		return httpclient.Proxy(chosen), err
	}
}

// open returns the module's table, always the same one.
func (m *Module) open() (lua.Value, error) {
	if m.table == nil {
		table, err := m.state.NewTable(0, 3)
		if err != nil {
			return lua.Nil, err
		}
		if err := m.state.SetFuncs(table,
			lua.Func{Name: "request", Call: m.request},
			lua.Func{Name: "get", Call: m.get},
			lua.Func{Name: "post", Call: m.post},
		); err != nil {
			return lua.Nil, err
		}
		m.table = m.state.Ref(table.Value())
	}
	return m.table.Value(), nil
}

// The errors of a Pump where a callback would not run on the main coroutine.
var (
	errInCallback  = errors.New("the pump was called from a callback")
	errInCoroutine = errors.New("the pump was called from a coroutine")
)

// Ready receives a value when Pump has something to do.
func (m *Module) Ready() <-chan struct{} { return m.client.Ready() }

// Live returns how many requests have a callback or a task that waits for their end.
func (m *Module) Live() int { return m.client.Live() }

// Pump calls the callbacks of requests that have ended until there are no more or the
// budget is spent, and returns how many there were. When some are left Ready has a value.
// From within a callback or a coroutine it returns an error instead, and calls none.
func (m *Module) Pump(budget engine.Budget) (events int, err error) {
	switch {
	case m.closed:
		return 0, nil
	case m.inside:
		return 0, errInCallback
	case m.state.Thread() != m.state.MainThread():
		return 0, errInCoroutine
	}
	if budget.Events <= 0 {
		budget.Events = defaultEvents
	}
	if budget.Time <= 0 {
		budget.Time = defaultTime
	}
	m.inside = true
	defer func() { m.inside = false }()
	began := time.Now()
	for events < budget.Events {
		exchange, result := m.client.Take()
		if exchange == nil {
			return events, nil
		}
		exchange.Data().(*pending).settle(result)
		events++
		if budget.Stop != nil && budget.Stop() || time.Since(began) >= budget.Time {
			break
		}
	}
	m.client.NotifyAgain()
	return events, nil
}

// Refuse lets no further request begin: from then on request, get and post do nothing.
func (m *Module) Refuse() { m.client.Refuse() }

// CloseAll is Refuse, and ends all requests: they fail as closed, in the next Pump.
func (m *Module) CloseAll() { m.client.CloseAll() }

// Shutdown ends all requests and connections, and returns when the last of the Module's
// goroutines has ended, or ctx has, with its error then. It calls nothing.
func (m *Module) Shutdown(ctx context.Context) error { return m.client.Shutdown(ctx) }
