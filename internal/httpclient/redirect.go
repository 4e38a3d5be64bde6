package httpclient

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/secrets"
)

// route is one hop of a request: where it goes, with everything that goes there. A
// redirect turns it into the next one.
type route struct {
	target  *dial.Target
	method  string
	header  http.Header
	body    string
	hasBody bool
	tls     dial.TLSOptions
	hops    int // redirects that were followed
}

// newRoute is the first hop. The error is a *failure.Error of PhaseURI.
func newRoute(r *Request) (route, error) {
	target, err := dial.ParseHTTP(r.URL)
	return route{target: target, method: r.Method, header: r.Header, body: r.Body, hasBody: !r.NoBody, tls: r.TLS}, err
}

// maskWith is the mask together with one that hides the secrets of the hop.
func (r *route) maskWith(mask secrets.Mask) secrets.Mask {
	_, query, _ := strings.Cut(r.target.RequestURI, "?")
	return mask.With(r.target.Username, r.target.Password, query, r.header)
}

// userAgent is the field of requests that set none.
const userAgent = "tidewire"

// request is the hop for net/http.
func (r *route) request(ctx context.Context) *http.Request {
	header := r.header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	if _, set := header["User-Agent"]; !set {
		header.Set("User-Agent", userAgent)
	}
	request := &http.Request{
		Method: r.method, URL: r.url(), Host: r.target.HostHeader(), Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if r.target.HasUserinfo && header.Get("Authorization") == "" {
		request.SetBasicAuth(r.target.Username, r.target.Password)
	}
	if r.hasBody {
		request.ContentLength = int64(len(r.body))
		request.GetBody = func() (io.ReadCloser, error) {
			if r.body == "" {
				return http.NoBody, nil
			}
			return io.NopCloser(strings.NewReader(r.body)), nil
		}
		request.Body, _ = request.GetBody()
	}
	return request.WithContext(ctx)
}

// url writes the target so that net/http sends path and query as they are.
func (r *route) url() *url.URL {
	u := &url.URL{Scheme: r.target.Scheme(), Host: r.target.Address(), Opaque: r.target.RequestURI}
	if strings.HasPrefix(u.Opaque, "//") {
		// net/http would take it for host and path. The absolute form, which every server
		// reads (RFC 9112 §3.2.2), has no such second meaning.
		u.Opaque = "//" + r.target.HostHeader() + u.Opaque
	}
	return u
}

// redirects reports whether an answer is one that names another place (RFC 9110 §15.4).
func redirects(answer *http.Response) bool {
	switch answer.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return answer.Header.Get("Location") != ""
	}
	return false
}

// bodyHeaders describe a body, and go with it.
var bodyHeaders = []string{"Content-Encoding", "Content-Language", "Content-Location", "Content-Type"}

// follow returns the hop that a redirect leads to. Secrets of one origin do not go to
// another, nor back to it from there: see dial.ForAnotherOrigin. mask hides those of all
// hops.
func (r route) follow(answer *http.Response, request *Request, mask secrets.Mask) (route, error) {
	location := answer.Header.Get("Location")
	refuse := func(format string, args ...any) (route, error) {
		shown := failure.ShortURL(dial.Redact(mask.Hide(location)))
		args = append([]any{answer.StatusCode, failure.Printable(shown, 200)}, args...)
		return route{}, failure.New(failure.PhaseHandshake, failure.HTTPStatus, failure.MsgHTTPStatus,
			"the server answered %d and redirects to %s, which is not followed: "+format, args...)
	}
	if r.hops >= request.Redirects {
		return refuse("it would be more than the %d that option redirects allows", request.Redirects)
	}
	target, err := r.target.Resolve(location)
	switch {
	case err != nil:
		return refuse("%w", err)
	case r.target.Secure && !target.Secure:
		return refuse("it leads from https to http")
	}
	next := r
	next.target, next.hops = target, r.hops+1
	if becomesGet(answer.StatusCode, r.method) {
		next.method, next.body, next.hasBody = http.MethodGet, "", false
		next.header = r.header.Clone()
		for _, name := range bodyHeaders {
			next.header.Del(name)
		}
	}
	if !r.target.SameOrigin(target) {
		next.header, next.tls = dial.ForAnotherOrigin(next.header), r.tls.ForAnotherOrigin()
	} else if !target.HasUserinfo {
		target.HasUserinfo, target.Username, target.Password = r.target.HasUserinfo, r.target.Username,
			r.target.Password
	}
	return next, nil
}

// becomesGet reports whether a redirect is followed with GET and without the body (RFC
// 9110 §15.4.2 to §15.4.4). After a 303 that is so for each method, HEAD as well: the other
// resource is asked for what it holds.
func becomesGet(status int, method string) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound:
		return method == http.MethodPost
	case http.StatusSeeOther:
		return method != http.MethodGet
	}
	return false
}

// discard reads the body of an answer that nobody wants, so that its connection can be used
// again; one that is long closes it.
func discard(answer *http.Response) {
	const longest = 64 << 10
	_, _ = io.CopyN(io.Discard, answer.Body, longest)
	answer.Body.Close()
}
