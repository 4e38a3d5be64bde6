//go:build interop

package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	squidTool      = tool{names: []string{"squid"}, debian: "squid"}
	squidAuthTool  = tool{names: []string{"basic_ncsa_auth"}, debian: "squid"}
	tinyproxyTool  = tool{names: []string{"tinyproxy"}, debian: "tinyproxy"}
	microsocksTool = tool{names: []string{"microsocks"}, debian: "microsocks"}
)

const (
	proxyUser, proxyPassword = "user", "secret"

	// proxyPasswords has proxyPassword as openssl passwd -apr1 writes it.
	proxyPasswords = proxyUser + ":$apr1$tidewire$B8nurEbXOgacouQwe3L4O/\n"

	// hidden is a name that only squid resolves: a connection to it that succeeds went
	// through it.
	hidden = "hidden.test"
)

// A proxy is a running one.
type proxy struct {
	*service
	address string
	log     func() string // its access log so far
}

// logged waits until the access log has a line that the pattern matches. It does not wait
// if the test has failed, because the line may be missing.
func (p *proxy) logged(t *testing.T, pattern string) {
	t.Helper()
	if !t.Failed() {
		p.logs(t, p.log, pattern)
	}
}

// startSquid runs squid. It refuses tunnels to the port of forbidden. tls, if it is not
// empty, makes it an https proxy.
func startSquid(t *testing.T, password bool, forbidden string, tls *certificate) *proxy {
	t.Helper()
	program := squidTool.path(t)
	dir := publicDir(t) // squid, started as root, goes on as another user
	address := freeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	listen, access := "http_port "+address, "http_access allow all"
	if tls != nil {
		listen = fmt.Sprintf("https_port %s tls-cert=%s tls-key=%s", address, tls.certFile, tls.keyFile)
	}
	if password {
		access = fmt.Sprintf("auth_param basic program %s %s\nauth_param basic children 1\nacl known proxy_auth "+
			"REQUIRED\nhttp_access allow known\nhttp_access deny all",
			squidAuthTool.path(t), writeFile(t, filepath.Join(dir, "passwords"), proxyPasswords))
	}
	_, forbiddenPort, _ := strings.Cut(forbidden, ":")
	config := fmt.Sprintf(`
%[2]s
visible_hostname squid.test
hosts_file %[3]s
acl forbidden port %[4]s
http_access deny forbidden
%[5]s
access_log stdio:%[1]s/access.log
cache_log %[1]s/cache.log
cache_store_log none
logfile_rotate 0
pid_filename none
pinger_enable off
cache deny all
cache_mem 1 MB
shutdown_lifetime 0 seconds
coredump_dir %[1]s
netdb_filename none
buffered_logs off
`, dir, listen, writeFile(t, filepath.Join(dir, "hosts"), "127.0.0.1 localhost "+hidden+"\n"), forbiddenPort, access)
	p := &proxy{address: address, log: func() string {
		text, _ := os.ReadFile(filepath.Join(dir, "access.log"))
		return string(text)
	}}
	p.service = serve(t, program, "-N", "-n", "tidewire"+port, "-f",
		writeFile(t, filepath.Join(dir, "squid.conf"), config))
	p.await(t, address)
	return p
}

// startTinyproxy runs tinyproxy. It makes tunnels to the given ports alone.
func startTinyproxy(t *testing.T, password bool, allowed ...string) *proxy {
	t.Helper()
	program := tinyproxyTool.path(t)
	address := freeAddress(t)
	host, port, _ := strings.Cut(address, ":")
	config := fmt.Sprintf("Listen %s\nPort %s\nTimeout 60\nLogLevel Connect\nMaxClients 20\n", host, port)
	if password {
		config += fmt.Sprintf("BasicAuth %s %s\n", proxyUser, proxyPassword)
	}
	for _, server := range allowed {
		_, port, _ := strings.Cut(server, ":")
		config += "ConnectPort " + port + "\n"
	}
	p := &proxy{address: address}
	p.service = serve(t, program, "-d", "-c", writeFile(t, filepath.Join(t.TempDir(), "tinyproxy.conf"), config))
	p.log = p.said.String
	p.await(t, address)
	return p
}

// startMicrosocks runs microsocks, a SOCKS5 server; a password is optional.
func startMicrosocks(t *testing.T, password string) *proxy {
	t.Helper()
	program := microsocksTool.path(t)
	address := freeAddress(t)
	host, port, _ := strings.Cut(address, ":")
	args := []string{"-i", host, "-p", port}
	if password != "" {
		args = append(args, "-u", proxyUser, "-P", password)
	}
	p := &proxy{address: address}
	p.service = serve(t, program, args...)
	p.log = p.said.String
	p.await(t, address)
	return p
}

