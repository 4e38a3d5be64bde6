package gorilla

import (
	"sync"

	"github.com/gorilla/websocket"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/server"
)

type shown struct {
	*client.Channel
	options client.Options
	kind    int

	mu    sync.Mutex // guards conns while connections open
	conns []*websocket.Conn
}

// Shown returns the shape of the examples: default buffers, ReadMessage, WriteMessage.
func Shown(o client.Options) (client.Client, error) {
	s := &shown{options: o, kind: kind(o)}
	s.Channel = client.NewChannel(s.send)
	return s, nil
}

func (s *shown) send(connection int, data []byte) error {
	return s.conns[connection].WriteMessage(s.kind, data)
}

func (s *shown) Dial(address string, n int) error {
	return client.AtOnce(n, func() error { return s.open(address) })
}

func (s *shown) open(address string) error {
	dialer := *websocket.DefaultDialer
	dialer.TLSClientConfig = s.options.TLS
	dialer.EnableCompression = s.options.Deflate != server.Plain
	c, _, err := dialer.Dial(address, nil)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	connection := len(s.conns)
	s.conns = append(s.conns, c)
	go func() {
		for {
			_, message, err := c.ReadMessage()
			if err != nil {
				s.Fail(err)
				return
			}
			s.Messages <- client.Message{Connection: connection, Data: message}
		}
	}()
	return nil
}
