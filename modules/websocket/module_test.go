package websocket_test

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/wscontract"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/modules/websocket"
)

// rig is a state with the module over a fake engine, for the tests of the host's side and
// of this VM alone. wscontract tests the rules that a script may rely on.
type rig struct {
	*lua.State
	t      *testing.T
	engine *wscontract.Engine
	module *websocket.Module
}

func newRig(t *testing.T, state lua.Options, opts websocket.Options) *rig {
	t.Helper()
	r := &rig{State: lua.NewState(state), t: t, engine: &wscontract.Engine{}}
	t.Cleanup(r.Close)
	if err := std.Open(r.State, std.Options{}); err != nil {
		t.Fatal(err)
	}
	var err error
	if r.module, err = websocket.OpenOn(r.State, r.engine, opts); err != nil {
		t.Fatal(err)
	}
	return r
}

// do runs a chunk named bot.lua, which must not fail.
func (r *rig) do(source string) {
	r.t.Helper()
	if _, err := r.Run([]byte(source), "@bot.lua"); err != nil {
		r.t.Fatal(err)
	}
}

// pump dispatches all events and wants so many.
func (r *rig) pump(want int) {
	r.t.Helper()
	if got, err := r.module.Pump(engine.Budget{}); got != want || err != nil {
		r.t.Errorf("the pump took %d events, error %v, want %d", got, err, want)
	}
}

// wantGlobal compares a global variable, which is a string.
func (r *rig) wantGlobal(name, want string) {
	r.t.Helper()
	if got, _ := r.Global(name).AsString(); got != want {
		r.t.Errorf("%s is %q, want %q", name, got, want)
	}
}

// reports are the errors of callbacks.
type reports []error

func (r *reports) Report(_ string, err error, _ ...any) { *r = append(*r, err) }

