package dial

import (
	"context"
	"net"
	"net/netip"
	"time"
)

const (
	// headStart is how long the family of addresses that the resolver put first is tried alone (RFC 8305 §5).
	headStart = 300 * time.Millisecond

	// leastWait is how long an address may take to answer at least, if the time for all allows it.
	leastWait = 2 * time.Second
)

// dialAddress is package net's dialer, but for tests of the times.
var dialAddress = new(net.Dialer).DialContext

// connectAny connects to the first of these addresses that answers, one at least. Both families are tried (RFC 8305): the
// second one when the first has failed or had its head start. It is package net's way with a name, for addresses that the
// policy has let through. When it returns no attempt is left running.
func (a *attempts) connectAny(ctx context.Context, addrs []netip.AddrPort) (net.Conn, error) {
	first, second := families(addrs)
	if len(second) == 0 {
		return a.connectEach(ctx, first)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		conn net.Conn
		err  error
	}
	results := make(chan result)
	running := 0
	start := func(addrs []netip.AddrPort) {
		running++
		go func() { // ended by ctx at the latest, joined below
			conn, err := a.connectEach(ctx, addrs)
			results <- result{conn, err}
		}()
	}

	start(first)
	overdue := time.NewTimer(headStart)
	defer overdue.Stop()
	var won net.Conn
	var failed error // the first one
	for running > 0 {
		select {
		case <-overdue.C:
		case r := <-results:
			running--
			switch {
			case r.err != nil && failed == nil:
				failed = r.err
			case r.err == nil && won == nil:
				won = r.conn
				cancel()
			case r.err == nil:
				r.conn.Close()
			}
		}
		if won == nil && len(second) > 0 {
			start(second)
			second = nil
		}
	}
	if won == nil {
		return nil, failed
	}
	return won, nil
}

// connectEach connects to the first of these addresses that answers, one after the other. Each has its share of the time
// that is left. The error is the first one.
func (a *attempts) connectEach(ctx context.Context, addrs []netip.AddrPort) (conn net.Conn, failed error) {
	for i, addr := range addrs {
		conn, err := a.connectOne(ctx, addr, len(addrs)-i)
		if err == nil {
			return conn, nil
		}
		if failed == nil {
			failed = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

// connectOne connects to one address, the first of several that share the time which is left.
func (a *attempts) connectOne(ctx context.Context, addr netip.AddrPort, sharers int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok && sharers > 1 {
		share := max(time.Until(deadline)/time.Duration(sharers), leastWait)
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, share)
		defer stop()
	}
	a.begun(addr)
	return dialAddress(ctx, "tcp", addr.String())
}
