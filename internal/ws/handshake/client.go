// Package handshake performs the opening handshake of RFC 6455 §4 over HTTP/1.1, in both
// roles.
package handshake

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/httphead"
	"github.com/tidewire/tidewire/internal/ws/secrets"
)

// maxRetryAfter is longer than anybody waits, and far from where a time.Duration
// overflows.
const maxRetryAfter = 1 << 31 * time.Second

// Request is a client's half of the handshake.
type Request struct {
	URL        string      // for error texts: without user name and password
	Host       string      // the Host field
	RequestURI string      // path and query, percent-encoded
	Header     http.Header // further fields, accepted by CheckHeader
	Protocols  []string    // subprotocols to offer, the preferred one first, accepted by CheckProtocols
	Origin     string      // "" sends none, or Header's

	// Extensions is the offer (RFC 6455 §9.1), "" for none. Negotiate judges the values
	// of the answer's field, none perhaps; its error fails the handshake. nil if nothing
	// is offered.
	Extensions string
	Negotiate  func(answer []string) error

	// BasicAuth sends Username and Password (RFC 7617), unless Header has an
	// Authorization of its own.
	BasicAuth          bool
	Username, Password string

	// Secrets hides further secrets in the server's words, those of requests that led here.
	Secrets secrets.Mask

	// Random is where the key comes from (RFC 6455 §4.1, item 7). nil means crypto/rand.
	Random io.Reader
}

// Response is the server's answer, as far as it came.
type Response struct {
	Status     int // 0 if no answer came
	Header     http.Header
	Body       string         // of a refusal: its first 4 KiB at most, or as much as came in time
	Location   string         // of a refusal: where a redirect points
	RetryAfter *time.Duration // of a refusal; in whole seconds, nil if it says nothing that can be read
	Protocol   string         // the subprotocol agreed on, "" for none
	Extensions string         // the extensions agreed on, as the server wrote them; "" for none
	Buffered   []byte         // the bytes after the server's 101: the first of its frames
}

// Client sends the opening handshake over conn and checks the answer (RFC 6455 §4.1). raw
// is the socket under conn: it is closed when ctx is cancelled or the timeout, which must
// be positive, has passed; otherwise closing is left to the caller. Only one second of
// the timeout is spent on the body of a refusal.
//
// The Response is never nil and holds the known facts also after a failure. The error is
// a *failure.Error of PhaseHandshake; when ctx was cancelled it has category Closed and
// wraps ctx's cause.
func Client(ctx context.Context, conn io.ReadWriter, raw io.Closer, req Request, timeout time.Duration,
) (*Response, error) {
	e := newExchange(ctx, conn, raw, timeout)
	e.where, e.peer = "opening handshake of "+failure.Printable(failure.ShortURL(req.URL), 200), "server"
	e.plain = strings.HasPrefix(req.URL, "ws://")
	e.mask = req.mask()
	resp := &Response{}
	err := e.ask(raw, &req, resp)
	if whole := e.stopClock(); err == nil && !whole {
		err = e.interrupted()
	}
	if err != nil {
		return resp, err
	}
	return resp, nil
}

// ask is Client without the clock.
func (e *exchange) ask(raw io.Closer, req *Request, resp *Response) *failure.Error {
	key, err := newKey(req.Random)
	if err != nil {
		return e.explain(failure.Internal, failure.MsgTransport, err, "draw a key: %v", err)
	}
	if _, err := e.conn.Write(req.encode(key)); err != nil {
		return e.writeFailure(err)
	}
	answer, failed := e.readAnswer()
	if failed != nil {
		return failed
	}
	resp.Status, resp.Header = answer.StatusCode, answer.Header
	if answer.StatusCode != http.StatusSwitchingProtocols {
		resp.Location = answer.Header.Get("Location")
		if wait, ok := retryAfter(answer.Header); ok {
			resp.RetryAfter = &wait
		}
		resp.Body = e.head.Body(answer, raw)
		return e.fail(failure.HTTPStatus, failure.MsgHTTPStatus, "the server answered %s%s",
			failure.Printable(e.mask.Hide(answer.Status), 100), resp.story(e.mask))
	}
	if failed := e.check(answer, key, req, resp); failed != nil {
		return failed
	}
	resp.Buffered = e.head.Behind()
	return nil
}

func newKey(random io.Reader) (string, error) {
	if random == nil {
		random = rand.Reader
	}
	var nonce [16]byte
	if _, err := io.ReadFull(random, nonce[:]); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(nonce[:]), nil
}

// encode returns the request as it goes over the wire.
func (r *Request) encode(key string) []byte {
	var b []byte
	field := func(name, value string) { b = fmt.Appendf(b, "%s: %s\r\n", name, value) }
	b = fmt.Appendf(b, "GET %s HTTP/1.1\r\n", r.RequestURI)
	field("Host", r.Host)
	field("Upgrade", "websocket")
	field("Connection", "Upgrade")
	field("Sec-WebSocket-Key", key)
	field("Sec-WebSocket-Version", "13")
	if len(r.Protocols) > 0 {
		field("Sec-WebSocket-Protocol", strings.Join(r.Protocols, ", "))
	}
	if r.Extensions != "" {
		field("Sec-WebSocket-Extensions", r.Extensions)
	}
	if r.Origin != "" {
		field("Origin", r.Origin)
	}
	authorized := false
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if r.Origin != "" && strings.EqualFold(name, "Origin") {
			continue
		}
		authorized = authorized || strings.EqualFold(name, "Authorization")
		for _, value := range r.Header[name] {
			field(name, value)
		}
	}
	if r.BasicAuth && !authorized {
		field("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(r.Username+":"+r.Password)))
	}
	return append(b, "\r\n"...)
}

