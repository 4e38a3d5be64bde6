package gws

import (
	"errors"
	"sync"

	"github.com/lxzan/gws"

	"github.com/tidewire/tidewire/bench/ws/client"
)

type shown struct {
	*client.Channel
	options client.Options
	opcode  gws.Opcode

	mu    sync.Mutex // guards conns while connections open
	conns []*gws.Conn
}

// Shown returns the shape of the README: default buffers, messages closed after use,
// WriteMessage. The limit of messages had to be raised.
func Shown(o client.Options) (client.Client, error) {
	s := &shown{options: o, opcode: opcode(o)}
	s.Channel = client.NewChannel(s.send)
	return s, nil
}

func (s *shown) send(connection int, data []byte) error {
	return s.conns[connection].WriteMessage(s.opcode, data)
}

func (s *shown) Dial(address string, n int) error {
	return client.AtOnce(n, func() error { return s.open(address) })
}

func (s *shown) open(address string) error {
	h := &channelHandler{client: s}
	c, _, err := gws.NewClient(h, &gws.ClientOption{
		Addr:                address,
		ReadMaxPayloadSize:  unlimited,
		WriteMaxPayloadSize: unlimited,
		TlsConfig:           s.options.TLS,
		PermessageDeflate:   deflate(s.options),
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h.connection = len(s.conns)
	s.conns = append(s.conns, c)
	go c.ReadLoop()
	return nil
}

type channelHandler struct {
	gws.BuiltinEventHandler
	client     *shown
	connection int
}

func (h *channelHandler) OnMessage(_ *gws.Conn, message *gws.Message) {
	h.client.Messages <- client.Message{Connection: h.connection, Data: message.Bytes(), Held: message}
}

func (h *channelHandler) OnClose(_ *gws.Conn, err error) { h.client.Fail(errors.Join(errEnded, err)) }
