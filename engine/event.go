package engine

import (
	"fmt"
	"net/http"
	"time"
)

// ID names a connection for the life of its engine. IDs start at 1, are never reused, and
// stay below 2^53 so that a Lua number carries them exactly. 0 names no connection.
type ID uint64

// Kind is text or binary, of a message to send or one received (RFC 6455 §5.6).
type Kind uint8

// The kinds. A received message is always Text or Binary.
const (
	DefaultKind Kind = iota // the connection's ConnectOptions.Kind
	Auto                    // text if the payload is valid UTF-8, the empty message included; binary otherwise
	Text
	Binary
)

// Handler receives the events of Dispatch, on Dispatch's goroutine. For each connection
// Opened comes at most once and before Received, Ended exactly once and last. A handler may call
// every method of the Engine but Abort and Shutdown.
type Handler interface {
	// Opened says that the connection is established.
	Opened(id ID, info *Info)

	// Received delivers one whole message. data is valid until the handler returns.
	Received(id ID, data []byte, kind Kind)

	// Drained answers Engine.Mark, once. over says that the connection has ended, or is
	// about to: nothing leaves any longer, and Ended comes when everything that was
	// received is delivered.
	Drained(id ID, over bool)

	// Ended is the connection's one terminal event.
	Ended(id ID, end *End)
}

// NopHandler is a Handler that ignores every event. A handler that embeds it has methods
// for the events that it knows, and still compiles when the engine learns another one.
type NopHandler struct{}

// Opened ignores the event.
func (NopHandler) Opened(ID, *Info) {}

// Received ignores the event.
func (NopHandler) Received(ID, []byte, Kind) {}

// Drained ignores the event.
func (NopHandler) Drained(ID, bool) {}

// Ended ignores the event.
func (NopHandler) Ended(ID, *End) {}

// Info describes a connection. Pointers are nil and strings empty where nothing is known.
// An Info is made for one event and belongs to its receiver.
type Info struct {
	ID         ID
	URL        string // without user name and password
	Protocol   string // the subprotocol agreed on
	Extensions string // those agreed on, as the server wrote them
	Remote     string // "ip:port"
	HTTP       *HTTPInfo
	TLS        *TLSInfo
}

// HTTPInfo is the server's answer to the opening handshake.
type HTTPInfo struct {
	Status     int
	Header     http.Header
	Body       string         // the first 4 KiB, of a refusal only
	Location   string         // where a redirect points
	RetryAfter *time.Duration // whole seconds; nil unless a refusal says when to try again
}

// TLSInfo describes a TLS connection, or the attempt at one.
type TLSInfo struct {
	Version string // such as "TLS 1.3"
	Cipher  string // such as "TLS_AES_128_GCM_SHA256"
	Subject string // of the server's certificate
	Issuer  string
	Expires time.Time
	Error   string // why the handshake failed
}

// Tally counts messages and the bytes of their payloads.
type Tally struct {
	Messages int
	Bytes    int64
}

func (t *Tally) add(u Tally) { t.Messages += u.Messages; t.Bytes += u.Bytes }
func (t *Tally) sub(u Tally) { t.Messages -= u.Messages; t.Bytes -= u.Bytes }

// counted is how much messages count towards the limit of a queue, and for the account.
func (t Tally) counted() int64 { return t.Bytes + int64(t.Messages)*messageOverhead }

// End is a connection's one terminal event. It is of one of two sorts: Failed, for which
// Message is the catalogue's string, or closed, for which Code, Reason and Clean hold.
type End struct {
	Info

	// Failed: the connection could not be established or ended abnormally, and not after
	// a Close of ours.
	Failed  bool
	Message string // of the catalogue; empty unless Failed

	// The end as the closing handshake has it (RFC 6455 §7.1.5, §7.1.6); 1006 if there
	// was none to speak of.
	Code   int
	Reason string
	Clean  bool // the closing handshake completed (§7.1.4)

	Phase     Phase
	Category  Category
	Detail    string // the whole story in one line, cause included
	CloseCode int    // the code of the close frame that we sent, or 1006 if none left
	Retryable bool   // the same Connect may succeed later without anybody mending something
	Err       *Error // the cause; nil after a clean close and after a Close before the connection was open

	Unsent  Tally // messages not completely handed to the operating system, those sent after Close included
	Dropped Tally // messages received and not delivered, an unfinished one included
}

// Error is why a connection could not be established or ended abnormally. It is the one
// error type that leaves the engine as an event; find it in End.Err, or with errors.As.
// It wraps its cause, for errors.Is: an error of the operating system such as
// syscall.ECONNRESET, io.EOF, or net.ErrClosed if Abort or Shutdown has cut the
// connection.
type Error struct {
	ID       ID
	Op       Phase // the phase in which it happened
	Category Category
	Err      error
}

func (e *Error) Error() string { return fmt.Sprintf("connection %d: %v", e.ID, e.Err) }

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether one of the connection's time limits or the operating system's
// has run out, keepalive's among them. os.IsTimeout does not look into wrapped errors; an
// interface{ Timeout() bool } found with errors.As does.
func (e *Error) Timeout() bool {
	return e.Category == CategoryTimeout || e.Category == CategoryKeepalive
}
