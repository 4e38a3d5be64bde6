package echo_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

func TestMain(m *testing.M) { wstest.Main(m) }

const addr = "echo.test:80"

// serve starts a server on an in-memory network. The test ends with its Close.
func serve(t *testing.T, n *wstest.Net, opts echo.Options) *echo.Server {
	t.Helper()
	l, err := n.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	s := echo.Serve(l, opts)
	t.Cleanup(s.Close)
	return s
}

// dial returns a client that has not yet shaken hands.
func dial(t *testing.T, n *wstest.Net) (*wstest.Peer, *wstest.Conn) {
	t.Helper()
	conn, err := n.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return wstest.NewClient(t, conn), conn.(*wstest.Conn)
}

// bubble runs a test in fake time with a server and one client that has shaken hands.
func bubble(t *testing.T, opts echo.Options,
	test func(t *testing.T, client *wstest.Peer, conn *wstest.Conn, s *echo.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := &wstest.Net{Capacity: 256 << 10}
		s := serve(t, n, opts)
		client, conn := dial(t, n)
		client.Upgrade("/", nil)
		test(t, client, conn, s)
	})
}

// payload is n bytes that repeat at no power of two.
func payload(n int) string {
	return strings.Repeat("0123456789.", n/11+1)[:n]
}

func TestEcho(t *testing.T) {
	cert := wstest.Certificate(t, "127.0.0.1")
	for scheme, opts := range map[string]echo.Options{"ws": {}, "wss": {TLSConfig: cert.Server}} {
		t.Run(scheme, func(t *testing.T) {
			s, err := echo.Start("", opts)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			address, _ := strings.CutPrefix(s.URL(), scheme+"://127.0.0.1:")
			conn, err := net.Dial("tcp", "127.0.0.1:"+strings.TrimSuffix(address, "/"))
			if err != nil {
				t.Fatalf("%s: %v", s.URL(), err)
			}
			if opts.TLSConfig != nil {
				conn = tls.Client(conn, &tls.Config{RootCAs: cert.Roots, ServerName: "127.0.0.1"})
			}
			client := wstest.NewClient(t, conn)
			client.Upgrade("/any/path?x", http.Header{"Origin": {"https://elsewhere.test"}})
			for _, size := range []int{0, 1, 125, 126, 65535, 65536, 1<<20 + 1} {
				for _, message := range []wstest.Frame{wstest.Text(payload(size)), wstest.Binary(payload(size))} {
					sent := make(chan struct{})
					go func() {
						defer close(sent)
						client.Send(message)
					}()
					if got := client.ReadMessage(); got.String() != message.String() ||
						string(got.Payload) != string(message.Payload) {
						t.Fatalf("got %v, want %v", got, message)
					}
					<-sent
				}
			}
			client.Close(1000, "bye")
			client.WantFrame(wstest.Close(1000, "bye"))
			client.WantEnd()
		})
	}
}

func TestEveryByteValue(t *testing.T) {
	bubble(t, echo.Options{}, func(t *testing.T, client *wstest.Peer, _ *wstest.Conn, _ *echo.Server) {
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		client.Send(wstest.Binary(string(all)))
		client.WantFrame(wstest.Binary(string(all)))
	})
}

func TestOrder(t *testing.T) {
	bubble(t, echo.Options{}, func(t *testing.T, client *wstest.Peer, conn *wstest.Conn, _ *echo.Server) {
		conn.Out().ShortReads(1000) // so that reads end anywhere in a frame
		go func() {
			for i := range 10_000 {
				client.Send(wstest.Text(fmt.Sprint(i)))
			}
		}()
		for i := range 10_000 {
			client.WantFrame(wstest.Text(fmt.Sprint(i)))
		}
	})
}

func TestFragmentsAndControlFrames(t *testing.T) {
	bubble(t, echo.Options{}, func(t *testing.T, client *wstest.Peer, _ *wstest.Conn, _ *echo.Server) {
		client.Send(wstest.Pong("unsolicited"))
		client.Send(wstest.Text("on").Unfinished())
		client.Send(wstest.Ping("p"))
		client.WantFrame(wstest.Pong("p"))
		client.Send(wstest.Continuation("").Unfinished(), wstest.Continuation("e"))
		client.WantFrame(wstest.Text("one"))
	})
}

