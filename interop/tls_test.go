//go:build interop

package interop

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// front is nginx before a WebSocket server, once for each certificate.
type front struct {
	t       *testing.T
	ca      *authority
	blocks  []string
	servers []string // names, in the order of blocks
	url     map[string]string
}

func (f *front) add(name string, c certificate, more string) {
	f.servers = append(f.servers, name)
	if !strings.Contains(more, "ssl_protocols") {
		more += "ssl_protocols TLSv1.2 TLSv1.3;" // older releases of nginx leave the newer one out
	}
	f.blocks = append(f.blocks, fmt.Sprintf(`listen 127.0.0.1:PORT ssl;
		ssl_certificate %s;
		ssl_certificate_key %s;
		%s
		location / { %s }`, c.certFile, c.keyFile, more, passTo(peerNamed(f.t, "node-ws").plain)))
}

func (f *front) start() {
	_, addresses := nginx(f.t, f.blocks...)
	f.url = map[string]string{}
	for i, name := range f.servers {
		f.url[name] = "wss://localhost:" + strings.TrimPrefix(addresses[i], "127.0.0.1:") + "/echo"
	}
}

// tlsOptions spells an option tls that has these fields.
func tlsOptions(fields string, args ...any) string {
	return "{tls = {" + fmt.Sprintf(fields, args...) + "}}"
}

