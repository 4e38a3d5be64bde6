package engine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime/debug"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

// errPanic is the cause of a failure that caught has made of a panic.
var errPanic = errors.New("panic")

// caught turns a panic into the failure of this connection alone. It is deferred around
// code that holds no lock and changes nothing that others see: the way from the URL to
// open, the transport's reads and writes, the reader, compression; much of it calls an
// embedder's functions.
//
// A panic anywhere else ends the process, as Go does by itself: under a lock, in a timer,
// in the embedder's logger. A state that was left half changed can be trusted by nobody,
// and a lock that stays held would keep a connection's one terminal event back for ever.
// docs/architecture.md has the rule for each goroutine.
func (c *connection) caught(err *error) {
	if value := recover(); value != nil {
		*err = c.panicked(value)
	}
}

// panicked logs a panic and returns it as a failure. It is called while the panic's stack
// is still there.
func (c *connection) panicked(value any) *failure.Error {
	c.mu.Lock()
	phase := c.phaseLocked()
	c.mu.Unlock()
	text := failure.Printable(fmt.Sprint(value), 200)
	c.engine.opts.Logger.Error("internal error: a panic ends the connection", "id", uint64(c.id),
		"panic", text, "stack", string(debug.Stack()), "caller", c.opts.Caller)
	return failure.Explain(phase, failure.Internal, failure.MsgTransport, errPanic,
		"internal error: %s: this is a mistake in the program, and the log has its stack", text)
}

// guardedPolicy is the engine's policy; one that panics refuses. Package net asks it on
// goroutines of its own, whose panics nobody else could catch.
func (c *connection) guardedPolicy() Policy {
	ask := c.engine.opts.Policy
	if ask == nil {
		return nil
	}
	return func(ctx context.Context, host string, addr netip.AddrPort) (err error) {
		defer c.caught(&err)
		return ask(ctx, host, addr)
	}
}
