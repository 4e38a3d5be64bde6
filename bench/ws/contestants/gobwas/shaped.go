// Package gobwas is a client on gobwas/ws: on its functions for headers, and as its README
// shows it.
package gobwas

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/url"
	"sync"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"

	"github.com/tidewire/tidewire/bench/ws/client"
	"github.com/tidewire/tidewire/bench/ws/server"
)

func opcode(o client.Options) ws.OpCode {
	if o.Text() {
		return ws.OpText
	}
	return ws.OpBinary
}

// dialer dials with the extension that a scenario wants. The library's package wsflate
// compresses each message on its own.
func dialer(o client.Options) ws.Dialer {
	d := ws.Dialer{TLSConfig: o.TLS}
	if o.Deflate != server.Plain {
		d.Extensions = []httphead.Option{wsflate.DefaultParameters.Option()}
	}
	return d
}

type shaped struct {
	*client.Loop
	options client.Options
	opcode  ws.OpCode

	// Owned by the goroutine that sends:
	keys    *mathrand.ChaCha8 // for masking
	deflate deflater

	mu    sync.Mutex // guards conns while connections open
	conns []*connection
}

type connection struct {
	*client.Conn
	header bytes.Buffer // of the frame that is being sent
	store  [ws.MaxHeaderSize]byte
}

// Shaped returns the best shape: headers read from a large buffer, payloads into buffers
// that are used again, batches, and frames gathered until the end of a turn.
func Shaped(o client.Options) (client.Client, error) { return Loop(o) }

// A Runner is a client that plays any App.
type Runner interface {
	client.Client
	Run(app client.App) error
}

// Loop is Shaped for an App other than the Task.
func Loop(o client.Options) (Runner, error) {
	var seed [32]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return nil, err
	}
	s := &shaped{options: o, opcode: opcode(o), keys: mathrand.NewChaCha8(seed)}
	s.Loop = client.NewLoop(o, s.send)
	return s, nil
}

// send masks a copy of data with a fresh key. The library's own NewMask calls the global
// generator, which is not made for cryptography, and costs more.
func (s *shaped) send(connection int, data []byte) error {
	c := s.conns[connection]
	h := ws.Header{Fin: true, OpCode: s.opcode, Masked: true}
	if s.options.Deflate != server.Plain {
		var err error
		if data, err = s.deflate.compress(data); err != nil {
			return err
		}
		h.Rsv = ws.Rsv(true, false, false)
	}
	h.Length = int64(len(data))
	key := uint32(s.keys.Uint64())
	h.Mask = [4]byte{byte(key), byte(key >> 8), byte(key >> 16), byte(key >> 24)}
	c.header.Reset()
	if err := ws.WriteHeaderBuffer(&c.header, h, c.store[:]); err != nil {
		return err
	}
	return c.Append(c.header.Len()+len(data), func(to []byte) {
		copied := copy(to, c.header.Bytes())
		copy(to[copied:], data)
		ws.Cipher(to[copied:], h.Mask, 0)
	})
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
	early, _, err := dialer(s.options).Upgrade(conn, u)
	if err != nil {
		return err
	}
	var in io.Reader = conn
	if early != nil { // frames that came with the answer
		data, err := early.Peek(early.Buffered())
		if err != nil {
			return err
		}
		in = io.MultiReader(bytes.NewReader(bytes.Clone(data)), conn)
		ws.PutReader(early)
	}
	s.Coalesce(conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	feed := s.Feed(len(s.conns))
	s.conns = append(s.conns, &connection{Conn: conn})
	conn.BeforeRead = feed.Hand
	go func() { feed.Fail(s.read(bufio.NewReaderSize(in, s.options.ReadSize()), feed)) }()
	return nil
}

// read takes messages of one frame; the server sends no others. Control frames would have
// to be answered here.
func (s *shaped) read(in *bufio.Reader, feed *client.Feed) error {
	var store [ws.MaxHeaderSize]byte
	var inflate deflater
	for {
		h, err := ws.ReadHeaderBuffer(in, store[:])
		if err != nil {
			return err
		}
		if !h.Fin || !h.OpCode.IsData() || h.Length > unlimited {
			return fmt.Errorf("a frame with the header %+v", h)
		}
		data := feed.Buffer(int(h.Length))
		if _, err := io.ReadFull(in, data); err != nil {
			return err
		}
		if h.Rsv1() {
			inflated, err := inflate.decompress(data)
			if err != nil {
				return err
			}
			data = append(data[:0], inflated...)
		}
		feed.Add(data)
	}
}

// unlimited is more than any message of the bench has.
const unlimited = 1 << 30

var errCompressed = errors.New("the functions of wsutil that the README shows do not decompress")
