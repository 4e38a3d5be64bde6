package transport

import (
	"io"
	"net"
)

// TLS returns the transport of a connection with TLS in it. stream is read and written,
// closeNotify ends our half of it with the alert close_notify, and socket is under all of
// that: closing it ends a blocked Read or Write of stream at once, which closing TLS does
// not promise. All of them are the Conn's from now on.
func TLS(stream net.Conn, closeNotify func() error, socket net.Conn) Conn {
	return &secure{blockingReader: blockingReader{conn: stream}, closeNotify: closeNotify, socket: socket}
}

// secure is a stream of TLS.
type secure struct {
	blockingReader
	closeNotify func() error
	socket      net.Conn
}

// Write takes a record's worth at most: a write to TLS cannot be hurried, as one that is
// broken off breaks the connection.
func (s *secure) Write(p []byte) (n int, err error) {
	return s.conn.Write(p[:min(len(p), recordBlock)])
}

// TryWrite takes nothing, for the same reason.
func (s *secure) TryWrite([]byte) (int, error) { return 0, nil }

// Hurry does nothing: a Write is short.
func (s *secure) Hurry() {}

func (s *secure) CloseWrite() error { return s.closeNotify() }

// Drain reads the socket, not the stream: nobody wants the plaintext.
func (s *secure) Drain() { _, _ = io.Copy(io.Discard, s.socket) }
func (s *secure) Cut()   { s.socket.Close() }