// through spells an option proxy. Everybody here trusts the servers' certificate.
func through(scheme, userinfo string, p *proxy) string {
	return fmt.Sprintf("{proxy = %q, tls = {ca = %q}}", scheme+"://"+userinfo+p.address, certs.certFile)
}

// echoed returns the report of a visit that went well.
func echoed(more report) report {
	want := report{"opened": "true", "received": "hello", "closed": `1000 "" true`}
	for name, value := range more {
		want[name] = value
	}
	return want
}

// refusedBy returns the report of a visit that the proxy refuses. The refusal is never
// reported as the server's answer.
func refusedBy(p *proxy, detail string) report {
	return report{"opened": "false", "failed": "Proxy connection failed", "phase": "proxy", "category": "proxy",
		"retryable":   "true",
		"http.status": "", "detail": "…proxy " + p.address + detail}
}

const (
	rightUserinfo = proxyUser + ":" + proxyPassword + "@"
	wrongUserinfo = proxyUser + ":wrong@"
)

func TestHTTPProxy(t *testing.T) {
	server := peerNamed(t, "node-ws")
	dead := refusedAddress(t)
	urls := map[string]string{"ws": "ws://" + server.plain + "/echo", "wss": peerNamed(t, "node-wss").base + "/echo"}
	targets := map[string]string{"ws": server.plain, "wss": strings.TrimPrefix(peerNamed(t, "node-wss").base, "wss://")}
	authority := newAuthority(t, publicDir(t), "proxy authority")
	proxyCert := authority.issue(t, "squid", nil)
	os.Chmod(proxyCert.keyFile, 0o644) // squid reads it as another user

	for _, kind := range []struct {
		name             string
		tunnel, refusal  string // patterns of the access log, with the server's address to be filled in
		forbidden, bad   string // details for a refused port, and for a server that is down
		open, restricted *proxy
	}{
		{
			name:      "squid",
			tunnel:    `TCP_TUNNEL/200 \d+ CONNECT %s `,
			refusal:   `TCP_DENIED/40[37] \d+ CONNECT %s `,
			forbidden: " answered 403 Forbidden: it does not allow this server, or this port",
			bad:       " answered 503 Service Unavailable: it could not reach the server",
			open:      startSquid(t, false, muteAddress(t), nil), restricted: startSquid(t, true, dead, nil),
		},
		{
			name:       "tinyproxy",
			tunnel:     `Request \(file descriptor \d+\): CONNECT %s HTTP/1.1`,
			refusal:    `Request \(file descriptor \d+\): CONNECT %s HTTP/1.1`,
			forbidden:  " answered 403 Access violation: it does not allow this server, or this port",
			bad:        " answered 500 Unable to connect",
			open:       startTinyproxy(t, false, server.plain, server.tls, dead),
			restricted: startTinyproxy(t, true, server.plain, server.tls),
		},
	} {
		logged := func(t *testing.T, p *proxy, pattern, target string) {
			t.Helper()
			p.logged(t, fmt.Sprintf(pattern, regexp.QuoteMeta(target)))
		}
		for scheme, url := range urls {
			t.Run(kind.name+"/"+scheme, func(t *testing.T) {
				seen, _ := visit(t, url, through("http", "", kind.open))
				seen.want(t, echoed(report{"remote": kind.open.address}))
				logged(t, kind.open, kind.tunnel, targets[scheme])
			})
			t.Run(kind.name+"/"+scheme+"/password", func(t *testing.T) {
				seen, _ := visit(t, url, through("http", rightUserinfo, kind.restricted))
				seen.want(t, echoed(nil))
				logged(t, kind.restricted, kind.tunnel, targets[scheme])
			})
			t.Run(kind.name+"/"+scheme+"/no password", func(t *testing.T) {
				seen, _ := visit(t, url, through("http", "", kind.restricted))
				seen.want(t, refusedBy(kind.restricted, " answered 407 Proxy Authentication Required: give user and "+
					"password in the proxy's URL"))
				logged(t, kind.restricted, kind.refusal, targets[scheme])
			})
			t.Run(kind.name+"/"+scheme+"/wrong password", func(t *testing.T) {
				seen, stderr := visit(t, url, through("http", wrongUserinfo, kind.restricted))
				seen.want(t, report{"opened": "false", "failed": "Proxy connection failed", "phase": "proxy",
					"category":    "proxy",
					"http.status": "", "detail": "…: it does not accept the user and password of its URL"})
				if strings.Contains(stderr+fmt.Sprint(seen), "wrong@") {
					t.Errorf("the password is shown: %s %s", seen, stderr)
				}
			})
		}
		t.Run(kind.name+"/forbidden", func(t *testing.T) {
			p, target := kind.restricted, dead
			if kind.name == "tinyproxy" {
				p = kind.open
				target = muteAddress(t)
			}
			seen, _ := visit(t, "ws://"+target+"/",
				through("http", map[bool]string{true: rightUserinfo}[p == kind.restricted], p))
			seen.want(t, refusedBy(p, kind.forbidden))
			logged(t, p, kind.refusal, target)
		})
		t.Run(kind.name+"/server down", func(t *testing.T) {
			seen, _ := visit(t, "ws://"+dead+"/", through("http", "", kind.open))
			seen.want(t, refusedBy(kind.open, kind.bad))
		})
	}

	t.Run("https", func(t *testing.T) {
		p := startSquid(t, true, dead, &proxyCert)
		_, port, _ := strings.Cut(p.address, ":")
		for scheme, url := range urls {
			options := func(userinfo, ca string) string {
				return fmt.Sprintf("{proxy = %q, tls = {ca = %q}}", "https://"+userinfo+"localhost:"+port, ca)
			}
			seen, _ := visit(t, url, options(rightUserinfo, certs.certFile), "SSL_CERT_FILE="+authority.certFile)
			seen.want(t, echoed(nil))
			p.logged(t, `TCP_TUNNEL/200 \d+ CONNECT `+regexp.QuoteMeta(targets[scheme]))

			seen, _ = visit(t, url, options("", certs.certFile), "SSL_CERT_FILE="+authority.certFile)
			seen.want(t, report{"failed": "Proxy connection failed", "phase": "proxy",
				"detail": "…answered 407 Proxy " +
					"Authentication Required"})

			// An authority that a script trusts for a server is not trusted for a proxy.
			seen, _ = visit(t, url, options(rightUserinfo, authority.certFile), "SSL_CERT_FILE="+certs.certFile)
			seen.want(t, report{"failed": "Proxy connection failed", "phase": "proxy", "tls.error": "",
				"detail": `…certificate "CN=squid" of localhost is signed by an authority that is not trusted here`})
		}
	})
}

