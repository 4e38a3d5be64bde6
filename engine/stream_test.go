package engine_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/transport"
)

// stream is a transport as a stream of HTTP/2 would be one (RFC 9113 §5, RFC 8441): no
// socket, no deadline, no TLS of its own. DATA frames carry the bytes, a window bounds
// the bytes that may leave, END_STREAM ends one half and RST_STREAM all of it.
type stream struct {
	mu   sync.Mutex
	cond sync.Cond // something below has changed

	in, out half
	hurried bool // the Write under way, or the next one, returns early
	cut     bool // we have sent RST_STREAM
	reset   bool // the peer has
}

// half is one direction of a stream.
type half struct {
	largest int      // how much a frame may have
	frames  [][]byte // DATA on its way
	window  int      // how much more may be sent
	ended   bool     // END_STREAM was sent
}

const (
	streamWindow = 65535    // the initial window (RFC 9113 §6.9.2)
	streamFrame  = 16 << 10 // the largest frame (RFC 9113 §4.2)
)

var _ transport.Conn = (*stream)(nil)

func newStream() *stream {
	s := &stream{
		in:  half{largest: streamFrame, window: streamWindow},
		out: half{largest: streamFrame, window: streamWindow},
	}
	s.cond.L = &s.mu
	return s
}

// put sends some of p, as much as the window and a frame allow.
func (h *half) put(p []byte) (n int) {
	n = min(len(p), h.window, h.largest)
	if n > 0 {
		h.frames = append(h.frames, append([]byte(nil), p[:n]...))
		h.window -= n
	}
	return n
}

// take receives some bytes, which opens the window again.
func (h *half) take(p []byte) (n int) {
	for n < len(p) && len(h.frames) > 0 {
		took := copy(p[n:], h.frames[0])
		n += took
		if h.frames[0] = h.frames[0][took:]; len(h.frames[0]) == 0 {
			h.frames = h.frames[1:]
		}
	}
	h.window += n
	return n
}

// errLocked is why our side of the stream is of no more use.
func (s *stream) errLocked() error {
	switch {
	case s.cut:
		return net.ErrClosed
	case s.reset:
		return syscall.ECONNRESET
	}
	return nil
}

func (s *stream) ReadBlock(from transport.Lender) (got []byte, lent bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.waitToReadLocked(); err != nil {
		return nil, false, err
	}
	block, err := from.Borrow(streamFrame)
	if err != nil {
		return nil, false, err
	}
	n := s.in.take(block[:cap(block)])
	s.cond.Broadcast()
	return block[:n], true, nil
}

func (s *stream) ReadInto(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.waitToReadLocked(); err != nil {
		return 0, err
	}
	n = s.in.take(p)
	s.cond.Broadcast()
	return n, nil
}

func (s *stream) waitToReadLocked() error {
	for {
		switch err := s.errLocked(); {
		case s.cut, err != nil && len(s.in.frames) == 0:
			return err
		case len(s.in.frames) > 0:
			return nil
		case s.in.ended:
			return io.EOF
		}
		s.cond.Wait()
	}
}

func (s *stream) Write(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if err := s.errLocked(); err != nil {
			return 0, err
		}
		n := s.out.put(p)
		if n > 0 || s.hurried || len(p) == 0 {
			s.hurried = false
			s.cond.Broadcast()
			return n, nil
		}
		s.cond.Wait()
	}
}

func (s *stream) TryWrite(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.errLocked(); err != nil {
		return 0, err
	}
	n = s.out.put(p)
	s.cond.Broadcast()
	return n, nil
}

func (s *stream) CloseWrite() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.ended = true
	s.cond.Broadcast()
	return s.errLocked()
}

func (s *stream) Drain() {
	for p := make([]byte, streamFrame); ; {
		if _, err := s.ReadInto(p); err != nil {
			return
		}
	}
}

func (s *stream) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = true
	s.cond.Broadcast()
}

func (s *stream) Hurry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hurried = true
	s.cond.Broadcast()
}

// streamPeer is the server's side of a stream, as wstest.Peer wants it.
type streamPeer struct {
	*stream
	deadline time.Time // of reads and writes; guarded by the stream's lock
}

func (p *streamPeer) Read(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		n := p.out.take(b)
		switch {
		case n > 0 || len(b) == 0:
			p.cond.Broadcast()
			return n, nil
		case p.cut:
			return 0, syscall.ECONNRESET
		case p.out.ended:
			return 0, io.EOF
		case p.passedLocked():
			return 0, os.ErrDeadlineExceeded
		}
		p.cond.Wait()
	}
}

func (p *streamPeer) Write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n < len(b) {
		switch {
		case p.cut:
			return n, syscall.ECONNRESET
		case p.in.ended || p.reset:
			return n, net.ErrClosed
		case p.passedLocked():
			return n, os.ErrDeadlineExceeded
		}
		put := p.in.put(b[n:])
		if n += put; put > 0 {
			p.cond.Broadcast()
			continue
		}
		p.cond.Wait()
	}
	return n, nil
}

