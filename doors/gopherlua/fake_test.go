package gopherlua_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/doors/gopherlua"
	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/errorlog"
)

// fakeEngine notes what it is told and delivers the events that a test gives it. Its ids
// begin at 101, so that they are never those of the script.
type fakeEngine struct {
	connects []fakeConnect
	sends    []fakeSend
	closes   []fakeClose
	events   []func(engine.Handler)

	connectErr error
}

type fakeConnect struct {
	url  string
	opts engine.ConnectOptions
}

type fakeSend struct {
	id   engine.ID
	kind engine.Kind
	data string
}

type fakeClose struct {
	id     engine.ID
	code   int
	reason string
}

func (f *fakeEngine) Connect(url string, opts engine.ConnectOptions) (engine.ID, error) {
	if f.connectErr != nil {
		return 0, f.connectErr
	}
	f.connects = append(f.connects, fakeConnect{url, opts})
	return engine.ID(100 + len(f.connects)), nil
}

func (f *fakeEngine) Send(id engine.ID, kind engine.Kind, data string) error {
	if kind == engine.Text && !utf8.ValidString(data) {
		return engine.ErrInvalidUTF8
	}
	f.sends = append(f.sends, fakeSend{id, kind, data})
	return nil
}

func (f *fakeEngine) Close(id engine.ID, code int, reason string) error {
	if code == 0 {
		code = 1000
	}
	if code != 1000 && (code < 3000 || code > 4999) {
		return engine.ErrCloseCode
	}
	if len(reason) > 123 || !utf8.ValidString(reason) {
		return engine.ErrCloseReason
	}
	f.closes = append(f.closes, fakeClose{id, code, reason})
	return nil
}

func (f *fakeEngine) Dispatch(h engine.Handler, budget engine.Budget) (delivered int) {
	for len(f.events) > 0 && (budget.Events == 0 || delivered < budget.Events) {
		event := f.events[0]
		f.events = f.events[1:]
		event(h)
		delivered++
	}
	return delivered
}

func (f *fakeEngine) opened(id engine.ID, info engine.Info) {
	f.events = append(f.events, func(h engine.Handler) { h.Opened(id, &info) })
}

// received queues a message whose buffer is overwritten as soon as the handler has
// returned.
func (f *fakeEngine) received(id engine.ID, data string, kind engine.Kind) {
	f.events = append(f.events, func(h engine.Handler) {
		buffer := []byte(data)
		h.Received(id, buffer, kind)
		for i := range buffer {
			buffer[i] = '#'
		}
	})
}

func (f *fakeEngine) ended(id engine.ID, end engine.End) {
	f.events = append(f.events, func(h engine.Handler) { h.Ended(id, &end) })
}

// rig is a Lua state with the module over a fake engine, and everything that was logged.
type rig struct {
	t      testing.TB
	L      *lua.LState
	engine *fakeEngine
	module *gopherlua.Module
	log    *bytes.Buffer
	errors *errorlog.Log
}

func newRig(t testing.TB) *rig {
	r := &rig{t: t, engine: &fakeEngine{}, log: &bytes.Buffer{}}
	r.L = lua.NewState()
	t.Cleanup(func() {
		if !r.L.IsClosed() {
			r.L.Close()
		}
	})
	logger := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.errors = errorlog.New(logger)
	r.module = gopherlua.OpenOn(r.L, r.engine, gopherlua.Options{Logger: logger, Errors: r.errors})
	return r
}

// do runs a chunk named bot.lua, which must not fail.
func (r *rig) do(code string) {
	r.t.Helper()
	chunk, err := r.L.Load(strings.NewReader(code), "bot.lua")
	if err != nil {
		r.t.Fatal(err)
	}
	r.L.Push(chunk)
	if err := r.L.PCall(0, 0, nil); err != nil {
		r.t.Fatal(err)
	}
}

// eval returns the text of what an expression list evaluates to last.
func (r *rig) eval(code string) string {
	r.t.Helper()
	r.do("local t = {n = select('#', " + code + "), " + code + "} result = tostring(t[t.n])")
	return r.L.GetGlobal("result").String()
}

func (r *rig) pump() int { return r.module.Pump(engine.Budget{}) }

func (r *rig) wantLog(substrings ...string) {
	r.t.Helper()
	for _, substring := range substrings {
		if !strings.Contains(r.log.String(), substring) {
			r.t.Errorf("the log lacks %q:\n%s", substring, r.log)
		}
	}
}

// endAll ends every connection that was begun.
func (r *rig) endAll() {
	for n := range r.engine.connects {
		r.engine.ended(engine.ID(101+n), engine.End{Code: 1000, Clean: true})
	}
	r.pump()
}
