package httpclient

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/httphead"
)

// Defaults: the meaning of an option's zero value.
const (
	DefaultTimeout   = 30 * time.Second
	DefaultRedirects = 10
	DefaultMaxBody   = 32_000_000
)

// TLSOptions and Proxy are those of package dial.
type (
	TLSOptions = dial.TLSOptions
	Proxy      = dial.Proxy
)

// Request is a request to make. It is constant after Start.
type Request struct {
	URL string // http or https

	Method string      // a token, as CheckMethod returns it; "" means GET
	Header http.Header // each field as CheckHeader takes it; not changed
	Body   string
	NoBody bool // there is no body, rather than an empty one

	Timeout   time.Duration // for all of it, the wait for its turn included; 0 means 30 s
	Redirects int           // how many redirects are followed; 0 means 10, negative none
	MaxBody   int64         // bytes of the answer's body, after decoding; 0 means 32,000,000

	TLS   TLSOptions
	Proxy string // as dial.Options.Proxy

	Caller string // the place in the script, for the log
	Data   any    // the caller's
}

// Defaults returns the meaning of each zero field of Request.
func (c *Client) Defaults() Request { return Request{}.withDefaults(c) }

func (r Request) withDefaults(c *Client) Request {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if r.Timeout == 0 {
		r.Timeout = DefaultTimeout
	}
	if r.Redirects == 0 {
		r.Redirects = DefaultRedirects
	}
	if r.MaxBody == 0 {
		r.MaxBody = c.opts.Memory.Default(DefaultMaxBody)
	}
	return r
}

// bytes is the charge for a request until it ends.
func (r *Request) bytes() int64 {
	const overhead = 2 << 10 // the request itself, its context and timer, a place in the line
	n := overhead + len(r.URL) + len(r.Body)
	for name, values := range r.Header {
		for _, value := range values {
			n += len(name) + len(value) + 32
		}
	}
	return int64(n)
}

// Result is how a request ended: one of the fields is set.
type Result struct {
	Response *Response
	Failure  *failure.Error

	URL string // of the last hop, without user name and password; of a failure, too
}

// Release gives back the memory that the account is charged for a response's body.
func (r *Result) Release() {
	if r.Response != nil {
		r.Response.Body.release()
	}
}

// Response is an answer, whatever its status.
type Response struct {
	Status int
	Header http.Header
	Body   *Body
}

// CheckMethod returns a method as it is sent: those of RFC 9110 and PATCH in capitals,
// others as they are. CONNECT makes tunnels, which the proxy's code does.
func CheckMethod(method string) (string, error) {
	switch upper := strings.ToUpper(method); upper {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions, http.MethodTrace:
		return upper, nil
	case http.MethodConnect:
		return "", errors.New("CONNECT, which makes tunnels: use the option 'proxy'")
	}
	if !httphead.IsToken(method) {
		return "", fmt.Errorf("'%s'", failure.Printable(method, 40))
	}
	return method, nil
}

// own are the fields that decide how the request is framed and where it goes: the client
// writes them itself.
var own = map[string]string{
	"Host":              ", use the URL",
	"Content-Length":    "",
	"Transfer-Encoding": "",
	"Trailer":           "",
	"Te":                "",
	"Connection":        "",
	"Keep-Alive":        "",
	"Proxy-Connection":  "",
	"Upgrade":           "",
	"Expect":            "",
}

// CheckHeader reports why a request may not have this field. The text never contains the
// value.
func CheckHeader(name, value string) error {
	if err := httphead.CheckName(name); err != nil {
		return err
	}
	if advice, isOwn := own[textproto.CanonicalMIMEHeaderKey(name)]; isOwn {
		return fmt.Errorf("%s: the client sets it%s", name, advice)
	}
	return httphead.CheckValue(name, value)
}

// Retryable reports whether the same request, if it failed, may succeed later without
// anybody mending something.
func (r *Result) Retryable() bool {
	return r.Failure != nil && failure.Retryable(r.Failure.Category, 0)
}
