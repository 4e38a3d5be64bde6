//go:build interop

package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The probe of package lualib, asked of a real luajit and of the runner: the answers differ only where probe.allow says.
// The probe's golden file is what that luajit says, so that the unit tests need none.
func TestProbeInLuaJIT(t *testing.T) {
	dir := filepath.Join("..", "lualib", "testdata")
	theirs := probe(t, dir, "luajit", "probe.lua")
	ours := probe(t, dir, runner, "run", "probe.lua")
	golden, err := os.ReadFile(filepath.Join(dir, "probe.golden"))
	if err != nil {
		t.Fatal(err)
	}
	if string(golden) != theirs {
		t.Error("probe.golden is not what luajit says: run go test ./lualib -run TestProbe -update")
	}
	allowed := allowList(t, filepath.Join(dir, "probe.allow"))
	theirLines, ourLines := strings.Split(theirs, "\n"), strings.Split(ours, "\n")
	if len(theirLines) != len(ourLines) {
		t.Fatalf("%d lines from luajit, %d from the runner", len(theirLines), len(ourLines))
	}
	different := 0
	for i, line := range theirLines {
		name, _, _ := strings.Cut(line, ": ")
		switch same := line == ourLines[i]; {
		case !same && !allowed[name]:
			t.Errorf("luajit %s\nrunner %s", line, ourLines[i])
		case same && allowed[name]:
			t.Errorf("%s is the same now: take it off probe.allow", name)
		case !same:
			different++
		}
	}
	t.Logf("%d lines, %d different", len(theirLines)-1, different)
}

// probe returns what the probe prints.
func probe(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return string(out)
}

// allowList returns the names that probe.allow lists.
func allowList(t *testing.T, path string) map[string]bool {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for line := range strings.Lines(string(content)) {
		if name, _, ok := strings.Cut(line, "\t"); ok {
			names[name] = true
		}
	}
	return names
}
