package httpclient

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/secrets"
)

// longestDropped is how many bytes of the URL stay of a request whose content was dropped.
const longestDropped = 1 << 10

// Exchange is one request from Start to its result.
type Exchange struct {
	client  *Client
	request Request // constant after newExchange

	ctx    context.Context // done at the deadline, too
	cancel context.CancelCauseFunc
	stop   context.CancelFunc // ends the timer of ctx

	at route // where it goes; owned by the worker once there is one

	// Guarded by client.mu:
	number  uint64        // in the order of Start
	place   *list.Element // in the line
	unwatch func() bool   // of ctx, while in the line
	result  *Result

	mu      sync.Mutex // leaf; guards the fields below
	phase   failure.Phase
	url     string       // that of at, without user name and password
	mask    secrets.Mask // hides the secrets of all hops so far
	conn    *conn        // that carries it
	reused  bool         // conn has carried others
	charged int64
}

func newExchange(c *Client, r Request) *Exchange {
	e := &Exchange{client: c, request: r.withDefaults(c), phase: failure.PhaseURI}
	parent, cancel := context.WithCancelCause(c.ctx)
	e.ctx, e.stop = context.WithTimeoutCause(parent, e.request.Timeout, errTimeout)
	e.cancel = cancel
	return e
}

// Data returns Request.Data.
func (e *Exchange) Data() any { return e.request.Data }

// prepare reads the URL and charges the request, before anybody else sees it.
func (e *Exchange) prepare() *failure.Error {
	var err error
	if e.at, err = newRoute(&e.request); err != nil {
		return failure.From(failure.PhaseURI, err)
	}
	e.url, e.mask = e.at.target.Redacted, e.at.maskWith(secrets.Mask{})
	bytes := e.request.bytes()
	if err := e.client.opts.Memory.Charge(bytes); err != nil {
		return failure.Explain(failure.PhaseURI, failure.Memory, failure.MsgSendQueueFull, err, "send the request: %v",
			err)
	}
	e.charged = bytes
	return nil
}

// dropRequest gives up the content of a request that fails before anybody else sees it: a
// script may make more of these, before it looks at one, than there is memory for.
func (e *Exchange) dropRequest() {
	e.request = Request{Method: e.request.Method, Caller: e.request.Caller, Data: e.request.Data}
	e.at = route{}
	e.url = strings.Clone(e.url[:min(len(e.url), longestDropped)])
}

// finish gives back everything that a request holds. It may be called more than once.
func (e *Exchange) finish() {
	e.stop()
	e.cancel(errCancelled)
	e.mu.Lock()
	charged := e.charged
	e.charged = 0
	e.mu.Unlock()
	e.client.opts.Memory.Release(charged)
}

// hide takes the secrets of all hops so far out of a server's words.
func (e *Exchange) hide(text string) string {
	e.mu.Lock()
	mask := e.mask
	e.mu.Unlock()
	return mask.Hide(text)
}

// enter notes how far the request has come.
func (e *Exchange) enter(phase failure.Phase) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.phase = phase
}

// dialEntered is enter for a dial. The request may have found another connection meanwhile.
func (e *Exchange) dialEntered(phase failure.Phase) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.conn == nil {
		e.phase = phase
	}
}

// run carries the request out, on a worker.
func (e *Exchange) run() *Result {
	response, err := e.follow()
	e.mu.Lock()
	result := &Result{Response: response, URL: e.url}
	e.mu.Unlock()
	if cause := context.Cause(e.ctx); err != nil && cause != nil {
		result = e.stopped(cause)
	} else if err != nil {
		result.Failure = e.explain(err)
	}
	e.log(result)
	return result
}

func (e *Exchange) log(result *Result) {
	url := result.URL
	if e.at.hops > 0 { // a server has written it
		url = e.hide(url)
	}
	log := e.client.opts.Logger.With("method", e.request.Method, "url", failure.ShortURL(url),
		"caller", e.request.Caller)
	if failed := result.Failure; failed != nil {
		log.Debug("http request failed", "category", string(failed.Category), "error", failed.Error())
		return
	}
	log.Debug("http answer", "status", result.Response.Status, "bytes", result.Response.Body.Len())
}

