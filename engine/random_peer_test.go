package engine_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
	"github.com/tidewire/tidewire/internal/ws/deflate"
	"github.com/tidewire/tidewire/internal/ws/wire"
)

// randomWay is the way between a connection's two ends.
type randomWay struct {
	TLS, Deflate bool
	Latency      time.Duration // one way
	ShortReads   int           // bytes that one read returns at most; 0 is no limit
	Narrow       bool          // the network takes 10 bytes at a time from the client
	SendQueue    int
	ReceiveQueue int
}

var plainWay = randomWay{SendQueue: 16 << 20, ReceiveQueue: 4 << 20}

func (w randomWay) capacity() int {
	if w.Narrow && w.Latency == 0 {
		return 10
	}
	return 64 << 10
}

// order gives a client's connection its way.
func (w randomWay) order(client *wstest.Conn) {
	for _, stream := range []*wstest.Stream{client.In(), client.Out()} {
		stream.SetLatency(w.Latency)
		stream.ShortReads(w.ShortReads)
	}
	client.Out().SetCapacity(w.capacity())
}

// randomConn is one connection with its peer and its model.
type randomConn struct {
	id     engine.ID
	way    randomWay
	model  *model
	events []string // dispatched
	end    *engine.End
	want   []string // by the model
	onHold bool     // Pause was called

	// The peer:
	raw      *wstest.Conn
	conn     net.Conn // raw, or TLS on top of it
	packer   *deflate.Compressor
	unpacker *deflate.Decompressor
	sent     int
	begun    string // the message that has been sent in part
	rest     []byte // its bytes that are still to be sent
	answered bool
	ended    bool       // the peer has sent its FIN, or worse
	underway []underway // the peer's steps

	request chan *http.Request // has the opening handshake
	reading sync.WaitGroup
	mu      sync.Mutex
	frames  []string // that the peer got
}

// underway is a step that takes effect at the client when its bytes arrive.
type underway struct {
	at   time.Duration
	step peerStep
}

func (r *randomRun) connect(way randomWay) {
	handshakes := time.Since(r.begin)
	url, listener := enginetest.URL, r.h.Listener
	if way.TLS {
		url, listener = "wss://peer.test/", r.secure
		handshakes += 2 * way.Latency
	}
	c := &randomConn{way: way, model: newModel(handshakes, way.SendQueue, way.ReceiveQueue), request: make(chan *http.Request, 1)}
	r.conns = append(r.conns, c)
	r.h.Net.Setup = way.order
	opts := engine.ConnectOptions{SendQueue: int64(way.SendQueue), ReceiveQueue: int64(way.ReceiveQueue)}
	if way.Deflate {
		opts.Compression = &engine.Compression{}
	}
	c.id = r.h.Connect(url, opts)
	conn, err := listener.Accept()
	if err != nil {
		r.t.Fatal(err)
	}
	c.raw, c.conn = conn.(*wstest.Conn), conn
	if way.TLS {
		c.conn = tls.Server(conn, r.cert.Server)
	}
	c.reading.Go(c.read)
	r.wait(3 * way.Latency) // until the request is there
}

// read is the peer's reading half. Ended by either end of the connection, joined by
// playRandom.
func (c *randomConn) read() {
	reader := bufio.NewReader(c.conn)
	request, err := http.ReadRequest(reader)
	if err != nil {
		return
	}
	c.request <- request
	for {
		frame, err := c.readFrame(reader)
		if err != nil {
			return
		}
		c.mu.Lock()
		c.frames = append(c.frames, frame)
		c.mu.Unlock()
	}
}

func (c *randomConn) step(r *randomRun, what string) {
	c.sent++
	data := fmt.Sprint(c.sent)
	if c.sent%3 == 0 {
		data += strings.Repeat(" tide", 30)
	}
	switch what {
	case "send":
		if c.sent%2 == 0 {
			r.h.Queue(c.id, engine.Text, data) // settle flushes
		} else {
			r.h.Send(c.id, engine.Text, data)
		}
		c.model.send(data)
	case "close":
		if c.model.races() {
			return
		}
		r.h.Close(c.id, 3000, "")
		c.model.close(3000)
		c.onHold = false
	case "hold":
		r.h.Pause(c.id)
		c.onHold = !c.model.closeCalled
	case "resume":
		r.h.Resume(c.id)
		c.onHold = false
	case "stop":
		if c.model.state != mConnecting {
			c.raw.In().SetCapacity(0)
			c.model.stopReading()
		}
	case "read":
		c.raw.In().SetCapacity(c.way.capacity())
		c.model.read()
	default:
		if !c.ended {
			c.peerStep(r, what, data)
		}
	}
}