// mask hides the parts of the request that no text shows.
func (r *Request) mask() secrets.Mask {
	_, query, _ := strings.Cut(r.RequestURI, "?")
	return r.Secrets.With(r.Username, r.Password, query, r.Header)
}

// wantsTLS reports whether a server has told us in plain HTTP that its port speaks TLS, as
// nginx, Apache and servers in Go do.
func (r *Response) wantsTLS() bool {
	return slices.ContainsFunc([]string{
		"plain HTTP request was sent to HTTPS port", "speaking plain HTTP to an SSL-enabled server port",
		"HTTP request to an HTTPS server",
	}, func(words string) bool { return strings.Contains(r.Body, words) })
}

// readAnswer reads up to the end of the final answer's header.
func (e *exchange) readAnswer() (*http.Response, *failure.Error) {
	answer, err := e.head.Answer()
	switch {
	case err != nil:
		return nil, e.readFailure(err)
	case answer.StatusCode < 100:
		return nil, e.fail(failure.Handshake, failure.MsgHTTPParse,
			"the server does not speak HTTP: status %03d", answer.StatusCode)
	}
	return answer, nil
}

// check goes through the demands of RFC 6455 §4.1 on a 101, in their order.
func (e *exchange) check(answer *http.Response, key string, req *Request, resp *Response) *failure.Error {
	// Item 1: the status line; HTTP/1.0 knows no Upgrade (RFC 9110 §7.8).
	if !answer.ProtoAtLeast(1, 1) || answer.ProtoMajor != 1 {
		return e.fail(failure.Handshake, failure.MsgHTTPParse, "the server answered 101 in %s, want HTTP/1.1",
			answer.Proto)
	}
	// Items 2 and 3: the Upgrade and Connection fields.
	if !listHas(answer.Header, "Upgrade", "websocket") {
		return e.headerMissing(answer.Header, "Upgrade", "websocket")
	}
	if !listHas(answer.Header, "Connection", "Upgrade") {
		return e.headerMissing(answer.Header, "Connection", "Upgrade")
	}
	// Item 4: the accept value.
	accept := answer.Header.Values("Sec-WebSocket-Accept")
	if len(accept) != 1 || accept[0] != acceptFor(key) {
		return e.headerMissing(answer.Header, "Sec-WebSocket-Accept", acceptFor(key))
	}
	// Item 5: the extensions, none but those offered.
	if failed := e.checkExtensions(answer, req, resp); failed != nil {
		return failed
	}
	// Item 6: the subprotocol, one of those offered and spelt as offered.
	offered := req.Protocols
	chosen, given := answer.Header.Values("Sec-WebSocket-Protocol"), "none"
	if len(offered) > 0 {
		given = strings.Join(offered, ", ")
	}
	if len(chosen) > 1 || len(chosen) == 1 && !slices.Contains(offered, chosen[0]) {
		return e.fail(failure.Handshake, failure.MsgSubprotocol, "the server answered %s; offered: %s",
			e.shown(answer.Header, "Sec-WebSocket-Protocol"), failure.Printable(given, 100))
	}
	if len(chosen) == 1 {
		resp.Protocol = chosen[0]
	}
	return nil
}

func (e *exchange) checkExtensions(answer *http.Response, req *Request, resp *Response) *failure.Error {
	const field = "Sec-WebSocket-Extensions"
	if req.Negotiate != nil {
		values := answer.Header.Values(field)
		if err := req.Negotiate(values); err != nil {
			return e.fail(failure.Handshake, failure.MsgExtension, "the server answered %s: %s",
				e.shown(answer.Header, field),
				e.mask.Hide(failure.From(failure.PhaseHandshake, err).Error()))
		}
		resp.Extensions = strings.Join(values, ", ")
		return nil
	}
	if len(listOf(answer.Header, field)) > 0 {
		return e.fail(failure.Handshake, failure.MsgExtension, "the server answered %s, but none was offered",
			e.shown(answer.Header, field))
	}
	return nil
}

func (e *exchange) headerMissing(header http.Header, name, want string) *failure.Error {
	return e.fail(failure.Handshake, failure.MsgHeaderMissing,
		"the server answered 101 with %s, want %q: is it a WebSocket server?",
		e.shown(header, name), want)
}

// retryAfter reads either form of the field (RFC 9110 §10.2.3). A date in the past is 0,
// a part of a second a whole one. ok is false if there is no such field, or none that can
// be read.
func retryAfter(header http.Header) (wait time.Duration, ok bool) {
	value := header.Get("Retry-After")
	if value != "" && strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return maxRetryAfter, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	wait = min(max(time.Until(date), 0), maxRetryAfter)
	return (wait + time.Second - 1).Truncate(time.Second), true
}

// story explains a refusal to a person.
func (r *Response) story(mask secrets.Mask) string {
	line := httphead.FirstLine(mask.Hide(r.Body))
	switch {
	case r.Status == http.StatusBadRequest && r.wantsTLS():
		return ": the port speaks TLS: use wss://"
	case r.Status/100 == 3 && r.Location != "":
		to := failure.ShortURL(mask.Hide(r.Location))
		return ": it redirects to " + failure.Printable(to, 200) + ", which is not followed"
	case line != "":
		return ": " + line
	case r.Status/100 == 2:
		return ": it speaks no WebSocket at this path"
	case r.Status == http.StatusUnauthorized:
		return ": it wants credentials, in the URL or in an Authorization field"
	case r.RetryAfter != nil && *r.RetryAfter == 0:
		return ": try again at once"
	case r.RetryAfter != nil:
		return fmt.Sprintf(": try again in %d s", *r.RetryAfter/time.Second)
	}
	return ""
}
