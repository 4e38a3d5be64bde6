package httpclient

import (
	"net"
	"sync"
)

// The charge for an open connection: buffers, goroutines, TLS.
const (
	plainConnBytes = 8 << 10
	tlsConnBytes   = 24 << 10
)

// conn is a connection as net/http uses it. It keeps the facts that net/http does not pass
// on as they are: how the stream ended, and how it began.
type conn struct {
	net.Conn          // dial.Conn.Transport
	raw      net.Conn // the socket under it
	client   *Client
	charged  int64

	once sync.Once // of close

	mu    sync.Mutex // leaf; guards the fields below
	got   int64      // bytes since begin, or since the dial
	first byte       // of those
	read  error      // the first one of Read
	wrote error      // the first one of Write
}

// begin begins another exchange on a connection that was kept. A new connection may have
// been read from by now.
func (c *conn) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = 0
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.got == 0 && n > 0 {
		c.first = p[0]
	}
	c.got += int64(n)
	if err != nil && c.read == nil {
		c.read = err
	}
	return n, err
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.wrote == nil {
			c.wrote = err
		}
	}
	return n, err
}

// Close implements net.Conn. Over TLS it says goodbye, if nothing is being written.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.forget()
	return err
}

// cut closes the connection at once, and ends what is under way on it.
func (c *conn) cut() {
	c.raw.Close()
	c.forget()
}

func (c *conn) forget() {
	c.once.Do(func() {
		c.client.transports.remove(c)
		c.client.opts.Memory.Release(c.charged)
	})
}

// facts returns how the connection's last exchange began and how each direction of its
// stream ended.
func (c *conn) facts() (got int64, first byte, read, wrote error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.got, c.first, c.read, c.wrote
}
