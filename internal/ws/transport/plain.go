package transport

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Plain returns the transport of ws: a TCP connection, or whatever an embedder dials in
// its place. conn is the Conn's from now on.
func Plain(conn net.Conn) Conn {
	if on, ok := conn.(syscall.Conn); ok {
		if raw, err := on.SyscallConn(); err == nil {
			if s := newSocket(conn, raw); s != nil {
				return s
			}
		}
	}
	return &plain{writer: writer{conn: conn}, blockingReader: blockingReader{conn: conn}}
}

// plainPiece is how many bytes a net.Conn is given at a time.
const plainPiece = 64 << 10

// plain is a net.Conn that is read blocking.
type plain struct {
	writer
	blockingReader
}

// TryWrite takes nothing: a net.Conn can only wait.
func (p *plain) TryWrite([]byte) (int, error) { return 0, nil }

// writer is the half of a plain connection that all of them have in common.
type writer struct {
	conn net.Conn

	// hurried says that Hurry has set a deadline which no Write has cleared yet. mu keeps
	// the flag and the deadline together; a Write that was not hurried does without it.
	hurried atomic.Bool
	mu      sync.Mutex // leaf
}

// Write takes a piece at most: a net.Conn says nothing before all of it is gone, and the
// caller wants to know that a slow peer takes something.
func (w *writer) Write(p []byte) (n int, err error) {
	n, err = w.conn.Write(p[:min(len(p), plainPiece)])
	return n, w.unhurried(err)
}

// unhurried returns the error of a write without that of Hurry, and lets the next one take
// its time.
func (w *writer) unhurried(err error) error {
	if w.hurried.Load() && w.clear() && errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// Hurry uses a deadline that has passed: there is no other way to end a Write but to
// close.
func (w *writer) Hurry() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hurried.Store(true)
	_ = w.conn.SetWriteDeadline(time.Unix(1, 0)) // fails on a closed connection, whose writes end anyway
}

// clear lets writes take their time again, and reports whether one had been hurried.
func (w *writer) clear() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	hurried := w.hurried.Swap(false)
	if hurried {
		_ = w.conn.SetWriteDeadline(time.Time{}) // likewise
	}
	return hurried
}

func (w *writer) CloseWrite() error { return nil }
func (w *writer) Drain()            { _, _ = io.Copy(io.Discard, w.conn) }
func (w *writer) Cut()              { w.conn.Close() }
