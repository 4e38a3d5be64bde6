package wsapi_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
)

func TestIDsCountUpFromOneAndARaiseUsesNone(t *testing.T) {
	r := newRig(t)
	if c := r.live(); c.Number != 1 || c.Door != "door" {
		t.Errorf("got %+v", c)
	}
	if _, err := r.connect(nil, tableOf("nonsense", 1)); err == nil {
		t.Error("an unknown option passed")
	}
	r.End(101)
	if c := r.live(); c.Number != 2 {
		t.Errorf("got %+v", c)
	}
	if got := r.engine.connects[0].Caller; got != "bot.lua:1" {
		t.Errorf("the engine was told that %q called", got)
	}
}

// R5: a number that is not exactly a live id is an unknown one.
func TestIDIsNeverTruncated(t *testing.T) {
	r := newRig(t)
	r.live()
	for _, other := range []float64{1.5, 0.9999999, -1, 0, math.NaN(), math.Inf(1), 1 << 53, 1<<32 + 1, 101} {
		if err := r.Send(other, "lost", engine.DefaultKind); err != nil {
			t.Errorf("Send(%v): %v", other, err)
		}
		if err := r.Close(other, 1000, ""); err != nil {
			t.Errorf("Close(%v): %v", other, err)
		}
	}
	if len(r.engine.sends) != 0 {
		t.Errorf("sent %q", r.engine.sends)
	}
	for _, c := range r.engine.closes {
		if c.id != 0 {
			t.Errorf("closed %+v", c)
		}
	}
	if got := strings.Count(r.log.String(), "level=DEBUG"); got != 9 {
		t.Errorf("%d lines for 9 lost messages:\n%s", got, r.log)
	}
	if want := `msg="a message for an ended or unknown id was discarded" id=1.5 bytes=4`; !strings.Contains(r.log.String(), want) {
		t.Errorf("the log lacks %s:\n%s", want, r.log)
	}
}

// R5: arguments are checked before state, also for ended ids.
func TestArgumentsAreCheckedBeforeState(t *testing.T) {
	r := newRig(t)
	live := r.live().Number
	ended := r.live().Number
	r.End(102)
	for _, id := range []float64{live, ended, 99} {
		wantArgument(t, r.Send(id, "\xff", engine.Text), 2, "valid UTF-8 expected")
		for _, code := range []float64{0, 1001, 2999, 5000, 3000.5, -1, math.NaN(), math.Inf(1), 1000 + 65536} {
			wantArgument(t, r.Close(id, code, ""), 2, "1000 or 3000 to 4999 expected")
		}
		wantArgument(t, r.Close(id, 1000, strings.Repeat("x", 124)), 3, "at most 123 bytes of UTF-8 expected")
	}
	r.engine.closes = nil
	for _, code := range []float64{wsapi.DefaultCloseCode, 3000, 4999} {
		if err := r.Close(live, code, "bye"); err != nil {
			t.Errorf("Close(%v): %v", code, err)
		}
	}
	if want := []fakeClose{{101, 1000, "bye"}, {101, 3000, "bye"},
		{101, 4999, "bye"}}; !reflect.DeepEqual(r.engine.closes, want) {
		t.Errorf("closed %v, want %v", r.engine.closes, want)
	}
	for _, id := range []float64{live, ended} {
		if err := r.Send(id, "x", engine.DefaultKind); err != nil {
			t.Errorf("Send(%v): %v", id, err)
		}
	}
	if len(r.engine.sends) != 1 {
		t.Errorf("sent %q, want what was for the live one", r.engine.sends)
	}
}

func TestParseKind(t *testing.T) {
	for word, want := range map[string]engine.Kind{"auto": engine.Auto, "text": engine.Text, "binary": engine.Binary} {
		if got, err := wsapi.ParseKind(word); got != want || err != nil {
			t.Errorf("%s: got %v, error %v", word, got, err)
		}
	}
	for _, word := range []string{"", "Text", "default"} {
		_, err := wsapi.ParseKind(word)
		wantArgument(t, err, 3, "invalid option '"+word+"'")
	}
}

func TestFindAndEnd(t *testing.T) {
	r := newRig(t)
	c := r.live()
	for _, look := range []func(engine.ID) *wsapi.Connection[string]{r.Find, r.Find, r.End} {
		if look(101) != c {
			t.Error("the connection is not found")
		}
	}
	r.wantLog()
	if r.Find(101) != nil || r.End(101) != nil || r.End(1) != nil {
		t.Error("what has ended is found")
	}
	const line = `level=DEBUG msg="event of a connection that no script of this state began" engine_id=`
	r.wantLog(line+"101", line+"101", line+"1")
	if held, _ := r.Held(); held != 0 {
		t.Errorf("%d connections are held", held)
	}
}

