package engine

import (
	"context"

	"github.com/tidewire/tidewire/internal/ws/deflate"
	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/handshake"
	"github.com/tidewire/tidewire/internal/ws/policy"
	"github.com/tidewire/tidewire/internal/ws/transport"
)

// connectLoop takes the connection from its URL to open: name, TCP, TLS, opening
// handshake. Started by start, ended by cancelling its context, joined by
// Engine.Shutdown. It hands on to readLoop, a fresh goroutine: the stack that it needed
// itself is not kept for the connection's life.
func (c *connection) connectLoop(ctx context.Context) {
	defer c.cancel()
	result, err := c.dialAndShake(ctx)
	if err != nil {
		c.fail(failure.From(failure.PhaseHandshake, err))
	} else if c.openOver(result) {
		if c.opts.Ping > 0 {
			c.engine.wake.watch()
		}
		if c.inbox.putOpened() {
			c.engine.ready.push(c)
		}
		c.dialing = nil
		c.reader.Init(c.readerOptions(result.compression))
		var early *parcel
		if buffered := result.response.Buffered; len(buffered) > 0 {
			early = newParcel(buffered, false)
		}
		c.engine.loops.Add(1)
		go c.readLoop(early)
		return
	}
	c.finish(Tally{})
	c.engine.setRunning(c, false)
}

// openOver makes the connection open over the transport of an attempt. If it was closed
// in the last moment openOver cuts the transport and reports false.
func (c *connection) openOver(result attemptResult) bool {
	c.mu.Lock()
	if !c.openLocked() {
		c.mu.Unlock()
		result.transport.Cut()
		return false
	}
	c.engine.counters.opened.Add(1)
	c.transport = result.transport
	c.cancel = func() {} // so that the context can go
	c.compressLocked(result.compression)
	c.startKeepaliveLocked()
	c.kickLocked()
	c.unlock()
	return true
}

// attemptResult is how an attempt at the opening handshake has ended: well, or with an
// answer that refuses.
type attemptResult struct {
	transport   transport.Conn // nil after a refusal
	response    *handshake.Response
	compression deflate.Params
}

// dialAndShake dials and shakes hands, again for each redirect that is followed, and
// notes the facts that it learns on the way, also of a failure.
func (c *connection) dialAndShake(ctx context.Context) (_ attemptResult, err error) {
	defer c.caught(&err)
	at := route{target: c.target, header: c.dialing.Header, tls: dial.TLSOptions(c.dialing.TLS)}
	for {
		result, err := c.engine.attempt(c, ctx, at)
		if err != nil {
			err = at.explain(err)
		}
		switch {
		case err == nil, result.response == nil, !redirects(result.response):
			return result, err
		case c.dialing.Redirects == 0:
			return result, notFollowed(err, c.dialing)
		}
		if at, err = at.follow(result.response, c.dialing); err != nil {
			return attemptResult{}, err
		}
	}
}

// attempt dials and shakes hands once. After an error nothing is left open, and the
// response is nil if no server was reached.
func (c *connection) attempt(ctx context.Context, at route) (attemptResult, error) {
	c.engine.counters.dialed.Add(1)
	options := &c.engine.opts
	asked := c.guardedPolicy()
	conn, err := dial.Dial(ctx, at.target, dial.Options{
		TCPTimeout:  c.dialing.Timeouts.TCP,
		TLSTimeout:  c.dialing.Timeouts.TLS,
		TLSConfig:   options.TLSConfig,
		TLS:         at.tls,
		ReadFile:    options.ReadFile,
		Charge:      func(bytes int) error { return c.growBase("read a file of TLS", pemCost*int64(bytes)) },
		Proxy:       c.dialing.Proxy,
		ProxyFor:    options.proxyFor,
		DialContext: options.DialContext,
		Policy:      asked,
		NamePolicy:  policy.OfName(asked),
		Words:       options.Words,
		Names:       dial.Names{Field: c.dialing.FieldName, Roots: options.RootsName},
		Entered:     c.entered,
	})
	c.learn(func(f *facts) { *f = facts{remote: conn.Remote, tls: tlsInfo(conn.TLS)} })
	for _, warning := range conn.Warnings {
		options.Logger.Warn(at.mask().Hide(warning), "id", uint64(c.id), "caller", c.opts.Caller)
	}
	if err != nil {
		return attemptResult{}, err
	}
	done := false
	defer func() {
		if !done { // a panic is among the reasons
			conn.Raw.Close()
		}
	}()
	request := handshake.Request{
		URL:        at.target.Redacted,
		Host:       at.target.HostHeader(),
		RequestURI: at.target.RequestURI,
		Header:     at.header,
		Protocols:  c.dialing.Protocols,
		Origin:     c.dialing.Origin,
		BasicAuth:  at.target.HasUserinfo,
		Username:   at.target.Username,
		Password:   at.target.Password,
		Secrets:    at.earlier,
	}
	compression := c.offerCompression(&request)
	c.entered(failure.PhaseHandshake)
	answer := &chargedReader{ReadWriter: conn.Transport, charge: c.growBase}
	response, err := handshake.Client(ctx, answer, conn.Raw, request, c.dialing.Timeouts.Handshake)
	c.learn(func(f *facts) {
		f.protocol, f.extensions, f.http = response.Protocol, response.Extensions, newAnswer(response)
		f.tls = tlsInfo(conn.TLS) // TLS 1.3 refuses our certificate only now
	})
	if err == nil {
		err = c.growBase("compress", compressionCost(*compression))
	}
	if err != nil {
		return attemptResult{response: response}, err
	}
	done = true
	return attemptResult{conn.HandOver(), response, *compression}, nil
}

// entered notes how far the connection has come.
func (c *connection) entered(phase failure.Phase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connectPhase = phase
}

// learn notes facts for Info.
func (c *connection) learn(note func(*facts)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	note(&c.facts)
}

func tlsInfo(t *dial.TLSInfo) *TLSInfo {
	if t == nil {
		return nil
	}
	return &TLSInfo{
		Version: t.Version,
		Cipher:  t.Cipher,
		Subject: t.Subject,
		Issuer:  t.Issuer,
		Expires: t.Expires,
		Error:   t.Error,
	}
}
