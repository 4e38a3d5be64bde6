package echo_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/echo"
	"github.com/tidewire/tidewire/internal/testing/detector"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// session is the bytes of a client that sends without waiting for anything, and the
// answer to each part of them. Both depend on nothing but the code; a ping would not do,
// as its answer may overtake others.
type session struct {
	up, down []byte
	upEnds   []int // of the request and of each frame
	downEnds []int // of the answers to them
}

// newSession plays the session without a fault.
func newSession(t *testing.T) *session {
	t.Helper()
	s := &session{up: []byte("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")}
	s.upEnds = []int{len(s.up)}
	for _, frame := range []wstest.Frame{wstest.Text("one"), wstest.Binary("\x00\xff"),
		wstest.Text(payload(130)), wstest.Close(1000, "done")} {
		frame.Masked, frame.Key = true, [4]byte{1, 2, 3, 4}
		s.up = frame.Append(s.up)
		s.upEnds = append(s.upEnds, len(s.up))
	}
	synctest.Test(t, func(t *testing.T) {
		s.down, _ = s.play(t, fault{kind: "none"}, nil)
	})
	end := bytes.Index(s.down, []byte("\r\n\r\n")) + 4
	s.downEnds = []int{end}
	for end < len(s.down) {
		header, n, err := wire.ParseHeader(s.down[end:])
		if err != nil || n == 0 {
			t.Fatalf("without a fault: %q", s.down)
		}
		end += n + int(header.Length)
		s.downEnds = append(s.downEnds, end)
	}
	if len(s.downEnds) != len(s.upEnds) {
		t.Fatalf("without a fault: %d answers, want %d: %q", len(s.downEnds), len(s.upEnds), s.down)
	}
	return s
}

// answerTo returns the server's answer to the first n bytes.
func (s *session) answerTo(n int) []byte {
	end := 0
	for i := range s.upEnds {
		if s.upEnds[i] <= n {
			end = s.downEnds[i]
		}
	}
	return s.down[:end]
}

// fault happens to one direction of the client's connection after byte n.
type fault struct {
	kind   string // fin, reset, stall; or none
	upward bool
	at     int
	short  int // bytes that a read returns at most; 0 is no limit
}

func (f fault) order(client *wstest.Conn) {
	client.In().ShortReads(f.short)
	client.Out().ShortReads(f.short)
	stream := client.In()
	if f.upward {
		stream = client.Out()
	}
	switch f.kind {
	case "fin":
		stream.CutAfter(int64(f.at))
	case "reset":
		stream.ResetAfter(int64(f.at))
	case "stall":
		stream.StallAfter(int64(f.at))
	}
}

const (
	clientPatience = 30 * time.Second
	served         = time.Minute // by then whatever can end without Close has ended
)

// play sends the session's bytes through a fault, for 30 seconds, and returns the answer
// and how long the server served.
func (s *session) play(t *testing.T, f fault, cert *wstest.Cert) (got []byte, took time.Duration) {
	t.Helper()
	n := &wstest.Net{Setup: f.order}
	opts := echo.Options{}
	if cert != nil {
		opts.TLSConfig = cert.Server
	}
	server := serve(t, n, opts)
	conn, err := n.DialContext(context.Background(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	raw := conn
	raw.SetDeadline(begin.Add(clientPatience))
	if cert != nil {
		secure := tls.Client(raw, &tls.Config{RootCAs: cert.Roots, ServerName: "echo.test"})
		secure.Handshake() // by itself: in a bubble nobody may wait for a mutex while time is to pass
		conn = secure
	}
	var writing sync.WaitGroup
	writing.Go(func() { conn.Write(s.up) })
	got, _ = io.ReadAll(conn)
	writing.Wait()
	raw.Close()
	for synctest.Wait(); echo.Live(server) > 0 && time.Since(begin) < served; synctest.Wait() {
		time.Sleep(time.Second)
	}
	took = time.Since(begin)
	closing := time.Now()
	server.Close()
	if took := time.Since(closing); took > time.Second || echo.Live(server) > 0 {
		t.Errorf("%+v: close took %v and left %d connections", f, took, echo.Live(server))
	}
	return got, took
}

// Whatever happens to a client's connection, and after whichever byte: the server answers
// the frames that came whole, in order and with nothing after them, and serves no longer
// than its time limits allow.
func TestFaultBehindEachByteOfAClient(t *testing.T) {
	step := 1
	if detector.Race { // which makes it ten times slower
		step = 5
	}
	s := newSession(t)
	for _, kind := range []string{"fin", "reset", "stall"} {
		for _, upward := range []bool{true, false} {
			last := len(s.down)
			if upward {
				last = len(s.up)
			}
			for _, short := range []int{0, 1} {
				t.Run(fmt.Sprintf("%s, upward %v, short reads %d", kind, upward, short), func(t *testing.T) {
					for at := rand.IntN(step); at <= last && !t.Failed(); at += step {
						synctest.Test(t, func(t *testing.T) { s.judge(t, fault{kind, upward, at, short}) })
					}
				})
			}
		}
	}
}

func (s *session) judge(t *testing.T, f fault) {
	t.Helper()
	got, took := s.play(t, f, nil)
	want := s.down[:min(f.at, len(s.down))]
	if f.upward {
		want = s.answerTo(f.at)
	}
	// A reset drops answers that are still to be written.
	if !bytes.HasPrefix(want, got) || f.kind != "reset" && len(got) != len(want) {
		t.Errorf("%+v: got %q, want %q", f, got, want)
	}
	// A client that has gone silent is noticed at a time limit, or when it hangs up; if its
	// FIN does not come through either, not at all.
	most := time.Duration(0)
	switch {
	case f.kind == "stall" && !f.upward:
		most = clientPatience + time.Second
	case f.kind == "stall" && f.at < s.upEnds[0]:
		most = 10 * time.Second
	case f.kind == "stall" && f.at < len(s.up):
		most = served
	case f.kind == "stall": // nothing is lost but the FIN
		most = 2 * time.Second
	}
	if took > most {
		t.Errorf("%+v: the server served for %v, want at most %v", f, took, most)
	}
}

// The same over TLS, where the bytes' purpose cannot be seen, after 200 bytes.
func TestFaultBehindBytesOverTLS(t *testing.T) {
	s := newSession(t)
	cert := wstest.Certificate(t, "echo.test")
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		f := fault{[]string{"fin", "reset", "stall"}[random.IntN(3)], random.IntN(2) == 0, random.IntN(2000),
			random.IntN(2)}
		synctest.Test(t, func(t *testing.T) {
			got, took := s.play(t, f, cert)
			whole := false
			for _, end := range append([]int{0}, s.downEnds...) {
				whole = whole || string(got) == string(s.down[:end])
			}
			// The effect of a record that is cut is not seen.
			if !whole {
				t.Errorf("%+v: got %q, want a part of %q", f, got, s.down)
			}
			if f.kind != "stall" && took > 2*time.Second {
				t.Errorf("%+v: the server served for %v", f, took)
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
