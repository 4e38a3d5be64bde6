package gobwas

import (
	"context"
	"io"
	"net"
	"sync"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/server"
)

type shown struct {
	*client.Channel
	options client.Options
	opcode  ws.OpCode

	mu    sync.Mutex // guards conns while connections open
	conns []net.Conn
}

// Shown returns the shape of the README: wsutil's ReadServerData and WriteClientMessage.
func Shown(o client.Options) (client.Client, error) {
	if o.Deflate != server.Plain {
		return nil, errCompressed
	}
	s := &shown{options: o, opcode: opcode(o)}
	s.Channel = client.NewChannel(s.send)
	return s, nil
}

func (s *shown) send(connection int, data []byte) error {
	return wsutil.WriteClientMessage(s.conns[connection], s.opcode, data)
}

func (s *shown) Dial(address string, n int) error {
	return client.AtOnce(n, func() error { return s.open(address) })
}

func (s *shown) open(address string) error {
	conn, early, _, err := dialer(s.options).Dial(context.Background(), address)
	if err != nil {
		return err
	}
	in := struct {
		io.Reader
		io.Writer
	}{conn, conn}
	if early != nil { // frames that came with the answer
		in.Reader = early
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	connection := len(s.conns)
	s.conns = append(s.conns, conn)
	go func() {
		for {
			message, _, err := wsutil.ReadServerData(in)
			if err != nil {
				s.Fail(err)
				return
			}
			s.Messages <- client.Message{Connection: connection, Data: message}
		}
	}()
	return nil
}
