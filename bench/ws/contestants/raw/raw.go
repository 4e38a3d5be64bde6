// Package raw moves the same bytes as the others over bare TCP. It knows how long a frame
// is and looks at nothing else, so that the same socket calls cannot cost less CPU time. It
// reads and answers on one goroutine: a contestant that reads on another one can do both at
// once and take less time, and one that makes other socket calls can take less of both.
package raw

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync/atomic"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/frames"
	"github.com/tidewire/tidewire/bench/ws/server"
)

type raw struct {
	options client.Options
	conns   []*connection
	burst   []byte // the frames of one

	// Of many connections, each with a goroutine of its own:
	running bool
	count   atomic.Int64 // messages echoed so far
	target  atomic.Int64
	reached chan error
}

// New returns the contestant.
func New(o client.Options) (client.Client, error) {
	return &raw{options: o, reached: make(chan error, 1)}, nil
}

// Dial opens connections and does the opening handshake by hand.
func (r *raw) Dial(address string, n int) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	opened := make(chan *connection, n)
	err = client.AtOnce(n, func() error {
		c, err := r.open(u)
		if err == nil {
			opened <- c
		}
		return err
	})
	close(opened)
	for c := range opened {
		r.conns = append(r.conns, c)
	}
	return err
}

func (r *raw) open(u *url.URL) (*connection, error) {
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "wss" {
		conn = tls.Client(conn, r.options.TLS)
	}
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	request := "GET " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\nUpgrade: websocket\r\n" +
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + "\r\n"
	if r.options.Deflate != server.Plain {
		request += "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	c := newConnection(conn, r.options)
	if err := c.answer(key); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

// answer reads the answer to the handshake. The first messages may follow at once; next
// takes them from the buffer.
func (c *connection) answer(key string) error {
	end := []byte("\r\n\r\n")
	c.buf = make([]byte, smallRead)
	for !bytes.Contains(c.buf[:c.to], end) {
		if c.to == len(c.buf) {
			return fmt.Errorf("the answer to the handshake has more than %d bytes: %q", len(c.buf), c.buf)
		}
		n, err := c.Read(c.buf[c.to:])
		if err != nil {
			return err
		}
		c.to += n
	}
	c.from = bytes.Index(c.buf, end) + len(end)
	if answer := c.buf[:c.from]; !bytes.Contains(answer, []byte(frames.Accept(key))) {
		return fmt.Errorf("the answer to the handshake is %q", answer)
	}
	return nil
}

// Play plays a Task.
func (r *raw) Play(t *client.Task) error {
	switch {
	case t.Role == client.Count && t.Verify:
		return r.conns[0].verify(t)
	case t.Role == client.Count:
		return r.conns[0].receive(t)
	case t.Role == client.Burst:
		return r.send(t)
	case len(r.conns) > 1:
		return r.echoAll(t)
	}
	messages := 0
	err := r.conns[0].echo(func(n int) (more bool) {
		messages += n
		return messages < t.Target
	})
	t.Played(messages, int64(messages*r.options.Size))
	return err
}

func (r *raw) send(t *client.Task) error {
	c := r.conns[0]
	for n := len(r.burst); n == 0 && len(r.burst) < t.Burst*c.whole(); {
		for _, message := range t.Cycle {
			r.burst = frames.Append(r.burst, c.opcode, message, true)
		}
	}
	acknowledgement := len(server.Acknowledgement(0, 0))
	for t.Count < t.Target {
		for t.Owed() {
			if _, err := c.Write(r.burst); err != nil {
				return err
			}
		}
		data, err := c.next(2, acknowledgement)
		if err != nil {
			return err
		}
		if err := t.Acknowledged(data); err != nil {
			return err
		}
	}
	return nil
}

// echoAll starts a goroutine for each connection, in the first Play.
func (r *raw) echoAll(t *client.Task) error {
	before := r.count.Load()
	r.target.Store(before + int64(t.Target))
	for i := 0; i < len(r.conns) && !r.running; i++ {
		go func() {
			r.reached <- r.conns[i].echo(func(n int) (more bool) {
				now, target := r.count.Add(int64(n)), r.target.Load()
				if now >= target && now-int64(n) < target {
					r.reached <- nil
				}
				return true
			})
		}()
	}
	r.running = true
	err := <-r.reached
	messages := int(r.count.Load() - before)
	t.Played(messages, int64(messages*r.options.Size))
	return err
}
