// Package failure has the words for a connection's end: the phases it goes through, the
// categories a program can switch on, and the catalogue of messages that a script sees.
// It is the one place where these words are written; the packages below the engine return
// them, the engine and the doors pass them on.
package failure

import (
	"errors"
	"fmt"
	"slices"
)

// Phase says how far a connection had come when it ended.
type Phase string

// The phases in the order in which a connection passes them.
const (
	PhaseURI       Phase = "uri"       // the URL was read
	PhasePolicy    Phase = "policy"    // the policy was asked
	PhaseDNS       Phase = "dns"       // the name was looked up
	PhaseProxy     Phase = "proxy"     // a proxy was asked for a tunnel
	PhaseTCP       Phase = "tcp"       // TCP was connecting
	PhaseTLS       Phase = "tls"       // TLS was shaking hands
	PhaseHandshake Phase = "handshake" // the opening handshake (RFC 6455 §4) was under way
	PhaseOpen      Phase = "open"      // messages were flowing
	PhaseClosing   Phase = "closing"   // the closing handshake (RFC 6455 §7) was under way
)

// Category is a stable word for the kind of an end. Categories are added to, never
// renamed.
type Category string

// The categories, in the manual's order.
const (
	URI         Category = "uri"
	Denied      Category = "denied"
	DNS         Category = "dns"
	Refused     Category = "refused"
	Unreachable Category = "unreachable"
	Reset       Category = "reset"
	EOF         Category = "eof"
	TLS         Category = "tls"
	Proxy       Category = "proxy"
	Timeout     Category = "timeout"
	HTTPStatus  Category = "http_status"
	Handshake   Category = "handshake"
	Protocol    Category = "protocol"
	UTF8        Category = "utf8"
	TooBig      Category = "too_big"
	Deflate     Category = "deflate"
	QueueFull   Category = "queue_full"
	Keepalive   Category = "keepalive"
	Memory      Category = "memory"
	Closed      Category = "closed"
	Internal    Category = "internal"
)

// Categories lists every category in the manual's order.
func Categories() []Category {
	return []Category{
		URI, Denied, DNS, Refused, Unreachable, Reset, EOF, TLS, Proxy, Timeout, HTTPStatus, Handshake,
		Protocol, UTF8, TooBig, Deflate, QueueFull, Keepalive, Memory, Closed, Internal,
	}
}

// Retryable reports whether the same Connect may succeed later without anybody mending
// something first. It is fixed per category, except for HTTPStatus, where httpStatus
// decides: 408, 425, 429 and 5xx are worth another try.
func Retryable(category Category, httpStatus int) bool {
	switch category {
	case DNS, Refused, Unreachable, Reset, EOF, Timeout, Keepalive, Proxy, Memory:
		return true
	case HTTPStatus:
		return httpStatus == 408 || httpStatus == 425 || httpStatus == 429 || httpStatus/100 == 5
	}
	return false
}

// RetryableClose is Retryable for a connection that its peer has closed, with category
// Closed: the codes of a server that goes away, has trouble or is busy are worth another
// try, and so is a close that gives no reason (RFC 6455 §7.4.1 and IANA's registry).
func RetryableClose(code int) bool { return slices.Contains(RetryableCodes, code) }

// RetryableCodes are the codes of RetryableClose. It is to be read only.
var RetryableCodes = []int{1001, 1005, 1006, 1011, 1012, 1013, 1014}

// The catalogue: onError's first argument. Scripts compare it: no string may change by a
// byte.
const (
	MsgTransport           = "Underlying Transport Error"
	MsgTimerExpired        = "Timer Expired"
	MsgTLSFailed           = "TLS handshake failed"
	MsgTLSTimeout          = "TLS handshake timed out"
	MsgProxy               = "Proxy connection failed"
	MsgProxyURI            = "Invalid proxy URI"
	MsgHTTPStatus          = "Invalid HTTP status."
	MsgHeaderMissing       = "A required HTTP header is missing"
	MsgHTTPParse           = "HTTP parse error"
	MsgExtension           = "Extension negotiation failed"
	MsgSubprotocol         = "Selected subprotocol was not requested by the client"
	MsgHandshakeTimeout    = "The opening handshake timed out"
	MsgEOF                 = "End of File"
	MsgTooBig              = "A message was too large"
	MsgUTF8                = "Invalid UTF8 encoding"
	MsgReservedBits        = "Invalid use of reserved bits"
	MsgOpcode              = "invalid opcode"
	MsgControlTooLong      = "Control messages are limited to fewer than 125 characters"
	MsgControlFragmented   = "Control messages cannot be fragmented"
	MsgContinuation        = "Invalid message continuation"
	MsgMaskedFrame         = "Servers may not send masked frames"
	MsgNonMinimalLength    = "Payload length was not minimally encoded"
	MsgInvalidCloseCode    = "Invalid close code used"
	MsgReservedCloseCode   = "Reserved close code used"
	MsgZlib                = "A zlib function returned an error"
	MsgSendQueueFull       = "send queue full"
	MsgInvalidURI          = "invalid uri"
	MsgRejected            = "Connection rejected"
	MsgClosingTimeout      = "The closing handshake timed out" // onClose's reason, not onError's message
	MsgUnmaskedClientFrame = "Clients must mask their frames"  // server role only: a script never sees it
)

// Error is why a connection could not be established or ended abnormally.
type Error struct {
	Phase    Phase
	Category Category
	Message  string // one of the catalogue
	Err      error  // the story, with the values that distinguish this case from others; never nil
}

// New returns an Error whose cause is formatted as by fmt.Errorf.
func New(phase Phase, category Category, message, format string, args ...any) *Error {
	return &Error{Phase: phase, Category: category, Message: message, Err: fmt.Errorf(format, args...)}
}

// Error returns the whole story in one line.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// From returns err's Error, that of the rule that a peer has broken if err is one, or
// else wraps err as an internal one of the given phase.
func From(phase Phase, err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if broken := violated(err); broken != nil {
		return broken
	}
	return &Error{Phase: phase, Category: Internal, Message: MsgTransport, Err: err}
}
