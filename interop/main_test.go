//go:build interop

package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Made by TestMain once; constant while tests run.
var (
	runner string      // the built binary
	certs  certificate // of every wss server
	peers  []peer      // each server over ws and over wss
)

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "tidewire-interop-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if runner, err = buildRunner(dir); err != nil {
		return 1, err
	}
	if certs, err = makeCertificate(dir); err != nil {
		return 1, err
	}
	for _, s := range servers {
		started, stop, err := s.start(certs)
		if err != nil {
			return 1, err
		}
		defer stop()
		peers = append(peers, started...)
	}
	return m.Run(), nil
}

// buildRunner leaves out the commit's stamp, which the tests do not need and a checkout
// of another user refuses.
func buildRunner(dir string) (string, error) {
	binary := filepath.Join(dir, "tidewire")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", binary,
		"../cmd/tidewire").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the runner: %w\n%s", err, out)
	}
	return binary, nil
}
