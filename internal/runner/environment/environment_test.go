package environment_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/runner/environment"
)

// of returns an environment of variables written as "NAME=value NAME=value".
func of(settings string) environment.Environment {
	values := make(map[string]string)
	for setting := range strings.FieldsSeq(settings) {
		name, value, _ := strings.Cut(setting, "=")
		values[name] = value
	}
	return func(name string) string { return values[name] }
}

func TestProxy(t *testing.T) {
	const p, q, all = "http://p.test:1", "http://q.test:2", "socks5h://all.test:3"
	for _, c := range []struct{ environment, target, want, source string }{
		{"", "http://server.test:80", "", ""},
		{"HTTP_PROXY=http://p.test:1", "http://server.test:80", p, "HTTP_PROXY"},
		{"HTTP_PROXY=http://p.test:1", "https://server.test:443", "", ""},
		{"HTTP_PROXY=p.test:1", "http://server.test:80", "p.test:1", "HTTP_PROXY"},
		{"http_proxy=http://p.test:1 HTTP_PROXY=http://q.test:2", "http://server.test:80", p, "http_proxy"},
		{"HTTPS_PROXY=http://p.test:1", "https://server.test:443", p, "HTTPS_PROXY"},
		{"https_proxy=http://p.test:1", "https://server.test:443", p, "https_proxy"},
		{"HTTPS_PROXY=http://p.test:1", "http://server.test:80", "", ""},
		{"ALL_PROXY=socks5h://all.test:3", "http://server.test:80", all, "ALL_PROXY"},
		{"all_proxy=socks5h://all.test:3", "https://server.test:443", all, "all_proxy"},
		{"ALL_PROXY=socks5h://all.test:3 HTTPS_PROXY=http://q.test:2", "https://server.test:443", q, "HTTPS_PROXY"},
		{"ALL_PROXY=socks5h://all.test:3 NO_PROXY=server.test", "https://server.test:443", "", ""},
		{"ALL_PROXY=socks5h://all.test:3 no_proxy=.test", "https://server.test:443", "", ""},
		{"ALL_PROXY=socks5h://all.test:3 NO_PROXY=server.test:444", "https://server.test:443", all, "ALL_PROXY"},
		{"ALL_PROXY=socks5h://all.test:3 NO_PROXY=server.test:444", "https://server.test:444", "", ""},
		{"ALL_PROXY=socks5h://all.test:3 NO_PROXY=10.0.0.0/8", "https://10.1.2.3:443", "", ""},
		{"ALL_PROXY=socks5h://all.test:3 NO_PROXY=10.0.0.0/8", "https://11.1.2.3:443", all, "ALL_PROXY"},
		{"ALL_PROXY=socks5h://all.test:3 NO_PROXY=*", "https://server.test:443", "", ""},
		{"ALL_PROXY=socks5h://all.test:3", "http://127.0.0.1:9", "", ""},
		{"ALL_PROXY=socks5h://all.test:3", "http://127.1.2.3:9", "", ""},
		{"ALL_PROXY=socks5h://all.test:3", "http://[::1]:9", "", ""},
		{"ALL_PROXY=socks5h://all.test:3", "http://localhost:9", "", ""},
		{"ALL_PROXY=socks5h://all.test:3", "http://a.localhost:9", "", ""},
		{"HTTPS_PROXY=http://p.test:1 REQUEST_METHOD=GET", "https://server.test:443", p, "HTTPS_PROXY"},
		{"ALL_PROXY=socks5h://all.test:3 REQUEST_METHOD=GET", "http://server.test:80", all, "ALL_PROXY"},
		{"HTTP_PROXY=ftp://joe:Tr0ub4dor@p.test", "http://server.test:80", "ftp://joe:Tr0ub4dor@p.test", "HTTP_PROXY"},
	} {
		target, err := url.Parse(c.target)
		if err != nil {
			t.Fatal(err)
		}
		got, err := of(c.environment).Proxy(target)
		if want := (engine.Proxy{URL: c.want, Source: c.source}); got != want || err != nil {
			t.Errorf("%s with %q: %+v, %v, want %+v", c.target, c.environment, got, err, want)
		}
	}
}

func TestProxyOfCGI(t *testing.T) {
	target := &url.URL{Scheme: "http", Host: "server.test:80"}
	got, err := of("HTTP_PROXY=http://p.test REQUEST_METHOD=GET").Proxy(target)
	const want = "HTTP_PROXY is not to be trusted in a CGI process (REQUEST_METHOD is set): use ALL_PROXY, or the " +
		"option proxy"
	if err == nil || err.Error() != want || got != (engine.Proxy{}) {
		t.Errorf("%+v, %v, want %s", got, err, want)
	}
}

func TestTLSConfig(t *testing.T) {
	dir := t.TempDir()
	keys, missing := filepath.Join(dir, "keys.log"), filepath.Join(dir, "missing", "keys.log")
	written := fmt.Sprintf("WARN SSLKEYLOGFILE: the keys of all TLS connections are written to %q: who can read it "+
		"can decrypt them\n", keys)
	for range 2 { // appended to
		wantLog(t, shakeTwice(t, keys), written)
	}
	text, err := os.ReadFile(keys)
	if n := strings.Count(string(text), "CLIENT_TRAFFIC_SECRET_0 "); err != nil || n != 4 {
		t.Errorf("%d secrets, %v", n, err)
	}
	if info, err := os.Stat(keys); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}

	got := shakeTwice(t, missing)
	if strings.Count(got, fmt.Sprintf("WARN SSLKEYLOGFILE: open %q: ", missing)) != 1 || strings.Count(got, "\n") != 1 {
		t.Errorf("logged %q", got)
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		got := shakeTwice(t, "/dev/full")
		if strings.Count(got, `WARN SSLKEYLOGFILE: write "/dev/full": no space left on device: TLS keys are `+
			`missing there`) != 1 {
			t.Errorf("logged %q", got)
		}
	}
	wantLog(t, shakeTwice(t, ""), "")
}

func wantLog(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("logged %q, want %q", got, want)
	}
}

// shakeTwice shakes hands twice with the keys logged to a file, and returns the log.
func shakeTwice(t *testing.T, file string) (log string) {
	t.Helper()
	var buffer bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&buffer,
		&slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))
	config := of("SSLKEYLOGFILE=" + file).TLSConfig(logger)
	config.InsecureSkipVerify = true
	server := &tls.Config{Certificates: []tls.Certificate{newCertificate(t)}}
	for range 2 {
		ours, theirs := net.Pipe()
		answered := make(chan error, 1)
		go func() { answered <- tls.Server(theirs, server).Handshake() }()
		if err := tls.Client(ours, config).Handshake(); err != nil {
			t.Fatal(err)
		}
		ours.Close()
		<-answered
	}
	for line := range strings.Lines(buffer.String()) {
		level, message, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "level="), " msg=")
		if text, err := strconv.Unquote(message); err == nil {
			message = text
		}
		log += level + " " + message + "\n"
	}
	return log
}

func newCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
