//go:build interop

package interop

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// scriptTimeout is far longer than a script takes; scripts give up before
// (testdata/lib/check.lua) and then say why.
const scriptTimeout = 90 * time.Second

// A script is one run of the runner.
type script struct {
	name     string // file in testdata, without extension
	args     []string
	flags    []string // of the run command
	distrust bool     // leave the servers' certificate unknown
}

// command prepares the run in testdata, where scripts find their library.
func (s script) command(t *testing.T) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), scriptTimeout)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, runner,
		slices.Concat([]string{"run", "--allow-read=lib"}, s.flags, []string{s.name + ".lua"}, s.args)...)
	cmd.Dir = "testdata"
	cmd.Env = os.Environ()
	if !s.distrust {
		cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+certs.certFile)
	}
	return cmd
}

// mustPass runs a script that checks for itself and then prints "ok".
func (s script) mustPass(t *testing.T) {
	t.Helper()
	stdout, stderr, code := s.run(t)
	if code != 0 || stdout != "ok\n" {
		t.Errorf("%s.lua %s: exit status %d, want 0 and \"ok\"\nstdout:\n%s\nstderr:\n%s",
			s.name, strings.Join(s.args, " "), code, stdout, stderr)
	}
}

// run returns the script's output and its exit status, -1 if it was killed.
func (s script) run(t *testing.T) (stdout, stderr string, code int) {
	t.Helper()
	cmd := s.command(t)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	code = exitCode(t, cmd.Run())
	return out.String(), errs.String(), code
}

// exitCode turns the error of Run or Wait into an exit status.
func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	t.Fatal(err)
	return -1
}
