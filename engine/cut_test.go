package engine_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// cutMessages are the messages that the plain session sends in onOpen. The second one
// does not compress.
var cutMessages = []string{"one", "\x00\xff\x01\xfe\x02\xfd\x03\xfc", strings.Repeat("three, compressed ", 20)}

// A fault happens to one direction of a connection after byte n.
type fault struct {
	kind   string // fin, reset, stall
	upward bool   // from the client to the server
	at     int64
}

func (f fault) String() string {
	if f.upward {
		return fmt.Sprintf("%s behind byte %d to the server", f.kind, f.at)
	}
	return fmt.Sprintf("%s behind byte %d from the server", f.kind, f.at)
}

// order has the fault happen to a client's connection.
func (f fault) order(client *wstest.Conn) {
	stream := client.In()
	if f.upward {
		stream = client.Out()
	}
	switch f.kind {
	case "fin":
		stream.CutAfter(f.at)
	case "reset":
		stream.ResetAfter(f.at)
	case "stall":
		stream.StallAfter(f.at)
	}
}

// A scene is a network with our own echo server at the end of a way to it.
type scene struct {
	url     string
	options engine.ConnectOptions
	tls     *tls.Config // of the client

	network *wstest.Net // that the client dials on, with the faults on its way
	wrap    func(net.Conn) net.Conn
}

// plainScene is a scene without anything between client and server.
func plainScene(t *testing.T) *scene {
	s := &scene{url: "ws://echo.test/", network: new(wstest.Net)}
	s.leavesNothing(t)
	s.serve(t, s.network, "echo.test:80", nil)
	return s
}

// leavesNothing wants all connections closed after the engine's shutdown.
func (s *scene) leavesNothing(t *testing.T) {
	t.Cleanup(func() {
		if n := s.network.OpenConns(); n > 0 {
			t.Errorf("%d connections are left open", n)
		}
	})
}

func (s *scene) serve(t *testing.T, network *wstest.Net, addr string, config *tls.Config) {
	t.Helper()
	l, err := network.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(echo.Serve(l, echo.Options{TLSConfig: config}).Close)
}

// session connects to the echo server with compression, sends cutMessages when open,
// closes when the last one has come back, and returns how that went.
func (s *scene) session(t *testing.T) (end *engine.End, events []string, took time.Duration) {
	t.Helper()
	h := enginetest.New(t, engine.Options{DialsPerSecond: -1, TLSConfig: s.tls,
		DialContext: func(ctx context.Context, kind, addr string) (net.Conn, error) {
			conn, err := s.network.DialContext(ctx, kind, addr)
			if err == nil && s.wrap != nil {
				conn = s.wrap(conn)
			}
			return conn, err
		}})
	h.Patience = time.Hour
	received := 0
	h.On = func(id engine.ID, event string) {
		switch {
		case event == "open":
			for _, m := range cutMessages {
				h.Send(id, engine.Auto, m)
			}
		case strings.HasPrefix(event, "text ") || strings.HasPrefix(event, "binary "):
			if received++; received == len(cutMessages) {
				h.Close(id, 1000, "done")
			}
		}
	}
	begin := time.Now()
	s.options.Compression = &engine.Compression{}
	h.ID = h.Connect(s.url, s.options)
	end = h.End(h.ID)
	return end, h.Events(h.ID), time.Since(begin)
}

// receivedEvent is the event of a message of cutMessages.
func receivedEvent(m string) string {
	if wire.ValidUTF8([]byte(m)) {
		return "text " + wstest.Quote([]byte(m))
	}
	return "binary " + wstest.Quote([]byte(m))
}

// course is where the parts of one direction of the plain session end, as offsets in its
// bytes.
type course struct {
	handshake int64
	frames    []span // of messages
	close     int64  // the end of the close frame
}

type span struct{ payload, end int64 }

// whole returns how many messages end at n or before, and part the bytes of the next
// one's payload before n, if its header is complete.
func (c course) whole(n int64) (whole int, part int64, begun bool) {
	for _, frame := range c.frames {
		switch {
		case frame.end <= n:
			whole++
		case frame.payload <= n:
			return whole, n - frame.payload, true
		}
	}
	return whole, 0, false
}

// recorder notes the bytes of both directions.
type streamRecorder struct {
	*wstest.Conn
	mu       sync.Mutex
	up, down bytes.Buffer
}

func (r *streamRecorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down.Write(p[:n])
	return n, err
}

