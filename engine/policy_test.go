package engine_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/echo"
)

// countingServer answers each request on a loopback port with answer and counts the
// connections.
func countingServer(t *testing.T, answer string) (address string, accepted *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted = new(atomic.Int32)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				conn.Write([]byte(answer))
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return listener.Addr().String(), accepted
}

// endsWith connects under the policy of two lists and returns the outcome: "open", or
// category and detail.
func endsWith(t *testing.T, url, allow, deny string, opts engine.ConnectOptions) string {
	t.Helper()
	policy, err := engine.NewPolicy(items(allow), items(deny))
	if err != nil {
		t.Fatal(err)
	}
	return endsUnder(t, policy, url, opts)
}

// endsUnder is endsWith for a policy.
func endsUnder(t *testing.T, policy engine.Policy, url string, opts engine.ConnectOptions) string {
	t.Helper()
	eng := engine.New(engine.Options{Policy: policy})
	defer eng.Shutdown(t.Context())
	if _, err := eng.Connect(url, opts); err != nil {
		t.Fatal(err)
	}
	h := closer{eng: eng}
	for eng.Live() > 0 {
		<-eng.Ready()
		eng.Dispatch(&h, engine.Budget{})
	}
	if h.opened {
		return "open"
	}
	if denied := h.end.Category == engine.CategoryDenied; denied != (h.end.Message == "Connection rejected" &&
		h.end.Phase == engine.PhasePolicy && !h.end.Retryable) {
		t.Errorf("%s ended with %+v", url, h.end)
	}
	return fmt.Sprintf("%s: %s", h.end.Category, h.end.Detail)
}

func items(list string) []string {
	if list == "" {
		return nil
	}
	return []string{list}
}

// closer closes each connection as it opens.
type closer struct {
	engine.NopHandler
	eng    *engine.Engine
	opened bool
	end    *engine.End
}

func (c *closer) Opened(id engine.ID, _ *engine.Info) { c.opened = true; c.eng.Close(id, 1000, "") }
func (c *closer) Ended(_ engine.ID, end *engine.End)  { c.end = end }

