package gopherlua_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/doors/gopherlua"
	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/hostilelua"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// The time of a hostile script, and the patience with everything else.
const (
	hostileTime = 100 * time.Millisecond
	patience    = 30 * time.Second
)

// Each hostile script that the VM can bound ends as its entry says, and the state and its
// connections go on. The host is a careful one: it opens the libraries that compute, takes
// files out of them, bounds the stacks, and gives each Pump a time. The rest of the
// scripts is the host's own to bound, as the README says: they are not run.
func TestHostileScripts(t *testing.T) {
	scripts, err := hostilelua.Scripts()
	if err != nil {
		t.Fatal(err)
	}
	var network wstest.Net
	listen := func(addr string) net.Listener {
		listener, err := network.Listen(addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		return listener
	}
	network.FailDials("gone.test:80", errors.New("refused"))
	network.FailDials("gone.test:443", errors.New("refused"))
	order := listen("order.test:80")
	server := echo.Serve(listen("echo.test:80"), echo.Options{})
	t.Cleanup(func() { server.Close() })
	for _, s := range detector.Some(scripts) {
		if s.Gopher.Kind == hostilelua.Host || s.Gopher.Kind == hostilelua.Absent {
			continue
		}
		t.Run(s.Class+"/"+s.Name, func(t *testing.T) {
			h := newHost(t, &network)
			defer h.close(t)
			h.play(t, s, order)
		})
	}
}

// host is a careful embedder with one script. Its methods are for the test's goroutine.
type host struct {
	L      *lua.LState
	engine *engine.Engine
	module *gopherlua.Module
	log    strings.Builder
	conn   net.Conn
	frames chan string
	reader sync.WaitGroup
}

func newHost(t *testing.T, network *wstest.Net) *host {
	h := &host{frames: make(chan string, 16)}
	h.L = lua.NewState(lua.Options{SkipOpenLibs: true, CallStackSize: 200, RegistrySize: 1 << 10, RegistryMaxSize: 1 << 14})
	for name, open := range map[string]lua.LGFunction{
		lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable, lua.StringLibName: lua.OpenString,
		lua.MathLibName: lua.OpenMath, lua.CoroutineLibName: lua.OpenCoroutine,
	} {
		h.L.Push(h.L.NewFunction(open))
		h.L.Push(lua.LString(name))
		h.L.Call(1, 0)
	}
	for _, name := range []string{"dofile", "loadfile", "require", "module", "collectgarbage", "newproxy", "_printregs"} {
		h.L.SetGlobal(name, lua.LNil)
	}
	h.L.SetGlobal("print", h.L.NewFunction(func(L *lua.LState) int {
		for i := 1; i <= L.GetTop(); i++ {
			L.ToStringMeta(L.Get(i))
		}
		return 0
	}))
	h.engine = engine.New(engine.Options{DialContext: network.DialContext})
	h.module = gopherlua.Open(h.L, h.engine, gopherlua.Options{Logger: slog.New(slog.NewTextHandler(&h.log, nil))})
	return h
}

// play runs a script up to its ending, and then asks it for an echo.
func (h *host) play(t *testing.T, s *hostilelua.Script, order net.Listener) {
	limit := patience
	if s.Gopher.Kind == hostilelua.Stopped {
		limit = hostileTime
	}
	if err := h.L.DoString(s.Code()); err != nil {
		t.Fatal(err)
	}
	accepted := make(chan struct{})
	go func() { // ended by the script's connection
		defer close(accepted)
		h.conn, _ = order.Accept()
	}()
	select {
	case <-accepted:
	case <-time.After(patience):
		t.Fatal("it does not connect")
	}
	wstest.NewPeer(t, h.conn).Handshake(wstest.Answer{})
	h.reader.Go(h.read)

	h.send("attack")
	h.pumpUntil(t, limit, func(message string) bool {
		if s.Gopher.Kind == hostilelua.Passes {
			return message == "done"
		}
		if message == "done" {
			t.Errorf("it has passed; log:\n%.2000s", h.text())
		}
		return message == "done" || strings.Contains(h.text(), "level=ERROR")
	})
	h.wantLog(t, s.Gopher)
	h.send("echo")
	h.pumpUntil(t, limit, func(message string) bool { return message == "echo" })
}

// wantLog holds the log to an ending.
func (h *host) wantLog(t *testing.T, want hostilelua.Ending) {
	t.Helper()
	log, text := h.text(), want.Text
	if want.Kind == hostilelua.Stopped && text == "" {
		text = "context deadline exceeded"
	}
	if want.Kind == hostilelua.Passes {
		if strings.Contains(log, "level=ERROR") {
			t.Errorf("log:\n%.2000s", log)
		}
		return
	}
	named := len(want.Places) == 0
	for _, place := range want.Places {
		named = named || strings.Contains(log, place)
	}
	if !named || !strings.Contains(log, text) {
		t.Errorf("the log lacks %q at %q:\n%.2000s", text, want.Places, log)
	}
}

func (h *host) text() string { return strings.ReplaceAll(h.log.String(), `\"`, `"`) }

// pumpUntil pumps until is true of the last message, "" for none.
func (h *host) pumpUntil(t *testing.T, limit time.Duration, is func(message string) bool) {
	t.Helper()
	late := time.After(patience)
	for {
		message := ""
		select {
		case <-h.engine.Ready():
			h.pump(t, limit)
		case message = <-h.frames:
		case <-late:
			t.Fatalf("it does not answer; log:\n%.2000s", h.text())
		}
		if is(message) {
			return
		}
	}
}

// pump is Pump with a limit of time, as a host gives it.
func (h *host) pump(t *testing.T, limit time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	h.L.SetContext(ctx)
	defer h.L.RemoveContext()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("Pump panics: %v\n%s", p, debug.Stack())
		}
	}()
	h.module.Pump(engine.Budget{})
}

// read reads the script's messages. Ended by the connection's end, joined by close.
func (h *host) read() {
	for {
		frame, err := wstest.ReadFrame(h.conn)
		if err != nil {
			return
		}
		select {
		case h.frames <- string(frame.Payload):
		default: // nobody waits for so many
		}
	}
}

func (h *host) send(text string) { h.conn.Write(wstest.Text(text).Append(nil)) }

func (h *host) close(t *testing.T) {
	if h.conn != nil {
		h.conn.Close()
	}
	h.reader.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.engine.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	h.L.Close()
}