func TestClientCloses(t *testing.T) {
	for _, code := range []int{0, 1000, 1001, 3000, 4999} {
		bubble(t, echo.Options{}, func(t *testing.T, client *wstest.Peer, _ *wstest.Conn, _ *echo.Server) {
			start := time.Now()
			client.Send(wstest.Text("a"), wstest.Ping("p"), wstest.Text("b"), wstest.Close(code, "why"),
				wstest.Text("late"))
			var got []string
			for range 4 {
				got = append(got, client.ReadFrame().String())
			}
			// All that came before the close frame is answered; a pong may overtake a
			// message (RFC 6455 §5.5.2).
			want := []string{`pong "p"`, `text "a"`, `text "b"`, wstest.Close(code, "why").String()}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("code %d: got %q, want %q", code, got, want)
			}
			client.WantEnd()
			if time.Since(start) != 0 {
				t.Errorf("code %d: the server took %v to close its side", code, time.Since(start))
			}
		})
	}
}

// The client goes on sending after a close frame, and nobody waits for it longer than 2
// s.
func TestLinger(t *testing.T) {
	bubble(t, echo.Options{}, func(t *testing.T, client *wstest.Peer, conn *wstest.Conn, _ *echo.Server) {
		client.Send(wstest.Close(1000, ""))
		client.WantFrame(wstest.Close(1000, ""))
		client.WantEnd()
		time.Sleep(1900 * time.Millisecond)
		client.Send(wstest.Text("still here"))
		time.Sleep(200 * time.Millisecond)
		if _, err := conn.Write([]byte{0}); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write after 2.1 s: %v", err)
		}
	})
}

func TestViolations(t *testing.T) {
	masked := func(f wstest.Frame) wstest.Frame {
		f.Masked = true
		return f
	}
	for _, test := range []struct {
		name, reason string
		code         int
		raw          []byte
	}{
		{"§5.1 no mask", "Clients must mask their frames", 1002, wstest.Text("x").Append(nil)},
		{"§5.2 reserved bit", "Invalid use of reserved bits", 1002,
			masked(wstest.Frame{RSV: 4, Opcode: wstest.OpText}).Append(nil)},
		{"§5.2 opcode", "invalid opcode", 1002, masked(wstest.Frame{Opcode: 3}).Append(nil)},
		{"§5.2 wide length", "Payload length was not minimally encoded", 1002,
			masked(wstest.Frame{Opcode: wstest.OpText, Width: 8}).Append(nil)},
		{"§5.4 nothing to continue", "Invalid message continuation", 1002,
			masked(wstest.Continuation("x")).Append(nil)},
		{"§5.5 control frame of 126 bytes", "Control messages are limited to fewer than 125 characters", 1002,
			masked(wstest.Ping(payload(126))).Append(nil)},
		{"§5.5 control frame in pieces", "Control messages cannot be fragmented", 1002,
			masked(wstest.Ping("").Unfinished()).Append(nil)},
		{"§7.4 close code", "Invalid close code used", 1002, masked(wstest.Close(999, "")).Append(nil)},
		{"§8.1 UTF-8", "Invalid UTF8 encoding", 1007, masked(wstest.Text("\xff")).Append(nil)},
		{"§8.1 UTF-8 in a message that goes on", "Invalid UTF8 encoding", 1007,
			masked(wstest.Text("\xff").Unfinished()).Append(nil)},
		{"too big", "A message was too large", 1009, masked(wstest.Binary(payload(1001))).Append(nil)},
		{"empty fragments", "A message was too large", 1009,
			append(masked(wstest.Text("x").Unfinished()).Append(nil),
				bytes.Repeat(masked(wstest.Continuation("").Unfinished()).Append(nil), 10_001)...)},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, echo.Options{MaxMessage: 1000},
				func(t *testing.T, client *wstest.Peer, conn *wstest.Conn, _ *echo.Server) {
					before := masked(wstest.Text(payload(1000))).Append(nil)
					client.SendRaw(append(before, test.raw...))
					client.WantFrame(wstest.Text(payload(1000)), wstest.Close(test.code, test.reason))
					client.WantEnd()
					client.Send(wstest.Binary(payload(100_000))) // read to nowhere: no reset overtakes the close frame
				})
		})
	}
}

// A client that floods with control frames is held back to 10,000 a second, and its
// neighbour does not notice. Close does not wait for the end of the pause.
func TestControlFrameFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &wstest.Net{Capacity: 256 << 10}
		s := serve(t, n, echo.Options{})
		client, conn := dial(t, n)
		client.Upgrade("/", nil)
		neighbour, _ := dial(t, n)
		neighbour.Upgrade("/", nil)
		ping := wstest.Ping("")
		ping.Masked = true
		begin := time.Now()
		var writer sync.WaitGroup
		writer.Go(func() { conn.Write(bytes.Repeat(ping.Append(nil), 300_000)) })
		client.Mute()
		for range 10 {
			neighbour.Send(wstest.Text("x"))
			now := time.Now()
			neighbour.WantFrame(wstest.Text("x"))
			if waited := time.Since(now); waited != 0 {
				t.Errorf("the neighbour waited %v", waited)
			}
			time.Sleep(time.Second)
		}
		writer.Wait()
		if took := time.Since(begin); took < 24*time.Second || took > 29*time.Second {
			t.Errorf("300,000 pings took %v", took)
		}
		end := time.Now()
		s.Close()
		if took := time.Since(end); took > time.Second {
			t.Errorf("Close took %v", took)
		}
	})
}

