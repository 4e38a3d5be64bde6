// Package server is the other end of all contestants: one process of plain Go on TCP,
// with frames that are prepared before anything is measured. It checks the messages that
// it receives.
package server

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/tidewire/tidewire/bench/ws/measure"
)

// An Address says where a server is. It is the first line that the server's process
// prints.
type Address struct {
	WS      string // host:port
	WSS     string
	Control string
	CA      string // the PEM text of the certificate to trust
}

// A Server is the whole process.
type Server struct {
	received atomic.Int64 // bytes of payload that Sink has read

	mu       sync.Mutex // leaf; guards the fields below
	cycles   map[Task]*cycle
	groups   map[int]*group
	problems []string
	latency  *hdrhistogram.Histogram // of Ping and Pace, in nanoseconds
	settled  time.Time               // messages due before this are not in latency
}

// settle is how long after a report messages do not count in the latency: contestants
// prepare their measurement then, and do not look at messages.
const settle = 20 * time.Millisecond

// A Report is the server's answer to its control connection.
type Report struct {
	CPU      time.Duration     // of the process so far
	Received int64             // bytes of payload as they came, compressed or not
	Problems []string          // everything that was wrong so far
	Latency  measure.Quantiles // since the last report
}

// Run listens, prints the Address, and serves until the standard input ends.
func Run() error {
	address, err := Listen()
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(address); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// Listen starts a server in this process, for as long as the process lives.
func Listen() (Address, error) {
	s := &Server{cycles: make(map[Task]*cycle), groups: make(map[int]*group), latency: measure.NewHistogram()}
	certificate, ca, err := newCertificate()
	if err != nil {
		return Address{}, err
	}
	var listeners [3]net.Listener
	for i := range listeners {
		if listeners[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return Address{}, err
		}
	}
	secure := &tls.Config{Certificates: []tls.Certificate{certificate}}
	go s.accept(listeners[0], s.connection)
	go s.accept(listeners[1], func(conn net.Conn) error { return s.connection(tls.Server(conn, secure)) })
	go s.accept(listeners[2], s.control)
	return Address{
		WS:      listeners[0].Addr().String(),
		WSS:     listeners[1].Addr().String(),
		Control: listeners[2].Addr().String(),
		CA:      string(ca),
	}, nil
}

func (s *Server) accept(l net.Listener, serve func(net.Conn) error) {
	for {
		conn, err := l.Accept()
		if err != nil {
			s.problem(fmt.Errorf("accept: %w", err))
			time.Sleep(time.Millisecond) // file descriptors may be free again soon
			continue
		}
		go func() {
			defer conn.Close()
			if err := serve(conn); !gone(err) {
				s.problem(err)
			}
		}()
	}
}

// gone reports whether an error means that the client has left, as contestants do when
// they have measured.
func gone(err error) bool {
	return err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, errClosed)
}

func (s *Server) connection(conn net.Conn) error {
	t, err := upgrade(conn)
	if err != nil {
		if gone(err) {
			return err
		}
		return fmt.Errorf("handshake: %w", err)
	}
	if err := s.serve(conn, t); err != nil {
		return fmt.Errorf("%s: %w", t.Mode, err)
	}
	return nil
}

// control answers each line with a Report.
func (s *Server) control(conn net.Conn) error {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if err := json.NewEncoder(conn).Encode(s.report()); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (s *Server) report() Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Report{
		CPU:      measure.CPU(),
		Received: s.received.Load(),
		Problems: s.problems,
		Latency:  measure.QuantilesOf(s.latency),
	}
	s.latency.Reset()
	s.settled = time.Now().Add(settle)
	return r
}

// A group is connections that begin together, so that those of a fast client do not work
// while it opens more.
type group struct {
	missing int // guarded by Server.mu
	begin   chan struct{}
}

// together waits until the whole group of a connection is open.
func (s *Server) together(t Task) {
	if t.Together < 2 {
		return
	}
	s.mu.Lock()
	g := s.groups[t.Group]
	if g == nil {
		g = &group{missing: t.Together, begin: make(chan struct{})}
		s.groups[t.Group] = g
	}
	if g.missing--; g.missing == 0 {
		close(g.begin)
		delete(s.groups, t.Group)
	}
	s.mu.Unlock()
	<-g.begin
}

// late counts the time that a message took since it was due.
func (s *Server) late(due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if due.After(s.settled) {
		measure.Record(s.latency, time.Since(due))
	}
}

func (s *Server) problem(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.problems) < 100 {
		s.problems = append(s.problems, err.Error())
	}
}

// cycle returns the prepared messages of a task, the same ones for all connections.
func (s *Server) cycle(t Task) (*cycle, error) {
	key := Task{Order: t.Order, Deflate: t.Deflate}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.cycles[key]; c != nil {
		return c, nil
	}
	c, err := newCycle(key)
	if err == nil {
		s.cycles[key] = c
	}
	return c, err
}
