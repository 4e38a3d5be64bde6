package wstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The time in which test certificates are valid. A bubble's clock begins on 2000-01-01.
var (
	validFrom = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	validTo   = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Cert is a server's certificate with the authority that signed it, both made for one
// test.
type Cert struct {
	Server *tls.Config    // for the server
	Roots  *x509.CertPool // for the client: the authority
	Leaf   *x509.Certificate

	// PEM files in the test's own directory. CAFile is one for SSL_CERT_FILE.
	CAFile, CertFile, KeyFile string
}

// Certificate makes an authority and a certificate for the given names and IP addresses,
// signed by it.
func Certificate(tb testing.TB, names ...string) *Cert {
	tb.Helper()
	ca := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "tidewire test authority"},
		NotBefore:             validFrom,
		NotAfter:              validTo,
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "tidewire test server"},
		NotBefore:    validFrom,
		NotAfter:     validTo,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, name)
		}
	}
	caKey, leafKey := newKey(tb), newKey(tb)
	ca = sign(tb, ca, ca, caKey, caKey)
	leaf = sign(tb, leaf, ca, leafKey, caKey)

	keyBytes, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		tb.Fatalf("certificate: %v", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	dir := tb.TempDir()
	return &Cert{
		Server: &tls.Config{Certificates: []tls.Certificate{{
			Certificate: [][]byte{leaf.Raw}, PrivateKey: leafKey, Leaf: leaf,
		}}},
		Roots:    roots,
		Leaf:     leaf,
		CAFile:   writePEM(tb, dir, "ca.pem", "CERTIFICATE", ca.Raw),
		CertFile: writePEM(tb, dir, "cert.pem", "CERTIFICATE", leaf.Raw),
		KeyFile:  writePEM(tb, dir, "key.pem", "PRIVATE KEY", keyBytes),
	}
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatalf("certificate: %v", err)
	}
	return key
}

// sign returns template's certificate for key, signed by parent's parentKey.
func sign(tb testing.TB, template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) *x509.Certificate {
	tb.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		tb.Fatalf("certificate: %v", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatalf("certificate: %v", err)
	}
	return cert
}

func writePEM(tb testing.TB, dir, name, block string, der []byte) string {
	tb.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: block, Bytes: der}), 0o600); err != nil {
		tb.Fatalf("certificate: %v", err)
	}
	return path
}
