package dial_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
)

func TestDialTLS(t *testing.T) {
	cert := newCertificate(t, nil)
	hello := make(chan *tls.ClientHelloInfo, 1)
	address := listenTLS(t, &tls.Config{
		Certificates: []tls.Certificate{cert},
		NextProtos:   []string{"h2", "http/1.1"},
		GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
			hello <- info
			return nil, nil
		},
	}, func(conn *tls.Conn) { conn.Write([]byte("hello")) })

	for _, c := range []struct{ host, serverName, wantSNI string }{
		{"example.com", "", "example.com"},
		{"example.com.", "", "example.com"},
		{"127.0.0.1", "", ""},
		{"other.test", "example.com", "example.com"},
	} {
		o := tlsOptions(address, cert)
		o.TLSConfig.ServerName = c.serverName
		conn, err := dialURL(t, "wss://"+c.host, o)
		if err != nil {
			t.Errorf("%s: %v", c.host, err)
			continue
		}
		buf := make([]byte, 5)
		if _, err := io.ReadFull(conn.Transport, buf); err != nil || string(buf) != "hello" {
			t.Errorf("read %q, %v", buf, err)
		}
		conn.Raw.Close()
		info := <-hello
		if info.ServerName != c.wantSNI || strings.Join(info.SupportedProtos, " ") != "http/1.1" {
			t.Errorf("%s: asked for %q, %q", c.host, info.ServerName, info.SupportedProtos)
		}
		want := dial.TLSInfo{Version: "TLS 1.3", Cipher: conn.TLS.Cipher, Subject: "CN=the leaf",
			Issuer: "CN=the leaf", Expires: cert.Leaf.NotAfter}
		if *conn.TLS != want || !strings.HasPrefix(conn.TLS.Cipher, "TLS_") || conn.Remote != address {
			t.Errorf("%s: got %+v, remote %q", c.host, conn.TLS, conn.Remote)
		}
		if _, ok := conn.Transport.(*dial.TLSConn); !ok {
			t.Errorf("the transport is a %T", conn.Transport)
		}
		if _, ok := conn.Raw.(*net.TCPConn); !ok {
			t.Errorf("the socket is a %T", conn.Raw)
		}
	}
}

func TestDialTLSCertificates(t *testing.T) {
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	good := newCertificate(t, nil)
	for _, c := range []struct {
		name, url string
		cert      tls.Certificate
		trusted   bool
		want      string
	}{
		{"wrong name", "wss://other.test:444", good, true,
			`certificate "CN=the leaf" is for example.com, 127.0.0.1, not for other.test: correct the host, or ` +
				`give the ` +
				`right name in tls.serverName`},
		{"many names", "wss://other.test:444", newCertificate(t, func(c *x509.Certificate) {
			c.DNSNames = []string{"a.test", "b.test", "c.test", "d.test"}
		}), true, `certificate "CN=the leaf" is for a.test, b.test, c.test and 2 more, not for other.test: ` +
			"correct the host, or give the right name in tls.serverName"},
		{"no name", "wss://other.test:444", newCertificate(t, func(c *x509.Certificate) {
			c.DNSNames, c.IPAddresses = nil, nil
		}), true, `certificate "CN=the leaf" of other.test names no host: it lacks subject alternative names, ` +
			"and a common name does not count; the server needs a new one"},
		{"self-signed", "wss://example.com:444", good, false, `certificate "CN=the leaf" of example.com is ` +
			`self-signed ` +
			"and not trusted here: if it is the right one, give it in tls.ca or SSL_CERT_FILE"},
		{"unknown authority", "wss://example.com:444", newAuthority(t, "the authority").certificate(t, nil), false,
			`certificate "CN=the leaf" of example.com is signed by an authority that is not trusted here ("CN=the ` +
				`authority"): ` +
				"give the authority's certificate in tls.ca or SSL_CERT_FILE"},
		{"expired", "wss://other.test:444", newCertificate(t, func(c *x509.Certificate) { c.NotAfter = past }), true,
			`certificate "CN=the leaf" of other.test expired at ` + past.UTC().Format(time.RFC3339) +
				": the server needs a new one, unless this machine's clock is wrong"},
		{"not yet valid", "wss://other.test:444",
			newCertificate(t, func(c *x509.Certificate) { c.NotBefore = future }), true,
			`certificate "CN=the leaf" of other.test is not valid before ` + future.UTC().Format(time.RFC3339) +
				": check this machine's clock"},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := listenTLS(t, &tls.Config{Certificates: []tls.Certificate{c.cert}}, func(*tls.Conn) {})
			o := tlsOptions(address, c.cert)
			if !c.trusted {
				o.TLSConfig.RootCAs = x509.NewCertPool()
			}
			conn, err := dialURL(t, c.url, o)
			wantFailure(t, err, failure.PhaseTLS, failure.TLS, failure.MsgTLSFailed)
			wantText(t, err, "tls handshake with "+strings.TrimPrefix(c.url, "wss://")+": "+c.want)
			if conn.TLS.Error != c.want || conn.TLS.Subject != "CN=the leaf" ||
				conn.TLS.Issuer != c.cert.Leaf.Issuer.String() ||
				!conn.TLS.Expires.Equal(c.cert.Leaf.NotAfter) || conn.TLS.Version != "TLS 1.3" {
				t.Errorf("got %+v", conn.TLS)
			}
			if conn.Transport != nil || conn.Raw != nil || conn.Remote != address {
				t.Errorf("got %+v", conn)
			}
		})
	}
}

