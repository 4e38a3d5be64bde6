package httpclient

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

// explain returns a failed request's error in the words of package failure.
func (e *Exchange) explain(err error) *failure.Error {
	e.mu.Lock()
	phase, carrier, reused := e.phase, e.conn, e.reused
	e.mu.Unlock()
	var known *failure.Error
	if errors.As(err, &known) {
		return e.withoutSecrets(known)
	}
	explain := func(category failure.Category, message, format string, args ...any) *failure.Error {
		return failure.Explain(phase, category, message, err, format, args...)
	}
	if corrupt := inflating(err); corrupt != "" {
		return explain(failure.Deflate, failure.MsgZlib, "decompress the body: %s", corrupt)
	}
	var got int64
	var first byte
	var read, wrote error
	if carrier != nil {
		got, first, read, wrote = carrier.facts()
	}
	if errors.Is(err, net.ErrClosed) && wrote != nil {
		err = wrote // net/http closed the connection for it, also under an answer that had begun
	}
	when := "before its answer was complete"
	switch {
	case got == 0 && reused:
		when = "just as the request was sent: it was kept from an earlier one"
	case got == 0:
		when = "before its answer began"
		if !e.at.target.Secure { // many servers that speak TLS drop what is none
			when += ": if its port speaks TLS, use https://"
		}
	}
	switch network := failure.Network(err); {
	case got > 0 && (first == 21 || first == 22) && !e.at.target.Secure:
		return explain(failure.Protocol, failure.MsgHTTPParse,
			"the server speaks TLS on this port, not plain HTTP: begin the URL with https://")
	case strings.Contains(err.Error(), "server response headers exceeded"):
		return explain(failure.Protocol, failure.MsgHTTPParse, "the server sent no end of its header within %d bytes",
			maxHead)
	case read == io.ErrUnexpectedEOF && eof(err):
		return explain(failure.EOF, failure.MsgTransport,
			"the server ended the TCP connection in the middle of TLS, without close_notify, %s", when)
	case eof(err):
		return explain(failure.EOF, failure.MsgEOF, "the server ended the connection %s", when)
	case network == failure.Reset:
		return explain(network, failure.MsgTransport, "the server reset the connection %s", when)
	case network == failure.Timeout:
		return explain(network, failure.MsgTimerExpired, "the system gave up: what was sent is not acknowledged")
	case network == failure.Unreachable:
		return explain(network, failure.MsgTransport, "there is no way to the server now: check the network")
	case got == 0 && reused && !(read != nil && errors.Is(err, read)):
		// It was read together with the answer before. Its words are not repeated: there may
		// be secrets of other requests in them.
		return explain(failure.Protocol, failure.MsgHTTPParse,
			"the server's answer is no HTTP: it came before the request, behind another answer")
	case got > 0:
		return explain(failure.Protocol, failure.MsgHTTPParse, "the server's answer is no HTTP: %s",
			failure.Printable(e.hide(innermost(err)), 200))
	}
	return failure.Explain(phase, failure.Internal, failure.MsgTransport, err, "%s", e.hide(err.Error()))
}

// withoutSecrets is the failure of a dial. Its text has words of servers in it that were
// not known as such where it was written: a host that came from a redirect, and the names
// in a certificate.
func (e *Exchange) withoutSecrets(known *failure.Error) *failure.Error {
	if e.at.hops == 0 && known.Phase != failure.PhaseTLS {
		return known
	}
	return failure.Explain(known.Phase, known.Category, known.Message, known, "%s", e.hide(known.Error()))
}

// eof reports whether err says that the stream ended.
func eof(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		strings.Contains(err.Error(), "http: server closed idle connection")
}

// inflating returns why a body cannot be decompressed, "" if err is no such error.
func inflating(err error) string {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return strings.TrimPrefix(err.Error(), "gzip: ")
	case errors.As(err, &corrupt):
		return strings.TrimPrefix(corrupt.Error(), "flate: ")
	}
	return ""
}

// innermost is the text of the error at the bottom, which is the reason.
func innermost(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "net/http: "), "http: ")
}
