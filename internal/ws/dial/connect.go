package dial

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

const (
	maxProxyHead = 64 << 10 // of an answer, with the 1xx before it
	maxProxyBody = 4 << 10  // of a refusal: its first line may say why

	// proxyBodyWait is how long a refusal may wait for its body.
	proxyBodyWait = time.Second
)

// connect has an http or https proxy connect to the server (RFC 9110 §9.3.6, RFC 6455 §4.1).
func (n *tunnel) connect(ctx context.Context) error {
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

// startTLS shakes hands with an https proxy. It is trusted by the roots of Options.TLSConfig, the system's if that has
// none, and its keys are logged there; what else is there, and what a script asks for, is meant for servers.
func (n *tunnel) startTLS(ctx context.Context) error {
	var base tls.Config
	if n.o.TLSConfig != nil {
		base.RootCAs, base.KeyLogWriter = n.o.TLSConfig.RootCAs, n.o.TLSConfig.KeyLogWriter
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
		return cancelled(failure.PhaseProxy, cause, fmt.Sprintf("tunnel to %s: tls handshake with %s", n.server, n.proxy.shown))
	}
	return n.fail(err, "tls handshake with %s: %s", n.proxy.shown, tlsStory(err, n.proxy.expected()))
}

func (p *proxyServer) expected() expected {
	return expected{peer: "the proxy", name: p.host, trust: "SSL_CERT_FILE", plain: "begin its URL with http://"}
}

// ask sends the request and reads the answer.
func (n *tunnel) ask() error {
	conn := n.conn.Transport
	if _, err := conn.Write(n.request()); err != nil {
		return n.lost(err)
	}
	from := &answerReader{conn: conn, room: maxProxyHead}
	reader := bufio.NewReader(from)
	answer, err := readAnswer(reader)
	if err != nil {
		return n.unreadable(from, err)
	}
	if answer.StatusCode/100 != 2 {
		return n.refused(answer, from)
	}
	// Whatever it says of a body, the tunnel begins here (RFC 9110 §9.3.6). Both TLS and the opening handshake let the
	// client speak first, so the buffer is empty with any peer that is right in the head.
	if rest, _ := reader.Peek(reader.Buffered()); len(rest) > 0 {
		n.conn.Transport = &prefixedConn{Conn: conn, rest: rest}
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

// readAnswer reads the head of the final answer.
func readAnswer(reader *bufio.Reader) (*http.Response, error) {
	for {
		answer, err := http.ReadResponse(reader, nil)
		if err != nil || answer.StatusCode/100 != 1 || answer.StatusCode == http.StatusSwitchingProtocols {
			return answer, err
		}
	}
}

// unreadable tells why there is no answer. The parser comes last: it stumbles over one that was cut off, too.
func (n *tunnel) unreadable(from *answerReader, err error) error {
	switch {
	case from.err == errTooLong:
		return n.fail(errTooLong, "%s sent %v", n.proxy.shown, errTooLong)
	case from.first == 5: // as no HTTP answer begins
		return n.fail(err, "%s does not speak HTTP, but SOCKS: begin its URL with socks5:// or socks5h://", n.proxy.shown)
	case from.first == 21 || from.first == 22: // an alert or a handshake record (RFC 8446 §5.1)
		return n.fail(err, "%s does not speak HTTP, but TLS: begin its URL with https://", n.proxy.shown)
	case from.err != nil:
		return n.lost(from.err)
	}
	return n.fail(err, "%s does not speak HTTP: %s", n.proxy.shown, failure.Printable(err.Error(), 200))
}

// refused tells what the proxy answered and what can be done.
func (n *tunnel) refused(answer *http.Response, from *answerReader) error {
	from.room = maxProxyBody
	cut := make(chan struct{})
	timer := time.AfterFunc(proxyBodyWait, func() { defer close(cut); n.conn.Raw.Close() })
	body, _ := io.ReadAll(io.LimitReader(answer.Body, maxProxyBody))
	if !timer.Stop() {
		<-cut
	}
	story := n.advice(answer)
	if line := firstLine(string(body)); line != "" {
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
			return ": it wants " + failure.Printable(schemes, 60) + ", and basic authentication is all that can be given"
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

// firstLine returns the first line of a body that is written for people, "" if it is markup or data.
func firstLine(body string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(body), "\n")
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "<") || strings.HasPrefix(line, "{") || failure.Printable(line, len(line)) != line {
		return ""
	}
	return failure.Printable(line, 120)
}

var errTooLong = fmt.Errorf("no end of its header within %d bytes", maxProxyHead)

// answerReader bounds what is read of an answer, and keeps the transport's own error, which net/http does not pass on.
type answerReader struct {
	conn  io.Reader
	room  int  // bytes that may still be read
	begun bool // a byte came
	first byte
	err   error
}

func (r *answerReader) Read(p []byte) (int, error) {
	if r.room == 0 {
		r.err = errTooLong
		return 0, errTooLong
	}
	n, err := r.conn.Read(p[:min(len(p), r.room)])
	if n > 0 && !r.begun {
		r.begun, r.first = true, p[0]
	}
	r.room -= n
	if err != nil {
		r.err = err
	}
	return n, err
}

// prefixedConn gives what was read too early before it reads on.
type prefixedConn struct {
	net.Conn
	rest []byte
}

func (c *prefixedConn) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
