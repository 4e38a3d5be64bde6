package dial

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/httphead"
)

// http has an http or https proxy connect to the server (RFC 9110 §9.3.6, RFC 6455 §4.1).
func (n *tunnel) http(ctx context.Context) error {
	if err := n.reach(ctx); err != nil {
		return err
	}
	if n.proxy.scheme == "https" {
		if err := n.startTLS(ctx); err != nil {
			return err
		}
	}
	return n.exchange(ctx, n.o.TCPTimeout, n.ask)
}

// startTLS shakes hands with an https proxy. It is trusted by the roots of
// Options.TLSConfig, the system's if that has none, and its keys are logged there; other
// settings, and those of TLSOptions, are meant for servers.
func (n *tunnel) startTLS(ctx context.Context) error {
	var base tls.Config
	if n.o.TLSConfig != nil {
		base.RootCAs, base.KeyLogWriter = n.o.TLSConfig.RootCAs, n.o.TLSConfig.KeyLogWriter
	}
	where := fmt.Sprintf("tunnel to %s: tls handshake with %s", n.server, n.proxy.shown)
	if err := readRoots(&base, failure.PhaseProxy, where); err != nil {
		return err
	}
	config := tlsConfig(&base)
	config.ServerName, _, _ = strings.Cut(n.proxy.host, "%")
	conn, cause, err := shake(ctx, n.conn.Raw, config, n.o.TLSTimeout)
	switch {
	case err == nil:
		n.conn.Transport, n.conn.closeNotify = conn, conn.CloseWrite
		return nil
	case cause == errTimer:
		return n.fail(cause, "tls handshake with %s: not finished within %s", n.proxy.shown, n.o.TLSTimeout)
	case cause != nil:
		return cancelled(failure.PhaseProxy, cause, where)
	}
	want := expected{peer: "the proxy", name: n.proxy.host, trust: n.o.Names.roots(),
		plain: "begin its URL with http://"}
	return n.fail(err, "tls handshake with %s: %s", n.proxy.shown, tlsStory(err, want))
}

// ask sends the request and reads the answer.
func (n *tunnel) ask() error {
	conn := n.conn.Transport
	if _, err := conn.Write(n.request()); err != nil {
		return n.lost(err)
	}
	head := httphead.NewReader(conn)
	answer, err := head.Answer()
	if err != nil {
		return n.unreadable(head, err)
	}
	if answer.StatusCode/100 != 2 {
		return n.refused(answer, head)
	}
	// Whatever it says of a body, the tunnel begins here (RFC 9110 §9.3.6). Both TLS and
	// the opening handshake let the client speak first, so the buffer is empty with any
	// peer that is right in the head.
	if early := head.Behind(); len(early) > 0 {
		n.conn.Transport = &prefixedConn{Conn: conn, early: early}
	}
	return nil
}

// request returns the request as it goes over the wire.
func (n *tunnel) request() []byte {
	b := fmt.Appendf(nil, "CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n", n.server)
	if n.proxy.hasUserinfo {
		credentials := base64.StdEncoding.EncodeToString([]byte(n.proxy.username + ":" + n.proxy.password))
		b = fmt.Appendf(b, "Proxy-Authorization: Basic %s\r\n", credentials)
	}
	return append(b, "\r\n"...)
}

// unreadable says why there is no answer. The parser comes last: it stumbles over one
// that was cut off, too.
func (n *tunnel) unreadable(head *httphead.Reader, err error) error {
	switch {
	case head.Err() == httphead.ErrTooLong:
		return n.fail(httphead.ErrTooLong, "%s sent %v", n.proxy.shown, httphead.ErrTooLong)
	case head.IsSOCKS():
		return n.fail(err, "%s does not speak HTTP, but SOCKS: begin its URL with socks5:// or socks5h://",
			n.proxy.shown)
	case head.IsTLS():
		return n.fail(err, "%s does not speak HTTP, but TLS: begin its URL with https://", n.proxy.shown)
	case head.Err() != nil:
		return n.lost(head.Err())
	}
	return n.fail(err, "%s does not speak HTTP: %s", n.proxy.shown, failure.Printable(err.Error(), 200))
}

// refused gives the proxy's answer and says how to mend it.
func (n *tunnel) refused(answer *http.Response, head *httphead.Reader) error {
	story := n.advice(answer)
	if line := httphead.FirstLine(head.Body(answer, n.conn.Raw)); line != "" {
		story += " (" + line + ")"
	}
	return n.fail(nil, "%s answered %s%s", n.proxy.shown, failure.Printable(answer.Status, 100), story)
}

// advice is the rest of a sentence about a refusal.
func (n *tunnel) advice(answer *http.Response) string {
	switch answer.StatusCode {
	case http.StatusProxyAuthRequired:
		schemes := strings.Join(answer.Header.Values("Proxy-Authenticate"), ", ")
		switch {
		case schemes != "" && !strings.Contains(strings.ToLower(schemes), "basic"):
			return ": it wants " + failure.Printable(schemes, 60) + ", and basic authentication is all that can " +
				"be given"
		case n.proxy.hasUserinfo:
			return ": it does not accept the user and password of its URL"
		}
		return ": give user and password in the proxy's URL"
	case http.StatusUnauthorized: // tinyproxy's answer to a wrong password
		if n.proxy.hasUserinfo {
			return ": it does not accept the user and password of its URL"
		}
	case http.StatusForbidden:
		return ": it does not allow this server, or this port"
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return ": it makes no tunnels (CONNECT)"
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return ": it could not reach the server"
	}
	return ""
}

// prefixedConn gives the bytes that were read too early before it reads on.
type prefixedConn struct {
	net.Conn
	early []byte
}

func (c *prefixedConn) Read(p []byte) (int, error) {
	if len(c.early) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.early)
	c.early = c.early[n:]
	return n, nil
}
