// Package dial takes a WebSocket URL to a transport that the opening handshake can talk
// over: it reads the URL, looks up the name, asks the policy about each address, connects
// TCP, has a proxy connect onwards if there is one and, for wss, shakes hands over TLS.
package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/transport"
	"github.com/tidewire/tidewire/permission"
)

// Options configures one Dial.
type Options struct {
	TCPTimeout time.Duration // for the name look-up and TCP together, and once more for a proxy's answer; positive
	TLSTimeout time.Duration // for each TLS handshake, with an https proxy and with the server; positive

	// TLSConfig is the base of the TLS configuration, which is copied. nil means the
	// system's roots. TLS below 1.2 is never spoken, and the server's name comes from the
	// URL unless ServerName is set. Of it, no more than RootCAs and KeyLogWriter is used
	// for an https proxy.
	TLSConfig *tls.Config

	// TLS holds this dial's settings on top of TLSConfig. Without TLS they are ignored.
	TLS TLSOptions

	// ReadFile reads the files that TLS names. Its error is shown in the failure's text
	// after the path, so it can be the place to forbid reading. It should not block for
	// long: cancelling the dial does not end it. nil reads any regular file of at most 1
	// MiB.
	ReadFile func(path string) ([]byte, error)

	// Charge is asked for the bytes of each file that TLS names, before they are parsed.
	// An error ends the dial. May be nil.
	Charge func(bytes int) error

	// Proxy is the URL of the proxy to go through: http, https, socks5 or socks5h, an
	// http one also as "host:port", with a user name and a password if need be. "direct"
	// means none, "" leaves it to ProxyFor.
	Proxy string

	// ProxyFor chooses the proxy if Proxy is "". target is the server, with the scheme
	// http for ws and https for wss. nil means none. It is not asked if there is a
	// DialContext: the dialer knows the way. Its error ends the dial.
	ProxyFor func(target *url.URL) (Proxy, error)

	// DialContext replaces the name look-up and TCP, to a proxy if there is one; the
	// policies are then not asked. It must end with its context.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)

	// Policy is asked about each address before it is connected to; host is as in the
	// Target. One that it refuses with an error is passed over; if none is left the first
	// error ends the dial. It is called from several goroutines at once. nil allows all.
	// The error's text may reach a script, so it should not name addr; Conn.Warnings
	// does.
	//
	// Through a proxy it is asked about the server before anything is sent, with an addr
	// that has the port alone (addr.Addr() is the zero Addr) unless the server's address
	// is known: written in the URL, or looked up here for a socks5 proxy. A proxy named
	// by Options.Proxy is asked about like a server; one of ProxyFor is not.
	Policy func(ctx context.Context, host string, addr netip.AddrPort) error

	// NamePolicy is asked before a name is looked up here, of a server or of a proxy that
	// Policy is asked about. An error ends the dial: it says that Policy would refuse
	// whatever address the name has. nil looks every name up.
	NamePolicy func(ctx context.Context, host string, port uint16) error

	// Words words an error of the policies that wraps a *permission.Refusal. nil means
	// permission.Plain.
	Words permission.Words

	// Names are the words for fields in advice.
	Names Names

	// Entered is called with each phase as it begins, PhaseTCP (the name look-up
	// included), PhaseProxy and PhaseTLS, on the caller's goroutine. May be nil.
	Entered func(failure.Phase)
}

// Proxy is a proxy that Options.ProxyFor has chosen.
type Proxy struct {
	URL    string // as Options.Proxy; "" means none
	Source string // where the URL is set, such as a variable's name, for texts; may be ""
}

// Conn is a transport, or the facts about a failed attempt at one.
type Conn struct {
	// Transport carries the opening handshake: Raw, or a *TLSConn on top of it, whose
	// Read gives io.EOF after the peer's close_notify alone and io.ErrUnexpectedEOF when
	// the stream ends without one. nil after a failure.
	Transport net.Conn

	// Raw is the socket under Transport; nil after a failure. Closing it ends a blocked
	// Read or Write of Transport at once, which closing TLS does not promise.
	Raw net.Conn

	TLS    *TLSInfo // of the server; nil unless TLS with it was begun
	Remote string   // "ip:port" of the server, or of the proxy if there is one; "" before TCP was connected

	// Warnings are lines for a person's log, also after a failure.
	Warnings []string

	// closeNotify ends our half of the TLS in Transport, be it with the server or a
	// proxy; nil if there is none.
	closeNotify func() error
}

