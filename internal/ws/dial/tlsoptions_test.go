package dial_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/ws/dial"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/handshake"
)

func TestTLSAuthorities(t *testing.T) {
	ours, theirs := newAuthority(t, "ours"), newAuthority(t, "theirs")
	address := listenTLS(t, serverConfig(ours.certificate(t, nil)), func(*tls.Conn) {})
	indented := "\n    " + strings.ReplaceAll(certificatePEM(ours.Certificate), "\n", "\r\n    ")
	bundle := "a comment\n" + pemText("CERTIFICATE", []byte("not DER")) +
		certificatePEM(theirs.Certificate, ours.Certificate)
	for _, c := range []struct {
		name string
		base *authority // whom TLSConfig trusts
		tls  dial.TLSOptions
		good bool
	}{
		{"added as text", theirs, dial.TLSOptions{CA: certificatePEM(ours.Certificate)}, true},
		{"added as a file", theirs, dial.TLSOptions{CA: writeFile(t, certificatePEM(ours.Certificate))}, true},
		{"indented text", theirs, dial.TLSOptions{CA: indented}, true},
		{"one of a bundle", theirs, dial.TLSOptions{CA: bundle}, true},
		{"exclusive", theirs, dial.TLSOptions{CA: certificatePEM(ours.Certificate), CAExclusive: true}, true},
		{"added, the base's stays", ours, dial.TLSOptions{CA: certificatePEM(theirs.Certificate)}, true},
		{"exclusive, the base's goes", ours, dial.TLSOptions{CA: certificatePEM(theirs.Certificate), CAExclusive: true},
			false},
		{"another", theirs, dial.TLSOptions{CA: certificatePEM(theirs.Certificate)}, false},
		{"no base", nil, dial.TLSOptions{CA: certificatePEM(ours.Certificate)}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := longTimeouts
			if c.base != nil {
				o.TLSConfig = &tls.Config{RootCAs: x509.NewCertPool()}
				o.TLSConfig.RootCAs.AddCert(c.base.Leaf)
			}
			o.TLS = c.tls
			conn, err := dialURL(t, "wss://"+address, o)
			if err == nil {
				conn.Raw.Close()
			}
			if (err == nil) != c.good {
				t.Errorf("got %v", err)
			}
			if !c.good {
				wantFailure(t, err, failure.PhaseTLS, failure.TLS, failure.MsgTLSFailed)
			}
			if len(conn.Warnings) > 0 {
				t.Errorf("warned of %q", conn.Warnings)
			}
		})
	}
}

