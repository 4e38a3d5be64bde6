package wstest

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// defaultCapacity is the capacity of a direction of a connection when Net.Capacity is 0.
const defaultCapacity = 64 << 10

// Net is an in-memory network. Its zero value works; it is safe for concurrent use once
// its fields are set. Used in a synctest bubble it must be made there.
type Net struct {
	// Capacity is how many bytes a direction of a connection holds before a Write blocks.
	// 0 means 64 KiB.
	Capacity int

	// Latency is how long a byte travels one way; a dial takes twice as long. 0 means no
	// time at all.
	Latency time.Duration

	// Setup, if not nil, is called with the client's end of each connection before
	// anybody else sees it: the place to order faults for every connection of a test.
	Setup func(client *Conn)

	mu        sync.Mutex // guards the fields below
	listeners map[string]*Listener
	failures  map[string]error
	dials     []Dial
	open      map[*Conn]struct{} // client ends that nobody has closed
	addrs     map[string]netip.Addr
	lastPort  uint16
}

// Dial is the record of one call of Net.DialContext.
type Dial struct {
	At   time.Time // when it began
	Addr string
}

// errBlackhole marks an address whose packets are lost. It never leaves the package.
var errBlackhole = errors.New("lost without an answer")

// Listen accepts connections to addr, "host:port" as the dialer writes it. Names are not
// looked up: a name is an address of its own.
func (n *Net) Listen(addr string) (*Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	tcpAddr, err := n.resolveLocked(addr)
	if err != nil {
		return nil, err
	}
	if n.listeners[addr] != nil {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Addr: tcpAddr,
			Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}
	}
	l := &Listener{net: n, key: addr, addr: tcpAddr}
	l.cond.L = &l.mu
	if n.listeners == nil {
		n.listeners = make(map[string]*Listener)
	}
	n.listeners[addr] = l
	return l, nil
}

// DialContext connects to the listener on addr. It has the signature of
// net.Dialer.DialContext. Without a listener the error satisfies errors.Is(err,
// syscall.ECONNREFUSED).
func (n *Net) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	n.mu.Lock()
	n.dials = append(n.dials, Dial{At: time.Now(), Addr: addr})
	failure := n.failures[addr]
	tcpAddr, err := n.resolveLocked(addr)
	n.mu.Unlock()
	if err != nil {
		return nil, err
	}
	opErr := func(err error) error {
		return &net.OpError{Op: "dial", Net: network, Addr: tcpAddr, Err: err}
	}
	if failure == errBlackhole {
		<-ctx.Done()
		return nil, opErr(ctx.Err())
	}
	if err := sleep(ctx, 2*n.Latency); err != nil {
		return nil, opErr(err)
	}
	if failure != nil {
		return nil, opErr(failure)
	}
	client, err := n.connect(addr, tcpAddr)
	if err != nil {
		return nil, opErr(err)
	}
	return client, nil
}

// FailDials makes every dial to addr fail with err inside a *net.OpError, such as a
// *net.DNSError or syscall.EHOSTUNREACH. A nil err mends it.
func (n *Net) FailDials(addr string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.failures == nil {
		n.failures = make(map[string]error)
	}
	n.failures[addr] = err
}

// Blackhole makes every dial to addr wait for the end of its context, as behind a
// firewall that drops packets. FailDials(addr, nil) mends it.
func (n *Net) Blackhole(addr string) { n.FailDials(addr, errBlackhole) }

// Dials returns the record of every dial so far, the failed ones included, in the order
// in which they began.
func (n *Net) Dials() []Dial {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]Dial(nil), n.dials...)
}

