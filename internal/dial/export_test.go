package dial

import (
	"context"
	"net"
	"net/netip"
	"testing"
)

// UseNameserver makes every look-up of this test ask the name server at address.
func UseNameserver(t *testing.T, address string) {
	before := resolver
	resolver = &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialNameserver(ctx, network, address)
		},
	}
	t.Cleanup(func() { resolver = before })
}

// ChooseProxy returns the "host:port" of the proxy that Dial would go through; "" for none.
func ChooseProxy(t *Target, o Options) (address string, err error) {
	proxy, err := chooseProxy(t, &o)
	if err != nil || proxy == nil {
		return "", err
	}
	return proxy.address, nil
}

// ConnectAny connects to the first address that answers, by a dialer of the test's.
func ConnectAny(ctx context.Context, dialer func(ctx context.Context, network, address string) (net.Conn, error), addrs ...netip.AddrPort) (net.Conn, error) {
	before := dialAddress
	defer func() { dialAddress = before }()
	dialAddress = dialer
	return new(attempts).connectAny(ctx, addrs)
}
