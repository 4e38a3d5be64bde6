// Package dial takes a WebSocket URL to a transport that the opening handshake can talk over: it reads the URL, looks
// up the name, asks the policy about each address, connects TCP and, for wss, shakes hands over TLS.
package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tidewire/tidewire/internal/failure"
)

// Options configures one Dial.
type Options struct {
	TCPTimeout time.Duration // for the name look-up and TCP together; positive
	TLSTimeout time.Duration // for the TLS handshake; positive

	// TLSConfig is the base of the TLS configuration, which is copied. nil means the system's roots. TLS below 1.2 is
	// never spoken, and the server's name comes from the URL unless ServerName is set.
	TLSConfig *tls.Config

	// DialContext replaces the name look-up and TCP; the policy is then not asked. It must end with its context.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)

	// Policy is asked about each address before it is connected to; host is as in the Target. The first error ends
	// the dial, whatever other addresses the name has. It is called from several goroutines at once. nil allows all.
	Policy func(ctx context.Context, host string, addr netip.AddrPort) error
}

// Conn is a transport, or what is known of the attempt at one.
type Conn struct {
	// Transport is what the handshake talks over: Raw, or a *TLSConn on top of it, whose Read gives io.EOF after the
	// peer's close_notify alone and io.ErrUnexpectedEOF when the stream ends without one. nil after a failure.
	Transport net.Conn

	// Raw is the socket under Transport; nil after a failure. Closing it ends a blocked Read or Write of Transport at
	// once, which closing TLS does not promise.
	Raw net.Conn

	TLS    *TLSInfo // nil unless TLS was begun
	Remote string   // "ip:port"; "" before TCP was connected
}

// errTimer is the cause of a context whose phase took too long.
var errTimer = errors.New("timer expired")

// Dial connects to t. It returns when ctx is cancelled, with nothing left open or running but for one case: a look-up
// by the system's own resolver (macOS, Windows, unusual name services on Linux), or one that several dials share,
// runs to its end on its own and is then forgotten.
//
// The error is a *failure.Error of PhaseDNS, PhasePolicy, PhaseTCP or PhaseTLS; the Conn then holds what is known all
// the same. A cancelled dial has category Closed and wraps ctx's cause.
func Dial(ctx context.Context, t *Target, o Options) (*Conn, error) {
	raw, err := dialTCP(ctx, t, o)
	if err != nil {
		return &Conn{}, err
	}
	conn := &Conn{Raw: raw, Transport: raw, Remote: raw.RemoteAddr().String()}
	if !t.Secure {
		return conn, nil
	}
	conn.Transport, conn.TLS, err = startTLS(ctx, raw, t, o)
	if err != nil {
		raw.Close()
		conn.Raw, conn.Transport = nil, nil
		return conn, err
	}
	return conn, nil
}

// attempts is one name look-up with the TCP connections that it led to.
type attempts struct {
	target   *Target
	injected bool                    // who dials is not package net
	refuse   context.CancelCauseFunc // ends all attempts

	mu    sync.Mutex       // leaf; guards what follows
	tried []netip.AddrPort // in the order in which they were begun
}

// deniedError is the policy's refusal of an address.
type deniedError struct {
	addr netip.AddrPort
	err  error
}

func (e *deniedError) Error() string { return fmt.Sprintf("the policy refuses %s: %v", e.addr, e.err) }
func (e *deniedError) Unwrap() error { return e.err }

func dialTCP(ctx context.Context, t *Target, o Options) (net.Conn, error) {
	if neverResolves(t.Host) {
		return nil, failure.New(failure.PhaseDNS, failure.DNS, failure.MsgTransport,
			"look up %s: names under .invalid never resolve (RFC 6761 §6.4)", t.Host)
	}
	ctx, stop := context.WithTimeoutCause(ctx, o.TCPTimeout, errTimer)
	defer stop()
	ctx, refuse := context.WithCancelCause(ctx)
	defer refuse(nil)

	a := &attempts{target: t, injected: o.DialContext != nil, refuse: refuse}
	dialContext := o.DialContext
	if dialContext == nil {
		// A net.Dialer tries both families of a name in turn (RFC 8305).
		dialer := &net.Dialer{Resolver: resolver, ControlContext: a.control(o.Policy)}
		dialContext = dialer.DialContext
	}
	conn, err := dialContext(ctx, "tcp", t.Address())
	var denied *deniedError
	if err == nil && errors.As(context.Cause(ctx), &denied) {
		conn.Close() // one address was connected to just before the policy refused another
		err = denied
	}
	if err != nil {
		return nil, a.failure(context.Cause(ctx), err, o.TCPTimeout)
	}
	return conn, nil
}

