// Package client has the bench's view of a contestant: a Client with connections, and one
// goroutine on which an App gets the messages of all of them.
package client

import (
	"crypto/tls"

	"github.com/tidewire/tidewire/bench/ws/payload"
	"github.com/tidewire/tidewire/bench/ws/server"
)

// A Client is one contestant in one process.
type Client interface {
	// Dial opens n more connections at once and returns when all are open. Connections
	// are numbered from 0 in the order in which they opened.
	Dial(url string, n int) error

	// Play hands all messages of all connections to the task's App, on the calling
	// goroutine, until it has had enough. Messages stay in order between two calls.
	Play(t *Task) error
}

// Options is how a Client connects.
type Options struct {
	// Task is the one that will be played. Messages may come to it while Dial dials.
	Task *Task

	Deflate server.Deflate
	TLS     *tls.Config   // of wss connections
	Shape   payload.Shape // whether messages are text or binary
	Size    int           // of the scenario's messages

	Connections int // that take part
}

// ReadSize is the size of a connection's reads that suits a scenario best: the engine, too,
// reads in larger pieces what comes all the time, and few connections may have large
// buffers.
func (o Options) ReadSize() int {
	if o.Connections <= 2 {
		return 256 << 10
	}
	return 64 << 10
}

// Text reports whether messages are sent as text.
func (o Options) Text() bool { return o.Shape != payload.Binary }

// An App is the program around a Client. Its methods run on Play's goroutine.
type App interface {
	// Begin runs at the beginning of each Play.
	Begin(s Sender)

	// Received gets one message, whose data is valid until it returns. more is false
	// when the App has had enough; a few messages more do no harm.
	Received(s Sender, connection int, data []byte) (more bool)
}

// A Sender sends on a connection. It may be used within the methods of App alone, and
// keeps the error for Play.
type Sender interface {
	Send(connection int, data []byte)
}
