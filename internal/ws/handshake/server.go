package handshake

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/httphead"
)

// Accepted is a client's opening handshake that was answered with 101.
type Accepted struct {
	Host       string
	RequestURI string
	Header     http.Header
	Protocol   string // the subprotocol selected, "" for none
	Buffered   []byte // the bytes after the client's request: the first of its frames
}

// refusal is an answer other than 101.
type refusal struct {
	status int
	field  string // a further field of the answer, "Name: value"; "" for none
	reason string // the client's fault
}

// Choices are a server's answers to a client's offers. The zero value takes none.
type Choices struct {
	// Protocol selects one of the subprotocols that the client offers, or "" for none. It
	// is not called when there are none.
	Protocol func(offered []string) string

	// Extensions answers the values of the client's Sec-WebSocket-Extensions field with
	// the value of the server's, or "" for none (RFC 6455 §9.1). An error says that the
	// field is none of the kind, and refuses the client. It is not called when there are
	// no values.
	Extensions func(offers []string) (string, error)
}

// Server reads a client's opening handshake from conn and answers it (RFC 6455 §4.2). raw
// is closed when ctx is cancelled or the timeout, which must be positive, has passed;
// otherwise closing is left to the caller, after a refusal too.
//
// The error is a *failure.Error of PhaseHandshake. A request that breaks a rule was
// answered with a refusal before.
func Server(ctx context.Context, conn io.ReadWriter, raw io.Closer, choices Choices, timeout time.Duration,
) (*Accepted, error) {
	e := newExchange(ctx, conn, raw, timeout)
	e.where, e.peer = "opening handshake", "client"
	accepted, err := e.serve(choices)
	if whole := e.stopClock(); err == nil && !whole {
		err = e.interrupted()
	}
	if err != nil {
		return nil, err
	}
	return accepted, nil
}

// serve is Server without the clock.
func (e *exchange) serve(choices Choices) (*Accepted, *failure.Error) {
	req, err := http.ReadRequest(e.head.Parsed)
	if err != nil {
		return nil, e.refuseUnreadable(err)
	}
	if r := checkRequest(req); r != nil {
		return nil, e.refused(r)
	}
	accepted := &Accepted{Host: req.Host, RequestURI: req.RequestURI, Header: req.Header, Buffered: e.head.Behind()}
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + acceptFor(keyOf(req)) + "\r\n"
	if offered := listOf(req.Header, "Sec-WebSocket-Protocol"); len(offered) > 0 && choices.Protocol != nil {
		accepted.Protocol = choices.Protocol(offered)
	}
	if accepted.Protocol != "" {
		answer += "Sec-WebSocket-Protocol: " + accepted.Protocol + "\r\n"
	}
	if offers := req.Header.Values("Sec-WebSocket-Extensions"); len(offers) > 0 && choices.Extensions != nil {
		agreed, err := choices.Extensions(offers)
		if err != nil {
			return nil, e.refused(bad("%s is no list of extensions", shown(req.Header, "Sec-WebSocket-Extensions")))
		}
		if agreed != "" {
			answer += "Sec-WebSocket-Extensions: " + agreed + "\r\n"
		}
	}
	if _, err := io.WriteString(e.conn, answer+"\r\n"); err != nil {
		return nil, e.writeFailure(err)
	}
	return accepted, nil
}

// refuseUnreadable answers a request that could not be read, if there is still somebody
// to answer.
func (e *exchange) refuseUnreadable(err error) *failure.Error {
	failed := e.readFailure(err)
	if failed.Message != failure.MsgHTTPParse {
		return failed
	}
	r := &refusal{status: http.StatusBadRequest, reason: "this is no HTTP request"}
	if e.head.Err() == httphead.ErrTooLong {
		r = &refusal{status: http.StatusRequestHeaderFieldsTooLarge, reason: httphead.ErrTooLong.Error()}
	}
	if err := e.refuse(r); err != nil {
		return err
	}
	return failed
}

// refused refuses a request that was read.
func (e *exchange) refused(r *refusal) *failure.Error {
	if err := e.refuse(r); err != nil {
		return err
	}
	return e.fail(failure.Handshake, failure.MsgHTTPParse, "refused with %d: %s", r.status, r.reason)
}

func (e *exchange) refuse(r *refusal) *failure.Error {
	field := r.field
	if field != "" {
		field += "\r\n"
	}
	_, err := fmt.Fprintf(e.conn, "HTTP/1.1 %d %s\r\n%sConnection: close\r\nContent-Type: text/plain; "+
		"charset=utf-8\r\n"+
		"Content-Length: %d\r\n\r\n%s\n", r.status, http.StatusText(r.status), field, len(r.reason)+1, r.reason)
	if err != nil {
		return e.writeFailure(err)
	}
	return nil
}

// checkRequest goes through the demands of RFC 6455 §4.2.1 on a request, in their order.
// nil means that all is well.
func checkRequest(req *http.Request) *refusal {
	switch {
	// Item 1: a GET of HTTP/1.1 or higher. Bytes that would be its body are read as
	// frames.
	case req.Method != http.MethodGet:
		return &refusal{http.StatusMethodNotAllowed, "Allow: GET", "a WebSocket begins with GET"}
	case !req.ProtoAtLeast(1, 1):
		return &refusal{http.StatusHTTPVersionNotSupported, "", "a WebSocket begins in HTTP/1.1"}
	case req.ContentLength != 0:
		return bad("an opening handshake has no body")
	// Item 2: the Host field.
	case req.Host == "":
		return bad("no Host")
	// Items 3 and 4: the Upgrade and Connection fields.
	case !listHas(req.Header, "Upgrade", "websocket"):
		return &refusal{http.StatusUpgradeRequired, "Upgrade: websocket\r\nSec-WebSocket-Version: 13",
			"this is a WebSocket server: connect with ws://"}
	case !listHas(req.Header, "Connection", "Upgrade"):
		return bad("%s, want Upgrade", shown(req.Header, "Connection"))
	// Item 6: the version; before the key, because another version may have another sort
	// of key (§4.2.2, item 4).
	case len(req.Header.Values("Sec-WebSocket-Version")) != 1 || req.Header.Get("Sec-WebSocket-Version") != "13":
		return &refusal{http.StatusUpgradeRequired, "Upgrade: websocket\r\nSec-WebSocket-Version: 13",
			shown(req.Header, "Sec-WebSocket-Version") + ", want 13"}
	// Item 5: the key, 16 bytes in base64.
	case keyOf(req) == "":
		return bad("%s, want one of 16 bytes in base64", shown(req.Header, "Sec-WebSocket-Key"))
	// Item 8: the subprotocols, each a token. None but a token may be answered (§4.3).
	case slices.ContainsFunc(listOf(req.Header, "Sec-WebSocket-Protocol"), func(protocol string) bool {
		return !httphead.IsToken(protocol)
	}):
		return bad("%s is no list of subprotocols", shown(req.Header, "Sec-WebSocket-Protocol"))
	}
	return nil
}

// bad is a request that is no opening handshake.
func bad(format string, args ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, reason: fmt.Sprintf(format, args...)}
}

// keyOf returns a request's key, "" if it is none.
func keyOf(req *http.Request) string {
	keys := req.Header.Values("Sec-WebSocket-Key")
	if len(keys) != 1 {
		return ""
	}
	if nonce, err := base64.StdEncoding.DecodeString(keys[0]); err != nil || len(nonce) != 16 {
		return ""
	}
	return keys[0]
}
