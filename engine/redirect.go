package engine

import (
	"net/http"
	"strings"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/handshake"
	"github.com/tidewire/tidewire/internal/ws/secrets"
)

// route is the target of the opening handshake, with everything that goes there. A
// redirect turns it into another one.
type route struct {
	target   *dial.Target
	header   http.Header
	tls      dial.TLSOptions
	followed []string // the URLs that redirected, without user names and passwords

	earlier secrets.Mask // hides the secrets of the requests that were redirected
}

// mask hides the secrets of the request and of those that led to it.
func (r *route) mask() secrets.Mask {
	_, query, _ := strings.Cut(r.target.RequestURI, "?")
	return r.earlier.With(r.target.Username, r.target.Password, query, r.header)
}

// explain is the error of an attempt to go the route. Its text has words of servers in it
// that were not known as such where it was written: a URL that came from a redirect, and
// the names in a certificate.
func (r *route) explain(err error) error {
	why := failure.From(failure.PhaseHandshake, err)
	if len(r.followed) == 0 && why.Phase != failure.PhaseTLS {
		return err
	}
	return failure.Explain(why.Phase, why.Category, why.Message, err, "%s", r.mask().Hide(why.Error()))
}

// redirects reports whether an answer to the opening handshake is one that names another
// place (RFC 9110 §15.4).
func redirects(answer *handshake.Response) bool {
	switch answer.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return answer.Location != ""
	}
	return false
}

// notFollowed adds to the refusal of a redirect the option that would follow it.
func notFollowed(refused error, opts *ConnectOptions) error {
	why := failure.From(failure.PhaseHandshake, refused)
	return failure.New(why.Phase, why.Category, why.Message, "%w unless option %s allows it", why.Err,
		opts.fieldName("Redirects"))
}

// follow returns where a redirect leads. Secrets of one origin do not go to another, nor
// back to it from there: Authorization and its like, the URL's user name and password, our
// certificate, and the name that the server's must have.
func (r route) follow(answer *handshake.Response, opts *ConnectOptions) (route, error) {
	mask := r.mask()
	refuse := func(format string, args ...any) (route, error) {
		shown := failure.ShortURL(dial.Redact(mask.Hide(answer.Location)))
		args = append([]any{answer.Status, failure.Printable(shown, 200)}, args...)
		return route{}, failure.New(failure.PhaseHandshake, failure.HTTPStatus, failure.MsgHTTPStatus,
			"the server answered %d and redirects to %s, which is not followed: "+format, args...)
	}
	if len(r.followed) == opts.Redirects {
		return refuse("it would be more than the %d that option %s allows", opts.Redirects,
			opts.fieldName("Redirects"))
	}
	target, err := r.target.Resolve(answer.Location)
	switch {
	case err != nil:
		return refuse("%w", err)
	case r.target.Secure && !target.Secure:
		return refuse("it leads from wss to ws")
	}
	next := route{target: target, header: r.header, tls: r.tls, followed: append(r.followed, r.place()),
		earlier: mask}
	target.Redacted = mask.Hide(target.Redacted) // it is for texts alone
	for _, before := range next.followed {
		if before == next.place() {
			return refuse("it leads in a circle")
		}
	}
	if !r.target.SameOrigin(target) {
		next.header, next.tls = dial.ForAnotherOrigin(r.header), r.tls.ForAnotherOrigin()
	} else if !target.HasUserinfo {
		target.HasUserinfo, target.Username, target.Password = r.target.HasUserinfo, r.target.Username,
			r.target.Password
	}
	return next, nil
}

// place names the route's target, however its URL was written.
func (r route) place() string {
	return r.target.Scheme() + "://" + r.target.Address() + r.target.RequestURI
}
