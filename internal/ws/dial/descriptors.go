package dial

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"sync/atomic"

	"github.com/tidewire/tidewire/internal/ws/failure"
)

// outOfDescriptors is the failure of a dial that had no file descriptor left.
func outOfDescriptors(phase failure.Phase, where string, err error) *failure.Error {
	return failure.Explain(phase, failure.Internal, failure.MsgTransport, err,
		"%s: too many open files: raise the limit (ulimit -n) or hold fewer connections", where)
}

// noDescriptors returns an error if there is no file descriptor left. It is asked when a
// look-up has failed: package net takes files that it cannot open, such as /etc/hosts, for
// files that say nothing, and then knows no "localhost".
func noDescriptors() error {
	file, err := os.Open(os.DevNull)
	if err == nil {
		file.Close()
		return nil
	}
	if failure.NoDescriptors(err) {
		return err
	}
	return nil
}

// rootsRead says that the system's roots have been read.
var rootsRead atomic.Bool

// readRoots has the system's roots read if base has none. Package crypto/x509 reads them
// once for the process, as late as it can: in the first handshake, which holds a socket.
// Without a descriptor at that moment no certificate would ever be valid. where is for
// the error, which is of the given phase.
func readRoots(base *tls.Config, phase failure.Phase, where string) error {
	if base != nil && base.RootCAs != nil || rootsRead.Load() {
		return nil
	}
	if err := noDescriptors(); err != nil {
		return outOfDescriptors(phase, where, err)
	}
	_, _ = x509.SystemCertPool() // each handshake reports its error
	rootsRead.Store(true)
	return nil
}
