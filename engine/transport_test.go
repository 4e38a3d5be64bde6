package engine_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// way is one of the transports that carry a session: a net.Conn without a socket, a
// socket, TLS, and a stream that is none of them.
type way struct {
	name string
	open func(testing.TB, engine.ConnectOptions) (*enginetest.Rig, *wstest.Peer)
}

func ways(t testing.TB) []way {
	cert := wstest.Certificate(t, "127.0.0.1")
	return []way{
		{"memory", func(t testing.TB, opts engine.ConnectOptions) (*enginetest.Rig, *wstest.Peer) {
			return enginetest.Open(t, engine.Options{}, opts)
		}},
		{"tcp", func(t testing.TB, opts engine.ConnectOptions) (*enginetest.Rig, *wstest.Peer) {
			return openLoopback(t, nil, opts)
		}},
		{"tls", func(t testing.TB, opts engine.ConnectOptions) (*enginetest.Rig, *wstest.Peer) {
			return openLoopback(t, cert, opts)
		}},
		{"stream", openStream},
	}
}

// openLoopback is enginetest.Open over the loopback interface, with TLS if there is a
// certificate.
func openLoopback(t testing.TB, cert *wstest.Cert, opts engine.ConnectOptions) (*enginetest.Rig, *wstest.Peer) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	options := engine.Options{DialContext: new(net.Dialer).DialContext}
	url := "ws://" + l.Addr().String() + "/"
	if cert != nil {
		options.TLSConfig = &tls.Config{RootCAs: cert.Roots}
		url = "wss://" + l.Addr().String() + "/"
		l = tls.NewListener(l, cert.Server)
	}
	h := enginetest.New(t, options)
	h.ID = h.Connect(url, opts)
	peer := wstest.Accept(t, l)
	peer.Handshake(wstest.Answer{})
	h.Want("open")
	return h, peer
}

// script is frames as a server may send them, and the messages that an embedder is to
// receive.
func script() (raw []byte, want []string) {
	big := strings.Repeat("0123456789abcdef", 80<<10/16)
	for _, frame := range []wstest.Frame{
		wstest.Text("small"),
		wstest.Text(""),
		wstest.Binary("\x00\xff"),
		wstest.Ping("a"),
		wstest.Text("h\xc3").Unfinished(),
		wstest.Ping("between"),
		{Opcode: wstest.OpContinuation, More: true, Payload: []byte("\xa4l\xf0\x9f")},
		wstest.Pong("never asked for"),
		wstest.Continuation("\x98\x80"),
		wstest.Binary(big),
		wstest.Text(big).Unfinished(),
		wstest.Ping(""),
		{Opcode: wstest.OpContinuation, More: true},
		wstest.Continuation(big),
		wstest.Text("last"),
		wstest.Close(4001, "bye"),
	} {
		raw = frame.Append(raw)
	}
	for _, message := range []string{"small", ""} {
		want = append(want, "text "+wstest.Quote([]byte(message)))
	}
	want = append(want, `binary "\x00\xff"`, "text "+wstest.Quote([]byte("h\u00e4l\U0001f600")),
		"binary "+wstest.Quote([]byte(big)), "text "+wstest.Quote([]byte(big+big)), `text "last"`,
		`close 4001 "bye" clean`)
	return raw, want
}

// However a server's bytes are cut, the events are the same on every path.
func TestWays(t *testing.T) {
	raw, want := script()
	large := bytes.Index(raw, []byte("0123456789abcdef"))
	for _, tr := range ways(t) {
		t.Run(tr.name, func(t *testing.T) {
			deliver := func(t *testing.T, write func(conn net.Conn)) {
				h, peer := tr.open(t, engine.ConnectOptions{ReceiveQueue: 100 << 10})
				peer.Mute()
				var writer sync.WaitGroup
				writer.Go(func() { write(peer.Conn) })
				h.Want(want...)
				if end := h.End(h.ID); end.Dropped != (engine.Tally{}) || end.CloseCode != 4001 {
					t.Errorf("end %+v", end)
				}
				writer.Wait()
				peer.Conn.Close()
			}
			t.Run("whole", func(t *testing.T) { deliver(t, func(conn net.Conn) { conn.Write(raw) }) })
			t.Run("byte by byte", func(t *testing.T) {
				deliver(t, func(conn net.Conn) {
					for i := range raw[:large+2000] {
						conn.Write(raw[i : i+1])
					}
					conn.Write(raw[large+2000:])
				})
			})
			t.Run("pieces", func(t *testing.T) {
				random := rand.New(rand.NewPCG(1, 2))
				deliver(t, func(conn net.Conn) {
					for rest := raw; len(rest) > 0; {
						n := min(len(rest), 1+random.IntN(1+random.IntN(40<<10)))
						conn.Write(rest[:n])
						rest = rest[n:]
						runtime.Gosched()
					}
				})
			})
			t.Run("cut", func(t *testing.T) {
				for at := 1; at < large+20; at++ {
					deliver(t, func(conn net.Conn) {
						conn.Write(raw[:at])
						runtime.Gosched()
						conn.Write(raw[at:])
					})
				}
			})
		})
	}
}

