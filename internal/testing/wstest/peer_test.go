package wstest_test

import (
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// failing is a testing.TB that keeps why a test would have ended.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Helper() {}

func (f *failing) Fatal(args ...any) { f.fail(fmt.Sprint(args...)) }

func (f *failing) Fatalf(format string, args ...any) { f.fail(fmt.Sprintf(format, args...)) }

func (f *failing) Errorf(format string, args ...any) { f.said = fmt.Sprintf(format, args...) }

func (f *failing) fail(said string) {
	f.said = said
	panic(f)
}

// wantFailure runs f and wants it to end its test with this text.
func wantFailure(t *testing.T, want string, f func(testing.TB)) {
	t.Helper()
	tb := &failing{TB: t}
	func() {
		defer func() {
			if got := recover(); got != nil && got != any(tb) {
				panic(got)
			}
		}()
		f(tb)
	}()
	if !strings.Contains(tb.said, want) || tb.said == "" {
		t.Errorf("failed with %q, want %q", tb.said, want)
	}
}

// peers returns both sides of a connection with the opening handshake done.
func peers(t *testing.T, serverTB testing.TB) (client, server *wstest.Peer) {
	t.Helper()
	c, s := connect(t, new(wstest.Net))
	client, server = wstest.NewClient(t, c), wstest.NewPeer(serverTB, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		client.Upgrade("/", nil)
	}()
	server.Handshake(wstest.Answer{})
	<-done
	return client, server
}

// The examples of RFC 6455 §5.7, and frames that only a test sends.
func TestFrameBytes(t *testing.T) {
	for _, test := range []struct {
		frame wstest.Frame
		want  string
	}{
		{wstest.Text("Hello"), "810548656c6c6f"},
		{wstest.Frame{Opcode: wstest.OpText, Masked: true, Key: [4]byte{0x37, 0xfa, 0x21, 0x3d},
			Payload: []byte("Hello")},
			"818537fa213d7f9f4d5158"},
		{wstest.Text("Hel").Unfinished(), "010348656c"},
		{wstest.Continuation("lo"), "80026c6f"},
		{wstest.Ping("Hello"), "890548656c6c6f"},
		{wstest.Close(1000, "x"), "880303e878"},
		{wstest.Close(0, ""), "8800"},
		{wstest.Frame{Opcode: 3, RSV: 4, Width: 2, Payload: []byte("a")}, "c37e000161"},
		{wstest.Frame{Opcode: 2, Width: 8}, "827f0000000000000000"},
	} {
		if got := hex.EncodeToString(test.frame.Append(nil)); got != test.want {
			t.Errorf("%v is %s, want %s", test.frame, got, test.want)
		}
	}
	for length, want := range map[int]string{125: "827d", 126: "827e007e", 65535: "827effff",
		65536: "827f0000000000010000"} {
		raw := wstest.Binary(strings.Repeat("\x00", length)).Append(nil)
		if got := hex.EncodeToString(raw[:len(raw)-length]); got != want {
			t.Errorf("header of %d bytes: %s, want %s", length, got, want)
		}
	}
}

func TestFrameString(t *testing.T) {
	for want, frame := range map[string]wstest.Frame{
		`text "x"`:                         wstest.Text("x"),
		`binary unfinished "\x00"`:         wstest.Binary("\x00").Unfinished(),
		`close 1001 "bye"`:                 wstest.Close(1001, "bye"),
		`close ""`:                         wstest.Close(0, ""),
		`opcode 0xb rsv=100 "` + `"`:       {Opcode: 0xB, RSV: 4},
		`ping "` + a(80) + `"`:             wstest.Ping(a(80)),
		`pong "` + a(80) + `"… (81 bytes)`: wstest.Pong(a(81)),
	} {
		if got := frame.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func a(n int) string { return strings.Repeat("a", n) }

func TestPeersTalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := peers(t, t)
		frames := []wstest.Frame{wstest.Text("x"), wstest.Binary(a(126)), wstest.Ping(""), wstest.Text(a(70_000))}
		go client.Send(frames...)
		server.WantFrame(frames...)
		server.Send(wstest.Text("on").Unfinished(), wstest.Continuation("e"), wstest.Pong("p"))
		if got := client.ReadMessage(); got.String() != `text "one"` {
			t.Errorf("message %v", got)
		}
		client.WantFrame(wstest.Pong("p"))
		client.WantSilence(time.Hour)
		server.Close(1001, "bye")
		server.Hangup()
		client.WantFrame(wstest.Close(1001, "bye"))
		client.WantEnd()
	})
}

func TestPeersTalkOverTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	client, server := wstest.NewClient(t, conn), wstest.Accept(t, l)
	done := make(chan *http.Response)
	go func() { done <- client.Upgrade("/chat?x=1", http.Header{"sec-websocket-protocol": {"a, b"}}) }()
	server.Handshake(wstest.Answer{
		Header: http.Header{"sec-websocket-protocol": {"b"}},
		Then:   wstest.Text("early").Append(nil),
	})
	if got := (<-done).Header.Get("Sec-WebSocket-Protocol"); got != "b" {
		t.Errorf("subprotocol %q, want b", got)
	}
	if server.Request.RequestURI != "/chat?x=1" || server.Request.Header.Get("Sec-WebSocket-Protocol") != "a, b" {
		t.Errorf("request %s %v", server.Request.RequestURI, server.Request.Header)
	}
	client.WantFrame(wstest.Text("early"))
	server.Serve()
	client.Send(wstest.Text("thrown away"), wstest.Ping("p"), wstest.Close(4000, "done"))
	client.WantFrame(wstest.Pong("p"), wstest.Close(4000, "done"))
	client.WantEnd()
}

func TestMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := peers(t, t)
		server.Mute()
		for range 100 {
			client.Send(wstest.Ping("?"), wstest.Binary(a(10_000)))
		}
		client.Close(1000, "")
		client.WantSilence(time.Hour)
	})
}

func TestPeerSaysWhatIsWrong(t *testing.T) {
	unmasked := wstest.Text("x")
	masked := wstest.Text("x")
	masked.Masked = true
	wide := masked
	wide.Width = 8
	for _, test := range []struct {
		name, want string
		client     func(*wstest.Peer)
		server     func(*wstest.Peer)
	}{
		{"other frame", `want text "y", got text "x"`,
			func(c *wstest.Peer) { c.Send(wstest.Text("x")) },
			func(s *wstest.Peer) { s.WantFrame(wstest.Text("y")) }},
		{"unfinished frame", `want text "x", got text unfinished "x"`,
			func(c *wstest.Peer) { c.Send(wstest.Text("x").Unfinished()) },
			func(s *wstest.Peer) { s.WantFrame(wstest.Text("x")) }},
		{"nothing", os.ErrDeadlineExceeded.Error(),
			func(*wstest.Peer) {},
			func(s *wstest.Peer) { s.ReadFrame() }},
		{"the end", io.EOF.Error(),
			func(c *wstest.Peer) { c.Hangup() },
			func(s *wstest.Peer) { s.ReadFrame() }},
		{"the end within a frame", io.ErrUnexpectedEOF.Error(),
			func(c *wstest.Peer) { c.SendRaw([]byte{0x81}); c.Hangup() },
			func(s *wstest.Peer) { s.WantEnd() }},
		{"no end", `want the end of the connection, got ping "x"`,
			func(c *wstest.Peer) { c.Send(wstest.Ping("x")) },
			func(s *wstest.Peer) { s.WantEnd() }},
		{"no silence", "want silence, got byte 0x89",
			func(c *wstest.Peer) { c.Send(wstest.Ping("x")) },
			func(s *wstest.Peer) { s.WantSilence(time.Second) }},
		{"silence by hanging up", "want silence, got EOF",
			func(c *wstest.Peer) { c.Hangup() },
			func(s *wstest.Peer) { s.WantSilence(time.Second) }},
		{"§5.1 mask missing", "a client's frame is not masked",
			func(c *wstest.Peer) { c.SendRaw(unmasked.Append(nil)) },
			func(s *wstest.Peer) { s.ReadFrame() }},
		{"§5.2 wide length", "the length is not minimally encoded",
			func(c *wstest.Peer) { c.SendRaw(wide.Append(nil)) },
			func(s *wstest.Peer) { s.ReadFrame() }},
		{"§5.5 control frame of 126 bytes", "a control frame is too long",
			func(c *wstest.Peer) { c.Send(wstest.Ping(a(126))) },
			func(s *wstest.Peer) { s.ReadFrame() }},
		{"§5.5 control frame in pieces", "a control frame is fragmented",
			func(c *wstest.Peer) { c.Send(wstest.Ping("").Unfinished()) },
			func(s *wstest.Peer) { s.ReadFrame() }},
		{"a ping within a message", `want a message, got ping "p"`,
			func(c *wstest.Peer) { c.Send(wstest.Text("x").Unfinished(), wstest.Ping("p")) },
			func(s *wstest.Peer) { s.ReadMessage() }},
		{"reading after Mute", "it goes on alone",
			func(*wstest.Peer) {},
			func(s *wstest.Peer) { s.Mute(); s.ReadFrame() }},
		{"sending to nobody", "broken pipe",
			func(c *wstest.Peer) { c.Hangup() },
			func(s *wstest.Peer) { s.Send(wstest.Text("x")) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wantFailure(t, test.want, func(tb testing.TB) {
					client, server := peers(t, tb)
					test.client(client)
					test.server(server)
				})
			})
		})
	}
}