// Settings that cannot be followed are refused in words of their own, before anything is
// sent.
func TestTLSOptionsRefused(t *testing.T) {
	cert, other := newCertificate(t, nil), newCertificate(t, nil)
	certText, keyText := certificatePEM(cert), keyPEM(t, cert)
	missing := filepath.Join(t.TempDir(), "missing.pem")
	noSuchFile := "no such file or directory"
	if runtime.GOOS == "windows" {
		noSuchFile = "The system cannot find the file specified."
	}
	der, huge := writeFile(t, string(cert.Leaf.Raw)), writeFile(t, strings.Repeat("x", 1<<20+1))
	folder := t.TempDir()
	for _, c := range []struct {
		name string
		tls  dial.TLSOptions
		want string
	}{
		{"no file", dial.TLSOptions{CA: missing}, fmt.Sprintf("read tls.ca file %q: %s: correct the path, or give the "+
			"PEM text itself",
			missing, noSuchFile)},
		{"no file for the certificate", dial.TLSOptions{Cert: missing, Key: keyText},
			fmt.Sprintf("read tls.cert file %q: %s: correct "+
				"the path, or give the PEM text itself", missing, noSuchFile)},
		{"no file for the key", dial.TLSOptions{Cert: certText, Key: missing}, fmt.Sprintf("read tls.key file %q: %s: "+
			"correct "+
			"the path, or give the PEM text itself", missing, noSuchFile)},
		{"a folder", dial.TLSOptions{CA: folder}, fmt.Sprintf("read tls.ca file %q: not a regular file: correct the "+
			"path, or give the PEM "+
			"text itself", folder)},
		{"too large", dial.TLSOptions{CA: huge}, fmt.Sprintf("read tls.ca file %q: larger than 1048576 bytes: correct "+
			"the path, or give "+
			"the PEM text itself", huge)},
		{"DER", dial.TLSOptions{CA: der}, fmt.Sprintf("tls.ca file %q holds no complete PEM block (-----BEGIN "+
			"…-----END): is it cut off, "+
			"or in another format?", der)},
		{"cut off", dial.TLSOptions{CA: certText[:200]}, "tls.ca holds no complete PEM block (-----BEGIN " +
			"…-----END): is it cut off, " +
			"or in another format?"},
		{"neither", dial.TLSOptions{CA: "MII\nMII"}, "tls.ca is neither PEM text (-----BEGIN …) nor the path " +
			"of a file"},
		{"no certificate", dial.TLSOptions{CA: keyText}, `tls.ca holds no certificate, but "PRIVATE KEY": a block ` +
			`"CERTIFICATE" is needed`},
		{"no readable certificate", dial.TLSOptions{CA: pemText("CERTIFICATE", []byte("x"))},
			"tls.ca holds no certificate that can be read: malformed certificate"},
		{"certificate without key", dial.TLSOptions{Cert: certText}, "tls.cert without tls.key: give the key, " +
			"too, or " +
			"put it into " +
			"the certificate's PEM"},
		{"key without certificate", dial.TLSOptions{Key: keyText}, "tls.key without tls.cert: give the " +
			"certificate, too"},
		{"swapped", dial.TLSOptions{Cert: keyText, Key: certText}, `tls.cert holds no certificate, but "PRIVATE ` +
			`KEY": ` +
			`a block ` +
			`"CERTIFICATE" is needed`},
		{"certificate as key", dial.TLSOptions{Cert: certText, Key: certText}, `tls.key holds no private key, but ` +
			`"CERTIFICATE": a block ` +
			`"PRIVATE KEY" is needed`},
		{"mismatch", dial.TLSOptions{Cert: certText, Key: keyPEM(t, other)}, `tls.key does not belong to the ` +
			`certificate "CN=the leaf" ` +
			"of tls.cert: give the two of one pair"},
		{"encrypted", dial.TLSOptions{Cert: certText, Key: pemText("ENCRYPTED PRIVATE KEY", []byte("x"))},
			"tls.key is encrypted with " +
				"a pass phrase, which cannot be given: decrypt it (openssl pkey -in FILE -out NEWFILE)"},
		{"encrypted, old style", dial.TLSOptions{Cert: certText, Key: "-----BEGIN EC PRIVATE KEY-----\nProc-Type: " +
			"4,ENCRYPTED\n" +
			"DEK-Info: AES-256-CBC,00\n\neA==\n-----END EC PRIVATE KEY-----\n"}, "tls.key is encrypted with " +
			"a pass phrase, which cannot be given: decrypt it (openssl pkey -in FILE -out NEWFILE)"},
		{"unreadable key", dial.TLSOptions{Cert: certText, Key: pemText("PRIVATE KEY", []byte("x"))},
			"tls.cert with tls.key: " +
				"failed to parse private key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := longTimeouts
			o.TLS = c.tls
			o.DialContext = func(_ context.Context, _, address string) (net.Conn, error) {
				t.Errorf("dialled %s", address)
				return nil, errors.New("not to be dialled")
			}
			conn, err := dialURL(t, "wss://example.com", o)
			wantFailure(t, err, failure.PhaseTLS, failure.TLS, failure.MsgTLSFailed)
			wantText(t, err, "set up tls: "+c.want)
			if conn == nil || conn.TLS != nil || conn.Remote != "" {
				t.Errorf("got %+v", conn)
			}
		})
	}
}

