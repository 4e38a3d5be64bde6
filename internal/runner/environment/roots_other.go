//go:build !darwin && !windows

package environment

import "crypto/x509"

// roots returns nil: the system's roots, for which crypto/x509 reads SSL_CERT_FILE by
// itself.
func (e Environment) roots() *x509.CertPool { return nil }