func TestSOCKSProxy(t *testing.T) {
	server := peerNamed(t, "node-ws")
	urls := map[string]string{"ws": "ws://" + server.plain + "/echo", "wss": peerNamed(t, "node-wss").base + "/echo"}
	open, restricted := startMicrosocks(t, ""), startMicrosocks(t, proxyPassword)
	for scheme, url := range urls {
		for _, socks := range []string{"socks5", "socks5h"} {
			name := scheme + "/" + socks
			target := server.plain
			if scheme == "wss" { // by its name only if the proxy is to resolve it
				target = map[string]string{"socks5": server.tls,
					"socks5h": strings.TrimPrefix(peerNamed(t, "node-wss").base, "wss://")}[socks]
			}
			connected := ": connected to " + regexp.QuoteMeta(target)
			t.Run(name, func(t *testing.T) {
				seen, _ := visit(t, url, through(socks, "", open))
				seen.want(t, echoed(report{"remote": open.address}))
				open.logged(t, connected)
			})
			t.Run(name+"/password", func(t *testing.T) {
				seen, _ := visit(t, url, through(socks, rightUserinfo, restricted))
				seen.want(t, echoed(nil))
				restricted.logged(t, connected)
			})
			t.Run(name+"/no password", func(t *testing.T) {
				seen, _ := visit(t, url, through(socks, "", restricted))
				seen.want(t, refusedBy(restricted, " wants to know who asks: give user and password in the "+
					"proxy's URL"))
			})
			t.Run(name+"/wrong password", func(t *testing.T) {
				seen, _ := visit(t, url, through(socks, wrongUserinfo, restricted))
				seen.want(t, refusedBy(restricted, " does not accept the user and password of its URL"))
			})
			t.Run(name+"/server down", func(t *testing.T) {
				seen, _ := visit(t, "ws://"+refusedAddress(t)+"/", through(socks, "", open))
				seen.want(t, refusedBy(open, " answered: connection refused"))
			})
		}
	}
}

// A password may have any characters, percent-encoded where a URL has a use for them.
func TestProxyPassword(t *testing.T) {
	p := startMicrosocks(t, "p@ss:w/rd? é%")
	seen, _ := visit(t, peerNamed(t, "node-ws").base+"/echo",
		through("socks5h", "user:p%40ss:w%2Frd%3F%20%C3%A9%25@", p))
	seen.want(t, echoed(nil))
}

