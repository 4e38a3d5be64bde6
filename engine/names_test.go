package engine_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/testing/enginetest"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// A text that advises to set an option names it as its reader knows it: by the Go field
// if the options do not say how.
func TestNamesOfFields(t *testing.T) {
	cert := wstest.Certificate(t, "peer.test")
	secure := func(change func(*engine.ConnectOptions)) func(*testing.T, engine.Options, engine.ConnectOptions) string {
		return func(t *testing.T, opts engine.Options, connect engine.ConnectOptions) string {
			h := enginetest.New(t, opts)
			l, err := h.Net.Listen("peer.test:443")
			if err != nil {
				t.Fatal(err)
			}
			var server sync.WaitGroup
			server.Go(func() {
				if conn, err := l.Accept(); err == nil {
					_ = tls.Server(conn, cert.Server).Handshake() // fails: the client does not trust it
					conn.Close()
				}
			})
			defer server.Wait()
			defer l.Close()
			change(&connect)
			return h.End(h.Connect("wss://peer.test/", connect)).Detail
		}
	}
	refused := func(header string) func(*testing.T, engine.Options, engine.ConnectOptions) string {
		return func(t *testing.T, opts engine.Options, connect engine.ConnectOptions) string {
			connect.Header = http.Header{header: {"x"}}
			_, err := enginetest.New(t, opts).Engine.Connect("ws://peer.test/", connect)
			var option *engine.OptionError
			if !errors.As(err, &option) {
				t.Fatalf("error %v", err)
			}
			return option.Got
		}
	}
	for name, c := range map[string]struct {
		text       func(*testing.T, engine.Options, engine.ConnectOptions) string
		own, named string
	}{
		"a subprotocol as a header": {refused("Sec-Websocket-Protocol"),
			"Sec-Websocket-Protocol: the opening handshake sets it, use the option 'Protocols'",
			"Sec-Websocket-Protocol: the opening handshake sets it, use the option '<Protocols>'"},
		"an extension as a header": {refused("Sec-Websocket-Extensions"),
			"Sec-Websocket-Extensions: the opening handshake sets it, use the option 'Compression'",
			"Sec-Websocket-Extensions: the opening handshake sets it, use the option '<Compression>'"},
		"a host as a header": {refused("Host"), "Host: the opening handshake sets it, use the URL",
			"Host: the opening handshake sets it, use the URL"},
		"the handshake's key as a header": {refused("Sec-Websocket-Key"),
			"Sec-Websocket-Key: the opening handshake sets it", "Sec-Websocket-Key: the opening handshake sets it"},
		"too many redirects": {func(t *testing.T, _ engine.Options, connect engine.ConnectOptions) string {
			connect.Redirects = 1
			h, _ := follow(t, enginetest.URL, connect, hop{"peer.test:80/", "/a"}, hop{"peer.test:80/a", "/b"})
			return h.End(h.ID).Detail
		}, "it would be more than the 1 that option Redirects allows",
			"it would be more than the 1 that option <Redirects> allows"},
		"a key without a certificate": {secure(func(o *engine.ConnectOptions) { o.TLS.Key = cert.KeyFile }),
			"TLS.Key without TLS.Cert", "<TLS.Key> without <TLS.Cert>"},
		"an unknown authority": {secure(func(*engine.ConnectOptions) {}),
			"give the authority's certificate in TLS.CA or TLSConfig.RootCAs",
			"give the authority's certificate in <TLS.CA> or ROOTS"},
	} {
		inBubble(t, name, func(t *testing.T) {
			if got := c.text(t, engine.Options{}, engine.ConnectOptions{}); !strings.HasSuffix(got, c.own) &&
				!strings.Contains(got, c.own+":") {
				t.Errorf("got %q, want %q", got, c.own)
			}
			named := engine.ConnectOptions{FieldName: func(field string) string { return "<" + field + ">" }}
			if got := c.text(t, engine.Options{RootsName: "ROOTS"}, named); !strings.HasSuffix(got, c.named) &&
				!strings.Contains(got, c.named+":") {
				t.Errorf("with names of its own: got %q, want %q", got, c.named)
			}
		})
	}
}
