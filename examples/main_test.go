package examples_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// runner is the built cmd/tidewire; constant while tests run.
var runner string

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "examples:", err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "tidewire-examples-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	runner = filepath.Join(dir, "tidewire")
	if runtime.GOOS == "windows" {
		runner += ".exe"
	}
	// Without the commit's stamp: the tests do not need it, and a checkout of another
	// user refuses it.
	build := exec.Command("go", "build", "-buildvcs=false", "-o", runner, "../cmd/tidewire")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build the runner: %w\n%s", err, out)
	}
	return m.Run(), nil
}
