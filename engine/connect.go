package engine

import (
	"context"
	"time"

	"github.com/tidewire/tidewire/internal/dial"
	"github.com/tidewire/tidewire/internal/handshake"
)

// connectLoop takes the connection from its URL to open: name, TCP, TLS, opening handshake. Started by start, ended by
// cancelling its context, joined by Engine.Shutdown. It hands on to readLoop, a fresh goroutine: the stack that it needed
// itself is not kept for the connection's life.
func (c *connection) connectLoop(ctx context.Context) {
	defer c.cancel()
	conn, response, err := c.connect(ctx)
	if err != nil {
		if conn.Raw != nil {
			conn.Raw.Close()
		}
		c.mu.Lock()
		if c.outcome == nil {
			c.outcome = c.failureLocked(asFailure(PhaseHandshake, err))
		}
		c.state = closing
		c.mu.Unlock()
		c.finish(Tally{})
		c.engine.setRunning(c, false)
		return
	}

	c.mu.Lock()
	if c.state != connecting { // closed in the last moment
		c.mu.Unlock()
		conn.Raw.Close()
		c.finish(Tally{})
		c.engine.setRunning(c, false)
		return
	}
	c.state, c.opened = open, time.Now()
	c.transport, c.raw = conn.Transport, conn.Raw
	c.startKeepaliveLocked()
	c.kickLocked()
	c.mu.Unlock()
	if c.inbox.opened() {
		c.engine.ready.push(c)
	}
	c.engine.loops.Go(func() { c.readLoop(response.Buffered) })
}

// connect dials and shakes hands, and notes what is learned on the way, also of a failure. The Conn is never nil.
func (c *connection) connect(ctx context.Context) (*dial.Conn, *handshake.Response, error) {
	options := &c.engine.opts
	conn, err := dial.Dial(ctx, c.target, dial.Options{
		TCPTimeout:  c.opts.Timeouts.TCP,
		TLSTimeout:  c.opts.Timeouts.TLS,
		TLSConfig:   options.TLSConfig,
		DialContext: options.DialContext,
		Policy:      options.Policy,
	})
	if conn == nil {
		conn = &dial.Conn{}
	}
	c.mu.Lock()
	c.facts.remote = conn.Remote
	c.facts.tls = tlsInfo(conn.TLS)
	c.mu.Unlock()
	if err != nil {
		return conn, nil, err
	}
	response, err := handshake.Client(ctx, conn.Transport, conn.Raw, handshake.Request{
		URL:        c.url,
		Host:       c.target.HostHeader(),
		RequestURI: c.target.RequestURI,
		Header:     c.opts.Header,
		Protocols:  c.opts.Protocols,
		Origin:     c.opts.Origin,
		BasicAuth:  c.target.HasUserinfo,
		Username:   c.target.Username,
		Password:   c.target.Password,
	}, c.opts.Timeouts.Handshake)
	if response != nil {
		c.mu.Lock()
		c.facts.protocol = response.Protocol
		c.facts.http = httpInfo(response)
		c.mu.Unlock()
	}
	return conn, response, err
}

func tlsInfo(t *dial.TLSInfo) *TLSInfo {
	if t == nil {
		return nil
	}
	return &TLSInfo{Version: t.Version, Cipher: t.Cipher, Subject: t.Subject, Issuer: t.Issuer, Expires: t.Expires, Error: t.Error}
}

func httpInfo(r *handshake.Response) *HTTPInfo {
	if r.Status == 0 {
		return nil
	}
	return &HTTPInfo{Status: r.Status, Header: r.Header, Body: r.Body, Location: r.Location, RetryAfter: r.RetryAfter}
}
