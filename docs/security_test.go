package docs_test

import (
	"strings"
	"testing"
)

// Each line that SECURITY.md says nobody crosses has a test, and the tests that it names
// are there.
func TestSecurity(t *testing.T) {
	tests := make(knownTests)
	lines := 0
	for _, party := range []string{"A server", "The network", "A script", "Local users"} {
		for _, row := range table(t, "SECURITY.md", "### "+party) {
			lines++
			named := words(row[len(row)-1])
			if len(row) != 3 || len(named) == 0 {
				t.Errorf("%s: row %q has %d cells and %d tests", party, row, len(row), len(named))
			}
			for _, test := range named {
				folder, name, _ := strings.Cut(test, " ")
				if !exists(folder) || !tests.has(t, folder, name) {
					t.Errorf("%s: no test %s", party, test)
				}
			}
		}
	}
	if lines < 30 {
		t.Errorf("%d lines", lines)
	}
}