func TestDialTLSFailures(t *testing.T) {
	cert := newCertificate(t, nil)
	old := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10,
		MaxVersion: tls.VersionTLS11}
	spdy := &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"spdy"}}
	handshake := func(config *tls.Config) func(net.Conn) {
		return func(conn net.Conn) { tls.Server(conn, config).Handshake() }
	}
	for _, c := range []struct {
		name  string
		serve func(net.Conn)
		want  string
	}{
		{"FIN", func(conn net.Conn) { io.ReadAtLeast(conn, make([]byte, 2000), 200) }, "the server closed the " +
			"connection"},
		{"reset", func(conn net.Conn) {
			io.ReadAtLeast(conn, make([]byte, 2000), 200)
			conn.(*net.TCPConn).SetLinger(0)
		}, "connection reset by the server"},
		{"HTTP", func(conn net.Conn) {
			conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			io.Copy(io.Discard,
				conn)
		},
			"the server speaks plain HTTP on this port, not TLS: use ws:// or another port"},
		{"no TLS", func(conn net.Conn) { conn.Write([]byte("220 mail.test ESMTP\r\n")); io.Copy(io.Discard, conn) },
			"the server does not speak TLS on this port: use ws:// or another port"},
		{"TLS 1.1", handshake(old), "the server speaks no TLS version from 1.2 on, and older ones are not safe: it " +
			"needs an update"},
		{"TLS 1.1, answered all the same", func(conn net.Conn) {
			io.ReadAtLeast(conn, make([]byte, 2000), 200)
			conn.Write(oldServerHello)
			io.Copy(io.Discard, conn)
		}, "the server speaks no TLS version from 1.2 on, and older ones are not safe: it needs an update"},
		{"unknown name", func(conn net.Conn) {
			io.ReadAtLeast(conn, make([]byte, 2000), 200)
			conn.Write([]byte{21, 3, 3, 0, 2, 2, 112})
			io.Copy(io.Discard, conn)
		}, "the server knows no host 127.0.0.1: correct the URL, or tls.serverName"},
		{"another protocol alone", handshake(spdy), "the server refuses: no application protocol"},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := listen(t, "127.0.0.1:0", c.serve)
			conn, err := dialURL(t, "wss://"+address, tlsOptions(address, cert))
			category := failure.TLS
			switch c.want {
			case "connection reset by the server":
				category = failure.Reset
			case "the server closed the connection":
				category = failure.EOF
			}
			wantFailure(t, err, failure.PhaseTLS, category, failure.MsgTLSFailed)
			wantText(t, err, "tls handshake with "+address+": "+c.want)
			if conn.TLS == nil || conn.TLS.Error != c.want || conn.Transport != nil {
				t.Errorf("got %+v, %+v", conn, conn.TLS)
			}
		})
	}
}

func TestDialTLSRefusesOldVersions(t *testing.T) {
	cert := newCertificate(t, nil)
	address := listenTLS(t, &tls.Config{
		Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11,
	}, func(*tls.Conn) {})
	o := tlsOptions(address, cert)
	o.TLSConfig.MinVersion = tls.VersionTLS10 // the caller cannot lower it
	_, err := dialURL(t, "wss://example.com", o)
	wantFailure(t, err, failure.PhaseTLS, failure.TLS, failure.MsgTLSFailed)
}

// silent accepts, reads the client's hello and answers nothing until the client has gone.
func silent(greeted chan<- struct{}) func(net.Conn) {
	return func(conn net.Conn) {
		buf := make([]byte, 1)
		conn.Read(buf)
		greeted <- struct{}{}
		io.Copy(io.Discard, conn)
	}
}

func TestDialTLSTimer(t *testing.T) {
	address := listen(t, "127.0.0.1:0", silent(make(chan struct{}, 1)))
	conn, err := dialURL(t, "wss://"+address, dial.Options{TCPTimeout: time.Minute, TLSTimeout: 50 * time.Millisecond})
	wantFailure(t, err, failure.PhaseTLS, failure.Timeout, failure.MsgTLSTimeout)
	wantText(t, err, "tls handshake with "+address+": not finished within 50ms")
	if conn.TLS == nil || conn.TLS.Error != "not finished within 50ms" || conn.Remote != address {
		t.Errorf("got %+v, %+v", conn, conn.TLS)
	}
}

