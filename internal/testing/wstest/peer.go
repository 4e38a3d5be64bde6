package wstest

import (
	"bufio"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"
)

// defaultPatience is how long a Peer waits for the other side when Peer.Patience is 0.
const defaultPatience = 10 * time.Second

// Peer is one side of a WebSocket connection, played by a test step by step: it follows
// the test and does nothing by itself, until Mute or Serve lets it go on alone. Its
// methods are for the test's goroutine; they end the test when the other side does not do
// its part, or breaks a rule of RFC 6455 §5.
type Peer struct {
	// Conn is the connection. The test may close it or order faults; it must not read
	// while a Peer's method does.
	Conn net.Conn

	// Patience is how long each step waits for the other side, in bubble time within a
	// bubble. 0 means 10 s.
	Patience time.Duration

	// Request is the opening handshake that a server has read. Header keys are canonical.
	Request *http.Request

	tb     testing.TB
	client bool // this side is the client: its frames are masked
	buf    *bufio.Reader

	alone bool // Mute or Serve was called
	loop  sync.WaitGroup
}

// NewPeer returns a server on conn. conn is closed at the end of the test.
func NewPeer(tb testing.TB, conn net.Conn) *Peer { return newPeer(tb, conn, false) }

// NewClient returns a client on conn. conn is closed at the end of the test.
func NewClient(tb testing.TB, conn net.Conn) *Peer { return newPeer(tb, conn, true) }

// Accept waits for the next connection to l, a Listener or one of package net, and
// returns a server on it.
func Accept(tb testing.TB, l net.Listener) *Peer {
	tb.Helper()
	if bounded, ok := l.(interface{ SetDeadline(time.Time) error }); ok {
		bounded.SetDeadline(time.Now().Add(defaultPatience))
	}
	conn, err := l.Accept()
	if err != nil {
		tb.Fatalf("peer: nobody connected: %v", err)
	}
	return NewPeer(tb, conn)
}

func newPeer(tb testing.TB, conn net.Conn, client bool) *Peer {
	p := &Peer{Conn: conn, tb: tb, client: client, buf: bufio.NewReader(conn)}
	tb.Cleanup(func() {
		conn.Close()
		p.loop.Wait()
	})
	return p
}

// Send sends frames in one write, masked with fresh keys if this side is the client. To
// send an unmasked client frame or a masked server frame use SendRaw with Frame.Append.
func (p *Peer) Send(frames ...Frame) {
	p.tb.Helper()
	var raw []byte
	for _, f := range frames {
		raw = p.masked(f).Append(raw)
	}
	p.SendRaw(raw)
}

// SendRaw sends bytes as they are.
func (p *Peer) SendRaw(raw []byte) {
	p.tb.Helper()
	p.Conn.SetWriteDeadline(p.until())
	defer p.Conn.SetWriteDeadline(time.Time{})
	if n, err := p.Conn.Write(raw); err != nil {
		p.tb.Fatalf("peer: sending %s: %d bytes left: %v", Quote(raw), n, err)
	}
}

// Close sends a close frame. The connection stays: see WantFrame and Hangup.
func (p *Peer) Close(code int, reason string) {
	p.tb.Helper()
	p.Send(Close(code, reason))
}

// Hangup closes the connection with nothing said.
func (p *Peer) Hangup() { p.Conn.Close() }

// ReadFrame returns the next frame.
func (p *Peer) ReadFrame() Frame {
	p.tb.Helper()
	f, err := p.readFrame()
	if err != nil {
		p.tb.Fatalf("peer: waiting for a frame: %v", err)
	}
	return f
}

// WantFrame reads frames and compares each with the one wanted. How they are masked does
// not matter.
func (p *Peer) WantFrame(want ...Frame) {
	p.tb.Helper()
	for _, want := range want {
		got, err := p.readFrame()
		if err != nil {
			p.tb.Fatalf("peer: want %v, got %v", want, err)
		}
		if !got.same(want) {
			p.tb.Fatalf("peer: want %v, got %v", want, got)
		}
	}
}