func TestDefaultMaxMessage(t *testing.T) {
	bubble(t, echo.Options{}, func(t *testing.T, client *wstest.Peer, _ *wstest.Conn, _ *echo.Server) {
		head := []byte{0x82, 0xFF, 0, 0, 0, 0, 0x01, 0xE8, 0x48, 0x01, 0, 0, 0, 0} // 32,000,001 bytes, masked
		client.SendRaw(head)
		client.WantFrame(wstest.Close(1009, "A message was too large"))
	})
}

func TestSubprotocol(t *testing.T) {
	for _, test := range []struct {
		protocols     []string
		offered, want string
	}{
		{nil, "", ""},
		{nil, "a, b", "a"},
		{[]string{"b", "c"}, "a, c, b", "c"},
		{[]string{"b"}, "a", ""},
		{[]string{}, "a", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := new(wstest.Net)
			serve(t, n, echo.Options{Protocols: test.protocols})
			client, _ := dial(t, n)
			header := http.Header{}
			if test.offered != "" {
				header.Set("Sec-WebSocket-Protocol", test.offered)
			}
			resp := client.Upgrade("/", header)
			if got := resp.Header.Get("Sec-WebSocket-Protocol"); got != test.want {
				t.Errorf("%q of %q: got %q, want %q", test.offered, test.protocols, got, test.want)
			}
		})
	}
}

// Frames that come in the same packet as the request.
func TestEagerClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(wstest.Net)
		serve(t, n, echo.Options{})
		client, conn := dial(t, n)
		eager := wstest.Text("eager")
		eager.Masked = true
		client.SendRaw(eager.Append([]byte("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: " +
			"Upgrade\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")))
		got := make([]byte, 1024)
		size := 0
		for !strings.HasSuffix(string(got[:size]), "\r\n\r\n\x81\x05eager") {
			n, err := conn.Read(got[size:])
			if err != nil {
				t.Fatalf("read %q, %v", got[:size], err)
			}
			size += n
		}
	})
}

func TestPlainHTTP(t *testing.T) {
	s, err := echo.Start("127.0.0.1:0", echo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http" + strings.TrimPrefix(s.URL(), "ws"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusUpgradeRequired || !strings.EqualFold(resp.Header.Get("Upgrade"), "websocket") {
		t.Errorf("%s, header %v; want 426 with Upgrade: websocket", resp.Status, resp.Header)
	}
	if !strings.Contains(string(body), "WebSocket") || !strings.HasSuffix(string(body), "\n") {
		t.Errorf("body %q; want a line for a person", body)
	}
}

// A client that is refused while it is sending reads the whole answer: no reset overtakes
// it.
func TestRefusedClientCanRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(wstest.Net)
		serve(t, n, echo.Options{})
		client, conn := dial(t, n)
		client.SendRaw([]byte("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n"))
		client.SendRaw([]byte(payload(1_000_000)))
		answer, err := io.ReadAll(conn)
		if !strings.HasPrefix(string(answer), "HTTP/1.1 405 ") || !strings.HasSuffix(string(answer), "\n") ||
			err != nil {
			t.Errorf("answer %q, %v", answer, err)
		}
	})
}

// Without reading a client gets no further than its own buffers and the server's; taking
// nothing ends it after one to two minutes: here some of the write that got stuck had
// left in the first.
func TestClientThatDoesNotRead(t *testing.T) {
	bubble(t, echo.Options{}, func(t *testing.T, client *wstest.Peer, conn *wstest.Conn, _ *echo.Server) {
		const inFlight = 2*256<<10 + 64<<10 // both directions and the server's own buffers
		flood := wstest.Binary(payload(1000))
		flood.Masked = true
		raw := flood.Append(nil)
		failed := make(chan error)
		go func() {
			for {
				if _, err := conn.Write(raw); err != nil {
					failed <- err
					return
				}
			}
		}()
		start := time.Now()
		time.Sleep(30 * time.Second)
		if got := conn.Out().Written(); got < 256<<10 || got > inFlight {
			t.Errorf("the server took %d bytes and wrote none back", got)
		}
		if err := <-failed; !errors.Is(err, syscall.EPIPE) || time.Since(start) != 2*time.Minute {
			t.Errorf("ended after %v: %v", time.Since(start), err)
		}
	})
}

