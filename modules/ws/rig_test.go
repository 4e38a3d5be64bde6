package ws_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/loop"
	"github.com/tidewire/tidewire/internal/modules/handle"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/lua"
	"github.com/tidewire/tidewire/lua/std"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/modules/task"
	"github.com/tidewire/tidewire/modules/websocket"
	"github.com/tidewire/tidewire/modules/ws"
	"github.com/tidewire/tidewire/permission"
)

func TestMain(m *testing.M) { wstest.Main(m) }

const (
	addr = "peer.test:80"
	url  = "ws://peer.test/"
)

// rig is a state with the modules on a loop of its own, over an in-memory network. It
// lives in a bubble.
type rig struct {
	t       *testing.T
	network wstest.Net
	state   *lua.State
	engine  *engine.Engine
	loop    *loop.Loop
	tasks   *task.Scheduler
	ws      *ws.Module
	memory  *memory.Account
	log     bytes.Buffer // of the loop's goroutine
	unheard int

	ran   sync.WaitGroup
	begun time.Time
	said  []string // by the script's function say; of the loop's goroutine
}

// options are those of a rig; the zero value works.
type options struct {
	engine engine.Options
	seed   uint64
	memory int64
	limits permission.Limits
}

func newRig(t *testing.T, opts options) *rig {
	t.Helper()
	r := &rig{t: t, begun: time.Now(), memory: memory.New(opts.memory)}
	logger := slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	opts.engine.DialContext, opts.engine.Memory = r.network.DialContext, r.memory
	r.engine = engine.New(opts.engine)
	r.state = lua.NewState(lua.Options{})
	r.must(std.Open(r.state, std.Options{}))
	sockets, err := websocket.Open(r.state, r.engine, websocket.Options{Logger: logger, Limits: opts.limits})
	r.must(err)
	r.tasks, err = task.Open(r.state, pump{r}, task.Options{Logger: logger})
	r.must(err)
	r.loop = loop.New(loop.Options{Events: events{r, r.engine, sockets}, Tasks: tasks{r.tasks}, AfterTurn: func() {
		r.tasks.EndTurn()
		r.engine.Flush()
	}})
	r.ws, err = ws.Open(r.state, ws.Options{
		Engine: r.engine, Sockets: sockets, Host: pump{r}, Tasks: r.tasks, Memory: r.memory, Logger: logger, Seed: opts.seed,
		Unheard: func(*engine.End) { r.unheard++ },
	})
	r.must(err)
	r.must(r.state.SetGlobal("say", r.state.NewFunction("say", r.say)))
	r.must(r.state.SetGlobal("clock", r.state.NewFunction("clock", func(c *lua.Call) error {
		return c.Return(lua.Number(time.Since(r.begun).Seconds()))
	})))
	r.must(r.state.SetGlobal("after", r.state.NewFunction("after", func(c *lua.Call) error {
		f := r.state.Ref(c.Function(2))
		r.loop.After(time.Duration(c.Number(1)*float64(time.Second)), func() { r.must(r.state.Call0(f.Value())) })
		return c.Return()
	})))
	r.must(r.state.SetGlobal("cancel", r.state.NewFunction("cancel", func(c *lua.Call) error {
		handle.At(c, 1).Cancel()
		return c.Return()
	})))
	r.must(r.state.SetGlobal("exit", r.state.NewFunction("exit", func(c *lua.Call) error {
		r.loop.Exit(0)
		return c.Return()
	})))
	t.Cleanup(r.end)
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Error(err)
	}
}

func (r *rig) say(c *lua.Call) error {
	var words []string
	for _, v := range c.Args(1) {
		text, isText := lua.ToText(v)
		if !isText {
			text = map[lua.Value]string{lua.True: "true", lua.False: "false", lua.Nil: "nil"}[v]
		}
		words = append(words, text)
	}
	r.said = append(r.said, strings.Join(words, " "))
	return c.Return()
}

// start runs a script, which goes on until nothing is left to do.
func (r *rig) start(source string) {
	r.ran.Go(func() {
		r.loop.Run(func() error {
			_, err := r.state.Run([]byte(`local ws, task = require "tide.ws", require "tide.task" `+source), "@bot.lua")
			r.must(err)
			return err
		})
	})
}