// follow makes the request, again for each redirect.
func (e *Exchange) follow() (response *Response, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = e.panicked(value)
		}
	}()
	for {
		answer, err := e.roundTrip()
		if err != nil {
			return nil, err
		}
		if e.request.Redirects < 0 || !redirects(answer) {
			return e.receive(answer)
		}
		discard(answer)
		next, err := e.at.follow(answer, &e.request, e.mask)
		if err != nil {
			return nil, err
		}
		e.at = next
		e.mu.Lock()
		e.url, e.mask = e.at.target.Redacted, e.at.maskWith(e.mask)
		e.mu.Unlock()
	}
}

// roundTrip sends the request to where it goes now and returns the head of the answer.
func (e *Exchange) roundTrip() (*http.Response, error) {
	transport, err := e.client.transports.of(settings{e.at.tls, e.request.Proxy})
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.phase, e.conn, e.reused = failure.PhaseTCP, nil, false
	e.mu.Unlock()
	ctx := httptrace.WithClientTrace(context.WithValue(e.ctx, exchangeKey{}, e),
		&httptrace.ClientTrace{GotConn: e.gotConn})
	answer, err := transport.RoundTrip(e.at.request(ctx))
	if err != nil {
		return nil, err
	}
	e.enter(failure.PhaseOpen)
	story := ""
	switch {
	case answer.ProtoMajor != 1:
		story = "the server answered in version " + failure.Printable(answer.Proto, 20) + " of HTTP, not in 1.1"
	case answer.StatusCode < 100: // RFC 9110 §15
		story = fmt.Sprintf("the server answered with status %03d, which is none", answer.StatusCode)
	case answer.StatusCode == http.StatusSwitchingProtocols:
		story = "the server answered 101 and speaks another protocol now, which it was not asked for"
	default:
		return answer, nil
	}
	answer.Body.Close()
	return nil, failure.New(failure.PhaseHandshake, failure.Protocol, failure.MsgHTTPParse, "%s", story)
}

// gotConn notes the connection that carries the request.
func (e *Exchange) gotConn(info httptrace.GotConnInfo) {
	carrier, _ := info.Conn.(*conn)
	if carrier != nil && info.Reused {
		carrier.begin()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.conn, e.reused, e.phase = carrier, info.Reused, failure.PhaseHandshake
}

// stopped is the result of a request that was ended from outside, for this cause.
func (e *Exchange) stopped(cause error) *Result {
	e.mu.Lock()
	phase, url := e.phase, e.url
	e.mu.Unlock()
	if errors.Is(cause, errTimeout) {
		return &Result{URL: url, Failure: failure.Explain(phase, failure.Timeout, failure.WordTimeout, cause,
			"no answer within %s: %s", e.request.Timeout, e.doing(phase))}
	}
	return &Result{URL: url, Failure: failure.Explain(phase, failure.Closed, failure.WordClosed, cause,
		"cancelled: %v", cause)}
}

// doing is how far a request has come, in words.
func (e *Exchange) doing(phase failure.Phase) string {
	switch phase {
	case failure.PhaseURI:
		return fmt.Sprintf("it was waiting for its turn, as %d requests run at once", MaxRunning)
	case failure.PhaseHandshake:
		return "the request was sent and not answered"
	case failure.PhaseOpen:
		return "the answer had begun and did not end"
	case failure.PhaseTLS:
		return "the TLS handshake was under way"
	case failure.PhaseProxy:
		return "the proxy was to connect"
	}
	return "the connection was not established"
}

// errPanic is the cause of a failure that a panic was turned into.
var errPanic = errors.New("panic")

// panicked logs a panic, which an embedder's function has caused, and returns it as a
// failure of this request alone. It is called while the panic's stack is still there.
func (e *Exchange) panicked(value any) *failure.Error {
	text := failure.Printable(fmt.Sprint(value), 200)
	e.client.opts.Logger.Error("internal error: a panic ends the request", "panic", text,
		"stack", string(debug.Stack()), "caller", e.request.Caller)
	e.mu.Lock()
	phase := e.phase
	e.mu.Unlock()
	return failure.Explain(phase, failure.Internal, failure.MsgTransport, errPanic,
		"internal error: %s: this is a mistake in the program, and the log has its stack", text)
}