func TestDialCancelledTLS(t *testing.T) {
	greeted := make(chan struct{}, 1)
	address := listen(t, "127.0.0.1:0", silent(greeted)) // its end waits for ours: a socket left open would hang the test
	ctx, cancel := context.WithCancelCause(t.Context())
	closing := errors.New("closed by the script")
	go func() { <-greeted; cancel(closing) }()
	_, err := dial.Dial(ctx, parse(t, "wss://"+address), longTimeouts)
	wantFailure(t, err, failure.PhaseTLS, failure.Closed, failure.MsgTransport)
	wantText(t, err, "tls handshake with "+address+": cancelled: closed by the script")
	if !errors.Is(err, closing) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestTLSEnds(t *testing.T) {
	cert := newCertificate(t, nil)
	for _, c := range []struct {
		name string
		end  func(*tls.Conn)
		want error
	}{
		{"after close_notify", func(conn *tls.Conn) { conn.CloseWrite() }, io.EOF},
		{"without close_notify", func(conn *tls.Conn) {}, io.ErrUnexpectedEOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := listenTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}}, func(conn *tls.Conn) {
				conn.Write([]byte("data"))
				c.end(conn)
				conn.NetConn().(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, conn.NetConn())
			})
			conn, err := dialURL(t, "wss://example.com", tlsOptions(address, cert))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Raw.Close()
			buf := make([]byte, 10)
			if n, err := io.ReadAtLeast(conn.Transport, buf, 4); err != nil || string(buf[:n]) != "data" {
				t.Fatalf("read %q, %v", buf[:n], err)
			}
			for range 2 { // it stays that way
				if _, err := conn.Transport.Read(buf); err != c.want {
					t.Errorf("got %v, want %v", err, c.want)
				}
			}
		})
	}
}

func TestSSLCertFile(t *testing.T) {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		t.Skip("crypto/x509 does not read SSL_CERT_FILE here, and the runner does")
	}
	cert := newCertificate(t, nil)
	address := listenTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}},
		func(conn *tls.Conn) { io.Copy(io.Discard, conn) })
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: cert.Leaf.Raw}
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, want string }{
		{file, "TLS 1.3"},
		{"", "give it in tls.ca or SSL_CERT_FILE"},
	} {
		if c.file == "" && runtime.GOOS != "linux" {
			continue // the platform's verifier has words of its own
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "DIAL_TEST_URL=wss://"+address, "SSL_CERT_FILE="+c.file,
			"GORACE=atexit_sleep_ms=0")
		out, _ := cmd.CombinedOutput()
		if !strings.Contains(string(out), c.want) {
			t.Errorf("with SSL_CERT_FILE=%s: %s", c.file, out)
		}
	}
}

// tlsOptions dials address whatever the URL says, and trusts cert.
func tlsOptions(address string, cert tls.Certificate) dial.Options {
	o := longTimeouts
	o.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	o.TLSConfig = &tls.Config{RootCAs: x509.NewCertPool()}
	o.TLSConfig.RootCAs.AddCert(cert.Leaf)
	return o
}

// listenTLS is listen with serve called after the TLS handshake, if that succeeds.
func listenTLS(t *testing.T, config *tls.Config, serve func(*tls.Conn)) string {
	t.Helper()
	return listen(t, "127.0.0.1:0", func(conn net.Conn) {
		server := tls.Server(conn, config)
		if server.Handshake() == nil {
			serve(server)
		}
	})
}

// oldServerHello is a record with a ServerHello of TLS 1.1 (RFC 4346 §7.4.1.3).
var oldServerHello = slices.Concat(
	[]byte{22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2}, // record, message, version
	make([]byte, 32),         // random
	[]byte{0, 0xc0, 0x13, 0}, // no session, a cipher suite, no compression
)

// authority signs certificates.
type authority struct {
	tls.Certificate
}

func newAuthority(t *testing.T, name string) *authority {
	return &authority{newCertificate(t, func(c *x509.Certificate) {
		c.Subject.CommonName, c.DNSNames, c.IPAddresses = name, nil, nil
	})}
}

// certificate is newCertificate, signed by a.
func (a *authority) certificate(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	return signCertificate(t, &a.Certificate, func(c *x509.Certificate) {
		c.IsCA = false
		if change != nil {
			change(c)
		}
	})
}

// newCertificate signs a certificate for example.com and 127.0.0.1 with its own key.
func newCertificate(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	return signCertificate(t, nil, change)
}

func signCertificate(t *testing.T, signer *tls.Certificate, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "the leaf"},
		NotBefore:    time.Now().Add(-2 * time.Hour),
		NotAfter:     time.Now().Add(2 * time.Hour),
		DNSNames:     []string{"example.com"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},

		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	if change != nil {
		change(template)
	}
	if signer == nil {
		signer = &tls.Certificate{PrivateKey: key, Leaf: template}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.Leaf, key.Public(), signer.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}
