package client

import (
	"net"
	"slices"
	"sync"
)

// flushBytes is how much a Conn gathers before it writes.
const flushBytes = 64 << 10

// A Conn is a connection as a program around a library shapes it for speed: the messages
// read so far are handed over before it waits for more, and written messages leave at the
// end of a turn.
type Conn struct {
	net.Conn

	// Set by the goroutine that reads, before it reads:
	BeforeRead func() // may be nil
	buffer     []byte // nil reads straight into the caller's
	rest       []byte // of buffer

	turn *turn // nil until the connection is open: writes leave at once

	mu  sync.Mutex // leaf; guards the fields below
	out []byte
}

// Buffer gives a Conn a read buffer, for a library that has a small one.
func (c *Conn) Buffer(size int) { c.buffer = make([]byte, size) }

// Read reads from the connection, or from the buffer if that has anything.
func (c *Conn) Read(to []byte) (int, error) {
	if len(c.rest) > 0 {
		n := copy(to, c.rest)
		c.rest = c.rest[n:]
		return n, nil
	}
	if c.BeforeRead != nil {
		c.BeforeRead()
	}
	if len(to) >= len(c.buffer) {
		return c.Conn.Read(to)
	}
	n, err := c.Conn.Read(c.buffer)
	copied := copy(to, c.buffer[:n])
	c.rest = c.buffer[copied:n]
	return copied, err
}

// Write gathers small writes until the turn ends.
func (c *Conn) Write(data []byte) (int, error) {
	if c.turn == nil {
		return c.Conn.Write(data)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.out)+len(data) > flushBytes {
		if err := c.flushLocked(); err != nil {
			return 0, err
		}
		if len(data) >= flushBytes {
			return c.Conn.Write(data)
		}
	}
	if len(c.out) == 0 {
		c.turn.add(c)
	}
	c.out = append(c.out, data...)
	return len(data), nil
}

// Append is Write for n bytes that fill makes in place.
func (c *Conn) Append(n int, fill func(to []byte)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.out)+n > flushBytes {
		if err := c.flushLocked(); err != nil {
			return err
		}
	}
	if len(c.out) == 0 {
		c.turn.add(c)
	}
	end := len(c.out) + n
	c.out = slices.Grow(c.out, n)[:end]
	fill(c.out[end-n:])
	return nil
}

// flush writes the bytes that Write has gathered.
func (c *Conn) flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.flushLocked()
}

func (c *Conn) flushLocked() error {
	if len(c.out) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.out)
	c.out = c.out[:0]
	return err
}

// A turn lists the connections with something to write at its end.
type turn struct {
	mu    sync.Mutex // taken while a Conn's is held
	conns []*Conn
	spare []*Conn
}

func (t *turn) add(c *Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns = append(t.conns, c)
}

func (t *turn) end() error {
	t.mu.Lock()
	conns := t.conns
	t.conns, t.spare = t.spare[:0], conns
	t.mu.Unlock()
	for _, c := range conns {
		if err := c.flush(); err != nil {
			return err
		}
	}
	return nil
}