// How each transport reports an end without a close frame; messages before it are
// delivered first.
func TestEndsOfWays(t *testing.T) {
	reset := func(p *wstest.Peer) {
		switch conn := p.Conn.(type) {
		case *wstest.Conn:
			conn.Reset()
		case *net.TCPConn:
			conn.SetLinger(0)
			conn.Close()
		case *tls.Conn:
			conn.NetConn().(*net.TCPConn).SetLinger(0)
			conn.NetConn().Close()
		case *streamPeer:
			conn.Reset()
		}
	}
	fin := func(p *wstest.Peer) {
		if conn, ok := p.Conn.(*tls.Conn); ok {
			conn.NetConn().Close()
			return
		}
		p.Conn.Close()
	}
	for _, tr := range ways(t) {
		ends := map[string]struct {
			end  func(*wstest.Peer)
			want string
		}{
			"FIN":   {fin, `error "End of File" eof`},
			"reset": {reset, `error "Underlying Transport Error" reset`},
		}
		if tr.name == "tls" {
			ends["FIN without close_notify"] = struct {
				end  func(*wstest.Peer)
				want string
			}{fin, `error "Underlying Transport Error" eof`}
			ends["FIN"] = struct {
				end  func(*wstest.Peer)
				want string
			}{func(p *wstest.Peer) { p.Conn.Close() }, `error "End of File" eof`}
		}
		for name, end := range ends {
			for _, lost := range []engine.Tally{{}, {Messages: 1, Bytes: 3}} {
				t.Run(fmt.Sprintf("%s/%s with %d unfinished", tr.name, name, lost.Messages), func(t *testing.T) {
					h, peer := tr.open(t, engine.ConnectOptions{})
					raw := numbered(0, 300, 20)
					if lost.Messages > 0 {
						raw = wstest.Text("abc").Unfinished().Append(raw)
					}
					peer.SendRaw(raw)
					end.end(peer)
					for i := range 300 {
						h.Want(fmt.Sprintf("text %q", fmt.Sprintf("%020d", i)))
					}
					h.Want(end.want)
					if got := h.End(h.ID); got.Dropped != lost || got.CloseCode != 1006 || got.Err == nil {
						t.Errorf("end %+v", got)
					}
				})
			}
		}
	}
}

// A reset is reported as one although a write met it first: the system reports it once.
func TestResetWhileWriting(t *testing.T) {
	for range 30 {
		h, peer := openLoopback(t, nil, engine.ConnectOptions{})
		var sender sync.WaitGroup
		sender.Go(func() {
			for h.Live() > 0 {
				if h.Stats().Unsent.Messages < 1000 { // far from a full send queue, however slow the machine
					h.Send(h.ID, engine.Binary, "x")
				}
			}
		})
		peer.ReadFrame()
		peer.Conn.(*net.TCPConn).SetLinger(0)
		peer.Conn.Close()
		end := h.End(h.ID)
		sender.Wait()
		h.Want(`error "Underlying Transport Error" reset`)
		if !errors.Is(end.Err, syscall.ECONNRESET) && !errors.Is(end.Err, syscall.EPIPE) {
			t.Errorf("cause %v", end.Err)
		}
		if end.Phase != engine.PhaseOpen {
			t.Errorf("phase %s, want open", end.Phase)
		}
	}
}

// A message's memory is the handler's until it returns, however the blocks around it are
// given back and used again.
func TestDataIsValidUntilTheHandlerReturns(t *testing.T) {
	for _, tr := range ways(t) {
		t.Run(tr.name, func(t *testing.T) {
			h, peer := tr.open(t, engine.ConnectOptions{ReceiveQueue: 200 << 10})
			stop := make(chan struct{})
			var others sync.WaitGroup
			defer others.Wait()
			defer close(stop)
			others.Go(func() { engine.PoisonFreeMemory(stop) })

			n := 1500
			if detector.Race {
				n = 500
			}
			others.Go(func() { peer.Conn.Write(checked(n)) })
			next := 0
			pump(t, h.Engine, handler{received: func(_ engine.ID, data []byte, _ engine.Kind) {
				before := crc32.ChecksumIEEE(data[8:])
				runtime.Gosched()
				if got := binary.BigEndian.Uint32(data); int(got) != next {
					t.Fatalf("message %d, want %d", got, next)
				}
				sum := binary.BigEndian.Uint32(data[4:])
				if after := crc32.ChecksumIEEE(data[8:]); before != sum || after != sum {
					t.Fatalf("message %d of %d bytes: checksum %x, then %x, want %x", next, len(data), before,
						after, sum)
				}
				next++
			}}, func() bool { return next == n })
		})
	}
}

// checked returns n binary messages of all sorts of sizes, whole and fragmented, each
// with its number and the checksum of the rest in front, and a ping here and there.
func checked(n int) (raw []byte) {
	random := rand.New(rand.NewPCG(3, 4))
	for i := range n {
		size := random.IntN(60)
		switch random.IntN(40) {
		case 0:
			size = random.IntN(150 << 10)
		case 1, 2, 3:
			size = random.IntN(5 << 10)
		}
		payload := make([]byte, 8+size)
		for j := range payload[8:] {
			payload[8+j] = byte(random.Uint32())
		}
		binary.BigEndian.PutUint32(payload, uint32(i))
		binary.BigEndian.PutUint32(payload[4:], crc32.ChecksumIEEE(payload[8:]))
		if random.IntN(5) > 0 {
			raw = wstest.Binary(string(payload)).Append(raw)
			continue
		}
		cut := random.IntN(len(payload))
		raw = wstest.Binary(string(payload[:cut])).Unfinished().Append(raw)
		if random.IntN(2) == 0 {
			raw = wstest.Ping("between").Append(raw)
		}
		raw = wstest.Continuation(string(payload[cut:])).Append(raw)
	}
	return raw
}
