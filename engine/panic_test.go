package engine_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/transport"
)

// panicky is a transport with a method that panics, from one call on.
type panicky struct {
	transport.Conn
	method string
	calls  int  // that go well before
	lie    bool // ReadInto claims more bytes than it had room for, instead of a panic
}

func (p *panicky) enter(method string) {
	if p.method != method {
		return
	}
	if p.calls--; p.calls < 0 {
		panic(method + " has a bug")
	}
}

func (p *panicky) ReadBlock(from transport.Lender) ([]byte, bool, error) {
	p.enter("ReadBlock")
	return p.Conn.ReadBlock(from)
}

func (p *panicky) ReadInto(b []byte) (int, error) {
	p.enter("ReadInto")
	if p.lie {
		return 1 << 30, nil
	}
	return p.Conn.ReadInto(b)
}

func (p *panicky) Write(b []byte) (int, error) { p.enter("Write"); return p.Conn.Write(b) }
func (p *panicky) TryWrite(b []byte) (int, error) {
	p.enter("TryWrite")
	return p.Conn.TryWrite(b)
}

func (p *panicky) CloseWrite() error { p.enter("CloseWrite"); return p.Conn.CloseWrite() }
func (p *panicky) Drain()            { p.enter("Drain"); p.Conn.Drain() }

// A panic in the transport, the reader or the compression ends its connection, with one
// terminal event and nothing left behind. Another connection does not notice.
func TestPanicWhileOpen(t *testing.T) {
	const (
		internal = `error "Underlying Transport Error" internal`
		large    = 200 << 10
	)
	for _, test := range []struct {
		name    string
		conn    panicky
		act     func(*enginetest.Rig, *wstest.Peer)
		want    []string
		phase   engine.Phase
		unsent  engine.Tally
		dropped engine.Tally
	}{
		{name: "the first read", conn: panicky{method: "ReadBlock"},
			act: func(*enginetest.Rig, *wstest.Peer) {}, want: []string{internal}, phase: engine.PhaseOpen},
		{name: "a later read, messages before it", conn: panicky{method: "ReadBlock", calls: 1},
			act: func(_ *enginetest.Rig, peer *wstest.Peer) {
				peer.SendRaw(append(wstest.Text("a").Append(nil), wstest.Text("b").Append(nil)...))
			},
			want: []string{`text "a"`, `text "b"`, internal}, phase: engine.PhaseOpen},
		{name: "a read in the middle of a message", conn: panicky{method: "ReadInto"},
			act: func(_ *enginetest.Rig, peer *wstest.Peer) {
				peer.SendRaw(wstest.Binary(strings.Repeat("x", large)).Append(nil)[:10+100])
			},
			want: []string{internal}, phase: engine.PhaseOpen, dropped: engine.Tally{Messages: 1, Bytes: 100}},
		{name: "the reader", conn: panicky{lie: true},
			act: func(_ *enginetest.Rig, peer *wstest.Peer) {
				peer.SendRaw(wstest.Binary(strings.Repeat("x", large)).Append(nil)[:10+100])
			},
			want: []string{internal}, phase: engine.PhaseOpen, dropped: engine.Tally{Messages: 1, Bytes: 100}},
		{name: "a write", conn: panicky{method: "Write"},
			act:  func(h *enginetest.Rig, _ *wstest.Peer) { h.Send(h.ID, engine.Text, "lost") },
			want: []string{internal}, phase: engine.PhaseOpen, unsent: engine.Tally{Messages: 1, Bytes: 4}},
		{name: "a write within Flush", conn: panicky{method: "TryWrite"},
			act: func(h *enginetest.Rig, _ *wstest.Peer) {
				h.Queue(h.ID, engine.Text, "lost")
				h.Flush()
			},
			want: []string{internal}, phase: engine.PhaseOpen, unsent: engine.Tally{Messages: 1, Bytes: 4}},
		{name: "the answer to a ping", conn: panicky{method: "Write"},
			act: func(_ *enginetest.Rig, peer *wstest.Peer) {
				peer.SendRaw(append(wstest.Text("a").Append(nil), wstest.Ping("p").Append(nil)...))
			},
			want: []string{`text "a"`, internal}, phase: engine.PhaseOpen},
		{name: "a later piece of a long message", conn: panicky{method: "Write", calls: 1},
			act:  func(h *enginetest.Rig, _ *wstest.Peer) { h.Send(h.ID, engine.Text, strings.Repeat("x", large)) },
			want: []string{internal}, phase: engine.PhaseOpen, unsent: engine.Tally{Messages: 1, Bytes: large}},
		{name: "the close frame", conn: panicky{method: "Write"},
			act:  func(h *enginetest.Rig, _ *wstest.Peer) { h.Close(h.ID, 1000, "") },
			want: []string{`close 1006 "Underlying Transport Error"`}, phase: engine.PhaseClosing},
		{name: "the answer to a close frame", conn: panicky{method: "Write"},
			act:  func(_ *enginetest.Rig, peer *wstest.Peer) { peer.SendRaw(wstest.Close(1000, "bye").Append(nil)) },
			want: []string{`close 1000 "bye" clean`}, phase: engine.PhaseClosing},
		{name: "a write while the inbox is full", conn: panicky{method: "Write"},
			act: func(h *enginetest.Rig, peer *wstest.Peer) {
				peer.SendRaw(bytes.Repeat(wstest.Text("12345678").Append(nil), 8))
				synctest.Wait()
				h.Send(h.ID, engine.Text, "lost")
			},
			want:  append(slices.Repeat([]string{`text "12345678"`}, 8), internal),
			phase: engine.PhaseOpen, unsent: engine.Tally{Messages: 1, Bytes: 4}},
		{name: "compression",
			act: func(h *enginetest.Rig, _ *wstest.Peer) {
				h.BreakCompressor(h.ID)
				h.Send(h.ID, engine.Text, strings.Repeat("lost", 100))
			},
			want: []string{internal}, phase: engine.PhaseOpen, unsent: engine.Tally{Messages: 1, Bytes: 400}},
		{name: "the end of our half, after the terminal event", conn: panicky{method: "CloseWrite"},
			act:  func(_ *enginetest.Rig, peer *wstest.Peer) { peer.SendRaw(wstest.Close(1000, "bye").Append(nil)) },
			want: []string{`close 1000 "bye" clean`}, phase: engine.PhaseClosing},
		{name: "the wait for the peer's end", conn: panicky{method: "Drain"},
			act:  func(_ *enginetest.Rig, peer *wstest.Peer) { peer.SendRaw(wstest.Close(1000, "bye").Append(nil)) },
			want: []string{`close 1000 "bye" clean`}, phase: engine.PhaseClosing},
	} {
		inBubble(t, test.name, func(t *testing.T) {
			var log bytes.Buffer
			h := enginetest.New(t, engine.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			streams := make(map[string]*stream)
			h.UseTransport(func(url string) transport.Conn {
				s := newStream()
				if streams[url] = s; url != "ws://bad.test/" {
					return s
				}
				conn := test.conn
				conn.Conn = s
				return &conn
			})
			neighbour := h.Connect("ws://good.test/", engine.ConnectOptions{})
			h.WantOf(neighbour, "open")
			h.ID = h.Connect("ws://bad.test/", engine.ConnectOptions{ReceiveQueue: 300})
			h.Want("open")
			begin := time.Now()
			test.act(h, wstest.NewPeer(t, &streamPeer{stream: streams["ws://bad.test/"]}))
			h.Want(test.want...)
			if took := time.Since(begin); took > 0 {
				t.Errorf("the end took %v", took)
			}
			end := h.End(h.ID)
			if end.Unsent != test.unsent || end.Dropped != test.dropped || end.Phase != test.phase {
				t.Errorf("end %+v", end)
			}
			if end.Category == engine.CategoryInternal && !strings.Contains(end.Detail, "the log has its stack") {
				t.Errorf("detail %q", end.Detail)
			}
			synctest.Wait()
			if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), "panic({") {
				t.Errorf("%d errors in the log:\n%s", n, log.String())
			}
			wstest.NewPeer(t, &streamPeer{stream: streams["ws://good.test/"]}).Send(wstest.Text("x"))
			h.WantOf(neighbour, `text "x"`)
			if n := h.Running(); n != 1 {
				t.Errorf("%d connections have goroutines, want the neighbour alone", n)
			}
			if !streams["ws://bad.test/"].cut {
				t.Error("the transport was not cut")
			}
		})
	}
}

