package dial_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

// Every kind of proxy, with and without a password, in front of both kinds of server.
func TestTunnel(t *testing.T) {
	ours := newAuthority(t, "ours")
	secured := serverConfig(ours.certificate(t, nil))
	hello := func(conn net.Conn) {
		conn.Read(make([]byte, 1))
		conn.Write([]byte("hello"))
		io.Copy(io.Discard, conn)
	}
	routes := map[string]string{
		"example.com:80":  listen(t, "127.0.0.1:0", hello),
		"example.com:443": listenTLS(t, secured, func(conn *tls.Conn) { hello(conn) }),
	}
	const user = "j@e:s:cret/ü"
	const userinfo = "j%40e:s:cret%2F%C3%BC@"
	plain, locked := startHTTPProxy(t, routes, "", nil), startHTTPProxy(t, routes, user, nil)
	tlsPlain, tlsLocked := startHTTPProxy(t, routes, "", secured), startHTTPProxy(t, routes, user, secured)
	socks, socksLocked := startSOCKSProxy(t, routes, ""), startSOCKSProxy(t, routes, user)
	for _, c := range []struct {
		name, scheme, userinfo string
		proxy                  *testProxy
		log                    string
	}{
		{"http", "http://", "", plain, "CONNECT example.com:"},
		{"http, password", "http://", userinfo, locked, "CONNECT example.com:"},
		{"http, password for nothing", "http://", userinfo, plain, "CONNECT example.com:"},
		{"https", "https://", "", tlsPlain, "CONNECT example.com:"},
		{"https, password", "https://", userinfo, tlsLocked, "CONNECT example.com:"},
		{"socks5h", "socks5h://", "", socks, "type 3 example.com:"},
		{"socks5h, password", "socks5h://", userinfo, socksLocked, "type 3 example.com:"},
		{"socks5h, password for nothing", "socks5h://", userinfo, socks, "type 3 example.com:"},
	} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, ", server with TLS: ", secure), func(t *testing.T) {
				o := longTimeouts
				o.Proxy = c.scheme + c.userinfo + c.proxy.address
				o.TLSConfig = &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "example.com"}
				o.TLSConfig.RootCAs.AddCert(ours.Leaf)
				url, port := "ws://example.com", "80"
				if secure {
					url, port = "wss://example.com", "443"
				}
				conn, err := dialURL(t, url, o)
				c.proxy.wantLog(t, c.log+port)
				if err != nil {
					t.Fatal(err)
				}
				buf := make([]byte, 5)
				conn.Transport.Write([]byte("x"))
				if _, err := io.ReadFull(conn.Transport, buf); err != nil || string(buf) != "hello" {
					t.Errorf("read %q, %v", buf, err)
				}
				if conn.Remote != c.proxy.address || (conn.TLS != nil) != secure {
					t.Errorf("got %+v", conn)
				}
				if _, ok := conn.Raw.(*net.TCPConn); !ok {
					t.Errorf("the socket is a %T", conn.Raw)
				}
				if direct := conn.Transport == conn.Raw; direct != (!secure && c.scheme != "https://") {
					t.Errorf("the transport is a %T", conn.Transport)
				}
				conn.Raw.Close() // which ends everything
				if _, err := conn.Transport.Read(buf); !errors.Is(err, net.ErrClosed) {
					t.Errorf("after the end: %v", err)
				}
			})
		}
	}
}

