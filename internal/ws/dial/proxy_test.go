package dial_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

var proxyVariables = []string{"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
	"no_proxy", "NO_PROXY", "REQUEST_METHOD"}

// wantProxy checks which proxy url is reached through; "" for none.
func wantProxy(t *testing.T, url, proxy, want string) error {
	t.Helper()
	o := longTimeouts
	o.Proxy = proxy
	got, err := dial.ChooseProxy(parse(t, url), o)
	if got != want {
		t.Errorf("%s with proxy %q: through %q, want %q (%v)", url, proxy, got, want, err)
	}
	return err
}

func TestProxyOption(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://environment.test:1")
	for _, c := range []struct{ proxy, want string }{
		{"", "environment.test:1"},
		{"direct", ""},
		{"Direct", ""},
		{"http://proxy.test", "proxy.test:80"},
		{"http://proxy.test/", "proxy.test:80"},
		{"HTTP://PROXY.test:3128", "proxy.test:3128"},
		{"https://proxy.test", "proxy.test:443"},
		{"socks5h://proxy.test", "proxy.test:1080"},
		{"socks5h://joe:secret@proxy.test:9", "proxy.test:9"},
		{"proxy.test:3128", "proxy.test:3128"},
		{"joe:secret@proxy.test:3128", "proxy.test:3128"},
		{"localhost:3128", "localhost:3128"},
		{"http://[::1]:3128", "[::1]:3128"},
		{"http://bücher.example:3128", "xn--bcher-kva.example:3128"},
	} {
		wantProxy(t, "ws://server.test", c.proxy, c.want)
	}
	wantProxy(t, "ws://127.0.0.1:9", "http://proxy.test:3128", "proxy.test:3128") // loopback is no exception here
}

func TestProxyBadURL(t *testing.T) {
	for _, c := range []struct{ proxy, want string }{
		{"ftp://joe:Tr0ub4dor@proxy.test", `read proxy url "ftp://proxy.test": another scheme than http, https, socks5 and socks5h: use one of these`},
		{"ws://proxy.test", `read proxy url "ws://proxy.test": another scheme`},
		{"socks4://proxy.test", `read proxy url "socks4://proxy.test": another scheme`},
		{"http://", `read proxy url "http://": no host`},
		{"http://joe:Tr0ub4dor@", `read proxy url "http://": no host`},
		{"http://proxy.test:0", `read proxy url "http://proxy.test:0": a port that is no number from 1 to 65535`},
		{"http://joe:Tr0ub4dor/x@proxy.test", `read proxy url "http://proxy.test": something behind the host: remove it, or write %2F`},
		{"http://joe:12/Tr0ub4dor@proxy.test", `read proxy url "http://proxy.test": something behind the host`},
		{"http://joe:Tr0ub4dor#@proxy.test", `read proxy url "http://proxy.test": "#" at offset 20: a fragment means nothing here, write %23`},
		{"http://joe:Tr0ub4dor@proxy.test:x", `read proxy url "http://proxy.test:x": a port that is no number`},
		{"joe:Tr0ub4dor@proxy test", `read proxy url "proxy test": white space before the path`},
		{"http://proxy.test/path", `read proxy url "http://proxy.test/path": something behind the host`},
		{"http://proxy.test\n", `read proxy url "http://proxy.test\n": white space at its start or end`},
		{"socks5://:Tr0ub4dor@proxy.test", `read proxy url "socks5://proxy.test": a user name without a byte`},
		{"socks5://joe:" + strings.Repeat("x", 256) + "@proxy.test", `read proxy url "socks5://proxy.test": a user name without`},
	} {
		err := wantProxy(t, "ws://server.test", c.proxy, "")
		wantFailure(t, err, failure.PhaseProxy, failure.URI, failure.MsgProxyURI)
		if !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "Tr0ub4dor") {
			t.Errorf("got %q, want %q", err, c.want)
		}
	}
}

func TestProxyEnvironment(t *testing.T) {
	const p, q, all = "p.test:1", "q.test:2", "all.test:3"
	for _, c := range []struct{ environment, url, want string }{
		{"", "ws://server.test", ""},
		{"HTTP_PROXY=http://p.test:1", "ws://server.test", p},
		{"HTTP_PROXY=http://p.test:1", "wss://server.test", ""},
		{"HTTP_PROXY=p.test:1", "ws://server.test", p},
		{"http_proxy=http://p.test:1 HTTP_PROXY=http://q.test:2", "ws://server.test", p},
		{"HTTPS_PROXY=http://p.test:1", "wss://server.test", p},
		{"https_proxy=http://p.test:1", "wss://server.test", p},
		{"HTTPS_PROXY=http://p.test:1", "ws://server.test", ""},
		{"ALL_PROXY=socks5h://all.test:3", "ws://server.test", all},
		{"all_proxy=socks5h://all.test:3", "wss://server.test", all},
		{"ALL_PROXY=socks5h://all.test:3 HTTPS_PROXY=http://q.test:2", "wss://server.test", q},
		{"ALL_PROXY=socks5h://all.test:3 NO_PROXY=server.test", "wss://server.test", ""},
		{"ALL_PROXY=socks5h://all.test:3 NO_PROXY=server.test", "wss://server.test.", ""},
		{"ALL_PROXY=socks5h://all.test:3 no_proxy=.test", "wss://server.test", ""},
		{"ALL_PROXY=socks5h://all.test:3 NO_PROXY=server.test:444", "wss://server.test", all},
		{"ALL_PROXY=socks5h://all.test:3 NO_PROXY=server.test:444", "wss://server.test:444", ""},
		{"ALL_PROXY=socks5h://all.test:3 NO_PROXY=10.0.0.0/8", "wss://10.1.2.3", ""},
		{"ALL_PROXY=socks5h://all.test:3 NO_PROXY=10.0.0.0/8", "wss://11.1.2.3", all},
		{"ALL_PROXY=socks5h://all.test:3 NO_PROXY=*", "wss://server.test", ""},
		{"ALL_PROXY=http://all.test:3", "ws://127.0.0.1:9", ""},
		{"ALL_PROXY=http://all.test:3", "ws://127.1.2.3:9", ""},
		{"ALL_PROXY=http://all.test:3", "ws://[::1]:9", ""},
		{"ALL_PROXY=http://all.test:3", "ws://localhost:9", ""},
		{"ALL_PROXY=http://all.test:3", "ws://localhost.:9", ""},
		{"ALL_PROXY=http://all.test:3", "ws://a.localhost:9", ""},
		{"HTTPS_PROXY=http://p.test:1 REQUEST_METHOD=GET", "wss://server.test", p},
		{"ALL_PROXY=http://all.test:3 REQUEST_METHOD=GET", "ws://server.test", all},
	} {
		t.Run(c.environment+" "+c.url, func(t *testing.T) {
			setEnvironment(t, c.environment)
			wantProxy(t, c.url, "", c.want)
		})
	}
}

