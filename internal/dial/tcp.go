package dial

import (
	"context"
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

// policyFunc is the type of Options.Policy.
type policyFunc = func(ctx context.Context, host string, addr netip.AddrPort) error

// attempts is one name look-up with the TCP connections that it led to.
type attempts struct {
	host     string // a name or an address
	address  string // "host:port"
	injected bool   // who dials is not package net

	refuse context.CancelCauseFunc // ends all attempts

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

// dialTCP connects to address, which is that of host.
func dialTCP(ctx context.Context, host, address string, o *Options, policy policyFunc) (net.Conn, error) {
	ctx, stop := context.WithTimeoutCause(ctx, o.TCPTimeout, errTimer)
	defer stop()
	ctx, refuse := context.WithCancelCause(ctx)
	defer refuse(nil)

	a := &attempts{host: host, address: address, injected: o.DialContext != nil, refuse: refuse}
	dialContext := o.DialContext
	if dialContext == nil {
		// A net.Dialer tries both families of a name in turn (RFC 8305).
		dialer := &net.Dialer{Resolver: resolver, ControlContext: a.control(policy)}
		dialContext = dialer.DialContext
	}
	conn, err := dialContext(ctx, "tcp", address)
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

// maxName is how long a name may be in a look-up, without its last dot (RFC 1035 §2.3.4).
const maxName = 253

// checkName refuses a name that must not be looked up (RFC 6761 §6.4), or cannot be. The texts of what comes after it show
// names as they are.
func checkName(host string) error {
	bare, rule := strings.TrimSuffix(host, "."), ""
	switch {
	case len(bare) > maxName:
		rule = fmt.Sprintf("no name has more than %d bytes (RFC 1035): check its spelling", maxName)
	case bare == "invalid" || strings.HasSuffix(bare, ".invalid"):
		rule = "names under .invalid never resolve (RFC 6761 §6.4)"
	default:
		return nil
	}
	return failure.New(failure.PhaseDNS, failure.DNS, failure.MsgTransport, "look up %s: %s", failure.Bounded(host), rule)
}

// control returns the function that package net calls with each socket before it is connected.
func (a *attempts) control(policy policyFunc) func(context.Context, string, string, syscall.RawConn) error {
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
		if err := policy(ctx, a.host, addr); err != nil {
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
		return dnsFailure(a.host, dns, err)
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
	_, notAddress := netip.ParseAddr(a.host)
	if len(a.tried) == 0 && notAddress != nil && !a.injected {
		return failure.PhaseDNS, "look up " + a.host
	}
	var others []string
	for _, addr := range a.tried {
		if s := addr.String(); s != a.address && !slices.Contains(others, s) {
			others = append(others, s)
		}
	}
	if len(others) == 0 {
		return failure.PhaseTCP, "dial tcp " + a.address
	}
	return failure.PhaseTCP, fmt.Sprintf("dial tcp %s (%s)", a.address, strings.Join(others, ", "))
}

// dnsFailure tells why host could not be looked up.
func dnsFailure(host string, dns *net.DNSError, err error) *failure.Error {
	category, message, story := failure.DNS, failure.MsgTransport, "the name server failed: "+dns.Err
	switch {
	case dns.IsNotFound:
		story = "name not found: check its spelling"
	case dns.IsTimeout: // the resolver's own timer ran out before ours
		category, message, story = failure.Timeout, failure.MsgTimerExpired, "no answer from the name server"
	}
	return failure.Explain(failure.PhaseDNS, category, message, err, "look up %s: %s", host, story)
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