// run runs a script to its end.
func (r *rig) run(source string) {
	r.start(source)
	r.ran.Wait()
}

// want waits for the script's end and compares what it has said.
func (r *rig) want(lines ...string) {
	r.t.Helper()
	r.ran.Wait()
	if got, want := strings.Join(r.said, "\n"), strings.Join(lines, "\n"); got != want {
		r.t.Errorf("said\n%s\nwant\n%s", got, want)
	}
	r.said = nil
}

func (r *rig) wantLog(parts ...string) {
	r.t.Helper()
	r.ran.Wait()
	log := r.log.String()
	for _, part := range parts {
		if !strings.Contains(log, part) {
			r.t.Errorf("logged\n%swant %s", log, part)
		}
	}
	if len(parts) == 0 && log != "" {
		r.t.Errorf("logged\n%s", log)
	}
}

func (r *rig) end() {
	r.loop.Exit(0)
	r.ran.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r.must(r.engine.Shutdown(ctx))
	r.state.Close()
	if used := r.memory.Used(); used != 0 {
		r.t.Errorf("%d bytes are still charged", used)
	}
}

// listen makes a server's listener.
func (r *rig) listen() *wstest.Listener {
	r.t.Helper()
	l, err := r.network.Listen(addr)
	r.must(err)
	r.t.Cleanup(func() { l.Close() })
	return l
}

// accept answers the next connection.
func (r *rig) accept(l net.Listener) *wstest.Peer {
	r.t.Helper()
	peer := wstest.Accept(r.t, l)
	peer.Handshake(wstest.Answer{})
	return peer
}

// events is the engine as the loop sees it.
type events struct {
	rig *rig
	*engine.Engine
	module *websocket.Module
}

func (e events) Dispatch(most int, d time.Duration) (delivered int) {
	delivered, err := e.module.Pump(engine.Budget{Events: most, Time: d})
	e.rig.must(err)
	return delivered
}

func (e events) CloseAll() {
	e.Engine.CloseAll(1001, "")
	e.rig.ws.CloseAll()
}

// pump is the loop as the modules see it.
type pump struct{ rig *rig }

func (p pump) Ending() bool { return p.rig.loop.Ending() }
func (p pump) After(d time.Duration, f func()) (cancel func()) {
	timer := p.rig.loop.After(d, f)
	return func() { p.rig.loop.Unregister(timer) }
}

// tasks are the tasks as the loop sees them.
type tasks struct{ *task.Scheduler }

func (s tasks) Run(most int, d time.Duration) int {
	return s.Scheduler.Run(task.Budget{Tasks: most, Time: d})
}
func (s tasks) Deadlocked() { panic(s.Deadlock()) }

// server is an echo server that counts its connections.
type server struct {
	net.Listener
	*echo.Server

	mu       sync.Mutex
	accepted []time.Time
	conns    []net.Conn
}

func (r *rig) serve() *server {
	s := &server{Listener: r.listen()}
	s.Server = echo.Serve(s, echo.Options{})
	return s
}

func (s *server) Accept() (net.Conn, error) {
	conn, err := s.Listener.Accept()
	if err == nil {
		s.mu.Lock()
		s.accepted = append(s.accepted, time.Now())
		s.conns = append(s.conns, conn)
		s.mu.Unlock()
	}
	return conn, err
}

func (s *server) Close() error   { return s.Listener.Close() }
func (s *server) Addr() net.Addr { return s.Listener.Addr() }

// crash ends the server without a word to its clients.
func (s *server) crash() {
	s.Listener.Close()
	s.mu.Lock()
	conns := s.conns
	s.mu.Unlock()
	for _, conn := range conns {
		conn.(*wstest.Conn).Reset()
	}
	s.Server.Close()
}

// most returns how many connections came within a second at most, and when the last one
// came.
func (s *server) most() (perSecond int, last time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := 0
	for i, at := range s.accepted {
		for at.Sub(s.accepted[from]) >= time.Second {
			from++
		}
		perSecond, last = max(perSecond, i-from+1), at
	}
	return perSecond, last
}

func bubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}
