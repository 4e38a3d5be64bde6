// Package httpclient makes HTTP requests on package net/http, one answer for each, over the
// same way to a server as WebSocket connections: internal/ws/dial looks names up, asks the
// policy about each address, uses proxies and speaks TLS. It knows no Lua.
//
// It speaks HTTP/1.1 alone: an exchange is small and whole, so HTTP/2 would save a
// handshake at most, and the connections' bounds would need other rules.
package httpclient

import (
	"cmp"
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"sync"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/memory"
	"github.com/tidewire/tidewire/permission"
)

const (
	// MaxRunning is how many requests run at once.
	MaxRunning = 64

	// MaxWaiting bounds the requests that wait for their turn.
	MaxWaiting = 10_000
)

// Options configures a Client. The zero value works. Its functions are called from several
// goroutines at once.
type Options struct {
	// Context ends all requests when it is done. nil means never.
	Context context.Context

	// Logger receives warnings and debug lines. nil discards them.
	Logger *slog.Logger

	// Notify is called when Take has a request to hand out, as Ready is sent a value. It must
	// not block. nil does nothing.
	Notify func()

	// Memory is charged for requests, answers and connections. nil counts nothing.
	Memory *memory.Account

	// The rest is as dial.Options has it. A policy that panics refuses.
	TLSConfig   *tls.Config
	ReadFile    func(path string) ([]byte, error)
	ProxyFor    func(target *url.URL) (Proxy, error)
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	Policy      func(ctx context.Context, host string, addr netip.AddrPort) error
	NamePolicy  func(ctx context.Context, host string, port uint16) error
	Words       permission.Words
	Names       dial.Names
}

// Client makes requests. Start, Take, Cancel and the figures may be called from any
// goroutine; Take hands out each ended request once.
//
// At most MaxRunning requests run at a time, each on a worker of its own; others wait in
// order, MaxWaiting at most, and the next one fails as full. An idle Client has no
// goroutine but those of net/http, two for each connection that is kept for later.
type Client struct {
	opts       Options // constant after New
	ready      chan struct{}
	transports transports // has its own lock

	ctx    context.Context // of all requests; constant after New
	cancel context.CancelCauseFunc

	workers sync.WaitGroup // and dials; joined by Shutdown

	mu      sync.Mutex // leaf; guards the fields below
	live    map[*Exchange]struct{}
	started uint64    // how many there were
	running int       // workers
	waiting list.List // of *Exchange, the oldest first
	ended   list.List // of *Exchange that Take hands out
	refused bool      // Start begins nothing
	closed  bool      // and no dial begins
}

// The causes with which requests are cancelled.
var (
	errTimeout   = errors.New("the request's time is over")
	errCancelled = errors.New("the request was cancelled")
	errEnding    = errors.New("the run is ending")
)

// New returns a Client.
func New(opts Options) *Client {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Context == nil {
		opts.Context = context.Background()
	}
	if opts.Notify == nil {
		opts.Notify = func() {}
	}
	opts.Names.HTTP = true
	c := &Client{opts: opts, ready: make(chan struct{}, 1), live: make(map[*Exchange]struct{})}
	c.transports.client = c
	c.ctx, c.cancel = context.WithCancelCause(opts.Context)
	return c
}

// Start begins a request, or puts it into the line, and never waits. After Refuse the
// request is never sent and never ends: it is not Live, and Take does not return it.
func (c *Client) Start(r Request) *Exchange {
	e := newExchange(c, r)
	failed := e.prepare()
	c.mu.Lock()
	refused, full := c.refused, c.waiting.Len() >= MaxWaiting
	if !refused {
		c.started++
		e.number = c.started
		c.live[e] = struct{}{}
	}
	c.mu.Unlock()
	switch {
	case refused:
		e.finish()
	case failed != nil:
		e.dropRequest()
		c.end(e, &Result{Failure: failed, URL: e.url})
	case full:
		e.dropRequest()
		c.end(e, &Result{URL: e.url, Failure: failure.New(failure.PhaseURI, failure.QueueFull, failure.WordFull,
			"%d requests wait already: wait for some of them first", MaxWaiting)})
	case !c.admit(e):
		c.end(e, e.stopped(errEnding))
	}
	return e
}

