package dial_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
)

// testProxy is a proxy on a loopback port, of our own making. It speaks CONNECT or
// SOCKS5, knows the way to the addresses in routes, and writes down the requests.
type testProxy struct {
	address string
	routes  map[string]string // "host:port" as asked for, to the address to connect to
	user    string            // "user:password" that it wants; "" for none

	mu  sync.Mutex
	log []string
}

// startHTTPProxy starts a CONNECT proxy, over TLS if there is a configuration for it.
func startHTTPProxy(t *testing.T, routes map[string]string, user string, config *tls.Config) *testProxy {
	t.Helper()
	p := &testProxy{routes: routes, user: user}
	if config != nil {
		p.address = listenTLS(t, config, func(conn *tls.Conn) { p.serveHTTP(conn) })
	} else {
		p.address = listen(t, "127.0.0.1:0", p.serveHTTP)
	}
	return p
}

func startSOCKSProxy(t *testing.T, routes map[string]string, user string) *testProxy {
	t.Helper()
	p := &testProxy{routes: routes, user: user}
	p.address = listen(t, "127.0.0.1:0", p.serveSOCKS)
	return p
}

func (p *testProxy) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = append(p.log, fmt.Sprintf(format, args...))
}

// wantLog checks the proxy's requests since the last time.
func (p *testProxy) wantLog(t *testing.T, want ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Equal(p.log, want) {
		t.Errorf("the proxy was asked for %q, want %q", p.log, want)
	}
	p.log = nil
}

func (p *testProxy) serveHTTP(conn net.Conn) {
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		p.note("%v", err)
		return
	}
	p.note("%s %s", request.Method, request.RequestURI)
	if request.Host != request.RequestURI {
		p.note("Host: %s", request.Host)
	}
	request.Header.Set("Authorization", request.Header.Get("Proxy-Authorization"))
	user, password, _ := request.BasicAuth()
	if p.user != "" && p.user != user+":"+password {
		io.WriteString(conn, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic "+
			"realm=\"x\"\r\nContent-Length: 0\r\n\r\n")
		return
	}
	server, err := net.Dial("tcp", p.routes[request.RequestURI])
	if p.routes[request.RequestURI] == "" || err != nil {
		io.WriteString(conn, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 22\r\n\r\nno such host: try mine")
		return
	}
	io.WriteString(conn, "HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n")
	join(conn, server)
}

// serveSOCKS is RFC 1928 and RFC 1929 for those who keep to it.
func (p *testProxy) serveSOCKS(conn net.Conn) {
	field := func() string { // a byte that counts the others
		length := make([]byte, 1)
		io.ReadFull(conn, length)
		text := make([]byte, length[0])
		io.ReadFull(conn, text)
		return string(text)
	}
	io.ReadFull(conn, make([]byte, 1)) // the version
	methods := field()
	switch {
	case p.user == "":
		conn.Write([]byte{5, 0})
	case !strings.Contains(methods, "\x02"):
		conn.Write([]byte{5, 0xff})
		return
	default:
		conn.Write([]byte{5, 2})
		io.ReadFull(conn, make([]byte, 1))
		if field()+":"+field() != p.user {
			conn.Write([]byte{1, 1})
			return
		}
		conn.Write([]byte{1, 0})
	}
	request := make([]byte, 4)
	io.ReadFull(conn, request)
	var host string
	switch request[3] {
	case 1:
		addr := make([]byte, 4)
		io.ReadFull(conn, addr)
		host = netip.AddrFrom4([4]byte(addr)).String()
	case 4:
		addr := make([]byte, 16)
		io.ReadFull(conn, addr)
		host = netip.AddrFrom16([16]byte(addr)).String()
	case 3:
		host = field()
	}
	port := make([]byte, 2)
	io.ReadFull(conn, port)
	target := net.JoinHostPort(host, fmt.Sprint(int(port[0])<<8|int(port[1])))
	p.note("type %d %s", request[3], target)
	server, err := net.Dial("tcp", p.routes[target])
	if p.routes[target] == "" || err != nil {
		conn.Write([]byte{5, 4, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	conn.Write([]byte{5, 0, 0, 1, 127, 0, 0, 1, 0, 80})
	join(conn, server)
}

// join carries bytes both ways until both ends have ended.
func join(a, b net.Conn) {
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{a, b}, {b, a}} {
		both.Go(func() {
			io.Copy(pair[0], pair[1])
			pair[0].(interface{ CloseWrite() error }).CloseWrite()
		})
	}
	both.Wait()
	b.Close()
}