// neverResolves reports whether host is a name that must not be looked up (RFC 6761 §6.4).
func neverResolves(host string) bool {
	host = strings.TrimSuffix(host, ".")
	return host == "invalid" || strings.HasSuffix(host, ".invalid")
}

// control returns the function that package net calls with each socket before it is connected.
func (a *attempts) control(policy func(context.Context, string, netip.AddrPort) error) func(context.Context, string, string, syscall.RawConn) error {
	return func(ctx context.Context, _, address string, _ syscall.RawConn) error {
		addr, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("read address %q: %w", address, err)
		}
		a.mu.Lock()
		a.tried = append(a.tried, addr)
		a.mu.Unlock()
		if policy == nil {
			return nil
		}
		if err := policy(ctx, a.target.Host, addr); err != nil {
			denied := &deniedError{addr, err}
			a.refuse(denied)
			return denied
		}
		return nil
	}
}

// failure tells why no attempt led to a connection. cause is why they were ended from outside, nil if they were not.
func (a *attempts) failure(cause, err error, timeout time.Duration) *failure.Error {
	phase, where := a.reached()
	var denied *deniedError
	var dns *net.DNSError
	switch {
	case errors.As(cause, &denied):
		return failure.Explain(failure.PhasePolicy, failure.Denied, failure.MsgRejected, denied, "%s: %v", where, denied)
	case cause == errTimer:
		return failure.Explain(phase, failure.Timeout, failure.MsgTimerExpired, cause, "%s: no answer within %s", where, timeout)
	case cause != nil:
		return cancelled(phase, cause, where)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return failure.Explain(phase, failure.Internal, failure.MsgTransport, err,
			"%s: too many open files: raise the limit (ulimit -n) or hold fewer connections", where)
	case errors.As(err, &dns):
		return a.dnsFailure(dns, err)
	}
	category, message := failure.Network(err), failure.MsgTransport
	if category == failure.Timeout { // the system's own timer ran out before ours
		message = failure.MsgTimerExpired
	}
	return failure.Explain(phase, category, message, err, "%s: %s", where, tcpStory(category, err))
}

// reached tells how far the attempts had come, and which words an error of theirs begins with.
func (a *attempts) reached() (phase failure.Phase, where string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	address := a.target.Address()
	_, notAddress := netip.ParseAddr(a.target.Host)
	if len(a.tried) == 0 && notAddress != nil && !a.injected {
		return failure.PhaseDNS, "look up " + a.target.Host
	}
	var others []string
	for _, addr := range a.tried {
		if s := addr.String(); s != address && !slices.Contains(others, s) {
			others = append(others, s)
		}
	}
	if len(others) == 0 {
		return failure.PhaseTCP, "dial tcp " + address
	}
	return failure.PhaseTCP, fmt.Sprintf("dial tcp %s (%s)", address, strings.Join(others, ", "))
}

func (a *attempts) dnsFailure(dns *net.DNSError, err error) *failure.Error {
	category, message, story := failure.DNS, failure.MsgTransport, "the name server failed: "+dns.Err
	switch {
	case dns.IsNotFound:
		story = "name not found: check its spelling"
	case dns.IsTimeout: // the resolver's own timer ran out before ours
		category, message, story = failure.Timeout, failure.MsgTimerExpired, "no answer from the name server"
	}
	return failure.Explain(failure.PhaseDNS, category, message, err, "look up %s: %s", a.target.Host, story)
}

func tcpStory(category failure.Category, err error) string {
	story := innermost(err)
	switch category {
	case failure.Refused:
		return "connection refused: nothing listens there"
	case failure.Reset:
		return "connection reset by the peer"
	case failure.Unreachable:
		return story + ": check the network and the address"
	}
	return story
}

// innermost returns the text at the bottom of err, without what package net puts in front of it.
func innermost(err error) string {
	for {
		switch wrapped := err.(type) {
		case *net.OpError:
			err = wrapped.Err
		case *os.SyscallError:
			err = wrapped.Err
		default:
			return err.Error()
		}
	}
}

// cancelled is the failure of a phase that was ended from outside.
func cancelled(phase failure.Phase, cause error, where string) *failure.Error {
	if errors.Is(cause, context.DeadlineExceeded) {
		return failure.Explain(phase, failure.Timeout, failure.MsgTimerExpired, cause, "%s: %v", where, cause)
	}
	return failure.Explain(phase, failure.Closed, failure.MsgTransport, cause, "%s: cancelled: %v", where, cause)
}
