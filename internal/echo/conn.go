package echo

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
	"unsafe"

	"github.com/tidewire/tidewire/internal/ws/deflate"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/handshake"
	"github.com/tidewire/tidewire/internal/ws/pace"
	"github.com/tidewire/tidewire/internal/ws/proto"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

const (
	readSize  = 16 << 10 // held by each connection
	chunkSize = 64 << 10 // borrowed while there is something to write
)

var chunks = sync.Pool{New: func() any { return new([chunkSize]byte) }}

// conn is one client. All of it except open belongs to serve's goroutine.
type conn struct {
	server    *Server
	raw       net.Conn // as accepted; closing it ends serve
	transport net.Conn // raw behind a stallGuard, or TLS over that

	open bool // guarded by server.mu: the opening handshake is done

	compressor *deflate.Compressor // nil if compression was not negotiated

	pace pace.Control // of the client's control frames

	story story // for the log

	reader  *proto.Reader
	outbox  proto.Outbox
	encoder proto.Encoder
	found   proto.Batch
	frames  []proto.Frame
}

func newConn(s *Server, raw net.Conn) *conn {
	return &conn{
		server:    s,
		raw:       raw,
		transport: stallGuard{raw},
	}
}

// serve is the life of a connection: shake hands, echo, take leave.
func (c *conn) serve() {
	defer c.raw.Close()
	buffered, err := c.shakeHands()
	if err != nil {
		c.logRefused(err)
	} else {
		c.server.opened(c)
		c.logOpened()
		err := c.echo(buffered)
		c.logLeft(err)
		if err != nil {
			return // nobody is left to take leave of
		}
	}
	c.linger() // after a refusal too: the client has an answer to read
}

// shakeHands does TLS and the opening handshake, and returns the bytes that the client
// sent after it.
func (c *conn) shakeHands() (buffered []byte, err error) {
	if config := c.server.opts.TLSConfig; config != nil {
		ctx, cancel := context.WithTimeout(c.server.ctx, openTimeout)
		defer cancel()
		secure := tls.Server(c.transport, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		c.transport = secure
	}
	var compression deflate.Params
	accepted, err := handshake.Server(c.server.ctx, c.transport, c.raw, handshake.Choices{
		Protocol: c.server.choose,
		Extensions: func(offers []string) (answer string, err error) {
			answer, compression, err = deflate.Answer(offers, deflate.Config{})
			return answer, err
		},
	}, openTimeout)
	if err != nil {
		return nil, err
	}
	c.story.path, c.story.protocol = accepted.RequestURI, accepted.Protocol
	readerOpts := proto.ReaderOptions{Role: proto.Server, MaxMessage: c.server.opts.MaxMessage}
	if compression.InUse {
		c.compressor = deflate.NewCompressor(compression.Server, nil)
		c.outbox.Compress()
		readerOpts.Inflater = deflate.NewDecompressor(compression.Client, nil, nil)
	}
	c.reader = proto.NewReader(readerOpts)
	return accepted.Buffered, nil
}

// echo answers the client's frames until a close frame has been written; an error means
// that none could be.
func (c *conn) echo(buffered []byte) error {
	err := c.answer(buffered, c.reader.Feed(buffered, &c.found))
	buf := make([]byte, readSize)
	for err == nil && c.outbox.SentCode() == 0 {
		err = c.step(buf)
	}
	return err
}

// step reads once and writes everything that is to be answered. Nothing is read before
// all of that has left: this bounds a connection's memory, and lets TCP hold back a
// client that does not read.
func (c *conn) step(buf []byte) error {
	var (
		err     error // the client's mistake
		readErr error // why nothing more comes
		n       int
	)
	c.found.Reset()
	if space := c.reader.Space(); space != nil {
		n, readErr = c.transport.Read(space)
		err = c.reader.Filled(n, &c.found)
	} else {
		n, readErr = c.transport.Read(buf)
		err = c.reader.Feed(buf[:n], &c.found)
	}
	if err := c.answer(buf, err); err != nil || c.outbox.SentCode() != 0 {
		return err
	}
	if readErr != nil && c.server.closing() {
		c.outbox.CloseNow(wire.CloseGoingAway, "the server stops")
		c.story.end = "the server stops"
		return c.flush()
	}
	if pause := c.pace.Read(c.found.Controls(), time.Now()); pause > 0 && readErr == nil {
		c.server.sleep(pause) // false is the end of the server, which ends the next Read
	}
	return readErr
}

// answer writes the answers to the events found in the bytes that were fed, and if the
// client broke a rule after them, failed, the close frame that says so.
func (c *conn) answer(fed []byte, failed error) error {
	for _, event := range c.found.Events {
		payload := c.found.Payload(event, fed)
		switch event.Opcode {
		case wire.Text, wire.Binary:
			c.story.messages++
			c.story.bytes += int64(len(payload))
			// No copy: flush has written the payload before anything is read over it.
			c.outbox.Push(event.Opcode, unsafe.String(unsafe.SliceData(payload), len(payload)))
		case wire.Ping:
			c.outbox.Pong(payload)
		case wire.Close:
			code, reason, _ := wire.ParseClose(payload) // the Reader has checked it
			// Flushed first, so that everything sent before the close frame comes back
			// before it.
			if err := c.flush(); err != nil {
				return err
			}
			c.outbox.Answer(code, reason)
			c.story.closed(code, reason)
		}
	}
	if failed != nil {
		if err := c.flush(); err != nil {
			return err
		}
		reason := failure.From(failure.PhaseOpen, failed)
		c.outbox.CloseNow(proto.CloseCode(reason), reason.Message)
		c.story.end = reason.Error()
	}
	return c.flush()
}

// flush writes everything that waits.
func (c *conn) flush() error {
	if !c.outbox.Waits() {
		return nil
	}
	chunk := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(chunk)
	for c.outbox.Waits() {
		if plain, ok := c.outbox.Plain(); ok {
			packed, shorter := c.compressor.Compress(nil, plain)
			if !shorter {
				packed = nil
			}
			c.outbox.Packed(packed, true)
		}
		c.frames = c.outbox.Next(c.frames[:0], len(chunk))
		c.encoder.Load(c.frames)
		for !c.encoder.Empty() {
			n, done := c.encoder.Fill(chunk[:], nil)
			if _, err := c.transport.Write(chunk[:n]); err != nil {
				return err
			}
			c.outbox.Wrote(done)
		}
		clear(c.frames) // drops the payloads
	}
	return nil
}

// wake ends a Read of step, which then sees that the server is closing. step sets no
// deadline that could undo it. Any goroutine may call it.
func (c *conn) wake() { c.raw.SetReadDeadline(time.Unix(1, 0)) }

// linger waits for the client's end after our last frame. A socket closed with bytes
// unread sends a reset, which may overtake the close frame (RFC 6455 §7.1.1 points at the
// same trap).
func (c *conn) linger() {
	c.raw.SetReadDeadline(time.Now().Add(lingerTimeout))
	if secure, ok := c.transport.(*tls.Conn); ok {
		secure.CloseWrite()
	}
	if half, ok := c.raw.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	io.Copy(io.Discard, c.transport)
}

// stallGuard makes a Write fail when nothing of it has left in a whole stallTimeout; as
// long as something does it may take any time. It is below TLS, whose own writes cannot
// be resumed.
type stallGuard struct{ net.Conn }

func (g stallGuard) Write(p []byte) (written int, err error) {
	for {
		g.SetWriteDeadline(time.Now().Add(stallTimeout))
		n, err := g.Conn.Write(p[written:])
		written += n
		if n == 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
	}
}