// panickyConn is a connection whose Read or Write panics once gate is closed.
type panickyConn struct {
	net.Conn
	gate        <-chan struct{}
	read, write bool
}

func (c panickyConn) Read(p []byte) (int, error) {
	if c.read {
		<-c.gate
		panic("Read has a bug")
	}
	return c.Conn.Read(p)
}

func (c panickyConn) Write(p []byte) (int, error) {
	if c.write {
		<-c.gate
		panic("Write has a bug")
	}
	return c.Conn.Write(p)
}

// A panic on the way to open ends its connection, and the socket is closed. Where the script closes
// the id, it does so while the function that will panic is being called.
func TestPanicWhileConnecting(t *testing.T) {
	for _, test := range []struct {
		name  string
		wrap  func(conn net.Conn, gate <-chan struct{}) net.Conn
		phase engine.Phase
	}{
		{"the dialer", func(conn net.Conn, gate <-chan struct{}) net.Conn {
			<-gate
			conn.Close()
			panic("the dialer has a bug")
		}, engine.PhaseTCP},
		{"the request", func(conn net.Conn, gate <-chan struct{}) net.Conn {
			return panickyConn{Conn: conn, gate: gate, write: true}
		}, engine.PhaseHandshake},
		{"the answer", func(conn net.Conn, gate <-chan struct{}) net.Conn {
			return panickyConn{Conn: conn, gate: gate, read: true}
		}, engine.PhaseHandshake},
	} {
		for _, closed := range []bool{false, true} {
			inBubble(t, test.name, func(t *testing.T) {
				var log bytes.Buffer
				var h *enginetest.Rig
				gate := make(chan struct{})
				h = enginetest.New(t, engine.Options{
					Logger: slog.New(slog.NewTextHandler(&log, nil)),
					DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
						conn, err := h.Net.DialContext(context.WithoutCancel(ctx), network, addr)
						if err != nil {
							return nil, err
						}
						return test.wrap(conn, gate), nil
					},
				})
				h.ID = h.Connect(enginetest.URL, engine.ConnectOptions{})
				wstest.Accept(t, h.Listener)
				synctest.Wait()
				if closed {
					h.Close(h.ID, 1000, "")
				}
				close(gate)
				if closed {
					h.Want(`close 1006 ""`)
				} else {
					h.Want(`error "Underlying Transport Error" internal`)
					if end := h.End(h.ID); end.Phase != test.phase || !strings.Contains(end.Detail, "has a bug") {
						t.Errorf("end %+v", end)
					}
				}
				synctest.Wait()
				if n := h.Net.OpenConns(); n != 0 || h.Running() != 0 {
					t.Errorf("%d connections open, %d running", n, h.Running())
				}
				if !strings.Contains(log.String(), "/engine/panic_test.go") {
					t.Errorf("the log has no stack:\n%s", log.String())
				}
			})
		}
	}
}

