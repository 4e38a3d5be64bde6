// Package hostile has servers that a client must survive, by name: each breaks a rule of
// RFC 6455 or RFC 7692, or keeps them all in a way that costs the client memory, time or
// its patience. Each says how a connection to it has to end, how soon, and how much memory
// it may take until then. The engine plays all of them, and so does a kept socket in Lua.
//
// Like wstest, on which it stands, the package knows nothing of ours: messages and codes are
// written a second time here.
package hostile

import (
	"bufio"
	"encoding/binary"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// The options of the client that the peers are made for. Everything else has its default.
const (
	MaxMessage = 64 << 10
	Ping       = 10 * time.Second
	Pong       = 5 * time.Second
)

// Stay is how long a client is to stay with a peer that gives no reason to end: longer than
// keepalive waits.
const Stay = 2 * (Ping + Pong)

// Before is a text message that a peer sends in one write with its answer, before it begins
// to misbehave: it must be delivered.
const Before = "before"

// Peer is one hostile server. It is constant.
type Peer struct {
	// Name is unique. Peers that do the same with other values have a common kind, up to
	// ": ".
	Name string

	// Compress is whether the client has to offer permessage-deflate. Such a peer takes the
	// offer.
	Compress bool

	// Closes is whether the client has to call Close with 1000 once it is open: the peer
	// misbehaves in the closing handshake.
	Closes bool

	// Sends is how many bytes the client has to send once it is open, in one message.
	Sends int

	// Opens is whether the connection comes to be open. The peer sends Before then.
	Opens bool

	Want Want

	play func(*server)
}

// Want is how a connection to a Peer ends.
type Want struct {
	// Stays is whether the peer gives no reason to end the connection for Stay: the rest is
	// then how it ends by the client's Close.
	Stays bool

	// Message is the first argument of onError, or the reason of onClose if Closed.
	Message string

	// Closed is whether the end is an onClose, with Code, and Clean as its third argument.
	Closed bool
	Clean  bool
	Code   int

	Category, Phase string

	// CloseCode is info.closeCode: the code of the close frame that the client sends, or
	// 1006 if it sends none.
	CloseCode int

	// Again is info.retryable.
	Again bool

	// Within is how long the connection lasts at most, in fake time: from Connect on, or
	// from Close on if the peer or the client waits for that.
	Within time.Duration

	// Memory is how much of the client's account may be used at once, in bytes.
	Memory int64
}

// Kind is the part of a Peer's name that it shares with those like it.
func (p *Peer) Kind() string {
	kind, _, _ := strings.Cut(p.Name, ": ")
	return kind
}

// Peers are all there are, in an order that does not change.
func Peers() []*Peer {
	return slices.Concat(answers(), violations(), texts(), closes(), compressed(), floods(), ends(), closings())
}

// Kinds is one Peer of each kind.
func Kinds() iter.Seq[*Peer] {
	return func(yield func(*Peer) bool) {
		seen := make(map[string]bool)
		for _, p := range Peers() {
			if !seen[p.Kind()] && !yield(p) {
				return
			}
			seen[p.Kind()] = true
		}
	}
}

// Run plays the peer on one connection, until the client has ended it or conn is closed.
// It returns the code of the close frame that the client sent, 1005 for one without a
// code, or 0 if it sent none.
func (p *Peer) Run(conn *wstest.Conn) (closeCode int) {
	defer conn.Close()
	s := &server{Conn: conn, peer: p, buf: bufio.NewReader(conn)}
	var err error
	if s.request, err = http.ReadRequest(s.buf); err != nil {
		return 0
	}
	p.play(s)
	if s.along {
		s.reading.Wait()
		return s.closeCode
	}
	return s.drain()
}

// server is a Peer on one connection. Its methods return false once the client is gone.
type server struct {
	*wstest.Conn
	peer    *Peer
	request *http.Request
	buf     *bufio.Reader // of the client's bytes

	along     bool // readAlong was called
	reading   sync.WaitGroup
	closeCode int // of the client's close frame, once reading is over
}

func (s *server) send(raw ...string) bool {
	_, err := io.WriteString(s.Conn, strings.Join(raw, ""))
	return err == nil
}

// agree answers the handshake, sends Before, and then, in the same write.
func (s *server) agree(then ...string) bool {
	answer := wstest.Answer{Then: []byte(bytesOf(wstest.Text(Before)) + strings.Join(then, ""))}
	if s.peer.Compress {
		answer.Header = http.Header{"Sec-Websocket-Extensions": {"permessage-deflate"}}
	}
	return s.send(string(answer.Bytes(s.request)))
}

// forever sends raw again and again, with a pause after each: in a bubble time stands still
// while bytes flow.
func (s *server) forever(pause time.Duration, raw string) {
	for s.send(raw) {
		time.Sleep(pause)
	}
}

// drain reads the client's frames until the connection ends.
func (s *server) drain() (closeCode int) {
	for {
		frame, err := wstest.ReadFrame(s.buf)
		switch {
		case err != nil:
			return closeCode
		case frame.Opcode == wstest.OpClose && len(frame.Payload) >= 2:
			closeCode = int(binary.BigEndian.Uint16(frame.Payload))
		case frame.Opcode == wstest.OpClose:
			closeCode = 1005
		}
	}
}

// readAlong reads the client's frames while the peer plays on. Ended by the end of the
// connection, joined by Run.
func (s *server) readAlong() {
	s.along = true
	s.reading.Go(func() { s.closeCode = s.drain() })
}

// awaitClose reads the client's frames up to its close frame.
func (s *server) awaitClose() bool {
	for {
		if frame, err := wstest.ReadFrame(s.buf); err != nil || frame.Opcode == wstest.OpClose {
			return err == nil
		}
	}
}

func bytesOf(frames ...wstest.Frame) string {
	var raw []byte
	for _, f := range frames {
		raw = f.Append(raw)
	}
	return string(raw)
}

// opened completes peers with which a connection comes to be open.
func opened(peers []*Peer) []*Peer {
	for _, p := range peers {
		p.Opens = true
	}
	return peers
}

// The bounds of memory. A connection is charged flat; a message that arrives in pieces is
// held twice while its block grows, beside the bytes of one read.
const (
	flat       = 16 << 10
	oneRead    = 80 << 10
	oneMessage = flat + oneRead + 2*MaxMessage
	windows    = 64 << 10 // of both directions of a compression
)
