package dial

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/proxy"
)

// socksResolved looks the server's name up here, as the scheme socks5 asks for, and has
// the proxy connect to the address; if it cannot, to the first one of the other family.
func (n *tunnel) socksResolved(ctx context.Context) error {
	addrs, err := n.lookUp(ctx)
	if err != nil {
		return err
	}
	for _, addr := range addrs {
		err = n.socks(ctx, addr.String())
		var reply *socksReply
		if err == nil || !errors.As(err, &reply) {
			return err
		}
	}
	return err
}

// lookUp returns the first address of each family that the policies let through, in the
// resolver's order, one at least.
func (n *tunnel) lookUp(ctx context.Context) ([]netip.AddrPort, error) {
	ctx, stop := context.WithTimeoutCause(ctx, n.o.TCPTimeout, errTimer)
	defer stop()
	p, host, port := n.o.policies(), n.target.Host, uint16(n.target.Port)
	if err := p.allowName(ctx, host, port); err != nil {
		return nil, n.denied(err)
	}
	found, err := resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, (&attempts{host: host}).failure(endOf(ctx, err), err, n.o.TCPTimeout)
	}
	var firsts []netip.AddrPort
	var refusal error // the first one
	for _, addr := range found {
		addr = addr.Unmap()
		switch err := p.allowAddress(ctx, host, netip.AddrPortFrom(addr, port)); {
		case err != nil && refusal == nil:
			refusal = err
		case err == nil && !slices.ContainsFunc(firsts,
			func(f netip.AddrPort) bool { return f.Addr().Is4() == addr.Is4() }):
			firsts = append(firsts, netip.AddrPortFrom(addr, port))
		}
	}
	if firsts == nil {
		return nil, n.denied(refusal)
	}
	return firsts, nil
}

// socksReply is a SOCKS proxy's reason for not connecting (RFC 1928 §6).
type socksReply struct{ text string }

func (r *socksReply) Error() string { return r.text }

// socks has a SOCKS5 proxy connect to address (RFC 1928, RFC 1929).
func (n *tunnel) socks(ctx context.Context, address string) error {
	if err := n.reach(ctx); err != nil {
		return err
	}
	var auth *proxy.Auth
	if n.proxy.hasUserinfo {
		auth = &proxy.Auth{User: n.proxy.username, Password: n.proxy.password}
	}
	dialer, err := proxy.SOCKS5("tcp", n.proxy.address, auth, connected{n.conn.Raw})
	if err != nil {
		return n.fail(err, "%v", err)
	}
	return n.exchange(ctx, n.o.TCPTimeout, func() error {
		// It reads no byte too many, so its result is not needed: Raw itself is the
		// tunnel. The context is no one's: exchange ends this, and a deadline would stay
		// behind.
		if _, err := dialer.(proxy.ContextDialer).DialContext(context.Background(), "tcp", address); err != nil {
			return n.socksFailure(err)
		}
		return nil
	})
}

// connected is the dialer for a proxy that is connected to already.
type connected struct{ conn net.Conn }

func (c connected) Dial(string, string) (net.Conn, error) { return c.conn, nil }

func (c connected) DialContext(context.Context, string, string) (net.Conn, error) { return c.conn, nil }

// socksFailure reads the reason out of package proxy's texts, which is all that it gives.
func (n *tunnel) socksFailure(err error) error {
	text := innermost(err)
	reply, replied := strings.CutPrefix(text, "unknown error ")
	version, wrongVersion := strings.CutPrefix(text, "unexpected protocol version ")
	switch {
	case replied:
		return n.fail(&socksReply{reply}, "%s answered: %s", n.proxy.shown, reply)
	case wrongVersion && version == strconv.Itoa('H'):
		return n.fail(err, "%s does not speak SOCKS5, but HTTP: begin its URL with http://", n.proxy.shown)
	case wrongVersion:
		return n.fail(err, "%s does not speak SOCKS5: its first byte is %s", n.proxy.shown, version)
	case text == "no acceptable authentication methods" && !n.proxy.hasUserinfo:
		return n.fail(err, "%s wants to know who asks: give user and password in the proxy's URL", n.proxy.shown)
	case text == "no acceptable authentication methods":
		return n.fail(err, "%s takes no user name with password, which is all that can be given", n.proxy.shown)
	case text == "username/password authentication failed":
		return n.fail(err, "%s does not accept the user and password of its URL", n.proxy.shown)
	}
	return n.lost(err)
}
