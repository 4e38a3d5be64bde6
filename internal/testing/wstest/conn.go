package wstest

import (
	"io"
	"net"
	"sync"
	"time"
)

// Conn is one end of a connection of a Net: a net.Conn without a SyscallConn. Its faults
// are ordered per direction, through In and Out; those of the other end are the same two,
// exchanged.
type Conn struct {
	link          *link
	in, out       *Stream
	local, remote net.Addr
	onClose       func() // called once, without a lock held; may be nil

	// Guarded by link.mu:
	closed                      bool
	told                        bool // of the reset, by an error: as on Linux that is done once
	readDeadline, writeDeadline deadline
}

// link is shared by both ends and both directions of a connection: one lock, and one
// condition for all that wait.
type link struct {
	mu    sync.Mutex
	cond  sync.Cond
	reset bool
}

// pipe returns the two ends of a new connection.
func pipe(clientAddr, serverAddr net.Addr, capacity int, latency time.Duration) (client, server *Conn) {
	l := &link{}
	l.cond.L = &l.mu
	up, down := newStream(l, capacity, latency), newStream(l, capacity, latency)
	up.reverse, down.reverse = down, up
	client = &Conn{link: l, in: down, out: up, local: clientAddr, remote: serverAddr}
	server = &Conn{link: l, in: up, out: down, local: serverAddr, remote: clientAddr}
	return client, server
}

// In is the direction in which this end reads.
func (c *Conn) In() *Stream { return c.in }

// Out is the direction in which this end writes.
func (c *Conn) Out() *Stream { return c.out }

// Read returns bytes that have arrived, or waits for one at least. Bytes that arrived
// before a FIN or a reset are read before the end is reported, as on Linux.
func (c *Conn) Read(p []byte) (int, error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	n, err := c.in.readLocked(p, c)
	if err != nil && err != io.EOF {
		err = c.opError("read", err)
	}
	return n, err
}

// Write returns when all of p is in the buffer, however many pieces that takes.
func (c *Conn) Write(p []byte) (int, error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	n, err := c.out.writeLocked(p, c)
	if err != nil {
		err = c.opError("write", err)
	}
	return n, err
}

// CloseWrite sends a FIN after the written bytes; reading goes on.
func (c *Conn) CloseWrite() error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.closed {
		return c.opError("close", net.ErrClosed)
	}
	c.out.finishLocked()
	c.link.cond.Broadcast()
	return nil
}

// Close sends a FIN after the written bytes and throws away the unread ones. The other
// end's writes fail from now on.
func (c *Conn) Close() error {
	c.link.mu.Lock()
	if c.closed {
		c.link.mu.Unlock()
		return c.opError("close", net.ErrClosed)
	}
	c.closed = true
	c.out.finishLocked()
	c.in.abandonLocked()
	c.readDeadline.set(time.Time{}, nil)
	c.writeDeadline.set(time.Time{}, nil)
	c.link.cond.Broadcast()
	c.link.mu.Unlock()
	if c.onClose != nil {
		c.onClose()
	}
	return nil
}

// Reset ends the connection at both ends with ECONNRESET, after the bytes already written
// and not stalled.
func (c *Conn) Reset() {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.link.resetLocked()
}

// Stall stalls both directions: a pulled cable.
func (c *Conn) Stall() {
	c.in.Stall()
	c.out.Stall()
}

// LocalAddr returns this end's address.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the other end's address.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets the deadline of Read and of Write.
func (c *Conn) SetDeadline(t time.Time) error {
	return c.setDeadlines(t, &c.readDeadline, &c.writeDeadline)
}

// SetReadDeadline makes Read fail with os.ErrDeadlineExceeded from t on, a waiting one
// included. Zero means never.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, &c.readDeadline) }

// SetWriteDeadline makes Write fail with os.ErrDeadlineExceeded from t on, a waiting one
// included. Zero means never.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, &c.writeDeadline) }

func (c *Conn) setDeadlines(t time.Time, deadlines ...*deadline) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	for _, d := range deadlines {
		d.set(t, c.link.wake)
	}
	c.link.cond.Broadcast()
	return nil
}

func (c *Conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

func (l *link) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cond.Broadcast()
}

func (l *link) resetLocked() {
	l.reset = true
	l.cond.Broadcast()
}

// deadline is a point in time that wakes the goroutines that wait for it. Its owner's
// lock guards it.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

// set moves the deadline; wake is called when it has passed.
func (d *deadline) set(at time.Time, wake func()) {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.at = at
	if wait := time.Until(at); !at.IsZero() && wait > 0 {
		d.timer = time.AfterFunc(wait, wake)
	}
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }
