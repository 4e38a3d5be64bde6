//go:build interop

package interop

import (
	"bytes"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A slow script of a fast server: further messages stay in TCP once the inboxes are full.
// Each case floods with several times the memory that it allows. Python's one thread is
// too slow to flood 500 connections.
func TestSlowScript(t *testing.T) {
	for _, c := range []struct {
		connections, messages int // messages of 4 KiB, for each connection
		inbox                 int // bytes
		maxResident           int64
		server                string // the prefix of its peers' names
	}{
		{connections: 1, messages: 50_000, inbox: 4 << 20, maxResident: 64 << 20},
		{connections: 500, messages: 256, inbox: 64 << 10, maxResident: 160 << 20, server: "node"},
	} {
		for _, p := range peers {
			if !strings.HasPrefix(p.name, c.server) {
				continue
			}
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
// Garbage is collected early, so that it does not hide live memory.
func (s script) resident(t *testing.T) int64 {
	t.Helper()
	cmd := s.command(t)
	cmd.Env = append(cmd.Env, "GOGC=20")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if code := exitCode(t, cmd.Run()); code != 0 || stdout.String() != "ok\n" {
		t.Errorf("%s.lua: exit status %d\nstdout:\n%s\nstderr:\n%s", s.name, code, &stdout, &stderr)
	}
	return int64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) << 10 // Linux counts in KiB
}
