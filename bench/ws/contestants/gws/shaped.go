// Package gws is a client on lxzan/gws, in its best shape and as its README shows it.
package gws

import (
	"errors"
	"net/url"
	"sync"

	"github.com/lxzan/gws"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/server"
)

var errEnded = errors.New("the connection has ended")

func deflate(o client.Options) gws.PermessageDeflate {
	takeover := o.Deflate == server.Takeover
	return gws.PermessageDeflate{
		Enabled:               o.Deflate != server.Plain,
		ServerContextTakeover: takeover,
		ClientContextTakeover: takeover,
	}
}

func opcode(o client.Options) gws.Opcode {
	if o.Text() {
		return gws.OpcodeText
	}
	return gws.OpcodeBinary
}

type shaped struct {
	*client.Loop
	options client.Options
	opcode  gws.Opcode

	mu    sync.Mutex // guards conns while connections open
	conns []*gws.Conn
}

// Shaped returns the best shape: large reads, the library's pooled messages, batches, and
// writes at the end of a turn.
func Shaped(o client.Options) (client.Client, error) {
	s := &shaped{options: o, opcode: opcode(o)}
	s.Loop = client.NewLoop(o, s.send)
	return s, nil
}

func (s *shaped) send(connection int, data []byte) error {
	return s.conns[connection].WriteMessage(s.opcode, data)
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
	h := new(handler)
	c, _, err := gws.NewClientFromConn(h, &gws.ClientOption{
		Addr:                u.String(),
		ReadBufferSize:      s.options.ReadSize(),
		ReadMaxPayloadSize:  unlimited,
		WriteMaxPayloadSize: unlimited,
		PermessageDeflate:   deflate(s.options),
	}, conn)
	if err != nil {
		return err
	}
	s.Coalesce(conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	h.feed = s.Feed(len(s.conns))
	s.conns = append(s.conns, c)
	conn.BeforeRead = h.feed.Hand
	go c.ReadLoop()
	return nil
}

// unlimited is more than any message of the bench has.
const unlimited = 1 << 30

// A handler gets the messages of one connection, on the goroutine that reads it.
type handler struct {
	gws.BuiltinEventHandler
	feed *client.Feed
}

func (h *handler) OnMessage(_ *gws.Conn, message *gws.Message) { h.feed.Hold(message.Bytes(), message) }

func (h *handler) OnClose(_ *gws.Conn, err error) { h.feed.Fail(errors.Join(errEnded, err)) }
