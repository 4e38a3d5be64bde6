package dial

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
)

// keyLog is the file that SSLKEYLOGFILE names, to which TLS keys are appended in NSS's format, so that a debugger can
// decrypt the traffic. It is opened with the first TLS connection of the process and stays open. A file that cannot be
// written fails no connection. All methods may be called concurrently.
type keyLog struct {
	once sync.Once
	file *os.File // constant after once; nil if there is none

	mu       sync.Mutex // leaf; guards what follows
	failed   bool
	warnings []string // not handed out yet
}

var sslKeyLog keyLog

// writer returns what tls.Config.KeyLogWriter should be.
func (k *keyLog) writer() io.Writer {
	k.once.Do(k.open)
	if k.file == nil {
		return nil
	}
	return k
}

func (k *keyLog) open() {
	name := os.Getenv("SSLKEYLOGFILE")
	if name == "" {
		return
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		k.warn("open", name, err)
		return
	}
	k.file = file
	k.mu.Lock()
	defer k.mu.Unlock()
	k.warnings = append(k.warnings, fmt.Sprintf("SSLKEYLOGFILE: the keys of all TLS connections are written to %s: "+
		"who can read it can decrypt them", strconv.Quote(name)))
}

// Write appends a line. It never fails: crypto/tls would fail the handshake.
func (k *keyLog) Write(line []byte) (int, error) {
	if _, err := k.file.Write(line); err != nil {
		k.warn("write", k.file.Name(), err)
	}
	return len(line), nil
}

// warn keeps the first failure.
func (k *keyLog) warn(op, name string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.failed {
		k.failed = true
		k.warnings = append(k.warnings, fmt.Sprintf("SSLKEYLOGFILE: %s %s: %s: TLS keys are missing there", op,
			strconv.Quote(name), fileStory(err)))
	}
}

// takeWarnings returns each warning once in the life of the process.
func (k *keyLog) takeWarnings() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	taken := k.warnings
	k.warnings = nil
	return taken
}
