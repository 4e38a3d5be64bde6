package coder

import (
	"context"
	"net/http"
	"sync"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/bench/ws/client"
)

type shown struct {
	*client.Channel
	options client.Options
	http    *http.Client
	kind    websocket.MessageType

	mu    sync.Mutex // guards conns while connections open
	conns []*websocket.Conn
}

// Shown returns the shape of the README: Dial, Read, Write. The limit of messages had to
// be raised.
func Shown(o client.Options) (client.Client, error) {
	s := &shown{options: o, kind: kind(o)}
	s.http = &http.Client{Transport: &http.Transport{TLSClientConfig: o.TLS}}
	s.Channel = client.NewChannel(s.send)
	return s, nil
}

func (s *shown) send(connection int, data []byte) error {
	return s.conns[connection].Write(context.Background(), s.kind, data)
}

func (s *shown) Dial(address string, n int) error {
	return client.AtOnce(n, func() error { return s.open(address) })
}

func (s *shown) open(address string) error {
	c, _, err := websocket.Dial(context.Background(), address, options(s.options, s.http))
	if err != nil {
		return err
	}
	c.SetReadLimit(unlimited)
	s.mu.Lock()
	defer s.mu.Unlock()
	connection := len(s.conns)
	s.conns = append(s.conns, c)
	go func() {
		for {
			_, message, err := c.Read(context.Background())
			if err != nil {
				s.Fail(err)
				return
			}
			s.Messages <- client.Message{Connection: connection, Data: message}
		}
	}()
	return nil
}
