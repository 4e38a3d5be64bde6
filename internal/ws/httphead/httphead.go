// Package httphead reads the head of an HTTP/1.1 message within a bound, for the opening
// handshake and for the tunnel through a proxy. It puts no error into words: it keeps the
// facts that the words need.
package httphead

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

const (
	// Max bounds a head, in bytes, every 1xx answer before the final one included.
	Max = 64 << 10

	// maxBody is how much of a refusal's body is read, in bytes.
	maxBody = 4 << 10

	// bodyWait is how long a refusal waits for its body: a server that holds the body back
	// holds the refusal back no longer.
	bodyWait = time.Second
)

// ErrTooLong is the error of a head that is longer than Max.
var ErrTooLong = fmt.Errorf("no end of its header within %d bytes", Max)

// Reader reads a connection for a parser of package net/http. It keeps the transport's
// own error, which net/http does not pass on as it is. Used by one goroutine.
type Reader struct {
	Parsed *bufio.Reader // the parser's input

	conn  io.Reader
	room  int // bytes that may still be read
	got   int
	first byte
	err   error
}

// NewReader returns a Reader of a connection from which nothing was read.
func NewReader(conn io.Reader) *Reader {
	r := &Reader{conn: conn, room: Max}
	r.Parsed = bufio.NewReader(unparsed{r})
	return r
}

// Got returns how many bytes were read.
func (r *Reader) Got() int { return r.got }

// Err returns the first error of the transport, or ErrTooLong.
func (r *Reader) Err() error { return r.err }

// IsTLS reports whether the peer speaks TLS instead. Its alerts and handshake records
// begin with bytes that begin no HTTP message (RFC 8446 §5.1).
func (r *Reader) IsTLS() bool { return r.got > 0 && (r.first == 21 || r.first == 22) }

// IsSOCKS reports whether the peer speaks SOCKS5 instead (RFC 1928).
func (r *Reader) IsSOCKS() bool { return r.got > 0 && r.first == 5 }

// Answer reads up to the end of the final answer's head. Other 1xx answers may come first
// (RFC 9110 §15.2).
func (r *Reader) Answer() (*http.Response, error) {
	for {
		answer, err := http.ReadResponse(r.Parsed, nil)
		if err != nil || answer.StatusCode/100 != 1 || answer.StatusCode == http.StatusSwitchingProtocols {
			return answer, err
		}
	}
}

// Body returns the part of an answer's body that comes within a second, 4 KiB at most.
// raw is the connection's socket, which may be closed, as it is of no further use.
func (r *Reader) Body(answer *http.Response, raw io.Closer) string {
	r.room = Max // chunks may waste some of it on their framing
	cut := make(chan struct{})
	timer := time.AfterFunc(bodyWait, func() { defer close(cut); raw.Close() })
	read, _ := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	if !timer.Stop() {
		<-cut
	}
	return string(read)
}

// Behind returns a copy of the bytes read after the head.
func (r *Reader) Behind() []byte {
	behind, _ := r.Parsed.Peek(r.Parsed.Buffered())
	return append([]byte(nil), behind...)
}

// FirstLine returns the first line of a body that is written for people, "" if it is
// markup or data.
func FirstLine(body string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(body), "\n")
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "<") || strings.HasPrefix(line, "{") || failure.Printable(line, len(line)) != line {
		return ""
	}
	return failure.Printable(line, 120)
}

// unparsed is the bytes of a Reader before the parser has seen them.
type unparsed struct{ r *Reader }

func (u unparsed) Read(p []byte) (int, error) {
	r := u.r
	if r.room == 0 {
		r.err = ErrTooLong
		return 0, ErrTooLong
	}
	n, err := r.conn.Read(p[:min(len(p), r.room)])
	if r.got == 0 && n > 0 {
		r.first = p[0]
	}
	r.room, r.got = r.room-n, r.got+n
	if err != nil && r.err == nil {
		r.err = err
	}
	return n, err
}