func (p *streamPeer) passedLocked() bool {
	return !p.deadline.IsZero() && !time.Now().Before(p.deadline)
}

// Close sends END_STREAM.
func (p *streamPeer) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.in.ended = true
	p.cond.Broadcast()
	return nil
}

// Reset sends RST_STREAM, after the bytes that were sent.
func (p *streamPeer) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reset = true
	p.cond.Broadcast()
}

func (p *streamPeer) SetDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deadline = t
	if !t.IsZero() {
		time.AfterFunc(time.Until(t), p.cond.Broadcast)
	}
	return nil
}

func (p *streamPeer) SetReadDeadline(t time.Time) error  { return p.SetDeadline(t) }
func (p *streamPeer) SetWriteDeadline(t time.Time) error { return p.SetDeadline(t) }
func (p *streamPeer) LocalAddr() net.Addr                { return nil }
func (p *streamPeer) RemoteAddr() net.Addr               { return nil }

// openStream is enginetest.Open over a stream.
func openStream(t testing.TB, opts engine.ConnectOptions) (*enginetest.Rig, *wstest.Peer) {
	t.Helper()
	return openAround(t, opts, func(s *stream) transport.Conn { return s })
}

// openAround is openStream with a transport around the stream.
func openAround(t testing.TB, opts engine.ConnectOptions, around func(*stream) transport.Conn) (
	*enginetest.Rig, *wstest.Peer,
) {
	t.Helper()
	h := enginetest.New(t, engine.Options{})
	s := newStream()
	h.UseTransport(func(string) transport.Conn { return around(s) })
	h.ID = h.Connect("wss://stream.test/", opts)
	h.Want("open")
	return h, wstest.NewPeer(t, &streamPeer{stream: s})
}

// A whole session over a transport that is neither a socket nor TLS.
func TestSessionOverAStream(t *testing.T) {
	inBubble(t, "messages both ways, closed by the script", func(t *testing.T) {
		h, peer := openStream(t, engine.ConnectOptions{})
		large := strings.Repeat("x", 3*streamWindow) // does not fit the window
		h.Send(h.ID, engine.Text, "small")
		h.Send(h.ID, engine.Binary, large)
		peer.WantFrame(wstest.Text("small"))
		peer.WantFrame(wstest.Binary(large))
		peer.Send(wstest.Ping("p"), wstest.Text("hello"))
		peer.WantFrame(wstest.Pong("p"))
		peer.Send(wstest.Binary(large))
		h.Want(`text "hello"`, "binary "+wstest.Quote([]byte(large)))

		h.Close(h.ID, 4000, "bye")
		peer.WantFrame(wstest.Close(4000, "bye"))
		peer.Send(wstest.Close(4000, ""))
		h.Want(`close 4000 "" clean`)
		if n, err := peer.Conn.Read(make([]byte, 1)); err != io.EOF { // END_STREAM, before the peer's own
			t.Errorf("read %d bytes, %v", n, err)
		}
		peer.Hangup()
	})
	inBubble(t, "closed by the peer, which then does not end the stream", func(t *testing.T) {
		h, peer := openStream(t, engine.ConnectOptions{})
		begin := time.Now()
		peer.Close(1001, "going")
		peer.WantFrame(wstest.Close(1001, ""))
		h.Want(`close 1001 "going" clean`)
		synctest.Wait()
		peer.Conn.Read(make([]byte, 1)) // END_STREAM
		if _, err := peer.Conn.Write(make([]byte, 3*streamWindow)); err != nil {
			t.Errorf("what the peer still sends is not thrown away: %v", err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if _, err := peer.Conn.Write([]byte("x")); err != syscall.ECONNRESET || time.Since(begin) != 2*time.Second {
			t.Errorf("after %v: %v, want RST_STREAM", time.Since(begin), err)
		}
	})
	inBubble(t, "a write that waits for the window does not hold up the close frame's time", func(t *testing.T) {
		h, peer := openStream(t, engine.ConnectOptions{})
		h.Send(h.ID, engine.Binary, strings.Repeat("x", 2*streamWindow))
		synctest.Wait()
		begin := time.Now()
		h.Close(h.ID, 0, "")
		h.Want(`close 1006 "The closing handshake timed out"`)
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("took %v", took)
		}
		if end := h.End(h.ID); end.Unsent != (engine.Tally{Messages: 1, Bytes: 2 * streamWindow}) {
			t.Errorf("unsent %+v", end.Unsent)
		}
		peer.Hangup()
	})
	inBubble(t, "aborted", func(t *testing.T) {
		h, peer := openStream(t, engine.ConnectOptions{})
		peer.Send(wstest.Text("h").Unfinished())
		h.Abort()
		h.Want(`close 1006 "The closing handshake timed out"`)
		if _, err := peer.Conn.Write([]byte("x")); err != syscall.ECONNRESET {
			t.Errorf("error %v, want RST_STREAM", err)
		}
		if end := h.End(h.ID); fmt.Sprint(end.Info.Remote, end.Info.TLS) != "<nil>" {
			t.Errorf("info %+v", end.Info)
		}
	})
}
