package wsapi_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/modules/wsapi"
)

// table is a Lua table without a VM: pairs in the order of their setting.
type table struct {
	pairs   []pair
	index   *table // __index
	failing error  // of every method
}

type pair struct{ key, value wsapi.Value }

var _ wsapi.Table = (*table)(nil)

// lua makes a Value of a Go value in a test: nil, bool, float64, int, string, *table, or
// a wsapi.Type for a value of that type.
func lua(value any) wsapi.Value {
	switch value := value.(type) {
	case nil:
		return wsapi.Value{Type: wsapi.Nil}
	case bool:
		return wsapi.Value{Type: wsapi.Boolean, Bool: value}
	case int:
		return wsapi.Value{Type: wsapi.Number, Number: float64(value)}
	case float64:
		return wsapi.Value{Type: wsapi.Number, Number: value}
	case string:
		return wsapi.Value{Type: wsapi.String, Text: value}
	case *table:
		return wsapi.Value{Type: wsapi.TableOf, Table: value}
	case wsapi.Type:
		return wsapi.Value{Type: value}
	}
	panic("no Lua value")
}

// tableOf returns a table of keys and values in turn.
func tableOf(keysAndValues ...any) *table {
	t := &table{}
	for i := 0; i < len(keysAndValues); i += 2 {
		t.pairs = append(t.pairs, pair{lua(keysAndValues[i]), lua(keysAndValues[i+1])})
	}
	return t
}

// list returns a table with values under 1, 2, 3 …
func list(values ...any) *table {
	t := &table{}
	for i, value := range values {
		t.pairs = append(t.pairs, pair{lua(i + 1), lua(value)})
	}
	return t
}

func (t *table) get(key wsapi.Value) wsapi.Value {
	for _, p := range t.pairs {
		if p.key.Type == key.Type && p.key.Text == key.Text && p.key.Number == key.Number {
			return p.value
		}
	}
	return lua(nil)
}

func (t *table) Field(name string) (wsapi.Value, error) {
	if t.failing != nil {
		return wsapi.Value{}, t.failing
	}
	if value := t.get(lua(name)); value.Type != wsapi.Nil || t.index == nil {
		return value, nil
	}
	return t.index.Field(name)
}

func (t *table) Index(i int) (wsapi.Value, error) { return t.get(lua(i)), t.failing }

func (t *table) Pairs(yield func(key, value wsapi.Value) bool) error {
	for _, p := range t.pairs {
		if p.value.Type != wsapi.Nil && !yield(p.key, p.value) {
			break
		}
	}
	return t.failing
}

// fakeEngine notes its calls. Its ids begin at 101, so that they are never the script's.
type fakeEngine struct {
	connects   []engine.ConnectOptions
	sends      []string
	closes     []fakeClose
	events     []func(engine.Handler)
	connectErr error

	messages int // that wait to be written
	bytes    int64
	marks    []int64
	refusing bool // Connect gives out ids of nothing
}

type fakeClose struct {
	id     engine.ID
	code   int
	reason string
}

func (f *fakeEngine) Connect(_ string, opts engine.ConnectOptions) (engine.ID, error) {
	if f.connectErr != nil {
		return 0, f.connectErr
	}
	f.connects = append(f.connects, opts)
	return engine.ID(100 + len(f.connects)), nil
}

func (f *fakeEngine) Flush() {}

func (f *fakeEngine) Defaults() engine.ConnectOptions { return engine.ConnectOptions{} }

func (f *fakeEngine) Queue(id engine.ID, kind engine.Kind, data string) error {
	if kind == engine.Text && !utf8.ValidString(data) {
		return engine.ErrInvalidUTF8
	}
	f.sends = append(f.sends, data)
	return nil
}

func (f *fakeEngine) Close(id engine.ID, code int, reason string) error {
	switch {
	case code == 0:
		code = 1000
	case code != 1000 && (code < 3000 || code > 4999):
		return engine.ErrCloseCode
	case len(reason) > 123:
		return engine.ErrCloseReason
	}
	f.closes = append(f.closes, fakeClose{id, code, reason})
	return nil
}

func (f *fakeEngine) Buffered(engine.ID) (messages int, bytes int64) { return f.messages, f.bytes }

func (f *fakeEngine) Mark(_ engine.ID, bytes int64) (live bool) {
	f.marks = append(f.marks, bytes)
	return !f.refusing
}

func (f *fakeEngine) TookLong() {}

func (f *fakeEngine) Dispatch(h engine.Handler, _ engine.Budget) int {
	for i, event := range f.events {
		f.events[i] = nil
		event(h)
	}
	n := len(f.events)
	f.events = nil
	return n
}

// rig is a session whose door is a string, over a fake engine, and its log without times.
type rig struct {
	*wsapi.Session[string]
	t      *testing.T
	engine *fakeEngine
	log    *bytes.Buffer
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, engine: &fakeEngine{}, log: &bytes.Buffer{}}
	logger := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	r.Session = wsapi.NewSession[string](r.engine, wsapi.Options{Logger: logger})
	return r
}

// connect begins a connection with these tables; nil callbacks are empty ones.
func (r *rig) connect(callbacks *table, options wsapi.Table) (*wsapi.Connection[string], error) {
	if callbacks == nil {
		callbacks = tableOf()
	}
	return r.Connect(wsapi.ConnectCall[string]{
		URL: "ws://peer.test/", Callbacks: callbacks, Identity: wsapi.IdentityOf(callbacks), Options: options,
		Caller: "bot.lua:1", Door: "door",
	})
}

// live begins a connection that must come about.
func (r *rig) live() *wsapi.Connection[string] {
	r.t.Helper()
	c, err := r.connect(nil, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// wantLog compares the lines that were logged since the last call.
func (r *rig) wantLog(lines ...string) {
	r.t.Helper()
	want := strings.Join(append(lines, ""), "\n")
	if got := r.log.String(); got != want {
		r.t.Errorf("logged\n%swant\n%s", got, want)
	}
	r.log.Reset()
}

// wantArgument checks that err blames an argument with these words.
func wantArgument(t *testing.T, err error, argument int, problem string) {
	t.Helper()
	var bad *wsapi.ArgumentError
	if !errors.As(err, &bad) || bad.Argument != argument || bad.Problem != problem {
		t.Errorf("got  %v\nwant bad argument #%d (%s)", err, argument, problem)
	}
}
