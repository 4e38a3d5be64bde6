package dial_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

// chosen is a ProxyFor that always chooses one.
func chosen(proxyURL, source string) func(*url.URL) (dial.Proxy, error) {
	return func(*url.URL) (dial.Proxy, error) { return dial.Proxy{URL: proxyURL, Source: source}, nil }
}

// wantProxy checks which proxy a server is reached through if a script may name one; ""
// for none.
func wantProxy(t *testing.T, server, proxy, want string) error {
	t.Helper()
	o := longTimeouts
	o.Proxy, o.ProxyFor = proxy, chosen("http://chosen.test:1", "")
	return wantProxyOf(t, server, o, want)
}

func wantProxyOf(t *testing.T, server string, o dial.Options, want string) error {
	t.Helper()
	got, err := dial.ChooseProxy(parse(t, server), o)
	if got != want {
		t.Errorf("%s with proxy %q: through %q, want %q (%v)", server, o.Proxy, got, want, err)
	}
	return err
}

func TestProxyOption(t *testing.T) {
	for _, c := range []struct{ proxy, want string }{
		{"", "chosen.test:1"},
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
	wantProxy(t, "ws://127.0.0.1:9", "http://proxy.test:3128", "proxy.test:3128") // loopback is not an exception here
}

func TestProxyBadURL(t *testing.T) {
	for _, c := range []struct{ proxy, want string }{
		{"ftp://joe:Tr0ub4dor@proxy.test", `read proxy url "ftp://proxy.test": another scheme than http, https, ` +
			`socks5 and socks5h: use one of these`},
		{"ws://proxy.test", `read proxy url "ws://proxy.test": another scheme`},
		{"socks4://proxy.test", `read proxy url "socks4://proxy.test": another scheme`},
		{"http://", `read proxy url "http://": no host`},
		{"http://joe:Tr0ub4dor@", `read proxy url "http://": no host`},
		{"http://proxy.test:0", `read proxy url "http://proxy.test:0": a port that is no number from 1 to 65535`},
		{"http://joe:Tr0ub4dor/x@proxy.test", `read proxy url "http://proxy.test": something behind the host: remove ` +
			`it, or write %2F`},
		{"http://joe:12/Tr0ub4dor@proxy.test", `read proxy url "http://proxy.test": something behind the host`},
		{"http://joe:Tr0ub4dor#@proxy.test", `read proxy url "http://proxy.test": "#" at offset 20: a fragment means ` +
			`nothing here, write %23`},
		{"http://joe:Tr0ub4dor@proxy.test:x", `read proxy url "http://proxy.test:x": a port that is no number`},
		{"joe:Tr0ub4dor@proxy test", `read proxy url "proxy test": white space before the path`},
		{"http://proxy.test/path", `read proxy url "http://proxy.test/path": something behind the host`},
		{"http://proxy.test\n", `read proxy url "http://proxy.test\n": white space at its start or end`},
		{"socks5://:Tr0ub4dor@proxy.test", `read proxy url "socks5://proxy.test": a user name without a byte`},
		{"socks5://joe:" + strings.Repeat("x", 256) + "@proxy.test", `read proxy url "socks5://proxy.test": a user ` +
			`name without`},
	} {
		err := wantProxy(t, "ws://server.test", c.proxy, "")
		wantFailure(t, err, failure.PhaseProxy, failure.URI, failure.MsgProxyURI)
		if !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "Tr0ub4dor") {
			t.Errorf("got %q, want %q", err, c.want)
		}
	}
}

// The question for a proxy that the script has not named.
func TestProxyFor(t *testing.T) {
	for _, c := range []struct{ server, asked string }{
		{"ws://server.test", "http://server.test:80"},
		{"wss://server.test/path", "https://server.test:443"},
		{"wss://joe:secret@Server.test.:444", "https://server.test:444"},
		{"ws://[::1]:9", "http://[::1]:9"},
	} {
		o := longTimeouts
		var asked string
		o.ProxyFor = func(target *url.URL) (dial.Proxy, error) {
			asked = target.String()
			return dial.Proxy{}, nil
		}
		wantProxyOf(t, c.server, o, "")
		if asked != c.asked {
			t.Errorf("%s: asked about %q, want %q", c.server, asked, c.asked)
		}
	}
}

func TestProxyForRefused(t *testing.T) {
	for _, c := range []struct{ proxy, source, want string }{
		{"ftp://joe:Tr0ub4dor@p.test", "HTTP_PROXY",
			`read proxy url "ftp://p.test" of HTTP_PROXY: another scheme than http, https, socks5 and socks5h: ` +
				`use one ` +
				`of these`},
		{"http://p.test:x", "all_proxy",
			`read proxy url "http://p.test:x" of all_proxy: a port that is no number from 1 to 65535: correct it, or ` +
				`leave it out with its colon`},
		{"http://p.test:x", "",
			`read proxy url "http://p.test:x": a port that is no number from 1 to 65535: correct it, or leave it out ` +
				`with its colon`},
	} {
		o := longTimeouts
		o.ProxyFor = chosen(c.proxy, c.source)
		err := wantProxyOf(t, "ws://server.test", o, "")
		wantFailure(t, err, failure.PhaseProxy, failure.URI, failure.MsgProxyURI)
		wantText(t, err, c.want)
	}
	o := longTimeouts
	untrusted := errors.New("HTTP_PROXY is not to be trusted")
	o.ProxyFor = func(*url.URL) (dial.Proxy, error) { return dial.Proxy{}, untrusted }
	err := wantProxyOf(t, "ws://server.test", o, "")
	wantFailure(t, err, failure.PhaseProxy, failure.Proxy, failure.MsgProxy)
	wantText(t, err, "proxy for server.test:80: HTTP_PROXY is not to be trusted")
	if !errors.Is(err, untrusted) {
		t.Errorf("the cause is lost: %v", err)
	}
}

// The dialer knows the way: nobody is asked for a proxy.
func TestProxyForWithDialContext(t *testing.T) {
	o := longTimeouts
	o.ProxyFor = chosen("http://p.test:1", "")
	o.DialContext = func(_ context.Context, _, address string) (net.Conn, error) {
		return nil,
			errors.New("far enough")
	}
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
	for _, seed := range []string{"http://proxy.test", "socks5://joe:secret@[::1]:9/", "joe:p/w@h:3128", "direct",
		"://", "a@b@c", "h:0#"} {
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
			o.DialContext = func(context.Context, string, string) (net.Conn, error) {
				return nil,
					errors.New("far enough")
			}
			_, err := dialURL(t, "ws://server.test", o)
			var known *failure.Error
			if !errors.As(err, &known) || strings.Contains(err.Error(), secret) ||
				strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Errorf("%q: got %v", proxy, err)
			}
		}
	})
}
