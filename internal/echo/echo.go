// Package echo is a WebSocket server that sends back all that it receives: the peer of
// the examples, of the tests and of `tidewire echo`'s users. It serves everyone who can
// reach it, without authentication, whatever the Origin; so it listens on 127.0.0.1 by
// default.
//
// A connection holds one message at a time, up to Options.MaxMessage, and a few KiB
// beside: it reads nothing while there is something to write back. A client that sends
// without reading is therefore held back by TCP, and dropped when it has taken nothing
// for one to two minutes.
package echo

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

const (
	// defaultAddr is where Start listens when addr is empty.
	defaultAddr = "127.0.0.1:0"

	// defaultMaxMessage is the client's default too.
	defaultMaxMessage = 32_000_000

	// openTimeout bounds the TLS handshake, and the opening handshake after it.
	openTimeout = 10 * time.Second

	// stallTimeout is how long a client may accept no bytes of a write. It is looked at
	// once in that time, so up to twice as long may pass.
	stallTimeout = time.Minute

	// lingerTimeout is how long the client may take to close its side after the last
	// close frame.
	lingerTimeout = 2 * time.Second

	// shutdownGrace is how long Close waits for the clients to answer before it cuts
	// them.
	shutdownGrace = time.Second

	// complaintPause is the time between two lines of the log about that.
	complaintPause = time.Minute

	// maxAcceptPause bounds the pause before the next try when no connection can be
	// accepted, as without descriptors.
	maxAcceptPause = time.Second
)

// Options configures a Server. The zero value works.
type Options struct {
	// TLSConfig makes it a wss server. nil means ws.
	TLSConfig *tls.Config

	// Logger is warned when no connection can be accepted, once a minute at most. nil
	// discards that.
	Logger *slog.Logger

	// LogClients logs to Logger, at level info, when a client comes and when it has left.
	LogClients bool

	// MaxMessage is the largest message that is echoed, in bytes; a larger one is
	// answered with 1009. 0 means 32,000,000.
	MaxMessage int64

	// Protocols lists the subprotocols that are agreed to: the first of the client's
	// offers that is listed. nil agrees to the client's first offer, whatever it is.
	Protocols []string
}

// Server is a running echo server. It is safe for concurrent use.
type Server struct {
	listener net.Listener
	opts     Options
	url      string

	ctx    context.Context // ends with Close: cuts connections that have not shaken hands yet
	cancel context.CancelFunc
	loops  sync.WaitGroup // acceptLoop and each connection's serve

	clients atomic.Int64 // that were served, for their numbers in the log

	mu     sync.Mutex // leaf; guards the fields below
	conns  map[*conn]struct{}
	closed bool
}

// Start listens on addr, "host:port", and serves until Close. An empty addr means a free
// port of 127.0.0.1, port 0 a free port.
func Start(addr string, opts Options) (*Server, error) {
	if addr == "" {
		addr = defaultAddr
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := Serve(listener, opts)
	s.url = urlOf(addr, listener.Addr(), opts.TLSConfig != nil)
	return s, nil
}

// Serve serves the connections of listener until Close, which closes listener too.
func Serve(listener net.Listener, opts Options) *Server {
	if opts.MaxMessage == 0 {
		opts.MaxMessage = defaultMaxMessage
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	opts.Protocols = slices.Clone(opts.Protocols)
	s := &Server{
		listener: listener,
		opts:     opts,
		url:      urlOf("", listener.Addr(), opts.TLSConfig != nil),
		conns:    make(map[*conn]struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.loops.Go(s.acceptLoop)
	return s
}

// URL is where the server can be reached from this machine, such as
// "ws://127.0.0.1:8080/".
func (s *Server) URL() string { return s.url }

// Close stops listening, closes every connection with 1001, cuts those that do not answer
// within a second, and returns when the last goroutine has ended. A second call waits
// with the first.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
		if c.open {
			c.wake()
		}
	}
	s.mu.Unlock()

	s.listener.Close()
	s.cancel()
	cut := time.AfterFunc(shutdownGrace, func() {
		for _, c := range conns {
			c.raw.Close()
		}
	})
	defer cut.Stop()
	s.loops.Wait()
}

// acceptLoop starts a goroutine for each connection. Ended by closing the listener,
// joined by Close.
func (s *Server) acceptLoop() {
	var (
		pause    time.Duration
		complain time.Time // not before
	)
	for {
		raw, err := s.listener.Accept()
		switch {
		case err == nil:
			pause = 0
			s.start(raw)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			if now := time.Now(); !now.Before(complain) {
				complain = now.Add(complaintPause)
				s.opts.Logger.Warn("no connection can be accepted, clients wait: " + acceptFailure(err))
			}
			pause = min(max(5*time.Millisecond, 2*pause), maxAcceptPause)
			if !s.sleep(pause) {
				return
			}
		}
	}
}

// acceptFailure says why Accept failed, and how to mend it.
func acceptFailure(err error) string {
	if failure.NoDescriptors(err) {
		return "too many open files: raise the limit (ulimit -n) or connect fewer clients"
	}
	return err.Error()
}

// start serves raw on a goroutine of its own, which closing raw ends and Close joins.
func (s *Server) start(raw net.Conn) {
	c := newConn(s, raw)
	s.mu.Lock()
	refused := s.closed
	if !refused {
		s.conns[c] = struct{}{}
	}
	s.mu.Unlock()
	if refused {
		raw.Close()
		return
	}
	s.loops.Go(func() {
		c.serve()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	})
}

// opened records that c has finished the opening handshake. From now on Close wakes it to
// take leave.
func (s *Server) opened(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.open = true
	if s.closed {
		c.wake()
	}
}

func (s *Server) closing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// choose selects a subprotocol from the client's offers, "" for none (RFC 6455 §4.2.2).
func (s *Server) choose(offered []string) string {
	for _, protocol := range offered {
		if s.opts.Protocols == nil || slices.Contains(s.opts.Protocols, protocol) {
			return protocol
		}
	}
	return ""
}

// sleep reports whether d has passed; false is the end of the server.
func (s *Server) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// urlOf is the URL of a server that was asked to listen on asked and does so on addr. A
// host that means every address of the machine becomes 127.0.0.1.
func urlOf(asked string, addr net.Addr, secure bool) string {
	scheme := "ws"
	if secure {
		scheme = "wss"
	}
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return scheme + "://" + addr.String() + "/"
	}
	if name, _, err := net.SplitHostPort(asked); err == nil && name != "" {
		host = name
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/"
}