// HandOver makes Transport and Raw the transport of the frames, once the opening
// handshake is done. They are its from now on.
func (c *Conn) HandOver() transport.Conn {
	if c.closeNotify != nil {
		return transport.TLS(c.Transport, c.closeNotify, c.Raw)
	}
	return transport.Plain(c.Transport)
}

// errTimer is the cause of a context whose phase took too long.
var errTimer = errors.New("timer expired")

// Dial connects to t. It returns when ctx is cancelled, with nothing left open or
// running, with one exception: a look-up by the system's own resolver (macOS, Windows,
// unusual name services on Linux), or one that several dials share, runs to its end on
// its own and is then forgotten. An attempt at one address that is cancelled because
// another was quicker may end just after the return.
//
// The error is a *failure.Error of PhaseDNS, PhasePolicy, PhaseProxy, PhaseTCP or
// PhaseTLS; the Conn holds the known facts all the same. A cancelled dial has category
// Closed and wraps ctx's cause. Bad TLS options and a bad proxy URL are found before
// anything is sent.
//
// A server that speaks TLS 1.3 says only after the handshake that it does not accept the
// client's certificate: the first Read of Transport, or a Write before it, then gives a
// *failure.Error of PhaseTLS, and TLSInfo.Error is set.
func Dial(ctx context.Context, t *Target, o Options) (*Conn, error) {
	conn, done := &Conn{}, false
	defer func() {
		if !done && conn.Raw != nil { // a function of Options has panicked
			conn.Raw.Close()
		}
	}()
	err := conn.dial(ctx, t, &o)
	done = true
	if err != nil {
		var denied *deniedError
		if errors.As(err, &denied) && denied.forLog() != "" {
			conn.Warnings = append(conn.Warnings, denied.forLog())
		}
		if conn.Raw != nil {
			conn.Raw.Close()
		}
		conn.Raw, conn.Transport = nil, nil
		return conn, err
	}
	return conn, nil
}

func (c *Conn) dial(ctx context.Context, t *Target, o *Options) error {
	var settings *tlsSettings
	if t.Secure {
		if err := readRoots(o.TLSConfig, failure.PhaseTCP, "dial tcp "+t.Address()); err != nil {
			return err
		}
		var err error
		if settings, err = newTLSSettings(t, o); err != nil {
			return err
		}
	}
	via, err := chooseProxy(t, o)
	if err != nil {
		return err
	}
	if err := checkName(t.Host); err != nil { // through a proxy, too
		return err
	}
	entered := o.Entered
	if entered == nil {
		entered = func(failure.Phase) {}
	}
	if via == nil {
		entered(failure.PhaseTCP)
		err = c.useTCP(ctx, t.Host, t.Port, o, o.policies())
	} else {
		entered(failure.PhaseProxy)
		err = c.tunnel(ctx, via, t, o)
	}
	if err != nil {
		return err
	}
	if t.Secure {
		entered(failure.PhaseTLS)
		return c.startTLS(ctx, settings, t, o)
	}
	return nil
}

// useTCP makes a TCP connection the transport.
func (c *Conn) useTCP(ctx context.Context, host string, port int, o *Options, p policies) error {
	raw, err := dialTCP(ctx, host, port, o, p)
	if err != nil {
		return err
	}
	c.Raw, c.Transport, c.Remote = raw, raw, raw.RemoteAddr().String()
	return nil
}

// cancelled is the failure of a phase that was ended from outside.
func cancelled(phase failure.Phase, cause error, where string) *failure.Error {
	if errors.Is(cause, context.DeadlineExceeded) {
		return failure.Explain(phase, failure.Timeout, failure.MsgTimerExpired, cause, "%s: %v", where, cause)
	}
	return failure.Explain(phase, failure.Closed, failure.MsgTransport, cause, "%s: cancelled: %v", where, cause)
}