// As long as it takes something now and then a slow client stays.
func TestSlowClient(t *testing.T) {
	bubble(t, echo.Options{}, func(t *testing.T, client *wstest.Peer, conn *wstest.Conn, _ *echo.Server) {
		conn.In().SetCapacity(64)
		message := wstest.Text(payload(640))
		client.Send(message)
		time.Sleep(50 * time.Second)
		raw := make([]byte, 4+640)
		for at := 0; at < len(raw); at += 64 {
			if _, err := io.ReadFull(conn, raw[at:min(at+64, len(raw))]); err != nil {
				t.Fatalf("byte %d: %v", at, err)
			}
			time.Sleep(50 * time.Second)
		}
		if want := message.Append(nil); string(raw) != string(want) {
			t.Errorf("got %q, want %q", raw, want)
		}
	})
}

func TestSilentClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(wstest.Net)
		serve(t, n, echo.Options{})
		_, conn := dial(t, n)
		start := time.Now()
		io.Copy(io.Discard, conn)
		if got := time.Since(start); got != 10*time.Second {
			t.Errorf("cut after %v, want 10s", got)
		}
	})
}

// Whatever the server has read when a client vanishes, its goroutine ends.
func TestVanishedClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(wstest.Net)
		s := serve(t, n, echo.Options{})
		frame := wstest.Text(payload(130))
		frame.Masked = true
		request := "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
		input := frame.Append(frame.Append([]byte(request)))
		for size := range len(input) + 1 {
			for _, vanish := range []func(*wstest.Conn){(*wstest.Conn).Reset, func(c *wstest.Conn) { c.Close() }} {
				_, conn := dial(t, n)
				conn.Write(input[:size])
				synctest.Wait()
				vanish(conn)
				synctest.Wait()
				if got := echo.Live(s); got != 0 {
					t.Fatalf("vanished after %d bytes: %d connections", size, got)
				}
			}
		}
	})
}

func TestCloseTakesLeave(t *testing.T) {
	bubble(t, echo.Options{}, func(t *testing.T, client *wstest.Peer, conn *wstest.Conn, s *echo.Server) {
		client.Send(wstest.Text("x"))
		client.WantFrame(wstest.Text("x"))
		closed := make(chan time.Duration)
		start := time.Now()
		go func() {
			s.Close()
			closed <- time.Since(start)
		}()
		client.WantFrame(wstest.Close(1001, "the server stops"))
		client.Send(wstest.Close(1001, ""))
		client.WantEnd()
		client.Hangup()
		if got := <-closed; got != 0 {
			t.Errorf("close took %v with a client that answers", got)
		}
		s.Close()
	})
}

// The deadline that wakes a reader leaves TLS able to write.
func TestCloseTakesLeaveOverTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cert := wstest.Certificate(t, "echo.test")
		n := new(wstest.Net)
		s := serve(t, n, echo.Options{TLSConfig: cert.Server})
		_, conn := dial(t, n)
		client := wstest.NewClient(t, tls.Client(conn, &tls.Config{RootCAs: cert.Roots, ServerName: "echo.test"}))
		client.Upgrade("/", nil)
		client.Serve() // answers with its own close frame and ends
		synctest.Wait()
		start := time.Now()
		s.Close()
		if got := time.Since(start); got != 0 {
			t.Errorf("close took %v with a client that answers", got)
		}
	})
}

// A client that has not shaken hands gets no grace.
func TestCloseDuringTheHandshake(t *testing.T) {
	for _, opts := range []echo.Options{{}, {TLSConfig: &tls.Config{}}} {
		synctest.Test(t, func(t *testing.T) {
			n := new(wstest.Net)
			s := serve(t, n, opts)
			client, conn := dial(t, n)
			client.SendRaw([]byte("\x16\x03"))
			synctest.Wait()
			start := time.Now()
			s.Close()
			io.Copy(io.Discard, conn)
			if got := time.Since(start); got != 0 {
				t.Errorf("close took %v", got)
			}
		})
	}
}

