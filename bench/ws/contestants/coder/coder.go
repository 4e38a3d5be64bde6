// Package coder is a client on coder/websocket, in its best shape and as its README shows
// it.
package coder

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/server"
)

// unlimited is more than any message of the bench has; the library's own limit is 32 KiB.
const unlimited = 1 << 30

func options(o client.Options, h *http.Client) *websocket.DialOptions {
	options := &websocket.DialOptions{HTTPClient: h}
	switch o.Deflate {
	case server.NoTakeover:
		options.CompressionMode = websocket.CompressionNoContextTakeover
	case server.Takeover:
		options.CompressionMode = websocket.CompressionContextTakeover
	}
	return options
}

func kind(o client.Options) websocket.MessageType {
	if o.Text() {
		return websocket.MessageText
	}
	return websocket.MessageBinary
}

type shaped struct {
	*client.Loop
	options client.Options
	kind    websocket.MessageType

	mu    sync.Mutex // guards conns while connections open
	conns []*websocket.Conn
}

// Shaped returns the best shape: large reads under the library's small ones, messages
// read into buffers that are used again, batches, and writes at the end of a turn.
func Shaped(o client.Options) (client.Client, error) {
	s := &shaped{options: o, kind: kind(o)}
	s.Loop = client.NewLoop(o, s.send)
	return s, nil
}

func (s *shaped) send(connection int, data []byte) error {
	return s.conns[connection].Write(context.Background(), s.kind, data)
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
	transport := &http.Transport{DialContext: dial, DialTLSContext: dial}
	opts := options(s.options, &http.Client{Transport: transport})
	c, _, err := websocket.Dial(context.Background(), u.String(), opts)
	if err != nil {
		return err
	}
	c.SetReadLimit(unlimited)
	s.Coalesce(conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	feed := s.Feed(len(s.conns))
	s.conns = append(s.conns, c)
	conn.BeforeRead = feed.Hand
	conn.Buffer(s.options.ReadSize())
	go func() { feed.Fail(read(c, feed)) }()
	return nil
}

func read(c *websocket.Conn, feed *client.Feed) error {
	for {
		_, r, err := c.Reader(context.Background())
		if err != nil {
			return err
		}
		if err := feed.Read(r); err != nil {
			return err
		}
	}
}