// A program without scripts reads the names of the fields that it has set itself.
func TestNamesOfGo(t *testing.T) {
	cert := newCertificate(t, nil)
	address := listenTLS(t, serverConfig(cert), func(*tls.Conn) {})
	told := func(server string, change func(*dial.Options)) string {
		o := tlsOptions(address, cert)
		o.Names = dial.Names{}
		change(&o)
		conn, err := dialURL(t, "wss://"+server, o)
		if err != nil {
			return err.Error()
		}
		conn.Raw.Close()
		return strings.Join(conn.Warnings, "\n")
	}
	untrusted := func(o *dial.Options) { o.TLSConfig.RootCAs = x509.NewCertPool() }
	for name, c := range map[string]struct{ got, want string }{
		"a key alone": {told("example.com", func(o *dial.Options) { o.TLS.Key = keyPEM(t, cert) }),
			"set up tls: TLS.Key without TLS.Cert: give the certificate, too"},
		"no PEM": {told("example.com", func(o *dial.Options) { o.TLS.CA = "a\nb" }),
			"set up tls: TLS.CA is neither PEM text (-----BEGIN …) nor the path of a file"},
		"not trusted": {told("example.com", untrusted),
			`tls handshake with example.com:443: certificate "CN=the leaf" of example.com is self-signed and ` +
				"not trusted here: if it is the right one, give it in TLS.CA or TLSConfig.RootCAs"},
		"another name": {told("other.test", func(*dial.Options) {}),
			`tls handshake with other.test:443: certificate "CN=the leaf" is for example.com, 127.0.0.1, not for ` +
				"other.test: correct the host, or give the right name in TLS.ServerName"},
		"insecure": {told("example.com", func(o *dial.Options) { o.TLS.Insecure = true }),
			"wss://example.com: the server's certificate is not verified (TLS.Insecure), but it is good: leave " +
				"the option out"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q\nwant %q", name, c.got, c.want)
		}
	}
}

// Without TLS its options mean nothing: no file is read.
func TestTLSOptionsWithoutTLS(t *testing.T) {
	address := listen(t, "127.0.0.1:0", func(net.Conn) {})
	o := longTimeouts
	o.TLS = dial.TLSOptions{CA: "/missing", Key: "/missing"}
	conn, err := dialURL(t, "ws://"+address, o)
	if err != nil {
		t.Fatal(err)
	}
	conn.Raw.Close()
}

func TestTLSReadFile(t *testing.T) {
	ours := newAuthority(t, "ours")
	address := listenTLS(t, serverConfig(ours.certificate(t, nil)), func(*tls.Conn) {})
	var asked []string
	o := longTimeouts
	o.TLS.CA = "/etc/ours.pem"
	o.ReadFile = func(path string) ([]byte, error) {
		asked = append(asked, path)
		return []byte(certificatePEM(ours.Certificate)), nil
	}
	conn, err := dialURL(t, "wss://"+address, o)
	if err != nil || len(asked) != 1 || asked[0] != "/etc/ours.pem" {
		t.Fatalf("asked for %q: %v", asked, err)
	}
	conn.Raw.Close()

	forbidden := errors.New("the sandbox allows no files: see --allow-read")
	o.ReadFile = func(string) ([]byte, error) { return nil, forbidden }
	_, err = dialURL(t, "wss://"+address, o)
	wantText(t, err, `set up tls: read tls.ca file "/etc/ours.pem": the sandbox allows no files: see --allow-read`)
	if !errors.Is(err, forbidden) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestTLSServerName(t *testing.T) {
	cert := newCertificate(t, nil)
	address := listenTLS(t, serverConfig(cert), func(*tls.Conn) {})
	o := tlsOptions(address, cert)
	o.TLSConfig.ServerName = "base.test"
	o.TLS.ServerName = "example.com"
	conn, err := dialURL(t, "wss://other.test", o)
	if err != nil {
		t.Fatal(err)
	}
	conn.Raw.Close()
	o.TLS.ServerName = "script.test"
	_, err = dialURL(t, "wss://example.com:444", o)
	wantText(t, err, `tls handshake with example.com:444: certificate "CN=the leaf" is for example.com, 127.0.0.1, `+
		`not for script.test: `+
		"correct the host, or give the right name in tls.serverName")
}

func TestTLSInsecure(t *testing.T) {
	past := time.Now().Add(-time.Hour)
	good := newCertificate(t, nil)
	for _, c := range []struct {
		name, host string
		cert       tls.Certificate
		trusted    bool
		want       string
	}{
		{"good", "example.com", good, true, ", but it is good: leave the option out"},
		{"other host", "other.test", good, true, `: certificate "CN=the leaf" is for example.com, 127.0.0.1, not for ` +
			`other.test: ` +
			"correct the host, or give the right name in tls.serverName"},
		{"self-signed", "example.com", good, false, `: certificate "CN=the leaf" of example.com is self-signed and ` +
			`not trusted here: ` +
			"if it is the right one, give it in tls.ca or SSL_CERT_FILE"},
		{"expired", "example.com", newCertificate(t, func(c *x509.Certificate) { c.NotAfter = past }), true,
			`: certificate "CN=the leaf" of example.com expired at ` + past.UTC().Format(time.RFC3339) +
				": the server needs a new one, unless this machine's clock is wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := listenTLS(t, serverConfig(c.cert), func(conn *tls.Conn) { conn.Write([]byte("hello")) })
			o := tlsOptions(address, c.cert)
			if !c.trusted {
				o.TLSConfig.RootCAs = x509.NewCertPool()
			}
			o.TLS.Insecure = true
			conn, err := dialURL(t, "wss://"+c.host, o)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Raw.Close()
			if _, err := io.ReadFull(conn.Transport, make([]byte, 5)); err != nil {
				t.Error(err)
			}
			want := "wss://" + c.host + ": the server's certificate is not verified (tls.insecure)" + c.want
			if len(conn.Warnings) != 1 || conn.Warnings[0] != want {
				t.Errorf("warned of %q\nwant %q", conn.Warnings, want)
			}
			if conn.TLS.Error != "" || conn.TLS.Subject != "CN=the leaf" {
				t.Errorf("got %+v", conn.TLS)
			}
		})
	}
}

