//go:build !darwin && !windows

package dial

import "crypto/x509"

// environmentRoots returns nil: the system's roots, for which crypto/x509 reads SSL_CERT_FILE by itself.
func environmentRoots() *x509.CertPool { return nil }
