package raw

import (
	"net"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/frames"
)

// smallRead is the size of reads of a connection among many, and of the handshake's answer.
const smallRead = 512

// A connection knows how long a frame is.
type connection struct {
	net.Conn
	opcode byte
	size   int // of a message
	header int // of a frame that we receive

	readSize int

	buf  []byte
	from int // buf[from:to] was read and is not used yet
	to   int
}

func newConnection(conn net.Conn, o client.Options) *connection {
	c := &connection{Conn: conn, opcode: frames.Binary, size: o.Size, readSize: o.ReadSize()}
	if o.Connections > 1 {
		c.readSize = smallRead
	}
	if o.Text() {
		c.opcode = frames.Text
	}
	c.header = len(frames.AppendHeader(nil, c.opcode, o.Size, false, false))
	return c
}

// whole is the length of a frame that we send, with its key.
func (c *connection) whole() int { return c.header + 4 + c.size }

// receive counts bytes.
func (c *connection) receive(t *client.Task) error {
	frame := c.header + c.size
	got := c.to - c.from
	c.from, c.to = 0, 0
	for got < t.Target*frame {
		n, err := c.Read(c.buf)
		if err != nil {
			return err
		}
		got += n
	}
	t.Played(got/frame, int64(got/frame*c.size))
	return nil
}

// verify looks at each message.
func (c *connection) verify(t *client.Task) error {
	for more := true; more; {
		data, err := c.next(c.header, c.size)
		if err != nil {
			return err
		}
		more = t.Received(nil, 0, data)
	}
	return nil
}

// next returns the payload of the next frame.
func (c *connection) next(header, size int) ([]byte, error) {
	whole := header + size
	if len(c.buf) < max(c.readSize, whole) {
		buf := make([]byte, max(c.readSize, whole))
		c.from, c.to, c.buf = 0, copy(buf, c.buf[c.from:c.to]), buf
	}
	for c.to-c.from < whole {
		if c.from+whole > len(c.buf) {
			c.to = copy(c.buf, c.buf[c.from:c.to])
			c.from = 0
		}
		n, err := c.Read(c.buf[c.to:])
		if err != nil {
			return nil, err
		}
		c.to += n
	}
	data := c.buf[c.from+header : c.from+whole]
	c.from += whole
	if c.from == c.to {
		c.from, c.to = 0, 0
	}
	return data, nil
}

// echo sends back the messages of a read in one write, until there were enough. The
// frames have the key 0, which is as long as any other.
func (c *connection) echo(done func(messages int) (more bool)) error {
	var out []byte
	for more := true; more; {
		out = out[:0]
		messages := 0
		for messages == 0 || c.to-c.from >= c.header+c.size {
			data, err := c.next(c.header, c.size)
			if err != nil {
				return err
			}
			out = frames.Append(out, c.opcode, data, true)
			messages++
		}
		if _, err := c.Write(out); err != nil {
			return err
		}
		more = done(messages)
	}
	return nil
}