// Close ends connections in every state, and the bubble finds any goroutine that stays.
func TestCloseCutsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(wstest.Net)
		s := serve(t, n, echo.Options{})
		for _, prepare := range []func(*wstest.Peer, *wstest.Conn){
			func(*wstest.Peer, *wstest.Conn) {},                                             // says nothing
			func(p *wstest.Peer, _ *wstest.Conn) { p.SendRaw([]byte("GET / HT")) },          // amid its request
			func(p *wstest.Peer, _ *wstest.Conn) { p.Upgrade("/", nil) },                    // answers nothing
			func(p *wstest.Peer, c *wstest.Conn) { p.Upgrade("/", nil); c.Stall() },         // is gone
			func(p *wstest.Peer, _ *wstest.Conn) { p.Upgrade("/", nil); p.Close(1000, "") }, // lingers
			func(p *wstest.Peer, c *wstest.Conn) {
				p.Upgrade("/", nil)
				c.In().SetCapacity(0)
				p.Send(wstest.Text("stuck"))
			},
		} {
			prepare(dial(t, n))
		}
		synctest.Wait()
		if got := echo.Live(s); got != 6 {
			t.Errorf("%d connections, want 6", got)
		}
		start := time.Now()
		s.Close()
		if got := time.Since(start); got != time.Second {
			t.Errorf("close took %v, want the whole grace", got)
		}
		if got := echo.Live(s); got != 0 {
			t.Errorf("%d connections after Close", got)
		}
		if _, err := n.DialContext(t.Context(), "tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial after Close: %v", err)
		}
	})
}

// Many clients are answered, and all of them are given their leave at once.
func TestManyConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(wstest.Net)
		s := serve(t, n, echo.Options{})
		var clients []*wstest.Peer
		for range 200 {
			client, _ := dial(t, n)
			client.Upgrade("/", nil)
			clients = append(clients, client)
		}
		for i, client := range clients {
			client.Send(wstest.Text(fmt.Sprint(i)))
		}
		for i, client := range clients {
			client.WantFrame(wstest.Text(fmt.Sprint(i)))
		}
		for _, client := range clients {
			client.Serve() // answers the server's close frame
		}
		start := time.Now()
		s.Close()
		if took := time.Since(start); took != 0 {
			t.Errorf("close took %v though every client answered", took)
		}
	})
}

// brokenListener cannot accept for a while, as a process without descriptors.
type brokenListener struct {
	net.Listener
	fail     int             // how often
	failures []time.Duration // when Accept failed, since start
	start    time.Time
	once     sync.Once
}

func (l *brokenListener) Accept() (net.Conn, error) {
	l.once.Do(func() { l.start = time.Now() })
	if len(l.failures) < l.fail {
		l.failures = append(l.failures, time.Since(l.start))
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

func TestAcceptFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(wstest.Net)
		l, err := n.Listen(addr)
		if err != nil {
			t.Fatal(err)
		}
		broken := &brokenListener{Listener: l, fail: 200}
		var log bytes.Buffer
		s := echo.Serve(broken, echo.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		defer s.Close()
		client, _ := dial(t, n)
		client.Patience = time.Hour
		client.Upgrade("/", nil)
		for i, at := range broken.failures {
			if want := 5 * time.Millisecond * (1<<i - 1); i < 8 && at != want {
				t.Errorf("try %d after %v, want %v", i, at, want)
			}
			if i > 8 && at-broken.failures[i-1] != time.Second {
				t.Errorf("try %d comes %v after the last one", i, at-broken.failures[i-1])
			}
		}
		// 193 s: a line at once, and one after each full minute.
		if n := strings.Count(log.String(), "too many open files: raise the limit (ulimit -n)"); n != 4 {
			t.Errorf("%d lines in the log, want 4:\n%s", n, log.String())
		}
	})
}

func TestURL(t *testing.T) {
	for _, test := range []struct {
		asked, want string // want without the port
	}{
		{"", "ws://127.0.0.1:"},
		{"127.0.0.1:0", "ws://127.0.0.1:"},
		{"localhost:0", "ws://localhost:"},
		{":0", "ws://127.0.0.1:"},
		{"0.0.0.0:0", "ws://127.0.0.1:"},
	} {
		s, err := echo.Start(test.asked, echo.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.URL(); !strings.HasPrefix(got, test.want) || !strings.HasSuffix(got, "/") ||
			strings.HasSuffix(got, ":0/") {
			t.Errorf("%q: %s, want %s…/", test.asked, got, test.want)
		}
		if _, err := echo.Start(strings.TrimSuffix(s.URL()[len("ws://"):], "/"), echo.Options{}); !errors.Is(err,
			syscall.EADDRINUSE) {
			t.Errorf("a second server on %s: %v", s.URL(), err)
		}
		s.Close()
	}
	if _, err := echo.Start("127.0.0.1", echo.Options{}); err == nil {
		t.Error("no port, no error")
	}
}
