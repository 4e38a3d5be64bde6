package httpclient

import (
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

const (
	// maxTransports bounds the sets of TLS settings and proxies whose connections are
	// kept.
	maxTransports = 8

	// maxIdle and idleTime bound the connections that are kept for later requests, for
	// each such set.
	maxIdle  = 64
	idleTime = 30 * time.Second

	// maxHead bounds the head of an answer, in bytes, every 1xx answer before the final
	// one included.
	maxHead = 64 << 10
)

// exchangeKey is the context's key for the Exchange that a dial serves.
type exchangeKey struct{}

// settings are the options of requests that may share connections.
type settings struct {
	tls   dial.TLSOptions
	proxy string
}

// transports are net/http's connections of one Client, by the settings that they were made
// with. The settings that were not used for longest are dropped for new ones.
type transports struct {
	client *Client // constant after New

	mu      sync.Mutex // leaf; guards the fields below
	byUse   list.List  // of *transport, the newest first
	known   map[settings]*list.Element
	open    map[*conn]struct{}
	refused bool // there are no further transports
}

// transport has the connections that were made with one set of settings.
type transport struct {
	*http.Transport
	settings settings
}

// of returns the transport for these settings.
func (ts *transports) of(s settings) (*transport, error) {
	t, oldest, err := ts.find(s)
	if oldest != nil {
		oldest.CloseIdleConnections() // those in use are closed after their request
	}
	return t, err
}

// find is of, and returns the transport that gave way, or nil.
func (ts *transports) find(s settings) (found, oldest *transport, err error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.refused {
		return nil, nil, errEnding
	}
	if element := ts.known[s]; element != nil {
		ts.byUse.MoveToFront(element)
		return element.Value.(*transport), nil, nil
	}
	if ts.known == nil {
		ts.known = make(map[settings]*list.Element)
	}
	if ts.byUse.Len() >= maxTransports {
		oldest = ts.byUse.Remove(ts.byUse.Back()).(*transport)
		delete(ts.known, oldest.settings)
	}
	found = ts.newTransport(s)
	ts.known[s] = ts.byUse.PushFront(found)
	return found, oldest, nil
}

func (ts *transports) newTransport(s settings) *transport {
	t := &transport{settings: s}
	dialer := func(secure bool) func(ctx context.Context, network, addr string) (net.Conn, error) {
		return func(ctx context.Context, _, addr string) (net.Conn, error) {
			return ts.client.dial(ctx.Value(exchangeKey{}).(*Exchange), s, secure, addr)
		}
	}
	t.Transport = &http.Transport{
		DialContext:            dialer(false),
		DialTLSContext:         dialer(true),
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // no HTTP/2
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdle,
		IdleConnTimeout:        idleTime,
		MaxResponseHeaderBytes: maxHead,
	}
	return t
}

// add notes an open connection. It reports false if there are to be none.
func (ts *transports) add(c *conn) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.refused {
		return false
	}
	if ts.open == nil {
		ts.open = make(map[*conn]struct{})
	}
	ts.open[c] = struct{}{}
	return true
}

func (ts *transports) remove(c *conn) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	delete(ts.open, c)
}

// close closes all connections, whatever they are doing.
func (ts *transports) close() {
	ts.mu.Lock()
	ts.refused = true
	var all []*transport
	for element := ts.byUse.Front(); element != nil; element = element.Next() {
		all = append(all, element.Value.(*transport))
	}
	var open []*conn
	for c := range ts.open {
		open = append(open, c)
	}
	ts.mu.Unlock()
	for _, c := range open { // first: a goodbye of TLS could take its time
		c.cut()
	}
	for _, t := range all {
		t.CloseIdleConnections()
	}
}

// dial connects for a request; it is called by net/http, on a goroutine of its own that
// ends with it. The request may meanwhile have found another connection; this one is then
// kept for the next. The end of the request ends the dial.
func (c *Client) dial(e *Exchange, s settings, secure bool, addr string) (made net.Conn, err error) {
	if !c.beginDial() {
		return nil, errEnding
	}
	defer c.workers.Done()
	defer func() {
		if value := recover(); value != nil { // of an embedder's function
			made, err = nil, e.panicked(value)
		}
	}()
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, err
	}
	opts := &c.opts
	dialled, err := dial.Dial(e.ctx, &dial.Target{Secure: secure, Host: host, Port: port}, dial.Options{
		TCPTimeout:  e.request.Timeout + time.Hour, // the context's end is sooner
		TLSTimeout:  e.request.Timeout + time.Hour,
		TLSConfig:   opts.TLSConfig,
		TLS:         s.tls,
		ReadFile:    opts.ReadFile,
		Proxy:       s.proxy,
		ProxyFor:    opts.ProxyFor,
		DialContext: opts.DialContext,
		Policy:      c.guardedPolicy(e),
		NamePolicy:  opts.NamePolicy,
		Words:       opts.Words,
		Names:       opts.Names,
		Entered:     e.dialEntered,
	})
	for _, warning := range dialled.Warnings {
		opts.Logger.Warn(e.hide(warning), "caller", e.request.Caller)
	}
	if err != nil {
		return nil, err
	}
	return c.newConn(dialled, secure)
}

// guardedPolicy is the policy; one that panics refuses. Package net asks it on goroutines
// of its own, whose panics nobody else could catch.
func (c *Client) guardedPolicy(e *Exchange) func(context.Context, string, netip.AddrPort) error {
	ask := c.opts.Policy
	if ask == nil {
		return nil
	}
	return func(ctx context.Context, host string, addr netip.AddrPort) (err error) {
		defer func() {
			if value := recover(); value != nil {
				err = e.panicked(value)
			}
		}()
		return ask(ctx, host, addr)
	}
}

// newConn makes a connection that net/http may use.
func (c *Client) newConn(dialled *dial.Conn, secure bool) (net.Conn, error) {
	bytes := int64(plainConnBytes)
	if secure {
		bytes = tlsConnBytes
	}
	if err := c.opts.Memory.Charge(bytes); err != nil {
		dialled.Raw.Close()
		return nil, failure.Explain(failure.PhaseTCP, failure.Memory, failure.MsgTransport, err,
			"keep the connection: %v", err)
	}
	made := &conn{Conn: dialled.Transport, raw: dialled.Raw, client: c, charged: bytes}
	if !c.transports.add(made) {
		made.cut()
		return nil, errEnding
	}
	return made, nil
}