// A server that wants a certificate says so while it shakes hands with TLS 1.2. With TLS
// 1.3 the client has finished by then, so it hears of it in the opening handshake; a
// script sees no difference.
func TestTLSClientCertificate(t *testing.T) {
	ours, theirs := newAuthority(t, "ours"), newAuthority(t, "theirs")
	server := ours.certificate(t, nil)
	client := func(a *authority) tls.Certificate {
		return a.certificate(t, func(c *x509.Certificate) {
			c.Subject.CommonName, c.ExtKeyUsage = "the client", []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		})
	}
	good, bad := client(ours), client(theirs)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		alert := "handshake failure"
		if version == tls.VersionTLS13 {
			alert = "certificate required"
		}
		for _, c := range []struct {
			name string
			tls  dial.TLSOptions
			base []tls.Certificate
			want string
		}{
			{"two texts", dial.TLSOptions{Cert: certificatePEM(good), Key: keyPEM(t, good)}, nil, ""},
			{"two files", dial.TLSOptions{Cert: writeFile(t, certificatePEM(good)), Key: writeFile(t, keyPEM(t, good))},
				nil, ""},
			{"one file", dial.TLSOptions{Cert: writeFile(t, keyPEM(t, good)+certificatePEM(good))}, nil, ""},
			{"TLSConfig's", dial.TLSOptions{}, []tls.Certificate{bad, good}, ""},
			{"none", dial.TLSOptions{}, nil, "the server wants a client certificate (" + alert +
				"): give tls.cert and tls.key"},
			{"another authority's", dial.TLSOptions{Cert: certificatePEM(bad), Key: keyPEM(t, bad)}, nil,
				`the server does not accept the client certificate "CN=the client": `},
		} {
			t.Run(tls.VersionName(version)+" "+c.name, func(t *testing.T) {
				config := serverConfig(server)
				config.MinVersion, config.MaxVersion = version, version
				config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
				config.ClientCAs.AddCert(ours.Leaf)
				address := listenTLS(t, config, func(conn *tls.Conn) {
					handshake.Server(t.Context(), conn, conn.NetConn(), handshake.Choices{}, time.Minute)
				})
				o := tlsOptions(address, ours.Certificate)
				o.TLS, o.TLSConfig.Certificates = c.tls, c.base
				conn, err := dialURL(t, "wss://example.com", o)
				if err == nil {
					_, err = handshake.Client(t.Context(), conn.Transport, conn.Raw,
						handshake.Request{Host: "example.com", RequestURI: "/"}, time.Minute)
					defer conn.Raw.Close()
				}
				if c.want == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				wantFailure(t, err, failure.PhaseTLS, failure.TLS, failure.MsgTLSFailed)
				if !strings.HasPrefix(err.Error(), "tls handshake with example.com:443: "+c.want) {
					t.Errorf("got %q, want %q", err, c.want)
				}
				if conn.TLS == nil || !strings.HasPrefix(conn.TLS.Error, c.want) || conn.TLS.Subject != "CN=the leaf" {
					t.Errorf("got %+v", conn.TLS)
				}
			})
		}
	}
}