func TestTLS(t *testing.T) {
	ca := newAuthority(t, t.TempDir(), "test authority")
	stranger := newAuthority(t, ca.dir, "unknown authority")
	alone := &authority{dir: ca.dir}
	client := ca.issue(t, "test client", nil)
	strange := stranger.issue(t, "strange client", nil)

	expired := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	early := time.Date(2098, 1, 2, 3, 4, 5, 0, time.UTC)
	f := &front{t: t, ca: ca}
	f.add("good", ca.issue(t, "good", nil), "")
	f.add("expired", ca.issue(t, "expired", func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = expired.AddDate(-1, 0, 0), expired
	}), "")
	f.add("early", ca.issue(t, "early", func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = early,
			early.AddDate(1, 0, 0)
	}), "")
	f.add("self", alone.issue(t, "self", nil), "")
	f.add("other", ca.issue(t, "other", func(c *x509.Certificate) {
		c.DNSNames = []string{"other.test",
			"www.other.test"}
	}), "")
	f.add("stranger", stranger.issue(t, "strange", nil), "")
	f.add("nameless", ca.issue(t, "localhost", func(c *x509.Certificate) { c.DNSNames = nil }), "")
	f.add("asking", ca.issue(t, "asking", nil), "ssl_verify_client on; ssl_client_certificate "+ca.certFile+";")
	f.add("old", ca.issue(t, "old", nil), "ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;")
	f.start()

	trust := fmt.Sprintf("ca = %q", ca.certFile)
	pem, err := os.ReadFile(ca.certFile)
	if err != nil {
		t.Fatal(err)
	}
	good := report{"opened": "true", "received": "hello", "closed": `1000 "" true`, "tls.version": "TLS 1.3",
		"tls.subject": "CN=good", "tls.issuer": "CN=test authority", "tls.error": ""}
	// failed is the report of every failure of TLS, with the details of this one.
	failed := func(subject, detail string) report {
		return report{"opened": "false", "failed": "TLS handshake failed", "phase": "tls", "category": "tls",
			"retryable": "false", "closeCode": "1006", "tls.subject": subject, "tls.error": "…",
			"detail": "…" + detail}
	}
	unknown := `certificate "CN=good" of localhost is signed by an authority that is not trusted here`

	for _, c := range []struct {
		name, server, options string
		environment           []string
		want                  report
	}{
		{name: "ca from a file", server: "good", options: tlsOptions("%s", trust), want: good},
		{name: "ca as text", server: "good", options: tlsOptions("ca = [[%s]]", pem), want: good},
		{name: "ca alone", server: "good", options: tlsOptions("ca = {%q, exclusive = true}", ca.certFile), want: good},
		{name: "SSL_CERT_FILE", server: "good", options: "nil", environment: []string{"SSL_CERT_FILE=" + ca.certFile},
			want: good},
		{name: "ca beside SSL_CERT_FILE", server: "good", options: tlsOptions("ca = %q", stranger.certFile),
			environment: []string{"SSL_CERT_FILE=" + ca.certFile}, want: good},
		{name: "ca instead of SSL_CERT_FILE", server: "good",
			options:     tlsOptions("ca = {%q, exclusive = true}", stranger.certFile),
			environment: []string{"SSL_CERT_FILE=" + ca.certFile}, want: failed("CN=good", unknown)},
		{name: "no ca", server: "good", options: "nil", want: failed("CN=good", unknown+
			` ("CN=test authority"): give the authority's certificate in tls.ca or SSL_CERT_FILE`)},
		{name: "no such file", server: "good", options: tlsOptions("ca = '/nowhere/ca.pem'"),
			want: report{"opened": "false",
				"failed": "TLS handshake failed", "phase": "tls", "category": "tls",
				"detail": "…tls.ca file \"/nowhere/ca.pem\": no such file"}},

		{name: "expired", server: "expired", options: tlsOptions("%s", trust), want: failed("CN=expired",
			`certificate "CN=expired" of localhost expired at 2020-01-02T03:04:05Z`)},
		{name: "not yet valid", server: "early", options: tlsOptions("%s", trust), want: failed("CN=early",
			`certificate "CN=early" of localhost is not valid before 2098-01-02T03:04:05Z`)},
		{name: "self-signed", server: "self", options: tlsOptions("%s", trust), want: failed("CN=self",
			`certificate "CN=self" of localhost is self-signed and not trusted here`)},
		{name: "another host", server: "other", options: tlsOptions("%s", trust), want: failed("CN=other",
			`certificate "CN=other" is for other.test, www.other.test, not for localhost`)},
		{name: "unknown authority", server: "stranger", options: tlsOptions("%s", trust), want: failed("CN=strange",
			`certificate "CN=strange" of localhost is signed by an authority that is not trusted here ("CN=unknown `+
				`authority")`)},
		{name: "no subject alternative name", server: "nameless", options: tlsOptions("%s", trust),
			want: failed("CN=localhost",
				`certificate "CN=localhost" of localhost names no host: it lacks subject alternative names`)},
		{name: "old", server: "old", options: tlsOptions("%s", trust), want: failed("", "the server speaks no TLS "+
			"version from 1.2 on")},

		{name: "serverName", server: "other", options: tlsOptions("%s, serverName = 'www.other.test'", trust),
			want: report{
				"opened": "true", "received": "hello", "tls.subject": "CN=other"}},
		{name: "another serverName", server: "good", options: tlsOptions("%s, serverName = 'else.test'", trust),
			want: failed("CN=good",
				`certificate "CN=good" is for localhost, not for else.test`)},
		{name: "expiry told", server: "expired", options: tlsOptions("%s", trust),
			want: report{"tls.expires": "2020-01-02T03:04:05Z",
				"tls.issuer": "CN=test authority"}},

		// nginx itself completes the handshake and then refuses with HTTP; see
		// TestClientCertificate for the other way.
		{name: "client certificate", server: "asking",
			options: tlsOptions("%s, cert = %q, key = %q", trust, client.certFile, client.keyFile),
			want:    report{"opened": "true", "received": "hello", "closed": `1000 "" true`}},
		{name: "no client certificate", server: "asking", options: tlsOptions("%s", trust),
			want: report{"opened": "false",
				"failed": "Invalid HTTP status.", "phase": "handshake", "http.status": "400",
				"http.body": "…No required SSL certificate was sent"}},
		{name: "strange client certificate", server: "asking",
			options: tlsOptions("%s, cert = %q, key = %q", trust, strange.certFile, strange.keyFile),
			want: report{"opened": "false", "failed": "Invalid HTTP status.", "http.status": "400",
				"http.body": "…The SSL certificate error"}},
		{name: "key of another", server: "asking",
			options: tlsOptions("%s, cert = %q, key = %q", trust, client.certFile, strange.keyFile),
			want: report{"opened": "false", "failed": "TLS handshake failed", "phase": "tls", "category": "tls",
				"detail": `…does not belong to the certificate "CN=test client"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			environment := append([]string{"SSL_CERT_FILE=", "SSL_CERT_DIR="}, c.environment...)
			seen, _ := visit(t, f.url[c.server], c.options, environment...)
			seen.want(t, c.want)
		})
	}

	// A script reads the files that the runner's flags allow, also for its options.
	t.Run("file not allowed", func(t *testing.T) {
		stdout, _, _ := script{name: "report", args: []string{f.url["good"], tlsOptions("%s", trust)}}.run(t)
		for _, want := range []string{"failed TLS handshake failed\n",
			fmt.Sprintf("tls.ca file %q: reading is not allowed", ca.certFile)} {
			if !strings.Contains(stdout, want) {
				t.Errorf("did not print %q:\n%s", want, stdout)
			}
		}
	})

	// A certificate that nobody should accept is accepted, aloud.
	for server, warning := range map[string]string{
		"self":     `certificate "CN=self" of localhost is self-signed`,
		"expired":  `certificate "CN=expired" of localhost expired at 2020-01-02T03:04:05Z`,
		"other":    `certificate "CN=other" is for other.test`,
		"stranger": "signed by an authority that is not trusted here",
	} {
		t.Run("insecure/"+server, func(t *testing.T) {
			seen, stderr := visit(t, f.url[server], tlsOptions("%s, insecure = true", trust))
			seen.want(t, report{"opened": "true", "received": "hello", "closed": `1000 "" true`})
			for _, want := range []string{"the server's certificate is not verified (tls.insecure)", warning} {
				if !strings.Contains(stderr, want) {
					t.Errorf("standard error does not say %q:\n%s", want, stderr)
				}
			}
		})
	}
}

// OpenSSL, as Python has it, ends the TLS handshake when the client's certificate does
// not suit: in TLS 1.3 after the client has finished its own side of it, so that the
// alert comes in the place of the answer to the opening handshake.
func TestClientCertificate(t *testing.T) {
	needPython(t, "websockets", "python3-websockets")
	ca := newAuthority(t, t.TempDir(), "test authority")
	stranger := newAuthority(t, ca.dir, "unknown authority")
	server := ca.issue(t, "asking", nil)
	client, strange := ca.issue(t, "test client", nil), stranger.issue(t, "strange client", nil)
	expired := ca.issue(t, "expired client", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.Add(time.Second) })
	old := func(c certificate) string {
		return tlsOptions("ca = %q, cert = %q, key = %q", ca.certFile, c.certFile, c.keyFile)
	}
	for _, version := range []string{"TLSv1_2", "TLSv1_3"} {
		asking := openSSL(t, server, "--client-ca", ca.certFile, "--version", version)
		url := "wss://localhost:" + asking.says(t, `^listening (\d+)$`)[1] + "/"
		for _, c := range []struct {
			name, options string
			want          report
		}{
			{"good", old(client), report{"opened": "true", "received": "hello", "closed": `1000 "" true`}},
			{"none", tlsOptions("ca = %q", ca.certFile),
				report{"opened": "false", "failed": "TLS handshake failed", "category": "tls",
					"phase": "tls", "detail": "…the server wants a client certificate"}},
			{"unknown authority", old(strange), report{"opened": "false", "failed": "TLS handshake failed",
				"category": "tls",
				"phase":    "tls",
				"detail":   `…the server does not accept the client certificate "CN=strange client"`}},
			{"expired", old(expired), report{"opened": "false", "failed": "TLS handshake failed", "category": "tls",
				"phase":  "tls",
				"detail": `…the server does not accept the client certificate "CN=expired client"`}},
		} {
			t.Run(version+"/"+c.name, func(t *testing.T) {
				seen, _ := visit(t, url, c.options)
				seen.want(t, c.want)
			})
		}
	}
}

// SSLKEYLOGFILE gets the secrets that OpenSSL has on its side, in the format of both.
func TestKeyLog(t *testing.T) {
	needPython(t, "websockets", "python3-websockets")
	ca := newAuthority(t, t.TempDir(), "test authority")
	for _, version := range []string{"TLSv1_2", "TLSv1_3"} {
		t.Run(version, func(t *testing.T) {
			theirs, ours := filepath.Join(t.TempDir(), "theirs"), filepath.Join(t.TempDir(), "ours")
			server := openSSL(t, ca.issue(t, "server", nil), "--version", version, "--keylog", theirs)
			url := "wss://localhost:" + server.says(t, `^listening (\d+)$`)[1] + "/"
			seen, _ := visit(t, url, tlsOptions("ca = %q", ca.certFile), "SSLKEYLOGFILE="+ours)
			seen.want(t, echoed(nil))
			secrets := secretsOf(t, theirs)
			for _, secret := range secretsOf(t, ours) {
				if !slices.Contains(secrets, secret) {
					t.Errorf("OpenSSL does not know the secret %q", secret)
				}
			}
			if len(secretsOf(t, ours)) == 0 {
				t.Error("no secret was written")
			}
		})
	}
}

func secretsOf(t *testing.T, path string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// openSSL starts servers/python_openssl.py, an echo server that reports how TLS begins
// and ends.
func openSSL(t *testing.T, c certificate, args ...string) *service {
	t.Helper()
	return serve(t, "/usr/bin/python3", append([]string{"servers/python_openssl.py", c.certFile, c.keyFile},
		args...)...)
}