// The other functions of an embedder that are called on the way to open.
func TestPanicOfOptions(t *testing.T) {
	cert := wstest.Certificate(t, "127.0.0.1")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(20 * time.Second))
				server := tls.Server(conn, cert.Server)
				_ = server.Handshake() // fails after the client's half
				if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error("a socket was left open")
				}
			})
		}
	})
	defer served.Wait()
	defer l.Close()
	for _, test := range []struct {
		name, url, want string
		opts            engine.Options
		connect         engine.ConnectOptions
	}{
		{name: "Proxy", url: "ws://" + l.Addr().String(), want: `error "Underlying Transport Error" internal`,
			opts: engine.Options{Proxy: func(*url.URL) (engine.Proxy, error) { panic("it has a bug") }}},
		{name: "Policy", url: "ws://" + l.Addr().String(), want: `error "Connection rejected" denied`,
			opts: engine.Options{Policy: func(context.Context, string, netip.AddrPort) error {
				panic("it has a bug")
			}}},
		{name: "ReadFile", url: "wss://" + l.Addr().String(), want: `error "Underlying Transport Error" internal`,
			opts:    engine.Options{ReadFile: func(string) ([]byte, error) { panic("it has a bug") }},
			connect: engine.ConnectOptions{TLS: engine.TLSOptions{CA: "ca.pem"}}},
		{name: "TLSConfig", url: "wss://" + l.Addr().String(), want: `error "Underlying Transport Error" internal`,
			opts: engine.Options{TLSConfig: &tls.Config{RootCAs: cert.Roots,
				VerifyConnection: func(tls.ConnectionState) error { panic("it has a bug") }}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			test.opts.Logger = slog.New(slog.NewTextHandler(&log, nil))
			eng := engine.New(test.opts)
			id, err := eng.Connect(test.url, test.connect)
			if err != nil {
				t.Fatal(err)
			}
			ends := 0
			pump(t, eng, handler{ended: func(of engine.ID, end *engine.End) {
				ends++
				got := enginetest.EndString(end)
				if of != id || got != test.want || !strings.Contains(end.Detail, "it has a bug") {
					t.Errorf("%s, want %s: %s", got, test.want, end.Detail)
				}
			}}, func() bool { return ends > 0 })
			if err := eng.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if ends != 1 || eng.Live() != 0 {
				t.Errorf("%d ends, %d live", ends, eng.Live())
			}
			if !strings.Contains(log.String(), "/engine/panic_test.go") {
				t.Errorf("the log has no stack:\n%s", log.String())
			}
		})
	}
}

// A panic in the middle of a step, here of the embedder's logger on readLoop, ends the
// process: nobody may go on with a state that is half changed.
func TestPanicEndsTheProcess(t *testing.T) {
	const variable = "TIDEWIRE_TEST_PANIC"
	if os.Getenv(variable) != "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		eng := engine.New(engine.Options{Logger: slog.New(panickyLog{})})
		if _, err := eng.Connect("ws://"+l.Addr().String(), engine.ConnectOptions{}); err != nil {
			t.Fatal(err)
		}
		peer := wstest.Accept(t, l)
		peer.Handshake(wstest.Answer{})
		<-eng.Ready()
		peer.Close(1000, "")
		<-make(chan struct{})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestPanicEndsTheProcess$")
	child.Env = append(os.Environ(), variable+"=1")
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(out), "panic: the log has a bug") {
		t.Errorf("%v\n%s", err, out)
	}
}

// panickyLog panics at the line that says that an open connection ends.
type panickyLog struct{}

func (panickyLog) Enabled(context.Context, slog.Level) bool { return true }
func (p panickyLog) WithAttrs([]slog.Attr) slog.Handler     { return p }
func (p panickyLog) WithGroup(string) slog.Handler          { return p }
func (panickyLog) Handle(_ context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "connection: open") {
		panic("the log has a bug")
	}
	return nil
}