// ReadMessage returns the next message, its fragments joined. A control frame instead or
// in between ends the test.
func (p *Peer) ReadMessage() Frame {
	p.tb.Helper()
	whole := p.ReadFrame()
	for f := whole; ; f = p.ReadFrame() {
		switch {
		case f.Opcode >= OpClose:
			p.tb.Fatalf("peer: want a message, got %v", f)
		case f.Opcode == OpContinuation:
			whole.Payload = append(whole.Payload, f.Payload...)
		}
		if !f.More {
			whole.More = false
			return whole
		}
	}
}

// WantEnd wants the other side's FIN and not one byte more.
func (p *Peer) WantEnd() {
	p.tb.Helper()
	if f, err := p.readFrame(); err == nil {
		p.tb.Fatalf("peer: want the end of the connection, got %v", f)
	} else if err != io.EOF {
		p.tb.Fatalf("peer: want the end of the connection, got %v", err)
	}
}

// WantSilence wants not one byte for the given time, the end of the connection neither.
func (p *Peer) WantSilence(d time.Duration) {
	p.tb.Helper()
	p.ready()
	p.Conn.SetReadDeadline(time.Now().Add(max(d, 1))) // a deadline that has passed hides bytes that are there
	defer p.Conn.SetReadDeadline(time.Time{})
	b, err := p.buf.ReadByte()
	if err == nil {
		p.tb.Fatalf("peer: want silence, got byte %#x", b)
	} else if !errors.Is(err, os.ErrDeadlineExceeded) {
		p.tb.Fatalf("peer: want silence, got %v", err)
	}
}

// Mute lets the peer go on alone: it reads, so that the other side can write, and answers
// nothing.
func (p *Peer) Mute() {
	p.tb.Helper()
	p.goOn(func(Frame) bool { return true })
}

// Serve lets the peer go on alone: it answers pings and the closing handshake, throws
// messages away, and closes the connection after the closing handshake.
func (p *Peer) Serve() {
	p.tb.Helper()
	p.goOn(func(f Frame) bool {
		switch f.Opcode {
		case OpPing:
			p.Conn.Write(p.masked(Pong(string(f.Payload))).Append(nil))
		case OpClose:
			f.Masked = false
			p.Conn.Write(p.masked(f).Append(nil))
			p.Conn.Close()
			return false
		}
		return true
	})
}

// goOn starts the loop that reads until the connection ends or handle says no. Ended by
// closing Conn, joined by the test's cleanup.
func (p *Peer) goOn(handle func(Frame) bool) {
	p.tb.Helper()
	p.ready()
	p.alone = true
	p.loop.Go(func() {
		for {
			f, err := ReadFrame(p.buf)
			if err != nil || !handle(f) {
				return
			}
		}
	})
}

func (p *Peer) readFrame() (Frame, error) {
	p.tb.Helper()
	p.ready()
	p.Conn.SetReadDeadline(p.until())
	defer p.Conn.SetReadDeadline(time.Time{})
	f, err := ReadFrame(p.buf)
	if err != nil {
		return f, err
	}
	if breach := f.breach(!p.client); breach != "" {
		p.tb.Fatalf("peer: got %v: %s", f, breach)
	}
	return f, nil
}

func (p *Peer) ready() {
	p.tb.Helper()
	if p.alone {
		p.tb.Fatal("peer: it goes on alone since Mute or Serve")
	}
}

func (p *Peer) masked(f Frame) Frame {
	if p.client && !f.Masked {
		f.Masked = true
		key := rand.Uint32()
		f.Key = [4]byte{byte(key), byte(key >> 8), byte(key >> 16), byte(key >> 24)}
	}
	return f
}

func (p *Peer) until() time.Time {
	if p.Patience > 0 {
		return time.Now().Add(p.Patience)
	}
	return time.Now().Add(defaultPatience)
}