// Any state will do: one without libraries, without tracebacks, without a log.
func TestOpenOnAPlainState(t *testing.T) {
	s := lua.NewState(lua.Options{})
	defer s.Close()
	fake := &wscontract.Engine{}
	module, err := websocket.OpenOn(s, fake, websocket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{State: s, t: t, engine: fake, module: module}
	r.do(`id = websocket.Connect("ws://peer.test/", {on_open = 1, onOpen = function() seen = "open" nothing() end})`)
	fake.Opened(101, engine.Info{})
	fake.Ended(101, engine.End{Failed: true})
	r.pump(2)
	r.do(`seen = seen .. id`)
	r.wantGlobal("seen", "open1")
}

func TestOpenNeedsMemory(t *testing.T) {
	opened := false
	for limit := int64(9000); limit < 32<<10 && !opened; limit += 64 {
		s := lua.NewState(lua.Options{MaxMemory: limit})
		switch _, err := websocket.OpenOn(s, &wscontract.Engine{}, websocket.Options{}); {
		case err == nil:
			opened = true
		case !errors.Is(err, lua.ErrMemory):
			t.Fatalf("with %d bytes: %v", limit, err)
		}
		s.Close()
	}
	if !opened {
		t.Error("32 KiB are not enough")
	}
}

// The host decides how callbacks are called, and sees their errors whole.
func TestCallIsTheHosts(t *testing.T) {
	var reported reports
	var called []string
	var r *rig
	r = newRig(t, lua.Options{}, websocket.Options{
		Errors: &reported,
		Call: func(where string, f lua.Value, args ...lua.Value) error {
			called = append(called, where)
			return r.Call0(f, args...)
		},
	})
	r.do(`websocket.Connect("ws://peer.test/", setmetatable({onOpen = print}, {__index = function()
		return function() error "boom" end
	end}))`)
	r.engine.Opened(101, engine.Info{})
	r.engine.Ended(101, engine.End{Code: 1000})
	r.pump(2)
	if want := []string{"onOpen", "onClose", "onClose"}; !slices.Equal(called, want) { // a look-up and its callback
		t.Errorf("called %q, want %q", called, want)
	}
	var raised *lua.Error
	if len(reported) != 1 || !errors.As(reported[0], &raised) || raised.Message != "bot.lua:2: boom" {
		t.Errorf("reported %v", reported)
	}
}

// Without a Reporter an error goes to the Logger, once a second.
func TestErrorsAreLogged(t *testing.T) {
	var log bytes.Buffer
	r := newRig(t, lua.Options{}, websocket.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	r.do(`websocket.Connect("ws://peer.test/", {onMessage = function() error "boom" end})`)
	for range 3 {
		r.engine.Received(101, "x", engine.Text)
	}
	r.pump(3)
	if _, got, _ := strings.Cut(log.String(), " "); got != "level=ERROR msg=\"onMessage: bot.lua:1: boom\" id=1\n" {
		t.Errorf("logged %s", log.String())
	}
}

// A callback that does not end, or its look-up, ends at an interrupt; the next one runs.
func TestCallbacksCanBeInterrupted(t *testing.T) {
	enough := errors.New("enough")
	for _, callbacks := range []string{
		`{onOpen = function() while true do end end, onMessage = function() seen = "next" end}`,
		`setmetatable({onMessage = function() seen = "next" end}, {__index = function() while true do end end})`,
	} {
		var reported reports
		r := newRig(t, lua.Options{}, websocket.Options{Errors: &reported})
		r.do(`websocket.Connect("ws://peer.test/", ` + callbacks + `)`)
		r.engine.Opened(101, engine.Info{})
		timer := time.AfterFunc(10*time.Millisecond, func() { r.Interrupt(enough) })
		r.pump(1)
		timer.Stop()
		r.ClearInterrupt()
		if len(reported) != 1 || !errors.Is(reported[0], enough) {
			t.Errorf("reported %v", reported)
		}
		r.engine.Received(101, "x", engine.Text)
		r.pump(1)
		r.wantGlobal("seen", "next")
	}
}

// A panic of a host's function ends its callback alone, and its error has Go's stack.
func TestAPanicInACallback(t *testing.T) {
	var reported reports
	r := newRig(t, lua.Options{}, websocket.Options{Errors: &reported})
	crash := r.NewFunction("crash", func(*lua.Call) error { panic("crashed") })
	if err := r.SetGlobal("crash", crash); err != nil {
		t.Fatal(err)
	}
	r.do(`websocket.Connect("ws://peer.test/", {
		onOpen = function() local kept = "kept" get = function() return kept end pcall(crash) end,
		onMessage = function(data) seen = get() .. data end,
	})`)
	r.engine.Opened(101, engine.Info{})
	r.engine.Received(101, "x", engine.Text)
	r.pump(2)
	r.wantGlobal("seen", "keptx")
	var panicked *lua.PanicError
	if len(reported) != 1 || !errors.As(reported[0], &panicked) || panicked.Value != "crashed" ||
		!strings.Contains(reported[0].Error(), "TestAPanicInACallback") {
		t.Errorf("reported %v", reported)
	}
}

// Messages for which there is no memory are errors of their callbacks; others come
// through.
func TestMessagesWithoutMemory(t *testing.T) {
	var reported reports
	r := newRig(t, lua.Options{MaxMemory: 1 << 20, MaxString: 1 << 20}, websocket.Options{Errors: &reported})
	r.do(`websocket.Connect("ws://peer.test/", {onMessage = function(data) last = data end})`)
	large := strings.Repeat("x", 1<<20)
	for range 40 {
		r.engine.Received(101, large, engine.Binary)
		r.engine.Received(101, "ok", engine.Text)
	}
	r.pump(80)
	r.wantGlobal("last", "ok")
	if len(reported) != 40 {
		t.Errorf("%d errors", len(reported))
	}
	for _, err := range reported {
		if !errors.Is(err, lua.ErrMemory) && !errors.Is(err, lua.ErrExhausted) {
			t.Errorf("reported %v", err)
		}
	}
}

// The state's own walk finds the callback table live, and the values that only it holds,
// up to the terminal event.
func TestWeakTablesSeeTheCallbackTable(t *testing.T) {
	r := newRig(t, lua.Options{}, websocket.Options{})
	r.do(`
		weak = setmetatable({}, {__mode = "v"})
		local inner = {}
		weak.inner, weak.callbacks = inner, {
			onMessage = function() return inner end,
			onClose = function() collectgarbage() seen = tostring(weak.callbacks ~= nil) return inner end,
		}
		websocket.Connect("ws://peer.test/", weak.callbacks)
	`)
	want := func(held string) {
		t.Helper()
		r.do(`collectgarbage()`)
		r.do(`seen = tostring(weak.callbacks ~= nil) .. ", " .. tostring(weak.inner ~= nil)`)
		r.wantGlobal("seen", held)
	}
	want("true, true")
	r.engine.Received(101, "x", engine.Text)
	r.pump(1)
	want("true, true")
	r.engine.Ended(101, engine.End{Code: 1000})
	r.pump(1)
	r.wantGlobal("seen", "true") // in onClose
	want("false, false")
}

func TestPumpRefusesACoroutine(t *testing.T) {
	r := newRig(t, lua.Options{}, websocket.Options{})
	pump := r.NewFunction("pump", func(c *lua.Call) error {
		events, err := r.module.Pump(engine.Budget{})
		if err != nil {
			return err
		}
		return c.Return(lua.Int(events))
	})
	if err := r.SetGlobal("pump", pump); err != nil {
		t.Fatal(err)
	}
	r.engine.Opened(101, engine.Info{})
	r.do(`websocket.Connect("ws://peer.test/", {onOpen = function() seen = tostring(coroutine.running()) end})
		refused = select(2, coroutine.resume(coroutine.create(function() pump() end)))
		count = tostring(pump())`)
	r.wantGlobal("refused", "bot.lua:2: the pump was called from a coroutine")
	r.wantGlobal("count", "1")
	r.wantGlobal("seen", "nil")
}

func TestPumpOnAClosedState(t *testing.T) {
	var reported reports
	r := newRig(t, lua.Options{}, websocket.Options{Errors: &reported})
	r.do(`websocket.Connect("ws://peer.test/", {onOpen = function() end})`)
	r.engine.Opened(101, engine.Info{})
	r.Close()
	r.pump(0)
	if len(reported) != 0 {
		t.Errorf("reported %v", reported)
	}
}
