package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

// attempts is one name look-up with the TCP connections that it led to. Package net
// reports these while it dials, of those to both families at once, and of one that lost
// the race also later.
type attempts struct {
	host     string // a name or an address
	address  string // "host:port"
	injected bool   // the dialer is not package net

	mu    sync.Mutex // leaf; guards the fields below
	tried []attempt  // in the order in which they were begun
}

// attempt is one TCP connection.
type attempt struct {
	addr string // "ip:port"
	err  error  // nil while it is not known; has a *deniedError if the policy refused the address
}

func (t *attempt) denied() bool {
	var denied *deniedError
	return errors.As(t.err, &denied)
}

// dialTCP connects to host at port.
func dialTCP(ctx context.Context, host string, port int, o *Options, p policies) (net.Conn, error) {
	ctx, stop := context.WithTimeoutCause(ctx, o.TCPTimeout, errTimer)
	defer stop()
	a := &attempts{host: host, address: net.JoinHostPort(host, strconv.Itoa(port)), injected: o.DialContext != nil}
	var conn net.Conn
	var err error
	if a.injected {
		conn, err = o.DialContext(ctx, "tcp", a.address)
	} else if err = p.allowName(ctx, host, uint16(port)); err == nil {
		conn, err = a.first(ctx, p)
	}
	if err != nil {
		return nil, a.failure(endOf(ctx, err), err, o.TCPTimeout)
	}
	return conn, nil
}

// endOf returns why ctx ended, nil if it did not, after err was met. Package net sets
// ctx's deadline on its sockets, too, and may come to it a little sooner than ctx itself:
// it is the same end.
func endOf(ctx context.Context, err error) error {
	const sooner = 10 * time.Millisecond
	var timeout net.Error
	timedOut := errors.As(err, &timeout) && timeout.Timeout()
	if deadline, ok := ctx.Deadline(); ok && timedOut && time.Until(deadline) < sooner {
		<-ctx.Done()
	}
	return context.Cause(ctx)
}

// first looks the name up and connects to the first address that answers, trying both
// families (RFC 8305), all of it as package net does. The policy is asked at the last
// moment, when a socket is about to be connected; an address that it refuses is passed
// over like an address that does not answer, and like that one takes its share of the
// time.
func (a *attempts) first(ctx context.Context, p policies) (net.Conn, error) {
	control := func(ctx context.Context, _, address string, _ syscall.RawConn) error {
		addr, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("read address %q: %w", address, err)
		}
		return p.allowAddress(ctx, a.host, addr)
	}
	dialer := &net.Dialer{Resolver: resolver, ControlContext: control}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{ConnectStart: a.begun, ConnectDone: a.ended})
	conn, err := dialer.DialContext(ctx, "tcp", a.address)
	if err != nil {
		return nil, a.firstError(err)
	}
	return conn, nil
}

// begun and ended record the start and the end of an attempt.
func (a *attempts) begun(_, addr string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tried = append(a.tried, attempt{addr: addr})
}

func (a *attempts) ended(_, addr string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.tried {
		if t := &a.tried[i]; t.addr == addr && t.err == nil {
			t.err = err
			return
		}
	}
}

// firstError is the error of all attempts together, err according to package net: that of
// the first address. If that is the policy's refusal and others were tried, it is not the
// reason.
func (a *attempts) firstError(err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.tried {
		if t := &a.tried[i]; t.err != nil && !t.denied() {
			return t.err
		}
	}
	return err
}

// failure says why no attempt led to a connection. cause is why they were ended from
// outside, nil if they were not.
func (a *attempts) failure(cause, err error, timeout time.Duration) *failure.Error {
	phase, where := a.reached()
	var denied *deniedError
	var dns *net.DNSError
	switch {
	case errors.As(err, &denied):
		return failure.Explain(failure.PhasePolicy, failure.Denied, failure.MsgRejected, denied,
			"dial tcp %s: %v", a.address, denied)
	case cause == errTimer:
		return failure.Explain(phase, failure.Timeout, failure.MsgTimerExpired, cause,
			"%s: no answer within %s", where, timeout)
	case cause != nil:
		return cancelled(phase, cause, where)
	case failure.NoDescriptors(err), errors.As(err, &dns) && noDescriptors() != nil:
		return outOfDescriptors(phase, where, err)
	case errors.As(err, &dns):
		return dnsFailure(a.host, dns, err)
	}
	category, message := failure.Network(err), failure.MsgTransport
	if category == failure.Timeout { // the system's own timer ran out before ours
		message = failure.MsgTimerExpired
	}
	return failure.Explain(phase, category, message, err, "%s: %s", where, tcpStory(category, err))
}

// reached returns how far the attempts had come, and the first words of their error.
func (a *attempts) reached() (phase failure.Phase, where string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, notAddress := netip.ParseAddr(a.host)
	if len(a.tried) == 0 && notAddress != nil && !a.injected {
		return failure.PhaseDNS, "look up " + a.host
	}
	var others []string
	for i := range a.tried {
		if t := &a.tried[i]; t.addr != a.address && !t.denied() && !slices.Contains(others, t.addr) {
			others = append(others, t.addr)
		}
	}
	if len(others) == 0 {
		return failure.PhaseTCP, "dial tcp " + a.address
	}
	return failure.PhaseTCP, fmt.Sprintf("dial tcp %s (%s)", a.address, strings.Join(others, ", "))
}

// dnsFailure says why host could not be looked up.
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
		if failure.NoLocalPort(err) {
			return story + ": no local port is left to reach it from, or no address: hold fewer connections, or " +
				"widen the range of ports (on Linux sysctl net.ipv4.ip_local_port_range)"
		}
		return story + ": check the network and the address"
	}
	return story
}

// innermost returns the text at the bottom of err, without package net's prefixes.
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
