//go:build interop

package interop

import (
	"strings"
	"testing"
)

// The errors of operators have the same words in luajit and in ours: some 33,000 small
// programs. Nearly all of them fail.
func TestErrorsOfOperators(t *testing.T) {
	theirs := luajit.lines(t, "testdata", "vmerrors.lua")
	for _, in := range ours {
		t.Run(in.name, func(t *testing.T) {
			mine := in.lines(t, "testdata", "vmerrors.lua")
			if len(theirs) != len(mine) || len(theirs) < 10_000 {
				t.Fatalf("%d lines from luajit, %d from %s", len(theirs), len(mine), in.name)
			}
			different, texts := 0, make(map[string]bool)
			for i, line := range theirs {
				program, raised, _ := strings.Cut(line, "\t")
				texts[raised] = true
				switch {
				case line == mine[i]:
				case in.name == "runner" && countsWithStrings(program) && raised == "nothing":
				default:
					different++
					if different <= 20 {
						t.Errorf("luajit %s\n%s %s", line, in.name, mine[i])
					}
				}
			}
			t.Logf("%d programs, %d texts, %d different", len(theirs)-1, len(texts), different)
		})
	}
}

// countsWithStrings reports whether a for loop counts from, to or by '7', which the
// runner's loop does not take for a number.
func countsWithStrings(program string) bool {
	return strings.Contains(program, "for i = ") && strings.Contains(program, "'7'")
}
