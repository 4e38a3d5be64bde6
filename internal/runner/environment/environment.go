// Package environment reads the variables that the runner heeds for all of its
// connections, and makes options of the engine of them. It asks the function that it is
// given, never the process.
package environment

import (
	"crypto/tls"
	"log/slog"
)

// RootsVariable names a file with certificates to trust, in addition to the system's.
const RootsVariable = "SSL_CERT_FILE"

// Environment reads variables. A variable that is not set is empty. Environment may be
// used from several goroutines at once if its function may.
type Environment func(name string) (value string)

// TLSConfig is the base of every TLS connection: it trusts the certificates in
// SSL_CERT_FILE, and appends the keys to the file that SSLKEYLOGFILE names. logger
// receives one warning about that file, and one if it cannot be written.
func (e Environment) TLSConfig(logger *slog.Logger) *tls.Config {
	config := &tls.Config{RootCAs: e.roots()}
	if name := e("SSLKEYLOGFILE"); name != "" {
		config.KeyLogWriter = &keyLog{name: name, logger: logger}
	}
	return config
}