// The server is gone with its alert before the opening handshake is written.
func TestTLSLateAlertFoundByWrite(t *testing.T) {
	ours := newAuthority(t, "ours")
	config := serverConfig(ours.certificate(t, nil))
	config.ClientAuth = tls.RequireAnyClientCert
	address := listenTLS(t, config, func(*tls.Conn) {})
	conn, err := dialURL(t, "wss://example.com", tlsOptions(address, ours.Certificate))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Raw.Close()
	for err == nil { // the first one after the server's socket is gone makes it answer with a reset
		_, err = conn.Transport.Write([]byte("GET"))
		time.Sleep(time.Millisecond)
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux keeps what was received before a reset")
	}
	wantFailure(t, err, failure.PhaseTLS, failure.TLS, failure.MsgTLSFailed)
}

// Once the server has spoken, its alerts no longer answer the handshake.
func TestTLSAlertWhileOpen(t *testing.T) {
	cert := newCertificate(t, nil)
	address := listenTLS(t, serverConfig(cert), func(conn *tls.Conn) {
		conn.Write([]byte("x"))
		conn.Read(make([]byte, 1))
	})
	conn, err := dialURL(t, "wss://example.com", tlsOptions(address, cert))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Raw.Close()
	io.ReadFull(conn.Transport, make([]byte, 1))
	conn.Raw.Write([]byte{23, 3, 3, 0, 1, 0}) // a record that cannot be decrypted
	_, err = conn.Transport.Read(make([]byte, 1))
	var known *failure.Error
	if err == nil || !strings.Contains(err.Error(), "remote error") || errors.As(err, &known) || conn.TLS.Error != "" {
		t.Errorf("got %v, %+v", err, conn.TLS)
	}
}

// The keys of the server's TLS and of an https proxy's are logged.
func TestTLSKeyLogWriter(t *testing.T) {
	cert := newCertificate(t, nil)
	config := serverConfig(cert)
	server := listenTLS(t, config, func(conn *tls.Conn) { io.Copy(io.Discard, conn) })
	proxy := startHTTPProxy(t, map[string]string{"example.com:443": server}, "", config)
	var keys bytes.Buffer
	o := longTimeouts
	o.TLSConfig = &tls.Config{RootCAs: x509.NewCertPool(), KeyLogWriter: &keys}
	o.TLSConfig.RootCAs.AddCert(cert.Leaf)
	o.Proxy = "https://" + proxy.address
	conn, err := dialURL(t, "wss://example.com", o)
	if err != nil {
		t.Fatal(err)
	}
	conn.Raw.Close()
	if n := strings.Count(keys.String(), "CLIENT_TRAFFIC_SECRET_0 "); n != 2 {
		t.Errorf("%d secrets, want that of the proxy and that of the server", n)
	}
}

func serverConfig(cert tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{cert}}
}

func certificatePEM(certificates ...tls.Certificate) string {
	var text strings.Builder
	for _, c := range certificates {
		text.WriteString(pemText("CERTIFICATE", c.Leaf.Raw))
	}
	return text.String()
}

func keyPEM(t *testing.T, cert tls.Certificate) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pemText("PRIVATE KEY", der)
}

func pemText(kind string, bytes []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
}

func writeFile(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
