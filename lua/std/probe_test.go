package std_test

import (
	"strings"
	"testing"
)

// The probe, and beside it LuaJIT's answers.
const probe = "testdata/probe/probe"

// TestProbe asks the probe's questions. Its answers are LuaJIT's, except those that
// probe.allow lists. A mended difference leaves the list.
func TestProbe(t *testing.T) {
	golden, ours := answers(readFile(t, probe+".golden")), answers(runFile(t, probe+".lua"))
	allowed := allowList(t, "testdata/probe/probe.allow")
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
			t.Errorf("%s: not in probe.golden", name)
		}
	}
	for name := range allowed {
		if _, known := golden[name]; !known {
			t.Errorf("%s: probe.allow lists what the probe does not ask", name)
		}
	}
	t.Logf("%d checks: %d as in LuaJIT, %d different", len(golden), len(golden)-different, different)
}

// answers are the probe's lines by name. The output of a print under test is a line, too,
// without a name: it belongs to the check whose line comes next.
func answers(output string) map[string]string {
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

// allowList are the differences that stay: a line each, name and reason, with a tab
// between.
func allowList(t *testing.T, path string) map[string]string {
	t.Helper()
	reasons := make(map[string]string)
	for line := range strings.Lines(readFile(t, path)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, ok := strings.Cut(line, "\t")
		if !ok || strings.TrimSpace(reason) == "" {
			t.Fatalf("%s: %q has no reason", path, line)
		}
		reasons[name] = reason
	}
	return reasons
}