func (c *randomConn) peerStep(r *randomRun, what, data string) {
	m := c.model
	switch {
	case what == "accept" && !c.answered:
		c.accept(r)
		c.lead(r, what, m.accept)
	case what == "refuse" && !c.answered:
		c.ended = true
		io.WriteString(c.conn, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")
		c.lead(r, what, m.refuse)
	case what == "fin":
		c.ended = true
		if secure, ok := c.conn.(*tls.Conn); ok {
			secure.CloseWrite()
		}
		c.raw.CloseWrite()
		c.lead(r, what, func() { m.transportEnds("End of File", "eof") })
	case what == "cut":
		c.ended = true
		c.raw.CloseWrite()
		message := "End of File"
		if c.way.TLS {
			message = "Underlying Transport Error"
		}
		c.lead(r, what, func() { m.transportEnds(message, "eof") })
	case what == "reset":
		c.ended = true
		c.lead(r, what, func() {
			if !m.violated && !m.full { // our close frame would not leave; nobody would see it before it is read
				c.raw.Reset()
				m.transportEnds("Underlying Transport Error", "reset")
			}
		})
	case !c.answered:
	case what == "begin" && c.begun == "":
		frame := c.pack(data)
		half := len(frame.Payload) / 2
		c.begun, c.rest = data, frame.Payload[half:]
		frame.Payload = frame.Payload[:half]
		c.write(frame.Unfinished())
		c.lead(r, what, m.begin)
	case what == "message" && c.begun != "":
		data = c.begun
		c.write(wstest.Continuation(string(c.rest)))
		c.begun, c.rest = "", nil
		c.lead(r, what, func() { m.message(data) })
	case what == "message":
		c.write(c.pack(data))
		c.lead(r, what, func() { m.message(data) })
	case what == "ping":
		c.write(wstest.Ping(data[:min(len(data), 125)]))
		c.lead(r, what, func() { m.ping(data[:min(len(data), 125)]) })
	case what == "close-peer":
		c.write(wstest.Close(4000, ""))
		c.lead(r, what, func() { m.peerCloses(4000) })
	case what == "violate":
		c.conn.Write([]byte(broken))
		c.lead(r, what, m.violate)
	}
}

// lead leads a step of the peer to its effect.
func (c *randomConn) lead(r *randomRun, what string, effect func()) {
	c.underway = append(c.underway, underway{time.Since(r.begin) + c.way.Latency, peerStep{what, effect}})
	c.arrive()
}

// arrive takes the steps whose bytes have arrived.
func (c *randomConn) arrive() {
	for len(c.underway) > 0 && c.underway[0].at <= c.model.now {
		c.model.take(c.underway[0].step)
		c.underway = c.underway[1:]
	}
}

// accept answers the opening handshake.
func (c *randomConn) accept(r *randomRun) {
	var request *http.Request
	select {
	case request = <-c.request:
	default:
		r.t.Fatal("no opening handshake came")
	}
	c.answered = true
	var answer wstest.Answer
	extension, agreed, _ := deflate.Answer(request.Header["Sec-Websocket-Extensions"], deflate.Config{})
	if extension != "" {
		answer.Header = http.Header{"Sec-Websocket-Extensions": {extension}}
		c.packer = deflate.NewCompressor(agreed.Server, nil)
		c.unpacker = deflate.NewDecompressor(agreed.Client, nil, nil)
	}
	c.conn.Write(answer.Bytes(request))
}

// pack makes a frame of a message.
func (c *randomConn) pack(data string) wstest.Frame {
	frame := wstest.Text(data)
	if c.packer != nil {
		if packed, shorter := c.packer.Compress(nil, data); shorter {
			frame.RSV, frame.Payload = 4, packed
		}
	}
	return frame
}

func (c *randomConn) write(frame wstest.Frame) { c.conn.Write(frame.Append(nil)) }

// readFrame returns a frame in the model's words.
func (c *randomConn) readFrame(r *bufio.Reader) (string, error) {
	var head []byte
	for {
		b, err := r.ReadByte()
		if err != nil {
			return "", err
		}
		head = append(head, b)
		header, n, err := wire.ParseHeader(head)
		if err != nil {
			return "", err
		}
		if n == 0 {
			continue
		}
		payload := make([]byte, header.Length)
		if _, err := io.ReadFull(r, payload); err != nil {
			return "", err
		}
		wire.Mask(payload, payload, header.Key)
		if header.RSV != 0 {
			alloc := func(n int) ([]byte, error) { return make([]byte, 0, n), nil }
			if payload, err = c.unpacker.Decompress(alloc, payload, 0); err != nil {
				return "", err
			}
		}
		switch header.Opcode {
		case wire.Close:
			code, _, err := wire.ParseClose(payload)
			return fmt.Sprintf("close %d", code), err
		case wire.Ping:
			return "ping", nil
		}
		return fmt.Sprintf("%v %s", header.Opcode, payload), nil
	}
}