// MaxDials returns the largest number of dials that began within any span of the given
// length, its end excluded.
func (n *Net) MaxDials(span time.Duration) int {
	dials := n.Dials()
	most, first := 0, 0
	for i := range dials {
		for dials[i].At.Sub(dials[first].At) >= span {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// OpenConns returns how many connections the dialing side has not closed.
func (n *Net) OpenConns() int {
	n.mu.Lock()
	clients := slices.Collect(maps.Keys(n.open))
	n.mu.Unlock()
	open := 0
	for _, client := range clients {
		client.link.mu.Lock()
		if !client.closed { // otherwise another goroutine is inside Close, about to take it out
			open++
		}
		client.link.mu.Unlock()
	}
	return open
}

func (n *Net) connect(addr string, remote *net.TCPAddr) (*Conn, error) {
	n.mu.Lock()
	l := n.listeners[addr]
	n.lastPort++
	local := net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr("198.51.100.1"), 32768+n.lastPort%28232))
	n.mu.Unlock()
	if l == nil {
		return nil, os.NewSyscallError("connect", syscall.ECONNREFUSED)
	}
	capacity := n.Capacity
	if capacity == 0 {
		capacity = defaultCapacity
	}
	client, server := pipe(local, remote, capacity, n.Latency)
	client.onClose = func() { n.forget(client) }
	if n.Setup != nil {
		n.Setup(client)
	}
	n.remember(client)
	if !l.offer(server) {
		n.forget(client)
		return nil, os.NewSyscallError("connect", syscall.ECONNREFUSED)
	}
	return client, nil
}

func (n *Net) remember(client *Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.open == nil {
		n.open = make(map[*Conn]struct{})
	}
	n.open[client] = struct{}{}
}

func (n *Net) forget(client *Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.open, client)
}

// resolveLocked turns addr into the address that a kernel would show. Each name gets an
// address of TEST-NET-1 (RFC 5737).
func (n *Net) resolveLocked(addr string) (*net.TCPAddr, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, &net.AddrError{Err: "invalid port", Addr: addr}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		if n.addrs == nil {
			n.addrs = make(map[string]netip.Addr)
		}
		if _, known := n.addrs[host]; !known {
			n.addrs[host] = netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + len(n.addrs)%254)})
		}
		ip = n.addrs[host]
	}
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(port))), nil
}

// Listener is a net.Listener of a Net. Its backlog has no bound.
type Listener struct {
	net  *Net
	key  string
	addr net.Addr

	mu       sync.Mutex // guards the fields below
	cond     sync.Cond  // the queue has grown, the deadline has passed, or the end
	waiting  []*Conn
	deadline deadline
	closed   bool
}

// Accept waits for the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	conn, err := l.accept()
	if err != nil {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: err}
	}
	return conn, nil
}

// Addr returns the address listened on.
func (l *Listener) Addr() net.Addr { return l.addr }

// SetDeadline bounds Accept. The zero time means no bound.
func (l *Listener) SetDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deadline.set(t, l.wake)
	return nil
}

// Close refuses further dials, resets the connections that nobody has accepted and leaves
// the accepted ones alone.
func (l *Listener) Close() error {
	l.net.mu.Lock()
	if l.net.listeners[l.key] == l {
		delete(l.net.listeners, l.key)
	}
	l.net.mu.Unlock()

	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return &net.OpError{Op: "close", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
	}
	waiting := l.waiting
	l.closed, l.waiting = true, nil
	l.deadline.set(time.Time{}, nil)
	l.cond.Broadcast()
	l.mu.Unlock()
	for _, conn := range waiting {
		conn.Reset()
	}
	return nil
}

func (l *Listener) accept() (*Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		switch {
		case l.closed:
			return nil, net.ErrClosed
		case l.deadline.passed():
			return nil, os.ErrDeadlineExceeded
		case len(l.waiting) > 0:
			conn := l.waiting[0]
			l.waiting = l.waiting[1:]
			return conn, nil
		}
		l.cond.Wait()
	}
}

func (l *Listener) offer(server *Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.waiting = append(l.waiting, server)
	l.cond.Broadcast()
	return true
}

func (l *Listener) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cond.Broadcast()
}

// sleep waits for d or for the end of ctx, whose error it returns.
func sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
