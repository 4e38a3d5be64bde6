//go:build interop

package interop

import (
	"strings"
	"testing"
)

// What operators raise, by the words of luajit and of the runner: some 33,000 small programs, nearly all of which fail.
func TestErrorsOfOperators(t *testing.T) {
	dir := "testdata"
	theirs := strings.Split(probe(t, dir, "luajit", "-joff", "vmerrors.lua"), "\n")
	ours := strings.Split(probe(t, dir, runner, "run", "vmerrors.lua"), "\n")
	if len(theirs) != len(ours) || len(theirs) < 10_000 {
		t.Fatalf("%d lines from luajit, %d from the runner", len(theirs), len(ours))
	}
	different, texts := 0, make(map[string]bool)
	for i, line := range theirs {
		program, raised, _ := strings.Cut(line, "\t")
		texts[raised] = true
		switch {
		case line == ours[i]:
		case countsWithStrings(program) && raised == "nothing":
		default:
			different++
			if different <= 20 {
				t.Errorf("luajit %s\nrunner %s", line, ours[i])
			}
		}
	}
	t.Logf("%d programs, %d texts, %d different", len(theirs)-1, len(texts), different)
}

// countsWithStrings reports whether a for loop counts from, to or by '7', which the VM's loop does not take for a number.
func countsWithStrings(program string) bool {
	return strings.Contains(program, "for i = ") && strings.Contains(program, "'7'")
}