// Proxies that the environment names. Loopback addresses bypass them, so the servers are
// called otherwise: by a name that squid alone resolves, or by 0.0.0.0, which is this
// machine, too.
func TestProxyEnvironment(t *testing.T) {
	secure := strings.TrimPrefix(peerNamed(t, "node-wss").base, "wss://localhost")
	plain := strings.TrimPrefix(peerNamed(t, "node-ws").base, "ws://127.0.0.1")
	squid := startSquid(t, false, muteAddress(t), nil)
	socks := startMicrosocks(t, "")
	dead := refusedAddress(t)
	trust := "{tls = {serverName = 'localhost', ca = " + fmt.Sprintf("%q", certs.certFile) + "}}"
	direct := fmt.Sprintf("{proxy = false, tls = {serverName = 'localhost', ca = %q}}", certs.certFile)
	tunnelled := func(target string) func(*testing.T) {
		return func(t *testing.T) { squid.logged(t, `TCP_TUNNEL/200 \d+ CONNECT `+regexp.QuoteMeta(target)) }
	}
	connected := func(target string) func(*testing.T) {
		return func(t *testing.T) { socks.logged(t, ": connected to "+regexp.QuoteMeta(target)) }
	}
	byItself := func(*testing.T) {}
	for _, c := range []struct {
		name, url, options string
		environment        []string
		want               report
		logged             func(*testing.T)
	}{
		{"HTTP_PROXY for ws", "ws://" + hidden + plain, trust, []string{"HTTP_PROXY=http://" + squid.address},
			echoed(report{"remote": squid.address}), tunnelled(hidden + plain)},
		{"http_proxy for ws", "ws://" + hidden + plain, trust, []string{"http_proxy=" + squid.address},
			echoed(nil), tunnelled(hidden + plain)},
		{"HTTPS_PROXY for wss", "wss://" + hidden + secure, trust,
			[]string{"HTTPS_PROXY=http://" + squid.address, "HTTP_PROXY=http://" + dead},
			echoed(report{"remote": squid.address}), tunnelled(hidden + secure)},
		{"ALL_PROXY", "ws://" + hidden + plain, trust, []string{"ALL_PROXY=http://" + squid.address}, echoed(nil),
			tunnelled(hidden + plain)},
		{"ALL_PROXY, SOCKS, ws", "ws://0.0.0.0" + plain, trust, []string{"ALL_PROXY=socks5h://" + socks.address},
			echoed(report{"remote": socks.address}), connected("0.0.0.0" + plain)},
		{"ALL_PROXY, SOCKS, wss", "wss://0.0.0.0" + secure, trust, []string{"all_proxy=socks5://" + socks.address},
			echoed(nil), connected("0.0.0.0" + secure)},
		{"HTTP_PROXY before ALL_PROXY", "ws://" + hidden + plain, trust,
			[]string{"HTTP_PROXY=http://" + squid.address, "ALL_PROXY=http://" + dead}, echoed(nil),
			tunnelled(hidden + plain)},
		{"NO_PROXY", "ws://0.0.0.0" + plain, trust,
			[]string{"HTTP_PROXY=http://" + dead, "NO_PROXY=other.test,0.0.0.0"},
			echoed(report{"remote": "127.0.0.1" + plain}), byItself},
		{"NO_PROXY names others", "ws://" + hidden + plain, trust,
			[]string{"HTTP_PROXY=http://" + squid.address, "NO_PROXY=other.test"},
			echoed(nil), tunnelled(hidden + plain)},
		{"loopback address", "ws://127.0.0.1" + plain, trust, []string{"HTTP_PROXY=http://" + dead}, echoed(nil),
			byItself},
		{"loopback name", "wss://localhost" + secure, trust,
			[]string{"HTTPS_PROXY=http://" + dead, "ALL_PROXY=http://" + dead},
			echoed(nil), byItself},
		{"option before environment", "ws://" + hidden + plain, through("http", "", squid),
			[]string{"HTTP_PROXY=http://" + dead},
			echoed(nil), tunnelled(hidden + plain)},
		{"proxy = false", "ws://0.0.0.0" + plain, direct, []string{"HTTP_PROXY=http://" + dead}, echoed(nil), byItself},
		{"proxy down", "ws://" + hidden + plain, trust, []string{"HTTP_PROXY=http://" + dead}, report{"opened": "false",
			"failed": "Proxy connection failed", "phase": "proxy", "category": "proxy",
			"detail": "…proxy " + dead + " (HTTP_PROXY) cannot be reached"}, byItself},
		{"malformed", "ws://" + hidden + plain, trust, []string{"HTTP_PROXY=ftp://user:secret@proxy.test"},
			report{"opened": "false",
				"failed": "Invalid proxy URI", "phase": "proxy", "category": "uri", "detail": "…of HTTP_PROXY"},
			byItself},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen, stderr := visit(t, c.url+"/echo", c.options, c.environment...)
			seen.want(t, c.want)
			c.logged(t)
			if strings.Contains(fmt.Sprint(seen, stderr), "secret") {
				t.Errorf("the password is shown: %s %s", seen, stderr)
			}
		})
	}
}