// The way of a message through a session costs no memory.
func TestFindAllocatesNothing(t *testing.T) {
	r := newRig(t)
	r.live()
	if got := testing.AllocsPerRun(100, func() { r.Find(101) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

// handler calls one function for each event.
type handler struct {
	engine.NopHandler
	event func()
}

func (h handler) Opened(engine.ID, *engine.Info)          { h.event() }
func (h handler) Received(engine.ID, []byte, engine.Kind) { h.event() }
func (h handler) Ended(engine.ID, *engine.End)            { h.event() }
func opened(h engine.Handler)                             { h.Opened(101, nil) }

// R1: calling the pump from a callback is refused, also after a callback that panicked.
func TestDispatchFromACallback(t *testing.T) {
	r := newRig(t)
	inner := errors.New("not called")
	h := handler{event: func() { _, inner = r.Dispatch(handler{}, engine.Budget{}) }}
	r.engine.events = []func(engine.Handler){opened}
	if n, err := r.Dispatch(h, engine.Budget{}); n != 1 || err != nil {
		t.Errorf("took %d events, error %v", n, err)
	}
	if inner != wsapi.ErrInCallback || inner.Error() != "the pump was called from a callback" {
		t.Errorf("from within: %v", inner)
	}

	r.engine.events = []func(engine.Handler){opened}
	func() {
		defer func() { recover() }()
		r.Dispatch(handler{event: func() { panic("boom") }}, engine.Budget{})
	}()
	r.engine.events = nil
	if _, err := r.Dispatch(handler{}, engine.Budget{}); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}

func TestUnheardFailuresAreLogged(t *testing.T) {
	r := newRig(t)
	c := r.live()
	failure := &engine.End{
		Info: engine.Info{URL: "ws://peer.test/" + strings.Repeat("x", 1e6)}, Failed: true, Message: "End of File",
		Detail: "read: EOF",
	}
	r.Unheard(c, failure, false)
	r.wantLog(`level=ERROR msg="a connection failed and no onError is there to see it" id=1 url="ws://peer.test/` +
		strings.Repeat("x", 285) + `… (1000015 bytes)" error="End of File" detail="read: EOF"`)
	r.Unheard(c, failure, true) // onError = false
	r.Unheard(c, &engine.End{Code: 1000, Clean: true}, false)
	r.wantLog()
}

func TestErrorsOfCallbacksAreReported(t *testing.T) {
	r := newRig(t)
	c := r.live()
	for range 3 {
		r.CallbackFailed(c, "onMessage", errors.New("boom"))
	}
	r.wantLog(`level=ERROR msg="onMessage: boom" id=1`)

	var reported []string
	errs := reporter(func(where string, err error, attrs ...any) {
		reported = append(reported, fmt.Sprint(where, " ", err, attrs))
	})
	s := wsapi.NewSession[string](r.engine, wsapi.Options{Errors: errs})
	s.CallbackFailed(c, "onOpen", errors.New("boom"))
	if want := []string{"onOpen boom [id 1]"}; !reflect.DeepEqual(reported, want) {
		t.Errorf("reported %q, want %q", reported, want)
	}
}

type reporter func(where string, err error, attrs ...any)

func (r reporter) Report(where string, err error, attrs ...any) { r(where, err, attrs...) }

// One warning a table names all keys that are nearly a callback's.
func TestLookAlikes(t *testing.T) {
	r := newRig(t)
	callbacks := tableOf("onOpen", true, "OnError", true, "on_close", true, "retries", 5, 1, 1, true, 2,
		"onError", false,
		strings.Repeat("_", 1000)+"onOpen", 1)
	for range 3 {
		r.connect(callbacks, nil)
	}
	const both = `level=WARN msg="unknown callback \"OnError\": did you mean \"onError\"? ` +
		`unknown callback \"on_close\": did you mean \"onClose\"?" caller=bot.lua:1`
	r.wantLog(both)
	r.connect(tableOf("on_message", 1), nil)
	r.wantLog(`level=WARN msg="unknown callback \"on_message\": did you mean \"onMessage\"?" caller=bot.lua:1`)
	r.connect(tableOf("on_message", 1), tableOf("nonsense", 1)) // raises
	r.connect(tableOf("onOpen", 1, "open", 1, "onReopen", 1), nil)
	r.wantLog()
	runtime.KeepAlive(callbacks)
}

// Keys that are a misspelt callback's name, and keys that are not.
func TestMeantCallbacks(t *testing.T) {
	for want, keys := range map[string][]string{
		"onOpen": {"OnOpen", "onopen", "ONOPEN", "on_open", "On_Open", "on-open", "_onOpen", "onOpen_", "onOpne",
			"onOpenn", "onOpn"},
		"onMessage": {"OnMessage", "onmessage", "on_message", "ON_MESSAGE", "onMesage", "onMessages", "onMessgae",
			"o_n_m_e_s_s_a_g_e"},
		"onClose": {"OnClose", "onclose", "on_close", "onClosed", "onClosse", "onCloes"},
		"onError": {"OnError", "onerror", "on_error", "onErrors", "onEror", "onErorr"},
		"": {
			"onOpen", "onMessage", "onClose", "onError", "", "on", "o", "open", "close", "error", "message", "send",
			"Connect",
			"onReopen", "onLose", "onClone", "onOven", "onPing", "onConnect", "onUpdate", "onTick", "onEnd", "onErrand",
			"onMassage", "opOpen", "url", "id", "state", "retries", "on_Öpen", "\xff", "_", "--",
		},
	} {
		for _, key := range keys {
			r := newRig(t)
			r.connect(tableOf(key, true), nil)
			if got := r.log.String(); (got != "") != (want != "") || !strings.Contains(got, want) {
				t.Errorf("%q is taken for %q, want %q", key, got, want)
			}
		}
	}
}

// A script that makes a misspelt table for each of many connections is not remembered for
// ever.
func TestMisspeltTablesAreForgottenWithTheTables(t *testing.T) {
	r := newRig(t)
	for range 20 {
		for range 50 {
			r.connect(tableOf("onopen", true), nil)
		}
		runtime.GC()
	}
	if _, misspelt := r.Held(); misspelt > 400 {
		t.Errorf("%d of 1000 tables are remembered", misspelt)
	}
}