func TestHandshakeRefusesBadRequests(t *testing.T) {
	good := "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	send := func(t *testing.T, tb testing.TB, request string) (answer string) {
		client, server := connect(t, new(wstest.Net))
		write(t, client, request)
		client.CloseWrite()
		wstest.NewPeer(tb, server).Handshake(wstest.Answer{})
		server.Close()
		got, _ := io.ReadAll(client)
		return string(got)
	}
	synctest.Test(t, func(t *testing.T) {
		want := "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" +
			"Sec-Websocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nUpgrade: websocket\r\n\r\n" // §1.3's example
		if got := send(t, t, good); got != want {
			t.Errorf("answer %q, want %q", got, want)
		}
	})
	for _, change := range [][3]string{
		{"GET", "POST", "want GET"},
		{"HTTP/1.1", "HTTP/1.0", "want HTTP/1.1"},
		{"GET /", "GET http://h/", "target"},
		{"Host: h\r\n", "Host:\r\n", "no Host"},
		{"Upgrade: WebSocket\r\n", "", "Upgrade"},
		{"keep-alive, Upgrade", "close", "Connection"},
		{": 13", ": 8", "want 13"},
		{"dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", "16 bytes"},
		{"\r\n\r\n", "\r\nSec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n\r\n", "one field"},
		{"\r\n\r\n", "\r\n", "unexpected EOF"},
	} {
		synctest.Test(t, func(t *testing.T) {
			wantFailure(t, change[2], func(tb testing.TB) {
				send(t, tb, strings.Replace(good, change[0], change[1], 1))
			})
		})
	}
}

func TestAnswer(t *testing.T) {
	const request = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	for want, answer := range map[string]wstest.Answer{
		"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nno": {
			Status: 404, Body: "no", Header: http.Header{"x-a": {"1"}}},
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-Websocket-Accept: wrong\r\n\r\n\x00": {
			Header: http.Header{"Upgrade": nil, "Sec-WebSocket-Accept": {"wrong"}}, Then: []byte{0}},
		"nonsense\x00": {Raw: "nonsense", Then: []byte{0}},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, server := connect(t, new(wstest.Net))
			write(t, client, request)
			wstest.NewPeer(t, server).Handshake(answer)
			server.Close()
			if got, _ := io.ReadAll(client); string(got) != want {
				t.Errorf("answer %q, want %q", got, want)
			}
		})
	}
}
