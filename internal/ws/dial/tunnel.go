package dial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

// tunnel is one attempt to reach a server through a proxy. Used by one goroutine.
type tunnel struct {
	conn   *Conn // the result
	proxy  *proxyServer
	target *Target
	o      *Options
	server string // the server's "host:port" for the proxy: without a zone, which has a meaning here alone
}

// tunnel has the proxy connect to t and makes that the transport. The proxy's refusal,
// and failing to reach it, are failures of PhaseProxy.
func (c *Conn) tunnel(ctx context.Context, proxy *proxyServer, t *Target, o *Options) error {
	host, _, _ := strings.Cut(t.Host, "%")
	n := &tunnel{conn: c, proxy: proxy, target: t, o: o, server: net.JoinHostPort(host, strconv.Itoa(t.Port))}
	addr, err := netip.ParseAddr(t.Host)
	if err != nil && proxy.scheme == "socks5" && o.DialContext == nil {
		return n.socksResolved(ctx)
	}
	if err := n.allowed(ctx, addr); err != nil {
		return err
	}
	if strings.HasPrefix(proxy.scheme, "socks") {
		return n.socks(ctx, n.server)
	}
	return n.http(ctx)
}

// allowed asks the policy about the server; addr is the zero Addr if it is known to the
// proxy alone.
func (n *tunnel) allowed(ctx context.Context, addr netip.Addr) error {
	if n.o.DialContext != nil {
		return nil
	}
	at := netip.AddrPortFrom(addr, uint16(n.target.Port))
	if err := n.o.policies().allowAddress(ctx, n.target.Host, at); err != nil {
		return n.denied(err)
	}
	return nil
}

// denied is the failure of a tunnel to a server that a policy refuses; err is a
// *deniedError.
func (n *tunnel) denied(err error) error {
	return failure.Explain(failure.PhasePolicy, failure.Denied, failure.MsgRejected, err,
		"tunnel to %s: %v", n.server, err)
}

// reach connects to the proxy.
func (n *tunnel) reach(ctx context.Context) error {
	var p policies
	if n.proxy.named {
		p = n.o.policies()
	}
	err := checkName(n.proxy.host)
	if err == nil {
		err = n.conn.useTCP(ctx, n.proxy.host, n.proxy.port, n.o, p)
	}
	if err == nil {
		return nil
	}
	f := failure.From(failure.PhaseProxy, err)
	switch f.Category {
	case failure.Denied:
		return failure.Explain(f.Phase, f.Category, f.Message, f, "tunnel to %s: %v", n.server, f)
	case failure.Closed:
		return failure.Explain(failure.PhaseProxy, f.Category, f.Message, f, "tunnel to %s: %v", n.server, f)
	}
	return n.fail(f, "%s cannot be reached: %v", n.proxy.shown, f)
}

// exchange runs talk, which speaks with the proxy, for at most this long. When the time
// is up, or ctx ends, the connection is cut, which ends talk.
func (n *tunnel) exchange(ctx context.Context, timeout time.Duration, talk func() error) error {
	ctx, stop := context.WithTimeoutCause(ctx, timeout, errTimer)
	defer stop()
	cut := make(chan struct{})
	stopCut := context.AfterFunc(ctx, func() {
		defer close(cut)
		n.conn.Raw.Close()
	})
	err := talk()
	if stopCut() {
		return err
	}
	<-cut
	cause := context.Cause(ctx)
	if cause == errTimer {
		return n.fail(cause, "%s has not answered within %s", n.proxy.shown, timeout)
	}
	return cancelled(failure.PhaseProxy, cause, fmt.Sprintf("tunnel to %s: wait for %s", n.server, n.proxy.shown))
}

// fail is the failure of a tunnel that is the proxy's fault. cause may be nil.
func (n *tunnel) fail(cause error, format string, args ...any) *failure.Error {
	return failure.Explain(failure.PhaseProxy, failure.Proxy, failure.MsgProxy, cause,
		"tunnel to %s: %s", n.server, fmt.Sprintf(format, args...))
}

// lost is the failure of a tunnel whose connection to the proxy ended.
func (n *tunnel) lost(err error) *failure.Error {
	story := innermost(err)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		story = "closed the connection before its answer was complete"
	case failure.Network(err) == failure.Reset:
		story = "reset the connection before its answer was complete"
	case isAlert(err):
		story = "refuses: " + alertText(err)
	default:
		story = "cannot be talked to: " + story
	}
	return n.fail(err, "%s %s", n.proxy.shown, story)
}
