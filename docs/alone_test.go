package docs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/modules/crypto"
	"github.com/tidewire/tidewire/modules/encoding"
	"github.com/tidewire/tidewire/modules/http"
	"github.com/tidewire/tidewire/modules/json"
	"github.com/tidewire/tidewire/modules/task"
	"github.com/tidewire/tidewire/modules/websocket"
	"github.com/tidewire/tidewire/modules/ws"
	"github.com/tidewire/tidewire/modules/zlib"
)

// bare is a state without any library. say notes a text.
type bare struct {
	*lua.State
	t    *testing.T
	pump *pump
	said []string
}

func (b *bare) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// run gives a chunk the module of a name.
func (b *bare) run(module, code string) {
	b.t.Helper()
	_, err := b.Run([]byte("local m, say = ... "+code), "@alone.lua", b.Loaded().GetString(module),
		b.NewFunction("say", func(c *lua.Call) error {
			b.said = append(b.said, c.String(1))
			return c.Err()
		}))
	b.must(err)
}

// until pumps until the script has said something.
func (b *bare) until(ready <-chan struct{}, turn func()) {
	b.t.Helper()
	patience := time.After(20 * time.Second)
	for turn(); len(b.said) == 0; turn() {
		select {
		case <-ready:
		case call := <-b.pump.calls:
			call()
		case <-patience:
			b.t.Fatal("the script has said nothing")
		}
	}
}

// policy allows nothing that the scripts below ask for.
func policy(t *testing.T) engine.Policy {
	allowed, err := engine.NewPolicy([]string{"example.org"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return allowed
}

// Each module needs no other, except for those that its Options name, and no library. A
// refusal names no flag.
func TestModulesAlone(t *testing.T) {
	const refused = "127.0.0.1:9: connecting is not allowed"
	for _, alone := range []struct {
		name string
		run  func(b *bare)
		want string // the end of the text that the script says
	}{
		{"json", func(b *bare) {
			b.must(json.Open(b.State))
			b.run("tide.json", `say(m.encode({m.decode("[1]")}))`)
		}, "[[1]]"},
		{"encoding", func(b *bare) {
			b.must(encoding.Open(b.State))
			b.run("tide.encoding", `say(m.base64.encode(m.pack(">I2", 258)))`)
		}, "AQI="},
		{"crypto", func(b *bare) {
			b.must(crypto.Open(b.State))
			b.run("tide.crypto", `say(m.equal(m.hash("md5", ""), "x") and "equal" or "different")`)
		}, "different"},
		{"zlib", func(b *bare) {
			b.must(zlib.Open(b.State))
			b.run("tide.zlib", `say(m.inflate(m.deflate "hello"))`)
		}, "hello"},
		{"task", func(b *bare) {
			tasks, err := task.Open(b.State, b.pump, task.Options{})
			b.must(err)
			b.run("tide.task", `m.go(function() m.sleep(0.001) say "slept" end)`)
			b.until(nil, func() { tasks.Run(task.Budget{}); tasks.EndTurn() })
		}, "slept"},
		{"websocket", func(b *bare) {
			eng := engine.New(engine.Options{Policy: policy(b.t)})
			defer eng.Shutdown(context.Background())
			sockets, err := websocket.Open(b.State, eng, websocket.Options{})
			b.must(err)
			b.run("websocket", `m.Connect("ws://127.0.0.1:9/", {onError = function(_, info) say(info.detail) end})`)
			b.until(eng.Ready(), func() { pumped(b.t, sockets.Pump) })
		}, refused},
		{"ws", func(b *bare) {
			eng := engine.New(engine.Options{Policy: policy(b.t)})
			defer eng.Shutdown(context.Background())
			sockets, err := websocket.Open(b.State, eng, websocket.Options{})
			b.must(err)
			_, err = ws.Open(b.State, ws.Options{Engine: eng, Sockets: sockets, Host: b.pump})
			b.must(err)
			b.run("tide.ws", `m.keep("ws://127.0.0.1:9/", {onEnd = function(info) say(info.detail) end})`)
			b.until(eng.Ready(), func() { pumped(b.t, sockets.Pump) })
		}, refused},
		{"ws in a task", func(b *bare) {
			eng := engine.New(engine.Options{Policy: policy(b.t)})
			defer eng.Shutdown(context.Background())
			sockets, err := websocket.Open(b.State, eng, websocket.Options{})
			b.must(err)
			tasks, err := task.Open(b.State, b.pump, task.Options{})
			b.must(err)
			_, err = ws.Open(b.State, ws.Options{Engine: eng, Sockets: sockets, Host: b.pump, Tasks: tasks})
			b.must(err)
			b.must(b.SetGlobal("task", b.Loaded().GetString("tide.task")))
			b.run("tide.ws", `task.go(function() local _, _, info = m.open "ws://127.0.0.1:9/" say(info.detail) end)`)
			b.until(eng.Ready(), func() { pumped(b.t, sockets.Pump); tasks.Run(task.Budget{}); tasks.EndTurn() })
		}, refused},
		{"ws without tasks", func(b *bare) {
			eng := engine.New(engine.Options{})
			defer eng.Shutdown(context.Background())
			sockets, err := websocket.Open(b.State, eng, websocket.Options{})
			b.must(err)
			_, err = ws.Open(b.State, ws.Options{Engine: eng, Sockets: sockets, Host: b.pump})
			b.must(err)
			for _, call := range []string{
				`open "x"`, `keep(function() end, {})`, `keep("x", {}, {headers = function() end})`,
			} {
				_, err = b.Run([]byte("local m = ... m."+call), "@alone.lua", b.Loaded().GetString("tide.ws"))
				b.said = append(b.said, err.Error())
			}
		}, "alone.lua:1: 'open' waits: call it inside tide.task.go\n" +
			"alone.lua:1: bad argument #1 to 'keep' (string expected, got function)\n" +
			"alone.lua:1: bad argument #3 to 'keep' (field 'headers': table expected, got function)"},
		{"http", func(b *bare) {
			fetch(b, context.Background())
		}, refused},
		{"http after its context", func(b *bare) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			fetch(b, ctx)
		}, "cancelled: context canceled"},
	} {
		t.Run(alone.name, func(t *testing.T) {
			b := &bare{State: lua.NewState(lua.Options{}), t: t, pump: &pump{calls: make(chan func(), 64)}}
			defer b.Close()
			alone.run(b)
			said := strings.Join(b.said, "\n")
			if !strings.HasSuffix(said, alone.want) || strings.Contains(said, "--") {
				t.Errorf("said %q, want %q", said, alone.want)
			}
		})
	}
}

// fetch makes a request that is refused, or that its context ends.
func fetch(b *bare, ctx context.Context) {
	module, err := http.Open(b.State, http.Options{Context: ctx, Network: engine.Options{Policy: policy(b.t)}})
	b.must(err)
	defer module.Shutdown(context.Background())
	b.run("tide.http", `m.get("http://127.0.0.1:9/", function(_, _, info) say(info.detail) end)`)
	b.until(module.Ready(), func() { pumped(b.t, module.Pump) })
}

// pumped calls a Pump, which must not fail.
func pumped(t *testing.T, pump func(engine.Budget) (int, error)) {
	t.Helper()
	if _, err := pump(engine.Budget{}); err != nil {
		t.Fatal(err)
	}
}