// The tunnel's end in the middle of TLS within TLS is distinguished from the server's
// close_notify.
func TestTunnelEnds(t *testing.T) {
	ours := newAuthority(t, "ours")
	config := serverConfig(ours.certificate(t, nil))
	for _, c := range []struct {
		name   string
		end    func(outer, inner *tls.Conn)
		secure bool
		want   error
	}{
		{"server's close_notify", func(_, inner *tls.Conn) { inner.CloseWrite() }, true, io.EOF},
		{"proxy's close_notify in the server's TLS", func(outer, _ *tls.Conn) { outer.CloseWrite() }, true,
			io.ErrUnexpectedEOF},
		{"FIN in the server's TLS", func(outer, _ *tls.Conn) { outer.NetConn().Close() }, true, io.ErrUnexpectedEOF},
		{"proxy's close_notify", func(outer, _ *tls.Conn) { outer.CloseWrite() }, false, io.EOF},
		{"FIN in the proxy's TLS", func(outer, _ *tls.Conn) { outer.NetConn().Close() }, false, io.ErrUnexpectedEOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			proxy := listenTLS(t, config, func(outer *tls.Conn) {
				readHead(outer)
				io.WriteString(outer, "HTTP/1.1 200 OK\r\n\r\n")
				inner := tls.Server(outer, config)
				if c.secure {
					inner.Handshake()
					inner.Write([]byte("data"))
				} else {
					outer.Write([]byte("data"))
				}
				c.end(outer, inner)
				io.Copy(io.Discard, outer.NetConn())
			})
			o := longTimeouts
			o.Proxy = "https://" + proxy
			o.TLSConfig = &tls.Config{RootCAs: x509.NewCertPool()}
			o.TLSConfig.RootCAs.AddCert(ours.Leaf)
			url := "ws://example.com"
			if c.secure {
				url = "wss://example.com"
			}
			conn, err := dialURL(t, url, o)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Raw.Close()
			if _, err := io.ReadFull(conn.Transport, make([]byte, 4)); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Transport.Read(make([]byte, 1)); err != c.want {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestTunnelOfProxyFor(t *testing.T) {
	hello := func(conn net.Conn) { conn.Write([]byte("hello")); io.Copy(io.Discard, conn) }
	proxy := startHTTPProxy(t, map[string]string{"example.com:80": listen(t, "127.0.0.1:0", hello)}, "", nil)
	o := longTimeouts
	o.ProxyFor = chosen("http://"+proxy.address, "HTTP_PROXY")
	conn, err := dialURL(t, "ws://example.com", o)
	if err != nil {
		t.Fatal(err)
	}
	conn.Raw.Close()
	proxy.wantLog(t, "CONNECT example.com:80")

	_, err = dialURL(t, "ws://example.com:81", o)
	wantText(t, err, "tunnel to example.com:81: proxy "+proxy.address+" (HTTP_PROXY) answered 502 Bad Gateway: "+
		"it could not reach the server (no such host: try mine)")
	wantFailure(t, err, failure.PhaseProxy, failure.Proxy, failure.MsgProxy)
}

// The server's address as a proxy gets it.
func TestTunnelAddresses(t *testing.T) {
	startNameserver(t, map[string][]string{"four.test": {"192.0.2.4"}, "both.test": {"192.0.2.4", "2001:db8::6"}})
	for _, c := range []struct {
		url, http, socks5h string
		socks5             []string
	}{
		{"ws://four.test.", "CONNECT four.test.:80", "type 3 four.test.:80", []string{"type 1 192.0.2.4:80"}},
		{"ws://192.0.2.9:9", "CONNECT 192.0.2.9:9", "type 1 192.0.2.9:9", []string{"type 1 192.0.2.9:9"}},
		{"wss://[2001:db8::1]", "CONNECT [2001:db8::1]:443", "type 4 [2001:db8::1]:443",
			[]string{"type 4 [2001:db8::1]:443"}},
		{"ws://[fe80::1%25eth0]:9", "CONNECT [fe80::1]:9", "type 4 [fe80::1]:9", []string{"type 4 [fe80::1]:9"}},
		{"wss://bücher.example", "CONNECT xn--bcher-kva.example:443", "type 3 xn--bcher-kva.example:443", nil},
	} {
		for _, p := range []struct {
			scheme string
			proxy  *testProxy
			log    []string
		}{
			{"http://", startHTTPProxy(t, nil, "", nil), []string{c.http}},
			{"socks5h://", startSOCKSProxy(t, nil, ""), []string{c.socks5h}},
			{"socks5://", startSOCKSProxy(t, nil, ""), c.socks5},
		} {
			o := longTimeouts
			o.Proxy = p.scheme + p.proxy.address
			if _, err := dialURL(t, c.url, o); err == nil {
				t.Errorf("%s through %s: no error", c.url, p.scheme)
			}
			p.proxy.wantLog(t, p.log...)
		}
	}

	// One address of each family is tried, whichever comes first.
	proxy := startSOCKSProxy(t, nil, "")
	o := longTimeouts
	o.Proxy = "socks5://" + proxy.address
	_, err := dialURL(t, "ws://both.test.", o)
	wantFailure(t, err, failure.PhaseProxy, failure.Proxy, failure.MsgProxy)
	slices.Sort(proxy.log)
	proxy.wantLog(t, "type 1 192.0.2.4:80", "type 4 [2001:db8::6]:80")
	proxy.routes = map[string]string{"[2001:db8::6]:80": listen(t, "127.0.0.1:0", func(net.Conn) {})}
	conn, err := dialURL(t, "ws://both.test.", o)
	if err != nil {
		t.Fatal(err)
	}
	conn.Raw.Close()

	// A name that is looked up here and not found is not the proxy's fault.
	_, err = dialURL(t, "ws://missing.test.", o)
	wantFailure(t, err, failure.PhaseDNS, failure.DNS, failure.MsgTransport)
	wantText(t, err, "look up missing.test.: name not found: check its spelling")
}

func TestTunnelUnreachable(t *testing.T) {
	startNameserver(t, nil)
	address := closedPort(t)
	for _, scheme := range []string{"http://", "https://", "socks5://", "socks5h://"} {
		o := longTimeouts
		o.Proxy = scheme + "joe:Tr0ub4dor@" + address
		conn, err := dialURL(t, "wss://192.0.2.1", o)
		wantFailure(t, err, failure.PhaseProxy, failure.Proxy, failure.MsgProxy)
		wantText(t, err, fmt.Sprintf("tunnel to 192.0.2.1:443: proxy %s cannot be reached: dial tcp %[1]s: "+
			"connection refused: nothing listens there", address))
		if conn.Remote != "" || conn.TLS != nil || conn.Raw != nil {
			t.Errorf("got %+v", conn)
		}
	}
	o := longTimeouts
	o.Proxy = "http://missing.test.:3128"
	_, err := dialURL(t, "wss://192.0.2.1", o)
	wantFailure(t, err, failure.PhaseProxy, failure.Proxy, failure.MsgProxy)
	wantText(t, err, "tunnel to 192.0.2.1:443: proxy missing.test.:3128 cannot be reached: "+
		"look up missing.test.: name not found: check its spelling")
}

func TestTunnelRefused(t *testing.T) {
	answer := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			readHead(conn)
			io.WriteString(conn, text)
			conn.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, conn)
		}
	}
	socks := func(answers ...string) func(net.Conn) {
		return func(conn net.Conn) {
			for _, a := range answers {
				conn.Read(make([]byte, 100))
				io.WriteString(conn, a)
			}
		}
	}
	const refused = "\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"
	for _, c := range []struct {
		name, proxy string
		serve       func(net.Conn)
		want        string
	}{
		{"407", "http://", answer("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n"),
			"answered 407 Proxy Authentication Required: give user and password in the proxy's URL"},
		{"407 with password", "http://joe:Tr0ub4dor@", answer("HTTP/1.1 407 No\r\nProxy-Authenticate: basic\r\n\r\n"),
			"answered 407 No: it does not accept the user and password of its URL"},
		{"401 with password", "http://joe:Tr0ub4dor@", answer("HTTP/1.1 401 No\r\n\r\n"),
			"answered 401 No: it does not accept the user and password of its URL"},
		{"407, NTLM", "http://joe:Tr0ub4dor@", answer("HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\n\r\n"),
			"answered 407 No: it wants NTLM, and basic authentication is all that can be given"},
		{"403", "http://", answer("HTTP/1.1 403 Forbidden\r\n\r\n"), "answered 403 Forbidden: it does not allow this " +
			"server, or this port"},
		{"403 with markup", "http://", answer("HTTP/1.1 403 Forbidden\r\n\r\n<html>"),
			"answered 403 Forbidden: it does not allow this server, or this port"},
		{"405", "http://", answer("HTTP/1.1 405 Method Not Allowed\r\n\r\n"), "answered 405 Method Not Allowed: it " +
			"makes no tunnels (CONNECT)"},
		{"503, with a story", "http://", answer("HTTP/1.1 503 Down\r\n\r\nupstream is gone\nmore\n"),
			"answered 503 Down: it could not reach the server (upstream is gone)"},
		{"302", "http://", answer("HTTP/1.1 302 Found\r\nLocation: http://portal.test/\r\n\r\n"), "answered 302 Found"},
		{"101", "http://", answer("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "answered 101 Switching Protocols"},
		{"a status in colour", "http://", answer("HTTP/1.1 418 \x1b[31mteapot\x07\r\n\r\n"),
			"answered 418 ?[31mteapot?"},
		{"an endless body", "http://", func(conn net.Conn) {
			readHead(conn)
			io.WriteString(conn, "HTTP/1.1 500 Oh\r\n\r\n")
			io.Copy(conn, &repeat{text: "x"})
		}, "answered 500 Oh (" + strings.Repeat("x", 120) + "…)"},
		{"FIN", "http://", answer(""), "closed the connection before its answer was complete"},
		{"FIN in the middle", "http://", answer("HTTP/1.1 200 O"), "closed the connection before its answer was " +
			"complete"},
		{"reset", "http://", func(conn net.Conn) { readHead(conn); conn.(*net.TCPConn).SetLinger(0) },
			"reset the connection before its answer was complete"},
		{"garbage", "http://", answer("SSH-2.0-OpenSSH\r\n\r\n"), `does not speak HTTP: malformed HTTP response ` +
			`"SSH-2.0-OpenSSH"`},
		{"SOCKS", "http://", answer("\x05\xff"), "does not speak HTTP, but SOCKS: begin its URL with socks5:// or " +
			"socks5h://"},
		{"TLS", "http://", answer("\x15\x03\x01\x00\x02\x02\x46"), "does not speak HTTP, but TLS: begin its URL with " +
			"https://"},
		{"endless head", "http://", func(conn net.Conn) {
			readHead(conn)
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			io.Copy(conn, &repeat{text: "A: b\r\n"})
		}, "sent no end of its header within 65536 bytes"},
		{"endless 1xx", "http://", func(conn net.Conn) {
			readHead(conn)
			io.Copy(conn, &repeat{text: "HTTP/1.1 100 Continue\r\n\r\n"})
		}, "sent no end of its header within 65536 bytes"},

		{"refused", "socks5h://", socks("\x05\x00", refused), "answered: connection refused"},
		{"wants a password", "socks5h://", socks("\x05\xff"), "wants to know who asks: give user and password in the " +
			"proxy's URL"},
		{"wants no password", "socks5h://joe:Tr0ub4dor@", socks("\x05\xff"), "takes no user name with password, " +
			"which " +
			"is all that can be given"},
		{"wrong password", "socks5h://joe:Tr0ub4dor@", socks("\x05\x02", "\x01\x01"), "does not accept the user and " +
			"password of its URL"},
		{"HTTP", "socks5h://", socks("HTTP/1.1 400 Bad Request\r\n\r\n"), "does not speak SOCKS5, but HTTP: " +
			"begin its " +
			"URL with http://"},
		{"SOCKS4", "socks5h://", socks("\x00\x5b"), "does not speak SOCKS5: its first byte is 0"},
		{"FIN", "socks5h://", socks(""), "closed the connection before its answer was complete"},
		{"FIN in the middle", "socks5h://", socks("\x05\x00", refused[:2]), "closed the connection before its answer " +
			"was complete"},
	} {
		t.Run(c.proxy+" "+c.name, func(t *testing.T) {
			address := listen(t, "127.0.0.1:0", c.serve)
			o := longTimeouts
			o.Proxy = c.proxy + address
			conn, err := dialURL(t, "wss://example.com", o)
			wantFailure(t, err, failure.PhaseProxy, failure.Proxy, failure.MsgProxy)
			wantText(t, err, "tunnel to example.com:443: proxy "+address+" "+c.want)
			if conn.Remote != address || conn.TLS != nil || conn.Transport != nil || conn.Raw != nil {
				t.Errorf("got %+v", conn)
			}
		})
	}
}

func TestTunnelTLSToProxy(t *testing.T) {
	past := time.Now().Add(-time.Hour)
	ours := newAuthority(t, "ours")
	other := ours.certificate(t, func(c *x509.Certificate) { c.IPAddresses = nil })
	expired := ours.certificate(t, func(c *x509.Certificate) { c.NotAfter = past })
	for _, c := range []struct {
		name    string
		cert    tls.Certificate
		trusted bool
		want    string
	}{
		{"unknown authority", ours.certificate(t, nil), false, `certificate "CN=the leaf" of 127.0.0.1 is signed by ` +
			`an authority that is not ` +
			`trusted here ("CN=ours"): give the authority's certificate in SSL_CERT_FILE`},
		{"other host", other, true, `certificate "CN=the leaf" is for example.com, not for 127.0.0.1: correct ` +
			`the host`},
		{"expired", expired, true, `certificate "CN=the leaf" of 127.0.0.1 expired at ` +
			past.UTC().Format(time.RFC3339) +
			": the proxy needs a new one, unless this machine's clock is wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := listenTLS(t, serverConfig(c.cert), func(*tls.Conn) {})
			o := longTimeouts
			o.Proxy = "https://" + address
			o.TLS = dial.TLSOptions{Insecure: true} // is about the server
			o.TLSConfig = &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "server.test", InsecureSkipVerify: true}
			if c.trusted {
				o.TLSConfig.RootCAs.AddCert(ours.Leaf)
			}
			conn, err := dialURL(t, "wss://server.test", o)
			wantFailure(t, err, failure.PhaseProxy, failure.Proxy, failure.MsgProxy)
			wantText(t, err, "tunnel to server.test:443: tls handshake with proxy "+address+": "+c.want)
			if conn.TLS != nil {
				t.Errorf("the server's TLS: %+v", conn.TLS)
			}
		})
	}
	plain := startHTTPProxy(t, nil, "", nil)
	o := longTimeouts
	o.Proxy = "https://" + plain.address
	_, err := dialURL(t, "wss://server.test", o)
	wantFailure(t, err, failure.PhaseProxy, failure.Proxy, failure.MsgProxy)
}

// An https proxy is trusted by SSL_CERT_FILE.
func TestTunnelSSLCertFile(t *testing.T) {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		t.Skip("crypto/x509 does not read SSL_CERT_FILE here, and the runner does")
	}
	ours := newAuthority(t, "ours")
	config := serverConfig(ours.certificate(t, nil))
	routes := map[string]string{"example.com:443": listenTLS(t, config,
		func(conn *tls.Conn) { io.Copy(io.Discard, conn) })}
	proxy := startHTTPProxy(t, routes, "", config)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "DIAL_TEST_URL=wss://example.com", "DIAL_TEST_PROXY=https://"+proxy.address,
		"SSL_CERT_FILE="+writeFile(t, certificatePEM(ours.Certificate)), "GORACE=atexit_sleep_ms=0")
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "TLS 1.3\nTLS 1.3\n" {
		t.Errorf("%v: %s", err, out)
	}
	proxy.wantLog(t, "CONNECT example.com:443", "CONNECT example.com:443")
}

