package environment

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
)

// keyLog is the file that SSLKEYLOGFILE names, to which TLS keys are appended in NSS's
// format, so that a debugger can decrypt the traffic. It is opened with the first key and
// stays open. A file that cannot be written fails no connection. Write may be called
// concurrently.
type keyLog struct {
	name   string       // constant
	logger *slog.Logger // constant

	once sync.Once
	file *os.File // constant after once; nil if it could not be opened

	failed sync.Once
}

// Write appends a line. It never fails: crypto/tls would fail the handshake.
func (k *keyLog) Write(line []byte) (int, error) {
	k.once.Do(k.open)
	if k.file != nil {
		if _, err := k.file.Write(line); err != nil {
			k.warn("write", err)
		}
	}
	return len(line), nil
}

func (k *keyLog) open() {
	file, err := os.OpenFile(k.name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		k.warn("open", err)
		return
	}
	k.file = file
	k.logger.Warn(fmt.Sprintf("SSLKEYLOGFILE: the keys of all TLS connections are written to %q: "+
		"who can read it can decrypt them", k.name))
}

// warn logs the first failure. The file's name is said before it.
func (k *keyLog) warn(op string, err error) {
	var inPath *fs.PathError
	if errors.As(err, &inPath) {
		err = inPath.Err
	}
	k.failed.Do(func() {
		k.logger.Warn(fmt.Sprintf("SSLKEYLOGFILE: %s %q: %v: TLS keys are missing there", op, k.name, err))
	})
}