func (r *streamRecorder) Write(p []byte) (int, error) {
	n, err := r.Conn.Write(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.up.Write(p[:n])
	return n, err
}

// courseOf finds the parts in recorded bytes.
func courseOf(t *testing.T, raw []byte) (c course) {
	t.Helper()
	end := bytes.Index(raw, []byte("\r\n\r\n")) + 4
	c.handshake = int64(end)
	for end < len(raw) {
		header, n, err := wire.ParseHeader(raw[end:])
		if err != nil || n == 0 {
			t.Fatalf("at byte %d: %v", end, err)
		}
		frame := span{int64(end + n), int64(end+n) + header.Length}
		end = int(frame.end)
		switch header.Opcode {
		case wire.Close:
			c.close = frame.end
		case wire.Text, wire.Binary:
			c.frames = append(c.frames, frame)
		default:
			t.Fatalf("a %v frame in the plain session", header.Opcode)
		}
	}
	return c
}

// courses runs the plain session without a fault.
func courses(t *testing.T) (up, down course) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var record *streamRecorder
		s := plainScene(t)
		s.wrap = func(conn net.Conn) net.Conn {
			record = &streamRecorder{Conn: conn.(*wstest.Conn)}
			return record
		}
		_, events, _ := s.session(t)
		if got := events[len(events)-1]; len(events) != 5 || got != `close 1000 "done" clean` {
			t.Fatalf("without a fault: %q", events)
		}
		record.mu.Lock()
		defer record.mu.Unlock()
		up, down = courseOf(t, record.up.Bytes()), courseOf(t, record.down.Bytes())
	})
	if len(up.frames) != len(cutMessages) || len(down.frames) != len(cutMessages) || up.close == 0 || down.close == 0 {
		t.Fatalf("courses %+v, %+v", up, down)
	}
	return up, down
}

// Whatever happens to a connection, and after whichever byte of a plain session: there is
// one terminal event, the right one, at the promised time and after the messages that
// came whole, the counts are right, and nothing is left.
func TestFaultBehindEachByte(t *testing.T) {
	step := int64(1)
	if detector.Race { // which makes it ten times slower
		step = 5
	}
	up, down := courses(t)
	for _, kind := range []string{"fin", "reset", "stall"} {
		for _, upward := range []bool{true, false} {
			last := down.close
			if upward {
				last = up.close
			}
			for _, shortReads := range []int{0, 1} {
				t.Run(fmt.Sprintf("%v, short reads %d", fault{kind, upward, last}, shortReads), func(t *testing.T) {
					for at := rand.Int64N(step); at <= last && !t.Failed(); at += step {
						synctest.Test(t, func(t *testing.T) {
							f := fault{kind, upward, at}
							var client *wstest.Conn
							s := plainScene(t)
							s.network.Setup = func(conn *wstest.Conn) {
								client = conn
								conn.In().ShortReads(shortReads)
								conn.Out().ShortReads(shortReads)
								f.order(conn)
							}
							end, events, took := s.session(t)
							f.judge(t, up, down, client, end, events, took)
						})
					}
				})
			}
		}
	}
}

// judge compares a session with the outcome that the fault must have.
func (f fault) judge(t *testing.T, up, down course, client *wstest.Conn, end *engine.End, events []string,
	took time.Duration) {
	t.Helper()
	came, left := client.In().Written(), client.Out().Written()
	if !f.upward {
		came = min(came, f.at)
	}
	opened := came >= down.handshake
	messages, part, begun := down.whole(came)
	closes := messages == len(cutMessages) // the script's Close
	clean := came >= down.close

	var want []string
	if opened {
		want = append(want, "open")
	}
	for _, m := range cutMessages[:messages] {
		want = append(want, receivedEvent(m))
	}
	var message, category string
	after := time.Duration(0)
	switch {
	case f.kind == "fin":
		message, category = "End of File", "eof"
	case f.kind == "reset":
		message, category = "Underlying Transport Error", "reset"
	case !opened:
		message, category, after = "The opening handshake timed out", "timeout", 5*time.Second
	case closes:
		message, after = "The closing handshake timed out", 5*time.Second
	default:
		message, category, after = "Timer Expired", "keepalive", 50*time.Second
	}
	failed := fmt.Sprintf("error %q %s", message, category)
	ends := []string{failed}
	switch {
	case clean:
		after, ends = 0, []string{`close 1000 "done" clean`}
	case closes:
		ends = []string{fmt.Sprintf("close 1006 %q", message)}
		if f.kind != "stall" {
			ends = append(ends, failed) // it was there before the script's Close
		}
	case f.kind == "fin" && f.upward && !opened:
		ends = append(ends, `error "Underlying Transport Error" reset`) // the server went while the request was written
	}
	last := len(events) - 1
	if strings.Join(events[:last], "\n") != strings.Join(want, "\n") || !slices.Contains(ends, events[last]) {
		t.Errorf("%v: got %q, want %q and one of %q; %s", f, events, want, ends, end.Detail)
	}
	if took != after {
		t.Errorf("%v: the end came after %v, want %v", f, took, after)
	}
	dropped := engine.Tally{}
	if opened && begun {
		dropped = engine.Tally{Messages: 1, Bytes: part}
	}
	if end.Dropped != dropped {
		t.Errorf("%v: dropped %+v, want %+v", f, end.Dropped, dropped)
	}
	if opened {
		written, _, _ := up.whole(left)
		unsent := engine.Tally{}
		for _, m := range cutMessages[written:] {
			unsent.Messages++
			unsent.Bytes += int64(len(m))
		}
		if end.Unsent != unsent {
			t.Errorf("%v: unsent %+v, want %+v: %d bytes left", f, end.Unsent, unsent, left)
		}
		if sent := left >= up.close; sent != (end.CloseCode == 1000) || !sent && end.CloseCode != 1006 {
			t.Errorf("%v: close code %d, but %d bytes of %d left", f, end.CloseCode, left, up.close)
		}
	}
}
