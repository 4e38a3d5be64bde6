package wstest_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"testing"
	"testing/synctest"

	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// A TLS connection over the in-memory network in fake time.
func TestCertificate(t *testing.T) {
	cert := wstest.Certificate(t, "peer.test", "::1")
	for _, test := range []struct {
		name  string
		roots *x509.CertPool
		good  bool
	}{
		{"peer.test", cert.Roots, true},
		{"::1", cert.Roots, true},
		{"other.test", cert.Roots, false},
		{"peer.test", x509.NewCertPool(), false},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, server := connect(t, &wstest.Net{Setup: func(c *wstest.Conn) {
				c.In().ShortReads(7)
				c.Out().SetCapacity(100)
			}})
			go tls.Server(server, cert.Server).Handshake()
			err := tls.Client(client, &tls.Config{ServerName: test.name, RootCAs: test.roots}).Handshake()
			_, refused := errors.AsType[*tls.CertificateVerificationError](err)
			if (err == nil) != test.good || refused == test.good {
				t.Errorf("%s: %v", test.name, err)
			}
		})
	}
}

func TestCertificateFiles(t *testing.T) {
	cert := wstest.Certificate(t, "peer.test")
	if _, err := tls.LoadX509KeyPair(cert.CertFile, cert.KeyFile); err != nil {
		t.Error(err)
	}
	pem, err := os.ReadFile(cert.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) || !roots.Equal(cert.Roots) {
		t.Error("the CA file does not hold the authority")
	}
}