func TestTunnelTimers(t *testing.T) {
	proxy := listen(t, "127.0.0.1:0", func(conn net.Conn) { io.Copy(io.Discard, conn) })
	const short, long = 500 * time.Millisecond, time.Minute // a busy machine needs a while for TCP, too
	for _, c := range []struct {
		scheme   string
		tcp, tls time.Duration
		want     string
	}{
		{"http://", short, long, "proxy ADDRESS has not answered within 500ms"},
		{"socks5h://", short, long, "proxy ADDRESS has not answered within 500ms"},
		{"https://", long, short, "tls handshake with proxy ADDRESS: not finished within 500ms"},
	} {
		o := dial.Options{TCPTimeout: c.tcp, TLSTimeout: c.tls, Proxy: c.scheme + proxy}
		_, err := dialURL(t, "wss://example.com", o)
		wantFailure(t, err, failure.PhaseProxy, failure.Proxy, failure.MsgProxy)
		wantText(t, err, "tunnel to example.com:443: "+strings.ReplaceAll(c.want, "ADDRESS", proxy))
	}
	synctest.Test(t, func(t *testing.T) {
		o := dial.Options{TCPTimeout: 3 * time.Second, DialContext: never, Proxy: "http://proxy.test"}
		_, err := dialURL(t, "ws://example.com", o)
		wantFailure(t, err, failure.PhaseProxy, failure.Proxy, failure.MsgProxy)
		wantText(t, err, "tunnel to example.com:80: proxy proxy.test:80 cannot be reached: dial tcp proxy.test:80: no "+
			"answer within 3s")
	})
}