func TestProxyEnvironmentRefused(t *testing.T) {
	for _, c := range []struct{ environment, message, want string }{
		{"HTTP_PROXY=ftp://joe:Tr0ub4dor@p.test", failure.MsgProxyURI,
			`read proxy url "ftp://p.test" of HTTP_PROXY: another scheme than http, https, socks5 and socks5h: use one of these`},
		{"all_proxy=http://p.test:x", failure.MsgProxyURI,
			`read proxy url "http://p.test:x" of all_proxy: a port that is no number from 1 to 65535: correct it, or leave it out with its colon`},
		{"HTTP_PROXY=http://p.test REQUEST_METHOD=GET", failure.MsgProxy, "proxy for server.test:80: HTTP_PROXY is not to be trusted " +
			"in a CGI process (REQUEST_METHOD is set): use ALL_PROXY, or the option proxy"},
	} {
		setEnvironment(t, c.environment)
		err := wantProxy(t, "ws://server.test", "", "")
		category := failure.Proxy
		if c.message == failure.MsgProxyURI {
			category = failure.URI
		}
		wantFailure(t, err, failure.PhaseProxy, category, c.message)
		wantText(t, err, c.want)
	}
}

// Who dials knows the way: the environment is not looked at.
func TestProxyEnvironmentWithDialContext(t *testing.T) {
	t.Setenv("ALL_PROXY", "http://p.test:1")
	o := longTimeouts
	o.DialContext = func(_ context.Context, _, address string) (net.Conn, error) { return nil, errors.New("far enough") }
	_, err := dialURL(t, "ws://server.test", o)
	wantText(t, err, "dial tcp server.test:80: far enough")
	o.Proxy = "http://q.test:2"
	_, err = dialURL(t, "ws://server.test", o)
	wantText(t, err, "tunnel to server.test:80: proxy q.test:2 cannot be reached: dial tcp q.test:2: far enough")
}

// A name that never resolves is not handed to a proxy, either.
func TestProxyInvalidName(t *testing.T) {
	o := longTimeouts
	o.DialContext = func(_ context.Context, _, address string) (net.Conn, error) {
		t.Errorf("dialled %s", address)
		return nil, errors.New("far enough")
	}
	o.Proxy = "http://proxy.test"
	_, err := dialURL(t, "wss://server.invalid", o)
	wantFailure(t, err, failure.PhaseDNS, failure.DNS, failure.MsgTransport)
	o.Proxy = "http://proxy.invalid"
	_, err = dialURL(t, "wss://server.test", o)
	wantFailure(t, err, failure.PhaseProxy, failure.Proxy, failure.MsgProxy)
	wantText(t, err, "tunnel to server.test:443: proxy proxy.invalid:80 cannot be reached: look up proxy.invalid: "+
		"names under .invalid never resolve (RFC 6761 §6.4)")
}

func FuzzProxyURL(f *testing.F) {
	for _, seed := range []string{"http://proxy.test", "socks5://joe:secret@[::1]:9/", "joe:p/w@h:3128", "direct", "://", "a@b@c", "h:0#"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		const secret = "Tr0ub4dor"
		scheme, rest, found := strings.Cut(raw, "://")
		if !found {
			scheme, rest = "http", raw
		}
		if strings.Contains(scheme, "@") {
			return
		}
		for _, proxy := range []string{raw, scheme + "://joe:" + secret + "@" + rest} {
			o := longTimeouts
			o.Proxy = proxy
			o.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("far enough") }
			_, err := dialURL(t, "ws://server.test", o)
			var known *failure.Error
			if !errors.As(err, &known) || strings.Contains(err.Error(), secret) || strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Errorf("%q: got %v", proxy, err)
			}
		}
	})
}

// setEnvironment sets the proxy variables, given as "NAME=value NAME=value", and clears the others.
func setEnvironment(t *testing.T, settings string) {
	t.Helper()
	for _, name := range proxyVariables {
		t.Setenv(name, "")
	}
	for setting := range strings.FieldsSeq(settings) {
		name, value, _ := strings.Cut(setting, "=")
		t.Setenv(name, value)
	}
}
