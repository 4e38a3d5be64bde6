package dial

import (
	"context"
	"net"
)

// resolver is net.DefaultResolver with look-ups that end at once when they are cancelled.
// Dials of the same name at the same time share one look-up.
var resolver = &net.Resolver{Dial: dialNameserver}

// dialNameserver connects to a name server and cuts the connection when ctx ends. Package
// net reads the answer under a deadline alone: a look-up that nobody waits for would keep
// its goroutine and its socket for seconds.
func dialNameserver(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { conn.Close() }) // package net ends ctx with the exchange
	return conn, nil
}
