package dial

import (
	"context"
	"net"
	"testing"
)

// UseNameserver makes every look-up of this test ask the name server at address.
func UseNameserver(t *testing.T, address string) {
	UseResolver(t, func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialNameserver(ctx, network, address)
	})
}

// UseResolver makes every look-up of this test reach its name server by dial.
func UseResolver(t *testing.T, dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	before := resolver
	resolver = &net.Resolver{PreferGo: true, Dial: dial}
	t.Cleanup(func() { resolver = before })
}

// ChooseProxy returns the "host:port" of the proxy that Dial would go through; "" for
// none.
func ChooseProxy(t *Target, o Options) (address string, err error) {
	proxy, err := chooseProxy(t, &o)
	if err != nil || proxy == nil {
		return "", err
	}
	return proxy.address, nil
}
