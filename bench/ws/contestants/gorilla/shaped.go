// Package gorilla is a client on gorilla/websocket, in its best shape and as its examples
// show it.
package gorilla

import (
	"context"
	"net"
	"net/url"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/server"
)

// writeSize is the size of a connection's frames.
const writeSize = 64 << 10

type shaped struct {
	*client.Loop
	options client.Options
	kind    int
	buffers sync.Pool // of writes, for the library

	mu    sync.Mutex // guards conns while connections open
	conns []*websocket.Conn
}

// Shaped returns the best shape: large reads, messages read into buffers that are used
// again, batches, and writes at the end of a turn.
func Shaped(o client.Options) (client.Client, error) {
	s := &shaped{options: o, kind: kind(o)}
	s.Loop = client.NewLoop(o, s.send)
	return s, nil
}

func kind(o client.Options) int {
	if o.Text() {
		return websocket.TextMessage
	}
	return websocket.BinaryMessage
}

func (s *shaped) send(connection int, data []byte) error {
	return s.conns[connection].WriteMessage(s.kind, data)
}

func (s *shaped) Dial(address string, n int) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	return client.AtOnce(n, func() error { return s.open(u) })
}

func (s *shaped) open(u *url.URL) error {
	conn, err := s.Connect(u)
	if err != nil {
		return err
	}
	dial := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	dialer := websocket.Dialer{
		NetDialContext:    dial,
		NetDialTLSContext: dial,
		ReadBufferSize:    s.options.ReadSize(),
		WriteBufferSize:   writeSize,
		WriteBufferPool:   &s.buffers,
		EnableCompression: s.options.Deflate != server.Plain,
	}
	c, _, err := dialer.Dial(u.String(), nil)
	if err != nil {
		return err
	}
	s.Coalesce(conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	feed := s.Feed(len(s.conns))
	s.conns = append(s.conns, c)
	conn.BeforeRead = feed.Hand
	go func() { feed.Fail(read(c, feed)) }()
	return nil
}

func read(c *websocket.Conn, feed *client.Feed) error {
	for {
		_, r, err := c.NextReader()
		if err != nil {
			return err
		}
		if err := feed.Read(r); err != nil {
			return err
		}
	}
}