// admit gives a request a worker, or a place in the line. It reports false if there are to
// be no more workers.
func (c *Client) admit(e *Exchange) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return false
	case c.running < MaxRunning:
		c.running++
		c.workers.Go(func() { c.workLoop(e) })
	default:
		e.place = c.waiting.PushBack(e)
		e.unwatch = context.AfterFunc(e.ctx, func() { c.end(e, e.stopped(context.Cause(e.ctx))) })
	}
	return true
}

// workLoop carries out requests until none waits. Started by admit, ended by an empty line
// or by Shutdown, which cancels the requests, and joined by it.
func (c *Client) workLoop(e *Exchange) {
	for ; e != nil; e = c.next() {
		c.end(e, e.run())
	}
}

// next returns the request whose turn it is. Without one the worker is at its end.
func (c *Client) next() *Exchange {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := c.waiting.Front()
	if first == nil {
		c.running--
		return nil
	}
	e := c.waiting.Remove(first).(*Exchange)
	e.place = nil
	e.unwatch()
	return e
}

// end settles a request's result. The first one stays.
func (c *Client) end(e *Exchange, result *Result) {
	c.mu.Lock()
	_, live := c.live[e]
	first := live && e.result == nil
	if first {
		e.result = result
		c.leaveLocked(e)
		c.ended.PushBack(e)
	}
	c.mu.Unlock()
	if first {
		c.notify()
	} else {
		result.Release()
	}
	e.finish()
}

func (c *Client) notify() {
	select {
	case c.ready <- struct{}{}:
	default:
	}
	c.opts.Notify()
}

// leaveLocked takes a request out of the line.
func (c *Client) leaveLocked(e *Exchange) {
	if e.place != nil {
		c.waiting.Remove(e.place)
		e.place = nil
		e.unwatch()
	}
}

// Take returns a request that has ended, the first one first, or nil. It is no longer live
// then, and its result is the caller's.
func (c *Client) Take() (*Exchange, *Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for first := c.ended.Front(); first != nil; first = c.ended.Front() {
		e := c.ended.Remove(first).(*Exchange)
		if _, live := c.live[e]; live {
			delete(c.live, e)
			return e, e.result
		}
	}
	return nil, nil
}

// Ready receives a value when Take has a request to hand out.
func (c *Client) Ready() <-chan struct{} { return c.ready }

// NotifyAgain is for a caller of Take who leaves requests for later: if there are any Ready
// has a value again.
func (c *Client) NotifyAgain() {
	c.mu.Lock()
	left := c.ended.Len() > 0
	c.mu.Unlock()
	if left {
		c.notify()
	}
}

// Live returns how many requests Take has not handed out yet.
func (c *Client) Live() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.live)
}

// Cancel ends a request, and Take does not return it. On one that has ended it drops the
// result, unless Take has handed it out.
func (c *Client) Cancel(e *Exchange) {
	c.mu.Lock()
	_, live := c.live[e]
	delete(c.live, e)
	c.leaveLocked(e)
	result := e.result
	c.mu.Unlock()
	e.cancel(errCancelled)
	if live && result != nil {
		result.Release()
	}
	e.finish()
}

// Refuse lets no further request begin.
func (c *Client) Refuse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused = true
}

// CloseAll is Refuse, and ends all live requests: each fails as closed, in the order of
// Start, and Take has them at once.
func (c *Client) CloseAll() {
	c.Refuse()
	for _, e := range c.unended() {
		c.end(e, e.stopped(errEnding))
	}
}

// unended returns the live requests without a result, in the order of Start.
func (c *Client) unended() (all []*Exchange) {
	c.mu.Lock()
	for e := range c.live {
		if e.result == nil {
			all = append(all, e)
		}
	}
	c.mu.Unlock()
	slices.SortFunc(all, func(a, b *Exchange) int { return cmp.Compare(a.number, b.number) })
	return all
}

// Shutdown is CloseAll, closes all connections, and returns when the last goroutine of the
// Client has ended, or ctx has, with its error then.
func (c *Client) Shutdown(ctx context.Context) error {
	c.CloseAll()
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel(errEnding)
	c.transports.close()
	over := make(chan struct{})
	go func() { // ended by the last worker
		c.workers.Wait()
		close(over)
	}()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// beginDial reports whether a dial may begin, which workers.Done ends.
func (c *Client) beginDial() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.workers.Add(1)
	}
	return !c.closed
}
