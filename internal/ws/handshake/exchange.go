package handshake

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/httphead"
	"github.com/tidewire/tidewire/internal/ws/secrets"
)

var errTimer = errors.New("timer expired")

// exchange is one opening handshake on the wire, in either role: it bounds it in time and
// size, and remembers the first fault. Used by one goroutine.
type exchange struct {
	where   string       // the first words of an error's text
	peer    string       // "server" or "client"
	plain   bool         // the peer is a server whose URL is ws://
	mask    secrets.Mask // hides our own secrets in the peer's words
	timeout time.Duration
	conn    io.ReadWriter
	head    *httphead.Reader // of conn

	ctx       context.Context // ends with the handshake's time
	stopTimer context.CancelFunc
	stopCut   func() bool
	cut       chan struct{} // closed when raw was closed, because ctx ended
}

// newExchange starts the clock of an exchange. When it runs out or ctx ends, raw is
// closed, which ends a blocked Read or Write of conn.
func newExchange(ctx context.Context, conn io.ReadWriter, raw io.Closer, timeout time.Duration) *exchange {
	e := &exchange{timeout: timeout, conn: conn, head: httphead.NewReader(conn), cut: make(chan struct{})}
	e.ctx, e.stopTimer = context.WithTimeoutCause(ctx, timeout, errTimer)
	e.stopCut = context.AfterFunc(e.ctx, func() {
		defer close(e.cut)
		raw.Close()
	})
	return e
}

// stopClock is called once, at the exchange's end, and reports whether the transport is
// still whole.
func (e *exchange) stopClock() bool {
	whole := e.stopCut()
	if !whole {
		<-e.cut
	}
	e.stopTimer()
	return whole
}

// fail names a rule that the peer broke.
func (e *exchange) fail(category failure.Category, message, format string, args ...any) *failure.Error {
	return failure.New(failure.PhaseHandshake, category, message, "%s: %s", e.where, fmt.Sprintf(format, args...))
}

// explain is fail with the underlying error.
func (e *exchange) explain(category failure.Category, message string, cause error, format string, args ...any,
) *failure.Error {
	story := fmt.Sprintf(format, args...)
	return failure.Explain(failure.PhaseHandshake, category, message, cause, "%s: %s", e.where, story)
}

// readFailure says why the peer's half could not be read; err is the parser's view. The
// reason that ended the handshake comes first, then the transport's error, and the parser
// last: it stumbles over a half that was cut off, too.
func (e *exchange) readFailure(err error) *failure.Error {
	switch {
	case e.ctx.Err() != nil:
		return e.interrupted()
	case e.head.Err() == httphead.ErrTooLong:
		return e.explain(failure.Handshake, failure.MsgHTTPParse, httphead.ErrTooLong,
			"the %s sent %v", e.peer, httphead.ErrTooLong)
	case e.head.Err() != nil:
		return e.transportFailure(e.head.Err())
	}
	return e.explain(failure.Handshake, failure.MsgHTTPParse, err, "the %s does not speak HTTP: %s%s", e.peer,
		failure.Printable(e.mask.Hide(err.Error()), 200), e.hint())
}

// writeFailure says why our half could not be written.
func (e *exchange) writeFailure(err error) *failure.Error {
	if e.ctx.Err() != nil {
		return e.interrupted()
	}
	return e.transportFailure(err)
}

// interrupted is the failure of a handshake that ran out of time or was cancelled.
func (e *exchange) interrupted() *failure.Error {
	cause := context.Cause(e.ctx)
	switch {
	case cause == errTimer && e.head.Got() > 0:
		return e.explain(failure.Timeout, failure.MsgHandshakeTimeout, cause,
			"not finished within %s, %d bytes came from the %s%s", e.timeout, e.head.Got(), e.peer, e.hint())
	case cause == errTimer:
		return e.explain(failure.Timeout, failure.MsgHandshakeTimeout, cause,
			"no word from the %s within %s", e.peer, e.timeout)
	case errors.Is(cause, context.DeadlineExceeded):
		return e.explain(failure.Timeout, failure.MsgHandshakeTimeout, cause, "%v", cause)
	}
	return e.explain(failure.Closed, failure.MsgTransport, cause, "cancelled: %v", cause)
}

func (e *exchange) transportFailure(err error) *failure.Error {
	var op *net.OpError
	var known *failure.Error
	category := failure.Network(err)
	switch {
	case errors.As(err, &known): // dial.TLSConn's: only now does the server refuse our certificate
		return known
	case err == io.EOF && e.head.Got() == 0:
		return e.explain(failure.EOF, failure.MsgEOF, err, "the %s closed the connection without a word%s", e.peer,
			e.silence())
	case err == io.EOF:
		return e.explain(failure.EOF, failure.MsgEOF, err,
			"the %s closed the connection after %d bytes, before the end of its header%s",
			e.peer, e.head.Got(), e.hint())
	case err == io.ErrUnexpectedEOF: // dial.Conn's word for it
		return e.explain(failure.EOF, failure.MsgTransport, err, "the connection was cut: TLS ended without "+
			"close_notify")
	case category == failure.Reset:
		return e.explain(failure.Reset, failure.MsgTransport, err, "connection reset by the %s%s", e.peer, e.hint())
	case category == failure.Timeout: // the system gave up waiting for acknowledgements
		return e.explain(failure.Timeout, failure.MsgTimerExpired, err, "%v", err)
	case errors.As(err, &op) && op.Op == "remote error": // an alert (RFC 8446 §6)
		return e.explain(failure.TLS, failure.MsgTransport, err, "the %s refuses: %s", e.peer,
			strings.TrimPrefix(op.Err.Error(), "tls: "))
	}
	return e.explain(category, failure.MsgTransport, err, "%v", err)
}

// hint recognises the commonest mistake: one side speaks TLS.
func (e *exchange) hint() string {
	if !e.head.IsTLS() {
		return ""
	}
	if e.peer == "client" {
		return " (it speaks TLS: use ws://)"
	}
	return " (it speaks TLS: use wss://)"
}

// silence is a guess at why a server says nothing: many that speak TLS drop what is none.
func (e *exchange) silence() string {
	if !e.plain {
		return ""
	}
	return ": if its port speaks TLS, use wss://"
}

// acceptFor returns the Sec-WebSocket-Accept for a key (RFC 6455 §4.2.2, item 5.4).
func acceptFor(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// listOf returns the elements of a field that is a comma-separated list, over all its
// lines (RFC 9110 §5.6.1).
func listOf(header http.Header, name string) []string {
	var list []string
	for _, line := range header.Values(name) {
		for element := range strings.SplitSeq(line, ",") {
			if element = strings.Trim(element, " \t"); element != "" {
				list = append(list, element)
			}
		}
	}
	return list
}

// listHas reports whether a comma-separated list has this token, in any case.
func listHas(header http.Header, name, token string) bool {
	for _, element := range listOf(header, name) {
		if strings.EqualFold(element, token) {
			return true
		}
	}
	return false
}

// shown quotes the value of a field for an error's text, with our secrets hidden.
func (e *exchange) shown(header http.Header, name string) string { return quoted(header, name, e.mask) }

// shown quotes the value of a field for an error's text.
func shown(header http.Header, name string) string { return quoted(header, name, secrets.Mask{}) }

func quoted(header http.Header, name string, mask secrets.Mask) string {
	values := header.Values(name)
	if len(values) == 0 {
		return "no " + name
	}
	return fmt.Sprintf("%s: %q", name, failure.Printable(mask.Hide(strings.Join(values, ", ")), 100))
}
