//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The probe, asked of a real luajit and of ours: the answers differ only where the list
// of the implementation says. The probe's golden file has the answers of that luajit, so
// that the unit tests need none.
func TestProbeInLuaJIT(t *testing.T) {
	const dir = "../lua/std/testdata/probe"
	compiling := implementation{name: "luajit", run: command("luajit")} // as jit.status says
	theirs := compiling.lines(t, dir, "probe.lua")
	golden, err := os.ReadFile(filepath.Join(dir, "probe.golden"))
	if err != nil {
		t.Fatal(err)
	}
	if string(golden) != strings.Join(theirs, "\n") {
		t.Error("probe.golden is not what luajit says: run luajit probe.lua > probe.golden there")
	}
	lists := map[string]string{"runner": "../lua/std/testdata/probe/probe.allow",
		"vm": "../lua/std/testdata/probe/probe.allow"}
	for _, in := range ours {
		t.Run(in.name, func(t *testing.T) {
			compareProbe(t, in, theirs, in.lines(t, dir, "probe.lua"), allowList(t, lists[in.name]))
		})
	}
}

func compareProbe(t *testing.T, in implementation, theirs, mine []string, allowed map[string]bool) {
	t.Helper()
	if len(theirs) != len(mine) {
		t.Fatalf("%d lines from luajit, %d from %s", len(theirs), len(mine), in.name)
	}
	different := 0
	for i, line := range theirs {
		name, _, _ := strings.Cut(line, ": ")
		switch same := line == mine[i]; {
		case !same && !allowed[name]:
			t.Errorf("luajit %s\n%s %s", line, in.name, mine[i])
		case same && allowed[name]:
			t.Errorf("%s is the same now: take it off the list", name)
		case !same:
			different++
		}
	}
	t.Logf("%d lines, %d different", len(theirs)-1, different)
}

// allowList returns the names that a list has.
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