// A loopback address is denied in every spelling, or the URL is refused.
func TestPolicySpellings(t *testing.T) {
	server, err := echo.Start("", echo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	port := strings.Trim(server.URL()[strings.LastIndexByte(server.URL(), ':'):], ":/")
	for _, host := range []string{"127.0.0.1", "127.0.0.1.", "localhost", "LOCALHOST", "[::ffff:127.0.0.1]",
		"[::FFFF:7f00:1]",
		"[0:0:0:0:0:ffff:127.0.0.1]", "%31%32%37.0.0.1", "１２７．０。０。１", "u:p@127.0.0.1"} {
		url := "ws://" + host + ":" + port + "/"
		if got := endsWith(t, url, "", "$private", engine.ConnectOptions{}); !strings.HasPrefix(got, "denied: ") ||
			!strings.HasSuffix(got, ":"+port+": connecting is not allowed by the rule $private") {
			t.Errorf("%s: %s", url, got)
		}
		if got := endsWith(t, url, "localhost:"+port, "", engine.ConnectOptions{}); got != "open" {
			t.Errorf("%s, allowed: %s", url, got)
		}
	}
	for _, host := range []string{"2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "0", "127.0.0.01"} {
		if got := endsWith(t, "ws://"+host+":"+port+"/", "", "", engine.ConnectOptions{}); !strings.HasPrefix(got,
			"uri: ") {
			t.Errorf("%s: %s", host, got)
		}
	}
}

// Before a look-up a policy is asked about the name, where only ErrNameRefused counts.
func TestPolicyBeforeALookUp(t *testing.T) {
	server, err := echo.Start("127.0.0.1:0", echo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	url := strings.Replace(server.URL(), "127.0.0.1", "localhost", 1)
	for name, c := range map[string]struct {
		refusal error // of the name alone
		want    string
	}{
		"allowed":              {nil, "open"},
		"for a proxy's case":   {errors.New("which address?"), "open"},
		"whatever its address": {fmt.Errorf("not that one: %w", engine.ErrNameRefused), "denied: dial tcp "},
	} {
		var asked []bool // whether an address was known; by one dial at a time
		policy := func(_ context.Context, host string, addr netip.AddrPort) error {
			asked = append(asked, addr.IsValid())
			if !addr.IsValid() {
				return c.refusal
			}
			return nil
		}
		got := endsUnder(t, policy, url, engine.ConnectOptions{})
		if !strings.HasPrefix(got, c.want) || asked[0] || (c.want == "open") != (len(asked) > 1) {
			t.Errorf("%s: %s, asked with an address: %v", name, got, asked)
		}
	}
	if got := endsWith(t, "ws://denied.test.:81/", "", "*.test", engine.ConnectOptions{}); got !=
		"denied: dial tcp denied.test.:81: the policy refuses it: denied.test:81: connecting is not allowed by the "+
			"rule *.test" {
		t.Error(got)
	}
}

// A redirect leads no further than a URL of the script's own.
func TestPolicyOnRedirects(t *testing.T) {
	inside, accepted := countingServer(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	outside, _ := countingServer(t, "HTTP/1.1 302 Found\r\nLocation: ws://"+inside+"/\r\nContent-Length: 0\r\n\r\n")
	opts := engine.ConnectOptions{Redirects: 3}
	if got := endsWith(t, "ws://"+outside+"/", outside, "", opts); !strings.HasPrefix(got, "denied: ") ||
		!strings.HasSuffix(got, inside+": connecting is not allowed") {
		t.Error(got)
	}
	if got := endsWith(t, "ws://"+outside+"/", "", inside, opts); !strings.HasPrefix(got, "denied: ") ||
		!strings.HasSuffix(got, inside+": connecting is not allowed by the rule "+inside) {
		t.Error(got)
	}
	if n := accepted.Load(); n != 0 {
		t.Errorf("the server that is denied was connected to %d times", n)
	}
	if got := endsWith(t, "ws://"+outside+"/", outside+","+inside, "", opts); !strings.HasPrefix(got,
		"http_status: ") || accepted.Load() != 1 {
		t.Errorf("allowed, it is not followed: %s", got)
	}
}

// A proxy that a script names is a target like others, so it opens no way inwards.
func TestPolicyOnNamedProxies(t *testing.T) {
	proxy, accepted := countingServer(t, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
	for _, scheme := range []string{"http", "https", "socks5h"} {
		opts := engine.ConnectOptions{Proxy: scheme + "://" + proxy}
		got := endsWith(t, "ws://example.com/", "", "$private", opts)
		if !strings.HasPrefix(got, "denied: ") || !strings.HasSuffix(got, proxy+": connecting is not allowed by the "+
			"rule $private") {
			t.Errorf("%s: %s", scheme, got)
		}
		got = endsWith(t, "ws://example.com/", "example.com", "", opts)
		if !strings.HasPrefix(got, "denied: ") || !strings.HasSuffix(got, proxy+": connecting is not allowed") {
			t.Errorf("%s: %s", scheme, got)
		}
		got = endsWith(t, "ws://example.com/", proxy, "", opts)
		if !strings.HasPrefix(got, "denied: ") || !strings.HasSuffix(got, "example.com:80: connecting is not allowed") {
			t.Errorf("%s, the proxy alone is allowed: %s", scheme, got)
		}
	}
	for _, host := range []string{"localhost", "LOCALHOST.", "a.localhost", "ⓛocalhost"} {
		for _, rule := range []string{"127.0.0.1", "127.0.0.0/8", "[::1]:80", "localhost", "0.0.0.0/0"} {
			got := endsWith(t, "ws://"+host+"/", "", rule, engine.ConnectOptions{Proxy: "http://" + proxy})
			if !strings.HasPrefix(got, "denied: ") || strings.Contains(got, proxy) {
				t.Errorf("%s behind a proxy, %s denied: %s", host, rule, got)
			}
		}
	}
	if n := accepted.Load(); n != 0 {
		t.Errorf("a proxy was connected to %d times", n)
	}
	opts := engine.ConnectOptions{Proxy: "http://" + proxy}
	if got := endsWith(t, "ws://example.com/", proxy+",example.com", "", opts); !strings.HasPrefix(got, "proxy: ") ||
		accepted.Load() != 1 {
		t.Errorf("both are allowed: %s", got)
	}
}

func TestNewPolicyErrors(t *testing.T) {
	_, err := engine.NewPolicy(nil, []string{"ok.example,*"})
	if err == nil || !strings.HasPrefix(err.Error(), `bad item "*" of deny: `) {
		t.Error(err)
	}
	if _, err := engine.NewPolicy([]string{"bücher.example"}, nil); err != nil {
		t.Error(err)
	}
}
