//go:build darwin || windows

package environment

import (
	"crypto/x509"
	"os"
)

// roots adds the certificates of SSL_CERT_FILE to the system's roots, as crypto/x509 does
// by itself on other systems. nil means the system's roots alone.
func (e Environment) roots() *x509.CertPool {
	name := e(RootsVariable)
	if name == "" {
		return nil
	}
	pem, err := os.ReadFile(name)
	if err != nil {
		return nil // as crypto/x509 does
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil
	}
	pool.AppendCertsFromPEM(pem)
	return pool
}
