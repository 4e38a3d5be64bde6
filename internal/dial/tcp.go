package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tidewire/tidewire/internal/failure"
)

// attempts is one name look-up with the TCP connections that it led to.
type attempts struct {
	host     string // a name or an address
	address  string // "host:port"
	injected bool   // who dials is not package net

	mu    sync.Mutex       // leaf; guards what follows
	tried []netip.AddrPort // in the order in which they were begun
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
	} else {
		var addrs []netip.AddrPort
		if addrs, err = p.addresses(ctx, host, uint16(port)); err == nil {
			conn, err = a.connectAny(ctx, addrs)
		}
	}
	if err != nil {
		return nil, a.failure(context.Cause(ctx), err, o.TCPTimeout)
	}
	return conn, nil
}

// begun takes note of an attempt.
func (a *attempts) begun(addr netip.AddrPort) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tried = append(a.tried, addr)
}

// failure tells why no attempt led to a connection. cause is why they were ended from outside, nil if they were not.
func (a *attempts) failure(cause, err error, timeout time.Duration) *failure.Error {
	phase, where := a.reached()
	var denied *deniedError
	var dns *net.DNSError
	switch {
	case errors.As(err, &denied):
		return failure.Explain(failure.PhasePolicy, failure.Denied, failure.MsgRejected, denied, "dial tcp %s: %v", a.address, denied)
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