// A refusal is reported although the proxy holds its body back.
func TestTunnelBodyHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := longTimeouts
		o.Proxy = "http://proxy.test"
		o.DialContext = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				readHead(theirs)
				io.WriteString(theirs, "HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\nnot you")
				io.Copy(io.Discard, theirs)
			}()
			return ours, nil
		}
		begin := time.Now()
		_, err := dialURL(t, "ws://example.com", o)
		wantFailure(t, err, failure.PhaseProxy, failure.Proxy, failure.MsgProxy)
		wantText(t, err, "tunnel to example.com:80: proxy proxy.test:80 answered 403 Forbidden: "+
			"it does not allow this server, or this port (not you)")
		if took := time.Since(begin); took != time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestTunnelCancelled(t *testing.T) {
	asked := make(chan struct{}, 1)
	proxy := listen(t, "127.0.0.1:0", silent(asked)) // its end waits for ours: a socket left open would hang the test
	closing := errors.New("closed by the script")
	for _, c := range []struct{ scheme, want string }{
		{"http://", "wait for proxy "},
		{"socks5h://", "wait for proxy "},
		{"https://", "tls handshake with proxy "},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() { <-asked; cancel(closing) }()
		o := longTimeouts
		o.Proxy = c.scheme + proxy
		_, err := dial.Dial(ctx, parse(t, "wss://example.com"), o)
		wantFailure(t, err, failure.PhaseProxy, failure.Closed, failure.MsgTransport)
		wantText(t, err, "tunnel to example.com:443: "+c.want+proxy+": cancelled: closed by the script")
		if !errors.Is(err, closing) {
			t.Errorf("the cause is lost: %v", err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	o := longTimeouts
	o.Proxy = "http://proxy.test"
	o.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		cancel(closing)
		return never(ctx, network, address)
	}
	_, err := dial.Dial(ctx, parse(t, "wss://example.com"), o)
	wantFailure(t, err, failure.PhaseProxy, failure.Closed, failure.MsgTransport)
	wantText(t, err, "tunnel to example.com:443: dial tcp proxy.test:80: cancelled: closed by the script")
}

func TestTunnelPolicy(t *testing.T) {
	startNameserver(t, map[string][]string{"proxy.test": {"127.0.0.1"}, "server.test": {"192.0.2.4"}})
	routes := map[string]string{
		"server.test.:80": listen(t, "127.0.0.1:0", func(net.Conn) {}),
	}
	routes["192.0.2.4:80"], routes["192.0.2.9:80"] = routes["server.test.:80"], routes["server.test.:80"]
	httpProxy, socksProxy := startHTTPProxy(t, routes, "", nil), startSOCKSProxy(t, routes, "")
	httpPort, socksPort := portOf(httpProxy.address), portOf(socksProxy.address)
	var mu sync.Mutex
	var asked []string
	refuse := func(what string) func(context.Context, string, netip.AddrPort) error {
		asked = nil
		return func(_ context.Context, host string, addr netip.AddrPort) error {
			mu.Lock()
			defer mu.Unlock()
			question := fmt.Sprint(host, " ", addr.Port())
			if addr.IsValid() {
				question = host + " " + addr.String()
			}
			asked = append(asked, question)
			if question == what {
				return errors.New("see --allow")
			}
			return nil
		}
	}
	for _, c := range []struct {
		name, url, proxy, chosen string
		want                     []string
	}{
		{"named", "ws://server.test.", "http://proxy.test.:" + httpPort, "",
			[]string{"server.test. 80", "proxy.test. 127.0.0.1:" + httpPort}},
		{"named, literal server", "ws://192.0.2.9", "http://proxy.test.:" + httpPort, "",
			[]string{"192.0.2.9 192.0.2.9:80", "proxy.test. 127.0.0.1:" + httpPort}},
		{"chosen", "ws://server.test.", "", "http://" + httpProxy.address, []string{"server.test. 80"}},
		{"socks5", "ws://server.test.", "socks5://proxy.test.:" + socksPort, "",
			[]string{"server.test. 192.0.2.4:80", "proxy.test. 127.0.0.1:" + socksPort}},
		{"socks5h", "ws://server.test.", "socks5h://proxy.test.:" + socksPort, "",
			[]string{"server.test. 80", "proxy.test. 127.0.0.1:" + socksPort}},
		{"socks5 chosen", "ws://server.test.", "", "socks5://" + socksProxy.address,
			[]string{"server.test. 192.0.2.4:80"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := longTimeouts
			o.Proxy, o.ProxyFor = c.proxy, chosen(c.chosen, "")
			o.Policy = refuse("")
			conn, err := dialURL(t, c.url, o)
			if err != nil {
				t.Fatal(err)
			}
			conn.Raw.Close()
			if !slices.Equal(asked, c.want) {
				t.Errorf("asked %q, want %q", asked, c.want)
			}
			httpProxy.log, socksProxy.log = nil, nil
			for _, what := range c.want {
				o.Policy = refuse(what)
				_, err := dialURL(t, c.url, o)
				wantFailure(t, err, failure.PhasePolicy, failure.Denied, failure.MsgRejected)
				if !strings.Contains(err.Error(), "the policy refuses ") ||
					!strings.HasSuffix(err.Error(), ": see --allow") {
					t.Errorf("got %q", err)
				}
			}
			httpProxy.wantLog(t)
			socksProxy.wantLog(t)
		})
	}
	o := longTimeouts
	o.Policy = refuse("server.test. 80")
	o.Proxy = "http://proxy.test.:" + httpPort
	_, err := dialURL(t, "ws://server.test.", o)
	wantText(t, err, "tunnel to server.test.:80: the policy refuses it: see --allow")
}

// Bytes that a proxy sends with its answer are the server's (RFC 9110 §9.3.6).
func TestTunnelEagerServer(t *testing.T) {
	address := listen(t, "127.0.0.1:0", func(conn net.Conn) {
		readHead(conn)
		io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 Fine\r\nContent-Length: 3\r\n\r\nhello")
		conn.Read(make([]byte, 1))
		io.WriteString(conn, " again")
	})
	o := longTimeouts
	o.Proxy = "http://" + address
	conn, err := dialURL(t, "ws://example.com", o)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Raw.Close()
	buf := make([]byte, 3)
	io.ReadFull(conn.Transport, buf)
	conn.Transport.Write([]byte("x"))
	rest, err := io.ReadAll(conn.Transport)
	if string(buf)+string(rest) != "hello again" || err != nil {
		t.Errorf("read %q, %q, %v", buf, rest, err)
	}
}

// Whatever a proxy answers: a tunnel that begins exactly after its head, or one line that
// names the proxy.
func FuzzProxyAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\n\r\nrest", "HTTP/1.0 407 No\r\nProxy-Authenticate: Basic\r\n\r\nbody",
		"HTTP/1.1 100 \r\n\r\nHTTP/1.1 200 OK\n\n",
		"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnope\r\n0\r\n\r\n", "\x05\xff",
		"HTTP/9 2 \n", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		peer := &canned{rest: answer}
		o := longTimeouts
		o.Proxy = "http://joe:Tr0ub4dor@proxy.test"
		o.DialContext = func(context.Context, string, string) (net.Conn, error) { return peer, nil }
		conn, err := dialURL(t, "ws://example.com", o)
		if err != nil {
			wantFailure(t, err, failure.PhaseProxy, failure.Proxy, failure.MsgProxy)
			if !strings.HasPrefix(err.Error(), "tunnel to example.com:80: proxy proxy.test:80 ") ||
				strings.Contains(err.Error(), "Tr0ub4dor") ||
				strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) ||
				len(err.Error()) > 500 {
				t.Errorf("got %q", err)
			}
			if read := len(answer) - len(peer.rest); read > 68<<10 || !peer.closed {
				t.Errorf("read %d bytes, closed: %t", read, peer.closed)
			}
			return
		}
		rest, _ := io.ReadAll(conn.Transport)
		head, found := strings.CutSuffix(string(answer), string(rest))
		if !found || !strings.HasSuffix(head, "\n") || !strings.Contains(head, "HTTP/") {
			t.Errorf("the tunnel begins with %q behind %q", rest, head)
		}
	})
}

// canned is a socket on which all that ever comes has come.
type canned struct {
	net.Conn
	rest   []byte
	closed bool
}

func (c *canned) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *canned) Write(p []byte) (int, error) { return len(p), nil }
func (c *canned) Close() error                { c.closed = true; return nil }
func (c *canned) RemoteAddr() net.Addr        { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// repeat is a text without end.
type repeat struct {
	text string
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.text[r.at]
		r.at = (r.at + 1) % len(r.text)
	}
	return len(p), nil
}

// readHead reads up to the end of a request's head.
func readHead(conn io.Reader) {
	var head []byte
	for one := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n"); head = append(head, one[0]) {
		if _, err := conn.Read(one); err != nil {
			return
		}
	}
}
