package lualib_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/lualib"
)

var update = flag.Bool("update", false, "write testdata/probe.golden anew, with the luajit on this machine")

// The probe's answers are LuaJIT's, but for those that probe.allow lists; and whoever mends one of these shortens the
// list. The interop tests compare probe.golden with a real luajit.
func TestProbe(t *testing.T) {
	if *update {
		updateGolden(t)
	}
	golden, ours := answers(t, readFile(t, "testdata/probe.golden")), answers(t, runProbe(t))
	allowed := allowList(t)
	different := 0
	for name, want := range golden {
		got, asked := ours[name]
		reason, listed := allowed[name]
		if got != want {
			different++
		}
		switch {
		case !asked:
			t.Errorf("%s: not asked; does the probe end early?", name)
		case got != want && !listed:
			t.Errorf("%s\n gives %s\n LuaJIT %s", name, got, want)
		case got == want && listed:
			t.Errorf("%s: is as in LuaJIT now: take it off probe.allow (%s)", name, reason)
		}
	}
	for name := range ours {
		if _, known := golden[name]; !known {
			t.Errorf("%s: not in probe.golden: run this test with -update", name)
		}
	}
	for name := range allowed {
		if _, known := golden[name]; !known {
			t.Errorf("%s: probe.allow lists what the probe does not ask", name)
		}
	}
	t.Logf("%d checks: %d as in LuaJIT, %d different", len(golden), len(golden)-different, different)
}

// runProbe returns what the probe prints in a state of ours.
func runProbe(t *testing.T) string {
	t.Helper()
	var output bytes.Buffer
	stdout := lualib.NewStdout(&output, false)
	L := lualib.NewState(stdout)
	defer L.Close()
	if err := lualib.Load(L, []byte(readFile(t, "testdata/probe.lua")), "probe.lua"); err != nil {
		t.Fatal(err)
	}
	if err := lualib.Call(L, 0); err != nil {
		t.Errorf("the probe ends early: %v", err)
	}
	if err := stdout.Flush(); err != nil {
		t.Fatal(err)
	}
	return output.String()
}

func updateGolden(t *testing.T) {
	t.Helper()
	cmd := exec.Command("luajit", "probe.lua")
	cmd.Dir = "testdata"
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("testdata/probe.golden", output, 0o644); err != nil {
		t.Fatal(err)
	}
}

// answers are the probe's lines by name. What print writes under test is a line, too, without a name: it belongs to the
// check whose line comes next.
func answers(t *testing.T, output string) map[string]string {
	t.Helper()
	byName := make(map[string]string)
	printed := ""
	for line := range strings.Lines(output) {
		name, answer, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if !ok {
			printed += line
			continue
		}
		byName[name], printed = printed+answer, ""
	}
	return byName
}

// allowList are the differences that stay: a line each, name and reason, with a tab between.
func allowList(t *testing.T) map[string]string {
	t.Helper()
	reasons := make(map[string]string)
	for line := range strings.Lines(readFile(t, "testdata/probe.allow")) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, ok := strings.Cut(line, "\t")
		if !ok || strings.TrimSpace(reason) == "" {
			t.Fatalf("probe.allow: %q has no reason", line)
		}
		reasons[name] = reason
	}
	return reasons
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
