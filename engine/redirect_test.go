package engine_test

import (
	"crypto/tls"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// A hop is a request that a server gets, as "host:port/path", and the Location with which
// it answers; "" accepts.
type hop struct{ at, location string }

// follow connects to url and plays the servers of hops in order. It returns the request
// that each one got, as "Authorization|Cookie|Proxy-Authorization".
func follow(t *testing.T, url string, opts engine.ConnectOptions, hops ...hop) (h *enginetest.Rig, told []string) {
	t.Helper()
	h = enginetest.New(t, engine.Options{})
	listeners := map[string]*wstest.Listener{enginetest.Addr: h.Listener}
	for _, hop := range hops {
		addr, _, _ := strings.Cut(hop.at, "/")
		if listeners[addr] == nil {
			l, err := h.Net.Listen(addr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			listeners[addr] = l
		}
	}
	h.ID = h.Connect(url, opts)
	for _, hop := range hops {
		addr, path, _ := strings.Cut(hop.at, "/")
		peer := wstest.Accept(t, listeners[addr])
		if hop.location == "" {
			peer.Handshake(wstest.Answer{})
		} else {
			peer.ReadRequest()
			peer.SendRaw([]byte("HTTP/1.1 307 Elsewhere\r\nLocation: " + hop.location + "\r\nContent-Length: " +
				"0\r\n\r\n"))
		}
		if got := peer.Request.URL.RequestURI(); got != "/"+path {
			t.Fatalf("asked %s for %s, want /%s", addr, got, path)
		}
		told = append(told, peer.Request.Header.Get("Authorization")+"|"+peer.Request.Header.Get("Cookie")+
			"|"+peer.Request.Header.Get("Proxy-Authorization"))
	}
	return h, told
}

func TestRedirects(t *testing.T) {
	const refused = `error "Invalid HTTP status." http_status`
	header := func() http.Header {
		return http.Header{"Authorization": {"secret"}, "Cookie": {"a=1"}, "Proxy-authorization": {"basic"}}
	}
	inBubble(t, "not followed by default", func(t *testing.T) {
		h, _ := follow(t, enginetest.URL, engine.ConnectOptions{}, hop{"peer.test:80/", "/next"})
		h.Want(refused)
		if end := h.End(h.ID); end.HTTP.Status != 307 || end.HTTP.Location != "/next" || end.Retryable {
			t.Errorf("end %+v", end.HTTP)
		}
	})
	inBubble(t, "within the origin everything is carried along", func(t *testing.T) {
		h, told := follow(t, "ws://peer.test/a?b", engine.ConnectOptions{Redirects: 2, Header: header()},
			hop{"peer.test:80/a?b", "c"}, hop{"peer.test:80/c", "http://PEER.test:80/d#fragment"},
			hop{"peer.test:80/d", ""})
		h.Want("open")
		wantTold(t, told, "secret|a=1|basic", "secret|a=1|basic", "secret|a=1|basic")
	})
	inBubble(t, "to another origin no credentials", func(t *testing.T) {
		h, told := follow(t, enginetest.URL, engine.ConnectOptions{Redirects: 1, Header: header()},
			hop{"peer.test:80/", "ws://other.test:81/x"}, hop{"other.test:81/x", ""})
		h.Want("open")
		wantTold(t, told, "secret|a=1|basic", "||")
	})
	inBubble(t, "the URL's user name goes to its origin alone, but for one that the location has", func(t *testing.T) {
		h, told := follow(t, "ws://user:pass@peer.test/", engine.ConnectOptions{Redirects: 3},
			hop{"peer.test:80/", "/same"}, hop{"peer.test:80/same", "ws://other.test:81/x"},
			hop{"other.test:81/x", "ws://u:p@peer.test/y"}, hop{"peer.test:80/y", ""})
		h.Want("open")
		wantTold(t, told, "Basic dXNlcjpwYXNz||", "Basic dXNlcjpwYXNz||", "||", "Basic dTpw||")
	})
	for name, test := range map[string]struct {
		limit  int
		hops   []hop
		detail string
	}{
		"none allowed": {0, []hop{{"peer.test:80/", "/a"}}, "it redirects to /a, which is not followed unless option " +
			"Redirects allows it"},
		"the limit": {1, []hop{{"peer.test:80/", "/a"}, {"peer.test:80/a", "/b"}}, "more than the 1"},
		"a circle": {9, []hop{{"peer.test:80/", "/a"}, {"peer.test:80/a", "//u:secret@peer.test"}},
			"in a circle"},
		"another scheme":    {9, []hop{{"peer.test:80/", "ftp://x/"}}, "scheme"},
		"what is no URL":    {9, []hop{{"peer.test:80/", "http://%zz/"}}, "no URL"},
		"an unlikely place": {9, []hop{{"peer.test:80/", "http://x:0/"}}, "port"},
		"a long place": {9, []hop{{"peer.test:80/", "http://x:0/" + strings.Repeat("x", 10_000)}},
			"xxx…, which is not followed"},
		"a tricky place": {9, []hop{{"peer.test:80/", "http://x:0/\u202e\x80."}}, "to http://x:0/??., which is not " +
			"followed"},
	} {
		inBubble(t, "refused: "+name, func(t *testing.T) {
			h, _ := follow(t, enginetest.URL, engine.ConnectOptions{Redirects: test.limit}, test.hops...)
			h.Want(refused)
			end := h.End(h.ID)
			if !strings.Contains(end.Detail, test.detail) || strings.Contains(end.Detail, "secret") ||
				len(end.Detail) > 1000 || end.HTTP.Status != 307 {
				t.Errorf("detail %q, want %q", end.Detail, test.detail)
			}
		})
	}
}

// From wss to ws no redirect is followed, not even within the host: everybody on the way
// would read the rest.
func TestRedirectsKeepTLS(t *testing.T) {
	cert := wstest.Certificate(t, "peer.test")
	inBubble(t, "", func(t *testing.T) {
		h := enginetest.New(t, engine.Options{TLSConfig: &tls.Config{RootCAs: cert.Roots}})
		l, err := h.Net.Listen("peer.test:443")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		h.ID = h.Connect("wss://peer.test/", engine.ConnectOptions{Redirects: 9})
		peer := wstest.Accept(t, tls.NewListener(l, cert.Server))
		peer.ReadRequest()
		peer.SendRaw([]byte("HTTP/1.1 307 Elsewhere\r\nLocation: ws://peer.test:443/\r\nContent-Length: 0\r\n\r\n"))
		h.Want(`error "Invalid HTTP status." http_status`)
		if end := h.End(h.ID); !strings.Contains(end.Detail, "from wss to ws") || len(h.Net.Dials()) != 1 {
			t.Errorf("%d dials, detail %q", len(h.Net.Dials()), end.Detail)
		}
	})
}

// A client certificate, and the name that the server's certificate must have, are for the
// origin that the script named.
func TestRedirectsKeepTheCertificate(t *testing.T) {
	cert := wstest.Certificate(t, "peer.test", "other.test", "alias.test")
	server := cert.Server.Clone()
	server.ClientAuth = tls.RequestClientCert
	for name, c := range map[string]struct {
		locations []string // of each hop but the last
		want      []string // the name asked for, and the client's certificate
	}{
		"within the origin": {[]string{"/next"}, []string{"alias.test tidewire test server", "alias.test tidewire " +
			"test server"}},
		"to another and back": {[]string{"wss://other.test/", "wss://peer.test/back"},
			[]string{"alias.test tidewire test server", "other.test ", "peer.test "}},
	} {
		inBubble(t, name, func(t *testing.T) {
			h := enginetest.New(t, engine.Options{TLSConfig: &tls.Config{RootCAs: cert.Roots}})
			listeners := make(map[string]net.Listener)
			for _, host := range []string{"peer.test", "other.test"} {
				l, err := h.Net.Listen(host + ":443")
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { l.Close() })
				listeners[host] = tls.NewListener(l, server)
			}
			h.ID = h.Connect("wss://peer.test/", engine.ConnectOptions{Redirects: 9,
				TLS: engine.TLSOptions{Cert: cert.CertFile, Key: cert.KeyFile, ServerName: "alias.test"}})
			at := "peer.test"
			for i, want := range c.want {
				peer := wstest.Accept(t, listeners[at])
				last := i == len(c.locations)
				if last {
					peer.Handshake(wstest.Answer{})
				} else {
					peer.ReadRequest()
					peer.SendRaw([]byte("HTTP/1.1 307 Elsewhere\r\nLocation: " + c.locations[i] +
						"\r\nContent-Length: 0\r\n\r\n"))
					if host, ok := strings.CutPrefix(c.locations[i], "wss://"); ok {
						at, _, _ = strings.Cut(host, "/")
					}
				}
				state := peer.Conn.(*tls.Conn).ConnectionState()
				got := state.ServerName + " "
				if len(state.PeerCertificates) > 0 {
					got += state.PeerCertificates[0].Subject.CommonName
				}
				if got != want {
					t.Errorf("hop %d was shown %q, want %q", i, got, want)
				}
			}
			h.Want("open")
		})
	}
}

func wantTold(t *testing.T, told []string, want ...string) {
	t.Helper()
	if !slices.Equal(told, want) {
		t.Errorf("servers were told %q, want %q", told, want)
	}
}
