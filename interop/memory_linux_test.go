//go:build interop

package interop

import (
	"bytes"
	"strconv"
	"syscall"
	"testing"
)

// A slow script behind a fast server: what it has not yet seen stays in TCP once the inboxes are full. Each case floods
// with several times the memory that it allows.
func TestSlowScript(t *testing.T) {
	for _, c := range []struct {
		connections, messages int // messages of 4 KiB, for each connection
		inbox                 int // bytes
		maxResident           int64
	}{
		{connections: 1, messages: 50_000, inbox: 4 << 20, maxResident: 100 << 20},
		{connections: 500, messages: 256, inbox: 64 << 10, maxResident: 250 << 20},
	} {
		for _, p := range peers {
			t.Run(strconv.Itoa(c.connections)+"/"+p.name, func(t *testing.T) {
				resident := script{name: "slow", args: []string{
					p.base, strconv.Itoa(c.connections), strconv.Itoa(c.messages), strconv.Itoa(c.inbox),
				}}.resident(t)
				t.Logf("at most %d MiB resident", resident>>20)
				if resident > c.maxResident {
					t.Errorf("%d MiB resident, want at most %d MiB", resident>>20, c.maxResident>>20)
				}
			})
		}
	}
}

// resident is mustPass, and returns the most memory that the run ever held, in bytes.
func (s script) resident(t *testing.T) int64 {
	t.Helper()
	cmd := s.command(t)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if code := exitCode(t, cmd.Run()); code != 0 || stdout.String() != "ok\n" {
		t.Errorf("%s.lua: exit status %d\nstdout:\n%s\nstderr:\n%s", s.name, code, &stdout, &stderr)
	}
	return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10 // Linux counts in KiB
}
